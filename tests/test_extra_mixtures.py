"""The extra lab on mixtures: EM where its result is known, the staircase, the energy distance, the VAE's loss."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from tests.notebook_tools import notebook_space


@pytest.fixture(scope="module")
def lab():
    return notebook_space("extra/mixtures")


@pytest.fixture(scope="module")
def run(lab):
    """Points, a start and a few steps of EM."""
    x, _ = lab["toy_points"](200, torch.Generator().manual_seed(5))
    start = lab["start_at"](x[:3], torch.eye(2).double())
    return x, start


def test_one_component_is_mean_and_covariance_of_the_points(lab):
    """In five dimensions, after a single step."""
    x = torch.randn(60, 5, generator=torch.Generator().manual_seed(1)).double() @ torch.randn(5, 5).double()
    start = lab["start_at"](torch.zeros(1, 5).double(), torch.eye(5).double())
    weights, means, covariances, _ = lab["em"](x, *start, 1)
    assert weights.item() == pytest.approx(1)
    torch.testing.assert_close(means[0], x.mean(0))
    torch.testing.assert_close(covariances[0], torch.cov(x.T, correction=0), rtol=0, atol=2e-6)  # reg is in it


def test_a_change_of_units_shifts_the_likelihood_by_the_log_determinant(lab, run):
    """With A x + b in place of x EM does the same, and every density is divided by |det A|."""
    x, (weights, means, covariances) = run
    a, b = torch.tensor([[2.0, 0.5], [-1.0, 3.0]]).double(), torch.tensor([10.0, -4.0]).double()
    here = lab["em"](x, weights, means, covariances, 5)
    there = lab["em"](x @ a.T + b, weights, means @ a.T + b, a @ covariances @ a.T, 5)
    torch.testing.assert_close(there[3], here[3] - math.log(6.5), rtol=0, atol=1e-4)  # reg is not in these units
    torch.testing.assert_close(there[1], here[1] @ a.T + b, rtol=0, atol=1e-3)


def test_the_staircase_touches_after_every_e_step_and_never_falls(lab, run):
    x, start = run
    names, bound, log_prob = lab["staircase"](x, *start, 6)
    assert names == ["start", "E", *["M", "E"] * 6]
    gap = log_prob - bound
    e_steps = torch.tensor([name == "E" for name in names])
    assert gap[e_steps].abs().max() < 1e-12
    assert gap[~e_steps].min() > 1e-5
    assert min(bound.diff().min(), log_prob.diff().min()) > -1e-12
    torch.testing.assert_close(log_prob[e_steps], lab["em"](x, *start, 6)[3])


@pytest.mark.parametrize("shift", [0.0, 1.5])
def test_energy_distance_of_two_gaussians(lab, shift):
    """E|x - y| of two normals whose means differ by d is that of a normal with mean d and variance 2."""

    def expected(d):
        return 2 / math.sqrt(math.pi) * math.exp(-(d**2) / 4) + d * math.erf(d / 2)

    generator = torch.Generator().manual_seed(2)
    z, other = torch.randn(2, 4000, 1, generator=generator).double()
    right = 2 * expected(shift) - 2 * expected(0)
    assert lab["energy_distance"](z + shift, other) == pytest.approx(right, abs=0.05)


def test_the_vae_pays_for_its_code(lab):
    """Its loss is the cross-entropy with the code drawn, and the Kullback-Leibler divergence of torch."""
    torch.manual_seed(3)
    vae, x = lab["VAE"](), torch.rand(4, 784).round()
    torch.manual_seed(4)
    mu, logvar, z = vae.draw_codes(x)
    paid = kl_divergence(Normal(mu, torch.exp(logvar / 2)), Normal(0, 1)).sum(1).mean()
    rebuilt = vae.decoder(z)
    entropy = -(x * rebuilt.log() + (1 - x) * (1 - rebuilt).log()).sum(1).mean()
    torch.manual_seed(4)
    torch.testing.assert_close(vae.loss(x), entropy + paid)


def test_the_vae_differs_from_the_autoencoder_in_two_outputs(lab):
    counts = [sum(p.numel() for p in lab[name]().parameters()) for name in ("VAE", "Autoencoder")]
    assert counts[0] - counts[1] == 2 * (200 + 1)
