"""What the teacher gets: answers.csv and what spreadsheets do to it, grades.csv, pages; results built by hand."""

import copy
import csv
import errno
import io
import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from labutils.course.__main__ import main
from labutils.course.report import differences, page_of, read_results, write_reports

TEXTS = {
    "ana": "because",
    "00421337": 'I "think" so',
    "=x": "=1+1",
    "'=x": "- one\n- two;=cmd|' /C calc'!A0",
    "Žofie Řeháková": "one\rtwo\r\nthree",
    "+ben, jr.": '"',
    "dan": "a; b, c",
    "1E5": "",
}
ALPHABET = ";,\n\r\t'\"=-+@ ax1"


def check(name: str = "check-1", status: str = "passed", follow_on: str = "", **more) -> dict:
    strict = 3.0 if status == "passed" else 0.0
    made = {"id": name, "place": 1, "task": "Task 1.1", "points": 3.0, "status": status, "strict": strict,
            "earned": 3.0 if follow_on else strict, "follow_on": follow_on, "message": "all is well", "hints": "",
            "traceback": "", "seconds": 0.5}  # fmt: skip
    return made | more


def result(student: str, text: str | None = None, **more) -> dict:
    answers = [{"id": "answer-1", "place": 2, "task": "Task 1.2", "points": 2.0, "text": text, "earned": None}]
    made = {"student": student, "lab": "tiny", "title": "Tiny lab", "file": "tiny.ipynb", "checks": [check()],
            "answers": answers if text is not None else [], "notes": [], "human": [], "errors": [], "seconds": 1.0,
            "isolated": True}  # fmt: skip
    return made | more


def nothing(student: str) -> dict:
    return result(student, lab="", title="No notebook", checks=[], human=["No notebook was found."])


CLASS = [result(student, text) for student, text in TEXTS.items()]


def grade(out: Path, results: list[dict]) -> None:
    write_reports(out, copy.deepcopy(results))


def merge(out: Path) -> int:
    return main(["merge", str(out)])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def table(
    rows: list[dict[str, str]], delimiter: str = ",", end: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL
) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([list(rows[0]), *(list(row.values()) for row in rows)])
    return text.getvalue()


def marked(out: Path, marks: dict[str, tuple[str, str]]) -> list[dict[str, str]]:
    """The rows of answers.csv with points and comments, by the order of the class, typed into them."""
    rows = rows_of(out / "answers.csv")
    students = (
        [answer["student"] for answer in CLASS] if len(rows) == len(CLASS) else [row["student"] for row in rows]
    )
    for row, student in zip(rows, students, strict=True):
        if student in marks:
            row["points"], row["comment"] = marks[student]
    return rows


def type_in(out: Path, marks: dict[str, tuple[str, str]]) -> None:
    (out / "answers.csv").write_bytes(table(marked(out, marks)).encode("utf-8-sig"))


def taken_over(out: Path) -> dict[str, tuple[float | None, str]]:
    return {r["student"]: (a["earned"], a["comment"]) for r in read_results(out) for a in r["answers"]}


def everything(out: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in out.rglob("*") if path.is_file()}


# answers.csv


MARKS = {student: (f"{number / 4:g}", f"well; “{number}” ěšč") for number, student in enumerate(TEXTS)}


def with_commas(rows):
    return [row | {key: row[key].replace(".", ",") for key in ("points", "most")} for row in rows]


def as_numbers(rows):
    """Whatever looks like a number becomes one: 00421337 is 421337, 1E5 is 100000."""
    number = re.compile(r"\d+([.]\d+)?|\dE\d")
    return [{key: f"{float(v):g}" if number.fullmatch(v) else v for key, v in row.items()} for row in rows]


def only(rows, *columns):
    return [{key: row[key] for key in columns} for row in rows]


def padded(rows):
    """Blank rows between the others."""
    return [each for row in rows for each in (row, dict.fromkeys(row, ""))]


