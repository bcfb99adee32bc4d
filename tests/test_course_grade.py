"""Grading a class: rebuilding notebooks, resuming, reports, grades by hand, regrading, the command line."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import psutil
import pytest

from labutils.course import grade
from labutils.course.__main__ import main
from labutils.course.cells import Handed, Lab, read_labs
from labutils.course.collect import Submission, collect, read_handed
from labutils.course.edition import edition
from labutils.course.grade import Course, grade_all, grade_class
from labutils.course.rebuild import rebuild
from labutils.course.release import release
from labutils.course.report import differences, page_of, write_reports
from labutils.course.runs import Limits
from labutils.handoff import save_model
from tests.corpus.cases import RIGHT, WRONG_RUNNING
from tests.corpus.tiny_lab import make_course, solved, write

LAB = Lab("tiny", solved())
ROOT = Path(__file__).parents[1]


def handed(**cells):
    """The student edition with all solutions right, some cells changed: name_of_cell="source"."""
    sources = {name: cell.stub for name, cell in LAB.cells.items()} | RIGHT
    sources |= {name.replace("_", "-"): source for name, source in cells.items()}
    return [Handed(LAB.cells[name].code, source, name) for name, source in sources.items()]


def notebook(**cells):
    made = edition(LAB)
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


def test_a_prediction_may_be_written_and_is_not_run():
    node = nbformat.v4.new_code_cell("prediction_1 = ...  # your guess: how many?", id="predict-1")
    node.metadata["nbgrader"] = {"grade_id": "predict-1", "grade": False, "solution": False, "locked": False}
    notebook = solved()
    notebook.cells.insert(2, node)
    lab = Lab("tiny", notebook)
    cells = [Handed(cell.code, cell.stub, name) for name, cell in lab.cells.items()]
    rebuilt = rebuild(lab, [Handed(c.code, c.source.replace("...", "12"), c.grade_id) for c in cells])
    assert not [note for note in rebuilt.notes if "predict-1" in note]
    assert [step.source for step in rebuilt.steps if step.id == "predict-1"] == [node.source]
    released = {cell.id: cell.metadata for cell in edition(lab).cells}
    assert "editable" not in released["predict-1"]
    assert not released["setup"]["editable"]


def test_stamped_set_up_cell_counts_as_unchanged():
    stamped = LAB.cells["setup"].source.replace('""', '"https://example.org"')
    assert rebuild(LAB, handed(setup=stamped)).notes == []
    assert rebuild(LAB, handed(setup="print('mine')")).notes != []


@pytest.mark.parametrize(
    ("cells", "message"),
    [([], "list of cells"), (None, "list of cells"), ("x", "list of cells"), ({"a": 1}, "list of cells")],
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
    read = read_handed(json.dumps({"cells": cells}).encode())
    assert [cell.source for cell in read if cell.code] == ["a\nb", "None"]


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
    """The course, its edition shared by all tests, so that they share warm processes too; with a class of three."""
    for part in ("notebooks", "edition"):
        (tmp_path / part).symlink_to(made / part)
    write(notebook(answer_1="- outliers, = few"), tmp_path / "class/ana/tiny.ipynb")
    write(notebook(running=WRONG_RUNNING, answer_1="no idea"), tmp_path / "class/ben/tiny.ipynb")
    write(edition(LAB), tmp_path / "class/<b>Cleo & co/tiny.ipynb")
    return tmp_path


def run(course, *more):
    return main(["grade", str(course / "class"), "--release", str(course / "edition"), "--out", str(course / "out"),
                 "--notebooks", str(course / "notebooks"), "-n", "1", *more])  # fmt: skip


@pytest.mark.long
def test_systems_that_cannot_fork_are_told_at_once():
    code = "import os; del os.fork; import labutils.course.collect"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.strip().endswith("The teacher's tools need Linux or macOS. On Windows use WSL.")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], {"quick": True, "models": "", "strict": False}),
        (["--full", "--strict"], {"quick": False, "strict": True}),
        (["--models", ""], {"models": ""}),
        (["--models", "mine"], {"models": str(ROOT / "mine")}),
    ],
)
def test_options_of_grade_are_kept_for_regrade(monkeypatch, tmp_path, given, expected):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("labutils.course.__main__.grade_class", lambda *folders, **more: [])
    monkeypatch.setattr("labutils.course.__main__.write_reports", lambda *parts: None)
    assert main(["grade", "class", "--release", "edition", "--out", str(tmp_path), *given]) == 0
    settings = json.loads((tmp_path / "settings.json").read_text())
    places = {"submissions": "class", "release": "edition", "notebooks": "notebooks"}
    folders = {name: str(ROOT / place) for name, place in places.items()}
    assert settings | folders | expected == settings
    assert Limits(**settings["limits"]) == Limits()


def test_command_line_reports_merge_and_regrade(course, made, capsys):
    for part in ("notebooks", "edition"):
        (course / part).unlink()
        shutil.copytree(made / part, course / part)
    assert run(course) == 0
    assert "3 notebooks graded, 0 for a human" in capsys.readouterr().out
    out = course / "out"
    table = pd.read_csv(out / "grades.csv").set_index("student")
    assert list(table.columns) == ["tiny: Task 1.1", "tiny: Task 1.2", "tiny: Task 1.3", "total", "strict total",
                                   "to grade by hand",
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
    assert overview.count("<meter") == 3 + 4  # three tasks, four checks

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


@pytest.mark.long
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


@pytest.mark.long
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
    assert ["tiny could not be graded (OSError: no space left). Grade again."] in [r["human"] for r in results]
    assert sum(result["checks"][0]["status"] == "not run" for result in results) == 1
    assert len(list((course / "out/.runs").glob("*.json"))) == 2  # the failure is not kept


@pytest.mark.long
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


@pytest.fixture(scope="module")
def with_models(tmp_path_factory):
    """A course whose lab loads a model of the course and one that only a folder of models has; a class of one."""
    tmp_path, user = tmp_path_factory.mktemp("models"), solved()
    next(c for c in user.cells if c.id == "helper").source = (
        "from labutils.handoff import load_model\nassert load_model('rbm').W.dim() == 2\n"
        "loaded = load_model('mean')\n\ndef probe_values():\n"
        "    assert loaded.mean() == 2.0\n    return [1.5, -2.0, 3.0]"
    )
    write(user, tmp_path / "course/notebooks/02_user.ipynb")
    release(tmp_path / "labs", notebooks=tmp_path / "course/notebooks", proof=False)
    write(user, tmp_path / "course/submissions/ana/02_user.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABUTILS_MODELS", str(tmp_path / "course/models"))
        save_model("mean", np.array([1.0, 3.0]))
    return tmp_path


def points(out):
    """Student -> points, and why a human should look."""
    table = pd.read_csv(out / "grades.csv", keep_default_na=False).set_index("student")
    return table["total"].to_dict(), table["why"].to_dict()


@pytest.mark.long
@pytest.mark.parametrize("place", ["course", "elsewhere/deep"])
def test_relative_folders_give_what_absolute_ones_give(with_models, monkeypatch, place):
    """As in the README, in a process of its own: `python -m` puts the current folder on Python's path."""
    here = with_models / place
    here.mkdir(parents=True, exist_ok=True)
    (here / "numpy.py").write_text("raise SystemExit")  # must not be found by student code

    def way(path):
        return os.path.relpath(with_models / path, here)

    (here / "labutils").symlink_to(ROOT / "labutils")
    command = [
        sys.executable,
        "-P",
        "-m",
        "labutils.course",
        "grade",
        way("course/submissions"),
        "--release",
        way("labs"),
    ]
    out = f"grades/{place}"
    command += ["--out", way(out), "--notebooks", way("course/notebooks"), "--models", way("course/models")]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=here, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert points(with_models / out) == ({"ana": 10}, {"ana": ""})


