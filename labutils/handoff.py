"""What survives a notebook: models for the next lab, the course's own results, and a training that was interrupted.

One rule for devices: everything is loaded onto one device, that of `get_device()` or the one you name, wherever it
lay when it was saved, tensors and `torch.device` attributes alike. Names have letters, digits, `-` and `_`.
"""

import contextlib
import hashlib
import io
import json
import pickle
import platform
import random
import re
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, EllipsisType, SimpleNamespace
from typing import Any

import cloudpickle
import numpy as np
import torch
from tqdm.auto import trange

from labutils import runtime
from labutils.runtime import require

REFERENCE = Path(__file__).parent / "reference"
"""The course's own results, from its full runs: of each model an npz of its numbers, and `sha256.json`."""

MADE_BY = {
    "rbm": "01_rbm.ipynb",
    "rbm_pcd": "01_rbm.ipynb",
    "dbn": "02_dbn.ipynb",
    "dbn_finetuned": "03_dbn_finetuning.ipynb",
    "vae": "04_vae.ipynb",
    "vae2": "04_vae.ipynb",
    "vae_samples": "04_vae.ipynb",
    "dcgan": "05_dcgan.ipynb",
}
"""Which notebook saves which model."""


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
        obj: a model, or anything else that cloudpickle can save. Tensors that share memory still do so when
            they are loaded; gradients stay behind.

    Returns:
        the file, in `models_dir()`.
    """
    path = _path(name)
    _write(path, name, obj)
    return path


def _write(path: Path, name: str, obj: Any) -> None:
    """One line of JSON with versions and checksum, then what `torch.save` writes, in one step."""
    buffer = io.BytesIO()
    try:
        torch.save(obj, buffer, pickle_module=_Pickle, pickle_protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, NotImplementedError) as error:
        raise ValueError(
            f"'{name}' cannot be saved, because the {type(obj).__name__} holds something that cannot be "
            f"pickled: {error}. Remove it before saving (an open file, a generator, a progress bar?)."
        ) from error
    payload = buffer.getvalue()
    header = {**_versions(), "sha256": hashlib.sha256(payload).hexdigest()}
    try:
        runtime.write_atomically(path, json.dumps(header).encode() + b"\n" + payload)
    except OSError as error:
        raise OSError(
            f"'{name}' cannot be saved: {error}. Make room or make the folder writable, or set LABUTILS_MODELS to "
            "another folder."
        ) from error


def load_model(name: str, device: torch.device | str | None = None) -> Any:
    """Load what `save_model` saved under this name, or else the course's own result, and say so.

    The object comes with the class it was saved with; changing the class in a notebook does not change it.
    Loading runs code from the file, so load only files that you made. The course's result is a tensor, or an
    object without methods whose attributes are the numbers and tensors of the model.
    """
    path = _path(name)
    device = runtime.get_device() if device is None else torch.device(device)
    if path.is_file():
        return _read(path, name, device)
    if not (REFERENCE / f"{name}.npz").is_file():
        raise FileNotFoundError(_missing(name, path))
    print(f"You have no '{name}' of your own yet ({_maker(name)} makes it): this goes on with the course's.")
    return _reference(name, device)


def is_own(name: str) -> bool:
    """Whether `load_model` gives a model that was saved here, in this mode, and not the course's own result."""
    return _path(name).is_file()


def _reference(name: str, device: torch.device) -> Any:
    """A model of the course's full runs: images come as bytes, other numbers in half precision."""
    content = (REFERENCE / f"{name}.npz").read_bytes()
    whole = json.loads((REFERENCE / "sha256.json").read_text())[name] == hashlib.sha256(content).hexdigest()
    require(whole, f"{REFERENCE / name}.npz is not the file of the course. Fetch the course again.")
    with np.load(io.BytesIO(content)) as arrays:
        parts = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    for key, part in parts.items():
        if not part.dim():
            parts[key] = part.item()
        else:
            parts[key] = (part / 255 if part.dtype == torch.uint8 else part.float()).to(device)
    return parts.get("tensor", SimpleNamespace(**parts))


