"""Seconds that one changed hidden cell costs a class, beside grading it whole, on this machine.

    python bench/changed_cell.py [--class N] [ASSIGNMENT] [CELL]

The class is the reference submission in N copies, as in `batch.py`. Each figure is of a whole command, with
start-up and the trial of the tests themselves.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from batch import course_of, run

from torchaula.course import notebook
from torchaula.course.layout import Course


def change(course: Course, assignment: str, cell: str) -> None:
    """Change what a hidden cell's comment says, and so the cell."""
    path = course.notebook(assignment)
    node = notebook.read(path)
    [found] = [each for each in node.cells if each.metadata.get("nbgrader", {}).get("grade_id") == cell]
    found.source = found.source.replace("### END HIDDEN TESTS", "# changed\n### END HIDDEN TESTS")
    notebook.write(node, path)


def main() -> None:
    """Grade a class, change a cell, grade again, and print both."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("assignment", nargs="?", default="mlp")
    parser.add_argument("cell", nargs="?", default="")
    parser.add_argument("--class", type=int, default=100, dest="size")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        course = course_of(Path(folder), options.assignment, options.size)
        source = notebook.load(course.notebook(options.assignment))
        hidden = [each.id for each in source.cells if each.kind == "graded" and each.is_hidden]
        cell = options.cell or hidden[len(hidden) // 2]
        whole = run(course, options.assignment)
        change(course, options.assignment, cell)
        again = run(course, options.assignment)
    print(f"{options.assignment}, {options.size} submissions, whole and after {cell} changed:")
    for what, names in (("seconds", ["seconds"]), ("CPU seconds", ["main_cpu", "workers_cpu"])):
        before, after = (sum(float(each[name]) for name in names) for each in (whole, again))
        print(f"{before:.1f} and {after:.1f} {what}: {after / before:.2f}")


if __name__ == "__main__":
    main()
