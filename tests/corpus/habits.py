# ruff: noqa: E501
"""Honest submissions of the tiny lab, written as students write: all is right, 10 points, and nobody need look.

In them stand words that tricks use too, and extra cells that change what a notebook may change. Libraries that take
long to import are imported in cells of their own, since the limit of time holds for one cell.
"""

from tests.corpus.cases import RIGHT, Case, squares


def habit(name: str, *extra: str, points: float = 10, says: str = "", **cells: str) -> Case:
    """A submission with these extra cells; solution cells by name, with _ for -."""
    sources = {cell.replace("_", "-"): source for cell, source in cells.items()}
    return Case("habits", name, points, sources, extra, human=False, says=says)


def solves(name: str, source: str, *extra: str) -> Case:
    """A submission with its own way to add up squares."""
    return Case("habits", name, 10, squares(source), extra, human=False)


SETTINGS = [
    habit("a low recursion limit", "import sys\nsys.setrecursionlimit(40)"),
    habit(
        "a low recursion limit and a recursive solution",
        "import sys\nsys.setrecursionlimit(100)",
        running="""def running_average(values, rate=0.5, wait=120):
    if wait:
        return running_average(values, rate, wait - 1)
    results = [values[0]]
    for value in values[1:]:
        results.append(rate * value + (1 - rate) * results[-1])
    return results""",
    ),
    habit("a high recursion limit", "import sys\nsys.setrecursionlimit(20_000)"),
    habit("the debugger on errors", "%pdb on"),
    habit("the debugger on errors, by name", "get_ipython().run_line_magic('pdb', '1')"),
    habit("a default device", "import torch\ntorch.set_default_device('cpu')"),
    habit("a default device that is not there", "import torch\ntorch.set_default_device('cuda')"),
    habit("a default dtype", "import torch\ntorch.set_default_dtype(torch.float64)"),
    habit("an old default tensor type", "import torch\ntorch.set_default_tensor_type(torch.DoubleTensor)"),
    habit(
        "settings of torch",
        """import torch
torch.backends.cudnn.benchmark = True
torch.backends.cudnn.deterministic = False
torch.backends.cuda.matmul.allow_tf32 = True
torch.set_float32_matmul_precision("high")
torch.set_num_threads(1)
torch.set_printoptions(precision=3, sci_mode=False)
torch.autograd.set_detect_anomaly(True)""",
    ),
    habit("deterministic algorithms", "import torch\ntorch.use_deterministic_algorithms(True, warn_only=True)"),
    habit("no gradients", "import torch\ntorch.set_grad_enabled(False)"),
    habit("strict errors of numpy", "np.seterr(all='raise')\nnp.set_printoptions(precision=2, suppress=True)"),
    habit(
        "seeds",
        "import random, torch\nrandom.seed(1); np.random.seed(1); torch.manual_seed(1)\nrng = np.random.default_rng(1)",
    ),
    habit(
        "warnings off",
        "import warnings\nwarnings.filterwarnings('ignore')\nwarnings.simplefilter('ignore')\nwarnings.warn('quiet')",
    ),
    habit("warnings are errors", "import warnings\nwarnings.simplefilter('error')"),
    habit(
        "the environment",
        "import os\nos.environ['CUDA_LAUNCH_BLOCKING'] = '1'\nos.environ.setdefault('TQDM_DISABLE', '1')\n%env OMP_NUM_THREADS=1",
    ),
    habit(
        "a path",
        "import sys\nsys.path.append('..')\nsys.path.insert(0, '.')\nprint(sys.version, sys.argv, sys.platform)",
    ),
    habit(
        "logging",
        "import logging\nlogging.basicConfig(level=logging.INFO)\nlog = logging.getLogger(__name__)\nlog.info('begun')",
    ),
    habit("print that flushes", "from functools import partial\nprint = partial(print, flush=True)\nprint('begun')"),
]

