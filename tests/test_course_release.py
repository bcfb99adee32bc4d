"""The student edition: what it holds, what it must not hold, and that it proves itself."""

import ast
import re

import nbformat
import pytest

from labutils.course.cells import STAMP, Lab, read_labs
from labutils.course.edition import MARKER, edition, prove_text, released_labs
from labutils.course.release import release
from tests import rarely
from tests.corpus.cases import find
from tests.corpus.tiny_lab import solved, write
from tests.notebook_tools import LABS, read

REPO = "https://github.com/someone/labs"


@pytest.fixture
def notebooks(tmp_path):
    write(solved(), tmp_path / "notebooks/tiny.ipynb")
    return tmp_path / "notebooks"


def changed(name, old, new):
    notebook = solved()
    assert old in find(notebook, name).source
    find(notebook, name).source = find(notebook, name).source.replace(old, new)
    return notebook


@pytest.mark.parametrize("name", [rarely(lab) if lab.startswith("extra/") else lab for lab in LABS])
def test_editions_of_the_labs_give_nothing_away(name):
    lab = Lab(name, read(name))
    prove_text(lab)
    published = edition(lab)
    nbformat.validate(published)
    for given, own in zip(read(name).cells, published.cells, strict=True):
        assert own.metadata.nbgrader == given.metadata.nbgrader
        for region in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", given.source, re.S):
            assert region.strip() not in own.source
        if lab.cells[own.id].role == "solution":
            ast.parse(own.source)
            assert re.findall(r"# ?Hints?:.*", own.source) == re.findall(r"# ?Hints?:.*", given.source)
            assert own.source.count("raise NotImplementedError") == given.source.count("### BEGIN SOLUTION")
            assert re.search(r"Task \d[\w.]*: \w+ is still open", own.source), own.id
        elif lab.cells[own.id].role != "answer":
            assert STAMP.sub("", own.source) == given.source


def test_blank_shows_signature_docstring_hints_and_names(notebooks):
    (lab,) = read_labs(notebooks)
    assert lab.cells["series-mean"].stub.split("\n\n\n")[0].splitlines() == [
        "@add_to_class(Series)",
        "def mean(self):",
        '    """The mean of the values, a float."""',
        "    # Hints: 1. Add up. 2. Divide by how many there are.",
        "    result = ...",
        '    raise NotImplementedError("Task 1.2: mean is still open. Write it, then delete this line.")',
        "    return result",
    ]
    assert "HIDDEN" not in lab.cells["check-squares"].stub
    assert "hidden_value" not in lab.cells["check-squares"].stub
    assert "passed(" in lab.cells["check-squares"].stub


def test_blank_names_attributes_but_no_temporaries():
    notebook = solved()
    find(notebook, "squares").source = (
        "class A:\n    def __init__(self, n):\n        given = n\n        ### BEGIN SOLUTION\n        step = n + 1\n"
        "        given = step\n        self.size, self.n = step, n\n        ### END SOLUTION\n        return given"
    )
    stub = Lab("tiny", notebook).cells["squares"].stub
    assert re.findall(r"(\S+) = \.\.\.", stub) == ["self.size", "self.n"]


def test_folder_is_complete_stamped_and_idempotent(notebooks, tmp_path):
    dest = tmp_path / "edition"
    made = release(dest, notebooks=notebooks, repo=REPO, branch="2027", proof=False)
    assert made["labs"] == {"tiny": {"checks": 10.0, "by_hand": 2.0}}
    for path in (
        "README.md",
        "requirements.txt",
        "pyproject.toml",
        "LICENSE",
        "data/README.md",
        "labutils/checks.py",
    ):
        assert (dest / path).stat().st_size, path
    assert not (dest / "labutils/course").exists()
    assert "BEGIN SOLUTION" not in "".join(p.read_text(errors="replace") for p in dest.rglob("*") if p.is_file())
    notebook = nbformat.read(dest / "notebooks/tiny.ipynb", 4)
    assert f'REPOSITORY = "{REPO}"' in find(notebook, "setup").source
    assert "colab.research.google.com/github/someone/labs/blob/2027/notebooks/tiny.ipynb" in notebook.cells[0].source
    assert "| [Tiny lab](notebooks/tiny.ipynb) | 12 | [![Open in Colab]" in (dest / "README.md").read_text()

    before = {path: path.stat().st_mtime_ns for path in dest.rglob("*") if path.is_file() and path.name != MARKER}
    assert release(dest, notebooks=notebooks, repo=REPO, branch="2027", proof=False)["written"] == 0
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_addresses_outside_github_get_no_badge(notebooks, tmp_path):
    release(tmp_path / "edition", notebooks=notebooks, repo="https://git.example.org/labs.git", proof=False)
    notebook = nbformat.read(tmp_path / "edition/notebooks/tiny.ipynb", 4)
    assert "colab" not in notebook.cells[0].source
    assert 'REPOSITORY = "https://git.example.org/labs.git"' in find(notebook, "setup").source


