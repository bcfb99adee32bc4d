"""Figures of Boltzmann machines: weights, reconstructions, hidden activity, Gibbs chains (labs 01 to 03).

Functions that the lab sheets define keep their names and leading arguments: `visualize_RBM_weights`,
`draw_weights`, `draw_rec`, `reconstruct`, `draw_reconstructions`, `draw_generated`. Symbols: V visible units,
H hidden units, W weights (V, H), a visible biases, h hidden states (N, H). Hidden unit j is the one whose
weights are `W[:, j]`, counted from 0 as in the code (the sheet's titles count from 1).
"""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.figure import Figure

from .images import as_images, grid_figure, image_rows, tile
from .style import BLOCK, COLOURS, FONT, new_figure, to_numpy

Shape = tuple[int, int]

TILE = 84
"""Side of a panel in `draw_reconstructions` and `draw_generated`, in pixels: three times a digit's, so that layers of
any shape fit next to it."""


def visualize_RBM_weights(
    weights: Any,
    grid_width: int,
    grid_height: int,
    slice_shape: Shape = (28, 28),
    *,
    order: Sequence[int] | None = None,
    title: str | None = None,
    limit: float | None = None,
) -> Figure:
    """The weights of every hidden unit as an image, side by side: red excites a pixel, blue inhibits it.

    Args:
        weights: W (V, H); column j belongs to hidden unit j.
        grid_width, grid_height: units in a row and number of rows; units that do not fit are left out.
        slice_shape: the shape of one image, V = rows * columns.
        order: indices of hidden units in the order in which they are shown, for example by their frequency.
        title: stands above the images.
        limit: colours reach from -limit to +limit. None takes the 99.5th percentile of the |w| shown, so
            that a few large weights do not make all others pale. Give it to compare two figures.

    Raises:
        ValueError: V is not the product of `slice_shape`, an index in `order` is not a hidden unit, or the
            grid has rows without a unit.
    """
    units = _columns(weights, slice_shape, order)
    if grid_width < 1 or grid_height < 1 or grid_width * (grid_height - 1) >= len(units):
        raise ValueError(
            f"A grid of {grid_height} rows with {grid_width} units each does not fit {len(units)} units: "
            "some rows would be empty. Choose grid_width * grid_height close to the number of hidden units."
        )
    return _weight_figure(units[: grid_width * grid_height], grid_width, title, limit, "nearest")


def draw_weights(
    W: Any,
    shape: Shape,
    N: int,
    stat_shape: Shape,
    interpolation: str = "nearest",
    *,
    order: Sequence[int] | None = None,
    title: str | None = None,
    limit: float | None = None,
) -> Figure:
    """The weights of the first N hidden units, laid out like the layer; see also `visualize_RBM_weights`.

    Args:
        W: weights (V, H).
        shape: the shape of one image, V = rows * columns.
        N: how many units.
        stat_shape: the shape in which the hidden layer is drawn; its first number is that of units in a row.
        interpolation: as in matplotlib's `imshow`.
        order, title, limit: as in `visualize_RBM_weights`.

    Raises:
        ValueError: as in `visualize_RBM_weights`, or N is not between 1 and the number of units.
    """
    units = _columns(W, shape, order)
    if not 1 <= N <= len(units):
        raise ValueError(f"N={N} units were asked for, but W has {len(units)} hidden units (its columns).")
    return _weight_figure(units[:N], stat_shape[0], title, limit, interpolation)


def draw_rec(
    inp: Any, title: str, size: Shape, Nrows: int, in_a_row: int, j: int, *, fig: Figure | None = None
) -> Figure:
    """One panel of a figure: a layer's values in [0, 1], grey, with a title.

    Args:
        inp: the values, `size[0] * size[1]` of them in any shape.
        title: stands above the panel.
        size: (rows, columns) of the panel's image.
        Nrows, in_a_row, j: panel j, counted from 1, of `Nrows` rows with `in_a_row` panels each.
        fig: the figure to draw into; None makes a new one.

    Raises:
        ValueError: the number of values is not the product of `size`.
    """
    image = _layer(inp, size, "inp")
    if fig is None:
        fig = new_figure(0.95 * in_a_row + 0.1, 1.15 * Nrows + 0.1)
    ax = fig.add_subplot(Nrows, in_a_row, j)
    ax.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_title(title, fontsize=FONT - 1, pad=3)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_color("0.6")
    return fig