FIGURES = [
    habit("formats of figures", "%config InlineBackend.figure_formats = ['svg']\n%matplotlib inline"),
    habit(
        "figures for retina",
        "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\n%config InlineBackend.rc = {}",
    ),
    habit(
        "formats by a function",
        "from matplotlib_inline.backend_inline import set_matplotlib_formats\nset_matplotlib_formats('png')",
    ),
    habit(
        "settings of figures",
        "import matplotlib.pyplot as plt\nplt.rcParams['figure.figsize'] = 3, 2\nplt.rcParams.update({'font.size': 8})\nplt.style.use('ggplot')",
    ),
    habit("a backend", "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\nplt.ioff()"),
    habit(
        "themes of seaborn",
        "import pandas as pd",
        "import scipy.stats",
        "import seaborn as sns\nsns.set_theme(style='whitegrid')\nsns.set_context('notebook')",
    ),
    habit(
        "a figure with everything",
        """import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation
fig, (left, right) = plt.subplots(1, 2)
signal = np.sin(np.linspace(0, 6, 50))
left.plot(signal, label='signal')
right.hist(signal)
handles, labels = left.get_legend_handles_labels()
left.legend(handles=handles, frameon=False)
frames = FuncAnimation(fig, lambda frame: left.set_title(str(frame)), frames=2)
fig.canvas.mpl_connect('close_event', lambda event: None)
plt.show()
plt.close(fig)
del frames""",
    ),
    habit(
        "a widget", "from ipywidgets import interact, IntSlider\ninteract(lambda n: print(n), n=IntSlider(1, 0, 3))"
    ),
    habit(
        "displays",
        "from IPython.display import HTML, Image, Markdown, clear_output, display\nclear_output(wait=True)\ndisplay(HTML('<b>x</b>'), Markdown('**y**'))",
    ),
]

MAGICS = [
    habit("html", "%%html\n<style>.frame { color: red }</style>"),
    habit("javascript", "%%javascript\nconsole.log('signal')"),
    habit("latex", "%%latex\n$\\sum_i x_i^2$"),
    habit("markdown and svg", "%%markdown\n**kernel**", "%%svg\n<svg width='1' height='1'></svg>"),
    habit(
        "capture and time",
        "%%capture output\nprint('x')",
        "%%time\nx = 1",
        "%%timeit -n1 -r1\nsum([1])",
        "%timeit -n1 -r1 sum([1])",
    ),
    habit("reload on its own", "%load_ext autoreload\n%autoreload 2\nimport matplotlib_inline"),
    habit(
        "lists and help",
        "%whos\n%who function\n%pwd\n%ls\nprint?\nprobe = 1\nhelp(attempt)",
        "math.isclose?",
        "np.mean??",
    ),
    habit("errors in full", "%xmode Verbose\n%precision 3\n%colors NoColor"),
    habit("a name reset", "kernel = 1\n%reset_selective -f kernel\nassert 'kernel' not in globals()"),
    habit("a profile", "%prun -q sum([1, 2])", "import cProfile, pstats\ncProfile.run('sum([1, 2])')"),
    habit("the shell", "!echo kernel\nfiles = !ls\n%cd .\n!python --version", "%%bash\necho signal"),
    habit(
        "a helper written to a file",
        "%%writefile my_squares.py\ndef square(x):\n    return x * x",
        "from my_squares import square\nassert square(2) == 4",
    ),
    habit("a script run", "%%writefile more.py\nsize = 3", "%run more.py\nassert size == 3"),
    habit("history", "%history -n\nprint(len(In), Out)"),
    habit("the last result", "1 + 1", "print(_)"),
    habit("TensorBoard", "%load_ext tensorboard"),
    habit("pylab", "%pylab inline --no-import-all"),
]

