"""From a folder of submissions to results: jobs, their runs, and what they are worth."""

import hashlib
import json
import re
import sys
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from labutils import runtime
from labutils.course.cells import Lab, read_labs
from labutils.course.collect import Submission, collect
from labutils.course.edition import released_labs
from labutils.course.further import clean_steps, rests_on, steps_with_remedies
from labutils.course.rebuild import Rebuilt, Step, rebuild, solved_steps
from labutils.course.runs import HERE, LIBRARIES, NO_OUTCOME, Job, Limits, kill_runners, run_job
from labutils.course.score import score


@dataclass
class Course:
    """What all jobs of a class share.

    Attributes:
        release: the student edition: its `labutils` runs.
        models: folder of the models that labs load, absolute; `models_hash` says what is in it.
        hide: folders that student code must not see.
        isolate: whether to use namespaces where the system has them.
    """

    labs: list[Lab]
    release: Path
    quick: bool = True
    limits: Limits = field(default_factory=Limits)
    models: str = ""
    models_hash: str = ""
    hide: tuple[str, ...] = ()
    isolate: bool = True

    def job(self, lab: Lab, steps: list[Step], keep_models: bool = False) -> Job:
        """The job that runs these steps of a lab."""
        env = {"LABUTILS_QUICK": str(int(self.quick)), "LABUTILS_MODE": ""}
        if self.quick:
            env["CUDA_VISIBLE_DEVICES"] = ""
        elif (runtime.data_dir() / "MNIST").is_dir():
            env["LABUTILS_DATA"] = str(runtime.data_dir())
        data = env.get("LABUTILS_DATA", "")
        settings = {
            "release": str(self.release),
            "modules": list(dict.fromkeys(name for each in self.labs for name in each.modules)),
            "env": env,
            "version": self.version,
            "isolate": self.isolate,
            "memory_gb": self.limits.memory_gb,
            "disk_gb": self.limits.disk_gb,
        }
        request = {
            "limits": asdict(self.limits),
            "solution_names": lab.solution_names,
            "models": self.models,
            "models_hash": "" if keep_models else self.models_hash,
            "hide": [str(HERE.parents[1]), *self.hide],
            "keep": [*LIBRARIES, str(self.release), sys.prefix, sys.base_prefix, *filter(None, (data, self.models))],
            "writable": [self.models] if keep_models else [],
            "gpu": not self.quick,
        }
        return Job(steps, settings, request)

    def graded_job(self, lab: Lab, rebuilt: Rebuilt, strict: bool) -> Job:
        """The job that grades a submission: with further runs, that for second chances unless it is strict."""
        steps, rests = rebuilt.steps, {} if strict else rests_on(rebuilt.steps, rebuilt.untouched)
        further = {"clean": clean_steps(steps), "remedied": steps_with_remedies(lab, steps), "rests": rests}
        return replace(self.job(lab, steps), **further)

    def grade(self, submission: Submission, cache: Path, strict: bool, fresh: bool) -> dict[str, Any]:
        """The result of a submission, as from `score`; from `cache` if it was graded before, unchanged."""
        lab = next(lab for lab in self.labs if lab.name == submission.lab)
        rebuilt = rebuild(lab, submission.cells)
        job = self.graded_job(lab, rebuilt, strict)
        path = cache / f"{job.key(submission.student)}.json"
        outcome = None if fresh else _read(path)
        if not rebuilt.steps:
            outcome = NO_OUTCOME
        elif not outcome:
            try:
                outcome = run_job(job)
            except Exception as error:
                outcome = NO_OUTCOME | {"error": f"The run failed ({type(error).__name__}: {error}); grade again."}
            if outcome["whole"]:
                runtime.write_atomically(path, json.dumps(outcome).encode())
        return score(lab, submission, rebuilt, outcome)

    @cached_property
    def version(self) -> str:
        """A hash of the grader's code, of the released `labutils`, and of the libraries that results depend on."""
        files = sorted([*HERE.rglob("*.py"), *(self.release / "labutils").rglob("*.py")])
        libraries = [f"{name} {version(name)}" for name in ("torch", "numpy", "ipython", "ipykernel", "nbval")]
        return _hash([sys.version.encode(), *map(str.encode, libraries), *(path.read_bytes() for path in files)])

    def make_models(self, needed_by: list[Lab], makers: list[Lab], folder: Path) -> None:
        """Run the solved notebooks that save the models which other labs load, into a folder.

        Args:
            makers: the notebooks to look for them in, in the order to run them.
        """
        self.models = str(folder.resolve())
        folder.mkdir(parents=True, exist_ok=True)
        wanted = set[str]().union(*(_models("load_model", lab) for lab in needed_by))
        needed = set[str]()
        for maker in reversed(makers):  # which may load what earlier ones save
            if wanted & _models("save_model", maker):
                needed.add(maker.name)
                wanted |= _models("load_model", maker)
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


