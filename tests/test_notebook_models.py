"""Any notebook passes alone and in any order, because pytest makes the models that it loads."""

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.notebook_tools import LABS, NOTEBOOKS

spec = importlib.util.spec_from_file_location("notebooks_conftest", NOTEBOOKS / "conftest.py")
conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(conftest)

LOADERS = [path for path in LABS if conftest.needed_by(path)]


def test_the_labs_that_load_models_are_known():
    needs = {path.stem: set(conftest.needed_by(path)) for path in LOADERS}
    assert needs["02_dbn"] == {"rbm"}
    assert needs["03_dbn_finetuning"] == {"rbm", "dbn"}
    assert set().union(*needs.values()) <= set(conftest.MAKERS)


@pytest.mark.parametrize("lab", [path.stem for path in LOADERS])
def test_from_an_empty_folder_every_model_is_made_and_loads(lab, tmp_path):
    code = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('c', {str(NOTEBOOKS / 'conftest.py')!r})\n"
        "c = importlib.util.module_from_spec(spec); spec.loader.exec_module(c)\n"
        "from labutils.handoff import load_model\n"
        "for name in c.needed_by(c.Path(sys.argv[1])):\n"
        "    c.make(name); print(type(load_model(name)).__name__)\n"
    )
    env = {**os.environ, "LABUTILS_MODELS": str(tmp_path), "LABUTILS_QUICK": "1"}
    (notebook,) = (path for path in LABS if path.stem == lab)
    command = [sys.executable, "-c", code, str(notebook)]
    result = subprocess.run(command, cwd=NOTEBOOKS.parent, env=env, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    made = [line for line in result.stdout.splitlines() if " " not in line]
    assert made == [name.upper() for name in conftest.needed_by(notebook)]
