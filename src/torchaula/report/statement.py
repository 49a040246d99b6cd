"""Extract from an exercise's statement what the feedback page repeats: its heading and its hints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

DETAILS = re.compile(r"<details>\s*<summary>(Pista .*?)</summary>\s*(.*?)\s*</details>", re.S)
TAGS = re.compile(r"</?code>")


@dataclass(frozen=True)
class Hint:
    """A staged hint: its title, and its paragraphs in the light Markdown of `markup.taught`."""

    title: str
    paragraphs: tuple[str, ...]


def heading(source: str) -> str:
    """The text of the first heading of a Markdown cell; empty if there is none."""
    found = re.search(r"^#+ +(.+?)\s*$", source, re.M)
    return found[1] if found else ""


def hints(source: str) -> Iterator[Hint]:
    """The hints of a statement, in order; what else is folded there is none."""
    for title, body in DETAILS.findall(source):
        paragraphs = re.split(r"\n\s*\n", body)
        yield Hint(TAGS.sub("`", title).strip(), tuple(filter(None, map(str.strip, paragraphs))))