def _hash(parts: list[bytes]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _models(function: str, lab: Lab) -> set[str]:
    """The names of the models that a lab saves or loads."""
    code = "\n".join(cell.source for cell in lab.cells.values() if cell.code)
    return set(re.findall(function + r"""\(\s*["'](\w+)""", code))


def grade_all(
    submissions: list[Submission], course: Course, cache: Path, *, workers: int = 2, cluster: str = "",
    strict: bool = False, fresh: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Grade submissions in parallel. What was graded before, unchanged, is read from `cache`.

    Args:
        strict: whether a check that fails only because of earlier mistakes gets nothing.
        fresh: whether to grade all anew.
        workers: runs at a time on this machine.
        cluster: address of a Dask scheduler whose workers run the jobs instead; they must see the same folders.

    Returns:
        A result for every submission, in order, as from `score`.
    """
    results: dict[int, dict[str, Any]] = {}
    waiting = {}
    with _executor(workers, cluster) as pool, tqdm(total=len(submissions), desc="graded", unit="notebook") as bar:
        for number, submission in enumerate(submissions):
            if submission.lab:
                waiting[pool.submit(course.grade, submission, cache, strict, fresh)] = number
            else:
                results[number] = _nothing(submission)
                bar.update()
        try:
            for future in as_completed(waiting):
                number = waiting[future]
                try:
                    results[number] = future.result()
                except (RecursionError, MemoryError) as error:
                    why = f"{submissions[number].lab} could not be graded: its code is too long or too deeply nested."
                    results[number] = _nothing(submissions[number], f"{why} ({type(error).__name__})")
                bar.update()
        finally:  # interrupted: drop what waits, kill what runs
            for future in waiting:
                future.cancel()
            kill_runners()
    return [results[number] for number in sorted(results)]


def _read(path: Path) -> dict[str, Any] | None:
    """A stored outcome; None if there is none, or if it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _nothing(submission: Submission, *why: str) -> dict[str, Any]:
    """The result of a student whose work was not run."""
    return {"student": submission.student, "lab": "", "title": "No notebook", "file": submission.file, "checks": [],
            "answers": [], "notes": submission.notes, "human": [*submission.human, *why], "errors": [],
            "seconds": 0.0, "isolated": True}  # fmt: skip


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
    models: str = "", **how: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """Collect and grade the submissions of a class.

    Args:
        root: folder or zip file of the submissions.
        release: the student edition that they were made from.
        out: where results are kept.
        notebooks: the solved notebooks.
        models: folder of the models that labs load; made by quick runs of the solved notebooks if empty.
        how: as for `grade_all`.
    """
    root, release, out, notebooks = (path.resolve() for path in (root, release, out, notebooks))
    labs = released_labs(release, notebooks)
    hide = (root if root.is_dir() else root.parent, out, notebooks)
    course = Course(labs, release, quick, limits or Limits(), hide=tuple(map(str, hide)))
    submissions = collect(root, labs, aside=(out,))
    if models:
        course.models = str(Path(models).resolve())
    else:
        handed_in = {submission.lab for submission in submissions}
        used = [lab for lab in labs if lab.name in handed_in]
        course.make_models(used, read_labs(notebooks), out / ".runs/models")
    files = sorted(path for path in Path(course.models).rglob("*") if path.is_file())
    course.models_hash = _hash([part for path in files for part in (str(path).encode(), path.read_bytes())])
    return grade_all(submissions, course, out / ".runs", **how)
