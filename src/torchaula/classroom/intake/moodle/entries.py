"""Read the names in Moodle's "Download all submissions": `Name_NUMBER_assignsubmission_file/…`."""

from __future__ import annotations

import re
from pathlib import Path

from torchaula.classroom.intake.place import Person, Place
from torchaula.printing import printable

# Moodle's names contain no underscore, so no file name can imitate another person's upload.
# The default group of a group submission has no number.
ENTRY = re.compile(
    r"(?P<name>[^_]+)(?:_(?P<number>\d+))?_assignsubmission_(?P<plugin>[a-z0-9]+)(?:_(?P<file>.*))?",
    re.DOTALL,
)


def locate(below: Path) -> Place | None:
    """Where a path in Moodle's download belongs; None if Moodle didn't name it."""
    for at, part in enumerate(below.parts):
        if match := ENTRY.fullmatch(part):
            inner = "/".join(filter(None, (match["file"], *below.parts[at + 1 :])))
            person = Person(printable(match["name"]), match["number"] or "")
            is_file = match["plugin"] == "file"
            return Place(Path(*below.parts[:at]), person, inner if is_file else "", entry=part)
    return None


def folder(below: Path) -> tuple[str, str, str] | None:
    """The folder (or beginning of a file's name) of a path in Moodle's download, up to the plug-in's name.

    Returns the person's number, the name up to there, and what stands between that and a file's name: `/`,
    `_/` or, where the download has no folders, `_`. None if the path has no number, or is no file's.
    """
    for at, part in enumerate(below.parts):
        match = ENTRY.fullmatch(part)
        if match and match["number"] and match["plugin"] == "file" and match["file"] is None:
            return match["number"], part, "/"
        if match and match["number"] and match["plugin"] == "file":
            start = part[: match.start("file") - 1]
            return match["number"], start, "_/" if at + 1 < len(below.parts) else "_"
    return None
