"""Under pytest the notebooks run in quick mode.

Quick mode: embedded digits, a few epochs, no network. Models go into a folder of this run, which is thrown
away at the end; those of other labs are the course's own results. So any notebook passes alone, in any order,
and with `-n 2`.
"""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("LABUTILS_QUICK", "1")
if "LABUTILS_MODELS" not in os.environ:  # the workers of pytest-xdist inherit the folder
    os.environ["LABUTILS_MODELS"] = tempfile.mkdtemp(prefix="labutils-models-")
    atexit.register(shutil.rmtree, os.environ["LABUTILS_MODELS"], ignore_errors=True)

# quick runs are small: a second thread gains nothing, and with several kernels on few cores they wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")
