"""Answers judged at an author's desk, in either back end and in a sandbox that this process keeps."""

from __future__ import annotations

import atexit
import os
from collections.abc import Collection, Mapping, Sequence

import torch

from torchaula.checks.session import COURSE_SEED
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.grading.trusted import confinement, engine, local
from torchaula.grading.trusted.confinement import Confinement
from torchaula.grading.trusted.engine import Engine
from torchaula.grading.trusted.judge import Judged
from torchaula.grading.trusted.sandbox import Sandbox
from torchaula.grading.trusted.seeds import PUBLISHED, Seeds
from torchaula.grading.trusted.verdict import Verdict
from torchaula.grading.wire import limits
from torchaula.grading.wire.forks import in_fork

BACKENDS = ("local", "remote")


def grade(
    notebook: Notebook,
    solutions: Mapping[str, str],
    only: Collection[str] | None = None,
    *,
    backend: str = "local",
    seed: int = COURSE_SEED,
    threads: int = 1,
) -> dict[str, Verdict]:
    """At the desk: the verdict of each graded cell of the exercises `only` (all of them if None).

    `solutions` maps exercises to the text of their solution cells, which is the author's own: where
    there is no sandbox, the remote back end does without. Nothing of a call stays in this process.
    """
    exercises = list(notebook.exercises) if only is None else list(only)
    if backend == "remote":
        return judged(notebook, solutions, exercises, Seeds(seed)).verdicts

    def work() -> dict[str, Verdict]:
        torch.set_num_threads(threads)
        with engine.quiet():
            return local.run(notebook, solutions, exercises, seed)

    return in_fork(work, dict[str, Verdict], limits.JUDGE_WALL)


def judged(
    notebook: Notebook, solutions: Mapping[str, str], only: Collection[str], seeds: Seeds = PUBLISHED
) -> Judged:
    """The same in the remote back end, with all that is known of it."""
    return Engine(notebook, own_sandbox(), seeds).grade(notebook.answered(solutions), only)


def judged_each(notebook: Notebook, exercise: str, answers: Sequence[str], seeds: Seeds) -> list[Judged]:
    """What becomes of each of several answers to one exercise, which share a student process."""
    return Engine(notebook, own_sandbox(), seeds).grade_each(exercise, answers)


_kept: dict[int, Sandbox] = {}


def own_sandbox() -> Sandbox:
    """This process's own, started at the first call; it ends with the process."""
    if os.getpid() not in _kept:
        try:
            confined = confinement.find()
        except Refusal:
            confined = Confinement("")
        _kept[os.getpid()] = Sandbox(confined)
        atexit.register(_kept[os.getpid()].close)
    return _kept[os.getpid()]
