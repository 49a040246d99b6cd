"""Choose the column of Canvas' gradebook that is an assignment's."""

from __future__ import annotations

from collections.abc import Sequence

from torchaula.classroom.intake import roster
from torchaula.classroom.intake.canvas.gradebook import Column, Gradebook
from torchaula.course import outline
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.i18n import _

SHOWN = 20  # how many titles a message has


def chosen(course: Course, assignment: str, table: Gradebook, asked: str) -> Column:
    """The column that is asked for, else the only one whose title names the assignment.

    Raises `Refusal` with the titles if none does, or several do, or Canvas lets nobody write into it.
    """
    found = _asked(table.columns, asked) if asked else _named(course, assignment, table.columns)
    if len(found) != 1:
        raise _unclear(assignment, table, found, asked)
    if found[0].is_read_only or found[0].is_hidden:
        raise Refusal(
            _("{path}: Canvas lets nobody import grades into {title}: enter them there by hand").format(
                path=table.path, title=found[0].head
            )
        )
    return found[0]


def _asked(columns: Sequence[Column], asked: str) -> list[Column]:
    return [each for each in columns if asked in (each.head, each.number)] or [
        each for each in columns if each.title == asked
    ]


def _named(course: Course, assignment: str, columns: Sequence[Column]) -> list[Column]:
    """The columns whose titles name the assignment: as a whole, else among other words."""
    names = [roster.key(name) for name in (assignment, outline.entry(course.root, assignment).title)]
    names = [name for name in names if name]
    whole = [each for each in columns if roster.key(each.title) in names]
    return whole or [each for each in columns if any(_has(each.title, name) for name in names)]


def _has(title: str, name: str) -> bool:
    plain = "".join(letter if letter.isalnum() else " " for letter in roster.key(title))
    wanted = "".join(letter if letter.isalnum() else " " for letter in name)
    return f" {' '.join(wanted.split())} " in f" {' '.join(plain.split())} "


def _unclear(assignment: str, table: Gradebook, found: Sequence[Column], asked: str) -> Refusal:
    titles = [each.head for each in found or table.columns]
    shown = ", ".join(titles[:SHOWN]) + (", …" if len(titles) > SHOWN else "")
    told = _("{path}: no column is called {name}; choose one with --column ({titles})")
    if found:
        told = _("{path}: several columns may be {name}; choose one with --column ({titles})")
    return Refusal(told.format(path=table.path, name=asked or assignment, titles=shown or "-"))
