"""CIFAR10: what the loaders serve, and where the images come from. Nothing here reaches the network."""

import hashlib
import pickle
import socket
import warnings

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10

from labutils import data, runtime
from labutils.data import cifar10_loaders, mnist_loaders

RANDOM = np.random.RandomState(1)
ARRAYS = {  # as they lie in the file: 32 rows, 32 columns, red, green, blue
    "train_images": RANDOM.randint(0, 256, (50, 32, 32, 3)).astype(np.uint8),
    "train_labels": RANDOM.randint(0, 10, 50),
    "test_images": RANDOM.randint(0, 256, (20, 32, 32, 3)).astype(np.uint8),
    "test_labels": RANDOM.randint(0, 10, 20),
}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Full mode in an empty course folder, with a server of CIFAR10 that refuses; returns `data/`."""
    monkeypatch.setattr(runtime, "QUICK", False)
    monkeypatch.setattr(runtime, "course_dir", lambda: tmp_path)
    monkeypatch.delenv("LABUTILS_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:1/cifar-10-python.tar.gz")
    data._cifar10.cache_clear()
    yield tmp_path / "data"
    data._cifar10.cache_clear()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(runtime, "QUICK", True)


@pytest.fixture
def torchvision_folder(course, monkeypatch):
    """ARRAYS as torchvision keeps CIFAR10, with checksums of their own; returns the folder."""
    folder = course / CIFAR10.base_folder
    folder.mkdir(parents=True)

    def write(name, entry):
        content = pickle.dumps(entry)
        (folder / name).write_bytes(content)
        return name, hashlib.md5(content).hexdigest()

    lists = {}
    for part in ("train", "test"):
        flat = ARRAYS[f"{part}_images"].transpose(0, 3, 1, 2).reshape(-1, 3072)
        lists[part] = [write(f"{part}_batch", {"data": flat, "labels": ARRAYS[f"{part}_labels"].tolist()})]
        monkeypatch.setattr(CIFAR10, f"{part}_list", lists[part])
    name, checksum = write("meta", {"label_names": list("abcdefghij")})
    monkeypatch.setattr(CIFAR10, "meta", {"filename": name, "key": "label_names", "md5": checksum})
    return folder


def quietly(*args, **options):
    """The loaders on the CPU; any warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return cifar10_loaders(*args, device="cpu", **options)


def holds_arrays(train, test) -> bool:
    return all(
        np.array_equal((loader.images * 255).round().permute(0, 2, 3, 1), ARRAYS[f"{part}_images"])
        and np.array_equal(loader.labels, ARRAYS[f"{part}_labels"])
        for part, loader in (("train", train), ("test", test))
    )


def test_own_file_is_used_and_served_in_colour(course, tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    np.savez(tmp_path / "own" / "cifar10.npz", **ARRAYS)
    monkeypatch.setenv("LABUTILS_DATA", str(tmp_path / "own"))
    train, test = quietly(16)
    assert holds_arrays(train, test)
    assert train.source == "own/cifar10.npz"
    assert "50 CIFAR10 images of 32x32 pixels, 4 batches of 16, colours from 0 to 1" in repr(train)
    assert [len(labels) for _, labels in train] == [16, 16, 16, 2]
    images, labels = (torch.cat(parts) for parts in zip(*train, strict=True))
    assert images.shape == (50, 3, 32, 32)
    assert images.dtype == torch.float32
    assert labels.dtype == torch.int64
    first = next(i for i in range(50) if torch.equal(images[i], train.images[0]))  # shuffled, with its label
    assert labels[first] == train.labels[0]
    assert not torch.equal(images, train.images)
    assert torch.equal(torch.cat([images for images, _ in test]), test.images)
    assert not course.exists()


def test_value_range_and_limit(course):
    course.mkdir()
    np.savez(course / "cifar10.npz", **ARRAYS)
    train, test = quietly(7, value_range=(-1, 1), limit=9)
    assert len(train.labels) == 9
    assert len(test.labels) == 20
    exact = torch.from_numpy(ARRAYS["test_images"]).double().permute(0, 3, 1, 2) / 127.5 - 1
    assert torch.allclose(test.images.double(), exact, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"train_images": ARRAYS["train_images"].transpose(0, 3, 1, 2)}, r"train_images is uint8 \(50, 3, 32, 32\)"),
        ({"test_images": ARRAYS["test_images"] / 255}, "test_images is float64"),
        ({"test_labels": ARRAYS["test_labels"][:-1]}, r"test_labels \(19,\)"),
        ({"train_labels": None}, "train_labels"),
    ],
    ids=["channels first", "floats", "labels too few", "no labels"],
)
def test_own_file_with_other_contents_is_refused(course, change, named):
    course.mkdir()
    arrays = {name: array for name, array in (ARRAYS | change).items() if array is not None}
    np.savez(course / "cifar10.npz", **arrays)
    with pytest.raises(ValueError, match=rf"cifar10.npz is not what was expected .*{named}.*Replace it"):
        cifar10_loaders(8)


