"""Find students in what goes back to platforms: what was noted of it, and the pages in zips."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from torchaula.classroom.gradebook.returned import Returned, save
from torchaula.classroom.intake import packed
from torchaula.classroom.intake.packed import BadArchive
from torchaula.classroom.privacy import downloads, tables, zips
from torchaula.classroom.privacy.people import plain, require_clear
from torchaula.classroom.privacy.traces import Place, Scope, Trace, erase, listed
from torchaula.classroom.privacy.uploaders import Uploaders
from torchaula.course.layout import Course
from torchaula.files import decoded

PAGES = "-feedback.zip"


def notes(course: Course) -> Iterator[Path]:
    """What was noted of what went back, a file for each platform and assignment."""
    for folder in listed(course.state / "returned"):
        yield from (path for path in listed(folder) if path.suffix == ".json")


def students(course: Course) -> Iterator[str]:
    """The ids that the notes have."""
    for path in notes(course):
        yield from (decoded(path, Returned) or Returned()).students


def find(scope: Scope) -> Iterator[Trace]:
    """What is of the students. The zips come first: the notes may tell whose their pages are."""
    for path in listed(scope.course.grades):
        if path.name.endswith(PAGES) and path.is_file() and not path.is_symlink():
            yield from _in_zip(scope, path)
    for path in notes(scope.course):
        yield from _in_note(scope, path)


def _in_note(scope: Scope, path: Path) -> Iterator[Trace]:
    if (told := decoded(path, Returned)) is None:  # sending takes it for an empty one too
        if scope.mentions.within_bytes(path.read_bytes()):
            yield Trace(Place.SENT, path, partial(erase, path))
        return
    wanted = scope.of(path.stem)
    kept = {student: sent for student, sent in told.students.items() if plain(student) not in wanted}
    if count := len(told.students) - len(kept):
        yield Trace(Place.SENT, path, partial(save, path, Returned(told.time, kept)), count)


def _in_zip(scope: Scope, path: Path) -> Iterator[Trace]:
    """The pages that are theirs; a zip that can't be read goes as a whole: it can be written again."""
    assignment = tables.assignment_of(scope.course, path, PAGES)
    try:
        with packed.explained(), packed.opened(path, packed.CLASS_INDEX) as pack:
            pages = {name: pack.read(name) for name in pack.namelist()}
    except BadArchive:
        yield Trace(Place.SENT, path, partial(erase, path))
        return
    owners = _Owners(scope, assignment)
    gone = {name for name, page in pages.items() if owners.are_gone(path, name, page)}
    if gone:
        yield Trace(Place.SENT, path, partial(zips.rewrite, path, gone, {}), len(gone))


@dataclass(frozen=True)
class _Owners:
    """Whose each page in an assignment's zips is."""

    scope: Scope
    assignment: str

    def are_gone(self, path: Path, name: str, page: bytes) -> bool:
        """Whether a page is of somebody who goes: by its name, else by what was noted, else by its text."""
        place = self._uploaders.place(self._uploaders.root / name)
        found = self._uploaders.whose_upload(place.person) if place else set()
        found = found or self._by_digest.get(hashlib.sha256(page).hexdigest(), set())
        if not found:
            return self.scope.mentions.within(name) or self.scope.mentions.within_bytes(page)
        return require_clear(str(path), name, found, self.scope.of(self.assignment)) is not None

    @cached_property
    def _uploaders(self) -> Uploaders:
        return downloads.uploaders(self.scope, self.scope.course.downloaded / self.assignment)

    @cached_property
    def _by_digest(self) -> Mapping[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for path in notes(self.scope.course):
            told = decoded(path, Returned) if path.stem == self.assignment else None
            for student, sent in told.students.items() if told else ():
                found[sent.page].add(plain(student))
        return found
