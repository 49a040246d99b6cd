"""Read and extend `course.toml`: the assignments in a learner's order, and what each exercise teaches."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from torchaula.course import text_files
from torchaula.errors import Refusal
from torchaula.files import whole
from torchaula.i18n import _

FILE = "course.toml"


@dataclass(frozen=True)
class Lesson:
    """What an exercise teaches, as ids of `concepts.toml`, and the exercises that it builds on."""

    teaches: tuple[str, ...]
    builds_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One assignment: its folder's name, its title, and what a learner makes, in Spanish and in English.

    `exercises` says of each, by its id, what it teaches. An assignment that `is_draft` is being written: it
    may still lack points, and README doesn't list it.
    """

    name: str
    title: str = ""
    about: str = ""
    builds: str = ""
    is_draft: bool = False
    exercises: Mapping[str, Lesson] = field(default_factory=dict)


def load(root: Path) -> tuple[Entry, ...]:
    """What the file lists, in order; nothing without a file. Raises `Refusal` if it is malformed."""
    path = root / FILE
    try:
        entries = _entries(text_files.read(path))
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, TypeError, AttributeError) as error:
        raise _malformed(path, str(error)) from None
    for each in entries:
        if not all(isinstance(value, str) for value in (each.name, each.title, each.about, each.builds)):
            raise _malformed(path, _("a value is no text"))
        if not isinstance(each.is_draft, bool):
            raise _malformed(path, _("draft is neither true nor false"))
    return entries


@lru_cache(maxsize=8)
def _entries(text: str) -> tuple[Entry, ...]:
    """What a text lists. It is cached, since this is asked for each student."""
    return tuple(Entry(**each) for each in map(_fields, tomllib.loads(text).get("assignment", [])))


def _fields(table: Mapping[str, Any]) -> dict[str, Any]:
    fields = {("is_draft" if key == "draft" else key): value for key, value in table.items()}
    lessons = {name: _lesson(**told) for name, told in table.get("exercises", {}).items()}
    return fields | {"exercises": lessons}


def _lesson(teaches: list[str], builds_on: Iterable[str] = ()) -> Lesson:
    return Lesson(tuple(teaches), tuple(builds_on))


def _malformed(path: Path, reason: str) -> Refusal:
    return Refusal(
        _(
            "{path}: can't be read ({reason}); each [[assignment]] has name, title, about and builds, "
            "draft = true while it is being written, and [assignment.exercises] with what each teaches"
        ).format(path=path, reason=reason)
    )


def entry(root: Path, assignment: str) -> Entry:
    """What the file says of an assignment; its name alone if it isn't listed."""
    return next((each for each in load(root) if each.name == assignment), Entry(assignment))


def add(root: Path, new: Entry) -> list[Path]:
    """List an assignment last, if the file exists and lacks it; returns the file where it changed."""
    path, known = root / FILE, load(root)
    if not known or new.name in [each.name for each in known]:
        return []
    texts = {"name": new.name, "title": new.title, "about": new.about, "builds": new.builds}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in texts.items()]
    lines += ["draft = true"] if new.is_draft else []
    with whole(path) as file:
        before = path.read_text(encoding="utf-8").rstrip("\n")
        file.write_text("\n".join([before, "", "[[assignment]]", *lines, ""]), encoding="utf-8")
    return [path]


def in_order(root: Path, names: Iterable[str]) -> list[str]:
    """The names in the file's order, and then those that it does not list."""
    listed = [each.name for each in load(root)]
    return sorted(names, key=lambda name: (listed.index(name) if name in listed else len(listed), name))
