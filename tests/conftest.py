"""Tests run in quick mode: embedded digits, a few epochs, no network."""

import os

os.environ.setdefault("LABUTILS_QUICK", "1")

# a worker of pytest-xdist for each core: further threads would wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")
