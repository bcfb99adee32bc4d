"""Reads what a student wrote for what honest work in these labs never needs: a reason for a human to look.

Nothing here costs points. Whoever really wants to hide something from a reader of names will manage to.
"""

import ast
import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from labutils.course.notebooks import parse

TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SHELL = set(TABLE.pop("IPython's shell").split())
"""Attributes of the shell that honest work leaves alone; other objects may have the like."""

NEVER = {name: what for what, names in TABLE.items() for name in names.split()}
"""Name, attribute, `module.`, `module.name` or `function()` -> what it reaches."""

LIBRARIES = {
    "math",
    "statistics",
    "random",
    "numpy",
    "torch",
    "scipy",
    "sklearn",
    "pandas",
    "labutils",
    "IPython",
    "sys",
}
"""Modules that nobody need assign to, other than to their settings."""

SETTINGS = re.compile(r"\.backends\.|\.rcParams|\.options\.|^sys\.(stdout|stderr)$")
IN_PLACE = {"resize", "fill", "setflags", "resize_", "fill_", "zero_", "set_"}
PIECE, DUNDER = re.compile(r"__\w+|\w+__"), re.compile(r"__\w+__")
LONGEST = 200_000
"""Characters of a notebook that are read; no lab needs a tenth of it."""


def suspicious(cells: dict[str, str], given: list[str]) -> list[str]:
    """What in a student's cells honest work does not need, in sentences for the teacher.

    Args:
        cells: name of a cell -> the student's source.
        given: sources of the course's own cells, for what the names in them mean.
    """
    if sum(map(len, cells.values())) > LONGEST:
        return [f"There are more than {LONGEST:,} characters of code: nobody has read them."]
    trees = {name: plain_python(source) for name, source in cells.items()}
    course = [parse(source) for source in given]
    names = {name for tree in course for name in binds(tree)} - {n for tree in trees.values() for n in binds(tree)}
    reader = _Reader(_imported([*course, *trees.values()]), names, "\n".join(cells.values()))
    for name, tree in trees.items():
        reader.cell = name
        reader.visit(tree)
    return list(reader.found.values())


