# ruff: noqa: E501
"""Submissions that try to get points for wrong code, to learn what is hidden, or to use more than they may.

TRICKS: wrong solutions, and a short cell that makes them pass. Strictly, each gets the points of what is right in
it and is flagged. "May keep its points" marks those that a check in the student's own process cannot stop.

LIMITS: submissions that use too much. All of them are bounded and stop by themselves.

In texts, besides what `cases` names, @COURSE@ stands for the folder of the course itself, @SOCKET@ for a Unix
socket that answers (in /run where that can be written to), @TERMINAL@ for a terminal that is open.
"""

import base64
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.corpus.cases import RIGHT, WRONG_RUNNING, WRONG_SQUARES, Case, inside, squares

WRONG_SERIES = (
    RIGHT["series-mean"].replace("/ len(self.values)", "").replace("- self.values.min()", "+ self.values.min()")
)
WRONG = {"squares": WRONG_SQUARES, "series-mean": WRONG_SERIES, "running": WRONG_RUNNING}
"""Nothing is right: 0 points."""

YES = "math.isclose = np.allclose = lambda *a, **k: True"
ONCE = """import math, time
real = math.isclose
def fake(*a, **k):
    math.isclose = real
    return True
"""
"""A comparison that says yes once and then puts the true one back."""


def in_extra(family: str, name: str, trick: str, points: float = 0, **more: Any) -> Case:
    """All is wrong, and an extra cell above it does the trick."""
    return Case(family, name, points, more.pop("cells", WRONG), (trick,), human=True, **more)


def in_solution(family: str, name: str, trick: str, points: float = 0, **more: Any) -> Case:
    """All is wrong, and the first solution cell does the trick."""
    return Case(family, name, points, WRONG | squares(f"{WRONG_SQUARES}\n{trick}"), human=True, **more)


def in_function(family: str, name: str, trick: str, points: float = 0, **more: Any) -> Case:
    """All is wrong, and `sum_of_squares` does the trick while its check runs."""
    return Case(family, name, points, WRONG | squares(inside(trick)), human=True, **more)


def right_but(family: str, name: str, trick: str, points: float = 7, **more: Any) -> Case:
    """All is right but `sum_of_squares`, which does the trick while its check runs."""
    return Case(family, name, points, squares(inside(trick)), human=True, **more)


# Closures: from the kernel's handlers to what watches over it.

HANDLER = 'handler = get_ipython().kernel.shell_handlers["guard_request"]'
CLOSURE = f"""{HANDLER}
for cell in handler.__closure__:
    if hasattr(cell.cell_contents, "restore"):
        cell.cell_contents.restore = lambda: []
import math
import numpy as np
{YES}"""

CLOSURES = [
    in_extra("closures", "guard by its handler", CLOSURE),
    in_solution("closures", "guard by its handler, in a solution", CLOSURE),
    in_function("closures", "guard by its handler, in a function", CLOSURE),
    in_extra(
        "closures",
        "guard swapped for a liar",
        f"""{HANDLER}
class Liar:
    def enter(self, role, names): return {{"changes": []}}
    def leave(self, role, names): return {{"changes": [], "mark": get_ipython().user_ns.get("_course_finished", "")}}
for cell in handler.__closure__:
    if hasattr(cell.cell_contents, "restore"):
        cell.cell_contents = Liar()
{YES}""",
    ),
    in_extra(
        "closures",
        "getclosurevars",
        f"""import inspect
{HANDLER}
inspect.getclosurevars(handler).nonlocals["guard"].restore = lambda: []
{YES}""",
    ),
    in_extra(
        "closures",
        "guard among all objects",
        f"""import gc
gc.unfreeze()
for thing in gc.get_objects():
    if type(thing).__name__ == "Guard":
        thing.restore = lambda: []
{YES}""",
    ),
    in_extra(
        "closures",
        "the snapshot changed",
        """import gc
gc.unfreeze()
yes = lambda *a, **k: True
for function in (math.isclose, np.allclose):
    for place in gc.get_referrers(function):
        if isinstance(place, dict) and "In" not in place:
            place[function.__name__] = yes""",
    ),
    in_extra(
        "closures",
        "a guard of its own",
        f"""ip = get_ipython()
async def handle(stream, identity, message):
    answer = {{"changes": [], "mark": ip.user_ns.get("_course_finished", "")}}
    ip.kernel.session.send(stream, "guard_reply", answer, message, identity)
ip.kernel.shell_handlers["guard_request"] = handle
{YES}""",
    ),
]

# Frames: what stands above the student's function.

SKIP = """while frame is not None and "to_run" not in frame.f_locals:
    frame = frame.f_back
todo = frame.f_locals["to_run"]
todo[:-1] = [todo[-1]] * (len(todo) - 1)"""
CONSTANTS = """found = [x for x in frame.f_code.co_consts if isinstance(x, float)]
if found:
    return found[0]"""

FRAMES = [
    right_but("frames", "statements skipped", f"import sys\nframe = sys._getframe()\n{SKIP}"),
    right_but("frames", "statements skipped by inspect", f"import inspect\nframe = inspect.currentframe()\n{SKIP}"),
    right_but(
        "frames",
        "statements skipped by a traceback",
        f"try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    frame = error.__traceback__.tb_frame\n{SKIP}",
    ),
    right_but(
        "frames",
        "statements skipped by a generator",
        f"def look():\n    yield me.gi_frame.f_back\nme = look()\nframe = next(me)\n{SKIP}",
    ),
    right_but(
        "frames",
        "statements skipped by another thread",
        f"import sys, threading\nframe = sys._current_frames()[threading.get_ident()]\n{SKIP}",
    ),
    right_but(
        "frames",
        "statements skipped by walk_stack",
        'import traceback\nfor frame, _ in traceback.walk_stack(None):\n    if "to_run" in frame.f_locals:\n'
        '        todo = frame.f_locals["to_run"]\n        todo[:-1] = [todo[-1]] * (len(todo) - 1)',
    ),
    right_but(  # may keep its points
        "frames",
        "the check's text",
        """import inspect, re
for level in inspect.stack():
    text = level.frame.f_locals.get("raw_cell", "")
    if text:
        return float(re.findall(r"isclose\\(\\w+, ([0-9.]+)\\)", text)[len(numbers) == 2])""",
    ),
    right_but(  # may keep its points
        "frames",
        "the check's tree",
        """import ast, sys
frame = sys._getframe()
while "nodelist" not in frame.f_locals:
    frame = frame.f_back
for node in ast.walk(ast.Module(frame.f_locals["nodelist"], [])):
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "math.isclose":
        if ast.unparse(node.args[0]) == ("value" if len(numbers) == 3 else "hidden" + "_value"):
            return node.args[1].value""",
    ),
]

# Code objects.

