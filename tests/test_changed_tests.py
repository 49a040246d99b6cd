"""Tests that change after submissions exist: noticed, asked about, and old ones never grade silently."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory

from tests import ledgers, mini, pupils, week
from tests.test_release import nbgrader
from torchaula.authoring.release import release
from torchaula.classroom.batch import batch, graded_copy, records
from torchaula.classroom.gradebook import gradebook
from torchaula.course import converters, notebook
from torchaula.course.layout import Course
from torchaula.errors import Refusal

pytestmark = pytest.mark.sampled(8)


@pytest.fixture(scope="module")
def made(books: None, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A small course whose class of four was graded. Copy it to change it."""
    course = mini.write(tmp_path_factory.mktemp("changed") / "course")
    release(course, "mini")
    week.hand_in(course)
    week.grade(course)
    assert week.totals(course) == week.POINTS
    return course


@pytest.fixture
def copy(made: Course, tmp_path) -> Course:
    """The graded course, to change."""
    return mini.copy(made, tmp_path / "course")


@pytest.mark.both_databases
def test_changed_hidden_test_shows_who_gains_and_who_loses(copy: Course) -> None:
    """With `--yes` gradebook, feedback and table follow, and the changes were shown, losses first."""
    week.change(copy, *week.STRICTER)

    shown = pupils.command(copy, "grade", "mini", "--yes")

    assert "1 gain points, 1 lose some" in shown
    assert [line for line in map(str.split, shown.splitlines()) if line[4:] == ["double"]] == [
        ["diana", "10", "6", "-4", "double"],
        ["carlos", "6", "10", "+4", "double"],
    ]
    assert week.totals(copy) == week.STRICTER_POINTS
    assert gradebook_knows(copy, "double-valores")
    assert pupils.table(copy.grades / "mini.csv")["carlos"]["total"] == "10.0"
    assert "6 de 10 puntos" in week.page(copy, "diana")


def gradebook_knows(course: Course, cell: str) -> bool:
    """Whether the gradebook holds a cell's text of now."""
    now = next(each.source for each in week.source(course).cells if each.id == cell)
    return bool(ledgers.rows(course)["source", "mini", cell][2] == now)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("answer", ["n", "y"])
def test_question_at_a_terminal_is_asked_before_anything_is_written(copy: Course, answer: str) -> None:
    """No leaves everything as it was and ends with 2; yes writes, and what was graded meanwhile serves."""
    before = week.state(copy)
    week.change(copy, *week.STRICTER)

    code, screen = week.started_at_terminal(copy, "grade", "mini", "--jobs", "1", answer=answer)

    assert "Write these points? [y/N]" in screen
    assert code == {"n": 2, "y": 0}[answer], screen
    if answer == "n":
        assert "nothing of mini was written" in screen
        assert week.state(copy) == before
    else:
        assert week.totals(copy) == week.STRICTER_POINTS


def test_without_a_terminal_nothing_is_written(copy: Course, asked: list[int]) -> None:
    """The command ends with 2 and says how to go on; the next `--yes` grades nothing twice."""
    before = week.state(copy)
    week.change(copy, *week.STRICTER)

    shown = pupils.command(copy, "grade", "mini", code=2)

    assert "carlos" in shown and "diana" in shown
    assert "nothing of mini was written: points that were given would change; `--yes` goes on" in shown
    assert week.state(copy) == before
    week.grade(copy)
    assert not asked
    assert week.totals(copy) == week.STRICTER_POINTS


def test_refused_points_stay_refused(copy: Course) -> None:
    """Results that wait, and a gradebook that nbgrader told of the new test, don't slip in unasked."""
    week.change(copy, *week.STRICTER)
    with pytest.raises(Refusal, match="nothing of mini was written"):
        week.grade(copy, agreed=False)
    assert not converters.run(GenerateAssignment, copy, "mini").error

    with pytest.raises(Refusal, match="nothing of mini was written"):
        week.grade(copy, agreed=False)

    assert week.totals(copy) == week.POINTS


