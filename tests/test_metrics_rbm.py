"""Log-likelihoods of RBMs against enumeration, closed forms and the exact law of the annealing walk."""

import math
from functools import partial
from itertools import pairwise, product

import pytest
import torch
import torch.nn.functional as F

from labutils import runtime
from labutils.metrics import rbm

Z_SCORE = 5.0
"""A statistical test fails by chance once in 1.7 million times; the seeds are fixed besides."""


states = partial(rbm.all_states, like=torch.empty(0, dtype=torch.float64))


def tiny(scale: float = 1.5) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """An RBM of 4x3 units with nothing symmetric about it."""
    g = torch.Generator().manual_seed(3)
    W, a, b = (scale * torch.randn(*shape, generator=g, dtype=torch.float64) for shape in ((4, 3), (4,), (3,)))
    return W, a, b


@pytest.mark.parametrize("units", [0, 1, 5])
def test_all_states_come_once_each(units):
    found = rbm.all_states(units).tolist()
    assert len(found) == 2**units
    assert {tuple(row) for row in found} == set(product([0.0, 1.0], repeat=units))
    assert rbm.all_states(units).dtype == torch.float32
    assert states(units).dtype == torch.float64


def minus_energy(W, a, b):
    """-E(v, h) for all pairs of states (2^V, 2^H), term by term from the definition."""
    v, h = states(len(a)), states(len(b))
    return (
        torch.einsum("vi,i->v", v, a)[:, None]
        + torch.einsum("hj,j->h", h, b)[None, :]
        + torch.einsum("vi,ij,hj->vh", v, W, h)
    )


def pairs_rbm(units: int, seed: int, scale: float = 2.0):
    """A diagonal W makes independent pairs (v_i, h_i), each with Z = 1 + e^a + e^b + e^(a+b+w)."""
    g = torch.Generator().manual_seed(seed)
    w, a, b = scale * torch.randn(3, units, generator=g, dtype=torch.float64)
    terms = torch.stack([torch.zeros_like(w), a, b, a + b + w])
    return torch.diag(w), a, b, float(torch.logsumexp(terms, 0).sum())


def two_modes_rbm():
    """30x21 units; one hidden unit turns the pixels from mostly off to mostly on, a mode e^5 larger."""
    a = torch.full((30,), -4.0, dtype=torch.float64)
    W = torch.zeros(30, 21, dtype=torch.float64)
    W[:, 0] = 8.0
    b = torch.zeros(21, dtype=torch.float64)
    b[0] = 5.0 + float(F.softplus(a).sum() - F.softplus(a + 8).sum())
    log_z = math.log(2) * 20 + float(torch.logaddexp(F.softplus(a).sum(), b[0] + F.softplus(a + 8).sum()))
    return W, a, b, log_z


def test_free_energy_is_minus_the_log_sum_over_hidden_states():
    W, a, b = tiny()
    expected = -torch.logsumexp(minus_energy(W, a, b), dim=1)
    torch.testing.assert_close(rbm.free_energy(states(4), W, a, b), expected)


def test_free_energy_can_be_derived():
    W, a, b = (x.requires_grad_() for x in tiny())
    v = states(4)[5:6]
    rbm.free_energy(v, W, a, b).sum().backward()
    torch.testing.assert_close(a.grad, -v[0])
    torch.testing.assert_close(W.grad, -torch.outer(v[0], torch.sigmoid(v @ W + b)[0]).detach())


def test_exact_log_z_is_the_log_sum_over_all_states():
    W, a, b = tiny()
    expected = float(torch.logsumexp(minus_energy(W, a, b).flatten(), 0))
    assert rbm.exact_log_z(W, a, b) == pytest.approx(expected, abs=1e-10)
    assert rbm.exact_log_z(W.T, b, a) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(("units", "dtype", "tolerance"), [(13, torch.float64, 1e-9), (11, torch.float32, 1e-3)])
