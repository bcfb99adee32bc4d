"""The pages for readers: what they name is there, and the gallery shows the stored outputs."""

import importlib.util
import re

import numpy as np
import pytest
from PIL import Image

from tests.notebook_tools import LABS, NOTEBOOKS, PATHS, grade_info, read

ROOT = NOTEBOOKS.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "labutils/course/README.md",
    ROOT / "notebooks/README.md",
    ROOT / "data/README.md",
]
TEXT = PAGES[0].read_text(encoding="utf-8")
GALLERY = NOTEBOOKS / "gallery"

spec = importlib.util.spec_from_file_location("gallery", GALLERY / "make.py")
gallery = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gallery)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)|(?:src|href)=\"([^\"]+)\"", page.read_text(encoding="utf-8"))
    local = [link or source for link, source in links if not (link or source).startswith("http")]
    assert [path for path in local if not (page.parent / path).exists()] == []


def test_front_page_is_short():
    assert len(re.sub(r"<[^>]+>|```.*?```", "", TEXT, flags=re.S).split()) <= 900


def test_commands_exist():
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    names = re.findall(r"-m ([\w.]+)|`(tests\.[\w.]+|labutils\.[\w.]+)", text)
    assert len(names) > 5
    for name in {first or second for first, second in names}:
        assert name == "venv" or importlib.util.find_spec(name), name


@pytest.mark.parametrize("lab", LABS)
def test_table_of_labs_agrees_with_the_notebook(lab):
    (row,) = re.findall(rf"^\| \[[^]]+\]\({PATHS[lab].relative_to(ROOT).as_posix()}\) \|(.*)\|$", TEXT, re.M)
    minutes, _, points = (int(cell) for cell in row.split("|")[-3:])
    assert points == sum(grade_info(cell)["points"] for cell in read(lab).cells if grade_info(cell)["grade"])
    assert minutes >= 1


def test_pictures_are_small_and_described():
    files = sorted([*GALLERY.glob("*.png"), *GALLERY.glob("*.gif")])
    assert {path.stem for path in files} == {*gallery.PICTURES, *gallery.FILMS}
    assert sum(path.stat().st_size for path in files) <= 500_000
    for path in files:
        (alt,) = re.findall(rf'<img src="notebooks/gallery/{path.name}" width="\d+" alt="([^"]+)">', TEXT)
        assert len(alt) > 40


@pytest.mark.parametrize("name", gallery.PICTURES)
def test_pictures_show_the_stored_outputs(name):
    """If not, run `python notebooks/gallery/make.py`."""
    shown = np.asarray(Image.open(GALLERY / f"{name}.png").convert("RGB"), dtype=float)
    stored = np.asarray(gallery.picture(*gallery.PICTURES[name]).convert("RGB"), dtype=float)
    assert shown.shape == stored.shape
    assert abs(shown - stored).mean() < 2  # of 255: another version of Pillow may round otherwise


@pytest.mark.parametrize("name", gallery.FILMS)
def test_films_are_the_stored_outputs(name):
    assert (GALLERY / f"{name}.gif").read_bytes() == gallery.stored(*gallery.FILMS[name], "image/gif")
