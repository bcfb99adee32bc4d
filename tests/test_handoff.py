"""What one lab hands to the next: objects, classes and tensors that survive, files that do not break."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from labutils import handoff, runtime
from labutils.data import Loader
from labutils.handoff import is_own, load_model, resumable, save_model
from labutils.metrics import leaderboard
from tests import make_reference


@pytest.fixture(autouse=True)
def models(tmp_path, monkeypatch):
    """An empty folder for models, none of the course's, in full mode, loading on the CPU."""
    monkeypatch.setenv("LABUTILS_MODELS", str(tmp_path))
    monkeypatch.setattr(runtime, "MODE", "full")
    monkeypatch.setattr(handoff, "REFERENCE", tmp_path / "reference")
    monkeypatch.setattr(runtime, "get_device", lambda: torch.device("cpu"))
    return tmp_path


def header_and_payload(path: Path) -> tuple[dict, bytes]:
    line, _, payload = path.read_bytes().partition(b"\n")
    return json.loads(line), payload


def rewrite(path: Path, **changes) -> None:
    header, payload = header_and_payload(path)
    path.write_bytes(json.dumps(header | changes).encode() + b"\n" + payload)


# ---------------------------------------------------------------- what arrives

SAVE = """
import torch
from labutils.handoff import save_model

SCALE = 3.0

def double(x):
    return 2 * x

class RBM:
    '''Defined in a notebook.'''
    def __init__(self, size):
        self.device = torch.device("cuda")
        self.W = torch.arange(float(size)).requires_grad_()

    def energy(self, v):
        return double((v * self.W).sum()) * SCALE

class Net(torch.nn.Module):
    def __init__(self, rbm):
        super().__init__()
        self.rbm, self.layer = rbm, torch.nn.Linear(4, 2)

    def forward(self, v):
        return self.layer(v) + self.rbm.energy(v)

torch.manual_seed(0)
net = Net(RBM(4))
save_model("dbn", net)
print(net(torch.ones(1, 4)).tolist())
"""

LOAD = """
import torch
from labutils.handoff import load_model
net = load_model("dbn", device="cpu")
assert "RBM" not in globals() and "Net" not in globals()
assert isinstance(net, torch.nn.Module) and net.rbm.W.requires_grad
assert net.rbm.device == torch.device("cpu")
print(net(torch.ones(1, 4)).tolist())
"""


@pytest.mark.long
def test_a_class_of_one_notebook_arrives_in_another():
    """Two processes, the second of which has never seen the classes, the function and the constant."""
    outputs = []
    for script in (SAVE, LOAD):
        run = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stderr
        outputs.append(run.stdout)
    assert outputs[0] == outputs[1]
    assert outputs[0].startswith("[[")


def test_parameters_buffers_and_tied_weights_arrive():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Linear(3, 3)
            self.decoder = nn.Linear(3, 3, bias=False)
            self.decoder.weight = self.encoder.weight
            self.norm = nn.BatchNorm1d(3)
            self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)
            self.register_buffer("mean", torch.tensor([1.0, 2.0]))
            self.plain = torch.ones(2, requires_grad=True)

    model = Tied()
    model.norm(torch.randn(8, 3))
    model.eval()
    save_model("vae", model)
    loaded = load_model("vae")
    expected = model.state_dict()
    assert list(loaded.state_dict()) == list(expected)
    assert all(torch.equal(value, expected[name]) for name, value in loaded.state_dict().items())
    flags = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    assert {name: parameter.requires_grad for name, parameter in loaded.named_parameters()} == flags
    assert all(isinstance(parameter, nn.Parameter) for parameter in loaded.parameters())
    assert not isinstance(loaded.plain, nn.Parameter)
    assert not isinstance(loaded.mean, nn.Parameter)
    assert loaded.encoder.weight is loaded.decoder.weight
    assert not loaded.training
    assert loaded.plain.requires_grad
    assert loaded.plain.is_leaf
    loaded.encoder.weight.data.zero_()
    assert loaded.decoder.weight.abs().sum() == 0
    assert model.encoder.weight.abs().sum() > 0


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor(3.5),
        torch.empty(0, 4),
        torch.arange(6, dtype=torch.uint8).view(2, 3),
        torch.tensor([True, False]),
        torch.randn(3, dtype=torch.bfloat16),
        torch.randn(3, 4).T,
        torch.randn(5).expand(3, 5),
        torch.randn(2, dtype=torch.complex64).conj(),
    ],
    ids=["scalar", "empty", "uint8", "bool", "bfloat16", "transposed", "expanded", "conjugate"],
)
def test_tensors_of_all_kinds_arrive(tensor):
    save_model("t", {"tensor": tensor, "number": 3})
    loaded = load_model("t")
    assert loaded["number"] == 3
    assert loaded["tensor"].dtype == tensor.dtype
    assert torch.equal(loaded["tensor"], tensor)


