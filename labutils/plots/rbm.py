"""Figures of Boltzmann machines: weights, reconstructions, hidden activity, Gibbs chains (labs 01 to 03).

Functions that the lab sheets define keep their names and leading arguments: `visualize_RBM_weights`,
`draw_weights`, `draw_rec`, `reconstruct`, `draw_reconstructions`, `draw_generated`. Symbols: V visible units,
H hidden units, W weights (V, H), a visible biases, h hidden states (N, H). Hidden unit j is the one whose
weights are `W[:, j]`, counted from 0 as in the code (the sheet's titles count from 1).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from scipy.special import expit

from labutils.plots.images import GREYS, SIGNED, as_images, draw_blocks, first_images, grid_figure, image_rows, tile
from labutils.plots.style import COLOURS, Shape, new_figure, styled, to_numpy
from labutils.runtime import require


def visualize_RBM_weights(
    weights: Any, grid_width: int, grid_height: int, slice_shape: Shape = (28, 28), **options: Any
) -> Figure:
    """The weights of every hidden unit as an image, side by side: red excites a pixel, blue inhibits it.

    Args:
        weights: W (V, H); column j belongs to hidden unit j.
        grid_width, grid_height: units in a row and number of rows; units that do not fit are left out.
        slice_shape: the shape of one image, V = rows * columns.
        options: order, title and limit, as in `draw_weights`.
    """
    return draw_weights(weights, slice_shape, grid_width * grid_height, (grid_width, grid_height), **options)


def draw_weights(
    W: Any,
    shape: Shape,
    N: int,
    stat_shape: Shape,
    interpolation: str = "nearest",
    *,
    order: Sequence[int] | None = None,
    title: str = "",
    limit: float | None = None,
) -> Figure:
    """The weights of the first N hidden units, laid out like the layer; see also `visualize_RBM_weights`.

    Args:
        W: weights (V, H).
        shape: the shape of one image, V = rows * columns.
        N: how many units, at most.
        stat_shape: the shape in which the hidden layer is drawn; its first number is that of units in a row.
        interpolation: as in matplotlib's `imshow`.
        order: indices of hidden units in the order in which they are shown, for example by their frequency; without
            it, labels at the edges count the units.
        limit: colours reach from -limit to +limit. None takes the 99.5th percentile of the |w| shown, so
            that a few large weights do not make all others pale. Give it to compare two figures.
    """
    columns = to_numpy(W)
    pixels = math.prod(shape)
    fits = columns.ndim == 2 and len(columns) == pixels
    require(
        fits, f"W has the shape {columns.shape}; images of {shape[0]} x {shape[1]} need ({pixels}, hidden units)."
    )
    if order is not None:
        columns = columns[:, to_numpy(order).astype(int)]
    units = as_images(columns[:, :N].T, shape)
    if limit is None:
        limit = float(np.percentile(units.abs().numpy(), 99.5)) or 1.0
    look = {"cmap": SIGNED, "vmin": -limit, "vmax": limit, "interpolation": interpolation}
    wide = min(stat_shape[0], len(units))
    grid = tile(units, wide, 2 if shape[1] > 20 else 1, math.nan)
    labels = {} if order is not None else {"rows": range(0, len(units), wide), "columns": [range(wide)]}
    return grid_figure([grid], title=title, bar="weight", **labels, **look)


@styled
def draw_rec(
    inp: Any, title: str, size: Shape, Nrows: int, in_a_row: int, j: int, *, fig: Figure | None = None
) -> Figure:
    """One panel of a figure: a layer's values in [0, 1], grey, with a title.

    Args:
        inp: the values, `size[0] * size[1]` of them in any shape.
        size: (rows, columns) of the panel's image.
        Nrows, in_a_row, j: panel j, counted from 1, of `Nrows` rows with `in_a_row` panels each.
        fig: the figure to draw into; None makes a new one.
    """
    if fig is None:
        fig = new_figure(0.95 * in_a_row + 0.1, 1.2 * Nrows + 0.1, "compressed")
    ax = fig.add_subplot(Nrows, in_a_row, j)
    ax.imshow(to_numpy(inp).reshape(size), cmap="gray", vmin=0, vmax=1)
    ax.set_title(title, pad=3)
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
    order: Sequence[int] | None = None,
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
        order: all hidden units in the order in which the active ones are added; by their numbers if not given.
    """
    h, v, W, a = (to_numpy(values) for values in (states, orig, weights, biases))
    fits = W.shape == (a.size, h.shape[-1])
    require(fits, f"Weights {W.shape}, but {a.size} visible biases and {h.shape[-1]} hidden units in states.")
    units = np.arange(W.shape[1]) if order is None else to_numpy(order).astype(int)
    active = units[h[ind, units] > 0]
    steps = a + np.cumsum(h[ind, active] * W[:, active], axis=1).T  # (units, V)
    panels = [(h[ind] / max(h[ind].max(), 1), "state h", h1_shape), (v[ind], "input v", v_shape)]
    panels += [(expit(a), r"$\sigma(a)$", v_shape)]
    panels += [(expit(total), f"+ h{j}", v_shape) for j, total in zip(active, steps, strict=True)]
    rows = math.ceil(len(panels) / 10)
    fig = draw_rec(*panels[0], rows, 10, 1)
    for number, panel in enumerate(panels[1:], 2):
        draw_rec(*panel, rows, 10, number, fig=fig)
    return fig


