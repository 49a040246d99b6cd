"""Find what people handed in, in the folders and files that a platform's download has.

All of a download is one platform's: which one is said by most of its entries, since a learner can choose
names that look like another platform's.
"""

from __future__ import annotations

import filecmp
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from torchaula.classroom.intake.blackboard import entries as blackboard
from torchaula.classroom.intake.canvas.entries import Entries
from torchaula.classroom.intake.gradescope import export as gradescope
from torchaula.classroom.intake.moodle import entries as moodle
from torchaula.classroom.intake.place import Locate, Person, Place, Platform, outermost
from torchaula.course.rebuilding import submitted
from torchaula.errors import Refusal
from torchaula.i18n import _
from torchaula.printing import printable as printable

# Each says where a path in its download belongs. Of two that know the same entries the first counts: Canvas
# writes names in small letters without blanks, so that it hardly knows an entry of another platform.
PLATFORMS: Mapping[Platform, Locate] = {
    Platform.CANVAS: Entries({}).locate,
    Platform.GRADESCOPE: gradescope.locate,
    Platform.BLACKBOARD: blackboard.locate,
    Platform.MOODLE: moodle.locate,
}
SHOWN = 5  # how many file names a message has
AGAIN = re.compile(r"(?P<name>.+)-(?P<number>[0-9]{1,6})")  # a platform's number for each resubmission


@dataclass
class Upload:
    """What one person handed in at once, in one download: paths by the learner's file names.

    `failed` says why the files could not be unpacked; else it is empty.
    """

    person: Person
    download: Path
    files: dict[str, Path] = field(default_factory=dict)
    failed: str = ""
    serials: dict[str, int] = field(
        default_factory=dict
    )  # by file, where the platform counts what it receives
    is_late: bool = False
    time: datetime | None = None  # UTC, if the download itself tells it
    doubts: tuple[Person, ...] = ()
    problem: str = ""

    def add(self, place: Place, path: Path) -> None:
        """Add a file. Of two with the same name the one that came last stays."""
        before = self.serials.get(place.file, -1)
        if place.file and place.serial >= before:
            self.files[place.file] = path
            if place.serial:
                self.serials[place.file] = place.serial

    def notebook(self, assignment: str) -> tuple[Path, tuple[str, ...]]:
        """The notebook that answers `assignment`, and the names of others. A single one may have any name.

        Raises `Refusal` if several could be meant, or none is there.
        """
        if self.failed:
            raise Refusal(self.failed)
        notebooks = {name: path for name, path in self.files.items() if path.suffix == ".ipynb"}
        choice = self._newest([name for name in notebooks if self._is_called(name, assignment)]) or list(
            notebooks
        )
        if not choice:
            raise Refusal(
                _("no notebook, but {files}: ask for {assignment}.ipynb").format(
                    files=listed(self.files), assignment=assignment
                )
            )
        if not are_same([notebooks[name] for name in choice]):
            raise Refusal(
                _("several notebooks ({files}): ask for one, called {assignment}.ipynb").format(
                    files=listed(choice), assignment=assignment
                )
            )
        require_notebook(notebooks[choice[0]], choice[0])
        return notebooks[choice[0]], tuple(name for name in notebooks if name not in choice)

    def serial_of(self, path: Path) -> int:
        """When the platform received a file, as a number that grows; 0 if unknown."""
        return max(
            (self.serials.get(name, 0) for name, each in self.files.items() if each == path), default=0
        )

    def _is_called(self, name: str, assignment: str) -> bool:
        """Whether a file has the assignment's name, or that with a platform's number for a resubmission."""
        file = PurePosixPath(name)
        again = AGAIN.fullmatch(file.stem) if name in self.serials else None
        return file.name == f"{assignment}.ipynb" or bool(again and again["name"] == assignment)

    def _newest(self, names: Sequence[str]) -> list[str]:
        latest = max((self.serials.get(name, 0) for name in names), default=0)
        return [name for name in names if self.serials.get(name, 0) == latest]


def are_same(paths: Sequence[Path]) -> bool:
    """Whether files have the same content. Sizes are compared first, and no file is loaded completely."""
    return all(filecmp.cmp(paths[0], other, shallow=False) for other in paths[1:])


def require_notebook(path: Path, name: str) -> None:
    """Raise `Refusal` if a file is too large for a notebook, or can't be read; `name` is the learner's."""
    try:
        submitted.load(path)
    except (Refusal, OSError) as error:
        raise Refusal(f"{printable(name)}: {error}") from error


def find(
    root: Path, failed: Mapping[Path, str], platforms: Mapping[Platform, Locate] = PLATFORMS
) -> tuple[list[Upload], list[Path]]:
    """The uploads below `root`, and the files there that no platform named.

    `failed` says, by path below `root`, why something could not be unpacked.
    """
    uploads: dict[tuple[Path, Person, datetime | None], Upload] = {}
    strangers = []
    found = [path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file()]
    paths = [path for path in found if not _is_litter(path)]
    places = located([*paths, *failed], platforms)
    for below in dict.fromkeys([*paths, *failed]):
        place = places[below]
        if place is None:
            strangers.append(below)
            continue
        if place.file or below in failed:
            key = place.download, place.person, place.time
            upload = uploads.setdefault(key, Upload(place.person, place.download, time=place.time))
            _note(upload, place, failed.get(below, ""))
        if place.file and below not in failed:
            upload.add(place, root / below)
    return list(uploads.values()), strangers


def _note(upload: Upload, place: Place, failed: str) -> None:
    upload.failed = failed or upload.failed
    upload.is_late |= place.is_late
    upload.doubts, upload.problem = place.doubts, place.problem


def located(
    paths: Iterable[Path], platforms: Mapping[Platform, Locate] = PLATFORMS
) -> dict[Path, Place | None]:
    """Where each path belongs; None if no platform named it. Most entries of a download say whose it is."""
    claims: dict[Path, list[Place]] = {}
    for path in paths:
        found = (locate(path) for locate in platforms.values())
        claims[path] = outermost(place for place in found if place is not None)
    said = {(each.download, each.person.platform, each.entry) for found in claims.values() for each in found}
    counts = Counter((download, platform) for download, platform, _entry in said)
    return {
        path: max(found, key=lambda each: counts[each.download, each.person.platform], default=None)
        for path, found in claims.items()
    }


def locate(below: Path) -> Place | None:
    """Where a single path belongs, if a platform named it."""
    return located([below])[below]


def _is_litter(below: Path) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in below.parts)


def listed(names: Iterable[str]) -> str:
    """A few file names in printable form."""
    shown = [printable(name) for name in names]
    return ", ".join(shown[:SHOWN]) + (", …" if len(shown) > SHOWN else "")
