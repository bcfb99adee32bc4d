"""nbgrader's own tools accept our notebooks. Skipped where nbgrader is not installed."""

import os
import subprocess
import sys

import nbformat
import pytest

from tests.corpus.cases import RIGHT
from tests.corpus.tiny_lab import solved, write
from tests.notebook_tools import LABS, NOTEBOOKS, read

pytest.importorskip("nbgrader")


def nbgrader(folder, *arguments):
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])  # nbgrader starts alembic
    env = {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join([str(NOTEBOOKS.parent), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def test_generate_and_autograde(tmp_path):
    from nbgrader.api import Gradebook

    write(solved(), tmp_path / "source/tiny/tiny.ipynb")
    nbgrader(tmp_path, "generate_assignment", "tiny", "--create")
    released = nbformat.read(tmp_path / "release/tiny/tiny.ipynb", 4)
    assert "hidden_value" not in "".join(cell.source for cell in released.cells)
    for cell in released.cells:
        if cell.metadata.nbgrader.grade_id in RIGHT:
            cell.source = RIGHT[cell.metadata.nbgrader.grade_id]
    write(released, tmp_path / "submitted/ana/tiny/tiny.ipynb")
    nbgrader(tmp_path, "autograde", "tiny")
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as book:
        assert book.find_submission("tiny", "ana").score == 10


@pytest.mark.parametrize("lab", LABS)
def test_generate_assignment_of_the_labs(lab, tmp_path):
    write(read(lab), tmp_path / "source/lab/lab.ipynb")
    nbgrader(tmp_path, "generate_assignment", "lab", "--create")
    released = (tmp_path / "release/lab/lab.ipynb").read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in released