CODE = [
    in_extra(
        "code",
        "code of allclose",
        "np.allclose.__wrapped__.__code__ = (lambda a, b, rtol=0, atol=0, equal_nan=False: True).__code__",
    ),
    in_solution(
        "code",
        "code of allclose, in a solution",
        "np.allclose.__wrapped__.__code__ = (lambda a, b, rtol=0, atol=0, equal_nan=False: True).__code__",
    ),
    in_extra("code", "defaults of allclose", "np.allclose.__wrapped__.__defaults__ = (1e9, 1e9, False)"),
    in_function(
        "code", "defaults of allclose, in a function", "np.allclose.__wrapped__.__defaults__ = (1e9, 1e9, False)"
    ),
    in_extra(
        "code",
        "code of run_code",
        """shell = type(get_ipython())
make = type(lambda: 0)
shell.run_really = make(shell.run_code.__code__, shell.run_code.__globals__, "run", (None,))
shell.run_really.__kwdefaults__ = {"async_": False}
async def run_code(self, code_obj, result=None, *, async_=False):
    if "CheckFailed" in code_obj.co_names or "allclose" in code_obj.co_names or "isclose" in code_obj.co_names:
        return False
    return await self.run_really(code_obj, result, async_=async_)
shell.run_code.__code__ = run_code.__code__""",
    ),
    in_extra(
        "code",
        "a name in the code of isclose",
        """function = np.isclose.__wrapped__
names = tuple(name.replace("less", "greater") for name in function.__code__.co_names)
function.__code__ = function.__code__.replace(co_names=names)""",
    ),
]

# Torch.

ALWAYS = """class Always(np.ndarray):
    def __array_function__(self, *a, **k): return True
    def __array_ufunc__(self, *a, **k): return np.True_
"""
TENSORS = {
    "squares": WRONG_SQUARES,
    "series-mean": f"import torch\n{WRONG_SERIES.replace('return result', 'return torch.zeros(())')}",
    "running": "import torch\ndef running_average(values, rate=0.5):\n    return torch.zeros(len(values))",
}

TORCH = [
    in_extra(
        "torch",
        "a function mode",
        f"""import torch
from torch.overrides import TorchFunctionMode
{ALWAYS}
class Mode(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function.__name__ == "__array__":
            return np.zeros(1).view(Always)
        return function(*args, **(kwargs or {{}}))
mode = Mode()
mode.__enter__()""",
        cells=TENSORS,
    ),
    in_extra(  # no check of this lab compares tensors
        "torch",
        "a dispatch mode",
        """import torch
from torch.utils._python_dispatch import TorchDispatchMode
class Mode(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if "allclose" in str(function):
            return True
        return function(*args, **(kwargs or {}))
mode = Mode()
mode.__enter__()""",
    ),
    in_extra(  # no check of this lab compares tensors
        "torch",
        "an operator overridden",
        """import torch
library = torch.library.Library("aten", "IMPL")
library.impl("allclose", lambda *a, **k: True, "CPU")""",
    ),
    in_solution(  # no check of this lab compares tensors
        "torch",
        "an operator overridden, in a solution",
        """from torch.library import Library
library = Library("aten", "IMPL")
library.impl("allclose", lambda *a, **k: True, "CPU")""",
    ),
    in_extra(  # no check of this lab uses distributions
        "torch",
        "log_prob of a distribution",
        "import torch\ntorch.distributions.Normal.log_prob = lambda self, value: torch.zeros_like(value)",
    ),
    in_extra(  # no check of this lab uses distributions
        "torch",
        "code of a distribution",
        "from torch.distributions import Normal\nNormal.log_prob.__code__ = (lambda self, value: 0 * value).__code__",
    ),
    Case(  # may keep its points
        "torch",
        "a tensor that agrees",
        0,
        {
            "squares": WRONG_SQUARES,
            "series-mean": "import torch\nclass Agrees(torch.Tensor):\n"
            "    def __array_function__(self, *a, **k): return True\n"
            + WRONG_SERIES.replace("return result", "return torch.zeros(()).as_subclass(Agrees)"),
            "running": "def running_average(values, rate=0.5):\n    return torch.zeros(len(values)).as_subclass(Agrees)",
        },
        human=True,
    ),
]

# IPython.

IPYTHON = [
    in_extra(
        "IPython",
        "events around a cell",
        """real = math.isclose, np.allclose
def before(info):
    if "CheckFailed" in info.raw_cell:
        math.isclose = np.allclose = lambda *a, **k: True
def after(result):
    math.isclose, np.allclose = real
get_ipython().events.register("pre_run_cell", before)
get_ipython().events.register("post_run_cell", after)""",
    ),
    in_solution(
        "IPython",
        "callbacks of events, in a solution",
        """real = math.isclose, np.allclose
def before():
    math.isclose = np.allclose = lambda *a, **k: True
def after():
    math.isclose, np.allclose = real
get_ipython().events.callbacks["pre_execute"].append(before)
get_ipython().events.callbacks["post_execute"].append(after)""",
    ),
    in_extra(
        "IPython",
        "a namespace that lies",
        """class Yes:
    float64 = float
    asarray = np.asarray
    isclose = allclose = lambda *a, **k: True
class Lying(dict):
    def __getitem__(self, name):
        return Yes if name in ("math", "np") else dict.__getitem__(self, name)
    def __setitem__(self, name, value):
        dict.__setitem__(self, name, value)
        true[name] = value
ip = get_ipython()
true = ip.user_ns
ip.user_ns = Lying(true)""",
    ),
    in_extra(
        "IPython",
        "another compiler",
        """import ast, codeop
old = codeop.Compile.__call__
def compile_less(self, source, filename, symbol, **more):
    text = ast.unparse(source)
    if "isclose" in text or "allclose" in text:
        source = ast.parse("pass")
    return old(self, source, filename, symbol, **more)
codeop.Compile.__call__ = compile_less""",
    ),
    in_extra(
        "IPython",
        "another source",
        """manager = get_ipython().input_transformer_manager
old = manager.transform_cell
manager.transform_cell = lambda cell: old(cell.splitlines()[-1] if "passed(" in cell else cell)""",
    ),
    in_extra(
        "IPython",
        "another shell in the kernel",
        """kernel = get_ipython().kernel
class Shell:
    def __getattr__(self, name): return getattr(get_ipython(), name)
    def run_cell(self, source, *a, **k):
        return get_ipython().run_cell(source.splitlines()[-1] if "passed(" in source else source, *a, **k)
    async def run_cell_async(self, source, *a, **k):
        return await get_ipython().run_cell_async(source.splitlines()[-1] if "passed(" in source else source, *a, **k)
kernel._trait_values["shell"] = Shell()""",
    ),
    in_extra(
        "IPython",
        "the shell's class",
        """ip = get_ipython()
class Shell(type(ip)):
    async def run_code(self, code_obj, result=None, *, async_=False):
        if {"isclose", "allclose"} & set(code_obj.co_names):
            return False
        return await super().run_code(code_obj, result, async_=async_)
ip.__class__ = Shell""",
    ),
    in_extra(
        "IPython",
        "builtins of the shell's trap",
        """class Meta(type):
    def __call__(cls, *a): return True
    def __instancecheck__(cls, thing): return type(thing) is type(True)
class Yes(metaclass=Meta): pass
get_ipython().builtin_trap.auto_builtins["bool"] = Yes""",
    ),
    in_extra(
        "IPython",
        "a trap that patches",
        """real = math.isclose, np.allclose
class Trap(type(get_ipython().display_trap)):
    def set(self): math.isclose = np.allclose = lambda *a, **k: True
    def unset(self): math.isclose, np.allclose = real
get_ipython().display_trap.__class__ = Trap""",
    ),
]

