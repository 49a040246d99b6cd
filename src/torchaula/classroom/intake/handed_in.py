"""The file to grade, of all that stands in a student's folder: browsers, archives and people move files.

What stands at `<student>/<assignment>/<assignment>.ipynb` wins. Where nothing does, another file is taken
only if no other could be meant, and from where is told. Files are opened only to compare them.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from torchaula.course.layout import Course
from torchaula.course.rebuilding import submitted
from torchaula.errors import Refusal
from torchaula.i18n import _

MOST = 2000  # files of one student that are looked at
DEEPEST = 8  # folders in folders
SHOWN = 5  # names in a message
# What systems and editors put beside files, folders of them included.
LITTER = re.compile(r"__MACOSX|\..*|Thumbs\.db|desktop\.ini|~\$.*|Icon\r", re.I | re.S)
NOTEBOOK = re.compile(r"(?P<stem>.+)\.ipynb(?:\.(?:txt|json))?", re.I | re.S)
# What might be one still: unfinished, packed, or kept by an editor.
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
    """Something in a student's folder: where it stands there, and of what kind it is."""

    below: Path
    mode: int

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_litter(self) -> bool:
        """Whether a system or an editor put it there, and no learner."""
        return any(LITTER.fullmatch(part) for part in self.below.parts)

    @property
    def stem(self) -> str:
        """The name of what may be a notebook, in small letters; empty where it is none."""
        match = (
            NOTEBOOK.fullmatch(self.below.name) if stat.S_ISREG(self.mode) and not self.is_litter else None
        )
        return match["stem"].casefold() if match else ""


@dataclass(frozen=True)
class Folder:
    """A student's folder, at what in it may be of an assignment; `is_cut` where there is more than that."""

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
        """The file to grade. Raises `Refusal` where there is none, or where several could be meant."""
        for is_meant in (self._is_exact, self._is_beside, self._is_called, self._is_likely):
            found = [file for file in self.notebooks if is_meant(file)]
            if self.is_cut and is_meant != self._is_exact:
                raise Refusal(_("more than {most} files: ask for the notebook alone").format(most=MOST))
            if len(found) > 1 and not self._are_same(found):
                raise Refusal(self._rename(found))
            if found:
                return found[0]
        raise Refusal(self._why_none())

    def _is_exact(self, file: File) -> bool:
        return file.below == Path(self.assignment, f"{self.assignment}.ipynb")

    def _is_beside(self, file: File) -> bool:
        """Whether it stands where it should, in other letters or with one ending more."""
        return self._is_called(file) and self._is_inside(file) and len(file.below.parts) == 2

    def _is_called(self, file: File) -> bool:
        return file.stem == self.assignment.casefold()

    def _is_likely(self, file: File) -> bool:
        """Whether it stands in the assignment's folder, or is called after it."""
        called = re.match(rf"{re.escape(self.assignment.casefold())}(?![^\W_])", file.stem)
        return self._is_inside(file) or bool(called)

    def _is_inside(self, file: File) -> bool:
        parts = file.below.parts
        return len(parts) > 1 and parts[0].casefold() == self.assignment.casefold()

    def _are_same(self, files: Sequence[File]) -> bool:
        """Whether files say the same under the same name: one was copied to another place."""
        if not all(map(self._is_called, files)):
            return False
        with suppress(Refusal, OSError):
            return len(files) <= SHOWN and len({submitted.load(self.at(file)) for file in files}) == 1
        return False

    def told(self, file: File) -> str:
        """Where a file stands, as one would say it: the assignment's own folder goes without saying."""
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
        return told.format(name=name, others=listed(map(self.told, files)), place=place)

    def _why_none(self) -> str:
        wanted = f"{self.assignment}.ipynb"
        for file in filter(self._is_exact, self.files):
            kind = next((name for is_kind, name in KINDS if is_kind(file.mode)), _("a device"))
            return _("{name} is {kind}, and no file: ask for the file").format(name=wanted, kind=kind)
        if self.notebooks:
            return self._rename(self.notebooks)
        if almost := [file for file in self.files if ALMOST.fullmatch(file.below.name)]:
            return _("no {name}, but {others}: ask for the notebook itself").format(
                name=wanted, others=listed(map(self.told, almost))
            )
        return _("no notebook: {name} is missing").format(name=f"{self.assignment}/{wanted}")


def look(course: Course, student: str, assignment: str) -> Folder:
    """What a student's folder has of an assignment. Raises `OSError` where it can't be read."""
    root = course.submitted / student
    others = {name.casefold() for name in course.assignments} - {assignment.casefold()}
    exact = Path(assignment, f"{assignment}.ipynb")
    found = (
        list(islice(_below(root, Path(), others), MOST + 1))
        if root.is_dir() and not root.is_symlink()
        else []
    )
    files = [file for file in found[:MOST] if file.below != exact and not _is_of(file, others)]
    with suppress(FileNotFoundError, NotADirectoryError):  # first, however many others there are
        files.insert(0, File(exact, (root / exact).lstat().st_mode))
    return Folder(root, assignment, files, len(found) > MOST)


def _is_of(file: File, others: Collection[str]) -> bool:
    """Whether a file is another assignment's."""
    first = file.below.parts[0].casefold()
    return first in others or (len(file.below.parts) == 1 and file.stem in others)


def _below(root: Path, below: Path, others: Collection[str]) -> Iterator[File]:
    """What stands below a folder, and links are not followed: the files of each folder before its folders."""
    with os.scandir(root / below) as entries:
        some = islice(entries, MOST + 1)
        found = [File(below / entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in some]
    for file in sorted(found, key=lambda file: (file.is_folder, file.below)):
        yield file
        if file.is_folder and len(file.below.parts) < DEEPEST and not _is_of(file, others):
            try:
                yield from _below(root, file.below, others)
            except OSError:
                if not below.parts:
                    raise  # deeper down it is one file less that is taken for the notebook


def unspeakable(name: str) -> bool:
    """Whether a name has what no text should: control characters, turned directions, bytes beyond UTF-8."""
    return any(
        unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in TURNING for letter in name
    )


def shown(name: str) -> str:
    """A file's name fit to be shown on one line, and told from any other, whatever bytes it is made of."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)


def listed(names: Iterable[str]) -> str:
    """Some names, and how many others there are."""
    everything = list(names)
    more = len(everything) - SHOWN
    return ", ".join(everything[:SHOWN]) + (_(" and {count} more").format(count=more) if more > 0 else "")
