"""The bank as a table: `python -m tests.mutants` [LAB ...], with labs such as 01_rbm or extra/mixtures."""

import io
import sys
import time
from collections import Counter
from contextlib import redirect_stdout

from tests import conftest  # noqa: F401  quick mode
from tests.mutants.bank import Variant
from tests.mutants.test_bank import BANKS, check_of, run


def told_apart(lab: str, variant: Variant, wrong: bool) -> bool:
    """Whether a wrong solution is caught with the words it must be told, or a right one is accepted."""
    try:
        with redirect_stdout(io.StringIO()) as printed:
            run(lab, variant)
    except (AssertionError, ValueError) as error:
        return wrong and variant.says in str(error).lower()
    return not wrong and "✓" in printed.getvalue()


def main(labs: list[str]) -> int:
    """Print a row for every check. Returns how many variants were not told apart.

    Raises:
        SystemExit: a lab that has no bank.
    """
    if unknown := set(labs) - {bank.LAB for bank in BANKS}:
        sys.exit(f"No bank for {', '.join(sorted(unknown))}. There are: {', '.join(bank.LAB for bank in BANKS)}.")
    row, start, missed = "{:24} {:34} {:>9} {:>9}", time.perf_counter(), []
    print(row.format("lab", "check", "wrong", "right"))
    print(row.format("", "", "caught", "accepted"))
    total = Counter()
    for bank in BANKS:
        if labs and bank.LAB not in labs:
            continue
        good, of = Counter(), Counter()
        for kind in ("WRONG", "RIGHT"):
            for variant in getattr(bank, kind):
                place = check_of(variant), kind
                of[place] += 1
                total[kind] += 1
                if told_apart(bank.LAB, variant, kind == "WRONG"):
                    good[place] += 1
                else:
                    missed.append(f"{bank.LAB}: {variant.cell}: {variant.name}")
        for check in dict.fromkeys(check for check, _ in of):
            cells = [f"{good[check, kind]}/{of[check, kind]}" for kind in ("WRONG", "RIGHT")]
            print(row.format(bank.LAB, check, *cells))
    seconds = time.perf_counter() - start
    print(f"\n{total['WRONG']} wrong solutions and {total['RIGHT']} right ones in {seconds:.0f} s")
    print("not told apart:", *(missed or ["none"]), sep="\n  ")
    return len(missed)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
