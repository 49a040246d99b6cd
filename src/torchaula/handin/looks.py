"""Look over a notebook's file as it would be handed in: is it whole, of which assignment, what is answered?

Nothing in it is run. The set-up cell's `begin("<assignment>", {"<exercise>": …})` tells assignment and
exercises, so that no metadata is needed, which Colab and others drop.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from torchaula import origin

LARGEST = 20 * 2**20  # bytes, as when grading
STUB = "# ESCRIBE AQUÍ TU CÓDIGO"
MOST_CHARACTERS = 100_000  # of a cell that is parsed


class Fault(StrEnum):
    """Why a file is not in order."""

    NO_FILE = "no file"
    TOO_LARGE = "too large"
    NO_NOTEBOOK = "no notebook"
    NO_SET_UP = "no set-up cell"
    OTHER_NAME = "other name"
    MISSING = "cells missing"
    DOUBLED = "cells doubled"
    NOT_SAVED = "not saved"


@dataclass(frozen=True)
class Look:
    """What a file holds. `about` has, for each fault, the names of what it concerns.

    `digest` is the SHA-256 of the file's bytes, in hexadecimal, and `saved` when it was written. `version` is
    the one of torchaula that it was released with; empty if the file doesn't say.
    """

    path: Path
    assignment: str = ""
    exercises: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    digest: str = ""
    saved: datetime | None = None
    version: str = ""
    about: Mapping[Fault, tuple[str, ...]] | None = None

    @property
    def faults(self) -> Mapping[Fault, tuple[str, ...]]:
        return self.about or {}

    @property
    def is_in_order(self) -> bool:
        return not self.faults


def look(path: Path) -> Look:
    """Look a file over."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        saved = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    except OSError:
        return Look(path, about={Fault.NO_FILE: ()})
    if len(content) > LARGEST:
        return Look(path, saved=saved, about={Fault.TOO_LARGE: ()})
    digest = hashlib.sha256(content).hexdigest()
    cells = _cells(content)
    if cells is None:
        return Look(path, digest=digest, saved=saved, about={Fault.NO_NOTEBOOK: ()})
    assignment, exercises = next(filter(None, map(_begun, _sources(cells))), ("", ()))
    if not any(map(grade_id, cells)):  # another program has dropped the names: grading goes by the texts
        exercises = ()
    about = dict(_faults(path, cells, assignment, exercises))
    unanswered = tuple(name for name in exercises if _is_unanswered(cells, name))
    version = origin.version_of(content)
    return Look(path, assignment, exercises, unanswered, digest, saved, version, about)


def _cells(content: bytes) -> list[Any] | None:
    """The cells of a notebook's file; None if it is none."""
    try:
        found = json.loads(content)
        cells = found["cells"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return cells if isinstance(cells, list) and all(isinstance(cell, dict) for cell in cells) else None


def cells_of(path: Path) -> dict[str, Any]:
    """The cells of a notebook's file by their `grade_id`; empty if it can't be read."""
    try:
        cells = _cells(path.read_bytes())
    except OSError:
        return {}
    return {name: cell for cell in cells or [] if (name := grade_id(cell))}


def _sources(cells: list[Any]) -> Iterator[str]:
    return (source(cell) for cell in cells if cell.get("cell_type") == "code")


def source(cell: Mapping[str, Any]) -> str:
    """A cell's text, which a file has whole or line by line."""
    text = cell.get("source", "")
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def _begun(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The assignment and the exercises that a set-up cell names in `begin`; None in other cells."""
    if "begin(" not in text or len(text) > MOST_CHARACTERS:
        return None
    try:
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        found = next((c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "begin"), None)
        assignment, *more = map(ast.literal_eval, found.args) if found else ("",)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    exercises = more[0] if more and isinstance(more[0], dict) else {}
    return (assignment, tuple(map(str, exercises))) if isinstance(assignment, str) and assignment else None


def _faults(
    path: Path, cells: list[Any], assignment: str, exercises: tuple[str, ...]
) -> Iterator[tuple[Fault, tuple[str, ...]]]:
    if not assignment:
        yield Fault.NO_SET_UP, ()
        return
    if path.name != f"{assignment}.ipynb":
        yield Fault.OTHER_NAME, (f"{assignment}.ipynb",)
    count = Counter(map(grade_id, cells))
    wanted = [name for exercise in exercises for name in (exercise, f"{exercise}-publico")]
    if missing := tuple(name for name in wanted if not count[name]):
        yield Fault.MISSING, missing
    if doubled := tuple(name for name in wanted if count[name] > 1):
        yield Fault.DOUBLED, doubled


def grade_id(cell: Mapping[str, Any]) -> str:
    """The name that nbgrader knows a cell by; "" if it has none."""
    metadata = cell.get("metadata")
    told = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return str(told.get("grade_id", "")) if isinstance(told, dict) else ""


def _is_unanswered(cells: list[Any], exercise: str) -> bool:
    """Whether the stub's comment still stands in the exercise's cell, or nothing does."""
    own = [source(cell) for cell in cells if grade_id(cell) == exercise]
    return bool(own) and all(STUB in text or not text.strip() for text in own)
