"""What the teacher and the students get: tables, a page for each student, an overview of the class."""

import csv
import hashlib
import io
import json
import re
import sys
from collections import defaultdict
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader

from labutils.runtime import write_atomically

Record = dict[str, Any]
csv.field_size_limit(2**31 - 1)  # a teacher's file may hold whole pictures

# columns of answers.csv, and what they show of an answer; the teacher fills in points and comment
COLUMNS = {"id": "row", "student": "student", "lab": "lab", "answer": "id", "task": "task", "most": "points",
           "points": "earned", "comment": "comment", "text": "text"}  # fmt: skip
OLD = "old-"  # before the id of a row whose answer is not among the results any more
LONGEST = 15_000  # letters in a table's cell: spreadsheets break off at 32,767
MOST_REASONS = 20
# where a spreadsheet may begin a cell, even one that splits at semicolons; and what makes a formula of it
START, FORMULA = r"(^|[;\t\r\n])", r"""(?=[\s"']*[=+\-@＝＋－＠\t\r])"""


def write_reports(out: Path, results: list[Record], merging: bool = False) -> None:
    """Write grades.json, grades.csv, answers.csv, overview.html and students/*.html.

    What was typed into answers.csv is taken over, by the ids of its rows. What was typed for answers that are not
    among these results stays at its end, and counts again when the answer is back. The teacher is told in print.

    An answers.csv with mistakes stays as it is; when `merging`, it is a ValueError, and nothing at all is written.
    """
    path, answers = out / "answers.csv", _by_row(results)
    with suppress(OSError, ValueError):  # the first grading, or a damaged one
        for name, before in _by_row(read_results(out)).items():
            if name in answers:
                answers[name] |= {key: before[key] for key in ("earned", "comment")}
    try:
        others = _take_over(path, answers, merging)
    except (OSError, ValueError) as error:
        if merging:
            raise ValueError(f"{path} is refused, and nothing was written.\n{error}") from None
        print(f"{path} is left as it is. Mend it, then run merge.\n{error}", file=sys.stderr)
        others = None
    write_atomically(out / "grades.json", json.dumps({"results": results}, indent=1).encode())
    grades = _grades(results).to_csv(index=False, lineterminator="\r\n")
    write_atomically(out / "grades.csv", grades.encode("utf-8-sig"))
    if others is not None:
        _write_answers(path, [*answers.values(), *others])
    templates = _templates()
    students = _by("student", results)
    labs = [_lab(those) for name, those in _by("lab", results).items() if name]
    for student, own in students.items():
        page = templates.get_template("student.html").render(title=student, results=own)
        write_atomically(out / page_of(student), _printable(page).encode())
    page = templates.get_template("overview.html").render(labs=labs, students=students, now=datetime.now())
    write_atomically(out / "overview.html", _printable(page).encode())


@cache
def _templates() -> Environment:
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
    templates.globals |= {"page_of": page_of, "total": _total, "left": _left, "reasons": _reasons}
    return templates


def read_results(out: Path) -> list[Record]:
    """The results of the last grading. Raises FileNotFoundError (there was none) or ValueError (they are damaged)."""
    path = out / "grades.json"
    try:
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
        _total(results, "strict")  # all parts are there
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is damaged, or of another version. Run grade again: it writes it anew.") from None
    return results


def differences(before: list[Record], after: list[Record]) -> list[str]:
    """What changed between two gradings, a line for each check."""

    def checks(results: list[Record]) -> dict[tuple[str, str, str], tuple[str, float]]:
        return {(r["student"], r["lab"], c["id"]): (_status(c), c["earned"]) for r in results for c in r["checks"]}

    old, lines = checks(before), []
    for key, (status, earned) in checks(after).items():
        was, had = old.get(key, ("not graded", 0.0))
        if (was, had) != (status, earned):
            lines.append(_printable(f"{', '.join(key)}: {was} -> {status} ({earned - had:+g} points)"))
    return lines