def test_views_and_tied_memory_arrive():
    class Autoencoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.up = nn.Linear(3, 2, bias=False)
            self.down = nn.Linear(2, 3, bias=False)
            self.down.weight.data = self.up.weight.data.T  # two parameters, one memory
            self.register_buffer("first_row", self.up.weight.data[0])

    save_model("vae", {"model": Autoencoder(), "grid": (grid := torch.zeros(4, 4)), "row": grid[1]})
    loaded = load_model("vae")
    loaded["model"].up.weight.data.fill_(7)
    assert (loaded["model"].down.weight == 7).all()
    assert (loaded["model"].first_row == 7).all()
    loaded["row"].fill_(5)
    assert loaded["grid"][:, 0].tolist() == [0, 5, 0, 0]


def test_a_result_arrives_without_its_history_and_a_parameter_without_its_gradient():
    weight = torch.ones(3, requires_grad=True)
    result = weight * 2
    result.sum().backward()
    save_model("t", [weight, result])
    loaded = load_model("t")
    assert loaded[0].requires_grad
    assert loaded[0].grad is None
    assert loaded[1].grad_fn is None


# ---------------------------------------------------------------- devices


def test_the_device_is_chosen_at_loading():
    """`meta` stands in for a GPU: it is the one other device that every machine has."""
    model = nn.BatchNorm1d(3)
    model.device = torch.device("cuda", 1)
    model.nested = {"list": [torch.ones(2)]}
    save_model("vae", model)
    for device in ("cpu", "meta"):
        loaded = load_model("vae", device=device)
        tensors = [*loaded.parameters(), *loaded.buffers(), loaded.nested["list"][0]]
        assert {tensor.device for tensor in tensors} == {torch.device(device)}
        assert loaded.device == torch.device(device)
    assert load_model("vae").weight.device == torch.device("cpu")


def test_without_a_device_get_device_decides(monkeypatch):
    save_model("vae", nn.Linear(2, 2))
    monkeypatch.setattr(runtime, "get_device", lambda: torch.device("meta"))
    assert load_model("vae").weight.device == torch.device("meta")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_model_of_a_gpu_arrives_on_the_cpu():
    model = nn.Linear(3, 2).to("cuda:0")
    save_model("vae", model)
    loaded = load_model("vae", device="cpu")
    assert torch.equal(loaded.weight, model.weight.cpu())
    assert load_model("vae", device="cuda:0").weight.is_cuda


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("name", ["", "a/b", "../rbm", "a.b", "a b", "ž", None, "rbm\n"])
def test_names(name):
    for call in (lambda: save_model(name, 1), lambda: load_model(name)):
        with pytest.raises(ValueError, match="letters, digits"):
            call()


def test_saving_again_replaces(models):
    assert save_model("rbm", 1) == save_model("rbm", 2) == models / "rbm.pkl"
    assert load_model("rbm") == 2
    assert os.listdir(models) == ["rbm.pkl"]


