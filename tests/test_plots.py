"""Figures: what they show, what they refuse, and that none stays open in pyplot."""

import io
import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from scipy.special import expit

from labutils.plots import images, rbm, training
from labutils.plots.style import to_numpy

V, H = 784, 100


@pytest.fixture(autouse=True)
def _no_open_figure():
    yield
    assert plt.get_fignums() == [], "a figure stays open in pyplot: a notebook would show it twice"


@pytest.fixture(params=["numpy", "tensor", "tensor with gradient"])
def convert(request):
    """Arrays, tensors, and tensors that need a gradient: all are plotted alike."""
    if request.param == "numpy":
        return lambda array: np.array(array)
    return lambda array: torch.tensor(array).requires_grad_(request.param.endswith("gradient"))


@pytest.fixture
def layers():
    rng = np.random.default_rng(0)
    return {
        "v": rng.random((20, V)),
        "h": (rng.random((20, H)) < 0.3).astype(float),
        "W": rng.normal(size=(V, H)),
        "a": rng.normal(size=V),
    }


@pytest.mark.parametrize(("count", "channels", "nrow", "pad"), [(5, 1, 3, 2), (7, 3, 10, 1), (10, 1, 5, 0)])
def test_tiles_are_those_of_torchvision(count, channels, nrow, pad):
    from torchvision.utils import make_grid

    pictures = torch.rand(count, channels, 4, 5)
    grid = make_grid(pictures, nrow, pad, pad_value=0.7)
    expected = grid[0] if channels == 1 else grid.permute(1, 2, 0)
    np.testing.assert_array_equal(images.tile(pictures, nrow, pad, 0.7), expected)


def shown(fig: Figure, axes: int = 0) -> np.ndarray:
    """The array of the first image in one of the figure's axes."""
    return np.asarray(fig.axes[axes].images[0].get_array().filled(np.nan))


def cut(grid: np.ndarray, row: int, column: int, shape=(28, 28), pad=2) -> np.ndarray:
    """The image that stands in a row and a column of a grid."""
    top, left = pad + row * (shape[0] + pad), pad + column * (shape[1] + pad)
    return grid[top : top + shape[0], left : left + shape[1]]


def drawn(fig: Figure) -> bytes:
    """The figure as a PNG, the way a notebook stores it."""
    file = io.BytesIO()
    fig.savefig(file, format="png", bbox_inches="tight")
    return file.getvalue()


# images


def test_rows_show_colours_from_black_to_white():
    red = torch.tensor([3.0, -1.0, -1.0]).view(1, 3, 1, 1)  # 3 is cut to 1
    rows = {"black": torch.full((2, 3, 4, 4), -1.0), "red": red.repeat(2, 1, 4, 4)}
    fig = images.image_rows(rows, vmin=-1)
    pixels = np.asarray(fig.axes[0].images[0].get_array())
    assert pixels.shape == (14, 14, 3)
    assert pixels[3, 3].tolist() == pixels[3, 9].tolist() == [0, 0, 0]
    assert pixels[9, 3].tolist() == pixels[9, 9].tolist() == [1, 0, 0]
    assert pixels[0, 0].tolist() == [1, 1, 1]
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == ["black", "red"]


@pytest.mark.parametrize("shape", [(12, 784), (12, 28, 28), (12, 1, 28, 28)])
def test_image_grid_places_images_row_by_row(shape, convert):
    pixels = np.random.default_rng(1).random(shape).astype(np.float32)
    given = convert(pixels)
    fig = images.image_grid(given, nrow=5, title="digits")
    assert isinstance(fig, Figure)
    assert len(fig.axes) == 1
    for number in range(12):
        np.testing.assert_array_equal(cut(shown(fig), *divmod(number, 5)), pixels[number].reshape(28, 28))
    assert fig.axes[0].images[0].get_clim() == (0, 1)
    assert fig.get_facecolor() == (1, 1, 1, 1)
    assert np.array_equal(given.detach() if isinstance(given, torch.Tensor) else given, pixels)


