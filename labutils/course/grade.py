"""From a folder of submissions to results: jobs, their runs, and what they are worth."""

import hashlib
import json
import os
import re
import sys
import tempfile
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from labutils import runtime
from labutils.course.collect import Submission, collect
from labutils.course.notebooks import Lab, read_labs
from labutils.course.rebuild import Rebuilt, Step, rebuild, solved_steps
from labutils.course.runs import HERE, LIBRARIES, Job, Limits, kill_runners, run_job


@dataclass
class Course:
    """What all jobs of a class share.

    Attributes:
        release: the student edition: its `labutils` runs.
        hide: folders that student code must not see.
        isolate: whether to use namespaces where the system has them.
    """

    labs: list[Lab]
    release: Path
    quick: bool = True
    limits: Limits = field(default_factory=Limits)
    models: str = ""
    hide: tuple[str, ...] = ()
    isolate: bool = True

    def job(self, lab: Lab, steps: list[Step], keep_models: bool = False) -> Job:
        """The job that runs these steps of a lab."""
        env = {"LABUTILS_QUICK": str(int(self.quick))}
        if self.quick:
            env["CUDA_VISIBLE_DEVICES"] = ""
        elif (runtime.data_dir() / "MNIST").is_dir():
            env["LABUTILS_DATA"] = str(runtime.data_dir())
        data = env.get("LABUTILS_DATA", "")
        settings = {
            "release": str(self.release),
            "modules": list(dict.fromkeys(name for each in self.labs for name in each.modules)),
            "env": env,
            "version": self.version(),
            "isolate": self.isolate,
        }
        request = {
            "limits": asdict(self.limits),
            "solution_names": lab.solution_names,
            "models": self.models,
            "hide": [tempfile.gettempdir(), os.path.expanduser("~"), "/dev/shm", *self.hide],
            "keep": [*LIBRARIES, str(self.release), sys.prefix, sys.base_prefix, *filter(None, (data, self.models))],
            "writable": [self.models] if keep_models else [],
        }
        return Job(steps, settings, request)

    def version(self) -> str:
        """A hash of the grader's code and of the released `labutils`."""
        files = sorted([*HERE.glob("*.py"), *(self.release / "labutils").rglob("*.py")])
        return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()

    def make_models(self, needed_by: list[Lab], makers: list[Lab], folder: Path) -> None:
        """Run the solved notebooks that save the models which other labs load, into a folder.

        Args:
            makers: the notebooks to look for them in, in the order to run them.

        Raises:
            RuntimeError: a solved notebook fails.
        """
        self.models = str(folder)
        folder.mkdir(parents=True, exist_ok=True)
        waiting, needed = list(needed_by), set[str]()
        while waiting:
            wanted = _models("load_model", waiting.pop())
            for maker in makers:
                if maker.name not in needed and wanted & _models("save_model", maker):
                    needed.add(maker.name)
                    waiting.append(maker)
        jobs = {lab.name: self.job(lab, solved_steps(lab), keep_models=True) for lab in makers if lab.name in needed}
        keys, done = {name: job.key("") for name, job in jobs.items()}, folder / "made.json"
        if done.exists() and json.loads(done.read_text()) == keys:
            return
        for name, job in tqdm(jobs.items(), desc="models that labs load", unit="lab", disable=not jobs):
            outcome = run_job(job)
            bad = [f"{r['id']}: {r['message']}" for r in outcome["records"].values() if r["status"] != "passed"]
            if bad or outcome["error"]:
                raise RuntimeError(f"The solved {name} fails. {bad[0] if bad else outcome['error']}")
        runtime.write_atomically(done, json.dumps(keys).encode())


def _models(function: str, lab: Lab) -> set[str]:
    """The names of the models that a lab saves or loads."""
    code = "\n".join(cell.source for cell in lab.cells.values() if cell.code)
    return set(re.findall(function + r"""\(\s*["'](\w+)""", code))


def score(lab: Lab, submission: Submission, rebuilt: Rebuilt, outcome: dict[str, Any]) -> dict[str, Any]:
    """What a student's notebook is worth, as plain data: the content of a report."""
    hidden = sorted({line for cell in lab.cells.values() for line in cell.hidden_lines}, key=len, reverse=True)
    records = {name: _redacted(record, hidden) for name, record in outcome["records"].items()}
    feeds = {step.id: step.feeds for step in rebuilt.steps}
    errors = [record for step in rebuilt.steps if step.role == "student"
              and (record := records.get(step.id)) and record["status"] != "passed"]  # fmt: skip
    broken = {feeds[record["id"]] for record in errors}
    notes, human = [*submission.notes, *rebuilt.notes], [*submission.human]
    checks = []
    for place, cell in enumerate(lab.cells.values()):
        if cell.role != "check":
            continue
        record = records.get(cell.id, {"status": "not run", "message": "The run ended before it.", "changes": []})
        feed = feeds.get(cell.id, "")
        status = {"died": "kernel died", "hung": "timed out"}.get(record["status"], record["status"])
        if status == "failed":
            status = "open" if feed in rebuilt.untouched else "error before it" if feed in broken else "failed"
        if status == "void":
            human.append(f"{cell.id}: {record['message']}")
        checks.append({
            "id": cell.id, "place": place, "task": cell.task, "points": cell.points, "status": status,
            "earned": cell.points if status == "passed" else 0.0, "message": record["message"],
            "traceback": record.get("traceback", ""), "seconds": record.get("seconds", 0.0),
            "hints": lab.cells[feed].hints if feed in lab.cells and status != "passed" else "",
        })  # fmt: skip
    changed: dict[str, list[str]] = {}
    for record in records.values():
        for change in record["changes"]:
            changed.setdefault(change, []).append(record["id"])
    for change, places in changed.items():
        text = (
            f"Your code had changed {change}, which the course relies on; it was put back before {', '.join(places)}."
        )
        (notes if change.startswith("the name ") else human).append(text)
    human += [f"{r['id']}: {r['message']}" for r in records.values() if r["status"] in ("died", "hung")]
    human += [outcome["error"]] if outcome["error"] else []
    answers = [
        {"id": c.id, "place": n, "task": c.task, "points": c.points, "text": rebuilt.answers[c.id], "earned": None}
        for n, c in enumerate(lab.cells.values())
        if c.role == "answer"
    ]
    return {
        "student": submission.student, "lab": lab.name, "title": lab.title, "file": submission.file,
        "checks": checks, "answers": answers,
        "notes": list(dict.fromkeys(notes)), "human": list(dict.fromkeys(human)),
        "errors": [{"id": r["id"], "message": r["message"], "traceback": r["traceback"]} for r in errors],
        "seconds": outcome["seconds"], "isolated": outcome["isolated"],
    }  # fmt: skip