SAVED: dict[str, Callable[[list[dict[str, str]]], bytes]] = {
    "as it was": lambda rows: table(rows).encode("utf-8-sig"),
    "LibreOffice": lambda rows: table(as_numbers(rows), end="\n").encode(),
    "all quoted": lambda rows: table(rows, quoting=csv.QUOTE_ALL).encode(),
    "Excel, code page": lambda rows: table(with_commas(as_numbers(rows)), ";").encode("cp1250", "replace"),
    "Excel, UTF-8": lambda rows: table(with_commas(as_numbers(rows)), ";").encode("utf-8-sig"),
    "Excel, Unicode text": lambda rows: table(as_numbers(rows), "\t").encode("utf-16"),
    "old Mac": lambda rows: table(rows, end="\r").encode(),
    "Numbers": lambda rows: table(as_numbers(rows), ";", "\n").encode(),
    "columns reordered": lambda rows: table([dict(reversed(row.items())) for row in rows]).encode(),
    "columns deleted": lambda rows: table(only(rows, "comment", "points", "id")).encode(),
    "columns added": lambda rows: table([{"my, notes": '"x";', "": ""} | row | {"x": "1"} for row in rows]).encode(),
    "column without a name": lambda rows: table([{"": ""} | row for row in rows], ";").encode(),
    "rows sorted": lambda rows: table(sorted(rows, key=lambda row: row["text"])).encode(),
    "blank rows": lambda rows: table(padded(rows), ";").encode(),
    "short rows": lambda rows: (
        table(only(rows, "id", "points", "comment")).replace("ment\r", "ment,text,x\r", 1).encode()
    ),
}


@pytest.mark.parametrize("saved", SAVED)
def test_what_was_typed_survives_what_spreadsheets_do(tmp_path, saved, capsys):
    grade(tmp_path, CLASS)
    (tmp_path / "answers.csv").write_bytes(SAVED[saved](marked(tmp_path, MARKS)))
    assert merge(tmp_path) == 0, capsys.readouterr().err
    expected = {student: (float(points), comment) for student, (points, comment) in MARKS.items()}
    assert taken_over(tmp_path) == expected
    totals = [float(row["total"]) for row in rows_of(tmp_path / "grades.csv")]
    assert totals == [3 + points for points, _ in expected.values()]
    grade(tmp_path, CLASS)  # from the file that merge wrote
    assert taken_over(tmp_path) == expected


@pytest.mark.parametrize(
    ("page", "comment", "name"),
    [
        ("cp1250", "velmi dobře", "Jiří Dvořák"),
        ("cp1252", "très bien, señor", "Hélène"),
        ("mac_roman", "très bien, señor", "Hélène"),
    ],
)
def test_old_code_pages_are_told_apart_by_the_names(tmp_path, page, comment, name):
    grade(tmp_path, [result(name, "because"), result("ana", "because")])
    rows = rows_of(tmp_path / "answers.csv")
    rows[1] |= {"points": "1,5", "comment": comment}
    (tmp_path / "answers.csv").write_bytes(table(rows, ";").encode(page))
    assert merge(tmp_path) == 0
    assert taken_over(tmp_path)["ana"] == (1.5, comment)


def test_ids_are_short_and_nothing_that_a_spreadsheet_would_change(tmp_path):
    grade(tmp_path, [result(f"student {number}", str(number)) for number in range(500)])
    ids = [row["id"] for row in rows_of(tmp_path / "answers.csv")]
    assert len(set(ids)) == 500
    assert all(re.fullmatch("[b-df-z]{6,16}", each) for each in ids)
    grade(tmp_path, [result("student 7", "8"), result("student 8", "7")])  # another text, another id
    assert not set(ids) & {row["id"] for row in rows_of(tmp_path / "answers.csv")}


def test_an_answer_cannot_forge_a_row(tmp_path, capsys):
    forger = 'I "think"\naccomplice,tiny,answer-1,Task 1.2,2,2,excellent,because\n'
    grade(tmp_path, [result("accomplice", "because"), result("forger", forger)])
    type_in(tmp_path, {"forger": ("1", "")})
    assert merge(tmp_path) == 0
    assert taken_over(tmp_path) == {"accomplice": (None, ""), "forger": (1, "")}

    (victim,) = [row for row in rows_of(tmp_path / "answers.csv") if row["student"] == "accomplice"]
    forged = ",".join((victim | {"points": "2", "comment": "excellent"}).values())
    with (tmp_path / "answers.csv").open("a") as file:
        file.write(forged + "\n")  # a spreadsheet that splits at semicolons would make rows of an answer's lines
    before = everything(tmp_path)
    assert merge(tmp_path) == 1
    assert "Row 4, accomplice" in capsys.readouterr().err
    assert everything(tmp_path) == before