def test_submission_that_ran_out_of_time_is_asked_about_too(copy: Course) -> None:
    """Its result is not relied on, so nobody knows whether it is the same: points don't change unasked."""
    for student in week.CLASS:
        kept = records.load(copy, "mini", student)
        assert kept is not None
        records.save(
            records.path(copy, "mini", student), replace(kept, result=replace(kept.result, is_unsure=True))
        )
    week.change(copy, *week.STRICTER)

    with pytest.raises(Refusal, match="nothing of mini was written"):
        week.grade(copy, agreed=False)


def test_undone_change_leaves_no_trace(copy: Course, asked: list[int]) -> None:
    """After a refusal, putting the old test back gives the old points without grading."""
    before, old = week.state(copy), copy.notebook("mini").read_bytes()
    week.change(copy, *week.STRICTER)
    with pytest.raises(Refusal):
        week.grade(copy, agreed=False)
    copy.notebook("mini").write_bytes(old)
    asked.clear()

    week.grade(copy, agreed=False)

    assert not asked
    assert week.state(copy) == before


def test_points_alone_change_totals_and_run_nothing(copy: Course, asked: list[int]) -> None:
    """Totals, the gradebook's maximum and the pages follow, after the question; no test runs again."""
    week.change(copy, *week.MORE_POINTS)
    with pytest.raises(Refusal, match="nothing of mini was written"):
        week.grade(copy, agreed=False)

    entries = week.grade(copy)

    assert not asked
    assert entries["ana"].points == {"double": 7, "add-one": 5}
    assert week.totals(copy) == {"ana": 12, "bea": 7, "carlos": 6, "diana": 12}
    assert ledgers.rows(copy)["assignment", "mini"][1] == 12
    assert "12 de 12 puntos" in week.page(copy, "ana")


def test_changed_test_that_changes_no_points_asks_nothing(copy: Course, asked: list[int]) -> None:
    """Everybody is graded again and the gradebook is told, unasked."""
    week.change(copy, *week.SAME)

    week.grade(copy, agreed=False)

    assert len(asked) == len(week.CLASS)
    assert week.totals(copy) == week.POINTS
    assert gradebook_knows(copy, "add-one-valores")


def test_changed_prose_asks_nothing_and_grades_nothing(copy: Course, asked: list[int]) -> None:
    """The graded copies and the gradebook are brought up to date all the same."""
    week.change(copy, *week.PROSE)

    week.grade(copy, agreed=False)

    assert not asked
    for student in week.CLASS:
        path = graded_copy.folder(copy, "mini", student) / "mini.ipynb"
        assert pupils.cell(notebook.read(path), "double-enunciado").source == week.PROSE[1]
    assert gradebook_knows(copy, "double-enunciado")
    assert week.totals(copy) == week.POINTS


def test_resubmission_that_scores_less_asks_nothing(copy: Course) -> None:
    """Who hands in something worse gets what it is worth, even where a test changed that costs nobody."""
    week.change(copy, *week.SAME)
    pupils.write(copy, "ana", week.text(copy, None, "x + 1"))

    week.grade(copy, agreed=False)

    assert week.totals(copy) == week.POINTS | {"ana": 5}


@pytest.mark.both_databases
def test_what_people_wrote_survives_a_changed_test(copy: Course) -> None:
    """Manual points, extra credit and comments stay; points by hand below the new test's are listed."""
    with gradebook.opened(copy) as book:
        book.find_grade("double-valores", "mini", "mini", "carlos").manual_score = 2
        book.find_grade("add-one-valores", "mini", "mini", "diana").extra_credit = 1.5
        book.find_comment("double", "mini", "mini", "ana").manual_comment = "¡Ánimo!"
        book.db.commit()
    week.change(copy, *week.STRICTER)

    entries = week.grade(copy)

    assert "points by hand below what the test gives: double-valores" in entries["carlos"].what
    assert [student for student in entries if "by hand" in entries[student].what] == ["carlos"]
    rows = ledgers.rows(copy)
    assert rows["grade", "mini", "carlos", "double-valores"][:4] == (4, 2, None, 2)
    assert rows["grade", "mini", "diana", "add-one-valores"][:4] == (3, None, 1.5, 4.5)
    assert rows["comment", "mini", "ana", "double"][1] == "¡Ánimo!"
    assert "¡Ánimo!" in week.page(copy, "ana")