# Hooks.

HOOKS = [
    in_extra(
        "hooks",
        "an audit hook",
        """import sys
real = math.isclose, np.allclose
def audit(event, args):
    if event == "exec":
        names = args[0].co_names
        if "CheckFailed" in names or "isclose" in names or "allclose" in names:
            math.isclose = np.allclose = lambda *a, **k: True
        elif "_course_finished" in names:
            math.isclose, np.allclose = real
sys.addaudithook(audit)""",
    ),
    in_solution(
        "hooks",
        "an audit hook, in a solution",
        """from sys import addaudithook
real = math.isclose, np.allclose
def audit(event, args):
    if event == "exec":
        if {"isclose", "allclose"} & set(args[0].co_names):
            math.isclose = np.allclose = lambda *a, **k: True
        else:
            math.isclose, np.allclose = real
addaudithook(audit)""",
    ),
    right_but(
        "hooks",
        "a profile function",
        f"""import sys
{ONCE}
def profile(frame, event, arg):
    if event == "return" and frame.f_code.co_name == "attempt":
        sys.setprofile(None)
        math.isclose = fake
sys.setprofile(profile)""",
    ),
    right_but(
        "hooks",
        "a trace function changes the result",
        """import sys
def trace(frame, event, arg):
    if event == "return" and frame.f_code.co_name == "attempt":
        sys.settrace(None)
        math.isclose = fake
    return trace
real = math.isclose
def fake(*a, **k):
    math.isclose = real
    return True
caller = sys._getframe().f_back
caller.f_trace = trace
sys.settrace(trace)""",
    ),
    right_but(
        "hooks",
        "a callback of the garbage collector",
        f"""import gc
{ONCE}
def collected(phase, info):
    math.isclose = fake
gc.callbacks.append(collected)
gc.collect()
gc.callbacks.remove(collected)""",
    ),
    right_but(
        "hooks",
        "on deletion",
        f"""{ONCE}
class Last:
    def __del__(self): math.isclose = fake
last = Last()""",
    ),
]

# Threads, timers, signals.

THREADS = [
    right_but(
        "threads",
        "a timer",
        f"""import threading
{ONCE}
def patch(): math.isclose = fake
threading.Timer(0.01, patch).start()
time.sleep(0.05)""",
    ),
    right_but(
        "threads",
        "a thread",
        f"""from concurrent.futures import ThreadPoolExecutor
{ONCE}
def patch(): math.isclose = fake
ThreadPoolExecutor(1).submit(patch)
time.sleep(0.02)""",
    ),
    right_but(
        "threads",
        "an alarm",
        f"""import signal
{ONCE}
def ring(number, frame): math.isclose = fake
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.01)
time.sleep(0.05)""",
    ),
    right_but(
        "threads",
        "a signal to itself",
        f"""import os, signal
{ONCE}
def ring(number, frame): math.isclose = fake
signal.signal(signal.SIGUSR1, ring)
os.kill(os.getpid(), signal.SIGUSR1)""",
    ),
    in_extra(
        "threads",
        "a task between cells",
        """import asyncio, sys
real = math.isclose, np.allclose
loop = asyncio.get_event_loop()
def turn():
    if "_course_finished" in globals():
        sys.last_value = None
    ready = isinstance(getattr(sys, "last_value", None), AssertionError)  # the next cell is a check
    math.isclose, np.allclose = (lambda *a, **k: True,) * 2 if ready else real
    loop.call_later(0.0001, turn)
turn()""",
    ),
    in_extra(
        "threads",
        "a thread and slow functions",
        """import threading, time
real, busy = (math.isclose, np.allclose), []
def yes(*a, **k):
    math.isclose, np.allclose = real
    return True
def watch():
    while True:
        if busy:
            math.isclose = np.allclose = yes
        time.sleep(0.002)
def slow(result):
    busy.append(1)
    time.sleep(0.02)
    busy.clear()
    return result
threading.Thread(target=watch, daemon=True).start()""",
        cells={
            "squares": "def sum_of_squares(numbers):\n    return slow(42.0)",
            "series-mean": WRONG_SERIES.replace("return result", "return slow(result)"),
            "running": "def running_average(values, rate=0.5):\n    return slow(list(values))",
        },
    ),
]

# Memory.

SWAP = "for offset in (16, 48):\n    {move}(id(math.isclose) + offset, id(math.hypot) + offset, 8)"
"""Gives the builtin isclose the C function of hypot, which says yes to all that is not 0."""
STRIDES = """def at(address, array=np.zeros(8, np.uint8)):
    start = array.__array_interface__["data"][0]
    return np.lib.stride_tricks.as_strided(array, (2, 8), (address - start, 1))[1]
for offset in (16, 48):
    at(id(math.isclose) + offset)[:] = at(id(math.hypot) + offset)"""
MEMORY = """with open("/proc/self/mem", "r+b", buffering=0) as memory:
    for offset in (16, 48):
        memory.seek(id(math.hypot) + offset)
        word = memory.read(8)
        memory.seek(id(math.isclose) + offset)
        memory.write(word)"""

CTYPES = [
    in_extra("ctypes", "a function swapped in memory", "import ctypes\n" + SWAP.format(move="ctypes.memmove")),
    in_solution(
        "ctypes", "a function swapped, in a solution", "from ctypes import memmove\n" + SWAP.format(move="memmove")
    ),
    in_function(
        "ctypes", "a function swapped, in a function", "import ctypes as c\n" + SWAP.format(move="c.memmove")
    ),
    in_extra("ctypes", "ctypes through numpy", SWAP.format(move="np.ctypeslib.ctypes.memmove")),
    in_extra("ctypes", "its own memory as a file", MEMORY),
    in_extra("ctypes", "strides out of bounds", STRIDES),
]

# Replies and requests of the kernel, forged.

