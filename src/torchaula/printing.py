"""Text for a terminal: any name, on any terminal."""

from __future__ import annotations

import codecs
import sys
from contextlib import suppress

PLAIN = {"–": "-", "—": "-", "…": ".", "·": "-", "→": ">", "✔": "+", "✘": "x", "×": "x", "’": "'"}


def forgive_streams() -> None:
    """Let standard output and error show another character for one that their encoding lacks."""
    codecs.register_error("torchaula", _another)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):  # a stream of another kind, or none any more
            stream.reconfigure(errors="torchaula")  # type: ignore[union-attr]


def _another(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter, "?") for letter in text), error.end


def printable(text: str) -> str:
    """A text fit to be shown on one line and kept, whatever a file's name or a person's was made of.

    Line breaks become blanks; what moves a cursor, turns the direction or is half a character becomes `?`.
    """
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else "?" for letter in text)


def shortened(text: str, width: int) -> str:
    """A text of at most so many columns; where something is missing it ends with an ellipsis."""
    from rich.cells import cell_len, set_cell_size  # only where a table is shown

    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"
