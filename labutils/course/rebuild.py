"""The notebook that is run for a student: the course's cells, and in them the student's solutions and extra cells."""

import difflib
import re
from dataclasses import dataclass, field

from labutils.course.cells import REPOSITORY, STAMP, Cell, Handed, Lab
from labutils.course.syntax import parse, reads


@dataclass
class Step:
    """A code cell to run. `role` is "given", "check", or "student"; `feeds` names the solution cell it belongs to.

    `names` are those that it reads, unless it is a student's.
    """

    id: str
    role: str
    source: str
    names: list[str] = field(default_factory=list)
    feeds: str = ""


@dataclass
class Rebuilt:
    """What to run, and what was found on the way.

    Attributes:
        untouched: solution cells as they were published, or missing.
        answers: answer cell -> the student's text; empty if it was not written.
        notes: what was repaired, in sentences for the student.
    """

    steps: list[Step]
    untouched: list[str]
    answers: dict[str, str]
    notes: list[str]


def rebuild(lab: Lab, handed: list[Handed]) -> Rebuilt:
    """Put a student's solutions and extra cells into the course's notebook.

    Set-up, checks, order and points are the course's; metadata and outputs of the student are left behind.
    Cells are matched by grade_id, then by cell id, then by the functions that they define or by likeness.
    The notebook ends with its last check: what follows is not graded by running it.
    """
    notes: list[str] = []
    slots = _matched(lab, handed, notes)
    sources: dict[str, str] = {}
    copies: dict[int, str] = {}  # further versions of a solution cell, by place
    for name, places in slots.items():
        cell, texts = lab.cells[name], [handed[n].source for n in places]
        if cell.role == "answer":
            sources[name] = max(texts, key=lambda text: (not _same(text, cell.stub), len(text))).strip("\n")
        elif cell.role == "solution":
            if not all(handed[n].code for n in places):
                notes.append(f"The cell {name} had been turned into text; it was run as code.")
            if len(places) > 1:
                notes.append(f"The cell {name} is there {len(places)} times; those you changed were run, in order.")
            first, *more = [n for n in places if not _same(handed[n].source, cell.stub)] or places[:1]
            sources[name] = handed[first].source
            copies |= {n: handed[n].source for n in more}
        elif cell.locked and cell.code and not any(_same(t, own) for t in texts for own in (cell.stub, cell.source)):
            notes.append(f"You changed the cell {name}, which belongs to the course; the course's own was used.")
    extras = _extras(lab, handed, slots, copies)
    steps: list[Step] = []
    feeds = ""
    for name, cell in {"": None, **lab.cells}.items():
        if cell and cell.code and cell.role == "solution":
            feeds = name
            steps.append(Step(name, "student", sources.get(name, cell.stub), feeds=feeds))
        elif cell and cell.code:
            steps.append(Step(name, cell.role, cell.source, sorted(reads(parse(cell.source))), feeds))
        for number, source in enumerate(extras.get(name, []), 1):
            steps.append(Step(f"extra cell {number} after {name or 'the start'}", "student", source, feeds=feeds))
    last = max((n for n, step in enumerate(steps) if step.role == "check"), default=-1)
    stubs = {name: cell.stub for name, cell in lab.cells.items()}
    untouched = [
        c.id for c in lab.cells.values() if c.role == "solution" and _same(sources.get(c.id, c.stub), c.stub)
    ]
    answers = {c.id: sources.get(c.id, "") for c in lab.cells.values() if c.role == "answer"}
    answers = {name: "" if _same(text, stubs[name]) else text for name, text in answers.items()}
    return Rebuilt(steps[: last + 1], untouched, answers, notes)


def solved_steps(lab: Lab) -> list[Step]:
    """The solved notebook, whole."""
    roles = {"solution": "student"}
    return [
        Step(c.id, roles.get(c.role, c.role), c.source, sorted(reads(parse(c.source))), c.id)
        for c in lab.cells.values()
        if c.code
    ]


def _matched(lab: Lab, handed: list[Handed], notes: list[str]) -> dict[str, list[int]]:
    """Cell of the course -> places of the student's cells for it."""
    slots: dict[str, list[int]] = {}
    for place, own in enumerate(handed):
        for name in [name for name in (own.grade_id, own.cell_id) if name in lab.cells][:1]:
            slots.setdefault(name, []).append(place)
    loose = _loose(handed, slots)
    for name, cell in lab.cells.items():
        if cell.role == "solution" and name not in slots:
            if near := _alike(cell, loose):
                slots[name] = near
                loose = _loose(handed, slots)
                notes.append(f"The cell {name} had lost its name; it was found by what it says.")
            else:
                notes.append(f"The cell {name} ({cell.task}) is missing; the empty one was put back.")
    return slots


def _loose(handed: list[Handed], slots: dict[str, list[int]]) -> dict[int, str]:
    """The student's own code cells: place -> source."""
    taken = {n for places in slots.values() for n in places}
    return {n: own.source for n, own in enumerate(handed) if own.code and n not in taken}


def _extras(
    lab: Lab, handed: list[Handed], slots: dict[str, list[int]], copies: dict[int, str]
) -> dict[str, list[str]]:
    """Cell of the course -> the student's own cells behind it, without copies of the course's."""
    given = {_plain(text) for c in lab.cells.values() if c.role != "solution" for text in (c.stub, c.source)}
    own = {
        n: text for n, text in _loose(handed, slots).items() if text.strip() and _plain(text) not in given
    } | copies
    names = {n: name for name, places in slots.items() for n in places}
    extras: dict[str, list[str]] = {}
    anchor = ""
    for place in range(len(handed)):
        anchor = names.get(place, anchor)
        if place in own:
            extras.setdefault(anchor, []).append(own[place])
    return extras


def _plain(source: str) -> str:
    return re.sub(r"\s+", " ", STAMP.sub("", REPOSITORY.sub('REPOSITORY = ""', source))).strip()


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _defined(source: str) -> set[str]:
    return set(re.findall(r"^[ \t]*(?:async +)?(?:def|class) +(\w+)", source, re.M))


def _alike(cell: Cell, sources: dict[int, str]) -> list[int]:
    """The places of the versions of a solution cell, of which only the nearest in length are compared by letters."""
    wanted = _defined(cell.stub)
    same = {n for n, source in sources.items() if wanted and wanted <= _defined(source)}
    nearest = sorted(sources.keys() - same, key=lambda n: (abs(len(sources[n]) - len(cell.stub)), n))[:50]
    for n in nearest:
        matcher = difflib.SequenceMatcher(None, cell.stub, sources[n], autojunk=False)
        if len(sources[n]) < 20_000 and matcher.quick_ratio() > 0.6 and matcher.ratio() > 0.6:
            same.add(n)
    return sorted(same)
