"""Reading what students upload: no file stops the class, and nobody gets another's work. Nothing is run."""

import contextlib
import io
import json
import os
import random
import re
import struct
import time
import warnings
import zipfile
from pathlib import Path

import nbformat
import pytest

from labutils.course.cells import Handed, Lab
from labutils.course.collect import collect, read_handed
from labutils.course.edition import edition
from labutils.course.rebuild import rebuild
from labutils.course.sandbox import limits
from tests import rarely
from tests.corpus.cases import RIGHT
from tests.corpus.tiny_lab import solved

LAB = Lab("tiny", solved())


def notebook(mark=""):
    """A right notebook as bytes, with a mark in its first solution."""
    made = edition(LAB)
    for cell in made.cells:
        cell.source = RIGHT.get(cell.id, cell.source) + (f"\n# {mark}" if cell.id == "squares" else "")
    return nbformat.writes(made).encode()


RIGHT_ONE = notebook()
NOTHING = "No notebook was found among the files handed in. Hand in the .ipynb, or a .zip of it."


def packed(files, method=zipfile.ZIP_DEFLATED):
    """A zip file with these files, by path."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def class_of(folder, files):
    """A class in a folder: path -> content."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder


def read(root, **more):
    """Student -> submission."""
    found = collect(root, [LAB], **more)
    assert len({each.student for each in found}) == len(found)
    return {each.student: each for each in found}


def marks(submission):
    """The marks in a submission's cells."""
    return re.findall(r"# (.*)\Z", next(cell.source for cell in submission.cells if cell.grade_id == "squares"))


def test_collect_tells_students_apart(tmp_path):
    paths = [
        "ana/tiny.ipynb", "ben/deep/er/x.ipynb", "cleo_tiny.ipynb", "tiny-dan (1).ipynb",
        "submitted/eva/tiny/tiny.ipynb", "Fran Š_7_assignsubmission_file_/n.ipynb",
    ]  # fmt: skip
    class_of(
        tmp_path / "class", dict.fromkeys(paths, RIGHT_ONE) | {"gita_tiny.zip": packed({"a/b.ipynb": RIGHT_ONE})}
    )
    found = collect(tmp_path / "class", [LAB])
    assert [s.student for s in found] == ["ana", "ben", "cleo", "dan", "eva", "Fran Š_7", "gita"]
    assert {s.lab for s in found} == {"tiny"}
    assert not any(s.human for s in found)
    with pytest.raises(FileNotFoundError, match="nothing"):
        collect(tmp_path / "nothing", [LAB])


@pytest.mark.parametrize("form", ["{}_assignsubmission_file_/n.ipynb", "{}_assignsubmission_file_tiny.ipynb",
                                  "{}_assignsubmission_file_mine.zip", "submitted/{}/tiny/tiny.ipynb"])  # fmt: skip
def test_every_layout_gives_the_same_names(tmp_path, form):
    mine = packed({"n.ipynb": RIGHT_ONE}) if form.endswith("zip") else RIGHT_ONE
    files = {form.format(who): mine for who in ("Fran Š_7", "Gita_8")}
    folder = class_of(tmp_path / "folder", files)
    alone = class_of(tmp_path / "alone", {"class.zip": packed(files)})
    for root in (folder, alone / "class.zip"):
        found = read(root)
        assert sorted(found) == ["Fran Š_7", "Gita_8"]
        assert all(each.lab == "tiny" and not each.human for each in found.values())


def test_results_among_the_submissions_are_no_student(tmp_path):
    class_of(tmp_path, {"ana/tiny.ipynb": RIGHT_ONE, "grades/ana.json": b"{}", "grades/x.ipynb": RIGHT_ONE,
                        "roster.txt": b"ana"})  # fmt: skip
    aside = (tmp_path.resolve() / "grades", tmp_path.resolve() / "roster.txt")
    assert sorted(read(tmp_path, aside=aside)) == ["ana"]
    assert sorted(read(tmp_path)) == ["ana", "grades", "roster"]
    assert sorted(read(tmp_path / "grades", aside=(tmp_path.resolve(),))) == ["ana", "x"]


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.write_bytes(packed({})),
                                  lambda path: (path / ".git").mkdir(parents=True)])  # fmt: skip
def test_an_empty_class_is_named(tmp_path, make):
    make(tmp_path / "class.zip")
    with pytest.raises(ValueError, match=r"No submissions: .* holds no files"):
        collect(tmp_path / "class.zip", [LAB])


