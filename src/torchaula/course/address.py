"""Where a course's gradebook is: in a SQLite file, or in a database on a server.

An address may hold a password, which is never shown: messages use `Address.shown`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from torchaula.errors import Refusal
from torchaula.i18n import _

CONNECT_SECONDS = 10  # how long to wait for a server that does not answer
LIBPQ = ("psycopg", "psycopg2")  # drivers whose options are those of PostgreSQL's own library


class Kind(Enum):
    """The kinds of database that are told apart."""

    SQLITE = auto()
    POSTGRESQL = auto()
    OTHER = auto()


@dataclass(frozen=True)
class Address:
    """The address of a gradebook."""

    url: URL = field(repr=False)

    @property
    def kind(self) -> Kind:
        kinds = {"sqlite": Kind.SQLITE, "postgresql": Kind.POSTGRESQL}
        return kinds.get(self.url.get_backend_name(), Kind.OTHER)

    @property
    def file(self) -> Path | None:
        """The gradebook's file; None if it is no SQLite file."""
        is_file = self.kind is Kind.SQLITE and self.url.database not in (None, "", ":memory:")
        return Path(str(self.url.database)) if is_file else None

    @property
    def shown(self) -> str:
        """What messages call it: a file's path, or an address without password and options."""
        if self.file is not None:
            return str(self.file)
        socket = self.url.query.get("host", "")
        told = self.url._replace(password=None).set(query={"host": socket} if socket else {})
        return told.render_as_string(hide_password=True)

    @property
    def full(self) -> str:
        """The address for nbgrader, with its password."""
        return self.url.render_as_string(hide_password=False)

    def patient(self, seconds: int) -> Address:
        """The address with limits, unless it has its own: it waits so long for others who write."""
        if self.kind is Kind.SQLITE:
            asked = {} if self.url.query else {"timeout": str(seconds)}
        elif self.kind is Kind.POSTGRESQL and self.url.get_driver_name() in LIBPQ:
            limits = {"connect_timeout": str(CONNECT_SECONDS), "options": f"-c lock_timeout={seconds}s"}
            asked = {name: value for name, value in limits.items() if name not in self.url.query}
        else:
            asked = {}
        return Address(self.url.update_query_dict(asked))

    def of(self, database: str) -> Address:
        """The address of another database on the same server."""
        return Address(self.url.set(database=database))


def parse(text: str, config: Path) -> Address:
    """The address that `config` gives. Raises `Refusal` if the text is none; it doesn't show the text."""
    try:
        url = make_url(text)
        name = url.get_backend_name()
    except (ArgumentError, ValueError):  # ValueError: what stands for the port is no number
        url, name = None, ""
    if url is None or "@" in (url.host or ""):
        raise Refusal(
            _(
                "{path}: c.CourseDirectory.db_url is no database's address; write it like {example}, and "
                "characters like @ : / in a password as %40 %3A %2F"
            ).format(path=config, example="postgresql+psycopg://ana:PASSWORD@db.example.org/course")
        )
    if name == "postgres":
        raise Refusal(
            _("{path}: c.CourseDirectory.db_url begins with postgres: write postgresql+psycopg").format(
                path=config
            )
        )
    return Address(url)
