"""Bounds on the log-likelihood of DBNs against enumeration and against the RBM that a DBN can be."""

import math
from functools import partial

import pytest
import torch

from labutils.metrics import dbn, rbm

Z_SCORE = 5.0
"""A statistical test fails by chance once in 1.7 million times; the seeds are fixed besides."""


states = partial(rbm.all_states, like=torch.empty(0, dtype=torch.float64))


def tiny(seed: int = 3, scale: float = 1.2) -> dict[str, torch.Tensor]:
    """A DBN of 4x3x2 units; its recognition weights have nothing to do with the generative ones."""
    g = torch.Generator().manual_seed(seed)
    shapes = {"R": (4, 3), "h1_up_bias": (3,), "W_down": (3, 4), "v_bias": (4,)}
    shapes |= {"W2": (3, 2), "h1_bias": (3,), "h2_bias": (2,)}
    return {name: scale * torch.randn(*shape, generator=g, dtype=torch.float64) for name, shape in shapes.items()}


def bernoulli(prob, outcomes):
    """Probability of each outcome (O, N) under each row of prob (B, N): (B, O), factor by factor."""
    return torch.where(outcomes.bool()[None], prob[:, None], 1 - prob[:, None]).prod(2)


def enumerated(p: dict[str, torch.Tensor]):
    """log Z of the top; for all v: exact log p(v) (16,); log w (16, 8) and q(h1 | v) (16, 8) for all h1."""
    v, h1, h2 = states(4), states(3), states(2)
    joint = torch.exp(
        torch.einsum("ai,ij,bj->ab", h1, p["W2"], h2) + (h1 @ p["h1_bias"])[:, None] + (h2 @ p["h2_bias"])[None]
    )
    p_top = joint.sum(1) / joint.sum()  # (8,)
    p_v = bernoulli(torch.sigmoid(h1 @ p["W_down"] + p["v_bias"]), v).T  # (16, 8): p(v | h1)
    q = bernoulli(torch.sigmoid(v @ p["R"] + p["h1_up_bias"]), h1)  # (16, 8)
    assert torch.allclose(q.sum(1), torch.ones(16, dtype=torch.float64))
    assert torch.allclose((p_v @ p_top).sum(), torch.tensor(1.0, dtype=torch.float64))
    return float(joint.sum().log()), (p_v @ p_top).log(), (p_v * p_top / q).log(), q


def test_the_bound_is_the_expectation_under_q():
    p = tiny()
    log_z, log_p, log_w, q = enumerated(p)
    expected = float((q * log_w).sum(1).mean())
    result = dbn.log_likelihood_bound(states(4).repeat(6000, 1), **p, samples=1)
    assert result.log_z == pytest.approx(log_z, abs=1e-9)
    assert result.stderr < 0.03  # Else the next line could not fail:
    assert float(log_p.mean()) - expected > 10 * result.stderr
    assert abs(result.bound - expected) < Z_SCORE * result.stderr
    several = dbn.log_likelihood_bound(states(4).repeat(2000, 1), **p, samples=3)
    assert abs(several.bound - expected) < Z_SCORE * result.stderr


def test_the_weighted_bound_with_two_samples():
    p = tiny()
    log_p, log_w, q = enumerated(p)[1:]
    pair = torch.logaddexp(log_w[:, :, None], log_w[:, None]) - math.log(2)  # (16, 8, 8)
    expected = float((q[:, :, None] * q[:, None] * pair).sum((1, 2)).mean())
    result = dbn.log_likelihood_bound(states(4).repeat(4000, 1), **p, samples=2)
    assert abs(result.value - expected) < Z_SCORE * result.stderr
    assert result.bound + 5 * result.stderr < expected < float(log_p.mean())


def test_many_samples_give_the_log_likelihood():
    p = tiny()
    log_p = enumerated(p)[1]
    result = dbn.log_likelihood_bound(states(4), **p, samples=30_000)
    assert result.value == pytest.approx(float(log_p.mean()), abs=0.02)
    assert result.bound < result.value - 0.5


@pytest.mark.parametrize("seed", range(5))
def test_the_bounds_lie_below_the_log_likelihood_and_rise_with_the_samples(seed):
    p = tiny(seed)
    log_p = float(enumerated(p)[1].mean())
    v = states(4).repeat(300, 1)
    results = [dbn.log_likelihood_bound(v, **p, samples=samples) for samples in (1, 10, 100)]
    assert results[0].value == results[0].bound
    values = [result.value for result in results]
    assert values == sorted(values)
    assert values[-1] < log_p + 0.02


