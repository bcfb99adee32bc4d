"""The warm process: it loads the course's libraries once and forks for every run. It speaks in lines of JSON."""

import gc
import glob
import importlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # as in labutils.course

import pytest
from kernel import ForkedKernel
from limits import Watch
from namespaces import isolate, libc
from plugin import Plugin

LINUX = sys.platform == "linux"


def supervised(action: Callable[[], None], seconds: float, stdin: Any = None) -> str:
    """Run `action` in a forked session of its own. Returns "finished", "killed" (too long) or "crashed"."""

    def work() -> None:
        try:
            os.setsid()
            if LINUX:
                libc("prctl", 1, signal.SIGKILL)  # die with the runner
            action()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(70)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    pid: Any = process.pid
    ended = process.sentinel in wait([process.sentinel, *filter(None, [stdin])], seconds)  # or: grade is gone
    if not ended:
        process.kill()
    process.join()
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)  # what is left of the session where there are no namespaces
    return "killed" if not ended else "crashed" if process.exitcode else "finished"


def run(request: dict[str, Any], write: Callable[[dict], None]) -> None:
    """One run, in the supervisor's process. Its steps are read once the kernel has been forked."""
    folder, limits = Path(request["folder"]), request["limits"]
    steps = (folder / "steps.json").open()
    (folder / "steps.json").unlink()
    if request["isolated"]:
        Path("/proc/self/oom_score_adj").write_text("1000")  # where memory ends, this ends first
        keep = [*request["keep"], *(["/sys", *glob.glob("/dev/nvidia*")] if request["gpu"] else [])]
        isolate(str(folder), keep, request["hide"], limits["disk_gb"])
        folder = Path("/lab")
    for name in ("home", "tmp", "notebooks"):
        (folder / name).mkdir(parents=True)
    os.environ.update(HOME=str(folder / "home"), TMPDIR=str(folder / "tmp"), IPYTHONDIR=str(folder / "home/ipython"),
                      MPLCONFIGDIR=str(folder / "home/mpl"), LABUTILS_MODELS=str(folder / "models"))  # fmt: skip
    tempfile.tempdir = None
    if os.path.isdir(request["models"]):
        shutil.copytree(request["models"], folder / "models")
    os.chdir(folder / "notebooks")
    kernel = ForkedKernel(folder, limits, request["solution_names"])
    if LINUX:
        libc("prctl", 4, 0)  # not dumpable: the kernel cannot look into this process
    watch = Watch(limits["memory_gb"]) if request["isolated"] else None
    plugin = Plugin(kernel, json.load(steps), limits, write, watch, time.monotonic() + limits["notebook_s"])
    (folder / "graded.ipynb").touch()
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    os.chdir(folder)
    os.dup2(1, 2)
    options = "-c pytest.ini --noconftest -q --tb=no -p no:cacheprovider -p no:faulthandler -p nbval.plugin"
    pytest.main([*options.split(), "graded.ipynb"], plugins=[plugin])


def main() -> None:
    """Load what the labs import, then serve requests until standard input ends."""
    settings = json.loads(sys.argv[1])
    requests, results = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    others = [path for path in sys.path if os.path.realpath(path) not in settings["not_path"]]
    sys.path[:] = [settings["release"], *others]
    # a graded kernel needs no debugger, which takes longer to load than all the rest
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    importlib.import_module("ipykernel.debugger")
    del sys.modules["debugpy"]
    for statement in settings["imports"]:
        with suppress(ImportError):  # the run itself will complain
            exec(statement, {"__name__": ""})
    if any("torch" in statement for statement in settings["imports"]):
        # what it changes in itself with its first optimiser, or its first compile
        importlib.import_module("torch._dynamo.eval_frame").TorchPatcher.patch()
    if "labutils.data" in sys.modules:
        sys.modules["labutils.data"].mnist_loaders(1000)  # read the digits once for all runs
    gc.collect()
    gc.freeze()  # or every run would copy most of this process's memory, only to look for garbage in it

    def write(record: dict[str, Any]) -> None:
        results.write(json.dumps(record) + "\n")
        results.flush()

    with tempfile.TemporaryDirectory() as root:
        probe = partial(isolate, root, [], [], 0.01)
        isolated = LINUX and settings["isolate"] and supervised(probe, 30) == "finished"
    write({"isolated": isolated})
    for line in requests:
        request = json.loads(line) | {"isolated": isolated}
        begun = time.monotonic()
        how = supervised(partial(run, request, write), request["limits"]["notebook_s"] + 60, requests)
        shutil.rmtree(request["folder"], ignore_errors=True)
        results.write("\n")
        write({"end": how, "seconds": round(time.monotonic() - begun, 2)})


if __name__ == "__main__":
    main()
