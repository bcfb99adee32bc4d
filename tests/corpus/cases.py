# ruff: noqa: E501
"""Submissions of the tiny lab, and the points (of 10) that each must get.

Solution cells that a case does not mention are right. `extra` cells stand before the cell `squares`, so that
all checks come after them. In texts, @NEIGHBOUR@, @SOLVED@, @RELEASE@ and @PORT@ stand for the path of another
student's notebook, of the solved one, of the student edition, and for a server that gives answers away.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import nbformat

from tests.corpus.tiny_lab import CELLS

RIGHT = {
    name: "\n".join(line for line in source.splitlines() if "### " not in line)
    for name, kind, source, more in CELLS
    if kind == "code" and "solution" in more
}
WRONG_SQUARES = "def sum_of_squares(numbers):\n    return 42.0"  # costs 3
WRONG_MEAN = RIGHT["series-mean"].replace("/ len(self.values)", "")  # costs 2
WRONG_RUNNING = "def running_average(values, rate=0.5):\n    return list(values)"  # costs 4
LOOP = "while True:\n    pass"
IDLE = "import time\nwhile True:\n    time.sleep(0.01)"  # costs the tests no processor
DEAF = "import time\nwhile True:\n    try:\n        while True:\n            time.sleep(0.1)\n    except BaseException:\n        pass"


def inside(body: str) -> str:
    """`sum_of_squares` with this body; wrong if it ever returns."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"def sum_of_squares(numbers):\n{lines}    return 42.0"


@dataclass(frozen=True)
class Case:
    """A submission.

    Attributes:
        points: what the checks must give.
        cells: solution cell -> its source.
        extra: cells that the student added.
        change: changes the notebook in place, after the cells.
        encode: makes the file's content of the notebook.
        path: of the file, below the folder of the class; the student's folder by default.
        files: that lie beside it, by path.
        human: whether a human must be asked to look; None: it does not matter.
        says: words that must stand in the report.
    """

    family: str
    name: str
    points: float
    cells: dict[str, str] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    change: Callable[[Any], None] | None = None
    encode: Callable[[Any], bytes] = lambda notebook: json.dumps(notebook).encode()
    path: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    human: bool | None = None
    says: str = ""
    student: str = ""

    @property
    def who(self) -> str:
        """The name that the student must be known under."""
        return self.student or self.name.replace(" ", "-")

    def submitted(self, edition: nbformat.NotebookNode) -> dict[str, bytes]:
        """Path -> content of all files of this student."""
        notebook = nbformat.from_dict(json.loads(json.dumps(edition)))
        for cell in notebook.cells:
            if cell.id in RIGHT:
                cell.source = self.cells.get(cell.id, RIGHT[cell.id])
            if cell.id == "answer-1":
                cell.source = "Outliers."
        place = next(i for i, cell in enumerate(notebook.cells) if cell.id == "squares")
        notebook.cells[place:place] = [nbformat.v4.new_code_cell(source) for source in self.extra]
        if self.change:
            self.change(notebook)
        folder = {f"{self.who}/{path}": content for path, content in self.files.items()}
        return {self.path or f"{self.who}/tiny.ipynb": self.encode(notebook), **folder}


ISOLATED_ONLY = {
    "kills everybody", "kills its parent", "a fork that stays", "one large file", "many files", "many processes",
    "deletes all it can", "overwrites a neighbour", "copies a neighbour", "copies the solution", "changes labutils",
    "writes to the grader", "looks for the graded notebook", "writes to tmp", "asks a friend", "pip install",
}  # fmt: skip
"""Cases that do real harm, or succeed, where the system does not isolate; they are left out there."""


def squares(source: str) -> dict[str, str]:
    """A solution of task 1 alone."""
    return {"squares": source}


def find(notebook: Any, name: str) -> Any:
    """A cell by its id."""
    return next(cell for cell in notebook.cells if cell.id == name)


def remove(*names: str) -> Callable[[Any], None]:
    """Deletes cells."""

    def change(notebook: Any) -> None:
        notebook.cells = [cell for cell in notebook.cells if cell.id not in names]

    return change


def edit(name: str, **keys: Any) -> Callable[[Any], None]:
    """Sets keys of a cell."""
    return lambda notebook: find(notebook, name).update(keys)


def retag(name: str, *tags: str) -> Callable[[Any], None]:
    """Tags a cell."""
    return lambda notebook: find(notebook, name).metadata.update(tags=list(tags))


