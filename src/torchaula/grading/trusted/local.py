"""Run answers and graded cells in one process, as a notebook's kernel does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress

from torchaula.checks.session import serve_with
from torchaula.course.notebook import Notebook
from torchaula.grading.trusted.cells import execute, judge, new_namespace, set_up
from torchaula.grading.trusted.verdict import Verdict


def run(
    notebook: Notebook, solutions: Mapping[str, str], only: Collection[str], seed: int
) -> dict[str, Verdict]:
    """Run a notebook's cells in order, with these `solutions`; return the verdict of each graded cell.

    `only` are the exercises to run. Call it in a process of its own: the code is not to be trusted,
    and all that it changes in the process stays changed.
    """
    serve_with(None, seed)
    namespace = new_namespace()
    verdicts = {}
    for cell in notebook.cells:
        if cell.kind == "setup":
            set_up(cell.source, cell.id, namespace)
        elif cell.kind == "solution" and cell.id in only:
            with suppress(Exception, SystemExit):  # its graded cells will report that the name is missing
                execute(solutions.get(cell.id, ""), cell.id, namespace)
        elif cell.kind == "graded" and cell.exercise in only:
            verdicts[cell.id] = judge(cell.source, cell.id, namespace).verdict
    return verdicts
