"""The sample class tells another story in each assignment."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from tests import ledgers, mini, pupils
from torchaula.authoring import sample_class
from torchaula.authoring.release import release
from torchaula.course import notebook
from torchaula.course.layout import Course

ASSIGNMENTS = 8


def test_whole_class_hands_in_the_first_assignment(tmp_path: Path) -> None:
    """All sixteen hand something in, so that one assignment shows all that can happen."""
    course = mini.write(tmp_path)
    release(course, "mini")

    assert len(sample_class.write(course, "mini")) == 16


def test_later_assignments_differ_and_together_show_every_odd_submission() -> None:
    """Each later assignment has one odd submission, another one than before, and fewer and fewer others."""
    later = [sample_class.present(place) for place in range(1, ASSIGNMENTS)]

    odd = [each & set(sample_class.ODD) for each in later]
    assert all(len(each) == 1 for each in odd) and all(one != other for one, other in pairwise(odd))
    assert set().union(*odd) == set(sample_class.ODD)
    others = [each - set(sample_class.ODD) for each in later]
    assert all(one >= other for one, other in pairwise(others)) and others[0] > others[-1]
    assert all({sample_class.SOLVES} < each <= set(sample_class.IN_BETWEEN) for each in others)


@pytest.mark.parametrize("place", range(1, ASSIGNMENTS))
def test_later_assignment_has_one_who_solves_everything_and_others_who_fail(
    place: int, tmp_path: Path
) -> None:
    """The known answers say so: each of the others gives one wrong answer."""
    course = mini.write(tmp_path)
    release(course, "mini")
    material = sample_class.material(course, "mini")

    made = sample_class.submissions(material, place)

    for student in sample_class.present(place) - set(sample_class.ODD):
        cells = {cell.source for cell in notebook.loads(made[student]).cells}
        wrong = {answer for name in material.exercises for answer in map(str.rstrip, material.wrong(name))}
        assert len(cells & wrong) == (student != sample_class.SOLVES)


@pytest.fixture
def second(tmp_path: Path) -> Course:
    """A small course whose second assignment is like its first, with nothing released."""
    small = mini.write(tmp_path / "small")
    (small.root / "course.toml").write_text(
        "".join(f'[[assignment]]\nname = "{name}"\n' for name in ("mini", "second")), encoding="utf-8"
    )
    for part in ("source", "answers"):
        shutil.copytree(small.root / part / "mini", small.root / part / "second")
    (small.source / "second" / "mini.ipynb").rename(small.source / "second" / "second.ipynb")
    return Course(small.root)


def test_who_gave_up_is_still_listed(second: Course) -> None:
    """Everybody has a folder, so that the table names who handed in nothing."""
    release(second, "second")

    written = sample_class.write(second, "second")

    assert "javier" not in written and (second.submitted / "javier").is_dir()
    assert len(list(second.submitted.glob("*/second/second.ipynb"))) == len(written)


def test_demo_is_all_from_release_to_feedback_in_one_command(second: Course) -> None:
    """It ends with 0, since in a sample class some can't be graded or fail, and shows what became of each."""
    told = pupils.command(second, "demo", "second")

    assert told.startswith("✔ sandbox") or mini.without_sandbox()
    assert "release/second: 2 exercises" in told and "sample submissions of second" in told
    assert second.released("second").exists()
    here = {path.parents[1].name for path in second.submitted.glob("*/second/second.ipynb")}
    assert sample_class.SOLVES in here and all(student in told for student in here)
    assert sum(ledgers.points(second, "second", sample_class.SOLVES).values()) == 10
    assert (second.root / "feedback" / sample_class.SOLVES / "second" / "second.html").exists()
