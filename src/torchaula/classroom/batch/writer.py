"""Write one result in an order that survives interruption, and make the entry that the table shows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from math import isclose

from nbformat import NotebookNode
from traitlets.config import Config

from torchaula.classroom.batch import entries, graded_copy, records
from torchaula.classroom.batch.assignments import Assignment
from torchaula.classroom.batch.entries import Entry
from torchaula.classroom.batch.records import Record
from torchaula.classroom.batch.submissions import Submission
from torchaula.classroom.batch.tasks import Task
from torchaula.classroom.gradebook import lateness
from torchaula.classroom.gradebook.ledger import Lateness, Ledger, Standing
from torchaula.course.rebuilding.submitted import digest_of
from torchaula.digests import digest
from torchaula.errors import Refusal
from torchaula.i18n import _

Publish = Callable[[str, Record, Standing, NotebookNode | None], None]


class Writer:
    """Writes the results of one batch; `ledger` is None as long as the gradebook has no cells of it."""

    def __init__(
        self, assignment: Assignment, config: Config, extensions: Mapping[str, timedelta], publish: Publish
    ) -> None:
        self._assignment, self._config = assignment, config
        self._source, self._course = assignment.source, assignment.course
        self._extensions, self._publish = extensions, publish
        self.ledger: Ledger | None = None

    def write(self, task: Task) -> Entry:
        """Write a result to graded copy and gradebook, then the record that they agree, then the feedback."""
        assert task.record is not None and self.ledger is not None
        try:
            content = task.content
        except (OSError, Refusal):  # the file was removed meanwhile
            content = b""
        if digest_of(content) != task.submission.digest:
            what = _("changed while it was being graded: grade again")
            return self.failed(task, what)
        graded = task.rebuilt or self._assignment.rebuilt(task.submission.work)
        graded_copy.mark(graded, task.record.result, self.ledger.checksums)
        graded_copy.put(self._assignment, task.student, graded, task.exchanged)
        is_new = records.pending(self._course, self._assignment.name, task.student).is_file()
        task.standing = self.ledger.write(task.student, graded, task.arrival.time, is_new)
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
        return self.entry(task, graded)

    def _written(self, task: Task) -> str:
        """A digest of everything but the result that graded copy and gradebook are made from."""
        late = self._config.LateWork, self._config.AssignLatePenalties
        return digest([self._assignment.presented, str(task.arrival.time), task.exchanged, *map(repr, late)])

    def is_settled(self, task: Task) -> bool:
        """Whether graded copy and gradebook agree with the result, so that nothing needs writing."""
        if self.ledger is None or task.record is None or not task.is_graded:
            return False
        if task.record.written != self._written(task):
            return False
        earned = entries.earned(self._source, task.record.result) | task.record.unjudged
        # Points by hand and extensions are set in the gradebook, and change the late penalty.
        penalty = self.ledger.penalty(task.student, task.standing, task.arrival.time) or 0.0
        is_noted = earned == task.standing.automatic and isclose(penalty, task.standing.penalty)
        copy = graded_copy.folder(self._course, self._assignment.name, task.student)
        return is_noted and (copy / f"{self._assignment.name}.ipynb").is_file()

    def entry(self, task: Task, graded: NotebookNode | None = None) -> Entry:
        assert task.record is not None and self.ledger is not None
        self._publish(task.student, task.record, task.standing, graded)
        doubt = task.arrival.doubt if self.ledger.deadline is not None else ""
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

    def left_out(self, submission: Submission, before: Mapping[str, Standing]) -> Entry:
        """The entry of a student who has nothing to grade."""
        what = submission.problem or _("nothing handed in")
        what = "; ".join([what, *self._more_time(submission.student), *submission.remarks])
        standing = before.get(submission.student, Standing())
        return self._without_points(submission.student, what, standing, submission.is_missing)

    def failed(self, task: Task, what: str) -> Entry:
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

    def _more_time(self, student: str) -> Iterator[str]:
        """A remark about the student's extension, if there is one."""
        if (more := self._extensions.get(student)) is not None:
            yield _("deadline moved by {time}").format(time=lateness.span(more))
