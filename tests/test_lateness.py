"""Late work: one rule, deadlines with their zone, and times of arrival that nobody can forge."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.converters import Autograde
from traitlets.config import Config

from tests import ledgers, mini, pupils, week
from tests.test_release import nbgrader
from torchaula.authoring.release import release
from torchaula.classroom.batch import batch, late_changes
from torchaula.classroom.gradebook import gradebook, lateness
from torchaula.classroom.gradebook.lateness import LateWork
from torchaula.classroom.intake import received
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.course.rebuilding.submitted import digest_of
from torchaula.errors import Refusal

pytestmark = pytest.mark.sampled(10)

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
EXAMPLE = "write it like '2026-12-01 23:59 Europe/Madrid'"
DEADLINE = datetime(2026, 10, 5, 21, 59, tzinfo=UTC)
RULE = (
    'c.LateWork.deadlines = {"mini": "2026-10-05 23:59 Europe/Madrid"}',
    "c.LateWork.grace_minutes = 15",
    "c.LateWork.percent_a_day = 10",
    "c.LateWork.cap_percent = 50",
)
# How long after the deadline each of the class handed in, and what that costs of their points.
AFTER = {
    "ana": timedelta(minutes=15),
    "bea": timedelta(minutes=15, seconds=1),
    "carlos": timedelta(days=1, minutes=16),
    "diana": timedelta(days=9),
}
PENALTIES = {"ana": 0.0, "bea": 0.5, "carlos": 1.2, "diana": 5.0}


def settings(**values: object) -> Config:
    """A configuration of the rule."""
    return Config({"LateWork": values})


@pytest.mark.parametrize(
    ("late", "penalty"),
    [
        (1, None),
        (30 * MINUTE, None),
        (30 * MINUTE + 1, 0.8),
        (30 * MINUTE + DAY, 0.8),
        (30 * MINUTE + DAY + 1, 1.6),
        (30 * MINUTE + 2 * DAY, 1.6),
        (30 * MINUTE + 2 * DAY + 1, 2.0),
        (365 * DAY, 2.0),
    ],
)
def test_each_day_begun_after_the_grace_costs_up_to_the_cap(late: float, penalty: float | None) -> None:
    """10 % a day of 8 points and never more than 25 %, to the second at each boundary."""
    rule = LateWork(config=settings(grace_minutes=30.0, percent_a_day=10.0, cap_percent=25.0))

    assert rule.late_submission_penalty("ana", 8.0, late) == pytest.approx(penalty)


def test_without_a_percentage_lateness_costs_nothing() -> None:
    """A deadline alone takes no points."""
    assert LateWork().late_submission_penalty("ana", 8.0, 9 * DAY) is None


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        pytest.param("2026-12-01 23:59 Europe/Madrid", (12, 1, 22, 59), id="winter"),
        pytest.param("2026-07-01 23:59 Europe/Madrid", (7, 1, 21, 59), id="summer"),
        pytest.param("2026-07-01 23:59 UTC", (7, 1, 23, 59), id="utc"),
        pytest.param("2026-10-25 02:30 Europe/Madrid", (10, 25, 1, 30), id="clocks show it twice: the later"),
        pytest.param("2026-03-29 02:30 Europe/Madrid", (3, 29, 1, 30), id="clocks never show it: the later"),
    ],
)
def test_deadline_is_local_time(text: str, utc: tuple[int, int, int, int]) -> None:
    """Summer time counts, and where clocks are ambiguous the learner has the benefit."""
    rule = LateWork(config=settings(deadlines={"mini": text}))

    assert rule.deadline("mini", Path("nbgrader_config.py")) == datetime(2026, *utc)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01 23:59",
        "2026-12-01 23:59 Europe/Madird",
        "2026-12-01 23:59 Europe",
        "2026-12-01 23:59 ../../etc/passwd",
        "2026-12-01 23:59+01:00 Europe/Madrid",
        "2026-12-01T23:59+01:00",
        "2026-13-01 23:59 Europe/Madrid",
        "0001-01-01 00:00 Asia/Tokyo",
        "tomorrow",
        "",
    ],
)
def test_deadline_that_is_no_time_with_a_zone_is_refused(course: Course, text: str) -> None:
    """The batch stops before it starts, with the line to write."""
    week.hand_in(course, "ana")
    week.configure(course, f'c.LateWork.deadlines = {{"mini": {text!r}}}')

    with pytest.raises(Refusal, match=EXAMPLE) as refused:
        batch.prepare(course, "mini")

    assert f"{course.config}: the deadline {text!r} of mini" in str(refused.value)
    assert not course.gradebook.exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            'c.LateWork.deadlines = {"mnii": "2026-12-01 23:59 UTC"}',
            "names 'mnii'; the assignments are: mini",
        ),
        ("c.LateWork.deadlines = 3", "c.LateWork can't be used"),
        ("c.LateWork.percent_a_day = 150", "c.LateWork can't be used"),
        ('c.LateWork.grace_minutes = "ten"', "c.LateWork can't be used"),
        ("c.LateWork.cap_percent = -1", "c.LateWork can't be used"),
    ],
)
def test_rule_that_makes_no_sense_is_refused(course: Course, line: str, told: str) -> None:
    """A misspelt assignment or an impossible number would change points in silence."""
    week.hand_in(course, "ana")
    week.configure(course, line)

    with pytest.raises(Refusal) as refused:
        batch.prepare(course, "mini")

    assert told in str(refused.value)


@pytest.fixture(scope="module")
def made(books: None, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with a deadline, whose class came in around it and was graded. Copy it to change it."""
    course = mini.write(tmp_path_factory.mktemp("late") / "course")
    release(course, "mini")
    week.configure(course, *RULE)
    week.hand_in(course)
    arrivals = []
    for student, after in AFTER.items():
        content = (course.submitted / student / "mini" / "mini.ipynb").read_bytes()
        time = (DEADLINE + after).isoformat()
        arrivals.append(received.Receipt(student, digest_of(content), time))
    received.record(course, "mini", received.Register(arrivals))
    pupils.command(course, "grade", "mini")
    return course