def test_image_grid_of_one_image_and_of_other_shapes():
    pixels = np.random.default_rng(2).random((1, 15))
    fig = images.image_grid(pixels.reshape(1, 3, 5))
    np.testing.assert_allclose(cut(shown(fig), 0, 0, (3, 5)), pixels.reshape(3, 5), rtol=1e-6)
    assert shown(fig).shape == (3 + 4, 5 + 4)


@pytest.mark.parametrize(
    ("given", "shape", "words"),
    [
        (np.zeros((4, 783)), None, "783 pixels cannot be shown as 27 x 27"),
        (np.zeros((4, 784)), (20, 20), "784 pixels cannot be shown as 20 x 20"),
        (np.zeros((28, 28, 28, 3)), None, r"\(28, 28, 28, 3\)"),
        (np.zeros(784), None, r"x\[None\]"),
        (np.zeros((0, 28, 28)), None, r"N at least 1"),
    ],
)
def test_shapes_that_are_not_images_are_refused(given, shape, words):
    with pytest.raises(ValueError, match=words):
        images.as_images(given, shape)


def test_image_rows_labels_and_places_every_entry(convert):
    rng = np.random.default_rng(3)
    rows = {"input": rng.random((4, V)), "CD-1": rng.random((4, V))}
    fig = images.image_rows({name: convert(row) for name, row in rows.items()}, columns="abcd")
    ax = fig.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["input", "CD-1"]
    assert [label.get_text() for label in ax.get_xticklabels()] == list("abcd")
    for row, pixels in enumerate(rows.values()):
        for column in range(4):
            np.testing.assert_allclose(cut(shown(fig), row, column).ravel(), pixels[column], rtol=1e-6)
        # the label stands at the height of its row
        assert 30 * row < ax.get_yticks()[row] < 30 * (row + 1) + 2


def test_a_long_row_label_is_not_cut():
    fig = images.image_rows({"a label that says rather much": np.zeros((2, V))})
    fig.canvas.draw()
    box = fig.axes[0].get_yticklabels()[0].get_window_extent()
    assert box.x0 >= 0


def test_image_rows_refuses_what_cannot_be_compared():
    with pytest.raises(ValueError, match=r"'b': \(3, 1, 28, 28\)"):
        images.image_rows({"a": np.zeros((4, V)), "b": np.zeros((3, V))})
    with pytest.raises(ValueError, match="3 labels were given for 2 columns"):
        images.image_rows({"a": np.zeros((2, V))}, columns=[1, 2, 3])


def test_animation_has_its_frames_size_and_text(convert):
    frames = np.random.default_rng(4).random((5, 6, V)).astype(np.float32)
    picture = images.animate(convert(frames), nrow=3, scale=2, fps=10, alt="six digits")
    gif = Image.open(io.BytesIO(picture.data))
    assert gif.format == "GIF"
    assert gif.n_frames == 5
    assert gif.size == (2 * (3 * 30 + 2), 2 * (2 * 30 + 2))
    assert gif.info["duration"] == 100
    assert gif.info["loop"] == 0
    assert picture._repr_mimebundle_()[1]["image/gif"]["alt"] == "six digits"


def test_animation_shows_the_pixels_to_within_a_shade():
    frames = np.random.default_rng(5).random((3, 2, V))
    gif = Image.open(io.BytesIO(images.animate(frames, scale=1, captions=["a", "b", "c"]).data))
    for number, frame in enumerate(frames):
        gif.seek(number)
        grid = np.asarray(gif.convert("L"))[24:] / 255
        for column in range(2):
            assert abs(cut(grid, 0, column).ravel() - frame[column]).max() <= 1 / (images.SHADES - 1) + 0.01


def test_animation_stays_small():
    rng = np.random.default_rng(6)
    frames = np.zeros((40, 16, 28, 28))
    frames[:, :, 6:22, 8:20] = rng.random((40, 16, 16, 12))  # as much noise as a digit has ink
    assert len(images.animate(frames, captions=[f"step {k}" for k in range(40)]).data) < 250_000


