"""The notebooks of a class, whatever layout they come in: folders, flat files, zip files of Moodle or nbgrader."""

import contextlib
import io
import json
import os
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
MAX_ZIPS, MAX_DEPTH = 3, 40  # zip files in each other, folders in each other
MAX_ENTRIES = 100_000  # of a zip file
MAX_CELLS = 5_000  # of a notebook; more are not read
ASIDE = {"__MACOSX", "node_modules", "__pycache__"}
ARCHIVES = {".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z"}
MOODLE = re.compile(r"(?P<who>.+?_\d+)_assignsubmission_")
LARGE = f"It is too large: at most {MAX_BYTES / 1e6:.0f} MB are read, for at most a minute. Clear the outputs."
ANEW = "Save or pack it anew, and hand it in again."
File = tuple[PurePosixPath, Callable[[], bytes]]  # its path below the class, printable, and what reads it


@dataclass
class Submission:
    """What a student handed in for a lab. Without a notebook of a lab `lab` is empty.

    `notes` tell the student what was repaired, `human` the teacher why to look.
    """

    student: str
    lab: str = ""
    file: str = ""
    cells: list[Handed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    human: list[str] = field(default_factory=list)


def collect(root: Path, labs: list[Lab], aside: Collection[Path] = ()) -> list[Submission]:
    """All submissions under a folder or in a zip file; one per student and lab, and one for each student without any.

    A file that cannot be read never stops the others: its student gets a submission that says why.
    What lies in a student's folder or zip file is that student's, whatever name it bears. What lies
    `aside` (resolved paths) is nobody's.

    Raises FileNotFoundError (there is nothing) or ValueError (no files, or the zip file of the class is damaged).
    """
    where = "Give the folder or the zip file of the class."
    if not root.exists():
        raise FileNotFoundError(f"No submissions: {root} does not exist. {where}")
    found = defaultdict[str, list[Submission]](list)
    below = _in_zip if root.is_file() else partial(_in_folder, aside=aside)
    files = [(_student(file[0], labs), file) for file in below(root.resolve(), PurePosixPath())]
    readings = apart(lambda each: list(_read(*each, labs)), files)
    for (student, file), made in zip(files, readings, strict=True):
        found[student] += [_unread(student, file[0], LARGE)] if made is None else made
    if not found:
        raise ValueError(f"No submissions: {root} holds no files. {where}")
    chosen: list[Submission] = []
    for student, read in found.items():
        own = [_best(same, lab) for lab in labs if (same := [each for each in read if each.lab == lab.name])]
        reasons = [text for each in read if not each.lab for text in each.human]
        if not own:
            own, reasons = [Submission(student)], reasons or ["No notebook was found among the files handed in."]
        for submission in own:
            submission.human += reasons[:10]
        chosen += own
    return sorted(chosen, key=lambda submission: (submission.student.casefold(), submission.lab))


def _in_folder(folder: Path, below: PurePosixPath, aside: Collection[Path]) -> Iterator[File]:
    try:
        entries = list(os.scandir(folder)) if len(below.parts) <= MAX_DEPTH else None
    except OSError:
        entries = None
    if entries is None:
        yield below / "...", partial(_content, folder)
    for entry in sorted(entries or [], key=lambda entry: (entry.is_dir(follow_symlinks=False), entry.name)):
        path = folder / entry.name
        if _aside(entry.name) or path in aside:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _in_folder(path, below / _printable(entry.name), aside)
        else:
            yield below / _printable(entry.name), partial(_content, path)


def _content(path: Path) -> bytes:
    """Of a file on disk; empty for a pipe or a socket. Raises ValueError if it is not to be read."""
    info = path.lstat()
    if stat.S_ISLNK(info.st_mode):
        raise ValueError("It is a link to another file; hand in the file itself.")
    if stat.S_ISDIR(info.st_mode):
        raise ValueError(f"This folder is closed, or lies in {MAX_DEPTH} others. Hand in the .ipynb alone.")
    if info.st_size > MAX_BYTES:
        raise ValueError(LARGE)
    return path.read_bytes() if stat.S_ISREG(info.st_mode) else b""


def _in_zip(source: Path | io.BytesIO, place: PurePosixPath) -> Iterator[File]:
    """The files in a zip file. Raises ValueError if it is damaged."""
    try:
        archive = zipfile.ZipFile(source)
    except Exception:
        raise ValueError(f"The zip file is damaged. {ANEW}") from None
    if len(archive.infolist()) > MAX_ENTRIES:
        raise ValueError("It holds too many files. Hand in the .ipynb alone.")
    for entry in archive.infolist():
        name = entry.filename
        if not entry.flag_bits & 0x800:  # some programs write UTF-8 and do not say so
            with contextlib.suppress(UnicodeError):
                name = name.encode("cp437").decode()
        parts = [_printable(part) for part in re.split(r"[/\\]", name) if part not in ("", "..", ".")]
        if parts and not entry.is_dir() and not any(map(_aside, parts)):
            yield place.joinpath(*parts), partial(_unpacked, archive, entry)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The content of an entry of an archive. Raises ValueError if it is not to be read."""
    if entry.flag_bits & 1:
        raise ValueError("It is locked with a password. Pack it without one and hand it in again.")
    if entry.file_size > MAX_BYTES:
        raise ValueError(LARGE)
    try:
        return archive.read(entry)
    except ValueError as error:  # its text is no sentence
        raise OSError(error) from None


def _read(student: str, file: File, labs: list[Lab], depth: int = 0) -> Iterator[Submission]:
    """The notebooks in a file (`depth` zip files deep); for what cannot be read a submission that says why."""
    (path, content), name, suffix = file, file[0].name.lower(), file[0].suffix.lower()
    try:
        if suffix in ARCHIVES or (suffix == ".zip" and depth == MAX_ZIPS):
            raise ValueError("This archive is not opened. Hand in the .ipynb or a .zip of it.")
        if suffix == ".zip":
            for inner in _in_zip(io.BytesIO(content()), path):
                yield from _read(student, inner, labs, depth + 1)
        elif ".ipynb" in name or (suffix in (".json", ".txt", "") and b'"cells"' in content()[:100_000]):
            cells, notes = read_handed(content())  # some browsers save a notebook as .json or .txt
            made = Submission(student, _lab_of(cells, labs), str(path), cells, notes)
            if len(cells) == MAX_CELLS:
                made.human.append(f"{path} has {MAX_CELLS} cells or more; what comes after them was not read.")
            yield made
    except Exception as error:  # whatever a file does to its reader is said to its student
        known = type(error) is ValueError
        why = LARGE if isinstance(error, MemoryError) else f"It cannot be read ({str(error)[:100]}). {ANEW}"
        yield _unread(student, path, str(error) if known else why)


def _unread(student: str, path: PurePosixPath, why: str) -> Submission:
    return Submission(student, file=str(path), human=[_printable(f"{str(path)[-300:]}: {why}")])


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
        raise ValueError("The notebook is none of this course's labs: none of their cells are in it.")
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


def read_handed(content: bytes) -> tuple[list[Handed], list[str]]:
    """The cells of a student's notebook of any format and age, and what was repaired, in sentences.

    Raises ValueError, whose text is for the student, if it is no notebook.
    """
    text, repairs = _decoded(content)
    try:
        notebook = json.loads(text, strict=False, parse_int=str)  # no limit on digits
    except RecursionError:
        raise ValueError("The file is nested too deeply to be a notebook.") from None
    except ValueError as error:
        said = f"The file is damaged or cut off ({error}). {ANEW}"
        if re.search(r"^(<{7}|>{7}) ", text, re.M):
            said = "The file holds marks of a git merge (<<<<<<<). Resolve the conflict and hand it in again."
        raise ValueError(said) from None
    cells, sheets = _get(notebook, "cells"), _get(notebook, "worksheets")
    if cells is None and sheets is not None:
        repairs.append("Its format was old (nbformat 3); it was converted.")
        cells = [cell for sheet in _list(sheets) for cell in _list(_get(sheet, "cells"))]
    if not isinstance(cells, list):
        raise ValueError("The file is not a Jupyter notebook: it has no list of cells.")
    return [_handed(cell) for cell in cells[:MAX_CELLS] if isinstance(cell, dict)], repairs


def _decoded(content: bytes) -> tuple[str, list[str]]:
    if not content.strip():
        raise ValueError(f"The file is empty. {ANEW}")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace"), ["Its encoding was UTF-16; it was converted."]
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return content.decode("cp1250", "replace"), ["Its encoding was not UTF-8; some letters may be wrong."]


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []


def _handed(cell: dict[str, Any]) -> Handed:
    source = cell.get("source", cell.get("input", ""))
    source = "".join(map(str, source)) if isinstance(source, list) else str(source)
    source = source.replace("\r\n", "\n").encode("utf-8", "replace").decode()
    grade_id = _get(_get(cell.get("metadata"), "nbgrader"), "grade_id")
    return Handed(cell.get("cell_type") == "code", source, str(grade_id or ""), str(cell.get("id") or ""))
