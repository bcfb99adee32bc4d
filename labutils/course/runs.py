"""Running one notebook: warm processes of `sandbox`, what to do when a cell kills its kernel, and further runs."""

import atexit
import hashlib
import json
import os
import site
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from labutils.course.rebuild import Step
from labutils.course.syntax import binds, parse, reads

PASSES = 3  # of a notebook at most, each without the cell that killed the kernel the last time
HERE = Path(__file__).resolve().parent
OURS = [str(HERE / "sandbox"), str(HERE.parents[1])]  # nothing that student code could import
# what `run_job` gives where nothing was run
NO_OUTCOME: dict[str, Any] = {"records": {}, "clean": {}, "follow_on": {}, "error": "", "whole": False,
                              "seconds": 0.0, "isolated": True}  # fmt: skip


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
    """A notebook to run.

    `settings` are those of the runner that it needs, `request` is what that runner is asked for each run. `clean` are
    the steps without extra cells, if there are any, `remedied` those with the course's solutions after failed checks:
    a second chance for checks that rest on a wrong solution cell (`rests`).
    """

    steps: list[Step]
    settings: dict[str, Any]
    request: dict[str, Any]
    clean: list[Step] = field(default_factory=list)
    remedied: list[Step] = field(default_factory=list)
    rests: dict[str, list[str]] = field(default_factory=dict)

    def key(self, salt: str) -> str:
        """A name for this job's result: it changes with everything that can change the result, and `salt`."""
        what = asdict(self) | {"salt": salt}
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:32]


