"""A class graded through nbgrader: points, feedback, export, and what one submission can do to others."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests import ledgers, mini, pupils
from tests.test_release import nbgrader
from torchaula.authoring import sample_class
from torchaula.authoring.release import release
from torchaula.classroom.batch import assignments, batch, submissions
from torchaula.classroom.batch.entries import Entry
from torchaula.classroom.gradebook import gradebook
from torchaula.course import notebook
from torchaula.course.layout import Course
from torchaula.errors import Refusal

Graded = tuple[Course, dict[str, Entry]]


@pytest.fixture
def copy(graded: Graded, tmp_path: Path) -> Course:
    """The graded course, to change."""
    return mini.copy(graded[0], tmp_path / "course")


@pytest.mark.parametrize(
    ("student", "double", "add_one"),
    [
        ("referencia", 5, 5),
        ("alternativa", 5, 5),
        ("vacio", 0, 0),
        ("parcial", 5, 0),
        ("despistada", 0, 0),
        ("bucle", 0, 5),
    ],
)
def test_sample_class_scores_as_it_was_made(graded: Graded, student: str, double: int, add_one: int) -> None:
    """Each of the sample class has the points of what it answers, exercise by exercise."""
    assert graded[1][student].points == {"double": double, "add-one": add_one}


@pytest.mark.parametrize(
    ("student", "points"),
    [
        pytest.param("ana maría ñ", 10, id="a kernel that doesn't exist; blanks and accents in the name"),
        pytest.param("tags and shadows", 0, id="tags that would skip tests; modules called like ours"),
        pytest.param("copied and foreign", 10, id="copied cells; a graded cell of another notebook"),
        pytest.param("deleted", 10, id="a deleted test"),
        pytest.param("retyped", 10, id="cells that changed their kind"),
        pytest.param("warns", 10, id="a warning on stderr; a file over one of ours"),
        pytest.param("points", 0, id="points as a cell's value"),
    ],
)
def test_only_solutions_count(graded: Graded, student: str, points: float) -> None:
    """What else is done to a submission neither costs points nor gives any."""
    found = graded[1][student].points

    assert found is not None
    assert sum(found.values()) == points


@pytest.mark.parametrize(
    ("student", "what"),
    [
        ("roto", r"not valid JSON at line \d+, column \d+: ask for the file again"),
        ("renamed", r"graded; from mini \(1\)\.ipynb.*"),
        ("nothing", r"nothing handed in"),
        ("linked", r"mini is a link: put the file itself there"),
        ("exits", r"graded; the process died in double"),
        ("stubborn", r"graded; time ran out in double"),
        ("bucle", r"graded; time ran out in double"),
        ("copied and foreign", r"graded; cells that stood twice: double, double-valores"),
        ("deleted", r"graded; cells that were gone: double-valores"),
        (
            "tags and shadows",
            r"graded; files left out: torch\.py, torchaula/__init__\.py, torchaula/checks\.py",
        ),
        ("referencia", r"graded"),
    ],
)
def test_each_submission_is_told_what_happened(graded: Graded, student: str, what: str) -> None:
    """Every submission ends graded or with a named reason, and oddities are said."""
    result = graded[1][student]

    assert re.fullmatch(f"{what}(; the same answers, word for word, as .+)?", result.what)
    assert result.graded == what.startswith("graded")


def test_export_has_a_row_for_every_student(copy: Course) -> None:
    """`nbgrader export` lists everybody who handed in; who was not graded has no score, not a zero."""
    nbgrader(copy, "export", "--to=grades.csv")

    with (copy.root / "grades.csv").open() as stream:
        told = {row["student_id"]: row for row in csv.DictReader(stream)}
    rows = {student: (row["score"], row["max_score"]) for student, row in told.items()}
    assert set(rows) == {path.name for path in copy.submitted.iterdir() if path.is_dir()}
    assert rows["referencia"] == rows["alternativa"] == ("10.0", "10.0")
    assert rows["vacio"] == ("0.0", "10.0")
    assert rows["roto"] == rows["nothing"] == ("", "10.0")
    assert told["bucle"]["outcome"] == "graded; 2 timed out"
    assert told["exits"]["outcome"] == "graded; 2 process died"


def test_demo_cells_do_not_run(graded: Graded) -> None:
    """A cell that the instructor calls a demo is skipped, in every submission."""
    course, _ = graded

    assert not list(course.autograded.rglob("demo-ran"))


def test_support_files_are_ours(graded: Graded) -> None:
    """Beside a graded notebook stand the instructor's files alone; `submitted/` keeps what was handed in."""
    course, _ = graded
    graded_files = {
        path.name: path.read_text() for path in (course.autograded / "warns" / "mini").glob("*.txt")
    }

    assert graded_files == {"datos.txt": "ours\n"}
    assert not list((course.autograded / "tags and shadows").rglob("*.py"))
    assert (course.submitted / "tags and shadows" / "mini" / "torch.py").is_file()


