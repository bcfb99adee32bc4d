"""The set-up cell: on Colab it fetches the course beside the notebook, anywhere else it leaves things alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.notebook_tools import LABS, NOTEBOOKS, grade_info, read

COLAB = "import sys, types; sys.modules['google.colab'] = types.ModuleType('google.colab')\n"


def setup_cell(lab):
    (cell,) = (cell for cell in read(lab).cells if grade_info(cell).get("grade_id") == "setup")
    return cell.source


def run(source, folder):
    code = source + "\nimport labutils; print(labutils.__file__)"
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A git repository with the course's package, as it would be published."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    folder = tmp_path_factory.mktemp("published")
    shutil.copytree(NOTEBOOKS.parent / "labutils", folder / "labutils", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "notebooks").mkdir()
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder)]
    for step in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "published"]):
        subprocess.run([*git, *step], check=True)
    return folder


def test_it_is_the_same_in_all_labs():
    assert len({setup_cell(lab) for lab in LABS}) == 1


@pytest.mark.long
def test_on_colab_the_course_is_fetched_once_and_used(published, tmp_path):
    source = COLAB + setup_cell("01_rbm").replace('REPOSITORY = ""', f"REPOSITORY = {str(published)!r}")
    for _ in range(2):
        result = run(source, tmp_path)
        assert result.returncode == 0, result.stderr
        assert "Google Colab" in result.stdout
        assert Path(result.stdout.splitlines()[-1]).parents[1] == tmp_path / "course"


def test_on_colab_an_unpublished_copy_says_what_it_lacks(tmp_path):
    result = run(COLAB + setup_cell("01_rbm"), tmp_path)
    assert result.returncode != 0
    assert "set REPOSITORY to its git address" in result.stderr


@pytest.mark.long
def test_elsewhere_it_touches_nothing(tmp_path):
    result = run(setup_cell("01_rbm"), tmp_path)
    assert result.returncode == 0, result.stderr
    assert "mode | " in result.stdout
    assert list(tmp_path.iterdir()) == []