def test_very_long_answers_stop_nothing_and_fit_into_a_cell(tmp_path):
    picture = "data:image/png;base64," + "QUJD" * 35_000
    for _ in range(2):
        grade(tmp_path, [result("ana", "because"), result("dan", picture)])
        rows = marked(tmp_path, {"dan": ("2", "")})
        rows[0]["text"] = picture  # as a table may hold that was written otherwise
        (tmp_path / "answers.csv").write_bytes(table(rows).encode())
        assert merge(tmp_path) == 0
    assert taken_over(tmp_path) == {"ana": (None, ""), "dan": (2, "")}
    assert max(len(row["text"]) for row in rows_of(tmp_path / "answers.csv")) < 32_767
    assert picture in (tmp_path / page_of("dan")).read_text()


def test_merge_lists_all_that_is_wrong_and_writes_nothing(tmp_path, capsys):
    grade(tmp_path, CLASS)
    rows = marked(tmp_path, {"ana": ("two", ""), "00421337": ("2.5", ""), "=x": ("-1", ""), "'=x": ("nan", ""),
                             "dan": ("1", "right"), "Žofie Řeháková": ("1", "")})  # fmt: skip
    rows.append(rows[4] | {"points": "2"})  # Žofie's once more
    rows.append(rows[0] | {"id": "bcdfghjk", "student": "nobody", "points": "1"})
    rows.append(rows[0] | {"id": "", "points": "1"})
    (tmp_path / "answers.csv").write_bytes(table(rows).encode())
    before = everything(tmp_path)
    assert merge(tmp_path) == 1
    assert everything(tmp_path) == before
    said = capsys.readouterr().err
    assert re.findall(r"^Row (\d+), (.*?):", said, re.M) == [
        ("2", "ana"), ("3", "00421337"), ("4", "=x"), ("5", "'=x"), ("10", "Žofie Řeháková"),
        ("11", "nobody"), ("12", "ana")
    ]  # fmt: skip
    for words in ("'two'", "expected 0 to 2", "'bcdfghjk'", "twice", "nothing was written"):
        assert words in said


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n\r\n",
        b"1,2,3\r\n",
        b"student;points;comment\r\nana;1;\r\n",
        b"id;points\r\nx;1\r\n",
        b"id,points,comment,points\r\nx,1,,2\r\n",
        b"PK\x03\x04\x00\x00\xff\xfe\x81",
        b'id,points,comment\r\nx,1,"open\r\n',
    ],
)
def test_what_is_no_table_of_answers_is_a_sentence(tmp_path, capsys, content):
    grade(tmp_path, CLASS)
    (tmp_path / "answers.csv").write_bytes(content)
    before = everything(tmp_path)
    assert merge(tmp_path) == 1
    assert everything(tmp_path) == before
    said = capsys.readouterr().err
    assert "answers.csv is refused" in said
    assert re.search("columns, among them id, points and comment|quotation mark", said)
    grade(tmp_path, CLASS)  # grading goes on
    assert (tmp_path / "answers.csv").read_bytes() == content
    assert "answers.csv is left as it is" in capsys.readouterr().err


def test_the_file_with_points_stays_as_a_backup(tmp_path):
    grade(tmp_path, CLASS)
    grade(tmp_path, CLASS[:5])
    backup = tmp_path / "answers.csv.bak"
    assert not backup.exists()  # nothing was typed yet
    type_in(tmp_path, {"ana": ("1,5", "")})
    first = (tmp_path / "answers.csv").read_bytes()
    assert merge(tmp_path) == 0
    assert backup.read_bytes() == first
    assert merge(tmp_path) == 0
    assert backup.read_bytes() == first  # nothing changed
    second = (tmp_path / "answers.csv").read_bytes()
    grade(tmp_path, CLASS)
    assert backup.read_bytes() == second

    rows = [row | {"private": "ask her"} for row in rows_of(tmp_path / "answers.csv")]
    (tmp_path / "answers.csv").write_bytes(table(rows).encode())
    assert merge(tmp_path) == 0
    assert b"ask her" in backup.read_bytes()

    third = backup.read_bytes()
    (tmp_path / "answers.csv").write_bytes(
        table([row | {"points": ""} for row in rows_of(tmp_path / "answers.csv")]).encode()
    )
    assert merge(tmp_path) == 0
    assert backup.read_bytes() == third  # a table that holds nothing does not take its place


def test_a_teachers_own_columns_stay_in_the_backup(tmp_path):
    grade(tmp_path, CLASS)
    rows = [row | {"private": "ask her"} for row in rows_of(tmp_path / "answers.csv")]
    (tmp_path / "answers.csv").write_bytes(table(rows).encode())
    grade(tmp_path, CLASS[1:])
    assert b"ask her" in (tmp_path / "answers.csv.bak").read_bytes()


