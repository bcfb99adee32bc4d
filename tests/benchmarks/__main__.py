"""All benchmarks as one table of ratios: `python -m tests.benchmarks [--rounds 3]`.

Run it from the root, with nothing else running. Each line compares ours with a peer, the usual way of doing it,
and with a floor, the least that it must cost. All ways of a line alternate in one run. Grading has a command of its
own (`tests.benchmarks.bench_grading`), since its peer, nbgrader, must be installed first.
"""

import argparse

import pandas as pd

from labutils.runtime import describe_run
from tests.benchmarks import bench_dcgan, bench_rbm, bench_vae


def line(table: pd.DataFrame, peer: str, floor: str) -> dict[str, str | float]:
    """What the table of ratios shows of one benchmark."""
    best = table["best, s"]
    return {
        "ours, s": best["ours"],
        "peer": peer,
        "faster than the peer": round(best[peer] / best["ours"], 2),
        "floor": floor,
        "multiple of the floor": round(best["ours"] / best[floor], 2),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    describe_run()
    rbm, vae = bench_rbm.measure(rounds), bench_vae.measure(rounds, limit=60_000, batch_size=100)
    dcgan = bench_dcgan.measure(rounds, batches=4, width=64)
    lines = {
        "RBM, an epoch of CD-1": line(rbm, "scikit-learn", "five products"),
        "VAE, an epoch, batch 100": line(vae, "the sheet's way", "ours, plain Adam"),
        "DCGAN, width 64, 4 batches": line(dcgan, "PyTorch's example", "ours, float32"),
    }
    print(pd.DataFrame(lines).T.to_string())
