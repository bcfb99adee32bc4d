"""The notebooks that are run for a student: the course's cells with the student's solutions and extra cells."""

import ast
import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import groupby

from labutils.course.cells import REPOSITORY, STAMP, Handed, Lab
from labutils.course.syntax import binds, parse, reads


@dataclass
class Step:
    """A code cell to run, and the solution cell that it `feeds`. Its role is "given", "check", "student" or "remedy".

    A remedy runs if one of its `checks` did not pass.
    """

    id: str
    role: str
    source: str
    feeds: str = ""
    checks: list[str] = field(default_factory=list)


@dataclass
class Rebuilt:
    """What to run, and what was found.

    The `untouched` solution cells are as they were published, or missing. `answers` holds the student's texts, empty
    where none was written. `notes` say what was repaired, in sentences for the student.
    """

    steps: list[Step]
    untouched: list[str]
    answers: dict[str, str]
    notes: list[str]


def rebuild(lab: Lab, handed: list[Handed], whole: bool = False) -> Rebuilt:
    """Put a student's solutions and extra cells into the course's notebook.

    Set-up, checks, order and points are the course's; metadata and outputs of the student are left behind.
    Cells are matched by grade_id, then by cell id, then by the functions and classes that they define.
    The notebook ends with its last check, unless it is to be `whole`: what follows is not graded by running it.
    """
    notes: list[str] = []
    slots = _matched(lab, handed, notes)
    names = {place: name for name, places in slots.items() for place in places}
    given = {_plain(text) for c in lab.cells.values() if c.role != "solution" for text in (c.stub, c.source)} | {""}
    changed = defaultdict[str, list[str]](list)  # what the student made of a cell
    extras = defaultdict[str, list[str]](list)  # cell of the course -> the student's own cells behind it
    anchor = ""
    for place, own in enumerate(handed):
        anchor = names.get(place, anchor)
        if place not in names and own.code and _plain(own.source) not in given:
            extras[anchor].append(own.source)
        elif place in names and _plain(own.source) != _plain(lab.cells[anchor].stub):
            if changed[anchor] and lab.cells[anchor].role == "solution":
                extras[anchor].append(own.source)  # a further version
            changed[anchor].append(own.source)
    for name, places in slots.items():
        cell, theirs = lab.cells[name], {_plain(handed[n].source) for n in places}
        if cell.role == "solution":
            if len(places) > 1:
                notes.append(f"The cell {name} is there {len(places)} times; those you changed were run, in order.")
        elif cell.locked and cell.code and not theirs & {_plain(cell.stub), _plain(cell.source)}:
            notes.append(f"You changed the cell {name}, which belongs to the course; the course's own was used.")
    steps: list[Step] = []
    feeds = ""
    for name, own in {"": None, **lab.cells}.items():
        if own and own.code and own.role == "solution":
            feeds = name
            steps.append(Step(name, "student", changed[name][0] if changed[name] else own.stub, feeds))
        elif own and own.code:
            steps.append(Step(name, own.role, own.source, feeds))
        for number, source in enumerate(extras[name], 1):
            steps.append(Step(f"extra cell {number} after {name or 'the start'}", "student", source, feeds))
    while steps and steps[-1].role != "check" and not whole:
        steps.pop()
    untouched = [name for name, cell in lab.cells.items() if cell.role == "solution" and not changed[name]]
    texts = {name: changed[name] for name, cell in lab.cells.items() if cell.role == "answer"}
    answers = {name: max(versions, key=len, default="").strip("\n") for name, versions in texts.items()}
    return Rebuilt(steps, untouched, answers, notes)


def clean_steps(steps: list[Step]) -> list[Step]:
    """The run without extra cells; empty if it would be the first one again.

    An extra cell stays if a solution reads a name that it binds: it is a helper, and could stand in the solution.
    """
    extras = {step.id: parse(step.source) for step in steps if step.role == "student" and step.id != step.feeds}
    needed = {"*"} | {name for step in steps if step.id == step.feeds for name in _used(parse(step.source))}
    helpers = set[str]()
    while found := {name for name in extras.keys() - helpers if needed & _provides(extras[name])}:
        helpers |= found
        needed |= {name for helper in found for name in _used(extras[helper])}
    dropped = {name for name, tree in extras.items() if name not in helpers and tree.body}
    return [step for step in steps if step.id not in dropped] if dropped else []


def steps_with_remedies(lab: Lab, steps: list[Step]) -> list[Step]:
    """After each group of checks the course's own solution, which runs if one of them did not pass."""
    made: list[Step] = []
    for is_check, group in groupby(steps, lambda step: step.role == "check"):
        made += (checks := list(group))
        if is_check and (feed := checks[0].feeds):
            names = [check.id for check in checks]
            made.append(Step(f"{names[-1]}, remedy", "remedy", lab.cells[feed].source, feed, names))
    return made


def rests_on(steps: list[Step], untouched: Collection[str] = (), direct: bool = False) -> dict[str, list[str]]:
    """Check -> the earlier solution cells that it, or what it judges, makes use of; none for work not begun.

    What is used only through other cells counts unless `direct`.
    """
    # torch.Generator is no Generator of a student's
    words = {step.id: set(re.findall(r"\w+", re.sub(r"\b(torch|np|nn|F)\.\w+", "", step.source))) for step in steps}
    rests = defaultdict[str, list[str]](list)
    for place, first in enumerate(steps):
        if first.role != "student" or first.id != first.feeds:
            continue
        names = _all_names(first.source)
        for step in steps[place + 1 :]:
            if step.role != "check":
                names |= _all_names(step.source) if words[step.id] & names and not direct else set()
            elif step.feeds not in (first.id, *untouched) and (words[step.id] | words[step.feeds]) & names:
                rests[step.id].append(first.id)
    return dict(rests)


def _matched(lab: Lab, handed: list[Handed], notes: list[str]) -> dict[str, list[int]]:
    """Cell of the course -> places of the student's cells for it."""
    slots = defaultdict[str, list[int]](list)
    for place, own in enumerate(handed):
        name = own.grade_id if own.grade_id in lab.cells else own.cell_id
        if name in lab.cells:
            slots[name].append(place)
    for name, cell in lab.cells.items():
        if cell.role == "solution" and name not in slots:
            taken = {place for places in slots.values() for place in places}
            wanted, loose = _defined(cell.stub), [n for n, own in enumerate(handed) if own.code and n not in taken]
            if wanted and (found := [n for n in loose if wanted <= _defined(handed[n].source)]):
                slots[name] = found
                notes.append(f"The cell {name} had lost its name; it was found by what it defines.")
            else:
                notes.append(f"The cell {name} ({cell.task}) is missing; the empty one was put back.")
    return slots


def _plain(source: str) -> str:
    return re.sub(r"\s+", " ", STAMP.sub("", REPOSITORY.sub('REPOSITORY = ""', source))).strip()


def _defined(source: str) -> set[str]:
    return set(re.findall(r"^[ \t]*(?:async +)?(?:def|class) +(\w+)", source, re.M))


def _all_names(source: str) -> set[str]:
    """What a cell binds, the methods of its classes among it."""
    tree = parse(source)
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return {name for name in binds(tree) | functions if not name.startswith("__") and len(name) > 1} - {"forward"}


def _used(tree: ast.AST) -> set[str]:
    """The names and attributes that code reads."""
    return reads(tree) | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def _provides(tree: ast.AST) -> set[str]:
    """The names and attributes that code binds, and the names of what it puts entries into."""
    names = binds(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                names.add(name)
    return names