def _read(path: Path, name: str, device: torch.device) -> Any:
    """What `_write` wrote."""
    remedy = f"Run {_maker(name)} again to replace it."
    first_line, _, payload = path.read_bytes().partition(b"\n")
    try:
        header = json.loads(first_line)
        whole = header["sha256"] == hashlib.sha256(payload).hexdigest()
    except (ValueError, KeyError, TypeError):
        whole = False
    require(whole, f"The saved model {path} is damaged or incomplete. {remedy}")
    now = _versions()
    if header["python"] != now["python"]:
        raise RuntimeError(
            f"The saved model {path} was made under Python {header['python']}, this is Python {now['python']}, and "
            f"saved code does not carry over. {remedy}"
        )
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
    folder, mode = path.parent, runtime.MODE
    home = folder if mode == "full" else folder.parent
    twins = [home / other / path.name for other in (".", "medium", "quick") if home / other != folder]
    apart = any(twin.is_file() for twin in twins)
    hint = f" in {mode} mode, since the runs of each mode are kept apart" if apart else ""
    text = f"There is no saved model '{name}' in {folder}: run {_maker(name)} first{hint}."
    if name not in MADE_BY:
        there = ", ".join(sorted(file.stem for file in folder.glob("*.pkl"))) or "nothing"
        known = ", ".join(f"'{model}' ({notebook})" for model, notebook in MADE_BY.items())
        text += f" Saved there: {there}. The labs save {known}."
    return f"{text}\n{runtime.KEEP_ON_COLAB}" if runtime.in_colab() else text


def _maker(name: str) -> str:
    return MADE_BY.get(name, "the notebook that saves it")


def resumable(name: str, epochs: int, **parts: Any) -> Iterator[int]:
    """Count the epochs of a training, and go on after an interruption where it stopped.

        for epoch in resumable("rbm", 100, model=rbm, errors=errors, loader=train_loader, rate=0.1):

    After each epoch the parts and the state of the random generators are saved in one step. If the same training
    starts again after an interruption, they are set to what they were then, and a line says so; the result is the
    same as without the interruption. After the last epoch nothing is left, so that the next run trains anew. So
    does a run with other settings, shapes or methods of its classes. Quick runs save nothing.

    Args:
        name: one for each training of the course.
        epochs: how many in all, counted from 1.
        **parts: what training changes: lists, dicts, what has a `state_dict`, or objects with tensors as attributes;
            they are changed in place. Numbers and texts are settings.

    Returns:
        the numbers of the epochs that are left, with a progress bar.
    """
    path = _path(name).with_name(f"{name}.unfinished")
    same = repr([epochs, *((key, _print_of(part)) for key, part in parts.items())])
    changing = {key: part for key, part in parts.items() if not isinstance(part, int | float | str | None)}
    done, saved = 0, {}
    if path.is_file():
        with contextlib.suppress(ValueError, RuntimeError):  # a damaged file, or one of another Python: train anew
            saved = _read(path, name, runtime.get_device())
    if saved.get("same") == same:
        done = saved["epoch"]
        for key, part in changing.items():
            _restore(part, saved["parts"][key])
        _set_random_state(saved["random"])
        print(f"This training was interrupted: it goes on after epoch {done} of {epochs}.")
    for epoch in trange(done + 1, epochs + 1, initial=done, total=epochs, desc=name, leave=False):
        yield epoch
        if runtime.MODE != "quick" and epoch < epochs:
            state = {key: _state(part) for key, part in changing.items()}
            _write(path, name, {"epoch": epoch, "same": same, "parts": state, "random": _random_state()})
    path.unlink(missing_ok=True)


def _print_of(part: Any) -> Any:
    """What has to be the same for a training to go on: settings, shapes, and the methods of a notebook's classes."""
    if isinstance(part, CodeType):
        return part.co_code, [_print_of(value) for value in part.co_consts], part.co_names
    if isinstance(part, torch.Tensor):
        return tuple(part.shape)
    if isinstance(part, frozenset):  # its order changes from run to run
        return sorted(map(repr, part))
    if isinstance(part, int | float | complex | str | bytes | tuple | slice | EllipsisType | None):
        return part
    methods = [m for kind in type(part).__mro__ if kind.__module__ == "__main__" for m in vars(kind).values()]
    state = {} if isinstance(part, list | dict) else _state(part)
    shapes = [(key, _print_of(value)) for key, value in state.items() if isinstance(value, torch.Tensor)]
    return [_print_of(method.__code__) for method in methods if hasattr(method, "__code__")], shapes


def _state(part: Any) -> Any:
    if isinstance(part, list | dict):
        return part
    return part.state_dict() if hasattr(part, "state_dict") else dict(vars(part))


def _restore(part: Any, state: Any) -> None:
    if isinstance(part, list):
        part[:] = state
    elif isinstance(part, dict):
        part.clear()
        part.update(state)
    elif hasattr(part, "load_state_dict"):
        part.load_state_dict(state)
    else:
        vars(part).update(state)


def _random_state() -> tuple:
    cuda = [state.numpy() for state in torch.cuda.get_rng_state_all()] if torch.cuda.is_available() else []
    return random.getstate(), np.random.get_state(), torch.get_rng_state().numpy(), cuda


def _set_random_state(state: tuple) -> None:
    random.setstate(state[0])
    np.random.set_state(state[1])
    torch.set_rng_state(torch.from_numpy(state[2]))
    if torch.cuda.is_available():
        torch.cuda.set_rng_state_all([torch.from_numpy(one) for one in state[3]])
