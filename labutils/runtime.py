"""Where and how a notebook runs: mode, device, seed, Colab, folders."""

import os
import platform
import random
import sys
import uuid
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch


def require(condition: bool, message: str) -> None:
    """Raise a ValueError with this message unless the condition holds."""
    if not condition:
        raise ValueError(message)


MODE: str = "quick" if os.environ.get("LABUTILS_QUICK") == "1" else os.environ.get("LABUTILS_MODE") or "full"
"""LABUTILS_MODE of the environment. `quick`: a few epochs on the embedded digits, as tests want; `medium`: about ten
minutes on two cores for any lab; `full`, if it is not set. LABUTILS_QUICK=1 means quick, too."""

require(MODE in ("quick", "medium", "full"), f"LABUTILS_MODE is set to '{MODE}', but it is quick, medium or full.")

QUICK: bool = MODE == "quick"
"""Whether the numbers of this run mean nothing."""


def by_mode(quick: Any, medium: Any, full: Any) -> Any:
    """The value for the mode of this run: `EPOCHS = by_mode(quick=2, medium=20, full=100)`."""
    return {"quick": quick, "medium": medium, "full": full}[MODE]


def get_device(cpu_minutes: float | None = None) -> torch.device:
    """The best device of this machine: an NVIDIA GPU, else Apple's, else the CPU.

    Args:
        cpu_minutes: minutes that the lab takes on a CPU. Give it where a lab really wants a GPU: on a
            CPU, in full mode, one printed line then says what to expect.
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    if cpu_minutes is not None and MODE == "full":
        print(
            f"No GPU found: this lab runs on the CPU and takes about {cpu_minutes:g} minutes. "
            "On Colab choose Runtime > Change runtime type > GPU."
        )
    return torch.device("cpu")


@lru_cache
def fast_dtype(device: torch.device) -> torch.dtype:
    """The number format in which this device multiplies matrices fastest: for autocast, not for losses.

    bfloat16 where the hardware computes in it (NVIDIA since Ampere, CPUs with AVX-512 BF16, AMX or Arm's BF16),
    float16 on older NVIDIA cards (with `torch.amp.GradScaler`, or small gradients become 0), else float32.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16
    cpu_info = Path("/proc/cpuinfo")  # only Linux tells what its CPU can do
    words = cpu_info.read_text().split() if device.type == "cpu" and cpu_info.exists() else []
    return torch.bfloat16 if {"avx512_bf16", "amx_bf16", "bf16"} & set(words) else torch.float32


def mixed_precision(device: torch.device) -> torch.autocast:
    """A context in which convolutions and matrix products run in `fast_dtype(device)`.

    Their results come in that format too: make them float32 again before a sigmoid, a tanh or a loss. In
    bfloat16 a sigmoid above 0.998 is exactly 1, its slope exactly 0, and nothing learns any more.
    """
    dtype = fast_dtype(device)
    if dtype == torch.float32:
        return torch.autocast(device.type, enabled=False)
    return torch.autocast(device.type, dtype)


def image_layout(device: torch.device) -> torch.memory_format:
    """The memory format in which this device convolves fastest: channels last, except on Apple's GPUs."""
    return torch.preserve_format if device.type == "mps" else torch.channels_last


def seed_everything(seed: int) -> None:
    """Seed the random generators of Python, NumPy and PyTorch (all devices). Once per notebook."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def sample_bernoulli(prob: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """Flip one coin per entry: 1 with probability `prob`, else 0; the shape and dtype of `prob`.

    The same as `prob.bernoulli()`, and about four times faster on a CPU.
    """
    noise = torch.rand(prob.shape, generator=generator, device=prob.device, dtype=prob.dtype)
    return torch.lt(noise, prob.detach(), out=noise)  # 0. and 1. at once, into the memory of the noise


def in_colab() -> bool:
    """True inside Google Colab."""
    return "google.colab" in sys.modules


def course_dir() -> Path:
    """The folder that holds `labutils/` and `notebooks/`, or the current one if installed elsewhere."""
    folder = Path(__file__).resolve().parents[1]
    return folder if (folder / "notebooks").is_dir() else Path.cwd()


def data_dir() -> Path:
    """The folder of the data sets: `LABUTILS_DATA` if set, which must exist, else `data/` of the course."""
    own = os.environ.get("LABUTILS_DATA")
    path = Path(own).expanduser().resolve() if own else course_dir() / "data"
    if own and not path.is_dir():
        raise FileNotFoundError(
            f"LABUTILS_DATA is set to '{own}', but there is no folder {path}. "
            "Correct the variable, or unset it to let the course find or download its data."
        )
    return path


def models_dir() -> Path:
    """The folder of saved models: `LABUTILS_MODELS` if set, else `data/models/` of the course.

    Quick and medium runs have folders of their own in it, so that they never replace a fully trained model.
    """
    own = os.environ.get("LABUTILS_MODELS")
    folder = Path(own).expanduser().resolve() if own else course_dir() / "data" / "models"
    return folder if MODE == "full" else folder / MODE


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file, and its folder, so that nobody ever sees half of it. An OSError names the file."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


KEEP_ON_COLAB = """\
On Colab every notebook has a machine of its own, which forgets the models that it saved. To hand them on
from lab to lab, keep them on your Drive: run this in each lab, before it saves or loads a model.
    import os
    from google.colab import drive
    drive.mount("/content/drive")
    os.environ["LABUTILS_MODELS"] = "/content/drive/MyDrive/labs\""""
"""What a student on Colab has to do to use the model of one lab in the next."""


def describe_run() -> None:
    """Print in one line how this notebook runs: mode, device, versions.

    In quick mode it also says that the numbers mean nothing, on Colab how to keep models.
    """
    device = get_device()
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    place = "Google Colab" if in_colab() else platform.system()
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    print(f"{MODE} mode | {device.type} ({name}) | {versions} | {place}")
    if QUICK:
        print(
            "Quick mode tries out your code. Its numbers mean nothing and may even show the opposite of a full run: "
            "answer the questions from a medium or full one."
        )
    if in_colab() and "LABUTILS_MODELS" not in os.environ:
        print(KEEP_ON_COLAB)


def add_to_class(cls: type) -> Callable:
    """Decorator that makes a function a method of `cls`, so that a class can grow over several cells."""

    def register(function: Callable) -> Callable:
        setattr(cls, function.__name__, function)
        return function

    return register
