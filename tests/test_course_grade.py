"""Grading a class: rebuilding notebooks, resuming, reports, grades by hand, regrading, the command line."""

import csv
import json
import re
import shutil
import zipfile

import nbformat
import pandas as pd
import pytest

from labutils.course import grade
from labutils.course.__main__ import main
from labutils.course.collect import collect
from labutils.course.grade import Course, grade_all, grade_class
from labutils.course.notebooks import Handed, Lab, read_handed, read_labs
from labutils.course.rebuild import rebuild
from labutils.course.release import release
from labutils.course.report import differences, page_of, write_reports
from labutils.course.runs import Limits
from tests.corpus.cases import RIGHT, WRONG_RUNNING
from tests.corpus.tiny_lab import make_course, solved, write

LAB = Lab("tiny", solved())


def handed(**cells):
    """The student edition with all solutions right, some cells changed: name_of_cell="source"."""
    sources = {name: cell.stub for name, cell in LAB.cells.items()} | RIGHT
    sources |= {name.replace("_", "-"): source for name, source in cells.items()}
    return [Handed(LAB.cells[name].code, source, name) for name, source in sources.items()]


def notebook(**cells):
    made = LAB.edition()
    for cell, new in zip(made.cells, handed(**cells), strict=True):
        cell.source = new.source
    return made


# Rebuilding and collecting: nothing is run.


def test_rebuilt_notebook_is_the_courses_with_the_students_solutions():
    rebuilt = rebuild(LAB, handed(squares="def sum_of_squares(numbers): return 1"))
    steps = {step.id: step for step in rebuilt.steps}
    assert [step.id for step in rebuilt.steps][-1] == "check-running"  # what follows is not graded
    assert steps["squares"].source == "def sum_of_squares(numbers): return 1"
    assert steps["check-squares"].source == LAB.cells["check-squares"].source
    assert "hidden_value" in steps["check-squares"].source
    assert steps["check-squares"].feeds == "squares"
    assert {"attempt", "math", "probe_values"} <= set(steps["check-squares"].names)
    assert rebuilt.untouched == []
    assert rebuilt.answers == {"answer-1": ""}
    assert rebuilt.notes == []


def test_extra_cells_stay_where_they_were():
    cells = handed()
    place = [cell.grade_id for cell in cells].index("check-squares")
    cells[place:place] = [Handed(True, "one = 1"), Handed(False, "a thought"), Handed(True, "two = 2")]
    order = [step.source for step in rebuild(LAB, cells).steps]
    assert order.index("one = 1") + 1 == order.index("two = 2")
    assert order.index("two = 2") + 1 == order.index(LAB.cells["check-squares"].source)


def test_stamped_set_up_cell_counts_as_unchanged():
    stamped = LAB.cells["setup"].source.replace('""', '"https://example.org"')
    assert rebuild(LAB, handed(setup=stamped)).notes == []
    assert rebuild(LAB, handed(setup="print('mine')")).notes != []


@pytest.mark.parametrize(
    ("cells", "message"),
    [([], "no list of cells"), (None, "no list of cells"), ("x", "no list of cells"), ({"a": 1}, "no list of cells")],
)
def test_things_that_are_json_but_no_notebook(cells, message):
    with pytest.raises(ValueError, match=message):
        read_handed(json.dumps(cells).encode())


def test_strange_cells_are_read_as_far_as_they_go():
    cells = [
        None,
        3,
        {},
        {"cell_type": "code", "source": ["a\n", "b"]},
        {"cell_type": "code", "metadata": [], "source": None},
    ]
    read, repairs = read_handed(json.dumps({"cells": cells}).encode())
    assert [cell.source for cell in read if cell.code] == ["a\nb", "None"]
    assert repairs == []


def test_collect_tells_students_apart(tmp_path):
    text = nbformat.writes(notebook()).encode()
    paths = [
        "ana/tiny.ipynb",
        "ben/deep/er/x.ipynb",
        "cleo_tiny.ipynb",
        "tiny-dan (1).ipynb",
        "submitted/eva/tiny/tiny.ipynb",
    ]
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text)
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for who in ("Fran Š_7", "Gita_8"):
            archive.writestr(f"{who}_assignsubmission_file_/n.ipynb", text)
    found = collect(tmp_path, [LAB])
    assert [s.student for s in found] == ["ana", "ben", "cleo", "dan", "eva", "Fran Š_7", "Gita_8"]
    assert {s.lab for s in found} == {"tiny"}
    assert not any(s.human for s in found)
    inside = collect(tmp_path / "class.zip", [LAB])
    assert [s.student for s in inside] == ["Fran Š_7", "Gita_8"]
    with pytest.raises(FileNotFoundError, match="does not exist"):
        collect(tmp_path / "nothing", [LAB])