def damaged(method):
    """A zip file whose notebook does not unpack."""
    whole = bytearray(packed({"tiny.ipynb": RIGHT_ONE}, method))
    for place in range(60, 90):
        whole[place] ^= 0x5A
    return bytes(whole)


def locked():
    """A zip file that says that it is encrypted."""
    whole = bytearray(packed({"tiny.ipynb": RIGHT_ONE}))
    whole[6] |= 1
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


UNREADABLE = {
    "stored": ("stored.zip", damaged(zipfile.ZIP_STORED), "Bad CRC-32"),
    "deflate": ("deflate.zip", damaged(zipfile.ZIP_DEFLATED), "cannot be read"),
    "lzma": ("lzma.zip", damaged(zipfile.ZIP_LZMA), "cannot be read"),
    "bzip2": ("bzip2.zip", damaged(zipfile.ZIP_BZIP2), "cannot be read"),
    "locked": ("locked.zip", locked(), "password required"),
    "inner": ("inner/a.zip", packed({"b.zip": b"PK\x03\x04 nothing"}), "zip file is damaged"),
    "number": ("number/tiny.ipynb", b'{"cells": 1}', "no Jupyter notebook"),
    "old": ("old/tiny.ipynb", b'{"worksheets": [{"cells": []}, {"cells": 2}, 1]}', "none of this course's labs"),
    "sheets": ("sheets/tiny.ipynb", b'{"worksheets": 1}', "no Jupyter notebook"),
    "many": ("many/tiny.ipynb", b'{"cells": [' + b"1," * 5_000 + b"1]}", "5,000 at most"),
}


@pytest.mark.parametrize("who", UNREADABLE)
@pytest.mark.parametrize("whole", ["folder", "zip"])
def test_one_unreadable_upload_costs_the_others_nothing(tmp_path, who, whole):
    path, content, says = UNREADABLE[who]
    files = {"ana/tiny.ipynb": RIGHT_ONE, path: content, "zoe/tiny.ipynb": RIGHT_ONE}
    root = class_of(tmp_path, files if whole == "folder" else {"class.zip": packed(files)})
    found = read(root if whole == "folder" else root / "class.zip")
    assert sorted(found) == sorted(["ana", who, "zoe"])
    assert found["ana"].lab == found["zoe"].lab == "tiny"
    assert found["ana"].human == found["zoe"].human == []
    assert len(found[who].human) == 1
    assert says in found[who].human[0]
    assert path in found[who].human[0]


@pytest.mark.parametrize("path", ["ana/tiny.tar", "ana.tar.gz", "ana.7z", "ana.rar"])
def test_other_archives_are_not_opened(tmp_path, path):
    found = read(class_of(tmp_path, {path: b"\x1f\x8b"}))
    assert found["ana"].human == [NOTHING]


def test_whatever_reading_raises_is_said_to_the_student(tmp_path, monkeypatch):
    def fail(content):
        raise AttributeError("no such thing \ud83d")

    monkeypatch.setattr("labutils.course.collect.read_handed", fail)
    found = read(class_of(tmp_path, {"ana/tiny.ipynb": RIGHT_ONE, "ben/notes.pdf": b""}))
    assert found["ana"].human == [
        "ana/tiny.ipynb cannot be read: no such thing \\ud83d. Hand in the .ipynb itself, saved anew."
    ]
    assert found["ben"].human == [NOTHING]


def test_zip_in_a_zip_is_read(tmp_path):
    inner = packed({"work/tiny.ipynb": RIGHT_ONE, "work/data.csv": b"1,2"})
    found = read(
        class_of(tmp_path, {"ana/all.zip": packed({"deep/inner.zip": inner}), "ben.zip": packed({"b.zip": inner})})
    )
    assert [each.file for each in found.values()] == [
        "ana/all.zip/deep/inner.zip/work/tiny.ipynb",
        "ben.zip/b.zip/work/tiny.ipynb",
    ]
    assert not any(each.human for each in found.values())


@pytest.mark.parametrize(("levels", "lab"), [(20, "tiny"), (1_200, "")])
def test_zip_files_in_each_other(tmp_path, levels, lab):
    doll = packed({"tiny.ipynb": RIGHT_ONE})
    for _ in range(levels):
        doll = packed({"a.zip": doll}, zipfile.ZIP_STORED)
    found = read(class_of(tmp_path, {"ana/tiny.ipynb": RIGHT_ONE, "dolls/a.zip": doll}))
    assert (found["ana"].lab, found["dolls"].lab) == ("tiny", lab)
    assert "recursion" in "".join(found["dolls"].human) or lab


