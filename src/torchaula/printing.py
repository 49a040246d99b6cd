"""Make any text printable on any terminal."""

from __future__ import annotations

import codecs
import sys
from contextlib import suppress

PLAIN = {"–": "-", "—": "-", "…": ".", "·": "-", "→": ">", "✔": "+", "✘": "x", "×": "x", "’": "'"}


def forgive_streams() -> None:
    """Replace characters that the encoding of standard output or error lacks, instead of raising."""
    codecs.register_error("torchaula", _another)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):  # another kind of stream, or a closed one
            stream.reconfigure(errors="torchaula")  # type: ignore[union-attr]


def _another(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter, "?") for letter in text), error.end


def printable(text: str) -> str:
    """A text on one line without control characters, whatever a file's or person's name contained.

    Line breaks become blanks; cursor movements, direction changes and lone surrogates become `?`.
    """
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else "?" for letter in text)


def shortened(text: str, width: int) -> str:
    """A text of at most `width` columns; a longer one is cut and ends with an ellipsis."""
    from rich.cells import cell_len, set_cell_size  # imported late: only tables need it

    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"
