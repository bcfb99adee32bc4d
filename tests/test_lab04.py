"""The VAE of lab 04: its interface, a gradient that survives certain pixels, learning, and its TensorBoard log."""

import math
import warnings

import pytest
import torch

from labutils.metrics.vae import elbo, importance_weighted_bounds
from tests.notebook_tools import notebook_space


@pytest.fixture(scope="module")
def lab():
    return notebook_space("04_vae")


@pytest.fixture
def vae(lab):
    torch.manual_seed(0)
    return lab["VAE"](2)


def test_interface_of_the_sheet(vae):
    assert vae.latent_size == 2
    for batch in (torch.rand(5, 1, 28, 28), torch.rand(5, 784)):
        reconstruction, z, mu, logvar = vae(batch)
        assert [tuple(x.shape) for x in (reconstruction, z, mu, logvar)] == [(5, 784)] + [(5, 2)] * 3
        assert type(vae).loss_fn(reconstruction, batch, mu, logvar).shape == ()


def test_hand_computed_loss(vae):
    """784 coins at one half cost 784 ln 2; a latent at mu = 1, sigma = 1 costs half a nat."""
    half = torch.full((3, 784), 0.5)
    one, zero = torch.ones(3, 2), torch.zeros(3, 2)
    assert vae.loss_fn(half, torch.rand(3, 784), zero, zero).item() == pytest.approx(784 * math.log(2), rel=1e-5)
    assert vae.loss_fn(half, torch.rand(3, 784), one, zero).item() == pytest.approx(784 * math.log(2) + 1, rel=1e-5)
    variance_2 = torch.full((3, 2), math.log(2))
    kl = 2 * -0.5 * (1 + math.log(2) - 2)
    assert vae.loss_fn(half, half, zero, variance_2).item() == pytest.approx(784 * math.log(2) + kl, rel=1e-5)