def test_a_comment_without_points_is_kept(tmp_path):
    grade(tmp_path, CLASS)
    type_in(tmp_path, {"ana": ("", "come and see me")})
    assert merge(tmp_path) == 0
    grade(tmp_path, CLASS)
    assert taken_over(tmp_path)["ana"] == (None, "come and see me")
    assert "come and see me" in (tmp_path / page_of("ana")).read_text()


def test_comments_come_back_unchanged(tmp_path):
    """Through a file in which none of them is a formula."""
    luck = random.Random(0)
    comments = {f"s{n}": "".join(luck.choices(ALPHABET, k=luck.randrange(1, 9))) + "." for n in range(120)}
    results = [result(student, "because") for student in comments]
    for each in results:
        each["answers"][0] |= {"comment": comments[each["student"]], "earned": 1.0}
    grade(tmp_path, results)
    assert formulas(tmp_path / "answers.csv") == []
    for _ in range(2):
        assert merge(tmp_path) == 0
    assert {student: comment for student, (_, comment) in taken_over(tmp_path).items()} == {
        student: comment.strip() for student, comment in comments.items()
    }


def test_points_wait_for_a_student_who_is_missing_and_for_an_answer_that_changed(tmp_path, capsys):
    grade(tmp_path, CLASS)
    type_in(tmp_path, {"00421337": ("1.5", "good"), "ana": ("2", ""), "=x": ("", "see me")})
    changed = [result("ana", "another answer") if each["student"] == "ana" else each for each in CLASS]
    fewer = [each for each in changed if each["student"] not in ("00421337", "=x")]
    for step in ("grade", "merge", "grade"):
        capsys.readouterr()
        assert step == "merge" or grade(tmp_path, fewer) is None
        assert step == "grade" or merge(tmp_path) == 0
        said = capsys.readouterr().err
        assert "00421337 (tiny, answer-1)" in said
        assert "ana (tiny, answer-1)" in said
        assert taken_over(tmp_path)["ana"] == (None, "")
        rows = rows_of(tmp_path / "answers.csv")
        assert [(row["points"], row["comment"]) for row in rows[-3:]] == [("2", ""), ("1.5", "good"), ("", "see me")]
        assert {row["task"] for row in rows[-3:]} == {"no current answer"}
        assert all(row["task"] != "no current answer" for row in rows[:-3])
    grade(tmp_path, CLASS)
    marks = taken_over(tmp_path)
    assert (marks["ana"], marks["00421337"], marks["=x"]) == ((2, ""), (1.5, "good"), (None, "see me"))
    assert len(rows_of(tmp_path / "answers.csv")) == len(CLASS)


def test_rows_that_are_not_there_keep_their_points(tmp_path):
    """A teacher deletes rows, or gives half of them to a colleague."""
    grade(tmp_path, CLASS)
    type_in(tmp_path, MARKS)
    assert merge(tmp_path) == 0
    rows = rows_of(tmp_path / "answers.csv")
    rows[0]["points"] = "0.5"
    (tmp_path / "answers.csv").write_bytes(table(rows[:1]).encode())
    assert merge(tmp_path) == 0
    marks = taken_over(tmp_path)
    assert (marks["ana"][0], marks["00421337"][0]) == (0.5, 0.25)
    (tmp_path / "answers.csv").unlink()
    grade(tmp_path, CLASS)
    assert taken_over(tmp_path) == marks


def test_grading_survives_what_a_teacher_typed(tmp_path, capsys):
    grade(tmp_path, CLASS)
    type_in(tmp_path, {"ana": ("1.v", "a date"), "dan": ("2", "good")})
    typed = (tmp_path / "answers.csv").read_bytes()
    more = [*CLASS, result("new", "because", checks=[check(), check("check-2")])]
    grade(tmp_path, more)
    assert (tmp_path / "answers.csv").read_bytes() == typed
    said = capsys.readouterr().err
    assert "Row 2, ana: points are '1.v'; expected 0 to 2" in said
    totals = {row["student"]: float(row["total"]) for row in rows_of(tmp_path / "grades.csv")}
    assert (totals["ana"], totals["dan"], totals["new"]) == (3, 5, 6)
    assert "new" in (tmp_path / "overview.html").read_text()
    (tmp_path / "answers.csv").write_bytes(typed.replace(b"1.v", b"1.5"))
    assert merge(tmp_path) == 0
    marks = taken_over(tmp_path)
    assert (marks["ana"], marks["dan"], marks["new"]) == ((1.5, "a date"), (2, "good"), (None, ""))
    assert len(rows_of(tmp_path / "answers.csv")) == len(more)