def test_foreign_and_edited_folders_are_left_alone(notebooks, tmp_path):
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter.tex").write_text("years of work")
    with pytest.raises(ValueError, match="was not made by"):
        release(foreign, notebooks=notebooks, proof=False)
    assert [path.name for path in foreign.iterdir()] == ["chapter.tex"]

    dest = tmp_path / "edition"
    (dest / ".git").mkdir(parents=True)  # a fresh clone is fine
    release(dest, notebooks=notebooks, proof=False)
    (dest / "README.md").write_text("my own words")
    with pytest.raises(ValueError, match=r"README\.md"):
        release(dest, notebooks=notebooks, proof=False)
    assert (dest / "README.md").read_text() == "my own words"


def test_what_is_no_longer_made_goes_and_the_teachers_own_files_stay(notebooks, tmp_path):
    write(solved(), notebooks / "extra/more.ipynb")
    dest = tmp_path / "edition"
    release(dest, notebooks=notebooks, proof=False)
    (dest / "slides.pdf").write_bytes(b"mine")
    assert (dest / "notebooks/extra/more.ipynb").exists()
    release(dest, notebooks=notebooks, labs=["tiny"], proof=False)
    assert not (dest / "notebooks/extra/more.ipynb").exists()
    assert (dest / "slides.pdf").read_bytes() == b"mine"
    assert [lab.name for lab in released_labs(dest, notebooks)] == ["tiny"]


def test_release_and_solved_notebooks_must_agree(notebooks, tmp_path):
    with pytest.raises(FileNotFoundError, match="no student edition"):
        released_labs(tmp_path / "nothing", notebooks)
    release(tmp_path / "edition", notebooks=notebooks, proof=False)
    write(changed("check-running", "0.5", "0.25"), notebooks / "tiny.ipynb")
    with pytest.raises(ValueError, match="tiny was changed after"):
        released_labs(tmp_path / "edition", notebooks)
    with pytest.raises(FileNotFoundError, match="No notebook 09_none"):
        release(tmp_path / "other", notebooks=notebooks, labs=["09_none"], proof=False)


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("helper", "def", "total = sum(number * number for number in numbers)\ndef", "squares hides"),
        ("squares", "    ### BEGIN SOLUTION\n", "", "BEGIN SOLUTION"),
        ("title", "Three small functions", "When a few values are far from all the others, since each of them pulls "
         "the mean", "answer-1"),
    ],
)  # fmt: skip
def test_leaks_are_found(name, old, new, says):
    with pytest.raises(ValueError, match=says):
        prove_text(Lab("tiny", changed(name, old, new)))


@pytest.mark.long
def test_proof_by_running(notebooks, tmp_path):
    made = release(tmp_path / "edition", notebooks=notebooks)
    assert made["labs"]["tiny"]["checks"] == 10


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (
            "check-series-spread",
            "if not np",
            "if False and not np",
            "student edition of tiny: check-series-spread: passed",
        ),
        ("running", "rate * value +", "value +", "solved notebook of tiny: check-running: "),
        ("after", "print", "1 / 0 #", "solved notebook of tiny: after: failed. ZeroDivisionError"),
    ],
)
def test_proof_fails_for_a_blind_check_and_for_a_wrong_solution(notebooks, tmp_path, name, old, new, says):
    notebook = changed(name, old, new)
    if "spread" in name:
        find(notebook, "check-series-spread").source = "Series.spread\n" + 'passed("fine")'
    write(notebook, notebooks / "tiny.ipynb")
    with pytest.raises(AssertionError, match=re.escape(says)):
        release(tmp_path / "edition", notebooks=notebooks)
    assert not (tmp_path / "edition").exists()
