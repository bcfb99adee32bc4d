"""The lab on the beta-VAE: the linear VAE against exact likelihoods and a search, corrections that start at 0."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal

from tests.notebook_tools import notebook_space


@pytest.fixture(scope="module")
def lab():
    return notebook_space("extra/beta_vae")


@pytest.fixture(scope="module")
def data():
    """Points (200, 6) with mean 0, the eigenvalues of their covariance in falling order, and the eigenvectors."""
    torch.manual_seed(3)
    x = torch.randn(200, 6).double() @ torch.randn(6, 6).double()
    x = x - x.mean(0)
    values, vectors = torch.linalg.eigh(x.T @ x / len(x))
    return x, values.flip(0), vectors.flip(1)


def parts(x, W, A, v):
    """Mean distortion and rate, the expectation over z taken by hand."""
    mu = x @ A.T
    distortion = ((x - mu @ W.T).square().sum(1).mean() + (W.square().sum(0) * v).sum()) / 2
    return distortion, (mu.square().mean(0) + v - 1 - v.log()).sum() / 2


@pytest.mark.parametrize("beta", [0.3, 1.0, 3.0])
def test_bound_of_the_linear_vae_is_its_exact_log_likelihood(lab, data, beta):
    """Its q is the exact posterior, so the bound has no gap."""
    x, values, vectors = data
    W, A, v = lab["linear_vae"](values, vectors, beta, 4)
    D, R = parts(x, W, A, v)
    bound = -(D / beta + 3 * math.log(2 * math.pi * beta) + R)
    exact = MultivariateNormal(torch.zeros(6).double(), W @ W.T + beta * torch.eye(6).double()).log_prob(x).mean()
    assert bound.item() == pytest.approx(exact.item(), rel=1e-10)


@pytest.mark.parametrize("beta", [0.3, 1.0, 3.0])
def test_distortion_and_rate_are_those_of_the_water_level(lab, data, beta):
    x, values, vectors = data
    D, R = parts(x, *lab["linear_vae"](values, vectors, beta, 6))
    assert D.item() == pytest.approx(values.clamp(max=beta).sum().item() / 2, rel=1e-10)
    assert R.item() == pytest.approx((values / beta).clamp(min=1).log().sum().item() / 2, rel=1e-10)


def test_no_search_beats_the_linear_vae(lab, data):
    x, values, vectors = data
    beta = 1.0
    D, R = parts(x, *lab["linear_vae"](values, vectors, beta, 3))
    generator = torch.Generator().manual_seed(1)
    W, A = (torch.randn(shape, generator=generator).double().requires_grad_() for shape in ((6, 3), (3, 6)))
    logvar = torch.zeros(3).double().requires_grad_()
    search = torch.optim.LBFGS([W, A, logvar], max_iter=2000, line_search_fn="strong_wolfe", tolerance_grad=1e-10)

    def closure():
        search.zero_grad()
        found_D, found_R = parts(x, W, A, logvar.exp())
        loss = found_D + beta * found_R
        loss.backward()
        return loss

    search.step(closure)
    assert closure().item() == pytest.approx((D + beta * R).item(), rel=1e-5)


def test_a_corrected_vae_starts_as_its_rival(lab):
    class Rival:
        latent_size = 4

        def encode(self, x):
            return x.flatten(1)[:, :4], x.flatten(1)[:, 4:8]

        def decode(self, z):
            return z.sum(1)[:, None, None, None].expand(-1, 3, 32, 32)

    x, model = torch.rand(5, 3, 32, 32), lab["CorrectedVAE"](Rival(), 2)
    for found, right in zip(model.encode(x), Rival().encode(x), strict=True):
        assert torch.equal(found, right)
    assert torch.equal(model.decode(x[:, 0, 0, :4]), Rival().decode(x[:, 0, 0, :4]))


def test_axis_share_knows_aligned_from_turned(lab):
    """One change per latent: share 1. In random directions of D dimensions, the squares are those of a normal."""
    rotations = torch.linalg.qr(torch.randn(500, 8, 8, generator=torch.Generator().manual_seed(2))).Q
    found, chance = lab["axis_share"](torch.eye(8)[:1] * 3, rotations)
    squares = torch.randn(100_000, 8, generator=torch.Generator().manual_seed(4)).square()
    expected = (squares.amax(1) / squares.sum(1)).mean()
    assert found.item() == pytest.approx(1.0)
    assert chance.item() == pytest.approx(expected.item(), abs=0.03)


def test_negative_bound_of_a_gaussian(lab):
    """With a perfect code of rate 0 the bits per value are those of a normal of the best variance, level by level."""
    variance, nats, bits = lab["best_bound"](torch.tensor(50.0), torch.tensor(0.0), 1000)
    assert variance.item() == pytest.approx(0.1)
    entropy = torch.distributions.Normal(0.0, 0.1**0.5).entropy().item()
    assert nats.item() == pytest.approx(1000 * entropy, rel=1e-5)
    assert bits.item() == pytest.approx(entropy / math.log(2) + math.log2(127.5), rel=1e-5)


def test_all_measurements_share_their_draws_and_leave_training_its_own(lab):
    class Linear:
        def encode(self, x):
            return x.flatten(1)[:, :4], torch.zeros(len(x), 4)

        def decode(self, z):
            return z.sum(1)[:, None, None, None].expand(-1, 3, 32, 32)

    x = torch.rand(5, 3, 32, 32)
    first, later = lab["measure"](Linear(), x, 2), torch.randn(3)
    again, last = lab["measure"](Linear(), x, 2), torch.randn(3)
    assert first.shape == (2, 5)
    assert torch.equal(first, again)
    assert not torch.equal(later, last)


def test_shuffled_codes_keep_their_values_but_not_their_company(lab):
    codes = torch.randn(200, 1) * torch.ones(200, 6)
    found = lab["shuffled"](codes)
    assert torch.equal(found.sort(0).values, codes.sort(0).values)
    assert found.square().sum(1).std() < 0.6 * codes.square().sum(1).std()
