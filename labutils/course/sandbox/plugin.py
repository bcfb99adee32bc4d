"""nbval's plugin for pytest, as grading needs it: cells with roles, checks between two looks of the guard."""

import re
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from kernel import ANSWER_S, ForkedKernel, Stopped
from limits import Watch
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

ANSI = re.compile(r"\x1b\[[0-9;]*m")


class GradedFile(IPyNbFile):
    """A notebook of nbval, whose kernel runs already."""

    run: "Plugin"

    def collect(self) -> Iterator[pytest.Item]:
        """The cells. Tags and markers mean nothing here."""
        self.kernel = self.run.kernel
        for number, step in enumerate(self.run.steps):
            more = {"cell": nbformat.from_dict(step), "options": defaultdict(bool)}
            yield GradedCell.from_parent(self, name=f"Cell {number}", cell_num=number, **more)

    def setup(self) -> None:
        """Nothing: the kernel was forked before."""


class GradedCell(IPyNbCell):
    """A cell of nbval that believes the kernel's reply and nothing else."""

    def runtest(self) -> None:
        """Run the cell and write its record. Raises NbCellError if it did not pass, so that pytest counts it."""
        run, step, begun = self.parent.run, self.cell, time.monotonic()
        if step["role"] == "remedy" and run.passed.issuperset(step["reads"]):
            return
        record = {"id": step["id"], "status": "hung", "message": "The run stopped in it."}
        record |= {"changes": [], "traceback": "", "seconds": 0.0}
        run.write(record)  # this holds unless the next one comes
        try:
            record |= self.run_guarded(step, check=step["role"] == "check")
        except (Stopped, TimeoutError) as error:
            status, message = error.args or ("hung", "The kernel no longer answers.")
            record |= {"status": status, "message": (run.watch and run.watch.verdict) or message}
            self.session.shouldstop = "the kernel is no more"
        run.write(record | {"seconds": round(time.monotonic() - begun, 2)})
        if record["status"] != "passed":
            raise NbCellError(self.cell_num, record["message"], self.cell.source, record["traceback"])
        run.passed.add(step["id"])

    def run_guarded(self, step: dict[str, Any], check: bool) -> dict[str, Any]:
        """Guard, cell, guard. Before a check an assertion that must fail, and at its end a mark."""
        kernel, mark = self.parent.run.kernel, secrets.token_hex(8)
        changes = kernel.guard("enter", step["role"], step["reads"])["changes"]
        if check:
            canary = kernel.execute(f"assert False, '{mark}'", ANSWER_S)
            if (canary["status"], canary.get("ename"), canary.get("evalue")) != ("error", "AssertionError", mark):
                kernel.guard("leave", "check", [])
                message = "Failed assertions no longer show in this kernel."
                return {"status": "void", "changes": changes, "message": message}
        record = self.run_source(self.cell.source + f"\n_course_finished = '{mark}'" * check)
        after = kernel.guard("leave", step["role"], step["binds"])
        if check and record["status"] == "passed" and (after["changes"] or after["mark"] != mark):
            what = "changed " + ", ".join(after["changes"][:5]) if after["changes"] else "ended before its last line"
            record |= {"status": "void", "message": f"The check {what} while it ran."}
        return record | {"changes": changes}

    def run_source(self, source: str) -> dict[str, Any]:
        """Execute code within what is left of the time."""
        run = self.parent.run
        left, before = run.deadline - time.monotonic(), run.kernel.computed()
        if left <= 0:
            return {"status": "not run", "message": "The time for the whole notebook was used up."}
        seconds = min(left, run.limits["cell_s"])
        reply = run.kernel.execute(source, seconds, run.limits["grace_s"])
        if reply["status"] == "ok":
            return {"status": "passed", "message": ""}
        if reply["status"] == "timeout":
            computed = run.kernel.computed() - before
            message = f"It ran longer than {seconds:.0f} seconds; it computed for {computed:.1f} of them."
            return {"status": "timed out", "message": message}
        trace = ANSI.sub("", "\n".join(part[:4000] for part in reply.get("traceback", [])))
        name, value = str(reply.get("ename")), ANSI.sub("", str(reply.get("evalue")))[:4000]
        message = value if name == "CheckFailed" else f"{name}: {value}" if value else name
        return {"status": "failed", "message": message, "traceback": trace[-20_000:]}


@dataclass(eq=False)
class Plugin:
    """The run: its kernel, and its one notebook, which pytest collects as a GradedFile. `passed` are ids of cells."""

    kernel: ForkedKernel
    steps: list[dict[str, Any]]
    limits: dict[str, Any]
    write: Callable[[dict], None]
    watch: Watch | None
    deadline: float
    passed: set[str] = field(default_factory=set)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if file_path.suffix != ".ipynb":
            return None
        file = GradedFile.from_parent(parent, path=file_path)
        file.run = self
        return file
