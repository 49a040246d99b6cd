"""Find out what must be graded again of one submission."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from torchaula import origin
from torchaula.classroom.batch import records, upgrades
from torchaula.classroom.batch.assignments import Assignment
from torchaula.classroom.batch.records import Record
from torchaula.classroom.batch.submissions import Submission
from torchaula.classroom.gradebook import lateness
from torchaula.classroom.gradebook.lateness import Arrival, LateWork
from torchaula.classroom.gradebook.ledger import Lateness, Standing
from torchaula.classroom.intake import exchange_files, received
from torchaula.course.rebuilding.submitted import load
from torchaula.errors import Refusal


@dataclass
class Task:
    """A submission that can be graded, and what is known about it.

    `record` is its latest result, whose `outdated` exercises must be graded again; None: all of them.
    `standing` is the gradebook's state, and `is_same` says whether that is about this very file, as far as
    known. `is_retry` says that its last result was unsure, so that changed points are expected. `late` is the
    late penalty when it was written. `version_before` is the other version of torchaula that graded this very
    file, if that is why it must be graded again.
    """

    submission: Submission
    arrival: Arrival
    record: Record | None
    outdated: Sequence[str]
    standing: Standing
    is_same: bool
    is_retry: bool
    late: Lateness | None
    version_before: str | None = None
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
    def released(self) -> str:
        """The version that released the learner's notebook, as its file claims; empty if unknown."""
        try:
            return origin.version_of(self.content)
        except (OSError, Refusal):  # the file was removed meanwhile, which the writer names
            return ""

    @property
    def exchanged(self) -> dict[str, bytes]:
        """The exchange's own files that were handed in with it."""
        assert self.submission.notebook is not None
        return exchange_files.kept(self.submission.notebook.parent)


class Tasks:
    """Makes the tasks of one batch."""

    def __init__(self, assignment: Assignment, rule: LateWork) -> None:
        self._assignment, self._course, self._rule = assignment, assignment.course, rule
        self._times = received.times(received.load(self._course, assignment.name))

    def task(self, submission: Submission, before: Mapping[str, Standing], force: bool) -> Task:
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
        before_upgrade = upgrades.version_before(settled, assignment.keys) if is_same else None
        is_retry = is_same and is_unsure
        return Task(submission, arrival, record, outdated, standing, is_same, is_retry, late, before_upgrade)

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
