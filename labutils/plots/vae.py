"""Figures of the VAE: reconstructions with their latent state, distributions of the latents, the latent plane.

Latents are named z_0, z_1, ... as in the lab sheet. Every function takes arrays, tensors (any device) or
callables: `encode(images)` -> mu, logvar, each (B, D); `decode(z)` -> the probability of each pixel (B, pixels).
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from PIL import Image

from labutils.plots.images import GREYS, SIGNED, as_images, draw_blocks, first_images, tile
from labutils.plots.style import COLOURS, Shape, new_figure, styled, to_numpy
from labutils.runtime import get_device, require

CLASS_COLOURS = (
    "#332288", "#117733", "#88CCEE", "#CC6677", "#44AA99", "#882255", "#000000", "#999933", "#AA4499", "#DDAA33",
)  # fmt: skip
"""One for each digit: Paul Tol's muted scheme for colour-blind readers, its pale grey replaced by black, its sand
by a stronger yellow. Every point is drawn as the digit itself, so colour is never alone."""

STATE_LIMIT = 3.0
"""Colours of a latent state reach from -3 to 3: N(0, 1) leaves that range once in 370 draws."""


def plot_reconstructions(
    batch: Any, recons: Any, zs: Any, number_of_samples: int = 10, state_shape: Shape = (4, 5), *, title: str = ""
) -> Figure:
    """Test digits, their reconstructions and their latent states, below each other.

    Args:
        batch, recons: images and their reconstructions, values in [0, 1].
        zs: latent states (N, D).
        number_of_samples: how many of them to show.
        state_shape: (rows, columns) in which the D numbers of a state are drawn, row by row from the top left.
    """
    states = first_images(zs, number_of_samples, state_shape)[:, 0].numpy()
    colours = SIGNED((states / STATE_LIMIT + 1) / 2)[..., :3]  # (N, rows, columns, 3)
    rows = {
        "test digit": first_images(batch, number_of_samples).expand(-1, 3, -1, -1),
        "reconstruction": first_images(recons, number_of_samples).expand(-1, 3, -1, -1),
        "state z": torch.from_numpy(colours).permute(0, 3, 1, 2).float(),
    }
    bar = {"cmap": SIGNED, "vmin": -STATE_LIMIT, "vmax": STATE_LIMIT, "bar": "$z_j$"}
    return draw_blocks(rows, title=title, **bar)


@torch.no_grad()
def generate_latent_dataframes(
    data_loader: Iterable, *, encode: Callable, dec1_weight: Any
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Posterior parameters of all images of a loader, and the decoder's input weights, as data frames.

    Args:
        data_loader: yields (images, labels); the images go flattened (B, pixels) into `encode`.
        dec1_weight: weight of the decoder's first layer (units, latents), as `nn.Linear` holds it.

    Returns:
        df_mu: one row per image: 'label' (category), 'mu_z0', 'mu_z1', ...
        df_logvar: likewise 'logvar_z0', ...: the log variances as they are (the sheet's template squares exp(logvar)
            here and calls it a variance, which would be sigma to the fourth).
        df_dec1_weights: one row per unit of the decoder's first layer: 'w0', 'w1', ...: its weight from each latent.
    """
    rows = []
    for images, labels in data_loader:
        mu, logvar = encode(images.flatten(1))
        rows.append((to_numpy(mu), to_numpy(logvar), to_numpy(labels)))
    mu, logvar, labels = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    df_mu, df_logvar, df_dec1_weights = (
        pd.DataFrame(values, columns=[f"{name}{j}" for j in range(mu.shape[1])])
        for name, values in (("mu_z", mu), ("logvar_z", logvar), ("w", to_numpy(dec1_weight)))
    )
    for frame in (df_mu, df_logvar):
        frame.insert(0, "label", pd.Categorical(labels.astype(int)))
    return df_mu, df_logvar, df_dec1_weights


@styled
def plot_data_boxplots(
    df_mu: pd.DataFrame, df_logvar: pd.DataFrame, df_dec1_weights: pd.DataFrame, *, title: str = ""
) -> Figure:
    """Box plots for each latent: its posterior means, its posterior standard deviations, its decoder weights.

    A box reaches from the first to the third quartile, the line in it is the median, the whiskers reach the last
    point within 1.5 box lengths. Points beyond are left out.

    Args:
        df_mu, df_logvar, df_dec1_weights: from `generate_latent_dataframes`. Drawn is the real standard deviation,
            sigma = exp(logvar / 2).
    """
    mu, logvar = (frame.drop(columns="label") for frame in (df_mu, df_logvar))
    panels = (  # values, name, and softer shades of our colours
        (mu, r"means $\mu_j$", "#68AFD7"),
        (np.exp(logvar / 2), r"standard deviations $\sigma_j$", "#C9941D"),
        (df_dec1_weights, r"weights of $z_j$ to the decoder", "#148A6A"),
    )
    latents = mu.shape[1]
    fig = new_figure(min(9.8, 5 + 0.25 * latents), 7.2)
    for ax, (frame, name, colour) in zip(fig.subplots(3, 1, sharex=True), panels, strict=True):
        box = {"facecolor": colour}
        ax.boxplot(frame.to_numpy(), positions=range(latents), widths=0.8, capwidths=0.4, boxprops=box)
        ax.set_ylabel(name)
        ax.grid(axis="y")
    ax.set(xlim=(-0.5, latents - 0.5), xlabel="latent $j$")
    ax.set_xticks(range(latents), [str(j) for j in range(latents)])
    fig.suptitle(title)
    return fig