@pytest.fixture
def copy(made: Course, tmp_path: Path) -> Course:
    """The graded course, to change."""
    return mini.copy(made, tmp_path / "course")


def penalties(course: Course) -> dict[str, float]:
    """What lateness costs each student, in the gradebook."""
    return {key[2]: value[2] for key, value in ledgers.rows(course).items() if key[0] == "submission"}


@pytest.mark.slow
def test_penalty_is_in_gradebook_table_csv_page_and_export(copy: Course) -> None:
    """Who was late loses by the rule, and all that is shown of it says the same."""
    assert penalties(copy) == pytest.approx(PENALTIES)

    entries = week.grade(copy)

    assert "late" not in entries["ana"].what
    assert "late: 5 points less" in entries["diana"].what
    row = pupils.table(copy.grades / "mini.csv")["diana"]
    assert (row["late_penalty"], row["total"], row["double"]) == ("5.0", "5.0", "5.0")
    assert "5 de 10 puntos" in week.page(copy, "diana")
    assert "retraso" in week.page(copy, "diana")
    assert "retraso" not in week.page(copy, "ana")


@pytest.mark.both_databases
def test_nbgrader_autograde_gives_the_same_penalty(copy: Course) -> None:
    """nbgrader's own command believes the same times, knows the deadline, and applies the same rule."""
    before = ledgers.rows(copy)
    with gradebook.opened(copy) as book:
        book.find_assignment("mini").duedate = None
        book.db.commit()
    for student in AFTER:  # a claim of having been in time
        (copy.submitted / student / "mini" / "timestamp.txt").write_text("2020-01-01 10:00:00 UTC")

    nbgrader(copy, "autograde", "mini", "--force")

    assert ledgers.rows(copy) == before


@pytest.mark.both_databases
def test_extension_counts_the_next_time(copy: Course) -> None:
    """Days that nbgrader's `grant_extension` gives move the deadline for that student alone."""
    with gradebook.opened(copy) as book:
        book.grant_extension("mini", "diana", days=8)
        book.grant_extension("mini", "carlos", hours=24)

    week.grade(copy, agreed=False)

    now = penalties(copy)
    assert now == pytest.approx(PENALTIES | {"diana": 1.0, "carlos": 0.6})
    assert "9 de 10 puntos" in week.page(copy, "diana")
    assert not converters.run(Autograde, copy, "mini", "diana").error
    assert penalties(copy) == now


def test_points_by_hand_change_what_lateness_costs(copy: Course) -> None:
    """The share is of the points that count, so the next grading brings it up to date."""
    with gradebook.opened(copy) as book:
        book.find_grade("double-valores", "mini", "mini", "diana").manual_score = 0
        book.db.commit()

    week.grade(copy, agreed=False)

    assert penalties(copy) == pytest.approx(PENALTIES | {"diana": 3.0})


OTHER_PLUGIN = """from nbgrader.plugins import LateSubmissionPlugin


class Flat(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 2.0
"""


