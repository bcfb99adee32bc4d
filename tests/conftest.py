"""Tests run in quick mode: embedded digits, a few epochs, no network."""

import os

import pytest

os.environ.setdefault("LABUTILS_QUICK", "1")

# a worker of pytest-xdist for each core: further threads would wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")

LONGEST = ["test_course_corpus.py", "test_bank.py", "test_course_grade.py", "01_rbm.ipynb", "05_dcgan.ipynb"]


@pytest.hookimpl(tryfirst=True)  # before the marks are looked at
def pytest_collection_modifyitems(config, items):
    """The notebooks of the further labs are long, unless the command names them.

    The files that take longest come first, so that all workers end at about the same time.
    """
    for item in items:
        if item.path.parent.name == "extra" and not any("extra" in arg for arg in config.args):
            item.add_marker(pytest.mark.long)
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