def grade_with_models(folder, **more):
    (result,) = grade_class(folder / "course/submissions", folder / "labs", folder / "grades/other",
                            notebooks=folder / "course/notebooks", **more)  # fmt: skip
    return sum(check["earned"] for check in result["checks"]), result["human"]


@pytest.mark.long
def test_other_models_are_another_result(with_models, tmp_path):
    models = str(with_models / "course/models")
    earned, human = grade_with_models(with_models)
    assert earned == 7  # task 1.1 needs the model
    assert "course's own cell helper failed" in human[0]
    assert "There is no saved model 'mean'" in human[0]
    assert grade_with_models(with_models, models=models) == (10, [])
    assert grade_with_models(with_models)[0] == 7
    (tmp_path / "quick").mkdir()
    (tmp_path / "quick/mean.pkl").write_bytes(b"")
    assert "is damaged" in grade_with_models(with_models, models=str(tmp_path))[1][0]


def test_other_limits_and_libraries_are_another_result(made, monkeypatch):
    lab, course = LAB, Course([LAB], made / "edition")
    keys = {course.job(lab, []).key("")}
    keys.add(Course([LAB], made / "edition", limits=Limits(cell_s=1)).job(lab, []).key(""))
    keys.add(Course([LAB], made / "edition", isolate=False).job(lab, []).key(""))
    monkeypatch.setattr(grade, "version", lambda name: f"another {name}")
    keys.add(Course([LAB], made / "edition").job(lab, []).key(""))
    assert len(keys) == 4


