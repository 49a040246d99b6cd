"""What learners receive of a cell: what nbgrader would release, whatever the form of its markers."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from nbgrader.converters import Autograde, GenerateAssignment

from tests import edits, mini, pupils, week
from torchaula.classroom import gradebook
from torchaula.course import converters, notebook, secrets
from torchaula.course.layout import Course
from torchaula.course.release import release
from torchaula.errors import Refusal

MODEL = "return 2 * x"
DOCUMENTED = "def double(x):\n    return 2 * x"
SIGNATURE = 'def double(x):\n    """Devuelve el doble."""\n'


def no_markers(course: Course) -> str:
    """nbgrader's documented form: the whole cell is replaced."""
    edits.rewrite(course, "double", DOCUMENTED)
    return "# ESCRIBE AQUÍ TU CÓDIGO"


def another_prefix(course: Course) -> str:
    """One `#`, and something after the delimiter: nbgrader looks for its words anywhere in a line."""
    edits.replace(course, "double", "### BEGIN SOLUTION", "# BEGIN SOLUTION (5 puntos)")
    edits.replace(course, "double", "### END SOLUTION", "#END SOLUTION")
    return f"{SIGNATURE}    # ESCRIBE AQUÍ TU CÓDIGO"


def another_delimiter(course: Course) -> str:
    """The course's own words, and its own stub."""
    week.configure(
        course,
        'c.ClearSolutions.begin_solution_delimeter = "RESPUESTA"',
        'c.ClearSolutions.end_solution_delimeter = "FIN"',
        'c.ClearSolutions.code_stub = {"python": "# AQUÍ\\nraise NotImplementedError"}',
    )
    for name in ("double", "add-one"):
        edits.replace(course, name, "### BEGIN SOLUTION", "# RESPUESTA")
        edits.replace(course, name, "### END SOLUTION", "# FIN")
    return f"{SIGNATURE}    # AQUÍ\n    raise NotImplementedError"


def no_line_after(course: Course) -> str:
    """The last delimiter ends the cell, with blanks behind it; the first has blanks before and behind."""
    edits.rewrite(course, "double", f"{SIGNATURE}    ### BEGIN SOLUTION  \n    {MODEL}\n\t### END SOLUTION ")
    return f"{SIGNATURE}    # ESCRIBE AQUÍ TU CÓDIGO"


FORMS = [no_markers, another_prefix, another_delimiter, no_line_after]


def hidden_of_another_prefix(course: Course) -> None:
    """Hidden tests whose delimiters stand behind another comment sign."""
    edits.replace(course, "double-valores", "### BEGIN HIDDEN TESTS", "#BEGIN HIDDEN TESTS: no publicar")
    edits.replace(course, "double-valores", "### END HIDDEN TESTS", "# END HIDDEN TESTS")


def hidden_of_another_delimiter(course: Course) -> None:
    """Hidden tests between the course's own words."""
    week.configure(
        course,
        'c.ClearHiddenTests.begin_test_delimeter = "OCULTO"',
        'c.ClearHiddenTests.end_test_delimeter = "VISIBLE"',
    )
    for name in ("double-valores", "add-one-valores"):
        edits.replace(course, name, "### BEGIN HIDDEN TESTS", "## OCULTO")
        edits.replace(course, name, "### END HIDDEN TESTS", "## VISIBLE")


def without(course: Course, identifier: str) -> str:
    """The released notebook, answered but for one cell that was deleted."""
    node = notebook.read(course.released("mini"))
    pupils.cell(node, "add-one").source = "def add_one(x):\n    return x + 1"
    node.cells.remove(pupils.cell(node, identifier))
    return notebook.text(node)


