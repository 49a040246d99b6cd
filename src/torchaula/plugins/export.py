"""Export grades as a table: nbgrader's columns, and what happened to each submission."""

from __future__ import annotations

import csv
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry, TaskCell
from nbgrader.plugins import ExportPlugin

from torchaula.classroom.batch import records
from torchaula.classroom.batch.entries import Became
from torchaula.classroom.batch.records import Record
from torchaula.classroom.gradebook.ledger import total
from torchaula.classroom.intake import handed_in, received
from torchaula.course.layout import Course
from torchaula.course.rebuilding.submitted import digest_of, load
from torchaula.errors import Refusal
from torchaula.report.class_csv import outcome, plain

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score", "waiting", "outcome"),
)


class CsvExport(ExportPlugin):  # type: ignore[misc]
    """`nbgrader export`. A submission that was not graded has no score, which is not a score of 0.

    Answers that wait for a person count nothing yet; a column of its own says what they are worth.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to `--to`, or to `grades.csv`."""
        course = Course(Path(self.parent.coursedir.root).resolve())
        destination = self.to or "grades.csv"
        self.log.info("Exporting grades to %s", destination)
        with Path(destination).open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, COLUMNS)
            table.writeheader()
            for assignment in gradebook.assignments:
                for student in gradebook.students:
                    if self._is_wanted(assignment.name, student.id):
                        table.writerow(row(gradebook, course, assignment, student))

    def _is_wanted(self, assignment: str, student: str) -> bool:
        assignments, students = map(str, self.assignment), map(str, self.student)
        return (not self.assignment or assignment in assignments) and (
            not self.student or student in students
        )


def row(gradebook: Gradebook, course: Course, assignment: Any, student: Any) -> dict[str, object]:
    """The columns of one student and assignment; unknown values are left out."""
    known = {
        "assignment": assignment.name,
        "duedate": assignment.duedate,
        "student_id": student.id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
        "max_score": assignment.max_score,
    }
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        submission = None
    record = records.load(course, assignment.name, student.id)
    told = known | {"outcome": _outcome(course, assignment.name, student.id, submission, record)}
    if submission is not None:
        told["timestamp"] = submission.timestamp
        if is_graded(submission, record):
            penalty = submission.late_submission_penalty
            told |= {"raw_score": submission.score, "late_submission_penalty": penalty}
            told |= {"score": total(submission.score, penalty), "waiting": sum(waiting(submission))}
    return {column: plain(value) for column, value in told.items()}


def is_graded(submission: Any, record: Record | None) -> bool:
    """Whether a submission has points from a test or a person, or was graded and waits for a person only."""
    grades = (grade for notebook in submission.notebooks for grade in notebook.grades)
    has_points = any(grade.auto_score is not None or grade.manual_score is not None for grade in grades)
    return has_points or (record is not None and bool(waiting(submission)))


def waiting(submission: Any) -> list[float]:
    """The maximum points of each cell that a person has not graded yet."""
    found = []
    for notebook in submission.notebooks:
        answers = {cell.name for cell in notebook.notebook.solution_cells}
        for grade in notebook.grades:
            is_by_hand = isinstance(grade.cell, TaskCell) or grade.cell.name in answers
            if is_by_hand and grade.auto_score is None and grade.manual_score is None:
                found.append(grade.cell.max_score)
    return found


def _outcome(course: Course, assignment: str, student: str, submission: Any, record: Record | None) -> str:
    """What happened to a student's submission, in the words of the class's table."""
    there = _handed_in(course, assignment, student)
    is_graded_before = submission is not None and is_graded(submission, record)
    if there is None:
        return outcome(_not_collected(course, assignment, student, is_graded_before))
    if not is_graded_before:
        return outcome(Became.UNGRADED)
    became = Became.WAITS if waiting(submission) else Became.GRADED
    if record is None:
        return outcome(became)
    if record.submission and record.submission not in there:
        return outcome(Became.EARLIER)
    return outcome(became, (verdict.outcome for verdict in record.result.verdicts.values()))


def _not_collected(course: Course, assignment: str, student: str, is_graded_before: bool) -> Became:
    """The outcome if there is no file: perhaps something was handed in that could not be collected."""
    if student not in received.load(course, assignment).problems:
        return Became.MISSING
    return Became.EARLIER if is_graded_before else Became.UNGRADED


def _handed_in(course: Course, assignment: str, student: str) -> set[str] | None:
    """The digests of the student's files that may be graded; None if nothing was handed in."""
    found: set[str] = set()
    with suppress(OSError):
        folder = handed_in.look(course, student, assignment)
        if folder.is_empty:
            return None
        for file in folder.notebooks:
            with suppress(Refusal, OSError):
                found.add(digest_of(load(folder.at(file))))
    return found
