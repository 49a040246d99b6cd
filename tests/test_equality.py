"""What nbgrader's executor scores is what the judge scores, cell by cell."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import ledgers, mini, pupils, shipped
from torchaula.authoring import judging
from torchaula.course import notebook
from torchaula.course.layout import Course, find
from torchaula.grading.trusted import engine

ROOT = Path(__file__).parents[1]
STUDENTS = ("alternativa", "despistada", "carla")  # all right, all wrong, and in between


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A copy of the real course, where some of the sample class handed in."""
    root = tmp_path_factory.mktemp("equality") / "course"
    for folder in ("source", "release", "answers"):
        shutil.copytree(ROOT / folder, root / folder)
    config = (ROOT / "nbgrader_config.py").read_text() + mini.without_sandbox()
    (root / "nbgrader_config.py").write_text(config)
    made = find(root)
    for assignment in made.assignments:
        shipped.hand_in(made, assignment, *STUDENTS)
    shutil.rmtree(made.answers)  # diagnosis, which no point hangs on, would take most of the time
    return made


@pytest.mark.sampled(1, "nbgrader's commands on an assignment that ships")
@pytest.mark.parametrize("assignment", Course(ROOT).assignments)
def test_nbgrader_and_both_back_ends_score_the_same(course: Course, assignment: str) -> None:
    """Whole submissions graded through nbgrader have the points that `judging.grade` gives, cell by cell."""
    graded = mini.grade(course, assignment)
    source = notebook.load(course.notebook(assignment))
    engine.prepare(source)

    assert sorted(graded) == sorted(STUDENTS)
    for student in STUDENTS:
        handed_in = notebook.load(course.submitted / student / assignment / f"{assignment}.ipynb")
        recorded = ledgers.points(course, assignment, student)
        for backend in judging.BACKENDS:
            verdicts = judging.grade(source, pupils.solutions(handed_in.cells), backend=backend)
            points = {cell.id: cell.points * verdicts[cell.id].passed for cell in source.cells if cell.points}
            assert points == recorded, (student, backend)
