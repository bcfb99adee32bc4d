"""Figures of adversarial training: its health over the epochs, samples of two models side by side."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from labutils.plots.images import GREYS, as_images, tile
from labutils.plots.style import COLOURS, new_figure, styled

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
