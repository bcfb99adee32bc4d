"""A lab of three tasks that runs in a blink: a sum, a mean, a running average; 10 points of checks, 2 by hand.

Built here, not stored as .ipynb, so that pytest does not take it for a lab of the course.
"""

from pathlib import Path

import nbformat

from labutils.course.release import release

CELLS = [
    ("title", "markdown", "# Tiny lab\n\nThree small functions.", {}),
    ("setup", "code", 'REPOSITORY = ""  # the address of the published course\nprint("ready")', {}),
    (
        "imports",
        "code",
        "import math\n\nimport matplotlib.pyplot as plt\nimport numpy as np\n\n"
        "from labutils.checks import CheckFailed, attempt, passed\nfrom labutils.runtime import add_to_class",
        {},
    ),
    ("task-1", "markdown", "## Task 1.1: the sum of squares\n\nAdd up the squares of all numbers.", {}),
    (
        "squares",
        "code",
        '''def sum_of_squares(numbers):
    """The sum of the squares. numbers: a list of floats -> float."""
    # Hint: a generator inside sum().
    ### BEGIN SOLUTION
    total = sum(number * number for number in numbers)
    ### END SOLUTION
    return total''',
        {"solution": True},
    ),
    ("helper", "code", "def probe_values():\n    return [1.5, -2.0, 3.0]", {}),
    (
        "check-squares",
        "code",
        """value = attempt(sum_of_squares, probe_values())
if not (type(value) in (float, int, np.float64) and math.isclose(value, 15.25)):
    raise CheckFailed(f"sum_of_squares([1.5, -2, 3]) is {value}, expected 15.25. Do you square each number?")
### BEGIN HIDDEN TESTS
hidden_value = attempt(sum_of_squares, [7.0, 0.5])
assert math.isclose(hidden_value, 49.25), "wrong for other numbers"
### END HIDDEN TESTS
passed("The sum is right.")""",
        {"points": 3},
    ),
    ("task-2", "markdown", "## Task 1.2: a class that grows\n\nThe mean and its spread.", {}),
    (
        "series-class",
        "code",
        "class Series:\n    def __init__(self, values):\n        self.values = np.asarray(values, dtype=float)",
        {},
    ),
    (
        "series-mean",
        "code",
        '''@add_to_class(Series)
def mean(self):
    """The mean of the values, a float."""
    # Hints: 1. Add up. 2. Divide by how many there are.
    ### BEGIN SOLUTION
    result = self.values.sum() / len(self.values)
    ### END SOLUTION
    return result


@add_to_class(Series)
def spread(self):
    """The largest value minus the smallest one, a float."""
    ### BEGIN SOLUTION
    result = self.values.max() - self.values.min()
    ### END SOLUTION
    return result''',
        {"solution": True},
    ),
    (
        "check-series-mean",
        "code",
        """series = Series([2.0, 4.0, 9.0])
value = attempt(series.mean)
if not (type(value) in (float, np.float64) and math.isclose(value, 5.0)):
    raise CheckFailed("The mean of 2, 4 and 9 is 5. Did you divide by the number of values?")
assert np.allclose(attempt(Series([1.0, 2.0]).mean), 1.5), "the mean of 1 and 2 is 1.5"
passed("The mean is right.")""",
        {"points": 2},
    ),
    (
        "check-series-spread",
        "code",
        """if not np.allclose(attempt(Series([2.0, 4.0, 9.5]).spread), 7.5):
    raise CheckFailed("The spread of 2, 4 and 9.5 is 7.5.")
passed("The spread is right.")""",
        {"points": 1},
    ),
    ("figure", "code", "values = Series(np.arange(5.0))\nprint(values.values.sum())", {"tags": ["figure"]}),
    ("question-1", "markdown", "**Question 1.1 (2 points).** When is the mean misleading?", {}),
    (
        "answer-1",
        "markdown",
        "**Answer.** When a few values are far from all the others, since each of them pulls the mean.",
        {"solution": True, "points": 2},
    ),
    ("task-3", "markdown", "## Task 1.3: a running average", {}),
    (
        "running",
        "code",
        '''def running_average(values, rate=0.5):
    """Each result is rate * value + (1 - rate) * the result before it; the first is the first value."""
    # Hint: start from values[0] and append in a loop.
    ### BEGIN SOLUTION
    results = [values[0]]
    for value in values[1:]:
        results.append(rate * value + (1 - rate) * results[-1])
    ### END SOLUTION
    return results''',
        {"solution": True},
    ),
    (
        "check-running",
        "code",
        """results = attempt(running_average, [1.0, 3.0, 5.0], 0.25)
if not (len(results) == 3 and np.allclose(results, [1.0, 1.5, 2.375])):
    raise CheckFailed(f"running_average([1, 3, 5], 0.25) is {results}, expected [1, 1.5, 2.375].")
if not np.allclose(attempt(running_average, [4.0, 0.0]), [4.0, 2.0]):
    raise CheckFailed("The default rate is 0.5.")
passed("The running average is right.")""",
        {"points": 4},
    ),
    ("after", "code", 'print("not graded")', {}),
]


def solved() -> nbformat.NotebookNode:
    """The solved notebook."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for name, kind, source, more in CELLS:
        make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        cell = make(source, id=name)
        info = {"grade_id": name, "schema_version": 3, "grade": "points" in more, "solution": "solution" in more,
                "locked": "solution" not in more, "task": False}  # fmt: skip
        cell.metadata["nbgrader"] = info | ({"points": more["points"]} if "points" in more else {})
        if "tags" in more:
            cell.metadata["tags"] = more["tags"]
        notebook.cells.append(cell)
    return notebook


def make_course(folder: Path) -> None:
    """The solved tiny lab in `folder/notebooks`, its student edition in `folder/edition`."""
    write(solved(), folder / "notebooks/tiny.ipynb")
    release(folder / "edition", notebooks=folder / "notebooks", repo="https://github.com/someone/labs", proof=False)


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
