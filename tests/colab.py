"""Do the labs run on Colab? Each alone in an empty folder, where only its set-up cell can fetch the course.

    PYTHON -m tests.colab [--labs 01_rbm extra/mixtures] [--keep FOLDER]

Run it from the root, with a PYTHON that holds the versions of Colab and no `labutils`. It takes the last commit (labs
and package), fakes `google.colab`, fills in the address of the course, runs all cells in quick mode, and prints a
table. What one lab saves, the labs after it load. The exit status is 1 if a lab failed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

BEFORE = """import importlib.util
assert importlib.util.find_spec("labutils") is None, 'labutils is there before the set-up cell has run'"""
AFTER = f"""import sys
from pathlib import Path
assert sys.executable == {sys.executable!r}, f"the kernel's python is {{sys.executable}}"
files = [Path(module.__file__) for name, module in sys.modules.items() if name.split(".")[0] == "labutils"]
strange = [str(file) for file in files if not file.is_relative_to(Path("course/labutils").resolve())]
assert files and not strange, f'labutils is not the one that was fetched: {{strange}}'"""


def fake_colab(folder: Path) -> None:
    """Let every kernel import a package `google.colab` first, and nothing else of this machine."""
    package, startup = folder / "packages/google/colab", folder / "ipython/profile_default/startup"
    package.mkdir(parents=True)
    startup.mkdir(parents=True)
    (package / "__init__.py").touch()
    (startup / "colab.py").write_text("import google.colab\n")
    os.environ.update(PYTHONPATH=str(folder / "packages"), PYDEVD_DISABLE_FILE_VALIDATION="1", MPLBACKEND="")
    os.environ.update(IPYTHONDIR=str(folder / "ipython"), LABUTILS_MODELS=str(folder / "models"), LABUTILS_QUICK="1")


def run(path: Path, address: str, keep: Path | None) -> str:
    """Run a lab in an empty folder: "ok", or the first error and its cell."""
    lab = nbformat.read(path, as_version=4)
    for cell in lab.cells:
        cell.source = cell.source.replace('REPOSITORY = ""', f"REPOSITORY = {address!r}")
    lab.cells = [nbformat.v4.new_code_cell(BEFORE), *lab.cells, nbformat.v4.new_code_cell(AFTER)]
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(lab, Path(folder, path.name))
        try:
            NotebookClient(lab, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
            result = "ok"
        except CellExecutionError as error:
            failed = next(cell.id for cell in lab.cells if cell.get("outputs") and "ename" in cell.outputs[-1])
            result = f"{failed}: {error.ename}: {error.evalue}"
    if keep:
        nbformat.write(lab, keep / path.name)
    return f"{len(lab.cells) - 2:>4} cells  {result}"


def main(labs: list[str], keep: Path | None) -> bool:
    """Run the labs and print the table; whether a lab failed."""
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch, "published")
        subprocess.run(["git", "clone", "--quiet", Path(__file__).parents[1], course], check=True)
        fake_colab(Path(scratch))
        results, everything = [], sorted(course.glob("notebooks/**/*.ipynb"))
        for path in [course / f"notebooks/{lab}.ipynb" for lab in labs] or everything:
            began = time.perf_counter()
            results.append(run(path, course.as_uri(), keep))
            print(f"{path.stem:<20}{time.perf_counter() - began:>5.0f} s {results[-1]}", flush=True)
    return any(not result.endswith("ok") for result in results)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labs", nargs="+", default=[], help="all of them if not given")
    parser.add_argument("--keep", type=Path, help="an existing folder for the notebooks with their outputs")
    sys.exit(main(**vars(parser.parse_args())))
