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
from traitlets.config import Config

from torchaula.course import converters, notebook
from torchaula.course.layout import Course, require_writable
from torchaula.course.notebook import Notebook
from torchaula.grading import client, gradebook, jobs, records, sandbox, submissions
from torchaula.grading.submissions import Submission
from torchaula.grading.verdict import Outcome
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
    unsafe: bool = False  # grade although nothing confines student code

    def grade(self, jobs: int | None = None) -> Iterator[Result]:
        """Grade `jobs` at once, one a core if None; results come as they are ready.

        What one submission does costs nobody else. Processes, since nbgrader changes its process's folder.
        """
        # Ctrl-C reaches the workers too: they die of it, instead of taking it for a failed submission.
        die = signal.signal, (signal.SIGINT, signal.SIG_DFL)
        pool = ProcessPoolExecutor(jobs or os.cpu_count(), get_context("spawn"), *die)
        waiting = {
            pool.submit(_grade, self.course, self.source, each, self.unsafe): each
            for each in self.submissions
        }
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


def prepare(course: Course, assignment: str, student: str | None = None, unsafe: bool = False) -> Class:
    """Look at everything that can stop a batch before it starts. Raises `Refusal` where something does.

    `unsafe` goes on where no sandbox works, with student code that can do whatever the caller can; so
    does the course's `c.Grade.unsafe_no_sandbox`.
    """
    unsafe = unsafe or bool(converters.config(course).Grade.get("unsafe_no_sandbox", False))
    if client.confinement(unsafe):
        sandbox.require_hidden(course.root)
    source = notebook.load(course.notebook(assignment))
    found = submissions.collect(course, assignment, student)
    for folder in (course.state, course.autograded, course.feedback):
        require_writable(folder)
    gradebook.record(course, source, [submission.student for submission in found])
    return Class(course, source, found, unsafe)


def _grade(course: Course, source: Notebook, submission: Submission, unsafe: bool) -> Result:
    student, assignment = submission.student, source.assignment
    graded, aside = _places(course, source, submission)
    stands = _("; what was graded before stands") if graded.exists() else ""
    if submission.problem:
        return Result(student, None, submission.problem + stands)
    with replacing(graded, aside):
        settings = Config({"Grade": {"unsafe_no_sandbox": True}}) if unsafe else None
        run = converters.run(Autograde, course, assignment, student, settings)
    if run.error:
        return Result(student, None, run.reason + stands)
    what = [_("graded"), *_remarks(course, source, submission)]
    run = converters.run(GenerateFeedback, course, assignment, student)
    if run.error:
        what.append(_("no feedback: {reason}").format(reason=run.reason))
    points = gradebook.points(course, assignment, student)
    return Result(student, _by_exercise(source, points), "; ".join(what))


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


def _remarks(course: Course, source: Notebook, submission: Submission) -> Iterator[str]:
    """What an instructor should know of a graded submission beyond its points."""
    record = records.load(course, source.assignment, submission.student)
    if record is not None:
        yield from _ends(source, record.result)
        if record.review:
            yield _("worth a look: {names}").format(names=", ".join(record.review[:5]))
    yield from submission.remarks


def _ends(source: Notebook, result: jobs.Result) -> Iterator[str]:
    """Which exercises, and which of a learner's own cells, did not end by themselves."""
    exercises = {cell.id: cell.exercise for cell in source.cells}
    for outcome, text, elsewhere in (
        (Outcome.TIMED_OUT, _("time ran out in {where}"), "timed out"),
        (Outcome.OUT_OF_MEMORY, _("memory ran out in {where}"), ""),
        (Outcome.PROCESS_DIED, _("the process died in {where}"), "died"),
    ):
        ended = [exercises[cell] for cell, v in result.verdicts.items() if v.outcome is outcome]
        own = [cell for cell, how in result.lost.items() if how == elsewhere and cell not in exercises]
        for where in dict.fromkeys([*ended, *([_("a cell of the student's own")] if own else [])]):
            yield text.format(where=where)
