"""Fit tables with one line per student to the width of the terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console

from torchaula.printing import shortened

# One blank between columns, none at the edges: eight exercises and a text must fit in 80 columns.
STYLE: dict[str, Any] = {
    "title_justify": "left",
    "box": SIMPLE_HEAD,
    "padding": (0, 0, 0, 0),
    "pad_edge": False,
    "show_edge": False,
}
LEAST, LAST = 8, 14  # least columns of a text, and of the last text
WIDE = 160
SHARE = 0.3  # the most of a line for any text but the last


def console() -> Console:
    """Standard output as wide as its terminal; a fixed width if it is none, such as a server's log."""
    made = Console()
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = WIDE
    return made


def fitted(heads: Sequence[str], rows: Sequence[tuple[str, ...]], room: int) -> list[tuple[str, ...]]:
    """Shorten the texts of each row to `room` columns in all, counting a blank after each text.

    The last text is shortened first.
    """
    *before, last = [max(map(cell_len, column)) for column in zip(heads, *rows, strict=True)]
    room = max(room - len(before) - 1, LEAST * len(before) + LAST)
    if sum(before) + max(last, LAST) > room:
        before = [min(width, max(LEAST, int(room * SHARE))) for width in before]
    widths = [*before, max(LAST, room - sum(before))]
    return [tuple(map(shortened, row, widths)) for row in rows]


def width_of(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """The columns that these texts take side by side, with a blank after each."""
    texts = [[*head.split("\n"), *(row[at] for row in rows)] for at, head in enumerate(heads)]
    return sum(max(map(cell_len, column)) + 1 for column in texts)