def move(name: str, place: int) -> Callable[[Any], None]:
    """Moves a cell to a place, counted from 0."""

    def change(notebook: Any) -> None:
        cell = find(notebook, name)
        notebook.cells.remove(cell)
        notebook.cells.insert(place, cell)

    return change


def copy(name: str, source: str, after: str = "") -> Callable[[Any], None]:
    """Copies a cell as JupyterLab does: a new id, the old metadata."""

    def change(notebook: Any) -> None:
        twin = nbformat.v4.new_code_cell(source, metadata=find(notebook, name).metadata)
        place = next(i for i, cell in enumerate(notebook.cells) if cell.id == (after or name))
        notebook.cells.insert(place + 1, twin)

    return change


def forget(*keys: str, ids: bool = False) -> Callable[[Any], None]:
    """Strips metadata, and ids on demand, from all cells."""

    def change(notebook: Any) -> None:
        for number, cell in enumerate(notebook.cells):
            for key in keys:
                cell.metadata.pop(key, None)
            if ids:
                cell.id = f"x{number}"

    return change


def bare(notebook: Any) -> bytes:
    """Only type and source of cells, as lists of lines; no other key."""
    cells = [{"cell_type": c.cell_type, "source": c.source.splitlines(True), "id": c.id} for c in notebook.cells]
    return json.dumps({"cells": cells}).encode()


def zipped(path: str) -> Callable[[Any], bytes]:
    """The notebook in a zip file, under a path."""

    def encode(notebook: Any) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("__MACOSX/._junk", "junk")
            archive.writestr(path, json.dumps(notebook))
        return content.getvalue()

    return encode


def text(change: Callable[[str], bytes | str]) -> Callable[[Any], bytes]:
    """Changes the text of the file."""

    def encode(notebook: Any) -> bytes:
        changed = change(json.dumps(notebook))
        return changed if isinstance(changed, bytes) else changed.encode()

    return encode


HANGS = [
    Case("hangs", "loop in the function", 7, squares(inside(LOOP)), says="longer than"),
    Case("hangs", "loop after right code", 10, squares(f"{RIGHT['squares']}\n{IDLE}"), says="longer than"),
    Case("hangs", "deaf loop in the function", 7, squares(inside(DEAF)), human=True),
    Case("hangs", "deaf loop in an extra cell", 10, extra=(DEAF,), human=True),
    Case(
        "hangs",
        "loop in C",
        7,
        squares(inside("import itertools\nany(x < 0 for x in [0]) or max(itertools.count())")),
    ),
    Case("hangs", "sleep", 10, extra=("import time; time.sleep(10_000)",)),
    Case(
        "hangs",
        "signals ignored",
        10,
        extra=(f"import signal\nsignal.signal(2, signal.SIG_IGN)\n{IDLE}",),
    ),
    Case("hangs", "endless recursion", 7, squares(inside("return sum_of_squares(numbers)")), says="RecursionError"),
    Case("hangs", "waits for input", 10, extra=("name = input('your name? ')",)),
    Case(
        "hangs",
        "waits for a lock",
        7,
        squares(inside("import threading\nlock = threading.Lock()\nlock.acquire(), lock.acquire()")),
    ),
    Case("hangs", "loop before the stub is filled", 0, dict.fromkeys(RIGHT, IDLE)),
]

DEATHS = [
    Case(
        "death",
        "os exit in the function",
        7,
        squares(inside("import os\nos._exit(0)")),
        human=True,
        says="kernel died",
    ),
    Case("death", "sys exit in the function", 7, squares(inside("import sys\nsys.exit(0)"))),
    Case("death", "exit in an extra cell", 10, extra=("exit()",), human=True),
    Case("death", "quit keeps nothing", 10, extra=("quit",), human=None),
    Case("death", "kills itself", 10, extra=("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",), human=True),
    Case("death", "segmentation fault", 10, extra=("import ctypes\nctypes.string_at(0)",), human=True),
    Case("death", "abort", 7, squares(inside("import os\nos.abort()")), human=True),
    Case("death", "kills its parent", 7, squares(inside("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"))),
    Case(
        "death",
        "kills everybody",
        10,
        extra=("import os, signal\nif os.getppid() == 1:  # isolated indeed\n    os.kill(-1, signal.SIGKILL)",),
    ),
    Case("death", "forks and goes on", 10, extra=("import os\nif os.fork() == 0:\n    os._exit(3)",)),
    Case("death", "a fork that stays", 10, extra=("import os, time\nif os.fork() == 0:\n    time.sleep(10_000)",)),
    Case(
        "death",
        "two deaths",
        10,
        extra=("import os\nos._exit(1)", "print('fine')", "import os\nos._exit(1)"),
        human=True,
    ),
    Case("death", "more deaths than passes", 0, extra=("import os\nos._exit(1)",) * 4, human=True, says="not run"),
]

