"""Reads what a student wrote for what honest work in these labs never needs: a reason for a human to look.

Nothing here costs points. Whoever really wants to hide something from a reader of names will manage to.
"""

import ast
import re
import tomllib
from pathlib import Path

from labutils.course.syntax import LONGEST, binds, parse, reads

TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
OTHERS = ("IPython's shell", "assigned to by nobody", "changes its object", "changes its namespace")
SHELL, LIBRARIES, IN_PLACE, IN_PLACE_OF_SPACES = (set(TABLE.pop(name).split()) for name in OTHERS)
# name, attribute, `module.`, `module.name` or `function()` -> what it reaches
NEVER = {name: what for what, names in TABLE.items() for name in names.split()}
SETTINGS = re.compile(r"\.backends\.|\.rcParams|\.options\.|^sys\.(stdout|stderr)$")
BY_NAME = re.compile(r"\b([gs]etattr|attrgetter|methodcaller|__getattribute__|vars|__dict__)\b")
PIECE, DUNDER = re.compile(r"__\w+|\w+__"), re.compile(r"__\w+__")


def suspicious(cells: dict[str, str], given: list[str]) -> list[str]:
    """What in a student's cells (name -> source) honest work does not need, in sentences for the teacher.

    The sources of the course's own cells are `given` for what the names in them mean.
    """
    if sum(map(len, cells.values())) > LONGEST:
        return [f"There are more than {LONGEST:,} characters of code: nobody has read them."]
    trees = {name: parse(source) for name, source in cells.items()}
    course = [parse(source) for source in given]
    names = set[str]().union(*map(binds, course)).difference(*map(binds, trees.values()))
    reader = _Reader(_imported([*course, *trees.values()]), names, "\n".join(cells.values()))
    for name, tree in trees.items():
        reader.cell = name
        try:
            reader.visit(tree)
        except RecursionError:
            reader.found[name] = f"{name} is nested so deeply that nobody has read it."
    return list(reader.found.values())


