"""Find what nbgrader's exchange keeps of students: submissions and released pages, and this user's cache."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import Exchange
from nbgrader.utils import notebook_hash

from torchaula.classroom.intake import exchange_files
from torchaula.classroom.privacy.people import plain
from torchaula.classroom.privacy.traces import Place, Scope, Trace, erase, listed
from torchaula.course import converters
from torchaula.course.layout import Course

NAME = re.compile(r"(?P<student>.+)\+(?P<assignment>[^+]+)\+(?P<time>[0-9]{4}-[^+]*)(?:\+[^+]*)?", re.DOTALL)
HERE = ("submitted", "autograded", "feedback")  # the folders of a course that keep a submission's secret


class HandedIn(NamedTuple):
    """A submission in the exchange; `time` is UTC, None if its name has none that can be read."""

    path: Path
    student: str
    assignment: str
    time: datetime | None


def _folders(course: Course) -> tuple[Path, Path]:
    """The course's folders in the exchange and in the cache of this user."""
    settings = converters.config(course)
    name = str(settings.CourseDirectory.get("course_id", ""))
    exchange = Exchange(config=settings, coursedir=CourseDirectory(config=settings))
    if not name:
        return course.state / "no exchange", course.state / "no cache"
    return Path(exchange.root) / name, Path(exchange.cache) / name


def handed_in(course: Course) -> Iterator[HandedIn]:
    """The submissions in the exchange, which nbgrader names `student+assignment+time+random`."""
    exchange, cache = _folders(course)
    for path in [*listed(exchange / "inbound"), *listed(cache)]:
        if found := NAME.fullmatch(path.name):
            yield HandedIn(path, plain(found["student"]), found["assignment"], _time(found["time"]))


def find(scope: Scope) -> Iterator[Trace]:
    """The students' submissions and released pages. It must be asked before the secrets are removed."""
    found = [each for each in handed_in(scope.course) if each.student in scope.of(each.assignment)]
    pages = _pages(scope.course)
    for page in listed(_folders(scope.course)[0] / "feedback"):
        owners = pages.get(page.stem, set())
        # Who handed in another one's secret must not cost the other one a page.
        if owners and all(student in scope.of(assignment) for student, assignment in owners):
            yield Trace(Place.EXCHANGE, page, partial(erase, page))
    for each in found:
        yield Trace(Place.EXCHANGE, each.path, partial(erase, each.path))


def _pages(course: Course) -> dict[str, set[tuple[str, str]]]:
    """Whose page and of which assignment, by the name that a page has in the exchange."""
    places = [(path, each.name, plain(path.parent.name)) for path, each in _own(course)]
    places += [(each.path, each.assignment, each.student) for each in handed_in(course)]
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for path, assignment, student in places:
        secret = exchange_files.kept(path).get(exchange_files.SECRET, b"").decode("utf-8", "replace")
        for text in {secret, secret.replace("\r\n", "\n").replace("\r", "\n")} - {""}:
            name = str(notebook_hash(secret=text, notebook_id=assignment))
            found[name].add((student, assignment))
    return dict(found)


def _own(course: Course) -> Iterator[tuple[Path, Path]]:
    for name in HERE:
        for student in listed(course.root / name):
            if student.is_dir() and not student.is_symlink():
                yield from ((path, path) for path in listed(student) if not path.is_symlink())


def _time(text: str) -> datetime | None:
    """The time of a submission's name: `2026-10-05 09:59:00.123456 UTC`."""
    try:
        return datetime.fromisoformat(text.removesuffix("UTC").strip()).replace(tzinfo=UTC)
    except ValueError:
        return None
