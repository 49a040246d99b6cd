"""What several tests share: a small course, and a class of it graded once for all who only look."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import mini, pupils
from torchaula.course.layout import Course
from torchaula.course.release import release
from torchaula.grading import batch
from torchaula.grading.batch import Result


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A small course with nothing handed in."""
    made = mini.write(tmp_path / "course")
    release(made, "mini")
    return made


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, dict[str, Result]]:
    """A small course whose class was graded, and each student's result. Copy it to change it."""
    made = mini.write(tmp_path_factory.mktemp("graded") / "course")
    release(made, "mini")
    pupils.hand_in(made)
    return made, {result.student: result for result in batch.prepare(made, "mini").grade(jobs=2)}