def add_cell(course: Course) -> None:
    """A second hidden test."""
    path = course.notebook("mini")
    node = notebook.read(path)
    cell = pupils.cell(node, "double-valores")
    node.cells.append(notebook.loads(notebook.text(node)).cells[node.cells.index(cell)])
    node.cells[-1].id = node.cells[-1].metadata.nbgrader.grade_id = "double-bordes"
    node.cells[-1].source = cell.source.replace("double-valores", "double-bordes")
    notebook.write(node, path)


def take_cell(course: Course) -> None:
    """A hidden test less."""
    week.remove_cell(course, "double-valores")


def ungrade_cell(course: Course) -> None:
    """A graded cell that gives no points any more."""
    path = course.notebook("mini")
    node = notebook.read(path)
    metadata = pupils.cell(node, "double-valores").metadata.nbgrader
    metadata.grade = False
    del metadata["points"]
    notebook.write(node, path)


@pytest.mark.both_databases
@pytest.mark.parametrize("edit", [add_cell, take_cell, ungrade_cell])
def test_other_cells_are_refused_before_anything_is_deleted(copy: Course, edit) -> None:
    """`torchaula grade` and nbgrader's own release say what to do; release, gradebook and copies stay."""
    before = week.state(copy)
    edit(copy)

    with pytest.raises(Refusal, match=r"double-\w+\), and nothing was changed; undo that in source/"):
        week.grade(copy)
    refused = converters.run(GenerateAssignment, copy, "mini")

    assert "grades given so far belong to other cells of mini (double-" in refused.reason
    assert week.state(copy) == before


def test_nbgrader_command_refuses_other_cells(copy: Course) -> None:
    """The real command: one line that says what to do, exit code 1, and the release still there."""
    before = week.state(copy)
    take_cell(copy)

    told = nbgrader(copy, "generate_assignment", "mini", "--force", check=False)

    assert "ERROR" in told and "grades given so far belong to other cells of mini (double-valores)" in told
    assert "Traceback" not in told
    assert week.state(copy) == before


def test_release_of_other_cells_loses_nothing(copy: Course) -> None:
    """`torchaula release` touches no grade, and after an undo releases what it released before."""
    before, old = week.state(copy), copy.notebook("mini").read_bytes()
    add_cell(copy)
    release(copy, "mini")
    with pytest.raises(Refusal, match="undo that in source/"):
        week.grade(copy)

    copy.notebook("mini").write_bytes(old)
    release(copy, "mini")

    week.grade(copy)
    assert week.state(copy) == before


def test_broken_notebook_does_not_cost_the_release(copy: Course) -> None:
    """`nbgrader generate_assignment --force` on a notebook that can't be read leaves the old release."""
    before = week.state(copy)
    copy.notebook("mini").write_text("{")

    refused = converters.run(GenerateAssignment, copy, "mini")

    assert "mini.ipynb: not a valid notebook" in refused.reason
    assert week.state(copy) == before


def test_cells_may_go_while_nobody_has_a_grade(course: Course) -> None:
    """A test that is taken out before the first grading leaves the gradebook and its maximum too."""
    assert not converters.run(GenerateAssignment, course, "mini").error
    assert ledgers.rows(course)["assignment", "mini"][1] == 10
    take_cell(course)
    week.hand_in(course, "ana")

    assert "(double-valores)" in converters.run(Autograde, course, "mini", "*").reason
    week.grade(course)

    assert ledgers.rows(course)["assignment", "mini"][1] == 6
    assert week.totals(course) == {"ana": 6}


