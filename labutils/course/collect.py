"""The notebooks of a class, whatever layout they come in: folders, flat files, zip files of Moodle or nbgrader."""

import contextlib
import io
import json
import re
import stat
import zipfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from labutils.course.cells import Handed, Lab
from labutils.course.rebuild import rebuild
from labutils.course.sandbox.limits import apart

MAX_BYTES = 100_000_000  # of a file; how much of a zip file is unpacked is a matter of time
MAX_CELLS = 5_000  # of a notebook
ASIDE = {"__MACOSX", "node_modules", "__pycache__"}
MOODLE = re.compile(r"(?P<who>.+?_\d+)_assignsubmission_")
LARGE = f"it is too large: at most {MAX_BYTES / 1e6:.0f} MB are read, for at most a minute; clear its outputs"
File = tuple[PurePosixPath, Callable[[], bytes]]  # its path below the class, printable, and what reads it


@dataclass
class Submission:
    """What a student handed in for a lab, and why a `human` should look. Without such a notebook `lab` is empty."""

    student: str
    lab: str = ""
    file: str = ""
    cells: list[Handed] = field(default_factory=list)
    human: list[str] = field(default_factory=list)


def collect(root: Path, labs: list[Lab], aside: Collection[Path] = ()) -> list[Submission]:
    """All submissions under a folder or in a zip file; one per student and lab, and one for each student without any.

    A file that cannot be read never stops the others: its student gets a submission that says why.
    What lies in a student's folder or zip file is that student's, whatever name it bears. What lies
    `aside` (resolved paths) is nobody's.

    Raises FileNotFoundError (there is nothing) or ValueError (no files, or the zip file of the class is damaged).
    """
    found = defaultdict[str, list[Submission]](list)
    below = _in_zip(root, PurePosixPath()) if root.is_file() else _in_folder(root.resolve(), aside)
    files = [(_student(file[0], labs), file) for file in below]
    readings = apart(lambda each: list(_read(*each, labs)), files)
    for (student, file), made in zip(files, readings, strict=True):
        found[student] += [_unread(student, file[0], LARGE)] if made is None else made
    if not found:
        raise ValueError(f"No submissions: {root} holds no files. Give the folder or the zip file of the class.")
    chosen: list[Submission] = []
    for student, read in found.items():
        own = [_best(same, lab) for lab in labs if (same := [each for each in read if each.lab == lab.name])]
        reasons = [text for each in read if not each.lab for text in each.human]
        if not own:
            nothing = "No notebook was found among the files handed in. Hand in the .ipynb, or a .zip of it."
            own, reasons = [Submission(student)], reasons or [nothing]
        for submission in own:
            submission.human += reasons[:10]
        chosen += own
    return sorted(chosen, key=lambda submission: (submission.student.casefold(), submission.lab))


def _in_folder(root: Path, aside: Collection[Path]) -> Iterator[File]:
    waiting = sorted(root.iterdir())
    while waiting:
        path = waiting.pop()
        if _aside(path.name) or path in aside:
            continue
        place = PurePosixPath(*map(_printable, path.relative_to(root).parts))
        try:
            if stat.S_ISDIR(path.lstat().st_mode):
                waiting += sorted(path.iterdir())
                continue
        except OSError:  # closed, or deeper than a path can be
            place /= "..."
        yield place, partial(_content, path)


def _content(path: Path) -> bytes:
    """Of a file on disk. Raises ValueError if it is not to be read."""
    info = path.lstat()
    if not stat.S_ISREG(info.st_mode):
        raise ValueError("it is a link, a folder that is closed, or no file")
    if info.st_size > MAX_BYTES:
        raise ValueError(LARGE)
    return path.read_bytes()


