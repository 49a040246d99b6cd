"""Copy a gradebook before it is written to, with the secret that its points depend on.

A SQLite file is copied by SQLite, a PostgreSQL database by `pg_dump`.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from torchaula.classroom.gradebook import database
from torchaula.course import converters, secret_file
from torchaula.course.address import Address, Kind
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import private, unfinished, whole
from torchaula.i18n import _
from torchaula.printing import shortened

BACKUPS = 20  # how many backups are kept
SECRET = ".secret"
ENDINGS = {Kind.SQLITE: ".db", Kind.POSTGRESQL: ".dump"}  # of the copies, by the kind of database
FILES = (*ENDINGS.values(), SECRET)  # of each backup at most
INSTALLED = Path("/usr/lib/postgresql")  # where Debian and Ubuntu install each version's programs


def backup(course: Course) -> Path | None:
    """Copy the gradebook before it is written to; None if there is none yet, or it can't be (`lacking`).

    The secret that its points depend on is copied beside it. Only the newest copies are kept. Each copy is
    complete even while another process writes. Raises `sqlite3.OperationalError` or `Refusal` if copying
    fails.
    """
    address = converters.address(course)
    copy = _copier(address)
    if copy is None:
        return None
    place = place_now(course, ENDINGS[address.kind])
    with whole(place, is_private=True) as beside:
        copy(beside)
        secret_file.keep(course, place.with_suffix(SECRET))
    _remove_oldest(course)
    return place


def _copier(address: Address) -> Callable[[Path], None] | None:
    """What copies this gradebook to a path; None if there is nothing to copy, or nothing to copy it with."""
    if address.kind is Kind.SQLITE:
        file = address.file
        return (lambda place: _copy(file, place)) if file is not None and file.is_file() else None
    if address.kind is not Kind.POSTGRESQL:
        return None
    server = database.look(address)
    program = pg_dump(server.major)
    return (lambda place: _dump(program, address, place)) if server.is_made and program else None


def lacking(course: Course) -> str:
    """Why this course's gradebook is not backed up, and how to do it; empty if it is."""
    address = converters.address(course)
    if address.kind is Kind.SQLITE:
        return ""
    if address.kind is Kind.OTHER:
        told = _("{url}: not backed up, since only SQLite and PostgreSQL are: copy it yourself")
        return told.format(url=address.shown)
    major = database.look(address).major
    if pg_dump(major):
        return ""
    told = _(
        "{url}: not backed up, since there is no pg_dump of version {version} or newer here: install it "
        "(on Debian: postgresql-client), or have the server's administrator back it up"
    )
    return told.format(url=address.shown, version=major)


def pg_dump(major: int) -> Path | None:
    """A `pg_dump` that can copy from a server of this version, which an older one refuses to."""
    found = shutil.which("pg_dump")
    newest = sorted(INSTALLED.glob("*/bin/pg_dump"), key=lambda path: path.parts[-3], reverse=True)
    for program in ([Path(found)] if found else []) + newest:
        with suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10)
            version = re.search(r"\) (\d+)", done.stdout)
            if done.returncode == 0 and version and int(version[1]) >= major:
                return program
    return None


def _copy(file: Path, place: Path) -> None:
    with closing(sqlite3.connect(file)) as book, closing(sqlite3.connect(place)) as copy:
        book.backup(copy, progress=_impatient())


def _impatient() -> Callable[[int, int, int], None]:
    """A callback that gives up a backup while the database stays locked; SQLite itself would wait forever."""
    end = time.monotonic() + converters.LOCKED_SECONDS

    def look(status: int, _left: int, _pages: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > end:
            raise sqlite3.OperationalError("database is locked")

    return look


def _dump(program: Path, address: Address, place: Path) -> None:
    """Copy a database with `pg_dump`, which gets the password by its environment: others see arguments."""
    place.touch(mode=0o600)
    asked = [str(program), "--format=custom", "--no-owner", "--no-password", f"--file={place}"]
    asked += [f"--lock-wait-timeout={1000 * converters.LOCKED_SECONDS}"]
    asked += [f"--dbname={database.conninfo(address)}"]
    password = {"PGPASSWORD": str(address.url.password)} if address.url.password else {}
    environment = os.environ | password
    done = subprocess.run(
        asked, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"pg_dump: {done.returncode}"])[-1]
        told = _("{path}: the gradebook can't be copied there ({reason}); mend that, and try again")
        raise Refusal(told.format(path=place.parent, reason=shortened(last, database.LONGEST_REASON)))


def _remove_oldest(course: Course) -> None:
    copies = {path.stem for kind in FILES for path in folder(course).glob(f"gradebook-*{kind}")}
    for old in sorted(copies)[:-BACKUPS]:
        for kind in FILES:
            with suppress(OSError):  # it may be a folder, put where the secret should be
                (folder(course) / f"{old}{kind}").unlink()


def place_now(course: Course, ending: str = ENDINGS[Kind.SQLITE]) -> Path:
    """The path for a backup of the gradebook that is made now."""
    private(folder(course))
    return folder(course) / f"gradebook-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}{ending}"


def folder(course: Course) -> Path:
    """The folder of the gradebook's backups, each with its secret."""
    return course.state / "backups"


def leftovers(course: Course) -> Iterator[Path]:
    """Unfinished files that an interrupted batch has left here."""
    return unfinished(folder(course))
