"""Grading as a function: an instructor's notebook and a learner's solutions in, verdicts out."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Collection, Mapping

from torchaula.checks.session import COURSE_SEED
from torchaula.course.notebook import Notebook
from torchaula.grading import judge, local
from torchaula.grading.cells import execute, new_namespace
from torchaula.grading.forks import ForkFailed, in_fork, warm_up
from torchaula.grading.verdict import Outcome, Verdict

BACKENDS = {"local": local.run, "remote": judge.run}
SECONDS = 240.0


def prepare(notebook: Notebook) -> None:
    """Warm this process for many calls of `grade`: import what the set-up cell imports, once."""
    warm_up()
    namespace = new_namespace()
    for cell in notebook.setup:
        execute(cell.source, cell.id, namespace)


def grade(
    notebook: Notebook,
    solutions: Mapping[str, str],
    only: Collection[str] | None = None,
    *,
    backend: str = "local",
    seed: int = COURSE_SEED,
    threads: int = 1,
) -> dict[str, Verdict]:
    """The verdict of each graded cell of the exercises `only` (all of them if None).

    `solutions` maps exercises to the text of their solution cells. Nothing of a call stays in this
    process.
    """
    exercises = list(notebook.exercises) if only is None else list(only)

    def work() -> dict[str, Verdict]:
        import torch

        torch.set_num_threads(threads)
        warnings.resetwarnings()  # a warning costs a learner nothing, whatever this process makes of them
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return BACKENDS[backend](notebook, solutions, exercises, seed)

    try:
        return in_fork(work, dict[str, Verdict], SECONDS)
    except ForkFailed as error:
        verdict = Verdict(Outcome.INFRASTRUCTURE, str(error))
        return {c.id: verdict for c in notebook.cells if c.kind == "graded" and c.exercise in exercises}
