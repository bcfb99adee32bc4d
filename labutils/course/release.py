"""The student edition: a folder ready to publish, without solutions, that proves itself."""

import hashlib
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from tqdm.auto import tqdm

from labutils import runtime
from labutils.course.collect import Submission
from labutils.course.further import rests_on
from labutils.course.grade import NO_OUTCOME, Course
from labutils.course.notebooks import HIDDEN, REGION, REPOSITORY, Handed, Lab, read_labs
from labutils.course.rebuild import rebuild, solved_steps
from labutils.course.runs import Limits, close_runners, run_job
from labutils.course.score import score

MARKER = ".released.json"
"""What the folder holds that `release` made: file -> hash."""

BLANK = re.compile(r"\s*(\S+ = \.\.\.|raise NotImplementedError\(.*\))")
"""A line that the edition has and the solution has not."""


def release(
    dest: Path,
    *,
    notebooks: Path,
    repo: str = "",
    branch: str = "main",
    labs: list[str] | None = None,
    proof: bool = True,
) -> dict[str, Any]:
    """Write the student edition of the labs to a folder, and prove it.

    Args:
        notebooks: the solved notebooks.
        repo: the git address under which the folder will be published; stamped into set-up cells and Colab badges.
        labs: names of the labs; all if not given.
        proof: whether to run the solved notebooks (full marks) and the edition (no marks) in quick mode.

    Returns:
        For each lab: `checks` and `by_hand`, the points in it; the number of files that were `written`.

    Raises:
        ValueError: `dest` is not ours, or a notebook gives solutions away; nothing was written.
        AssertionError: the notebooks do not get the marks that they should; nothing was written.
    """
    chosen = read_labs(notebooks, labs)
    old = _may_write(dest)
    with tempfile.TemporaryDirectory() as scratch:
        stage = Path(scratch) / "edition"
        _build(stage, chosen, repo, branch)
        for lab in chosen:
            prove_text(lab)
        if proof:
            try:
                prove_marks(chosen, read_labs(notebooks), stage, Path(scratch) / "models")
            finally:
                close_runners()  # they hold the libraries of a folder that goes away
        paths = sorted(path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file())
        new = {path: _hash(stage / path) for path in paths if not path.startswith("data/mnist")}
        written = 0
        for path, value in new.items():
            target = dest / path
            if not target.exists() or _hash(target) != value:
                runtime.write_atomically(target, (stage / path).read_bytes())
                written += 1
    for path in set(old) - set(new):
        (dest / path).unlink(missing_ok=True)
    names = [lab.name for lab in chosen]
    marker = {"made by": "labutils.course release", "repo": repo, "branch": branch, "labs": names, "files": new}
    runtime.write_atomically(dest / MARKER, json.dumps(marker, indent=1).encode())
    points = {lab.name: {"checks": _points(lab, "check"), "by_hand": _points(lab, "answer")} for lab in chosen}
    return {"labs": points, "written": written}


def released_labs(dest: Path, notebooks: Path) -> list[Lab]:
    """The solved notebooks of the labs in a release.

    Raises:
        FileNotFoundError: `dest` is no release.
        ValueError: it was made from other notebooks than these.
    """
    try:
        marker = json.loads((dest / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"{dest} is no student edition: make it with `release {dest}`.") from None
    labs = read_labs(notebooks, marker["labs"])
    for lab in labs:
        path = _path(lab)
        now = _notebook_text(lab, marker["repo"], marker["branch"])
        if hashlib.sha256(now.encode()).hexdigest() != marker["files"].get(path):
            raise ValueError(
                f"{lab.name} was changed after {dest} was made from it. Run `release {dest}` again, then grade."
            )
    return labs


def _may_write(dest: Path) -> dict[str, str]:
    """The files of ours in `dest`. Raises ValueError unless it is new, empty, a fresh clone, or ours, unchanged."""
    if dest.exists() and not dest.is_dir():
        raise ValueError(f"{dest} is a file; name a folder for the student edition.")
    if not dest.exists() or {path.name for path in dest.iterdir()} <= {".git"}:
        return {}
    if not (dest / MARKER).exists():
        raise ValueError(f"{dest} holds files and was not made by `release`: name a new or empty folder.")
    files = json.loads((dest / MARKER).read_text(encoding="utf-8"))["files"]
    edited = [path for path, value in files.items() if (dest / path).exists() and _hash(dest / path) != value]
    if edited:
        raise ValueError(
            f"In {dest} these files were changed by hand and would be lost: {', '.join(edited[:5])}. "
            "Make the change in the course itself, or delete them, then release again."
        )
    return files


def _build(stage: Path, labs: list[Lab], repo: str, branch: str) -> None:
    """All files of the edition."""
    root = Path(__file__).parents[2]
    shutil.copytree(
        root / "labutils", stage / "labutils", ignore=shutil.ignore_patterns("course", "__pycache__", "*.egg-info")
    )
    for name in ("requirements.txt", "pyproject.toml", "LICENSE", ".gitignore", "data/README.md"):
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, stage / name)
    rows = []
    for lab in labs:
        path = _path(lab)
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        (stage / path).write_text(_notebook_text(lab, repo, branch), encoding="utf-8")
        total = _points(lab, "check") + _points(lab, "answer")
        rows.append(f"| [{lab.title}]({path}) | {total:g} | {_badge(repo, branch, path)} |")
    readme = (Path(__file__).parent / "templates/edition.md").read_text(encoding="utf-8")
    (stage / "README.md").write_text(readme.format(rows="\n".join(rows)), encoding="utf-8")


