"""From a folder of submissions to results: jobs, their runs, and what they are worth."""

import hashlib
import json
import site
import sys
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from tqdm.auto import tqdm

from labutils import runtime
from labutils.course.cells import Lab
from labutils.course.collect import Submission, collect
from labutils.course.edition import released_labs
from labutils.course.rebuild import Step, clean_steps, rebuild, rests_on, steps_with_remedies
from labutils.course.runs import HERE, NO_OUTCOME, Job, Limits, close_runners, run_job
from labutils.course.score import score

NO_LAB = Lab("", nbformat.v4.new_notebook())  # of a student whose work is not run


@dataclass
class Course:
    """What all jobs of a class share.

    The `labutils` of `release`, the student edition, runs. `models` is the folder of the models that labs load; those
    that are not in it are the course's own results. Student code must not see the folders to `hide`. Namespaces are
    used where the system has them, unless `isolate` is false.
    """

    labs: list[Lab]
    release: Path
    quick: bool = True
    limits: Limits = field(default_factory=Limits)
    models: str = ""
    hide: tuple[str, ...] = ()
    isolate: bool = True

    def job(self, lab: Lab, steps: list[Step], **further: Any) -> Job:
        """The job that runs these steps of a lab; `further` ones as in `Job`."""
        env = {"LABUTILS_QUICK": str(int(self.quick))}
        if self.quick:
            env["CUDA_VISIBLE_DEVICES"] = ""
        elif (runtime.data_dir() / "MNIST").is_dir():
            env["LABUTILS_DATA"] = str(runtime.data_dir())
        settings = {"release": str(self.release), "env": env, "version": self.version, "isolate": self.isolate}
        settings |= {"memory_gb": self.limits.memory_gb, "disk_gb": self.limits.disk_gb}
        settings["imports"] = list(dict.fromkeys(line for each in self.labs for line in each.imports))
        used = [settings["release"], sys.prefix, sys.base_prefix, env.get("LABUTILS_DATA"), self.models]
        used += [site.ENABLE_USER_SITE and site.getusersitepackages()]
        request = {
            "limits": asdict(self.limits),
            "solution_names": lab.solution_names,
            "models": self.models,
            "hide": [str(HERE.parents[1]), *self.hide],
            "keep": list(filter(None, used)),
            "gpu": not self.quick,
        }
        return Job(steps, settings, request, **further)

    def grade(self, submission: Submission, cache: Path, strict: bool, fresh: bool) -> dict[str, Any]:
        """The result of a submission, as from `score`; from `cache` if it was graded before, unchanged."""
        lab = next((lab for lab in self.labs if lab.name == submission.lab), NO_LAB)
        rebuilt = rebuild(lab, submission.cells)
        try:
            steps, rests = rebuilt.steps, {} if strict else rests_on(rebuilt.steps, rebuilt.untouched)
            further = {"clean": clean_steps(steps), "remedied": steps_with_remedies(lab, steps), "rests": rests}
            job = self.job(lab, steps, **further)
            path = cache / f"{job.key(submission.student)}.json"
            outcome = (not fresh and _stored(path)) or (run_job(job) if steps else NO_OUTCOME)
            result = score(lab, submission, rebuilt, outcome)
        except Exception as error:  # whatever it does to its grader costs nobody else
            why = f"{lab.name} could not be graded ({type(error).__name__}: {error}). Grade again."
            return score(lab, submission, replace(rebuilt, steps=[]), NO_OUTCOME | {"error": why})
        if outcome["whole"]:
            runtime.write_atomically(path, json.dumps(outcome).encode())
        return result

    @cached_property
    def version(self) -> str:
        """A hash of all files and libraries that results depend on."""
        libraries = [f"{name} {version(name)}" for name in ("torch", "numpy", "ipython", "ipykernel", "nbval")]
        digest = hashlib.sha256(repr([sys.version, *libraries]).encode())
        for folder in (HERE, self.release / "labutils", *filter(None, [self.models])):
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file() and path.suffix != ".pyc":
                    digest.update(f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()} ".encode())
        return digest.hexdigest()


def _stored(path: Path) -> dict[str, Any]:
    """The outcome at this path; empty if there is none, or it is damaged."""
    with suppress(OSError, ValueError):
        return json.loads(path.read_text(encoding="utf-8")) or {}
    return {}


def grade_all(
    submissions: list[Submission], course: Course, cache: Path, *, workers: int = 2, cluster: str = "",
    strict: bool = False, fresh: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Grade submissions in parallel. Returns a result for each, in order, as from `score`.

    A submission that did not change is read from the folder `cache`, unless all are graded `fresh`. `workers` is how
    many run at a time on this machine; `cluster` is the address of a Dask scheduler whose workers run them instead,
    and must see the same folders. If `strict`, a check that fails only because of earlier mistakes gets nothing.
    """
    with _executor(workers, cluster) as pool:
        graded = pool.map(partial(course.grade, cache=cache, strict=strict, fresh=fresh), submissions)
        try:
            return list(tqdm(graded, desc="graded", unit="notebook", total=len(submissions)))
        except BaseException:  # interrupted: drop what waits, end what runs
            graded.close()  # type: ignore[attr-defined]  # a generator that cancels
            close_runners()
            raise


def _executor(workers: int, cluster: str) -> Executor:
    if not cluster:
        return ThreadPoolExecutor(workers)
    from distributed import Client  # installed by those who have a cluster

    return Client(cluster).get_executor(pure=False)


def grade_class(
    submissions: Path, release: Path, out: Path, *, notebooks: Path, quick: bool = True, limits: Limits | None = None,
    models: str = "", **how: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """Collect and grade a class. Returns its results as `grade_all` does.

    `submissions` is a folder or zip file, `release` the student edition that was made from the solved `notebooks`,
    `out` the folder where results are kept. The other arguments are those of `Course` and `grade_all`.
    """
    root, release, out, notebooks = (path.resolve() for path in (submissions, release, out, notebooks))
    labs = released_labs(release, notebooks)
    hide = tuple(map(str, (root if root.is_dir() else root.parent, out, notebooks)))
    course = Course(labs, release, quick, limits or Limits(), models and str(Path(models).resolve()), hide)
    return grade_all(collect(root, labs, aside=(out,)), course, out / ".runs", **how)
