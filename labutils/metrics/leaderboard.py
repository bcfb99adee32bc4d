"""The table that compares all models of the course: every lab adds its rows, every later lab reads them.

Each model has a small JSON file of its own under `models_dir()/leaderboard`, so quick and full runs stay
apart and notebooks that run at the same time do not disturb each other.
"""

import json
import math
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from labutils import runtime

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
    "sampling_seconds": ("1,000 samples (s)", "{:.2f}"),
}
"""What can be recorded: for each name the heading that the table shows, and how the table writes a number."""

KINDS = ("exact", "AIS", "lower bound", "upper bound only")
"""What `log_likelihood_kind` can say."""


def record(model: str, lab: int, **numbers: float | str) -> None:
    """Add a model's row, or update the given numbers of the row that is there.

    Args:
        model: its name in the table, e.g. "RBM, CD-1".
        lab: the number of its lab, 1 or more; rows are sorted by it.
        **numbers: by the names in `COLUMNS`. A log-likelihood goes together with
            `log_likelihood_kind`, one of `KINDS`.

    Raises:
        ValueError: an empty or overlong name, no numbers, an unknown column, a number that is not finite,
            or a log-likelihood without its kind.
    """
    if not model.strip() or len(model) > 60:
        raise ValueError(f"The model's name is {model!r}; give it 1 to 60 characters.")
    if lab < 1:
        raise ValueError(f"lab is {lab}; labs are numbered from 1.")
    if not numbers:
        raise ValueError(f"Nothing to record for '{model}'. Known numbers: {', '.join(COLUMNS)}.")
    row = {name: _checked(name, value) for name, value in numbers.items()}
    if ("log_likelihood" in row) != ("log_likelihood_kind" in row):
        raise ValueError(
            "A log-likelihood and its kind go together: give log_likelihood=... and log_likelihood_kind=..., "
            f"one of {', '.join(KINDS)}."
        )
    path = _folder() / f"{quote(model, safe=' ')}.json"
    old: dict[str, Any] = _read(path) if path.exists() else {"first": time.time_ns(), "row": {}}
    if "log_likelihood" in row:
        old["row"].pop("log_likelihood_stderr", None)  # It belonged to the number that is replaced.
    entry = {"model": model, "lab": int(lab), "first": old["first"], "row": old["row"] | row}
    runtime.write_atomically(path, json.dumps(entry, ensure_ascii=False, indent=1).encode())


def rows() -> pd.DataFrame:
    """All rows as numbers to compute and plot with: one row per model, columns as in `COLUMNS`, else NaN.

    Sorted by lab, then by the time a model was first recorded. Without any row the table is empty.
    """
    entries = sorted(map(_read, _folder().glob("*.json")), key=lambda entry: (entry["lab"], entry["first"]))
    index = pd.Index([entry["model"] for entry in entries], name="model", dtype=object)
    return pd.DataFrame([entry["row"] for entry in entries], index=index, columns=list(COLUMNS))


def table(columns: list[str] | None = None) -> pd.DataFrame:
    """All rows to look at: readable headings with units, rounded numbers as text, a dash for a missing one.

    Args:
        columns: names from `COLUMNS`, in the order wanted; if not given, those that any model has a number for.

    Raises:
        ValueError: an unknown column.
    """
    values = rows()
    chosen = list(values.columns[values.notna().any()]) if columns is None else columns
    for name in chosen:
        _check_column(name)
    texts = {}
    for name in chosen:
        heading, form = COLUMNS[name]
        texts[heading] = ["–" if pd.isna(value) else form.format(value) for value in values[name]]
    return pd.DataFrame(texts, index=values.index, dtype=object)


def _folder() -> Path:
    return runtime.models_dir() / "leaderboard"


def _read(path: Path) -> dict[str, Any]:
    """A model's entry: its name, its lab, when it was first recorded, and its numbers."""
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        return {name: entry[name] for name in ("model", "lab", "first", "row")}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"The leaderboard's file {path} cannot be read ({error}). Delete it and run its notebook again."
        ) from error


def _check_column(name: str) -> None:
    if name not in COLUMNS:
        raise ValueError(f"The leaderboard has no column '{name}'. Known: {', '.join(COLUMNS)}.")


def _checked(name: str, value: float | str) -> float | str:
    """The value as JSON keeps it: a float, or one of the kinds."""
    _check_column(name)
    if name == "log_likelihood_kind":
        if value not in KINDS:
            raise ValueError(f"log_likelihood_kind is {value!r}; expected one of {', '.join(KINDS)}.")
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(
            f"{name} is {value!r}; the leaderboard takes finite numbers only. Leave out what is unknown."
        )
    return number
