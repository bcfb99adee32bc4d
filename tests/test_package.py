"""The house rules of `labutils`: imports run one way, public names are documented, no device literals."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "labutils"
MODULES = sorted(PACKAGE.rglob("*.py"))

MAY_IMPORT = {
    "runtime": set(),
    "data": {"runtime"},
    "handoff": {"runtime"},
    "checks": {"runtime"},
    "plots": {"runtime", "plots"},
    "diagrams": {"runtime", "plots"},
    "metrics": {"runtime", "data", "metrics"},
    "course": {"runtime", "data", "handoff", "checks", "plots", "diagrams", "metrics", "course"},
}
"""Part of the package -> the parts that it may import."""


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(path: Path) -> set[str]:
    """The parts of `labutils` that a module imports, absolutely or relatively."""
    here = ["labutils", *path.relative_to(PACKAGE).parent.parts]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = [*here[: len(here) - node.level + 1], node.module or ""] if node.level else [node.module]
            names |= {".".join([*filter(None, base), alias.name]) for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("labutils.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    if path != PACKAGE / "__init__.py":
        assert imported_parts(path) <= MAY_IMPORT[part_of(path)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_names_are_documented_and_typed(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            inner = any(node in ast.walk(outer) for outer in ast.walk(tree)
                        if isinstance(outer, ast.FunctionDef) and outer is not node)  # fmt: skip
            if inner:
                continue
            assert ast.get_docstring(node) or node in methods(tree), node.name
            if isinstance(node, ast.FunctionDef):
                assert node.returns is not None, node.name


def methods(tree: ast.Module) -> list[ast.stmt]:
    """Functions of classes: a short one may go without a docstring, the class has one."""
    return [item for node in tree.body if isinstance(node, ast.ClassDef) for item in node.body]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_devices_are_chosen_only_in_runtime(path):
    """Asking `device.type == "cuda"` is fine, naming a device to use is not."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    compared = {id(side) for node in nodes if isinstance(node, ast.Compare) for side in node.comparators}
    named = {node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in compared}
    if part_of(path) != "runtime":
        assert not named & {"cuda", "mps"}
