"""The student edition of a notebook, the proof that it gives nothing away, and the labs of a release."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import nbformat

from labutils.course.cells import HIDDEN, REGION, REPOSITORY, Handed, Lab, read_labs
from labutils.course.rebuild import rebuild, rests_on

MARKER = ".released.json"
"""What a release holds that `release` made, and how: `repo`, `branch`, `labs`, and `files`, each with its hash."""


def edition(lab: Lab, stamp: Callable[[str, str], str] = lambda _, source: source) -> nbformat.NotebookNode:
    """The student edition, without solutions, hidden tests, model answers and outputs.

    Args:
        stamp: changes a cell's source, given its id and the source.
    """
    notebook = nbformat.v4.new_notebook()
    for key in ("kernelspec", "language_info", "accelerator", "colab"):
        if key in lab.solved.metadata:
            notebook.metadata[key] = lab.solved.metadata[key]
    for node, cell in zip(lab.solved.cells, lab.cells.values(), strict=True):
        make = nbformat.v4.new_code_cell if cell.code else nbformat.v4.new_markdown_cell
        new = make(stamp(cell.id, cell.stub), id=node.id)
        for key in ("nbgrader", "tags"):
            if key in node.metadata:
                new.metadata[key] = node.metadata[key]
        if cell.role in ("given", "check") and cell.locked:
            new.metadata["editable"] = False
        if cell.role == "check" or "fixture" in node.metadata.get("tags", []):  # one quiet line
            new.metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
        new.metadata["deletable"] = False
        notebook.cells.append(new)
    return notebook


def path_of(lab: Lab) -> str:
    """Where a lab's notebook lies in the edition."""
    return f"notebooks/{lab.name}.ipynb"


def notebook_text(lab: Lab, repo: str, branch: str) -> str:
    """The content of the edition's notebook, with the address of the repository, a Colab badge, and named checks."""
    title, shown, stamps = next(iter(lab.cells)), badge(lab, repo, branch), check_stamps(lab)

    def stamp(name: str, source: str) -> str:
        if name == title and shown:
            source = re.sub(r"^(# .*)$", lambda found: f"{found[1]}\n\n{shown}", source, count=1, flags=re.M)
        if name == "setup":
            return REPOSITORY.sub(lambda _: f"REPOSITORY = {json.dumps(repo)}", source)
        return stamps.get(name, "") + source

    return nbformat.writes(edition(lab, stamp)) + "\n"


def badge(lab: Lab, repo: str, branch: str) -> str:
    """Colab opens what lies on GitHub; for other addresses there is no badge."""
    github = re.fullmatch(r"(?:https?://|git@)github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?", repo)
    if not github:
        return ""
    address = f"https://colab.research.google.com/github/{github[1]}/blob/{branch}/{path_of(lab)}"
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({address})"


def check_stamps(lab: Lab) -> dict[str, str]:
    """Check -> its title on Colab, and for `labutils.checks` its name and the checks that ought to pass before it."""
    titles = _titles(lab)
    steps = rebuild(lab, [Handed(cell.code, cell.source, cell.id) for cell in lab.cells.values()]).steps
    rests, checks = rests_on(steps, direct=True), [step for step in steps if step.role == "check"]
    stamps = {}
    for step in checks:
        before = [other.id for other in checks if other.feeds in rests.get(step.id, [])]
        stamps[step.id] = f"{titles[step.id]}# {step.id}{', rests on ' if before else ''}{', '.join(before)}\n"
    return stamps


def _titles(lab: Lab) -> dict[str, str]:
    """Check -> the line that Colab shows of it: the number of its task, and the heading above it."""
    titles, heading = dict[str, str](), ""
    for cell in lab.cells.values():
        for found in re.findall(r"^#{2,6} +(.*)$", cell.source, re.M) if not cell.code else []:
            heading = re.sub(r"^(Task )?\d[\w.]*:? *", "", found)
        if cell.role == "check":
            title = f"#@title Check {cell.task.removeprefix('Task ')}: {heading[:1].upper()}{heading[1:]}"
            again = sum(other.startswith(title) for other in titles.values())
            titles[cell.id] = f"{title} ({again + 1})\n" if again else f"{title}\n"
    return titles


def prove_text(lab: Lab) -> None:
    """Prove that the edition gives nothing away.

    Raises:
        ValueError: it does; the text says where.
    """
    everything = "\n".join(_squeezed(cell.stub) for cell in lab.cells.values())
    for cell in lab.cells.values():
        secrets = [*REGION.findall(cell.source), *HIDDEN.findall(cell.source)]
        if cell.role == "solution" and not secrets:
            raise ValueError(f"{lab.name}, {cell.id}: no ### BEGIN SOLUTION ... ### END SOLUTION.")
        if cell.role == "answer":
            secrets.append(re.sub(r"^\*\*.*?\*\*", "", cell.source))
        given = _squeezed(REGION.sub("", HIDDEN.sub("", cell.source)))
        for secret in secrets:
            lines = [_squeezed(line) for line in secret.splitlines()]
            leaks = [line for line in lines if line in _squeezed(cell.stub) and line not in given]
            leaks += [_squeezed(secret)] if _squeezed(secret) in everything else []
            for leak in leaks:
                if len(leak) > 20:
                    raise ValueError(f"{lab.name}: what {cell.id} hides stands in the student edition: {leak}")
    if re.search(r"### (BEGIN|END) ", everything):
        raise ValueError(f"{lab.name}: marks of solutions or hidden tests are left in the student edition.")


def released_labs(release: Path, notebooks: Path) -> list[Lab]:
    """The solved notebooks of the labs in a release.

    Raises:
        FileNotFoundError: it is no release.
        ValueError: it was made from other notebooks than these.
    """
    try:
        marker = json.loads((release / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"{release} is no student edition: make it with `release {release}`.") from None
    labs = read_labs(notebooks, marker["labs"])
    for lab in labs:
        now = notebook_text(lab, marker["repo"], marker["branch"])
        if hashlib.sha256(now.encode()).hexdigest() != marker["files"].get(path_of(lab)):
            raise ValueError(
                f"{lab.name} was changed after {release} was made from it. Run `release {release}` again, then grade."
            )
    return labs


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
