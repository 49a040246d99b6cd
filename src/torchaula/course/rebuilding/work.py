"""What a learner wrote in a submission: answers to exercises, and cells of their own, each in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from torchaula.course.rebuilding.submitted import SubmittedCell
from torchaula.digests import digest


@dataclass(frozen=True)
class Piece:
    """A cell that a learner wrote, and the instructor's cell that it follows; empty: none.

    A cell that has the name of a solution cell answers that one, and follows itself.
    """

    cell: SubmittedCell
    after: str


@dataclass(frozen=True)
class Work:
    """What one learner wrote, in order; `solutions` are the names of all solution cells."""

    pieces: tuple[Piece, ...]
    solutions: frozenset[str]

    @cached_property
    def answers(self) -> dict[str, str]:
        """The text of each answer, by its solution cell; of several, the last one."""
        return {p.cell.name: p.cell.source for p in self.pieces if p.cell.name in self.solutions}

    @property
    def own(self) -> Iterator[Piece]:
        """The learner's own cells, which answer nothing."""
        return (piece for piece in self.pieces if piece.cell.name not in self.solutions)

    @cached_property
    def digest(self) -> str:
        """A digest of all that a notebook is rebuilt from, beside the instructor's."""
        return digest([(p.after, p.cell.cell_type, p.cell.name, p.cell.source) for p in self.pieces])


NOTHING = Work((), frozenset())
