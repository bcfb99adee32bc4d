"""Figures of the VAE: reconstructions with their latent state, distributions of the latents, the latent plane.

Latents are named z_0, z_1, ... as in the lab sheet. Every function takes arrays, tensors (any device) or
callables: `encode(images)` -> mu, logvar, each (B, D); `decode(z)` -> the probability of each pixel (B, pixels).
"""

import io
import math
from collections.abc import Callable, Iterable
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from PIL import Image

from labutils.runtime import get_device

from .images import GREYS, as_images, tile
from .style import BLOCK, COLOURS, FONT, new_figure, to_numpy

CLASS_COLOURS = (
    "#332288", "#117733", "#88CCEE", "#CC6677", "#44AA99", "#882255", "#000000", "#999933", "#AA4499", "#DDAA33",
)  # fmt: skip
"""One for each digit: Paul Tol's muted scheme for colour-blind readers, its pale grey replaced by black, its sand
by a stronger yellow. Every point is drawn as the digit itself, so colour is never alone."""

STATE_LIMIT = 3.0
"""Colours of a latent state reach from -3 to 3: N(0, 1) leaves that range once in 370 draws."""


def plot_reconstructions(
    batch: Any, recons: Any, zs: Any, number_of_samples: int = 10, state_shape: tuple[int, int] = (4, 5), *,
    title: str | None = None,
) -> Figure:  # fmt: skip
    """Test digits, their reconstructions and their latent states, below each other.

    Args:
        batch, recons: images and their reconstructions, values in [0, 1].
        zs: latent states (N, D).
        number_of_samples: how many of them to show.
        state_shape: (rows, columns) in which the D numbers of a state are drawn, row by row from the top left.

    Raises:
        ValueError: fewer images than asked for, or a shape of another number of latents.
    """
    images, outs, states = as_images(batch).numpy(), as_images(recons).numpy(), to_numpy(zs)
    n = number_of_samples
    if not 1 <= n <= min(len(images), len(outs), len(states)):
        given = f"{len(images)} images, {len(outs)} reconstructions, {len(states)} states"
        raise ValueError(f"number_of_samples is {n}, but there are {given}.")
    if states.ndim != 2 or math.prod(state_shape) != states.shape[1]:
        raise ValueError(
            f"zs has the shape {states.shape}, but a state of shape {state_shape[0]} x {state_shape[1]} has "
            f"{math.prod(state_shape)} numbers: give (N, latents), and the shape whose product is the latents."
        )
    blocks, wide = math.ceil(n / BLOCK), min(n, BLOCK)
    fig = new_figure(1.65 + 0.78 * wide, blocks * 2.75 + (0.3 if title else 0.0))
    ratios = [1.0, 1.0, 1.0, 0.3] * blocks  # three rows of pictures, and a gap for the numbers of the next block
    axes = fig.subplots(len(ratios), wide, squeeze=False,
                        gridspec_kw={"wspace": 0.06, "hspace": 0.06, "height_ratios": ratios})  # fmt: skip
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[], visible=False)
    for place in range(n):
        block, column = divmod(place, BLOCK)
        rows = axes[4 * block : 4 * block + 3, column]
        for ax in rows:
            ax.set_visible(True)
        for ax, image in zip(rows, (images[place], outs[place]), strict=False):
            ax.imshow(image, cmap=GREYS, vmin=0, vmax=1, interpolation="nearest")
        state = states[place].reshape(state_shape)
        mesh = rows[2].imshow(state, cmap="RdBu_r", vmin=-STATE_LIMIT, vmax=STATE_LIMIT, interpolation="nearest")
        rows[0].set_title(str(place), fontsize=FONT, pad=2)
        if column == 0:
            for ax, name in zip(rows, ("test digit", "reconstruction", "state z"), strict=True):
                ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=FONT)
    height = fig.get_figheight()
    fig.subplots_adjust(left=1.3 / fig.get_figwidth(), right=1 - 0.75 / fig.get_figwidth(),
                        bottom=0.0, top=1 - (0.6 if title else 0.3) / height)  # fmt: skip
    bar = fig.add_axes((1 - 0.65 / fig.get_figwidth(), 0.15, 0.13 / fig.get_figwidth(), 0.65))
    fig.colorbar(mesh, cax=bar).set_label("$z_j$", fontsize=FONT)
    if title:
        fig.suptitle(title, fontsize=FONT + 1, y=1 - 0.06 / height, va="top")
    return fig


