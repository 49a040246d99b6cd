"""Where student code may run, and what grading does where nothing confines it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import mini, programs, pupils, tiny
from torchaula.authoring import judging, sample_class
from torchaula.classroom.batch import batch
from torchaula.cli import cli
from torchaula.course import notebook
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.grading.trusted import client, confinement, engine, sandbox


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose bubblewrap may not make namespaces."""
    monkeypatch.setattr(confinement, "_candidates", lambda: ["/bin/false"])
    client.require_confinement.cache_clear()
    yield
    client.require_confinement.cache_clear()


def hand_in(course: Course) -> None:
    """One right submission, from `ana`."""
    made_from = sample_class.material(course, "mini")
    model = {name: made_from.model(name) for name in made_from.exercises}
    pupils.write(course, "ana", sample_class.handed_in(made_from, model))


@mini.SANDBOXED
def test_grading_refuses_where_nothing_confines_student_code(course: Course, nowhere: None) -> None:
    """Without a sandbox nothing is graded or written, and the refusal says what to install."""
    hand_in(course)

    with pytest.raises(Refusal, match=r"/bin/false: .*apt install bubblewrap.*--unsafe-no-sandbox"):
        batch.prepare(course, "mini")

    assert not course.gradebook.exists()
    assert not course.autograded.exists()


def test_unsafe_grading_has_to_be_asked_for(course: Course, nowhere: None) -> None:
    """`--unsafe-no-sandbox` grades all the same, with the same points."""
    hand_in(course)

    [result] = mini.grade(course, unsafe=True).values()

    assert result.points == {"double": 5, "add-one": 5}


def test_doctor_says_what_is_missing(nowhere: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 and the reason, on standard error."""
    with pytest.raises(SystemExit) as ended:
        cli(["doctor"])

    assert ended.value.code == 1
    assert "apt install bubblewrap" in capsys.readouterr().err


@pytest.mark.slow
def test_nbgrader_refuses_tests_that_its_gradebook_does_not_know(course: Course) -> None:
    """A test that was edited in `source/` is never graded with its old text by nbgrader's own commands."""
    hand_in(course)
    mini.grade(course)
    path = course.notebook("mini")
    path.write_text(path.read_text().replace("torch.tensor([2.0, 4.0])", "torch.tensor([2.0, 5.0])"))

    done = programs.run("nbgrader", "autograde", "mini", "--force", cwd=course.root)

    assert done.returncode == 1
    assert "changed since the gradebook was told of it (double-publico)" in done.stderr


@mini.SANDBOXED
def test_sandbox_shows_this_python_and_nothing_of_the_course() -> None:
    """Of the folder that course and environment stand in, a program inside sees the environment only."""
    found = confinement.find()
    here = Path(__file__).parents[1]
    seen = sorted(path.name for path in here.iterdir())
    assert {"source", "answers", "tests"} <= set(seen)

    listed = subprocess.run(found.command(["/bin/ls", "-A", str(here)]), capture_output=True, text=True)

    assert set(listed.stdout.split()) == {".venv", "src"} & set(seen)


@mini.SANDBOXED
def test_course_that_the_sandbox_shows_is_refused(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """A course inside the environment, which student code can read, is not graded there."""
    shown = [*confinement._python(), str(course.root.parent)]
    monkeypatch.setattr(confinement, "_python", lambda: shown)

    with pytest.raises(Refusal, match=r"student code can read all of .*; move the course elsewhere"):
        batch.prepare(course, "mini")


def test_author_is_told_that_no_sandbox_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a machine is too busy to start one, `torchaula check` ends with one line."""
    engine.import_for(tiny.notebook())
    monkeypatch.setattr(judging, "_kept", {})
    monkeypatch.setattr(sandbox, "SANDBOX_START_WALL", 0.01)

    with pytest.raises(Refusal, match=r"the sandbox did not start: .*; try again when this machine has less"):
        judging.judged(tiny.notebook(), {"double": tiny.PLUS}, ["double"])


def test_feedback_and_results_name_the_misconception(course: Course) -> None:
    """A wrong answer that the course knows is told what it is, in the result and in the graded notebook."""
    made_from = sample_class.material(course, "mini")
    wrong = {name: made_from.wrong(name)[0] for name in made_from.exercises}
    pupils.write(course, "ana", sample_class.handed_in(made_from, wrong))

    mini.grade(course)

    node = notebook.read(course.autograded / "ana" / "mini" / "mini.ipynb")
    [output] = pupils.cell(node, "double-valores").outputs
    assert output.evalue.endswith("tu resultado coincide con el cuadrado")
