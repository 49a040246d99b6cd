"""Python with its words coloured, in time that grows with its length alone, whatever it holds.

Pygments' lexer for Python takes minutes for some texts of a few kilobytes (`match` and blanks), and learners
write the texts. Its style sheets know these classes.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from markupsafe import Markup, escape

LONGEST = 100_000  # characters that are marked
# Each part takes all that it can and gives nothing back (`*+`), so that nothing is looked at twice.
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
    """The lines of a text with keywords, strings, numbers and comments marked, unless it is a long one."""
    if len(text) > LONGEST:
        return [escape(line) for line in text.split("\n")]
    made = "".join(f'<span class="{kind}">{part}</span>' if kind else part for kind, part in _marked(text))
    return [Markup(line) for line in made.split("\n")]


def _marked(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a text, escaped, with their classes; none of these goes on in another line."""
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
