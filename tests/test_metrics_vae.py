"""Bounds of the VAE: against a linear model of known likelihood, enumeration, and torch.distributions."""

import math

import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

from labutils.metrics.vae import cross_entropy, elbo, importance_weighted_bounds, latent_kl, pixel_prob
from tests import rarely

W, B = torch.tensor([[2.0, -1.5, 0.7, 1.1]]), torch.tensor([-0.4, 0.3, 0.0, -0.8])
"""A decoder of one latent and four pixels: log p(v) is an integral over one variable."""


def decode(z):
    return torch.sigmoid(z @ W + B)


def encode(v):
    """A guess that is right in direction only."""
    mu = 0.3 * (v - 0.5) @ W.T
    return mu, torch.full_like(mu, -0.5)


def wide(v):
    mu, logvar = encode(v)
    return mu, logvar + 2


def all_images():
    return torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 4)


def log_p(v):
    """log p(v) of one image by numerical integration."""

    def integrand(z):
        p = torch.sigmoid(z * W[0].double() + B.double())
        return float((v * p + (1 - v) * (1 - p)).prod()) * norm.pdf(z)

    return math.log(quad(integrand, -10, 10)[0])


def exact_elbo(v, encoder):
    """The bound of one image by numerical integration over z."""
    mu, logvar = (float(part) for part in encoder(v[None]))
    sigma = math.exp(logvar / 2)

    def integrand(z):
        logits = z * W[0].double() + B.double()
        rec = float((v * logsigmoid(logits) + (1 - v) * logsigmoid(-logits)).sum())
        return norm.pdf(z, mu, sigma) * (rec + norm.logpdf(z) - norm.logpdf(z, mu, sigma))

    return quad(integrand, mu - 9 * sigma, mu + 9 * sigma)[0]


