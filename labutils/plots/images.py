"""Many images in one figure, labelled rows of images for comparisons, animations.

Grey images are 0 = black and 1 = white ink, as MNIST draws them. A set of images comes as (N, pixels) of squares,
(N, rows, columns), (N, 1, rows, columns) or, in colour, (N, 3, rows, columns), as a tensor on any device or an array.
"""

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
import torch.nn.functional as F
from IPython.display import Image
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image as PILImage
from PIL import ImageDraw, ImageFont

from labutils.plots.style import DPI, Shape, new_figure, styled, to_numpy
from labutils.runtime import require

SHADES = 8
"""Shades of grey in an animation: 16 digits in 40 frames then take a bit over 100 kB."""

GREYS = mpl.colormaps["gray"].resampled(16)
"""Sixteen greys show a digit as well as 256 do, and make the stored picture half as large."""

SIGNED = mpl.colormaps["RdBu_r"].resampled(15)
"""Blue below 0, red above; 15 colours show the same as 256, at a third of the stored picture's size."""

MAX_WIDTH, MAX_HEIGHT = 910, 640
"""A grid of images is enlarged up to this many pixels: the width of a notebook, the height of a laptop."""

TILE, BLOCK = 84, 10
"""In `draw_blocks`: the side of a panel in pixels, three times a digit's, so that layers of any shape fit next to it;
and how many stand side by side before it goes on below."""


def image_grid(images: Any, nrow: int = 10, *, title: str = "") -> Figure:
    """One grid of many images in [0, 1], row by row, `nrow` in each as in `torchvision.utils.make_grid`."""
    return grid_figure([tile(as_images(images), nrow, 2)], title=title)


def display_images(images: Any) -> Figure:
    """The lab sheet's name for `image_grid` with its usual settings; images as there."""
    return image_grid(images)


def produce_collage(nrow: int, ncol: int, img_range: Any, dim: Shape = (28, 28)) -> np.ndarray:
    """The lab sheet's collage: images side by side without gaps, as one array (nrow * rows, ncol * columns).

    Args:
        nrow, ncol: rows and columns of images; places without an image stay 0.
        img_range: at most nrow * ncol images, or a list of them.
        dim: (rows, columns) of one image.
    """
    images = as_images(img_range, dim)
    missing = nrow * ncol - len(images)
    require(missing >= 0, f"{len(images)} images do not fit into {nrow} rows of {ncol}.")
    return tile(torch.cat([images, torch.zeros(missing, 1, *dim)]), ncol, 0)


def image_rows(
    rows: Mapping[str, Any],
    *,
    columns: Iterable[Any] = (),
    title: str = "",
    cmap: str | Colormap = "gray",
    vmin: float = 0.0,
    vmax: float = 1.0,
) -> Figure:
    """The figure for comparisons: one labelled row of images per entry, all on one scale.

    Args:
        rows: label -> images, as many and as large in every row, such as {"input": v0, "CD-1": v1}.
        columns: labels above the columns, one for each image of a row.
        cmap: colour map of grey images.
        vmin, vmax: the values of its two ends; in coloured images, those of no and of full light.
    """
    sets = {label: as_images(images) for label, images in rows.items()}
    shapes = {label: tuple(pixels.shape) for label, pixels in sets.items()}
    same = len(set(shapes.values())) == 1
    require(same, f"All rows need the same number of images of the same size, not {shapes}: cut them first.")
    pixels = torch.cat(list(sets.values()))
    count, labels = len(pixels) // len(sets), list(columns)
    require(len(labels) in (0, count), f"{len(labels)} labels were given for {count} columns.")
    if pixels.shape[1] == 3:
        pixels, vmin, vmax = ((pixels - vmin) / (vmax - vmin)).clamp(0, 1), 0, 1
    gap = 1.0 if vmin >= 0 else math.nan  # white between grey ones, no value (drawn in grey) between signed ones
    return grid_figure(
        [tile(pixels, count, 2, gap)], rows=list(sets), columns=[labels], title=title, cmap=cmap, vmin=vmin, vmax=vmax
    )


