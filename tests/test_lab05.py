"""The DCGAN of lab 05: known sizes, the theory's optimum, gradients that survive, and the 16-bit paths."""

import math
from types import SimpleNamespace

import pytest
import torch
from scipy.spatial.distance import jensenshannon
from torch import nn

from labutils import runtime
from tests.notebook_tools import notebook_space


@pytest.fixture(scope="module")
def lab():
    return notebook_space("05_dcgan")


def test_parameters_of_the_published_networks(lab):
    """PyTorch's DCGAN tutorial (three colours, no biases) has 3,576,704 and 2,765,568 parameters."""
    biases = 512 + 256 + 128 + 64 + 1
    colours = 2 * 64 * 16  # two colours more in its layer of 64 channels
    for network, published in ((lab["Generator"](100), 3_576_704), (lab["Discriminator"](), 2_765_568)):
        assert sum(p.numel() for p in network.parameters()) == published - colours + biases


def test_every_layer_has_the_size_of_the_table(lab):
    sizes = []
    for network, x in (
        (lab["Generator"](100), torch.zeros(2, 100)),
        (lab["Discriminator"](), torch.zeros(2, 1, 64, 64)),
    ):
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.register_forward_hook(lambda _, __, out: sizes.append(tuple(out.shape[1:3])))
        network(x)
    assert sizes[:5] == [(512, 4), (256, 8), (128, 16), (64, 32), (1, 64)]
    assert sizes[5:] == [(64, 32), (128, 16), (256, 8), (512, 4), (1, 1)]


class Shift(nn.Module):
    """A generator of N(-1, 1)."""

    latent_size = 1

    def forward(self, z):
        return z.reshape(-1, 1, 1, 1) - 1


class Line(nn.Module):
    """A discriminator that is perfect for two Gaussians of variance 1, if trained: its logit is a x + b."""

    def __init__(self):
        super().__init__()
        self.line = nn.Linear(1, 1)

    def logits(self, images):
        return self.line(images.reshape(-1, 1)).flatten()


def test_the_discriminators_steps_lead_to_the_log_ratio_of_the_densities(lab):
    """Real N(1, 1) against N(-1, 1): the log ratio is 2x, and the loss 2 ln 2 minus twice the Jensen-Shannon."""
    torch.manual_seed(0)
    d = Line()
    for rate in (0.1, 0.01, 0.001):
        optimizer = torch.optim.Adam(d.parameters(), lr=rate)
        losses = [
            lab["discriminator_step"](Shift(), d, optimizer, torch.randn(4000, 1, 1, 1) + 1)[0] for _ in range(150)
        ]
    assert d.line.weight.item() == pytest.approx(2, abs=0.05)
    assert d.line.bias.item() == pytest.approx(0, abs=0.05)
    x = torch.linspace(-12, 12, 20_001, dtype=torch.float64)
    p, q = (torch.exp(-((x - mean) ** 2) / 2) / math.sqrt(2 * math.pi) for mean in (1, -1))
    m = (p + q) / 2
    divergence = torch.trapezoid(p * (p / m).log() + q * (q / m).log(), x).item() / 2
    assert torch.stack(losses).mean().item() == pytest.approx(2 * math.log(2) - 2 * divergence, abs=0.01)


def test_a_discriminator_that_is_sure_of_everything_can_still_learn(lab):
    """A logit of 50 for everything: in bfloat16, and as a probability even in float32, all gradients would be 0."""
    torch.manual_seed(0)
    d = lab["Discriminator"](2)
    nn.init.constant_(d.output.bias, 50.0)
    assert torch.sigmoid(d.logits(torch.zeros(1, 1, 64, 64))).item() == 1
    before = d.output.bias.item()
    lab["discriminator_step"](
        lab["Generator"](3, 2), d, torch.optim.SGD(d.parameters(), 1.0), torch.rand(4, 1, 64, 64) * 2 - 1
    )
    assert d.output.bias.item() == pytest.approx(before - 1, abs=1e-3)  # the slope of -log(1 - D) is D = 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_one_epoch_in_every_precision(lab, monkeypatch, dtype):
    """In float16 gradients go through the scaler, as on GPUs without bfloat16."""
    monkeypatch.setattr(runtime, "fast_dtype", lambda device: dtype)
    monkeypatch.setitem(lab, "scaler", torch.amp.GradScaler("cpu", enabled=dtype == torch.float16))
    torch.manual_seed(0)
    g, d = (lab["prepared"](network) for network in (lab["Generator"](5, 2), lab["Discriminator"](2)))
    before = [p.clone() for network in (g, d) for p in network.parameters()]
    optimizers = [torch.optim.Adam(network.parameters(), 2e-4, fused=True) for network in (g, d)]
    batches = [(torch.rand(8, 1, 64, 64) * 2 - 1, None) for _ in range(3)]
    numbers = lab["train_epoch"](g, d, *optimizers, batches)
    assert all(math.isfinite(number) for number in numbers)
    images, logits = g(torch.randn(4, 5)), d.logits(batches[0][0])
    assert (images.dtype, logits.dtype) == (torch.float32, torch.float32)
    after = [p for network in (g, d) for p in network.parameters()]
    assert all(torch.isfinite(p).all() for p in after)
    assert all(not torch.equal(old, new) for old, new in zip(before, after, strict=True) if old.dim() > 1)