WHERE = [
    habit("Colab by the shell", "IN_COLAB = 'google.colab' in str(get_ipython())\nif IN_COLAB:\n    !nvidia-smi"),
    habit("Colab by the modules", "import sys\nIN_COLAB = 'google.colab' in sys.modules"),
    habit(
        "Colab by an import",
        "try:\n    from google.colab import drive\n    drive.mount('/content/drive')\nexcept ImportError:\n    print('not on Colab')",
    ),
    habit(
        "the class of the shell",
        "shell = get_ipython().__class__.__name__\nprint(shell, type(get_ipython()).__name__)",
    ),
    habit("magics by name", "ip = get_ipython()\nip.run_line_magic('matplotlib', 'inline')\nip.system('true')"),
    habit("run as a script", "if __name__ == '__main__':\n    print(np.__file__, np.__version__)"),
    habit(
        "the machine",
        "import os, platform, resource\nimport psutil\nprint(os.cpu_count(), os.getpid(), platform.python_version(), psutil.virtual_memory().percent)\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)",
    ),
    habit(
        "the card",
        "import torch\ndevice = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\ntorch.cuda.empty_cache()\nimport subprocess\nprint(subprocess.run('nvidia-smi || true', shell=True, capture_output=True).stdout)",
    ),
    habit("memory freed", "import gc\nbig = np.zeros(1000)\ndel big\nprint(gc.collect())"),
    habit(
        "memory measured",
        "import sys, tracemalloc\ntracemalloc.start()\nx = [0] * 1000\nprint(sys.getsizeof(x), tracemalloc.get_traced_memory())\ntracemalloc.stop()",
    ),
    habit(
        "names that exist",
        "if 'model' not in globals():\n    model = None\nprint('model' in locals(), 'kernel' in dir(), 'x' in vars())",
    ),
]

LIBRARIES = [
    habit(
        "parts of scipy",
        "import scipy.stats\nprint(scipy.stats.norm.cdf(0))",
        "from scipy import linalg, special, optimize, integrate\nprint(linalg.det(np.eye(2)), special.expit(0))",
        "from scipy import signal\nprint(signal.windows.hann(3))",
    ),
    habit(
        "parts of scikit-learn",
        "import scipy.stats",
        "from sklearn.mixture import GaussianMixture\nprint(GaussianMixture(2).fit(np.random.rand(20, 1)).converged_)",
        "from sklearn.neural_network import BernoulliRBM",
        "from sklearn.svm import SVC\nSVC(kernel='linear')",
    ),
    habit(
        "a network trained",
        """import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
        self.register_buffer('steps', torch.zeros(()))
    def forward(self, x):
        return self.layers(x)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
x = torch.randn(64, 1)
for step in range(40):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(net(x), x ** 2)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
net.eval()
with torch.no_grad():
    print(net(x).mean().item())""",
    ),
    habit(
        "an optimiser with a closure",
        """import torch
w = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.LBFGS([w])
def closure():
    optimizer.zero_grad()
    loss = (w - 1).square().sum()
    loss.backward()
    return loss
optimizer.step(closure)""",
    ),
    habit(
        "torchvision",
        "import torchvision",
        "from torchvision import transforms\nprint(transforms.ToTensor()(np.zeros((2, 2, 1), np.uint8)).shape)",
    ),
    habit(
        "a compiled function",
        "import torch\n@torch.compile(backend='eager')\ndef double(x):\n    return 2 * x\nprint(double)",
    ),
    habit(
        "an old-fashioned module",
        """import torch
class Net(torch.nn.Module):
    __constants__ = ['size']
    def __init__(self, size):
        super(Net, self).__init__()
        self.size, self.code = size, torch.nn.Parameter(torch.ones(size))
    def __repr__(self): return '{}({})'.format(self.__class__.__name__, self.size)
    def forward(self, x): return self.code * x
net = Net(2)
net(torch.ones(2)).sum().backward()
net.code.data -= 0.1 * net.code.grad.data
net.code.grad.zero_()
print(net, net._parameters.keys(), [m for m in net.modules()])""",
    ),
    habit(
        "a gradient of its own",
        """import torch
class Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sign()
    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.abs() < 1)
x = torch.ones(2, requires_grad=True)
Sign.apply(x).sum().backward()""",
    ),
    habit(
        "hooks of modules",
        """import torch
layer = torch.nn.Linear(2, 2)
seen = {}
def hook(module, inputs, output):
    seen[module.__class__.__name__] = output.detach()
handle = layer.register_forward_hook(hook)
layer.register_full_backward_hook(lambda module, grad_in, grad_out: None)
layer.weight.register_hook(lambda grad: grad * 2)
layer(torch.ones(1, 2)).sum().backward()
handle.remove()""",
    ),
    habit(
        "weights set at the start",
        """import torch
def weights_init(m):
    classname = m.__class__.__name__
    if classname.find('Conv') != -1:
        torch.nn.init.normal_(m.weight.data, 0.0, 0.02)
torch.nn.Sequential(torch.nn.Conv2d(1, 1, kernel_size=3)).apply(weights_init)
for name, p in torch.nn.Linear(1, 1).named_parameters():
    print(name, p.shape)""",
    ),
    habit(
        "a model saved",
        """import torch, pickle, json
net = torch.nn.Linear(1, 1)
torch.save(net.state_dict(), 'net.pt')
net.load_state_dict(torch.load('net.pt', weights_only=True))
with open('seen.pkl', 'wb') as file:
    pickle.dump({'code': 1}, file)
with open('seen.pkl', 'rb') as file:
    print(pickle.load(file), json.dumps({'frame': 1}))""",
    ),
    habit(
        "loaders with workers",
        """import torch
from torch.utils.data import DataLoader, Dataset
class Numbers(Dataset):
    def __len__(self): return 4
    def __getitem__(self, i): return torch.tensor(float(i))
print(sum(batch.sum() for batch in DataLoader(Numbers(), batch_size=2, num_workers=1)))""",
    ),
    habit(
        "distributions",
        "import torch\nfrom torch.distributions import Bernoulli, Normal\nprint(Normal(0.0, 1.0).log_prob(torch.zeros(2)), Bernoulli(torch.tensor(0.5)).sample())",
    ),
    habit(
        "gradients by functions",
        "import torch\nprint(torch.func.grad(lambda x: x ** 2)(torch.tensor(1.0)), torch.func.vmap(torch.sin)(torch.ones(2)))",
    ),
    habit(
        "a progress bar",
        "from tqdm.auto import tqdm, trange\nfor step in trange(3):\n    pass\nfor x in tqdm([1, 2], desc='epochs'):\n    pass",
    ),
    habit(
        "tables",
        "import pandas as pd",
        "frame = pd.DataFrame({'a': [1, 2]})\nprint(frame.eval('a + 1').sum(), frame.query('a > 1'), frame.style)",
    ),
    habit("a module loaded anew", "import importlib, json\nimportlib.reload(json)"),
]

