"""Does a quick run repeat? Runs every notebook twice and compares all outputs, pictures included.

    .venv/bin/python -m tests.repeat [--labs 01_rbm extra/mixtures]

The labs run in order, and the models that one saves feed the next, each round apart. A counter stands in for
the clock of the kernels, so that printed seconds are the same too. The exit status is 1 if an output differs.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests import conftest  # noqa: F401  quick mode
from tests.notebook_tools import LABS, PATHS

CLOCK = """import itertools, time
ticks = itertools.count()
time.perf_counter = time.process_time = lambda: float(next(ticks))
"""


def outputs(lab: str) -> dict[str, list]:
    """What each cell shows in a fresh run, by its id: what it prints, then the rest. Progress bars do not count."""
    notebook = nbformat.read(PATHS[lab], as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": PATHS[lab].parent}}).execute()
    shown = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            printed = "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
            data = [output.data for output in cell.outputs if "data" in output]
            shown[cell.id] = [printed, *(each for each in data if "widget" not in "".join(each))]
    return shown


def main(labs: list[str]) -> bool:
    """Run the labs twice and print the table; whether an output differs."""
    with tempfile.TemporaryDirectory() as folder:
        startup = Path(folder, "profile_default/startup")
        startup.mkdir(parents=True)
        (startup / "clock.py").write_text(CLOCK)
        os.environ.update(IPYTHONDIR=folder, PYDEVD_DISABLE_FILE_VALIDATION="1", MPLBACKEND="")
        different = False
        for lab in labs:
            runs, seconds = [], []
            for name in ("first", "second"):
                os.environ["LABUTILS_MODELS"] = str(Path(folder, name))
                start = time.perf_counter()
                runs.append(outputs(lab))
                seconds.append(time.perf_counter() - start)
            cells = [cell for cell in runs[0] if runs[0][cell] != runs[1][cell]]
            told = f"different in {', '.join(cells)}" if cells else "the same"
            print(f"{lab:<24}{seconds[0]:>4.0f} and {seconds[1]:.0f} s, {len(runs[0])} cells: {told}", flush=True)
            different = different or bool(cells)
    return different


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labs", nargs="+", default=LABS, choices=LABS, metavar="LAB", help="if not given, all")
    sys.exit(main(**vars(parser.parse_args())))