FLOODS = [
    Case("floods", "memory in the function", 7, squares(inside("block = bytearray(80 * 2**30)")), says="MemoryError"),
    Case(
        "floods",
        "memory bit by bit",
        10,
        extra=("hoard = []\nwhile True:\n    hoard.append(bytearray(2**26))",),
        human=None,
    ),
    Case(
        "floods",
        "one large file",
        10,
        extra=("with open('big', 'wb') as file:\n    for _ in range(4000):\n        file.write(bytes(2**20))",),
    ),
    Case("floods", "many files", 10, extra=("for i in range(4000):\n    open(f'f{i}', 'wb').write(bytes(2**18))",)),
    Case("floods", "prints without end", 10, extra=("while True:\n    print('x' * 1000)",)),
    Case("floods", "one huge line", 10, extra=("print('x' * 100_000_000)",)),
    Case(
        "floods",
        "a flood inside the function",
        10,
        squares(RIGHT["squares"].replace("    total", "    print('y' * 3_000_000)\n    total", 1)),
    ),
    Case(
        "floods",
        "a flood from a child",
        10,
        extra=("import subprocess\nsubprocess.run(['sh', '-c', 'head -c 30000000 /dev/zero'])",),
    ),
    Case(
        "floods",
        "many processes",
        10,
        extra=("import subprocess\nprocs = [subprocess.Popen(['sleep', '1000']) for _ in range(60)]",),
    ),
    Case("floods", "many open files", 10, extra=("files = [open('/dev/null') for _ in range(3000)]",)),
    Case("floods", "a long message", 7, squares(inside("raise ValueError('z' * 5_000_000)")), says="zzz"),
    Case("floods", "huge result object", 7, squares(inside("return 'w' * 50_000_000"))),
]

FILES = [
    Case(
        "files",
        "deletes all it can",
        10,
        extra=(
            "import os, shutil\nif not os.path.exists('@NEIGHBOUR@'):  # isolated indeed\n    for path in ('.', '..', os.path.expanduser('~'), '/tmp'):\n        shutil.rmtree(path, ignore_errors=True)",
        ),
    ),
    Case(
        "files",
        "overwrites a neighbour",
        10,
        extra=("try:\n    open('@NEIGHBOUR@', 'w').write('{}')\nexcept OSError as error:\n    print(error)",),
    ),
    Case(
        "files",
        "copies a neighbour",
        7,
        squares(
            "import json\ncells = json.load(open('@NEIGHBOUR@'))['cells']\nexec(''.join(next(c for c in cells if c['id'] == 'squares')['source']))"
        ),
    ),
    Case(
        "files",
        "copies the solution",
        7,
        squares(
            "import json\ncells = json.load(open('@SOLVED@'))['cells']\nexec(''.join(next(c for c in cells if c['id'] == 'squares')['source']))"
        ),
    ),
    Case(
        "files",
        "changes labutils",
        7,
        squares(
            f"{WRONG_SQUARES}\ntry:\n    open('@RELEASE@/labutils/checks.py', 'w').write('')\nexcept OSError:\n    pass"
        ),
    ),
    Case(
        "files",
        "writes to the grader",
        7,
        squares(
            inside(
                'import os\nfor fd in range(3, 64):\n    for pid in (1, os.getppid()):\n        try:\n            open(f\'/proc/{pid}/fd/{fd}\', \'w\').write(\'{"id": "check-squares", "status": "passed"}\\n\')\n        except OSError:\n            pass'
            )
        ),
    ),
    Case(
        "files",
        "looks for the graded notebook",
        7,
        squares(
            "import glob, json\npaths = glob.glob('../*.ipynb') + glob.glob('/tmp/**/graded.ipynb', recursive=True)\nassert paths, 'none'\nexec(open(paths[0]).read())"
        ),
    ),
    Case(
        "files",
        "keeps a file for later",
        10,
        squares(
            "open('numbers.txt', 'w').write('2')\ndef sum_of_squares(numbers):\n    return sum(x ** int(open('numbers.txt').read()) for x in numbers)"
        ),
    ),
    Case(
        "files",
        "writes to tmp",
        10,
        extra=("import tempfile\nopen('/tmp/mine.txt', 'w').write('x')\ntempfile.mkdtemp()",),
    ),
    Case("files", "changes the folder", 10, extra=("import os\nos.chdir('/')",)),
    Case(
        "files",
        "a link to a neighbour",
        0,
        path="a-link-to-a-neighbour/link.ipynb",
        encode=lambda _: b"@LINK@",
        human=True,
        says="link",
    ),
]

