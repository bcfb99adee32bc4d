"""What an entry of the bank looks like."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Variant:
    """A changed solution cell.

    Attributes:
        cell: grade_id of the solution cell.
        name: the mistake, or what is done differently.
        change: pieces of the model solution -> what stands in their place (each piece must occur).
        says: words that the failing check must use (lower case); empty for correct alternatives.
        check: grade_id of the check; that of the cell with "check-" before it, if not given.
    """

    cell: str
    name: str
    change: dict[str, str] = field(hash=False)
    says: str = ""
    check: str = ""

    def source(self, solved: str) -> str:
        """The changed cell. Raises ValueError if a piece to change does not occur in the solved one."""
        for old, new in self.change.items():
            if old not in solved:
                raise ValueError(f"{self.cell}, {self.name}: {old!r} does not occur in the solution")
            solved = solved.replace(old, new)
        return solved
