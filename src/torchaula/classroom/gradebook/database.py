"""Connect to the database of a gradebook, and say in one line why that fails and what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook, InvalidEntry
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool

from torchaula.course.address import LIBPQ, Address, Kind
from torchaula.errors import Refusal
from torchaula.i18n import _
from torchaula.printing import shortened

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
# PostgreSQL's codes: what an administrator or more room mends, and then it works as it is.
NO_RIGHT, READ_ONLY = "42501", "25006"
MAINTENANCE = ("postgres", "template1")  # one of these databases is on every server
NBGRADERS = "default_course"  # the course that nbgrader's own preprocessors add to each gradebook
LONGEST_REASON = 300


@dataclass(frozen=True)
class Server:
    """What a database server says of itself and of the gradebook: `courses` are those that it is of."""

    version: str
    is_made: bool
    courses: frozenset[str]
    may_write: bool

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0].partition(" ")[0])


def require_usable(address: Address, course_id: str) -> Server | None:
    """Raise `Refusal` if a database on a server can't hold this course's gradebook. Writes nothing.

    Return what the server says; None for a gradebook that is on no server.
    """
    if address.kind is not Kind.POSTGRESQL:
        return None
    server = look(address)
    if others := server.courses - {course_id, NBGRADERS}:
        raise Refusal(
            _(
                "{url}: holds the gradebook of the course {other}, and nbgrader can't keep two apart; give "
                "this one a database of its own, in c.CourseDirectory.db_url (or set "
                "c.CourseDirectory.course_id if it is the same course)"
            ).format(url=address.shown, other=sorted(others)[0])
        )
    if not server.may_write:
        raise _without_right(address, _("no right to write there"))
    return server


def look(address: Address) -> Server:
    """What the PostgreSQL server says. Raises `Refusal` if it can't be asked."""
    with refused_where_not_opened(address), _connected(address) as database:
        version = str(database.exec_driver_sql("show server_version").scalar())
        is_made = inspect(database).has_table("course")
        courses = database.exec_driver_sql("select id from course").scalars() if is_made else ()
        return Server(version, is_made, frozenset(courses), _may_write(database, is_made))


def _may_write(database: Connection, is_made: bool) -> bool:
    """Whether we may write to the gradebook's tables, or create them."""
    asked = "select coalesce(has_schema_privilege(current_schema(), 'create'), false)"
    if is_made:
        each = (f"has_table_privilege('grade', '{right}')" for right in ("insert", "update", "delete"))
        asked = f"select {' and '.join(each)}"
    return bool(database.exec_driver_sql(asked).scalar())


@contextmanager
def _connected(address: Address) -> Iterator[Connection]:
    engine = create_engine(address.url, poolclass=NullPool)
    with engine.connect() as database:
        yield database


def gradebook(address: Address, course_id: str) -> Gradebook:
    """Open a gradebook, or create it. Raises `Refusal` if it can't be opened."""
    with refused_where_not_opened(address):
        server = require_usable(address, course_id)
        _begin_private(address)
        if server is None or not server.is_made:
            _note_schema(address)
        return Gradebook(address.full, course_id)


def _begin_private(address: Address) -> None:
    """Create the file of a new SQLite gradebook, empty and for its owner alone; SQLite accepts it."""
    path = address.file
    if path is not None and path.parent.is_dir() and not path.exists():
        with suppress(OSError):  # SQLite says what is wrong there
            path.touch(mode=0o600)


def _note_schema(address: Address) -> None:
    """Note in a new gradebook which schema its tables will have.

    Else nbgrader runs the program `alembic` to learn it, which takes seconds and must be on the path.
    """
    with _connected(address) as database:
        if not inspect(database).has_table("course"):
            from alembic.migration import MigrationContext  # takes a while, and few commands need it

            MigrationContext.configure(database).stamp(_schemas(), "head")
            database.commit()


def newest_schema() -> str | None:
    """The schema that this nbgrader makes tables of, as its table `alembic_version` names it."""
    return _schemas().get_current_head()


def _schemas() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory(ALEMBIC_DIR)


@contextmanager
def refused_where_not_opened(address: Address) -> Iterator[None]:
    """Turn an error of opening a database into a `Refusal`."""
    try:
        yield
    except (ImportError, NoSuchModuleError) as error:
        raise _without_driver(address, error) from None
    except InvalidEntry as error:  # nbgrader raises it for any error while it adds the course
        if not isinstance(error.__context__, DBAPIError):
            raise
        raise _not_opened(address, error.__context__) from None
    except (DatabaseError, InterfaceError) as error:
        raise _not_opened(address, error) from None


