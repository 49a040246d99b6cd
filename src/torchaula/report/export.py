"""Grades as a table for whoever keeps them: nbgrader's columns, and what became of each submission."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from torchaula.course.layout import Course
from torchaula.grading import records
from torchaula.grading.verdict import Outcome

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score", "outcome"),
)
ORDINARY = {Outcome.PASSED, Outcome.FAILED, Outcome.RAISED}


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
        return known | {"outcome": "nothing graded"}
    known["timestamp"] = submission.timestamp
    if not is_graded(submission):
        return known | {"outcome": "not graded"}
    penalty = submission.late_submission_penalty
    return known | {
        "raw_score": submission.score,
        "late_submission_penalty": penalty,
        "score": max(0.0, submission.score - penalty),
        "outcome": "; ".join(["graded", *_ends(course, assignment.name, student.id)]),
    }


def is_graded(submission: Any) -> bool:
    """Whether grading, or a person, gave any of its cells points."""
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    return any(grade.auto_score is not None or grade.manual_score is not None for grade in grades)


def _ends(course: Course, assignment: str, student: str) -> Iterator[str]:
    """How many graded cells did not end by themselves, by outcome."""
    record = records.load(course, assignment, student)
    verdicts = record.result.verdicts.values() if record else ()
    ends = Counter(verdict.outcome for verdict in verdicts if verdict.outcome not in ORDINARY)
    yield from (f"{count} {outcome.value}" for outcome, count in sorted(ends.items()))