def test_a_training_that_is_over_is_said(lab):
    warning = lab["warning"]
    assert "the same answer" in warning(1.0, 1.0)
    assert "the same answer" in warning(0.0, 0.001)
    assert "almost always right" in warning(0.999, 0.001)
    assert warning(0.8, 0.2) == warning(0.5, 0.5) == ""


def test_the_divergence_on_the_line_is_that_of_scipy(lab):
    """SciPy's distance is the root of the divergence of two lists of probabilities."""
    real, made = lab["pile"]([-1.0, 1.0], 0.4), lab["pile"]([3.0], 0.8)
    lab["grid"] = torch.linspace(-8, 16, 4801).double()
    masses = [torch.exp(pile.log_prob(lab["grid"].float()).double()).numpy() for pile in (real, made)]
    assert lab["divergence"](real, made) == pytest.approx(jensenshannon(*masses) ** 2, abs=1e-6)
    assert lab["divergence"](real, lab["pile"]([8.0], 0.4)) == pytest.approx(math.log(2), abs=1e-6)
    assert lab["divergence"](real, real) == pytest.approx(0, abs=1e-9)


def test_the_walk_keeps_to_the_sphere_in_equal_angles(lab):
    start, end = torch.eye(3)[:2] * 5
    walk = lab["slerp"](start, end, 7)
    angles = torch.tensor([k * math.pi / 12 for k in range(7)])
    expected = 5 * torch.stack([angles.cos(), angles.sin(), 0 * angles], 1)
    torch.testing.assert_close(walk, expected)


def test_the_first_weights_are_those_of_the_paper(lab):
    torch.manual_seed(0)
    for layer, mean in ((nn.Conv2d(60, 50, 4), 0), (nn.ConvTranspose2d(50, 60, 4), 0), (nn.BatchNorm2d(20_000), 1)):
        nn.init.ones_(layer.bias)
        lab["weights_init"](layer)
        assert layer.weight.mean().item() == pytest.approx(mean, abs=6e-4)
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.03)
        assert not layer.bias.any()


def test_the_functions_of_the_vae_are_those_of_lab_04(lab):
    """The encoder's mean and the decoder, from the weights alone, against the network itself."""
    torch.manual_seed(0)
    vae = notebook_space("04_vae")["VAE"](20)
    lab["vae_weights"] = vae.state_dict()
    images, z = torch.rand(5, 784), torch.randn(5, 20)
    torch.testing.assert_close(lab["vae_mean"](images), vae.encode(images)[0].detach())
    torch.testing.assert_close(lab["vae_images"](z), vae.decode(z).detach(), atol=1e-5, rtol=1e-4)


def test_without_batch_norm_a_layer_multiplies_the_signal_by_the_root_of_its_inputs(lab):
    """White noise through convolutions of the first weights: 0.02 sqrt(16 C), and 0.02 sqrt(4 C) if transposed."""
    torch.manual_seed(0)
    for kind, inputs in ((nn.Conv2d, 16), (nn.ConvTranspose2d, 4)):
        layer = kind(64, 256, 4, 2, 1)
        lab["weights_init"](layer)
        (size,) = lab["signal_sizes"](layer, torch.randn(500, 64, 12, 12))
        assert size == pytest.approx(0.02 * (inputs * 64) ** 0.5, rel=0.1)  # less at the edges


def test_the_ten_normal_distributions_have_the_mean_and_covariance_of_their_class(lab, monkeypatch):
    torch.manual_seed(0)
    labels = torch.arange(20_000) % 10
    images = 0.3 + 0.04 * labels[:, None] + 0.02 * torch.randn(20_000, 784)
    images[:, 1] = images[:, 0]  # two pixels that always agree
    digits = SimpleNamespace(images=images.view(-1, 1, 28, 28), labels=labels)
    monkeypatch.setitem(lab, "mnist_loaders", lambda batch_size: (digits, None))
    monkeypatch.setitem(lab, "BATCH_SIZE", 64)
    drawn = lab["ten_normals"](20_000).view(10, 2_000, 784)  # class by class, as they are drawn
    torch.testing.assert_close(drawn.mean((1, 2)), 0.3 + 0.04 * torch.arange(10), atol=1e-3, rtol=0)
    torch.testing.assert_close(drawn.var(1).mean(1), torch.full((10,), 0.0004), atol=2e-5, rtol=0)
    for rows in drawn:
        correlations = torch.corrcoef(rows[:, :3].T)
        assert correlations[0, 1] > 0.95
        assert abs(correlations[0, 2]) < 0.15
