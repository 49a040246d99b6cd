"""Write the feedback page for `nbgrader generate_feedback`, replacing nbgrader's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbgrader import preprocessors
from nbgrader.utils import is_task
from traitlets import default

from torchaula.classroom.batch import records
from torchaula.classroom.batch.records import Record
from torchaula.classroom.gradebook.ledger import Points
from torchaula.course.layout import Course
from torchaula.course.rebuilding.rebuild import grade_id, is_solution
from torchaula.report.page import page
from torchaula.report.render import render, tell


class GetGrades(preprocessors.GetGrades):  # type: ignore[misc]
    """Puts points and comments into a notebook like nbgrader's own, and whether a person gave the points.

    Without that, an answer that waits for a person looks like one that got 0 points.
    """

    def _get_score(self, cell: NotebookNode, resources: Any) -> None:
        super()._get_score(cell, resources)
        if is_solution(cell) or is_task(cell):
            where = self.notebook_id, self.assignment_id, self.student_id
            grade = self.gradebook.find_grade(grade_id(cell), *where)
            tell(cell, Points(grade.auto_score, grade.manual_score, grade.extra_credit))


class FeedbackExporter(Exporter):
    """Makes a feedback page from a graded notebook that has its points from `GetGrades`."""

    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override]  # like nbconvert's own text exporters
        self, nb: NotebookNode, resources: Any = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page, and nbconvert's resources."""
        nb, resources = super().from_notebook_node(nb, resources, **options)
        names = resources["nbgrader"]
        return render(page(nb, names, self._record(names))), resources

    def _record(self, names: dict[str, Any]) -> Record | None:
        if self.parent is None:
            return None
        course = Course(Path(self.parent.coursedir.root).resolve())
        return records.load(course, names["assignment"], names["student"])