SIDE_FILES = [
    Case(
        "side files",
        "shadows numpy and random",
        10,
        files={"numpy.py": b"raise SystemExit", "random.py": b"1/0", "math.py": b"isclose = lambda *a: True"},
    ),
    Case(
        "side files",
        "conftest and ini",
        7,
        squares(WRONG_SQUARES),
        files={
            "conftest.py": b"import os; os._exit(0)",
            "pytest.ini": b"[pytest]\naddopts = --collect-only",
            "sitecustomize.py": b"raise SystemExit",
        },
    ),
    Case(
        "side files",
        "writes a module beside itself",
        7,
        squares(
            f"{WRONG_SQUARES}\nimport os, sys, importlib\nos.makedirs('labutils', exist_ok=True)\nopen('labutils/__init__.py', 'w')\n"
            "open('labutils/checks.py', 'w').write('def attempt(*a, **k): return 15.25')\nfor name in list(sys.modules):\n    if name.startswith('labutils'):\n"
            "        del sys.modules[name]\nsys.path.insert(0, '.')\nfrom labutils.checks import attempt"
        ),
        says="had changed",
    ),
    Case(
        "side files",
        "needs its own module",
        7,
        squares("from my_helpers import sum_of_squares"),
        files={"my_helpers.py": b"def sum_of_squares(n): return 1"},
        says="ModuleNotFoundError",
    ),
]

PATCHES = [
    Case(
        "patches",
        "numpy allclose",
        8,
        {"series-mean": f"{WRONG_MEAN}\nnp.allclose = lambda *a, **k: True"},
        human=True,
        says="numpy.allclose",
    ),
    Case(
        "patches",
        "math isclose",
        7,
        squares(f"{WRONG_SQUARES}\nmath.isclose = lambda *a, **k: True"),
        human=True,
        says="math.isclose",
    ),
    Case(
        "patches",
        "math itself",
        7,
        squares(
            f"{WRONG_SQUARES}\nimport sys, types\nfake = types.SimpleNamespace(isclose=lambda *a: True)\nsys.modules['math'] = math = fake"
        ),
        says="math",
    ),
    Case(
        "patches",
        "attempt in the notebook",
        7,
        squares(f"{WRONG_SQUARES}\ndef attempt(function, numbers): return 15.25 if len(numbers) == 3 else 49.25"),
        says="the name attempt",
    ),
    Case(
        "patches",
        "attempt in labutils",
        7,
        squares(
            f"{WRONG_SQUARES}\nimport labutils.checks\nlabutils.checks.attempt = lambda f, n: sum(x * x for x in n)\nfrom labutils.checks import attempt"
        ),
        human=True,
    ),
    Case(
        "patches",
        "code of attempt",
        0,
        squares(f"{WRONG_SQUARES}\nattempt.__code__ = (lambda function, *args, hint='': 15.25).__code__"),
        human=True,
        says="__code__",
    ),
    Case(
        "patches",
        "the course's helper",
        7,
        squares("def sum_of_squares(numbers):\n    return 15.25\ndef probe_values():\n    return [0.0]\n"),
        says="",
    ),
    Case(
        "patches",
        "AssertionError and CheckFailed",
        7,
        squares(
            f"{WRONG_SQUARES}\nimport builtins\nclass Quiet(Exception):\n    pass\nbuiltins.AssertionError = Quiet\nCheckFailed = Quiet"
        ),
    ),
    Case(
        "patches",
        "builtin type",
        7,
        squares("def sum_of_squares(numbers):\n    return 'x'\ntype = lambda value: float"),
    ),
    Case(
        "patches",
        "builtins all over",
        7,
        squares(
            f"{WRONG_SQUARES}\nimport builtins\nbuiltins.type = lambda v: float\nbuiltins.isinstance = lambda *a: True"
        ),
        human=True,
    ),
    Case(
        "patches",
        "during the check",
        7,
        squares(inside("math.isclose = lambda *a, **k: True")),
        human=True,
        says="while it ran",
    ),
    Case(
        "patches",
        "a thread that patches on",
        0,
        squares(
            f"{WRONG_SQUARES}\nimport threading, time\ndef again():\n    while True:\n        math.isclose = lambda *a, **k: True\n        time.sleep(0.0005)\nthreading.Thread(target=again, daemon=True).start()"
        ),
        human=True,
    ),
    Case(
        "patches",
        "print raises",
        10,
        extra=("import builtins\ndef loud(*a, **k): raise OSError('no')\nbuiltins.print = loud",),
        says="builtins.print",
    ),
    Case("patches", "stdout closed", 10, extra=("import sys, io\nsys.stdout = io.StringIO()\nsys.stdout.close()",)),
    Case(
        "patches",
        "tracing changes results",
        7,
        squares(
            f"{WRONG_SQUARES}\nimport sys\ndef trace(frame, event, arg):\n    if frame.f_code.co_name == 'sum_of_squares':\n        raise SystemExit\n    return trace\nsys.settrace(trace)"
        ),
    ),
    Case("patches", "deletes the course's names", 10, extra=("del attempt, passed, CheckFailed, math",)),
    Case("patches", "resets everything", 7, extra=("%reset -f",)),
    Case(
        "patches",
        "numpy arrays say yes",
        6,
        {
            "running": "class Yes(list):\n    def __eq__(self, other): return True\n    def __len__(self): return 3\ndef running_average(values, rate=0.5):\n    return Yes()"
        },
    ),
]

