"""Every wrong solution fails with a message that names the mistake; every correct alternative passes."""

import importlib
from pathlib import Path

import pytest

from labutils.runtime import seed_everything
from tests.mutants.bank import misjudged
from tests.notebook_tools import LABS, compiled, grade_info, is_check, is_solution, notebook_space, read

BANKS = [
    importlib.import_module(f"tests.mutants.{path.stem}")
    for pattern in ("lab*.py", "extra_*.py")
    for path in sorted(Path(__file__).parent.glob(pattern))
]


def every_variant():
    """All variants; those that are not the first wrong or the first right one of their check are long."""
    for bank in BANKS:
        for kind in (bank.WRONG, bank.RIGHT):
            firsts = {variant.check: variant for variant in reversed(kind)}
            for variant in kind:
                name = f"{bank.LAB}-{variant.cell}-{variant.name}".replace(" ", "_")
                marks = () if firsts[variant.check] is variant else pytest.mark.long
                yield pytest.param(bank.LAB, variant, id=name, marks=marks)


@pytest.mark.parametrize(("lab", "variant"), [*every_variant()])
def test_check_names_the_mistake_or_accepts(lab, variant):
    assert misjudged(lab, variant) == ""


@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.LAB)
def test_every_check_of_the_lab_is_tested(bank):
    cells = read(bank.LAB).cells
    checks = {grade_info(cell)["grade_id"] for cell in cells if is_check(cell)}
    solutions = {grade_info(cell)["grade_id"] for cell in cells if is_solution(cell)}
    for kind in (bank.WRONG, bank.RIGHT):
        assert {variant.check for variant in kind} == checks
        assert {variant.cell for variant in kind} == solutions
    assert all(variant.says for variant in bank.WRONG)
    assert not any(variant.says for variant in bank.RIGHT)


@pytest.mark.parametrize("seeds", [range(2), pytest.param(range(2, 20), marks=pytest.mark.long)], ids=["few", "more"])
@pytest.mark.parametrize("lab", LABS)
def test_checks_do_not_depend_on_luck(lab, seeds):
    """The solved cells pass whatever the random numbers: the seed changes after the notebook has set its own."""
    for cell in read(lab).cells:
        if is_check(cell):
            name = grade_info(cell)["grade_id"]
            space = notebook_space(lab, name)
            for seed in seeds:
                seed_everything(seed)
                exec(compiled(cell.source, name), space)