@styled
def draw_latent_use(mu: Any, labels: Any, kl: Any, dec1_weight: Any, *, title: str = "") -> Figure:
    """Which latents are in use, in three views that share their rows; most informative latent on top.

    It shows what the sheet's two 3D bar charts show, without bars that hide each other. Left: KL divergence of each
    latent, at least a stub, hatched below 0.01 nats. Middle: posterior means of 200 digits, sorted by class.
    Right: weights from the latent to the decoder's first layer, units sorted by their strongest weight.

    Args:
        mu: posterior means (N, D); labels: classes (N,).
        kl: mean KL of each latent (D,), nats.
        dec1_weight: (units, D).
    """
    mu, labels, kl, weights = to_numpy(mu), to_numpy(labels).astype(int), to_numpy(kl), to_numpy(dec1_weight)
    latents = len(kl)
    order = np.argsort(-kl, kind="stable")
    columns = np.argsort(labels[:200], kind="stable")
    units = np.argsort(-abs(weights).max(1), kind="stable")
    fig = new_figure(9.8, 1.6 + 0.21 * max(latents, 6))
    bars, means, fan = fig.subplots(1, 3, width_ratios=[2, 4.4, 4.4])
    on = kl[order] > 0.01
    colours, hatches = np.where(on, COLOURS["blue"], COLOURS["vermillion"]), np.where(on, "", "//")
    bars.barh(range(latents), np.maximum(kl[order], 0.02 * kl.max()), height=0.75, color=colours, hatch=list(hatches))
    bars.set(ylim=(latents - 0.5, -0.5), xlabel="mean KL, nats", ylabel="latent $j$", title="KL of each latent")
    bars.grid(axis="x")
    bars.set_yticks(range(latents), [str(j) for j in order])
    strongest = float(abs(weights).max()) or 1.0
    for ax, values, limit, name, below in (
        (means, mu[columns].T[order], STATE_LIMIT, r"$\mu_j$ of test digits", "digits, by class"),
        (fan, weights[units].T[order], strongest, "weights to the decoder", "unit, strongest first"),
    ):
        mesh = ax.imshow(values, cmap=SIGNED, vmin=-limit, vmax=limit, aspect="auto")
        ax.set(title=name, xlabel=below, yticks=[])
        fig.colorbar(mesh, ax=ax)
    shown = labels[columns]
    means.vlines(np.flatnonzero(np.diff(shown)) + 0.5, -0.5, latents - 0.5, color="0.3", lw=0.8)
    classes = np.unique(shown)
    means.set_xticks([np.flatnonzero(shown == c).mean() for c in classes], [str(c) for c in classes])
    fig.suptitle(title)
    return fig


@styled
def plot_latent(
    z_mu: Any,
    y_sample: Any,
    *,
    axis_names: tuple[str, str] = ("$z_0$", "$z_1$"),
    circles: bool = False,
    title: str = "",
) -> Figure:
    """Digits in a plane: each point is drawn as the digit of its class, in the colour of its class.

    A large digit stands at the median of each class, or close to it where two would collide.

    Args:
        z_mu: coordinates (N, 2): posterior means, or a projection of them.
        y_sample: classes 0 to 9, (N,).
        circles: whether to draw how far the prior reaches.
    """
    points, labels = to_numpy(z_mu), to_numpy(y_sample).astype(int)
    plane = points.shape[1:] == (2,)
    require(
        plane, f"z_mu has the shape {points.shape}; expected (N, 2): choose two columns, or project, e.g. by PCA."
    )
    fig = new_figure(8.2, 7.4)
    ax = fig.subplots()
    large = {"fontsize": 22, "weight": "bold", "ha": "center", "va": "center", "zorder": 5}
    halo = [withStroke(linewidth=4, foreground="white")]
    medians = {digit: np.median(points[labels == digit], 0) for digit in np.unique(labels)}
    free = _apart(np.array(list(medians.values())), 0.055 * max(np.ptp(points, 0)))
    for (digit, median), place in zip(medians.items(), free, strict=True):
        colour = CLASS_COLOURS[digit]
        ax.scatter(*points[labels == digit].T, marker=f"${digit}$", s=26, color=colour, linewidths=0.2, alpha=0.75)
        ax.annotate(str(digit), median, place, color=colour, path_effects=halo, **large)
    ax.set(xlabel=axis_names[0], ylabel=axis_names[1], title=title)
    if circles:
        _draw_prior(ax)
    ax.set_aspect("equal", adjustable="datalim")
    ax.grid()
    return fig


