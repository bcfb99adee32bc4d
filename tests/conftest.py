"""Tests run in quick mode: embedded digits, a few epochs, no network."""

import os

os.environ.setdefault("LABUTILS_QUICK", "1")
