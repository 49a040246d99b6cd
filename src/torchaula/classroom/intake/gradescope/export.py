"""Read Gradescope's export: folders `submission_<id>/`, and `submission_metadata.yml`, which says whose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from torchaula.classroom.intake.place import Person, Place, Platform, SheetRow
from torchaula.errors import Refusal
from torchaula.files import content
from torchaula.i18n import _

METADATA = "submission_metadata.yml"
FOLDER = re.compile(r"submission_(?P<number>[0-9]{1,18})")
LARGEST = 5 * 2**20  # bytes: it is read in seconds


class Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Makes plain data alone; what Ruby wrote of its own classes is nothing."""


Loader.add_multi_constructor("", lambda _loader, _suffix, _node: None)


def locate(below: Path) -> Place | None:
    """Where a path in Gradescope's export belongs; None if it is in no submission's folder."""
    for at, part in enumerate(below.parts[:-1]):
        if found := FOLDER.fullmatch(part):
            inner = "/".join(below.parts[at + 1 :])
            return Place(Path(*below.parts[:at]), _person(found["number"]), inner, part)
    return None


def _person(number: str) -> Person:
    return Person("submission", number, Platform.GRADESCOPE)


def read(path: Path) -> dict[Person, SheetRow]:
    """Who handed in each submission, and when. Raises `Refusal` if it can't be read.

    What a group handed in is nobody's: the row has no name.
    """
    try:
        return parse(content(path, LARGEST), path)
    except OSError as error:
        raise _refusal(path, error) from None


def parse(data: bytes, path: Path) -> dict[Person, SheetRow]:
    """Like `read`, of a list's content. `path` is for messages."""
    try:
        told = yaml.load(data, Loader)
        return {
            _person(found["number"]): _row(said)
            for name, said in told.items()
            if (found := FOLDER.fullmatch(str(name)))
        }
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, RecursionError) as error:
        raise _refusal(path, error) from None


def _refusal(path: Path, error: Exception) -> Refusal:
    told = _("{path}: not readable as Gradescope's list of submissions ({reason}); export it again")
    return Refusal(told.format(path=path, reason=" ".join(str(error).split())))


def _row(said: Mapping[str, Any]) -> SheetRow:
    people = said.get(":submitters", [])
    when = said.get(":created_at")
    is_moment = isinstance(when, datetime) and when.tzinfo is not None
    if len(people) != 1:
        return SheetRow()
    name, sid, email = (str(people[0].get(field) or "").strip() for field in (":name", ":sid", ":email"))
    return SheetRow(name, sid, email, when.astimezone(UTC) if is_moment and when else None)