def reconstruct(
    ind: int,
    states: Any,
    orig: Any,
    weights: Any,
    biases: Any,
    h1_shape: Shape = (10, 10),
    v_shape: Shape = (28, 28),
    *,
    order: str = "index",
    in_a_row: int = 10,
) -> Figure:
    """One digit rebuilt step by step: sigma(a), then one active hidden unit added at a time.

    The panel "+ h17" shows sigma(a + sum of h_j W[:, j]) over the units added so far, unit 17 being the last.
    The last panel is therefore p(v = 1 | h) of the whole hidden state.

    Args:
        ind: which digit.
        states: hidden states h (N, H).
        orig: the digits v (N, V).
        weights: W (V, H).
        biases: visible biases a (V,).
        h1_shape, v_shape: shapes of the hidden and of the visible layer as images.
        order: "index" adds the units as they are numbered, "contribution" those with the largest weights
            (Euclidean length of their column of W) first.
        in_a_row: panels in a row.

    Raises:
        ValueError: sizes that do not match, no digit `ind`, or an unknown `order`.
    """
    h, v, W, a = (to_numpy(values) for values in (states, orig, weights, biases))
    if W.ndim != 2 or a.shape != W.shape[:1]:
        raise ValueError(
            f"weights (visible x hidden) and visible biases do not match: their shapes are {W.shape} and {a.shape}."
        )
    if h.ndim != 2 or v.ndim < 2 or not (-len(h) <= ind < len(h) and -len(v) <= ind < len(v)):
        raise ValueError(
            f"There is no digit {ind} in states of shape {h.shape} and digits of shape {v.shape}. "
            "Give them as (N, hidden) and (N, visible), with ind below N."
        )
    if h.shape[1] != W.shape[1]:
        raise ValueError(f"states have {h.shape[1]} hidden units, but weights have {W.shape[1]} (their columns).")
    active = np.flatnonzero(h[ind])
    if order == "contribution":
        active = active[np.argsort(-np.linalg.norm(W[:, active], axis=0), kind="stable")]
    elif order != "index":
        raise ValueError(f"order is 'index' or 'contribution', but '{order}' was given.")

    panels = [(h[ind] / max(h[ind].max(), 1), "state h", h1_shape), (v[ind], "input v", v_shape)]
    panels.append((_sigmoid(a), r"$\sigma(a)$", v_shape))
    total = a.copy()
    for j in active:
        total = total + h[ind, j] * W[:, j]
        panels.append((_sigmoid(total), f"+ h{j}", v_shape))
    rows = math.ceil(len(panels) / in_a_row)
    fig = draw_rec(*panels[0], rows, in_a_row, 1)
    for number, panel in enumerate(panels[1:], 2):
        draw_rec(*panel, rows, in_a_row, number, fig=fig)
    height = fig.get_figheight()
    fig.subplots_adjust(left=0.01, right=0.99, bottom=0.05 / height, top=1 - 0.28 / height, wspace=0.06, hspace=0.32)
    return fig


def draw_reconstructions(
    ins: Any, outs: Any, states: Any, shape_in: Shape, shape_state: Shape, N: int, *, title: str | None = None
) -> Figure:
    """N digits in one figure: each with its reconstruction and its hidden state below.

    Args:
        ins: inputs (at least N, V), in [0, 1].
        outs: probabilities of the reconstructions, of the same shape.
        states: hidden states (at least N, H); each is scaled by its own largest value.
        shape_in, shape_state: the visible and the hidden layer as (rows, columns).
        N: how many digits.
        title: stands above the figure.

    Raises:
        ValueError: layers that do not have the given shapes, or fewer than N digits.
    """
    rows = {
        "input": _panels(ins, shape_in, N, "ins"),
        "reconstruction": _panels(outs, shape_in, N, "outs"),
        "hidden state": _panels(states, shape_state, N, "states", own_scale=True),
    }
    return _blocks(rows, N, title)


def draw_generated(
    stin: Any, stout: Any, gen: Any, shape_gen: Shape, shape_state: Shape, N: int, *, title: str | None = None
) -> Figure:
    """N generated digits in one figure: the state that was set, the state at the end, the visible layer.

    Args:
        stin: states as they were set (at least N, H); values above 1 amplify them, so each state panel is
            scaled by its own largest value.
        stout: states at the end of the Gibbs chain (at least N, H).
        gen: probabilities of the visible layer (at least N, V).
        shape_gen, shape_state: the visible and the hidden layer as (rows, columns).
        N: how many.
        title: stands above the figure.

    Raises:
        ValueError: layers that do not have the given shapes, or fewer than N digits.
    """
    rows = {
        "set state": _panels(stin, shape_state, N, "stin", own_scale=True),
        "final state": _panels(stout, shape_state, N, "stout", own_scale=True),
        "generated visible": _panels(gen, shape_gen, N, "gen"),
    }
    return _blocks(rows, N, title)


