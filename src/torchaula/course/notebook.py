"""Read an instructor notebook into a course's terms: set-up, exercises, graded cells and their points."""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning

from torchaula.course import text_files
from torchaula.course.markers import USUAL, Markers, has
from torchaula.errors import Refusal
from torchaula.files import whole
from torchaula.i18n import _

STATEMENT, PUBLIC = "enunciado", "publico"
HIDDEN = ("valores", "bordes", "gradiente")
SETUP_TAG, DEMO_TAG = "setup", "demo"
BY_HAND = ("written", "manual", "task")
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
FIRST_WITH_IDS = 5  # the first minor version of the notebook format in which cells have ids


@dataclass(frozen=True)
class Cell:
    """One cell; `id` is its `grade_id`, or its notebook id where it has no nbgrader metadata.

    Only code cells that are graded automatically have the kind `graded`. A person grades an answer in
    Markdown (`written`) or in code (`manual`), and a `task`, which learners answer in own cells below it.
    """

    id: str
    kind: str  # markdown, setup, demo, solution, graded, written, manual, task or free
    source: str
    points: float = 0
    is_recorded: bool = False  # whether nbgrader's gradebook keeps its text
    is_solution: bool = False  # whether the learner writes in it
    is_code: bool = True
    markers: Markers = USUAL

    @property
    def exercise(self) -> str:
        """The exercise that the cell belongs to: `conv2d` of `conv2d`, `conv2d-bordes`, …"""
        head, _, tail = self.id.rpartition("-")
        return head if tail in (STATEMENT, PUBLIC, *HIDDEN) else self.id

    @property
    def aspect(self) -> str:
        """The last part of the id of a statement or graded cell."""
        return self.id.rpartition("-")[2]

    @property
    def is_hidden(self) -> bool:
        return has(self.markers.hidden, self.source)

    @property
    def is_automatic(self) -> bool:
        """Whether a test alone decides its points."""
        return self.kind == "graded"

    @property
    def recorded(self) -> str:
        """The text that nbgrader's gradebook stores: for a solution cell, the stub that learners receive."""
        return self.markers.stub(self.source, is_code=self.is_code) if self.is_solution else self.source

    @property
    def released(self) -> str:
        """The text that learners receive."""
        return self.markers.published(self.recorded)

    @property
    def answer(self) -> str:
        """The model solution, as a learner would submit it."""
        return self.markers.answer(self.source)

    @property
    def is_prose(self) -> bool:
        return self.kind in ("markdown", "written", "task")

    @property
    def is_by_hand(self) -> bool:
        """Whether a person grades it."""
        return self.kind in BY_HAND


@dataclass(frozen=True)
class Exercise:
    """The neighbouring cells of one exercise."""

    id: str
    statement: Cell
    solution: Cell
    graded: tuple[Cell, ...]

    @property
    def points(self) -> float:
        return sum(cell.points for cell in self.graded)


@dataclass(frozen=True)
class Part:
    """A unit that has points: an exercise, or one cell that a person grades."""

    id: str
    cells: tuple[Cell, ...]

    @property
    def points(self) -> float:
        return sum(cell.points for cell in self.cells)


@dataclass(frozen=True)
class Notebook:
    """The cells of one instructor notebook in order."""

    assignment: str
    cells: tuple[Cell, ...]

    @property
    def setup(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.kind == "setup")

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """Exercises by id, in the order of their solution cells."""
        found, names = {}, Counter(cell.exercise for cell in self.cells)
        for cell in self.cells:
            if cell.kind == "solution" and names[cell.id] > 1:  # else it is an answer without tests
                found[cell.id] = self._exercise(cell)
        return found

    @cached_property
    def parts(self) -> dict[str, Part]:
        """Exercises, and cells that a person grades, by id and in order."""
        found = {}
        for cell in self.cells:
            if cell.id in self.exercises:
                found[cell.id] = Part(cell.id, self.exercises[cell.id].graded)
            elif cell.is_by_hand:
                found[cell.id] = Part(cell.id, (cell,))
        return found

    @property
    def points(self) -> float:
        """The points of the whole notebook."""
        return sum(part.points for part in self.parts.values())

    def _exercise(self, solution: Cell) -> Exercise:
        own = [cell for cell in self.cells if cell.exercise == solution.id]
        statements = [cell for cell in own if cell.kind == "markdown" and cell.aspect == STATEMENT]
        if not statements:
            missing = f"{solution.id}-{STATEMENT}"
            raise Refusal(_("{name}: no cell {cell!r}; add it").format(name=self.assignment, cell=missing))
        graded = tuple(cell for cell in own if cell.kind == "graded")
        return Exercise(solution.id, statements[0], solution, graded)

    @property
    def automatic(self) -> tuple[str, ...]:
        """The ids of the cells whose points a test alone decides."""
        return tuple(cell.id for cell in self.cells if cell.is_automatic)

    def answered(self, solutions: Mapping[str, str]) -> Notebook:
        """The same notebook with these solutions, by exercise, in place of its own; the others are empty."""
        cells = (
            replace(cell, source=solutions.get(cell.id, "")) if cell.kind in ("solution", "manual") else cell
            for cell in self.cells
        )
        return Notebook(self.assignment, tuple(cells))

    def exercise(self, name: str) -> Exercise:
        """The exercise called `name`. Raises `Refusal` naming those that exist."""
        if name not in self.exercises:
            known = ", ".join(self.exercises)
            raise Refusal(
                _("{assignment}: there is no exercise {name!r}; there are: {known}").format(
                    assignment=self.assignment, name=name, known=known
                )
            )
        return self.exercises[name]


