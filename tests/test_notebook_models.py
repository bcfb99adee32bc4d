"""pytest knows which models a notebook loads, and can make them.

That they serve, the run of the notebook itself shows: it starts with an empty folder of models.
"""

import importlib.util

from tests.notebook_tools import NOTEBOOKS, PATHS

spec = importlib.util.spec_from_file_location("notebooks_conftest", NOTEBOOKS / "conftest.py")
conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(conftest)


def test_the_models_that_labs_load_are_known():
    needs = {lab: set(conftest.needed_by(path)) for lab, path in PATHS.items()}
    assert needs["01_rbm"] == set()
    assert needs["02_dbn"] == {"rbm", "rbm_pcd"}
    assert needs["03_dbn_finetuning"] == {"rbm", "dbn"}
    assert needs["05_dcgan"] == {"rbm", "vae", "vae_samples"}
    assert set().union(*needs.values()) == set(conftest.MAKERS)