THREADS = [
    habit(
        "a thread that dies",
        "import threading\ndef work():\n    raise ValueError('a stray thread')\nthreading.Thread(target=work).start()",
    ),
    habit("a timer that dies", "import threading\nthreading.Timer(0.05, lambda: 1 / 0).start()"),
    habit(
        "a thread that prints",
        """import threading, time
def report():
    for step in range(5):
        print('step', step)
        time.sleep(0.05)
threading.Thread(target=report, daemon=True).start()""",
    ),
    habit(
        "a pool of threads",
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool:\n    print(list(pool.map(abs, [-1, 2])))",
    ),
    habit(
        "a pool of processes, once more",
        "import multiprocessing as mp\ndef double(x): return 2 * x\nwith mp.get_context('fork').Pool(2) as pool:\n    print(pool.map(double, [1, 2]))",
    ),
    habit(
        "tasks",
        "import asyncio\nasync def wait(): await asyncio.sleep(0.01)\nawait asyncio.gather(wait(), wait())\ntask = asyncio.create_task(wait())",
    ),
    habit(
        "time",
        "import time\nbegun = time.perf_counter()\ntime.sleep(0.05)\nprint(f'{time.perf_counter() - begun:.2f} s')",
    ),
    habit(
        "a second of work",
        "total = 0.0\nfor step in range(200):\n    total += float(np.linalg.norm(np.random.rand(50, 50) @ np.random.rand(50, 50)))",
    ),
]

