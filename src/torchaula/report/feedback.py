"""The page that a learner reads after grading; `nbgrader_config.py` names its exporter."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from torchaula.course.layout import Course
from torchaula.grading import records
from torchaula.grading.records import Record
from torchaula.report import markup, words
from torchaula.report.page import Page, page

TEMPLATES = Path(__file__).parent / "templates" / "feedback_es"


class FeedbackExporter(Exporter):
    """Makes a feedback page of a graded notebook into which nbgrader's `GetGrades` put the points."""

    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own exporters of text
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


def render(shown: Page) -> str:
    """A page as HTML. Everything is escaped but what `markup` makes."""
    made = _environment().get_template("page.html.j2").render(page=shown, words=words)
    return made.encode(errors="replace").decode()  # half a character can't be written to a file


@cache
def _environment() -> Environment:
    """Kept, since compiling the templates takes longer than a page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "code": markup.code,
        "number": words.number,
        "prose": markup.prose,
        "row": markup.row,
    }
    return environment