def draw_activity(
    frequency: Any, shape: Shape, *, dead: float = 0.01, always: float = 0.99, title: str | None = None
) -> Figure:
    """How often each hidden unit is on: the layer as a map, and its units sorted.

    Args:
        frequency: share of the digits for which h_j = 1 (H,), in [0, 1].
        shape: the hidden layer as (rows, columns).
        dead, always: units below `dead` hardly ever speak, units above `always` hardly ever stop; both are
            marked, and counted in the legend.
        title: stands above the figure.

    Raises:
        ValueError: H is not the product of `shape`, or a frequency lies outside [0, 1].
    """
    layer = _layer(frequency, shape, "frequency")
    values = layer.ravel()
    if not (np.all(values >= 0) and np.all(values <= 1)):
        raise ValueError(
            f"A frequency is a share between 0 and 1, but values from {values.min():g} to {values.max():g} "
            "were given. Average the states over the digits: h.mean(0)."
        )
    groups = [
        (values < dead, f"on for less than {dead:.0%} (dead)", COLOURS["orange"], "v"),
        (values > always, f"on for more than {always:.0%} (always on)", COLOURS["sky"], "^"),
    ]
    fig = new_figure(9.5, 3.9)
    left, right = fig.subplots(1, 2, width_ratios=[1, 1.35])
    image = left.imshow(layer, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    left.set(xticks=[], yticks=[])
    left.set_title("hidden layer, unit 0 at the top left", fontsize=FONT)
    bar = fig.colorbar(image, cax=left.inset_axes((1.05, 0, 0.05, 1)))
    bar.set_label("share of digits with $h_j = 1$", fontsize=FONT)

    rank = np.empty(len(values), dtype=int)
    rank[np.argsort(-values, kind="stable")] = np.arange(len(values))
    between = (values >= dead) & (values <= always)
    right.plot(rank[between], values[between], "o", ms=4, color="0.35", label=f"{between.sum()} units in between")
    for chosen, words, colour, marker in groups:
        right.plot(rank[chosen], values[chosen], marker, ms=6, color=colour, mec="black", mew=0.5,
                   label=f"{chosen.sum()} {words}", clip_on=False)  # fmt: skip
        y, x = np.divmod(np.flatnonzero(chosen), shape[1])
        left.plot(x, y, marker, ms=6, color=colour, mec="black", mew=0.5)
    mean = values.mean()
    right.axhline(mean, color="0.6", lw=1, ls="--", zorder=0, label=f"mean {mean:.2f}")
    right.set(ylim=(-0.02, 1.02), xlim=(-1, len(values)))
    right.locator_params(axis="x", integer=True)
    right.set_xlabel("hidden units $j$, the most active first", fontsize=FONT)
    right.set_ylabel("share of digits with $h_j = 1$", fontsize=FONT)
    right.grid(alpha=0.25)
    right.legend(fontsize=FONT - 1, frameon=True, framealpha=0.9, loc="best")
    if title:
        fig.suptitle(title, fontsize=FONT + 1)
    fig.subplots_adjust(left=0.02, right=0.98, bottom=0.14, top=0.83 if title else 0.91, wspace=0.42)
    return fig


def draw_chain(frames: Any, steps: Sequence[int], *, title: str | None = None, shape: Shape | None = None) -> Figure:
    """Gibbs chains as they go on: one row for each chain, one column for each chosen step.

    Args:
        frames: probabilities of the visible layer (S, N, V) after each of the S chosen steps, for N chains.
        steps: the S steps, for example [1, 2, 5, 10, 100, 1000].
        title: stands above the figure.
        shape: (rows, columns) of images that are not square.

    Raises:
        ValueError: the number of steps is not S, or the shapes cannot be images.
    """
    if len(frames) != len(steps):
        raise ValueError(
            f"{len(frames)} frames were given for {len(steps)} steps: give the visible layer after each "
            "chosen step, for example frames[[0, 1, 4]] and steps=[1, 2, 5]."
        )
    if not len(steps):
        raise ValueError("steps is empty: choose at least one.")
    pixels = torch.stack([as_images(frame, shape) for frame in frames], dim=1)
    return image_rows(
        {f"chain {number}": chain for number, chain in enumerate(pixels, 1)},
        columns=[f"step {steps[0]}", *steps[1:]],
        title=title,
    )


def _columns(weights: Any, shape: Shape, order: Sequence[int] | None) -> torch.Tensor:
    """W (V, H) as H images, in the given order."""
    W = to_numpy(weights)
    if W.ndim != 2 or W.shape[0] != shape[0] * shape[1]:
        raise ValueError(
            f"Weights of shape {W.shape} were given, but with images of {shape[0]} x {shape[1]} they must be "
            f"({shape[0] * shape[1]}, hidden units): one row for each pixel, one column for each hidden unit."
        )
    if order is not None:
        chosen = to_numpy(order).astype(int).ravel()
        if len(chosen) == 0 or chosen.min() < 0 or chosen.max() >= W.shape[1]:
            raise ValueError(f"order must hold indices of hidden units, from 0 to {W.shape[1] - 1}.")
        W = W[:, chosen]
    return as_images(W.T, shape)


def _weight_figure(
    units: torch.Tensor, in_a_row: int, title: str | None, limit: float | None, interpolation: str
) -> Figure:
    if limit is None:
        limit = float(np.percentile(units.abs().numpy(), 99.5)) or 1.0
    # 15 colours show the same and make the stored picture a third of the size
    colours = mpl.colormaps["RdBu_r"].resampled(15).with_extremes(bad="0.45")
    return grid_figure(
        [tile(units, in_a_row, 2 if units.shape[2] > 20 else 1, pad_value=math.nan)],
        title=title, cmap=colours, vmin=-limit, vmax=limit, interpolation=interpolation,
        colour_bar="weight",
    )  # fmt: skip


def _layer(values: Any, shape: Shape, name: str) -> np.ndarray:
    """One layer's values as an image."""
    array = to_numpy(values)
    if array.size != shape[0] * shape[1]:
        raise ValueError(
            f"{name} has {array.size} values, but a layer of shape {shape[0]} x {shape[1]} has "
            f"{shape[0] * shape[1]}. Give the shape whose product is the number of units."
        )
    return array.reshape(shape)


def _panels(values: Any, shape: Shape, N: int, name: str, own_scale: bool = False) -> torch.Tensor:
    """The first N rows of a layer as panels of TILE x TILE pixels."""
    array = to_numpy(values)
    units = math.prod(array.shape[1:])
    if array.ndim < 2 or units != shape[0] * shape[1]:
        raise ValueError(
            f"{name} of shape {array.shape} has {units} units, but a layer of shape "
            f"{shape[0]} x {shape[1]} has {shape[0] * shape[1]}. Give (N, units) and the shape whose product "
            "is the number of units."
        )
    if not 1 <= N <= len(array):
        raise ValueError(f"N={N} digits were asked for, but {name} has {len(array)}.")
    images = as_images(array[:N].reshape(N, -1), shape)
    if own_scale:
        images = images / images.amax((1, 2), keepdim=True).clamp(min=1)
    panels = torch.nn.functional.interpolate(images[:, None], size=(TILE, TILE), mode="nearest")[:, 0]
    for edge in (panels[:, 0], panels[:, -1], panels[:, :, 0], panels[:, :, -1]):
        edge.fill_(0.6)  # a thin frame, since white units would melt into the white gaps
    return panels


def _blocks(rows: dict[str, torch.Tensor], N: int, title: str | None) -> Figure:
    """Labelled rows of N panels, wrapped after BLOCK columns; the columns are numbered from 0."""
    starts = range(0, N, BLOCK)
    wide = min(N, BLOCK)
    grids = []
    for start in starts:
        parts = [panels[start : start + BLOCK] for panels in rows.values()]
        blank = torch.ones(wide - len(parts[0]), TILE, TILE)
        grids.append(tile(torch.cat([torch.cat([part, blank]) for part in parts]), wide, 4))
    numbers = [[n if n < N else "" for n in range(start, start + wide)] for start in starts]
    return grid_figure(grids, row_labels=[list(rows)] * len(grids), column_labels=numbers, title=title)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return torch.sigmoid(torch.from_numpy(x)).numpy()
