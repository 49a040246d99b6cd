"""Clean the outputs of a learner's cells, so that they are safe to keep and to show.

They come from the student process, which may send anything. Only plain text and PNG images pass, within
limits; HTML, JavaScript and SVG never do.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from torchaula.grading.trusted.verdict import Verdict
from torchaula.grading.wire import words
from torchaula.grading.wire.limits import Limits
from torchaula.grading.wire.orders import PLACES, Output, Raised, Shown, Text

CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HALF = re.compile(r"[\ud800-\udfff]")  # a lone surrogate: half of a character
PNG = b"\x89PNG\r\n\x1a\n"
# The chunks that a picture needs; others may unpack to any size, or animate.
CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"pHYs", b"IDAT", b"IEND"}
PIXELS = 10_000_000  # of one picture: about 12 by 9 inches at 300 dots per inch
ROW = 2000  # characters of one line of a failed check, which may quote a result
ROWS = 40  # of a failed check
# Limits of one submission: its outputs must fit in a frame to the caller, and a browser must show them.
ALL_TEXT, ALL_IMAGES, ALL_PIXELS, ALL_PLACES = 400_000, 4 * 2**20, 60_000_000, 10_000


class Kept:
    """Collects the outputs of a submission's cells: cleans each one, and cuts it beyond a limit."""

    def __init__(self, cells: dict[str, list[Output]], limits: Limits) -> None:
        self._cells, self._limits = cells, limits
        self._used: dict[str, tuple[int, int, int, int]] = {}

    def keep(self, cell: str, items: Sequence[Output]) -> None:
        """Keep these outputs of a cell, in place of those of an earlier run."""
        self._used.pop(cell, None)
        used = zip((0, 0, 0, 0), *self._used.values(), strict=True)
        text, images, pixels, places = map(sum, used)
        left = ALL_TEXT - text, min(self._limits.image, ALL_IMAGES - images), ALL_PIXELS - pixels
        cleaner = _Cleaner(self._limits.text, *left)
        self._cells[cell] = kept = [cleaner.clean(item) for item in items[: min(PLACES, ALL_PLACES - places)]]
        png = [item.png for item in kept if isinstance(item, Shown)]
        self._used[cell] = sum(map(_length, kept)), sum(map(len, png)), sum(map(_pixels, png)), len(kept)


class _Cleaner:
    """Cleans the outputs of one cell.

    `most` characters each and `text` in all, `image` bytes and `pixels` of pictures in all.
    """

    def __init__(self, most: int, text: int, image: int, pixels: int) -> None:
        self._most, self._text, self._image, self._pixels = most, text, image, pixels

    def clean(self, item: Output) -> Output:
        if isinstance(item, Text):
            return Text("stderr" if item.name == "stderr" else "stdout", self._cut(item.text))
        if isinstance(item, Shown):
            png = self._picture(item.png)
            told = "" if png or not item.png else words.PICTURE_LEFT_OUT
            return Shown(self._cut(item.text) + self._cut(told), png)
        message = self._cut(item.message[:2000])
        return Raised(plain(item.kind)[:200], message, self._cut(item.traceback))

    def _cut(self, text: str) -> str:
        kept = plain(text)[: min(self._most, self._text)]
        self._text -= len(kept)
        return kept

    def _picture(self, png: bytes) -> bytes:
        kept = picture(png)
        if len(kept) > self._image or _pixels(kept) > self._pixels:
            return b""
        self._image, self._pixels = self._image - len(kept), self._pixels - _pixels(kept)
        return kept


def picture(content: bytes) -> bytes:
    """A PNG reduced to the picture itself; empty where it is no PNG, or too large to be shown."""
    chunks = list(_chunks(content))
    names = [name for name, _chunk in chunks]
    if names[:1] != [b"IHDR"] or names.count(b"IHDR") > 1 or names[-1:] != [b"IEND"] or b"IDAT" not in names:
        return b""
    made = PNG + b"".join(chunk for name, chunk in chunks if name in CHUNKS)
    return made if 0 < _pixels(made) <= PIXELS else b""


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG by name, up to its end; none where it is broken."""
    at = len(PNG)
    while content.startswith(PNG) and at + 12 <= len(content):
        length, name = struct.unpack_from("!I4s", content, at)
        if name == b"IHDR" and length != 13:
            return
        chunk, at = content[at : at + 12 + length], at + 12 + length
        if len(chunk) == 12 + length:
            yield name, chunk
        if name == b"IEND":
            return


def _pixels(png: bytes) -> int:
    """The number of pixels that a picture's header claims."""
    if not png:
        return 0
    width, height = struct.unpack_from("!II", png, len(PNG) + 8)
    return int(width * height)


def readable(verdict: Verdict) -> Verdict:
    """The verdict with its texts cleaned and cut, since they may quote a learner's code."""
    rows = tuple(replace(row, text=plain(row.text)[:ROW]) for row in verdict.rows[:ROWS])
    found = verdict.finding and replace(verdict.finding, about=plain(verdict.finding.about)[:ROW])
    return replace(verdict, message=plain(verdict.message)[: 4 * ROW], rows=rows, finding=found)


def plain(text: str) -> str:
    """The text without characters that move a cursor, change colours, hide others or can't be encoded."""
    return HALF.sub("?", CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def _length(item: Output) -> int:
    return len(item.message) + len(item.traceback) if isinstance(item, Raised) else len(item.text)


def to_nbformat(items: Iterable[Output]) -> list[NotebookNode]:
    """Outputs in the form that a notebook file holds."""
    return [_node(item) for item in items]


def _node(item: Output) -> NotebookNode:
    made: NotebookNode
    if isinstance(item, Text):
        made = new_output("stream", name=item.name, text=item.text)
    elif isinstance(item, Shown):
        data: dict[str, Any] = {"text/plain": item.text}
        if item.png:
            data["image/png"] = base64.b64encode(item.png).decode()
        made = new_output("display_data", data=data)
    else:
        made = error(item.kind, item.message, item.traceback)
    return made


def error(kind: str, message: str, traceback: str = "") -> NotebookNode:
    """The output of a cell that failed."""
    lines = (traceback or message).splitlines()
    made: NotebookNode = new_output("error", ename=kind, evalue=message, traceback=lines)
    return made
