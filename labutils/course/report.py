"""What the teacher and the students get: tables, a page for each student, an overview of the class."""

import base64
import csv
import hashlib
import io
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import seaborn as sns
from jinja2 import Environment, FileSystemLoader

from labutils.plots.style import COLOURS, new_figure
from labutils.runtime import write_atomically

STATUS = {
    "passed": "passed",
    "failed": "failed",
    "error before it": "failed: your cell stopped with an error",
    "open": "not filled in yet",
    "timed out": "took too long",
    "kernel died": "the kernel died",
    "void": "does not count yet: a human will look",
    "not run": "not run",
}
"""Status of a check -> what a student reads."""

ANSWERS = ["student", "lab", "answer", "task", "most", "points", "comment", "text"]
"""Columns of answers.csv; the teacher fills in points and comment."""


def write_reports(out: Path, results: list[dict[str, Any]]) -> None:
    """Write grades.json, grades.csv, answers.csv, overview.html and students/*.html.

    Points for answers that were filled in into answers.csv are merged, as long as the answer is the same.

    Raises:
        ValueError: answers.csv holds points that are no number, or outside the range.
    """
    by_hand = _read_answers(out / "answers.csv")
    for result in results:
        for answer in result["answers"]:
            key = (_cell(result["student"]), result["lab"], answer["id"], _cell(answer["text"]))
            answer["earned"], answer["comment"] = by_hand.get(key, (None, ""))
    write_atomically(out / "grades.json", json.dumps({"results": results}, indent=1, ensure_ascii=False).encode())
    write_atomically(out / "grades.csv", _grades(results).to_csv().encode("utf-8-sig"))
    rows = [
        (r["student"], r["lab"], a["id"], a["task"], a["points"], "" if a["earned"] is None else a["earned"],
         a["comment"], a["text"])
        for r in results
        for a in r["answers"]
    ]  # fmt: skip
    text = io.StringIO()
    csv.writer(text).writerows([ANSWERS, *([_cell(value) for value in row] for row in rows)])
    write_atomically(out / "answers.csv", text.getvalue().encode("utf-8-sig"))
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
    for student in dict.fromkeys(result["student"] for result in results):
        own = [_for_page(result) for result in results if result["student"] == student]
        page = templates.get_template("student.html").render(title=student, student=student, results=own)
        write_atomically(out / page_of(student), page.encode("utf-8", "replace"))
    page = templates.get_template("overview.html").render(title="Class overview", **_overview(results))
    write_atomically(out / "overview.html", page.encode("utf-8", "replace"))


def read_results(out: Path) -> list[dict[str, Any]]:
    """The results of the last grading. Raises FileNotFoundError if there was none."""
    path = out / "grades.json"
    if not path.exists():
        raise FileNotFoundError(f"{out} holds no grades.json: grade the class first.")
    return json.loads(path.read_text(encoding="utf-8"))["results"]


