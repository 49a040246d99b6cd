"""Find students in the gradebook and its copies, and delete their rows so that no byte of them is left."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from nbgrader.api import Assignment, Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Engine, create_engine, delete, event, func, inspect, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from torchaula.classroom.gradebook import backups, database
from torchaula.classroom.privacy import dumps
from torchaula.classroom.privacy.mentions import Mentions
from torchaula.classroom.privacy.people import Identity, plain
from torchaula.classroom.privacy.traces import Place, Scope, Trace, erase, keep_time, listed
from torchaula.course import converters
from torchaula.course.address import Address, Kind
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.i18n import _

AT_ONCE = 200  # most ids in one statement
MADE = re.compile(r"gradebook-([0-9]{8}T[0-9]{6})\.")  # when a backup was made, in UTC
BESIDE = ("-journal", "-wal", "-shm")  # SQLite's own files beside a database
TABLES = (Grade, Comment, SubmittedNotebook, SubmittedAssignment, Student)


def of_course(course: Course) -> URL | None:
    """The course's gradebook; None if there is none yet. Raises `Refusal` if its server can't be asked."""
    address = converters.address(course)
    if address.kind is Kind.POSTGRESQL:
        return address.url if database.look(address).is_made else None
    return None if address.file is not None and not address.file.is_file() else address.url


def copies(course: Course) -> list[Path]:
    """The copies of the gradebook: backups, and what it was moved to beside it."""
    beside = converters.address(course).file or course.gradebook
    found = [path for path in listed(backups.folder(course)) if path.suffix != backups.SECRET]
    found += [path for path in listed(beside.parent) if path.name.startswith(f"{beside.name}.")]
    return [p for p in found if p.is_file() and not p.is_symlink() and not p.name.endswith(BESIDE)]


def made(copy: Path) -> datetime:
    """When a copy was made, in UTC."""
    if found := MADE.match(copy.name):
        return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return datetime.fromtimestamp(copy.stat().st_mtime, UTC)


def file_url(path: Path) -> URL:
    """The address of a SQLite file."""
    return URL.create("sqlite", database=str(path), query={"timeout": str(converters.LOCKED_SECONDS)})


@contextmanager
def _opened(url: URL) -> Iterator[Engine]:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        # What is deleted is overwritten, also if this process ends before the file is written anew.
        event.listen(engine, "connect", lambda connection, _: connection.execute("pragma secure_delete = on"))
    try:
        yield engine
    finally:
        engine.dispose()


def students(url: URL) -> list[Identity]:
    """The students of a gradebook. Raises `DatabaseError` if it can't be read."""
    columns = Student.id, Student.first_name, Student.last_name, Student.email, Student.lms_user_id
    with _opened(url) as engine, engine.connect() as connection:
        if not inspect(connection).has_table(Student.__tablename__):
            return []
        rows = list(connection.execute(select(*columns)))
    return [
        Identity(str(id), ((first or "", last or ""),), tuple(filter(None, others)))
        for id, first, last, *others in rows
    ]


def readable_students(path: Path) -> list[Identity] | None:
    """The students of a copy; None if it can't be read as a gradebook."""
    if path.suffix == backups.ENDINGS[Kind.POSTGRESQL]:
        return dumps.students(path)
    try:
        return students(file_url(path))
    except DatabaseError:
        return None


def submissions(url: URL) -> dict[tuple[str, str], datetime | None]:
    """When each submission arrived (UTC), by student and assignment; None if the gradebook doesn't say."""
    rows = select(SubmittedAssignment.student_id, Assignment.name, SubmittedAssignment.timestamp)
    with _opened(url) as engine, engine.connect() as connection:
        found = list(connection.execute(rows.join(Assignment, SubmittedAssignment.assignment)))
    return {
        (plain(student), name): time.replace(tzinfo=UTC) if time else None for student, name, time in found
    }


def find(scope: Scope) -> Iterator[Trace]:
    """The students' rows in the gradebook and its copies; a copy that can't be read goes as a whole.

    Each SQLite file is written anew, also one that has no such row any more: what was deleted in another way
    may still stand in it. What `pg_dump` wrote can't be, and goes as a whole if one of them is in it.
    """
    for copy in copies(scope.course):
        known = readable_students(copy)
        if copy.suffix == backups.ENDINGS[Kind.POSTGRESQL]:
            if known is None or {plain(each.id) for each in known} & _everybody(scope):
                yield Trace(Place.DUMPS, copy, partial(erase_copy, copy))
        elif known is None:
            yield Trace(Place.BACKUPS, copy, partial(erase_copy, copy))
        else:
            url = file_url(copy)
            yield Trace(Place.BACKUPS, copy, partial(_remove, scope, url, copy), _count(scope, url))
    if (own := of_course(scope.course)) is not None:
        path = Address(own).file or scope.course.gradebook
        yield Trace(Place.GRADEBOOK, path, partial(_remove, scope, own, path), _required_count(scope, own))


