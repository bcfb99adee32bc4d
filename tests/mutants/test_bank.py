"""Every wrong solution fails with a message that names the mistake; every correct alternative passes."""

import importlib
from pathlib import Path

import pytest

from tests.notebook_tools import grade_info, is_check, is_solution, read, run_check

BANKS = [
    importlib.import_module(f"tests.mutants.{path.stem}")
    for pattern in ("lab*.py", "extra_*.py")
    for path in sorted(Path(__file__).parent.glob(pattern))
]


def check_of(variant):
    return variant.check or f"check-{variant.cell}"


def run(lab, variant):
    (solved,) = (cell.source for cell in read(lab).cells if grade_info(cell).get("grade_id") == variant.cell)
    run_check(lab, check_of(variant), {variant.cell: variant.source(solved)})


def variants(kind):
    return [
        pytest.param(bank.LAB, variant, id=f"{bank.LAB}-{variant.cell}-{variant.name}".replace(" ", "_"))
        for bank in BANKS
        for variant in getattr(bank, kind)
    ]


@pytest.mark.parametrize(("lab", "variant"), variants("WRONG"))
def test_wrong_solution_fails_and_is_named(lab, variant):
    with pytest.raises((AssertionError, ValueError)) as caught:
        run(lab, variant)
    assert variant.says
    assert variant.says in str(caught.value).lower()


@pytest.mark.parametrize(("lab", "variant"), variants("RIGHT"))
def test_correct_alternative_passes(lab, variant, capsys):
    run(lab, variant)
    assert "✓" in capsys.readouterr().out


@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.LAB)
def test_every_check_of_the_lab_is_tested(bank):
    cells = read(bank.LAB).cells
    checks = {grade_info(cell)["grade_id"] for cell in cells if is_check(cell)}
    solutions = {grade_info(cell)["grade_id"] for cell in cells if is_solution(cell)}
    for kind in (bank.WRONG, bank.RIGHT):
        assert {check_of(variant) for variant in kind} == checks
        assert {variant.cell for variant in kind} == solutions


@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.LAB)
def test_checks_do_not_depend_on_luck(bank, capsys):
    """The solved cells pass under twenty seeds: no check hangs on one order of random numbers."""
    import torch

    for seed in range(20):
        torch.manual_seed(seed)
        for cell in read(bank.LAB).cells:
            if is_check(cell):
                run_check(bank.LAB, grade_info(cell)["grade_id"])
