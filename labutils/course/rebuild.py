"""The notebook that is run for a student: the course's cells, and in them the student's solutions and extra cells."""

import ast
import difflib
import re
from dataclasses import dataclass, field

from labutils.course.notebooks import REPOSITORY, STAMP, Cell, Handed, Lab, parse


@dataclass
class Step:
    """A code cell to run. `role` is "given", "check", or "student"; `feeds` names the solution cell it belongs to."""

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
    cells = lab.cells
    notes: list[str] = []
    slots: dict[str, list[int]] = {}  # cell of the course -> places of the student's cells for it
    for number, own in enumerate(handed):
        name = next((name for name in (own.grade_id, own.cell_id) if name in cells), "")
        if name:
            slots.setdefault(name, []).append(number)
    taken = {n for places in slots.values() for n in places}
    loose = {n: own.source for n, own in enumerate(handed) if own.code and n not in taken}
    for name, cell in cells.items():
        if cell.role == "solution" and name not in slots:
            if near := _alike(cell, loose):
                slots[name] = near
                loose = {n: source for n, source in loose.items() if n not in near}
                notes.append(f"The cell {name} had lost its name; it was found by what it says.")
            else:
                notes.append(f"The cell {name} ({cell.task}) is missing; the empty one was put back.")

    sources: dict[str, str] = {}
    moved: dict[int, str] = {}  # copies of a solution cell, by place -> source
    for name, places in slots.items():
        cell = cells[name]
        texts = [handed[n].source.strip("\n") for n in places]
        if cell.role in ("given", "check"):
            if cell.code and not any(_plain(text) in (_plain(cell.stub), _plain(cell.source)) for text in texts):
                notes.append(f"You changed the cell {name}, which belongs to the course; the course's own was used.")
            continue
        if cell.role == "answer":
            sources[name] = max(texts, key=lambda text: (not _same(text, cell.stub), len(text)))
            continue
        if not all(handed[n].code for n in places):
            notes.append(f"The cell {name} had been turned into text; it was run as code.")
        written = [n for n in places if not _same(handed[n].source, cell.stub)]
        if len(places) > 1:
            notes.append(f"The cell {name} is there {len(places)} times; those that you changed were run, in order.")
        sources[name] = handed[written[0]].source if written else cell.stub
        moved.update({n: handed[n].source for n in written[1:]})

    given = {_plain(text) for cell in cells.values() if cell.role != "solution" for text in (cell.stub, cell.source)}
    extras: dict[str, list[str]] = {}
    anchor = ""
    names = {n: name for name, places in slots.items() for n in places}
    for number, own in enumerate(handed):
        anchor = names.get(number, anchor)
        if number in moved:
            extras.setdefault(anchor, []).append(moved[number])
        elif number in loose and own.source.strip() and _plain(own.source) not in given:
            extras.setdefault(anchor, []).append(own.source)

    steps: list[Step] = []
    feeds = ""

    def add_extras(name: str) -> None:
        for number, source in enumerate(extras.get(name, []), 1):
            steps.append(Step(f"extra cell {number} after {name or 'the start'}", "student", source, feeds=feeds))

    add_extras("")
    for name, cell in cells.items():
        if cell.code and cell.role == "solution":
            feeds = name
            steps.append(Step(name, "student", sources.get(name, cell.stub), feeds=feeds))
        elif cell.code:
            steps.append(Step(name, cell.role, cell.source, _names_read(cell.source), feeds))
        add_extras(name)
    last = max((n for n, step in enumerate(steps) if step.role == "check"), default=-1)
    untouched = [c.id for c in cells.values() if c.role == "solution" and _same(sources.get(c.id, c.stub), c.stub)]
    answers = {c.id: sources.get(c.id, "") for c in cells.values() if c.role == "answer"}
    answers = {name: "" if _same(text, cells[name].stub) else text for name, text in answers.items()}
    return Rebuilt(steps[: last + 1], untouched, answers, notes)


def solved_steps(lab: Lab) -> list[Step]:
    """The solved notebook, whole."""
    return [
        Step(c.id, "student" if c.role == "solution" else c.role, c.source, _names_read(c.source), c.id)
        for c in lab.cells.values()
        if c.code
    ]


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


def _names_read(source: str) -> list[str]:
    """The names that a cell reads, in its functions too."""
    nodes = ast.walk(parse(source))
    return sorted({node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)})
