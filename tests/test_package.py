"""The house rules of the code: imports run one way, public names are documented, nothing stands twice."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.notebook_tools import LABS, is_solution, read

PACKAGE = Path(__file__).parents[1] / "labutils"
MODULES = sorted(PACKAGE.rglob("*.py"))

MAY_IMPORT = {
    "runtime": set(),
    "data": {"runtime"},
    "handoff": {"runtime"},
    "checks": {"runtime"},
    "plots": {"runtime", "plots"},
    "diagrams": set(),
    "metrics": {"runtime", "data", "metrics"},
    "course": {"runtime", "data", "handoff", "checks", "plots", "diagrams", "metrics", "course"},
}
"""Part of the package -> the parts that it may import: itself, and what stands below it in the design."""


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(path: Path) -> set[str]:
    """The parts of `labutils` that a module imports; no import is relative."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, ast.unparse(node)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("labutils.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    if path != PACKAGE / "__init__.py":
        assert imported_parts(path) <= MAY_IMPORT[part_of(path)]


def drawn_parts() -> dict[str, set[str]]:
    """The same for each part, as the README draws it: `a --> b` where a imports b."""
    section = (PACKAGE.parent / "README.md").read_text(encoding="utf-8").partition("## How the pieces fit")[2]
    (drawing,) = (each for each in re.findall(r"```mermaid(.*?)```", section, re.S) if "--> runtime" in each)
    imports = defaultdict(set)
    for line in drawing.splitlines():
        for importer, imported in pairwise(re.sub(r"\[.*?\]", "", part).strip() for part in line.split("-->")):
            imports[importer].add(imported)
    return imports


def reached(imports: dict[str, set[str]], part: str) -> set[str]:
    """What a part imports, itself or through others."""
    return {part}.union(*(reached(imports, other) for other in imports.get(part, set()) - {part}))


def test_imports_are_drawn_in_the_readme():
    real = defaultdict(set)
    for path in MODULES:
        real[part_of(path)] |= imported_parts(path)
    drawn = drawn_parts()
    for part in MAY_IMPORT:
        assert reached(drawn, part) == reached(real, part)


def public(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.ClassDef, str]]:
    """Public functions and classes of a module, and public methods of its classes, with what documents them."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        text = ast.get_docstring(node) or ""
        yield node, text
        for item in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(item, ast.FunctionDef) and not item.name.startswith("_"):
                yield item, ast.get_docstring(item) or text  # a short method may leave it to its class


def parameters(function: ast.FunctionDef) -> list[ast.arg]:
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    return [arg for arg in every if arg.arg != "self"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_names_are_documented_and_typed(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node, text in public(tree):
        assert text, node.name
        if isinstance(node, ast.FunctionDef):
            assert node.returns is not None, node.name
            assert [arg.arg for arg in parameters(node) if arg.annotation is None] == [], node.name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_devices_are_chosen_only_in_runtime(path):
    """Asking `device.type == "cuda"` is fine, naming a device to use is not."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    compared = {id(side) for node in nodes if isinstance(node, ast.Compare) for side in node.comparators}
    named = {node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in compared}
    if part_of(path) != "runtime":
        assert not named & {"cuda", "mps"}


def test_no_function_stands_twice():
    """Over the package and what the notebooks give; solutions may repeat what another lab's student wrote."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in MODULES}
    for lab in LABS:
        cells = [cell for cell in read(lab).cells if cell.cell_type == "code" and not is_solution(cell)]
        sources |= {f"{lab}, {cell.id}": cell.source for cell in cells}
    places = defaultdict(list)
    for place, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                code = ast.dump(ast.Module(node.body[ast.get_docstring(node) is not None :], []))
                if len(code) > 300:  # not the likes of `return len(self.x)`
                    places[code].append(f"{node.name} in {place}")
    assert [names for names in places.values() if len(names) > 1] == []


def test_ruff_finds_nothing():
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", str(PACKAGE.parent)]
    result = subprocess.run(ruff, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
