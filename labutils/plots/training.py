"""Curves over training, and final values of several runs by setting."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from labutils.plots.style import COLOURS, new_figure, styled, to_numpy

_STYLES = [("o", "-"), ("s", "--"), ("^", "-."), ("D", ":"), ("v", "-"), ("P", "--"), ("X", "-.")]


@styled
def draw_curves(
    curves: Mapping[str, Any], *, xlabel: str = "epoch", ylabel: str, title: str = "", logx: bool = False
) -> Figure:
    """Labelled curves in one panel, each in a look of its own.

    Args:
        curves: label -> y, or label -> (x, y). Without x, the points are counted from 1, as epochs are. y is (N,),
            or (runs, N) for several runs, which share their look.
        xlabel, ylabel, title: texts; name the unit ("log-likelihood in nats"). logx: a logarithmic axis.
    """
    fig = new_figure(8.5, 4.2)
    ax = fig.subplots()
    for place, (label, values) in enumerate(curves.items()):
        runs = np.atleast_2d(to_numpy(values[1] if isinstance(values, tuple) else values))
        x = to_numpy(values[0]) if isinstance(values, tuple) else np.arange(1, runs.shape[1] + 1)
        for number, y in enumerate(runs):
            ax.plot(x, y, label="_" if number else label, lw=1.8, markevery=max(1, len(x) // 12), **_look(place))
    if logx:
        ax.set_xscale("log")
        ax.xaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), major_formatter="{x:g}")  # 100, not 10 to the power 2
        ax.xaxis.set_minor_formatter(NullFormatter())
    elif all((np.asarray(line.get_xdata()) % 1 == 0).all() for line in ax.lines):
        ax.locator_params(axis="x", integer=True)  # as epochs are
    ax.grid()
    ax.spines[["top", "right"]].set_visible(False)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if len(curves) > 1:
        ax.legend()
    return fig


@styled
def draw_groups(panels: Mapping[str, Mapping[str, Any]], *, title: str = "") -> Figure:
    """Final values of several runs of each setting: a dot for each run, a bar at their mean; one row per setting.

    Args:
        panels: label with its unit -> {setting: values (runs,), or (values, lower ends of their brackets)}, the same
            settings in every panel. A thin line joins a value and the lower end of its bracket.
    """
    settings = list(next(iter(panels.values())))
    fig = new_figure(9.5, 1.3 + 0.42 * len(settings))
    axes = fig.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for ax, (label, groups) in zip(axes, panels.items(), strict=True):
        for row, setting in enumerate(settings):
            values, *lower = groups[setting] if isinstance(groups[setting], tuple) else (groups[setting],)
            values, look = np.atleast_1d(to_numpy(values)), _look(row)
            places = row + 0.16 * (np.arange(len(values)) - (len(values) - 1) / 2)
            ax.hlines(places, to_numpy(lower[0]) if lower else values, values, color=look["color"], lw=1)
            ax.plot(values, places, look["marker"], color=look["color"], ms=5)
            ax.vlines(values.mean(), row - 0.32, row + 0.32, color="0.4", lw=1)
        ax.set(xlabel=label, ylim=(len(settings) - 0.5, -0.5))
        ax.set_yticks(range(len(settings)), settings)
        ax.tick_params(axis="y", length=0)
        ax.locator_params(axis="x", nbins=5)
        ax.grid(axis="x")
        ax.spines[["top", "right", "left"]].set_visible(False)
    fig.suptitle(title)
    return fig


def _look(number: int) -> dict[str, Any]:
    """Colour, marker and line of curve `number`: told apart without colour, too."""
    marker, line = _STYLES[number % len(_STYLES)]
    return {"color": list(COLOURS.values())[number % len(COLOURS)], "marker": marker, "ls": line, "ms": 5}
