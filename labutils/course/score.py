"""What a run is worth: from its records to points, notes for the student, and reasons for a human to look."""

import re
from collections.abc import Iterator
from typing import Any

from labutils.course.cells import Lab
from labutils.course.collect import Submission
from labutils.course.rebuild import Rebuilt
from labutils.course.scan import suspicious

CODED = re.compile(r"[A-Za-z0-9+/=_-]{120,}")
"""So many letters without a space are no message."""

WITHHELD = "The message is withheld until your teacher has looked at your code."


def score(lab: Lab, submission: Submission, rebuilt: Rebuilt, outcome: dict[str, Any]) -> dict[str, Any]:
    """What a student's notebook is worth, as plain data: the content of a report.

    Args:
        outcome: of the notebook's runs, as from `run_job`.
    """
    hidden = sorted({line for cell in lab.cells.values() for line in cell.hidden_lines}, key=len, reverse=True)
    found = suspicious(
        {step.id: step.source for step in rebuilt.steps if step.role == "student"},
        [cell.source for cell in lab.cells.values() if cell.code and cell.role == "given"],
    )
    records, clean = (
        {name: _redacted(record, hidden, bool(found)) for name, record in outcome[key].items()}
        for key in ("records", "clean")
    )
    own = [step.id for step in rebuilt.steps if step.role == "student"]
    errors = [records[name] for name in own if name in records and records[name]["status"] != "passed"]
    checks = _checks(lab, rebuilt, records, outcome["follow_on"], {record["id"] for record in errors})
    notes, human = [*submission.notes, *rebuilt.notes], [*submission.human]
    for change, places in _changes(records).items():
        text = (
            f"Your code had changed {change}, which the course relies on; it was put back before {', '.join(places)}."
        )
        (notes if change.startswith("the name ") else human).append(text)
    human += [outcome["error"]] if outcome["error"] else []
    human += [*_reasons(rebuilt, records, clean), *found]
    for name, record in outcome["records"].items():
        if len(set("".join(CODED.findall(record["message"] + record["traceback"])))) > 16:
            human.append(f"{name}: its message looks like something in code. Read it before you hand the page back.")
    human = list(dict.fromkeys(human))
    answers = [
        {"id": c.id, "place": n, "task": c.task, "points": c.points, "text": rebuilt.answers[c.id], "earned": None}
        for n, c in enumerate(lab.cells.values())
        if c.role == "answer"
    ]
    return {
        "student": submission.student, "lab": lab.name, "title": lab.title, "file": submission.file,
        "checks": checks, "answers": answers, "notes": list(dict.fromkeys(notes)), "human": human,
        "errors": [{"id": r["id"], "message": r["message"], "traceback": r["traceback"]} for r in errors],
        "seconds": outcome["seconds"], "isolated": outcome["isolated"],
    }  # fmt: skip


def _checks(
    lab: Lab,
    rebuilt: Rebuilt,
    records: dict[str, Any],
    follow_on: dict[str, list[str]],
    broken: set[str],
) -> list[dict[str, Any]]:
    """Each check with its status and points. `broken` names the student's cells that stopped with an error."""
    feeds = {step.id: step.feeds for step in rebuilt.steps}
    broken_feeds = {feeds[name] for name in broken}
    checks = []
    for place, cell in enumerate(lab.cells.values()):
        if cell.role != "check":
            continue
        record = records.get(cell.id, {"status": "not run", "message": "The run ended before it."})
        feed = feeds.get(cell.id, "")
        status = {"died": "kernel died", "hung": "timed out"}.get(record["status"], record["status"])
        if status == "failed":
            status = "open" if feed in rebuilt.untouched else "error before it" if feed in broken_feeds else "failed"
        strict = cell.points if status == "passed" else 0.0
        replaced = ", ".join(dict.fromkeys(follow_on.get(cell.id, [])))
        checks.append({
            "id": cell.id, "place": place, "task": cell.task, "points": cell.points, "status": status,
            "earned": cell.points if replaced else strict, "strict": strict,
            "follow_on": f"with the course's {replaced}" if replaced else "", "message": record["message"],
            "traceback": record.get("traceback", ""), "seconds": record.get("seconds", 0.0),
            "hints": lab.cells[feed].hints if feed in lab.cells and status != "passed" else "",
        })  # fmt: skip
    return checks


def _changes(records: dict[str, Any]) -> dict[str, list[str]]:
    """What student code had changed -> before which cells it was put back."""
    changed: dict[str, list[str]] = {}
    for record in records.values():
        for change in record["changes"]:
            changed.setdefault(change, []).append(record["id"])
    return changed


def _reasons(rebuilt: Rebuilt, records: dict[str, Any], clean: dict[str, Any]) -> Iterator[str]:
    """Why a human should look at the runs."""
    lost = [n for n, step in enumerate(rebuilt.steps) if step.role == "check" and _failed(records, step.id)]
    excused = False
    for place, step in enumerate(rebuilt.steps):
        record = records.get(step.id, {"status": "passed", "message": ""})  # the run ended before it
        excused = excused or step.id in rebuilt.untouched
        if record["status"] in ("died", "hung", "timed out", "void", "not run"):
            yield f"{step.id}: {record['message']}"
        elif step.role == "given" and record["status"] == "failed" and not excused and lost and lost[-1] > place:
            yield f"The course's own cell {step.id} failed, though all before it is right: {record['message']}"
        excused = excused or ((step.id == step.feeds or step.role == "check") and _failed(records, step.id))
    for check, record in clean.items():
        if record["status"] != "passed":
            said = f"{record['status']}. {record['message'][:200]}"
            yield f"{check} passes only with the student's extra cells. Without them: {said}"


def _failed(records: dict[str, Any], name: str) -> bool:
    return name in records and records[name]["status"] != "passed"


def _redacted(record: dict[str, Any], hidden: list[str], withheld: bool) -> dict[str, Any]:
    """A record without the hidden tests. Whoever tries tricks may have put them into a message in disguise."""
    if withheld and hidden and record["status"] == "failed":
        return record | {"message": WITHHELD, "traceback": ""}
    texts = {key: record.get(key, "") for key in ("message", "traceback")}
    for line in hidden:
        texts = {key: text.replace(line, "[hidden test]") for key, text in texts.items()}
    return record | texts