def _without_driver(address: Address, error: Exception) -> Refusal:
    told = _("{url}: its driver is not installed ({reason}); {remedy}")
    remedy = _("install what connects to this kind of database")
    if address.kind is Kind.POSTGRESQL:
        remedy = _("install it with `pip install 'torchaula[postgres]'`, and write postgresql+psycopg://")
    return Refusal(told.format(url=address.shown, reason=reason(error), remedy=remedy))


def _not_opened(address: Address, error: DBAPIError) -> Refusal:
    code = getattr(error.orig, "sqlstate", None)
    if address.kind is Kind.SQLITE and getattr(error.orig, "sqlite_errorcode", 0) & 0xFF not in PASSING:
        told = _("{path}: not a gradebook ({reason}); move it away, or put a copy of the right one back")
        return Refusal(told.format(path=address.shown, reason=reason(error)))
    if code == NO_RIGHT:
        return _without_right(address, reason(error))
    if address.kind is Kind.POSTGRESQL and code is None:
        return _unreachable(address, reason(error))
    told = _("{path}: can't be opened ({reason}); mend that, and try again")
    return Refusal(told.format(path=address.shown, reason=reason(error)))


def _without_right(address: Address, why: str) -> Refusal:
    told = _(
        "{url}: the user {user} may not write to it ({reason}); make {user} its owner: ALTER DATABASE "
        '"{database}" OWNER TO "{user}"'
    )
    user, database = address.url.username or "?", address.url.database or "?"
    return Refusal(told.format(url=address.shown, user=user, database=database, reason=why))


def _unreachable(address: Address, why: str) -> Refusal:
    """Why no connection was made. Servers answer in any language, so this asks instead of reading."""
    if not _answers(address):
        told = _(
            "{url}: no server answers there ({reason}); start it, or correct host and port in "
            "c.CourseDirectory.db_url"
        )
    elif (exists := _exists(address)) is None:
        told = _(
            "{url}: the server refuses user and password ({reason}); correct them in "
            "c.CourseDirectory.db_url, in ~/.pgpass or in PGPASSWORD"
        )
    elif exists:
        told = _(
            "{url}: the server does not let this user in ({reason}); mend that there: "
            "GRANT CONNECT ON DATABASE"
        )
    else:
        told = _(
            "{url}: there is no such database ({reason}); make it: createdb --owner USER {database}, or "
            "correct its name in c.CourseDirectory.db_url"
        )
    return Refusal(told.format(url=address.shown, reason=why, database=address.url.database))


def _answers(address: Address) -> bool:
    """Whether a server answers; with drivers that can't tell, True."""
    if address.url.get_driver_name() != "psycopg":
        return True
    from psycopg import pq

    return pq.PGconn.ping(conninfo(address).encode()) == pq.Ping.OK


def _exists(address: Address) -> bool | None:
    """Whether the server has this database; None if it lets this user into no other one either."""
    for name in MAINTENANCE:
        try:
            with _connected(address.of(name)) as database:
                found = database.exec_driver_sql("select datname from pg_database").scalars()
                return address.url.database in set(found)
        except (DatabaseError, InterfaceError):
            continue
    return None


def conninfo(address: Address) -> str:
    """The address for PostgreSQL's own programs, without any password."""
    url = address.url
    parts: dict[str, object] = dict(url.query) if url.get_driver_name() in LIBPQ else {}
    own = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    parts |= {name: value for name, value in own.items() if value}
    return " ".join(f"{name}={_quoted(value)}" for name, value in parts.items() if "password" not in name)


def _quoted(value: object) -> str:
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def is_of_writing(error: DBAPIError | sqlite3.OperationalError) -> bool:
    """Whether an error tells that a database can't be written, and not that we asked for something wrong."""
    if not isinstance(error, DBAPIError):
        return True
    code = getattr(error.orig, "sqlstate", None)
    return isinstance(error, OperationalError | InterfaceError) or code in (NO_RIGHT, READ_ONLY)


def reason(error: BaseException) -> str:
    """What a driver says, in one line."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return shortened(lines[0] if lines else type(error).__name__, LONGEST_REASON)


def damage(address: Address) -> str:
    """What is wrong with a SQLite file; empty if it is sound."""
    try:
        with closing(sqlite3.connect(str(address.file))) as book:
            answer = str(book.execute("pragma quick_check").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if answer == "ok" else answer.splitlines()[-1]
