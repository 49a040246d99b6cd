"""More time for one student: `torchaula extend`, kept where nbgrader keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from tests import ledgers, mini, pupils, week
from torchaula.authoring.release import release
from torchaula.classroom.gradebook import backups, extensions, gradebook, locks
from torchaula.classroom.intake import received
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.course.rebuilding.submitted import digest_of
from torchaula.errors import Refusal

DEADLINE = datetime(2026, 10, 5, 21, 59)
RULE = 'c.LateWork.deadlines = {"mini": "2026-10-05 23:59 Europe/Madrid"}'
STUDENTS = "id,first_name,last_name\nana,Ana,García\nbea,Bea,Núñez\n"


def prepared(root: Path) -> Course:
    """A course with a roster and a deadline."""
    course = mini.write(root)
    release(course, "mini")
    week.configure(course, RULE, "c.LateWork.percent_a_day = 10")
    (course.root / "students.csv").write_text(STUDENTS, encoding="utf-8")
    return course


@pytest.fixture
def late(books: None, tmp_path: Path) -> Course:
    """Ana handed in two and a half days after the deadline; nothing was graded."""
    course = prepared(tmp_path / "course")
    pupils.write(course, "ana", week.text(course, "2 * x", None))
    content = (course.submitted / "ana" / "mini" / "mini.ipynb").read_bytes()
    when = (DEADLINE.replace(tzinfo=UTC) + timedelta(days=2.5)).isoformat()
    received.record(course, "mini", received.Register([received.Receipt("ana", digest_of(content), when)]))
    return course


def backups_of(course: Course) -> list[Path]:
    """The copies of the gradebook, whatever database it is in."""
    return [path for path in backups.folder(course).glob("gradebook-*") if path.suffix != backups.SECRET]


def penalty(course: Course, student: str = "ana") -> float:
    """What lateness costs a student, in the gradebook."""
    return float(ledgers.rows(course)["submission", "mini", student][2])


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("2026-10-08 23:59 Europe/Madrid", timedelta(days=3)),
        ("2026-10-08 23:59", timedelta(days=3)),
        ("2026-10-08", timedelta(days=3)),
        ("2026-10-08T23:59", timedelta(days=3)),
        ("2026-10-06 00:59 Atlantic/Canary", timedelta(hours=2)),
        ("2026-10-25 23:59", timedelta(days=20, hours=1)),  # clocks went back
        *(
            (text, timedelta(days=2))
            for text in ("2d", "+2d", "2 days", "+48h", "48 hours", "2 días", "2880 min")
        ),
        ("1w", timedelta(days=7)),
    ],
)
def test_date_or_amount_of_time_is_understood(words: str, amount: timedelta, tmp_path: Path) -> None:
    """A date like the deadline's, whose zone and hour it takes where it says none, or so much more."""
    text = "2026-10-05 23:59 Europe/Madrid"

    assert extensions.amount(words, DEADLINE, text) == amount


@pytest.mark.parametrize(
    "words",
    [
        *("", "tomorrow", "08/10/2026", "2026-10", "23:59", "2026-10-08 23:59 CEST", "2026-10-08 25:00"),
        *("2026-10-05 23:59", "2026-10-05", "2026-10-01", "0d", "-2d", "2", "2 months", "2x", "9999-12-31"),
        *("1e3d", "99999999999d", "2026-10-08 23:59 Europe/Madrid x", "2028-10-05"),
    ],
)
def test_what_is_no_later_date_is_refused(words: str) -> None:
    """Nothing is guessed, a deadline never moves forward, and a year is a mistake."""
    with pytest.raises(Refusal):
        extensions.amount(words, DEADLINE, "2026-10-05 23:59 Europe/Madrid")


@pytest.mark.slow
def test_extension_counts_in_the_next_grading(late: Course) -> None:
    """Given before anything was graded: no penalty, the table says so, and nobody is asked."""
    told = pupils.command(late, "extend", "mini", "ana", "2026-10-08", "23:59")
    assert "2026-10-08 23:59 CEST" in told and "torchaula grade mini" in told

    entries = week.grade(late, agreed=False)

    assert penalty(late) == 0
    assert entries["ana"].what == "graded; deadline moved by 3 d"
    assert "ana" in pupils.command(late, "extend", "mini", "--list")


