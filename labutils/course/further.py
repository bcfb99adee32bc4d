"""The runs after the first: without extra cells, and with the course's solutions where checks failed."""

import ast
import re
from collections.abc import Collection

from labutils.course.cells import Lab
from labutils.course.rebuild import Step
from labutils.course.syntax import LONGEST, binds, parse, reads


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
    dropped = {
        step.id for step in steps
        if step.id in extras.keys() - helpers and (extras[step.id].body or len(step.source) > LONGEST)
    }  # fmt: skip
    return [step for step in steps if step.id not in dropped] if dropped else []


def steps_with_remedies(lab: Lab, steps: list[Step]) -> list[Step]:
    """After each group of checks the course's own solution, which runs if one of them did not pass."""
    made: list[Step] = []
    group: list[Step] = []
    for step in [*steps, Step("the end", "given", "")]:
        if step.role != "check" and group:
            if feed := group[0].feeds:
                names = [check.id for check in group]
                made.append(Step(f"{names[-1]}, remedy", "remedy", lab.cells[feed].source, names, feed))
            group = []
        if step.role == "check":
            group.append(step)
        made.append(step)
    return made[:-1]


def rests_on(steps: list[Step], untouched: Collection[str] = (), direct: bool = False) -> dict[str, list[str]]:
    """Check -> the earlier solution cells that it, or what it judges, makes use of; none for work not begun.

    Args:
        direct: whether to leave out what is used only through other cells.
    """
    # torch.Generator is no Generator of a student's
    words = {step.id: set(re.findall(r"\w+", re.sub(r"\b(torch|np|nn|F)\.\w+", "", step.source))) for step in steps}
    rests: dict[str, list[str]] = {}
    for place, first in enumerate(steps):
        if first.role != "student" or first.id != first.feeds:
            continue
        names = _all_names(first.source)
        for step in steps[place + 1 :]:
            if step.role != "check":
                names |= _all_names(step.source) if words[step.id] & names and not direct else set()
            elif step.feeds not in (first.id, *untouched) and (words[step.id] | words[step.feeds]) & names:
                rests.setdefault(step.id, []).append(first.id)
    return rests


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
