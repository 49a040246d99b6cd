"""Grade one batch: decide who is graded again, and write each result in an order that survives interruption.

One submission's failure never affects another. An interrupted batch continues where it stopped: each result
is stored at once, and gradebook and graded copy are written again until they agree with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime

from msgspec.structs import replace
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from torchaula import __version__
from torchaula.classroom.batch import entries, pool, records, upgrades
from torchaula.classroom.batch.assignments import Assignment
from torchaula.classroom.batch.entries import Change, Entry
from torchaula.classroom.batch.records import Record
from torchaula.classroom.batch.submissions import Submission
from torchaula.classroom.batch.tasks import Task, Tasks
from torchaula.classroom.batch.upgrades import Upgrade
from torchaula.classroom.batch.writer import Writer
from torchaula.classroom.gradebook import backups, classlist, gradebook, lateness, ledger, seeding
from torchaula.classroom.gradebook.ledger import Ledger, Standing
from torchaula.classroom.gradebook.penalties import Penalties
from torchaula.course import converters
from torchaula.errors import Refusal
from torchaula.grading.trusted.jobs import Job, Result
from torchaula.i18n import _

_NOT_WRITTEN = _(
    "{path}: nothing of {assignment} was written: points that were given would change; `--yes` goes on "
    "unasked (nothing is graded twice), or undo the change in source/ or nbgrader_config.py"
)
_NOT_UPGRADED = _(
    "{path}: nothing of {assignment} was written: it was graded with another version; `--yes` goes on "
    "unasked (nothing is graded twice), or install the version from before"
)


class Audience:
    """Receives the progress of a batch. This base class agrees to everything and shows nothing."""

    def begin(self, total: int) -> None:
        """Called first, with the number of submissions that will be graded."""

    def upgraded(self, upgrade: Upgrade) -> None:
        """Called before, if another version of torchaula graded the class."""

    def graded(self, student: str) -> None:
        """Called after each of them."""

    def agree(self, changes: Sequence[Change], upgrade: Upgrade | None = None) -> bool:
        """Whether to write what changed points, or an upgrade, make of submissions that are the same."""
        return True

    def publish(self, student: str, record: Record, standing: Standing, graded: NotebookNode | None) -> None:
        """Show a student's result. `graded` is the graded copy, if it was just made."""