def test_files_that_are_too_large_are_refused(tmp_path, monkeypatch):
    (tmp_path / "ana").mkdir()
    (tmp_path / "ana/tiny.ipynb").write_bytes(b" " * 2_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny.ipynb", b" " * 2_000)
    monkeypatch.setattr("labutils.course.collect.MAX_BYTES", 1_000)
    for submission in collect(tmp_path, [LAB]):
        assert submission.lab == ""
        assert "MB" in submission.human[0]


# Whole runs, on a small class.


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    make_course(folder)
    return folder


@pytest.fixture
def course(made, tmp_path):
    """A copy of the course with a class of three, and how to call the command line on it."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    write(notebook(answer_1="- outliers, = few"), tmp_path / "class/ana/tiny.ipynb")
    write(notebook(running=WRONG_RUNNING, answer_1="no idea"), tmp_path / "class/ben/tiny.ipynb")
    write(LAB.edition(), tmp_path / "class/<b>Cleo & co/tiny.ipynb")
    return tmp_path


def run(course, *more):
    return main(["grade", str(course / "class"), "--release", str(course / "edition"), "--out", str(course / "out"),
                 "--notebooks", str(course / "notebooks"), "-n", "1", *more])  # fmt: skip


def test_command_line_reports_merge_and_regrade(course, capsys):
    assert run(course) == 0
    assert "3 notebooks graded, 0 for a human" in capsys.readouterr().out
    out = course / "out"
    table = pd.read_csv(out / "grades.csv").set_index("student")
    assert list(table.columns) == ["tiny: Task 1.1", "tiny: Task 1.2", "tiny: Task 1.3", "total", "to grade by hand",
                                   "needs a human", "why"]  # fmt: skip
    assert table["total"].to_dict() == {"ana": 10, "ben": 6, "<b>Cleo & co": 0}
    assert table["to grade by hand"].to_dict() == {"ana": 2, "ben": 2, "<b>Cleo & co": 0}

    page = (out / page_of("ben")).read_text()
    assert "expected [1, 1.5, 2.375]" in page
    assert "Hint: start from values[0]" in page
    assert "to grade by hand" in page
    assert "no idea" in page
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)  # self-contained
    hostile = (out / page_of("<b>Cleo & co")).read_text()
    assert "<b>Cleo" not in hostile
    assert "&lt;b&gt;Cleo &amp; co" in hostile
    overview = (out / "overview.html").read_text()
    assert page_of("ana") in overview
    assert "data:image/png;base64," in overview

    # grades by hand
    with (out / "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["student"]: row["text"] for row in rows}["ana"] == "'- outliers, = few"  # no formula
    fill(out, rows, {"ana": "3"})
    assert main(["merge", str(out)]) == 1
    assert "expected 0 to 2" in capsys.readouterr().err
    fill(out, rows, {"ana": "1,5", "ben": "0"})
    assert main(["merge", str(out)]) == 0
    assert "2 of 2 answers" in capsys.readouterr().out
    assert pd.read_csv(out / "grades.csv").set_index("student")["total"].to_dict()["ana"] == 11.5

    # a check was too strict: mend it, release, regrade
    mended = solved()
    next(
        c for c in mended.cells if c.id == "check-running"
    ).source = 'passed("All may pass.")\nattempt(running_average, [1])'
    write(mended, course / "notebooks/tiny.ipynb")
    assert main(["regrade", str(out), "-n", "1"]) == 1
    assert "was changed after" in capsys.readouterr().err
    release(course / "edition", notebooks=course / "notebooks", repo="https://github.com/someone/labs", proof=False)
    assert main(["regrade", str(out), "-n", "1"]) == 0
    said = capsys.readouterr().out
    assert "ben, tiny, check-running: failed -> passed (+4 points)" in said
    assert "ana" not in said
    assert pd.read_csv(out / "grades.csv").set_index("student")["total"].to_dict() == {
        "ana": 11.5, "ben": 10, "<b>Cleo & co": 0}  # fmt: skip


def fill(out, rows, points):
    with (out / "answers.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";")  # as a spreadsheet here may save it
        writer.writeheader()
        writer.writerows(row | {"points": points.get(row["student"], "")} for row in rows)


def test_interrupted_grading_goes_on_where_it_stopped(course, monkeypatch):
    done = []
    whole = grade.run_job

    def stops(job):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(job)
        return whole(job)

    monkeypatch.setattr(grade, "run_job", stops)
    assert run(course) == 130
    assert not list((course / "out").rglob(".*.json.*"))  # no half files
    monkeypatch.setattr(grade, "run_job", lambda job: done.append(job) or whole(job))
    assert run(course) == 0
    assert len(done) == 3
    write(notebook(squares="def sum_of_squares(n): return 0.0"), course / "class/ana/tiny.ipynb")
    assert run(course) == 0
    assert len(done) == 4
    assert pd.read_csv(course / "out/grades.csv").set_index("student")["total"]["ana"] == 7


def test_one_failing_job_does_not_stop_the_others(course, monkeypatch):
    whole = grade.run_job
    jobs = []

    def fails_once(job):
        jobs.append(job)
        if len(jobs) == 1:
            raise OSError("no space left")
        return whole(job)

    monkeypatch.setattr(grade, "run_job", fails_once)
    results = grade_class(
        course / "class", course / "edition", course / "out", notebooks=course / "notebooks", workers=1
    )
    assert sum(bool(result["human"]) for result in results) == 1
    assert sum(result["checks"][0]["status"] == "not run" for result in results) == 1
    assert len(list((course / "out/.runs").glob("*.json"))) == 2  # the failure is not kept


def test_without_namespaces_it_still_grades(made, tmp_path):
    course = Course([LAB], made / "edition", limits=Limits(cell_s=20), models=str(tmp_path / "models"), isolate=False)
    deadly = handed(squares="import os\nos._exit(0)")
    outcomes = []
    for cells in (handed(), deadly):
        rebuilt = rebuild(LAB, cells)
        outcome = grade.run_job(course.job(LAB, rebuilt.steps))
        assert outcome["isolated"] is False
        outcomes.append([record["status"] for name, record in outcome["records"].items() if name.startswith("check")])
    assert outcomes == [["passed"] * 4, ["failed", "passed", "passed", "passed"]]


def test_models_that_labs_hand_on_are_made_from_the_solved_notebooks(tmp_path):
    maker, user = solved(), solved()
    maker.cells[-1].source = "from labutils.handoff import save_model\nsave_model('mean', Series([1.0, 3.0]))"
    next(c for c in user.cells if c.id == "helper").source = (
        "from labutils.handoff import load_model\nloaded = load_model('mean')\n\ndef probe_values():\n"
        "    assert loaded.mean() == 2.0\n    return [1.5, -2.0, 3.0]"
    )
    write(maker, tmp_path / "notebooks/01_maker.ipynb")
    write(user, tmp_path / "notebooks/02_user.ipynb")
    release(tmp_path / "edition", notebooks=tmp_path / "notebooks", proof=False)
    write(user, tmp_path / "class/ana/02_user.ipynb")
    (result,) = grade_class(
        tmp_path / "class", tmp_path / "edition", tmp_path / "out", notebooks=tmp_path / "notebooks"
    )
    assert result["lab"] == "02_user"
    assert sum(check["earned"] for check in result["checks"]) == 10
    assert list((tmp_path / "out/.runs/models").rglob("mean.pkl"))


def test_students_who_handed_in_nothing_useful_are_in_the_reports(made, tmp_path):
    (tmp_path / "class/dora").mkdir(parents=True)
    (tmp_path / "class/dora/tiny.ipynb").write_text("{")
    labs = read_labs(made / "notebooks")
    course = Course(labs, made / "edition", models=str(tmp_path / "models"))
    results = grade_all(collect(tmp_path / "class", labs), course, tmp_path / "runs")
    write_reports(tmp_path / "out", results)
    assert "damaged or cut off" in (tmp_path / "out" / page_of("dora")).read_text()
    assert pd.read_csv(tmp_path / "out/grades.csv")["needs a human"].to_list() == ["yes"]
    assert differences([], results) == []


def test_pages_of_students_with_odd_names_do_not_collide():
    names = ["ana", "Ana Ž", "Ana Š", "../../etc/passwd", "a/b", "a b", "x" * 300]
    pages = [page_of(name) for name in names]
    assert len(set(pages)) == len(names)
    assert all(re.fullmatch(r"students/[\w-]+\.html", page) and len(page) < 100 for page in pages)
