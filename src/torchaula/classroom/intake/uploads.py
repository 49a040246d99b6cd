"""Find what people handed in, in the folders and files of Moodle's "Download all submissions"."""

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

# Moodle's names contain no underscore, so no file name can imitate another person's upload.
# The default group of a group submission has no number.
ENTRY = re.compile(
    r"(?P<name>[^_]+)(?:_(?P<number>\d+))?_assignsubmission_(?P<plugin>[a-z0-9]+)(?:_(?P<file>.*))?",
    re.DOTALL,
)
ANONYMOUS = ("participant", "participante")  # Moodle's names under blind marking
SHOWN = 5  # how many file names a message has


@dataclass(frozen=True)
class Person:
    """A person or group as Moodle names them. The number belongs to the assignment, not to the user."""

    name: str
    number: str = ""

    def __str__(self) -> str:
        return f"{self.name}_{self.number}" if self.number else self.name

    @property
    def identity(self) -> str:
        """What stays the same if the name changes."""
        return self.number or self.name

    @property
    def is_anonymous(self) -> bool:
        """Whether blind marking hides the name."""
        return roster.key(self.name) in ANONYMOUS


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
        download, person, file = place
        if file or below in failed:
            upload = uploads.setdefault((download, person), Upload(person, download))
            upload.failed = failed.get(below, upload.failed)
        if file:
            upload.files[file] = root / below
    return list(uploads.values()), strangers


def locate(below: Path) -> tuple[Path, Person, str] | None:
    """An entry's download, its person, and the learner's name for the file; None if Moodle didn't name it.

    The file name is empty for a text that was written on Moodle's page, because that is no file.
    """
    for at, part in enumerate(below.parts):
        if match := ENTRY.fullmatch(part):
            inner = "/".join(filter(None, (match["file"], *below.parts[at + 1 :])))
            person = Person(printable(match["name"]), match["number"] or "")
            return Path(*below.parts[:at]), person, inner if match["plugin"] == "file" else ""
    return None


def listed(names: Iterable[str]) -> str:
    """A few file names in printable form."""
    shown = [printable(name) for name in names]
    return ", ".join(shown[:SHOWN]) + (", …" if len(shown) > SHOWN else "")
