"""A gradebook on a PostgreSQL server: what can go wrong is told in one line, and it is backed up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ledgers, mini, postgres, pupils, week
from tests.postgres import PASSWORD, Server
from tests.test_release import nbgrader
from torchaula import doctor
from torchaula.authoring.release import release
from torchaula.classroom.gradebook import backups, gradebook
from torchaula.course import address
from torchaula.course.layout import Course
from torchaula.errors import Refusal

NO_ACCOUNT = "postgresql+psycopg://ana:secreto@127.0.0.1:1/course"


@pytest.fixture(scope="module")
def server() -> Server:
    """The server of this process."""
    found = postgres.server()
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    return found


@pytest.fixture
def taught(server: Server, course: Course) -> Course:
    """A course whose gradebook is in a new database, and whose class of four handed in."""
    at(course, server.url(server.database()))
    week.hand_in(course)
    return course


def at(course: Course, url: str) -> Course:
    """A course whose configuration says where its gradebook is."""
    week.configure(course, f"c.CourseDirectory.db_url = {url!r}")
    return course


def require_one_line(told: str, *words: str) -> None:
    """One line says it, with these words, without a traceback and without the password."""
    assert "Traceback" not in told and PASSWORD not in told and postgres.ESCAPED not in told, told
    [line] = [each for each in told.splitlines() if each.startswith("torchaula: ")]
    assert all(word in line for word in words), line


def test_course_is_graded_and_graded_again(taught: Course) -> None:
    """The first command makes the tables; the second one finds everything done; no SQLite file appears."""
    pupils.command(taught, "grade", "mini")
    before = ledgers.rows(taught)

    told = pupils.command(taught, "grade", "mini")

    assert week.totals(taught) == week.POINTS
    assert ledgers.rows(taught) == before
    assert not list(taught.root.rglob("*.db"))
    assert PASSWORD not in told and "not backed up" not in told


def wrong_password(server: Server) -> str:
    """The address of a database, with a password that is not its owner's."""
    return server.url(server.database(), password="falsch")


def no_such_database(server: Server) -> str:
    """The address of a database that nobody made."""
    return server.url("nowhere")


def no_server(server: Server) -> str:
    """The address of a server that is not there."""
    return server.url("course").replace(str(server.folder), "/nowhere")


def no_right(server: Server) -> str:
    """The address of a user who may look at a database, and write nothing to it."""
    name = server.database()
    server.ask("drop role if exists guest", f"create role guest login password '{PASSWORD}'")
    return server.url(name, user="guest")


def may_not_enter(server: Server) -> str:
    """The address of a database that this user may not even look at."""
    url = no_right(server)
    name = url.partition("@/")[2].partition("?")[0]
    server.ask(f"revoke connect on database {name} from public")
    return url


FAULTS = {
    wrong_password: ("refuses user and password", ".pgpass"),
    no_such_database: ("no such database", "createdb"),
    no_server: ("no server answers", "db_url"),
    no_right: ("guest may not write", "OWNER TO"),
    may_not_enter: ("does not let this user in", "GRANT CONNECT"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.__name__)
def test_server_that_can_not_be_used_is_one_line(server: Server, course: Course, fault) -> None:  # type: ignore[no-untyped-def]
    """It says what to do, never the password, by our command and by nbgrader's; the doctor says the same."""
    at(course, fault(server))
    week.hand_in(course, "ana")

    told = pupils.command(course, "grade", "mini", code=2)
    theirs = nbgrader(course, "autograde", "mini", check=False)
    looked = pupils.command(course, "doctor", "database", code=1)

    require_one_line(told, *FAULTS[fault])
    assert FAULTS[fault][0] in theirs and "Traceback" not in theirs and PASSWORD not in theirs
    assert FAULTS[fault][0] in looked and ".torchaula/backups" not in looked


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("postgresql+psycopg://ana:secreto", "%40"),
        ("postgresql+psycopg://ana:se@creto@127.0.0.1/course", "%40"),
        ("no address: secreto", "%40"),
        ("postgres://ana:secreto@127.0.0.1/course", "write postgresql+psycopg"),
        ("postgresql+pg8000://ana:secreto@127.0.0.1/course", "not installed"),
        (NO_ACCOUNT, "no server answers"),
    ],
)
def test_address_that_can_not_be_used_is_one_line(course: Course, url: str, word: str) -> None:
    """A mistyped address shows nothing of what may be a password."""
    at(course, url)

    told = pupils.command(course, "grade", "mini", code=2)

    require_one_line(told, word)
    assert "creto" not in told


