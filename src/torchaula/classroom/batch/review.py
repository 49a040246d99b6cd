"""Find solutions that a person should look at: code that uses what could hide a call from its trace.

This is a list, not a verdict, and changes no points. Most uses are legitimate, and no such list stops a
determined cheat. `claims` says which points depend only on what the student process reports.
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
    """The suspicious `names` in a submission, each with its cell, and the solution cells they may affect.

    An exercise runs in a process forked right after its cell, so later cells can't affect it.
    """

    names: list[str]
    solutions: list[str]


def of(work: Work, known: Instructor) -> Review:
    """The suspicious names in what a learner wrote; `known` are the instructor's cells."""
    telling = _telling(work.pieces)
    return Review(list(_named(work.pieces, telling)), list(_reached(work.pieces, telling, known)))


def _telling(pieces: Sequence[Piece]) -> dict[int, list[str]]:
    """The suspicious names by cell number, for the cells that have any."""
    names = hiders.Names()
    code = ((number, each.cell) for number, each in enumerate(pieces, 1) if each.cell.cell_type == "code")
    with one_notebook():
        return {number: told for number, cell in code if (told := list(hiders.in_text(cell.source, names)))}


def _named(pieces: Sequence[Piece], telling: Mapping[int, Sequence[str]]) -> dict[str, None]:
    """Each name once, with its cell, in order."""
    cells = {number: each.cell.name or str(number) for number, each in enumerate(pieces, 1)}
    return {f"{cells[number]}: {name}": None for number, names in telling.items() for name in names}


def _reached(
    pieces: Sequence[Piece], telling: Mapping[int, Sequence[str]], known: Instructor
) -> Iterator[str]:
    """The solution cells that are suspicious themselves or come after a suspicious cell."""
    above = [known.cells[name].place if (name := pieces[number - 1].after) else 0 for number in telling]
    yield from (each.name for each in known.solutions if above and each.place >= min(above))
