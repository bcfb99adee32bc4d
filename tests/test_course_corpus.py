"""The grader against the corpus: every submission gets its points or is flagged, and nothing else is harmed.

All submissions are graded in one go, as a class; the tests then look at the results one by one. By default these are
files and layouts of all kinds, most of which hold one and the same notebook, and one or two others of each
family; `pytest -m long` grades the rest.
"""

import contextlib
import http.server
import os
import pty
import re
import socket
import tempfile
import threading
from pathlib import Path

import nbformat
import psutil
import pytest

from labutils.course import grade
from labutils.course.cells import Lab
from labutils.course.grade import Course, grade_class
from labutils.course.release import release
from labutils.course.runs import Limits, borrowed_runner, close_runners
from labutils.course.scan import NEVER, suspicious
from tests.corpus.cases import (
    BROKEN,
    CASES,
    CHECKS,
    ISOLATED_ONLY,
    LAYOUTS,
    MARKERS,
    RIGHT,
    STUB,
    WRONG_SQUARES,
    find,
    squares,
)
from tests.corpus.habits import HABITS
from tests.corpus.tiny_lab import solved
from tests.corpus.tricks import LIMITS as TOO_MUCH
from tests.corpus.tricks import TRICKS, secrets_in
from tests.corpus.uploads import UPLOADS

EVERY = [*CASES, *UPLOADS, *TRICKS, *HABITS, *TOO_MUCH]
SAME_RUN = [
    case for case in [*CHECKS, *MARKERS, *BROKEN, *LAYOUTS, *UPLOADS] if case.cells in ({}, squares(WRONG_SQUARES))
]
"""Files and layouts of all kinds, most of which hold one and the same notebook."""

EXAMPLES = """
endless recursion | os exit in the function
copies the solution | numpy allclose | asks a friend
plain | all blank | a mistake with a message | needs a function from an extra cell
deleted files | conftest and ini | one huge line
asserts and raises stripped | guard by its handler, in a solution | statements skipped | a reply with the mark
code of allclose, in a solution | a tensor that agrees | a profile function | a timer | the course's files
a function swapped, in a solution | the course's array emptied | patched by mock | a field of a format
"""
"""What else is graded by default: of each family at least one; all tricks are read by default."""

NAMED = {case.name: case for case in EVERY}
BY_DEFAULT = [*SAME_RUN, *(NAMED[name.strip()] for name in re.split(r"[|\n]", EXAMPLES.strip()))]

NOTEBOOK = solved()
find(NOTEBOOK, "imports").source += "\nimport torch"  # as all labs do: the warm process prepares its first use
TINY = Lab("tiny", NOTEBOOK)
LIMITS = Limits(cell_s=4, notebook_s=60, memory_gb=1, disk_gb=0.25, grace_s=1)


class Friend(http.server.BaseHTTPRequestHandler):
    """Gives the answer away to whoever reaches it."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"15.25")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def course():
    """A folder with the solved tiny lab and its student edition."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{folder}")  # marks all that is started from here on
        base = Path(folder)
        (base / "notebooks").mkdir()
        nbformat.write(NOTEBOOK, base / "notebooks/tiny.ipynb")
        release(base / "edition", notebooks=base / "notebooks", repo="https://github.com/someone/labs", proof=False)
        yield base


@pytest.fixture(scope="module")
def graded(course, request):
    """The results by student, and how the world looked before and after; of the cases that were chosen with -k."""
    mine = [item for item in request.session.items if item.path == request.path]
    chosen = {item.callspec.params["case"].who for item in mine if getattr(item, "originalname", "") == "test_points"}
    cases = [case for case in EVERY if case.who in {*chosen, "plain"}]
    settings = Course([TINY], course / "edition", limits=LIMITS).job(TINY, []).settings
    with borrowed_runner(settings) as runner:
        if not runner.isolated:
            cases = [case for case in CASES if case in cases and case.name not in ISOLATED_ONLY]
    edition = nbformat.read(course / "edition/notebooks/tiny.ipynb", 4)
    STUB.update({cell.id: cell.source for cell in edition.cells if cell.id in RIGHT})
    neighbour = course / "class/plain/tiny.ipynb"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Friend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    listener = socket.create_server(str(course / "socket"), family=socket.AF_UNIX)
    threading.Thread(target=answer_all, args=[listener], daemon=True).start()
    terminals = pty.openpty()
    replaced = {
        b"@NEIGHBOUR@": str(neighbour).encode(), b"@SOLVED@": str(course / "notebooks/tiny.ipynb").encode(),
        b"@RELEASE@": str(course / "edition").encode(), b"@PORT@": str(server.server_address[1]).encode(),
        b"@EDITION@": nbformat.writes(edition).encode(), b"@COURSE@": str(Path(__file__).parents[1]).encode(),
        b"@SOCKET@": str(course / "socket").encode(), b"@TERMINAL@": os.ttyname(terminals[1]).encode(),
    }  # fmt: skip
    for case in cases:
        for path, content in case.submitted(edition).items():
            target = course / "class" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            for name, value in replaced.items():
                content = content.replace(name, value)
            if content == b"@LINK@":
                target.symlink_to(neighbour)
            else:
                target.write_bytes(content)
    before = snapshot(course)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "run_job", once(grade.run_job))
        results = grade_class(course / "class", course / "edition", course / "out", notebooks=course / "notebooks",
                              limits=LIMITS, workers=2)  # fmt: skip
    server.shutdown()
    listener.close()
    os.set_blocking(terminals[0], False)
    with pytest.raises(BlockingIOError):
        os.read(terminals[0], 1)  # nobody wrote to it
    assert len({result["student"] for result in results}) == len(results)
    return {result["student"]: result for result in results}, before, snapshot(course), cases


