"""Any notebook passes alone and in any order, because pytest makes the models that it loads."""

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.notebook_tools import NOTEBOOKS, PATHS

spec = importlib.util.spec_from_file_location("notebooks_conftest", NOTEBOOKS / "conftest.py")
conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(conftest)

LOADERS = {lab: path for lab, path in PATHS.items() if conftest.needed_by(path)}
KINDS = {"rbm": "RBM", "dbn": "DBN", "vae": "VAE", "vae_samples": "Tensor"}


def test_the_labs_that_load_models_are_known():
    needs = {lab: set(conftest.needed_by(path)) for lab, path in LOADERS.items()}
    assert needs["02_dbn"] == {"rbm"}
    assert needs["03_dbn_finetuning"] == {"rbm", "dbn"}
    assert needs["05_dcgan"] == {"vae", "vae_samples"}
    assert set().union(*needs.values()) <= set(conftest.MAKERS)


@pytest.mark.parametrize("notebook", LOADERS.values(), ids=LOADERS)
def test_from_an_empty_folder_every_model_is_made_and_loads(notebook, tmp_path):
    code = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('c', {str(NOTEBOOKS / 'conftest.py')!r})\n"
        "c = importlib.util.module_from_spec(spec); spec.loader.exec_module(c)\n"
        "from labutils.handoff import load_model\n"
        "for name in c.needed_by(c.Path(sys.argv[1])):\n"
        "    c.make(name); print(type(load_model(name)).__name__)\n"
    )
    env = {**os.environ, "LABUTILS_MODELS": str(tmp_path), "LABUTILS_QUICK": "1"}
    command = [sys.executable, "-c", code, str(notebook)]
    result = subprocess.run(command, cwd=NOTEBOOKS.parent, env=env, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    made = [line for line in result.stdout.splitlines() if " " not in line]
    assert made == [KINDS[name] for name in conftest.needed_by(notebook)]
