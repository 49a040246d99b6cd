"""Grading a class with nbgrader's own converters: each submission on its own."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from nbgrader.converters import Autograde, GenerateFeedback

from torchaula.course import converters, notebook
from torchaula.course.layout import Course, require_writable
from torchaula.course.notebook import Notebook
from torchaula.grading import gradebook, submissions
from torchaula.grading.nbgrader_preprocessors import timed_out
from torchaula.grading.submissions import Submission
from torchaula.i18n import _


@dataclass(frozen=True)
class Result:
    """What became of one submission: points by exercise (None: not graded), and what happened."""

    student: str
    points: dict[str, float] | None
    what: str

    @property
    def graded(self) -> bool:
        return self.points is not None


@dataclass(frozen=True)
class Class:
    """An assignment's submissions, ready to grade."""

    course: Course
    source: Notebook
    submissions: list[Submission]

    def grade(self, jobs: int | None = None) -> Iterator[Result]:
        """Grade `jobs` at once, one a core if None; results come as they are ready.

        What one submission does costs nobody else. Processes, since nbgrader changes its process's folder.
        """
        # Ctrl-C reaches the workers too: they die of it, instead of taking it for a failed submission.
        die = signal.signal, (signal.SIGINT, signal.SIG_DFL)
        pool = ProcessPoolExecutor(jobs or os.cpu_count(), get_context("spawn"), *die)
        waiting = {pool.submit(_grade, self.course, self.source, each): each for each in self.submissions}
        try:
            for done in as_completed(waiting):
                yield _result(done, waiting[done].student)
        finally:
            pool.shutdown(cancel_futures=True)  # whoever interrupts does not wait for the whole class
            for each in self.submissions:
                _bring_back(*_places(self.course, self.source, each))


def _result(done: Future[Result], student: str) -> Result:
    """What a job gives; a job that fails is its own submission's affair."""
    try:
        return done.result()
    except BrokenProcessPool:
        return Result(student, None, _("the grading process died: grade again with --student"))
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return Result(student, None, _("grading failed: {reason}").format(reason=reason))


def prepare(course: Course, assignment: str, student: str | None = None) -> Class:
    """Look at everything that can stop a batch before it starts. Raises `Refusal` where something does."""
    source = notebook.load(course.notebook(assignment))
    found = submissions.collect(course, assignment, student)
    for folder in (course.state, course.autograded, course.feedback):
        require_writable(folder)
    gradebook.record(course, source, [submission.student for submission in found])
    return Class(course, source, found)


def _grade(course: Course, source: Notebook, submission: Submission) -> Result:
    student, assignment = submission.student, source.assignment
    graded, aside = _places(course, source, submission)
    stands = _("; what was graded before stands") if graded.exists() else ""
    if submission.problem:
        return Result(student, None, submission.problem + stands)
    with replacing(graded, aside):
        run = converters.run(Autograde, course, assignment, student)
    if run.error:
        return Result(student, None, _failure(run) + stands)
    what = [_("graded"), *_remarks(graded, source, submission)]
    run = converters.run(GenerateFeedback, course, assignment, student)
    if run.error:
        what.append(_("no feedback: {reason}").format(reason=run.reason))
    points = gradebook.points(course, assignment, student)
    return Result(student, _by_exercise(source, points), "; ".join(what))


def _failure(run: converters.Run) -> str:
    if run.reason.startswith("CellTimeoutError"):
        return _("time ran out, and the code does not let itself be interrupted")
    if run.reason.startswith("DeadKernelError"):
        return _("the code ended its own process")
    return _("nbgrader failed: {reason}").format(reason=run.reason)


def _places(course: Course, source: Notebook, submission: Submission) -> tuple[Path, Path]:
    """Where a submission's graded copy stands, and where an earlier one waits meanwhile."""
    inside = Path(submission.student) / source.assignment
    return course.autograded / inside, course.state / "previous" / inside


@contextmanager
def replacing(place: Path, aside: Path) -> Iterator[None]:
    """Keep the folder `place` aside while the block makes a new one; it comes back if there is none.

    nbgrader deletes a graded copy before it tries again. A copy left aside by a run that was killed
    comes back first: what stands in its place is unfinished.
    """
    _bring_back(place, aside)
    if place.exists():
        aside.parent.mkdir(parents=True, exist_ok=True)
        place.rename(aside)
    try:
        yield
    finally:
        if place.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            _bring_back(place, aside)


def _bring_back(place: Path, aside: Path) -> None:
    if aside.exists():
        shutil.rmtree(place, ignore_errors=True)
        aside.rename(place)


def _by_exercise(source: Notebook, cells: Mapping[str, float]) -> dict[str, float]:
    return {
        name: sum(cells.get(cell.id, 0.0) for cell in exercise.graded)
        for name, exercise in source.exercises.items()
    }


def _remarks(graded: Path, source: Notebook, submission: Submission) -> Iterator[str]:
    """What an instructor should know of a graded submission beyond its points."""
    node = notebook.read(graded / f"{source.assignment}.ipynb")
    late = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in node.cells if timed_out(cell)]
    exercises = {cell.id: cell.exercise for cell in source.cells}
    where = dict.fromkeys(exercises.get(cell, "") for cell in late)
    for name in where:
        known = _("time ran out in {exercise}").format(exercise=name)
        yield known if name else _("time ran out in a cell of the student's own")
    yield from submission.remarks