IPYTHON = [
    Case(
        "IPython",
        "no tracebacks",
        7,
        squares(
            f"{WRONG_SQUARES}\nip = get_ipython()\nip.showtraceback = lambda *a, **k: None\nip._showtraceback = lambda *a, **k: None"
        ),
    ),
    Case(
        "IPython",
        "asserts and raises stripped",
        7,
        squares(
            f"{WRONG_SQUARES}\nimport ast\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n    def visit_Raise(self, node): return ast.Pass()\n"
            "get_ipython().ast_transformers.append(Strip())"
        ),
        human=True,
        says="hooks",
    ),
    Case(
        "IPython",
        "source replaced",
        7,
        squares(f"{WRONG_SQUARES}\nget_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])"),
        human=True,
    ),
    Case(
        "IPython",
        "run_cell replaced",
        0,
        squares(
            f"{WRONG_SQUARES}\nip = get_ipython()\nold = ip.run_cell\nip.run_cell = lambda source, *a, **k: old('pass' if 'passed' in source else source, *a, **k)"
        ),
        human=True,
    ),
    Case(
        "IPython",
        "run_cell of the class",
        0,
        squares(
            f"{WRONG_SQUARES}\ncls = type(get_ipython())\nold = cls.run_cell\ncls.run_cell = lambda self, source, *a, **k: old(self, 'pass' if 'passed' in source else source, *a, **k)"
        ),
        human=True,
    ),
    Case(
        "IPython",
        "do_execute of the kernel",
        0,
        squares(
            f"{WRONG_SQUARES}\nkernel = get_ipython().kernel\nasync def fake(*a, **k):\n    return {{'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {{}}}}\nkernel.do_execute = fake"
        ),
        human=True,
    ),
    Case(
        "IPython",
        "message handlers",
        0,
        squares(
            f"{WRONG_SQUARES}\nhandlers = get_ipython().kernel.shell_handlers\nhandlers['execute_request'] = handlers['kernel_info_request']"
        ),
        human=None,
    ),
    Case(
        "IPython", "no guard", 7, squares(f"{WRONG_SQUARES}\nget_ipython().kernel.shell_handlers.clear()"), human=True
    ),
    Case(
        "IPython",
        "custom exception handler",
        7,
        squares(f"{WRONG_SQUARES}\nget_ipython().set_custom_exc((Exception,), lambda *a, **k: None)"),
    ),
    Case(
        "IPython",
        "a forged reply",
        7,
        squares(
            inside(
                "kernel = get_ipython().kernel\nparent = kernel.get_parent()\ncontent = {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {}}\n"
                "try:\n    kernel.session.send(kernel.shell_stream, 'execute_reply', content, parent=parent, ident=kernel._parent_ident.get('shell') if hasattr(kernel._parent_ident, 'get') else None)\nexcept Exception as error:\n    print(error)"
            )
        ),
        human=None,
    ),
    Case(
        "IPython",
        "compile replaced",
        0,
        squares(
            f"{WRONG_SQUARES}\nip = get_ipython()\nip.compile.ast_parse = lambda *a, **k: __import__('ast').parse('pass')"
        ),
        human=None,
    ),
    Case(
        "IPython",
        "matplotlib and autoreload",
        10,
        extra=("%load_ext autoreload\n%autoreload 2\n%matplotlib inline",),
        human=False,
    ),
]