class _Reader(ast.NodeVisitor):
    """Walks a syntax tree. `found`: what stands there -> the sentence about it."""

    def __init__(self, modules: dict[str, str], course: set[str], everything: str) -> None:
        self.modules, self.course, self.all_course = modules, course, course
        self.shell = "get_ipython" in everything
        self.by_name = BY_NAME.search(everything)
        self.cell = ""
        self.found: dict[str, str] = {}

    def find(self, node: ast.AST, what: str, reaches: str | None) -> None:
        if reaches:
            line = getattr(node, "lineno", 1)
            self.found.setdefault(what, f"{self.cell}, line {line}: `{what}` reaches {reaches}.")

    def visit(self, node: ast.AST) -> None:
        """Look at the names that a node holds, at what it does, and at what is in it."""
        for name in _names(node):
            self.find(node, name, NEVER.get(name))
        path = _path(node.value if isinstance(node, ast.Subscript) else node, self.modules)
        imported = _imported([node]).values() if isinstance(node, ast.Import | ast.ImportFrom) else [path]
        for known in imported:
            self.find(node, known, NEVER.get(known) or NEVER.get(known.partition(".")[0] + "."))
        match node:
            case ast.Global(names=names):
                for name in self.all_course.intersection(names):
                    self.find(node, f"global {name}", "a name of the course")
            case ast.Constant(value=str(text)):
                self.string(node, text)
            case ast.BinOp() | ast.JoinedStr():
                self.pieces(node)
            case ast.Call():
                self.call(node)
            case ast.Attribute(attr=name) if self.shell and name in SHELL:
                self.find(node, name, "Jupyter's machinery")
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            self.changed(node, node.value, path)
        if isinstance(node, ast.Compare):  # whether something is in sys.modules anybody may ask
            node = ast.Tuple([node.left, *(side for side in node.comparators if not isinstance(side, ast.Attribute))])
        course = self.course
        if isinstance(node, ast.FunctionDef):
            arguments = [part.arg for part in ast.walk(node) if isinstance(part, ast.arg)]
            if node.name == "__eq__" and not reads(node) & set(arguments[1:]):
                self.find(node, "__eq__", "objects that answer comparisons as they like")
            self.course = course.difference(arguments, binds(ast.Module(node.body, [])))
        self.generic_visit(node)
        self.course = course

    def string(self, node: ast.AST, text: str) -> None:
        """Names in strings, wherever they are used; pieces of such names; files of other processes."""
        piece = PIECE.fullmatch(text)
        if piece or self.by_name:
            self.find(node, text, NEVER.get(text))
        if piece and not DUNDER.fullmatch(text):
            self.find(node, text, "a name put together")
        if "/proc/" in text:
            self.find(node, "/proc/", "other processes")

    def pieces(self, node: ast.AST) -> None:
        """Pieces of a name that is put together."""
        texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
        for text in texts if self.by_name else ():
            known = isinstance(text, str) and len(text) > 3 and any(text in name for name in NEVER)
            self.find(node, str(text), "a name put together" if known or text == "__" else None)

    def call(self, node: ast.Call) -> None:
        """What a call does, by the name of the function."""
        match node:
            case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[holder, *_]):
                self.changed(node, holder, _path(holder, self.modules))
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Call() | ast.Subscript(slice=ast.Slice()), *_]):
                self.find(node, "getattr", "what no reader of names can see")
            case ast.Call(func=ast.Name(id="dir"), args=[_]) if self.by_name:
                self.find(node, "dir", "what no reader of names can see")
            case ast.Call(func=ast.Name(id=name)):
                self.find(node, name, NEVER.get(f"{name}()"))
            case ast.Call(func=ast.Attribute(attr=name, value=holder)):
                if name in IN_PLACE or (name in IN_PLACE_OF_SPACES and _is_space(holder)):
                    self.changed(node, holder, "")

    def changed(self, node: ast.AST, holder: ast.AST, path: str) -> None:
        """Something in `holder` is assigned to, deleted or changed in place; `path` is its name, if it has one."""
        if path.partition(".")[0] in LIBRARIES and not SETTINGS.search(path):
            self.find(node, path, "into a library")
        elif _is_space(holder):
            self.find(node, ast.unparse(holder), "names behind their reader's back")
        if isinstance(node, ast.Attribute) and node.attr != "data":
            return  # honest experiments set attributes of the course's objects
        while isinstance(holder, ast.Attribute | ast.Subscript):
            holder = holder.value
        if not path and isinstance(holder, ast.Name) and holder.id in self.course:
            self.find(node, ast.unparse(node)[:60], "what is the course's")


def _names(node: ast.AST) -> list[str]:
    """The names that stand in a node itself, not in what is in it."""
    fields = [value for _, value in ast.iter_fields(node) if not isinstance(node, ast.Constant)]
    values = [value for field in fields for value in (field if isinstance(field, list) else [field])]
    return [value for value in values if isinstance(value, str)]


def _is_space(node: ast.AST) -> bool:
    """Whether this is a namespace as a dictionary."""
    match node:
        case ast.Call(func=ast.Name(id="globals" | "vars" | "locals")) | ast.Attribute(attr="__dict__"):
            return True
    return False


def _path(node: ast.AST, modules: dict[str, str]) -> str:
    """Such as numpy.linalg.norm for np.linalg.norm; empty where it does not begin with an imported name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in modules:
        return ""
    return ".".join([modules[node.id], *reversed(parts)])


def _imported(trees: list[ast.Module]) -> dict[str, str]:
    """Name -> the module, or what of a module, that it stands for."""
    meaning: dict[str, str] = {}
    for tree in trees:
        for node in ast.walk(tree):
            match node:
                case ast.Import(names=names):
                    for alias in names:
                        top = alias.name.partition(".")[0]
                        meaning[alias.asname or top] = alias.name if alias.asname else top
                case ast.ImportFrom(module=str(module), names=names):
                    meaning |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in names}
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute() as value) if _path(value, meaning):
                    meaning[name] = _path(value, meaning)
    return meaning
