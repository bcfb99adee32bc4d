"""What a run is worth: from its records to points, notes for the student, and reasons for a human to look."""

import re
from collections.abc import Iterator
from typing import Any

from labutils.course.cells import Lab
from labutils.course.collect import Submission
from labutils.course.rebuild import Rebuilt
from labutils.course.scan import suspicious

Record = dict[str, Any]
CODED = re.compile(r"[A-Za-z0-9+/=_-]{120,}")  # so many letters without a space are no message
WITHHELD = "The message is withheld until your teacher has looked at your code."


def score(lab: Lab, submission: Submission, rebuilt: Rebuilt, outcome: Record) -> Record:
    """What a student's notebook is worth after an `outcome` as from `run_job`: the content of a report."""
    own = {step.id: step.source for step in rebuilt.steps if step.role == "student"}
    found = suspicious(own, [cell.source for cell in lab.cells.values() if cell.code and cell.role == "given"])
    hidden = sorted({line for cell in lab.cells.values() for line in cell.hidden_lines}, key=len, reverse=True)
    records, clean = (
        {name: _redacted(record, hidden, bool(found)) for name, record in outcome[key].items()}
        for key in ("records", "clean")
    )
    failed = _failed(records)
    errors = [failed[name] for name in own if name in failed]
    notes, human = [*rebuilt.notes], [*submission.human]
    for change in dict.fromkeys(change for record in records.values() for change in record["changes"]):
        places = ", ".join(name for name, record in records.items() if change in record["changes"])
        text = f"Your code had changed {change}, which the course relies on; it was put back before {places}."
        (notes if change.startswith("the name ") else human).append(text)
    human += [outcome["error"]] if outcome["error"] else []
    human += [*_reasons(rebuilt, records, clean), *found]
    for name, record in outcome["records"].items():
        if len(set("".join(CODED.findall(record["message"] + record["traceback"])))) > 16:
            human.append(f"{name}: its message looks like something in code. Read it before you hand the page back.")
    answers = [
        {"id": c.id, "place": n, "task": c.task, "points": c.points, "text": rebuilt.answers[c.id], "earned": None}
        for n, c in enumerate(lab.cells.values())
        if c.role == "answer"
    ]
    return {
        "student": submission.student, "lab": lab.name, "title": lab.title, "file": submission.file,
        "checks": list(_checks(lab, rebuilt, records, outcome["follow_on"])), "answers": answers,
        "notes": list(dict.fromkeys(notes)), "human": list(dict.fromkeys(human)),
        "errors": [{key: record[key] for key in ("id", "message", "traceback")} for record in errors],
        "seconds": outcome["seconds"], "isolated": outcome["isolated"],
    }  # fmt: skip


def _checks(lab: Lab, rebuilt: Rebuilt, records: dict[str, Record], follow_on: dict[str, Any]) -> Iterator[Record]:
    """Each check with its status and points."""
    feeds, failed = {step.id: step.feeds for step in rebuilt.steps}, _failed(records)
    broken = {step.feeds for step in rebuilt.steps if step.role == "student" and step.id in failed}
    missing = {"status": "not run", "message": "The run ended before it.", "traceback": "", "seconds": 0.0}
    for place, cell in enumerate(lab.cells.values()):
        if cell.role != "check":
            continue
        record, feed = records.get(cell.id, missing), feeds.get(cell.id, "")
        status = {"died": "kernel died", "hung": "timed out"}.get(record["status"], record["status"])
        if status == "failed":
            status = "open" if feed in rebuilt.untouched else "error before it" if feed in broken else "failed"
        strict = cell.points if status == "passed" else 0.0
        replaced = ", ".join(dict.fromkeys(follow_on.get(cell.id, [])))
        yield {
            "id": cell.id, "place": place, "task": cell.task, "points": cell.points, "status": status,
            "earned": cell.points if replaced else strict, "strict": strict,
            "follow_on": f"with the course's {replaced}" if replaced else "", "message": record["message"],
            "traceback": record["traceback"], "seconds": record["seconds"],
            "hints": lab.cells[feed].hints if feed in lab.cells and status != "passed" else "",
        }  # fmt: skip


def _reasons(rebuilt: Rebuilt, records: dict[str, Record], clean: dict[str, Record]) -> Iterator[str]:
    """Why a human should look at the runs."""
    failed, excused = _failed(records), False
    lost = [place for place, step in enumerate(rebuilt.steps) if step.role == "check" and step.id in failed]
    for place, step in enumerate(rebuilt.steps):
        record = records.get(step.id, {"status": "passed", "message": ""})  # the run ended before it
        excused = excused or step.id in rebuilt.untouched
        if record["status"] in ("died", "hung", "timed out", "void", "not run"):
            yield f"{step.id}: {record['message']}"
        elif step.role == "given" and record["status"] == "failed" and not excused and lost and lost[-1] > place:
            yield f"The course's own cell {step.id} failed, though all before it is right: {record['message']}"
        excused = excused or ((step.id == step.feeds or step.role == "check") and step.id in failed)
    for check, record in _failed(clean).items():
        said = f"{record['status']}. {record['message'][:200]}"
        yield f"{check} passes only with the student's extra cells. Without them: {said}"


def _failed(records: dict[str, Record]) -> dict[str, Record]:
    return {name: record for name, record in records.items() if record["status"] != "passed"}


def _redacted(record: Record, hidden: list[str], withheld: bool) -> Record:
    """A record without the hidden tests. Whoever tries tricks may have put them into a message in disguise."""
    texts = {key: record[key] for key in ("message", "traceback")}
    if withheld and hidden and record["status"] == "failed":
        texts = {"message": WITHHELD, "traceback": ""}
    for line in hidden:
        texts = {key: text.replace(line, "[hidden test]") for key, text in texts.items()}
    return record | texts