def _apart(places: np.ndarray, least: float) -> np.ndarray:
    """The places (N, 2), moved until all pairs are about `least` apart."""
    for _ in range(200):
        way = places[:, None] - places
        distance = np.maximum(np.hypot(*way.T), 1e-9)
        push = np.clip(least - distance, 0, None) / distance / 2
        places = places + (push[..., None] * way).sum(1)
    return places


def _draw_prior(ax: Axes) -> None:
    """Circles around 0 that hold 39, 86 and 99 % of N(0, I) in the plane."""
    for radius in (1, 2, 3):
        ax.add_patch(Circle((0, 0), radius, fill=False, ls="--", lw=1.5, ec=COLOURS["vermillion"], zorder=4))
        share = f"{1 - np.exp(-(radius**2) / 2):.0%}"
        look = {"color": COLOURS["vermillion"], "path_effects": [withStroke(linewidth=3, foreground="white")]}
        ax.annotate(share, (0, radius), ha="center", va="center", weight="bold", zorder=6, **look)


@styled
@torch.no_grad()
def walk_in_latent_space(
    latent_space_abs_limit: float = 3,
    sqrt_sample_count: int = 20,
    latent_size: int = 2,
    dimensions_to_walk: tuple[int, int] = (0, 1),
    figsize: tuple[float, float] = (8.2, 8.2),
    *,
    decode: Callable,
    device: torch.device | str | None = None,
    circles: bool = False,
    title: str = "",
) -> Figure:
    """What the decoder draws over a plane of the latent space: a true grid, x to the right and y upwards.

    All other latents stay at 0. (The sheet's template gives both dimensions the same values, and so walks along one
    diagonal again and again.)

    Args:
        latent_space_abs_limit: both dimensions run from minus to plus this.
        sqrt_sample_count: steps in each direction, 2 or more.
        latent_size: D; dimensions_to_walk: the latents along x and along y, two different ones.
        figsize: inches.
        decode: z (n, D) -> probabilities (n, pixels); device: where z must be; `get_device()` if not given.
        circles: whether to draw how far the prior reaches.
    """
    across, up = dimensions_to_walk
    require(across != up, f"dimensions_to_walk is {dimensions_to_walk}; expected two different ones.")
    limit, n = float(latent_space_abs_limit), sqrt_sample_count
    steps = torch.linspace(-limit, limit, n)
    z = torch.zeros(n, n, latent_size)  # (row from the top, column from the left, latent)
    z[:, :, across] = steps[None, :]
    z[:, :, up] = steps.flip(0)[:, None]
    images = as_images(decode(z.view(-1, latent_size).to(get_device() if device is None else device)))
    half = limit / (n - 1)
    fig = new_figure(*figsize)
    ax = fig.subplots()
    extent = (-limit - half, limit + half) * 2
    ax.imshow(tile(images, n, 0), cmap=GREYS, vmin=0, vmax=1, extent=extent)
    ax.set(xlabel=f"$z_{{{across}}}$", ylabel=f"$z_{{{up}}}$", title=title)
    if circles:
        _draw_prior(ax)
    return fig


@torch.no_grad()
def interpolate(
    first: torch.Tensor, second: torch.Tensor, steps: int = 10, *, encode: Callable, decode: Callable
) -> torch.Tensor:
    """Images along the straight line between the means of two images, both ends included.

    Args:
        first, second: one image each, of the shape that `encode` takes behind the batch, on the model's device.
        steps: how many images, 2 or more; they have the shape that `decode` gives.
    """
    mu, _ = encode(torch.stack([first, second]))
    weight = torch.linspace(0, 1, steps, device=mu.device)[:, None]
    return decode((1 - weight) * mu[:1] + weight * mu[1:])


def explore_latent_plane(decode: Callable, *, limit: float = 3.0, device: torch.device | str | None = None) -> Any:
    """Two sliders, z_0 and z_1, and the image that the decoder draws for them: an ipywidgets box.

    It needs a running kernel; keep a static figure beside it.

    Args:
        limit: both sliders run from minus to plus this.
        device: where z (1, 2) must be; `get_device()` if not given.
    """
    from ipywidgets import interactive

    place = get_device() if device is None else device

    @torch.no_grad()
    def draw(z_0: float, z_1: float) -> Image.Image:
        image = as_images(decode(torch.tensor([[z_0, z_1]], device=place)))[0, 0].numpy()
        return Image.fromarray((255 * image).round().astype(np.uint8)).resize((224, 224), Image.Resampling.NEAREST)

    slider = (-limit, limit, 0.05)
    return interactive(draw, z_0=slider, z_1=slider)
