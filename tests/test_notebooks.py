"""The house rules of the notebooks: metadata, headings, formulas, stored outputs."""

import ast
import builtins
import io
import re
import symtable
from contextlib import redirect_stdout
from itertools import pairwise

import nbformat
import pytest

from labutils.course.cells import REGION, Lab
from labutils.course.syntax import binds
from labutils.handoff import REFERENCE
from tests.notebook_tools import LABS, PATHS, compiled, grade_info, is_check, is_solution, notebook_space, read

pytestmark = pytest.mark.parametrize("lab", LABS)

KEYS = {"grade", "solution", "locked", "task", "grade_id", "schema_version"}
TAGS = {"train", "figure", "fixture", "predict"}


def code(lab):
    return [cell for cell in read(lab).cells if cell.cell_type == "code"]


def prose(lab):
    return [cell for cell in read(lab).cells if cell.cell_type == "markdown"]


def headings(lab):
    """(level, text) of all headings, code blocks left out."""
    text = "\n\n".join(re.sub(r"```.*?```", "", cell.source, flags=re.S) for cell in prose(lab))
    return [(len(m[1]), m[2].strip()) for m in re.finditer(r"^(#+) (.*)$", text, re.M)]


def printed(lab):
    outputs = [output for cell in code(lab) for output in cell.outputs]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def test_format(lab):
    notebook = read(lab)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_models_that_it_loads_are_among_the_results_of_the_course(lab):
    source = "\n".join(cell.source for cell in code(lab))
    loaded, saved = (re.findall(rf'{what}_model\("(\w+)"', source) for what in ("load", "save"))
    for name in set(loaded) - set(saved):
        assert (REFERENCE / f"{name}.npz").is_file()


def test_every_cell_has_a_stable_name_and_one_role(lab):
    names = []
    for cell in read(lab).cells:
        info = grade_info(cell)
        assert info.keys() >= KEYS, cell.source[:80]
        assert info["schema_version"] == 3
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", info["grade_id"])
        assert set(cell.metadata.get("tags", [])) <= TAGS
        assert info["locked"] == (not info["solution"] and "predict" not in cell.metadata.get("tags", []))
        assert ("points" in info) == info["grade"]
        names.append(info["grade_id"])
    assert len(set(names)) == len(names)


