"""Read which students are in a copy of a gradebook that `pg_dump` has made. It can't be written anew."""

from __future__ import annotations

import re
import subprocess
from contextlib import suppress
from pathlib import Path

from nbgrader.api import Student

from torchaula.classroom.gradebook import backups
from torchaula.classroom.privacy.people import Identity

COLUMNS = ("id", "first_name", "last_name", "email", "lms_user_id")
TABLE = re.compile(r"^COPY [^(\n]*\((?P<columns>[^)]*)\) FROM stdin;\n(?P<rows>.*?)^\\\.$", re.M | re.S)
ESCAPED = re.compile(r"\\(.)", re.S)
LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
SECONDS = 60  # for one copy


def students(dump: Path) -> list[Identity] | None:
    """The students in a copy; None if it can't be read, or PostgreSQL's `pg_restore` is not here."""
    if (found := backups.pg_dump(0)) is None:
        return None
    program, table = str(found.with_name("pg_restore")), f"--table={Student.__tablename__}"
    asked = [program, "--data-only", table, "--file=-", str(dump)]
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
        told = TABLE.search(done.stdout.decode("utf-8", "replace"))
        if done.returncode == 0 and told:
            return _identities(told["columns"], told["rows"])
    return None


def _identities(columns: str, rows: str) -> list[Identity]:
    names = [name.strip(' "') for name in columns.split(",")]
    found = []
    for row in rows.removesuffix("\n").split("\n") if rows else ():
        said = dict(zip(names, map(_plain, row.split("\t")), strict=True))
        id, first, last, *others = (said.get(name, "") for name in COLUMNS)
        found.append(Identity(id, ((first, last),), tuple(filter(None, others))))
    return found


def _plain(value: str) -> str:
    """A value as it was before PostgreSQL escaped it; nothing for one that was not there."""
    return "" if value == "\\N" else ESCAPED.sub(lambda found: LETTERS.get(found[1], found[1]), value)