def differences(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    """What changed between two gradings, a line for each check."""

    def checks(results: list[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
        return {(r["student"], r["lab"], c["id"]): c for r in results for c in r["checks"]}

    old, lines = checks(before), []
    for key, check in checks(after).items():
        was = old.get(key, {"status": "not graded", "earned": 0.0})
        if (was["status"], was["earned"]) != (check["status"], check["earned"]):
            change = check["earned"] - was["earned"]
            lines.append(f"{key[0]}, {key[1]}, {key[2]}: {was['status']} -> {check['status']} ({change:+g} points)")
    return lines


def page_of(student: str) -> str:
    """Where a student's page lies, below the folder of the results."""
    name = re.sub(r"[^\w-]+", "_", student)[:60]
    if name != student:
        name += "-" + hashlib.sha256(student.encode("utf-8", "replace")).hexdigest()[:6]
    return f"students/{name}.html"


def _cell(value: Any) -> str:
    """A value for a spreadsheet, where text that looks like a formula must not become one."""
    text = str(value)
    return f"'{text}" if text[:1] in tuple("=+-@\t") and not re.fullmatch(r"[-+]?\d+(\.\d*)?", text) else text


def _read_answers(path: Path) -> dict[tuple[str, ...], tuple[float, str]]:
    if not path.exists():
        return {}
    given: dict[tuple[str, ...], tuple[float, str]] = {}
    text = path.read_text(encoding="utf-8-sig")
    dialect = csv.Sniffer().sniff(text.splitlines()[0], ",;\t")  # a spreadsheet may have saved it its own way
    for number, row in enumerate(csv.DictReader(io.StringIO(text), dialect=dialect), 2):
        points = (row.get("points") or "").strip().replace(",", ".")
        if not points and not row.get("comment"):
            continue
        where = f"{path}, line {number} ({row.get('student')}, {row.get('answer')})"
        try:
            value, most = float(points), float(row["most"].replace(",", "."))
        except (ValueError, KeyError, AttributeError):
            raise ValueError(f"{where}: points are {points!r}; write a number.") from None
        if not 0 <= value <= most:
            raise ValueError(f"{where}: {value:g} points; expected 0 to {most:g}.")
        given[row["student"], row["lab"], row["answer"], row["text"]] = (value, row.get("comment") or "")
    return given


def _total(result: dict[str, Any]) -> float:
    return sum(part["earned"] or 0.0 for part in [*result["checks"], *result["answers"]])


def _left(result: dict[str, Any]) -> float:
    """Points of the answers that wait for a human."""
    return sum(answer["points"] for answer in result["answers"] if answer["earned"] is None and answer["text"])


def _of(student: str, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result for result in results if result["student"] == student]


def _grades(results: list[dict[str, Any]]) -> pd.DataFrame:
    """A row per student, a column per task, totals, and why a human should look."""
    rows: dict[str, dict[str, Any]] = {}
    for student in dict.fromkeys(result["student"] for result in results):
        own, row = _of(student, results), rows.setdefault(_cell(student), {})
        for result in own:
            for part in sorted([*result["checks"], *result["answers"]], key=lambda part: part["place"]):
                task = f"{result['lab']}: {part['task']}"
                row[task] = row.get(task, 0.0) + (part["earned"] or 0.0)
        why = [f"{result['lab']}: {reason}" for result in own for reason in result["human"]]
        rows[_cell(student)] = row | {
            "total": sum(map(_total, own)),
            "to grade by hand": sum(map(_left, own)),
            "needs a human": "yes" if why else "",
            "why": _cell(" | ".join(why)),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("student")
    last = ["total", "to grade by hand", "needs a human", "why"]
    return table[[name for name in table if name not in last] + last]


def _for_page(result: dict[str, Any]) -> dict[str, Any]:
    kinds = {"passed": "passed", "open": "open", "void": "open", "not run": "open"}
    checks = [
        check | {"status_text": STATUS[check["status"]], "kind": kinds.get(check["status"], "failed")}
        for check in result["checks"]
    ]
    graded = sum(p["points"] for p in [*checks, *result["answers"]] if p["earned"] is not None)
    return result | {"checks": checks, "earned": _total(result), "graded": graded, "open_points": _left(result)}


def _overview(results: list[dict[str, Any]]) -> dict[str, Any]:
    names = dict.fromkeys(result["lab"] for result in results if result["lab"])
    students = []
    for student in dict.fromkeys(result["student"] for result in results):
        own = _of(student, results)
        students.append(
            {
                "student": student,
                "page": quote(page_of(student)),
                "labs": {result["lab"]: f"{_total(result):g}" for result in own if result["lab"]},
                "total": sum(map(_total, own)),
                "human": "\n".join(reason for result in own for reason in result["human"]),
            }
        )
    return {
        "labs": [_lab([result for result in results if result["lab"] == name]) for name in names],
        "students": students,
        "date": datetime.now().strftime("%d %B %Y, %H:%M"),
        "isolated": all(result["isolated"] for result in results),
    }


def _lab(results: list[dict[str, Any]]) -> dict[str, Any]:
    """What the overview says about one lab."""
    checks = pd.DataFrame([check | {"student": r["student"]} for r in results for check in r["checks"]])
    checks["passed"] = checks["status"] == "passed"
    passed = checks.groupby("id", sort=False)["passed"].mean()
    missed = []
    for check, share in passed.sort_values(kind="stable").items():
        those = checks[checks["id"] == check]
        messages = those.loc[~those["passed"], "message"].mode()
        message = messages.iloc[0][:300] if len(messages) else ""
        missed.append({"id": check, "task": those["task"].iloc[0], "share": share, "message": message})
    return {
        "name": results[0]["lab"],
        "title": results[0]["title"],
        "count": len(results),
        "mean": checks["earned"].sum() / len(results),
        "most": sum(check["points"] for check in results[0]["checks"]),
        "by_hand": sum(answer["points"] for answer in results[0]["answers"]),
        "missed": missed,
        "figure": _figure(checks, passed),
    }


def _figure(checks: pd.DataFrame, passed: pd.Series) -> str:
    """Left: how many students earn which share of a task. Right: who passes which check. A PNG in base64."""
    tasks = checks.groupby(["student", "task"], sort=False)[["earned", "points"]].sum().reset_index()
    tasks["share"] = tasks["earned"] / tasks["points"]
    counts = tasks.groupby(["task", "share"], sort=False).size().rename("students").reset_index()
    order = list(dict.fromkeys(checks["task"]))
    fig = new_figure(11, max(2.5, 0.42 * max(len(order), len(passed)) + 1))
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.2))
    place = pd.Categorical(counts["task"], order)
    sns.scatterplot(
        counts, x="share", y=place, size="students", sizes=(150, 600), ax=left, legend=False, color=COLOURS["sky"]
    )
    for task, share, students in counts.itertuples(index=False):
        left.annotate(students, (share, order.index(task)), ha="center", va="center", fontsize=8)
    left.set(
        xlim=(-0.1, 1.1), xlabel="share of the task's points", ylabel="", title="Students by points in each task"
    )
    left.set_ylim(len(order) - 0.4, -0.6)
    sns.barplot(x=passed.values, y=passed.index, ax=right, color=COLOURS["green"], errorbar=None)
    right.set(xlim=(0, 1), xlabel="share of students who pass", ylabel="", title="Checks passed")
    sns.despine(fig)
    fig.tight_layout()
    image = io.BytesIO()
    fig.savefig(image, format="png", dpi=120)
    return base64.b64encode(image.getvalue()).decode()
