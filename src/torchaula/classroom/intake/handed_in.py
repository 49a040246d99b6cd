"""Choose the file to grade in a student's folder, where it may be misplaced or renamed.

The file at `<student>/<assignment>/<assignment>.ipynb` is preferred. If there is none, another file is taken
only if no other could be meant, and a remark says which. Files are opened only to compare them.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from torchaula.course.layout import Course
from torchaula.course.rebuilding import submitted
from torchaula.errors import Refusal
from torchaula.i18n import _, some

MOST_FILES = 2000  # how many files of one student are listed
DEEPEST = 8  # nested folders
SHOWN = 5  # how many names a message has
# Files and folders that systems and editors create.
LITTER = re.compile(r"__MACOSX|\..*|Thumbs\.db|desktop\.ini|~\$.*|Icon\r", re.I | re.S)
NOTEBOOK = re.compile(r"(?P<stem>.+)\.ipynb(?:\.(?:txt|json))?", re.I | re.S)
# What may contain a notebook: an unfinished download, an archive, an editor's copy.
ALMOST = re.compile(r".*\.ipynb\b.*|.+\.(?:zip|gz|tgz|7z|rar|tar|crdownload|part|download)", re.I | re.S)
TURNING = {chr(number) for number in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
KINDS = (
    (stat.S_ISLNK, _("a link")),
    (stat.S_ISDIR, _("a folder")),
    (stat.S_ISFIFO, _("a pipe")),
    (stat.S_ISSOCK, _("a socket")),
)


@dataclass(frozen=True)
class File:
    """A file, folder or other entry in a student's folder: its relative path and its mode."""

    below: Path
    mode: int

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_litter(self) -> bool:
        """Whether a system or an editor created it, and not the learner."""
        return any(LITTER.fullmatch(part) for part in self.below.parts)

    @property
    def stem(self) -> str:
        """The name of a possible notebook without suffix, in lower case; empty if it is none."""
        match = (
            NOTEBOOK.fullmatch(self.below.name) if stat.S_ISREG(self.mode) and not self.is_litter else None
        )
        return match["stem"].casefold() if match else ""


