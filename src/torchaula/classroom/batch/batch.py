"""Grade a class: check first what could stop it; then workers grade, and only this process writes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

from torchaula.classroom.batch import assignments, graded_copy, late_changes, pool, preflight, records
from torchaula.classroom.batch.assignments import Assignment
from torchaula.classroom.batch.desk import Audience, Desk
from torchaula.classroom.batch.entries import Entry
from torchaula.classroom.batch.submissions import Submission, collect, dropped_out
from torchaula.classroom.gradebook import backups, gradebook, lateness, locks, seeding
from torchaula.course.layout import Course, require_writable
from torchaula.grading.trusted.client import Workers, cores
from torchaula.i18n import _

# Each lists the unfinished files that an interrupted batch has left in one part.
LEFTOVERS = (
    assignments.leftovers,
    backups.leftovers,
    gradebook.leftovers,
    graded_copy.leftovers,
    preflight.leftovers,
    records.leftovers,
)


@dataclass(frozen=True)
class Batch:
    """An assignment's submissions, ready to grade. With `force`, graded submissions are graded again.

    `outdated` are other students, whose points come from old tests or an old deadline.
    """

    assignment: Assignment
    submissions: list[Submission]
    force: bool = False
    outdated: tuple[str, ...] = ()

    def grade(
        self, jobs: int | None = None, audience: Audience | None = None, executor: Executor | None = None
    ) -> Iterator[Entry]:
        """Grade with `jobs` workers (None: one per core); yield each submission's entry when it is known.

        Without an `executor`, such as `workers`, it starts workers of its own.

        Raises `Refusal` if another batch is running, the tests are not sound, the audience doesn't agree, or
        nothing can be written.
        """
        at_once = jobs or cores()
        course = self.assignment.course
        with (
            gradebook.refused_where_not_written(course),
            locks.alone(course),
            nullcontext(executor) if executor else workers(course, at_once) as graders,
        ):
            _sweep(course)
            require_sound_tests([self], graders, max(1, min(at_once, len(self.submissions))))
            with gradebook.opened(course) as book:
                seeding.require_same(course, book, self.assignment.seed)
                desk = Desk(self.assignment, book, audience or Audience())
                yield from desk.grade(self.submissions, graders, at_once, self.force)


def require_sound_tests(batches: Iterable[Batch], executor: Executor, shares: int) -> None:
    """Try tests whose soundness is not known, those of each assignment in so many jobs.

    Jobs begin as soon as their batch is there, so that `batches` may still prepare the others meanwhile.

    Raises `Refusal` if they are not sound.
    """
    begun = []
    for each in batches:
        if jobs := preflight.trials(each.assignment, shares):
            begun.append((each.assignment, pool.begin(executor, jobs)))
    for assignment, futures in begun:
        preflight.settle(assignment, pool.ended(futures))


@contextmanager
def workers(course: Course, jobs: int | None = None, names: Iterable[str] = ()) -> Iterator[Workers]:
    """Have `jobs` workers (None: one per core), and stop them at the end of the block, whatever they do.

    They start with their first jobs; for each assignment of these `names` whose tests were never tried here,
    one starts at once.
    """
    at_once = jobs or cores()
    made = Workers(at_once, course.evidence)
    try:
        made.begin(min(at_once, len(preflight.never_tried(course, names))))
        yield made
    finally:
        made.stop()


def _sweep(course: Course) -> None:
    """Remove the unfinished files of an interrupted batch."""
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
    """Check everything that could stop a batch before it starts. Raises `Refusal` if something does.

    `student` names those to grade; empty: everybody. For `unsafe` see `assignments.load`.
    """
    loaded = assignments.load(course, assignment, unsafe)
    lateness.rule(course).require_sense(course)
    chosen = [student] if isinstance(student, str) else list(student)
    longest = gradebook.longest_name(course)
    found = [_named(each, longest) for each in collect(loaded, chosen)]
    for folder in (course.state, course.autograded, course.feedback):
        require_writable(folder, is_private=True)
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


def _named(each: Submission, most: int | None) -> Submission:
    """The submission, with a problem if the gradebook has no room for its student's name."""
    if most is None or len(each.student) <= most:
        return each
    problem = _(
        "a name of more than {most} characters, which this gradebook can't hold: rename the folder"
    ).format(most=most)
    return replace(each, problem=problem, is_of_student=False)


def _outdated(assignment: Assignment) -> Iterator[str]:
    for student, record in records.known(assignment.course, assignment.name).items():
        if record.outdated(assignment.keys):
            yield student
