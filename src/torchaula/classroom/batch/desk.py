"""Grade one batch: decide who is graded again, and write each result in an order that survives interruption.

One submission's failure never affects another. An interrupted batch continues where it stopped: each result
is stored at once, and gradebook and graded copy are written again until they agree with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from math import isclose

from msgspec.structs import replace
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from torchaula.classroom.batch import entries, graded_copy, pool, records, review
from torchaula.classroom.batch.assignments import Assignment
from torchaula.classroom.batch.entries import Change, Entry
from torchaula.classroom.batch.records import Record
from torchaula.classroom.batch.submissions import Submission
from torchaula.classroom.gradebook import classlist, gradebook, lateness, ledger, seeding
from torchaula.classroom.gradebook.lateness import Arrival
from torchaula.classroom.gradebook.ledger import Lateness, Ledger, Standing
from torchaula.classroom.gradebook.penalties import Penalties
from torchaula.classroom.intake import exchange_files, received
from torchaula.course import converters
from torchaula.course.rebuilding.submitted import digest_of, load
from torchaula.digests import digest
from torchaula.errors import Refusal
from torchaula.grading.trusted.jobs import Job, Result
from torchaula.i18n import _


class Audience:
    """Receives the progress of a batch. This base class agrees to everything and shows nothing."""

    def begin(self, total: int) -> None:
        """Called first, with the number of submissions that will be graded."""

    def graded(self, student: str) -> None:
        """Called after each of them."""

    def agree(self, changes: Sequence[Change]) -> bool:
        """Whether to write points that change though the submissions are the same."""
        return True

    def publish(self, student: str, record: Record, standing: Standing, graded: NotebookNode | None) -> None:
        """Show a student's result. `graded` is the graded copy, if it was just made."""


@dataclass
class Task:
    """A submission that can be graded, and what is known about it.

    `record` is its latest result, whose `outdated` exercises must be graded again; None: all of them.
    `standing` is the gradebook's state, and `is_same` says whether that is about this very file, as far as
    known. `is_retry` says that its last result was unsure, so that changed points are expected. `late` is the
    late penalty when it was written.
    """

    submission: Submission
    arrival: Arrival
    record: Record | None
    outdated: Sequence[str]
    standing: Standing
    is_same: bool
    is_retry: bool
    late: Lateness | None
    rebuilt: NotebookNode | None = None  # kept only while it is graded

    @property
    def is_graded(self) -> bool:
        """Whether its result is complete and up to date."""
        return self.record is not None and not self.outdated

    @property
    def student(self) -> str:
        return self.submission.student

    @property
    def content(self) -> bytes:
        assert self.submission.notebook is not None
        return load(self.submission.notebook)

    @property
    def exchanged(self) -> dict[str, bytes]:
        """The exchange's own files that were handed in with it."""
        assert self.submission.notebook is not None
        return exchange_files.kept(self.submission.notebook.parent)