def test_what_a_student_unpacks_is_limited_in_all(tmp_path, monkeypatch):
    monkeypatch.setattr("labutils.course.collect.MAX_BYTES", 100_000)
    many = packed({f"{number}.ipynb": b" " * 90_000 for number in range(500)})
    whole = {"bomb.zip": packed({"a.zip": many, "b.zip": many}), "ana.zip": packed({"tiny.ipynb": RIGHT_ONE})}
    found = read(class_of(tmp_path, whole))
    assert found["ana"].lab == "tiny"
    assert found["bomb"].lab == ""
    assert "too large" in found["bomb"].human[-1] or "empty" in found["bomb"].human[-1]
    assert len(found["bomb"].human) <= 10


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, rarely(zipfile.ZIP_BZIP2), rarely(zipfile.ZIP_LZMA)])
def test_an_entry_that_is_larger_than_it_says_fills_no_memory(tmp_path, method):
    size, says = 20_000_000, 1_000
    bomb = packed({"tiny.ipynb": bytes(size)}, method).replace(struct.pack("<L", size), struct.pack("<L", says))
    class_of(tmp_path, {"ana/tiny.ipynb": RIGHT_ONE, "bomb.zip": bomb})
    found = read(tmp_path)
    assert found["ana"].lab == "tiny"
    assert "cannot be read" in found["bomb"].human[0]


@pytest.mark.long
def test_a_zip_file_with_very_many_entries_costs_nobody_else(tmp_path):
    content = packed({"a.ipynb": b""}, zipfile.ZIP_STORED)
    first, last = content.index(b"PK\1\2"), content.index(b"PK\5\6")
    entry = content[first:last] * 120_000
    end = content[last : last + 12] + struct.pack("<LL", len(entry), first) + content[last + 20 :]
    root = class_of(tmp_path, {"ana.zip": packed({"tiny.ipynb": RIGHT_ONE}), "ben/all.zip": packed(
        {"in.zip": content[:first] + entry + end})})  # fmt: skip
    found = read(root)
    assert found["ana"].lab == "tiny"
    assert len(found["ben"].human) == 10


def test_large_files_that_are_no_notebooks_do_not_matter(tmp_path, monkeypatch):
    monkeypatch.setattr("labutils.course.collect.MAX_BYTES", 100_000)
    data = b"1" * 2_000_000
    found = read(class_of(tmp_path, {"ana/data.bin": data, "ana/tiny.ipynb": RIGHT_ONE,
                                     "ben.zip": packed({"data.npz": data, "tiny.ipynb": RIGHT_ONE})}))  # fmt: skip
    assert [(each.lab, each.human) for each in found.values()] == [("tiny", []), ("tiny", [])]


@pytest.mark.parametrize("letters", [1, rarely(200)])
def test_folders_a_thousand_deep(tmp_path, monkeypatch, letters):
    class_of(tmp_path, {"ana/tiny.ipynb": RIGHT_ONE, "deep/tiny.ipynb": RIGHT_ONE})
    monkeypatch.chdir(tmp_path / "deep")
    for _ in range(1_200):
        Path("d" * letters).mkdir()
        os.chdir("d" * letters)
    try:
        found = read(tmp_path)
    finally:
        for _ in range(1_200):  # pytest cannot
            os.chdir("..")
            Path("d" * letters).rmdir()
    assert sorted(found) == ["ana", "deep"]
    assert all(each.lab == "tiny" for each in found.values())
    assert [len(found[who].human) for who in found] == [0, letters > 1]
    assert "File name too long" in "".join(found["deep"].human) or letters == 1


def test_files_and_folders_that_vanish_or_are_closed(tmp_path, monkeypatch):
    """As for a teacher who may not read them, or whose disk fails."""
    class_of(tmp_path, {"ana/tiny.ipynb": RIGHT_ONE, "ben/sub/tiny.ipynb": RIGHT_ONE, "cleo/tiny.ipynb": RIGHT_ONE})
    iterdir, read_bytes = Path.iterdir, Path.read_bytes

    def closed(path):
        if path.parts[-2:] == ("ben", "sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return iterdir(path)

    def vanished(path):
        if path.parts[-2:] == ("cleo", "tiny.ipynb"):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "iterdir", closed)
    monkeypatch.setattr(Path, "read_bytes", vanished)
    found = read(tmp_path)
    assert [each.lab for each in found.values()] == ["tiny", "", ""]
    assert "a folder that is closed" in found["ben"].human[0]
    assert "No such file" in found["cleo"].human[0]


