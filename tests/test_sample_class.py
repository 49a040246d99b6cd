"""The sample class tells another story in each assignment."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

from tests import mini
from torchaula.authoring import sample_class
from torchaula.authoring.release import release
from torchaula.course.layout import Course

ASSIGNMENTS = 8


def test_whole_class_hands_in_the_first_assignment(tmp_path: Path) -> None:
    """All sixteen hand something in, so that one assignment shows all that can happen."""
    course = mini.write(tmp_path)
    release(course, "mini")

    assert len(sample_class.write(course, "mini")) == 16


def test_later_assignments_differ_and_together_show_everything() -> None:
    """Each later assignment has the best learner, two odd submissions and fewer others; all odd ones come."""
    whole = sample_class.present(0)
    later = [sample_class.present(place) for place in range(1, ASSIGNMENTS)]

    assert all(sample_class.BEST in each and each < whole - {sample_class.ABSENT} for each in later)
    assert all(one != other for one, other in pairwise(later))
    assert all(len(each & set(sample_class.ODD)) == sample_class.ODD_AT_ONCE for each in later)
    assert set().union(*later[:2]) >= set(sample_class.ODD)
    assert whole >= {*sample_class.ODD, *sample_class.ODDEST}
    assert [student for student in sample_class.IN_BETWEEN if student in later[-1]] == [
        student for student in sample_class.IN_BETWEEN if student not in sample_class.LASTS
    ]


def test_who_gave_up_is_still_listed(tmp_path: Path) -> None:
    """Everybody has a folder, so that the table names who handed in nothing."""
    small = mini.write(tmp_path / "small")
    (small.root / "course.toml").write_text(
        "".join(f'[[assignment]]\nname = "{name}"\n' for name in ("mini", "second")), encoding="utf-8"
    )
    for part in ("source", "answers"):
        shutil.copytree(small.root / part / "mini", small.root / part / "second")
    (small.source / "second" / "mini.ipynb").rename(small.source / "second" / "second.ipynb")
    course = Course(small.root)
    release(course, "second")

    written = sample_class.write(course, "second")

    assert "javier" not in written and (course.submitted / "javier").is_dir()
    assert len(list(course.submitted.glob("*/second/second.ipynb"))) == len(written)
