"""The student edition: a folder ready to publish, without solutions, that proves itself."""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from jinja2 import Template
from tqdm.auto import tqdm

from labutils import runtime
from labutils.course.cells import Handed, Lab, read_labs
from labutils.course.collect import Submission
from labutils.course.edition import MARKER, badge, notebook_text, path_of, prove_text
from labutils.course.grade import Course
from labutils.course.rebuild import rebuild
from labutils.course.runs import NO_OUTCOME, Limits, close_runners, run_job
from labutils.course.score import score


def release(
    dest: Path, *, notebooks: Path, repo: str = "", branch: str = "main", labs: list[str] | None = None,
    proof: bool = True, models: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Write the student edition of the labs to a folder, and prove it; where that fails, nothing is written.

    `repo` and `branch` say where the folder will be published: set-up cells and Colab badges name it. `labs` are
    names of solved `notebooks`; all if not given. The `proof` runs those (full marks) and the edition (none) in quick
    mode, with `models` as for `Course`.

    Returns for each of the `labs` the points of `checks` and those `by_hand`, and how many files were `written`.
    Raises ValueError (`dest` is not ours, or a notebook gives solutions away) or AssertionError (other marks).
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
                prove_marks(chosen, stage, models)
            finally:
                close_runners()  # they hold the libraries of a folder that goes away
        paths = sorted(path for path in stage.rglob("*") if path.is_file() and not path.match("data/mnist*"))
        files = {path.relative_to(stage).as_posix(): _hash(path) for path in paths}
        changed = [name for name in files if _hash(dest / name) != files[name]]
        for name in changed:
            runtime.write_atomically(dest / name, (stage / name).read_bytes())
    for name in old.keys() - files.keys():
        (dest / name).unlink(missing_ok=True)
    marker = {"repo": repo, "branch": branch, "labs": [lab.name for lab in chosen], "files": files}
    runtime.write_atomically(dest / MARKER, json.dumps(marker, indent=1).encode())
    points = {lab.name: {"checks": lab.points("check"), "by_hand": lab.points("answer")} for lab in chosen}
    return {"labs": points, "written": len(changed)}


def _may_write(dest: Path) -> dict[str, str]:
    """The files of ours in `dest`. Raises ValueError unless it is new, empty, a fresh clone, or ours, unchanged."""
    if not dest.exists() or {path.name for path in dest.iterdir()} <= {".git"}:
        return {}
    if not (dest / MARKER).exists():
        raise ValueError(f"{dest} holds files and was not made by `release`: name a new or empty folder.")
    files = json.loads((dest / MARKER).read_text(encoding="utf-8"))["files"]
    edited = [path for path, value in files.items() if _hash(dest / path) not in (value, "")]
    if edited:
        raise ValueError(
            f"In {dest} these files were changed by hand and would be lost: {', '.join(edited[:5])}. "
            "Make the change in the course itself, or delete them, then release again."
        )
    return files


def _build(stage: Path, labs: list[Lab], repo: str, branch: str) -> None:
    """All files of the edition."""
    root = Path(__file__).parents[2]
    without = shutil.ignore_patterns("course", "__pycache__", "*.egg-info")
    shutil.copytree(root / "labutils", stage / "labutils", ignore=without)
    texts = {path_of(lab): notebook_text(lab, repo, branch) for lab in labs}
    for name in ("requirements.txt", "pyproject.toml", "LICENSE", ".gitignore", "data/README.md"):
        texts[name] = (root / name).read_text(encoding="utf-8")
    readme = (Path(__file__).parent / "templates/edition.md").read_text(encoding="utf-8")
    rows = [(lab, path_of(lab), badge(lab, repo, branch)) for lab in labs]
    texts["README.md"] = Template(readme, keep_trailing_newline=True).render(labs=rows)
    for name, text in texts.items():
        runtime.write_atomically(stage / name, text.encode())


def prove_marks(labs: list[Lab], stage: Path, models: str) -> None:
    """Prove by running that the solved notebooks get full marks, and the edition none. Raises AssertionError."""
    course = Course(labs, stage, limits=Limits(cell_s=300), models=models)
    proofs = [(lab, what) for lab in labs for what in ("solved notebook", "student edition")]
    for lab, what in tqdm(proofs, desc="proof", unit="notebook"):
        whole = what == "solved notebook"
        cells = [Handed(c.code, c.source if whole else c.stub, c.id) for c in lab.cells.values()]
        rebuilt = rebuild(lab, cells, whole)
        outcome = run_job(course.job(lab, rebuilt.steps)) if rebuilt.steps else NO_OUTCOME
        result = score(lab, Submission(what, lab.name), rebuilt, outcome)
        wrong = [check for check in result["checks"] if (check["status"] == "passed") != whole]
        wrong += [record for record in outcome["records"].values() if whole and record["status"] != "passed"]
        said = [f"{each['id']}: {each['status']}. {each['message']}" for each in wrong[:3]]
        said += [outcome["error"]] if outcome["error"] else []
        said += result["human"] if whole else []
        if said:
            raise AssertionError(f"The {what} of {lab.name}: {'; '.join(said)}")


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