def test_other_files_of_the_release_or_among_the_models_are_another_result(tmp_path):
    """Code, the weights of the judge, reference results: all that a run can load."""
    package, models, keys = tmp_path / "edition/labutils", tmp_path / "models", set()
    package.mkdir(parents=True)
    models.mkdir()
    for path in (package / "data.py", package / "judge.pt", package / "rbm.npz", models / "vae.pkl"):
        path.write_bytes(b"something else")
        keys.add(Course([LAB], package.parent, models=str(models)).job(LAB, []).key(""))
    assert len(keys) == 4


@pytest.mark.long
def test_a_failing_cell_of_the_course_is_a_reason_to_look_where_it_costs_points(made, tmp_path):
    notebook = solved()
    helper = next(cell for cell in notebook.cells if cell.id == "helper")
    helper.source = "def probe_values():\n    return [1.5, -2.0, 3.0]\nopen('missing')"
    series = next(cell for cell in notebook.cells if cell.id == "series-class")
    series.source = "raise OSError('no such disk')"
    lab = Lab("tiny", notebook)
    course = Course([lab], made / "edition", models=str(tmp_path / "models"))
    right = [Handed(c.code, RIGHT.get(name, c.stub), name) for name, c in lab.cells.items()]
    wrong = [Handed(c.code, c.stub, name) for name, c in lab.cells.items()]
    submissions = [Submission("ana", "tiny", cells=right), Submission("ben", "tiny", cells=wrong)]
    ana, ben = grade_all(submissions, course, tmp_path / "runs", workers=1)
    assert [check["earned"] for check in ana["checks"]] == [3, 0, 0, 4]
    assert any("cell series-class failed" in reason and "no such disk" in reason for reason in ana["human"])
    assert ben["human"] == []  # all is open there anyway


@pytest.mark.long
def test_what_time_or_death_cut_short_is_flagged_and_tried_again(made, tmp_path, monkeypatch):
    """A machine that pauses costs nobody points for good: the second time all goes well."""
    course = Course([LAB], made / "edition", limits=Limits(cell_s=2, grace_s=1), models=str(tmp_path / "models"))
    slow = handed(squares="import time\ntime.sleep(5)\ndef sum_of_squares(n): return sum(x * x for x in n)")
    dead = handed(squares="import os\nos.abort()")
    submissions = [Submission("ana", "tiny", cells=handed()), Submission("ben", "tiny", cells=slow),
                   Submission("cleo", "tiny", cells=dead)]  # fmt: skip
    ana, ben, cleo = grade_all(submissions, course, tmp_path / "runs", workers=1)
    assert ana["human"] == []
    assert "It ran longer than 2 seconds; it computed for 0." in ben["human"][0]
    assert "kernel died" in cleo["human"][0]
    assert len(list((tmp_path / "runs").glob("*.json"))) == 1  # ana's alone

    jobs = []
    monkeypatch.setattr(grade, "run_job", lambda job: jobs.append(job) or grade.NO_OUTCOME | {"whole": True})
    grade_all(submissions, course, tmp_path / "runs", workers=1)
    assert len(jobs) == 2
    grade_all(submissions, course, tmp_path / "runs", workers=1)
    assert len(jobs) == 2
    grade_all(submissions, course, tmp_path / "runs", fresh=True, workers=1)
    assert len(jobs) == 5