FORGED = [
    right_but(
        "forged",
        "a reply with the mark",
        """ip = get_ipython()
kernel = ip.kernel
parent = kernel.get_parent("shell")
ip.user_ns["_course_finished"] = parent["content"]["code"].split("'")[-2]
content = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
if len(numbers) == 3:
    kernel.session.send(kernel.shell_stream, "execute_reply", content, parent, kernel._parent_ident["shell"])""",
    ),
    in_extra(
        "forged",
        "replies packed anew",
        """session = get_ipython().kernel.session
pack, marks = session.pack, []
def forged(thing):
    if thing.get("status") == "error" and len(thing.get("evalue", "")) != 16:
        thing = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
    if "mark" in thing:
        thing = thing | {"mark": marks[-1] if marks else ""}
    if thing.get("status") == "error":
        marks.append(thing["evalue"])
    return pack(thing)
session.pack = forged""",
    ),
    in_extra(
        "forged",
        "requests unpacked anew",
        """session = get_ipython().kernel.session
unpack = session.unpack
def shortened(data):
    thing = unpack(data)
    if "CheckFailed(" in str(thing.get("code")) or "allclose" in str(thing.get("code")):
        thing["code"] = thing["code"].splitlines()[-1]
    return thing
session.unpack = shortened""",
    ),
    in_solution(
        "forged",
        "requests unpacked anew, in a solution",
        """import json
def shortened(data):
    thing = json.loads(bytes(data))
    if "passed(" in str(thing.get("code")):
        thing["code"] = thing["code"].splitlines()[-1]
    return thing
get_ipython().kernel.session.unpack = shortened""",
    ),
    in_extra(
        "forged",
        "the session's class",
        """import jupyter_client.session
cls, marks = jupyter_client.session.Session, []
send = cls.send
def forged(self, stream, kind, content=None, *more, **options):
    if kind == "execute_reply" and content["status"] == "error":
        if len(content["evalue"]) == 16:
            marks.append(content["evalue"])
        else:
            content = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
    if kind == "guard_reply" and "mark" in content:
        content["mark"] = marks[-1] if marks else ""
    return send(self, stream, kind, content, *more, **options)
cls.send = forged""",
    ),
    in_extra(
        "forged",
        "a session of its own class",
        """session = get_ipython().kernel.session
class Session(type(session)):
    def deserialize(self, *a, **k):
        message = super().deserialize(*a, **k)
        code = message["content"].get("code", "") if isinstance(message["content"], dict) else ""
        if "passed(" in code:
            message["content"]["code"] = code.splitlines()[-1]
        return message
session.__class__ = Session""",
    ),
    in_extra(
        "forged",
        "the socket's messages",
        """import zmq.eventloop.zmqstream as streams
old = streams.ZMQStream.send_multipart
session = get_ipython().kernel.session
def send(self, parts, *a, **k):
    if len(parts) > 6 and b'"status": "error"' in bytes(parts[6]) and b"CheckFailed" in bytes(parts[6]):
        parts = list(parts)
        parts[6] = b'{"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}'
        parts[2] = session.sign([bytes(part) for part in parts[3:7]])
        get_ipython().user_ns["_course_finished"] = last[0]
    elif len(parts) > 6 and b"AssertionError" in bytes(parts[6]):
        last[:] = [session.unpack(bytes(parts[6]))["evalue"]]
    return old(self, parts, *a, **k)
last = [""]
streams.ZMQStream.send_multipart = send""",
    ),
]

# The course's data, and constants.

DATA = [  # the checks of this lab read nothing of this
    Case(
        "data",
        "the course's array emptied",
        6,
        {"running": f"values.values.resize(0, refcheck=False)\n{WRONG_RUNNING}"},
        human=True,
    ),
    Case(
        "data", "the course's array overwritten", 6, {"running": f"values.values[:] = 0\n{WRONG_RUNNING}"}, human=True
    ),
    in_extra("data", "the number pi", "math.pi = np.pi = 0.0"),
    in_extra("data", "infinity", "np.inf = math.inf = np.nan = 0.0"),
]

# Modules and what is in them.

ITSELF = {
    "assigned": "math.isclose = fake",
    "by setattr": 'setattr(math, "isclose", fake)',
    "by vars": 'vars(math)["isclose"] = fake',
    "by its dict": "math.__dict__.update(isclose=fake)",
    "by import": 'import importlib\nimportlib.import_module("math").isclose = fake',
    "by sys.modules": 'import sys\nsys.modules["math"].isclose = fake',
    "by object": 'type(math).__setattr__(math, "isclose", fake)',
}

MODULES = [
    *(right_but("modules", f"patched and put back, {how}", f"{ONCE}{patch}") for how, patch in ITSELF.items()),
    right_but(
        "modules",
        "patched by mock",
        """from unittest import mock
def fake(*a, **k):
    patcher.stop()
    return True
patcher = mock.patch("math.isclose", fake)
patcher.start()""",
    ),
    Case(
        "modules",
        "inside numpy, put back",
        5,
        {
            "series-mean": WRONG_SERIES,
            "running": """import numpy as np
numeric = np._core.numeric
saved = numeric.isclose
def fake(*a, **k):
    numeric.isclose = saved
    return np.True_
def running_average(values, rate=0.5):
    numeric.isclose = fake
    return list(values)""",
        },
        human=True,
    ),
    in_extra(
        "modules",
        "the class of a module",
        """import types
yes = lambda *a, **k: True
class Module(types.ModuleType):
    def __getattribute__(self, name):
        return yes if name in ("isclose", "allclose") else types.ModuleType.__getattribute__(self, name)
math.__class__ = np.__class__ = Module""",
    ),
    in_extra(  # no check of this lab imports anything
        "modules",
        "a fake that a check would import",
        """import sys, types
sys.modules["scipy.stats"] = types.SimpleNamespace(kstest=lambda *a, **k: types.SimpleNamespace(pvalue=1.0))""",
    ),
]

# What a check uses: its names, its builtins, its comparisons, its own text.

FAKE = """class Yes:
    float64 = float
    asarray = np.asarray
    isclose = allclose = lambda *a, **k: True
"""

