"""The bank as a table: `python -m tests.mutants` [LAB ...], with labs such as 01_rbm or extra/mixtures."""

import sys
import time
from collections import Counter

from tests import conftest  # noqa: F401  quick mode
from tests.mutants.bank import misjudged
from tests.mutants.test_bank import BANKS


def main(labs: list[str]) -> int:
    """Print a row for every check. Returns how many variants were misjudged.

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
                place = variant.check, kind
                of[place] += 1
                total[kind] += 1
                if said := misjudged(bank.LAB, variant):
                    missed.append(f"{bank.LAB}: {variant.cell}: {variant.name}: {said}")
                else:
                    good[place] += 1
        for check in dict.fromkeys(check for check, _ in of):
            cells = [f"{good[check, kind]}/{of[check, kind]}" for kind in ("WRONG", "RIGHT")]
            print(row.format(bank.LAB, check, *cells))
    seconds = time.perf_counter() - start
    print(f"\n{total['WRONG']} wrong solutions and {total['RIGHT']} right ones in {seconds:.0f} s")
    print("misjudged:", *(missed or ["none"]), sep="\n  ")
    return len(missed)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
