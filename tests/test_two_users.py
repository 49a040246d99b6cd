"""The exchange on a shared disk, with an instructor and learners who are different users of the machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import ledgers, mini, people, week
from tests.people import Machine, Person
from torchaula.authoring.release import release
from torchaula.classroom.gradebook import locks
from torchaula.course.layout import Course

pytestmark = pytest.mark.skipif(bool(people.why_not()), reason=people.why_not())

OPEN, STRICT = "022", "077"  # umasks: what others may not do with a new file
MODE = 0o1777  # of the exchange's folder: everybody writes, and nobody removes what is another's
ANSWERS = {"ana": ("2 * x", "x + 1"), "bea": ("x + x", None)}
POINTS = {"ana": 10.0, "bea": 5.0}


@pytest.fixture(scope="module")
def shared() -> Iterator[Machine]:
    """A machine with an instructor and two learners."""
    with people.machine() as made:
        for name in ("prof", *ANSWERS):
            made.person(name)
        yield made


def taught(machine: Machine, name: str, course_id: str = "torchaula") -> Course:
    """An instructor's course, in a folder of their own, whose exchange everybody shares."""
    prof, exchange = machine.people["prof"], machine.folder / f"exchange-{name.partition('.')[0]}"
    course = mini.write(prof.home / name)
    release(course, "mini")
    exchange.mkdir(mode=0o777, exist_ok=True)
    exchange.chmod(MODE)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    week.configure(
        course,
        f"c.CourseDirectory.course_id = {course_id!r}",
        f"c.Exchange.root = {str(exchange)!r}",
        f'c.LateWork.deadlines = {{"mini": "{yesterday:%Y-%m-%d %H:%M} UTC"}}',
        "c.LateWork.percent_a_day = 10.0",
    )
    prof.own(course.root)
    for student in ANSWERS:
        _join(machine.people[student], exchange)
    return course


def _join(student: Person, exchange: Path) -> None:
    """Tell a learner's nbgrader of the exchange, as a hub does for all."""
    settings = student.home / ".jupyter"
    settings.mkdir(exist_ok=True)
    (settings / "nbgrader_config.py").write_text(f"c = get_config()\nc.Exchange.root = {str(exchange)!r}\n")
    student.own(settings)


def hand_in(student: Person, course: Course, umask: str, answers: tuple[str | None, str | None]) -> None:
    """Fetch, answer and submit, in a folder a course."""
    course_id = f"--course={_id(course)}"
    at = student.home / course.root.name
    at.mkdir()
    student.own(at)
    student.nbgrader("fetch_assignment", "mini", course_id, at=at, umask=umask)
    (at / "mini" / "mini.ipynb").write_text(week.text(course, *answers), encoding="utf-8")
    student.nbgrader("submit", "mini", course_id, at=at, umask=umask)


def _id(course: Course) -> str:
    lines = [line for line in course.config.read_text().splitlines() if "course_id = " in line]
    return lines[-1].partition(" = ")[2].strip("'\"")


def exchange_of(course: Course) -> Path:
    """The part of the exchange that is this course's."""
    lines = [line for line in course.config.read_text().splitlines() if "Exchange.root = " in line]
    return Path(lines[-1].partition(" = ")[2].strip("'\"")) / _id(course)


def fetched_pages(student: Person, course: Course) -> list[Path]:
    """The feedback pages that a learner fetched."""
    return sorted((student.home / course.root.name / "mini" / "feedback").glob("*/mini.html"))


@pytest.mark.slow
@pytest.mark.sampled(1)
@pytest.mark.parametrize("umask", [OPEN, STRICT])
def test_exchange_there_and_back(shared: Machine, umask: str) -> None:
    """Everybody's own page comes back to them, and to nobody else, however strict the umask is."""
    prof, ana, bea = (shared.people[name] for name in ("prof", "ana", "bea"))
    course = taught(shared, f"course-{umask}")
    prof.nbgrader("release_assignment", "mini", at=course.root, umask=umask)
    for student, answers in ANSWERS.items():
        hand_in(shared.people[student], course, umask, answers)

    prof.nbgrader("collect", "mini", at=course.root, umask=umask)
    told = prof.run("torchaula", "grade", "mini", "--jobs", "1", at=course.root, umask=umask)
    prof.nbgrader("release_feedback", "mini", at=course.root, umask=umask)

    assert "is not believed" in told
    rows = ledgers.rows(course)
    assert {name: rows["submission", "mini", name][1] for name in ANSWERS} == POINTS
    for person in (ana, bea):
        at = person.home / course.root.name
        person.nbgrader("fetch_feedback", "mini", f"--course={_id(course)}", at=at, umask=umask)
        [page] = fetched_pages(person, course)
        assert page.read_bytes() == (course.feedback / person.name / "mini" / "mini.html").read_bytes()
        assert person.can("cat", str(page))
    require_private(course, bea, ana)


