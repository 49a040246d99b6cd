"""Read `course.toml`: the assignments in a learner's order, with title and one line each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from torchaula.errors import Refusal
from torchaula.i18n import _

FILE = "course.toml"


@dataclass(frozen=True)
class Entry:
    """One assignment: its folder's name, its title, and what a learner makes, in Spanish and in English."""

    name: str
    title: str = ""
    about: str = ""
    builds: str = ""


def load(root: Path) -> tuple[Entry, ...]:
    """What the file lists, in order; nothing without a file. Raises `Refusal` if it is malformed."""
    path = root / FILE
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8")).get("assignment", [])
        entries = tuple(Entry(**each) for each in listed)
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise _malformed(path, str(error)) from None
    if not all(isinstance(getattr(each, f.name), str) for each in entries for f in fields(Entry)):
        raise _malformed(path, _("a value is no text"))
    return entries


def _malformed(path: Path, reason: str) -> Refusal:
    return Refusal(
        _("{path}: can't be read ({reason}); each [[assignment]] has name, title, about and builds").format(
            path=path, reason=reason
        )
    )


def entry(root: Path, assignment: str) -> Entry:
    """What the file says of an assignment; its name alone if it isn't listed."""
    return next((each for each in load(root) if each.name == assignment), Entry(assignment))


def in_order(root: Path, names: Iterable[str]) -> list[str]:
    """The names in the file's order, and then those that it does not list."""
    listed = [each.name for each in load(root)]
    return sorted(names, key=lambda name: (listed.index(name) if name in listed else len(listed), name))
