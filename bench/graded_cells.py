"""Seconds of CPU that the graded cells of each exercise take on its model solution, in a warm process.

    python bench/graded_cells.py [--course FOLDER] [ASSIGNMENT[/EXERCISE]] ...

Both sides of the boundary run in one process here (the local back end), so that the figure holds all
of a cell's own work: its calls, their traces, its oracles and comparisons. Start-up isn't in it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from torchaula.checks.session import serve_with
from torchaula.course import layout, notebook
from torchaula.course.notebook import Notebook
from torchaula.grading.trusted import engine
from torchaula.grading.trusted.cells import execute, judge, new_namespace

RUNS = 7


def seconds(source: Notebook) -> dict[str, float]:
    """CPU seconds by graded cell, in one run over the whole notebook; every cell must pass."""
    serve_with(None)
    namespace, spent = new_namespace(), {}
    for cell in source.cells:
        if cell.kind in ("setup", "solution"):
            execute(cell.source, cell.id, namespace)
        elif cell.kind == "graded":
            before = time.process_time()
            verdict = judge(cell.source, cell.id, namespace).verdict
            spent[cell.id] = time.process_time() - before
            if not verdict.passed:
                raise SystemExit(f"{cell.id}: the model solution fails\n{verdict.message}")
    return spent


def main() -> None:
    """Print a table an assignment: the median of each exercise, and of the whole."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="*", help="assignments, or exercises as in mlp/linear")
    parser.add_argument("--course", type=Path, default=Path(__file__).parents[1])
    options = parser.parse_args()
    course = layout.find(options.course)
    for chosen in options.what or course.require_assignments():
        assignment, _slash, exercise = chosen.partition("/")
        source = notebook.load(course.notebook(assignment))
        with contextlib.redirect_stdout(io.StringIO()):
            engine.prepare(source)
            runs = [seconds(source) for _ in range(RUNS + 1)][1:]  # the first one warms up
        table = Table(title=f"{assignment}: median CPU seconds of {RUNS} runs", title_justify="left")
        for heading in ("exercise", "seconds"):
            table.add_column(heading, justify="left" if heading == "exercise" else "right")
        for name, unit in source.exercises.items():
            if exercise in ("", name):
                spent = (sum(run[cell.id] for cell in unit.graded) for run in runs)
                table.add_row(name, f"{statistics.median(spent):.3f}")
        if not exercise:
            table.add_row("[bold]all[/]", f"{statistics.median(sum(run.values()) for run in runs):.3f}")
        Console().print(table)


if __name__ == "__main__":
    main()