def test_a_dbn_that_is_its_first_rbm_has_a_tight_bound():
    """W2 = W1 transposed, biases copied, q the true posterior: every weight is p(v), whatever h1 is drawn."""
    g = torch.Generator().manual_seed(0)
    W, a, b = (2 * torch.randn(*shape, generator=g, dtype=torch.float64) for shape in ((4, 3), (4,), (3,)))
    v = states(4)[[1, 6, 7, 12, 15]]
    for samples in (1, 7):
        result = dbn.log_likelihood_bound(
            v, R=W, h1_up_bias=b, W_down=W.T, v_bias=a, W2=W.T, h1_bias=b, h2_bias=a, samples=samples
        )
        truth = rbm.log_likelihood(v, W, a, b)
        assert result.log_z == pytest.approx(rbm.exact_log_z(W, a, b), abs=1e-9)
        assert result.value == result.lower == pytest.approx(truth.value, abs=1e-9)
        assert result.bound == pytest.approx(truth.value, abs=1e-9)
    # Another q, and it is no longer tight.
    loose = dbn.log_likelihood_bound(
        v.repeat(200, 1), R=W, h1_up_bias=b + 1, W_down=W.T, v_bias=a, W2=W.T, h1_bias=b, h2_bias=a
    )
    assert loose.bound < truth.value - 0.1


def test_the_batches_cover_all_vectors(monkeypatch):
    g = torch.Generator().manual_seed(0)
    W, a, b = (2 * torch.randn(*shape, generator=g, dtype=torch.float64) for shape in ((4, 3), (4,), (3,)))
    v = states(4)
    own = {"R": W, "h1_up_bias": b, "W_down": W.T, "v_bias": a, "W2": W.T, "h1_bias": b, "h2_bias": a}
    for rows in (1, 10, 35):
        monkeypatch.setattr(dbn, "ROWS", rows)
        result = dbn.log_likelihood_bound(v, **own, samples=5)
        assert result.value == pytest.approx(rbm.log_likelihood(v, W, a, b).value, abs=1e-9)


def test_log_z_beyond_enumeration():
    """A diagonal W2 makes independent pairs, each with Z = 1 + e^a + e^b + e^(a+b+w)."""
    g = torch.Generator().manual_seed(1)
    w, a, b = 2 * torch.randn(3, 24, generator=g, dtype=torch.float64)
    log_z = float(torch.logsumexp(torch.stack([torch.zeros_like(w), a, b, a + b + w]), 0).sum())
    R, up, down = torch.randn(5, 24, generator=g).double(), torch.randn(24, generator=g).double(), a[:5]
    top = {"W2": torch.diag(w), "h1_bias": a, "h2_bias": b}
    below = {"R": R, "h1_up_bias": up, "W_down": R.T, "v_bias": down}
    v = torch.ones(30, 5).double()
    good, rough = (dbn.log_likelihood_bound(v, **below, **top, samples=2, steps=steps) for steps in (100, 8))
    assert 0 < good.log_z_stderr < 0.1
    assert abs(good.log_z - log_z) < Z_SCORE * good.log_z_stderr
    assert good.stderr > good.log_z_stderr
    # Too few steps: the error is said, and the reverse walk brackets the truth.
    assert rough.log_z_stderr > 0.1
    assert rough.lower < good.value - 0.5
    assert good.lower > good.value - 0.5


@pytest.mark.parametrize("blind", ["h1", "h2"])
def test_a_side_that_misses_a_mode_does_not_count(blind, monkeypatch):
    g = torch.Generator().manual_seed(2)
    W2, b1, b2 = torch.randn(21, 23, generator=g), torch.randn(21, generator=g), torch.randn(23, generator=g)
    truth = rbm.exact_log_z(W2, b1, b2)

    def missing(v, W, v_bias, h_bias, **options):
        """As if the walks that start at this side found a log Z that is 50 nats too small."""
        lost = 50 if v.shape[1] == {"h1": 21, "h2": 23}[blind] else 0
        value = -float(rbm.free_energy(v, W, v_bias, h_bias).mean()) - truth + lost
        return rbm.LogLikelihood(value, 0.25, value - 1, 70.0)

    monkeypatch.setattr(dbn, "log_likelihood", missing)
    below = {"R": torch.ones(4, 21), "h1_up_bias": b1, "W_down": torch.ones(21, 4), "v_bias": torch.ones(4)}
    result = dbn.log_likelihood_bound(torch.ones(9, 4), **below, W2=W2, h1_bias=b1, h2_bias=b2)
    assert result.log_z == pytest.approx(truth, abs=1e-3)
    assert result.log_z_stderr == pytest.approx(0.25, rel=0.03)
    assert result.ess == 70.0
    assert result.lower == pytest.approx(result.value - 1)


