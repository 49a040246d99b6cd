"""Read the cells of a submitted notebook, even from a damaged file.

Only cells count, and of each only its type, text and name. Nothing else is read, so that no fault elsewhere
in the file prevents grading.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchaula.errors import Refusal
from torchaula.files import NotRegular, regular
from torchaula.i18n import _

MAX_FILE = 20 * 2**20  # bytes, figures included; a released notebook has about 100 kB
MAX_TEXT = 2**20  # characters of all cells together
MAX_CELLS = 1000
MAX_VALUES = 2_500_000  # JSON values, nearly all of them in outputs; each takes about 70 bytes of memory
MAX_NAME = 500  # characters of a cell's name
LOOK = 64  # bytes at the start that identify a file of another kind
GZIP = b"\x1f\x8b"
KINDS = {
    b"%pdf": _("a PDF"),
    b"pk\x03\x04": _("a zip archive"),
    b"rar!": _("a RAR archive"),
    b"7z\xbc\xaf\x27\x1c": _("a 7z archive"),
    b"<!doctype html": _("a web page"),
    b"<html": _("a web page"),
    b"version https://git-lfs": _("what Git keeps in place of a large file"),
    b"\x00\x05\x16\x07": _("what a Mac keeps beside a file"),
    b"\x89png": _("a picture"),
}


class Unreadable(Refusal):
    """A file holds no readable notebook; the text says why, and what to do about it."""


@dataclass(frozen=True)
class SubmittedCell:
    """A cell of a submission: its type, its text, and as its name the id from nbgrader or Jupyter."""

    cell_type: str
    source: str
    name: str


def load(path: Path) -> bytes:
    """The content of a file that may hold a notebook.

    Raises `OSError` where it can't be read, and `Unreadable` where it is too large or not a regular file.
    """
    try:
        with regular(path) as (file, size):
            _require_small(size)
            return file.read(MAX_FILE + 1)
    except NotRegular:
        raise Unreadable(_("no file: ask for the file")) from None


def _require_small(size: int) -> None:
    if size > MAX_FILE:
        raise Unreadable(
            _("{size} MB, and {most} are allowed: clear its outputs and hand it in again").format(
                size=size // 2**20, most=MAX_FILE // 2**20
            )
        )


def read(content: bytes) -> list[SubmittedCell]:
    """The cells of a notebook file. Raises `Unreadable` where no cell can be read, or there are too many."""
    _require_small(len(content))
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
    """The SHA-256 digest of a notebook file."""
    return hashlib.sha256(content).hexdigest()


def _parsed(content: bytes) -> Any:
    text = _text(_unpacked(content))
    if len(text) > MAX_VALUES and sum(map(text.count, ",[{")) > MAX_VALUES:
        raise Unreadable(
            _("more than {most} values in it: clear its outputs and hand it in again").format(most=MAX_VALUES)
        )
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = _("line {line}, column {column}").format(line=error.lineno, column=error.colno)
        raise Unreadable(_("not valid JSON at {where}: ask for the file again").format(where=where)) from None
    except (RecursionError, ValueError):  # nested too deep; a number with too many digits
        raise Unreadable(_("not a notebook that Jupyter can open: ask for the file again")) from None


def _unpacked(content: bytes) -> bytes:
    """The content, decompressed if it is gzip. Raises `Unreadable` where it is a file of another kind."""
    if content.startswith(GZIP):
        try:
            content = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content, MAX_FILE + 1)
        except zlib.error:
            raise Unreadable(_("a packed file that is broken: ask for the file again")) from None
        _require_small(len(content))
    for start, kind in KINDS.items():
        if content[:LOOK].lstrip().lower().startswith(start):
            raise Unreadable(_("{kind}, and no notebook: ask for the .ipynb file").format(kind=kind))
    return content


def _text(content: bytes) -> str:
    """Decode a text in any Unicode encoding; strip byte-order marks at its start and zeros at its end."""
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError:
        raise Unreadable(_("not valid UTF-8 text: ask for the file again")) from None
    return text.lstrip("\ufeff\0").rstrip("\0 \t\r\n")


def _cells(notebook: Any) -> Iterator[Any]:
    """The cells of a notebook of format 4, or of format 3, which has them in worksheets."""
    if not isinstance(notebook, dict):
        raise Unreadable(_("not a notebook that Jupyter can open: ask for the file again"))
    sheets = notebook.get("worksheets")
    for part in (notebook, *(sheets if isinstance(sheets, list) else ())):
        cells = part.get("cells") if isinstance(part, dict) else None
        yield from cells if isinstance(cells, list) else ()


def _cell(value: Any) -> SubmittedCell | None:
    """A cell; None where it has no readable text."""
    if not isinstance(value, dict):
        return None
    source = value.get("source", value.get("input"))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return None
    kind = value.get("cell_type")
    return SubmittedCell(kind if kind in ("code", "markdown") else "raw", _whole(source), _name(value))


def _whole(text: str) -> str:
    """Replace lone surrogates, which JSON can hold but no file can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _name(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    given = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    names = (name for name in (given, cell.get("id")) if isinstance(name, str))
    return _whole(next(names, "")[:MAX_NAME])
