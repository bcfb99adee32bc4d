"""The runs after the first: without extra cells, and with the course's solutions where checks failed."""

import ast
import re
from collections.abc import Collection
from dataclasses import replace

from labutils.course.notebooks import Lab
from labutils.course.rebuild import Step
from labutils.course.scan import LONGEST, binds, names_bound, plain_python


def clean_steps(steps: list[Step]) -> list[Step]:
    """The run without extra cells; empty if it would be the first one again.

    Of an extra cell only statements stay that bind a name which a solution reads: helpers. They could stand in the
    solution as well, so nothing is won by moving a trick into them.
    """
    extras = [step for step in steps if step.role == "student" and step.id != step.feeds]
    solutions = [step for step in steps if step.role == "student" and step.id == step.feeds]
    needed = {"*"} | {name for step in solutions for name in _reads(plain_python(step.source))}
    waiting = [(step.id, statement) for step in extras for statement in plain_python(step.source).body]
    kept: list[tuple[str, ast.stmt]] = []
    while found := [entry for entry in waiting if needed & _defines(entry[1])]:
        kept += found
        waiting = [entry for entry in waiting if not needed & _defines(entry[1])]
        needed = {name for _, statement in found for name in _reads(statement)}
    if not waiting and all(len(step.source) <= LONGEST for step in extras):
        return []
    helpers: dict[str, list[ast.stmt]] = {}
    for step, statement in sorted(kept, key=lambda entry: entry[1].lineno):
        helpers.setdefault(step, []).append(statement)
    clean = []
    for step in steps:
        if step.id in helpers:
            clean.append(replace(step, source=ast.unparse(ast.Module(helpers[step.id], []))))
        elif step.role != "student" or step.id == step.feeds:
            clean.append(step)
    return clean


def steps_with_remedies(lab: Lab, steps: list[Step]) -> list[Step]:
    """After each group of checks the course's own solution, which runs if one of them did not pass."""
    made: list[Step] = []
    group: list[Step] = []
    for step in [*steps, Step("the end", "given", "")]:
        if step.role != "check" and group:
            feed = group[0].feeds
            if feed:
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
    words = {step.id: set(re.findall(r"\w+", step.source)) for step in steps}
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


def slow_steps(lab: Lab, steps: list[Step]) -> list[str]:
    """The course's trainings and figures whose results nothing after them reads: further runs can do without."""
    tagged = {cell.id for node, cell in zip(lab.solved.cells, lab.cells.values(), strict=True)
              if {"train", "figure"}.intersection(node.metadata.get("tags", []))}  # fmt: skip
    slow, read = [], set[str]()
    for step in reversed(steps):
        tree, own = plain_python(step.source), set(names_bound(step.source))
        if step.role == "given" and step.id in tagged and not own & read:
            slow.append(step.id)
        else:  # a check that binds a name itself does not need another's
            read |= _reads(tree) - (own if step.role == "check" else set())
    return slow


def _all_names(source: str) -> set[str]:
    """What a cell binds, the methods of its classes among it."""
    tree = plain_python(source)
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return {name for name in binds(tree) | functions if not name.startswith("__") and len(name) > 1}


def _reads(tree: ast.AST) -> set[str]:
    nodes = list(ast.walk(tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def _defines(statement: ast.stmt) -> set[str]:
    """The names that a definition, an import or an assignment is there for."""
    match statement:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            attributes = {target.attr for target in targets if isinstance(target, ast.Attribute)}
            entries = {ast.unparse(target.value) for target in targets if isinstance(target, ast.Subscript)}
            return binds(statement) | attributes | entries | {ast.unparse(target) for target in targets}
        case (
            ast.FunctionDef()
            | ast.AsyncFunctionDef()
            | ast.ClassDef()
            | ast.Import()
            | ast.ImportFrom()
            | ast.AnnAssign()
        ):
            return binds(ast.Module([statement], []))
    return set()
