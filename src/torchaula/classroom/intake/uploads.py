"""Find what people handed in, in the folders and files that a platform's download has."""

from __future__ import annotations

import filecmp
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from torchaula.classroom.intake.moodle import entries as moodle
from torchaula.classroom.intake.place import Person, Place
from torchaula.course.rebuilding import submitted
from torchaula.errors import Refusal
from torchaula.i18n import _
from torchaula.printing import printable as printable

PLATFORMS = (moodle.locate,)  # each says where a path in its download belongs; None: not its path
SHOWN = 5  # how many file names a message has


@dataclass
class Upload:
    """What one person handed in, in one download: paths by the learner's file names.

    `failed` says why the files could not be unpacked; else it is empty.
    """

    person: Person
    download: Path
    files: dict[str, Path] = field(default_factory=dict)
    failed: str = ""

    def notebook(self, assignment: str) -> tuple[Path, tuple[str, ...]]:
        """The notebook that answers `assignment`, and the names of others. A single one may have any name.

        Raises `Refusal` if several could be meant, or none is there.
        """
        if self.failed:
            raise Refusal(self.failed)
        notebooks = {name: path for name, path in self.files.items() if path.suffix == ".ipynb"}
        named = [name for name in notebooks if PurePosixPath(name).name == f"{assignment}.ipynb"]
        choice = named or list(notebooks)
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


def are_same(paths: Sequence[Path]) -> bool:
    """Whether files have the same content. Sizes are compared first, and no file is loaded completely."""
    return all(filecmp.cmp(paths[0], other, shallow=False) for other in paths[1:])


def require_notebook(path: Path, name: str) -> None:
    """Raise `Refusal` if a file is too large for a notebook, or can't be read; `name` is the learner's."""
    try:
        submitted.load(path)
    except (Refusal, OSError) as error:
        raise Refusal(f"{printable(name)}: {error}") from error


def find(root: Path, failed: Mapping[Path, str]) -> tuple[list[Upload], list[Path]]:
    """The uploads below `root`, and the files there that Moodle didn't name.

    `failed` says, by path below `root`, why something could not be unpacked.
    """
    uploads: dict[tuple[Path, Person], Upload] = {}
    strangers = []
    found = (path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file())
    for below in [*found, *(path for path in failed if locate(path))]:
        if any(part.startswith(".") or part == "__MACOSX" for part in below.parts):
            continue
        place = locate(below)
        if place is None:
            strangers.append(below)
            continue
        if place.file or below in failed:
            upload = uploads.setdefault((place.download, place.person), Upload(place.person, place.download))
            upload.failed = failed.get(below, upload.failed)
        if place.file:
            upload.files[place.file] = root / below
    return list(uploads.values()), strangers


def locate(below: Path) -> Place | None:
    """Where a path in a download belongs, if a platform named it."""
    found = (platform(below) for platform in PLATFORMS)
    return next((place for place in found if place is not None), None)


def listed(names: Iterable[str]) -> str:
    """A few file names in printable form."""
    shown = [printable(name) for name in names]
    return ", ".join(shown[:SHOWN]) + (", …" if len(shown) > SHOWN else "")
