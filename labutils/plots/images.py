"""Many images in one figure, labelled rows of images for comparisons, animations.

Images are grey, 0 = black and 1 = white ink, as MNIST draws them; `colour_rows` alone takes coloured ones. A set of
images comes as (N, pixels), (N, rows, columns) or (N, 1, rows, columns), as a tensor on any device or as an array.
"""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from IPython.display import Image
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from PIL import Image as PILImage
from PIL import ImageDraw, ImageFont
from torchvision.utils import make_grid

from .style import DPI, FONT, new_figure, to_numpy

SHADES = 8
"""Shades of grey in an animation: 16 digits in 40 frames then take a bit over 100 kB."""

GREYS = mpl.colormaps["gray"].resampled(16)
"""Sixteen greys show a digit as well as 256 do, and make the stored picture half as large."""

MAX_WIDTH, MAX_HEIGHT = 910, 640
"""A grid of images is enlarged up to this many pixels: the width of a notebook, the height of a laptop."""


def image_grid(
    images: Any,
    nrow: int = 10,
    *,
    title: str | None = None,
    cmap: str | Colormap = "gray",
    vmin: float = 0.0,
    vmax: float = 1.0,
    pad: int = 2,
    shape: tuple[int, int] | None = None,
) -> Figure:
    """One grid of many images on one scale, row by row.

    Args:
        images: (N, pixels), (N, rows, columns) or (N, 1, rows, columns).
        nrow: images in a row, as in `torchvision.utils.make_grid`.
        title: stands above the grid.
        cmap, vmin, vmax: colour map and the values of its two ends.
        pad: pixels between two images.
        shape: (rows, columns) of flat images that are not square.

    Raises:
        ValueError: the shape cannot be that of images, or `nrow` is not positive.
    """
    pixels = as_images(images, shape)
    if nrow < 1:
        raise ValueError(f"nrow is the number of images in a row, at least 1, but nrow={nrow} was given.")
    return grid_figure(
        [tile(pixels, min(nrow, len(pixels)), pad, gap_value(vmin))], title=title, cmap=cmap, vmin=vmin, vmax=vmax
    )


def display_images(images: Any) -> Figure:
    """The lab sheet's name for `image_grid` with its usual settings; images as there."""
    return image_grid(images)


def produce_collage(nrow: int, ncol: int, img_range: Any, dim: tuple[int, int] = (28, 28)) -> np.ndarray:
    """The lab sheet's collage: images side by side without gaps, as one array (nrow * rows, ncol * columns).

    Args:
        nrow, ncol: rows and columns of images; places without an image stay 0.
        img_range: at most nrow * ncol images, as for `image_grid`, or a list of them.
        dim: (rows, columns) of one image.

    Raises:
        ValueError: more images than places, or shapes that cannot be images.
    """
    if isinstance(img_range, (list, tuple)):
        img_range = np.stack([to_numpy(image).reshape(dim) for image in img_range])
    images = as_images(img_range, dim)
    if len(images) > nrow * ncol:
        raise ValueError(f"{len(images)} images do not fit into {nrow} rows of {ncol}.")
    missing = torch.zeros(nrow * ncol - len(images), *dim)
    return tile(torch.cat([images, missing]), ncol, 0)


def image_rows(
    rows: Mapping[str, Any],
    *,
    columns: Sequence[Any] | None = None,
    title: str | None = None,
    cmap: str | Colormap = "gray",
    vmin: float = 0.0,
    vmax: float = 1.0,
    pad: int = 2,
    shape: tuple[int, int] | None = None,
) -> Figure:
    """The figure for comparisons: one labelled row of images per entry, all on one scale.

    Args:
        rows: label -> images; every row has the same number of images of the same size.
        columns: labels above the columns, one for each image of a row.
        title, cmap, vmin, vmax, pad, shape: as in `image_grid`.

    Example:
        `image_rows({"input": v0, "CD-1": rec_1, "CD-10": rec_10})`

    Raises:
        ValueError: no row, rows of different lengths or image sizes, shapes that cannot be images.
    """
    if not rows:
        raise ValueError("rows is empty: give at least one entry, label -> images.")
    sets = {label: as_images(images, shape) for label, images in rows.items()}
    sizes = {label: tuple(pixels.shape) for label, pixels in sets.items()}
    if len(set(sizes.values())) > 1:
        given = ", ".join(f"'{label}': {size}" for label, size in sizes.items())
        raise ValueError(
            f"All rows need the same number of images of the same size, but (images, rows, columns) are "
            f"{given}. Cut them to the same digits first, for example with [:10]."
        )
    pixels = torch.cat(list(sets.values()))
    count = len(pixels) // len(sets)
    if columns is not None and len(columns) != count:
        raise ValueError(f"{len(columns)} labels were given for {count} columns: give one for each image of a row.")
    return grid_figure(
        [tile(pixels, count, pad, gap_value(vmin))],
        row_labels=[list(sets)],
        column_labels=None if columns is None else [columns],
        title=title, cmap=cmap, vmin=vmin, vmax=vmax,
    )  # fmt: skip


