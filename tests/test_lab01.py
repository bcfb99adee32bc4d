"""The RBM of lab 01: it learns what can be computed exactly, runs on any device, and refuses bad input in words."""

import math
from types import SimpleNamespace

import pytest
import torch

from labutils.checks import CheckFailed
from labutils.metrics.rbm import all_states, exact_log_z, free_energy
from tests.notebook_tools import compiled, notebook_space, read


@pytest.fixture(scope="module")
def lab():
    return notebook_space("01_rbm")


def test_interface_of_the_sheet(lab):
    rbm = lab["RBM"](visible_size=6, hidden_size=4, cd_k=2)
    assert (rbm.v_size, rbm.h_size, rbm.cd_k) == (6, 4, 2)
    assert (rbm.W.shape, rbm.v_bias.shape, rbm.h_bias.shape) == ((6, 4), (6,), (4,))
    shapes = [tuple(x.shape) for x in rbm(torch.rand(3, 6))]
    assert shapes == [(3, 4)] * 4 + [(3, 6)] * 2
    assert [tuple(x.shape) for x in rbm.reconstruct(torch.rand(3, 4), 5)] == [(3, 4)] * 2 + [(3, 6)] * 2


def test_weights_start_small_and_uneven(lab):
    torch.manual_seed(0)
    W = lab["RBM"](400, 100).W
    assert abs(W.mean()) < 0.1 * 5 / 200
    assert abs(W.std() - 0.1) < 0.1 * 5 / math.sqrt(2 * 40_000)


@pytest.mark.parametrize("model", ["RBM", "PersistentRBM"])
def test_training_comes_close_to_the_data_distribution(lab, model):
    """Two patterns, each bit flipped with probability 0.1: the exact KL divergence falls below 0.05 nat."""
    torch.manual_seed(0)
    patterns = torch.tensor([[1.0, 1, 0, 0, 1, 0], [0.0, 0, 1, 1, 0, 1]])
    states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 6)
    flips = (states[:, None] - patterns).abs().sum(2)
    p = (0.1**flips * 0.9 ** (6 - flips)).mean(1)
    rbm = lab[model](6, 5, device="cpu")
    for step in range(2000):
        rbm.update_weights_for_batch(states[torch.multinomial(p, 100, replacement=True)], 0.1 * (1 - step / 2000))
    parameters = (rbm.W, rbm.v_bias, rbm.h_bias)
    log_q = -free_energy(states, *parameters) - exact_log_z(*parameters)
    assert 0 <= float((p * (p.log() - log_q)).sum()) < 0.05


@pytest.mark.parametrize("hidden", [3, 6])
def test_the_annealed_walks_hold_the_exact_value(lab, hidden):
    torch.manual_seed(1)
    rbm = lab["RBM"](8, hidden, device="cpu")
    rbm.W, rbm.v_bias, rbm.h_bias = 15 * rbm.W, torch.randn(8), torch.randn(hidden)
    log_z = exact_log_z(rbm.W, rbm.v_bias, rbm.h_bias)
    low, high = lab["log_z_bracket"](rbm, torch.zeros(8), 200, walkers=2000)
    assert low == pytest.approx(log_z, abs=0.1)
    assert log_z - 0.05 < high < log_z + 0.5


