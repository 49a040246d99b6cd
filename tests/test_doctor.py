"""`torchaula doctor`: each look finds what is wrong, and says what to do about it."""

from __future__ import annotations

import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing

import pytest
from nbgrader.api import get_alembic_version

from tests import pupils
from torchaula import doctor
from torchaula.classroom.gradebook import gradebook
from torchaula.cli import cli
from torchaula.course.layout import Course
from torchaula.errors import Refusal

Usage = namedtuple("Usage", "total used free")


def found(course: Course | None, name: str) -> doctor.HealthCheck:
    """What one look finds."""
    [finding] = doctor.look(course, (name,))
    return finding


def test_sound_machine_has_nothing_to_mend(course: Course) -> None:
    """Every look but the sandbox's, which not every machine has, is content with a new course."""
    names = tuple(name for name in doctor.LOOKS if name != "sandbox")

    findings = list(doctor.look(course, names))

    assert [finding.name for finding in findings] == list(names)
    assert not [finding for finding in findings if finding.remedy]


def test_command_prints_a_line_a_look(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """`torchaula doctor python disk` looks at these two; outside of a course too."""
    with pytest.raises(SystemExit) as ended:
        cli(["--course", str(course.root.parent), "doctor", "python", "disk"])

    told = capsys.readouterr()
    assert ended.value.code == 0
    assert [line.split(":")[0] for line in told.out.splitlines()] == ["✔ python", "✔ disk"]


def test_unknown_look_is_refused(course: Course) -> None:
    """A name that stands for nothing is told those that do."""
    with pytest.raises(Refusal, match=r"there is no 'dsik'; there are: sandbox, python"):
        list(doctor.look(course, ("dsik",)))


def test_torch_that_can_not_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last words are shown; the doctor lives on."""
    monkeypatch.setattr(doctor, "TORCH", "raise ImportError('libtorch.so: not found')")

    finding = found(None, "torch")

    assert finding.found == "ImportError: libtorch.so: not found"
    assert "remove .venv, then make" in finding.remedy


def test_little_memory_says_how_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory suffices for fewer than there are cores, `--jobs` is named."""
    monkeypatch.setattr(doctor.client, "cores", lambda: 8)
    monkeypatch.setattr(doctor, "_free_memory", lambda: 3 * doctor.WORKER)

    assert "--jobs 3" in found(None, "threads").remedy


def test_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little room is told before a class is graded."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 10**9, 10**6))

    assert "make room" in found(None, "disk").remedy


def test_damaged_gradebook(course: Course) -> None:
    """A file that is no gradebook, or one with a hole, is told with the way back."""
    with gradebook.opened(course):
        pass
    assert found(course, "database").remedy == ""
    content = bytearray(course.gradebook.read_bytes())
    content[8192:16384] = bytes(8192)
    course.gradebook.write_bytes(content)

    assert ".torchaula/backups" in found(course, "database").remedy


@pytest.mark.parametrize("begun", [(), ("create table alembic_version (version_num varchar(32) not null)",)])
def test_new_gradebook_is_made_without_other_programs(
    course: Course, begun: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says its schema, as nbgrader reads it, with nothing on the path, and where making it was cut off."""
    course.gradebook.unlink(missing_ok=True)
    with closing(sqlite3.connect(course.gradebook)) as book:
        for statement in begun:
            book.execute(statement)
    monkeypatch.setenv("PATH", "")
    with gradebook.opened(course) as book:
        assert not book.students

    monkeypatch.undo()
    with closing(sqlite3.connect(course.gradebook)) as file:
        noted = file.execute("select version_num from alembic_version").fetchall()
    assert noted == [(get_alembic_version(),)]
    assert found(course, "database").remedy == ""


def test_gradebook_of_another_nbgrader(course: Course) -> None:
    """An older schema is told with nbgrader's own remedy."""
    with gradebook.opened(course):
        pass
    with closing(sqlite3.connect(course.gradebook)) as book:
        book.execute("update alembic_version set version_num = '0000'")
        book.commit()

    assert "nbgrader db upgrade" in found(course, "database").remedy


def test_versions_that_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing or too old is named with what is needed."""
    real = doctor._installed
    monkeypatch.setattr(doctor, "_installed", lambda name: {"rich": "1.0", "click": ""}.get(name, real(name)))

    remedy = found(None, "versions").remedy

    assert "rich 1.0 (>=13.9)" in remedy
    assert "click – (>=8.1)" in remedy


def test_exit_code_is_1_where_something_is_wrong(course: Course) -> None:
    """A course whose gradebook can't be read is not a course that can be graded."""
    course.gradebook.write_bytes(b"precious" * 1000)

    assert "✘ database" in pupils.command(course, "doctor", "database", code=1)