def test_exact_log_z_of_independent_pairs(units, dtype, tolerance):
    W, a, b, log_z = pairs_rbm(units, seed=1)
    assert rbm.exact_log_z(W.to(dtype), a.to(dtype), b.to(dtype)) == pytest.approx(log_z, abs=tolerance)


def test_exact_log_z_does_not_overflow():
    W, a, b = torch.full((2, 1), 300.0), torch.zeros(2), torch.zeros(1)
    assert rbm.exact_log_z(W, a, b) == pytest.approx(600.0)


@pytest.mark.parametrize("train_mean", [None, torch.tensor([0.1, 0.9, 0.0, 0.6])])
def test_the_weights_of_ais_have_the_mean_z(train_mean):
    W, a, b = tiny()
    exact = float(torch.logsumexp(minus_energy(W, a, b).flatten(), 0))
    result = rbm.ais_log_z(W, a, b, train_mean=train_mean, chains=40_000, steps=5, seed=1)
    assert result.stderr < 0.02  # Else the next line could not fail.
    assert abs(result.log_z - exact) < Z_SCORE * result.stderr


def test_without_weights_the_base_is_the_model():
    result = rbm.ais_log_z(torch.zeros(6, 4), torch.zeros(6), torch.zeros(4), chains=10, steps=5)
    assert result.log_z == pytest.approx(10 * math.log(2), abs=1e-5)
    assert result.stderr == pytest.approx(0, abs=1e-5)
    assert result.ess == pytest.approx(10, abs=1e-3)


@pytest.mark.long
def test_the_standard_error_of_ais_is_the_spread_over_seeds():
    W, a, b = tiny()
    results = [rbm.ais_log_z(W, a, b, chains=200, steps=10, seed=seed) for seed in range(150)]
    spread = torch.tensor([result.log_z for result in results]).std()
    mean_error = torch.tensor([result.stderr for result in results]).mean()
    # The standard deviation of 150 numbers is itself known to 6 %.
    assert 0.7 < float(mean_error / spread) < 1.4


def test_the_standard_error_counts_that_the_largest_was_chosen(monkeypatch):
    """Four walks, each with the standard error 0.3: the largest is off by more, see the next test."""
    W, a, b, _ = pairs_rbm(22, seed=0)
    v = torch.ones(3, 22, dtype=torch.float64)
    monkeypatch.setattr(rbm, "_ais", lambda *_: (rbm.LogZ(50.0, 0.3, 70.0), v))
    result = rbm.log_likelihood(v, W, a, b, train_mean=torch.full((22,), 0.5), steps=2)
    assert result.stderr == pytest.approx(0.3 * 1.246, rel=0.03)


@pytest.mark.parametrize(
    ("estimates", "error"),
    [
        ([(5.0, 0.3)], 0.3),  # nothing was chosen
        ([(5.0, 0.3), (-45.0, 0.3)], 0.3),  # the other one has missed something
        ([(5.0, 0.3), (4.9, 0.3)], 0.3),  # of two normal numbers the larger has a mean square of 1, too
        ([(5.0, 0.3), (4.9, 0.3), (4.8, 0.3), (4.7, 0.3)], 0.3 * 1.246),  # by order statistics: 0.701^2 + 1.029^2
        ([(5.0, 0.3), (4.9, 0.03)], 0.3),  # never less than its own
        ([(5.0, 0.0), (5.0, 0.0)], 0.0),
    ],
)
def test_the_error_of_the_largest(estimates, error):
    assert rbm.error_of_largest(estimates) == pytest.approx(error, rel=0.03)
    assert rbm.error_of_largest(estimates[::-1]) == pytest.approx(error, rel=0.03)


def transition(W, a, b):
    """One Gibbs step v -> h -> v' as a matrix (from, to)."""
    table = minus_energy(W, a, b)
    return torch.softmax(table, 1) @ torch.softmax(table, 0).T