def test_the_exact_phases_agree_with_the_enumeration_of_all_states(lab):
    torch.manual_seed(2)
    rbm = lab["RBM"](5, 3, device="cpu")
    rbm.W, rbm.v_bias = 10 * rbm.W, torch.randn(5)
    v, h = all_states(5, rbm.W), all_states(3, rbm.W)
    p = (v @ rbm.W @ h.T + (v @ rbm.v_bias)[:, None] + h @ rbm.h_bias).flatten().softmax(0).view(32, 8)
    means = v.T @ p @ h, p.sum(1) @ v, p.sum(0) @ h
    exact, log_z = lab["exact_phase"](rbm)
    assert float(log_z) == pytest.approx(exact_log_z(rbm.W, rbm.v_bias, rbm.h_bias), abs=1e-4)
    long_chain = lab["expected_phase"](rbm, v[:7], 500)  # CD with very many steps has forgotten the data
    for mean, found, after_many in zip(means, exact, long_chain, strict=True):
        torch.testing.assert_close(found, mean, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(after_many, mean, atol=1e-4, rtol=1e-3)


def test_bars_and_stripes_are_all_there_once(lab):
    patterns = lab["bars_and_stripes"](4)
    assert patterns.shape == (30, 16)
    assert len({tuple(row) for row in patterns.tolist()}) == 30
    for image in patterns.view(-1, 4, 4):
        assert (image == image[:, :1]).all() or (image == image[:1]).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda rbm: rbm(torch.rand(10, 5)), r"batch has the shape \(10, 5\).*give \(batch, 6\)"),
        (lambda rbm: rbm(torch.rand(10, 6) * 255), r"batch holds values from .*expected .* in \[0, 1\]"),
        (lambda rbm: rbm.update_weights_for_batch(torch.rand(10, 1, 2, 2)), r"that is 4 values for each item"),
        (lambda rbm: rbm(torch.randint(2, (10, 6))), r"a tensor of torch.int64; expected a float tensor"),
        (lambda rbm: rbm(torch.rand(10, 6, device="meta")), r"batch is on meta, the model on cpu"),
        (lambda rbm: rbm.reconstruct(torch.rand(10, 6)), r"h has the shape \(10, 6\).*give \(batch, 4\)"),
        (lambda rbm: rbm.reconstruct(torch.rand(10, 4), 0), r"gibbs_steps is 0; expected at least 1"),
        (lambda rbm: type(rbm)(0, 4), r"visible_size is 0; expected an integer of at least 1"),
        (lambda rbm: type(rbm)(6, 2.5), r"hidden_size is 2.5"),
        (lambda rbm: type(rbm)(6, 4, cd_k=0), r"cd_k is 0"),
    ],
)
def test_bad_input_is_refused_in_words(lab, call, words):
    with pytest.raises(ValueError, match=words):
        call(lab["RBM"](6, 4, device="cpu"))


def test_a_missing_method_sends_to_the_cells_below_the_class(lab):
    with pytest.raises(AttributeError, match=r"RBM has no dream\. .* run its cell again"):
        lab["RBM"](6, 4, device="cpu").dream(1)
    assert not hasattr(lab["RBM"](6, 4, device="cpu"), "dream")


@pytest.mark.parametrize("components", [1, 2])
def test_the_mixture_is_a_distribution_and_learns_what_it_can(lab, monkeypatch, components):
    """Two patterns, each bit flipped with probability 0.1: one component gives independent pixels, two the truth."""
    torch.manual_seed(0)
    patterns = torch.tensor([[1.0, 1, 0, 0, 1, 0], [0.0, 0, 1, 1, 0, 1]])
    states = all_states(6)
    flips = (states[:, None] - patterns).abs().sum(2)
    truth = (0.1**flips * 0.9 ** (6 - flips)).mean(1)
    images = states[torch.multinomial(truth, 20_000, replacement=True)]
    frequencies = images.mean(0)
    loader = SimpleNamespace(images=images.view(-1, 1, 2, 3))
    for name, value in {"train_loader": loader, "base_bias": frequencies.logit(), "MIXTURE_STEPS": 60}.items():
        monkeypatch.setitem(lab, name, value)
    monkeypatch.setitem(lab, "device", torch.device("cpu"))
    value = []
    for state in states:
        monkeypatch.setitem(lab, "test_binary", state[None])
        value.append(lab["mixture_likelihood"](components, 1))
    log_p = torch.tensor(value)
    assert log_p.exp().sum() == pytest.approx(1, abs=1e-4)
    independent = torch.distributions.Bernoulli(frequencies).log_prob(states).sum(1)
    torch.testing.assert_close(log_p, independent if components == 1 else truth.log(), atol=0.15, rtol=0)


def test_checks_judge_the_class_that_was_run_last():
    """Whoever runs the class again, and its methods after it, is not judged by what the older class was."""
    cells = {cell.id: cell.source for cell in read("01_rbm").cells}
    space = notebook_space("01_rbm", "check-rbm-pcd")

    def run(name, old="", new=""):
        assert old in cells[name]
        exec(compiled(cells[name].replace(old, new), name), space)

    run("rbm-class")
    run("rbm-probabilities", "v @ self.W + self.h_bias", "v @ self.W")
    with pytest.raises(CheckFailed, match="bias is missing"):
        run("check-rbm-probabilities")
    run("rbm-probabilities")
    for cell in ("check-rbm-probabilities", "rbm-cd-pass", "check-rbm-cd-steps", "check-rbm-cd-pass"):
        run(cell)
    with pytest.raises(CheckFailed, match="PersistentRBM builds on an older RBM"):
        run("check-rbm-pcd")
    for cell in ("rbm-reconstruct", "rbm-pcd", "check-rbm-pcd"):
        run(cell)
