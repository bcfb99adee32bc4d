"""Solved notebooks as cells with a role, and what students get of each cell."""

import ast
import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from labutils.course.syntax import binds, parse

REGION = re.compile(r"^[ \t]*### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION[ \t]*(?:\n|\Z)", re.M | re.S)
HIDDEN = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS\n(.*?)^[ \t]*### END HIDDEN TESTS[ \t]*(?:\n|\Z)", re.M | re.S)
TASK = re.compile(r"Task (\d[\w.]*)|(\d+(?:\.\w+|[a-z]))\b")  # at the start of a heading
REPOSITORY = re.compile(r'^REPOSITORY = ".*"', re.M)  # in the set-up cell: stamped by release
STAMP = re.compile(r"\A(#@title .*\n)?# check-[\w-]+(, rests on .*)?\n")  # above a check: stamped by release
YOUR_ANSWER = "**Your answer.** *Replace this text by a few sentences; a proof takes as many lines as it needs.*"


@dataclass(frozen=True)
class Cell:
    """A cell of a solved notebook. Its role is "given", "solution", "check" or "answer"; the last two have points.

    `source` holds solution and hidden tests, `stub` is what students get. `task` is the number or name in the last
    heading above it. It stays as it is if it is `locked`; a prediction is not, though it is given.
    """

    id: str
    code: bool
    role: str
    source: str
    stub: str
    points: float
    task: str
    locked: bool

    @property
    def hidden_lines(self) -> list[str]:
        """The lines of its hidden tests, stripped; none that is too short to tell anything."""
        return [line.strip() for part in HIDDEN.findall(self.source) for line in part.splitlines() if len(line) > 7]

    @property
    def hints(self) -> str:
        """The comment lines from "# Hint" on."""
        comments = re.findall(r"^[ \t]*# ?(Hints?:.*(?:\n[ \t]*#(?! ?Hints?:|##).*)*)", self.stub, re.M)
        return "\n".join(re.sub(r"^\s*#\s*", "", text, flags=re.M) for text in comments)


@dataclass(frozen=True)
class Lab:
    """A solved notebook. `name` is its path below the folder of all labs, without the extension."""

    name: str
    solved: nbformat.NotebookNode

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """Cells by their id, in order."""
        cells, task = {}, ""
        for node in self.solved.cells:
            for heading in re.findall(r"^#{1,6} +(.*)$", node.source, re.M) if node.cell_type == "markdown" else []:
                number = TASK.match(heading)
                task = f"Task {number[1] or number[2]}" if number else task or heading
            info, code = node.metadata.get("nbgrader", {}), node.cell_type == "code"
            name = info.get("grade_id") or node.get("id", "")
            role = "given"
            if info.get("solution"):
                role = "solution" if code else "answer"
            elif info.get("grade") and code:
                role = "check"
            stub, points = student_source(node.source, role, task), float(info.get("points", 0))
            cells[name] = Cell(name, code, role, node.source, stub, points, task, info.get("locked", True))
        return cells

    @property
    def title(self) -> str:
        """The notebook's H1."""
        return next((m[1] for c in self.cells.values() if (m := re.search(r"^# (.*)$", c.source, re.M))), self.name)

    @property
    def imports(self) -> list[str]:
        """The import statements in its given cells."""
        given = [parse(cell.source) for cell in self.cells.values() if cell.code and cell.role == "given"]
        nodes = [node for tree in given for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        return list(dict.fromkeys(map(ast.unparse, nodes)))

    @property
    def solution_names(self) -> list[str]:
        """The names that solution cells bind in the notebook."""
        cells = [cell for cell in self.cells.values() if cell.code and cell.role == "solution"]
        return sorted(set().union(*(binds(parse(cell.source)) for cell in cells)))

    def points(self, *roles: str) -> float:
        """Of all its checks, its answers, or both."""
        return sum(cell.points for cell in self.cells.values() if cell.role in roles)


def read_labs(folder: Path, names: list[str] | None = None) -> list[Lab]:
    """The solved notebooks in a folder and the folders in it: those with these names, or all."""
    paths = {p.relative_to(folder).with_suffix("").as_posix(): p for p in sorted(folder.rglob("*.ipynb"))}
    paths = {name: path for name, path in paths.items() if "/." not in f"/{name}"}
    missing = [name for name in names or [] if name not in paths]
    if not paths or missing:
        there = ", ".join(paths) or "nothing"
        raise FileNotFoundError(f"No notebook {', '.join(missing) or '(*.ipynb)'} in {folder}; there: {there}.")
    labs = [Lab(name, nbformat.read(path, 4)) for name, path in paths.items() if not names or name in names]
    for lab in labs:
        if len(lab.cells) != len(lab.solved.cells) or "" in lab.cells:
            raise ValueError(f"{lab.name}: every cell needs a grade_id of its own in its nbgrader metadata.")
    return labs


def student_source(source: str, role: str, task: str) -> str:
    """What students get of a cell: blanks instead of solutions, no hidden tests, no model answer."""
    if role == "answer":
        return YOUR_ANSWER
    source = HIDDEN.sub("", source).rstrip("\n")
    tree = parse(source)

    def blank(region: re.Match[str]) -> str:
        first, last = source.count("\n", 0, region.start()) + 1, source.count("\n", 0, region.end(1)) + 1
        indent = region[0][: -len(region[0].lstrip())]
        hints = re.findall(r"^[ \t]*# ?Hints?:.*\n", region[1], re.M)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        scopes = [node for node in functions if node.lineno < first <= (node.end_lineno or 0)]
        what = scopes[-1].name if scopes else "this cell"
        error = json.dumps(f"{task}: {what} is still open. Write it, then delete this line.", ensure_ascii=False)
        lines = [f"{name} = ..." for name in blanks(scopes[-1] if scopes else tree, first, last)]
        return "".join(hints) + textwrap.indent("\n".join([*lines, f"raise NotImplementedError({error})\n"]), indent)

    return REGION.sub(blank, source).rstrip("\n")


def blanks(scope: ast.AST, first: int, last: int) -> Iterator[str]:
    """Names that lines first to last of a function (or cell) assign, for others to use.

    Inside a function these are attributes, and names that later lines read and no earlier line binds.
    """
    nodes: list[Any] = [node for node in ast.walk(scope) if hasattr(node, "lineno") and node is not scope]
    nodes.sort(key=lambda node: (node.lineno, node.col_offset))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    taken = {node.id for node in names if node.lineno < first and isinstance(node.ctx, ast.Store)}
    taken |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    read = {node.id for node in names if node.lineno > last and isinstance(node.ctx, ast.Load)}
    inside = [node for node in nodes if isinstance(node, ast.Assign) and first <= node.lineno <= last]
    for target in [t for node in inside for whole in node.targets for t in getattr(whole, "elts", [whole])]:
        name = ast.unparse(target)
        free = isinstance(target, ast.Attribute)
        if isinstance(target, ast.Name) and not name.startswith("_"):
            free = name in read or not isinstance(scope, ast.FunctionDef)
        if free and name not in taken:
            taken.add(name)
            yield name


@dataclass(frozen=True)
class Handed:
    """A cell as a student handed it in; its names may be empty."""

    code: bool
    source: str
    grade_id: str = ""
    cell_id: str = ""
