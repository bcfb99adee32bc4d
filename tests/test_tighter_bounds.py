"""The lab on tighter bounds: its formulas against integrals, closed forms and the package's own bound."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from labutils.metrics.vae import importance_weighted_bounds
from tests.notebook_tools import notebook_space


@pytest.fixture(scope="module")
def lab():
    return notebook_space("extra/tighter_bounds")


def over_the_plane(q, p):
    """The integral of p^2 / q over the plane, minus 1: Var(w) / p(x)^2 where p is the posterior."""
    axis = torch.linspace(-16, 16, 1601, dtype=torch.float64)
    z = torch.cartesian_prod(axis, axis)
    inside = torch.exp(2 * p.log_prob(z) - q.log_prob(z))
    return float(inside.sum() * (axis[1] - axis[0]) ** 2) - 1


@pytest.mark.parametrize("width", [1.1, 1.2, 1.5])
def test_variance_of_the_toys_weights(lab, width):
    R = 0.9
    p = MultivariateNormal(torch.zeros(2, dtype=torch.float64), torch.tensor([[1, R], [R, 1]], dtype=torch.float64))
    q = MultivariateNormal(torch.zeros(2, dtype=torch.float64), width**2 * torch.eye(2, dtype=torch.float64))
    assert lab["toy_variance"](width, R) == pytest.approx(over_the_plane(q, p), rel=1e-4)


def test_where_the_toys_variance_is_infinite(lab):
    assert lab["toy_variance"](0.97, 0.9) == math.inf
    assert lab["toy_variance"](0.98, 0.9) < math.inf


@pytest.mark.parametrize("c", [0.9, 1.4, 2.0])
def test_variance_of_a_q_that_is_too_wide(lab, c):
    p = MultivariateNormal(torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64))
    q = MultivariateNormal(torch.zeros(2, dtype=torch.float64), c**2 * torch.eye(2, dtype=torch.float64))
    assert lab["relative_variance"](c) == pytest.approx(over_the_plane(q, p), rel=1e-4)
    assert lab["relative_variance"](0.7) == math.inf


def test_the_floor_of_the_code_is_reached():
    """x = (2, 2) z + noise of variance 1 has the rotated cloud's covariance; its posterior says artanh 0.8 nats."""
    A = torch.tensor([[2.0], [2.0]])
    assert torch.equal(A @ A.T + torch.eye(2), torch.tensor([[5.0, 4.0], [4.0, 5.0]]))
    torch.manual_seed(0)
    x = MultivariateNormal(torch.zeros(2), A @ A.T + torch.eye(2)).sample((200_000,))
    variance = 1 / (1 + float(A.T @ A))
    kl = kl_divergence(Normal(variance * x @ A, math.sqrt(variance)), Normal(0.0, 1.0))
    assert float(kl.mean()) == pytest.approx(math.atanh(0.8), abs=0.01)


def test_bounds_of_digits_agree_with_the_package(lab):
    torch.manual_seed(0)
    model = lab["DigitVAE"](3, 8)
    x = (torch.rand(4, 196) < 0.3).float()

    def encode(v):
        mu, log_std = model.encoder(v).chunk(2, dim=1)
        return mu, 2 * log_std

    theirs = importance_weighted_bounds(x, encode, lambda z: torch.sigmoid(model.decoder(z)), [1, 10, 100], seed=1)
    with torch.no_grad():
        log_w = lab["log_weights"](model, x, 20_000)
        for K in (1, 10, 100):
            ours = lab["bound_from_weights"](log_w.unflatten(1, (-1, K)))
            assert float(ours.mean()) == pytest.approx(theirs[K].value, abs=0.3 if K == 1 else 0.1)


def test_the_signal_is_estimated_without_bias(lab):
    """Without the correction 20 estimates of a zero gradient in 100 dimensions would seem to have a ratio of 0.22."""
    torch.manual_seed(0)
    ratios = torch.stack([lab["signal_to_noise"](torch.randn(20, 100)) for _ in range(300)])
    assert float(ratios.square().mean()) < 0.01
    known = torch.stack([lab["signal_to_noise"](0.3 + torch.randn(20, 100)) for _ in range(300)])
    assert float(known.mean()) == pytest.approx(0.3, abs=0.01)


def test_gradients_of_the_toy(lab):
    """With K = 1 the mean gradient is that of -KL(q || posterior), in closed form."""
    mu, width = torch.tensor([0.5, -0.5], dtype=torch.float64), math.exp(0.4)
    q = MultivariateNormal(mu.requires_grad_(), width**2 * torch.eye(2, dtype=torch.float64))
    cov = torch.tensor([[1, 0.9], [0.9, 1]], dtype=torch.float64)
    p = MultivariateNormal(torch.zeros(2, dtype=torch.float64), cov)
    right = torch.autograd.grad(-kl_divergence(q, p), mu)[0]
    torch.manual_seed(0)
    lab.setdefault("posterior", MultivariateNormal(torch.zeros(2), torch.tensor([[1.0, 0.9], [0.9, 1.0]])))
    estimates = lab["toy_gradients"](1, 40_000)[:, :2].double()
    error = estimates.std(0) / 200
    assert ((estimates.mean(0) - right).abs() < 5 * error).all()
