"""Write a learner's feedback page as HTML, and renew it when anything that it shows has changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbformat import NotebookNode
from nbgrader.utils import is_task

from torchaula import digests
from torchaula.classroom.batch import graded_copy
from torchaula.classroom.batch.records import Record
from torchaula.classroom.gradebook.ledger import Points, Standing
from torchaula.classroom.intake import exchange_files
from torchaula.course import notebook
from torchaula.course.layout import Course
from torchaula.course.rebuilding.rebuild import grade_id, is_solution
from torchaula.digests import digest
from torchaula.files import whole
from torchaula.findings import COMPARED
from torchaula.report import markup, words
from torchaula.report.page import page
from torchaula.report.parts import Page
from torchaula.report.written import Written

TEMPLATES = Path(__file__).parent / "templates" / "feedback_es"
KEY = re.compile(r'<meta name="torchaula-key" content="([0-9a-f]+)">')
SHOWS = ("course", "grading", "report", "findings.py")  # the parts of this package that a page depends on
HEAD = 1024  # characters at a page's start that contain its key


def refresh(
    course: Course,
    assignment: str,
    student: str,
    record: Record,
    standing: Standing,
    graded: NotebookNode | None,
    solutions: Mapping[str, Written],
) -> None:
    """Write a student's page if it is missing or differs from gradebook and record.

    `graded` is the graded copy, if it is loaded already. `solutions` are the model solutions that the page
    shows, by cell.
    """
    copy = graded_copy.folder(course, assignment, student)
    place = course.feedback / student / assignment / f"{assignment}.html"
    place.parent.mkdir(parents=True, exist_ok=True)
    exchange_files.put(place.parent, exchange_files.kept(copy))
    noted = sorted(standing.points.items()), sorted(standing.comments.items()), standing.penalty
    seen = record.result, record.submission, record.shown, sorted(solutions.items())
    key = digest([*seen, *noted, digests.code(*SHOWS)])
    if _key_of(place) == key:
        return
    nb = graded or notebook.read(copy / f"{assignment}.ipynb")
    names = {"notebook": assignment, "student": student, **_noted(nb, standing)}
    with whole(place) as file:
        file.write_text(render(page(nb, names, record, solutions), key), encoding="utf-8")


def _key_of(place: Path) -> str:
    """The digest that a page has near its start: of what it was made from."""
    try:
        with place.open(encoding="utf-8", errors="replace") as file:
            found = KEY.search(file.read(HEAD))
    except OSError:
        return ""
    return found[1] if found else ""


def _noted(nb: NotebookNode, standing: Standing) -> dict[str, float]:
    """Put points and comments into a graded copy, like nbgrader's `GetGrades`; returns its totals."""
    for cell in nb.cells:
        name = grade_id(cell)
        if is_solution(cell) or is_task(cell):
            cell.metadata.nbgrader["comment"] = standing.comments.get(name)
        if name in standing.points:
            tell(cell, standing.points[name])
    most = sum(
        float(cell.metadata.nbgrader["points"]) for cell in nb.cells if grade_id(cell) in standing.points
    )
    return {"score": standing.score - standing.penalty, "max_score": most, "late_penalty": standing.penalty}


def tell(cell: NotebookNode, points: Points) -> None:
    """Put the gradebook's points into a graded cell."""
    is_given = points.manual is not None
    cell.metadata.nbgrader.update(score=points.score, waits=points.waits, is_given=is_given)


def render(shown: Page, key: str = "") -> str:
    """Render a page as HTML. Everything but the output of `markup` is escaped; `key` is stored in it."""
    made = _environment().get_template("page.html.j2").render(page=shown, words=words, key=key)
    return made.encode(errors="replace").decode()  # lone surrogates can't be encoded


@cache
def _environment() -> Environment:
    """The template environment, cached because compiling the templates takes longer than a page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["compared"] = lambda row: row.label in COMPARED
    environment.filters |= {
        "code": markup.code,
        "number": words.number,
        "prose": markup.prose,
        "row": markup.row,
        "taught": markup.taught,
    }
    return environment