def test_raise_gives_the_probability_that_the_forward_walk_ends_in_v():
    W, a, b = tiny()
    train_mean = torch.tensor([0.2, 0.7, 0.4, 0.9], dtype=torch.float64)
    steps, chains = 3, 20_000
    base = torch.logit(0.99 * train_mean + 0.005)
    p_ann = torch.softmax(states(4) @ base, 0)
    for k in range(1, steps + 1):
        beta = k / steps
        p_ann = p_ann @ transition(beta * W, base + beta * (a - base), beta * b)
    log_p = rbm.raise_log_likelihood(states(4).repeat_interleave(chains, 0), W, a, b, train_mean, steps, seed=2)
    p = log_p.exp().view(16, chains)
    error = p.std(1) / math.sqrt(chains)
    assert ((p.mean(1) - p_ann).abs() < Z_SCORE * error).all()
    assert abs(float(p.mean(1).sum()) - 1) < Z_SCORE * float(error.square().sum().sqrt())
    # The test tells p_ann from p, the model itself.
    log_model = -rbm.free_energy(states(4), W, a, b)
    assert ((torch.softmax(log_model, 0) - p_ann).abs() > 2 * Z_SCORE * error).any()


def test_raise_comes_closer_from_below_with_more_steps():
    W, a, b = tiny(2.5)
    exact = torch.log_softmax(torch.logsumexp(minus_energy(W, a, b), 1), 0)
    g = torch.Generator().manual_seed(0)
    drawn = torch.multinomial(exact.exp(), 20_000, replacement=True, generator=g)
    gaps = []
    for steps in (1, 4, 30, 300):
        gap = exact[drawn] - rbm.raise_log_likelihood(states(4)[drawn], W, a, b, None, steps, seed=0)
        assert float(gap.mean()) > -Z_SCORE * float(gap.std()) / math.sqrt(len(drawn))
        gaps.append(float(gap.mean()))
    assert all(later < 0.6 * earlier for earlier, later in pairwise(gaps))
    assert gaps[-1] < 0.02


def test_log_likelihood_is_exact_for_small_rbms():
    W, a, b = tiny()
    table = minus_energy(W, a, b)
    expected = float((torch.logsumexp(table, 1) - torch.logsumexp(table.flatten(), 0))[:9].mean())
    result = rbm.log_likelihood(states(4)[:9], W, a, b)
    assert (result.stderr, result.kind) == (0.0, "exact")
    assert result.value == result.lower == pytest.approx(expected, abs=1e-10)
    assert str(result) == f"{expected:.1f} (exact)"


def test_the_bracket_holds_the_truth():
    W, a, b, log_z = pairs_rbm(24, seed=5)
    v = (torch.rand(50, 24, generator=torch.Generator().manual_seed(0)) < 0.5).double()
    log_pv = v @ a + torch.log1p(torch.exp(v * torch.diag(W) + b)).sum(1) - log_z
    truth = float(log_pv.mean())
    result = rbm.log_likelihood(v, W, a, b, train_mean=torch.full((24,), 0.5), chains=300, steps=1000)
    assert result.kind == "AIS"
    assert 0 < result.stderr < 0.1
    assert abs(result.value - truth) < Z_SCORE * result.stderr
    assert truth - 0.6 < result.lower < truth + 0.1
    assert str(result) == f"{result.value:.1f} ± {result.stderr:.1f}"


def test_two_bases_find_the_mode_that_one_misses():
    W, a, b, log_z = two_modes_rbm()
    train_mean = torch.full((30,), 0.02)
    missed = rbm.ais_log_z(W, a, b, train_mean=train_mean, steps=300)
    assert log_z - missed.log_z > 3  # Badly wrong,
    assert missed.stderr < 0.5  # and does not know it.
    v = torch.zeros(5, 30, dtype=torch.float64)
    truth = -float(rbm.free_energy(v, W, a, b).mean()) - log_z
    result = rbm.log_likelihood(v, W, a, b, train_mean=train_mean, steps=300)
    assert abs(result.value - truth) < 0.3


