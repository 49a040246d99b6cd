"""The comparison of two versions (`same_grades.py`): what it would find, on dumps of the small course."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests import dumps, mini, pupils
from torchaula.authoring import sample_class
from torchaula.authoring.release import release
from torchaula.course.layout import Course

PAGE = Path("feedback/vacio/mini/mini.html")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with two submissions that were graded."""
    course = mini.write(tmp_path_factory.mktemp("same") / "course")
    release(course, "mini")
    made_from = sample_class.material(course, "mini")
    model = {name: made_from.model(name) for name in made_from.exercises}
    pupils.write(course, "referencia", sample_class.handed_in(made_from, model))
    pupils.write(course, "vacio", made_from.released)
    mini.grade(course)
    course.grades.mkdir()
    (course.grades / "mini.csv").write_text("student_id,total\nreferencia,12\n")
    return course


def _dumped(course: Course, place: Path) -> Path:
    (course.root / "output.txt").write_text(f"{course.root}: 2 of 2 submissions graded.\n")
    dumps.dump(course.root, place)
    return place


@pytest.fixture
def base(graded: Course, tmp_path: Path) -> Path:
    """A dump of the course."""
    return _dumped(graded, tmp_path / "base")


@contextmanager
def _changed(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as book, book:
        yield book


def test_course_that_is_graded_alike_has_no_differences(graded: Course, base: Path, tmp_path: Path) -> None:
    """The ids of a gradebook's rows, the folder and a page's key are nobody's business."""
    other = mini.copy(graded, tmp_path / "other")
    other.gradebook.unlink()
    shutil.rmtree(other.state)
    mini.grade(other, force=True)
    page = other.root / PAGE
    page.write_text(page.read_text().replace('torchaula-key" content="', 'torchaula-key" content="0'))

    assert list(dumps.differences(base, _dumped(other, tmp_path / "new"))) == []


def test_one_point_is_found(graded: Course, base: Path, tmp_path: Path) -> None:
    """A cell that gives a point less, in one submission: the row is named."""
    other = mini.copy(graded, tmp_path / "other")
    with _changed(other.gradebook) as book:
        (cell,) = book.execute("select id from base_cell where name = 'double-valores'").fetchone()
        book.execute("update grade set auto_score = 3 where auto_score = 4 and cell_id = ?", [cell])

    (found,) = dumps.differences(base, _dumped(other, tmp_path / "new"))

    name, gone, come = found.splitlines()
    assert name == "gradebook.txt:"
    assert "auto_score=4.0" in gone and "auto_score=3.0" in come and "referencia" in come


def test_one_word_on_a_page_is_found(base: Path, tmp_path: Path) -> None:
    """The line is shown from shortly before the word; a pattern that is known lets it pass."""
    new = shutil.copytree(base, tmp_path / "new")
    text = (base / PAGE).read_text()
    (new / PAGE).write_text(text.replace("<main", "<main class='otra'", 1))

    (found,) = dumps.differences(base, new)

    assert found.startswith(f"{PAGE}:\n  - ") and "+ <main class='otra'" in found
    assert not list(dumps.differences(base, new, [("<main", "<main class='otra'")]))


def test_file_that_only_one_has_is_found(base: Path, tmp_path: Path) -> None:
    """A page that is missing, and a file that is new."""
    new = shutil.copytree(base, tmp_path / "new")
    (new / PAGE).rename(new / "grades" / "page.html")

    assert list(dumps.differences(base, new)) == [
        f"{PAGE}: only BASE has it",
        "grades/page.html: only this version has it",
    ]
