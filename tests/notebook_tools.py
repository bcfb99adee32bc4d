"""Reading notebooks in tests: cells by their `grade_id`, and the definitions that a check needs."""

import ast
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import nbformat

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PATHS = {
    path.relative_to(NOTEBOOKS).with_suffix("").as_posix(): path
    for path in sorted(NOTEBOOKS.rglob("*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
}
"""Name of a lab, such as "01_rbm" or "extra/mixtures" -> its file."""

LABS = list(PATHS)

RUN_WHOLE = {"setup", "imports"}


@cache
def read(lab: str) -> nbformat.NotebookNode:
    """The notebook with this name; not to be changed."""
    return nbformat.read(PATHS[lab], as_version=4)


def grade_info(cell: nbformat.NotebookNode) -> dict[str, Any]:
    """The cell's nbgrader metadata; empty if it has none."""
    return cell.metadata.get("nbgrader", {})


def is_solution(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(grade_info(cell).get("solution"))


def is_check(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(grade_info(cell).get("grade"))


@cache
def definitions(source: str) -> str:
    """The imports, functions and classes of a cell, without anything that computes."""
    tree = ast.parse(source)
    kept = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)]
    return ast.unparse(ast.Module(kept, []))


@cache
def compiled(source: str, name: str) -> CodeType:
    """The code of a cell; the bank runs most cells a thousand times."""
    return compile(source, f"<{name}>", "exec")


def notebook_space(lab: str, until: str = "", replaced: dict[str, str] | None = None) -> dict[str, Any]:
    """The names that a notebook defines, without running any training, figure or check.

    Args:
        until: grade_id of the code cell before which to stop; all cells if empty.
        replaced: grade_id of a solution cell -> the source that stands in for it.
    """
    space: dict[str, Any] = {"__name__": "__main__"}
    for cell in read(lab).cells:
        if cell.cell_type != "code":
            continue
        name = grade_info(cell)["grade_id"]
        if name == until:
            break
        if is_check(cell):
            continue
        source = (replaced or {}).get(name, cell.source)
        if name not in RUN_WHOLE and not is_solution(cell):
            source = definitions(source)
        exec(compiled(source, name), space)
    return space


def run_check(lab: str, check: str, replaced: dict[str, str] | None = None) -> None:
    """Run one check cell after the definitions of the notebook.

    Raises:
        Whatever the check raises.
    """
    (cell,) = (cell for cell in read(lab).cells if grade_info(cell).get("grade_id") == check)
    exec(compiled(cell.source, check), notebook_space(lab, check, replaced))
