"""Run notebooks in full and store their outputs:

    .venv/bin/python -m tests.full_run 01_rbm 02_dbn

One kernel for each notebook, from its first cell to its last. The file is replaced only if all cells ran; progress
bars are left out, and pictures are packed tighter without changing a pixel. The table says how long each took, and
which cells took longest. LABUTILS_MODE=medium (or quick) runs that mode instead, and stores nothing.
"""

import base64
import io
import os
import sys
import time
from datetime import datetime

import nbformat
from nbclient import NotebookClient
from PIL import Image

from labutils import runtime
from tests.notebook_tools import PATHS

WIDGET = "application/vnd.jupyter.widget-view+json"


def seconds(cell: nbformat.NotebookNode) -> float:
    """How long a cell ran."""
    times = [datetime.fromisoformat(cell.metadata.execution[f"iopub.status.{state}"]) for state in ("busy", "idle")]
    return (times[1] - times[0]).total_seconds()


def smaller(png: bytes) -> bytes:
    """The same picture in fewer bytes: with a palette where it has no more than 256 colours, and well compressed."""
    image = Image.open(io.BytesIO(png))
    packed = image.convert("RGB") if image.mode == "RGBA" and image.getextrema()[3] == (255, 255) else image
    colours = packed.getcolors(256)
    if colours and packed.mode == "RGB":
        packed = packed.convert("P", palette=Image.Palette.ADAPTIVE, colors=len(colours))
    file = io.BytesIO()
    packed.save(file, "PNG", optimize=True)
    same = Image.open(file).convert("RGBA").tobytes() == image.convert("RGBA").tobytes()
    return min(png, file.getvalue(), key=len) if same else png


def pack(notebook: nbformat.NotebookNode) -> None:
    """Make all stored pictures smaller."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    for data in (output.data for output in outputs if "image/png" in output.get("data", {})):
        data["image/png"] = base64.b64encode(smaller(base64.b64decode(data["image/png"]))).decode() + "\n"


def run(lab: str) -> None:
    """Run a notebook, store it if the mode is full, and print its times."""
    notebook = nbformat.read(PATHS[lab], as_version=4)
    start = time.perf_counter()
    NotebookClient(notebook, timeout=None, resources={"metadata": {"path": PATHS[lab].parent}}).execute()
    minutes = (time.perf_counter() - start) / 60
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    slow = {cell.id: seconds(cell) for cell in sorted(code, key=seconds, reverse=True)[:8]}
    for cell in code:
        del cell.metadata["execution"]
        cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
    notebook.metadata.pop("widgets", None)
    pack(notebook)
    if runtime.MODE == "full":
        runtime.write_atomically(PATHS[lab], (nbformat.writes(notebook) + "\n").encode())
    else:  # its numbers would be lost
        print("\n".join(output.text for cell in code for output in cell.outputs if output.get("name") == "stdout"))
    slowest = ", ".join(f"{name} {took:.0f}" for name, took in slow.items())
    print(f"{lab}: {runtime.MODE} mode, {minutes:.1f} minutes. The slowest cells, in seconds: {slowest}", flush=True)


if __name__ == "__main__":
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    for name in sys.argv[1:]:
        run(name)