@pytest.mark.parametrize("form", FORMS)
def test_deleted_solution_is_rebuilt_as_it_was_released(
    course: Course, form: Callable[[Course], str]
) -> None:
    """Who deletes the cell has no points of it, and the model solution stands nowhere."""
    stub = form(course)
    release(course, "mini")
    pupils.write(course, "ana", without(course, "double"))

    entry = mini.grade(course)["ana"]

    copy = notebook.read(course.autograded / "ana" / "mini" / "mini.ipynb")
    assert entry.points == {"double": 0, "add-one": 5}
    assert pupils.cell(copy, "double").source == stub
    assert MODEL not in pupils.cell(copy, "double").source


@pytest.mark.parametrize("form", FORMS)
def test_nbgrader_rebuilds_the_same(course: Course, form: Callable[[Course], str]) -> None:
    """`nbgrader autograde` gives the same points, after a release of its own or of ours."""
    stub = form(course)
    release(course, "mini")
    assert not converters.run(GenerateAssignment, course, "mini").error
    pupils.write(course, "ana", without(course, "double"))

    run = converters.run(Autograde, course, "mini", "ana")

    assert not run.error, run.reason
    copy = notebook.read(course.autograded / "ana" / "mini" / "mini.ipynb")
    assert pupils.cell(copy, "double").source == stub
    assert sum(gradebook.points(course, "mini", "ana").values()) == 5


@pytest.mark.parametrize("form", [*FORMS, hidden_of_another_prefix, hidden_of_another_delimiter])
def test_every_form_can_be_released(course: Course, form: Callable[[Course], object]) -> None:
    """The guard takes no public line for a secret one, and what it guards is not published."""
    form(course)

    release(course, "mini")

    published = course.released("mini").read_text()
    assert MODEL not in published
    assert "3.0, 5.0, 7.0" not in published


@pytest.mark.parametrize("form", [*FORMS, hidden_of_another_prefix, hidden_of_another_delimiter])
def test_no_form_looks_changed_to_the_gradebook(course: Course, form: Callable[[Course], object]) -> None:
    """What the gradebook was told is what `source/` says: nothing is graded again, and nobody is asked."""
    form(course)
    assert not converters.run(GenerateAssignment, course, "mini").error

    with gradebook.opened(course) as book:
        assert gradebook.changed(book, converters.source(course, "mini")) == []


@pytest.mark.parametrize("form", [*FORMS, hidden_of_another_prefix, hidden_of_another_delimiter])
def test_every_form_is_known_for_secret(course: Course, form: Callable[[Course], object]) -> None:
    """Solution and hidden test are known for secret lines; the signature and the markers are not."""
    form(course)

    lines = secrets.secret_lines(converters.source(course, "mini"))

    assert MODEL in lines
    assert "student.double(torch.tensor([3.0, 5.0, 7.0])).matches(lambda x: 2 * x)" in lines
    if form is not no_markers:
        assert "def double(x):" not in lines
    assert not [line for line in lines if "BEGIN" in line or "RESPUESTA" in line or "OCULTO" in line]


@pytest.mark.parametrize("form", [another_delimiter, hidden_of_another_delimiter])
def test_guard_knows_the_courses_own_markers(course: Course, form: Callable[[Course], object]) -> None:
    """A draft that still holds a marker of this course is refused."""
    form(course)
    (course.source / "mini" / "draft.py").write_text("# RESPUESTA y OCULTO\n")

    with pytest.raises(Refusal, match="would publish"):
        release(course, "mini")


@pytest.mark.parametrize("form", FORMS)
def test_sample_class_hands_in_answers_without_markers(course: Course, form: Callable[[Course], str]) -> None:
    """The model solution as a learner would write it holds no marker, and gets full marks."""
    form(course)
    release(course, "mini")
    pupils.command(course, "sample-class", "mini")
    handed_in = json.loads((course.submitted / "referencia" / "mini" / "mini.ipynb").read_text())

    texts = ["".join(cell["source"]) for cell in handed_in["cells"]]

    assert any(MODEL in text for text in texts)
    assert not [t for t in texts for word in ("SOLUTION", "RESPUESTA", "FIN") if word in t]
    assert mini.grade(course, "mini", "referencia")["referencia"].points == {"double": 5, "add-one": 5}
