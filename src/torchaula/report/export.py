"""Grades as a table for whoever keeps them: nbgrader's columns, and what became of each submission."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from torchaula.classroom import received, records
from torchaula.course.layout import Course
from torchaula.grading.submitted import digest_of
from torchaula.report.class_csv import EARLIER, MISSING, UNGRADED, graded, plain

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score", "outcome"),
)


class CsvExport(ExportPlugin):  # type: ignore[misc]
    """`nbgrader export`. A submission that was not graded has no score: that is not a zero."""

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
    """The columns of one student and assignment; empty where something is not known."""
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
    told = known | {"outcome": _outcome(course, assignment.name, student.id, submission)}
    if submission is not None:
        told["timestamp"] = submission.timestamp
        if is_graded(submission):
            penalty = submission.late_submission_penalty
            told |= {"raw_score": submission.score, "late_submission_penalty": penalty}
            told["score"] = max(0.0, submission.score - penalty)
    return {column: plain(value) for column, value in told.items()}


def is_graded(submission: Any) -> bool:
    """Whether grading, or a person, gave any of its cells points."""
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    return any(grade.auto_score is not None or grade.manual_score is not None for grade in grades)


def _outcome(course: Course, assignment: str, student: str, submission: Any) -> str:
    """What became of a student's submission, in the words of the table of the class."""
    folder = course.submitted / student / assignment
    if not any(path.is_file() for path in folder.rglob("*")):
        return _not_collected(course, assignment, student, submission)
    if submission is None or not is_graded(submission):
        return UNGRADED
    record = records.load(course, assignment, student)
    if record is None:
        return graded(())
    handed_in = {digest_of(path.read_bytes()) for path in folder.glob("*.ipynb") if path.is_file()}
    if record.submission and record.submission not in handed_in:
        return EARLIER
    return graded(verdict.outcome.value for verdict in record.result.verdicts.values())


def _not_collected(course: Course, assignment: str, student: str, submission: Any) -> str:
    """What to say where no file stands: something may have been handed in that could not be collected."""
    if student not in received.load(course, assignment).problems:
        return MISSING
    return EARLIER if submission is not None and is_graded(submission) else UNGRADED