class _Reader(ast.NodeVisitor):
    """Walks a syntax tree. `found`: what stands there -> the sentence about it."""

    def __init__(self, modules: dict[str, str], course: set[str], everything: str) -> None:
        self.modules, self.course, self.all_course = modules, course, course
        self.shell = "get_ipython" in everything
        self.by_name = re.search(
            r"\b(getattr|setattr|attrgetter|methodcaller|__getattribute__|vars|__dict__)\b", everything
        )
        self.cell = ""
        self.found: dict[str, str] = {}

    def find(self, node: ast.AST, what: str, reaches: str | None) -> None:
        if reaches:
            line = getattr(node, "lineno", 1)
            self.found.setdefault(what, f"{self.cell}, line {line}: `{what}` reaches {reaches}.")

    def find_path(self, node: ast.AST, path: str) -> None:
        """Such as torch.library.Library: any beginning of it may be what is looked for."""
        parts = path.split(".")
        for end in range(1, len(parts) + 1):
            self.find(node, path, NEVER.get(".".join(parts[:end]) + ("." if end == 1 else "")))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.find_path(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.find_path(node, f"{node.module}.{alias.name}")
            self.find(node, alias.name, NEVER.get(alias.name))

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.find(node, node.id, NEVER.get(node.id))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        path = _path(node, self.modules)
        self.find(node, node.attr, NEVER.get(node.attr))
        self.find_path(node, path)
        if self.shell and node.attr in SHELL:
            self.find(node, node.attr, "Jupyter's machinery")
        if isinstance(node.ctx, ast.Store | ast.Del):
            self.changed(node, node.value, path)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Store | ast.Del):
            self.changed(node, node.value, _path(node.value, self.modules))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        match node:
            case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[holder, *_]):
                self.changed(node, holder, _path(holder, self.modules))
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Call() | ast.Subscript(slice=ast.Slice()), *_]):
                self.find(node, "getattr", "what no reader of names can see")
            case ast.Call(func=ast.Name(id="dir"), args=[_]) if self.by_name:
                self.find(node, "dir", "what no reader of names can see")
            case ast.Call(func=ast.Name(id=name)):
                self.find(node, name, NEVER.get(f"{name}()"))
            case ast.Call(func=ast.Attribute(attr="update" | "pop" | "clear" | "setdefault", value=holder)) if (
                _is_space(holder)
            ):
                self.changed(node, holder, "")
            case ast.Call(func=ast.Attribute(attr=name, value=holder)) if name in IN_PLACE:
                self.changed(node, holder, "")
        self.generic_visit(node)

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

    def visit_BinOp(self, node: ast.BinOp | ast.JoinedStr) -> None:
        """Pieces of a name that is put together."""
        pieces = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
        for piece in pieces if self.by_name else ():
            known = isinstance(piece, str) and len(piece) > 3 and any(piece in name for name in NEVER)
            self.find(node, str(piece), "a name put together" if known or piece == "__" else None)
        self.generic_visit(node)

    visit_JoinedStr = visit_BinOp

    def visit_MatchClass(self, node: ast.MatchClass) -> None:
        for name in node.kwd_attrs:
            self.find(node, name, NEVER.get(name))
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        for name in self.all_course.intersection(node.names):
            self.find(node, f"global {name}", "a name of the course")

    def visit_Constant(self, node: ast.Constant) -> None:
        """Names in strings, wherever they are used; pieces of such names; files of other processes."""
        text = node.value if isinstance(node.value, str) else ""
        if PIECE.fullmatch(text) or (self.by_name and "_" in text):
            self.find(node, text, NEVER.get(text))
        if PIECE.fullmatch(text) and not DUNDER.fullmatch(text):
            self.find(node, text, "a name put together")
        if "/proc/" in text:
            self.find(node, "/proc/", "other processes")

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.find(node, node.name, NEVER.get(node.name))
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.find(node, node.name, NEVER.get(node.name))
        course, inside = self.course, list(ast.walk(node))
        if node.name == "__eq__" and len(node.args.args) == 2 and node.args.args[1].arg not in _loaded(inside):
            self.find(node, "__eq__", "objects that answer comparisons as they like")
        self.course = course - {n.arg for n in inside if isinstance(n, ast.arg)} - binds(ast.Module(node.body, []))
        self.generic_visit(node)
        self.course = course

    def visit_keyword(self, node: ast.keyword) -> None:
        self.find(node, node.arg or "", NEVER.get(node.arg or ""))
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        self.visit(node.left)  # whether something is in sys.modules anybody may ask
        for side in node.comparators:
            self.visit(side) if not isinstance(side, ast.Attribute) else None


def _loaded(nodes: list[ast.AST]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


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
                    meaning |= {
                        a.asname or a.name.partition(".")[0]: a.name for a in names if a.asname or "." not in a.name
                    }
                    meaning |= {a.name.partition(".")[0]: a.name.partition(".")[0] for a in names if not a.asname}
                case ast.ImportFrom(module=str(module), names=names):
                    meaning |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in names}
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute() as value) if _path(value, meaning):
                    meaning[name] = _path(value, meaning)
    return meaning


@lru_cache(maxsize=1000)
def plain_python(source: str) -> ast.Module:
    """The syntax tree of a cell with its magics, and of the code that a cell magic runs; empty if there is none."""
    if len(source) > LONGEST:
        return ast.Module([], [])
    try:
        tree = parse(TransformerManager().transform_cell(source))
    except Exception:  # IPython could not read it, so it would not run
        return ast.Module([], [])
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="run_cell_magic"), args=[_, _, ast.Constant(value=str(body))]):
                tree.body += plain_python(body).body
            case ast.Call(func=ast.Attribute(attr="run_line_magic"), args=[_, ast.Constant(value=str(line))]):
                tree.body += parse(re.sub(r"^(-\w+ *\d* +)*", "", line)).body
    return tree


def binds(tree: ast.AST) -> set[str]:
    """The names that code binds where it stands, outside its functions and classes."""
    names, waiting = set(), list(ast.iter_child_nodes(tree))
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
                continue
            case ast.Import() | ast.ImportFrom():
                names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                continue
        waiting += ast.iter_child_nodes(node)
    return names


@cache
def names_bound(source: str) -> list[str]:
    """`binds` of one of the course's cells."""
    return sorted(binds(parse(source)))