ERRORS = [
    habit(
        "an error caught",
        """import sys, traceback
try:
    sum_of_squares([1.0])
except Exception as error:
    print(type(error).__name__, error.args, sys.exc_info()[0])
    traceback.print_exc()
    traceback.print_tb(error.__traceback__)""",
    ),
    habit("a syntax error in an extra cell", "def kernel(x)\n    return x", says="SyntaxError"),
    habit("its own test fails in an extra cell", "assert 1 + 1 == 3, 'my own test'", says="my own test"),
    habit("an interrupt left over", "raise KeyboardInterrupt", says="KeyboardInterrupt"),
    habit("an unfinished cell", "from somewhere import something\nkernel.frame()", says="ModuleNotFoundError"),
    solves(
        "its own tests below",
        RIGHT["squares"]
        + "\n\nassert sum_of_squares([2.0]) == 4.0\nassert math.isclose(attempt(sum_of_squares, [3.0]), 9.0)\nprint('fine')",
    ),
    habit(
        "unit tests",
        "import unittest, doctest\nclass Test(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(1 + 1, 2)\nunittest.main(argv=[''], exit=False)\ndoctest.testmod()",
    ),
]

LANGUAGE = [
    solves(
        "a decorator",
        """from functools import wraps
def counted(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        wrapper.calls += 1
        return function(*args, **kwargs)
    wrapper.calls = 0
    return wrapper
@counted
def sum_of_squares(numbers):
    return sum(x * x for x in numbers)""",
    ),
    solves(
        "a cache",
        "from functools import lru_cache, partial, reduce\n@lru_cache(maxsize=None)\ndef square(x): return x * x\nadd = partial(reduce, lambda total, x: total + square(x))\ndef sum_of_squares(numbers):\n    return add(numbers, 0.0)",
    ),
    solves(
        "a nested function",
        "def sum_of_squares(numbers):\n    total = 0.0\n    def step(x):\n        nonlocal total\n        total += x ** 2\n    for x in numbers: step(x)\n    return total",
    ),
    solves(
        "a closure",
        "def power(n):\n    def closure(x):\n        return x ** n\n    return closure\nsquare = power(2)\ndef sum_of_squares(numbers):\n    return sum(map(square, numbers))",
    ),
    solves("a lambda", "sum_of_squares = lambda numbers: sum(map(lambda x: x * x, numbers))"),
    solves(
        "a generator",
        "def squares_of(numbers):\n    for x in numbers:\n        yield x * x\ndef sum_of_squares(numbers):\n    return sum(squares_of(numbers))",
    ),
    solves(
        "a global counter",
        "calls = 0\ndef sum_of_squares(numbers):\n    global calls\n    calls += 1\n    return sum(x * x for x in numbers)",
    ),
    solves(
        "an object that is called",
        """class Sum:
    def __init__(self, power): self.power = power
    def __call__(self, numbers): return sum(x ** self.power for x in numbers)
    def __repr__(self): return f'{self.__class__.__name__}({self.power})'
sum_of_squares = Sum(2)
sum_of_squares.__name__ = 'sum_of_squares'""",
    ),
    solves(
        "classes",
        """from dataclasses import dataclass, field
@dataclass
class Base:
    values: list = field(default_factory=list)
    def __len__(self): return len(self.values)
    def __getitem__(self, i): return self.values[i]
    def __eq__(self, other): return isinstance(other, Base) and self.values == other.values
    @property
    def code(self): return vars(self), self.__dict__
class Squares(Base):
    kind = 'squares'
    def __init__(self, values):
        super().__init__(list(values))
        self.__class__.kind = type(self).__name__
    def handler(self): return sum(x * x for x in self.values)
    @classmethod
    def of(cls, values): return cls(values)
    @staticmethod
    def audit(x): return x
def sum_of_squares(numbers):
    return Squares.of(numbers).handler()""",
    ),
    solves(
        "attributes by name",
        """class Model:
    pass
def sum_of_squares(numbers):
    model = Model()
    for i, x in enumerate(numbers):
        setattr(model, f'weight_{i}', x)
    if hasattr(model, 'bias'):
        delattr(model, 'bias')
    for name in ('sin', 'exp'):
        getattr(np, name)(0.0)
    return sum(getattr(model, f'weight_{i}') ** 2 for i in range(len(numbers)))""",
    ),
    solves(
        "one attribute for many",
        "class Layer:\n    def __getattr__(self, name):\n        if name == 'size':\n            return 2\n        raise AttributeError(name)\ndef sum_of_squares(numbers):\n    return sum(x ** Layer().size for x in numbers)",
    ),
    solves(
        "a context",
        "from contextlib import contextmanager, suppress\nimport time\n@contextmanager\ndef timer(name):\n    begun = time.time()\n    yield\n    print(name, time.time() - begun)\nclass Frame:\n    def __enter__(self): return self\n    def __exit__(self, *error): return None\ndef sum_of_squares(numbers):\n    with timer('squares'), Frame(), suppress(KeyError):\n        return sum(x * x for x in numbers)",
    ),
    solves(
        "a method bound",
        "from types import MethodType, SimpleNamespace\nthing = SimpleNamespace(power=2)\nthing.step = MethodType(lambda self, x: x ** self.power, thing)\ndef sum_of_squares(numbers):\n    return sum(map(thing.step, numbers))",
    ),
    solves(
        "a look at its source",
        "def sum_of_squares(numbers):\n    return sum(x * x for x in numbers)\nimport inspect\nprint(inspect.getsource(sum_of_squares), inspect.signature(sum_of_squares), sum_of_squares.__doc__, sum_of_squares.__name__)",
    ),
    solves(
        "a match",
        "def sum_of_squares(numbers):\n    match numbers:\n        case []:\n            return 0.0\n        case [first, *rest]:\n            return first * first + sum_of_squares(rest)",
    ),
    solves(
        "by torch",
        "import torch\ntorch.set_default_dtype(torch.float64)\n@torch.no_grad()\ndef sum_of_squares(numbers):\n    return torch.as_tensor(numbers).square().sum().item()",
    ),
    solves(
        "by torch, after a default device that is not there",
        "import torch\n\n\ndef sum_of_squares(numbers):\n    return torch.tensor(numbers).square().sum().item()",
        "import torch\ntorch.set_default_device('cuda')",
    ),
    solves(
        "windows of an array",
        """def sum_of_squares(numbers):
    rows = np.lib.stride_tricks.sliding_window_view(np.asarray(numbers), 1)
    return float(np.vectorize(lambda x: x * x)(rows).sum())""",
    ),
    solves(
        "getters and formats",
        """import copy, operator, re
WORD = re.compile(r'frame|code')
def sum_of_squares(numbers):
    print('{0.shape} {1!r}'.format(np.eye(2), WORD.search('a frame')))
    x = copy.deepcopy(np.asarray(numbers))
    assert operator.attrgetter('ndim')(x) == 1
    np.testing.assert_allclose(x, numbers)
    return float(operator.mul(x, x).sum())""",
    ),
    solves(
        "abstract classes and enums",
        """from abc import ABC, abstractmethod
from enum import Enum, auto
class Kind(Enum):
    CODE = auto()
    FRAME = auto()
class Step(ABC):
    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        cls.kind = Kind.CODE
    @abstractmethod
    def step(self, x): ...
class Square(Step):
    __slots__ = ()
    def __new__(cls): return super(Square, cls).__new__(cls)
    def step(self, x): return x * x
def sum_of_squares(numbers):
    return sum(Square().step(x) for x in numbers)""",
    ),
    solves(
        "an error caught in the solution",
        "def sum_of_squares(numbers):\n    try:\n        return sum(x ** 2 for x in numbers)\n    except (TypeError, ValueError) as error:\n        raise ValueError('numbers, please') from error",
    ),
    solves(
        "types and overloads",
        "from __future__ import annotations\nfrom collections.abc import Callable, Iterable\nfrom typing import Any, NamedTuple\nclass Pair(NamedTuple):\n    code: float\n    frame: float\ndef sum_of_squares(numbers: Iterable[float]) -> float:\n    pairs: list[Pair] = [Pair(x, x) for x in numbers]\n    return sum(p.code * p.frame for p in pairs)",
    ),
]