def test_nbgrader_commands_work_as_they_stand(copy: Course) -> None:
    """Autograde and feedback, run by nbgrader alone, give the same points and pages."""
    student = "parcial"
    page = copy.feedback / student / "mini" / "mini.html"
    page.unlink()
    before = ledgers.points(copy, "mini", student)

    nbgrader(copy, "autograde", "mini", "--student", student, "--force")
    nbgrader(copy, "generate_feedback", "mini", "--student", student, "--force")

    assert ledgers.points(copy, "mini", student) == before
    assert "Corrección: mini" in page.read_text(encoding="utf-8")
    nbgrader(copy, "generate_assignment", "mini", "--force")


def test_regrading_keeps_what_a_person_wrote(copy: Course) -> None:
    """Manual points, extra credit and comments survive grading again."""
    with gradebook.opened(copy) as book:
        grade = book.find_grade("double-valores", "mini", "mini", "vacio")
        grade.manual_score, grade.extra_credit = 3, 1
        book.find_comment("double", "mini", "mini", "vacio").manual_comment = "¡Ánimo!"
        book.db.commit()

    result = mini.grade(copy, "mini", "vacio")["vacio"]

    assert result.points == {"double": 4, "add-one": 0}
    with gradebook.opened(copy) as book:
        assert book.find_comment("double", "mini", "mini", "vacio").comment == "¡Ánimo!"


def test_cells_that_grades_hang_on_are_not_dropped(copy: Course) -> None:
    """Renaming a graded cell is refused while there are grades, with what to do; no grade is touched."""
    before = ledgers.points(copy, "mini", "referencia")
    path = copy.notebook("mini")
    path.write_text(path.read_text().replace("add-one-valores", "add-one-bordes"))

    with pytest.raises(Refusal, match=r"add-one-bordes, add-one-valores.*mv gradebook\.db"):
        batch.prepare(copy, "mini")

    assert ledgers.points(copy, "mini", "referencia") == before


def test_sample_class_is_always_the_same(course: Course) -> None:
    """Sixteen submissions, made twice, are byte for byte the same, and a second writing changes nothing."""
    first = sample_class.submissions(sample_class.material(course, "mini"))
    students = sample_class.write(course, "mini")

    assert len(students) == 16
    assert sample_class.submissions(sample_class.material(course, "mini")) == first
    assert sample_class.write(course, "mini") == students
    with pytest.raises(json.JSONDecodeError):
        json.loads(first["roto"])


def test_absent_student_hands_in_the_first_assignment_alone(course: Course) -> None:
    """Of several assignments `ausente` hands in one, and is named, not forgotten, in the others."""
    later = course.source / "other"
    shutil.copytree(course.source / "mini", later)
    (later / "mini.ipynb").rename(later / "other.ipynb")
    shutil.copytree(course.answers / "mini", course.answers / "other")
    release(course, "other")

    assert "ausente" in sample_class.write(course, "mini")
    assert "ausente" not in sample_class.write(course, "other")

    [absent] = submissions.collect(assignments.load(course, "other"), ["ausente"])
    assert absent.is_missing


def test_sample_class_looks_like_a_class(course: Course) -> None:
    """Those in between answer some exercises, not all, and not all of them rightly."""
    made_from = sample_class.material(course, "mini")
    stubs = written(made_from.released)
    scores = set()
    for student, text in sample_class.submissions(made_from).items():
        if student in sample_class.IN_BETWEEN:
            answers = written(text)
            tried = [name for name in stubs if answers[name] != stubs[name]]
            wrong = [name for name in tried if answers[name] in map(str.rstrip, made_from.wrong(name))]
            scores.add((len(tried), len(wrong)))

    assert len(scores) >= 3


def written(text: str) -> dict[str, str]:
    """The solution cells of a notebook's text."""
    return pupils.solutions(notebook.parse(notebook.loads(text), "mini").cells)


@pytest.mark.parametrize("kind", ["another student", "changed", "link"])
def test_sample_class_overwrites_nothing_of_others(course: Course, kind: str) -> None:
    """A submission that isn't the sample class's, or was changed since, stops it before it writes."""
    sample_class.write(course, "mini")
    alba = course.submitted / "alba" / "mini" / "mini.ipynb"
    if kind == "another student":
        pupils.write(course, "berta", "{}")
    elif kind == "changed":
        alba.write_text(alba.read_text() + " ")
    else:
        (course.submitted / "link").symlink_to(course.submitted / "alba")
    shutil.rmtree(course.submitted / "bruno")

    with pytest.raises(Refusal, match=r"not of the sample class, or changed since; nothing was written"):
        sample_class.write(course, "mini")

    assert not (course.submitted / "bruno").exists()


def test_gradebook_is_made_without_the_environment_on_the_path(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new gradebook finds its tools although the environment was never activated."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    with gradebook.opened(course) as book:
        assert isinstance(book, Gradebook)
        assert book.students == []
