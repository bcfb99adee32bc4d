"""Mode, seeds, devices, folders."""

import errno
import importlib.util
import os
import random
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy.stats import binom

from labutils import runtime


def fresh_runtime(monkeypatch, quick, mode):
    """The module as a process with these two variables imports it."""
    monkeypatch.setenv("LABUTILS_QUICK", quick)
    monkeypatch.setenv("LABUTILS_MODE", mode)
    monkeypatch.delenv("LABUTILS_MODELS", raising=False)
    spec = importlib.util.find_spec("labutils.runtime")
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    return fresh


@pytest.mark.parametrize(
    ("quick", "mode", "name"),
    [("1", "", "quick"), ("1", "medium", "quick"), ("0", "", "full"), ("", "", "full"), ("", "quick", "quick"),
     ("0", "medium", "medium"), ("", "full", "full")],
)  # fmt: skip
def test_the_mode_comes_from_the_environment(monkeypatch, quick, mode, name):
    fresh = fresh_runtime(monkeypatch, quick, mode)
    assert name == fresh.MODE
    assert (name == "quick") == fresh.QUICK
    assert fresh.by_mode("quick", "medium", "full") == name
    assert fresh.models_dir().name == ("models" if name == "full" else name)


def test_an_unknown_mode_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="LABUTILS_MODE is set to 'fast', but it is quick, medium or full"):
        fresh_runtime(monkeypatch, "", "fast")


def test_seed_everything_repeats_all_generators():
    def draw():
        return random.random(), np.random.rand(), torch.rand(1).item()

    runtime.seed_everything(3)
    first = draw()
    runtime.seed_everything(3)
    assert draw() == first
    runtime.seed_everything(4)
    assert all(a != b for a, b in zip(draw(), first, strict=True))


def test_device_is_the_best_there_is(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert runtime.get_device().type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert runtime.get_device().type == "mps"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert runtime.get_device().type == "cpu"


def test_a_cpu_is_mentioned_only_where_it_matters(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(runtime, "MODE", "full")
    runtime.get_device()
    assert not capsys.readouterr().out
    runtime.get_device(cpu_minutes=90)
    assert "about 90 minutes" in capsys.readouterr().out


def test_precision_follows_the_hardware(monkeypatch, tmp_path):
    runtime.fast_dtype.cache_clear()
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    assert runtime.fast_dtype(torch.device("cuda")) == torch.float16
    runtime.fast_dtype.cache_clear()
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    assert runtime.fast_dtype(torch.device("cuda")) == torch.bfloat16
    assert runtime.fast_dtype(torch.device("mps")) == torch.float32
    for flags, expected in (("fpu avx512f", torch.float32), ("fpu avx512f avx512_bf16", torch.bfloat16)):
        (tmp_path / "cpuinfo").write_text(f"flags : {flags}\n")
        monkeypatch.setattr(runtime, "Path", lambda path: tmp_path / "cpuinfo")
        runtime.fast_dtype.cache_clear()
        assert runtime.fast_dtype(torch.device("cpu")) == expected
    runtime.fast_dtype.cache_clear()


def test_images_are_laid_out_for_fast_convolutions():
    x = torch.rand(2, 3, 4, 4)
    assert x.to(memory_format=runtime.image_layout(torch.device("cpu"))).stride() == (48, 1, 12, 3)
    assert x.to(memory_format=runtime.image_layout(torch.device("mps"))).stride() == x.stride()


def test_mixed_precision_works_on_this_machine():
    device = torch.device("cpu")
    with runtime.mixed_precision(device):
        product = torch.ones(2, 3) @ torch.ones(3, 2)
    assert product.dtype == runtime.fast_dtype(device)
    assert (product == 3).all()


def test_folders(monkeypatch, tmp_path):
    monkeypatch.delenv("LABUTILS_DATA", raising=False)
    assert runtime.data_dir() == Path(__file__).parents[1] / "data"
    monkeypatch.setenv("LABUTILS_DATA", str(tmp_path))
    assert runtime.data_dir() == tmp_path
    monkeypatch.setenv("LABUTILS_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"LABUTILS_DATA is set to .*nowhere"):
        runtime.data_dir()
    monkeypatch.setenv("LABUTILS_MODELS", str(tmp_path))
    assert tmp_path in [runtime.models_dir(), runtime.models_dir().parent]


def test_require_raises_a_value_error_with_the_message():
    runtime.require(True, "fine")
    with pytest.raises(ValueError, match="size is 0"):
        runtime.require(False, "size is 0")


@pytest.mark.parametrize("stage", ["fsync", "replace"])
def test_a_file_that_cannot_be_written_is_named_and_the_old_one_stays(tmp_path, monkeypatch, stage):
    path = tmp_path / "new folder" / "grades.csv"
    runtime.write_atomically(path, b"old")

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, stage, full)
    with pytest.raises(OSError, match=r"No space left on device: '.*grades\.csv'"):
        runtime.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == ["grades.csv"]


def test_a_folder_that_cannot_be_made_names_the_file(tmp_path):
    (tmp_path / "file").write_text("where the folder should be")
    with pytest.raises(OSError, match=r"file/grades\.csv"):
        runtime.write_atomically(tmp_path / "file" / "grades.csv", b"")


def test_describe_run_says_mode_and_device(capsys):
    runtime.describe_run()
    line, *warning = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{runtime.MODE} mode")
    assert runtime.get_device().type in line
    assert torch.__version__ in line
    assert bool(warning) == runtime.QUICK


@pytest.mark.parametrize("quick", [True, False])
def test_describe_run_warns_of_the_numbers_of_quick_mode_alone(capsys, monkeypatch, quick):
    monkeypatch.setattr(runtime, "QUICK", quick)
    runtime.describe_run()
    assert ("medium or full" in capsys.readouterr().out) == quick


def test_on_colab_it_says_how_to_keep_models_until_they_are_kept(capsys, monkeypatch):
    monkeypatch.delenv("LABUTILS_MODELS", raising=False)
    runtime.describe_run()
    assert "Drive" not in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    runtime.describe_run()
    assert "LABUTILS_MODELS" in capsys.readouterr().out
    monkeypatch.setenv("LABUTILS_MODELS", "/content/drive/MyDrive/labs")
    runtime.describe_run()
    assert "Drive" not in capsys.readouterr().out


def test_sample_bernoulli_has_the_right_mean_and_stays_in_its_generator():
    prob = torch.tensor([0.0, 0.1, 0.5, 0.9, 1.0])
    state = torch.get_rng_state()
    draws = runtime.sample_bernoulli(prob.expand(10_000, 5), torch.Generator().manual_seed(0))
    assert torch.equal(torch.get_rng_state(), state)
    assert set(draws.unique().tolist()) == {0.0, 1.0}
    for count, p in zip(draws.sum(0).tolist(), prob.tolist(), strict=True):
        low, high = binom.ppf([1e-7, 1 - 1e-7], 10_000, p)
        assert low <= count <= high


def test_add_to_class_makes_a_method():
    class Thing:
        pass

    @runtime.add_to_class(Thing)
    def double(self, x):
        return 2 * x

    assert Thing().double(4) == 8
    assert double(None, 4) == 8
