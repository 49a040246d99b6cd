"""Judge answers for an author, in either back end, with a sandbox that this process keeps."""

from __future__ import annotations

import atexit
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch

from torchaula.checks.session import COURSE_SEED
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.grading.trusted import confinement, engine, local
from torchaula.grading.trusted.confinement import Confinement
from torchaula.grading.trusted.engine import Engine
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.sandbox import Sandbox, SandboxDied
from torchaula.grading.trusted.seeds import PUBLISHED, Seeds
from torchaula.grading.trusted.verdict import Verdict
from torchaula.grading.wire import limits
from torchaula.grading.wire.forks import in_fork
from torchaula.i18n import _

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
    """Grade trusted solutions: the verdict of each graded cell of the exercises `only` (None: all of them).

    `solutions` maps exercises to the text of their solution cells. The author wrote them, so the remote back
    end runs without a sandbox if there is none. A call leaves no state in this process.
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
    """Grade in the remote back end, and return everything that is known about the result.

    Raises `Refusal` where no sandbox starts.
    """
    with _refused_where_none_starts():
        return Engine(notebook, own_sandbox(), seeds).grade(notebook.answered(solutions), only)


def judged_each(notebook: Notebook, exercise: str, answers: Sequence[str], seeds: Seeds) -> list[Judged]:
    """Judge several answers to one exercise in one student process.

    Raises `Refusal` where no sandbox starts.
    """
    with _refused_where_none_starts():
        return Engine(notebook, own_sandbox(), seeds).grade_each(exercise, answers)


@contextmanager
def _refused_where_none_starts() -> Iterator[None]:
    try:
        yield
    except SandboxDied as error:
        raise Refusal(_("{error}; try again when this machine has less to do").format(error=error)) from error


_kept: dict[int, Sandbox] = {}


def own_sandbox() -> Sandbox:
    """This process's sandbox, started at the first call and stopped at exit."""
    if os.getpid() not in _kept:
        try:
            confined = confinement.find()
        except Refusal:
            confined = Confinement("")
        _kept[os.getpid()] = Sandbox(confined)
        atexit.register(_kept[os.getpid()].close)
    return _kept[os.getpid()]
