"""What one lab hands to the next: live objects, their classes included, saved and loaded by name.

One rule for devices: everything is saved as if it lay on the CPU and is loaded onto one device, that of
`get_device()` or the one you name. This holds for tensors and for `torch.device` attributes.
"""

import hashlib
import io
import json
import pickle
import platform
import re
from functools import partial
from pathlib import Path
from typing import Any

import cloudpickle
import torch
from torch import Tensor, nn

from labutils import runtime

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

FORMAT = 1
"""Version of the file format: one line of JSON with versions and checksum, then a pickle."""


def save_model(name: str, obj: Any) -> Path:
    """Save a live object under a name, for `load_model` in another notebook.

    A class or function defined in the notebook is saved with the object, just as it is now. The file is
    replaced in one step: if saving fails or is interrupted, the one saved before is still there.

    Args:
        name: letters, digits, `-` and `_`.
        obj: a model, or anything else that cloudpickle can save. Of a tensor come along its values and
            `requires_grad`, not its gradient.

    Returns:
        The file, in `models_dir()`.

    Raises:
        ValueError: the name has other characters, or the object holds something that cannot be saved.
        OSError: the folder cannot be written to.
    """
    path = _path(name)
    buffer = io.BytesIO()
    try:
        _Pickler(buffer).dump(obj)
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
            f"'{name}' cannot be saved as {path}: {error}. Make room or make the folder writable, or set "
            "LABUTILS_MODELS to another folder."
        ) from error
    return path


def load_model(name: str, device: torch.device | str | None = None) -> Any:
    """Load what `save_model` saved under this name.

    The object comes with the class it was saved with; changing the class in a notebook does not change it.
    Loading runs code from the file, so load only files that you made.

    Args:
        name: letters, digits, `-` and `_`.
        device: where all tensors go; `get_device()` if not given.

    Raises:
        FileNotFoundError: nothing was saved under this name; the text says which notebook does it.
        ValueError: the name has other characters, or the file is damaged.
        RuntimeError: the file was saved under another Python, or its code no longer fits the libraries.
    """
    path = _path(name)
    if not path.is_file():
        raise FileNotFoundError(_missing(name, path))
    remedy = f"{_maker(name)} again to replace it."
    first_line, _, payload = path.read_bytes().partition(b"\n")
    try:
        header = json.loads(first_line)
        version, saved = header["format"], {key: header[key] for key in _versions()}
        whole = header["sha256"] == hashlib.sha256(payload).hexdigest()
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise ValueError(f"The saved model {path} is damaged or incomplete. {remedy}")
    now = _versions()
    if version != FORMAT or saved["python"] != now["python"]:
        raise RuntimeError(
            f"The saved model {path} was made under Python {saved['python']} (file format {version}), this "
            f"is Python {now['python']} (file format {FORMAT}), and saved code does not carry over. {remedy}"
        )
    device = runtime.get_device() if device is None else torch.device(device)
    try:
        return _Unpickler(io.BytesIO(payload), device).load()
    except Exception as error:  # a pickle may fail in any way
        raise RuntimeError(
            f"The saved model {path} is whole, but no longer fits the installed libraries: "
            f"{type(error).__name__}: {error}. It was saved with torch {saved['torch']}, this is torch "
            f"{now['torch']}. {remedy}"
        ) from error


class _Pickler(cloudpickle.Pickler):
    """cloudpickle, with tensors and devices stored without the device of this machine."""

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) in (Tensor, nn.Parameter):
            buffer = io.BytesIO()
            torch.save(obj.detach().cpu().clone(), buffer)
            trainable = obj.requires_grad and obj.is_leaf
            return _rebuild_tensor, (buffer.getvalue(), type(obj) is nn.Parameter, trainable)
        if type(obj) is torch.device:
            return _rebuild_device, ()
        return super().reducer_override(obj)


class _Unpickler(pickle.Unpickler):
    """Puts tensors and devices on the given device."""

    def __init__(self, file: io.BytesIO, device: torch.device) -> None:
        super().__init__(file)
        self._device = device

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        return partial(found, device=self._device) if found in (_rebuild_tensor, _rebuild_device) else found


def _rebuild_tensor(content: bytes, parameter: bool, trainable: bool, *, device: torch.device) -> Tensor:
    tensor = torch.load(io.BytesIO(content), map_location=device, weights_only=True)
    return nn.Parameter(tensor, requires_grad=trainable) if parameter else tensor.requires_grad_(trainable)


def _rebuild_device(*, device: torch.device) -> torch.device:
    return device


def _versions() -> dict[str, str]:
    """What a pickled class depends on. Compiled code changes with every minor version of Python."""
    return {"python": ".".join(platform.python_version_tuple()[:2]), "torch": torch.__version__}


def _path(name: str) -> Path:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise ValueError(f"A model's name has letters, digits, - and _, for example 'rbm'; given was {name!r}.")
    return runtime.models_dir() / f"{name}.pkl"


def _maker(name: str) -> str:
    return f"Run {MADE_BY[name]}" if name in MADE_BY else "Run the notebook that saves it"


def _missing(name: str, path: Path) -> str:
    """One sentence on a model that is not there: who makes it, and what there is instead."""
    folder = path.parent
    if runtime.QUICK:
        mode, other, twin = "quick", "full", folder.parent / path.name
    else:
        mode, other, twin = "full", "quick", folder / "quick" / path.name
    hint = f" in {mode} mode, since the one of a {other} run is kept apart from it" if twin.is_file() else ""
    if name in MADE_BY:
        colab = f"\n{runtime.KEEP_ON_COLAB}" if runtime.in_colab() else ""
        return f"There is no saved model '{name}' in {folder}: run {MADE_BY[name]} first{hint}.{colab}"
    there = ", ".join(sorted(file.stem for file in folder.glob("*.pkl"))) or "none"
    known = ", ".join(f"'{model}' ({notebook})" for model, notebook in MADE_BY.items())
    return (
        f"There is no saved model '{name}' in {folder} (saved there: {there}): run the notebook that saves "
        f"it first{hint}, or take one that the labs make, {known}."
    )