def test_missing_driver_is_one_line(course: Course, tmp_path: Path) -> None:
    """Without the extra, the line names it."""
    (tmp_path / "without" / "psycopg").mkdir(parents=True)
    (tmp_path / "without" / "psycopg" / "__init__.py").write_text("raise ModuleNotFoundError('psycopg')")
    at(course, NO_ACCOUNT)
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "without"), "LC_ALL": "C.UTF-8"}
    program = [sys.executable, "-m", "torchaula", "--course", str(course.root), "grade", "mini"]

    done = subprocess.run(program, env=environment, capture_output=True, text=True)

    assert done.returncode == 2
    require_one_line(done.stderr, "torchaula[postgres]")


def test_database_of_another_course_is_refused(graded: Course, tmp_path: Path) -> None:
    """nbgrader can't keep the assignments of two courses apart in one database: nothing is written to it."""
    before = ledgers.rows(graded)
    other = mini.write(tmp_path / "other")
    release(other, "mini")
    week.configure(
        other,
        graded.config.read_text().splitlines()[-1],
        "c.CourseDirectory.course_id = 'another'",
    )
    week.hand_in(other, "ana")

    told = pupils.command(other, "grade", "mini", code=2)
    theirs = nbgrader(other, "generate_assignment", "mini", "--force", check=False)

    require_one_line(told, "course torchaula", "db_url")
    assert "course torchaula" in theirs and "Traceback" not in theirs
    assert ledgers.rows(graded) == before


def test_lost_connection_loses_nothing(server: Server, taught: Course) -> None:
    """A server that goes away in the middle ends the batch in one line; the next one goes on from there."""
    running = gradebook.refused_where_not_written(taught)
    with pytest.raises(Refusal) as refused, running, gradebook.opened(taught) as book:
        assert book.students == []
        server.ask("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")
        assert book.students == []

    assert "can't be written" in str(refused.value) and len(str(refused.value).splitlines()) == 1
    pupils.command(taught, "grade", "mini")
    assert week.totals(taught) == week.POINTS


def test_long_name_costs_nobody_else(dumped: tuple[Course, Path]) -> None:
    """A server refuses what SQLite takes: that student is named, and all others are graded."""
    course, _place = dumped
    pupils.write(course, "x" * 129, week.text(course, None, None))
    pupils.write(course, "ñ" * 120, week.text(course, "2 * x", None))

    entries = mini.grade(course)

    assert not entries["x" * 129].graded and "128" in entries["x" * 129].what
    assert week.totals(course) == week.POINTS | {"ñ" * 120: 5}
    (course.root / "students.csv").write_text(f"id,last_name\nana,{'y' * 200}\n")
    (course.autograded / "ana" / "mini" / "mini.ipynb").unlink()
    with pytest.raises(Refusal, match=r"students\.csv"):
        mini.grade(course)


# Backups


