"""The course that ships, as an instructor has it: what is claimed of it is tried on it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from tests import mini
from torchaula.authoring import sample_class
from torchaula.course.layout import Course

ROOT = Path(__file__).parents[1]


def write(root: Path, *settings: str) -> Course:
    """A copy of the shipped course, with these lines added to its configuration.

    It has no known answers: no point hangs on them, and they take most of a grading's time.
    """
    for folder in ("source", "release"):
        shutil.copytree(ROOT / folder, root / folder)
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    lines = (config, *settings, mini.without_sandbox())
    (root / "nbgrader_config.py").write_text("\n".join(lines), encoding="utf-8")
    course = mini.with_secret(root)
    course.state.mkdir()
    (course.state / "sound").symlink_to(_sound())
    return course


@cache
def _sound() -> str:
    """Where all these courses keep which tests are sound, by their digest: each is proven once a process."""
    folder = tempfile.mkdtemp(prefix="sound-")
    atexit.register(shutil.rmtree, folder)
    return folder


@cache
def sample(assignment: str) -> dict[str, str]:
    """What each of the sample class hands in."""
    return sample_class.submissions(sample_class.material(Course(ROOT), assignment))


def hand_in(course: Course, assignment: str, *students: str) -> None:
    """Hand in what these of the sample class do."""
    for student in students:
        place = course.submitted / student / assignment / f"{assignment}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(sample(assignment)[student], encoding="utf-8")
