"""What one lab hands to the next: live objects, their classes included, saved and loaded by name.

One rule for devices: everything is loaded onto one device, that of `get_device()` or the one you name, wherever it
lay when it was saved. This holds for tensors and for `torch.device` attributes.
"""

import hashlib
import io
import json
import pickle
import platform
import re
from pathlib import Path
from typing import Any

import cloudpickle
import torch

from labutils import runtime
from labutils.runtime import require

MADE_BY = {
    "rbm": "01_rbm.ipynb",
    "dbn": "02_dbn.ipynb",
    "dbn_finetuned": "03_dbn_finetuning.ipynb",
    "vae": "04_vae.ipynb",
    "vae2": "04_vae.ipynb",
    "vae_samples": "04_vae.ipynb",
    "dcgan": "05_dcgan.ipynb",
}
"""Which notebook saves which model."""

FORMAT = 2
"""Version of the file format: one line of JSON with versions and checksum, then what `torch.save` writes."""


class _Pickle:
    """What `torch.save` takes for a pickle module: cloudpickle, but a device is stored as that of an empty tensor."""

    class Pickler(cloudpickle.Pickler):
        def reducer_override(self, obj: Any) -> Any:
            if type(obj) is torch.device:
                return getattr, (torch.empty(0), "device")  # it goes where all tensors go
            return super().reducer_override(obj)


def save_model(name: str, obj: Any) -> Path:
    """Save a live object under a name, for `load_model` in another notebook.

    A class or function defined in the notebook is saved with the object, just as it is now. The file is
    replaced in one step: if saving fails or is interrupted, the one saved before is still there.

    Args:
        name: letters, digits, `-` and `_`.
        obj: a model, or anything else that cloudpickle can save. Tensors that share memory still do so when
            they are loaded; gradients stay behind.

    Returns:
        The file, in `models_dir()`.
    """
    path, buffer = _path(name), io.BytesIO()
    try:
        torch.save(obj, buffer, pickle_module=_Pickle, pickle_protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, NotImplementedError) as error:
        raise ValueError(
            f"'{name}' cannot be saved, because the {type(obj).__name__} holds something that cannot be "
            f"pickled: {error}. Remove it before saving (an open file, a generator, a progress bar?)."
        ) from error
    payload = buffer.getvalue()
    header = {"format": FORMAT, **_versions(), "sha256": hashlib.sha256(payload).hexdigest()}
    try:
        runtime.write_atomically(path, json.dumps(header).encode() + b"\n" + payload)
    except OSError as error:
        raise OSError(
            f"'{name}' cannot be saved: {error}. Make room or make the folder writable, or set LABUTILS_MODELS to "
            "another folder."
        ) from error
    return path


def load_model(name: str, device: torch.device | str | None = None) -> Any:
    """Load what `save_model` saved under this name.

    The object comes with the class it was saved with; changing the class in a notebook does not change it.
    Loading runs code from the file, so load only files that you made.

    Args:
        name: letters, digits, `-` and `_`.
        device: where all tensors go; `get_device()` if not given.
    """
    path = _path(name)
    if not path.is_file():
        raise FileNotFoundError(_missing(name, path))
    remedy = f"Run {_maker(name)} again to replace it."
    first_line, _, payload = path.read_bytes().partition(b"\n")
    try:
        header = json.loads(first_line)
        whole = header["sha256"] == hashlib.sha256(payload).hexdigest()
    except (ValueError, KeyError, TypeError):
        whole = False
    require(whole, f"The saved model {path} is damaged or incomplete. {remedy}")
    now = _versions()
    if header["format"] != FORMAT or header["python"] != now["python"]:
        raise RuntimeError(
            f"The saved model {path} was made under Python {header['python']} (file format {header['format']}), this "
            f"is Python {now['python']} (file format {FORMAT}), and saved code does not carry over. {remedy}"
        )
    device = runtime.get_device() if device is None else torch.device(device)
    try:
        return torch.load(io.BytesIO(payload), map_location=device, weights_only=False)
    except Exception as error:  # a pickle may fail in any way
        raise RuntimeError(
            f"The saved model {path} is whole, but no longer fits the installed libraries: "
            f"{type(error).__name__}: {error}. It was saved with torch {header['torch']}, this is torch "
            f"{now['torch']}. {remedy}"
        ) from error


def _versions() -> dict[str, str]:
    """What a pickled class depends on. Compiled code changes with every minor version of Python."""
    return {"python": ".".join(platform.python_version_tuple()[:2]), "torch": torch.__version__}


def _path(name: str) -> Path:
    fits = isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_-]+", name) is not None
    require(fits, f"A model's name has letters, digits, - and _, for example 'rbm'; given was {name!r}.")
    return runtime.models_dir() / f"{name}.pkl"


def _missing(name: str, path: Path) -> str:
    """A text on a model that is not there: who makes it, and what there is instead."""
    folder = path.parent
    mode, twin = ("quick", folder.parent / path.name) if runtime.QUICK else ("full", folder / "quick" / path.name)
    hint = f" in {mode} mode, since quick runs and full runs are kept apart" if twin.is_file() else ""
    text = f"There is no saved model '{name}' in {folder}: run {_maker(name)} first{hint}."
    if name not in MADE_BY:
        there = ", ".join(sorted(file.stem for file in folder.glob("*.pkl"))) or "nothing"
        known = ", ".join(f"'{model}' ({notebook})" for model, notebook in MADE_BY.items())
        text += f" Saved there: {there}. The labs save {known}."
    return f"{text}\n{runtime.KEEP_ON_COLAB}" if runtime.in_colab() else text


def _maker(name: str) -> str:
    return MADE_BY.get(name, "the notebook that saves it")