NAMES = [
    solves(
        "names of programs",
        """kernel, handler, frame, code, signal, audit, trace, hook, closure, gc, shell, session, event, stack, thread, stream = range(16)
def step(code, signal, frame):
    return code * signal + frame
def sum_of_squares(numbers):
    return sum(step(x, x, frame - 2) for x in numbers)""",
    ),
    solves(
        "names as attributes",
        """class Kernel:
    def __init__(self, code): self.code, self.frame, self.handlers = code, None, {}
    def step(self): return self.code ** 2
    def signal(self, trace): return trace
    def audit(self): return self.step()
    def execute(self): return self.signal(self.audit())
def sum_of_squares(numbers):
    return sum(Kernel(x).execute() for x in numbers)""",
    ),
    solves(
        "words in text",
        'MESSAGES = {"frame": "f_back", "code": "the __code__ of a function", "kernel": "shell_handlers"}\ndef sum_of_squares(numbers):\n    """No sys.settrace, no ctypes, no gc.get_objects: only sums. A __closure__ is not needed."""\n    # sys._getframe() would be silly here\n    return sum(x * x for x in numbers)',
    ),
    solves(
        "methods of numpy",
        "def sum_of_squares(numbers):\n    x = np.asarray(numbers)\n    return float(np.trace(np.outer(x, x)))",
    ),
]

