"""Find and remove the text between markers, as nbgrader does when it releases a notebook.

nbgrader looks for its delimiters anywhere in a line, and replaces a solution cell without delimiters whole.
A test compares these functions with its own preprocessors, which are too slow to import in a worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import msgspec

from torchaula.i18n import _

Pair = tuple[str, str]


class Region(Enum):
    """The place of a line relative to the markers."""

    OUTSIDE = "outside"
    BEGIN = "begin"
    INSIDE = "inside"
    END = "end"


class Markers(msgspec.Struct, frozen=True):
    """A course's delimiters and stubs, which nbgrader's configuration may change."""

    solution: Pair = ("BEGIN SOLUTION", "END SOLUTION")
    hidden: Pair = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
    scheme: Pair = ("BEGIN MARK SCHEME", "END MARK SCHEME")
    code_stub: str = "# ESCRIBE AQUÍ TU CÓDIGO"
    text_stub: str = "*Escribe aquí tu respuesta.*"
    autotest: str = "AUTOTEST"

    @property
    def words(self) -> tuple[str, ...]:
        """All delimiters."""
        return (*self.solution, *self.hidden, *self.scheme)

    def is_autotest(self, line: str) -> bool:
        """Whether nbgrader would write tests in place of a line."""
        return self.autotest in line and line.lstrip().startswith("#")

    def stub(self, source: str, *, is_code: bool = True, text: str | None = None) -> str:
        """A solution cell as the learner receives it; `text` replaces the course's stub."""
        if text is None:
            text = self.code_stub if is_code else self.text_stub
        if not has(self.solution, source):
            return text
        kept: list[str] = []
        for part, line in parts(self.solution, source):
            if part is Region.BEGIN:
                indent = line[: len(line) - len(line.lstrip())]
                kept += [indent + each for each in text.split("\n")]
            elif part is Region.OUTSIDE:
                kept.append(line)
        return "\n".join(kept)

    def answer(self, source: str) -> str:
        """A solution cell as a learner would submit it: the model solution without its markers."""
        lines = (
            line for part, line in parts(self.solution, source) if part in (Region.OUTSIDE, Region.INSIDE)
        )
        return "\n".join(lines).rstrip("\n")

    def published(self, source: str) -> str:
        """A cell without hidden tests and mark schemes, which learners never see."""
        return outside(self.scheme, outside(self.hidden, source))

    def faults(self, source: str) -> Iterator[str]:
        """Why nbgrader would not release a cell with these markers."""
        for begin, end in (self.solution, self.hidden, self.scheme):
            found = list(parts((begin, end), source))
            if any(begin in line for part, line in found if part is Region.INSIDE):
                yield _("{begin!r} stands inside another one").format(begin=begin)
            elif found[-1][0] in (Region.BEGIN, Region.INSIDE):
                yield _("{begin!r} without {end!r}").format(begin=begin, end=end)


USUAL = Markers()  # nbgrader's own delimiters, and the stubs of this course


def parts(pair: Pair, source: str) -> Iterator[tuple[Region, str]]:
    """Each line of a text, with its place relative to the markers."""
    is_inside = False
    for line in source.split("\n"):
        if pair[0] in line and not is_inside:
            is_inside = True
            yield Region.BEGIN, line
        elif pair[1] in line and pair[0] not in line:
            is_inside = False
            yield Region.END, line
        else:
            yield Region.INSIDE if is_inside else Region.OUTSIDE, line


def has(pair: Pair, source: str) -> bool:
    """Whether a marked region begins in a text."""
    return pair[0] in source


def outside(pair: Pair, source: str) -> str:
    """A text without its marked regions."""
    return "\n".join(line for part, line in parts(pair, source) if part is Region.OUTSIDE)


def inside(pair: Pair, source: str) -> str:
    """The lines in the marked regions of a text."""
    return "\n".join(line for part, line in parts(pair, source) if part is Region.INSIDE)
