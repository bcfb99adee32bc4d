"""The notebooks of a class, whatever layout they come in: folders, flat files, zip files of Moodle or nbgrader."""

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from labutils.course.notebooks import Handed, Lab, read_handed

MAX_BYTES = 100_000_000
"""Larger files are refused, and so is what a zip file holds beyond ten times that."""

ASIDE = {"__MACOSX", "node_modules", "__pycache__"}


@dataclass
class Submission:
    """What a student handed in for a lab.

    Attributes:
        lab: name of the lab; empty where no notebook of a lab was found.
        cells: of the notebook, as handed in.
        notes: what was repaired, in sentences for the student.
        human: why a human should look at it.
    """

    student: str
    lab: str = ""
    file: str = ""
    cells: list[Handed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    human: list[str] = field(default_factory=list)


def collect(root: Path, labs: list[Lab]) -> list[Submission]:
    """All submissions under a folder or in a zip file; one per student and lab, and one for each student without any.

    A file that cannot be read never stops the others: its student gets a submission that says why.

    Raises:
        FileNotFoundError: there is nothing at `root`.
    """
    if not root.exists():
        raise FileNotFoundError(
            f"No submissions: {root} does not exist. Give the folder or the zip file of the class."
        )
    found: dict[tuple[str, str], list[Submission]] = {}
    refused: dict[str, list[str]] = {}
    for path, content in _files(root):
        student = _student(path, labs)
        refused.setdefault(student, [])
        try:
            if isinstance(content, str) or _may_be_notebook(path, content):
                submission = _read(student, path, content, labs)
                found.setdefault((student, submission.lab), []).append(submission)
        except ValueError as error:
            refused[student].append(f"{path.name}: {error}")
    by_name = {lab.name: lab for lab in labs}
    chosen = [_best(versions, by_name[lab]) for (_, lab), versions in found.items()]
    for student, reasons in refused.items():
        own = [submission for submission in chosen if submission.student == student]
        if not own:
            reasons = reasons or ["No notebook was found among the files handed in."]
            chosen.append(Submission(student, human=reasons))
        for submission in own:
            submission.human += reasons
    return sorted(chosen, key=lambda submission: (submission.student.casefold(), submission.lab))


def _read(student: str, path: PurePosixPath, content: bytes | str, labs: list[Lab]) -> Submission:
    """A notebook as a submission. Raises ValueError if it cannot be read; the text says why to the student."""
    if isinstance(content, str):
        raise ValueError(content)
    cells, notes = read_handed(content)
    lab = _lab_of(cells, labs)
    if lab is None:
        raise ValueError("The notebook is none of this course's labs: none of their cells are in it.")
    return Submission(student, lab.name, str(path), cells, notes)


def _files(root: Path) -> Iterator[tuple[PurePosixPath, bytes | str]]:
    """Path below the root, and the content of the file or the sentence that refuses it."""
    if root.is_file():
        yield from _zipped(root.read_bytes(), PurePosixPath())
        return
    for path in sorted(root.rglob("*")):
        inner = PurePosixPath(path.relative_to(root).as_posix())
        if _aside(inner):
            continue
        if path.is_symlink():
            yield inner, "It is a link to another file; hand in the file itself."
            continue
        try:
            mode = path.stat()
            if not stat.S_ISREG(mode.st_mode):
                continue
            if mode.st_size > MAX_BYTES:
                yield (
                    inner,
                    f"It has {mode.st_size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} are read. Clear the outputs.",
                )
                continue
            content = path.read_bytes()
        except OSError as error:
            yield inner, f"It cannot be read ({error.strerror})."
            continue
        if path.suffix.lower() == ".zip":
            yield from _zipped(content, inner)
        else:
            yield inner, content


def _zipped(content: bytes, place: PurePosixPath) -> Iterator[tuple[PurePosixPath, bytes | str]]:
    """The files in a zip file. Those of a whole class keep their paths; those of one student lie under its name."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield place, "The zip file is damaged. Pack it anew and hand it in again."
        return
    paths = [
        PurePosixPath(*(p for p in PurePosixPath(e.filename.replace("\\", "/")).parts if p not in ("/", "..", ".")))
        for e in entries
    ]
    whole_class = any(
        _MOODLE.match(path.parts[0]) or path.parts[0] == "submitted" for path in paths if len(path.parts) > 1
    )
    inside = place.parent if whole_class else place.with_suffix("") if place.name else place
    budget = 10 * MAX_BYTES
    for entry, path in zip(entries, paths, strict=True):
        if _aside(path) or not path.parts:
            continue
        budget -= entry.file_size
        if stat.S_ISLNK(entry.external_attr >> 16):
            yield inside / path, "It is a link to another file; hand in the file itself."
        elif entry.file_size > MAX_BYTES or budget < 0:
            yield inside / path, f"Unpacked it has more than {MAX_BYTES / 1e6:.0f} MB. Clear the outputs."
        elif path.suffix.lower() == ".zip" and not place.suffix:
            yield from _zipped(archive.read(entry), inside / path)
        else:
            try:
                with archive.open(entry) as file:
                    yield inside / path, file.read(MAX_BYTES)
            except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
                yield inside / path, f"It cannot be unpacked ({error})."


_MOODLE = re.compile(r"^(?P<who>.+_\d+)_assignsubmission_")


def _aside(path: PurePosixPath) -> bool:
    return any(part.startswith(".") or part in ASIDE for part in path.parts)


def _student(path: PurePosixPath, labs: list[Lab]) -> str:
    """The folder's name; for a flat file its own, less the lab's name and the marks of copies."""
    parts = [part for part in path.parts if part != "submitted"] or [path.name]
    if len(parts) > 1:
        moodle = _MOODLE.match(parts[0])
        return moodle["who"] if moodle else parts[0]
    stem = re.sub(r"\.ipynb.*$|\.zip$", "", parts[0])
    for lab in labs:
        stem = stem.replace(PurePosixPath(lab.name).name, "")
    stem = re.sub(r"[-_ ]*(Copy\d*|\(\d+\))$", "", stem).strip("-_ .")
    return stem or PurePosixPath(parts[0]).stem


def _may_be_notebook(path: PurePosixPath, content: bytes) -> bool:
    """By name or by content: some browsers save a notebook as .txt or .json."""
    return ".ipynb" in path.name or (path.suffix in (".json", ".txt", "") and b'"cells"' in content[:100_000])


def _lab_of(cells: list[Handed], labs: list[Lab]) -> Lab | None:
    """The lab most of whose cells are there, by name or by text."""

    names = {name for cell in cells for name in (cell.grade_id, cell.cell_id)}
    texts = {cell.source.strip() for cell in cells}

    def share(lab: Lab) -> float:
        found = sum((c.id in names) + (c.stub.strip() in texts) for c in lab.cells.values())
        return found / (2 * len(lab.cells))

    best = max(labs, key=share)
    return best if share(best) >= 0.05 else None


def _best(versions: list[Submission], lab: Lab) -> Submission:
    """Of several notebooks for one lab the one with the most work in it."""

    def work(submission: Submission) -> int:
        filled = {cell.grade_id for cell in submission.cells if cell.grade_id in lab.cells
                  and cell.source.strip() != lab.cells[cell.grade_id].stub.strip()}  # fmt: skip
        return sum(lab.cells[name].role in ("solution", "answer") for name in filled)

    best = max(versions, key=work)
    if len(versions) > 1:
        others = ", ".join(PurePosixPath(v.file).name for v in versions if v is not best)
        best.human.append(
            f"Several notebooks for {lab.name}: {PurePosixPath(best.file).name} was graded, not {others}."
        )
    return best
