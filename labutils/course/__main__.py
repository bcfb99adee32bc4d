"""The teacher's command line: release, grade, merge, regrade."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from labutils import runtime
from labutils.course.grade import grade_class
from labutils.course.release import release
from labutils.course.report import differences, read_results, write_reports
from labutils.course.runs import Limits, scope


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, OSError, AssertionError, RuntimeError, ImportError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What was graded is kept; the same command goes on from there.", file=sys.stderr)
        return 130
    return 0


def _release(options: argparse.Namespace) -> None:
    made = release(options.dest, notebooks=Path(options.notebooks), repo=options.repo, branch=options.branch,
                   labs=options.labs, proof=not options.no_proof, models=options.models)  # fmt: skip
    for name, points in made["labs"].items():
        proved = "" if options.no_proof else "; solved: full marks, student edition: none"
        print(f"{name}: {points['checks']:g} points by checks, {points['by_hand']:g} by hand{proved}")
    print(f"{options.dest}: {made['written']} files written or renewed")
    if not options.repo:
        print("No --repo: without the address of the published repository the notebooks cannot run on Colab.")


def _grade(options: argparse.Namespace) -> None:
    limits = Limits(options.cell_seconds, options.notebook_seconds, options.memory_gb, options.disk_gb)
    names = ("submissions", "release", "notebooks", "models", "quick", "strict")
    settings = {name: getattr(options, name) for name in names} | {"limits": vars(limits)}
    runtime.write_atomically(options.out / "settings.json", json.dumps(settings, indent=1).encode())
    _run(options, settings)


def _regrade(options: argparse.Namespace) -> None:
    before = read_results(options.out)
    settings = json.loads((options.out / "settings.json").read_text(encoding="utf-8"))
    lines = differences(before, _run(options, settings, fresh=True))
    print("\n".join(lines) or "No check changed its result.")


def _run(options: argparse.Namespace, settings: dict, fresh: bool = False) -> list[dict]:
    if os.getuid() == 0:
        warning = "Warning: you grade as root. Limits hold less well for root; use an account of its own."
        print(warning, file=sys.stderr)
    if sys.platform == "linux":
        watched = "systemd limits" if scope() else "No systemd scope can be had here: the grader itself watches"
        print(f"{watched} the memory and the number of processes of a run as a whole.")
    folders = {name: Path(settings[name]) for name in ("submissions", "release", "notebooks")}
    how = settings | folders | {"limits": Limits(**settings["limits"]), "fresh": fresh}
    results = grade_class(out=options.out, workers=options.workers, cluster=options.cluster, **how)
    write_reports(options.out, results)
    look = sum(bool(result["human"]) for result in results)
    print(f"{len(results)} notebooks graded, {look} for a human to look at: {options.out / 'overview.html'}")
    if not all(result["isolated"] for result in results):
        print("Warning: this system does not allow to isolate student code; see the README.", file=sys.stderr)
    return results


def _merge(options: argparse.Namespace) -> None:
    results = read_results(options.out)
    write_reports(options.out, results, merging=True)
    answers = [answer for result in results for answer in result["answers"] if answer["text"]]
    print(f"{sum(a['earned'] is not None for a in answers)} of {len(answers)} answers are graded.")


def _absolute(path: str) -> str:
    """So that it holds wherever regrade is started; an empty one is none."""
    return path and os.path.abspath(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m labutils.course", description=__doc__)
    commands = parser.add_subparsers(required=True)
    notebooks, power = argparse.ArgumentParser(add_help=False), argparse.ArgumentParser(add_help=False)
    solved = runtime.course_dir() / "notebooks"
    notebooks.add_argument("--notebooks", type=_absolute, default=str(solved), help="the solved ones (default: ours)")
    models = "folder of the models that labs load (default: the course's own results)"
    notebooks.add_argument("--models", type=_absolute, default="", metavar="FOLDER", help=models)
    power.add_argument("-n", "--workers", type=int, default=2, help="notebooks at a time (default: 2)")
    power.add_argument("--cluster", default="", metavar="ADDRESS", help="Dask scheduler (pip install distributed)")

    command = commands.add_parser("release", parents=[notebooks], help="make the student edition")
    command.add_argument("dest", type=Path, metavar="DEST", help="new folder, or one made by release before")
    command.add_argument("--repo", default="", metavar="URL", help="address under which the folder will be published")
    command.add_argument("--branch", default="main", help="its branch (default: main)")
    command.add_argument("--labs", nargs="+", metavar="LAB", help="names such as 01_rbm (default: all)")
    command.add_argument("--no-proof", action="store_true", help="do not run the notebooks")
    command.set_defaults(run=_release)

    command = commands.add_parser("grade", parents=[notebooks, power], help="grade a class")
    command.add_argument("submissions", type=_absolute, metavar="SUBMISSIONS", help="folder or zip file")
    command.add_argument("--release", type=_absolute, required=True, metavar="DEST", help="the student edition")
    command.add_argument("--out", type=Path, required=True, metavar="GRADES", help="folder for the results")
    command.add_argument("--full", dest="quick", action="store_false", help="full length, not few digits and epochs")
    command.add_argument("--strict", action="store_true", help="a mistake may cost the points of later checks too")
    command.add_argument("--cell-seconds", type=float, default=Limits.cell_s, help="default: %(default)g")
    command.add_argument("--notebook-seconds", type=float, default=Limits.notebook_s, help="default: %(default)g")
    command.add_argument("--memory-gb", type=float, default=Limits.memory_gb, help="default: %(default)g; 0: any")
    command.add_argument("--disk-gb", type=float, default=Limits.disk_gb, help="default: %(default)g")
    command.set_defaults(run=_grade)

    command = commands.add_parser("regrade", parents=[power], help="grade again, and show what changed")
    command.add_argument("out", type=Path, metavar="GRADES")
    command.set_defaults(run=_regrade)

    command = commands.add_parser("merge", help="take over the points filled in into GRADES/answers.csv")
    command.add_argument("out", type=Path, metavar="GRADES")
    command.set_defaults(run=_merge)
    return parser


if __name__ == "__main__":
    sys.exit(main())
