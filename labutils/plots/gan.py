"""Figures of adversarial training: its health over the epochs, samples of two models side by side."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from labutils.plots.images import GREYS, as_images, tile
from labutils.plots.style import COLOURS, new_figure, styled
from labutils.runtime import require

EQUILIBRIUM = {"generator loss": math.log(2), "discriminator loss": 2 * math.log(2), "D(x)": 0.5, "D(G(z))": 0.5}
"""Where both networks would be if the discriminator could only guess: D = 1/2 everywhere."""

PANELS = (
    ("loss, nats", {"generator loss": COLOURS["vermillion"], "discriminator loss": COLOURS["blue"]}),
    ("mean of D", {"D(x)": COLOURS["blue"], "D(G(z))": COLOURS["vermillion"]}),
    ("Fréchet distance", {"Fréchet distance": COLOURS["black"]}),
)
"""The rows of `draw_health`: the label of their axis, and the columns that they show, with colours."""


@styled
def draw_health(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Losses, D's mean answers and the Fréchet distance over the epochs: a column of panels for each run.

    All panels of a row share one scale, so that runs can be compared. Dotted lines: where a loss, and D, would be if
    D could only guess (losses in the colour of their curve). The Fréchet distance is drawn on a logarithmic scale.

    Args:
        tables: run -> one row per epoch, indexed by the epoch, with the columns "generator loss", "discriminator
            loss", "D(x)", "D(G(z))" and "Fréchet distance".
    """
    fig = new_figure(max(4.8, min(9.5, 3.3 * len(tables))), 6.4)
    axes = fig.subplots(len(PANELS), len(tables), sharex=True, sharey="row", squeeze=False)
    for row, (label, columns) in zip(axes, PANELS, strict=True):
        row[0].set_ylabel(label)
        for ax, table in zip(row, tables.values(), strict=True):
            _draw(ax, table, columns)
    for ax, name in zip(axes[0], tables, strict=True):
        ax.set_title(name)
    for ax in axes[-1]:
        ax.set(yscale="log", xlabel="epoch")
        ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        ax.yaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), major_formatter="{x:g}")  # 20, not 2 times 10
        ax.yaxis.set_minor_formatter(NullFormatter())
    for row in axes[:-1]:
        row[-1].legend()
    axes[0, 0].set_ylim(bottom=0)
    axes[1, 0].set_ylim(-0.03, 1.03)
    return fig


def _draw(ax: Axes, table: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Curves over the epochs, with the lines of the equilibrium."""
    for column, colour in colours.items():
        marker = "s" if colour == COLOURS["vermillion"] else "o"
        ax.plot(table.index, table[column], color=colour, marker=marker, ms=4, lw=1.8, label=column)
        if column in EQUILIBRIUM:
            ax.axhline(EQUILIBRIUM[column], color="0.4" if column.startswith("D(") else colour, ls=":", lw=1.4)
    ax.grid()


@styled
def draw_samples(sets: Mapping[str, Any]) -> Figure:
    """Samples of several models side by side, ten in a row, each set as a square whatever the size of its images.

    Args:
        sets: title -> images in [0, 1], as in `images.as_images`.
    """
    fig = new_figure(4.6 * len(sets), 4.9)
    axes = fig.subplots(1, len(sets), squeeze=False)[0]
    for ax, (title, images) in zip(axes, sets.items(), strict=True):
        grid = tile(as_images(images), 10, 2)
        ax.imshow(grid, cmap=GREYS, vmin=0, vmax=1, interpolation="antialiased", interpolation_stage="data")
        ax.set_title(title)
        ax.axis("off")
    return fig


@styled
def draw_rows(sets: Mapping[str, Any], title: str = "") -> Figure:
    """One row of images of each model, all rows equally high, with all the pixels that the model's images have.

    Args:
        sets: label -> images in [0, 1], as in `images.as_images`, equally many in each row.
        title: stands above the rows.
    """
    fig = new_figure(10.5, 0.3 + 0.92 * len(sets))
    axes = fig.subplots(len(sets), 1, squeeze=False)[:, 0]
    for ax, (label, images) in zip(axes, sets.items(), strict=True):
        pixels = as_images(images)
        gap = max(1, round(pixels.shape[-1] / 28))  # in proportion, so that all rows are equally wide
        grid = tile(pixels, len(pixels), gap)
        ax.imshow(grid, cmap=GREYS, vmin=0, vmax=1, interpolation="antialiased", interpolation_stage="data")
        ax.set_ylabel(label, rotation=0, ha="right", va="center")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    fig.suptitle(title)
    return fig


def duel(real: Any, made: Any, left_is_real: Sequence[bool]) -> Any:
    """A game with buttons: of two digits side by side, which is real? It counts your right answers.

    Each pair can be answered once; buttons do nothing after the last one. Nothing outside the box changes.

    Args:
        real, made: N images each, in [0, 1], as in `images.as_images`, of one size.
        left_is_real: of each pair, whether the real digit stands at the left.

    Returns:
        an ipywidgets box; its attribute `answers` holds, of each pair answered, whether you were right.
    """
    import ipywidgets as widgets

    pairs = [as_images(images) for images in (real, made)]
    require(
        pairs[0].shape == pairs[1].shape and len(pairs[0]) == len(left_is_real),
        f"{len(pairs[0])} real and {len(pairs[1])} made images do not fit {len(left_is_real)} pairs.",
    )
    picture, words = widgets.Image(format="png", width=420), widgets.Label()
    buttons = [widgets.Button(description=f"{side} is real") for side in ("left", "right")]
    box = widgets.VBox([picture, widgets.HBox(buttons), words])
    box.answers = []

    def show() -> None:
        place = len(box.answers)
        score = f"{sum(box.answers)} of {place} right"
        if place == len(left_is_real):
            words.value = f"Done: {score}."
            for button in buttons:
                button.disabled = True
            return
        picture.value = _pair_png(pairs[0][place], pairs[1][place], left_is_real[place])
        words.value = f"pair {place + 1} of {len(left_is_real)}; {score}"

    def answer(button: Any) -> None:
        place = len(box.answers)
        if place < len(left_is_real):
            box.answers.append((button is buttons[0]) == bool(left_is_real[place]))
            show()

    for button in buttons:
        button.on_click(answer)
    show()
    return box


def _pair_png(real: Any, made: Any, left_is_real: bool) -> bytes:
    """Two images (1, H, W) side by side, as a PNG."""
    both = [real, made] if left_is_real else [made, real]
    file = io.BytesIO()
    plt.imsave(file, tile(torch.stack(both), 2, 4), cmap="gray", vmin=0, vmax=1, format="png")
    return file.getvalue()