def draw_blocks(rows: Mapping[str, torch.Tensor], **options: Any) -> Figure:
    """Labelled rows of images of any sizes, wrapped after BLOCK columns, which are numbered from 0.

    Args:
        rows: label -> images (N, channels, rows, columns) in [0, 1]; N and the channels are the same everywhere.
        options: of `grid_figure`.
    """
    panels = torch.stack([F.interpolate(images, (TILE - 2, TILE - 2)) for images in rows.values()])
    panels = F.pad(panels, (1, 1, 1, 1), value=0.6)  # a thin frame: white units would melt into the white gaps
    count = panels.shape[1]
    wide = min(count, BLOCK)
    panels = F.pad(panels, (0, 0, 0, 0, 0, 0, 0, -count % wide), value=1.0)  # white ones fill the last block
    grids = [tile(block.flatten(0, 1), wide, 4) for block in panels.split(wide, 1)]
    numbers = [[n if n < count else "" for n in range(start, start + wide)] for start in range(0, count, wide)]
    return grid_figure(grids, rows=list(rows), columns=numbers, **options)


def animate(
    frames: Any, *, fps: float = 8.0, nrow: int = 8, scale: int = 2, captions: Sequence[str] = (), alt: str = ""
) -> Image:
    """An animated picture (GIF, made in memory) of a set of grey images that changes with time.

    The last frame stays for a second and a half, then it starts again.

    Args:
        frames: S sets of N images in [0, 1], for example (S, N, 784), or a list of such sets.
        fps: frames per second, at most 50.
        nrow: images in a row.
        scale: every pixel becomes `scale` x `scale` pixels.
        captions: S texts drawn above the images, such as "step 100".
        alt: words for readers who do not see the picture.
    """
    grids = [tile(as_images(frame), nrow, 2) for frame in frames]
    require(len({grid.shape for grid in grids}) == 1, "All frames need the same number of images of the same size.")
    require(not captions or len(captions) == len(grids), "Give one caption for each frame.")
    head = 24 if captions else 0
    font = ImageFont.load_default(size=16)
    pictures = []
    shades = np.full(grids[0].shape, np.inf)
    for number, grid in enumerate(grids):
        # Few shades, and a pixel keeps its shade until it moves by more than one or turns black: most of the
        # file would otherwise be flicker that nobody needs to see.
        exact = np.clip(grid, 0, 1) * (SHADES - 1)
        nearest = np.rint(exact)
        shades = np.where((abs(exact - shades) > 1) | (nearest == 0), nearest, shades)
        inked = np.kron(shades * 255 / (SHADES - 1), np.ones((scale, scale))).astype(np.uint8)
        picture = PILImage.new("L", (inked.shape[1], inked.shape[0] + head), 255)
        picture.paste(PILImage.fromarray(inked), (0, head))
        if captions:
            ImageDraw.Draw(picture).text((4, 2), captions[number], fill=0, font=font)
        pictures.append(picture)
    durations = [round(1000 / fps)] * (len(pictures) - 1) + [1500]
    file, rest = io.BytesIO(), pictures[1:]
    pictures[0].save(file, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, optimize=True)
    # `metadata` and not `alt=`: Colab's IPython 7 does not know the latter
    return Image(data=file.getvalue(), format="gif", metadata={"alt": alt or f"animation of {len(grids)} frames"})


def as_images(images: Any, shape: Shape | None = None) -> torch.Tensor:
    """Images as a new float tensor (N, channels, rows, columns) on the CPU, with 1 or 3 channels.

    Args:
        images: (N, pixels), (N, rows, columns), (N, 1, rows, columns) or (N, 3, rows, columns).
        shape: (rows, columns) of flat images that are not square.
    """
    array = to_numpy(images)
    if array.ndim == 2:
        pixels = array.shape[1]
        rows, columns = shape or (math.isqrt(pixels),) * 2
        require(
            rows * columns == pixels,
            f"{pixels} pixels cannot be shown as {rows} x {columns}. Give images that are not square as "
            "(N, rows, columns), and layers with the shape whose product is the number of units.",
        )
        array = array.reshape(-1, rows, columns)
    if array.ndim == 3:
        array = array[:, None]
    require(
        array.ndim == 4 and array.size > 0 and array.shape[1] in (1, 3),
        f"An array of shape {np.shape(images)} cannot be shown as images. Give (N, pixels), (N, rows, columns), "
        "(N, 1, rows, columns) or (N, 3, rows, columns), N at least 1; a single image x goes in as x[None].",
    )
    return torch.from_numpy(array).float()


