"""What students upload: odd but honest files that get full points, and what cannot be read or bears a wrong name."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from tests.corpus.cases import RIGHT, WRONG_SQUARES, Case, bare, find, forget, squares, text, zipped


def zips(*paths: str, method: int = zipfile.ZIP_DEFLATED, damage: bool = False) -> Callable[[Any], bytes]:
    """The notebook in a zip file in a zip file, and so on; the last path is the notebook's."""

    def encode(notebook: Any) -> bytes:
        content = json.dumps(notebook).encode()
        for path in reversed(paths):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", method) as archive:
                archive.writestr(path, content)
            content = buffer.getvalue()
        return content[:60] + bytes(byte ^ 0x5A for byte in content[60:90]) + content[90:] if damage else content

    return encode


def locked(notebook: Any) -> bytes:
    """A zip file that says that it needs a password."""
    content = bytearray(zips("tiny.ipynb")(notebook))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def with_keys(**keys: Any) -> Callable[[Any], None]:
    """Sets metadata of the notebook."""
    return lambda notebook: notebook.metadata.update(keys)


def from_colab(notebook: Any) -> None:
    """What Colab leaves behind: ids and outputs of its own, in every cell."""
    notebook.metadata.update(colab={"provenance": [], "toc_visible": True, "gpuType": "T4"}, accelerator="GPU")
    for number, cell in enumerate(notebook.cells):
        cell.metadata.update(
            id=f"aB3_{number}", colab={"base_uri": "https://localhost:8080/"}, outputId=f"out-{number}"
        )
        cell.id = f"aB3_{number}"


def from_vs_code(notebook: Any) -> None:
    """What VS Code leaves behind."""
    notebook.metadata.update(vscode={"interpreter": {"hash": "31f2aee4"}}, orig_nbformat=4)
    for cell in notebook.cells:
        cell.metadata.update(vscode={"languageId": "python" if cell.cell_type == "code" else "markdown"})


def attachment(notebook: Any) -> None:
    """A picture pasted into the answer."""
    find(notebook, "answer-1").update(
        source="Outliers. ![a.png](attachment:a.png)", attachments={"a.png": {"image/png": "iVBORw0KGgo=" * 1000}}
    )