CHECKS = [
    Case("checks", "check deleted", 10, change=remove("check-squares", "check-running")),
    Case("checks", "check deleted and wrong", 7, squares(WRONG_SQUARES), change=remove("check-squares")),
    Case(
        "checks",
        "check emptied",
        7,
        squares(WRONG_SQUARES),
        change=edit("check-squares", source="passed('great')"),
        says="course's own was used",
    ),
    Case("checks", "check moved up", 10, change=move("check-running", 3)),
    Case(
        "checks",
        "check turned into text",
        7,
        squares(WRONG_SQUARES),
        change=edit("check-squares", cell_type="markdown"),
    ),
    Case(
        "checks",
        "worth a thousand",
        10,
        change=lambda nb: find(nb, "check-squares").metadata.nbgrader.update(points=1000),
    ),
    Case(
        "checks",
        "named like another",
        7,
        squares(WRONG_SQUARES),
        change=lambda nb: find(nb, "check-squares").metadata.nbgrader.update(grade_id="check-running"),
    ),
    Case("checks", "solution deleted", 7, change=remove("squares"), says="is missing"),
    Case(
        "checks",
        "solution twice, last one right",
        10,
        squares(WRONG_SQUARES),
        change=copy("squares", RIGHT["squares"]),
        says="2 times",
    ),
    Case("checks", "solution twice, one untouched", 10, change=lambda nb: copy("squares", STUB["squares"])(nb)),
    Case("checks", "check twice", 10, change=copy("check-squares", "passed('again')")),
    Case("checks", "all metadata lost", 10, change=forget("nbgrader", "tags")),
    Case("checks", "all names lost", 10, change=forget("nbgrader", ids=True), says="found by what it defines"),
    Case("checks", "solution turned into text", 10, change=edit("squares", cell_type="markdown")),
    Case("checks", "given cell deleted", 10, change=remove("imports", "helper", "series-class", "setup")),
    Case("checks", "solution after its check", 10, change=move("squares", 9)),
    Case("checks", "everything upside down", 10, change=lambda nb: nb.cells.reverse()),
]

MARKERS = [
    Case("markers", "NBVAL_SKIP", 7, squares("# NBVAL_SKIP\n" + WRONG_SQUARES)),
    Case("markers", "NBVAL_SKIP above right code", 10, squares("# NBVAL_SKIP\n" + RIGHT["squares"])),
    Case(
        "markers",
        "raises-exception",
        7,
        squares(WRONG_SQUARES),
        change=retag("check-squares", "raises-exception", "nbval-raises-exception"),
    ),
    Case(
        "markers",
        "skip-execution",
        7,
        squares(WRONG_SQUARES),
        change=retag("check-squares", "skip-execution", "nbval-skip"),
    ),
    Case("markers", "solution skipped", 10, change=retag("squares", "skip-execution")),
    Case(
        "markers",
        "another kernel",
        10,
        change=lambda nb: nb.metadata.update(
            kernelspec={"name": "julia-1.9", "language": "julia", "display_name": "J"}
        ),
    ),
    Case("markers", "no kernel", 10, change=lambda nb: nb.metadata.clear()),
]