@pytest.mark.parametrize("logit", [0.0, 5.0, 15.0, 18.0, 30.0, 80.0, 120.0, 1000.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_gradient_survives_certain_pixels(lab, logit, sign):
    """In float32 a sigmoid of 18 is 1 with slope 0; the gradient by the logits is p - x all the same."""
    logits = torch.full((1, 784), sign * logit, requires_grad=True)
    target = torch.zeros(1, 784)
    target[:, ::2] = 1
    p = lab["pixel_prob"](logits)
    assert torch.equal(p, torch.sigmoid(logits))
    loss = lab["VAE"].loss_fn(p, target, torch.zeros(1, 2), torch.zeros(1, 2))
    assert torch.isfinite(loss)
    loss.backward()
    wrong = (target == 1) if sign < 0 else (target == 0)
    right = (torch.sigmoid(logits) - target).detach()
    torch.testing.assert_close(logits.grad, right)
    assert loss.item() == pytest.approx(392 * (abs(logit) + 2 * math.log1p(math.exp(-abs(logit)))), rel=1e-4)
    assert wrong.sum() == 392


def test_a_decoder_that_is_certain_and_wrong_unlearns_it(lab, vae):
    with torch.no_grad():
        vae.dec_fc3.bias.fill_(30.0)  # all pixels on, with a probability of exactly 1
        vae.dec_fc3.weight.zero_()
    optimizer = torch.optim.Adam([vae.dec_fc3.bias], lr=1.0, fused=True)
    black = torch.zeros(8, 1, 28, 28)
    first = lab["train_step"](vae, optimizer, black)
    assert first.item() == pytest.approx(784 * 30, rel=0.01)
    for _ in range(60):
        last = lab["train_step"](vae, optimizer, black)
    assert last < 10


def test_gradient_reaches_every_parameter(vae):
    reconstruction, _, mu, logvar = vae(torch.rand(4, 784))
    vae.loss_fn(reconstruction, torch.rand(4, 784), mu.detach(), logvar.detach()).backward()  # only through z
    for name, p in vae.named_parameters():
        assert p.grad.abs().sum() > 0, name


def test_training_learns_two_patterns(lab):
    """Two images, equally frequent: log p can reach -ln 2 = -0.69 nats, and comes close."""
    torch.manual_seed(0)
    model = lab["VAE"](2)
    patterns = torch.zeros(2, 784)
    patterns[0, :400] = patterns[1, 400:] = 1
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, fused=True)
    for _ in range(300):
        lab["train_step"](model, optimizer, patterns[torch.randint(2, (32,))])
    bound = importance_weighted_bounds(patterns.repeat(50, 1), model.encode, model.decode, [100])[100]
    assert -2.5 < bound.value <= -math.log(2) + 0.02
    samples = lab["sample_prior"](model, 400)
    nearest = torch.cdist(samples, patterns).argmin(1)
    assert 0.2 < nearest.float().mean() < 0.8  # both are drawn


def test_quadrature_agrees_with_the_importance_weighted_bound(lab, vae):
    """Of an untrained VAE the posterior is wide and the encoder near it: many draws come close to the integral."""
    x = torch.bernoulli(torch.rand(3, 784))
    exact = lab["exact_log_likelihood"](vae, x, 0.1)
    finer = lab["exact_log_likelihood"](vae, x, 0.05)
    torch.testing.assert_close(exact, finer, rtol=0, atol=1e-3)
    bound = importance_weighted_bounds(x, vae.encode, vae.decode, [4000])[4000]
    assert bound.value == pytest.approx(exact.mean().item(), abs=0.02)


def test_gaussian_bounds_are_the_elbo_and_ascent_raises_them(lab, vae):
    x = torch.bernoulli(torch.rand(3, 784))
    with torch.no_grad():
        mu, logvar = vae.encode(x)
        before = lab["gaussian_bounds"](vae, x, mu, logvar, 12)
    assert before.mean().item() == pytest.approx(elbo(x, vae.encode, vae.decode, samples=4000).value, abs=0.1)
    found = lab["best_gaussians"](vae, x, mu, logvar, 60)
    with torch.no_grad():
        after = lab["gaussian_bounds"](vae, x, *found, 12)
    assert (after > before).all()
    assert (after <= lab["exact_log_likelihood"](vae, x, 0.1) + 1e-3).all()
    assert all(p.grad is None for p in vae.parameters())


def test_tensorboard_log_can_be_read_back(lab, vae, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        from torch.utils.tensorboard import SummaryWriter

    digits = torch.rand(40, 784)
    with SummaryWriter(tmp_path) as writer:
        lab["log_graph"](writer, vae, digits)
        for epoch in (1, 2):
            row = {"train loss": 200.0 / epoch, "test loss": 210.0 / epoch, "test KL": 3.0 * epoch}
            lab["log_epoch"](writer, vae, epoch, row, digits)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    tags = events.Tags()
    assert set(tags["scalars"]) == {"loss/train", "loss/test", "KL/test"}
    assert [(event.step, event.value) for event in events.Scalars("loss/test")] == [(1, 210), (2, 105)]
    assert set(tags["histograms"]) == {"mu/z0", "mu/z1", "sigma/z0", "sigma/z1"}
    with torch.no_grad():
        mu, logvar = vae.encode(digits)
    for name, values in (("mu/z1", mu[:, 1]), ("sigma/z0", torch.exp(logvar[:, 0] / 2))):
        histogram = events.Histograms(name)[0].histogram_value
        assert histogram.num == 40
        assert histogram.sum == pytest.approx(float(values.double().sum()), rel=1e-4)
    (images,) = tags["images"]
    assert len(events.Images(images)) == 2
    assert tags["graph"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda vae: type(vae)(0), "latent_size is 0; expected an integer of at least 1"),
        (lambda vae: type(vae)(2.5), "latent_size is 2.5"),
        (lambda vae: vae(torch.rand(3, 783)), r"batch has the shape \(3, 783\).*give \(batch, 784\)"),
        (lambda vae: vae(torch.rand(3, 1, 28, 28) * 2 - 1), r"expected .* in \[0, 1\]"),
        (lambda vae: vae(torch.zeros(3, 784, dtype=torch.uint8)), "expected a float tensor"),
    ],
)
def test_bad_input_is_refused_in_words(vae, call, words):
    with pytest.raises(ValueError, match=words):
        call(vae)