def output(size: int) -> Callable[[Any], None]:
    """An output of so many bytes."""
    whole = {"output_type": "stream", "name": "stdout", "text": ["frame\n"] * (size // 6)}
    return lambda notebook: find(notebook, "squares").update(outputs=[whole], execution_count=3)


def old_format(notebook: Any) -> bytes:
    """nbformat 3 with one cell a worksheet, headings, prompts and language, and things that are no worksheets."""
    cells = [{"cell_type": "heading", "level": 1, "source": ["Mine"]}, *json.loads(bare(notebook))["cells"]]
    for cell in cells:
        cell.update(language="python", prompt_number=1, collapsed=False)
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    sheets = [{"cells": [cell]} for cell in cells]
    return json.dumps({"nbformat": 3, "worksheets": [*sheets, 1, None, {}, {"cells": 2}]}).encode()


def upload(name: str, points: float = 10, **more: Any) -> Case:
    """A file that is read without a question to a human, unless said otherwise."""
    return Case("uploads", name, points, **({"human": points < 10} | more))


HONEST = [
    upload("from Colab", change=from_colab),
    upload("from Colab without our metadata", change=lambda nb: (from_colab(nb), forget("nbgrader")(nb)), human=None),
    upload("from VS Code", change=from_vs_code),
    upload("lines of source", encode=bare),
    upload(
        "one letter a line",
        encode=lambda nb: json.dumps(
            nb | {"cells": [cell | {"source": list(cell.source)} for cell in nb.cells]}
        ).encode(),
    ),
    upload("a picture in the answer", change=attachment),
    upload("an output of 3 MB", change=output(3_000_000)),
    upload("an output of 30 MB", change=output(30_000_000)),
    upload(
        "an output of 3 MB and letters", cells=squares("# čćžšđ 🎲\n" + RIGHT["squares"]), change=output(3_000_000)
    ),
    upload("widgets", change=with_keys(widgets={"application/vnd.jupyter.widget-state+json": {"state": {}}})),
    upload(
        "a number of 5000 digits",
        change=with_keys(run="@DIGITS@"),
        encode=text(lambda t: t.replace('"@DIGITS@"', "9" * 5_000)),
    ),
    upload("loss is not a number", change=with_keys(loss=float("nan"), best=float("inf"))),
    upload(
        "metadata that is a list",
        encode=text(lambda t: t.replace('"metadata": {"kernelspec"', '"metadata": [1], "x": {"kernelspec"', 1)),
    ),
    upload("nbformat 3", encode=old_format),
    upload("worksheets beside cells", encode=text(lambda t: '{"worksheets": [], ' + t[1:])),
    upload(
        "numbers among the cells",
        encode=text(lambda t: t.replace('"cells": [', '"cells": [1, null, [], "x", {}, ', 1)),
    ),
    upload("indented file", encode=lambda nb: json.dumps(nb, indent=4, sort_keys=True).encode()),
    upload("empty lines at the end", encode=text(lambda t: "\n\n" + t + "\r\n\n\x20")),
    upload("tabs in strings", encode=text(lambda t: t.replace("Three small functions.", "Three\tsmall functions."))),
]


def damaged(name: str, method: int, says: str = "cannot be read") -> Case:
    """A zip file with some wrong bytes."""
    encode = zips("tiny.ipynb", method=method, damage=True)
    return upload(f"damaged {name}", 0, path=f"damaged-{name}.zip", encode=encode, says=says)


UNREADABLE = [
    upload("worksheets is a number", 0, encode=lambda _: b'{"worksheets": 7}', says="no Jupyter notebook"),
    damaged("deflate", zipfile.ZIP_DEFLATED),
    damaged("lzma", zipfile.ZIP_LZMA),
    damaged("bzip2", zipfile.ZIP_BZIP2),
    damaged("store", zipfile.ZIP_STORED, "Bad CRC"),
    upload("password", 0, path="password/tiny.zip", encode=locked, says="password"),
    upload("rar", 0, path="rar.rar", encode=lambda _: b"Rar!\x1a\x07\x00", says="Hand in the .ipynb, or a .zip"),
    upload(
        "seven zip",
        0,
        path="seven-zip/a.7z",
        encode=lambda _: b"7z\xbc\xaf\x27\x1c",
        says="Hand in the .ipynb, or a .zip",
    ),
    upload("empty zip", 0, path="empty-zip.zip", encode=lambda _: b"PK\x05\x06" + bytes(18), says="No notebook"),
    upload(
        "damaged zip beside a notebook",
        files={"more.zip": b"PK\x03\x04 nothing"},
        human=True,
        says="zip file is damaged",
    ),
]


def place(name: str, path: str, student: str = "", **more: Any) -> Case:
    """A notebook at a place that needs no human; {} in the path stands for the student."""
    return Case("layouts", name, 10, path=path.format(student), student=student, human=False, **more)


PLACES = [
    place("Moodle", "{}_assignsubmission_file_/tiny.ipynb", "Ivo Ivić_1234"),
    place("Moodle flat", "{}_assignsubmission_file_tiny.ipynb", "Iva Marić_77"),
    place("Moodle flat again", "{}_assignsubmission_file_tiny.ipynb", "Iva Marić_78"),
    place("Moodle flat zip", "{}_assignsubmission_file_all.zip", "Ena Ban_79", encode=zipped("work/tiny.ipynb")),
    place("zip in a zip", "zip-in-a-zip/all.zip", encode=zips("in/side.zip", "tiny.ipynb")),
    place("many zips", "many-zips.zip", encode=zips("a.zip", "b.zip", "c.zip", "tiny.ipynb")),
    place("zip in a flat zip", "{}_tiny.zip", "nora", encode=zips("side.zip", "tiny.ipynb")),
    place("packed with lzma", "packed-with-lzma.zip", encode=zips("tiny.ipynb", method=zipfile.ZIP_LZMA)),
    place("capital letters", "capital-letters/TINY.IPYNB"),
    place("deep folders", "deep-folders/" + "d/" * 30 + "tiny.ipynb"),
    place("saved as json", "saved-as-json/tiny.json"),
    place("pictures beside", "", files={"a.png": b"\x89PNG", "notes.txt": b"my notes"}),
    place("own archive of old work", "", files={"old.rar": b"Rar!"}),
]

NAMES = [
    Case("names", "letters of all kinds", 10, path="Žeđ Ωμέγα 李/tiny.ipynb", student="Žeđ Ωμέγα 李", human=False),
    Case("names", "apostrophe", 10, path="O'Neil, J. (2)/tiny.ipynb", student="O'Neil, J. (2)", human=False),
    Case("names", "line break", 10, path="line\nbreak/tiny.ipynb", student="line\\nbreak", human=False),
    Case("names", "bytes of Windows", 10, path="Ivi\udce6/tiny.ipynb", student="Ivi\\udce6", human=False),
    Case("names", "other bytes of Windows", 10, path="Ivi\udce8/tiny.ipynb", student="Ivi\\udce8", human=False),
    Case("names", "turned letters", 10, path="\u202egnp/tiny.ipynb", student="\\u202egnp", human=False),
    Case(
        "names",
        "the name of another",
        7,
        path="mallory.zip",
        student="mallory",
        human=False,
        encode=zips("Žeđ Ωμέγα 李_5_assignsubmission_file_/tiny.ipynb"),
        cells=squares(WRONG_SQUARES),
    ),
    Case("names", "the robbed", 10, path="robbed/tiny.ipynb", student="robbed", human=False),
    Case(
        "names",
        "the robber",
        7,
        path="robber.zip",
        student="robber",
        human=False,
        encode=zips("submitted/robbed/tiny.ipynb"),
        cells=squares(WRONG_SQUARES),
    ),
]

UPLOADS: list[Case] = [*HONEST, *UNREADABLE, *PLACES, *NAMES]