class Desk:
    """Grades one batch, with the gradebook open."""

    def __init__(self, assignment: Assignment, book: Gradebook, audience: Audience) -> None:
        self._assignment, self._book, self._audience = assignment, book, audience
        self._source, self._course = assignment.source, assignment.course
        self._config = converters.config(self._course)
        self._rule = lateness.rule(self._course, self._config)
        self._penalties = Penalties(self._course, self._config)
        self._times = received.times(received.load(self._course, assignment.name))
        self._ledger: Ledger | None = None
        self._extensions = ledger.extensions(book, assignment.name)

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
        tasks = [self._task(each, before, force) for each in submissions if each.can_be_graded]
        unsettled = tasks if is_changed else [task for task in tasks if not self._is_settled(task)]
        is_held = any(self._is_held(task) for task in unsettled)
        if is_changed or unsettled:
            gradebook.backup(self._course)
        if not is_held:
            self._record(submissions)
        yield from (self._left_out(each, before) for each in submissions if not each.can_be_graded)
        graded = self._graded(tasks, workers, at_once)
        if is_held:
            yield from self._written_after_consent(submissions, tasks, graded)
        else:
            yield from self._written_at_once(tasks, graded)

    def _graded(self, tasks: Iterable[Task], workers: Executor, at_once: int) -> Iterator[tuple[Task, str]]:
        """Grade the tasks that need it; each with the reason why it could not be graded, if so."""
        to_grade = [task for task in tasks if not task.is_graded]
        self._audience.begin(len(to_grade))
        for task, result in pool.results(workers, to_grade, self._job, at_once):
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
            yield self._entry_without_points(task, problem) if problem else self._write(task)
        yield from self._up_to_date(task for task in tasks if task.student not in done)

    def _written_after_consent(
        self, submissions: Iterable[Submission], tasks: Sequence[Task], graded: Iterable[tuple[Task, str]]
    ) -> Iterator[Entry]:
        """Write nothing before all tasks are graded and somebody has agreed to the changed points."""
        yield from (self._entry_without_points(task, problem) for task, problem in graded if problem)
        self._require_consent(tasks)
        self._record(submissions)
        yield from self._up_to_date(tasks)

    def _up_to_date(self, tasks: Iterable[Task]) -> Iterator[Entry]:
        """Write the graded tasks of which graded copy or gradebook say something else."""
        for task in tasks:
            if task.is_graded:
                yield self._entry(task) if self._is_settled(task) else self._write(task)

    def _standings(self) -> dict[str, Standing]:
        """The gradebook's state for each student, before anything is written."""
        if gradebook.noted(self._book, self._source) is None:
            return {}
        self._ledger = self._open()
        return self._ledger.standings()

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
        self._ledger = self._open()

    def _task(self, submission: Submission, before: Mapping[str, Standing], force: bool) -> Task:
        student, assignment = submission.student, self._assignment
        assert submission.notebook is not None
        taken_in = self._times.get((student, submission.digest))
        arrival = lateness.arrival(self._rule, taken_in, submission.notebook.parent)
        settled = records.load(self._course, assignment.name, student)
        waiting = records.read(records.pending(self._course, assignment.name, student))
        record, outdated = self._known(submission, [] if force else [waiting, settled])
        # Earlier versions stored no digest of the file when the result was unsure.
        is_same = settled is None or settled.submission in ("", submission.digest)
        is_unsure = settled is not None and settled.result.is_unsure and settled.keys == assignment.keys
        late = settled.late if settled else None
        standing = before.get(student, Standing())
        return Task(submission, arrival, record, outdated, standing, is_same, is_same and is_unsure, late)

    def _known(
        self, submission: Submission, kept: Iterable[Record | None]
    ) -> tuple[Record | None, list[str]]:
        """The submission's least outdated record, and the exercises of it that are outdated."""
        digest, work = submission.digest, submission.work.digest
        found = [
            (each, outdated)
            for each in kept
            if each and each.is_of(digest, work) and not self._assignment.lacking(each.result)
            if each.can_be_updated(outdated := each.outdated(self._assignment.keys))
        ]
        return min(found, key=lambda each: len(each[1]), default=(None, []))

    def _job(self, task: Task) -> Job:
        task.rebuilt = task.rebuilt or self._assignment.rebuilt(task.submission.work)
        return self._assignment.job(task.rebuilt, task.outdated if task.record else None)

    def _keep(self, task: Task, result: Result) -> None:
        """Save as pending until gradebook and copy agree. Unsure results are graded again next time."""
        assignment, work = self._assignment, task.submission.work
        if task.record is not None:
            task.record = replace(task.record, result=result, keys=assignment.keys, written="")
        else:
            found = review.of(work, assignment.instructor)
            task.record = Record(
                result,
                found.names,
                task.submission.digest,
                work.digest,
                assignment.keys,
                reached=found.solutions,
            )
        task.outdated = ()
        records.save(records.pending(self._course, assignment.name, task.student), task.record)

    def _require_consent(self, tasks: Iterable[Task]) -> None:
        """Ask before points change that were given for the same submissions."""
        held = (task for task in tasks if task.is_graded and self._is_held(task))
        changes = [change for task in held if (change := self._change(task)) is not None]
        if changes and not self._audience.agree(changes):
            raise Refusal(
                _(
                    "{path}: nothing of {assignment} was written: points that were given would change; "
                    "`--yes` goes on unasked (nothing is graded twice), or undo the change in source/ or "
                    "nbgrader_config.py"
                ).format(path=self._course.gradebook, assignment=self._assignment.name)
            )

    def _is_held(self, task: Task) -> bool:
        """Whether points given for the same file may change in a way that somebody has to agree to."""
        if not task.is_same or not task.standing.is_graded:
            return False
        return not task.is_retry or self._costs_otherwise(task)

    def _costs_otherwise(self, task: Task) -> bool:
        assert self._ledger is not None
        return self._ledger.costs_otherwise(task.student, task.late, task.standing, task.arrival.time)

    def _change(self, task: Task) -> Change | None:
        """How a student's points would change though the submission is the same; None if they wouldn't."""
        assert task.record is not None and self._ledger is not None
        arrived = task.arrival.time
        after = entries.after(task.standing, entries.earned(self._source, task.record.result))
        penalty = self._ledger.penalty(task.student, after, arrived) or 0.0
        is_rule = self._costs_otherwise(task)
        return entries.change(self._source, task.student, task.standing, after, penalty, is_rule)

    def _write(self, task: Task) -> Entry:
        """Write a result to graded copy and gradebook, then the record that they agree, then the feedback."""
        assert task.record is not None and self._ledger is not None
        try:
            content = task.content
        except (OSError, Refusal):  # the file was removed meanwhile
            content = b""
        if digest_of(content) != task.submission.digest:
            what = _("changed while it was being graded: grade again")
            return self._entry_without_points(task, what)
        graded = task.rebuilt or self._assignment.rebuilt(task.submission.work)
        graded_copy.mark(graded, task.record.result, self._ledger.checksums)
        graded_copy.put(self._assignment, task.student, graded, task.exchanged)
        is_new = records.pending(self._course, self._assignment.name, task.student).is_file()
        task.standing = self._ledger.write(task.student, graded, task.arrival.time, is_new)
        task.record = records.settle(
            self._course,
            self._assignment.name,
            task.student,
            task.record,
            written=self._written(task),
            shown=self._assignment.shown,
            late=Lateness.of(task.standing),
            points=task.standing.automatic,
        )
        return self._entry(task, graded)

    def _written(self, task: Task) -> str:
        """A digest of everything but the result that graded copy and gradebook are made from."""
        late = self._config.LateWork, self._config.AssignLatePenalties
        return digest([self._assignment.presented, str(task.arrival.time), task.exchanged, *map(repr, late)])

    def _is_settled(self, task: Task) -> bool:
        """Whether graded copy and gradebook agree with the result, so that nothing needs writing."""
        if self._ledger is None or task.record is None or not task.is_graded:
            return False
        if task.record.written != self._written(task):
            return False
        earned = entries.earned(self._source, task.record.result) | task.record.unjudged
        # Points by hand and extensions are set in the gradebook, and change the late penalty.
        penalty = self._ledger.penalty(task.student, task.standing, task.arrival.time) or 0.0
        is_noted = earned == task.standing.automatic and isclose(penalty, task.standing.penalty)
        copy = graded_copy.folder(self._course, self._assignment.name, task.student)
        return is_noted and (copy / f"{self._assignment.name}.ipynb").is_file()

    def _entry(self, task: Task, graded: NotebookNode | None = None) -> Entry:
        assert task.record is not None and self._ledger is not None
        self._audience.publish(task.student, task.record, task.standing, graded)
        doubt = task.arrival.doubt if self._ledger.deadline is not None else ""
        found, remarks = entries.remarks(self._source, task.record, task.standing), task.submission.remarks
        verdicts = task.record.result.verdicts
        return Entry(
            task.student,
            entries.by_exercise(self._source, task.standing),
            "; ".join(filter(None, [_("graded"), *found, *self._more_time(task.student), *remarks, doubt])),
            task.standing.penalty,
            {cell: verdict.outcome for cell, verdict in verdicts.items()},
            waiting=entries.waiting(self._source, task.standing),
            cells=entries.by_cell(task.standing),
        )

    def _more_time(self, student: str) -> Iterator[str]:
        """A remark about the student's extension, if there is one."""
        if (more := self._extensions.get(student)) is not None:
            yield _("deadline moved by {time}").format(time=lateness.span(more))

    def _left_out(self, submission: Submission, before: Mapping[str, Standing]) -> Entry:
        """The entry of a student who has nothing to grade."""
        what = submission.problem or _("nothing handed in")
        what = "; ".join([what, *self._more_time(submission.student), *submission.remarks])
        standing = before.get(submission.student, Standing())
        return self._without_points(submission.student, what, standing, submission.is_missing)

    def _entry_without_points(self, task: Task, what: str) -> Entry:
        """The entry of a submission that could not be graded."""
        return self._without_points(task.student, what, task.standing)

    def _without_points(self, student: str, what: str, standing: Standing, is_missing: bool = False) -> Entry:
        if not standing.is_graded:
            return Entry(student, None, what, is_missing=is_missing)
        what += _("; what was graded before stands")
        return Entry(
            student,
            None,
            what,
            standing.penalty,
            is_missing=is_missing,
            before=entries.by_exercise(self._source, standing),
            waiting=entries.waiting(self._source, standing),
            cells=entries.by_cell(standing),
        )
