"""Grades as a table for whoever keeps them: nbgrader's columns, and what became of each submission."""

from __future__ import annotations

import csv
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from torchaula.classroom import handed_in, records
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.grading.submitted import digest_of, load
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
    there = _handed_in(course, assignment, student)
    if there is None:
        return MISSING
    if submission is None or not is_graded(submission):
        return UNGRADED
    record = records.load(course, assignment, student)
    if record is None:
        return graded(())
    if record.submission and record.submission not in there:
        return EARLIER
    return graded(verdict.outcome.value for verdict in record.result.verdicts.values())


def _handed_in(course: Course, assignment: str, student: str) -> set[str] | None:
    """The digests of what a student handed in that may be graded; None where that is nothing at all."""
    found: set[str] = set()
    with suppress(OSError):
        folder = handed_in.look(course, student, assignment)
        if folder.is_empty:
            return None
        for file in folder.notebooks:
            with suppress(Refusal, OSError):
                found.add(digest_of(load(folder.at(file))))
    return found