def test_animation_refuses_bad_input():
    with pytest.raises(ValueError, match="one caption for each"):
        images.animate(np.zeros((3, 2, V)), captions=["a", "b"])
    with pytest.raises(ValueError, match="same number of images"):
        images.animate([np.zeros((2, V)), np.zeros((3, V))])


# weights


def test_weights_stand_row_by_row_on_a_symmetric_scale(layers, convert):
    W = layers["W"]
    fig = rbm.visualize_RBM_weights(convert(W), 10, 10)
    grid = shown(fig)
    for k in range(H):
        np.testing.assert_allclose(cut(grid, *divmod(k, 10)).ravel(), W[:, k], rtol=1e-6)
    low, high = fig.axes[0].images[0].get_clim()
    assert low == -high
    assert high == pytest.approx(np.percentile(abs(W), 99.5), rel=1e-5)
    assert np.isnan(grid[0, 0])  # the gaps are not weights


def test_weights_follow_the_order_and_the_limit(layers):
    order = np.random.default_rng(7).permutation(H)
    fig = rbm.visualize_RBM_weights(layers["W"], 5, 2, order=order, limit=0.7)
    assert shown(fig).shape == (2 * 30 + 2, 5 * 30 + 2)
    for k in range(10):
        np.testing.assert_allclose(cut(shown(fig), *divmod(k, 5)).ravel(), layers["W"][:, order[k]], rtol=1e-6)
    assert fig.axes[0].images[0].get_clim() == (-0.7, 0.7)


def test_units_are_counted_at_the_edges_unless_they_are_sorted(layers):
    ax = rbm.draw_weights(layers["W"], (28, 28), 25, (10, 3)).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == [str(n) for n in range(10)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "10", "20"]
    ax = rbm.draw_weights(layers["W"], (28, 28), 25, (10, 3), order=range(100)).axes[0]
    assert not [*ax.get_xticklabels(), *ax.get_yticklabels()]


def test_both_sheets_draw_the_same_weights(layers):
    croatian = rbm.draw_weights(layers["W"], (28, 28), 15, (5, 20))
    english = rbm.visualize_RBM_weights(layers["W"], 5, 3)
    np.testing.assert_array_equal(shown(croatian), shown(english))
    smooth = rbm.draw_weights(layers["W"], (28, 28), 15, (5, 20), interpolation="bilinear")
    assert smooth.axes[0].images[0].get_interpolation() == "bilinear"


def test_weights_of_zero_and_single_units_are_drawn():
    assert drawn(rbm.visualize_RBM_weights(np.zeros((12, 1)), 1, 1, (3, 4)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda W: rbm.visualize_RBM_weights(W.T, 10, 10), r"\(100, 784\).*\(784, hidden units\)"),
        (lambda W: rbm.draw_weights(W, (10, 10), 100, (10, 10)), "10 x 10"),
    ],
)
def test_weights_that_do_not_fit_are_refused(layers, call, words):
    with pytest.raises(ValueError, match=words):
        call(layers["W"])


# reconstructions


def test_draw_rec_fills_the_panels_of_one_figure(convert):
    values = np.linspace(0, 1, 6)
    fig = rbm.draw_rec(convert(values), "first", (2, 3), 1, 2, 1)
    assert rbm.draw_rec(values[::-1].copy(), "second", (2, 3), 1, 2, 2, fig=fig) is fig
    assert [ax.get_title() for ax in fig.axes] == ["first", "second"]
    np.testing.assert_array_equal(shown(fig, 0), values.reshape(2, 3))
    np.testing.assert_array_equal(shown(fig, 1), values[::-1].reshape(2, 3))
    with pytest.raises(ValueError, match="reshape"):
        rbm.draw_rec(values, "", (3, 3), 1, 1, 1)