EDITS = {
    "text": (week.STRICTER, "double-valores"),
    "points": (week.MORE_POINTS, "double-valores"),
    "set-up": (week.SETUP, "preparacion"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_nbgrader_refuses_to_grade_with_old_tests(copy: Course, edit: str) -> None:
    """`nbgrader autograde` says what to run, and deletes neither graded copies nor results."""
    before = week.state(copy)
    (old, new), cell = EDITS[edit]
    week.change(copy, old, new)

    refused = converters.run(Autograde, copy, "mini", "*")

    told = f"changed since the gradebook was told of it ({cell}); grade with `torchaula grade mini`"
    assert told in refused.reason
    assert "nbgrader generate_assignment mini --force" in refused.reason
    assert week.state(copy) == before


def test_nbgrader_command_refuses_to_grade_with_old_tests(copy: Course) -> None:
    """The real command: one line that says what to run, exit code 1, and graded copies still there."""
    before = week.state(copy)
    week.change(copy, *week.STRICTER)

    told = nbgrader(copy, "autograde", "mini", "--force", check=False)

    assert "changed since the gradebook was told of it (double-valores)" in told
    assert "Traceback" not in told
    assert week.state(copy) == before


def test_formgrader_refuses_to_grade_with_old_tests(copy: Course) -> None:
    """So does the button of the formgrader, and after a release by nbgrader both grade with the new test."""
    week.change(copy, *week.STRICTER)
    settings = converters.config(copy)
    here = CourseDirectory(config=settings, root=str(copy.root))
    api = NbGraderAPI(here, config=settings)

    refused = api.autograde("mini", "carlos")

    assert not refused["success"]
    assert "grade with `torchaula grade mini`" in refused["log"]
    assert week.totals(copy) == week.POINTS
    assert api.generate_assignment("mini")["success"]
    assert api.autograde("mini", "carlos")["success"]
    assert week.totals(copy)["carlos"] == 10


def test_one_student_alone_is_refused_when_tests_changed(copy: Course) -> None:
    """The others' points would be of the old test, under a gradebook with the new one."""
    before = week.state(copy)
    week.change(copy, *week.STRICTER)

    shown = pupils.command(copy, "grade", "mini", "--student", "ana", "--yes", code=2)

    assert "changed since others were graded (double-valores), and nothing was written" in shown
    assert "leave --student out" in shown
    assert week.state(copy) == before


def test_one_student_alone_may_be_graded_when_prose_changed(copy: Course) -> None:
    """Prose changes nobody's points."""
    week.change(copy, *week.PROSE)

    assert week.grade(copy, "ana", agreed=False)["ana"].graded


def test_others_of_old_tests_are_told_of(copy: Course) -> None:
    """Where the gradebook was told of the new test by nbgrader, grading one student names the others."""
    week.change(copy, *week.STRICTER)
    assert not converters.run(GenerateAssignment, copy, "mini").error

    shown = pupils.command(copy, "grade", "mini", "--student", "ana")

    assert "3 others were graded with other tests" in shown
    assert batch.prepare(copy, "mini", "ana").outdated == ("bea", "carlos", "diana")


def test_failed_regrading_leaves_what_was_graded(copy: Course) -> None:
    """When a new test can't grade anybody, points and graded copies stay, and its author is told why."""
    before = week.totals(copy)
    path = graded_copy.folder(copy, "mini", "ana") / "mini.ipynb"
    copied = path.read_bytes()
    week.change(copy, "student.add_one(torch.tensor([3", "student.add(torch.tensor([3")

    with pytest.raises(Refusal, match=r"add-one-valores: .*'add' is not one of the exercise's names"):
        week.grade(copy)

    assert path.read_bytes() == copied
    assert week.totals(copy) == before
