import pytest


def rarely(value):
    """A parameter of a test that is tried among the long tests only."""
    return pytest.param(value, marks=pytest.mark.long)
