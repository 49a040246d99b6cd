"""Take the model solutions out of an instructor's notebook, to show them on a feedback page."""

from __future__ import annotations

from torchaula.course.markers import has
from torchaula.course.notebook import Cell, Notebook
from torchaula.report.written import Written


def model_solutions(source: Notebook) -> dict[str, Written]:
    """The model solution of each cell that has one, by the cell's id: its signature and the marked region."""
    return {
        cell.id: Written(cell.markers.published(cell.answer).strip("\n"), cell.is_code, (), "")
        for cell in source.cells
        if _has_solution(cell)
    }


def _has_solution(cell: Cell) -> bool:
    """Whether a cell holds a solution. In a cell without markers that a person grades, it may be a stub."""
    return cell.kind == "solution" or (cell.is_solution and has(cell.markers.solution, cell.source))