def _everybody(scope: Scope) -> frozenset[str]:
    return scope.wholly.union(*scope.partly.values())


def erase_copy(copy: Path) -> None:
    """Remove a copy of the gradebook, and the secret beside it, which is of no use alone."""
    erase(copy)
    if copy.suffix in backups.ENDINGS.values():
        erase(copy.with_suffix(backups.SECRET))


def _required_count(scope: Scope, url: URL) -> int:
    try:
        return _count(scope, url)
    except DatabaseError as error:
        raise Refusal(
            _("{path}: can't be read ({reason}), and nothing was removed; mend that, and try again").format(
                path=Address(url).shown, reason=database.reason(error)
            )
        ) from None


def _count(scope: Scope, url: URL) -> int:
    """How many rows of students and of submissions go."""
    with _opened(url) as engine, engine.connect() as connection:
        if not inspect(connection).has_table(Student.__tablename__):
            return 0
        names = {plain(name): name for name in connection.scalars(select(Student.id))}
        wholly = [names[id] for id in scope.wholly if id in names]
        return len(wholly) + sum(1 for _each in _submission_ids(scope, url))


def _submission_ids(scope: Scope, url: URL) -> list[str]:
    rows = select(SubmittedAssignment.id, SubmittedAssignment.student_id, Assignment.name)
    rows = rows.join(Assignment, SubmittedAssignment.assignment, isouter=True)
    with _opened(url) as engine, engine.connect() as connection:
        found = list(connection.execute(rows))
    return [id for id, student, name in found if plain(student or "") in scope.of(name or "")]


def _remove(scope: Scope, url: URL, path: Path) -> None:
    """Delete the rows in one transaction, then write the file anew, without what was deleted before."""
    before = path.stat() if path.is_file() else None
    try:
        ids = _submission_ids(scope, url)
        with _opened(url) as engine:
            with engine.begin() as connection:
                for some in _parts(ids):
                    notebooks = select(SubmittedNotebook.id).where(SubmittedNotebook.assignment_id.in_(some))
                    for table in (Grade, Comment):
                        connection.execute(delete(table).where(table.notebook_id.in_(notebooks)))
                    connection.execute(
                        delete(SubmittedNotebook).where(SubmittedNotebook.assignment_id.in_(some))
                    )
                    connection.execute(delete(SubmittedAssignment).where(SubmittedAssignment.id.in_(some)))
                names = [id for id in connection.scalars(select(Student.id)) if plain(id) in scope.wholly]
                for some in _parts(names):
                    connection.execute(delete(Student).where(Student.id.in_(some)))
            _write_anew(engine)
    except DatabaseError as error:
        raise OSError(0, database.reason(error), Address(url).shown) from None
    if before is not None:
        keep_time(path, before)


def _parts(ids: Iterable[str]) -> Iterator[list[str]]:
    every = list(ids)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def _write_anew(engine: Engine) -> None:
    """Write the database's files without the space that deleted rows have left."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("vacuum")
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
        elif engine.dialect.name == "postgresql":
            names = ", ".join(table.__tablename__ for table in TABLES)
            connection.exec_driver_sql(f"vacuum full {names}")


def naming(course: Course, mentions: Mentions) -> Iterator[tuple[str, str]]:
    """The students and assignments on whose answers a person's comment names somebody."""
    if (url := of_course(course)) is None:
        return
    rows = select(SubmittedAssignment.student_id, Assignment.name, Comment.manual_comment)
    rows = rows.join(Assignment, SubmittedAssignment.assignment).join(SubmittedAssignment.notebooks)
    rows = rows.join(Comment, Comment.notebook_id == SubmittedNotebook.id)
    with _opened(url) as engine, engine.connect() as connection, suppress(DatabaseError):
        for student, name, comment in connection.execute(rows.where(func.length(Comment.manual_comment) > 0)):
            if mentions.within(comment):
                yield student, name
