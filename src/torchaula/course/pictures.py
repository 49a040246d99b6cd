"""Find the pictures that Markdown shows, whether in files or inside the text itself.

In a course they are files. In the notebook that learners take home they stand inside, as data URIs, because
Colab and VS Code see no files beside it; and so they come back in submissions.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# Anywhere in a text; its description may hold brackets, as shapes have.
ANYWHERE = re.compile(r"!\[(?P<told>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<place>[^()\s]+)\)")
INSIDE = "data:image/"  # how the place of a picture begins that stands in the text itself
_PICTURE = re.compile(r"^!\[(.*)\]\(([^()\s]+)\)$", re.M)


def placed(text: str) -> dict[str, str]:
    """The place of each picture in a text, by its description."""
    return {str(told): str(place) for told, place in _PICTURE.findall(text)}


def moved(text: str, to: Callable[[str, str], str]) -> str:
    """The text with each picture where `to`, called with its description and its place, says."""
    return _PICTURE.sub(lambda found: f"![{found[1]}]({to(found[1], found[2])})", text)