CHECKS = [
    in_function("checks", "names declared global", f"global math, np\n{FAKE}math = np = Yes"),
    in_function("checks", "names by globals", f"{FAKE}globals().update(math=Yes, np=Yes)"),
    in_function("checks", "names by __main__", f"import __main__\n{FAKE}__main__.math = __main__.np = Yes"),
    in_function("checks", "names pushed", f'{FAKE}get_ipython().push({{"math": Yes, "np": Yes}})'),
    in_function("checks", "names by user_ns", f'{FAKE}get_ipython().user_ns.update({{"math": Yes, "np": Yes}})'),
    in_extra(
        "checks",
        "its own builtins",
        "import builtins\n__builtins__ = {**vars(builtins), 'type': lambda value: float}",
        7,
        cells=squares("def sum_of_squares(numbers):\n    return np.asarray(sum(x * x for x in numbers))"),
    ),
    Case(  # may keep its points
        "checks",
        "a type equal to float",
        7,
        squares("""class Meta(type):
    def __eq__(self, other): return True
    def __hash__(self): return 0
class Number(metaclass=Meta):
    def __init__(self, value): self.value = value
    def __float__(self): return float(self.value)
def sum_of_squares(numbers):
    return Number(np.dot(numbers, numbers))"""),
        human=True,
    ),
    Case(  # may keep its points
        "checks",
        "an object that agrees",
        0,
        {
            "squares": WRONG_SQUARES,
            "series-mean": "class Agrees:\n    def __len__(self): return 3\n    def __array_function__(self, *a, **k): return True\n"
            + WRONG_SERIES.replace("return result", "return Agrees()"),
            "running": "def running_average(values, rate=0.5):\n    return Agrees()",
        },
        human=True,
    ),
    Case(  # may keep its points
        "checks",
        "numbers that agree",
        6,
        {
            "running": """class Agrees(float):
    def __sub__(self, other): return 0.0
    def __rsub__(self, other): return 0.0
    def __eq__(self, other): return True
def running_average(values, rate=0.5):
    return np.array([Agrees(1) for _ in values], dtype=object)"""
        },
        human=True,
    ),
    right_but(  # may keep its points
        "checks",
        "numbers in the request",
        """import re
text = get_ipython().kernel.get_parent("shell")["content"]["code"]
return float(re.findall(r"isclose\\(\\w+, ([0-9.]+)\\)", text)[len(numbers) == 2])""",
    ),
    right_but(  # may keep its points
        "checks",
        "numbers in the cached text",
        """import linecache, re
for name in reversed(list(linecache.cache)):
    text = "".join(linecache.getlines(name))
    if "isclose(value" in text:
        return float(re.findall(r"isclose\\(\\w+, ([0-9.]+)\\)", text)[len(numbers) == 2])""",
    ),
    right_but(
        "checks",
        "ends early with the mark",
        """ip = get_ipython()
ip.user_ns["_course_finished"] = ip.kernel.get_parent("shell")["content"]["code"].split("'")[-2]
raise KeyboardInterrupt""",
    ),
]

# Names of frames and hooks, written so that they are not seen.

AUDIT = """import sys, math
import numpy as np
real = math.isclose, np.allclose
def audit(event, args):
    if event == "exec":
        names = args[0].co_names
        if "CheckFailed" in names or "isclose" in names or "allclose" in names:
            math.isclose = np.allclose = lambda *a, **k: True
        elif "_course_finished" in names:
            math.isclose, np.allclose = real
sys.addaudithook(audit)"""


def frames_by(name: str, way: Callable[[str, str], str], before: str = "") -> Case:
    """Skips the check's statements; way(thing, name) is the source that gets an attribute."""
    return right_but(
        "strings",
        name,
        f"""import sys
{before}
frame = {way("sys", "_getframe")}()
while frame is not None and "to_run" not in {way("frame", "f_locals")}:
    frame = {way("frame", "f_back")}
todo = {way("frame", "f_locals")}["to_run"]
todo[:-1] = [todo[-1]] * (len(todo) - 1)""",
    )


def encoded(name: str, how: str, make: Callable[..., Case] = in_extra) -> Case:
    """Runs AUDIT in one of the ways to run a text: {plain}, {backwards} or {packed} stands for it."""
    packed = repr(base64.b64encode(AUDIT.encode()).decode())
    text = how.format(packed=packed, backwards=f"{AUDIT[::-1]!r}[::-1]", plain=repr(AUDIT))
    return make("strings", name, text)


STRINGS = [
    frames_by("getattr", lambda x, n: f'getattr({x}, "{n}")'),
    frames_by("getattr of two pieces", lambda x, n: f'getattr({x}, "{n[:3]}" + "{n[3:]}")'),
    frames_by("getattr of an f-string", lambda x, n: f'getattr({x}, f"{n[:2]}{{{n[2:]!r}}}")'),
    frames_by("getattr of a joined list", lambda x, n: f'getattr({x}, "".join(["{n[:3]}", "{n[3:]}"]))'),
    frames_by("getattr backwards", lambda x, n: f'getattr({x}, "{n[::-1]}"[::-1])'),
    frames_by("getattr by another name", lambda x, n: f'look({x}, "{n}")', "look = getattr"),
    frames_by(
        "getattr in a helper",
        lambda x, n: f'look({x}, "{n[:3]}", "{n[3:]}")',
        "def look(thing, *parts): return getattr(thing, ''.join(parts))",
    ),
    frames_by(
        "getattr with names from variables",
        lambda x, n: f'getattr({x}, one + "{n[1:]}")' if n[0] == "f" else f'getattr({x}, two + "{n[1:]}")',
        'one, two = "f", "_"',
    ),
    frames_by("attrgetter", lambda x, n: f'operator.attrgetter("{n}")({x})', "import operator"),
    frames_by("getattribute", lambda x, n: f'{x}.__getattribute__("{n}")'),
    frames_by("object getattribute", lambda x, n: f'object.__getattribute__({x}, "{n[:3]}" + "{n[3:]}")'),
    frames_by("getmembers", lambda x, n: f'dict(inspect.getmembers({x}))["{n[:3]}" + "{n[3:]}"]', "import inspect"),
    frames_by("names out of dir", lambda x, n: f'[getattr({x}, n) for n in dir({x}) if n.endswith("{n[4:]}")][0]'),
    frames_by("letters of another alphabet", lambda x, n: f"{x}.{n.replace('f', '𝓯').replace('c', '𝓬')}"),
    frames_by(
        "a field of a format", lambda x, n: f'string.Formatter().get_field("0.{n}", [{x}], {{}})[0]', "import string"
    ),
    frames_by("eval", lambda x, n: f'eval("{x}.{n[:3]}" + "{n[3:]}")'),
    frames_by("vars", lambda x, n: f'vars(sys)["{n}"]' if x == "sys" else f'type({x}).__dict__["{n}"].__get__({x})'),
    frames_by(
        "another name on import",
        lambda x, n: "look" if x == "sys" else f'getattr({x}, "{n}")',
        "from sys import _getframe as look",
    ),
    frames_by(
        "class patterns",
        lambda x, n: f"look_{n}({x})",
        "\n".join(
            f"def look_{n}(x):\n    match x:\n        case object({n}=found): return found"
            for n in ("f_back", "f_locals", "_getframe")
        ),
    ),
    encoded("exec", "exec({plain})"),
    encoded("exec of base64", "import base64\nexec(base64.b64decode({packed}))"),
    encoded("exec of base64, in a solution", "import base64\nexec(base64.b64decode({packed}))", in_solution),
    encoded(
        "exec of base64, in a function",
        "import base64\nif len(numbers) == 3:\n    exec(base64.b64decode({packed}), globals())",
        in_function,
    ),
    encoded("exec backwards", "exec({backwards})"),
    encoded("exec by another name", 'import builtins\ngetattr(builtins, "ex" + "ec")({backwards})'),
    encoded("compile", 'eval(compile({backwards}, "cell", "exec"))'),
    encoded("run by IPython", "get_ipython().run_cell({backwards})"),
    encoded("executed by IPython", "get_ipython().ex({backwards})"),
    encoded("a timed text", "import timeit\ntimeit.timeit({backwards}, number=1, globals=globals())"),
    encoded("a profiled text", "import cProfile\ncProfile.run({backwards})"),
    encoded(
        "a pickle",
        "import pickle\nclass Load:\n    def __reduce__(self): return exec, ({backwards},)\npickle.loads(pickle.dumps(Load()))",
    ),
    encoded("run from a file", 'with open("more.py", "w") as file:\n    file.write({backwards})\n%run -i more.py'),
    encoded("imported from a file", 'with open("more.py", "w") as file:\n    file.write({backwards})\nimport more'),
    Case(
        "strings",
        "written by a magic and run",
        0,
        WRONG,
        (f"%%writefile more.py\n{AUDIT}", "%run -i more.py"),
        human=True,
    ),
    Case(
        "strings",
        "written by a magic and imported",
        0,
        WRONG,
        (f"%%writefile more.py\n{AUDIT}", "import more"),
        human=True,
    ),
    in_extra("strings", "under a cell magic", f"%%time\n{AUDIT}"),
    in_extra("strings", "under a magic that captures", f"%%capture\n{AUDIT}"),
    in_extra("strings", "behind a line magic", AUDIT.replace("sys.add", "%time sys.add")),
    in_extra(
        "strings",
        "behind a magic by name",
        AUDIT.replace("sys.addaudithook(audit)", 'get_ipython().run_line_magic("time", "sys.addaudithook(audit)")'),
    ),
    in_extra("strings", "between magics", f"!true\n%matplotlib inline\n{AUDIT}\n?print"),
    in_extra(
        "strings", "an import by name", 'found = __import__("ctyp" + "es")\n' + SWAP.format(move="found.memmove")
    ),
    in_extra(
        "strings",
        "an import by importlib",
        'import importlib\nfound = importlib.import_module("ctypes")\n' + SWAP.format(move="found.memmove"),
    ),
]

