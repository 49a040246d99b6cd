"""Solutions that a person should look at: code that reaches for what could hide a call from its trace.

A list, not a verdict: who names one of these has usually good reasons, and whoever means to can evade any
list. Points stand. Which of them hang on a mere claim of the student's process is told beside it (`claims`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torchaula.classroom.batch import hiders
from torchaula.course.rebuilding.definitions import one_notebook
from torchaula.course.rebuilding.instructor import Instructor
from torchaula.course.rebuilding.work import Piece, Work


@dataclass(frozen=True)
class Review:
    """The telling `names` of a submission, each with its cell; and the solution cells that they may reach.

    An exercise is served by a fork that is taken at its place: what runs later can't reach it.
    """

    names: list[str]
    solutions: list[str]


def of(work: Work, known: Instructor) -> Review:
    """The telling names in what a learner wrote; `known` are the instructor's cells."""
    telling = _telling(work.pieces)
    return Review(list(_told(work.pieces, telling)), list(_reached(work.pieces, telling, known)))


def _telling(pieces: Sequence[Piece]) -> dict[int, list[str]]:
    """The telling names of the cells that have any, by the cell's number."""
    names = hiders.Names()
    code = ((number, each.cell) for number, each in enumerate(pieces, 1) if each.cell.cell_type == "code")
    with one_notebook():
        return {number: told for number, cell in code if (told := list(hiders.in_text(cell.source, names)))}


def _told(pieces: Sequence[Piece], telling: Mapping[int, Sequence[str]]) -> dict[str, None]:
    """Each name once, with the cell that it stands in, in order."""
    cells = {number: each.cell.name or str(number) for number, each in enumerate(pieces, 1)}
    return {f"{cells[number]}: {name}": None for number, names in telling.items() for name in names}


def _reached(
    pieces: Sequence[Piece], telling: Mapping[int, Sequence[str]], known: Instructor
) -> Iterator[str]:
    """The solution cells that a telling cell is, or stands before."""
    above = [known.cells[name].place if (name := pieces[number - 1].after) else 0 for number in telling]
    yield from (each.name for each in known.solutions if above and each.place >= min(above))
