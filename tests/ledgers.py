"""All that a gradebook says of an assignment, row by row, for comparing one gradebook with another."""

from __future__ import annotations

from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from torchaula.classroom.gradebook import gradebook
from torchaula.course.layout import Course

Rows = dict[tuple[str, ...], Any]


def rows(course: Course) -> Rows:
    """Every value in the gradebook by what it is of; the random ids of its rows are left out."""
    with gradebook.opened(course) as book:
        return {**_cells(book), **_students(book), **_submissions(book)}


def points(course: Course, assignment: str, student: str) -> dict[str, float]:
    """The points of each graded cell of one student; empty where nothing was graded."""
    with gradebook.opened(course) as book:
        try:
            submission = book.find_submission_notebook(assignment, assignment, student)
        except MissingEntry:
            return {}
        return {grade.name: float(grade.score) for grade in submission.grades}


def _cells(book: Gradebook) -> Rows:
    found: Rows = {}
    for assignment in book.assignments:
        found["assignment", assignment.name] = (assignment.duedate, assignment.max_score)
        for notebook in assignment.notebooks:
            for cell in notebook.source_cells:
                key = "source", assignment.name, cell.name
                found[key] = (cell.cell_type, cell.locked, cell.source, cell.checksum)
            for cell in [*notebook.grade_cells, *notebook.task_cells]:
                found["points", assignment.name, cell.name] = (cell.max_score, cell.cell_type)
    return found


def _students(book: Gradebook) -> Rows:
    return {
        ("student", each.id): (each.first_name, each.last_name, each.email, each.score)
        for each in book.students
    }


def _submissions(book: Gradebook) -> Rows:
    found: Rows = {}
    for assignment in book.assignments:
        for submission in book.assignment_submissions(assignment.name):
            where = assignment.name, submission.student.id
            found["submission", *where] = (
                submission.timestamp,
                submission.score,
                submission.late_submission_penalty,
                submission.total_seconds_late,
            )
            for notebook in submission.notebooks:
                flags = notebook.flagged, notebook.late_submission_penalty, notebook.needs_manual_grade
                found["notebook", *where, notebook.name] = flags
                for grade in notebook.grades:
                    points = grade.auto_score, grade.manual_score, grade.extra_credit, grade.score
                    found["grade", *where, grade.name] = (*points, grade.needs_manual_grade)
                for comment in notebook.comments:
                    found["comment", *where, comment.name] = (comment.auto_comment, comment.manual_comment)
    return found
