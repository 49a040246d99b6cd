"""Hold what a learner wrote in a submission: answers to exercises and own cells, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from torchaula.course.rebuilding.submitted import SubmittedCell
from torchaula.digests import digest


@dataclass(frozen=True)
class Piece:
    """A cell that a learner wrote, and the instructor's cell that it follows ("" at the start).

    A cell with the name of a solution cell is its answer, and `after` is that same name.
    """

    cell: SubmittedCell
    after: str


@dataclass(frozen=True)
class Work:
    """All cells that one learner wrote, in order; `solutions` are the names of all solution cells."""

    pieces: tuple[Piece, ...]
    solutions: frozenset[str]

    @cached_property
    def answers(self) -> dict[str, str]:
        """The text of each answer by its solution cell; of several answers, the last one."""
        return {p.cell.name: p.cell.source for p in self.pieces if p.cell.name in self.solutions}

    @property
    def own(self) -> Iterator[Piece]:
        """The learner's own cells, which answer no exercise."""
        return (piece for piece in self.pieces if piece.cell.name not in self.solutions)

    @cached_property
    def digest(self) -> str:
        """A digest of all that a notebook is rebuilt from, except the instructor's notebook."""
        return digest([(p.after, p.cell.cell_type, p.cell.name, p.cell.source) for p in self.pieces])


NO_WORK = Work((), frozenset())