def test_names_that_cannot_be_written_are_kept_apart(tmp_path):
    try:
        for name in (b"Ivi\xe6", b"Ivi\xe8", b"line\nbreak", b"\xe2\x80\xaeleft"):
            folder = tmp_path / "class" / name.decode(errors="surrogateescape")
            folder.mkdir(parents=True)
            (folder / (name.decode(errors="surrogateescape") + ".ipynb")).write_bytes(RIGHT_ONE)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    found = read(tmp_path / "class")
    assert len(found) == 4
    for student, submission in found.items():
        for text in (student, submission.file):
            assert text.isprintable()
            assert text.encode()


def test_names_in_old_zip_files(tmp_path):
    names = ["Ivić".encode(), b"Ivi\x86?", b"Ivi\x9f?"]
    whole = packed({f"{number * 5}/tiny.ipynb": RIGHT_ONE for number in ("1", "2", "3")})
    for number, name in zip((b"1", b"2", b"3"), names, strict=True):
        whole = whole.replace(number * 5 + b"/tiny", name + b"/tiny")  # and no sign of how it is encoded
    found = read(class_of(tmp_path, {"class.zip": whole}) / "class.zip")
    assert len(found) == 3
    assert "Ivić" in found
    assert all(name.isprintable() and name.encode() for name in found)


VICTIMS = [
    ("mallory.zip", "submitted/alice/tiny.ipynb", "alice/tiny.ipynb", "alice"),
    ("mallory.zip", "Victim_1_assignsubmission_file_/z.ipynb", "Victim_1_assignsubmission_file_/z.ipynb", "Victim_1"),
    ("mallory.zip", "Victim_1_assignsubmission_file_z.ipynb", "Victim_1_assignsubmission_file_z.ipynb", "Victim_1"),
    ("mallory/a.zip", "submitted/alice/tiny.ipynb", "submitted/alice/tiny/tiny.ipynb", "alice"),
    ("mallory", "submitted/alice/tiny.ipynb", "alice.zip", "alice"),
    ("mallory", "Victim_1_assignsubmission_file_/z.ipynb", "Victim_1_assignsubmission_file_z.zip", "Victim_1"),
]


@pytest.mark.parametrize(("outer", "claim", "true", "victim"), VICTIMS)
def test_nobody_replaces_the_work_of_another(tmp_path, outer, claim, true, victim):
    false = {outer: packed({claim: notebook("false")})} if "zip" in outer else {f"{outer}/{claim}": notebook("false")}
    mine = packed({"tiny.ipynb": notebook("true")}) if true.endswith("zip") else notebook("true")
    found = read(class_of(tmp_path, false | {true: mine, "zoe/tiny.ipynb": RIGHT_ONE}))
    assert sorted(found) == sorted([victim, "mallory", "zoe"])
    assert marks(found[victim]) == ["true"]
    assert marks(found["mallory"]) == ["false"]


def test_moodle_names_within_moodle_names(tmp_path):
    path = "Mallory_9_assignsubmission_file_Victim_1_assignsubmission_file_z.ipynb"
    found = read(class_of(tmp_path, {path: RIGHT_ONE, "Victim_1_assignsubmission_file_z.ipynb": RIGHT_ONE}))
    assert sorted(found) == ["Mallory_9", "Victim_1"]


def test_two_notebooks_are_named_by_their_whole_path(tmp_path):
    empty = nbformat.writes(edition(LAB)).encode()
    found = read(class_of(tmp_path, {"ana/old/tiny.ipynb": empty, "ana/new/tiny.ipynb": RIGHT_ONE}))
    assert "ana/new/tiny.ipynb was graded, not ana/old/tiny.ipynb" in found["ana"].human[0]


# One notebook.


def old_format(content):
    """The notebook in nbformat 3: the cells in worksheets, the text of code cells named input."""
    cells = json.loads(content)["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    return json.dumps({"nbformat": 3, "worksheets": [{"cells": [cell]} for cell in cells]}).encode()


def test_the_old_format_is_read():
    assert read_handed(old_format(RIGHT_ONE)) == read_handed(RIGHT_ONE)


def test_a_number_of_5000_digits_is_read():
    text = RIGHT_ONE.replace(b'"metadata": {', b'"metadata": {"run": ' + b"9" * 5_000 + b", ", 1)
    assert read_handed(text) == read_handed(RIGHT_ONE)


def with_output(size):
    content = json.loads(RIGHT_ONE)
    content["cells"][1]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": ["x" * 79 + "\n"] * (size // 80)}
    ]
    return json.dumps(content).encode()


