"""Diagrams: the pictures are there, large enough, and shown with words for those who do not see them."""

import base64
import io
import re
import tomllib
from pathlib import Path

import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from labutils import diagrams
from tests.notebook_tools import LABS, read

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "labutils" / "figures"
SHOWN = re.compile(r"diagrams\.(\w+)\(\)")
CALLED = {name for lab in LABS for cell in read(lab).cells for name in SHOWN.findall(cell.source)}


def test_every_picture_has_its_source_and_every_diagram_of_the_labs_its_picture():
    pictures = {path.stem for path in FIGURES.glob("*.png")}
    assert pictures == {path.stem for path in FIGURES.glob("*.svg")} == CALLED
    assert sum(path.stat().st_size for path in FIGURES.iterdir()) < 350_000


def test_an_installed_package_has_the_pictures():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {"figures/*.png", "figures/*.svg"} <= set(settings["tool"]["setuptools"]["package-data"]["labutils"])


@pytest.mark.parametrize("name", sorted(CALLED))
def test_a_notebook_shows_the_diagram_with_words(name):
    data, metadata = DisplayFormatter().format(getattr(diagrams, name)())
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.size[0] > 1.5 * metadata["image/png"]["width"]  # sharp on a dense screen
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)  # on white of its own, in a dark theme too
    assert len(metadata["image/png"]["alt"].split()) > 10


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("cd_k", ["positive phase", "negative phase"]),
        ("dbn", ["top: an RBM, undirected", "downwards: generate"]),
        ("gan", ["generator G", "discriminator D"]),
    ],
)
def test_the_source_holds_its_text_as_text(name, texts):
    source = (FIGURES / f"{name}.svg").read_text(encoding="utf-8")
    assert [text for text in texts if f">{text}</text>" not in source] == []
