"""`torchaula grade --solutions`: model solutions reach pages once everybody's time is over, not before."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.converters import GenerateFeedback

from tests import by_hand, mini, pupils, week
from torchaula.authoring.release import release
from torchaula.classroom.gradebook import closing, gradebook
from torchaula.course import converters, notebook
from torchaula.course.layout import Course
from torchaula.report import words
from torchaula.report.solutions import model_solutions

SOLUTION = "return 2 * x"  # of `double`, which nobody in this class has written so
PAST, FUTURE = "2026-10-05 23:59 Europe/Madrid", "2199-10-05 23:59 Europe/Madrid"


def deadline(course: Course, text: str) -> None:
    """Set the deadline, in place of an earlier one."""
    week.configure(course, f'c.LateWork.deadlines = {{"mini": "{text}"}}')


@pytest.fixture
def late(tmp_path: Path) -> Course:
    """A course whose deadline is over; one answers rightly in another way, the other wrongly."""
    course = mini.write(tmp_path / "course")
    release(course, "mini")
    deadline(course, PAST)
    pupils.write(course, "ana", week.text(course, "x + x", "x + 1"))
    pupils.write(course, "bea", week.text(course, "3 * x", None))
    return course


def shown(course: Course, student: str = "bea") -> str:
    """A student's page without its highlighting."""
    text = (course.feedback / student / "mini" / "mini.html").read_text("utf-8")
    return html.unescape(re.sub(r"</?span[^>]*>", "", text))


def test_they_are_shown_beneath_the_answers_of_all(late: Course) -> None:
    """In details of their own, without a marker, to who passed and who did not; points are as without."""
    entries = mini.grade(late)
    told = pupils.command(late, "grade", "mini", "--solutions")

    assert "2 of 2" in told
    assert mini.grade(late, solutions=True) == entries
    for student in ("ana", "bea"):
        page = shown(late, student)
        assert page.count(words.SOLUTION_HOW) == 2
        assert SOLUTION in page and "SOLUTION" not in page and "HIDDEN" not in page
        after = page.index("return x + x" if student == "ana" else "return 3 * x")
        assert after < page.index('<details class="solution">', after) < page.index(SOLUTION)


def test_they_stay_away_unless_asked_for(late: Course) -> None:
    """The pages are written again when the option comes and when it goes, by nbgrader's own command too."""
    for is_asked in (False, True, False, True):
        mini.grade(late, solutions=is_asked)
        assert (SOLUTION in shown(late)) is is_asked

    assert not converters.run(GenerateFeedback, late, "mini", "bea").error
    assert SOLUTION not in shown(late)


@pytest.mark.parametrize("is_graded", [False, True])
def test_open_deadline_refuses_them(late: Course, is_graded: bool) -> None:
    """Exit code 2 and one line: what, where, until when, what to do; nothing is graded no page changes."""
    if is_graded:
        mini.grade(late)
    deadline(late, FUTURE)

    told = refused(late)

    assert "nbgrader_config.py: mini can be handed in on time until 2199-10-0" in told
    assert (late.feedback / "bea").exists() is is_graded
    assert not is_graded or SOLUTION not in shown(late)


def test_one_extension_refuses_them_to_all(late: Course) -> None:
    """Of a student who has not handed in, too; of several the longest is named."""
    (late.root / "students.csv").write_text("id\nana\nbea\nzoe\n")
    soon = datetime.now(UTC) + timedelta(days=3)
    for student, days in (("ana", 1), ("zoe", 2)):
        until = f"{soon + timedelta(days=days):%Y-%m-%d %H:%M} UTC"
        pupils.command(late, "extend", "mini", student, until)

    told = refused(late)
    assert "gradebook.db: zoe can hand in mini on time until" in told

    pupils.command(late, "extend", "mini", "zoe", "none")
    assert "ana can hand in" in refused(late)
    pupils.command(late, "extend", "mini", "ana", "1d")  # after the deadline: over by now
    closing.require_over(late, "mini")


def test_grace_is_time_too(late: Course) -> None:
    """What costs nothing is on time."""
    now = datetime.now(UTC) - timedelta(minutes=5)
    deadline(late, f"{now:%Y-%m-%d %H:%M} UTC")
    week.configure(late, "c.LateWork.grace_minutes = 60")
    assert "can be handed in on time until" in refused(late)

    week.configure(late, "c.LateWork.grace_minutes = 0")
    closing.require_over(late, "mini")


def test_without_a_deadline_they_are_refused(late: Course) -> None:
    """Then nobody knows whether the time is over."""
    week.configure(late, "c.LateWork.deadlines = {}")

    told = refused(late)

    assert "mini has no deadline" in told and "c.LateWork.deadlines" in told and "--solutions" in told


def test_deadline_in_the_gradebook_alone_counts(late: Course) -> None:
    """One that the formgrader has set, for a course whose configuration names none."""
    week.configure(late, "c.LateWork.deadlines = {}")
    mini.grade(late)
    with gradebook.opened(late) as book:
        book.find_assignment("mini").duedate = datetime(2026, 10, 5, 21, 59)
        book.db.commit()
    closing.require_over(late, "mini")

    with gradebook.opened(late) as book:
        book.find_assignment("mini").duedate = datetime(2199, 10, 5, 21, 59)
        book.db.commit()
    assert "until 2199-10-0" in refused(late)


def refused(course: Course) -> str:
    """What is said in place of grading with model solutions: one line, that says how to go on."""
    told = pupils.command(course, "grade", "mini", "--solutions", code=2).strip()
    assert told.startswith("torchaula: ") and "\n" not in told
    assert "--solutions" in told
    return told


def test_mark_schemes_and_hidden_tests_are_no_model_solution(tmp_path: Path) -> None:
    """Of cells that a person grades only marked regions are shown, never a mark scheme or a stub."""
    course = by_hand.mixed(mini.write(tmp_path / "course"))
    source = notebook.load(course.notebook("mini"))

    found = model_solutions(source)

    assert {"double", "add-one"} <= found.keys()
    assert not {cell.id for cell in source.cells if cell.kind == "task"} & found.keys()
    for solution in found.values():
        assert solution.text.strip()
        assert not any(word in solution.text for word in source.cells[0].markers.words)
