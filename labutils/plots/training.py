"""Curves over training: of one quantity, and for the comparison of settings."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from matplotlib.transforms import ScaledTranslation

from .style import COLOURS, FONT, new_figure, to_numpy

_STYLES = [("o", "-"), ("s", "--"), ("^", "-."), ("D", ":"), ("v", "-"), ("P", "--"), ("X", "-.")]


def draw_curves(
    curves: Mapping[str, Any],
    *,
    xlabel: str = "epoch",
    ylabel: str,
    title: str | None = None,
    logx: bool = False,
    logy: bool = False,
    bands: Mapping[str, tuple[Any, Any]] | None = None,
) -> Figure:
    """Labelled curves in one panel.

    Args:
        curves: label -> y, or label -> (x, y). Without x, the points are counted from 1, as epochs are.
        xlabel, ylabel, title: texts; name the unit ("log-likelihood in nats").
        logx, logy: logarithmic axes.
        bands: label -> (lower, upper). The band of a curve has its label and lies around it, in its colour
            (numbers or arrays); any other is grey and spans all x (numbers): "a correct run lands here".

    Raises:
        ValueError: no curve, or x, y and band of different lengths.
    """
    points = _points(curves)
    fig = new_figure(8.5, 4.2)
    ax = fig.subplots()
    _finish(ax, xlabel, ylabel, logx, logy)
    _lines(ax, points)
    for label, edges in (bands or {}).items():
        lower, upper = (to_numpy(edge) for edge in edges)
        own = label in points
        length = len(points[label][0]) if own else 0
        if any(edge.shape not in ((), (length,)) for edge in (lower, upper)):
            expected = f"numbers, or {length} values each" if own else "numbers, since no curve has this label"
            raise ValueError(
                f"The band '{label}' has edges of shape {lower.shape} and {upper.shape}: give {expected}."
            )
        if own:
            x = points[label][0]
            colour = _look(list(points).index(label))["color"]
            lower, upper = np.broadcast_to(lower, x.shape), np.broadcast_to(upper, x.shape)
            ax.fill_between(x, lower, upper, color=colour, alpha=0.2, lw=0)
        else:
            ax.axhspan(float(lower), float(upper), color="0.5", alpha=0.2, lw=0, label=label)
    _whole_epochs(ax)
    if len(points) > 1 or bands:
        ax.legend(fontsize=FONT - 1)
    if title:
        ax.set_title(title, fontsize=FONT + 1)
    fig.tight_layout()
    return fig


def draw_comparison(
    errors: Mapping[str, Any],
    likelihoods: Mapping[str, tuple],
    *,
    xlabel: str = "epoch",
    error_label: str = "reconstruction error (mean square)",
    likelihood_label: str = "log-likelihood of test digits, nats",
    title: str | None = None,
    logx: bool = False,
) -> Figure:
    """Several settings side by side: reconstruction errors at the left, log-likelihoods at the right.

    One colour and marker for each setting, the same in both panels.

    Args:
        errors: setting -> y or (x, y), for example the test error after each epoch.
        likelihoods: setting -> (x, value) or (x, value, lower, upper): numbers or arrays. The bracket
            lower..upper is drawn as an error bar. Where `lower` is nan or -inf only an upper bound is known:
            an arrow points down from a hollow marker.
        xlabel, error_label, likelihood_label, title: texts.
        logx: logarithmic x axes.

    Raises:
        ValueError: no setting, or values of different lengths.
    """
    curves = _points(errors)
    names = list(dict.fromkeys([*errors, *likelihoods]))
    fig = new_figure(9.5, 4.3)
    left, right = fig.subplots(1, 2, sharex=True)
    _finish(left, xlabel, error_label, logx)
    _finish(right, xlabel, likelihood_label, logx)
    right.margins(x=0.12)  # room for what is moved aside below
    _lines(left, curves, names)
    bounds_only = False
    for name, values in likelihoods.items():
        if len(values) not in (2, 4):
            raise ValueError(
                f"The log-likelihood of '{name}' has {len(values)} parts: "
                "give (x, value) or (x, value, lower, upper)."
            )
        x, y, *edges = (np.atleast_1d(to_numpy(part)) for part in values)
        if any(part.shape != x.shape or part.ndim != 1 for part in (y, *edges)):
            shapes = ", ".join(str(part.shape) for part in (x, y, *edges))
            raise ValueError(f"The log-likelihood of '{name}' has parts of shapes {shapes}: give equal lengths.")
        lower, upper = edges or (y, y)
        known = np.isfinite(lower)
        look = _look(names.index(name))
        # a few points to the side, so that settings measured at the same epoch do not hide each other
        aside = ScaledTranslation((names.index(name) - (len(names) - 1) / 2) * 5 / 72, 0, fig.dpi_scale_trans)
        place = right.transData + aside
        # what is moved aside does not count for the limits by itself
        for end in (y, lower, upper):
            right.update_datalim(np.column_stack([x, np.where(np.isfinite(end), end, y)]))
        right.plot(x, y, color=look["color"], lw=1, ls=look["ls"], alpha=0.5, transform=place)
        if known.any():
            reach = np.stack([y - lower, upper - y])[:, known].clip(min=0)
            points = {**look, "ls": "none", "transform": place}
            right.errorbar(x[known], y[known], reach, capsize=4, lw=1.5, **points)
        if not known.all():
            bounds_only = True
            right.plot(x[~known], y[~known], **{**look, "ls": "none", "mfc": "white", "transform": place})
            arrow = {"arrowstyle": "<-", "color": look["color"], "shrinkB": 4}
            for point in zip(x[~known], y[~known], strict=True):
                right.annotate("", point, (0, -26), xycoords=place, textcoords="offset points", arrowprops=arrow)
    _whole_epochs(left)
    handles = [left.plot([], [], label=name, **_look(number))[0] for number, name in enumerate(names)]
    if bounds_only:
        handles.append(left.plot([], [], "o", color="0.3", mfc="white", ms=5, label="hollow: an upper bound only")[0])
    rows = math.ceil(len(handles) / 4)
    per_row = math.ceil(len(handles) / rows)
    top = 1 - (0.35 if title else 0.05) / fig.get_figheight()
    fig.legend(
        handles=handles,
        loc="upper center",
        ncols=per_row,
        fontsize=FONT,
        frameon=False,
        bbox_to_anchor=(0.5, top),
    )
    if title:
        fig.suptitle(title, fontsize=FONT + 1, y=1 - 0.08 / fig.get_figheight(), va="top")
    top -= (0.15 + 0.24 * rows) / fig.get_figheight()
    fig.tight_layout()
    fig.subplots_adjust(top=top)
    return fig


def _points(curves: Mapping[str, Any]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """label -> (x, y), checked."""
    if not curves:
        raise ValueError("There is no curve to draw: give label -> y, or label -> (x, y).")
    points = {}
    for label, values in curves.items():
        if isinstance(values, tuple):
            x, y = (to_numpy(part) for part in values)
        else:
            y = to_numpy(values)
            x = np.arange(1, y.size + 1, dtype=float)
        if x.ndim != 1 or x.shape != y.shape or not x.size:
            raise ValueError(
                f"The curve '{label}' has x of shape {x.shape} and y of shape {y.shape}: give y as a list of "
                "numbers, or (x, y) as two lists of the same length."
            )
        points[label] = (x, y)
    return points


def _look(number: int) -> dict[str, Any]:
    """Colour, marker and line of curve `number`: told apart without colour, too."""
    marker, line = _STYLES[number % len(_STYLES)]
    return {"color": list(COLOURS.values())[number % len(COLOURS)], "marker": marker, "ls": line, "ms": 5}


def _lines(ax: Axes, points: Mapping[str, tuple[np.ndarray, np.ndarray]], names: list[str] | None = None) -> None:
    """One line per curve; markers only where there are few points."""
    for label, (x, y) in points.items():
        look = _look((names or list(points)).index(label))
        ax.plot(x, y, label=label, lw=1.8, markevery=max(1, len(x) // 12), **look)


def _finish(ax: Axes, xlabel: str, ylabel: str, logx: bool = False, logy: bool = False) -> None:
    """Scales, labels and grid."""
    if logx:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:g}")  # 100, not ten to the power of 2
        ax.xaxis.set_minor_formatter(NullFormatter())
    if logy:
        ax.set_yscale("log")
    ax.set_xlabel(xlabel, fontsize=FONT)
    ax.set_ylabel(ylabel, fontsize=FONT)
    ax.tick_params(labelsize=FONT - 1)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)


def _whole_epochs(ax: Axes) -> None:
    """Ticks at whole numbers only, where all points stand at whole numbers."""
    if ax.get_xscale() == "linear":
        ax.locator_params(axis="x", integer=all((to_numpy(line.get_xdata()) % 1 == 0).all() for line in ax.lines))