@torch.no_grad()
def generate_latent_dataframes(
    data_loader: Iterable, *, encode: Callable, dec1_weight: Any
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Posterior parameters of all images of a loader, and the decoder's input weights, as data frames.

    Args:
        data_loader: yields (images, labels); the images go flattened (B, pixels) into `encode`.
        encode: images (B, pixels) -> mu, logvar, each (B, D).
        dec1_weight: weight of the decoder's first layer (units, latents), as `nn.Linear` holds it.

    Returns:
        df_mu: one row per image: 'label' (category), 'mu_z0', 'mu_z1', ...
        df_logvar: likewise 'logvar_z0', ...: the log variances as they are (the sheet's template squares exp(logvar)
            here and calls it a variance, which would be sigma to the fourth).
        df_dec1_weights: one row per unit of the decoder's first layer: 'w0', 'w1', ...: its weight from each latent.

    Raises:
        ValueError: `dec1_weight` has another number of latents than `encode` gives.
    """
    rows = []
    for images, labels in data_loader:
        mu, logvar = encode(images.flatten(1))
        rows.append((to_numpy(mu), to_numpy(logvar), to_numpy(labels)))
    mu, logvar, labels = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    weights = to_numpy(dec1_weight)
    if weights.ndim != 2 or weights.shape[1] != mu.shape[1]:
        raise ValueError(
            f"dec1_weight has the shape {weights.shape}, but there are {mu.shape[1]} latents: expected (units, "
            f"{mu.shape[1]}). Give the weight of the decoder's first layer, not transposed."
        )
    label = {"label": pd.Categorical(labels.astype(int))}
    df_mu = pd.DataFrame(label | {f"mu_z{j}": mu[:, j] for j in range(mu.shape[1])})
    df_logvar = pd.DataFrame(label | {f"logvar_z{j}": logvar[:, j] for j in range(mu.shape[1])})
    df_dec1_weights = pd.DataFrame({f"w{j}": weights[:, j] for j in range(mu.shape[1])})
    return df_mu, df_logvar, df_dec1_weights


def plot_data_boxplots(
    df_mu: pd.DataFrame, df_logvar: pd.DataFrame, df_dec1_weights: pd.DataFrame, *, title: str | None = None
) -> Figure:
    """Box plots for each latent: its posterior means, its posterior standard deviations, its decoder weights.

    A box reaches from the first to the third quartile, the line in it is the median, the whiskers reach the last
    point within 1.5 box lengths. Points beyond are left out.

    Args:
        df_mu, df_logvar, df_dec1_weights: from `generate_latent_dataframes`. Drawn is the real standard deviation,
            sigma = exp(logvar / 2).
        title: stands above the figure.
    """
    mu, logvar = (frame.drop(columns="label") for frame in (df_mu, df_logvar))
    panels = (  # values, name, and softer shades of our colours for the boxes and for their lines
        (mu, r"means $\mu_j$", "#68AFD7", "#606060"),
        (np.exp(logvar / 2), r"standard deviations $\sigma_j$", "#C9941D", "#454545"),
        (df_dec1_weights, r"weights of $z_j$ to the decoder", "#148A6A", "#2F2F2F"),
    )
    latents = mu.shape[1]
    fig = new_figure(min(9.8, 5 + 0.25 * latents), 7.2)
    for ax, (frame, name, face, ink) in zip(fig.subplots(3, 1, sharex=True), panels, strict=True):
        line = {"color": ink, "linewidth": 1.0, "solid_capstyle": "butt"}
        ax.boxplot(frame.to_numpy(), positions=range(latents), widths=0.8, capwidths=0.4, showfliers=False,
                   patch_artist=True, boxprops={"facecolor": face, "edgecolor": ink, "linewidth": 1.0},
                   medianprops=line, whiskerprops=line, capprops={"color": ink, "linewidth": 1.0})  # fmt: skip
        ax.set_ylabel(name, fontsize=FONT)
        ax.grid(axis="y", alpha=0.25)
        ax.tick_params(labelsize=FONT - 1)
    ax.set_xlim(-0.5, latents - 0.5)
    ax.set_xticks(range(latents), [str(j) for j in range(latents)])
    ax.set_xlabel("latent $j$", fontsize=FONT)
    if title:
        fig.suptitle(title, fontsize=FONT + 1)
    fig.tight_layout()
    return fig


def draw_latent_use(
    mu: Any, labels: Any, kl: Any, dec1_weight: Any, *, threshold: float = 0.01, samples: int = 200,
    title: str | None = None,
) -> Figure:  # fmt: skip
    """Which latents are in use, in three views that share their rows; most informative latent on top.

    It shows what the sheet's two 3D bar charts show, without bars that hide each other. Left: KL divergence of each
    latent with the threshold below which it counts as switched off. Middle: posterior means of some digits, sorted by
    class. Right: weights from the latent to the decoder's first layer, units sorted by their strongest weight.

    Args:
        mu: posterior means (N, D); labels: classes (N,).
        kl: mean KL of each latent (D,), nats.
        dec1_weight: (units, D).
        samples: how many digits to show, the first ones.

    Raises:
        ValueError: shapes that do not fit.
    """
    mu, labels, kl, weights = to_numpy(mu), to_numpy(labels).astype(int), to_numpy(kl), to_numpy(dec1_weight)
    latents = len(kl)
    if mu.ndim != 2 or mu.shape[1] != latents or weights.ndim != 2 or weights.shape[1] != latents:
        raise ValueError(
            f"kl has {latents} latents, mu the shape {mu.shape}, dec1_weight {weights.shape}: "
            f"expected (N, {latents}) and (units, {latents})."
        )
    if len(labels) != len(mu):
        raise ValueError(f"{len(mu)} means but {len(labels)} labels: give one label for each row of mu.")
    order = np.argsort(-kl, kind="stable")
    columns = np.argsort(labels[:samples], kind="stable")
    units = np.argsort(-abs(weights).max(1), kind="stable")
    fig = new_figure(9.8, 1.6 + 0.21 * max(latents, 6))
    ratios = {"width_ratios": [2, 4, 0.15, 0.35, 4, 0.15], "wspace": 0.08}
    bars, means, means_bar, gap, fan, fan_bar = fig.subplots(1, 6, gridspec_kw=ratios)
    gap.set_visible(False)
    rows = np.arange(latents)
    on = kl[order] > threshold
    bars.barh(rows[on], kl[order][on], color=COLOURS["blue"], height=0.75)
    bars.barh(rows[~on], np.maximum(kl[order][~on], 1e-5), color=COLOURS["vermillion"], height=0.75, hatch="//")
    bars.axvline(threshold, color="black", ls="--", lw=1.2)
    bars.set(xscale="log", xlim=(1e-4, 10), ylim=(latents - 0.5, -0.5))
    bars.set_yticks(rows, [str(j) for j in order], fontsize=FONT - 2)
    bars.set_title(f"{int(on.sum())} of {latents} active", fontsize=FONT)
    bars.set_xlabel("mean KL, nats", fontsize=FONT)
    bars.set_ylabel("latent $j$", fontsize=FONT)
    scale = mpl.colormaps["RdBu_r"].resampled(15)
    limit = float(abs(weights).max()) or 1.0
    for ax, bar, values, bound, name in (
        (means, means_bar, mu[:samples][columns].T[order], STATE_LIMIT, r"$\mu_j$ of test digits"),
        (fan, fan_bar, weights[units].T[order], limit, "weights to the decoder"),
    ):
        mesh = ax.imshow(values, cmap=scale, vmin=-bound, vmax=bound, aspect="auto", interpolation="nearest")
        ax.set_title(name, fontsize=FONT)
        ax.set_yticks([])
        fig.colorbar(mesh, cax=bar).ax.tick_params(labelsize=FONT - 2)
    shown = labels[:samples][columns]
    edges = np.flatnonzero(np.diff(shown)) + 0.5
    means.vlines(edges, -0.5, latents - 0.5, color="0.3", lw=0.8)
    classes = np.unique(shown)
    means.set_xticks([np.flatnonzero(shown == c).mean() for c in classes], [str(c) for c in classes])
    means.set_xlabel("digits, by class", fontsize=FONT)
    fan.set_xlabel("unit, strongest first", fontsize=FONT)
    if title:
        fig.suptitle(title, fontsize=FONT + 1)
    fig.subplots_adjust(left=0.07, right=0.945, bottom=0.55 / fig.get_figheight(),
                        top=1 - (0.8 if title else 0.4) / fig.get_figheight())  # fmt: skip
    return fig


def plot_latent(
    z_mu: Any, y_sample: Any, *, axis_names: tuple[str, str] = ("$z_0$", "$z_1$"), title: str | None = None
) -> Figure:
    """Digits in a plane: each point is drawn as the digit of its class, in the colour of its class.

    A large digit stands at the median of each class.

    Args:
        z_mu: coordinates (N, 2): posterior means, or a projection of them.
        y_sample: classes 0 to 9, (N,).

    Raises:
        ValueError: not two coordinates per point, another number of labels, or labels beyond 0 to 9.
    """
    points, labels = to_numpy(z_mu), to_numpy(y_sample).astype(int)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(
            f"z_mu has the shape {points.shape}; expected (N, 2). Choose two columns, or project first, e.g. by PCA."
        )
    if labels.shape != (len(points),):
        raise ValueError(f"{len(points)} points but labels of shape {labels.shape}: give one label for each point.")
    if not len(labels) or labels.min() < 0 or labels.max() > 9:
        raise ValueError("y_sample has to hold digits from 0 to 9, at least one.")
    fig = new_figure(8.2, 7.4)
    ax = fig.subplots()
    for digit in np.unique(labels):
        x, y = points[labels == digit].T
        ax.scatter(x, y, marker=f"${digit}$", s=26, color=CLASS_COLOURS[digit], linewidths=0.2, alpha=0.75)
    for digit in np.unique(labels):
        x, y = np.median(points[labels == digit], 0)
        ax.text(x, y, str(digit), fontsize=22, weight="bold", ha="center", va="center", color=CLASS_COLOURS[digit],
                path_effects=[withStroke(linewidth=4, foreground="white")], zorder=5)  # fmt: skip
    ax.set_xlabel(axis_names[0], fontsize=FONT + 1)
    ax.set_ylabel(axis_names[1], fontsize=FONT + 1)
    ax.set_aspect("equal", adjustable="datalim")
    ax.grid(alpha=0.25)
    if title:
        ax.set_title(title, fontsize=FONT + 1)
    fig.tight_layout()
    return fig


@torch.no_grad()
def walk_in_latent_space(
    latent_space_abs_limit: float = 3, sqrt_sample_count: int = 20, latent_size: int = 2,
    dimensions_to_walk: tuple[int, int] = (0, 1), figsize: tuple[float, float] = (8.2, 8.2), *,
    decode: Callable, device: torch.device | str | None = None, title: str | None = None,
) -> Figure:  # fmt: skip
    """What the decoder draws over a plane of the latent space: a true grid, x to the right and y upwards.

    All other latents stay at 0. (The sheet's template gives both dimensions the same values, and so walks along one
    diagonal again and again.)

    Args:
        latent_space_abs_limit: both dimensions run from minus to plus this.
        sqrt_sample_count: steps in each direction, 2 or more.
        latent_size: D; dimensions_to_walk: the latents along x and along y, two different ones.
        figsize: inches.
        decode: z (n, D) -> probabilities (n, pixels); device: where z must be; `get_device()` if not given.

    Raises:
        ValueError: dimensions that are equal or not there, or numbers out of range.
    """
    across, up = dimensions_to_walk
    if across == up or not all(0 <= d < latent_size for d in dimensions_to_walk):
        raise ValueError(
            f"dimensions_to_walk is {dimensions_to_walk}; expected two different ones from 0 to {latent_size - 1}."
        )
    if sqrt_sample_count < 2 or latent_space_abs_limit <= 0:
        raise ValueError(
            f"sqrt_sample_count={sqrt_sample_count} and latent_space_abs_limit={latent_space_abs_limit}: expected at "
            "least 2 steps, and a limit above 0."
        )
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
    ax.imshow(tile(images, n, 0), cmap=GREYS, vmin=0, vmax=1, extent=extent, interpolation="nearest")
    ax.set_xlabel(f"$z_{{{across}}}$", fontsize=FONT + 1)
    ax.set_ylabel(f"$z_{{{up}}}$", fontsize=FONT + 1)
    if title:
        ax.set_title(title, fontsize=FONT + 1)
    fig.tight_layout()
    return fig


@torch.no_grad()
def interpolate(
    first: torch.Tensor, second: torch.Tensor, steps: int = 10, *, encode: Callable, decode: Callable
) -> torch.Tensor:
    """Images along the straight line between the means of two images, both ends included.

    Args:
        first, second: one image each, of the shape that `encode` takes behind the batch, on the model's device.
        steps: how many images, 2 or more.
        encode: images (2, ...) -> mu, logvar, each (2, D); decode: z (steps, D) -> images.

    Returns:
        What `decode` gives, (steps, ...).
    """
    mu, _ = encode(torch.stack([first, second]))
    weight = torch.linspace(0, 1, steps, device=mu.device)[:, None]
    return decode((1 - weight) * mu[:1] + weight * mu[1:])


def explore_latent_plane(decode: Callable, *, limit: float = 3.0, device: torch.device | str | None = None) -> Any:
    """Two sliders, z_0 and z_1, and the image that the decoder draws for them: an ipywidgets box.

    It needs a running kernel; keep a static figure beside it.

    Args:
        decode: z (1, 2) -> probabilities (1, pixels).
        limit: both sliders run from minus to plus this.
        device: where z must be; `get_device()` if not given.
    """
    import ipywidgets as widgets

    place = get_device() if device is None else device
    sliders = [
        widgets.FloatSlider(0.0, min=-limit, max=limit, step=0.05, description=name) for name in ("z_0", "z_1")
    ]
    picture = widgets.Image(format="png", width=224, height=224)

    @torch.no_grad()
    def draw(_: Any = None) -> None:
        image = as_images(decode(torch.tensor([[slider.value for slider in sliders]], device=place)))[0].numpy()
        file = io.BytesIO()
        grey = Image.fromarray((255 * image).round().astype(np.uint8))
        grey.resize((224, 224), Image.Resampling.NEAREST).save(file, format="png")
        picture.value = file.getvalue()

    for slider in sliders:
        slider.observe(draw, names="value")
    draw()
    return widgets.HBox([widgets.VBox(sliders), picture])
