"""What is measured leaves the global random numbers alone, so that no measurement changes a run."""

import inspect

import pytest
import torch

from labutils.metrics import common, dbn, leaderboard, rbm, samples, vae
from labutils.runtime import sample_bernoulli

g = torch.Generator().manual_seed(0)
W, a, b = torch.randn(24, 22, generator=g), torch.randn(24, generator=g), torch.randn(22, generator=g)
v = sample_bernoulli(torch.full((3, 24), 0.5), g)
images = torch.rand(130, 784, generator=g)
mean, covariance = torch.zeros(2), torch.eye(2)
top = {"W2": W.T.contiguous(), "h1_bias": b, "h2_bias": a}
machine = {"R": W, "h1_up_bias": b, "W_down": W.T.contiguous(), "v_bias": a} | top


def encode(x):
    return x[:, :2], -x[:, 2:4]


def decode(z):
    return torch.sigmoid(z @ torch.ones(2, 24))


def draw(prob):
    return sample_bernoulli(prob, torch.Generator().manual_seed(0))


CALLS = {
    "sum_softplus": lambda: common.sum_softplus(v),
    "mean_and_stderr": lambda: common.mean_and_stderr(v[0]),
    "check_parameters": lambda: common.check_parameters(W, a, b),
    "check_states": lambda: common.check_states(v, W),
    "log_likelihood_bound": lambda: dbn.log_likelihood_bound(v, **machine, samples=2, chains=3, steps=2),
    "up_and_down": lambda: dbn.up_and_down(v, [lambda x: x, lambda x: x], draw),
    "record": lambda: leaderboard.record("RBM", 1, epochs=1),
    "entries": leaderboard.entries,
    "rows": leaderboard.rows,
    "table": leaderboard.table,
    "free_energy": lambda: rbm.free_energy(v, W, a, b),
    "all_states": lambda: rbm.all_states(3),
    "exact_log_z": lambda: rbm.exact_log_z(W[:, :5], a, b[:5]),
    "error_of_largest": lambda: rbm.error_of_largest([(1.0, 0.2), (0.9, 0.3)]),
    "ais_log_z": lambda: rbm.ais_log_z(W, a, b, chains=3, steps=2),
    "raise_log_likelihood": lambda: rbm.raise_log_likelihood(v, W, a, b, None, 2, seed=0),
    "log_likelihood": lambda: rbm.log_likelihood(v, W, a, b, train_mean=v.mean(0), chains=3, steps=2),
    "digit_features": lambda: samples.digit_features(images),
    "digit_probabilities": lambda: samples.digit_probabilities(images),
    "sample_quality": lambda: samples.sample_quality(images),
    "frechet_distance": lambda: samples.frechet_distance(images),
    "gaussian_frechet": lambda: samples.gaussian_frechet(mean, covariance, mean, covariance),
    "elbo": lambda: vae.elbo(v, encode, decode),
    "importance_weighted_bounds": lambda: vae.importance_weighted_bounds(v, encode, decode, [1, 2]),
    "latent_kl": lambda: vae.latent_kl(v, v),
    "pixel_prob": lambda: vae.pixel_prob(v),
    "cross_entropy": lambda: vae.cross_entropy(vae.pixel_prob(v), v),
}


def test_every_public_function_is_called():
    modules = (common, dbn, leaderboard, rbm, samples, vae)
    functions = [value for module in modules for value in vars(module).items() if inspect.isfunction(value[1])]
    own = {name for name, value in functions if value.__module__.startswith("labutils.metrics")}
    assert {name for name in own if not name.startswith("_")} == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_no_global_random_number_is_drawn(name, tmp_path, monkeypatch):
    monkeypatch.setenv("LABUTILS_MODELS", str(tmp_path))
    samples._classifier.cache_clear()  # loading the judge's network counts, too
    before = torch.random.get_rng_state()
    CALLS[name]()
    assert torch.equal(torch.random.get_rng_state(), before)