def test_reconstruct_adds_one_unit_at_a_time(layers, convert):
    h, v, W, a = (layers[name] for name in "hvWa")
    fig = rbm.reconstruct(3, *(convert(layers[name]) for name in "hvWa"))
    active = np.flatnonzero(h[3])
    titles = [ax.get_title() for ax in fig.axes]
    assert titles[3:] == [f"+ h{j}" for j in active]
    np.testing.assert_array_equal(shown(fig, 0), h[3].reshape(10, 10))
    np.testing.assert_array_equal(shown(fig, 1), v[3].reshape(28, 28))
    np.testing.assert_allclose(shown(fig, 2).ravel(), expit(a), rtol=1e-12)
    np.testing.assert_allclose(shown(fig, 4).ravel(), expit(a + W[:, active[0]] + W[:, active[1]]), rtol=1e-9)
    np.testing.assert_allclose(shown(fig, -1).ravel(), expit(a + W @ h[3]), rtol=1e-9)


def test_reconstruct_adds_units_in_the_order_that_is_given(layers):
    h, v, W, a = (layers[name] for name in "hvWa")
    order = np.random.default_rng(1).permutation(H)
    fig = rbm.reconstruct(3, h, v, W, a, order=torch.tensor(order))
    assert [ax.get_title() for ax in fig.axes][3:] == [f"+ h{j}" for j in order if h[3, j]]
    np.testing.assert_allclose(shown(fig, -1).ravel(), expit(a + W @ h[3]), rtol=1e-9)


def test_reconstruct_of_a_silent_layer_and_of_an_amplified_one(layers):
    h, v, W, a = (layers[name] for name in "hvWa")
    assert len(rbm.reconstruct(0, 0 * h, v, W, a).axes) == 3
    amplified = rbm.reconstruct(0, 20 * h, v, W / 20, a)
    np.testing.assert_allclose(shown(amplified, -1).ravel(), expit(a + W @ h[0]), rtol=1e-9)
    np.testing.assert_array_equal(shown(amplified, 0).ravel(), h[0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"biases": np.zeros(100)}, r"Weights \(784, 100\), but 100 visible biases"),
        ({"states": np.zeros((20, 50))}, "50 hidden units in states"),
    ],
)
def test_reconstruct_refuses_sizes_that_do_not_match(layers, change, words):
    given = {
        "ind": 0,
        "states": layers["h"],
        "orig": layers["v"],
        "weights": layers["W"],
        "biases": layers["a"],
    }
    with pytest.raises(ValueError, match=words):
        rbm.reconstruct(**{**given, **change})


def panel(fig: Figure, block: int, row: int, column: int) -> np.ndarray:
    """One panel of `draw_reconstructions` or `draw_generated`."""
    return cut(shown(fig, block), row, column, (images.TILE, images.TILE), 4)