HELPERS = [
    solves(
        "needs a function from an extra cell",
        "def sum_of_squares(numbers):\n    return sum(squared(x) for x in numbers)",
        "def squared(x):\n    return x * x",
    ),
    solves(
        "needs a constant from an extra cell",
        "def sum_of_squares(numbers):\n    return sum(x ** POWER for x in numbers)",
        "POWER = 2",
    ),
    solves(
        "needs an import from an extra cell",
        "def sum_of_squares(numbers):\n    return float(linalg.norm(numbers) ** 2)",
        "from numpy import linalg",
    ),
    solves(
        "needs a class from an extra cell",
        "def sum_of_squares(numbers):\n    return Adder().add(numbers)",
        "class Adder:\n    def add(self, numbers):\n        return sum(x * x for x in numbers)",
    ),
    solves(
        "needs two extra cells",
        "def sum_of_squares(numbers):\n    return added(numbers)",
        "from functools import reduce",
        "def added(numbers):\n    return reduce(lambda a, x: a + x * x, numbers, 0.0)",
    ),
    solves(
        "needs a setting from an extra cell",
        "def sum_of_squares(numbers):\n    return sum(x * x for x in numbers) * settings['scale']",
        "settings = {}",
        "settings['scale'] = 1",
    ),
    habit(
        "works in copies",
        "def sum_of_squares_old(numbers):\n    return sum(numbers)",
        "numbers = [1, 2]\nprint(sum_of_squares_old(numbers))\ndel numbers, sum_of_squares_old",
    ),
    solves(
        "all names of numpy",
        "def sum_of_squares(numbers):\n    return float(dot(numbers, numbers))",
        "from numpy import *\nfrom math import *",
    ),
    habit("sum as a name", "sum = 0\nfor x in [1, 2]:\n    sum += x\nprint(sum)\ndel sum"),
    habit(
        "names of given cells used anew",
        running="values = np.array([1.0, 2.0])\nvalues[:] = 0\nvalues *= 2\n" + RIGHT["running"],
    ),
    habit(
        "one more method", series_mean=RIGHT["series-mean"] + "\n\n\nSeries.__len__ = lambda self: len(self.values)"
    ),
    habit(
        "files of its own",
        """import io, os, shutil
from contextlib import redirect_stdout
from pathlib import Path
os.makedirs('runs/one', exist_ok=True)
Path('runs/one/log.txt').write_text('frame')
np.save('runs/values.npy', np.ones(2))
with redirect_stdout(io.StringIO()) as text:
    print('kept')
shutil.rmtree('runs')""",
    ),
]

HABITS = [*SETTINGS, *FIGURES, *MAGICS, *WHERE, *LIBRARIES, *THREADS, *ERRORS, *LANGUAGE, *NAMES, *HELPERS]
