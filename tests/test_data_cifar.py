"""CIFAR10 in the one lab that needs it: where the images come from. Nothing here reaches the network."""

import hashlib
import pickle

import numpy as np
import pytest
import torch

from labutils import data, runtime
from tests.notebook_tools import notebook_space

RANDOM = np.random.RandomState(1)
ARRAYS = {  # as they lie in the file: 32 rows, 32 columns, red, green, blue
    "train_images": RANDOM.randint(0, 256, (50, 32, 32, 3)).astype(np.uint8),
    "train_labels": RANDOM.randint(0, 10, 50),
    "test_images": RANDOM.randint(0, 256, (20, 32, 32, 3)).astype(np.uint8),
    "test_labels": RANDOM.randint(0, 10, 20),
}


@pytest.fixture(scope="module")
def lab():
    return notebook_space("extra/beta_vae")


@pytest.fixture
def course(lab, tmp_path, monkeypatch):
    """The lab in full mode, in an empty course folder, with a server of CIFAR10 that refuses; returns `data/`."""
    digits = data._embedded()
    monkeypatch.setitem(lab, "QUICK", False)
    monkeypatch.setitem(lab, "course_dir", lambda: tmp_path)
    monkeypatch.setitem(lab, "mnist_arrays", lambda: digits)
    monkeypatch.setattr(runtime, "course_dir", lambda: tmp_path)
    monkeypatch.delenv("LABUTILS_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr("torchvision.datasets.CIFAR10.url", "http://127.0.0.1:1/cifar-10-python.tar.gz")
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def holds_arrays(arrays) -> bool:
    return all(np.array_equal(array, expected) for array, expected in zip(arrays, ARRAYS.values(), strict=True))


def test_the_users_own_file_comes_first(lab, course, tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    np.savez(tmp_path / "own" / "cifar10.npz", **ARRAYS)
    monkeypatch.setenv("LABUTILS_DATA", str(tmp_path / "own"))
    *arrays, kind, source = lab["cifar10"]()
    assert holds_arrays(arrays)
    assert (kind, source) == ("CIFAR10 images", "own/cifar10.npz")
    assert list(course.iterdir()) == []


def test_torchvisions_copy_is_used(lab, course, monkeypatch):
    from torchvision.datasets import CIFAR10

    folder = course / CIFAR10.base_folder
    folder.mkdir()

    def write(name, entry):
        content = pickle.dumps(entry)
        (folder / name).write_bytes(content)
        return name, hashlib.md5(content).hexdigest()

    for part in ("train", "test"):
        flat = ARRAYS[f"{part}_images"].transpose(0, 3, 1, 2).reshape(-1, 3072)
        entry = {"data": flat, "labels": ARRAYS[f"{part}_labels"].tolist()}
        monkeypatch.setattr(CIFAR10, f"{part}_list", [write(f"{part}_batch", entry)])
    name, checksum = write("meta", {"label_names": list("abcdefghij")})
    monkeypatch.setattr(CIFAR10, "meta", {"filename": name, "key": "label_names", "md5": checksum})
    *arrays, kind, source = lab["cifar10"]()
    assert holds_arrays(arrays)
    assert (kind, source) == ("CIFAR10 images", "torchvision's CIFAR10")
    (folder / "test_batch").write_bytes(b"half")
    assert lab["cifar10"]()[-2] == "coloured digits"


def test_without_network_digits_in_random_colours_stand_in(lab, course, capsys):
    images, labels, test_images, _, kind, _ = lab["cifar10"]()
    assert "CIFAR10 could not be downloaded" in (said := capsys.readouterr().out)
    assert "refused" in said
    assert kind == "coloured digits"
    assert images.shape == (4000, 32, 32, 3)
    assert images.dtype == torch.uint8
    ground = test_images[:, :1, :1].float()
    ink = (test_images - ground).abs().amax(3)
    digits = data._embedded()
    assert (
        (ink[:, 2:-2, 2:-2] > 0) <= (digits.test_images > 0)
    ).all()  # nothing but the digit differs from its ground
    assert torch.equal(labels, digits.train_labels)
    assert len(ground.unique(dim=0)) > 900


def test_quick_mode_asks_nobody(lab, course, monkeypatch, capsys):
    (course / "cifar10.npz").write_bytes(b"not even looked at")
    monkeypatch.setitem(lab, "QUICK", True)
    assert lab["cifar10"]()[-2] == "coloured digits"
    assert capsys.readouterr().out == ""
