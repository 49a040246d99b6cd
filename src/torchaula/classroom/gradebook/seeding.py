"""Which seed a course's hidden cells take their inputs from, as its gradebook has recorded.

A secret of the course's own; or the published seed, where it was graded before courses had secrets. The
gradebook also has the seed that each assignment's points were given with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Grade, Gradebook
from sqlalchemy import Column, MetaData, String, Table, delete, insert, inspect, select

from torchaula import files
from torchaula.classroom.gradebook import gradebook
from torchaula.course import secret_file
from torchaula.course.layout import Course, require_writable
from torchaula.course.secret_file import Fault
from torchaula.errors import Refusal
from torchaula.i18n import _

PUBLISHED = "published"
COURSE = ""  # where the course's own seed is recorded: no assignment has this name
# A table of ours beside nbgrader's, which knows nothing of it.
TABLE = Table(
    "torchaula_seed",
    MetaData(),
    Column("assignment", String(128), primary_key=True),
    Column("seed", String(64), nullable=False),
)


@dataclass(frozen=True)
class Seed:
    """Where hidden cells take their inputs from: a secret in hexadecimal; empty: the published seed."""

    secret: str = field(default="", repr=False)

    @property
    def fingerprint(self) -> str:
        """What may be told and kept of it."""
        return secret_file.fingerprint(self.secret) if self.secret else PUBLISHED


FROM_PUBLISHED = Seed()


def noted(book: Gradebook, assignment: str = COURSE) -> str | None:
    """The fingerprint that is recorded of the course, or of an assignment's points; None: nothing is."""
    if not inspect(book.db.connection()).has_table(TABLE.name):
        return None
    found: str | None = book.db.scalar(select(TABLE.c.seed).where(TABLE.c.assignment == assignment))
    return found


def note(book: Gradebook, seed: Seed, assignment: str = COURSE) -> None:
    """Record the course's seed, or the one that an assignment's points are given with."""
    if noted(book, assignment) == seed.fingerprint:
        return
    TABLE.create(book.db.connection(), checkfirst=True)
    book.db.execute(delete(TABLE).where(TABLE.c.assignment == assignment))
    book.db.execute(insert(TABLE).values(assignment=assignment, seed=seed.fingerprint))
    book.db.commit()


def look(course: Course, book: Gradebook | None) -> Seed | Fault | None:
    """The seed in force, or what is wrong with it; None where there is none yet. Writes nothing."""
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
    """The course's seed, made and recorded where there is none yet.

    Raises `Refusal` where its secret is lost, or can't be written.
    """
    found = _looked(course, book)
    if found is None or not _is_settled(course, book, found):
        with gradebook.refused_where_not_written(course), _in_turn(course):
            book.db.commit()  # what another one has recorded meanwhile is seen then
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
    """Let one process after the other make or record a seed, also while a batch is grading."""
    require_writable(course.state)
    with files.lock(course.state / "secret.lock"):
        yield


def require_same(course: Course, book: Gradebook, seed: Seed) -> None:
    """Raise `Refusal` where another seed is in force by now."""
    if in_force(course, book) != seed:
        raise Refusal(_("{path}: changed since this batch began; grade again").format(path=course.secret))


def require_asked(course: Course, book: Gradebook, assignment: str) -> Seed:
    """The seed in force, for a door that asks nobody; the assignment's points are noted to be of it.

    Raises `Refusal` where there are points of another one: somebody has to be asked before they change.
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
    """Raise `Refusal` where others than `students` have points of another seed."""
    if set(outdated(book, seed, assignment)) - set(students):
        raise Refusal(
            _(
                "{path}: the course's secret is another one since others were graded, and nothing was "
                "written; grade everybody: leave --student out"
            ).format(path=course.secret)
        )


def outdated(book: Gradebook, seed: Seed, assignment: str) -> list[str]:
    """The students who have points of an assignment that were given with another seed."""
    is_same = (noted(book, assignment) or PUBLISHED) == seed.fingerprint
    return [] if is_same else gradebook.with_points(book, assignment)


def told(course: Course, fault: Fault, recorded: str | None) -> str:
    """What is wrong with the secret that is `recorded`, and what to do about it."""
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
    """The newest copy of a secret; where there is none, the folder of copies."""
    folder = gradebook.backups(course)
    for copy in sorted(folder.glob("*.secret"), reverse=True):
        found = secret_file.read(copy)
        if isinstance(found, str) and secret_file.fingerprint(found) == recorded:
            return copy
    return folder