@pytest.mark.parametrize("stage", ["write", "sync", "replace"])
@pytest.mark.parametrize("interruption", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_save_leaves_the_old_model(models, monkeypatch, stage, interruption):
    save_model("rbm", "old")

    def fail(*arguments, **options):
        raise interruption

    def open_and_fail(path, mode):
        path.touch()
        fail()

    target, function, replacement = {
        "write": (Path, "open", open_and_fail),
        "sync": (os, "fsync", fail),
        "replace": (os, "replace", fail),
    }[stage]
    with monkeypatch.context() as broken:
        broken.setattr(target, function, replacement)
        with pytest.raises(type(interruption)) as caught:
            save_model("rbm", "new")
    if isinstance(interruption, OSError):
        assert "No space left" in str(caught.value)
        assert "LABUTILS_MODELS" in str(caught.value)
    assert os.listdir(models) == ["rbm.pkl"]
    assert load_model("rbm") == "old"


def test_an_object_that_cannot_be_pickled_leaves_the_old_model(models):
    save_model("rbm", "old")
    with pytest.raises(ValueError, match=r"the dict holds something that cannot be pickled.*generator"):
        save_model("rbm", {"batches": (i for i in range(3))})
    assert load_model("rbm") == "old"
    assert os.listdir(models) == ["rbm.pkl"]


def test_a_folder_that_cannot_be_made(models, monkeypatch):
    (models / "file").write_text("not a folder")
    monkeypatch.setenv("LABUTILS_MODELS", str(models / "file" / "models"))
    with pytest.raises(OSError, match=r"'rbm' cannot be saved: .*LABUTILS_MODELS"):
        save_model("rbm", 1)
    with pytest.raises(FileNotFoundError, match=r"01_rbm\.ipynb"):
        load_model("rbm")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(models):
    models.chmod(0o555)
    with pytest.raises(OSError, match=r"cannot be saved: .*make the folder writable"):
        save_model("rbm", 1)
    models.chmod(0o755)


@pytest.mark.parametrize(("name", "notebook"), handoff.MADE_BY.items())
def test_a_missing_model_names_its_notebook(name, notebook):
    with pytest.raises(FileNotFoundError) as caught:
        load_model(name)
    assert f"'{name}'" in str(caught.value)
    assert f"run {notebook} first." in str(caught.value)
    assert "Drive" not in str(caught.value)


def test_on_colab_a_missing_model_tells_how_to_keep_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    with pytest.raises(FileNotFoundError, match=r"run 01_rbm.ipynb first\.\nOn Colab(?s:.)*Drive"):
        load_model("rbm")


def test_an_unknown_model_lists_what_there_is():
    save_model("mine", 1)
    with pytest.raises(FileNotFoundError, match=r"'yours'.*Saved there: mine.*'rbm' \(01_rbm\.ipynb\)"):
        load_model("yours")


@pytest.mark.parametrize(("there", "here"), [("quick", "full"), ("full", "quick"), ("medium", "full")])
def test_the_runs_of_each_mode_are_kept_apart(monkeypatch, there, here):
    monkeypatch.setattr(runtime, "MODE", there)
    save_model("rbm", "first")
    monkeypatch.setattr(runtime, "MODE", here)
    with pytest.raises(FileNotFoundError, match=rf"01_rbm.ipynb first in {here} mode, .*kept apart"):
        load_model("rbm")
    save_model("rbm", "second")
    assert load_model("rbm") == "second"
    monkeypatch.setattr(runtime, "MODE", there)
    assert load_model("rbm") == "first"


@pytest.mark.parametrize("damage", ["empty", "header cut", "payload cut", "flipped", "foreign", "list"])
def test_a_damaged_file_is_refused_and_left_alone(damage):
    path = save_model("rbm", {"W": torch.ones(10)})
    whole = path.read_bytes()
    middle = len(whole) // 2
    broken = {
        "empty": b"",
        "header cut": whole[:20],
        "payload cut": whole[:-1],
        "flipped": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "foreign": b"\x80\x04K\x01.",
        "list": b"[1]\n",
    }[damage]
    path.write_bytes(broken)
    with pytest.raises(ValueError, match=r"rbm\.pkl is damaged or incomplete\. Run 01_rbm\.ipynb again"):
        load_model("rbm")
    assert path.read_bytes() == broken


def test_a_file_of_another_python_is_refused():
    path = save_model("mine", 1)
    rewrite(path, python="3.9")
    with pytest.raises(RuntimeError, match=r"Python 3\.9.*Run the notebook that saves it again"):
        load_model("mine")


def test_code_that_no_longer_fits_is_explained(monkeypatch):
    monkeypatch.setattr(handoff, "Renamed", type("Renamed", (), {"__module__": handoff.__name__}), raising=False)
    path = save_model("dbn", handoff.Renamed())
    rewrite(path, torch="1.0")
    monkeypatch.delattr(handoff, "Renamed")
    with pytest.raises(RuntimeError, match=r"Renamed.*torch 1\.0.*Run 02_dbn\.ipynb again"):
        load_model("dbn")


# ---------------------------------------------------------------- the course's own results


@pytest.fixture
def course(models, monkeypatch):
    """Full runs of this project, packed, and then removed: a student has only the course's results."""
    monkeypatch.setattr(leaderboard, "REFERENCE", models / "reference" / "leaderboard.json")
    monkeypatch.setattr(make_reference, "REFERENCE", models / "reference")
    machine = SimpleNamespace(W=torch.randn(784, 100), v_bias=torch.randn(784), v_size=784, name="no number")
    images = torch.rand(1000, 784)
    save_model("rbm", machine)
    save_model("vae_samples", images)
    save_model("vae", torch.nn.Sequential(torch.nn.Linear(3, 2)))
    leaderboard.record("RBM", 1, epochs=100)
    make_reference.main()
    for path in [*models.glob("*.pkl"), *(models / "leaderboard").iterdir()]:
        path.unlink()
    return machine, images


def test_without_a_model_of_ones_own_the_courses_serves(course, capsys):
    machine, images = course
    rbm, samples = load_model("rbm"), load_model("vae_samples")
    told = "You have no 'rbm' of your own yet (01_rbm.ipynb makes it): this goes on with the course's.\n"
    assert told in capsys.readouterr().out
    assert not is_own("rbm")
    assert vars(rbm).keys() == {"W", "v_bias", "v_size"}
    assert rbm.v_size == 784
    assert rbm.W.dtype == samples.dtype == torch.float32
    assert torch.allclose(rbm.W, machine.W, rtol=2**-11, atol=1e-7)
    assert torch.allclose(samples, images, atol=0.5 / 255 + 1e-6)
    assert list(leaderboard.table()["run"]) == ["the course's"]


def test_of_a_network_the_course_keeps_the_weights_alone(course):
    weights = vars(load_model("vae"))
    assert {name: tuple(part.shape) for name, part in weights.items()} == {"0.weight": (2, 3), "0.bias": (2,)}
    assert weights["0.weight"].dtype == torch.float32


def test_ones_own_model_comes_first(course, capsys):
    save_model("rbm", "mine")
    assert is_own("rbm")
    assert not is_own("vae")
    capsys.readouterr()
    assert load_model("rbm") == "mine"
    assert not capsys.readouterr().out


def test_a_changed_result_of_the_course_is_refused(course):
    path = handoff.REFERENCE / "rbm.npz"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"rbm\.npz is not the file of the course"):
        load_model("rbm")