def test_both_sides_find_the_mode_of_an_rbm_whose_layers_are_exchanged():
    W, a, b, log_z = two_modes_rbm()
    W, a, b = W.T.contiguous(), b, a  # 21 pixels now, 30 hidden units
    v = torch.zeros(5, 21, dtype=torch.float64)
    truth = -float(rbm.free_energy(v, W, a, b).mean()) - log_z
    result = rbm.log_likelihood(v, W, a, b, train_mean=torch.full((21,), 0.02), both_sides=True, steps=300)
    assert abs(result.value - truth) < 0.3
    assert result.lower <= result.value


def test_both_sides_hold_the_truth_and_never_claim_more():
    W, a, b, log_z = pairs_rbm(24, seed=5)
    v = (torch.rand(50, 24, generator=torch.Generator().manual_seed(0)) < 0.5).double()
    truth = float((v @ a + torch.log1p(torch.exp(v * torch.diag(W) + b)).sum(1)).mean()) - log_z
    one, both = (
        rbm.log_likelihood(v, W, a, b, train_mean=torch.full((24,), 0.5), both_sides=sides, steps=500)
        for sides in (False, True)
    )
    assert both.value <= one.value + Z_SCORE * one.stderr
    assert abs(both.value - truth) < Z_SCORE * both.stderr
    assert truth - 0.6 < both.lower < truth + 0.1


def test_few_effective_chains_are_said():
    g = torch.Generator().manual_seed(0)
    W, a, b = 5 * torch.randn(60, 50, generator=g), torch.zeros(60), torch.zeros(50)
    result = rbm.log_likelihood(torch.ones(1, 60), W, a, b, chains=4, steps=1)
    assert result.ess < 3
    assert result.kind == "upper bound only"
    assert str(result) == f"{result.value:.1f} (upper bound only)"


def test_seeds_are_the_functions_own():
    W, a, b, _ = pairs_rbm(22, seed=0)
    v = torch.ones(3, 22, dtype=torch.float64)
    first, again, other = (rbm.log_likelihood(v, W, a, b, chains=20, steps=20, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_quick_mode_takes_fewer_steps(monkeypatch):
    W, a, b = tiny()
    monkeypatch.setattr(runtime, "QUICK", True)
    assert rbm.ais_log_z(W, a, b, chains=2) == rbm.ais_log_z(W, a, b, chains=2, steps=30)
    monkeypatch.setattr(runtime, "QUICK", False)
    assert rbm.ais_log_z(W, a, b, chains=2) == rbm.ais_log_z(W, a, b, chains=2, steps=3000)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"v": torch.full((2, 4), 0.5)}, "Sample grey pixels first"),
        ({"v": torch.full((2, 4), math.nan)}, "zeros and ones"),
        ({"v": torch.ones(0, 4)}, "at least one vector"),
        ({"v": torch.ones(2, 1, 2, 2)}, r"v\.view\(-1, 4\)"),
        ({"v": torch.ones(2, 3)}, r"\(2, 3\), expected \(B, 4\)"),
        ({"W": torch.ones(3, 4)}, r"\(3, 4\), \(4,\), \(3,\); expected \(V, H\), \(V,\), \(H,\).*transposed"),
        ({"h_bias": torch.ones(4)}, r"W, v_bias, h_bias have the shapes \(4, 3\), \(4,\), \(4,\)"),
        ({"v_bias": torch.full((4,), math.inf)}, "v_bias .* diverged"),
    ],
)
def test_bad_input_to_log_likelihood(change, says):
    given = {"v": torch.ones(2, 4), "W": torch.ones(4, 3), "v_bias": torch.ones(4), "h_bias": torch.ones(3)}
    with pytest.raises(ValueError, match=says):
        rbm.log_likelihood(**(given | change))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"chains": 1}, "chains=1"),
        ({"steps": 0}, "steps=0"),
        ({"train_mean": torch.full((4,), 1.5)}, r"in \[0, 1\]"),
        ({"train_mean": torch.full((5,), 0.5)}, r"\(5,\)"),
    ],
)
def test_bad_input_to_ais(change, says):
    with pytest.raises(ValueError, match=says):
        rbm.ais_log_z(torch.ones(4, 3), torch.ones(4), torch.ones(3), **change)