@pytest.mark.both_databases
def test_extension_after_grading_is_one_student_s_and_asks_nothing(late: Course) -> None:
    """Given, changed and taken back: each counts the next time, unasked, after a copy of the gradebook."""
    week.grade(late)
    assert penalty(late) == 1.5
    copies = len(backups_of(late))

    for words, cost in ((["+1d"], 1.0), (["none"], 1.5), (["3d"], 0.0)):
        pupils.command(late, "extend", "mini", "ana", *words)
        week.grade(late, agreed=False)
        assert penalty(late) == cost, words

    assert len(backups_of(late)) >= copies + 3


def test_nbgrader_autograde_knows_the_extension(late: Course) -> None:
    """A row that only the extension has is filled by nbgrader's own command too."""
    pupils.command(late, "extend", "mini", "ana", "3d")

    run = converters.run(Autograde, late, "mini", "ana")

    assert not run.error, run.reason
    assert penalty(late) == 0
    assert week.totals(late)["ana"] == 5


@pytest.mark.both_databases
def test_extension_alone_is_no_grade(late: Course) -> None:
    """Who has more time and handed in nothing yet is graded nowhere: not in formgrader or table."""
    pupils.command(late, "extend", "mini", "bea", "3d")
    settings = Config()
    settings.CourseDirectory.db_url = converters.address(late).full
    where = CourseDirectory(root=str(late.root), config=settings)
    api = NbGraderAPI(where, config=settings)

    assert [each["student"] for each in api.get_submissions("mini")] == ["ana"]  # who waits to be graded
    entries = week.grade(late)
    assert entries["bea"].what == "nothing handed in; deadline moved by 3 d"
    assert entries["bea"].is_missing
    pupils.command(late, "extend", "mini", "bea", "none")
    assert ("submission", "mini", "bea") not in ledgers.rows(late)


def test_cells_may_change_while_only_extensions_were_given(late: Course) -> None:
    """Nobody's grades hang on a cell for somebody's having more time."""
    pupils.command(late, "extend", "mini", "bea", "3d")
    week.remove_cell(late, "add-one-valores")

    assert week.grade(late)["ana"].graded


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["mini", "anna", "3d"], "no student 'anna'; did you mean 'ana'?"),
        (["minni", "ana", "3d"], "no assignment 'minni'"),
        (["mini", "ana", "2026-10-01"], "not after the deadline"),
        (["mini", "ana", "soon"], "'soon' is neither"),
        (["mini", "ana"], "Usage"),
        (["mini"], "Usage"),
        (["mini", "ana", "none", "--list"], "Usage"),
    ],
)
def test_what_can_not_be_is_refused_and_writes_nothing(late: Course, words: list[str], told: str) -> None:
    """A misspelt student or assignment, or a date that is none, in one line."""
    shown = pupils.command(late, "extend", *words, code=2)

    assert told in shown
    assert "Traceback" not in shown
    assert not ledgers.rows(late)


def test_without_a_deadline_there_is_nothing_to_extend(late: Course) -> None:
    """The refusal says where to write one."""
    week.configure(late, "c.LateWork.deadlines = {}")

    assert "c.LateWork.deadlines" in pupils.command(late, "extend", "mini", "ana", "3d", code=2)


def test_running_batch_is_not_disturbed(late: Course) -> None:
    """An extension waits for the batch to end."""
    with locks.alone(late):
        assert "another batch" in pupils.command(late, "extend", "mini", "ana", "3d", code=2)


def test_stock_extensions_are_listed_and_removed(late: Course) -> None:
    """It is nbgrader's own field, whoever wrote it."""
    week.grade(late)
    with gradebook.opened(late) as book:
        book.grant_extension("mini", "ana", hours=36)

    (line,) = pupils.command(late, "extend", "mini", "--list").splitlines()

    assert line.split() == ["ana", "García,", "Ana", "2026-10-07", "11:59", "CEST", "+1", "d", "12", "h"]
    pupils.command(late, "extend", "mini", "ana", "none")
    assert "nobody" in pupils.command(late, "extend", "mini", "--list")