# grades.csv and formulas


def formulas(path: Path) -> list[str]:
    """Cells that a spreadsheet takes for formulas, whether it splits at commas or at semicolons."""
    text = path.read_bytes().decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    cells += [part.lstrip('" ') for part in re.split("[;\t\r\n]", text)]
    cells += [part for cell in cells for part in re.split("[;\t\r\n]", cell)]
    return [
        cell for cell in cells if re.match(r"\s*[=+\-@＝]|[\t\r]", cell) and not re.fullmatch(r"[-+]?[\d.,]+", cell)
    ]


HOSTILE = ["=1+1", "+1+1", "-1-x", "@SUM(A1)", "\t=1", "\r=1", "x;=cmd|' /C calc'!A0", "x\n=1", "x\rCR=1\r=2",
           'x;"=1"', " =1", "'=1", "＝1"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(tmp_path, text):
    made = result(text, text, lab=f"{text} lab", human=[text, "second"])
    made["answers"][0]["task"] = text
    no_lab = nothing(text + ".") | {"human": [text]}
    write_reports(tmp_path, [made, no_lab])
    type_in(tmp_path, {row["student"]: ("1", text) for row in rows_of(tmp_path / "answers.csv")})
    assert merge(tmp_path) == 0
    assert formulas(tmp_path / "answers.csv") == []
    assert formulas(tmp_path / "grades.csv") == []
    assert len(rows_of(tmp_path / "grades.csv")) == 2
    assert taken_over(tmp_path)[text][0] == 1


def test_numbers_stay_numbers(tmp_path):
    grade(tmp_path, [result("-5", "-1,5")])
    (row,) = rows_of(tmp_path / "answers.csv")
    assert (row["student"], row["text"], float(row["most"])) == ("-5", "-1,5", 2)


def test_names_that_are_alike_stay_two_students(tmp_path):
    names = ["\U00020000" * 99, "=x", "'=x", "''=x", "a\udcff", "a\udcfe", "ana", "ANA"]
    grade(tmp_path, [result(name, name, checks=[check(earned=float(n))]) for n, name in enumerate(names)])
    rows = rows_of(tmp_path / "grades.csv")
    assert [float(row["total"]) for row in rows] == list(range(len(names)))
    assert len({row["student"] for row in rows}) == len(names)
    assert len({page_of(name).casefold() for name in names}) == len(names)
    assert len(list((tmp_path / "students").iterdir())) == len(names)
    assert len({row["id"] for row in rows_of(tmp_path / "answers.csv")}) == len(names)


# Odd classes, odd disks


@pytest.mark.parametrize("results", [
    [], [nothing("ana"), nothing("ben")], [result("ana", "because", checks=[])],
    [result("ana", checks=[], answers=[]), result("ben", checks=[check(points=0.0, earned=0.0)], lab="other")],
])  # fmt: skip
def test_odd_classes_get_their_reports(tmp_path, results):
    grade(tmp_path, results)
    assert [row["student"] for row in rows_of(tmp_path / "grades.csv")] == [each["student"] for each in results]
    assert all((tmp_path / page_of(each["student"])).exists() for each in results)
    overview = (tmp_path / "overview.html").read_text()
    assert overview.count("<h2>") == len({each["lab"] for each in results} - {""}) + 1  # and the one of all students
    assert merge(tmp_path) == 0
    assert differences(results, results) == []


def test_letters_that_cannot_be_encoded_do_no_harm(tmp_path, capsys):
    odd = "x\udcff\ud800"
    made = result(odd, odd, human=[odd], notes=[odd], file=odd)
    made["checks"] = [check(status="failed", message=odd, traceback=odd, hints=odd)] * 2
    made["errors"] = [{"id": odd, "message": odd, "traceback": odd}]
    for _ in range(2):
        grade(tmp_path, [made, nothing(odd + odd)])
    type_in(tmp_path, {row["student"]: ("1", "good") for row in rows_of(tmp_path / "answers.csv")})
    assert merge(tmp_path) == 0
    assert taken_over(tmp_path) == {odd: (1, "good")}
    grade(tmp_path, [nothing(odd)])  # names the answer that is gone
    assert "\\udcff" in capsys.readouterr().err
    assert "".join(differences([], [made])).encode()


OLDER = '{"results": [{"student": "ana", "lab": "tiny", "checks": [{"id": "a", "earned": 1.0}], "answers": []}]}'


@pytest.mark.parametrize(
    "content", ["", '{"results": [{"student": "a', "[]", "{}", '{"results": [1]}', OLDER, "\udcff"]
)
def test_a_damaged_result_names_the_file_and_grading_mends_it(tmp_path, content, capsys):
    grade(tmp_path, CLASS)
    type_in(tmp_path, {"ana": ("1", "")})
    (tmp_path / "grades.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert merge(tmp_path) == 1
    said = capsys.readouterr().err
    assert str(tmp_path / "grades.json") in said
    assert "Run grade again" in said
    grade(tmp_path, CLASS)
    assert taken_over(tmp_path)["ana"] == (1, "")


def test_a_full_disk_names_the_file_and_loses_nothing(tmp_path, monkeypatch):
    grade(tmp_path, CLASS)
    type_in(tmp_path, MARKS)
    before = everything(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("labutils.runtime.os.fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*grades\.json'"):
        grade(tmp_path, CLASS)
    assert everything(tmp_path) == before


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file/out"):
        grade(tmp_path / "file/out", CLASS)


# What is shown


def test_at_most_twenty_reasons_for_a_student(tmp_path):
    many = [result("ana", lab=lab, human=[f"{lab} reason {n}." for n in range(5000)]) for lab in ("one", "two")]
    grade(tmp_path, [*many, nothing("ben") | {"human": ["a"] * 20}])
    ana, ben = rows_of(tmp_path / "grades.csv")
    for text in (ana["why"], (tmp_path / page_of("ana")).read_text(), (tmp_path / "overview.html").read_text()):
        assert len(re.findall(r"reason \d", text)) == 20
        assert "and 9980 more" in text
    assert "more" not in ben["why"]


def test_points_with_the_courses_solutions_are_shown_beside_the_strict_ones(tmp_path):
    helped = check("check-2", "failed", "with the course's squares", message="The mean is 7, expected 5.", place=3)
    results = [result("ana", "because", checks=[check(), helped]), result("ben", checks=[check(), check("check-2")])]
    results[0]["answers"][0] |= {"earned": 1.0, "comment": ""}
    grade(tmp_path, results)
    ana, ben = rows_of(tmp_path / "grades.csv")
    assert list(ana)[list(ana).index("total") + 1] == "strict total"
    assert (float(ana["total"]), float(ana["strict total"])) == (7, 4)
    assert (float(ben["total"]), float(ben["strict total"])) == (6, 6)
    page = (tmp_path / page_of("ana")).read_text()
    assert re.search(r'class="status passed">passed, with the course&#39;s squares<', page)
    assert "The mean is 7, expected 5." in page
    assert "7 / 8" in page
    assert "By your code alone it would be 4." in page
    assert "code alone" not in (tmp_path / page_of("ben")).read_text()
    overview = (tmp_path / "overview.html").read_text()
    assert re.findall(r"strict: (\d)", overview) == ["4"]
    assert re.findall(r"(\d+) %", overview) == ["100"] * 3  # a task, two checks
    failed = check("check-2", "failed")
    assert differences([result("ana", checks=[failed])], results[:1]) == [
        "ana, tiny, check-1: not graded -> passed (+3 points)", "ana, tiny, check-2: failed -> passed (+3 points)"
    ]  # fmt: skip


def test_pages_show_text_as_text_and_need_nothing_else(tmp_path):
    bad = "<script>alert(1)</script><img src='http://x.org/y.png'>"
    made = result(bad, bad, human=[bad], notes=[bad], file=bad, title=bad)
    made["checks"] = [
        check("a", "failed", "with the course's squares", message=bad, traceback=bad, hints=bad, task=bad)
    ]
    made["errors"] = [{"id": bad, "message": bad, "traceback": bad}]
    made["answers"][0] |= {"comment": bad, "task": bad, "earned": 1.0}
    grade(tmp_path, [made])
    for page in tmp_path.rglob("*.html"):
        text = page.read_text()
        assert bad[:8] not in text
        assert "&lt;script&gt;" in text
        assert re.findall(r"<(?:script|link|iframe)|@import|url\(", text) == []
        assert all(
            re.match("data:|students/", link) for link in re.findall(r"""<[^>]*(?:src|href)=["']([^"']*)""", text)
        )