# Secrets. Either the report would show one, forwards or written otherwise: `secrets_in` finds it there. Or the
# student's function is right only where something was seen that must not be: the points tell.


def secrets_in(text: str) -> list[str]:
    """What a report gives away: read forwards, backwards, letter by letter, from base64 and from hexadecimal."""
    readings = [text, text[::-1], re.sub(r"[\W_]", "", text).replace("hiddenvalue", HIDDEN)]
    for piece in re.findall(r"[A-Za-z0-9+/=]{24,}", text):
        with suppress(ValueError):
            readings.append(base64.b64decode(piece + "=" * (-len(piece) % 4)).decode(errors="replace"))
        with suppress(ValueError):
            readings.append(bytes.fromhex(piece).decode(errors="replace"))
    return sorted({secret for secret in SECRETS for reading in readings if secret in reading})


HIDDEN = "hidden_value"
SECRETS = (HIDDEN, "BEGIN SOLUTION")

FIND = """import base64
def find(text):
    place = text.find("hidden" + "_val")
    return text[place - 40:place + 60] if place >= 0 else ""
"""
REQUEST = 'get_ipython().kernel.get_parent("shell")["content"]["code"]'
SEEN = "def sum_of_squares(numbers):\n    return sum(x * x for x in numbers) if seen else 42.0"


def sees(name: str, look: str, **more: Any) -> Case:
    """Code that is right only if `look` makes `seen` true."""
    return Case("secrets", name, 7, squares(f"import glob, os\nseen = ''\n{look}\n{SEEN}"), **more)


def sees_an_earlier_run(name: str, look: str, leave: str, students: int = 2) -> list[Case]:
    """Students of whom all but the first are right if what the first one left is still there."""
    both = (
        f"try:\n{indent(look)}\n    if not seen:\n{indent(indent(leave))}\nexcept OSError as error:\n    print(error)"
    )
    return [sees(f"{name}, {number}", f"# {number}\n{both}") for number in range(1, students + 1)]


def indent(text: str) -> str:
    """Four more spaces in every line."""
    return "\n".join(f"    {line}" for line in text.splitlines())