def answer_all(listener):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.sendall(b"the socket answered")
        connection.close()


def once(run_job):
    """Submissions from which the same notebook is rebuilt share its run: a quarter of the corpus."""
    lock, done = threading.Lock(), {}

    def run(job):
        with lock:
            turn = done.setdefault(job.key(""), {"lock": threading.Lock()})
        with turn["lock"]:
            if "outcome" not in turn:
                turn["outcome"] = run_job(job)
            return turn["outcome"]

    return run


def snapshot(course):
    return {path: path.read_bytes() for part in ("class", "edition", "notebooks")
            for path in (course / part).rglob("*") if path.is_file() and "data" not in path.parts}  # fmt: skip


def told(result):
    """Everything that a report says."""
    parts = [*result["notes"], *result["human"]]
    for entry in [*result["checks"], *result["errors"]]:
        parts += [entry["message"], entry["traceback"], entry.get("status", "")]
    return "\n".join(parts)


def cases_to_run():
    return [
        pytest.param(case, id=f"{case.family}-{case.who}", marks=() if case in BY_DEFAULT else pytest.mark.long)
        for case in EVERY
    ]


def test_every_family_is_graded_by_default():
    assert {case.family for case in BY_DEFAULT} == {case.family for case in EVERY}


@pytest.mark.parametrize("case", cases_to_run())
def test_points(case, graded):
    if case not in graded[3]:
        pytest.skip("this system does not isolate")
    result = graded[0][case.who]
    assert case.says in told(result)
    assert secrets_in(told(result)) == []  # no hidden test is ever shown
    if case not in TRICKS or not result["human"]:  # a trick may keep its points, as long as a human looks
        assert sum(check["earned"] for check in result["checks"]) == case.points, told(result)
    if case.human is not None:
        assert bool(result["human"]) == case.human, told(result)


def test_every_student_is_graded_once(graded):
    assert sorted(graded[0]) == sorted(case.who for case in graded[3])


def test_neighbours_and_the_course_are_untouched(graded):
    assert graded[1] == graded[2]


def found_by_reading(case):
    cells = {**RIGHT, **case.cells} | {f"extra cell {number}": source for number, source in enumerate(case.extra, 1)}
    given = [cell.source for cell in TINY.cells.values() if cell.code and cell.role == "given"]
    return suspicious(cells, given)


UNREADABLE = {
    "another source", "ctypes through numpy", "strides out of bounds", "the session's class", "executed by IPython",
    "a timed text", "a profiled text", "run from a file", "imported from a file",
}  # fmt: skip
"""Tricks that cannot be read: the clean run finds them."""


@pytest.mark.parametrize("case", TRICKS, ids=lambda case: f"{case.family}-{case.who}")
def test_tricks_are_found_by_reading(case):
    if case.human and case.name not in UNREADABLE:
        assert found_by_reading(case)


@pytest.mark.parametrize("case", HABITS, ids=lambda case: f"{case.family}-{case.who}")
def test_honest_habits_are_not_found(case):
    assert found_by_reading(case) == []


@pytest.mark.parametrize("name", NEVER)
def test_every_name_is_found_and_named(name):
    path = name.strip(".").removesuffix("()")
    source = f"{path}('1')" if name.endswith("()") else f"import {path.split('.')[0]}\nx = {path}\nx.{path}"
    (found, *_) = suspicious({"cell 7": source}, [])
    assert found.startswith("cell 7, line ")
    assert path.split(".")[-1] in found


def test_nothing_is_left_running(graded, course):
    close_runners()
    _, alive = psutil.wait_procs(marked(course), timeout=10)
    assert alive == []


def marked(course):
    """All processes that were started on behalf of this course, whoever is their parent by now."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(course) in process.environ().get("PATH", ""):
                found.append(process)
    return found
