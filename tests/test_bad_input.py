"""Mistakes of a user: one clear line that says what, where and what to do; exit code ≠ 0; nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import mini, pupils
from torchaula import cli
from torchaula.authoring.release import files
from torchaula.classroom.batch import batch
from torchaula.course.layout import Course, require_writable
from torchaula.errors import Refusal

FAKE_PYTHON = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
  *version_info*) exit {old} ;;
  --version) echo "Python 3.8.10" ;;
  "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
esac
"""


def refused(course: Course, *arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which the command line refuses; it must not change any file of the course."""
    before = {name: (course.root / name).read_bytes() for name in files(course.root)}

    code = run(course, *arguments)

    told = capsys.readouterr().err.strip()
    after = {name: (course.root / name).read_bytes() for name in files(course.root) if name in before}
    assert code == 2
    assert told.startswith("torchaula: ")
    assert len(told.splitlines()) == 1, told
    assert after == before
    return told


def run(course: Course, *arguments: str) -> object:
    """The exit code of a command."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", ["torchaula", "--course", str(course.root), *arguments])
        cli.main()
    return ended.value.code


@pytest.mark.parametrize("command", ["grade", "release", "sample-class", "check"])
def test_wrong_assignment_name(course: Course, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt assignment is refused with the nearest name there is."""
    told = refused(course, command, "minni", capsys=capsys)

    assert "there is no assignment 'minni'; did you mean 'mini'?" in told


def test_one_of_several_assignments_that_can_not_be_graded(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    """All are looked at before the first is graded."""
    pupils.write(course, "ana", course.released("mini").read_text())

    told = refused(course, "grade", "mini", "minni", capsys=capsys)

    assert "there is no assignment 'minni'" in told
    assert not course.grades.exists() and not list(course.autograded.glob("*/*"))


def test_set_up_cell_that_can_not_run(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """Its author is told which cell, and why, after what else is wrong."""
    path = course.notebook("mini")
    path.write_text(mini.in_set_up(path.read_text(), "1 / 0"))

    assert run(course, "check", "mini") == 2

    why = "ZeroDivisionError: division by zero"
    told = capsys.readouterr().err.splitlines()
    assert told[-1] == f"torchaula: set-up cell preparacion can't run ({why}): mend it in source/"


def test_empty_submitted(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """With nothing handed in, grading says where notebooks go."""
    told = refused(course, "grade", "mini", capsys=capsys)

    assert (
        "submitted: nothing was handed in; put each notebook at submitted/<student>/mini/mini.ipynb" in told
    )


def test_unknown_student(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """A student who handed in nothing is refused with those who did."""
    pupils.write(course, "ana", "{}")

    told = refused(course, "grade", "mini", "--student", "anna", capsys=capsys)

    assert "there is no student 'anna'; there are: ana" in told


def test_folder_that_is_no_course(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Outside a course every command says so and how to name one."""
    told = refused(Course(tmp_path), "grade", "mini", capsys=capsys)

    assert "not a course (nbgrader_config.py or source/ is missing)" in told
    assert "--course" in told


AUTHORED = [
    "course.toml",
    "source/mini/mini.ipynb",
    "answers/mini/double.md",
    "answers/mini/equivalent.md",
    "answers/mini/mutants.csv",
]


@pytest.mark.parametrize("name", AUTHORED)
def test_file_that_an_editor_saved_in_another_encoding(
    course: Course, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an author writes is UTF-8; where it isn't, the file and the line are named."""
    (course.root / name).write_bytes("uno\ndos años\n".encode("latin-1"))

    told = refused(course, "audit", "mini", capsys=capsys)

    assert f"{course.root / name}, line 2: not UTF-8; save it as UTF-8" in told


@pytest.mark.parametrize("name", AUTHORED[:3])
def test_folder_in_place_of_an_authored_file(
    course: Course, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that can't be read is named with the reason."""
    (course.root / name).unlink(missing_ok=True)
    (course.root / name).mkdir()

    told = refused(course, "audit", "mini", capsys=capsys)

    assert f"{course.root / name}: can't be read (Is a directory); check the file and its permissions" in told


@pytest.mark.parametrize("name", ["autograded", "feedback", ".torchaula"])
def test_file_in_place_of_a_folder(course: Course, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file where grading must write a folder is named and left alone."""
    pupils.write(course, "ana", (course.release / "mini" / "mini.ipynb").read_text())
    folder = course.root / name
    if folder.is_dir():
        shutil.rmtree(folder)
    folder.write_text("precious")

    told = refused(course, "grade", "mini", capsys=capsys)

    assert f"{folder}: a file stands where a folder must be; move it away" in told


def test_folder_that_can_not_be_written(tmp_path: Path) -> None:
    """A folder that nobody may write to, not even root, is refused with the system's reason."""
    link = tmp_path / "autograded"
    link.symlink_to("/proc/self/fdinfo" if sys.platform == "linux" else "/dev/fd")

    with pytest.raises(Refusal, match=r"autograded: can't be written to \(.+\); check its permissions"):
        require_writable(link)


def test_gradebook_that_is_none(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that isn't a database is refused and not overwritten."""
    pupils.write(course, "ana", (course.release / "mini" / "mini.ipynb").read_text())
    course.gradebook.write_bytes(b"precious" * 1000)

    told = refused(course, "grade", "mini", capsys=capsys)

    assert "gradebook.db: not a gradebook (file is not a database); move it away" in told


def test_config_that_does_not_load(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in nbgrader_config.py is told with its file."""
    course.config.write_text("c = get_config(\n")

    told = refused(course, "release", "mini", capsys=capsys)

    assert "nbgrader_config.py: does not load" in told


@pytest.mark.parametrize(
    ("student", "problem"),
    [
        ("ana maría", ""),
        ("ñandú", ""),
        ("a[1]", "nbgrader can't work with this name"),
        ("what?", "nbgrader can't work with this name"),
        (" ana", "nbgrader can't work with this name"),
    ],
)
def test_name_of_a_student(course: Course, student: str, problem: str) -> None:
    """Blanks and accents are fine; what nbgrader would look up wrongly is refused by name."""
    pupils.write(course, student, (course.release / "mini" / "mini.ipynb").read_text())

    (submission,) = batch.prepare(course, "mini").submissions

    assert submission.student == student
    assert submission.problem.startswith(problem)
    assert bool(submission.problem) == bool(problem)


def test_notebook_of_another_assignment(course: Course) -> None:
    """A notebook without any cell of the assignment isn't graded with a silent zero."""
    pupils.write(course, "ana", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    pupils.write(course, "berta", '{"worksheets": []}')
    pupils.write(course, "carla", "\ufeff\xff")

    problems = [submission.problem for submission in batch.prepare(course, "mini").submissions]

    assert problems[0].startswith("a notebook without cells")
    assert problems[1].startswith("a notebook without cells")
    assert problems[2].startswith("not valid JSON at line 1, column 1")


def test_exit_codes_of_grading(course: Course) -> None:
    """1 where some submission could not be graded, unless that was expected."""
    pupils.write(course, "ana", "not json")

    assert "0 of 1 submissions graded" in pupils.command(course, "grade", "mini", code=1)
    pupils.command(course, "grade", "mini", "--expect-failures", code=0)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `make` needs of a fresh clone."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((mini.ROOT / name).read_bytes())
    return tmp_path


def make(checkout: Path, *, old: int = 0) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run `make setup` with a Python that only notes what it is asked for; its notes."""
    log, python = checkout / "log", checkout / "python"
    python.write_text(FAKE_PYTHON.format(log=log, old=old))
    python.chmod(0o755)
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    done = subprocess.run(
        ["make", "setup", f"PYTHON={python}"], cwd=checkout, capture_output=True, text=True, env=environment
    )
    return done, log.read_text().splitlines() if log.exists() else []


def test_python_too_old(checkout: Path) -> None:
    """Set-up with an old Python says which one it is and how to name another; nothing is made."""
    done, _ = make(checkout, old=1)

    assert done.returncode != 0
    assert "is Python 3.8.10, and Python 3.11 or newer is needed" in done.stderr
    assert "make PYTHON=python3.12" in done.stderr
    assert not (checkout / ".venv").exists()


def test_second_set_up_installs_nothing(checkout: Path) -> None:
    """Set-up installs torch first, then the rest; run again it does nothing at all."""
    first, asked = make(checkout)
    second, still_asked = make(checkout)

    assert first.returncode == second.returncode == 0, first.stderr
    installs = [line for line in asked if "pip install" in line]
    assert [line.split("constraints.txt ")[1] for line in installs] == ["torch", "--editable .[teacher,dev]"]
    assert still_asked == asked
    assert second.stdout == "" or "Nothing to be done" in second.stdout


def test_half_installed_environment_is_made_anew(checkout: Path) -> None:
    """What a killed set-up left behind is said and removed, and set-up starts again."""
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / ".unfinished").touch()
    (checkout / ".venv" / "half").touch()

    done, asked = make(checkout)

    assert done.returncode == 0, done.stderr
    assert ".venv was left half installed; starting again" in done.stdout
    assert not (checkout / ".venv" / "half").exists()
    assert any("pip install" in line for line in asked)


def test_environment_without_its_python_is_made_anew(checkout: Path) -> None:
    """A stamp does not outlive the Python that it speaks of."""
    make(checkout)
    (checkout / ".venv" / "bin" / "python").unlink()

    done, asked = make(checkout)

    assert done.returncode == 0
    assert sum(line == "-m venv .venv" for line in asked) == 2
