"""What learners receive of a cell: what nbgrader would release, whatever the form of its markers."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions
from traitlets.config import Config

from tests import edits, ledgers, mini, pupils, week
from torchaula.authoring import secrets
from torchaula.authoring.release import release
from torchaula.classroom.gradebook import gradebook
from torchaula.course import converters, notebook
from torchaula.course.layout import Course
from torchaula.course.markers import USUAL
from torchaula.errors import Refusal

MODEL = "return 2 * x"
DOCUMENTED = "def double(x):\n    return 2 * x"
MARKERS = ("SOLUTION", "HIDDEN", "RESPUESTA", "FIN", "OCULTO")
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


@pytest.mark.parametrize("form", [no_markers, another_delimiter])
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
    assert sum(ledgers.points(course, "mini", "ana").values()) == 5


@pytest.mark.parametrize("form", [*FORMS, hidden_of_another_prefix, hidden_of_another_delimiter])
def test_every_form_is_known_for_secret(course: Course, form: Callable[[Course], object]) -> None:
    """The guard takes no public line for a secret one, and what it guards is not published."""
    form(course)

    release(course, "mini")

    lines = secrets.secret_lines(converters.source(course, "mini"))
    published = course.released("mini").read_text()
    for secret in (MODEL, "student.double(torch.tensor([3.0, 5.0, 7.0])).matches(lambda x: 2 * x)"):
        assert secret in lines
        assert secret not in published
    assert form is no_markers or "def double(x):" not in lines
    assert not [line for line in lines for word in MARKERS if word in line]


@pytest.mark.parametrize("form", [*FORMS, hidden_of_another_delimiter])
def test_no_form_looks_changed_to_the_gradebook(course: Course, form: Callable[[Course], object]) -> None:
    """What the gradebook was told is what `source/` says: nothing is graded again, and nobody is asked."""
    form(course)
    assert not converters.run(GenerateAssignment, course, "mini").error

    with gradebook.opened(course) as book:
        assert gradebook.changed(book, converters.source(course, "mini")) == []


PIECES = st.sampled_from(
    [
        *("x = 1", "    y", "", "\t", "BEGIN", "END SOLUTION BEGIN SOLUTION"),
        *(f"{indent}{sign} {word}" for indent in ("", "  ") for sign in ("###", "%") for word in USUAL.words),
    ]
)


SILENT = logging.getLogger("silent")  # one of its own: nbgrader's is that of the whole process
SILENT.disabled = True


@given(st.lists(PIECES, max_size=8), st.booleans())
def test_text_of_any_form_is_cleared_as_nbgrader_clears_it(lines: list[str], is_code: bool) -> None:
    """Whatever stands where: the same text as nbgrader's preprocessors make, or both complain."""
    make = new_code_cell if is_code else new_markdown_cell
    cell = make("\n".join(lines), metadata={"nbgrader": {"solution": True, "grade": True, "task": True}})
    settings = Config()
    settings.ClearSolutions.code_stub = {"python": USUAL.code_stub}
    settings.ClearSolutions.text_stub = USUAL.text_stub
    faults = list(USUAL.faults(cell.source))
    stub = USUAL.published(USUAL.stub(cell.source, is_code=is_code))
    kinds = (ClearSolutions, ClearHiddenTests, ClearMarkScheme)
    clearing = [kind(config=settings, log=SILENT) for kind in kinds]

    try:
        for each in clearing:
            each.preprocess_cell(cell, {"language": "python"}, 0)
    except RuntimeError:
        assert faults
    else:
        assert stub == cell.source


@pytest.mark.parametrize("form", [another_delimiter, hidden_of_another_delimiter])
def test_guard_knows_the_courses_own_markers(course: Course, form: Callable[[Course], object]) -> None:
    """A draft that still holds a marker of this course is refused."""
    form(course)
    (course.source / "mini" / "draft.py").write_text("# RESPUESTA y OCULTO\n")

    with pytest.raises(Refusal, match="would publish"):
        release(course, "mini")


@pytest.mark.parametrize("form", [no_markers, another_delimiter])
def test_sample_class_hands_in_answers_without_markers(course: Course, form: Callable[[Course], str]) -> None:
    """The model solution as a learner would write it holds no marker, and gets full marks."""
    form(course)
    release(course, "mini")
    pupils.command(course, "sample-class", "mini")
    handed_in = json.loads((course.submitted / "referencia" / "mini" / "mini.ipynb").read_text())

    texts = ["".join(cell["source"]) for cell in handed_in["cells"]]

    assert any(MODEL in text for text in texts)
    assert not [t for t in texts for word in MARKERS if word in t]
    assert mini.grade(course, "mini", "referencia")["referencia"].points == {"double": 5, "add-one": 5}
