"""The table that compares all models of the course: every lab adds its rows, every later lab reads them.

Each model has a small JSON file of its own under `models_dir()/leaderboard`, so quick and full runs stay
apart and notebooks that run at the same time do not disturb each other. Models that were not run here have the
rows of the course's own full runs.
"""

import json
import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from labutils import runtime
from labutils.runtime import require

COLUMNS: dict[str, tuple[str, str]] = {
    "parameters": ("parameters", "{:,.0f}"),
    "epochs": ("epochs", "{:g}"),
    "seconds": ("training (s)", "{:.0f}"),
    "reconstruction_error": ("reconstruction error (mean square per pixel)", "{:.4f}"),
    "log_likelihood": ("log-likelihood (nats)", "{:.1f}"),
    "log_likelihood_stderr": ("± (nats)", "{:.1f}"),
    "log_likelihood_kind": ("kind of log-likelihood", "{}"),
    "frechet": ("Fréchet distance", "{:.2f}"),
    "coverage": ("digit coverage (nats, at most 2.303)", "{:.3f}"),
    "confidence": ("classifier's confidence", "{:.3f}"),
    "completion": ("half digits completed right", "{:.0%}"),
    "sampling_seconds": ("1,000 samples (s)", "{:.2f}"),
}
"""What can be recorded: for each name the heading that the table shows, and how the table writes a number."""

REFERENCE = Path(__file__).parents[1] / "reference" / "leaderboard.json"
"""The entries of the course's own full runs."""

KINDS = ("exact", "AIS", "lower bound", "upper bound only")
"""What `log_likelihood_kind` can say."""


def record(model: str, lab: int, **numbers: float | str) -> None:
    """Add a model's row, or update the given numbers of the row that is there.

    Args:
        model: its name in the table, e.g. "RBM, CD-1".
        lab: the number of its lab, 1 or more; rows are sorted by it.
        **numbers: by the names in `COLUMNS`, finite. A log-likelihood needs a `log_likelihood_kind` of `KINDS`.
    """
    _check_columns(numbers)
    path = _folder() / f"{quote(model, safe=' ')}.json"
    old: dict[str, Any] = _read(path) if path.exists() else {"first": time.time_ns(), "row": {}}
    kind = numbers.pop("log_likelihood_kind", None)
    row: dict[str, Any] = {name: float(value) for name, value in numbers.items()}
    for name, value in row.items():
        require(math.isfinite(value), f"{name} is {value}; give finite numbers only, and leave out what is unknown.")
    if kind is not None or "log_likelihood" in row:
        require(
            kind in KINDS and "log_likelihood" in row,
            f"A log-likelihood and its kind go together, and the kind is one of {', '.join(KINDS)}; got {kind!r}.",
        )
        row["log_likelihood_kind"] = kind
        old["row"].pop("log_likelihood_stderr", None)  # It belonged to the number that is replaced.
    entry = {"model": model, "lab": int(lab), "first": old["first"], "row": old["row"] | row}
    runtime.write_atomically(path, json.dumps(entry, ensure_ascii=False, indent=1).encode())


def entries() -> list[dict[str, Any]]:
    """Your rows, and the course's of all models that you have not trained, sorted.

    A row of yours without its number of epochs only adds to the course's: a later lab measured the course's model.

    Returns:
        of each model: "model", its name; "lab"; "first", when it was first recorded; "row", its numbers; "whose".
    """
    course = json.loads(REFERENCE.read_text(encoding="utf-8")) if REFERENCE.exists() else []
    board = {entry["model"]: entry | {"whose": "the course's"} for entry in course}
    for own in map(_read, _folder().glob("*.json")):
        theirs = board.get(own["model"])
        if theirs is None or "epochs" in own["row"]:
            board[own["model"]] = own | {"whose": "yours"}
        else:
            board[own["model"]] = theirs | {"row": theirs["row"] | own["row"]}
    return sorted(board.values(), key=lambda entry: (entry["lab"], entry["first"]))


def rows() -> pd.DataFrame:
    """All rows as numbers to compute and plot with: one row per model, columns as in `COLUMNS`, else NaN.

    Sorted by lab, then by the time a model was first recorded. Without any row the table is empty.
    """
    board = entries()
    index = pd.Index([entry["model"] for entry in board], name="model", dtype=object)
    return pd.DataFrame([entry["row"] for entry in board], index=index, columns=list(COLUMNS))


def table(columns: list[str] | None = None, lab: int | None = None) -> pd.DataFrame:
    """All rows to look at: readable headings with units, rounded numbers as text, a dash for a missing one.

    The first column says whose run it is, yours or the course's.

    Args:
        columns: by the names in `COLUMNS`, in this order; those that any model has a number for if not given.
        lab: only models of the labs up to this one; all if not given.
    """
    _check_columns(columns or ())
    board = [entry for entry in entries() if lab is None or entry["lab"] <= lab]
    values = rows().loc[[entry["model"] for entry in board]]
    texts = {"run": [entry["whose"] for entry in board]} if board else {}
    for name in values.columns[values.notna().any()] if columns is None else columns:
        heading, form = COLUMNS[name]
        texts[heading] = ["–" if pd.isna(value) else form.format(value) for value in values[name]]
    return pd.DataFrame(texts, index=values.index, dtype=object)


def _folder() -> Path:
    return runtime.models_dir() / "leaderboard"


def _read(path: Path) -> dict[str, Any]:
    """A model's entry: "model", its name; "lab"; "first", when it was first recorded; "row", its numbers."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"The leaderboard's file {path} is damaged. Delete it and run its notebook again."
        ) from error


def _check_columns(names: Iterable[str]) -> None:
    unknown = ", ".join(name for name in names if name not in COLUMNS)
    require(not unknown, f"The leaderboard has no column '{unknown}'. Known: {', '.join(COLUMNS)}.")
