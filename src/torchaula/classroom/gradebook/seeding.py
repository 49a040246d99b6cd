"""Find the seed from which a course's hidden cells draw their inputs, and record it in the gradebook.

It is the course's own secret, or the published seed if the course was graded before courses had secrets. The
gradebook also records the seed with which each assignment's points were given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Grade, Gradebook
from sqlalchemy import Column, MetaData, String, Table, delete, insert, inspect, select

from torchaula import files
from torchaula.classroom.gradebook import backups, gradebook
from torchaula.course import secret_file
from torchaula.course.layout import Course, require_writable
from torchaula.course.secret_file import Fault
from torchaula.errors import Refusal
from torchaula.i18n import _

PUBLISHED = "published"
COURSE = ""  # the row of the course's own seed: no assignment has this name
# Our own table in nbgrader's database. nbgrader ignores it.
TABLE = Table(
    "torchaula_seed",
    MetaData(),
    Column("assignment", String(128), primary_key=True),
    Column("seed", String(64), nullable=False),
)


@dataclass(frozen=True)
class Seed:
    """The seed of hidden cells' inputs: a secret in hexadecimal, or empty for the published seed."""

    secret: str = field(default="", repr=False)

    @property
    def fingerprint(self) -> str:
        """A fingerprint of the seed, which may be shown and stored."""
        return secret_file.fingerprint(self.secret) if self.secret else PUBLISHED


FROM_PUBLISHED = Seed()


def noted(book: Gradebook, assignment: str = COURSE) -> str | None:
    """The recorded fingerprint of the course's seed, or of an assignment's; None if none is recorded."""
    if not inspect(book.db.connection()).has_table(TABLE.name):
        return None
    found: str | None = book.db.scalar(select(TABLE.c.seed).where(TABLE.c.assignment == assignment))
    return found


def note(book: Gradebook, seed: Seed, assignment: str = COURSE) -> None:
    """Record the course's seed, or the seed that an assignment's points are given with."""
    if noted(book, assignment) == seed.fingerprint:
        return
    TABLE.create(book.db.connection(), checkfirst=True)
    book.db.execute(delete(TABLE).where(TABLE.c.assignment == assignment))
    book.db.execute(insert(TABLE).values(assignment=assignment, seed=seed.fingerprint))
    book.db.commit()


def look(course: Course, book: Gradebook | None) -> Seed | Fault | None:
    """The seed in force, or what is wrong with it; None if there is none yet. Writes nothing."""
    recorded = noted(book) if book else None
    if recorded is None and (book is None or not _is_graded(book)):
        found = secret_file.read(course.secret)
        if found is Fault.MISSING:
            return None
    elif recorded in (None, PUBLISHED):  # graded before courses had secrets
        return FROM_PUBLISHED
    else:
        found = secret_file.find(course, str(recorded))
    return found if isinstance(found, Fault) else Seed(found)


def _is_graded(book: Gradebook) -> bool:
    return book.db.scalar(select(Grade.id).where(Grade.auto_score.is_not(None)).limit(1)) is not None


def in_force(course: Course, book: Gradebook) -> Seed:
    """The course's seed; make and record one if there is none yet.

    Raises `Refusal` if its secret is lost or can't be written.
    """
    found = _looked(course, book)
    if found is None or not _is_settled(course, book, found):
        with gradebook.refused_where_not_written(course), _in_turn(course):
            book.db.commit()  # end the transaction, to see what another process has recorded
            found = _looked(course, book) or _made(course)
            if found.secret and secret_file.read(course.secret) != found.secret:
                secret_file.settle(course)
            note(book, found)
    return found


def _looked(course: Course, book: Gradebook) -> Seed | None:
    found = look(course, book)
    if isinstance(found, Fault):
        raise Refusal(told(course, found, noted(book)))
    return found


def _is_settled(course: Course, book: Gradebook, seed: Seed) -> bool:
    is_recorded = noted(book) == seed.fingerprint
    return is_recorded and (not seed.secret or secret_file.read(course.secret) == seed.secret)


def _made(course: Course) -> Seed:
    require_writable(course.root)
    seed = Seed(secret_file.made())
    secret_file.write(course, seed.secret)
    return seed


@contextmanager
def _in_turn(course: Course) -> Iterator[None]:
    """Lock out other processes that make or record a seed. Works while a batch is grading."""
    require_writable(course.state, is_private=True)
    with files.lock(course.state / "secret.lock"):
        yield


def require_same(course: Course, book: Gradebook, seed: Seed) -> None:
    """Raise `Refusal` if another seed is in force by now."""
    if in_force(course, book) != seed:
        raise Refusal(_("{path}: changed since this batch began; grade again").format(path=course.secret))


def require_asked(course: Course, book: Gradebook, assignment: str) -> Seed:
    """The seed in force, for a command that can't ask anybody; it is recorded for the assignment's points.

    Raises `Refusal` if there are points from another seed, because they may only change after a question.
    """
    seed = in_force(course, book)
    if noted(book, assignment) != seed.fingerprint:
        if others := outdated(book, seed, assignment):
            raise Refusal(
                _(
                    "{path}: the course's secret is another one since {count} students were graded "
                    "({student} for one), and nothing was written; `torchaula grade {assignment}` shows "
                    "whose points change, and asks"
                ).format(path=course.secret, count=len(others), student=others[0], assignment=assignment)
            )
        with gradebook.refused_where_not_written(course):
            note(book, seed, assignment)
    return seed


def require_everybody(
    course: Course, book: Gradebook, seed: Seed, assignment: str, students: Collection[str]
) -> None:
    """Raise `Refusal` if students other than `students` have points from another seed."""
    if set(outdated(book, seed, assignment)) - set(students):
        raise Refusal(
            _(
                "{path}: the course's secret is another one since others were graded, and nothing was "
                "written; grade everybody: leave --student out"
            ).format(path=course.secret)
        )


def outdated(book: Gradebook, seed: Seed, assignment: str) -> list[str]:
    """The students whose points for an assignment were given with another seed."""
    is_same = (noted(book, assignment) or PUBLISHED) == seed.fingerprint
    return [] if is_same else gradebook.with_points(book, assignment)


def told(course: Course, fault: Fault, recorded: str | None) -> str:
    """Say what is wrong with the secret that is `recorded`, and what to do about it."""
    if fault is Fault.MISSING:
        what = _("the course's secret is missing")
    elif fault is Fault.UNREADABLE:
        what = _("the course's secret can't be read: it is no file, or somebody else's")
    elif fault is Fault.MALFORMED:
        what = _("holds no secret, which is 64 hexadecimal digits")
    else:
        what = _("not the secret that the gradebook has recorded, {fingerprint}").format(fingerprint=recorded)
    return _(
        "{path}: {what}; put it back from {place}, or make a new one with `torchaula new-secret`, after "
        "which everybody is graded again"
    ).format(path=course.secret, what=what, place=_kept(course, recorded).relative_to(course.root))


def _kept(course: Course, recorded: str | None) -> Path:
    """The newest backup of a secret; if there is none, the folder of backups."""
    folder = backups.folder(course)
    for copy in sorted(folder.glob("*.secret"), reverse=True):
        found = secret_file.read(copy)
        if isinstance(found, str) and secret_file.fingerprint(found) == recorded:
            return copy
    return folder