def first_images(values: Any, count: int, shape: Shape | None = None) -> torch.Tensor:
    """The first `count` images, or layers of `shape`, as `as_images` gives them."""
    array = to_numpy(values)
    require(1 <= count <= len(array), f"{count} images or layers were asked for, but {len(array)} were given.")
    return as_images(array[:count] if shape is None else array[:count].reshape(count, -1), shape)


def tile(images: torch.Tensor, nrow: int, pad: int, pad_value: float = 1.0) -> np.ndarray:
    """Images (N, channels, rows, columns) side by side, `nrow` in a row, `pad` pixels of `pad_value` around each.

    As `torchvision.utils.make_grid`, whose import takes as long as that of torch.

    Returns:
        (height, width), or (height, width, 3) in colour.
    """
    nrow = min(nrow, len(images))
    images = F.pad(images, (pad, 0, pad, 0, 0, 0, 0, -len(images) % nrow), value=pad_value)
    grid = images.unflatten(0, (-1, nrow)).permute(2, 0, 3, 1, 4).flatten(3).flatten(1, 2)
    grid = F.pad(grid, (0, pad, 0, pad), value=pad_value)
    return grid[0].numpy() if len(grid) == 1 else grid.permute(1, 2, 0).numpy()


@styled
def grid_figure(
    grids: list[np.ndarray], *, rows: Any = (), columns: Any = (), title: str = "", bar: str = "", **look: Any
) -> Figure:
    """A figure of tiled images, one axes per grid, one below the other, with labels at rows and columns.

    Args:
        grids: results of `tile`, all of the same shape.
        rows: labels of the rows of every grid; columns: for each grid the labels of its columns.
        bar: the label of a colour bar at the right, if there shall be one.
        look: cmap, vmin, vmax and more of matplotlib's `imshow`; otherwise grey from 0 to 1.
    """
    height, width = grids[0].shape[:2]
    scale = min(MAX_WIDTH / width, MAX_HEIGHT / height)
    if math.floor(scale) > 0.75 * scale:  # whole pixels are sharper, where that does not shrink the figure much
        scale = math.floor(scale)
    gap = 28 / (scale * height)  # room for the labels of the next grid's columns
    size = np.array([scale * width, scale * height * (len(grids) + gap * (len(grids) - 1))]) / DPI
    fig = new_figure(*size, "none")
    whole = {"left": 0, "right": 1, "bottom": 0, "top": 1, "hspace": gap}
    axes = fig.subplots(len(grids), 1, squeeze=False, gridspec_kw=whole)[:, 0]
    for number, (ax, grid) in enumerate(zip(axes, grids, strict=True)):
        ax.set_facecolor("0.45")  # where an image has no value
        image = ax.imshow(grid, aspect="auto", **{"cmap": "gray", "vmin": 0, "vmax": 1, **look})
        _label(ax, grid, rows, columns[number] if columns else ())
    axes[0].set_title(title, pad=9)
    if bar:
        fig.colorbar(image, cax=axes[-1].inset_axes((1.015, 0, 0.018, 1)), label=bar)
    _make_room(fig)
    return fig


def _label(ax: Axes, grid: np.ndarray, rows: Sequence[Any], columns: Sequence[Any]) -> None:
    """Labels at the middles of rows and columns, without axis lines or tick marks."""
    ax.spines[:].set_visible(False)
    ax.xaxis.tick_top()
    ax.tick_params(length=0, pad=4, labelsize=mpl.rcParams["axes.labelsize"])
    for axis, labels, length in ((ax.yaxis, rows, grid.shape[0]), (ax.xaxis, columns, grid.shape[1])):
        middles = [(k + 0.5) * length / len(labels) - 0.5 for k in range(len(labels))]
        axis.set_ticks(middles, [str(label) for label in labels])


def _make_room(fig: Figure) -> None:
    """Enlarge a figure by what stands beyond its edges, in whole pixels, so that its images stay sharp.

    The layout engine of matplotlib would shrink the images, and draw some of their pixels larger than others.
    """
    box = fig.get_tightbbox().padded(0.1)
    low, high = np.floor(box.min * DPI) / DPI, np.ceil(box.max * DPI) / DPI
    places = [ax.get_position().get_points() * fig.get_size_inches() - low for ax in fig.axes]
    fig.set_size_inches(*(high - low))
    for ax, place in zip(fig.axes, places, strict=True):
        ax.set_position(Bbox(place / (high - low)))
