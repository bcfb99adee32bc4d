"""The runs after the first: what a clean run keeps, which checks rest on which, what a mistake costs."""

import nbformat
import pytest

from labutils.course.cells import Lab
from labutils.course.edition import check_stamps
from labutils.course.grade import grade_class
from labutils.course.rebuild import Step, clean_steps, rests_on, steps_with_remedies
from labutils.course.release import release
from tests.corpus.cases import RIGHT, WRONG_RUNNING, WRONG_SQUARES, find
from tests.corpus.tiny_lab import solved, write


def extra(source, number=1):
    return Step(f"extra cell {number} after first", "student", source, feeds="first")


def solution(source, name="first"):
    return Step(name, "student", source, feeds=name)


def check(source, name="check-first", feeds="first"):
    return Step(name, "check", source, feeds=feeds)


def test_clean_run_keeps_helpers_and_nothing_else():
    steps = [
        solution("def first(x):\n    return helper(x) + SHIFT"),
        extra("import math as m\nSHIFT = 1\ndef helper(x):\n    return deeper(m.sqrt(x))"),
        extra("def deeper(x):\n    return x", 2),
        extra("unused = 2\nprint(unused)", 3),
        check("first(4)"),
    ]
    assert clean_steps(steps) == [*steps[:3], steps[4]]
    assert clean_steps([*steps[:3], steps[4]]) == []


@pytest.mark.parametrize(
    ("cells", "again"),
    [
        ((), False),
        (("def helper(x): return x",), False),  # all of it is needed: the same run again
        (("y = 1",), True),
        (("%matplotlib inline",), True),
        (("",), False),
        (("# a thought",), False),
        (("this is no Python",), False),  # nor does the first run get anything from it
        (("x = " + "1 + " * 100_000 + "1",), False),  # too long to be read: a human is told
    ],
)
def test_clean_run_only_where_it_could_tell_something(cells, again):
    steps = [solution("def first(x): return helper(x)"), *map(extra, cells, range(9)), check("first(4)")]
    assert bool(clean_steps(steps)) == again


def test_what_rests_on_what():
    steps = [
        solution("def first(x): return x"),
        check("first(1)"),
        Step("given", "given", "def given(x): return first(x)"),
        solution("def second(x): return given(x)", "second"),
        check("second(1)", "check-second", "second"),
        solution("class Third:\n    def step(self): return 3", "third"),
        check("Third().step()", "check-third", "third"),
        solution("def fourth(t): return t.step()", "fourth"),
        check("fourth(Third())", "check-fourth", "fourth"),
    ]
    assert rests_on(steps) == {"check-second": ["first"], "check-fourth": ["third"]}
    assert rests_on(steps, untouched=["second"]) == {"check-fourth": ["third"]}
    assert rests_on(steps, direct=True) == {"check-fourth": ["third"]}


def dependent():
    """The tiny lab, where the running average makes use of the sum of squares."""
    notebook = solved()
    cell = find(notebook, "running")
    cell.source = cell.source.replace("results = [values[0]]", "results = [values[0] * sum_of_squares([1.0])]")
    return notebook


def test_editions_tell_a_check_its_name_and_what_it_rests_on():
    stamps = check_stamps(Lab("tiny", dependent()))
    assert stamps["check-squares"].splitlines()[1] == "# check-squares"
    earlier = "check-squares [Check 1.1: The sum of squares]"
    assert stamps["check-running"].splitlines()[1] == f"# check-running, rests on {earlier}"
    assert [text.splitlines()[0] for text in stamps.values()] == [
        "#@title Check 1.1: The sum of squares",
        "#@title Check 1.2: A class that grows",
        "#@title Check 1.2: A class that grows (2)",
        "#@title Check 1.3: A running average",
    ]


def test_remedies_stand_behind_each_group_of_checks():
    lab = Lab("tiny", solved())
    steps = [solution("def sum_of_squares", "squares"), check("", "one", "squares"), check("", "two", "squares")]
    made = steps_with_remedies(lab, [*steps, Step("given", "given", "")])
    assert [step.id for step in made] == ["squares", "one", "two", "two, remedy", "given"]
    assert made[3].checks == ["one", "two"]
    assert made[3].source == lab.cells["squares"].source


STRICTLY = {"one mistake", "began in the middle"}
"""Students who are graded with --strict, too."""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A class of the dependent lab, graded: student -> result, and the same with --strict."""
    folder = tmp_path_factory.mktemp("dependent")
    lab = Lab("tiny", dependent())
    write(dependent(), folder / "notebooks/tiny.ipynb")
    release(folder / "edition", notebooks=folder / "notebooks", proof=False)
    right = {**RIGHT, "running": lab.cells["running"].source.replace("### ", "# ")}
    stub = {name: lab.cells[name].stub for name in right}
    class_ = {
        "right": right,
        "one mistake": right | {"squares": WRONG_SQUARES},
        "two mistakes": right | {"squares": WRONG_SQUARES, "running": WRONG_RUNNING},
        "not begun": right | {"squares": WRONG_SQUARES, "running": stub["running"]},
        "began in the middle": stub | {"running": right["running"]},
        "dies": right | {"squares": "def sum_of_squares(numbers):\n    import os\n    os.abort()"},
        "nothing": stub,
        "asks": right | {"squares": "def sum_of_squares(numbers):\n    return 42.0", "running": right["running"]
                         + "\nimport inspect\nassert 'number * number' not in inspect.getsource(sum_of_squares)"},
    }  # fmt: skip
    for student, sources in class_.items():
        notebook = nbformat.read(folder / "edition/notebooks/tiny.ipynb", 4)
        for name, source in sources.items():
            find(notebook, name).source = source
        write(notebook, folder / f"class/{student}/tiny.ipynb")
        if student in STRICTLY:
            write(notebook, folder / f"strict/{student}/tiny.ipynb")
    graded = [
        grade_class(folder / name, folder / "edition", folder / "out", notebooks=folder / "notebooks",
                    strict=name == "strict", workers=1)
        for name in ("class", "strict")
    ]  # fmt: skip
    return [{result["student"]: result for result in each} for each in graded]


def points(result, key="earned"):
    return [check[key] for check in result["checks"]]


@pytest.mark.long
@pytest.mark.parametrize(
    ("student", "strict", "earned"),
    [
        ("right", [3, 2, 1, 4], [3, 2, 1, 4]),
        ("one mistake", [0, 2, 1, 0], [0, 2, 1, 4]),
        ("two mistakes", [0, 2, 1, 0], [0, 2, 1, 0]),
        ("not begun", [0, 2, 1, 0], [0, 2, 1, 0]),
        ("began in the middle", [0, 0, 0, 0], [0, 0, 0, 4]),
        ("dies", [0, 2, 1, 0], [0, 2, 1, 4]),
        ("nothing", [0, 0, 0, 0], [0, 0, 0, 0]),
    ],
)
def test_a_mistake_costs_once(results, student, strict, earned):
    result = results[0][student]
    assert points(result, "strict") == strict
    assert points(result) == earned
    if student in STRICTLY:
        assert points(results[1][student]) == strict  # with --strict
    gained = [check["follow_on"] for check in result["checks"] if check["earned"] > check["strict"]]
    assert gained == ["with the course's squares"] * len(gained)


@pytest.mark.long
def test_what_the_further_run_prints_is_not_shown(results):
    """Neither the course's solution nor a message about it reaches the student."""
    result = results[0]["asks"]
    assert points(result, "strict") == [0, 2, 1, 0]
    assert "number * number" not in str(result)
    assert "remedy" not in str(result)
