"""What a learner's code made, as messages quote it: in a hidden cell, at most so much of it in all.

A learner's code sees what a hidden test asks, and could tell it in an exception's message or in a result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

MOST = 120  # characters, of all quotes in a hidden cell's message
CUT = "…"


def _unwritten(_number: int, _line: str) -> bool:
    return False


@dataclass
class _Quotes:
    """What may still be quoted, in characters (None: anything), and how each text so far was shown.

    `test` is the cell's own text, which is none of the learner's making. `is_written` says whether a line
    stands, with its number, in what was handed in: then it was not made while tests ran.
    """

    left: int | None = None
    test: str = ""
    is_written: Callable[[int, str], bool] = _unwritten
    shown: dict[str, str] = field(default_factory=dict)

    def is_shown(self, text: str) -> bool:
        """Whether a text says nothing new."""
        return text in self.shown or any(text in shown for shown in self.shown.values())


_quotes = _Quotes()


def begin(most: int | None, test: str = "", is_written: Callable[[int, str], bool] = _unwritten) -> None:
    """A graded cell begins, whose message may quote `most` characters; None: as much as there is."""
    global _quotes
    _quotes = _Quotes(most, test, is_written)


def fits(text: str) -> bool:
    """Whether a text may be quoted whole."""
    return _quotes.left is None or len(text) <= _quotes.left or _quotes.is_shown(text)


def take(text: str) -> str:
    """A text that a learner's code made, or as much of it as may be quoted."""
    if _quotes.left is None:
        return text
    if not _quotes.is_shown(text):
        kept = text if len(text) <= _quotes.left else text[: max(0, _quotes.left - 1)] + CUT
        _quotes.left = max(0, _quotes.left - len(kept))
        _quotes.shown[text] = kept
    return _quotes.shown.get(text, text)


def line(number: int, text: str) -> tuple[int | None, str]:
    """The number and the text of a line of the learner's own: free where it was handed in so.

    Where only the beginning of both may be quoted, that is a text without a number.
    """
    numbered = f"{number}: {text}"
    shown = numbered if _quotes.is_written(number, text) else take(numbered)
    return (number, text) if shown == numbered else (None, shown)


def passed_on(text: str) -> str:
    """A value, as it is written, in what a test gives to a call: what an earlier call returned may be in it.

    Free are numbers, and texts that stand so in the test itself.
    """
    is_text = text.startswith(("'", '"', "b'", 'b"'))
    return take(text) if is_text and _alike(text) not in _alike(_quotes.test) else text


def _alike(text: str) -> str:
    return text.replace("'", '"')
