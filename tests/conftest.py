"""Tests run in quick mode: embedded digits, a few epochs, no network."""

import os

os.environ.setdefault("LABUTILS_QUICK", "1")

# a worker of pytest-xdist for each core: further threads would wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")

LONGEST = ["test_course_corpus.py", "test_bank.py", "test_course_grade.py", "01_rbm.ipynb", "05_dcgan.ipynb"]


def pytest_collection_modifyitems(items):
    """The files that take longest come first, so that all workers end at about the same time."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