def test_huge_outputs_are_read_like_small_ones():
    large = with_output(5_000_000)
    assert read_handed(large) == read_handed(RIGHT_ONE)
    with pytest.raises(ValueError, match="damaged or cut off"):
        read_handed(large[:-5])


@pytest.mark.long
def test_a_file_that_fills_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "READER_GB", 0.2)
    content = b'{"a": [' + b'{"a":1},' * 2_000_000 + b"1]}"
    found = read(class_of(tmp_path, {"ana/tiny.ipynb": content, "zoe/tiny.ipynb": RIGHT_ONE}))
    assert "too large" in found["ana"].human[0]
    assert found["zoe"].lab == "tiny"


# Rebuilding.


def seconds(cells):
    started = time.process_time()
    rebuild(LAB, cells)
    return time.process_time() - started


def test_many_extra_cells_are_rebuilt_in_linear_time():
    whole = [Handed(cell.code, RIGHT.get(name, cell.stub), name) for name, cell in LAB.cells.items()]
    extra = [Handed(True, f"x = {number}") for number in range(40_000)]
    assert seconds(whole + extra) < 6


# Random damage.


def mutated(content, mix):
    """The content with a few random changes: bytes replaced, cut out, doubled, or moved."""
    damaged = bytearray(content)
    for _ in range(mix.choice([1, 1, 2, 5, 30])):
        place, length = mix.randrange(len(damaged) + 1), mix.choice([1, 1, 4, 50])
        part = damaged[place : place + length]
        new = mix.choice(
            [mix.randbytes(length), b"", part * 2, part[::-1], mix.choice([b"[", b"]", b"{", b'"', b"1", b"null"])]
        )
        damaged[place : place + length] = new
    return bytes(damaged)


def values(tree):
    """The lists and dicts in a JSON tree, with each of their keys."""
    for key in range(len(tree)) if isinstance(tree, list) else list(tree):
        yield tree, key
        if isinstance(tree[key], list | dict):
            yield from values(tree[key])


def restructured(content, mix):
    """A notebook that is still JSON, with a few values replaced or removed."""
    tree = json.loads(content)
    deep = json.loads("[" * 500 + "]" * 500)
    new = [1, -0.5, 10**400, None, True, "", "x\ud83d", [], {}, [1, None], [{"cells": 3}], {"a": {}}, deep]
    for place, key in mix.sample(list(values(tree)), mix.choice([1, 1, 3, 10])):
        place[key] = mix.choice(new)
        if isinstance(place, dict) and mix.random() < 0.2:
            del place[key]
    return json.dumps(tree).encode()


@pytest.mark.long
def test_notebooks_of_another_structure_are_read_or_told_in_a_sentence(tmp_path):
    mix = random.Random(5)
    files = {}
    for number in range(600):
        content = files[f"{number}/tiny.ipynb"] = restructured(mix.choice([RIGHT_ONE, old_format(RIGHT_ONE)]), mix)
        with contextlib.suppress(ValueError):
            read_handed(content)
    found = read(class_of(tmp_path, files))
    assert len(found) == 600
    assert {bool(each.lab) for each in found.values()} == {True, False}
    for submission in found.values():
        assert submission.lab or submission.human
        rebuild(LAB, submission.cells)


@pytest.mark.long
def test_random_damage_is_told_in_a_sentence(tmp_path):
    mix = random.Random(3)
    warnings.simplefilter("ignore")
    methods = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED] * 10 + [
        zipfile.ZIP_LZMA,
        zipfile.ZIP_BZIP2,
    ]  # these take long
    zips = [packed({"tiny.ipynb": RIGHT_ONE, "in.zip": packed({"a.ipynb": b"{}"})}, method) for method in methods]
    small = json.dumps(json.loads(RIGHT_ONE)).encode()
    files = {}
    for number in range(1_000):
        files[f"n{number}/tiny.ipynb"] = mutated(mix.choice([RIGHT_ONE, small, old_format(RIGHT_ONE)]), mix)
        files[f"z{number}/tiny.zip"] = mutated(mix.choice(zips), mix)
        with contextlib.suppress(ValueError):
            read_handed(files[f"n{number}/tiny.ipynb"])
    found = read(class_of(tmp_path, files))
    assert len(found) == 2_000
    assert {bool(each.lab) for each in found.values()} == {True, False}
    for submission in found.values():
        assert submission.lab or submission.human
        assert all(text.isprintable() and text.endswith(".") for text in submission.human), submission.human