def read(path: Path) -> NotebookNode:
    """The notebook file at `path`. Raises `Refusal` where it is missing or not a notebook."""
    try:
        written = text_files.read(path)
    except FileNotFoundError:
        raise Refusal(_("{path}: there is no such notebook").format(path=path)) from None
    try:
        return loads(written)
    except Exception as error:  # nbformat raises many unrelated exceptions for broken JSON
        raise Refusal(
            _("{path}: not a valid notebook ({reason}); save it again in Jupyter").format(
                path=path, reason=_first_line(error)
            )
        ) from None


def write(node: NotebookNode, path: Path) -> None:
    """Write a notebook file atomically."""
    with whole(path) as file:
        file.write_text(text(node), encoding="utf-8")


def loads(text: str) -> NotebookNode:
    """Parse a notebook's text; make new ids for cells whose id is missing or not unique.

    Notebooks from before version 4.5 have no ids. Their new ids are the same at every reading, so that all
    that is made from a notebook is the same too.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingIDFieldWarning)
        warnings.simplefilter("ignore", DuplicateCellId)
        had_ids = _has_ids(text)
        node: NotebookNode = nbformat.reads(text, as_version=4)
    if not had_ids:
        _name_cells(node)
    return node


def _has_ids(text: str) -> bool:
    """Whether all cells have an id; False where the text is not a notebook."""
    content = json.loads(text)
    cells = content.get("cells") if isinstance(content, dict) else None
    return isinstance(cells, list) and all(isinstance(cell, dict) and cell.get("id") for cell in cells)


def _name_cells(node: NotebookNode) -> None:
    """Give each cell an id: its `grade_id`, or else one from its position."""
    taken: set[str] = set()
    for number, cell in enumerate(node.cells):
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        is_free = isinstance(name, str) and CELL_ID.fullmatch(name) and name not in taken
        cell["id"] = name if is_free else f"cell-{number}"
        taken.add(cell["id"])
    node.nbformat_minor = max(node.nbformat_minor, FIRST_WITH_IDS)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def text(node: NotebookNode) -> str:
    """A notebook as the text of its file: keys sorted, each source line on a line of its own.

    It is not validated: what is written here was read, and so validated, or made by `nbformat`.
    """
    written: str = nbformat.v4.writes(node)
    return written.rstrip("\n") + "\n"


def parse(node: NotebookNode, assignment: str, markers: Markers = USUAL) -> Notebook:
    """The `Notebook` for a notebook file's content; `markers` are those of the course's configuration."""
    return Notebook(assignment, tuple(_cell(cell, markers) for cell in node.cells))


def load(path: Path, markers: Markers = USUAL) -> Notebook:
    """The `Notebook` for the file at `path`, whose name is the assignment's."""
    return parse(read(path), path.stem, markers)


def _cell(node: NotebookNode, markers: Markers) -> Cell:
    nbgrader: Mapping[str, Any] = node.metadata.get("nbgrader", {})
    identifier = nbgrader.get("grade_id") or node.get("id", "")
    kind = _kind(node, nbgrader)
    points = _points(nbgrader.get("points", 0), identifier) if kind in ("graded", *BY_HAND) else 0.0
    recorded = any(nbgrader.get(role) for role in ("grade", "solution", "locked", "task"))
    is_code, is_solution = node.cell_type == "code", bool(nbgrader.get("solution"))
    return Cell(identifier, kind, node.source, points, recorded, is_solution, is_code, markers)


def _kind(node: NotebookNode, nbgrader: Mapping[str, Any]) -> str:
    is_grade, is_solution = nbgrader.get("grade"), nbgrader.get("solution")
    if nbgrader.get("task"):
        return "task"
    if node.cell_type != "code":
        return "written" if is_grade or is_solution else "markdown"
    if is_grade:
        return "manual" if is_solution else "graded"
    if is_solution:
        return "solution"
    return next((tag for tag in (SETUP_TAG, DEMO_TAG) if tag in node.metadata.get("tags", [])), "free")


def _points(given: object, identifier: str) -> float:
    """A cell's points, which may be a fraction. Raises `Refusal` where they are no valid number."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < float("inf"):
        raise Refusal(
            _("{id}: {points!r} points; make them a number, 0 or more").format(id=identifier, points=given)
        )
    return float(given)
