"""What several tests share: a small course, and a class of it graded once for all who only look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import mini, postgres, pupils
from tests.workshop import Workshop
from torchaula.authoring.release import release
from torchaula.classroom.batch.entries import Entry
from torchaula.course.layout import Course
from torchaula.grading.trusted.client import Client
from torchaula.grading.trusted.jobs import Job, Result
from torchaula.grading.wire.forks import ready_for_forks


def pytest_collection_finish() -> None:
    """Many tests fork this process; what was imported and collected stays."""
    ready_for_forks()


@pytest.fixture(scope="module")
def books(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where the gradebooks of courses written meanwhile are: in SQLite files, or on a server of our own."""
    if getattr(request, "param", None) is None:
        yield
        return
    mini.server = postgres.server()
    if mini.server is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    yield
    mini.server = None


@pytest.fixture(scope="session")
def released_once(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A small course with nothing handed in, for copies."""
    made = mini.write_files(tmp_path_factory.mktemp("released") / "course")
    release(made, "mini")
    return made


@pytest.fixture
def course(books: None, released_once: Course, tmp_path: Path) -> Course:
    """A small course with nothing handed in."""
    return mini.with_database(mini.copy(released_once, tmp_path / "course"))


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, dict[str, Entry]]:
    """A small course whose class was graded, and each student's result. Copy it to change it."""
    made = mini.write(tmp_path_factory.mktemp("graded") / "course")
    release(made, "mini")
    pupils.hand_in(made)
    return made, mini.grade(made, jobs=1)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many submissions workers of this process were asked to grade."""
    found: list[int] = []
    ask = Client._ask

    def counted(self: Client, job: Job) -> Result:
        if not job.is_trial:  # of the tests, before a batch
            found.append(1)
        return ask(self, job)

    monkeypatch.setattr(Client, "_ask", counted)
    return found


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    """A warm engine in the real sandbox; skipped where there is no sandbox."""
    mini.require_sandbox()
    made = Workshop()
    yield made
    made.client.close()
