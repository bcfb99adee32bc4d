"""The student edition of a notebook, the proof that it gives nothing away, and the labs of a release."""

import hashlib
import json
import re
from pathlib import Path

import nbformat

from labutils.course.cells import HIDDEN, REGION, REPOSITORY, Handed, Lab, read_labs
from labutils.course.rebuild import rebuild, rests_on

MARKER = ".released.json"  # how a release was made: `repo`, `branch`, `labs`, and `files`, each with its hash


def edition(lab: Lab, repo: str = "", branch: str = "main") -> nbformat.NotebookNode:
    """The student edition, without solutions, hidden tests, model answers and outputs.

    Its set-up cell knows the address of the repository, its title has a badge for Colab, its checks bear their names.
    """
    notebook, solved = nbformat.v4.new_notebook(), lab.solved
    kept = ("kernelspec", "language_info", "accelerator", "colab")
    notebook.metadata |= {key: solved.metadata[key] for key in kept if key in solved.metadata}
    stamps, shown = check_stamps(lab), badge(lab, repo, branch)
    for node, cell in zip(solved.cells, lab.cells.values(), strict=True):
        make = nbformat.v4.new_code_cell if cell.code else nbformat.v4.new_markdown_cell
        metadata = {key: node.metadata[key] for key in ("nbgrader", "tags") if key in node.metadata}
        if cell.role in ("given", "check") and cell.locked:
            metadata["editable"] = False
        if cell.role == "check" or "fixture" in metadata.get("tags", []):  # one quiet line
            metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
        metadata["deletable"] = False
        source = stamps.get(cell.id, "") + cell.stub
        if cell.id == "setup":
            source = REPOSITORY.sub(lambda _: f"REPOSITORY = {json.dumps(repo)}", source)
        elif shown and not notebook.cells:
            source = re.sub(r"^# .*$", lambda title: f"{title[0]}\n\n{shown}", source, count=1, flags=re.M)
        notebook.cells.append(make(source, id=node.id, metadata=metadata))
    return notebook


def path_of(lab: Lab) -> str:
    """Where a lab's notebook lies in the edition."""
    return f"notebooks/{lab.name}.ipynb"


def notebook_text(lab: Lab, repo: str, branch: str) -> str:
    """The content of the edition's notebook."""
    return nbformat.writes(edition(lab, repo, branch)) + "\n"


def badge(lab: Lab, repo: str, branch: str) -> str:
    """Colab opens what lies on GitHub; for other addresses there is no badge."""
    github = re.fullmatch(r"(?:https?://|git@)github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?", repo)
    if not github:
        return ""
    address = f"https://colab.research.google.com/github/{github[1]}/blob/{branch}/{path_of(lab)}"
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({address})"


def check_stamps(lab: Lab) -> dict[str, str]:
    """Check -> what stands above it: its title on Colab, its name, and the checks that ought to pass before it.

    The title is the number of the task and the heading above; the second line is for `labutils.checks`.
    """
    steps = rebuild(lab, [Handed(cell.code, cell.source, cell.id) for cell in lab.cells.values()]).steps
    rests, checks = rests_on(steps, direct=True), [step for step in steps if step.role == "check"]
    stamps, names, heading, titles = dict[str, str](), dict[str, str](), "", list[str]()
    for cell in lab.cells.values():
        for found in re.findall(r"^#{2,6} +(.*)$", cell.source, re.M) if not cell.code else []:
            heading = re.sub(r"^(Task )?\d[\w.]*:? *", "", found)
        if cell.role == "check":
            titles.append(f"Check {cell.task.removeprefix('Task ')}: {heading[:1].upper()}{heading[1:]}")
            names[cell.id] = titles[-1] + (f" ({titles.count(titles[-1])})" if titles[-1] in titles[:-1] else "")
            earlier = [other.id for other in checks if other.feeds in rests.get(cell.id, [])]
            before = ", ".join(f"{other} [{names[other]}]" for other in earlier)
            stamps[cell.id] = f"#@title {names[cell.id]}\n# {cell.id}{', rests on ' if before else ''}{before}\n"
    return stamps


def prove_text(lab: Lab) -> None:
    """Prove that the edition gives nothing away. Raises ValueError, which says where it does."""
    everything = "\n".join(_squeezed(cell.stub) for cell in lab.cells.values())
    for cell in lab.cells.values():
        secrets = [*REGION.findall(cell.source), *HIDDEN.findall(cell.source)]
        if cell.role == "solution" and not secrets:
            raise ValueError(f"{lab.name}, {cell.id}: no ### BEGIN SOLUTION ... ### END SOLUTION.")
        if cell.role == "answer":
            secrets.append(re.sub(r"^\*\*.*?\*\*", "", cell.source))
        stub, given = _squeezed(cell.stub), _squeezed(REGION.sub("", HIDDEN.sub("", cell.source)))
        for secret in secrets:
            leaks = [line for line in map(_squeezed, secret.splitlines()) if line in stub and line not in given]
            leaks += [_squeezed(secret)] if _squeezed(secret) in everything else []
            for leak in leaks:
                if len(leak) > 20:
                    raise ValueError(f"{lab.name}: what {cell.id} hides stands in the student edition: {leak}")
    if re.search(r"### (BEGIN|END) ", everything):
        raise ValueError(f"{lab.name}: marks of solutions or hidden tests are left in the student edition.")


def released_labs(release: Path, notebooks: Path) -> list[Lab]:
    """The solved labs of a release. Raises FileNotFoundError (it is none) or ValueError (they are others by now)."""
    try:
        marker = json.loads((release / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"{release} is no student edition: make it with `release {release}`.") from None
    labs = read_labs(notebooks, marker["labs"])
    for lab in labs:
        now = notebook_text(lab, marker["repo"], marker["branch"])
        if hashlib.sha256(now.encode()).hexdigest() != marker["files"].get(path_of(lab)):
            why = f"{lab.name} was changed after {release} was made from it."
            raise ValueError(f"{why} Run `release {release}` again, then grade.")
    return labs


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