def _another_plugin(course: Course) -> None:
    (course.root / "flat.py").write_text(OTHER_PLUGIN)
    week.configure(course, "import sys; sys.path.insert(0, str(COURSE))")
    week.configure(course, 'c.AssignLatePenalties.plugin_class = "flat.Flat"')


def _new_times(course: Course) -> None:
    """A worksheet that was downloaded again: of the same files, Diana's was in time."""
    arrivals = [
        received.Receipt(each.student, each.digest, (DEADLINE - timedelta(hours=1)).isoformat())
        for each in received.load(course, "mini").arrivals
        if each.student == "diana"
    ]
    received.record(course, "mini", received.Register(arrivals))


def _believe(course: Course) -> None:
    """Without what the course took down, a timestamp.txt counts."""
    received.path(course, "mini").unlink()
    (course.submitted / "ana" / "mini" / "timestamp.txt").write_text("2026-11-01 10:00 UTC")
    week.configure(course, "c.LateWork.believe_timestamp_files = True")


CHANGES = {
    "later deadline": (
        lambda course: week.configure(
            course, 'c.LateWork.deadlines = {"mini": "2026-10-06 23:59 Europe/Madrid"}'
        ),
        PENALTIES | {"bea": 0.0, "carlos": 0.6},
    ),
    "earlier deadline": (
        lambda course: week.configure(
            course, 'c.LateWork.deadlines = {"mini": "2026-10-05 23:00 Europe/Madrid"}'
        ),
        PENALTIES | {"ana": 1.0},
    ),
    "no deadline": (
        lambda course: week.configure(course, "c.LateWork.deadlines = {}"),
        dict.fromkeys(PENALTIES, 0.0),
    ),
    "grace": (
        lambda course: week.configure(course, "c.LateWork.grace_minutes = 0"),
        PENALTIES | {"ana": 1.0},
    ),
    "percent": (
        lambda course: week.configure(course, "c.LateWork.percent_a_day = 0"),
        dict.fromkeys(PENALTIES, 0.0),
    ),
    "cap": (
        lambda course: week.configure(course, "c.LateWork.cap_percent = 5"),
        PENALTIES | {"bea": 0.25, "carlos": 0.3, "diana": 0.5},
    ),
    "plug-in": (_another_plugin, dict.fromkeys(PENALTIES, 2.0)),
    "times": (_new_times, PENALTIES | {"diana": 0.0}),
    "timestamp.txt": (_believe, {"ana": 5.0, "bea": 0.0, "carlos": 0.0, "diana": 0.0}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_rule_is_asked_about_before_anything_is_written(
    copy: Course, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Whatever makes lateness cost the same files other points is asked about, like a changed test."""
    monkeypatch.setattr("sys.path", sys.path[:])
    edit, after = CHANGES[change]
    edit(copy)
    before = week.state(copy)

    with pytest.raises(Refusal, match=r"nothing of mini was written.*`--yes`"):
        week.grade(copy, agreed=False)
    assert week.state(copy) == before

    week.grade(copy)
    assert penalties(copy) == pytest.approx(after)
    week.grade(copy, agreed=False)  # it has been written, and there is nothing to ask
    assert penalties(copy) == pytest.approx(after)


def test_command_shows_who_becomes_late_and_refuses_without_an_answer(copy: Course) -> None:
    """Who loses points, how many, and because of what: exit code 2 where nobody is there to answer."""
    week.configure(copy, 'c.LateWork.deadlines = {"mini": "2026-10-05 23:00 Europe/Madrid"}')
    before = ledgers.rows(copy)

    shown = pupils.command(copy, "grade", "mini", code=2)

    assert "0 gain points, 1 lose some; 1 become late, 0 are no longer late" in shown
    (line,) = (words for line in shown.splitlines() if (words := line.split())[:1] == ["ana"])
    assert line == ["ana", "10", "9", "-1", "0", "→", "1"]
    assert ledgers.rows(copy) == before


def test_one_student_s_consent_is_not_the_others(copy: Course) -> None:
    """Graded alone under another rule, one student leaves the question about the others open."""
    week.configure(copy, "c.LateWork.percent_a_day = 0")

    week.grade(copy, "diana")

    assert penalties(copy) == pytest.approx(PENALTIES | {"diana": 0.0})
    with pytest.raises(Refusal, match="nothing of mini was written"):
        week.grade(copy, agreed=False)


def test_new_submission_under_a_changed_rule_asks_nothing_of_its_own(copy: Course) -> None:
    """Points of another file are no changed points."""
    week.configure(copy, "c.LateWork.percent_a_day = 0")
    for student in AFTER:
        pupils.write(copy, student, week.text(copy, f"2 * x + {len(student)} - {len(student)}", None))

    week.grade(copy, agreed=False)

    assert penalties(copy) == dict.fromkeys(PENALTIES, 0.0)


def test_deadline_that_was_set_by_hand_stays_where_the_configuration_names_none(copy: Course) -> None:
    """What the configuration named goes with it; what the formgrader was told is somebody else's."""
    week.configure(copy, "c.LateWork.deadlines = {}")
    week.grade(copy)
    assert ledgers.rows(copy)["assignment", "mini"][0] is None

    by_hand = datetime(2026, 10, 6, 21, 59)
    with gradebook.opened(copy) as book:
        book.find_assignment("mini").duedate = by_hand
        book.db.commit()
    week.grade(copy)

    assert ledgers.rows(copy)["assignment", "mini"][0] == by_hand
    assert penalties(copy) == pytest.approx(PENALTIES | {"bea": 0.0, "carlos": 0.6})


def test_nbgrader_s_commands_can_ask_whether_lateness_costs_the_same(copy: Course) -> None:
    """The check for them: silent after a batch, an extension and points by hand; not after another rule."""
    source = week.source(copy)
    with gradebook.opened(copy) as book:
        late_changes.require_none(book, copy, source)
        book.grant_extension("mini", "diana", days=8)
        book.find_grade("double-valores", "mini", "mini", "carlos").manual_score = 0
        book.db.commit()
        late_changes.require_none(book, copy, source)
    week.configure(copy, "c.LateWork.percent_a_day = 20")

    with gradebook.opened(copy) as book, pytest.raises(Refusal, match="torchaula grade mini"):
        late_changes.require_none(book, copy, source)


def test_extension_without_a_deadline_stops_nothing(copy: Course) -> None:
    """nbgrader itself can't add days to no deadline."""
    week.configure(copy, "c.LateWork.deadlines = {}")
    with gradebook.opened(copy) as book:
        book.grant_extension("mini", "diana", days=8)
        book.find_assignment("mini").duedate = None
        book.db.commit()

    assert all(entry.graded for entry in week.grade(copy).values())

    with gradebook.opened(copy) as book:
        book.grant_extension("mini", "diana")
    assert penalties(copy) == dict.fromkeys(PENALTIES, 0.0)


FORGED = {
    "past": b"2020-01-01 10:00:00 UTC",
    "future": b"2999-01-01 10:00:00 UTC",
    "no time": b"on time, honestly",
    "empty": b"",
    "binary": b"\x80\xff\x00",
    "enormous": b"1" * 100_000,
}


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course where each student but one brings a forged `timestamp.txt`. Copy it to change it."""
    course = mini.write(tmp_path_factory.mktemp("forged") / "course")
    release(course, "mini")
    for number, (student, content) in enumerate(FORGED.items()):
        pupils.write(course, student, week.text(course, f"2 * x + {number} - {number}", None))
        (course.submitted / student / "mini" / "timestamp.txt").write_bytes(content)
    pupils.write(course, "none", week.text(course, "2 * x", None))
    week.grade(course)
    return course


def test_forged_timestamps_are_named_where_there_is_a_deadline(forged: Course, tmp_path: Path) -> None:
    """None is believed and none costs anything; without a deadline nobody wants to know."""
    copy = mini.copy(forged, tmp_path / "course")
    assert {entry.what for entry in week.grade(copy).values()} == {"graded"}
    week.configure(copy, *RULE)

    entries = week.grade(copy)

    told = "graded; its timestamp.txt is not believed: not counted as late"
    assert {entries[student].what for student in FORGED} == {told}
    assert entries["none"].what == "graded; nobody knows when it arrived: not counted as late"
    assert {entry.total for entry in entries.values()} == {5.0}


def test_forged_timestamps_neither_count_nor_stop_nbgrader(forged: Course, tmp_path: Path) -> None:
    """`nbgrader autograde` ends whole at a file that holds no time; here each is graded, and none is late."""
    copy = mini.copy(forged, tmp_path / "course")
    week.configure(copy, *RULE)
    shutil.rmtree(copy.autograded / "past")

    nbgrader(copy, "autograde", "mini")
    nbgrader(copy, "autograde", "mini", "--force")

    rows = ledgers.rows(copy)
    for student in FORGED:
        assert rows["submission", "mini", student] == (None, 5.0, 0.0, 0.0)
    assert rows["assignment", "mini"][0] == DEADLINE.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("content", "doubt"),
    [
        (b"2026-10-01 10:00:00 UTC", ""),
        (FORGED["future"], "lies in the future"),
        (FORGED["no time"], "holds no time"),
        (FORGED["empty"], "holds no time"),
        (FORGED["binary"], "holds no time"),
        (FORGED["enormous"], "holds no time"),
    ],
)
def test_believed_timestamp_files_must_hold_a_time(tmp_path: Path, content: bytes, doubt: str) -> None:
    """Where the course says that its exchange writes them, nonsense is named all the same."""
    (tmp_path / "timestamp.txt").write_bytes(content)
    rule = LateWork(config=settings(believe_timestamp_files=True))

    found = lateness.arrival(rule, None, tmp_path)

    assert doubt in found.doubt
    assert bool(doubt) == bool(found.doubt) == (found.time is None)


def test_time_that_the_course_took_down_wins(tmp_path: Path) -> None:
    """What a register says is believed whatever lies beside the notebook."""
    (tmp_path / "timestamp.txt").write_bytes(FORGED["past"])

    assert lateness.arrival(LateWork(), DEADLINE, tmp_path) == lateness.Arrival(DEADLINE)


MOMENT = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-07-01 10:00:00.000000 UTC", "2026-07-01 10:00:00 UTC\n", "2026-07-01 10:00 GMT"),
        *("2026-07-01T10:00:00Z", "2026-07-01 12:00:00 +0200", "2026-07-01T12:00:00+02:00"),
        *("2026-07-01 05:00:00-05", "2026-07-01 12:00:00 Europe/Madrid", "\ufeff2026-07-01 10:00 UTC"),
        *("2026-07-01 10:00:00", "2026-07-01 05:00 America/Lima"),  # without a zone: as zip_collect writes it
    ],
)
def test_timestamp_that_names_its_moment_is_read(tmp_path: Path, text: str) -> None:
    """Day, time and UTC, an offset or a place: what nbgrader writes, and what can't be another moment."""
    (tmp_path / "timestamp.txt").write_text(text, encoding="utf-8")

    assert lateness.claimed(tmp_path) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        *("2026-07-01 10:00 CEST", "2026-07-01 10:00:00 EDT", "2026-07-01 10:00 PST", "2026-07-01 10:00 CET"),
        *(
            "2026-07-01 10:00 IST",
            "2026-07-01 10:00 EST",
            "2026-07-01 10:00 Europe/Madird",
            "2026-07-01 10:00 X",
        ),
        *("10:00", "2026-11", "05/11/2026", "05/11/2026 10:00", "2026-11-05", "20261105T100000", "2026"),
        *("1 July 2026 10:00 UTC", "2026-7-1 10:00 UTC", "2026-07-01 10 UTC", "2026-02-30 10:00 UTC"),
        *("2026-07-01 25:00 UTC", "2026-07-01 10:00 UTC UTC", "2026-07-01 10:00 +99:00", "1751364000"),
        *("2026-07-01 10:00 UTC\n2025-07-01 10:00 UTC", "0001-01-01 00:00 +1400", "9999-12-31 23:59 -1400"),
        *("٢٠٢٦-٠٧-٠١ ١٠:٠٠ UTC", "2026-07-01 10:00 ../../etc/localtime", "", " ", "2026-W27-3 10:00 UTC"),
        "2026-07-01 10:00 UTC" + " " * 10_000,
    ],
)
def test_timestamp_whose_moment_can_not_be_known_is_none(tmp_path: Path, text: str) -> None:
    """A zone's abbreviation, a part of a date, or one that could be another: none is guessed at."""
    (tmp_path / "timestamp.txt").write_text(text, encoding="utf-8")
    rule = LateWork(config=settings(believe_timestamp_files=True))

    assert lateness.claimed(tmp_path) is None
    assert "holds no time" in lateness.arrival(rule, None, tmp_path).doubt


def test_timestamp_of_any_size_is_read_no_further_than_a_time_is_long(tmp_path: Path) -> None:
    """A file larger than memory costs a few bytes; a folder of that name is no time."""
    with (tmp_path / "timestamp.txt").open("wb") as file:
        file.truncate(1 << 40)
    assert lateness.claimed(tmp_path) is None
    (tmp_path / "timestamp.txt").unlink()
    (tmp_path / "timestamp.txt").mkdir()
    assert lateness.claimed(tmp_path) is None
