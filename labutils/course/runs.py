"""Running one notebook: warm processes of `runner`, and what to do when a cell kills its kernel."""

import atexit
import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labutils.course.rebuild import Step

PASSES = 3
"""How often a notebook is run at most, each time without the cell that killed the kernel the last time."""


HERE = Path(__file__).resolve().parent
OURS = [str(HERE), str(HERE.parents[1])]
"""The grader and the solved course: nothing that student code could import."""

LIBRARIES = [path for path in sys.path if os.path.isdir(path) and os.path.realpath(path) not in OURS]
"""Where installed packages lie."""


@dataclass(frozen=True)
class Limits:
    """Of one run: seconds for a cell and for the notebook, memory beyond what is loaded (0: any), files.

    `grace_s` is how long a cell has to stop after it was interrupted, before its kernel is killed.
    """

    cell_s: float = 120
    notebook_s: float = 900
    memory_gb: float = 4
    disk_gb: float = 1
    grace_s: float = 5


@dataclass(frozen=True)
class Job:
    """A notebook to run. Plain data, so that it can be sent to another machine that sees the same folders.

    Attributes:
        settings: of the runner that it needs.
        request: to that runner, less the notebook.
    """

    steps: list[Step]
    settings: dict[str, Any]
    request: dict[str, Any]

    def key(self, salt: str) -> str:
        """A name for this job's result: it changes with the steps, the limits, the course's code, and `salt`."""
        what = [asdict(self)["steps"], self.request["limits"], self.settings["env"], self.settings["version"], salt]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


class Runner:
    """A warm process of `runner.py`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        if not hasattr(os, "fork"):
            raise RuntimeError("Grading needs Linux or macOS. On Windows use WSL.")
        env = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
        env |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        env |= {
            "PYTHONPATH": os.pathsep.join(LIBRARIES),
            "LANG": "C.UTF-8",
            "HOME": tempfile.gettempdir(),
            "MPLBACKEND": "agg",
            "PIP_NO_INDEX": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        }
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, "-s", str(HERE / "runner.py"), json.dumps(settings | {"not_path": OURS})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            cwd="/",
            start_new_session=True,
            env=env | settings["env"],
        )
        self.isolated = self._read()["isolated"]

    def run(self, request: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Run a notebook. Returns the records of its cells in order, and how it ended."""
        folder = Path(tempfile.gettempdir()) / f"lab-{secrets.token_hex(4)}"
        print(json.dumps(request | {"folder": str(folder)}), file=self.process.stdin, flush=True)
        records = []
        while "end" not in (record := self._read()):
            records.append(record)
        return records, record

    def close(self) -> None:
        """End the process, and what it runs."""
        self.process.communicate()  # closes its standard input

    def _read(self) -> dict[str, Any]:
        for line in self.process.stdout or ():
            try:
                return json.loads(line)
            except ValueError:
                continue  # half a line, from a run that was killed
        self.log.seek(0)
        last_words = self.log.read().decode(errors="replace")[-2000:]
        raise RuntimeError(f"The process that runs notebooks ended. Its last words:\n{last_words}")


_idle: dict[str, list[Runner]] = {}
_busy: set[Runner] = set()
_lock = threading.Lock()


@contextmanager
def borrowed_runner(settings: dict[str, Any]) -> Iterator[Runner]:
    """A warm runner that nobody else uses; it goes back when done, unless it broke."""
    name = json.dumps(settings, sort_keys=True)
    with _lock:
        runner = _idle[name].pop() if _idle.get(name) else None
    runner = runner or Runner(settings)
    _busy.add(runner)
    try:
        yield runner
        _idle.setdefault(name, []).append(runner)
    except BaseException:
        runner.process.kill()
        raise
    finally:
        _busy.discard(runner)


@atexit.register
def close_runners() -> None:
    """End all idle runners."""
    for runners in _idle.values():
        while runners:
            runners.pop().close()


def kill_runners() -> None:
    """End all busy runners, and what they run."""
    for runner in list(_busy):
        runner.process.kill()


def run_job(job: Job) -> dict[str, Any]:
    """Run a notebook, again if need be without the cells that killed its kernel.

    Returns:
        `records` by the cells' ids, `isolated`, `seconds`, and an `error` if no run ended.
    """
    steps, left_out = list(job.steps), {}
    outcome: dict[str, Any] = {"records": {}, "seconds": 0.0, "error": ""}
    for _ in range(PASSES):
        with borrowed_runner(job.settings) as runner:
            lines, end = runner.run(job.request | {"notebook": _notebook(steps)})
        records = {line["id"]: line for line in lines if "id" in line}
        begun = [line["start"] for line in lines if "start" in line]
        outcome |= {"isolated": runner.isolated, "records": records}
        outcome["seconds"] = round(outcome["seconds"] + end["seconds"], 2)
        culprit = next((n for n in begun if records.get(n, {}).get("status", "hung") in ("died", "hung")), "")
        if not culprit:
            outcome["error"] = "" if begun else f"The run ended before its first cell ({end['end']})."
            break
        left_out[culprit] = records.get(culprit) or {
            "id": culprit, "status": "hung", "message": "The run stopped in it.", "changes": [], "traceback": "",
            "seconds": 0.0,
        }  # fmt: skip
        for number, step in enumerate(steps):
            if step.id == culprit:
                steps[number] = Step(step.id, step.role, "raise RuntimeError('left out')", [], step.feeds)
    outcome["records"] |= left_out
    return outcome


def _notebook(steps: list[Step]) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{number}", "execution_count": None, "outputs": [], "source": step.source,
         "metadata": {"course": {"id": step.id, "role": step.role, "names": step.names}}}
        for number, step in enumerate(steps)
    ]  # fmt: skip
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