def test_probabilities_of_the_reference_add_up_to_one():
    assert sum(math.exp(log_p(v)) for v in all_images()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("encoder", [encode, rarely(wide)])
def test_elbo_against_integration(encoder):
    v = all_images()
    exact = sum(exact_elbo(x, encoder) for x in v) / len(v)
    result = elbo(v, encoder, decode, samples=100_000)
    assert result.value == pytest.approx(exact, abs=0.02)
    assert result.value == pytest.approx(-result.reconstruction - result.kl, abs=1e-9)
    assert result.kl == pytest.approx(
        float(kl_divergence(Normal(encoder(v)[0], torch.exp(encoder(v)[1] / 2)), Normal(0.0, 1.0)).sum(1).mean()),
        abs=1e-5,
    )
    assert str(result).startswith(f"{result.value:.1f} ± ")
    assert result.kind == "lower bound"


def test_grey_targets_average_over_all_ways_to_sample_them():
    """The ELBO of a grey image is the mean over its samplings, q given by the grey image."""
    grey = torch.tensor([[0.2, 0.9, 0.5, 0.0]])
    states = all_images()
    weight = torch.where(states == 1, grey, 1 - grey).prod(1)
    fixed = [(encode(grey)[0].expand(16, 1), encode(grey)[1].expand(16, 1))]
    exact = sum(float(weight[i]) * exact_elbo(x, lambda _: tuple(p[:1] for p in fixed[0]))
                for i, x in enumerate(states))  # fmt: skip
    assert elbo(grey, encode, decode, samples=40_000).value == pytest.approx(exact, abs=0.02)
    # and with it a lower bound on the mean log p of the sampled images
    assert exact < sum(float(weight[i]) * log_p(x) for i, x in enumerate(states))


@pytest.mark.parametrize("encoder", [encode, rarely(wide)])
def test_importance_weighted_bounds_rise_to_the_log_likelihood(encoder):
    v = all_images()
    truth = sum(log_p(x) for x in v) / len(v)
    many = importance_weighted_bounds(v.repeat(100, 1), encoder, decode, [1, 5, 50, 500], seed=1)
    values = [bound.value for bound in many.values()]
    assert values == sorted(values)
    assert values[0] == pytest.approx(sum(exact_elbo(x, encoder) for x in v) / len(v), abs=0.02)
    assert values[-1] == pytest.approx(truth, abs=0.005)
    assert all(value < truth + 0.002 for value in values)
    assert list(many) == [1, 5, 50, 500]


def test_exact_posterior_gives_the_log_likelihood_with_one_draw():
    """Without weights the pixels do not depend on z: the prior is the posterior, and every bound is log p."""
    p = torch.tensor([0.3, 0.8])
    v = torch.tensor([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    truth = Bernoulli(p).log_prob(v).sum(1)
    nothing = (lambda x: (torch.zeros(len(x), 2),) * 2, lambda z: p.expand(len(z), 2))
    for k in (1, 7):
        bound = importance_weighted_bounds(v, *nothing, [k])[k]
        assert bound.value == pytest.approx(float(truth.mean()), abs=1e-5)
        assert bound.stderr == pytest.approx(float(truth.std()) / math.sqrt(3), abs=1e-5)
    assert str(bound) == f"{bound.value:.1f} ± {bound.stderr:.1f}"


def test_a_posterior_narrower_than_rounding_is_weighed_by_its_own_noise():
    """z = 3 + e^-20 noise is 3 in float32, and the noise cannot be read off it any more."""
    p = torch.tensor([0.3, 0.8])
    v, logvar = torch.tensor([[1.0, 1.0]]).repeat(4000, 1), -40.0
    narrow = (
        lambda x: (torch.full((len(x), 1), 3.0), torch.full((len(x), 1), logvar)),
        lambda z: p.expand(len(z), 2),
    )
    bound = importance_weighted_bounds(v, *narrow, [1])[1]
    log_p = math.log(0.3 * 0.8)
    exact = log_p - float(kl_divergence(Normal(3.0, math.exp(logvar / 2)), Normal(0.0, 1.0)))
    assert bound.stderr < 0.02  # one nat is many standard errors
    assert bound.value == pytest.approx(exact, abs=0.06)
    assert bound.value == pytest.approx(elbo(v, *narrow).value, abs=0.06)


def test_bounds_at_certain_pixels_stay_finite():
    def certain(z):
        return torch.tensor([0.0, 1.0]).expand(len(z), 2)

    def one(v):
        return torch.zeros(len(v), 1), torch.zeros(len(v), 1)

    v = torch.tensor([[0.0, 1.0]])
    assert elbo(v, one, certain).value == 0
    assert elbo(1 - v, one, certain).value == -200  # two logarithms, each counted as -100


def test_cross_entropy_from_logits_against_torch():
    logits, target = 8 * torch.randn(5, 30), torch.rand(5, 30)
    ours, theirs = logits.clone().requires_grad_(), logits.clone().double().requires_grad_()
    loss = cross_entropy(pixel_prob(ours), target)
    right = binary_cross_entropy_with_logits(theirs, target.double(), reduction="sum")
    (3 * loss).backward()
    (3 * right).backward()
    assert loss.item() == pytest.approx(right.item(), rel=1e-5)
    torch.testing.assert_close(ours.grad, theirs.grad.float(), rtol=1e-4, atol=1e-5)
    plain = torch.sigmoid(logits / 8)  # a probability that remembers nothing
    assert cross_entropy(plain, target).item() == pytest.approx(
        cross_entropy(pixel_prob(logits / 8), target).item(), rel=1e-5
    )


def test_bounds_are_the_same_from_logits():
    v = all_images()

    def remembers(z):
        return pixel_prob(z @ W + B)

    for k, bound in importance_weighted_bounds(v, encode, decode, [1, 20]).items():
        assert importance_weighted_bounds(v, encode, remembers, [1, 20])[k].value == pytest.approx(
            bound.value, abs=1e-5
        )


def test_latent_kl_against_torch_distributions():
    mu, logvar = torch.randn(50, 3), torch.randn(50, 3)
    right = kl_divergence(Normal(mu, torch.exp(logvar / 2)), Normal(0.0, 1.0))
    torch.testing.assert_close(latent_kl(mu, logvar), right, rtol=1e-4, atol=1e-5)
    assert latent_kl(torch.ones(1, 1), torch.zeros(1, 1)).item() == 0.5


def test_the_seed_decides():
    v = all_images()
    one, again, other = (elbo(v, encode, decode, seed=seed).value for seed in (3, 3, 4))
    assert one == again != other
    one, again, other = (importance_weighted_bounds(v, encode, decode, [1, 5], seed=seed) for seed in (3, 3, 4))
    assert one == again != other


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda v: elbo(v.view(-1, 1, 2, 2), encode, decode), r"images.flatten\(1\)"),
        (lambda v: elbo(v.long(), encode, decode), "expected a float tensor"),
        (lambda v: elbo(v * 255, encode, decode), r"outside \[0, 1\]"),
        (lambda v: elbo(v, lambda x: (encode(x)[0] / 0, encode(x)[1]), decode), "diverged"),
        (lambda v: elbo(v, encode, lambda z: z @ W * 20), r"probabilities in \[0, 1\].*torch.sigmoid"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call(all_images())