class Desk:
    """Grades one batch, with the gradebook open."""

    def __init__(self, assignment: Assignment, book: Gradebook, audience: Audience) -> None:
        self._assignment, self._book, self._audience = assignment, book, audience
        self._source, self._course = assignment.source, assignment.course
        config = converters.config(self._course)
        self._rule = lateness.rule(self._course, config)
        self._penalties = Penalties(self._course, config)
        self._writer = Writer(assignment, config, ledger.extensions(book, assignment.name), audience.publish)

    def grade(
        self, submissions: Sequence[Submission], workers: Executor, at_once: int, force: bool
    ) -> Iterator[Entry]:
        """Grade what needs it and write the results: at once, unless somebody has to agree first."""
        before = self._standings()
        students = classlist.load(self._course, self._book)
        known = {each.student for each in submissions} | before.keys()
        for entry in self._entries(submissions, before, workers, at_once, force):
            yield entries.introduced(entry, students, known)

    def _entries(
        self,
        submissions: Sequence[Submission],
        before: Mapping[str, Standing],
        workers: Executor,
        at_once: int,
        force: bool,
    ) -> Iterator[Entry]:
        is_changed = bool(gradebook.changed(self._book, self._source))
        make = Tasks(self._assignment, self._rule)
        tasks = [make.task(each, before, force) for each in submissions if each.can_be_graded]
        unsettled = tasks if is_changed else [task for task in tasks if not self._writer.is_settled(task)]
        held = [task for task in unsettled if self._is_held(task)]
        upgrade = upgrades.of(task.version_before for task in held)
        if is_changed or unsettled:
            backups.backup(self._course)
        if upgrade is not None:
            self._audience.upgraded(upgrade)
        graded = self._graded(tasks, workers, at_once)  # it begins now, while nbgrader notes the cells
        if not held:
            self._record(submissions)
        yield from (self._writer.left_out(each, before) for each in submissions if not each.can_be_graded)
        if held:
            yield from self._written_after_consent(submissions, tasks, graded, upgrade)
        else:
            yield from self._written_at_once(tasks, graded)

    def _graded(self, tasks: Iterable[Task], workers: Executor, at_once: int) -> Iterator[tuple[Task, str]]:
        """Begin to grade the tasks that need it; each with the reason why it could not be graded, if so."""
        to_grade = [task for task in tasks if not task.is_graded]
        self._audience.begin(len(to_grade))
        return self._kept(pool.results(workers, to_grade, self._job, at_once))

    def _kept(self, results: Iterable[tuple[Task, Result]]) -> Iterator[tuple[Task, str]]:
        for task, result in results:
            self._audience.graded(task.student)
            whole = task.record.result.updated(result) if task.record else result
            problem = result.problem or self._assignment.lacking(whole)
            if not problem:
                self._keep(task, whole)
            yield task, problem
            task.rebuilt = None  # saves memory: a class may have thousands

    def _written_at_once(self, tasks: Iterable[Task], graded: Iterable[tuple[Task, str]]) -> Iterator[Entry]:
        """Write each result as soon as it is known, then what else is not up to date."""
        done = set()
        for task, problem in graded:
            done.add(task.student)
            yield self._writer.failed(task, problem) if problem else self._writer.write(task)
        yield from self._up_to_date(task for task in tasks if task.student not in done)

    def _written_after_consent(
        self,
        submissions: Iterable[Submission],
        tasks: Sequence[Task],
        graded: Iterable[tuple[Task, str]],
        upgrade: Upgrade | None,
    ) -> Iterator[Entry]:
        """Write nothing before all tasks are graded and somebody has agreed to the changed points."""
        yield from (self._writer.failed(task, problem) for task, problem in graded if problem)
        self._require_consent(tasks, upgrade)
        self._record(submissions)
        yield from self._up_to_date(tasks)

    def _up_to_date(self, tasks: Iterable[Task]) -> Iterator[Entry]:
        """Write the graded tasks of which graded copy or gradebook say something else."""
        for task in tasks:
            if task.is_graded:
                yield self._writer.entry(task) if self._writer.is_settled(task) else self._writer.write(task)

    def _standings(self) -> dict[str, Standing]:
        """The gradebook's state for each student, before anything is written."""
        if gradebook.noted(self._book, self._source) is None:
            return {}
        self._writer.ledger = self._open()
        return self._writer.ledger.standings()

    def _open(self) -> Ledger:
        return Ledger(self._book, self._assignment.name, self._penalties, self._deadline())

    def _deadline(self) -> datetime | None:
        """The deadline that applies, whatever the gradebook was told before."""
        name = self._assignment.name
        return lateness.in_force(self._rule, self._course, name, self._book.find_assignment(name).duedate)

    def _record(self, submissions: Iterable[Submission]) -> None:
        """Write the current cells, deadline and students to the gradebook."""
        self._book.db.commit()  # ends the read transaction, which would block other writers
        students = [each.student for each in submissions if each.is_of_student]
        gradebook.record(self._book, self._course, self._source, students)
        seeding.note(self._book, self._assignment.seed, self._assignment.name)
        self._writer.ledger = self._open()

    def _job(self, task: Task) -> Job:
        task.rebuilt = task.rebuilt or self._assignment.rebuilt(task.submission.work)
        return self._assignment.job(task.rebuilt, task.outdated if task.record else None)

    def _keep(self, task: Task, result: Result) -> None:
        """Save as pending until gradebook and copy agree. Unsure results are graded again next time."""
        assignment, work = self._assignment, task.submission.work
        if task.record is not None:
            task.record = replace(
                task.record, result=result, keys=assignment.keys, written="", version=__version__
            )
        else:
            task.record = assignment.record(result, work, task.submission.digest, task.released)
        task.outdated = ()
        records.save(records.pending(self._course, assignment.name, task.student), task.record)

    def _require_consent(self, tasks: Iterable[Task], upgrade: Upgrade | None) -> None:
        """Ask before points that were given for the same submissions change, or are given by an upgrade."""
        held = (task for task in tasks if task.is_graded and self._is_held(task))
        changes = [change for task in held if (change := self._change(task)) is not None]
        if (changes or upgrade) and not self._audience.agree(changes, upgrade):
            told = _NOT_WRITTEN if changes or upgrade is None else _NOT_UPGRADED
            raise Refusal(told.format(path=gradebook.shown(self._course), assignment=self._assignment.name))

    def _is_held(self, task: Task) -> bool:
        """Whether points given for the same file may change in a way that somebody has to agree to."""
        if not task.is_same or not task.standing.is_graded:
            return False
        return not task.is_retry or self._costs_otherwise(task)

    def _costs_otherwise(self, task: Task) -> bool:
        assert self._writer.ledger is not None
        return self._writer.ledger.costs_otherwise(task.student, task.late, task.standing, task.arrival.time)

    def _change(self, task: Task) -> Change | None:
        """How a student's points would change though the submission is the same; None if they wouldn't."""
        assert task.record is not None and self._writer.ledger is not None
        arrived = task.arrival.time
        after = entries.after(task.standing, entries.earned(self._source, task.record.result))
        penalty = self._writer.ledger.penalty(task.student, after, arrived) or 0.0
        is_rule = self._costs_otherwise(task)
        return entries.change(self._source, task.student, task.standing, after, penalty, is_rule)
