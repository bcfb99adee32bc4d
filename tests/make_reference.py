"""Make the course's own results anew, for students who start at a later lab:

    python -m tests.make_reference

It takes what the full runs saved in `models_dir()`, models and leaderboard, and writes `labutils/reference/`: the
numbers alone, no class. Weights are stored in half precision, images (models named `..._samples`) in bytes.
"""

import hashlib
import io
import json
from typing import Any

import numpy as np
import torch

from labutils import runtime
from labutils.handoff import MADE_BY, REFERENCE, load_model
from labutils.metrics import leaderboard

LIMIT = 3_000_000
"""Bytes of all files together."""


def main() -> None:
    """Write the files and print their sizes."""
    if runtime.MODE != "full":
        raise SystemExit(f"This takes the results of full runs, and the mode is {runtime.MODE}.")
    saved = [name for name in MADE_BY if (runtime.models_dir() / f"{name}.pkl").exists()]
    models = {name: load_model(name, "cpu") for name in saved}
    files = {f"{name}.npz": packed(name, model) for name, model in models.items()}
    own = {p.name: p.read_bytes() for p in REFERENCE.glob("*.npz")} | files  # a model that was not run anew stays
    hashes = {name.removesuffix(".npz"): hashlib.sha256(content).hexdigest() for name, content in own.items()}
    files["sha256.json"] = json.dumps(hashes, indent=1, sort_keys=True).encode()
    course = {entry["model"]: entry for entry in leaderboard.entries()}
    rows = [{key: entry[key] for key in ("model", "lab", "first", "row")} for entry in course.values()]
    files["leaderboard.json"] = json.dumps(rows, ensure_ascii=False, indent=1).encode()
    for name, content in files.items():
        runtime.write_atomically(REFERENCE / name, content)
    for path in sorted(REFERENCE.iterdir()):
        print(f"{path.stat().st_size:>10,}  {path.name}")
    total = sum(path.stat().st_size for path in REFERENCE.iterdir())
    print(f"{total:>10,}  bytes together, at most {LIMIT:,}")
    if total > LIMIT:
        raise SystemExit("That is too much.")


def packed(name: str, model: Any) -> bytes:
    """The tensors and numbers of a model, or a tensor, as a compressed npz; of a network the weights alone."""
    if isinstance(model, torch.nn.Module):
        parts = model.state_dict()
    else:
        parts = {"tensor": model} if isinstance(model, torch.Tensor) else vars(model)
    arrays = {
        key: np.asarray(part.detach() if isinstance(part, torch.Tensor) else part)
        for key, part in parts.items()
        if isinstance(part, torch.Tensor | int | float)
    }
    for key, array in arrays.items():
        if name.endswith("_samples"):
            arrays[key] = (array * 255).round().astype(np.uint8)
        elif array.dtype.kind == "f" and array.ndim:
            arrays[key] = array.astype(np.float16)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
