"""A batch: what it writes is what nbgrader writes, and what hasn't changed is not graded again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import ledgers, mini, pupils
from tests.test_bad_input import run
from tests.test_release import nbgrader
from torchaula.authoring import sample_class
from torchaula.authoring.release import release
from torchaula.classroom.batch import batch, graded_copy, records
from torchaula.classroom.gradebook import backups, gradebook
from torchaula.course import notebook
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.grading.trusted.client import Client

GRADED = 7  # students of our class that have a result
MANUAL = ("double-valores", "mini", "mini", "alba")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A small course whose sample class was graded. Copy it to change it."""
    course = mini.write(tmp_path_factory.mktemp("batch") / "course")
    release(course, "mini")
    hand_in(course)
    (course.submitted / "bucle" / "mini").mkdir(parents=True)  # who hands in nothing
    mini.grade(course)
    return course


def hand_in(course: Course) -> None:
    """Hand in what the sample class does, but for what takes time and shows nothing new here."""
    sample_class.write(course, "mini")
    for student in {"bucle", *sample_class.IN_BETWEEN} - {"alba"}:
        pupils.remove(course, student)


@pytest.fixture
def copy(made: Course, tmp_path: Path) -> Course:
    """The graded course, to change."""
    return mini.copy(made, tmp_path / "course")


def test_batch_writes_what_nbgrader_autograde_writes(made: Course, tmp_path: Path) -> None:
    """Every row of the gradebook and every graded copy is the same, cell by cell; so after regrading."""
    ours, theirs = mini.copy(made, tmp_path / "ours"), mini.copy(made, tmp_path / "theirs")
    for course in (ours, theirs):
        with gradebook.opened(course) as book:
            grade = book.find_grade(*MANUAL)
            grade.manual_score, grade.extra_credit = 1.5, 0.5
            book.find_comment("double", *MANUAL[1:]).manual_comment = "¡Ánimo!"
            book.db.commit()

    mini.grade(ours, force=True)
    nbgrader(theirs, "autograde", "mini", "--force", check=False)  # of `roto` nothing can be read

    found = ledgers.rows(ours)
    assert found == ledgers.rows(theirs)
    assert found["grade", "mini", "alba", "double-valores"] == (4, 1.5, 0.5, 2.0, True)
    assert found["comment", "mini", "vacio", "double"] == ("No response.", None)
    for student in ("alba", "vacio", "despistada"):
        copies = (graded_copy.folder(course, "mini", student) / "mini.ipynb" for course in (ours, theirs))
        assert len({path.read_text() for path in copies}) == 1


@pytest.mark.both_databases
def test_first_grading_writes_what_nbgrader_autograde_writes(course: Course, tmp_path: Path) -> None:
    """The same for submissions that the gradebook has never heard of."""
    sample_class.write(course, "mini")
    for student in course.submitted.iterdir():
        if student.name not in ("alba", "despistada", "vacio", "ausente"):
            pupils.remove(course, student.name)
    theirs = mini.copy(course, tmp_path / "theirs")

    mini.grade(course)
    nbgrader(theirs, "generate_assignment", "mini", "--force")
    nbgrader(theirs, "autograde", "mini")

    assert ledgers.rows(course) == ledgers.rows(theirs)


def test_what_has_not_changed_is_not_graded_again(copy: Course, asked: list[int]) -> None:
    """A second batch asks no worker and writes nothing; `--force` asks for everyone."""
    before = ledgers.rows(copy)
    files = {path: path.stat().st_mtime_ns for path in copy.root.rglob("*.*") if path.name != "gradebook.db"}

    first = mini.grade(copy)

    assert not asked
    assert ledgers.rows(copy) == before
    assert {path: path.stat().st_mtime_ns for path in files} == files
    assert mini.grade(copy, force=True) == first
    assert len(asked) == sum(entry.graded for entry in first.values())


def test_student_called_like_a_file_that_is_not_whole_keeps_the_result(
    copy: Course, asked: list[int]
) -> None:
    """What a batch that was cut off left is removed; no record of a student is, whatever the name."""
    alba = copy.submitted / "alba" / "mini" / "mini.ipynb"
    pupils.write(copy, "john.newman", alba.read_text())
    mini.grade(copy)
    left = [copy.state / "results" / "mini" / ".alba.json.new", copy.state / "backups" / ".a.db.new"]
    left += [copy.state / "graded-1" / "new" / "mini.ipynb", copy.state / "record-1" / "mini.ipynb"]
    for file in left:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("half")
    asked.clear()

    mini.grade(copy)

    assert not asked and not any(file.exists() for file in left)
    assert not [*copy.state.glob("graded-*"), *copy.state.glob("record-*")]
    assert records.load(copy, "mini", "john.newman") is not None


def test_changed_submission_alone_is_graded(copy: Course, asked: list[int]) -> None:
    """Who hands in again is graded again, and nobody else."""
    made_from = sample_class.material(copy, "mini")
    right = {name: made_from.model(name) for name in made_from.exercises}
    pupils.write(copy, "vacio", sample_class.handed_in(made_from, right))

    entries = mini.grade(copy)

    assert len(asked) == 1
    assert entries["vacio"].points == {"double": 5, "add-one": 5}