@cache
def scope() -> list[str]:
    """The command that starts a process in a systemd scope, which limits all that it starts; empty if none can."""
    command = ["systemd-run", *([] if os.getuid() == 0 else ["--user"]), "--scope", "--quiet", "--collect"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return []
    return command


class Runner:
    """A warm process of `sandbox/server.py`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        wanted = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
        env = {name: os.environ[name] for name in wanted if name in os.environ}
        env |= {"LANG": "C.UTF-8", "MPLBACKEND": "agg", "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"}
        env |= {"PYTHONUSERBASE": site.getuserbase(), "HOME": tempfile.gettempdir()} | settings["env"]
        env |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        env |= dict.fromkeys(("PIP_NO_INDEX", "PYTHONDONTWRITEBYTECODE", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"), "1")
        command = [*scope(), "-p", "TasksMax=512"] if scope() else []
        if command and settings["memory_gb"]:  # and what the libraries take, and the files
            most = int((settings["memory_gb"] + settings["disk_gb"] + 2) * 2**30)
            command += ["-p", f"MemoryMax={most}", "-p", "MemorySwapMax=0"]
        command += [sys.executable, str(HERE / "sandbox/server.py"), json.dumps(settings | {"not_path": OURS})]
        self.log, pipe = tempfile.TemporaryFile(), subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=self.log, text=True, cwd="/", env=env, start_new_session=True
        )
        self.isolated = self._read()["isolated"]

    def run(self, request: dict[str, Any], steps: list[Step]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Run the steps of a notebook. Returns the records of its cells by their ids, and how it ended."""
        folder = tempfile.mkdtemp(prefix="lab-")  # the server deletes it
        Path(folder, "steps.json").write_text(json.dumps([_sent(step) for step in steps]))
        print(json.dumps(request | {"folder": folder}), file=self.process.stdin, flush=True)
        records = {}
        while "end" not in (record := self._read()):
            records[record["id"]] = record
        return records, record

    def _read(self) -> dict[str, Any]:
        for line in self.process.stdout or ():
            try:
                return json.loads(line)
            except ValueError:
                continue  # half a line, from a run that was killed
        self.log.seek(0)
        last_words = self.log.read().decode(errors="replace")[-2000:]
        raise RuntimeError(f"The process that runs notebooks ended. Its last words:\n{last_words}")


_started: list[Runner] = []
_idle = defaultdict[str, list[Runner]](list)


@contextmanager
def borrowed_runner(settings: dict[str, Any]) -> Iterator[Runner]:
    """A warm runner that nobody else uses; it goes back when done, unless it broke."""
    idle = _idle[json.dumps(settings, sort_keys=True)]
    try:
        runner = idle.pop()  # at once, whoever else asks
    except IndexError:
        runner = Runner(settings)
        _started.append(runner)
    try:
        yield runner
    except BaseException:
        runner.process.kill()
        raise
    idle.append(runner)


@atexit.register
def close_runners() -> None:
    """End all runners, and what they run."""
    _idle.clear()
    while _started:
        runner = _started.pop()
        runner.process.kill()
        runner.process.wait()


def run_job(job: Job) -> dict[str, Any]:
    """Run a notebook, again if need be without the cells that killed its kernel; then the further runs that it needs.

    Returns `records` by the cells' ids, `isolated`, `seconds`, an `error` if no run ended; `clean`, check -> record
    without the extra cells; `follow_on`, check that now passes -> the solution cells replaced before it; `whole`,
    whether no run was cut short by time or death.
    """
    outcome = {**NO_OUTCOME, **_run(job, job.steps), "clean": {}, "follow_on": {}}
    runs = [outcome]
    checks = {step.id: step.feeds for step in job.steps if step.role == "check"}
    passed = checks.keys() & _passed(outcome)
    if job.clean and passed:
        runs.append(_run(job, _until_last(passed, job.clean)))
        outcome["clean"] = {check: record for check, record in runs[-1]["records"].items() if check in passed}
    wrong = {feed for check, feed in checks.items() if check not in passed}
    second_chance = {check for check, feeds in job.rests.items() if check not in passed and wrong.intersection(feeds)}
    if second_chance:
        steps = _until_last(second_chance, job.remedied)
        runs.append(_run(job, steps))
        replaced: list[str] = []
        for step in steps:
            if step.role == "remedy" and step.id in runs[-1]["records"]:
                replaced.append(step.feeds)
            if step.id in second_chance & _passed(runs[-1]) and step.feeds not in replaced:
                outcome["follow_on"][step.id] = [feed for feed in job.rests[step.id] if feed in replaced]
    statuses = {record["status"] for each in runs for record in each["records"].values()}
    outcome["whole"] = not statuses & {"timed out", "hung", "died", "not run"} and not any(r["error"] for r in runs)
    outcome["seconds"] = round(sum(each["seconds"] for each in runs), 2)
    return outcome


def _passed(outcome: dict[str, Any]) -> set[str]:
    return {name for name, record in outcome["records"].items() if record["status"] == "passed"}


def _until_last(checks: set[str], steps: list[Step]) -> list[Step]:
    return steps[: max(place for place, step in enumerate(steps) if step.id in checks) + 1]


def _run(job: Job, steps: list[Step]) -> dict[str, Any]:
    steps, left_out = list(steps), {}
    outcome: dict[str, Any] = {"records": {}, "seconds": 0.0, "error": ""}
    for _ in range(PASSES):
        with borrowed_runner(job.settings) as runner:
            records, end = runner.run(job.request, steps)
        outcome |= {"isolated": runner.isolated, "records": records, "seconds": outcome["seconds"] + end["seconds"]}
        culprit = next((name for name, record in records.items() if record["status"] in ("died", "hung")), "")
        if not culprit:
            outcome["error"] = "" if records else f"The run ended before its first cell ({end['end']})."
            break
        left_out[culprit] = records[culprit]
        left = "raise RuntimeError('left out')"
        steps = [replace(step, source=left) if step.id == culprit else step for step in steps]
    outcome["records"] |= left_out
    return outcome


def _sent(step: Step) -> dict[str, Any]:
    tree = parse("" if step.role == "student" else step.source)
    names = {"reads": step.checks or sorted(reads(tree)), "binds": sorted(binds(tree))}
    return {"id": step.id, "role": step.role, "source": step.source, **names}