def test_solutions_have_a_region_a_hint_and_a_check(lab):
    cells = code(lab)
    for place, cell in enumerate(cells):
        marks = re.findall(r"### (BEGIN|END) SOLUTION", cell.source)
        assert marks == ["BEGIN", "END"] * (len(marks) // 2)
        assert bool(marks) == is_solution(cell)
        if is_solution(cell):
            assert re.search(r"# Hints?:", cell.source), cell.source[:80]
            after = [c for c in cells[place + 1 :] if "fixture" not in c.metadata.get("tags", [])]  # what checks need
            assert is_check(after[0])
            assert f"check-{cell.id}" in [other.id for other in cells[place + 1 :]]


def test_questions_and_answers_come_in_pairs(lab):
    answers = [cell.id for cell in prose(lab) if grade_info(cell)["solution"]]
    assert answers
    assert answers == [cell.id.replace("question", "answer") for cell in prose(lab) if cell.id.startswith("question")]
    for cell in prose(lab):
        if cell.id in answers:
            assert len(cell.source) > 100
            assert grade_info(cell)["points"] > 0


def test_table_of_tasks_adds_up_and_its_links_lead_somewhere(lab):
    title = read(lab).cells[0].source
    rows = re.findall(r"^\| *\[(\d(?:\.\w+)?)\]\(#([^)]+)\) *\|.*\| *([\d +]+) *\|$", title, re.M)
    total = int(re.search(r"\*\*together\*\* *\| *\*\*(\d+)\*\*", title)[1])
    assert sum(eval(points) for _, _, points in rows) == total
    assert sum(grade_info(cell)["points"] for cell in read(lab).cells if grade_info(cell)["grade"]) == total
    anchors = {text.replace(" ", "-"): text for _, text in headings(lab)}
    for number, anchor, _ in rows:
        assert anchors[anchor].startswith(f"Task {number}:")
    tasks = [text for _, text in headings(lab) if text.startswith("Task ")]
    assert len(tasks) == len(rows)


def test_predictions_are_open_and_answered_by_the_run(lab):
    """A prediction is one name, still `...`, of this cell alone; a later cell shows it beside the result."""
    cells = code(lab)
    names = []
    for place, cell in enumerate(cells):
        if "predict" in cell.metadata.get("tags", []):
            assert cell.id.startswith("predict-")
            for line in cell.source.splitlines():
                name = re.fullmatch(r"(prediction_\w+) = \.\.\.  # .+", line)[1]
                after = "\n".join(later.source for later in cells[place + 1 :])
                assert re.search(rf"compare_prediction\([^\n]*\n?.*\b{name}\b", after), name
                names.append(name)
    assert len(set(names)) == len(names)


def test_headings_are_in_order(lab):
    levels = [level for level, _ in headings(lab)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_code_is_short_and_portable(lab):
    for cell in code(lab):
        lines = cell.source.splitlines()
        assert len(lines) <= 40, cell.id
        assert max(map(len, lines)) <= 118, cell.id
        assert not re.search(r"""["'](cuda|mps)|\.cuda\(|\.mps\(""", cell.source), cell.id
        assert not re.search(r"""["'](/|[A-Z]:\\|~)""", cell.source), cell.id
        assert "pip install" not in cell.source, cell.id
    assert sum(cell.source.count("seed_everything(") for cell in code(lab)) == 1


def test_checks_keep_their_names_to_themselves(lab):
    """A check's body is a function, and of the notebook it knows imports, the blanks and what the course defines."""
    known, modules = {"device"}, set()
    for cell in code(lab):
        tree = ast.parse(cell.source)
        if is_check(cell):
            assert len(tree.body) == 1, cell.id
            assert cell.source.startswith("@run_check\ndef _():\n"), cell.id
            table = symtable.symtable(cell.source, cell.id, "exec")
            free = {name for scope in scopes(table) for name in globals_of(scope)} - set(dir(builtins))
            assert free - {"run_check"} <= known | modules, cell.id
        elif is_solution(cell):
            known |= binds(tree)
        else:
            defined = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
            known |= {node.name for node in defined}
            imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
            modules |= binds(ast.Module(imports, []))


def scopes(table):
    yield from table.get_children()
    for child in table.get_children():
        yield from scopes(child)


def globals_of(table):
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}


def test_fixtures_look_up_what_students_write_when_they_are_called(lab):
    """A default would keep the class of an earlier run, and so checks would judge that one."""
    own = set()
    for cell in code(lab):
        tree = ast.parse(cell.source)
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            defaults = [*function.args.defaults, *filter(None, function.args.kw_defaults)]
            used = {node.id for default in defaults for node in ast.walk(default) if isinstance(node, ast.Name)}
            assert not ("fixture" in cell.metadata.get("tags", []) and used & own), (cell.id, function.name)
        own |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_checks_leave_the_notebook_as_it_was(lab):
    for cell in code(lab):
        if is_check(cell):
            space = notebook_space(lab, cell.id) | {"_": ""}
            before = dict(space)
            with redirect_stdout(io.StringIO()):
                exec(compiled(cell.source, cell.id), space)
            assert space.keys() == before.keys(), cell.id
            assert [name for name in before if space[name] is not before[name]] == [], cell.id


def test_no_other_cell_shows_a_line_of_a_solution(lab):
    published = {cell.id: squeezed(cell.stub) for cell in Lab(lab, read(lab)).cells.values()}
    for cell in code(lab):
        lines = [
            line.partition("  #")[0].strip() for region in REGION.findall(cell.source) for line in region.splitlines()
        ]
        for line in lines:
            if len(squeezed(line)) >= 24 and not line.endswith(("(", "[", "{")):
                assert [name for name, text in published.items() if squeezed(line) in text] == [], line


def squeezed(text):
    return re.sub(r"\s+", "", text)


def test_bands_are_closed(lab):
    """What our runs gave stands in a box that the student opens."""
    for cell in prose(lab):
        if cell.id.startswith("band"):
            assert re.match(r"<details>\s*<summary>Are you right\?.*</summary>\n\n", cell.source), cell.id
            assert cell.source.rstrip().endswith("</details>"), cell.id


def test_formulas_render_everywhere(lab):
    for cell in prose(lab):
        text = cell.source
        assert not re.search(r"\\\(|\\\[|\\bm\b|\\argm|\\newcommand", text), cell.id
        assert text.count("$$") % 2 == 0, cell.id
        for match in re.finditer(r"\$\$(.*?)\$\$", text, re.S):
            before, after = text[: match.start()], text[match.end() :]
            assert before.endswith("\n\n"), cell.id
            assert not after or after.startswith("\n\n"), cell.id
            assert match[1].startswith("\n"), cell.id
            assert match[1].endswith("\n"), cell.id
        inline = re.sub(r"\$\$.*?\$\$|```.*?```|`[^`]*`|\\\$", "", text, flags=re.S)
        assert inline.count("$") % 2 == 0, cell.id
        assert not [formula for formula in re.findall(r"\$[^$]+\$", inline) if "\n" in formula], cell.id
        assert not re.search(r"!\[\s*\]\(", text), cell.id
        assert "@@" not in text, cell.id


def test_stored_outputs_come_from_one_full_run(lab):
    cells = code(lab)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert printed(lab).startswith("full mode")
    if any("mnist_loaders(" in cell.source for cell in cells):
        assert "60,000 MNIST digits" in printed(lab)
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert "Warning" not in output.get("text", ""), cell.id
            assert "Path(" not in output.get("data", {}).get("text/plain", ""), cell.id  # of the machine that ran it
        if "figure" in cell.metadata.get("tags", []):
            shown = {kind for output in cell.outputs for kind in output.get("data", {})}
            assert shown & {"image/png", "image/gif"}, cell.id
        if is_check(cell):
            assert "✓" in "".join(output.get("text", "") for output in cell.outputs), cell.id


def test_size(lab):
    assert PATHS[lab].stat().st_size < 2_000_000