def test_the_standard_error_is_the_spread_over_seeds():
    p = tiny()
    v = states(4)[5:6].repeat(100, 1)
    results = [dbn.log_likelihood_bound(v, **p, samples=2, seed=seed) for seed in range(150)]
    spread = torch.tensor([result.value for result in results]).std()
    mean_error = torch.tensor([result.stderr for result in results]).mean()
    # The standard deviation of 150 numbers is itself known to 6 %.
    assert 0.7 < float(mean_error / spread) < 1.4


def test_seeds_are_the_functions_own():
    p, v = tiny(), states(4)
    first, again, other = (dbn.log_likelihood_bound(v, **p, samples=2, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_up_and_down_goes_through_every_layer():
    """Layers so sure of themselves that sampling is without chance: h1 is v, h2 is not h1, an RBM's h is not v."""
    v = states(3)

    def same(x):
        return x

    def other(x):
        return 1 - x

    seen, top = dbn.up_and_down(v, [same, other, lambda h2: 0 * h2, other], torch.bernoulli)
    assert torch.equal(top, 1 - v)
    assert torch.equal(seen, torch.ones_like(v))  # what h1 = 0 paints, not what went up
    seen, top = dbn.up_and_down(v, [other, other], torch.bernoulli)
    assert torch.equal(top, 1 - v)
    assert torch.equal(seen, v)


def test_up_and_down_samples_the_hidden_layers_and_not_the_pixels():
    drawn = []

    def sample(prob):
        drawn.append(prob)
        return torch.ones_like(prob)

    layers = [lambda v: v[:, :4] / 2, lambda h1: h1[:, :3] / 4, lambda h2: h2[:, :2] / 8, lambda h1: h1 / 16]
    seen, top = dbn.up_and_down(torch.full((5, 6), 0.5), layers, sample)
    assert [(tuple(prob.shape), float(prob[0, 0])) for prob in drawn] == [
        ((5, 4), 1 / 4),
        ((5, 3), 1 / 4),
        ((5, 2), 1 / 8),
    ]
    assert torch.equal(top, torch.ones(5, 3))
    assert torch.equal(seen, torch.full((5, 2), 1 / 16))


def test_it_reads_well():
    numbers = {"bound": -105.0, "lower": -99.0}
    result = dbn.LowerBound(-98.52, 0.31, **numbers, log_z=200.0, log_z_stderr=0.1, ess=40.0)
    assert str(result) == "-98.5 ± 0.3 (lower bound)"
    doubtful = dbn.LowerBound(-98.52, 0.31, **numbers, log_z=200.0, log_z_stderr=0.1, ess=1.5)
    assert str(doubtful) == "-98.5 ± 0.3 (lower bound, log Z not reliable)"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"v": torch.full((2, 4), 0.5)}, "Sample grey pixels first"),
        ({"v": torch.ones(2, 3)}, r"\(2, 3\), expected \(B, 4\)"),
        ({"W_down": torch.ones(4, 3)}, "W_down, h1_bias, v_bias have .* transposed"),
        ({"R": torch.ones(3, 4)}, "R, v_bias, h1_up_bias have .* transposed"),
        ({"W2": torch.ones(2, 3)}, "W2, h1_bias, h2_bias have"),
        ({"h1_up_bias": torch.ones(4)}, "h1_up_bias"),
        ({"h2_bias": torch.full((2,), math.nan)}, "h2_bias .* diverged"),
        ({"samples": 0}, "samples=0"),
    ],
)
def test_bad_input(change, says):
    given = {name: value.float() for name, value in tiny().items()} | {"v": torch.ones(2, 4)}
    with pytest.raises(ValueError, match=says):
        dbn.log_likelihood_bound(**(given | change))