def require_private(course: Course, one: Person, other: Person) -> None:
    """What one learner handed in and got back, another can neither list nor open."""
    place = exchange_of(course)
    for folder in (place / "inbound", place / "feedback", other.home, course.root, course.submitted):
        assert not one.can("ls", str(folder)), folder
    for file in (
        course.submitted / other.name / "mini" / "mini.ipynb",
        course.feedback / other.name / "mini" / "mini.html",
        course.gradebook,
        course.secret,
        course.notebook("mini"),
    ):
        assert file.is_file() and not one.can("cat", str(file)), file
    for number, folder in enumerate(place.glob("inbound/*")):
        assert not one.can("touch", str(folder / "mini.ipynb" / "x")), number
    assert one.can("ls", str(place / "outbound" / "mini"))


@pytest.mark.slow
def test_late_work_costs_where_the_exchange_s_time_is_believed(shared: Machine) -> None:
    """`timestamp.txt` counts from the day on which the course believes it; an extension holds."""
    prof = shared.people["prof"]
    course = taught(shared, "late")
    prof.nbgrader("release_assignment", "mini", at=course.root, umask=STRICT)
    for student in ANSWERS:
        hand_in(shared.people[student], course, STRICT, ("2 * x", "x + 1"))
    prof.nbgrader("collect", "mini", at=course.root, umask=STRICT)
    week.configure(course, "c.LateWork.believe_timestamp_files = True")
    prof.run("torchaula", "extend", "mini", "bea", "3d", at=course.root, umask=STRICT)

    prof.run("torchaula", "grade", "mini", "--jobs", "1", at=course.root, umask=STRICT)

    rows = ledgers.rows(course)
    penalties = {name: rows["submission", "mini", name][2] for name in ANSWERS}
    assert penalties["ana"] > 0 and not penalties["bea"]


def link_to_the_model_solution(place: Path, course: Course) -> None:
    """A link in the place of the notebook; the instructor may read what it leads to."""
    (place / "mini.ipynb").unlink()
    (place / "mini.ipynb").symlink_to(course.notebook("mini"))


def link_to_a_folder(place: Path, course: Course) -> None:
    """A link in the place of the whole folder."""
    place.rename(place.with_name("aside"))
    place.symlink_to(course.source / "mini")


def closed_folder(place: Path, course: Course) -> None:
    """A folder that only the learner can read."""
    place.chmod(0o700)


def pipe(place: Path, course: Course) -> None:
    """What nobody can read to its end."""
    os.mkfifo(place / "datos.txt~")


ODD = [link_to_the_model_solution, link_to_a_folder, closed_folder, pipe]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("odd", ODD, ids=lambda each: each.__name__)
def test_odd_folder_in_the_exchange_costs_nobody_else(
    shared: Machine, odd: Callable[[Path, Course], None]
) -> None:
    """Who hands in a link reads and scores nothing by it, and everybody else is collected."""
    prof, ana = shared.people["prof"], shared.people["ana"]
    course = taught(shared, odd.__name__)
    prof.nbgrader("release_assignment", "mini", at=course.root, umask=OPEN)
    for student, answers in ANSWERS.items():
        hand_in(shared.people[student], course, OPEN, answers)
    [place] = exchange_of(course).glob("inbound/ana+*")
    odd(place, course)
    for path in exchange_of(course).glob("inbound/*"):
        ana.own(path) if not path.name.startswith("bea") else None

    told = prof.nbgrader("collect", "mini", at=course.root, umask=OPEN, code=1)

    assert "ana: not collected" in told and "Traceback" not in told
    assert [path.name for path in course.submitted.iterdir()] == ["bea"]


@pytest.mark.slow
def test_two_courses_in_one_exchange_do_not_mix(shared: Machine) -> None:
    """The same assignment's name in two courses: what is handed in, graded and sent back stays apart.

    While one course is being graded, the other one can be too.
    """
    prof, ana = shared.people["prof"], shared.people["ana"]
    one, two = taught(shared, "both.one", "one"), taught(shared, "both.two", "two")
    for course in (one, two):
        prof.nbgrader("release_assignment", "mini", at=course.root, umask=OPEN)
    hand_in(ana, one, OPEN, ANSWERS["ana"])
    hand_in(ana, two, OPEN, ANSWERS["bea"])
    hand_in(shared.people["bea"], two, OPEN, ANSWERS["ana"])
    for course in (one, two):
        prof.nbgrader("collect", "mini", at=course.root, umask=OPEN)

    with locks.alone(one):
        prof.run("torchaula", "grade", "mini", "--jobs", "1", at=two.root, umask=OPEN)
    prof.own(one.state)
    before = ledgers.rows(two)
    prof.run("torchaula", "grade", "mini", "--jobs", "1", at=one.root, umask=OPEN)
    for course in (one, two):
        prof.nbgrader("release_feedback", "mini", at=course.root, umask=OPEN)
        at = ana.home / course.root.name
        ana.nbgrader("fetch_feedback", "mini", f"--course={_id(course)}", at=at, umask=OPEN)

    assert ledgers.rows(two) == before
    assert week.totals(one) == {"ana": POINTS["ana"]}
    assert week.totals(two) == {"ana": POINTS["bea"], "bea": POINTS["ana"]}
    for course in (one, two):
        [page] = fetched_pages(ana, course)
        assert page.read_bytes() == (course.feedback / "ana" / "mini" / "mini.html").read_bytes()
        cached = ana.home / ".local" / "share" / "jupyter" / "nbgrader_cache" / _id(course)
        assert len(list(cached.iterdir())) == 1