def draw_reconstructions(
    ins: Any, outs: Any, states: Any, shape_in: Shape, shape_state: Shape, N: int, *, title: str = ""
) -> Figure:
    """N digits in one figure: each with its reconstruction and its hidden state below.

    Args:
        ins: inputs (at least N, V), in [0, 1].
        outs: probabilities of the reconstructions, of the same shape.
        states: hidden states (at least N, H); each is scaled by its own largest value.
        shape_in, shape_state: the visible and the hidden layer as (rows, columns).
        N: how many digits.
    """
    rows = {
        "input": first_images(ins, N, shape_in),
        "reconstruction": first_images(outs, N, shape_in),
        "hidden state": _scaled(first_images(states, N, shape_state)),
    }
    return draw_blocks(rows, title=title, cmap=GREYS)


def draw_generated(
    stin: Any, stout: Any, gen: Any, shape_gen: Shape, shape_state: Shape, N: int, *, title: str = ""
) -> Figure:
    """N generated digits in one figure: the state that was set, the state at the end, the visible layer.

    Args:
        stin: states as they were set (at least N, H); values above 1 amplify them, so each state panel is
            scaled by its own largest value.
        stout: states at the end of the Gibbs chain (at least N, H).
        gen: probabilities of the visible layer (at least N, V).
        shape_gen, shape_state: the visible and the hidden layer as (rows, columns).
        N: how many.
    """
    rows = {
        "set state": _scaled(first_images(stin, N, shape_state)),
        "final state": _scaled(first_images(stout, N, shape_state)),
        "generated visible": first_images(gen, N, shape_gen),
    }
    return draw_blocks(rows, title=title, cmap=GREYS)


@styled
def draw_activity(frequency: Any, shape: Shape, *, title: str = "") -> Figure:
    """How often each hidden unit is on: the layer as a map, and its units sorted.

    Units below 1 % hardly ever speak, units above 99 % hardly ever stop; both are marked, and counted in the legend.

    Args:
        frequency: share of the digits for which h_j = 1 (H,), in [0, 1].
        shape: the hidden layer as (rows, columns).
    """
    layer = to_numpy(frequency).reshape(shape)
    values = layer.ravel()
    shares = bool(((values >= 0) & (values <= 1)).all())
    require(
        shares, f"Shares lie between 0 and 1, not {values.min():g} to {values.max():g}: average, as in h.mean(0)."
    )
    fig = new_figure(9.5, 3.9)
    fig.get_layout_engine().set(wspace=0.1)
    left, right = fig.subplots(1, 2, width_ratios=[1, 1.35])
    image = left.imshow(layer, cmap="gray", vmin=0, vmax=1)
    left.set(xticks=[], yticks=[], title="hidden layer, unit 0 at the top left")
    fig.colorbar(image, ax=left, label="share of digits with $h_j = 1$")

    rank = np.argsort(np.argsort(-values, kind="stable"))
    dead, always = values < 0.01, values > 0.99
    between = ~dead & ~always
    right.plot(rank[between], values[between], "o", ms=4, color="0.35", label=f"{between.sum()} units in between")
    for chosen, words, colour, marker in (
        (dead, "on for less than 1% (dead)", COLOURS["orange"], "v"),
        (always, "on for more than 99% (always on)", COLOURS["sky"], "^"),
    ):
        look = {"marker": marker, "ls": "", "ms": 6, "color": colour, "mec": "black", "mew": 0.5, "in_layout": False}
        right.plot(rank[chosen], values[chosen], label=f"{chosen.sum()} {words}", clip_on=False, **look)
        y, x = np.divmod(np.flatnonzero(chosen), shape[1])
        left.plot(x, y, **look)
    mean = values.mean()
    right.axhline(mean, color="0.6", lw=1, ls="--", zorder=0, label=f"mean {mean:.2f}")
    right.set(ylim=(-0.02, 1.02), xlim=(-1, len(values)))
    right.set(xlabel="hidden units $j$, the most active first", ylabel="share of digits with $h_j = 1$")
    right.locator_params(axis="x", integer=True)
    right.grid()
    right.legend(framealpha=0.9)
    fig.suptitle(title)
    return fig


def draw_chain(frames: Any, steps: Sequence[int], *, title: str = "") -> Figure:
    """Gibbs chains as they go on: one row for each chain, one column for each chosen step.

    Args:
        frames: probabilities of the visible layer (S, N, V) after each of the S chosen steps, for N chains.
        steps: the S steps, for example [1, 2, 5, 10, 100, 1000].
    """
    chains = torch.stack([as_images(frame) for frame in frames], dim=1)
    rows = {f"chain {number}": chain for number, chain in enumerate(chains, 1)}
    return image_rows(rows, columns=[f"step {steps[0]}", *steps[1:]], title=title, cmap=GREYS)


def _scaled(states: torch.Tensor) -> torch.Tensor:
    """States by their own largest values, where these are above 1."""
    return states / states.amax((1, 2, 3), keepdim=True).clamp(min=1)