def colour_rows(rows: Mapping[str, Any], title: str) -> Figure:
    """As `image_rows`, of coloured images with values from -1 to 1.

    Args:
        rows: label -> images (N, 3, H, W), tensors; every row has the same number of images of the same size.
        title: stands above the rows.

    Raises:
        ValueError: no row, or rows of different lengths or image sizes.
    """
    shapes = {tuple(images.shape) for images in rows.values()}
    if len(shapes) != 1:
        raise ValueError(f"All rows need the same number of images of the same size, but their shapes are {shapes}.")
    images = torch.cat(list(rows.values())).detach().cpu().clamp(-1, 1) / 2 + 0.5
    count, (height, width) = len(images) // len(rows), images.shape[2:]
    grid = make_grid(images, nrow=count, padding=2, pad_value=1.0).permute(1, 2, 0)
    fig = new_figure(2 + 7.6, 0.5 + 7.6 * len(rows) * (height + 2) / (count * (width + 2)))
    ax = fig.subplots()
    ax.imshow((grid * 255).byte().numpy(), interpolation="nearest")
    ax.set_yticks([(i + 0.5) * (height + 2) for i in range(len(rows))], list(rows))
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(title)
    fig.tight_layout()
    return fig


def animate(
    frames: Any,
    *,
    fps: float = 8.0,
    nrow: int = 8,
    scale: int = 2,
    captions: Sequence[str] | None = None,
    alt: str | None = None,
    shape: tuple[int, int] | None = None,
) -> Image:
    """An animated picture (GIF, made in memory) of a set of images that changes with time.

    The last frame stays for a second and a half, then it starts again.

    Args:
        frames: S sets of N images in [0, 1], for example (S, N, 784), or a list of such sets.
        fps: frames per second, at most 50.
        nrow: images in a row.
        scale: every pixel becomes `scale` x `scale` pixels.
        captions: S texts drawn above the images, such as "step 100".
        alt: words for readers who do not see the picture.
        shape: (rows, columns) of flat images that are not square.

    Raises:
        ValueError: shapes that cannot be images, no frame, frames of different sizes, or another number of
            captions than of frames.
    """
    grids = [tile(as_images(frame, shape), nrow, 2) for frame in frames]
    if not grids:
        raise ValueError("frames is empty: give at least one set of images.")
    if any(grid.shape != grids[0].shape for grid in grids):
        raise ValueError("All frames need the same number of images of the same size.")
    if not 0 < fps <= 50 or scale < 1:
        raise ValueError(f"fps must lie in (0, 50] and scale be at least 1, but fps={fps} and scale={scale}.")
    if captions is not None and len(captions) != len(grids):
        raise ValueError(f"{len(captions)} captions were given for {len(grids)} frames: give one for each frame.")

    head = 0 if captions is None else 24
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
        if captions is not None:
            ImageDraw.Draw(picture).text((4, 2), captions[number], fill=0, font=font)
        pictures.append(picture)
    durations = [round(1000 / fps)] * (len(pictures) - 1) + [1500]
    file = io.BytesIO()
    pictures[0].save(
        file,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
        optimize=True,
    )
    # `metadata` and not `alt=`: Colab's IPython 7 does not know the latter
    return Image(data=file.getvalue(), format="gif", metadata={"alt": alt or f"animation of {len(grids)} frames"})


def as_images(images: Any, shape: tuple[int, int] | None = None) -> torch.Tensor:
    """Images as a new float tensor (N, rows, columns) on the CPU.

    Args:
        images: (N, pixels), (N, rows, columns) or (N, 1, rows, columns).
        shape: (rows, columns) that the images must have; None takes flat images to be square.

    Raises:
        ValueError: the shape cannot be that of images, or is not `shape`.
    """
    array = to_numpy(images)
    given = tuple(array.shape)
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    elif array.ndim == 2:
        side = math.isqrt(array.shape[1])
        rows, columns = shape or (side, side)
        if rows * columns != array.shape[1]:
            expected = f"{rows} x {columns} = {rows * columns}" if shape else "a square number of"
            raise ValueError(
                f"Images of shape {given} have {array.shape[1]} pixels each, but {expected} pixels are "
                "expected. Give images as (N, pixels), and shape=(rows, columns) where they are not square."
            )
        array = array.reshape(-1, rows, columns)
    if array.ndim != 3 or array.size == 0 or (shape and array.shape[1:] != tuple(shape)):
        wanted = f" of {shape[0]} x {shape[1]} pixels" if shape else ""
        raise ValueError(
            f"An array of shape {given} cannot be shown as images{wanted}. Give (N, pixels), "
            "(N, rows, columns) or (N, 1, rows, columns), N at least 1; a single image x goes in as x[None]."
        )
    return torch.from_numpy(array).float()


