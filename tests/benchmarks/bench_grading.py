"""Grading a class: this course's grader and nbgrader's autograde on the same notebooks, alternating in one run.

    .venv/bin/python -m tests.benchmarks.bench_grading --students 30 --rounds 2 --nbgrader "python -m nbgrader"

The class hands in lab 01: solved, half solved, blank and broken notebooks, every other one with an extra cell, so
that ours makes its further runs. Quick mode; ours grades as many notebooks at a time as --workers says, nbgrader one,
since it has no other way. Wall-clock and CPU time, start of all processes included; if busy, trust the CPU.
"""

import argparse
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd

from labutils.course.cells import Lab
from labutils.course.edition import edition
from labutils.course.release import release
from tests.notebook_tools import NOTEBOOKS, read

LAB = "01_rbm"
KINDS = ("solved", "half", "broken", "blank", "solved", "half", "solved", "blank")


def notebook(kind: str, student: str, extra: bool) -> nbformat.NotebookNode:
    """A simulated submission of lab 01."""
    lab = Lab(LAB, read(LAB))
    made = edition(lab)
    solutions = [cell for cell in made.cells if lab.cells[cell.id].role == "solution"]
    for number, cell in enumerate(solutions):
        if kind != "blank" and (kind != "half" or number < len(solutions) // 2):
            cell.source = lab.cells[cell.id].source
        if kind == "broken":
            cell.source = cell.source.replace("return", "return 1 +", 1) if number % 2 else cell.source + "\n)"
        cell.source += f"\n# {student}"
    if extra:
        cell = nbformat.v4.new_code_cell("tried = torch.ones(3)\nprint(tried)")
        cell.metadata["nbgrader"] = {"grade_id": "tried", "schema_version": 3, "grade": False, "solution": False,
                                     "locked": False, "task": False}  # fmt: skip
        made.cells.insert(8, cell)
    return made


def hand_in(folder: Path, students: int) -> None:
    """The class's notebooks in nbgrader's layout."""
    for number in range(students):
        student = f"student{number:02}"
        place = folder / "submitted" / student / LAB
        place.mkdir(parents=True)
        nbformat.write(notebook(KINDS[number % len(KINDS)], student, number % 2 == 1), place / f"{LAB}.ipynb")


def timed(run: Callable[[], None]) -> tuple[float, float]:
    """Wall-clock and CPU seconds of everything that a function starts."""

    def cpu() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    wall, before = time.perf_counter(), cpu()
    run()
    return time.perf_counter() - wall, cpu() - before


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--nbgrader", default="", help='how to start it, such as "python -m nbgrader"; not timed if empty'
    )
    options = parser.parse_args()
    os.environ.update(LABUTILS_QUICK="1", OMP_NUM_THREADS="1", MPLBACKEND="")
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        hand_in(base, options.students)
        release(base / "edition", notebooks=NOTEBOOKS, labs=[LAB], proof=False)
        os.environ["LABUTILS_MODELS"] = str(base / "models")
        if options.nbgrader:
            python = shutil.which(shlex.split(options.nbgrader)[0])
            os.environ["PATH"] = os.pathsep.join([os.path.dirname(python), os.environ["PATH"]])  # it starts alembic
            (base / "source" / LAB).mkdir(parents=True)
            shutil.copyfile(NOTEBOOKS / f"{LAB}.ipynb", base / "source" / LAB / f"{LAB}.ipynb")
            make = [*shlex.split(options.nbgrader), "generate_assignment", LAB, "--create", "--force"]
            subprocess.run(make, cwd=base, check=True, capture_output=True)

        def ours() -> None:
            shutil.rmtree(base / "grades", ignore_errors=True)
            command = [sys.executable, "-m", "labutils.course", "grade", str(base / "submitted"), "--release",
                       str(base / "edition"), "--out", str(base / "grades"), "-n", str(options.workers)]  # fmt: skip
            subprocess.run(command, check=True, capture_output=True)
            print(pd.read_csv(base / "grades/grades.csv")[["student", "total", "needs a human"]].to_string())

        def theirs() -> None:
            command = [
                *shlex.split(options.nbgrader),
                "autograde",
                LAB,
                "--force",
                "--ExecutePreprocessor.timeout=600",
            ]
            done = subprocess.run(command, cwd=base, capture_output=True, text=True)
            print(done.stderr[-300:] if done.returncode else "nbgrader: all graded")

        for round_ in range(options.rounds):
            for name, run in (("labutils.course", ours), *([("nbgrader", theirs)] if options.nbgrader else [])):
                wall, cpu = timed(run)
                rows.append({"grader": name, "round": round_, "wall, s": wall, "CPU, s": cpu,
                             "notebooks per minute": 60 * options.students / wall})  # fmt: skip
                print(pd.DataFrame(rows).round(1).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
