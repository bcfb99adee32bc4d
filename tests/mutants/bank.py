"""What an entry of the bank looks like, and whether its check judges it rightly."""

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field

from tests.notebook_tools import grade_info, read, run_check


@dataclass(frozen=True)
class Variant:
    """A changed solution cell.

    Attributes:
        cell: grade_id of the solution cell.
        name: the mistake, or what is done differently.
        change: pieces of the model solution -> what stands in their place (each piece must occur).
        says: words that the failing check must use (lower case); empty for correct alternatives.
        check: grade_id of the check.
    """

    cell: str
    name: str
    change: dict[str, str] = field(hash=False)
    says: str
    check: str

    def source(self, solved: str) -> str:
        """The changed cell. Raises ValueError if a piece to change does not occur in the solved one."""
        for old, new in self.change.items():
            if old not in solved:
                raise ValueError(f"{self.cell}, {self.name}: {old!r} does not occur in the solution")
            solved = solved.replace(old, new)
        return solved


def at(cell: str, check: str = "", piece: str = "") -> Callable[..., Variant]:
    """What makes variants of a solution cell: called with a name, a change and, for a wrong one, what the check says.

    Args:
        check: grade_id of the check; that of the cell with "check-" before it if empty.
        piece: of the model solution, in whose place a change stands that is only a text.
    """

    def variant(name: str, change: dict[str, str] | str, says: str = "") -> Variant:
        pieces = {piece: change} if isinstance(change, str) else change
        return Variant(cell, name, pieces, says, check or f"check-{cell}")

    return variant


def misjudged(lab: str, variant: Variant) -> str:
    """What the check says where it accepts a wrong variant, does not name it, or refuses a right one; else ""."""
    (solved,) = (cell.source for cell in read(lab).cells if grade_info(cell).get("grade_id") == variant.cell)
    changed = {variant.cell: variant.source(solved)}
    try:
        with redirect_stdout(io.StringIO()) as printed:
            run_check(lab, variant.check, changed)
    except (AssertionError, ValueError) as error:
        named = variant.says and variant.says in str(error).lower()
        return "" if named else f"{type(error).__name__}: {error}"
    accepted = not variant.says and "✓" in printed.getvalue()
    return "" if accepted else f"it passes: {printed.getvalue()}"
