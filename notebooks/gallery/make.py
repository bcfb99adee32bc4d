"""Makes the pictures of the README from the stored outputs of the notebooks: `python notebooks/gallery/make.py`."""

import base64
import io
from pathlib import Path

import nbformat
from PIL import Image

HERE = Path(__file__).parent

PICTURES = {
    "models": ("05_dcgan", "final-samples", 640),
    "weights": ("01_rbm", "figure-weights", 400),
    "up_down": ("03_dbn_finetuning", "figure-up-down", 640),
    "latent_plane": ("04_vae", "figure-walk", 400),
    "training": ("05_dcgan", "figure-progress", 400),
    "leaderboard": ("05_dcgan", "figure-leaderboard", 640),
}
"""Name of a picture -> the notebook, the cell whose stored output it shows, and its width in pixels."""

FILMS = {"dreams": ("01_rbm", "train-film")}
"""Name of an animation -> the notebook, and the cell whose stored output it is."""


def stored(lab: str, cell_id: str, kind: str) -> bytes:
    """The first output of this kind that a cell has stored."""
    notebook = nbformat.read(HERE.parent / f"{lab}.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
    data = next(output.data[kind] for output in cell.outputs if kind in output.get("data", {}))
    return base64.b64decode(data)


def picture(lab: str, cell_id: str, width: int) -> Image.Image:
    """The first picture in the stored output of a cell, made smaller, in 64 colours."""
    image = Image.open(io.BytesIO(stored(lab, cell_id, "image/png"))).convert("RGB")
    image.thumbnail((width, 2 * width), Image.Resampling.LANCZOS)
    return image.quantize(64, dither=Image.Dither.NONE)


if __name__ == "__main__":
    for name, place in PICTURES.items():
        picture(*place).save(HERE / f"{name}.png", optimize=True)
    for name, place in FILMS.items():
        (HERE / f"{name}.gif").write_bytes(stored(*place, "image/gif"))
