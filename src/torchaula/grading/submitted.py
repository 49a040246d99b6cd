"""What can be read of a notebook that was handed in, whatever state it is in.

Only cells count, and of these only their kind, text and name; so nothing else is looked at, and
nothing that is wrong elsewhere in the file keeps it from being graded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torchaula.errors import Refusal
from torchaula.i18n import _

MAX_FILE = 20 * 2**20  # figures included; a released notebook has a tenth of a MB
MAX_TEXT = 2**20  # characters of all cells together
MAX_CELLS = 1000


class Unreadable(Refusal):
    """A file that holds no notebook; the text says why, and what to do about it."""


@dataclass(frozen=True)
class SubmittedCell:
    """A cell of a submission: its type, its text, and the id that nbgrader or Jupyter know it by."""

    cell_type: str
    source: str
    name: str


def read(content: bytes) -> list[SubmittedCell]:
    """The cells of a notebook file. Raises `Unreadable` where it has none that can be read."""
    if len(content) > MAX_FILE:
        raise Unreadable(
            _("{size} MB, and {most} are allowed: clear its outputs and hand it in again").format(
                size=len(content) // 2**20, most=MAX_FILE // 2**20
            )
        )
    cells = [cell for each in _cells(_parsed(content)) if (cell := _cell(each)) is not None]
    if not cells:
        raise Unreadable(_("a notebook without cells: ask for the file again"))
    if len(cells) > MAX_CELLS or sum(len(cell.source) for cell in cells) > MAX_TEXT:
        raise Unreadable(
            _(
                "more than {cells} cells or {text} characters: ask for a notebook without what isn't needed"
            ).format(cells=MAX_CELLS, text=MAX_TEXT)
        )
    return cells


def digest_of(content: bytes) -> str:
    """A digest of a notebook file."""
    return hashlib.sha256(content).hexdigest()


def _parsed(content: bytes) -> Any:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(_("not valid UTF-8 text: ask for the file again")) from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = _("line {line}, column {column}").format(line=error.lineno, column=error.colno)
        raise Unreadable(_("not valid JSON at {where}: ask for the file again").format(where=where)) from None
    except (RecursionError, ValueError):  # nested without end; a number of a million digits
        raise Unreadable(_("not a notebook that Jupyter can open: ask for the file again")) from None


def _cells(notebook: Any) -> Iterator[Any]:
    """The cells of a notebook of format 4, or of format 3, where they stand in worksheets."""
    if not isinstance(notebook, dict):
        raise Unreadable(_("not a notebook that Jupyter can open: ask for the file again"))
    sheets = notebook.get("worksheets")
    for part in (notebook, *(sheets if isinstance(sheets, list) else ())):
        cells = part.get("cells") if isinstance(part, dict) else None
        yield from cells if isinstance(cells, list) else ()


def _cell(value: Any) -> SubmittedCell | None:
    """A cell, or None where nothing of it can be read."""
    if not isinstance(value, dict):
        return None
    source = value.get("source", value.get("input"))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return None
    kind = value.get("cell_type")
    # Half a surrogate pair, which JSON may hold and no file, is lost.
    text = source.encode("utf-8", "replace").decode("utf-8")
    return SubmittedCell(kind if kind in ("code", "markdown") else "raw", text, _name(value))


def _name(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    given = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    names = (name for name in (given, cell.get("id")) if isinstance(name, str))
    return next(names, "")