def tile(images: torch.Tensor, nrow: int, pad: int, pad_value: float = 1.0) -> np.ndarray:
    """Images (N, rows, columns) side by side, `nrow` in a row, `pad` pixels of `pad_value` around each."""
    grid = make_grid(images[:, None], nrow=nrow, padding=pad, pad_value=pad_value)
    if len(images) == 1:  # make_grid returns a single image without its frame
        grid = torch.nn.functional.pad(grid, (pad,) * 4, value=pad_value)
    return grid[0].numpy()


def gap_value(vmin: float) -> float:
    """What lies between images: white between grey ones, no value (drawn in grey) between signed ones."""
    return 1.0 if vmin >= 0 else math.nan


def grid_figure(
    grids: Sequence[np.ndarray],
    *,
    row_labels: Sequence[Sequence[Any]] | None = None,
    column_labels: Sequence[Sequence[Any]] | None = None,
    title: str | None = None,
    cmap: str | Colormap = "gray",
    vmin: float = 0.0,
    vmax: float = 1.0,
    interpolation: str = "nearest",
    colour_bar: str | None = None,
) -> Figure:
    """A figure of tiled images, one axes per grid, one below the other, with labels at rows and columns.

    Args:
        grids: results of `tile`, each (height, width).
        row_labels, column_labels: for each grid the labels of its rows and of its columns.
        title, cmap, vmin, vmax: as in `image_grid`; interpolation: as in matplotlib's `imshow`.
        colour_bar: the label of a colour bar at the right; None draws none.
    """
    cmap = (mpl.colormaps[cmap] if isinstance(cmap, str) else cmap).with_extremes(bad="0.45")
    height, width = sum(len(grid) for grid in grids), max(grid.shape[1] for grid in grids)
    scale = min(MAX_WIDTH / width, MAX_HEIGHT / height if len(grids) == 1 else math.inf)
    if math.floor(scale) > 0.75 * scale:  # whole pixels are sharper, where that does not shrink the figure much
        scale = math.floor(scale)

    em = FONT * DPI / 72
    labels = [str(label) for block in row_labels or [] for label in block]
    left = 12 + (max(_text_width(label) for label in labels) * em + 8 if labels else 0)
    right = 12 + (90 if colour_bar else 0)
    above = 1.7 * em if column_labels else 10
    top = 12 + (2.0 * em if title else 0)
    # a title may be wider than a small grid
    total_width = max(left + width * scale + right, (_text_width(title or "") * em * 1.15) + 24)
    total_height = top + 10 + sum(len(grid) * scale + above for grid in grids)

    fig = new_figure(total_width / DPI, total_height / DPI)
    offset = top
    for number, grid in enumerate(grids):
        offset += above
        size = np.array([left, total_height - offset - len(grid) * scale, grid.shape[1] * scale, len(grid) * scale])
        ax = fig.add_axes((size / [total_width, total_height, total_width, total_height]).tolist())
        image = ax.imshow(grid, cmap=cmap, vmin=vmin, vmax=vmax, interpolation=interpolation, aspect="auto")
        _label(ax, grid, row_labels and row_labels[number], column_labels and column_labels[number])
        offset += len(grid) * scale
    if title:
        fig.text(0.5, 1 - (12 + 0.8 * em) / total_height, title, ha="center", va="center", fontsize=FONT + 1)
    if colour_bar:
        box = ax.get_position()
        bar = fig.add_axes((box.x1 + 12 / total_width, box.y0, 14 / total_width, box.height))
        fig.colorbar(image, cax=bar).set_label(colour_bar, fontsize=FONT)
        bar.tick_params(labelsize=FONT - 2)
        bar.set_label("colour bar")
    return fig


def _text_width(text: str) -> float:
    """Roughly how wide a text is, in units of its font size; generous, so that nothing is cut."""
    return 0.56 * max((len(line) for line in text.split("\n")), default=0)


def _label(ax: Axes, grid: np.ndarray, rows: Sequence[Any] | None, columns: Sequence[Any] | None) -> None:
    """Labels at the middles of rows and columns, without axis lines or tick marks."""
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, labelsize=FONT, labelcolor="black", pad=5)
    ax.tick_params(axis="x", top=False, bottom=False, labeltop=True, labelbottom=False, pad=2)
    for axis, labels, length in ((ax.yaxis, rows, grid.shape[0]), (ax.xaxis, columns, grid.shape[1])):
        count = len(labels) if labels else 0
        axis.set_ticks(
            [(k + 0.5) * length / count - 0.5 for k in range(count)], [str(label) for label in labels or []]
        )
