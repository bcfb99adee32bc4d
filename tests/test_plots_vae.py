"""Figures of the VAE: what they show, what they refuse, and that none stays open in pyplot."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from labutils.plots import vae
from labutils.plots.images import TILE


@pytest.fixture(autouse=True)
def _no_open_figure():
    yield
    assert plt.get_fignums() == [], "a figure stays open in pyplot: a notebook would show it twice"


@pytest.fixture(params=["numpy", "tensor with gradient"])
def convert(request):
    if request.param == "numpy":
        return lambda array: np.array(array)
    return lambda array: torch.tensor(array).requires_grad_(array.dtype == float)


def drawn(fig):
    fig.savefig(io.BytesIO(), format="png")
    return fig


def test_reconstructions_show_digit_reconstruction_and_state(convert):
    rng = np.random.default_rng(0)
    ins, outs, states = rng.random((13, 784)), rng.random((13, 784)), rng.normal(size=(13, 6))
    fig = drawn(vae.plot_reconstructions(convert(ins), convert(outs), convert(states), 13, (2, 3), title="t"))
    labels = [label.get_text() for label in fig.axes[1].get_yticklabels()]
    assert labels == ["test digit", "reconstruction", "state z"]
    scale = fig.axes[1].images[0]
    assert scale.get_clim() == (-3, 3)
    for n in range(13):
        block, column = divmod(n, 10)
        grid = np.asarray(fig.axes[block].images[0].get_array())
        for row, (array, shape) in enumerate(((ins, (28, 28)), (outs, (28, 28)), (states, (2, 3)))):
            top, left = 4 + row * (TILE + 4), 4 + column * (TILE + 4)
            middles = [[int((k + 0.5) * TILE / count) for k in range(count)] for count in shape]
            seen = grid[top : top + TILE, left : left + TILE][np.ix_(*middles)]
            right = array[n].reshape(shape)
            right = scale.to_rgba(right)[..., :3] if row == 2 else np.stack([right] * 3, -1)
            np.testing.assert_allclose(seen, right, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number_of_samples": 14}, "14 images or layers were asked for, but 13 were given"),
        ({"number_of_samples": 0}, "0 images"),
        ({"state_shape": (4, 5)}, "cannot be shown as 4 x 5"),
    ],
)
def test_reconstructions_refuse_what_does_not_fit(change, words):
    with pytest.raises(ValueError, match=words):
        vae.plot_reconstructions(np.zeros((13, 784)), np.zeros((13, 784)), np.zeros((13, 6)),
                                 **({"number_of_samples": 3, "state_shape": (2, 3)} | change))  # fmt: skip


def loader():
    """Two batches; mu and logvar can be read off the first pixels."""
    images = torch.arange(5.0)[:, None, None, None].expand(5, 1, 2, 2) / 10
    yield images[:3], torch.tensor([3, 1, 4])
    yield images[3:], torch.tensor([1, 5])


def encode(x):
    return x[:, :3] * torch.tensor([1.0, 2.0, 3.0]), x[:, :3] - 1


def test_latent_dataframes_hold_what_the_encoder_says():
    weight = torch.arange(12.0).view(4, 3).requires_grad_()
    df_mu, df_logvar, df_weights = vae.generate_latent_dataframes(loader(), encode=encode, dec1_weight=weight)
    assert list(df_mu) == ["label", "mu_z0", "mu_z1", "mu_z2"]
    assert list(df_logvar) == ["label", "logvar_z0", "logvar_z1", "logvar_z2"]
    assert df_mu["label"].tolist() == [3, 1, 4, 1, 5]
    assert isinstance(df_mu["label"].dtype, pd.CategoricalDtype)
    np.testing.assert_allclose(df_mu["mu_z2"], np.arange(5) * 0.3, atol=1e-6)
    np.testing.assert_allclose(df_logvar["logvar_z1"], np.arange(5) / 10 - 1, atol=1e-6)
    np.testing.assert_allclose(df_weights["w1"], [1, 4, 7, 10])


def test_boxplots_show_the_real_standard_deviation():
    n = 400
    logvar = np.linspace(-4, 0, n)
    label = {"label": pd.Categorical(np.zeros(n, int))}
    df_mu = pd.DataFrame(label | {"mu_z0": np.linspace(-1, 3, n), "mu_z1": np.zeros(n)})
    df_logvar = pd.DataFrame(label | {"logvar_z0": logvar, "logvar_z1": logvar - 1})
    weights = pd.DataFrame({"w0": np.linspace(0, 1, 50), "w1": np.zeros(50)})
    fig = drawn(vae.plot_data_boxplots(df_mu, df_logvar, weights, title="t"))
    assert len(fig.axes) == 3
    assert [t.get_text() for t in fig.axes[2].get_xticklabels()] == ["0", "1"]
    for ax, frame in ((fig.axes[0], df_mu["mu_z0"]), (fig.axes[1], np.exp(df_logvar["logvar_z0"] / 2))):
        heights = np.concatenate([np.atleast_1d(line.get_ydata()) for line in ax.lines])
        assert np.isclose(heights, np.median(frame), atol=1e-6).any()
    heights = np.concatenate([line.get_ydata() for line in fig.axes[1].lines])
    assert heights.max() <= 1  # sigma of logvar <= 0; the sheet's square(exp(logvar)) has another median
    assert not np.isclose(heights, np.median(np.exp(logvar) ** 2), atol=1e-3).any()


def test_latent_use_sorts_by_kl_and_counts_the_active(convert):
    mu = np.array([[0.0, 2.0, -1.0], [0.0, -2.0, 1.0], [0.1, 1.0, 2.0]])
    kl, labels = np.array([0.001, 1.2, 0.4]), np.array([2, 1, 1])
    weights = np.array([[0.0, 1.0, -2.0], [0.1, 3.0, 0.5]])
    fig = drawn(vae.draw_latent_use(convert(mu), convert(labels), convert(kl), convert(weights), title="t"))
    bars, means, fan, _, _ = fig.axes
    assert bars.get_title() == "KL of each latent"
    assert [bar.get_width() for bar in bars.patches] == pytest.approx([1.2, 0.4, 0.024])
    assert [bar.get_hatch() or "" for bar in bars.patches] == ["", "", "//"]
    assert [t.get_text() for t in bars.get_yticklabels()] == ["1", "2", "0"]
    np.testing.assert_allclose(means.images[0].get_array(), mu[[1, 2, 0]].T[[1, 2, 0]])
    np.testing.assert_allclose(fan.images[0].get_array(), weights[[1, 0]].T[[1, 2, 0]])
    assert [t.get_text() for t in means.get_xticklabels()] == ["1", "2"]


def test_latent_plane_draws_every_digit_as_itself(convert):
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(300, 2)), np.arange(300) % 10
    fig = drawn(vae.plot_latent(convert(points), convert(labels), axis_names=("a", "b")))
    ax = fig.axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")
    assert len(ax.collections) == 10
    for digit, cloud in enumerate(ax.collections):
        np.testing.assert_allclose(np.asarray(cloud.get_offsets()), points[labels == digit])
    assert sorted(text.get_text() for text in ax.texts) == [str(digit) for digit in range(10)]
    for text in ax.texts:
        np.testing.assert_allclose(text.xy, np.median(points[labels == int(text.get_text())], 0))
    places = np.array([text.get_position() for text in ax.texts])
    apart = np.hypot(*(places[:, None] - places).T)[~np.eye(10, dtype=bool)]
    assert apart.min() > 0.05 * np.ptp(points, 0).max()  # large digits do not collide
    assert len(set(vae.CLASS_COLOURS)) == 10


def test_circles_hold_the_share_of_the_prior_that_they_say():
    points, prior = np.random.default_rng(0).normal(size=(100, 2)), np.random.default_rng(1).normal(size=(100_000, 2))
    plane = drawn(vae.plot_latent(points, np.zeros(100), circles=True))
    walk = drawn(vae.walk_in_latent_space(3, 4, decode=lambda z: torch.zeros(16, 784), device="cpu", circles=True))
    for ax in (plane.axes[0], walk.axes[0]):
        shares = [text.get_text() for text in ax.texts if text.get_text().endswith("%")]
        assert len(shares) == len(ax.patches) == 3
        for circle, share in zip(ax.patches, shares, strict=True):
            inside = (np.hypot(*prior.T) < circle.get_radius()).mean()
            assert float(share.rstrip("%")) == pytest.approx(100 * inside, abs=1)


def test_latent_plane_refuses_more_than_a_plane():
    with pytest.raises(ValueError, match=r"expected \(N, 2\).*PCA"):
        vae.plot_latent(np.zeros((5, 3)), np.zeros(5))


@pytest.mark.parametrize(("latents", "dimensions"), [(2, (0, 1)), (2, (1, 0)), (5, (3, 1))])
def test_walk_is_a_true_grid_with_x_right_and_y_up(latents, dimensions):
    seen = []

    def decode(z):
        """Left half of an image: the x dimension; right half: the y dimension."""
        seen.append(z)
        image = torch.zeros(len(z), 28, 28)
        image[:, :, :14] = z[:, dimensions[0], None, None] / 4 + 0.5
        image[:, :, 14:] = z[:, dimensions[1], None, None] / 4 + 0.5
        return image.flatten(1)

    fig = drawn(vae.walk_in_latent_space(2, 5, latents, dimensions, decode=decode, device="cpu"))
    (picture,) = fig.axes[0].images
    canvas, (left, right, bottom, top) = np.asarray(picture.get_array()), picture.get_extent()
    assert picture.origin == "upper"
    assert canvas.shape == (140, 140)
    for x in np.linspace(-2, 2, 5):
        for y in np.linspace(-2, 2, 5):
            column, row = (x - left) / (right - left) * 140, (top - y) / (top - bottom) * 140
            tile = canvas[int(row) - 14 : int(row) + 14, int(column) - 14 : int(column) + 14]
            np.testing.assert_allclose(tile[:, :14], x / 4 + 0.5, atol=1e-6)
            np.testing.assert_allclose(tile[:, 14:], y / 4 + 0.5, atol=1e-6)
    (z,) = seen
    others = [d for d in range(latents) if d not in dimensions]
    assert (z[:, others] == 0).all()
    assert fig.axes[0].get_xlabel() == f"$z_{{{dimensions[0]}}}$"
    assert fig.axes[0].get_ylabel() == f"$z_{{{dimensions[1]}}}$"


def test_walk_needs_two_dimensions():
    with pytest.raises(ValueError, match="two different ones"):
        vae.walk_in_latent_space(3, 20, 2, (1, 1), decode=lambda z: z, device="cpu")


def test_explorer_redraws_when_a_slider_moves():
    def decode(z):
        return (z.mean(1, keepdim=True) / 10 + 0.5).expand(len(z), 784)

    box = vae.explore_latent_plane(decode, device="cpu", limit=5)
    box.update()  # which ipywidgets 7 leaves to the moment when the box is shown
    sliders = box.children[:2]
    assert [(slider.min, slider.max, slider.value) for slider in sliders] == [(-5, 5, 0)] * 2
    assert box.result.size == (224, 224)
    assert abs(np.asarray(box.result) - 127.5).max() <= 1
    sliders[1].value = 5.0
    np.testing.assert_allclose(np.asarray(box.result), 255 * 0.75, atol=1)


def test_interpolation_starts_and_ends_at_the_means_and_walks_straight():
    first, second = torch.rand(1, 2, 2), torch.rand(1, 2, 2)

    def encode(images):
        return 2 * images.flatten(1), None

    images = vae.interpolate(first, second, 5, encode=encode, decode=lambda z: z.view(-1, 1, 2, 2) / 2)
    torch.testing.assert_close(images[[0, 4]], torch.stack([first, second]))
    torch.testing.assert_close(images[1], 0.75 * first + 0.25 * second)