def page_of(student: str) -> str:
    """Where a student's page lies, below the folder of the results."""
    name = re.sub(r"[^\w-]+", "_", student)[:40]
    if name != student.lower():  # some disks take ANA for ana
        name += "-" + hashlib.sha256(student.encode("utf-8", "backslashreplace")).hexdigest()[:6]
    return f"students/{name}.html"


def _status(check: Record) -> str:
    return "passed" if check["follow_on"] else check["status"]


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _cell(value: Any) -> str:
    """A value for a table: numbers as they are, and no text that a spreadsheet takes for a formula."""
    text = "" if value is None else _printable(str(value))
    text = text[:LONGEST] + "…" * (len(text) > LONGEST)
    return text if re.fullmatch(r"[-+]?\d+([.,]\d*)?", text) else re.sub(START + FORMULA, r"\1'", text)


def _by(key: str, results: list[Record]) -> dict[str, list[Record]]:
    groups = defaultdict[str, list[Record]](list)
    for result in results:
        groups[result[key]].append(result)
    return groups


def _by_row(results: list[Record]) -> dict[str, Record]:
    """The answers by the ids of their rows. An id means this text by this student; it has letters only, and no e."""
    rows = {}
    for result in results:
        for answer in result["answers"]:
            answer |= {"student": result["student"], "lab": result["lab"], "comment": answer.get("comment", "")}
            what = json.dumps([answer[key] for key in ("student", "lab", "id", "text")])
            digits = hashlib.sha256(what.encode()).hexdigest()[:12]
            answer["row"] = digits.translate(str.maketrans("0123456789abcdef", "bcdfghjkmnpqrstv"))
            rows[answer["row"]] = answer
    return rows


def _read_answers(path: Path, answers: dict[str, Record]) -> list[dict[str, str]]:
    """The rows of answers.csv, whatever a spreadsheet made of it. Raises ValueError: it is no such table."""
    content = path.read_bytes() if path.exists() else ",".join(COLUMNS).encode()
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:  # of the old code pages the one that shows most names and answers
        known = {answer[key] for answer in answers.values() for key in ("student", "text")}
        texts = [content.decode(page, "replace") for page in ("cp1250", "cp1252", "mac_roman")]
        text = max(texts, key=lambda text: sum(one in text for one in known))
    first = re.split("[\r\n]", text)[0].replace('"', "")
    delimiter = max(",;\t", key=lambda mark: len(COLUMNS.keys() & first.split(mark)))
    try:
        header, *rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)) or [[]]
    except csv.Error as error:
        raise ValueError(f"A quotation mark is missing or too many ({error}).") from None
    if any(header.count(name) != 1 for name in ("id", "points", "comment")):
        raise ValueError("Its first row must name the columns, among them id, points and comment, each once.")
    plain = [[re.sub(START + "'" + FORMULA, r"\1", cell).strip() for cell in row] for row in rows]
    return [dict(zip(header, [*row, *[""] * len(header)], strict=False)) for row in plain]


def _take_over(path: Path, answers: dict[str, Record], merging: bool) -> list[Record]:
    """Take points and comments from answers.csv into the answers. Returns what was typed for other answers.

    Raises ValueError, which lists the rows that are wrong; all others are taken over.
    """
    wrong, others, seen = [], dict[str, Record](), dict[str, Record]()
    for number, row in enumerate(_read_answers(path, answers), 2):
        name, points = row["id"].removeprefix(OLD), row["points"]
        answer = answers.get(name)
        earned = float(pd.to_numeric(points.replace(",", "."), errors="coerce")) if points else None
        typed = {"earned": earned, "comment": row["comment"]}
        place = f"Row {number}, {(answer or row).get('student', '')}:"
        if not (answer or points or row["comment"]):
            continue
        if not answer and (not name or (merging and name == row["id"])):
            wrong.append(f"{place} no answer has the id {name!r}. Put it right, or run grade: it keeps the row.")
        elif seen.setdefault(name, typed) != typed:
            wrong.append(f"{place} the id {name!r} is there twice, with different points or comments.")
        elif answer and earned is not None and not 0 <= earned <= answer["points"]:
            wrong.append(f"{place} points are {points!r}; expected 0 to {answer['points']:g}.")
        elif answer:
            answer |= typed
        else:
            old = {"row": OLD + name, "task": "no current answer", "earned": points}
            others[name] = {key: row.get(column, "") for column, key in COLUMNS.items()} | old
    if wrong:
        raise ValueError("\n".join(wrong))
    return list(others.values())


