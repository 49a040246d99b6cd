"""Grading a class: what can stop it is looked at first; then workers grade, and this process alone writes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from torchaula.classroom.batch import assignments, graded_copy, late_changes, pool, preflight, records
from torchaula.classroom.batch.assignments import Assignment
from torchaula.classroom.batch.desk import Audience, Desk
from torchaula.classroom.batch.entries import Entry
from torchaula.classroom.batch.submissions import Submission, collect, dropped_out
from torchaula.classroom.gradebook import gradebook, lateness, locks, seeding
from torchaula.course.layout import Course, require_writable
from torchaula.grading.trusted.client import Workers, cores

# What each part leaves half made where it is cut off.
LEFTOVERS = (
    assignments.leftovers,
    gradebook.leftovers,
    graded_copy.leftovers,
    preflight.leftovers,
    records.leftovers,
)


@dataclass(frozen=True)
class Batch:
    """An assignment's submissions, ready to grade. With `force`, what was graded is graded again.

    `outdated` are students beside them whose points are of other tests, or another deadline, than now.
    """

    assignment: Assignment
    submissions: list[Submission]
    force: bool = False
    outdated: tuple[str, ...] = ()

    def grade(
        self, jobs: int | None = None, audience: Audience | None = None, executor: Executor | None = None
    ) -> Iterator[Entry]:
        """Grade `jobs` at once, one a core if None; what became of each submission, as it is known.

        Without an `executor`, such as `workers`, it has workers of its own.

        Raises `Refusal` where another batch runs, the tests can't be relied on, the audience doesn't agree,
        or nothing can be written.
        """
        at_once = jobs or cores()
        course = self.assignment.course
        with (
            gradebook.refused_where_not_written(course),
            locks.alone(course),
            nullcontext(executor) if executor else workers(course, at_once) as graders,
        ):
            _sweep(course)
            self.require_sound_tests(graders)
            with gradebook.opened(course) as book:
                seeding.require_same(course, book, self.assignment.seed)
                desk = Desk(self.assignment, book, audience or Audience())
                yield from desk.grade(self.submissions, graders, at_once, self.force)

    def require_sound_tests(self, executor: Executor) -> None:
        """Have the tests tried where nobody knows of them. Raises `Refusal` where they can't be relied on."""
        preflight.require_sound(self.assignment, partial(pool.one, executor))


@contextmanager
def workers(course: Course, jobs: int | None = None) -> Iterator[Workers]:
    """Workers for batches of `jobs` at once, ended with the block; nobody waits for what they are at."""
    made = Workers(jobs or cores(), course.evidence)
    try:
        yield made
    finally:
        made.stop()


def _sweep(course: Course) -> None:
    """Remove what a batch that was cut off has left half made."""
    for of_part in LEFTOVERS:
        for path in list(of_part(course)):
            if path.is_file():
                path.unlink(missing_ok=True)
            else:
                shutil.rmtree(path, ignore_errors=True)


def prepare(
    course: Course,
    assignment: str,
    student: str | Iterable[str] = (),
    unsafe: bool = False,
    force: bool = False,
) -> Batch:
    """Look at everything that can stop a batch before it starts. Raises `Refusal` where something does.

    `student` names those to grade; nobody: everybody. For `unsafe` see `assignments.load`.
    """
    loaded = assignments.load(course, assignment, unsafe)
    lateness.rule(course).require_sense(course)
    chosen = [student] if isinstance(student, str) else list(student)
    found = collect(loaded, chosen)
    for folder in (course.state, course.autograded, course.feedback):
        require_writable(folder)
    outdated: set[str] = set()
    with gradebook.opened(course) as book:
        gradebook.require_same_cells(book, course, loaded.source)
        loaded = loaded.with_seed(seeding.in_force(course, book))
        if chosen:
            gradebook.require_everybody(book, course, loaded.source, chosen)
            seeding.require_everybody(course, book, loaded.seed, assignment, chosen)
            outdated = {*_outdated(loaded), *late_changes.changed(book, course, loaded.source)}
        else:
            found += dropped_out(course, gradebook.with_points(book, assignment), found)
    return Batch(loaded, found, force, tuple(sorted(outdated - set(chosen))))


def _outdated(assignment: Assignment) -> Iterator[str]:
    for student, record in records.known(assignment.course, assignment.name).items():
        if record.outdated(assignment.keys):
            yield student
