"""Say whose a path in a platform's download is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torchaula.classroom.intake import roster

ANONYMOUS = ("participant", "participante")  # Moodle's names under blind marking


@dataclass(frozen=True)
class Person:
    """A person or group as a platform names them. Moodle numbers the participants of each assignment."""

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


@dataclass(frozen=True)
class Place:
    """Whose an entry of a download is: the download, the person, and the learner's name for the file.

    The name is empty for what is no file, such as a text that was written on the platform's page.
    """

    download: Path
    person: Person
    file: str