# ---------------------------------------------------------------- a training that was interrupted


def a_training(stop_after=99, rate=0.1, width=3, mode="as it was"):
    """Four epochs on random numbers of all kinds; what they give. Stopped in the epoch after `stop_after`."""
    space = {"__name__": "__main__", "torch": torch}
    exec(STEP[mode], space)
    runtime.seed_everything(1)
    plain, net = space["Plain"](width), nn.Linear(width, 1)
    optimizer = torch.optim.Adam(net.parameters())
    loader, log = Loader(torch.arange(40, dtype=torch.uint8).view(10, 2, 2), torch.arange(10), 3, shuffle=True,
                         device=torch.device("cpu")), []  # fmt: skip
    for epoch in resumable("t", 4, plain=plain, net=net, optimizer=optimizer, loader=loader, log=log, rate=rate):
        if epoch > stop_after:
            raise KeyboardInterrupt
        for images, _ in loader:
            plain.step(rate, images.mean())
            optimizer.zero_grad()
            net(torch.rand(5, width)).square().mean().backward()
            optimizer.step()
        log.append((epoch, random.random(), np.random.rand()))
    return log, plain.W.tolist(), [p.tolist() for p in net.parameters()]


STEP = {
    "as it was": """
class Plain:
    def __init__(self, width):
        self.W = torch.zeros(width)
    def step(self, rate, x):
        self.W = self.W + rate * x * torch.rand(len(self.W))
""",
}
STEP["mended"] = STEP["as it was"].replace("+ rate", "- rate")
STEP["all kinds of constants"] = STEP["as it was"].replace("        self.W = self.W +", """        new = ...
        assert self.W.dim() in {1, 2} and "W" in {"W", "a"} and 1j * 1j == -1
        assert self.W[..., :0].numpy().tobytes() == b""
        self.W = self.W +""")


@pytest.mark.parametrize(("stop_after", "mode"), [(1, "as it was"), (3, "all kinds of constants")])
def test_an_interrupted_training_ends_as_if_it_had_not_been(models, capsys, stop_after, mode):
    whole = a_training(mode=mode)
    assert not list(models.iterdir())  # nothing is left behind
    with pytest.raises(KeyboardInterrupt):
        a_training(stop_after, mode=mode)
    capsys.readouterr()
    assert a_training(mode=mode) == whole
    assert f"interrupted: it goes on after epoch {stop_after} of 4.\n" in capsys.readouterr().out
    assert not list(models.iterdir())
    assert a_training(mode=mode) == whole  # and trains anew


@pytest.mark.parametrize("change", [{"rate": 0.2}, {"width": 4}, {"mode": "mended"}])
def test_another_training_begins_anew(capsys, change):
    whole = a_training(**change)
    with pytest.raises(KeyboardInterrupt):
        a_training(2)
    assert a_training(**change) == whole
    assert "interrupted" not in capsys.readouterr().out


def test_a_damaged_state_begins_anew(models):
    whole = a_training()
    (models / "t.unfinished").write_bytes(b"half a file")
    assert a_training() == whole


def test_quick_runs_leave_no_state(models, monkeypatch):
    monkeypatch.setattr(runtime, "MODE", "quick")
    with pytest.raises(KeyboardInterrupt):
        a_training(2)
    assert not list(models.iterdir())