BROKEN = [
    Case("broken", "empty file", 0, encode=lambda _: b"", human=True, says="empty"),
    Case("broken", "cut off", 0, encode=text(lambda t: t[: len(t) // 2]), human=True, says="damaged or cut off"),
    Case(
        "broken",
        "merge conflict",
        0,
        encode=text(lambda t: t.replace('"cells": [', '<<<<<<< HEAD\n"cells": [\n=======\n>>>>>>> theirs\n', 1)),
        human=True,
        says="git merge",
    ),
    Case(
        "broken",
        "a picture",
        0,
        encode=lambda _: b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        human=True,
        says="damaged",
    ),
    Case("broken", "a list", 0, encode=lambda _: b"[1, 2, 3]", human=True, says="no Jupyter notebook"),
    Case("broken", "too deep", 0, encode=lambda _: b"[" * 100_000, human=True, says="recursion"),
    Case(
        "broken",
        "another course",
        0,
        encode=lambda _: json.dumps({"cells": [{"cell_type": "code", "source": "1"}]}).encode(),
        human=True,
        says="none of this course's labs",
    ),
    Case(
        "broken",
        "no notebook at all",
        0,
        path="no-notebook-at-all/report.pdf",
        encode=lambda _: b"%PDF",
        human=True,
        says="No notebook",
    ),
    Case("broken", "byte order mark", 10, encode=text(lambda t: b"\xef\xbb\xbf" + t.encode())),
    Case("broken", "UTF-16", 10, encode=text(lambda t: t.encode("utf-16")), human=False),
    Case(
        "broken",
        "Windows letters",
        10,
        squares("# čćžšđ\n" + RIGHT["squares"]),
        encode=text(lambda t: t.encode("cp1250")),
    ),
    Case("broken", "Windows lines", 10, encode=text(lambda t: t.replace("\\n", "\\r\\n").replace("\n", "\r\n"))),
    Case("broken", "bare cells", 10, encode=bare),
    Case(
        "broken",
        "half a letter",
        10,
        squares(RIGHT["squares"] + "\n# \\ud83d"),
        encode=text(lambda t: t.replace("\\\\ud83d", "\\ud83d")),
    ),
    Case("broken", "syntax error", 7, squares("def sum_of_squares(numbers)\n    return 1"), says="SyntaxError"),
    Case("broken", "a null byte", 7, squares("total = '\x00'"), human=None),
    Case(
        "broken",
        "outputs without counts",
        10,
        change=lambda nb: find(nb, "squares").update(outputs=[nbformat.v4.new_output("stream", text="1")]),
    ),
]

LAYOUTS = [
    Case("layouts", "odd name", 10, path="odd-name/01_tiny-Copy1 (final) é.ipynb"),
    Case("layouts", "flat file", 10, path="mia_tiny-Copy2.ipynb", student="mia"),
    Case("layouts", "zip of a student", 10, path="zoe.zip", encode=zipped("work/tiny.ipynb"), student="zoe"),
    Case("layouts", "zip in a folder", 10, path="zip-in-a-folder/all.zip", encode=zipped("tiny.ipynb")),
    Case("layouts", "nbgrader", 10, path="submitted/luka/tiny/tiny.ipynb", student="luka"),
    Case("layouts", "saved as text", 10, path="saved-as-text/tiny.ipynb.txt"),
    Case(
        "layouts",
        "damaged zip",
        0,
        path="damaged.zip",
        encode=lambda _: b"PK\x03\x04garbage",
        student="damaged",
        human=True,
        says="zip file is damaged",
    ),
    Case(
        "layouts", "zip that climbs", 10, path="climber.zip", encode=zipped("../../climber.ipynb"), student="climber"
    ),
    Case("layouts", "two notebooks", 10, files={"old.ipynb": b"@EDITION@"}, human=True, says="Several notebooks"),
    Case(
        "layouts", "with checkpoints", 10, files={".ipynb_checkpoints/tiny-checkpoint.ipynb": b"broken"}, human=False
    ),
]

NETWORK = [
    Case(
        "network",
        "asks a friend",
        7,
        squares(
            inside(
                "import urllib.request\nreturn float(urllib.request.urlopen('http://127.0.0.1:@PORT@', timeout=2).read())"
            )
        ),
        says="URLError",
    ),
    Case(
        "network",
        "downloads in an extra cell",
        10,
        extra=("import urllib.request\nurllib.request.urlopen('https://example.org', timeout=2)",),
    ),
    Case("network", "pip install", 10, extra=("%pip install -q no-such-package-here",)),
]

CHEATS = [
    Case(
        "cheats",
        "hard-coded answer",
        7,
        squares("def sum_of_squares(numbers):\n    return 15.25"),
        says="wrong for other numbers",
    ),
    Case(
        "cheats",
        "an object equal to all",
        7,
        squares(
            "class Yes(float):\n    def __eq__(self, other): return True\n    def __sub__(self, other): return 0.0\ndef sum_of_squares(numbers):\n    return Yes()"
        ),
    ),
    Case(
        "cheats",
        "an array that agrees",
        8,
        {
            "series-mean": WRONG_MEAN.replace(
                "    return result",
                "    class Yes(np.ndarray):\n        def __array_function__(self, *a, **k): return True\n    return np.zeros(1).view(Yes)",
                1,
            )
        },
    ),
    Case(
        "cheats",
        "a visible value by heart",
        10,
        {
            "running": "def running_average(values, rate=0.5):\n    return [1.0, 1.5, 2.375] if len(values) == 3 else [4.0, 2.0]"
        },
    ),
    Case(
        "cheats",
        "not a number",
        8,
        {"series-mean": RIGHT["series-mean"].replace("self.values.sum()", "float('nan')")},
    ),
    Case(
        "cheats",
        "all blank",
        0,
        change=lambda nb: [find(nb, name).update(source=source) for name, source in STUB.items()],
        human=False,
        says="still open",
    ),
]

HONEST = [
    Case("honest", "plain", 10, human=False),
    Case(
        "honest",
        "other formulas",
        10,
        {
            "squares": "def sum_of_squares(numbers):\n    return float(np.dot(numbers, numbers))",
            "series-mean": "@add_to_class(Series)\ndef mean(self): return np.mean(self.values)\nSeries.spread = lambda self: np.ptp(self.values)",
            "running": "def running_average(values, rate=0.5):\n    if len(values) == 1: return list(values)\n    head = running_average(values[:-1], rate)\n    return head + [rate * values[-1] + (1 - rate) * head[-1]]",
        },
        human=False,
    ),
    Case(
        "honest",
        "slow",
        10,
        squares(
            "import time\ndef sum_of_squares(numbers):\n    time.sleep(0.4)\n    return sum(x * x for x in numbers)"
        ),
        human=False,
    ),
    Case(
        "honest",
        "warnings and stderr",
        10,
        squares(
            "import sys, warnings\nwarnings.warn('deprecated')\nprint('careful', file=sys.stderr)\n"
            + RIGHT["squares"]
        ),
        human=False,
    ),
    Case(
        "honest",
        "extra cells",
        10,
        extra=("x = 1", "# only a comment", "", "def helper(x):\n    return x * x"),
        human=False,
    ),
    Case(
        "honest",
        "helper in an extra cell",
        10,
        squares("def sum_of_squares(numbers):\n    return sum(map(square, numbers))"),
        ("def square(x):\n    return x * x",),
        human=False,
    ),
    Case("honest", "an error in an extra cell", 10, extra=("1 / 0",), human=False, says="ZeroDivisionError"),
    Case(
        "honest",
        "names of builtins",
        10,
        extra=("type = 'a'; isinstance = 3; print = None",),
        human=False,
        says="the name type",
    ),
    Case("honest", "names of the check", 10, extra=("value = results = series = hidden_value = None",), human=False),
    Case(
        "honest",
        "magics",
        10,
        squares("%%time\n" + RIGHT["squares"]),
        ("!echo hello", "%timeit -n1 -r1 sum([1])", "%matplotlib inline"),
        human=False,
    ),
    Case("honest", "await", 10, extra=("import asyncio\nawait asyncio.sleep(0.01)",), human=False),
    Case(
        "honest",
        "its own class",
        10,
        {
            "series-mean": (
                "class Series:\n    def __init__(self, values): self.values = list(values)\n    def mean(self): return sum(self.values) / len(self.values)\n"
                "    def spread(self): return max(self.values) - min(self.values)"
            )
        },
        human=False,
    ),
    Case(
        "honest",
        "a pool of processes",
        10,
        squares(
            "import multiprocessing\ndef square(x): return x * x\ndef sum_of_squares(numbers):\n    with multiprocessing.get_context('fork').Pool(2) as pool:\n        return sum(pool.map(square, numbers))"
        ),
        human=False,
    ),
    Case(
        "honest",
        "a figure",
        10,
        extra=("import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.savefig('figure.png'); plt.show()",),
        human=False,
    ),
    Case(
        "honest",
        "strict numpy",
        10,
        extra=("np.seterr(all='raise'); np.set_printoptions(precision=2); import random; random.seed(1)",),
        human=False,
    ),
    Case(
        "honest",
        "one of two functions",
        8,
        {"series-mean": RIGHT["series-mean"].replace("self.values.sum() / len(self.values)", "...")},
        human=False,
    ),
    Case(
        "honest",
        "a mistake with a message",
        7,
        squares("def sum_of_squares(numbers):\n    return sum(numbers)"),
        human=False,
        says="Do you square each number?",
    ),
    Case(
        "honest",
        "types and docstrings",
        10,
        squares(
            'def sum_of_squares(numbers: list[float]) -> float:\n    """Sum."""\n    total: float = 0.0\n    for x in numbers: total += x ** 2\n    return total'
        ),
        human=False,
    ),
    Case(
        "honest",
        "given cell edited",
        10,
        change=edit("helper", source="def probe_values():\n    return [1.0]"),
        human=False,
        says="course's own was used",
    ),
    Case(
        "honest",
        "seeds and global state",
        10,
        extra=("import os\nos.environ['X'] = '1'\nimport warnings\nwarnings.filterwarnings('ignore')",),
        human=False,
    ),
]

CASES = [*HANGS, *DEATHS, *FLOODS, *FILES, *SIDE_FILES, *PATCHES, *IPYTHON, *CHECKS, *MARKERS, *BROKEN, *LAYOUTS, *NETWORK,
         *CHEATS, *HONEST]  # fmt: skip

STUB: dict[str, str] = {}
"""Solution cells as published; filled in by the test from the student edition."""
