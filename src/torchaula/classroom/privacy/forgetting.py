"""Forget a student: find everything that the course keeps of them, ask, and remove it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from torchaula.classroom.gradebook import gradebook, locks
from torchaula.classroom.privacy import (
    books,
    downloads,
    exchange,
    folders,
    known,
    naming,
    registers,
    sent,
    tables,
)
from torchaula.classroom.privacy.people import Identity
from torchaula.classroom.privacy.traces import Left, Scope, Trace, removed
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.i18n import _


@dataclass(frozen=True)
class Plan:
    """What would be removed of whom: `students` wholly; empty `traces` mean that there is nothing."""

    students: tuple[str, ...]
    traces: tuple[Trace, ...]


@dataclass(frozen=True)
class Done:
    """What was removed, what could not be, and the files and comments of others that still name somebody."""

    plan: Plan
    left: tuple[Left, ...]
    naming: tuple[Path, ...]
    comments: tuple[tuple[str, str], ...]  # students and assignments


def forget(course: Course, student: str, agree: Callable[[Plan], bool]) -> Done:
    """Remove everything of a student if `agree` returns true for the plan.

    Raises `Refusal`, and changes nothing, if nothing is known of the student, `agree` returns false, a batch
    is running, or something can't be removed without others' things. After an interruption, running it again
    goes on.
    """
    with locks.alone(course), gradebook.refused_where_not_written(course):
        people = known.people(course)
        id = known.require(course, people, student)
        return carry_out(Scope(course, people, frozenset({id})), (), agree)


def find(scope: Scope) -> Iterator[Trace]:
    """Everything of the students in a scope, in the order in which it can be removed.

    What tells whose something is goes after it: secrets of the exchange after its pages, platforms' tables
    after what goes back to them, students.csv last.
    """
    parts = (
        exchange.find,
        sent.find,
        downloads.find,
        registers.find,
        folders.find,
        books.find,
        tables.of_course,
    )
    return chain(folders.find_leftovers(scope), *(part(scope) for part in parts))


def carry_out(scope: Scope, others: Sequence[Trace], agree: Callable[[Plan], bool]) -> Done:
    """Remove what is in a scope, and `others`, if `agree` returns true. Raises `Refusal` like `forget`.

    It must hold the course's lock.
    """
    of_students = list(find(scope)) if scope.wholly or scope.partly else []
    traces = (*others, *(trace for trace in of_students if trace.path not in scope.ignored))
    plan = Plan(tuple(sorted(scope.wholly)), traces)
    if not any(trace.count for trace in traces) and not known.unfinished(scope.course):
        return Done(plan, (), (), ())
    if not agree(plan):
        raise Refusal(
            _("{folder}: nothing was removed; `--yes` removes it unasked").format(folder=scope.course.root)
        )
    begun = {each.id: each for each in [*known.unfinished(scope.course), *scope.gone]}
    if scope.gone:
        known.note(scope.course, list(begun.values()))
    left = removed(plan.traces)
    if not left:
        _settle(scope, begun)
    return Done(plan, tuple(left), tuple(naming.find(scope)), tuple(naming.comments(scope)))


def _settle(scope: Scope, begun: dict[str, Identity]) -> None:
    rest = [each for id, each in begun.items() if id not in scope.wholly]
    known.note(scope.course, rest) if rest else known.settle(scope.course)