@pytest.mark.parametrize("lost", ["gradebook", "graded copy", "page", "record", "all results"])
def test_what_is_lost_is_written_again(copy: Course, asked: list[int], lost: str) -> None:
    """An older gradebook put back, a deleted folder: the next batch makes all of it agree again."""
    before = ledgers.rows(copy)
    copied = graded_copy.folder(copy, "mini", "alba") / "mini.ipynb"
    page = copy.feedback / "alba" / "mini" / "mini.html"
    text = copied.read_text(), page.read_text()
    if lost == "gradebook":
        copy.gradebook.unlink()
    elif lost == "graded copy":
        copied.unlink()
    elif lost == "page":
        page.unlink()
    elif lost == "record":
        records.forget(copy, "mini", "alba")
    else:
        shutil.rmtree(copy.state / "results")

    mini.grade(copy)

    assert ledgers.rows(copy) == before
    assert (copied.read_text(), page.read_text()) == text
    assert len(asked) == {"record": 1, "all results": GRADED}.get(lost, 0)


def test_gradebook_is_copied_before_it_is_written_to(copy: Course) -> None:
    """Each batch that writes leaves the gradebook as it was in `.torchaula/backups`; the newest are kept."""
    before = ledgers.rows(copy)
    (graded_copy.folder(copy, "mini", "alba") / "mini.ipynb").unlink()
    for _ in range(backups.BACKUPS + 3):
        newest = backups.backup(copy)
    assert newest is not None

    mini.grade(copy)

    kept = sorted((copy.state / "backups").glob("*.db"))
    assert len(kept) == backups.BACKUPS
    assert kept[-1] > newest
    kept[-1].replace(copy.gradebook)
    assert ledgers.rows(copy) == before


@pytest.mark.slow
def test_batch_that_stopped_goes_on_where_it_was(course: Course, asked: list[int]) -> None:
    """What was graded before an interruption is not graded again."""
    hand_in(course)
    running = batch.prepare(course, "mini").grade(jobs=1)
    for entry in running:
        if entry.graded:
            break
    running.close()
    done = len(list((course.state / "results").rglob("*.json")))
    assert 1 <= done < GRADED
    asked.clear()

    entries = mini.grade(course)

    assert len(asked) == GRADED - done
    assert sum(entry.graded for entry in entries.values()) == GRADED


def test_two_batches_at_once_are_refused(copy: Course) -> None:
    """The second one says which process is at work, and touches nothing."""
    running = batch.prepare(copy, "mini", ["alba"], force=True).grade(jobs=1, executor=mini.workers())
    next(running)

    with pytest.raises(Refusal, match=r"another batch is grading \(process \d+\); wait"):
        mini.grade(copy)

    running.close()
    mini.grade(copy)


def test_any_executor_will_do(copy: Course) -> None:
    """A batch hands bytes to whatever executor it is given, and leaves that open."""
    executor = mini.workers()
    made = batch.prepare(copy, "mini", ["alba", "vacio"], force=True)

    entries = list(made.grade(jobs=1, executor=executor))

    assert executor.submit(len, b"still open").result() == 10
    assert [entry.graded for entry in entries] == [True, True]


def test_problem_of_a_test_is_not_kept(copy: Course, asked: list[int]) -> None:
    """A broken test is refused each time, and nothing of it is written."""
    path = copy.notebook("mini")
    text, before = path.read_text(), ledgers.rows(copy)
    path.write_text(text.replace("student.add_one(torch.tensor([3", "student.add(torch.tensor([3"))
    for _ in range(2):
        with pytest.raises(Refusal, match="add-one-valores: the model solution does not pass"):
            mini.grade(copy)
    path.write_text(text)

    mini.grade(copy)

    assert ledgers.rows(copy) == before


def test_table_of_the_class_is_a_file_too(copy: Course) -> None:
    """`grades/mini.csv` has a column an exercise, the outcome, and no points where there is no grade."""
    lines = pupils.command(copy, "grade", "mini", code=1)

    table = pupils.table(copy.grades / "mini.csv")
    assert list(table["alba"])[4:6] == ["double", "add-one"]
    assert table["despistada"]["total"] == "0.0"
    assert (table["roto"]["total"], table["roto"]["outcome"]) == ("", "not graded")
    assert (table["bucle"]["total"], table["bucle"]["outcome"]) == ("", "nothing handed in")
    assert "grades/mini.csv" in lines
    assert notebook.load(copy.notebook("mini")).exercises.keys() <= table["alba"].keys()


@pytest.mark.slow
def test_several_assignments_are_graded_one_after_the_other_by_the_same_workers(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each has its table and its points; the command ends with 1 if a submission of any can't be graded."""
    started: list[int] = []
    ask = Client._ask
    text = course.notebook("mini").read_text().replace('begin(\\"mini', 'begin(\\"otra')
    (course.source / "otra").mkdir()
    (course.source / "otra" / "otra.ipynb").write_text(text)
    release(course, "otra")
    pupils.write(course, "ana", course.released("mini").read_text())
    (course.submitted / "ana" / "otra").mkdir()
    (course.submitted / "ana" / "otra" / "otra.ipynb").write_text(text)
    monkeypatch.setattr(Client, "_ask", lambda self, job: started.append(id(self)) or ask(self, job))

    assert run(course, "grade", "mini", "otra", "--jobs", "1") == 0

    assert len(started) == 4 and len(set(started)) == 1  # the tests of each, and a submission
    assert "Assignment mini" in (said := capsys.readouterr().out) and "Assignment otra" in said
    assert {path.name for path in course.grades.iterdir()} == {"mini.csv", "otra.csv"}
    with gradebook.opened(course) as book:
        scores = {each.assignment.name: each.score for each in book.student_submissions("ana")}
    assert scores == {"mini": 0.0, "otra": 10.0}

    pupils.write(course, "ana", "no notebook")
    assert run(course, "grade", "mini", "otra", "--jobs", "1") == 1