def _write_answers(path: Path, answers: list[Record]) -> None:
    """Write answers.csv. What was there stays beside it, if a teacher had typed anything into it."""
    if old := [f"{row['student']} ({row['lab']}, {row['id']})" for row in answers if row["row"].startswith(OLD)]:
        print(f"Kept at the end of {path}, though the answers are gone: {', '.join(old)}.", file=sys.stderr)
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *([_cell(row[key]) for key in COLUMNS.values()] for row in answers)])
    content = text.getvalue().encode("utf-8-sig")
    typed = any(row.keys() - COLUMNS or row["points"] or row["comment"] for row in _read_answers(path, {}))
    if typed and path.read_bytes() != content:
        write_atomically(path.with_name(f"{path.name}.bak"), path.read_bytes())
    write_atomically(path, content)


def _total(results: list[Record], key: str = "earned") -> float:
    """Points of checks and answers; with the key "strict" of a student's code alone."""
    checks = sum(check[key] for result in results for check in result["checks"])
    return checks + sum(answer["earned"] or 0.0 for result in results for answer in result["answers"])


def _left(results: list[Record]) -> float:
    """Points of the answers that wait for a human."""
    return sum(a["points"] for r in results for a in r["answers"] if a["earned"] is None and a["text"])


def _reasons(results: list[Record]) -> list[str]:
    """Why a human should look at a student, each with its lab."""
    reasons = [": ".join(filter(None, (result["lab"], reason))) for result in results for reason in result["human"]]
    more = len(reasons) - MOST_REASONS
    return [*reasons[:MOST_REASONS], f"and {more} more"] if more > 0 else reasons


def _grades(results: list[Record]) -> pd.DataFrame:
    """A row per student, a column per task, totals, and why a human should look."""
    tasks: list[Record] = []
    totals: list[Record] = []
    for student, own in _by("student", results).items():
        row: Record = {"student": _cell(student)}
        for result in own:
            for part in sorted([*result["checks"], *result["answers"]], key=lambda part: part["place"]):
                task = _cell(f"{result['lab']}: {part['task']}")
                row[task] = row.get(task, 0.0) + (part["earned"] or 0.0)
        tasks.append(row)
        row = {"total": _total(own), "strict total": _total(own, "strict"), "to grade by hand": _left(own)}
        why = " | ".join(_reasons(own))
        totals.append(row | {"needs a human": "yes" if why else "", "why": _cell(why)})
    return pd.DataFrame(tasks).join(pd.DataFrame(totals))


def _lab(results: list[Record]) -> Record:
    """What the overview shows of one lab: how many earn the points of each task, and who passes which check."""
    rows = [check | {"student": number} for number, result in enumerate(results) for check in result["checks"]]
    if not rows:
        return {"results": results, "mean": 0.0, "tasks": [], "checks": []}
    checks = pd.DataFrame(rows).assign(passed=[_status(check) == "passed" for check in rows])
    tasks, table = [], []
    points = checks.groupby(["student", "task"], sort=False)[["earned", "points"]].sum()
    for task, own in points.groupby("task", sort=False):
        counts = {"all": sum(own["earned"] == own["points"]), "none": sum(own["earned"] == 0)}
        tasks.append({"task": task, "share": own["earned"].sum() / (own["points"].sum() or 1), **counts})
    for (name, task), own in checks.groupby(["id", "task"], sort=False):
        said = [*own.loc[~own["passed"], "message"].mode(), ""][0]
        table.append({"id": name, "task": task, "share": own["passed"].mean(), "message": _printable(said[:300])})
    return {"results": results, "mean": checks["earned"].sum() / len(results), "tasks": tasks, "checks": table}