def test_half_a_file_is_refused(course):
    course.mkdir()
    np.savez(course / "cifar10.npz", **ARRAYS)
    content = (course / "cifar10.npz").read_bytes()
    (course / "cifar10.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="not what was expected"):
        cifar10_loaders(8)


def test_torchvisions_copy_is_used(torchvision_folder, tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()  # a folder of the user's that holds no CIFAR10
    monkeypatch.setenv("LABUTILS_DATA", str(tmp_path / "own"))
    train, test = quietly(16)
    assert holds_arrays(train, test)
    assert "torchvision" in repr(train)
    assert list((tmp_path / "own").iterdir()) == []


def falls_back() -> str:
    with pytest.warns(UserWarning, match=r"CIFAR10 could not be downloaded: .*coloured shapes.*restart") as caught:
        train, _ = cifar10_loaders(100, device="cpu")
    assert "4,000 coloured shapes" in repr(train)
    assert [warning.filename for warning in caught] == [__file__]  # it points at the caller's line
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cifar10_loaders(100, device="cpu")  # told, and tried, once
    return str(caught[0].message)


def test_without_network_shapes_stand_in(course):
    assert "refused" in falls_back()


def test_damaged_copy_is_not_used(torchvision_folder):
    (torchvision_folder / "test_batch").write_bytes(b"half")
    assert "refused" in falls_back()


def test_network_that_hangs_is_given_up(course, monkeypatch):
    monkeypatch.setattr(data, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(CIFAR10, "url", f"http://127.0.0.1:{silent.getsockname()[1]}/cifar-10-python.tar.gz")
        assert "timed out" in falls_back()
    assert socket.getdefaulttimeout() is None


def test_quick_mode_serves_shapes_without_a_word(course, quick):
    course.mkdir()
    (course / "cifar10.npz").write_bytes(b"not even looked at")
    train, test = quietly(128)
    assert (len(train.labels), len(test.labels)) == (4000, 1000)
    assert "coloured shapes" in repr(train)
    assert train.labels.bincount().min() > 300  # all ten shapes
    assert [path.name for path in course.iterdir()] == ["cifar10.npz"]


def test_shapes_can_be_told_apart_and_stay_the_same(quick):
    train, test = quietly(128)
    again = data._shapes.__wrapped__()
    assert torch.equal((test.images * 255).round().to(torch.uint8), torch.from_numpy(again[2]))
    assert all(len(images.unique(dim=0)) == len(images) for images in (train.images, test.images))
    colour = test.images - test.images[:, :, :, :1]  # the ground of a row is that of its first pixel
    area = (colour.abs().amax(1) > 0.02).float().mean((1, 2))
    mean = torch.stack([area[test.labels == label].mean() for label in range(10)])
    assert mean[3] > mean[4] > 0.02  # a square covers more than a frame
    assert mean[0] > mean[2] > 0.02  # a disc more than half a disc
    assert mean.max() < 0.5


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": 8, "value_range": (1, -1)}, "value_range is"),
        ({"batch_size": 8, "limit": 4001}, "limit is 4001, but there are 4,000"),
        ({"batch_size": 8, "limit": 0}, "limit is 0"),
    ],
)
def test_bad_arguments_are_named(quick, options, named):
    with pytest.raises(ValueError, match=named):
        cifar10_loaders(**options)


def test_digits_are_still_called_digits(quick):
    train, _ = mnist_loaders(100, device="cpu")
    assert repr(train).startswith("4,000 MNIST digits, 40 batches of 100, grey from 0 to 1")
