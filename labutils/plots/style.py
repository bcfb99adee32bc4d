"""What all figures share: one style, colours, a figure that a notebook shows exactly once, arrays from tensors."""

from typing import Any, Literal

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

Shape = tuple[int, int]
"""Rows and columns of an image."""

DPI = 100
"""Pixels per inch of every figure."""

styled = mpl.rc_context(
    {
        "axes.labelsize": 11,
        "axes.titlesize": 12,
        "figure.titlesize": 12,
        "legend.fontsize": 10,
        "grid.alpha": 0.25,
        "image.interpolation": "nearest",
        "boxplot.showfliers": False,
        "boxplot.patchartist": True,
        "boxplot.medianprops.color": "black",
    }
)
"""The style, as a decorator: every function that draws has it, none sets sizes of its own."""

COLOURS: dict[str, str] = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "orange": "#E69F00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "black": "#000000",
}
"""Colours that colour-blind readers tell apart (Okabe and Ito 2008; their yellow is too pale for lines)."""


def new_figure(
    width: float, height: float, layout: Literal["constrained", "compressed", "none"] = "constrained"
) -> Figure:
    """An empty figure on white of its own, `width` x `height` in inches, already closed in pyplot.

    Closed, because a notebook would otherwise show it twice: as the value of the cell, and once more among
    pyplot's open figures. It comes from pyplot all the same, because pyplot is what teaches the notebook
    to show figures at all. A closed figure can still be drawn on, shown and saved.

    Args:
        layout: the engine of matplotlib that makes room for labels, titles and legends when the figure is drawn.
    """
    fig = plt.figure(figsize=(width, height), dpi=DPI, facecolor="white", layout=layout)
    plt.close(fig)
    return fig


def to_numpy(values: Any) -> np.ndarray:
    """A float array of its own and of the same shape, from an array, a list, or a tensor (any device, any gradient).

    A list of tensors is stacked: N of shape (...) become (N, ...).
    """
    if isinstance(values, torch.Tensor):
        return values.detach().cpu().double().numpy().copy()
    if isinstance(values, (list, tuple)) and any(isinstance(value, torch.Tensor) for value in values):
        return np.stack([to_numpy(value) for value in values])
    return np.array(values, dtype=float)
