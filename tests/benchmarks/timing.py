"""Alternating timings in one run: what differs between two lines is the code, not the hour of the day."""

import time
from collections.abc import Callable, Mapping

import pandas as pd
from tqdm.auto import tqdm


def alternate(ways: Mapping[str, Callable[[], object]], rounds: int, floor: str) -> pd.DataFrame:
    """Time each way once per round, all in turn, and compare their best times.

    Args:
        ways: name -> a function without arguments, such as one epoch.
        rounds: how often each is timed; the best counts, since other work only ever slows down.
        floor: the name of the way that the others are compared with.

    Returns:
        A table with seconds (best and worst) and multiples of the floor.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in tqdm(range(rounds), desc="rounds"):
        for name, run in ways.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    best = {name: min(values) for name, values in seconds.items()}
    return pd.DataFrame(
        {
            "best, s": best,
            "worst, s": {name: max(values) for name, values in seconds.items()},
            f"multiple of {floor}": {name: value / best[floor] for name, value in best.items()},
        }
    ).round(2)