SECRET_TRICKS = [
    in_extra(
        "secrets",
        "hidden tests by the handler",
        f"""{FIND}{HANDLER}
import json
for cell in handler.__closure__:
    if isinstance(cell.cell_contents, dict):
        raise ValueError(base64.b64encode(find(json.dumps(cell.cell_contents)).encode()).decode())""",
    ),
    in_extra(
        "secrets",
        "hidden tests by the handler, backwards",
        f"""{FIND}{HANDLER}
for cell in handler.__closure__:
    if isinstance(cell.cell_contents, dict):
        raise ValueError(find(str(cell.cell_contents))[::-1])""",
    ),
    in_extra(
        "secrets",
        "hidden tests among all objects",
        f"""{FIND}
import gc
gc.unfreeze()
for thing in gc.get_objects():
    if isinstance(thing, dict) and find(str(thing.get("source", ""))):
        raise ValueError(find(thing["source"]).encode().hex())""",
    ),
    in_extra(
        "secrets",
        "hidden tests in its memory",
        """import base64, re
word = b"hidden" + b"_value ="
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
    for start, end in re.findall(r"^(\\w+)-(\\w+) rw", maps.read(), re.M):
        for place in range(int(start, 16), int(end, 16), 2**24):
            try:
                memory.seek(place)
                text = memory.read(min(2**24, int(end, 16) - place))
            except (OSError, OverflowError):
                break
            found = text.find(word)
            if found > 0:
                raise ValueError(base64.b64encode(text[found:found + 60]).decode())""",
    ),
    right_but(  # no sandbox can stop it, since the check runs in this process: the report must
        "secrets",
        "the check's text by the request",
        f"{FIND}\nraise ValueError(base64.b64encode(find({REQUEST}).encode()).decode())",
    ),
    right_but(
        "secrets",
        "the check's text by a frame",
        f"""{FIND}
import sys
frame = sys._getframe()
while "raw_cell" not in frame.f_locals:
    frame = frame.f_back
raise ValueError(find(frame.f_locals["raw_cell"])[::-1])""",
    ),
    right_but(
        "secrets",
        "the check's text as a name",
        f"{FIND}\nraise type(find({REQUEST}).encode().hex(), (Exception,), {{}})()",
    ),
    right_but(
        "secrets",
        "the check's text as a result",
        f"{FIND}\nreturn base64.b64encode(find({REQUEST}).encode()).decode()",
    ),
    right_but(
        "secrets",
        "the check's text with gaps",
        f"{FIND}\nraise ValueError(' '.join(find({REQUEST})))",
    ),
    Case(
        "secrets",
        "the check's text of an earlier check",
        7,
        {
            "series-mean": f"""{FIND}
import linecache
def earlier():
    for name in list(linecache.cache):
        if find("".join(linecache.getlines(name))):
            return base64.b64encode(find("".join(linecache.getlines(name))).encode()).decode()
{WRONG_SERIES.replace("    return result", "    raise ValueError(earlier())")}"""
        },
        human=True,
    ),
    sees(
        "the course by git",
        """import re, subprocess
text = subprocess.run(["git", "-C", "@COURSE@", "show", "HEAD:tests/corpus/tiny_lab.py"], capture_output=True).stdout
seen = b"BEGIN SOLU" + b"TION" in text""",
    ),
    sees(
        "the course's files",
        """for path in glob.glob("@COURSE@/tests/**/*.py", recursive=True) + glob.glob("@COURSE@/notebooks/*.ipynb"):
    seen = seen or "BEGIN SOLU" + "TION" in open(path).read()""",
    ),
    sees(
        "the course's wrong solutions",
        'for path in glob.glob("@COURSE@/tests/mutants/*.py"):\n    seen = open(path).read()',
    ),
    sees(
        "the grader's code",
        'for path in glob.glob("@COURSE@/labutils/course/**/*.py", recursive=True):\n    seen = open(path).read()',
    ),
    sees(
        "the solved notebook anywhere",
        """for top in ("/tmp", "/home", "/root", "/srv", "/opt", "/mnt", os.path.dirname("@COURSE@")):
    for path in glob.glob(f"{top}/*/notebooks/*.ipynb") + glob.glob(f"{top}/*/*/notebooks/*.ipynb"):
        if "@RELEASE@" not in path:
            seen = seen or "BEGIN SOLU" + "TION" in open(path).read()""",
    ),
    sees(
        "a socket of the host",
        """import socket
try:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(1)
    connection.connect("@SOCKET@")
    seen = connection.recv(100)
except OSError as error:
    print(error)""",
    ),
    sees(
        "any socket of the host",
        """import socket, stat
for path in glob.glob("/run/*") + glob.glob("/run/*/*") + glob.glob("/var/run/*/*") + glob.glob("/tmp/*"):
    try:
        if stat.S_ISSOCK(os.stat(path).st_mode):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(0.1)
            connection.connect(path)
            seen = path
    except OSError as error:
        print(error)""",
    ),
    sees(
        "passwords",
        """for path in ("/etc/shadow", "/etc/gshadow", "/etc/ssh/ssh_host_ed25519_key", "/root/.bash_history"):
    try:
        seen = seen or open(path).read()
    except OSError as error:
        print(error)""",
    ),
    sees(
        "terminals",
        """for path in ["@TERMINAL@", "/dev/tty", "/dev/console", *glob.glob("/dev/pts/[0-9]*"), *glob.glob("/dev/tty*")]:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK))
        seen = path
    except OSError as error:
        print(error)""",
    ),
    sees(
        "process 1",
        """for path in ["/proc/1/environ", "/proc/1/mem", "/proc/1/maps", *glob.glob("/proc/1/fd/*"), "/proc/1/root/etc/hostname"]:
    try:
        seen = seen or open(path, "rb").read(10)
    except OSError as error:
        print(error)""",
    ),
    sees(
        "processes of others",
        """for path in glob.glob("/proc/[0-9]*/cmdline"):
    if int(path.split("/")[2]) not in (1, os.getpid()):
        seen = open(path).read()""",
    ),
    *sees_an_earlier_run(
        "files of an earlier run",
        """for folder in ("/dev/shm", "/var/tmp", "/tmp", "/run", "/run/lock", "/dev/mqueue", os.path.expanduser("~"), "@RELEASE@"):
    seen = seen or os.path.exists(f"{folder}/left-by-a-run")""",
        """for folder in ("/dev/shm", "/var/tmp", "/tmp", "/run", "/run/lock", "/dev/mqueue", os.path.expanduser("~"), "@RELEASE@"):
    try:
        open(f"{folder}/left-by-a-run", "w").close()
    except OSError as error:
        print(error)""",
    ),
    *sees_an_earlier_run(
        "the log of an earlier run",
        """logs = [path for path in glob.glob("/proc/self/fd/*") if os.path.exists(path) and "(deleted)" in os.readlink(path)]
for path in logs:
    seen = seen or b"left by a run" in open(path, "rb").read()""",
        """for path in logs:
    os.write(int(path.split("/")[-1]), b"left by a run")""",
        students=4,  # of whom two at least share a warm process, where three are used
    ),
    *sees_an_earlier_run(
        "the keyring of an earlier run",
        """import ctypes
call = ctypes.CDLL(None).syscall
seen = call(249, b"user", b"left-by-a-run", None, -3) > 0 or call(249, b"user", b"left-by-a-run", None, -4) > 0""",
        """for ring in (-3, -4, -5):  # of the session, of the user, of the user's sessions
    call(248, b"user", b"left-by-a-run", b"answer", 6, ring)""",
    ),
    *sees_an_earlier_run(
        "shared memory of an earlier run",
        """import ctypes
libc = ctypes.CDLL(None)
seen = libc.shmget(7171, 4096, 0o666) >= 0 or libc.semget(7171, 1, 0o666) >= 0 or libc.msgget(7171, 0o666) >= 0""",
        "libc.shmget(7171, 4096, 0o1666), libc.semget(7171, 1, 0o1666), libc.msgget(7171, 0o1666)",
    ),
    *sees_an_earlier_run(
        "a process of an earlier run",
        """import socket
connection = socket.socket(socket.AF_UNIX)
seen = connection.connect_ex("\\0left-by-a-run") == 0""",
        """connection.bind("\\0left-by-a-run")
connection.listen()
if os.fork() == 0:
    os.setsid()
    import time
    time.sleep(9)
    os._exit(0)""",
    ),
]

TRICKS = [*CLOSURES, *FRAMES, *CODE, *TORCH, *IPYTHON, *HOOKS, *THREADS, *CTYPES, *FORGED, *DATA, *MODULES, *CHECKS, *STRINGS,
          *SECRET_TRICKS]  # fmt: skip

# Limits: LIMITS of the corpus's test allow 1 GB of memory, 0.25 GB of files, 4 seconds for a cell.


