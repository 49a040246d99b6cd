"""What people handed in, as Moodle's "Download all submissions" names it, as folders or flat."""

from __future__ import annotations

import filecmp
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from torchaula.classroom.intake import roster
from torchaula.course.rebuilding import submitted
from torchaula.errors import Refusal
from torchaula.i18n import _
from torchaula.printing import printable as printable

# Moodle writes no underscore in a name, so that no file's name can pass for another person's upload.
# The default group of a group submission has no number.
ENTRY = re.compile(
    r"(?P<name>[^_]+)(?:_(?P<number>\d+))?_assignsubmission_(?P<plugin>[a-z0-9]+)(?:_(?P<file>.*))?",
    re.DOTALL,
)
ANONYMOUS = ("participant", "participante")  # blind marking
SHOWN = 5  # file names in a message


@dataclass(frozen=True)
class Person:
    """Someone, or a group, as Moodle names them. The number is of the assignment, not of the user."""

    name: str
    number: str = ""

    def __str__(self) -> str:
        return f"{self.name}_{self.number}" if self.number else self.name

    @property
    def identity(self) -> str:
        """What stays where a name changes."""
        return self.number or self.name

    @property
    def is_anonymous(self) -> bool:
        """Whether blind marking hides the name."""
        return roster.key(self.name) in ANONYMOUS


@dataclass
class Upload:
    """What one person handed in, in one download: its files by the learner's names for them.

    `failed` says why they could not be unpacked, if so.
    """

    person: Person
    download: Path
    files: dict[str, Path] = field(default_factory=dict)
    failed: str = ""

    def notebook(self, assignment: str) -> tuple[Path, tuple[str, ...]]:
        """The notebook that answers `assignment`, whatever its name where it is the only one; and the others.

        Raises `Refusal` where it can't be told.
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
    """Whether files hold the same: their sizes are looked at before any is read, and none is read whole."""
    return all(filecmp.cmp(paths[0], other, shallow=False) for other in paths[1:])


def require_notebook(path: Path, name: str) -> None:
    """Raise `Refusal` where a file is too large for a notebook, or can't be read; `name` is its learner's."""
    try:
        submitted.load(path)
    except (Refusal, OSError) as error:
        raise Refusal(f"{printable(name)}: {error}") from error


def find(root: Path, failed: Mapping[Path, str]) -> tuple[list[Upload], list[Path]]:
    """The uploads below `root`, and the files there that Moodle didn't name.

    `failed` says of places below `root` why what belongs there could not be unpacked.
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
        download, person, file = place
        if file or below in failed:
            upload = uploads.setdefault((download, person), Upload(person, download))
            upload.failed = failed.get(below, upload.failed)
        if file:
            upload.files[file] = root / below
    return list(uploads.values()), strangers


def locate(below: Path) -> tuple[Path, Person, str] | None:
    """An entry's download, whose it is, and the learner's name for the file; None where Moodle named nothing.

    The name is empty where a learner wrote the text on Moodle's page: that is no file.
    """
    for at, part in enumerate(below.parts):
        if match := ENTRY.fullmatch(part):
            inner = "/".join(filter(None, (match["file"], *below.parts[at + 1 :])))
            person = Person(printable(match["name"]), match["number"] or "")
            return Path(*below.parts[:at]), person, inner if match["plugin"] == "file" else ""
    return None


def listed(names: Iterable[str]) -> str:
    """Some file names, fit to be shown."""
    shown = [printable(name) for name in names]
    return ", ".join(shown[:SHOWN]) + (", …" if len(shown) > SHOWN else "")
