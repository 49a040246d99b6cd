"""A small course of two exercises, for tests of the pipeline: real cells, real checks, quick to grade."""

from __future__ import annotations

import atexit
import io
import re
import shutil
import sys
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests import postgres
from torchaula.classroom.batch import batch
from torchaula.classroom.batch.entries import Entry
from torchaula.course.layout import Course, find
from torchaula.errors import Refusal
from torchaula.grading.trusted import client, confinement
from torchaula.grading.trusted.client import Workers
from torchaula.report.following import Terminal

ROOT = Path(__file__).parents[1]
COURSES = ROOT / "tests" / "courses"
PROGRAMS = Path(sys.executable).parent
SECRET = "5e" * 32  # of every course that tests write, so that none hangs on luck
UNCONFINED = "\nc.Grade.unsafe_no_sandbox = True\n"
server: postgres.Server | None = None  # that has the gradebooks of courses written now; None: SQLite files
SHORTER = """
c.Grade.cell_seconds = 2.0
c.Grade.cells_seconds = 10.0
"""


def write(root: Path) -> Course:
    """Copy the assignment `mini` of the small course to a course in the folder `root`."""
    return with_database(write_files(root))


def write_files(root: Path) -> Course:
    """The same course with its gradebook in a SQLite file, whatever new ones have now."""
    for part in ("source", "answers"):
        shutil.copytree(COURSES / part / "mini", root / part / "mini")
    config = (ROOT / "nbgrader_config.py").read_text()
    (root / "nbgrader_config.py").write_text(config + SHORTER + without_sandbox())
    return with_secret(root)


def with_database(course: Course) -> Course:
    """The same course with its gradebook where those of new courses are now."""
    if server:
        with course.config.open("a") as config:
            config.write(f"\nc.CourseDirectory.db_url = {server.url(server.database())!r}\n")
    return course


def with_secret(root: Path) -> Course:
    """A course with the secret of all tests, as if its gradebook had been moved away."""
    file = root / "gradebook.secret"
    file.touch(mode=0o600)
    file.write_text(SECRET)
    return find(root)


@cache
def without_sandbox() -> str:
    """What a course's configuration must say on a machine where nothing confines student code."""
    try:
        confinement.find()
    except Refusal:
        return UNCONFINED
    return ""


NOT_CONFINED = "nothing confines student code here"
SANDBOXED = pytest.mark.skipif(bool(without_sandbox()), reason=NOT_CONFINED)


def require_sandbox() -> None:
    """Skip the test that asks, where nothing confines student code."""
    if without_sandbox():
        pytest.skip(NOT_CONFINED)


def in_set_up(text: str, line: str) -> str:
    """The text of the instructor's notebook with one more line in its set-up cell."""
    assert '"import torch\\n"' in text
    return text.replace('"import torch\\n"', f'"import torch\\n", "{line}\\n"')


class Warm(Workers):
    """The one worker of this process, which nbgrader's own commands have too where a test calls them here.

    They cache the evidence of known answers in their course, and leave no course behind for the next batch.
    """

    def _equip(self) -> None:
        super()._equip()
        self._clients[:] = [client.shared()]
        client._local.client = client.shared()

    def submit(self, *work: Any, **options: Any) -> Future[Any]:
        client.shared().kept = None
        return super().submit(*work, **options)


@cache
def workers() -> Workers:
    """A warm worker for all batches of this process, which would each wait for two of their own."""
    made = Warm(1)
    atexit.register(made.stop)
    return made


def grade(course: Course, assignment: str = "mini", *students: str, **options: Any) -> dict[str, Entry]:
    """Grade as the command does, feedback included, without a word; what became of each student."""
    jobs, agreed = options.pop("jobs", 2), options.pop("agreed", True)
    solutions = options.pop("solutions", False)
    executor = options.pop("executor", None) or workers()
    made = batch.prepare(course, assignment, students, **options)
    audience = Terminal(made, Console(file=io.StringIO()), agreed, solutions)
    return {entry.student: entry for entry in made.grade(jobs, audience, executor)}


def copy(course: Course, root: Path) -> Course:
    """A copy of a course, whatever state it is in."""
    shutil.copytree(course.root, root)
    made = find(root)
    text = made.config.read_text()
    if found := re.search(r"/(course\d+)\?host=", text):
        theirs = postgres.server()
        assert theirs is not None
        name = theirs.database(like=found[1])
        made.config.write_text(text.replace(theirs.url(found[1]), theirs.url(name)))
    return made