def inside(small: np.ndarray, big: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The values in the middles of the enlarged cells of `big`, as a flat array like `small`."""
    middles = [[math.floor((k + 0.5) * images.TILE / n) for k in range(n)] for n in shape]
    values = big[np.ix_(*middles)].ravel()
    assert values.shape == small.shape
    return values


def test_reconstructions_stand_in_blocks_of_ten(layers, convert):
    v, h = layers["v"], layers["h"]
    fig = rbm.draw_reconstructions(convert(v), convert(v[::-1].copy()), convert(h), (28, 28), (5, 20), 13)
    assert len(fig.axes) == 2
    labels = [label.get_text() for label in fig.axes[1].get_yticklabels()]
    assert labels == ["input", "reconstruction", "hidden state"]
    for n in range(13):
        block, column = divmod(n, 10)
        np.testing.assert_allclose(inside(v[n], panel(fig, block, 0, column), (28, 28)), v[n], rtol=1e-6)
        np.testing.assert_allclose(inside(v[n], panel(fig, block, 1, column), (28, 28)), v[19 - n], rtol=1e-6)
        np.testing.assert_array_equal(inside(h[n], panel(fig, block, 2, column), (5, 20)), h[n])
    assert (panel(fig, 1, 0, 3) == 1).all()  # nothing where no digit is left


def test_generated_states_are_scaled_one_by_one(layers, convert):
    v, h = layers["v"], layers["h"]
    strength = np.array([1, 10, 20])[:, None]
    fig = rbm.draw_generated(convert(h[:3] * strength), convert(h[3:6]), convert(v), (28, 28), (10, 10), 3)
    assert len(fig.axes) == 1
    for n in range(3):
        np.testing.assert_allclose(inside(h[n], panel(fig, 0, 0, n), (10, 10)), h[n], rtol=1e-6)
        np.testing.assert_array_equal(inside(h[n], panel(fig, 0, 1, n), (10, 10)), h[3 + n])
        np.testing.assert_allclose(inside(v[n], panel(fig, 0, 2, n), (28, 28)), v[n], rtol=1e-6)


def test_a_single_step_of_twenty_does_not_hide_a_weaker_unit():
    state = np.zeros((1, 4))
    state[0, :2] = 20, 10
    fig = rbm.draw_generated(state, state, np.zeros((1, 4)), (2, 2), (2, 2), 1)
    np.testing.assert_allclose(inside(state[0], panel(fig, 0, 0, 0), (2, 2)), [1, 0.5, 0, 0])


def test_layers_of_another_shape_are_refused(layers):
    v, h = layers["v"], layers["h"]
    with pytest.raises(ValueError, match="100 pixels cannot be shown as 10 x 9"):
        rbm.draw_reconstructions(v, v, h, (28, 28), (10, 9), 20)
    with pytest.raises(ValueError, match="784 pixels cannot be shown as 10 x 10"):
        rbm.draw_generated(h, h, v, (10, 10), (10, 10), 5)
    with pytest.raises(ValueError, match="21 images or layers"):
        rbm.draw_reconstructions(v, v, h, (28, 28), (10, 10), 21)


# activity and chains


def test_activity_counts_dead_and_always_on_units(convert):
    frequency = np.full(12, 0.4)
    frequency[[3, 7]] = 0.0, 0.009
    frequency[5] = 0.995
    fig = rbm.draw_activity(convert(frequency), (3, 4))
    np.testing.assert_array_equal(shown(fig, 0), frequency.reshape(3, 4))
    legend = [text.get_text() for text in fig.axes[1].get_legend().get_texts()]
    assert any(text.startswith("9 units in between") for text in legend)
    assert any(text.startswith("2 on for less than 1%") for text in legend)
    assert any(text.startswith("1 on for more than 99%") for text in legend)
    dead, always = fig.axes[0].lines
    assert set(zip(dead.get_xdata(), dead.get_ydata(), strict=True)) == {
        (3, 0),
        (3, 1),
    }  # units 3 and 7 of 4 a row
    assert list(zip(always.get_xdata(), always.get_ydata(), strict=True)) == [(1, 1)]
    points = np.concatenate([line.get_xydata() for line in fig.axes[1].lines[:3]])
    np.testing.assert_array_equal(points[points[:, 0].argsort(), 1], np.sort(frequency)[::-1])


@pytest.mark.filterwarnings("error:constrained_layout not applied")
def test_activity_without_dead_units_keeps_its_room():
    fig = rbm.draw_activity(np.full(100, 0.5), (10, 10), title="t")
    assert drawn(fig)
    assert [ax.get_position().width > 0.2 for ax in fig.axes[:2]] == [True, True]


def test_activity_refuses_counts_and_other_shapes():
    with pytest.raises(ValueError, match=r"Shares lie between 0 and 1.*to 7"):
        rbm.draw_activity(np.array([0.0, 7.0]), (1, 2))
    with pytest.raises(ValueError, match="Shares lie between 0 and 1"):
        rbm.draw_activity(np.array([0.0, np.nan]), (1, 2))


def test_chains_run_from_left_to_right(convert):
    frames = np.random.default_rng(8).random((3, 2, V))
    fig = rbm.draw_chain(convert(frames), [1, 10, 1000])
    for step in range(3):
        for chain in range(2):
            np.testing.assert_allclose(cut(shown(fig), chain, step).ravel(), frames[step, chain], rtol=1e-6)
    assert [label.get_text() for label in fig.axes[0].get_xticklabels()] == ["step 1", "10", "1000"]
    with pytest.raises(ValueError, match="2 labels were given for 3 columns"):
        rbm.draw_chain(convert(frames), [1, 10])


# curves


def test_curves_have_their_points_and_labels(convert):
    fig = training.draw_curves(
        {"CD-1": convert(np.array([3.0, 2.0, 1.0])), "CD-10": (convert(np.array([1.0, 3.0])), [5, 6])},
        ylabel="error",
        logx=True,
    )
    ax = fig.axes[0]
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 3], [2, 2], [3, 1]])
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), [[1, 5], [3, 6]])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["CD-1", "CD-10"]
    assert ax.get_xscale() == "log"
    assert ax.get_ylabel() == "error"
    assert 0 < ax.get_xlim()[0] <= 1 < 3 <= ax.get_xlim()[1] < 4
    assert drawn(fig)


def test_several_runs_share_one_look_and_one_label(convert):
    runs = convert(np.array([[3.0, 2.0], [3.5, 2.5], [4.0, 1.0]]))
    ax = training.draw_curves({"CD-1": ([10, 20], runs), "PCD": [1.0, 2.0]}, ylabel="error").axes[0]
    np.testing.assert_array_equal([line.get_ydata() for line in ax.lines[:3]], to_numpy(runs))
    assert len({(line.get_color(), line.get_marker()) for line in ax.lines[:3]}) == 1
    assert ax.lines[3].get_color() != ax.lines[0].get_color()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["CD-1", "PCD"]


def test_groups_have_a_dot_for_each_run_and_a_bar_at_the_mean():
    errors = {"CD-1": [0.02, 0.04], "PCD": [0.03, 0.03]}
    likelihoods = {"CD-1": ([-120.0, -130.0], [-121.0, -135.0]), "PCD": (torch.tensor([-110.0, -112]), [-111, -113])}
    fig = training.draw_groups({"error": errors, "nats": likelihoods}, title="t")
    left, right = fig.axes
    assert [line.get_xdata().tolist() for line in left.lines] == list(errors.values())
    assert [line.get_xdata().tolist() for line in right.lines] == [[-120, -130], [-110, -112]]
    for row, line in enumerate(right.lines):
        assert (abs(line.get_ydata() - row) < 0.3).all()
        assert len(set(line.get_ydata())) == 2  # side by side, where values are equal
    brackets, mean = right.collections[:2]
    np.testing.assert_allclose([segment[:, 0] for segment in brackets.get_segments()], [[-121, -120], [-135, -130]])
    np.testing.assert_allclose(mean.get_segments()[0][:, 0], -125)
    assert [text.get_text() for text in left.get_yticklabels()] == ["CD-1", "PCD"]
    assert left.get_ylim()[0] > left.get_ylim()[1]  # the first setting on top
    assert (left.get_xlabel(), right.get_xlabel()) == ("error", "nats")
    assert drawn(fig)


def test_a_figure_of_a_hundred_weight_images_is_small(layers):
    W = layers["W"] * 0.1 + np.exp(-((np.arange(V)[:, None] - 300) ** 2) / 5000)
    assert len(drawn(rbm.visualize_RBM_weights(W, 10, 10))) < 150_000


def test_the_sheets_collage_and_grid():
    digits = torch.arange(5.0)[:, None, None] * torch.ones(5, 2, 3) / 5
    collage = images.produce_collage(2, 3, digits, dim=(2, 3))
    assert collage.shape == (4, 9)
    np.testing.assert_allclose(collage[::2, ::3], [[0, 0.2, 0.4], [0.6, 0.8, 0]])
    np.testing.assert_array_equal(
        collage, images.produce_collage(2, 3, [digit.flatten() for digit in digits], dim=(2, 3))
    )
    with pytest.raises(ValueError, match="5 images do not fit into 2 rows of 2"):
        images.produce_collage(2, 2, digits, dim=(2, 3))
    shown, grid = (
        fig.axes[0].get_images()[0].get_array() for fig in (images.display_images(digits), images.image_grid(digits))
    )
    np.testing.assert_array_equal(shown, grid)