@pytest.mark.long
def test_a_damaged_result_is_graded_again(made, tmp_path):
    course = Course([LAB], made / "edition", models=str(tmp_path / "models"))
    for content in ("", '{"records": {', "null"):
        (result,) = grade_all([Submission("ana", "tiny", cells=handed())], course, tmp_path / "runs")
        assert sum(check["earned"] for check in result["checks"]) == 10
        (path,) = (tmp_path / "runs").glob("*.json")
        path.write_text(content)


@pytest.mark.long
def test_a_killed_grader_keeps_what_was_finished_and_leaves_nothing_behind(course):
    slow = "import subprocess, time\nsubprocess.Popen(['sleep', '4321'])\ntime.sleep(60)"
    write(notebook(squares=slow), course / "class/zoe/tiny.ipynb")
    command = [sys.executable, "-m", "labutils.course", "grade", "class", "--release", "edition", "--out", "out",
               "--notebooks", "notebooks", "-n", "1"]  # fmt: skip
    grader = subprocess.Popen(command, cwd=course, env={**os.environ, "PYTHONPATH": str(ROOT)})
    while len(list((course / "out/.runs").glob("*.json"))) < 3:
        assert grader.poll() is None
        time.sleep(0.1)
    time.sleep(2)  # zoe's run is on its way
    grader.kill()
    grader.wait()
    for _ in range(100):
        left = [command for command in map(_command, psutil.process_iter()) if str(course) in " ".join(command)]
        if not left:
            break
        time.sleep(0.1)
    assert left == []
    done = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "run_job", lambda job: done.append(job) or grade.NO_OUTCOME)
        assert run(course) == 0
    assert len(done) == 1  # zoe's; the others were kept


def _command(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.mark.long
def test_results_inside_the_folder_of_the_submissions_are_no_student(course):
    for _ in range(2):
        assert run(course, "--out", str(course / "class/grades")) == 0
    assert set(points(course / "class/grades")[0]) == {"ana", "ben", "<b>Cleo & co"}


LOOK_FOR_HIDDEN_TESTS = """
import re
mark, found = ("hid" + "den_value = att").encode(), 0
with open("/proc/self/mem", "rb", 0) as memory:
    for line in open("/proc/self/maps"):
        first, last = (int(place, 16) for place in re.match(r"(\\w+)-(\\w+) ", line).groups())
        if " rw" in line and last - first < 2**28:
            memory.seek(first)
            found += memory.read(last - first).count(mark)
def sum_of_squares(numbers):
    assert found == 1, f"{found} times"  # the mark itself
    return sum(x * x for x in numbers)"""


def test_a_kernel_does_not_hold_the_hidden_tests_before_their_check_runs(made, tmp_path):
    submission = Submission("ana", "tiny", cells=handed(squares=LOOK_FOR_HIDDEN_TESTS))
    (result,) = grade_all([submission], Course([LAB], made / "edition"), tmp_path / "runs")
    assert sum(check["earned"] for check in result["checks"]) == 10, result["checks"][0]


@pytest.mark.long
@pytest.mark.parametrize(
    "deep", ["1 + " * 2_000 + "1", "(" * 150 + "1" + ")" * 150, "-" * 2_000 + "1", "x" + ".y" * 2_000]
)
def test_deeply_nested_code_costs_nobody_else(made, tmp_path, deep):
    cells = [*handed(), Handed(True, f"if False:\n    x = {deep}")]
    submissions = [Submission("ana", "tiny", cells=handed()), Submission("ben", "tiny", cells=cells)]
    course = Course([LAB], made / "edition", models=str(tmp_path / "models"))
    for result in grade_all(submissions, course, tmp_path / "runs", workers=1):
        assert sum(check["earned"] for check in result["checks"]) == 10


def test_a_lab_of_questions_is_not_run(tmp_path):
    questions = solved()
    questions.cells = [cell for cell in questions.cells if not cell.id.startswith("check")]
    write(questions, tmp_path / "notebooks/tiny.ipynb")
    release(tmp_path / "edition", notebooks=tmp_path / "notebooks", proof=False)
    write(questions, tmp_path / "class/ana/tiny.ipynb")
    assert run(tmp_path) == 0
    assert points(tmp_path / "out") == ({"ana": 0}, {"ana": ""})


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
