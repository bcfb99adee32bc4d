"""The syntax tree of a cell, and the names that it binds and reads."""

import ast
import re
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager

LONGEST = 200_000  # characters of a cell that are read; no lab needs a tenth of it


@lru_cache(maxsize=1000)
def parse(source: str) -> ast.Module:
    """The syntax tree of a cell, with the code that its magics run; an empty one where Python could not read it."""
    try:
        tree = ast.parse(TransformerManager().transform_cell(source) if len(source) <= LONGEST else "")
    except Exception:  # whatever IPython says, it would not run the cell
        return ast.Module([], [])
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="run_cell_magic"), args=[_, _, ast.Constant(value=str(body))]):
                tree.body += parse(body).body
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


def reads(tree: ast.AST) -> set[str]:
    """The names that code reads, in its functions too."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