def _in_zip(source: Path | io.BytesIO, place: PurePosixPath) -> Iterator[File]:
    """The files in a zip file. Raises ValueError if it is damaged."""
    try:
        archive = zipfile.ZipFile(source)
    except Exception as error:
        raise ValueError(f"the zip file is damaged ({error})") from None
    for entry in archive.infolist():
        name = entry.filename
        if not entry.flag_bits & 0x800:  # some programs write UTF-8 and do not say so
            with contextlib.suppress(UnicodeError):
                name = name.encode("cp437").decode()
        parts = [_printable(part) for part in re.split(r"[/\\]", name) if part not in ("", "..", ".")]
        if parts and not entry.is_dir() and not any(map(_aside, parts)):
            yield place.joinpath(*parts), partial(_unpacked, archive, entry)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The content of an entry of an archive. Raises ValueError if it says that it is too large."""
    if entry.file_size > MAX_BYTES:
        raise ValueError(LARGE)
    return archive.read(entry)


def _read(student: str, file: File, labs: list[Lab]) -> Iterator[Submission]:
    """The notebooks in a file, or in a zip file; for what cannot be read a submission that says why."""
    (path, content), suffix = file, file[0].suffix.lower()
    try:
        if suffix == ".zip":
            for inner in _in_zip(io.BytesIO(content()), path):
                yield from _read(student, inner, labs)
        elif ".ipynb" in path.name.lower() or (suffix in (".json", ".txt", "") and b'"cells"' in content()[:100_000]):
            cells = read_handed(content())  # some browsers save a notebook as .json or .txt
            yield Submission(student, _lab_of(cells, labs), str(path), cells)
    except Exception as error:  # whatever a file does to its reader is said to its student
        yield _unread(student, path, LARGE if isinstance(error, MemoryError) else str(error)[:200] or repr(error))


def _unread(student: str, path: PurePosixPath, why: str) -> Submission:
    said = f"{str(path)[-300:]} cannot be read: {why}. Hand in the .ipynb itself, saved anew."
    return Submission(student, file=str(path), human=[_printable(said)])


def _aside(name: str) -> bool:
    return name.startswith(".") or name in ASIDE


def _printable(name: str) -> str:
    """Escapes what cannot be printed or encoded, so that different names stay different."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def _student(path: PurePosixPath, labs: list[Lab]) -> str:
    """Moodle's name; else the folder's; for a flat file its own, less the lab's name and the marks of copies."""
    parts = path.parts[1:] if path.parts[0] == "submitted" and len(path.parts) > 1 else path.parts
    moodle = MOODLE.match(parts[0])
    if moodle or len(parts) > 1:
        return moodle["who"] if moodle else parts[0]
    stem = whole = re.sub(r"\.ipynb.*$|(\.(zip|json|txt|tar|t?gz|bz2|xz|rar|7z))+$", "", parts[0], flags=re.I)
    for lab in labs:
        stem = stem.replace(PurePosixPath(lab.name).name, "")
    stem = re.sub(r"[-_ ]*(Copy\d*|\(\d+\))$", "", stem).strip("-_ .")
    return stem or whole or parts[0]


def _lab_of(cells: list[Handed], labs: list[Lab]) -> str:
    """The lab most of whose cells are there, by name or by text. Raises ValueError if there are almost none."""
    names = {name for cell in cells for name in (cell.grade_id, cell.cell_id)}
    texts = {cell.source.strip() for cell in cells}

    def share(lab: Lab) -> float:
        found = sum((c.id in names) + (c.stub.strip() in texts) for c in lab.cells.values())
        return found / (2 * len(lab.cells))

    best = max(labs, key=share)
    if share(best) < 0.05:
        raise ValueError("it is none of this course's labs: none of their cells are in it")
    return best.name


def _best(versions: list[Submission], lab: Lab) -> Submission:
    """Of several notebooks for one lab the one with the most work in it."""

    def work(submission: Submission) -> int:
        rebuilt = rebuild(lab, submission.cells)
        return sum(map(bool, rebuilt.answers.values())) - len(rebuilt.untouched)

    best = max(versions, key=work)
    if len(versions) > 1:
        others = ", ".join(v.file for v in versions if v is not best)
        best.human.append(f"Several notebooks for {lab.name}: {best.file} was graded, not {others}.")
    return best


def read_handed(content: bytes) -> list[Handed]:
    """The cells of a student's notebook, whatever is missing in it. Raises ValueError if it is none."""
    try:
        text = content.decode(json.detect_encoding(content), "replace")
        notebook = json.loads(text, strict=False, parse_int=str)  # no limit on digits
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is empty, damaged or cut off, or holds marks of a git merge ({error})") from None
    cells = _get(notebook, "cells")
    if cells is None and isinstance(sheets := _get(notebook, "worksheets"), list):  # nbformat 3
        cells = [cell for sheet in sheets if isinstance(_get(sheet, "cells"), list) for cell in sheet["cells"]]
    if not isinstance(cells, list) or len(cells) > MAX_CELLS:
        raise ValueError(f"it is no Jupyter notebook, which has a list of cells, {MAX_CELLS:,} at most")
    return [_handed(cell) for cell in cells if isinstance(cell, dict)]


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _handed(cell: dict[str, Any]) -> Handed:
    source = cell.get("source", cell.get("input", ""))
    source = "".join(map(str, source)) if isinstance(source, list) else str(source)
    source = source.replace("\r\n", "\n").encode("utf-8", "replace").decode()
    grade_id = _get(_get(cell.get("metadata"), "nbgrader"), "grade_id")
    return Handed(cell.get("cell_type") == "code", source, str(grade_id or ""), str(cell.get("id") or ""))
