"""Figures of adversarial training: its health over the epochs, samples of two models side by side."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .images import GREYS, as_images, tile
from .style import COLOURS, DPI, FONT, new_figure

EQUILIBRIUM = {"generator loss": math.log(2), "discriminator loss": 2 * math.log(2), "D": 0.5}
"""Where both networks would be if the discriminator could only guess: D = 1/2 everywhere."""

PANELS = (
    ("loss, nats", {"generator loss": COLOURS["vermillion"], "discriminator loss": COLOURS["blue"]}),
    ("mean of D", {"D(x)": COLOURS["blue"], "D(G(z))": COLOURS["vermillion"]}),
    ("Fréchet distance", {"Fréchet distance": COLOURS["black"]}),
)
"""The rows of `draw_health`: the label of their axis, and the columns that they show, with colours."""


def draw_health(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Losses, D's mean answers and the Fréchet distance over the epochs: a column of panels for each run.

    All panels of a row share one scale, so that runs can be compared. Dotted lines: where a loss, and D, would be if
    D could only guess (losses in the colour of their curve). The Fréchet distance is drawn on a logarithmic scale.

    Args:
        tables: run -> one row per epoch, indexed by the epoch, with the columns "generator loss", "discriminator
            loss", "D(x)", "D(G(z))" and "Fréchet distance".

    Raises:
        ValueError: no run, or a table without one of these columns.
    """
    if not tables:
        raise ValueError("tables is empty: give at least one run, name -> table.")
    needed = [column for _, columns in PANELS for column in columns]
    for name, table in tables.items():
        if missing := [column for column in needed if column not in table]:
            raise ValueError(f"The table of '{name}' lacks {missing}; it has {list(table.columns)}.")
    fig = new_figure(max(4.8, min(9.5, 3.3 * len(tables))), 6.4)
    axes = fig.subplots(len(PANELS), len(tables), sharex=True, sharey="row", squeeze=False)
    for row, (label, columns) in zip(axes, PANELS, strict=True):
        row[0].set_ylabel(label, fontsize=FONT)
        for ax, table in zip(row, tables.values(), strict=True):
            _draw(ax, table[list(columns)], columns)
    for ax, name in zip(axes[0], tables, strict=True):
        ax.set_title(name, fontsize=FONT + 1)
    for ax in axes[-1]:
        ax.set_yscale("log")
        ax.set_xlabel("epoch", fontsize=FONT)
        ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    for row in axes[:-1]:
        row[-1].legend(fontsize=FONT - 2, loc="best")
    axes[0, 0].set_ylim(bottom=0)
    axes[1, 0].set_ylim(-0.03, 1.03)
    fig.tight_layout()
    return fig


def draw_samples(sets: Mapping[str, Any], nrow: int = 10) -> Figure:
    """Samples of several models side by side, each set as a square of its own, whatever the size of its images.

    Args:
        sets: title -> images in [0, 1]; (N, pixels), (N, rows, columns) or (N, 1, rows, columns).
        nrow: images in a row.

    Raises:
        ValueError: no set, or shapes that cannot be images.
    """
    if not sets:
        raise ValueError("sets is empty: give at least one entry, title -> images.")
    grids = {title: tile(as_images(images), nrow, 2) for title, images in sets.items()}
    side = 460 / DPI
    fig = new_figure(side * len(sets), side + 0.3)
    axes = fig.subplots(1, len(sets), squeeze=False)[0]
    for ax, (title, grid) in zip(axes, grids.items(), strict=True):
        ax.imshow(grid, cmap=GREYS, vmin=0, vmax=1, interpolation="antialiased", interpolation_stage="data")
        ax.set_title(title, fontsize=FONT + 1)
        ax.axis("off")
    fig.tight_layout(pad=0.4)
    return fig


def _draw(ax: Axes, table: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Curves over the epochs, with the lines of the equilibrium."""
    for column, colour in colours.items():
        marker = "o" if colour != COLOURS["vermillion"] else "s"
        ax.plot(table.index, table[column], color=colour, marker=marker, ms=4, lw=1.8, label=column)
        if column in EQUILIBRIUM:
            ax.axhline(EQUILIBRIUM[column], color=colour, ls=":", lw=1.4)
    if "D(x)" in colours:
        ax.axhline(EQUILIBRIUM["D"], color="0.4", ls=":", lw=1.4)
    ax.grid(alpha=0.3)
    ax.tick_params(labelsize=FONT - 2)
