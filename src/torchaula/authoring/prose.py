"""Count the words of a notebook's prose, and hold it to what a learner reads in an evening.

An exercise has 350 words at most (450 where a class is written), opening and ending 450 each, the whole
4,500. Code, formulas, pictures' texts and HTML tags don't count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torchaula.course import pictures
from torchaula.course.notebook import Cell, Exercise, Notebook
from torchaula.i18n import _

EXERCISE, CLASS, OPENING, ENDING, WHOLE = 350, 450, 450, 450, 4500  # words at most
LEFT_OUT = [
    re.compile(pattern, re.M | re.S)
    for pattern in (
        r"^```.*?^```",
        r"\$\$.*?\$\$",
        pictures.ANYWHERE.pattern,
        r"``.*?``|`[^`\n]*`",
        r"<code>.*?</code>",
        r"\$[^$\n]+\$",
        r"(?<=\])\([^)]*\)",
        r"<[^>\n]+>",
    )
]


def words(text: str) -> int:
    """How many words of prose a Markdown text has."""
    for pattern in LEFT_OUT:
        text = pattern.sub(" ", text)
    return sum(any(map(str.isalnum, word)) for word in text.split())


def long_texts(notebook: Notebook) -> Iterator[str]:
    """Which texts are longer than their limit."""
    found = {
        _("the opening"): (_words(opening(notebook)), OPENING),
        _("the ending"): (_words(ending(notebook)), ENDING),
        **{name: (words(e.statement.source), _limit(e)) for name, e in notebook.exercises.items()},
        _("the whole notebook"): (_words(notebook.cells), WHOLE),
    }
    for what, (number, most) in found.items():
        if number > most:
            yield _("{what}: {number} words, at most {most}; shorten it").format(
                what=what, number=number, most=most
            )


def opening(notebook: Notebook) -> tuple[Cell, ...]:
    """The cells before the first exercise."""
    statements = [each.statement for each in notebook.exercises.values()]
    first = min(map(notebook.cells.index, statements), default=len(notebook.cells))
    return notebook.cells[:first]


def ending(notebook: Notebook) -> tuple[Cell, ...]:
    """The cells after the last exercise's last graded cell."""
    graded = [cell for each in notebook.exercises.values() for cell in each.graded]
    last = max(map(notebook.cells.index, graded), default=len(notebook.cells) - 1)
    return notebook.cells[last + 1 :]


def _words(cells: tuple[Cell, ...]) -> int:
    return sum(words(cell.source) for cell in cells if cell.is_prose)


def _limit(exercise: Exercise) -> int:
    return CLASS if re.search(r"^class ", exercise.solution.source, re.M) else EXERCISE
