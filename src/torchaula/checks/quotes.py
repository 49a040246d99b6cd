"""Limit how much of a learner's values the message of a hidden cell quotes.

A learner's code sees a hidden test's inputs, and could reveal them in an exception's message or in a result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torchaula.findings import QUOTED_CHARACTERS

__all__ = ["QUOTED_CHARACTERS", "begin", "fits", "hand_out", "line", "passed_on", "take"]
CUT = "…"


def _unwritten(_number: int, _line: str) -> bool:
    return False


@dataclass
class _Quotes:
    """How many characters may still be quoted (None: any number), and how each text so far was shown.

    `test` is the cell's own text, which no learner wrote. `is_written` tells whether a line, with its number,
    is in the submission: then the learner's code did not make it while tests ran. `is_handed_out`: the test
    has taken a result out of a call; only then can learner-made text stand in what it expects or passes on.
    """

    left: int | None = None
    test: str = ""
    is_written: Callable[[int, str], bool] = _unwritten
    is_handed_out: bool = False
    shown: dict[str, str] = field(default_factory=dict)

    def is_shown(self, text: str) -> bool:
        """Whether a text was quoted already, alone or inside another one."""
        return text in self.shown or any(text in shown for shown in self.shown.values())


_quotes = _Quotes()


def begin(most: int | None, test: str = "", is_written: Callable[[int, str], bool] = _unwritten) -> None:
    """Begin a graded cell, whose message may quote `most` characters; None means no limit."""
    global _quotes
    _quotes = _Quotes(most, test, is_written)


def hand_out() -> None:
    """Note that the test takes a result out of a call, and may use it in any way."""
    _quotes.is_handed_out = True


def fits(text: str) -> bool:
    """Whether a text may be quoted in full."""
    return _quotes.left is None or len(text) <= _quotes.left or _quotes.is_shown(text)


def take(text: str) -> str:
    """Quote a text that a learner's code made, cut to what may still be quoted."""
    if _quotes.left is None:
        return text
    if not _quotes.is_shown(text):
        kept = text if len(text) <= _quotes.left else text[: max(0, _quotes.left - 1)] + CUT
        _quotes.left = max(0, _quotes.left - len(kept))
        _quotes.shown[text] = kept
    return _quotes.shown.get(text, text)


def line(number: int, text: str) -> tuple[int | None, str]:
    """The number and text of a learner's line; a line that is in the submission does not count as a quote.

    Where only the beginning of both may be quoted, the number is None and the text is that beginning.
    """
    numbered = f"{number}: {text}"
    shown = numbered if _quotes.is_written(number, text) else take(numbered)
    return (number, text) if shown == numbered else (None, shown)


def passed_on(text: str) -> str:
    """The text of a value that a test passes to a call, or expects: it may contain an earlier call's result.

    Numbers, and texts that are in the test's own text, don't count as quotes.
    """
    if not _quotes.is_handed_out:
        return text
    is_text = text.startswith(("'", '"', "b'", 'b"'))
    return take(text) if is_text and _alike(text) not in _alike(_quotes.test) else text


def _alike(text: str) -> str:
    return text.replace("'", '"')
