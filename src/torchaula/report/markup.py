"""Turn text into HTML. Only these functions make markup, and each escapes its input."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from torchaula.findings import Row
from torchaula.report import highlighting, words

CODE = re.compile(r"(`[^`\n]+`)")
EMPHASIS = ((re.compile(r"\*\*([^*\n]+)\*\*"), "strong"), (re.compile(r"\*([^*\s][^*\n]*)\*"), "em"))


def prose(text: str, emphasis: bool = True) -> Markup:
    """Render `code`, and *emphasis* outside it, as in Markdown."""
    made = []
    for number, piece in enumerate(CODE.split(text)):
        if number % 2:
            made.append(f"<code>{escape(piece[1:-1])}</code>")
        else:
            made.append(_emphasised(str(escape(piece))) if emphasis else str(escape(piece)))
    return Markup("".join(made))


def _emphasised(escaped: str) -> str:
    for pattern, tag in EMPHASIS:
        escaped = pattern.sub(rf"<{tag}>\1</{tag}>", escaped)
    return escaped


def row(row: Row) -> Markup:
    """Render the text of a labelled line."""
    return Markup("<code>{}</code>").format(row.shown) if row.is_code else prose(row.shown, emphasis=False)


def code(text: str, named: frozenset[int] = frozenset()) -> Markup:
    """Render Python with highlighting; the style sheet adds line numbers. `named` lines are marked."""
    return Markup("\n").join(
        Markup('<span class="line{}">{}</span>').format(
            " named" if number in named else "", _said(number in named) + line
        )
        for number, line in enumerate(highlighting.lines(text.rstrip("\n")), 1)
    )


def _said(is_named: bool) -> Markup:
    """A hidden text for screen readers."""
    return Markup('<span class="unseen">({}) </span>').format(words.NAMED_LINE) if is_named else Markup("")