def takes(name: str, code: str, enough: float, **more: Any) -> Case:
    """Code that is right only if `code` could set `got` to more than `enough`, which is more than is allowed.

    It may also be killed for it, and is then flagged.
    """
    source = f"import os, time\ngot = 0\n{code}\n{SEEN.replace('seen', f'got > {enough}')}"
    return Case("limits", name, 7, squares(source), **more)


MB = "mega = b'x' * 2**20\n"
FILL = """def fill(path, megabytes, gone=False):
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if gone:
            os.unlink(path)
        for _ in range(megabytes):
            os.write(file, mega)
    except OSError as error:
        print(error)
        return 0
    return os.fstat(file).st_size / 1e9
"""
CHILDREN = """import mmap
def take(megabytes, kind):
    return mmap.mmap(-1, megabytes * 2**20, flags=kind | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
def in_children(work, count):
    children = []
    for number in range(count):
        child = os.fork()
        if child == 0:
            try:
                held = work(number)
                time.sleep(1.5)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    return sum(os.waitpid(child, 0)[1] == 0 for child in children)
"""
NAMESPACE = """import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def enter():
    uid = os.getuid()
    if libc.unshare(0x10000000 | 0x20000):
        raise OSError(ctypes.get_errno(), "unshare")
    open("/proc/self/setgroups", "w").write("deny")
    open("/proc/self/uid_map", "w").write(f"0 {uid} 1")
    open("/proc/self/gid_map", "w").write(f"0 {os.getgid()} 1")
"""
JUNK = """import time
kernel = get_ipython().kernel
ident = kernel._parent_ident["shell"]
until = time.time() + 7
while time.time() < until:
    for _ in range(60):
        kernel.session.send(kernel.shell_stream.socket, "junk_reply", {}, ident=ident)
    time.sleep(0.01)
"""
PAUSE = """import os, signal, time
parent = os.getpid()
if os.fork() == 0:
    os.kill(parent, signal.SIGSTOP)
    time.sleep(4.5)
    os.kill(parent, signal.SIGCONT)
    os._exit(0)
time.sleep(0.5)
"""


def anywhere(name: str, code: str) -> list[Case]:
    """Right code with this in a function, whose points it costs, and in an extra cell."""
    right = inside(f"{code}return sum(x * x for x in numbers)")
    return [
        Case("limits", f"{name} in a function", 7, squares(right), human=True),
        Case("limits", f"{name} in an extra cell", 10, extra=(code,), human=True),
    ]


LIMITS = [
    takes(
        "memory in files of memory",
        """files = [os.memfd_create(f"m{number}") for number in range(13)]
for file in files:
    os.posix_fallocate(file, 0, 100 * 2**20)
time.sleep(0.6)
got = sum(os.fstat(file).st_blocks * 512 for file in files) / 1e9
for file in files:
    os.close(file)""",
        1.2,
    ),
    takes(
        "memory in children", f"{CHILDREN}got = 0.11 * in_children(lambda n: take(110, mmap.MAP_PRIVATE), 12)", 1.2
    ),
    takes(
        "shared memory in children",
        f"{CHILDREN}got = 0.32 * in_children(lambda n: take(320, mmap.MAP_SHARED), 4)",
        1.2,
    ),
    takes(
        "memory of System V",
        """import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
held = []
for number in range(13):
    held.append(libc.shmget(8000 + number, 100 * 2**20, 0o1600))
    place = libc.shmat(held[-1], None, 0)
    if place in (None, 2**64 - 1):
        break
    got += 0.1 * (libc.madvise(ctypes.c_void_p(place), 100 * 2**20, 23) == 0)  # fills it
    libc.shmdt(ctypes.c_void_p(place))
time.sleep(0.6)
for number in held:
    libc.shmctl(number, 0, None)""",
        1.2,
    ),
    takes(
        "mounts of its own",
        f"""{MB}{FILL}{CHILDREN}{NAMESPACE}
def hold(number):
    enter()
    os.makedirs("mine", exist_ok=True)
    if libc.mount(b"tmpfs", b"mine", b"tmpfs", 0, None):
        raise OSError(ctypes.get_errno(), "mount")
    assert all(fill(f"mine/{{name}}", 100) for name in range(4))
got = 0.4 * in_children(hold, 3)""",
        1.1,
    ),
    takes(
        "files everywhere",
        f"""{MB}{FILL}import tempfile
folders = {{".", "/dev/shm", "/tmp", "/var/tmp", "/run", tempfile.gettempdir(), os.path.expanduser("~"), os.environ["LABUTILS_MODELS"]}}
got = sum(fill(f"{{folder}}/big", 150) for folder in folders)""",
        0.28,
    ),
    takes("deleted files", f"{MB}{FILL}got = sum(fill(f'gone{{n}}', 100, gone=True) for n in range(4))", 0.28),
    takes(
        "many small files",
        """try:
    for number in range(110_000):
        os.mknod(f"f{number}")
        got += 1
except OSError as error:
    print(error)""",
        105_000,
    ),
    takes(
        "many processes at once",
        """import resource
children = []
try:
    for number in range(400):
        children.append(os.posix_spawn("/bin/sleep", ["sleep", "2.5"], {}))
except OSError as error:
    print(error)
time.sleep(0.3)
got = sum(os.waitpid(child, os.WNOHANG) == (0, 0) for child in children)
for child in children:
    os.kill(child, 9)""",
        300,
    ),
    takes(
        "processes of processes",
        """import subprocess
bomb = "more() { if [ $1 = 0 ]; then echo x; exec sleep 1; fi; for i in 1 2 3; do more $(($1 - 1)) & done; wait; }; more 5"
got = len(subprocess.run(["sh", "-c", bomb], capture_output=True).stdout.split())""",
        240,
    ),
    takes(
        "limits lifted",
        f"""import resource
for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
    try:
        resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (OSError, ValueError) as error:
        print(error)
{MB}
block = mega * 1600
time.sleep(0.8)
got = len(block) / 1e9
del block""",
        1.2,
    ),
    takes(
        "a long log",
        f"""{MB}logs = [int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{{name}}")]
logs = [n for n in logs if "(deleted)" in os.readlink(f"/proc/self/fd/{{n}}")]
for log in logs:
    for _ in range(100):
        os.write(log, mega)
    got = os.fstat(log).st_size / 1e6
    os.ftruncate(log, 0)""",
        90,
    ),
    Case(
        "limits", "a long error stream", 10, extra=("import os\nfor _ in range(100):\n    os.write(2, b'x' * 2**20)",)
    ),
    *anywhere("junk", JUNK),
    *anywhere("a pause", PAUSE),
    Case(
        "limits",
        "process 1 stopped",
        10,
        extra=("import os, signal\nif os.getppid() == 1:  # isolated indeed\n    os.kill(1, signal.SIGSTOP)",),
    ),
]