def _redacted(record: dict[str, Any], hidden: list[str]) -> dict[str, Any]:
    texts = {key: record.get(key, "") for key in ("message", "traceback")}
    for line in hidden:
        texts = {key: text.replace(line, "[hidden test]") for key, text in texts.items()}
    return record | texts


def grade_all(
    submissions: list[Submission], course: Course, cache: Path, *, workers: int = 2, cluster: str = ""
) -> list[dict[str, Any]]:
    """Grade submissions in parallel. What was graded before, unchanged, is read from `cache`.

    Args:
        workers: runs at a time on this machine.
        cluster: address of a Dask scheduler whose workers run the jobs instead; they must see the same folders.

    Returns:
        A result for every submission, in order, as from `score`.
    """
    by_name = {lab.name: lab for lab in course.labs}
    results: dict[int, dict[str, Any]] = {}
    waiting = {}
    with _executor(workers, cluster) as pool, tqdm(total=len(submissions), desc="graded", unit="notebook") as bar:
        for number, submission in enumerate(submissions):
            if not submission.lab:
                results[number] = _nothing(submission)
                bar.update()
                continue
            lab = by_name[submission.lab]
            rebuilt = rebuild(lab, submission.cells)
            job = course.job(lab, rebuilt.steps)
            path = cache / f"{job.key(submission.student)}.json"
            if path.exists():
                results[number] = score(lab, submission, rebuilt, json.loads(path.read_text(encoding="utf-8")))
                bar.update()
            else:
                waiting[pool.submit(run_job, job)] = (number, lab, submission, rebuilt, path)
        try:
            for future in as_completed(waiting):
                number, lab, submission, rebuilt, path = waiting[future]
                try:
                    outcome = future.result()
                except Exception as error:
                    said = f"The run failed ({type(error).__name__}: {error}); grade again."
                    outcome = {"records": {}, "seconds": 0.0, "isolated": True, "error": said}
                if not outcome["error"]:
                    runtime.write_atomically(path, json.dumps(outcome).encode())
                results[number] = score(lab, submission, rebuilt, outcome)
                bar.update()
        finally:  # interrupted: drop what waits, kill what runs
            for future in waiting:
                future.cancel()
            kill_runners()
    return [results[number] for number in sorted(results)]


def _nothing(submission: Submission) -> dict[str, Any]:
    return {"student": submission.student, "lab": "", "title": "No notebook", "file": "", "checks": [], "answers": [],
            "notes": submission.notes, "human": submission.human, "errors": [], "seconds": 0.0,
            "isolated": True}  # fmt: skip


def _executor(workers: int, cluster: str) -> Executor:
    if not cluster:
        return ThreadPoolExecutor(workers)
    try:
        from distributed import Client
    except ImportError:
        raise RuntimeError("--cluster needs Dask: pip install distributed, here and on the cluster.") from None
    return Client(cluster).get_executor(pure=False)


def grade_class(
    root: Path, release: Path, out: Path, *, notebooks: Path, quick: bool = True, limits: Limits | None = None,
    models: str = "", workers: int = 2, cluster: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """Collect and grade the submissions of a class.

    Args:
        root: folder or zip file of the submissions.
        release: the student edition that they were made from.
        out: where results are kept.
        notebooks: the solved notebooks.
        models: folder of the models that labs load; made by quick runs of the solved notebooks if empty.

    Raises:
        FileNotFoundError: no submissions, no release.
        ValueError: the release was made from other notebooks.
    """
    from labutils.course.release import released_labs

    labs = released_labs(release, notebooks)
    hide = (root if root.is_dir() else root.resolve().parent, out, notebooks)
    course = Course(labs, release.resolve(), quick, limits or Limits(), models, tuple(str(p.resolve()) for p in hide))
    submissions = collect(root, labs)
    if not models:
        handed_in = {submission.lab for submission in submissions}
        used = [lab for lab in labs if lab.name in handed_in]
        course.make_models(used, read_labs(notebooks), out / ".runs/models")
    return grade_all(submissions, course, out / ".runs", workers=workers, cluster=cluster)