@dataclass(frozen=True)
class Folder:
    """What may belong to an assignment in a student's folder; `is_cut` if it is over `MOST_FILES` files."""

    root: Path
    assignment: str
    files: Sequence[File]
    is_cut: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was handed in for the assignment."""
        return not any(self._is_handed_in(file) for file in self.files)

    def _is_handed_in(self, file: File) -> bool:
        is_almost = bool(ALMOST.fullmatch(file.below.name))
        return is_almost or (self._is_inside(file) and not file.is_folder and not file.is_litter)

    def at(self, file: File) -> Path:
        return self.root / file.below

    @cached_property
    def notebooks(self) -> list[File]:
        """The files that may hold a notebook."""
        return [file for file in self.files if file.stem]

    @property
    def links(self) -> list[File]:
        return [file for file in self.files if stat.S_ISLNK(file.mode)]

    def chosen(self) -> File:
        """The file to grade. Raises `Refusal` if there is none, or several could be meant."""
        for is_meant in (self._is_exact, self._is_beside, self._is_called, self._is_likely):
            found = [file for file in self.notebooks if is_meant(file)]
            if self.is_cut and is_meant != self._is_exact:
                raise Refusal(_("more than {most} files: ask for the notebook alone").format(most=MOST_FILES))
            if len(found) > 1 and not self._are_same(found):
                raise Refusal(self._rename(found))
            if found:
                return found[0]
        raise Refusal(self._why_none())

    def _is_exact(self, file: File) -> bool:
        return file.below == Path(self.assignment, f"{self.assignment}.ipynb")

    def _is_beside(self, file: File) -> bool:
        """Whether it is in the right place, but its name differs in case or has one more suffix."""
        return self._is_called(file) and self._is_inside(file) and len(file.below.parts) == 2

    def _is_called(self, file: File) -> bool:
        return file.stem == self.assignment.casefold()

    def _is_likely(self, file: File) -> bool:
        """Whether it is in the assignment's folder, or its name starts with the assignment's."""
        called = re.match(rf"{re.escape(self.assignment.casefold())}(?![^\W_])", file.stem)
        return self._is_inside(file) or bool(called)

    def _is_inside(self, file: File) -> bool:
        parts = file.below.parts
        return len(parts) > 1 and parts[0].casefold() == self.assignment.casefold()

    def _are_same(self, files: Sequence[File]) -> bool:
        """Whether these are copies of one file: same name, same content."""
        if not all(map(self._is_called, files)):
            return False
        with suppress(Refusal, OSError):
            return len(files) <= SHOWN and len({submitted.load(self.at(file)) for file in files}) == 1
        return False

    def told(self, file: File) -> str:
        """A file's path for a message, without the assignment's own folder."""
        is_at_home = self._is_inside(file) and file.below.parts[0] == self.assignment
        below = file.below.relative_to(self.assignment) if is_at_home else self.root.name / file.below
        return shown(str(below))

    def _rename(self, files: Sequence[File]) -> str:
        if all(file.below.parent == Path(self.assignment) for file in files):
            told = _("no {name}, but {others}: rename the right one to {name}")
        else:
            told = _("no {name}, but {others}: put the right one at {place}")
        name = f"{self.assignment}.ipynb"
        place = f"{self.root.name}/{self.assignment}/{name}"
        return told.format(name=name, others=some(map(self.told, files), SHOWN), place=place)

    def _why_none(self) -> str:
        wanted = f"{self.assignment}.ipynb"
        for file in filter(self._is_exact, self.files):
            kind = next((name for is_kind, name in KINDS if is_kind(file.mode)), _("a device"))
            return _("{name} is {kind}, and no file: ask for the file").format(name=wanted, kind=kind)
        if self.notebooks:
            return self._rename(self.notebooks)
        if almost := [file for file in self.files if ALMOST.fullmatch(file.below.name)]:
            return _("no {name}, but {others}: ask for the notebook itself").format(
                name=wanted, others=some(map(self.told, almost), SHOWN)
            )
        return _("no notebook: {name} is missing").format(name=f"{self.assignment}/{wanted}")


def look(course: Course, student: str, assignment: str) -> Folder:
    """List what a student's folder has for an assignment. Raises `OSError` if it can't be read."""
    root = course.submitted / student
    others = {name.casefold() for name in course.assignments} - {assignment.casefold()}
    exact = Path(assignment, f"{assignment}.ipynb")
    found = (
        list(islice(_below(root, Path(), others), MOST_FILES + 1))
        if root.is_dir() and not root.is_symlink()
        else []
    )
    files = [file for file in found[:MOST_FILES] if file.below != exact and not _is_of(file, others)]
    with suppress(FileNotFoundError, NotADirectoryError):  # always included, however many others there are
        files.insert(0, File(exact, (root / exact).lstat().st_mode))
    return Folder(root, assignment, files, len(found) > MOST_FILES)


def _is_of(file: File, others: Collection[str]) -> bool:
    """Whether a file belongs to another assignment."""
    first = file.below.parts[0].casefold()
    return first in others or (len(file.below.parts) == 1 and file.stem in others)


def _below(root: Path, below: Path, others: Collection[str]) -> Iterator[File]:
    """Walk a folder without following links: the files of each folder come before its subfolders."""
    with os.scandir(root / below) as entries:
        some = islice(entries, MOST_FILES + 1)
        found = [File(below / entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in some]
    for file in sorted(found, key=lambda file: (file.is_folder, file.below)):
        yield file
        if file.is_folder and len(file.below.parts) < DEEPEST and not _is_of(file, others):
            try:
                yield from _below(root, file.below, others)
            except OSError:
                if not below.parts:
                    raise  # deeper down, an unreadable folder is skipped


def unspeakable(name: str) -> bool:
    """Whether a name has control characters, bidirectional controls, or bytes that are not UTF-8."""
    return any(
        unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in TURNING for letter in name
    )


def shown(name: str) -> str:
    """A file's name on one line, with unprintable characters escaped, so that different names differ."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)
