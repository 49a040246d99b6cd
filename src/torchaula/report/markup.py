"""Turn text into HTML. Only these functions make markup, and each escapes its input."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup, escape

from torchaula.findings import Row
from torchaula.report import formulas, highlighting, words

CODE = r"`(?P<code>[^`\n]+)`"
FORMULA = r"\$\$(?P<block>[^$]+)\$\$|\$(?P<formula>[^$\n]+)\$"
PROSE, TAUGHT = re.compile(CODE), re.compile(f"{CODE}|{FORMULA}")
EMPHASIS = ((re.compile(r"\*\*([^*\n]+)\*\*"), "strong"), (re.compile(r"\*([^*\s][^*\n]*)\*"), "em"))


def prose(text: str, emphasis: bool = True) -> Markup:
    """Render `code`, and *emphasis* outside it, as in Markdown."""
    return _rendered(PROSE, text, _emphasised if emphasis else str)


def taught(text: str) -> Markup:
    """Render a text of a statement: as `prose`, with its $formulas$."""
    return _rendered(TAUGHT, text, _emphasised)


def _rendered(special: re.Pattern[str], text: str, plain: Callable[[str], str]) -> Markup:
    """Render the `special` pieces of a text; `plain` renders the others, which are escaped already."""
    made, end = [], 0
    for found in special.finditer(text):
        made += [plain(str(escape(text[end : found.start()]))), _special(found)]
        end = found.end()
    return Markup("".join([*made, plain(str(escape(text[end:])))]))


def _special(found: re.Match[str]) -> Markup:
    kind, text = found.lastgroup, str(found[found.lastgroup or 0])
    if kind == "code":
        return Markup("<code>{}</code>").format(text)
    return formulas.mathml(text, is_block=kind == "block")


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
