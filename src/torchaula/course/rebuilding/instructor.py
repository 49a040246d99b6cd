"""Describe the instructor's notebook, to compare submissions with: names, released texts, wanted bodies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

from nbformat import NotebookNode

from torchaula.course.markers import Markers
from torchaula.course.notebook import SETUP_TAG, STATEMENT
from torchaula.course.pictures import INSIDE, moved, placed
from torchaula.course.rebuilding.definitions import Wanted, wanted
from torchaula.course.rebuilding.submitted import SubmittedCell

FAR = 10**6  # greater than every place
NOTHING_WANTED = Wanted(frozenset(), frozenset())
TELLING = 60  # characters without blanks: so long a text is hardly in another assignment by chance


def grade_id(cell: NotebookNode) -> str:
    """The id of an instructor's cell in nbgrader; empty where it has none."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_solution(cell: NotebookNode) -> bool:
    """Whether the learner writes in this cell of the instructor's notebook."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def squeezed(text: str) -> str:
    """A text without its blanks and line ends, which tools change."""
    return "".join(text.split())


def lines_of(text: str) -> list[str]:
    """The lines of a text that are not blank, stripped."""
    return [stripped for line in text.splitlines() if (stripped := line.strip())]


@dataclass(frozen=True)
class KnownCell:
    """A cell with an nbgrader id: `text` is the released form of its `source`, `place` its number."""

    name: str
    place: int
    cell_type: str
    source: str
    text: str
    wants: Wanted | None  # None where it is not a solution cell
    is_graded: bool
    is_setup: bool

    @cached_property
    def squeezed(self) -> str:
        return squeezed(self.text)

    @cached_property
    def lines(self) -> list[str]:
        return lines_of(self.text)

    def is_given(self, text: str) -> bool:
        """Whether a text is this cell's, as the instructor or a learner has it."""
        if self.wants is None and text == self.source:
            return True  # the notebook was rebuilt before, so it has the hidden tests
        return text == self.text or squeezed(text) == self.squeezed

    @property
    def is_telling(self) -> bool:
        return len(self.squeezed) >= TELLING


@dataclass(frozen=True)
class Instructor:
    """The cells of an instructor's notebook by name, in order; `markers` are those of the course."""

    cells: dict[str, KnownCell]
    markers: Markers

    @cached_property
    def solutions(self) -> list[KnownCell]:
        return [cell for cell in self.cells.values() if cell.wants is not None]

    @cached_property
    def own(self) -> Collection[str]:
        """The names of exercises' cells; other cells may have the same names in other assignments."""
        of_exercises = {cell.name for cell in self.cells.values() if cell.wants is not None or cell.is_graded}
        statements = {f"{name}-{STATEMENT}" for name in of_exercises} & self.cells.keys()
        return of_exercises | statements or set(self.cells)

    @cached_property
    def pictures(self) -> dict[str, str]:
        """The files of the pictures that the cells show, by what describes them."""
        return {told: place for cell in self.cells.values() for told, place in placed(cell.text).items()}

    def with_files(self, cell: SubmittedCell) -> SubmittedCell:
        """A cell whose pictures are in files again, as before the notebook was packed for learners."""
        if INSIDE not in cell.source:
            return cell
        return replace(cell, source=moved(cell.source, lambda told, place: self.pictures.get(told, place)))

    def is_released(self, cell: SubmittedCell) -> bool:
        """Whether a cell is empty, or still has the text that was released under its name."""
        return not cell.source.strip() or self.cells[cell.name].is_given(cell.source)

    def last_graded(self, solution: KnownCell) -> int:
        """The place of an exercise's last graded cell, or of the next exercise where it has none."""
        later = [cell for cell in self.cells.values() if cell.place > solution.place]
        end = next((cell.place for cell in later if cell.wants is not None), FAR)
        return max((cell.place for cell in later if cell.is_graded and cell.place < end), default=end)


def of(source: NotebookNode, markers: Markers) -> Instructor:
    """The description of the cells of `source`."""
    cells = (_known(cell, place, markers) for place, cell in enumerate(source.cells) if grade_id(cell))
    return Instructor({cell.name: cell for cell in cells}, markers)


def _known(cell: NotebookNode, place: int, markers: Markers) -> KnownCell:
    text = released(cell, markers)
    wants = wanted(cell.source, text) if is_solution(cell) and cell.cell_type == "code" else NOTHING_WANTED
    is_setup = SETUP_TAG in cell.metadata.get("tags", [])
    is_graded = bool(cell.metadata.get("nbgrader", {}).get("grade"))
    kept = wants if is_solution(cell) else None
    return KnownCell(grade_id(cell), place, cell.cell_type, cell.source, text, kept, is_graded, is_setup)


def released(cell: NotebookNode, markers: Markers) -> str:
    """A cell's text in the form that learners receive."""
    is_code = cell.cell_type == "code"
    text = markers.stub(cell.source, is_code=is_code) if is_solution(cell) else cell.source
    return markers.published(text)
