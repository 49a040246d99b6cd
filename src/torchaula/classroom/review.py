"""Solutions that a person should look at: code that reaches for what could hide a call from its trace.

A list, not a verdict: who names one of these has usually good reasons, and whoever means to can evade any
list. Points stand. Which of them hang on a mere claim of the student's process is told beside it (`claims`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from torchaula.classroom import hiders
from torchaula.course.markers import Markers
from torchaula.grading.definitions import one_notebook
from torchaula.grading.rebuild import Sorted, sort
from torchaula.grading.submitted import SubmittedCell, read


@dataclass(frozen=True)
class Review:
    """The telling `names` of a submission, each with its cell; and the solution cells that they may reach.

    An exercise is served by a fork that is taken at its place: what runs later can't reach it.
    """

    names: list[str]
    solutions: list[str]


def of(source: NotebookNode, submitted: bytes, markers: Markers) -> Review:
    """The telling names in what a learner wrote: solutions and cells of their own."""
    found = sort(source, read(submitted), markers)
    telling = _telling(found.own)
    return Review(list(_told(found.own, telling)), list(_reached(found, telling)))


def reaches(cells: Sequence[SubmittedCell]) -> list[str]:
    """The telling names in a submission's code, each with its cell, in order."""
    return list(_told(cells, _telling(cells)))


def _telling(cells: Sequence[SubmittedCell]) -> dict[int, list[str]]:
    """The telling names of cells, by identity: two may be called the same."""
    names = hiders.Names()
    found = ((id(cell), cell) for cell in cells if cell.cell_type == "code")
    with one_notebook():
        return {key: told for key, cell in found if (told := list(hiders.in_text(cell.source, names)))}


def _told(cells: Sequence[SubmittedCell], telling: Mapping[int, Sequence[str]]) -> dict[str, None]:
    return {
        f"{cell.name or number}: {name}": None
        for number, cell in enumerate(cells, 1)
        for name in telling.get(id(cell), ())
    }


def _reached(found: Sorted, telling: Mapping[int, Sequence[str]]) -> Iterator[str]:
    """The solution cells that a telling cell is, or may stand before."""
    known, above, places = found.known.cells, 0, []
    for cell in found.cells:
        above = known[cell.name].place if cell.name in known else above
        places += [above] if id(cell) in telling else []
    yield from (each.name for each in found.known.solutions if places and each.place >= min(places))
