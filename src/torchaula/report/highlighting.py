"""Highlight Python code in time that grows linearly with its length, whatever it contains.

Pygments' lexer for Python takes minutes for some texts of a few kilobytes (`match` and blanks), and learners
write the texts. The classes are those of Pygments' style sheets.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from markupsafe import Markup, escape

HIGHLIGHTED_CHARACTERS = 100_000  # characters; longer texts are not highlighted
# The quantifiers are possessive (`*+`): without backtracking, no character is read twice.
TOKEN = re.compile(
    r"""
    (?P<c> \#[^\n]*+ )
  | (?P<s> (?:[rR][bBfF]?+|[bBfF][rR]?+|[uU])?+
      (?: "{3} (?:\\.|[^"\\]|"(?!""))*+ (?:"{3}|\\?\Z)
        | '{3} (?:\\.|[^'\\]|'(?!''))*+ (?:'{3}|\\?\Z)
        | " (?:\\.|[^"\\\n])*+ "?+
        | ' (?:\\.|[^'\\\n])*+ '?+ ) )
  | (?P<m> \d[\w.]*+ )
  | (?P<w> [^\W\d]\w*+ )
    """,
    re.VERBOSE | re.DOTALL,
)


def lines(text: str) -> list[Markup]:
    """The highlighted lines of a text: keywords, strings, numbers, comments. Long texts are only escaped."""
    if len(text) > HIGHLIGHTED_CHARACTERS:
        return [escape(line) for line in text.split("\n")]
    made = "".join(f'<span class="{kind}">{part}</span>' if kind else part for kind, part in _marked(text))
    return [Markup(line) for line in made.split("\n")]


def _marked(text: str) -> Iterator[tuple[str, str]]:
    """The escaped parts of a text with their classes; a part with a class never spans lines."""
    end = 0
    for found in TOKEN.finditer(text):
        yield "", str(escape(text[end : found.start()]))
        kind = found.lastgroup or ""
        if kind == "w":
            kind = "k" if keyword.iskeyword(found[0]) else ""
        for number, part in enumerate(found[0].split("\n")):
            if number:
                yield "", "\n"
            if part:
                yield kind, str(escape(part))
        end = found.end()
    yield "", str(escape(text[end:]))