@pytest.fixture(scope="module")
def graded(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course whose class was graded. Copy it to change it."""
    course = at(mini.write(tmp_path_factory.mktemp("postgres") / "course"), server.url(server.database()))
    release(course, "mini")
    week.hand_in(course)
    week.grade(course)
    return course


@pytest.fixture
def dumped(graded: Course, tmp_path: Path) -> tuple[Course, Path]:
    """The graded course and its newest backup."""
    course = mini.copy(graded, tmp_path / "course")
    place = backups.backup(course)
    assert place is not None
    return course, place


def test_backup_brings_everything_back(server: Server, dumped: tuple[Course, Path], tmp_path: Path) -> None:
    """`pg_restore` of a copy into a new database has every row, and the secret stands beside it."""
    course, place = dumped
    before, name = ledgers.rows(course), server.database()
    words = [str(server.programs / "pg_restore"), "-h", str(server.folder), "-U", postgres.OWNER, "-d", name]
    environment = os.environ | {"PGPASSWORD": PASSWORD}
    subprocess.run([*words, "--no-owner", str(place)], env=environment, check=True)

    at(course, server.url(name))

    assert ledgers.rows(course) == before
    assert place.with_suffix(".secret").read_bytes() == course.secret.read_bytes()
    assert place.stat().st_mode & 0o077 == 0
    mini.grade(course)
    assert ledgers.rows(course) == before


def test_newest_backups_are_kept(dumped: tuple[Course, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies of both kinds of database count, each with its secret, and nothing unfinished is left."""
    course, newest = dumped
    monkeypatch.setattr(backups, "BACKUPS", 2)
    (newest.parent / "gradebook-2020.db").touch()

    for _ in range(3):
        newest = backups.backup(course) or newest

    kept = sorted(path.name for path in newest.parent.iterdir())
    assert len(kept) == 4 and kept[-2] == newest.name
    assert {path.suffix for path in newest.parent.iterdir()} == {".dump", ".secret"}


def test_password_is_on_no_command_line(
    dumped: tuple[Course, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody on a machine sees what commands are started with; an environment is its owner's."""
    course, _place = dumped
    spy, real = tmp_path / "bin" / "pg_dump", backups.pg_dump(1)
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/seen\nexec {real} "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", str(spy.parent), prepend=os.pathsep)

    assert backups.backup(course)

    seen = (tmp_path / "seen").read_text()
    assert "--dbname=" in seen
    assert PASSWORD not in seen and postgres.ESCAPED not in seen


@pytest.mark.parametrize("version", [None, "9.6"])
def test_without_pg_dump_it_is_said(
    taught: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    """Where it is missing, or older than the server, grading goes on and says what is not backed up."""
    monkeypatch.setattr(backups, "INSTALLED", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    if version:
        (tmp_path / "pg_dump").write_text(f'#!/bin/sh\necho "pg_dump (PostgreSQL) {version}"\n')
        (tmp_path / "pg_dump").chmod(0o755)

    told = backups.lacking(taught)

    assert "not backed up" in told and "postgresql-client" in told
    assert backups.backup(taught) is None
    [finding] = doctor.look(taught, ("database",))
    assert "not backed up" in finding.found and not finding.remedy


def test_failed_pg_dump_stops_the_batch(
    dumped: tuple[Course, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy that can't be made is named, and no half of one is left."""
    course, place = dumped
    failing = tmp_path / "bin" / "pg_dump"
    failing.parent.mkdir()
    failing.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" && exit\n'
        'echo "no room" >&2\nexit 1\n'
    )
    failing.chmod(0o755)
    monkeypatch.setenv("PATH", str(failing.parent), prepend=os.pathsep)
    before = set(place.parent.iterdir())

    with pytest.raises(Refusal, match="no room"):
        backups.backup(course)

    assert set(place.parent.iterdir()) == before


def test_doctor_says_what_applies(taught: Course) -> None:
    """Version, driver and how it is backed up; it makes no table, and advises nothing of SQLite."""
    [before] = doctor.look(taught, ("database",))
    pupils.command(taught, "grade", "mini")
    [after], [secret] = doctor.look(taught, ("database",)), doctor.look(taught, ("secret",))

    assert "none yet" in before.found
    for finding in (before, after):
        assert "PostgreSQL 1" in finding.found and "psycopg 3" in finding.found
        assert "pg_dump" in finding.found and not finding.remedy
    assert "4 students" in after.found and not secret.remedy


def test_address_is_shown_without_password_and_options() -> None:
    """What messages call a gradebook tells where it is, and nothing that lets anybody in."""
    text = "postgresql+psycopg://ana:geheim@db:5433/course?sslmode=require&sslpassword=geheim"

    found = address.parse(text, Path("nbgrader_config.py")).patient(60)

    assert found.shown == "postgresql+psycopg://ana@db:5433/course"
    assert "geheim" not in repr(found)
    assert found.url.query["options"] == "-c lock_timeout=60s"