def _path(lab: Lab) -> str:
    return f"notebooks/{lab.name}.ipynb"


def _notebook_text(lab: Lab, repo: str, branch: str) -> str:
    badge = _badge(repo, branch, _path(lab))
    title = next(iter(lab.cells))

    stamps = check_stamps(lab)

    def stamp(name: str, source: str) -> str:
        if name == title and badge:
            source = re.sub(r"^(# .*)$", lambda found: f"{found[1]}\n\n{badge}", source, count=1, flags=re.M)
        if name == "setup":
            return REPOSITORY.sub(lambda _: f"REPOSITORY = {json.dumps(repo)}", source)
        return stamps.get(name, "") + source

    return nbformat.writes(lab.edition(stamp)) + "\n"


def check_stamps(lab: Lab) -> dict[str, str]:
    """Check -> the line that tells `labutils.checks` its name, and which checks ought to pass before it."""
    steps = rebuild(lab, [Handed(cell.code, cell.source, cell.id) for cell in lab.cells.values()]).steps
    rests, checks = rests_on(steps, direct=True), [step for step in steps if step.role == "check"]
    stamps = {}
    for step in checks:
        before = [other.id for other in checks if other.feeds in rests.get(step.id, [])]
        stamps[step.id] = f"# {step.id}{', rests on ' if before else ''}{', '.join(before)}\n"
    return stamps


def _badge(repo: str, branch: str, path: str) -> str:
    """Colab opens what lies on GitHub; for other addresses there is no badge."""
    github = re.fullmatch(r"(?:https?://|git@)github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?", repo)
    if not github:
        return ""
    address = f"https://colab.research.google.com/github/{github[1]}/blob/{branch}/{path}"
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({address})"


def prove_text(lab: Lab) -> None:
    """Prove that the edition gives nothing away.

    Raises:
        ValueError: it does; the text says where.
    """
    edition = lab.edition()
    everything = "\n".join(_squeezed(cell.source) for cell in edition.cells)
    for cell in lab.cells.values():
        secrets = [
            *REGION.findall(cell.source),
            *HIDDEN.findall(cell.source),
            *([re.sub(r"^\*\*.*?\*\*", "", cell.source)] if cell.role == "answer" else []),
        ]
        given = _squeezed(REGION.sub("", HIDDEN.sub("", cell.source)))
        if cell.role == "solution" and not secrets:
            raise ValueError(f"{lab.name}, {cell.id}: no ### BEGIN SOLUTION ... ### END SOLUTION.")
        for secret in secrets:
            if _squeezed(secret) in everything and len(_squeezed(secret)) > 20:
                raise ValueError(f"{lab.name}: what {cell.id} hides stands in the student edition.")
            for line in secret.splitlines():
                if (
                    len(_squeezed(line)) > 20
                    and _squeezed(line) in _squeezed(cell.stub)
                    and _squeezed(line) not in given
                ):
                    raise ValueError(f"{lab.name}, {cell.id}: the edition holds the line {line.strip()!r}.")
        solved = iter(cell.source.splitlines())
        for line in cell.stub.splitlines() if cell.code else []:
            if not BLANK.fullmatch(line) and line not in solved:  # "in" reads on: the order must be the same
                raise ValueError(f"{lab.name}, {cell.id}: the edition's {line.strip()!r} is not in the solution.")
    leaked = [cell.id for cell in edition.cells if re.search(r"### (BEGIN|END) ", cell.source) or cell.get("outputs")]
    if leaked:
        raise ValueError(f"{lab.name}: marks of solutions or outputs are left in {', '.join(leaked)}.")


def prove_marks(labs: list[Lab], all_labs: list[Lab], stage: Path, models: Path) -> None:
    """Prove by running that the solved notebooks get full marks, and the edition none.

    Args:
        all_labs: where the models come from that these labs load but do not make.

    Raises:
        AssertionError: they do not; the text says which check.
    """
    names = {lab.name for lab in labs}
    course = Course(labs, stage, limits=Limits(cell_s=300))
    course.make_models(labs, [lab for lab in all_labs if lab.name not in names], models)
    for lab in tqdm(labs, desc="proof", unit="lab"):
        for what, whole in (("solved notebook", True), ("student edition", False)):
            handed = [Handed(c.code, c.source if whole else c.stub, c.id) for c in lab.cells.values()]
            rebuilt = rebuild(lab, handed)
            if whole:
                rebuilt.steps = solved_steps(lab)
            steps = rebuilt.steps
            outcome = run_job(course.job(lab, steps, keep_models=whole)) if steps else NO_OUTCOME
            result = score(lab, Submission(what, lab.name), rebuilt, outcome)
            wrong = [check for check in result["checks"] if (check["status"] == "passed") != whole]
            if whole:
                wrong += [{"id": record["id"], "status": record["status"], "message": record["message"]}
                          for record in outcome["records"].values() if record["status"] != "passed"]  # fmt: skip
            if wrong or outcome["error"] or (whole and result["human"]):
                said = "; ".join(f"{c['id']}: {c['status']}. {c['message']}" for c in wrong[:3])
                raise AssertionError(f"The {what} of {lab.name}: {said}{outcome['error']}{result['human']}")


def _points(lab: Lab, role: str) -> float:
    return sum(cell.points for cell in lab.cells.values() if cell.role == role)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
