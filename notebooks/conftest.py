"""Under pytest the notebooks run in quick mode, and the models that they load are made for them.

Quick mode: embedded digits, a few epochs, no network. Models go into a folder of this run, which is thrown away
at the end, so that any notebook passes alone, in any order, and with `-n 2`.
"""

import atexit
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

os.environ.setdefault("LABUTILS_QUICK", "1")
if "LABUTILS_MODELS" not in os.environ:  # the workers of pytest-xdist inherit the folder
    os.environ["LABUTILS_MODELS"] = tempfile.mkdtemp(prefix="labutils-models-")
    atexit.register(shutil.rmtree, os.environ["LABUTILS_MODELS"], ignore_errors=True)

# quick runs are small: a second thread gains nothing, and with several kernels on few cores they wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")

LOADS = re.compile(r"""load_model\(\\?["'](\w+)""")


def pytest_runtest_setup(item):
    if item.path.suffix == ".ipynb":
        for name in needed_by(item.path):
            make(name)


@cache
def needed_by(notebook: Path) -> list[str]:
    """The names of the models that a notebook loads."""
    return LOADS.findall(notebook.read_text(encoding="utf-8"))


@cache
def make(name: str) -> None:
    """Make a saved model if it is not there, with the class as the notebooks define it."""
    from filelock import FileLock

    from labutils.handoff import save_model
    from labutils.runtime import models_dir

    models_dir().mkdir(parents=True, exist_ok=True)
    with FileLock(models_dir() / f"{name}.lock"):
        if not (models_dir() / f"{name}.pkl").exists():
            save_model(name, MAKERS[name]())


def make_rbm():
    from tests.notebook_tools import notebook_space

    return trained(notebook_space("01_rbm")["RBM"](784, 100))


def make_dbn():
    from labutils.handoff import load_model
    from tests.notebook_tools import notebook_space

    make("rbm")
    return trained(notebook_space("02_dbn")["DBN"](load_model("rbm"), 100, cd_k=2))


def make_vae():
    import torch

    from labutils.data import mnist_loaders
    from tests.notebook_tools import notebook_space

    space = notebook_space("04_vae")
    vae = space["VAE"](20).to(space["device"])
    optimizer = torch.optim.Adam(vae.parameters())
    for images, _ in mnist_loaders(100)[0]:
        space["train_step"](vae, optimizer, images)
    return vae


def make_vae_samples():
    from labutils.handoff import load_model
    from tests.notebook_tools import notebook_space

    make("vae")
    return notebook_space("04_vae")["sample_prior"](load_model("vae"), 100)


def trained(model):
    """The model after one epoch on the embedded digits."""
    from labutils.data import mnist_loaders

    for images, _ in mnist_loaders(100, binarize=True)[0]:
        model.update_weights_for_batch(images, 0.1)
    return model


MAKERS = {"rbm": make_rbm, "rbm_pcd": make_rbm, "dbn": make_dbn, "vae": make_vae, "vae_samples": make_vae_samples}
