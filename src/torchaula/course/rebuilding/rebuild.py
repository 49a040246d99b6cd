"""Build the notebook to grade: the instructor's notebook with the learner's answers in it.

Nothing else of a submission counts: neither its tags (one can keep a test from running) nor its kernel,
outputs, ids or locked cells. The learner's own cells stay in their places, and an edited set-up cell
stays as an own cell after the original one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property

from nbformat import NotebookNode

from torchaula.course.markers import USUAL, Markers
from torchaula.course.rebuilding import instructor
from torchaula.course.rebuilding.answered import Answers
from torchaula.course.rebuilding.definitions import one_notebook
from torchaula.course.rebuilding.instructor import Instructor
from torchaula.course.rebuilding.instructor import grade_id as grade_id
from torchaula.course.rebuilding.instructor import is_solution as is_solution
from torchaula.course.rebuilding.recognised import Recognised, recognised
from torchaula.course.rebuilding.submitted import SubmittedCell
from torchaula.course.rebuilding.work import Piece, Work
from torchaula.i18n import _

OWN = "own-"  # ids of the learner's own cells
FENCE = re.compile(r"`{3,}")
SHOWN_CHARACTERS = 20_000  # characters of Markdown; nbconvert takes quadratic time for some texts
# Markdown that could be active in a browser: tags (also as entities), links, pictures, diagrams,
# and some commands of MathJax.
ACTIVE = re.compile(
    r"<[a-z/!?]|&[#a-z]|\]\s*[(:\[]|\\(?:href|url|html\w*|class|cssid|style|data|require|def|let|newcommand|unicode)\b"
    r"|(?:```|~~~)\s*\{?\.?mermaid|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]",
    re.I,
)


@dataclass(frozen=True)
class Sorted:
    """A submission's cells, named by the instructor's cell that each stands for, and how these were found."""

    known: Instructor
    found: Recognised
    answers: Answers

    @property
    def cells(self) -> list[SubmittedCell]:
        return self.answers.cells

    @cached_property
    def work(self) -> Work:
        """The learner's work. Of several cells with one name, the last one counts."""
        chosen = {cell.name: cell for cell in self.cells}
        after, pieces = "", []
        for cell in self.cells:
            given = self.known.cells.get(cell.name)
            if given is not None and cell is chosen[cell.name]:
                after = cell.name
            if given is None or (given.wants is not None and cell is chosen[cell.name]):
                pieces.append(Piece(cell, after))
        return Work(tuple(pieces), frozenset(each.name for each in self.known.solutions))

    @property
    def is_of_assignment(self) -> bool:
        """Whether it belongs to this assignment: it has a cell of an exercise, or half of the answers."""
        named = {cell.name for cell in self.found.cells} & set(self.known.own)
        told = {name for name in named & self.found.told if not self.known.cells[name].is_telling}
        answered = {cell.name for cell in self.cells} & {cell.name for cell in self.known.solutions}
        return bool(named - told) or 2 * len(answered) >= max(1, len(self.known.solutions))


def sort(known: Instructor, submitted: Sequence[SubmittedCell]) -> Sorted:
    """Match a submission's cells to the instructor's."""
    with one_notebook():
        found = recognised(known, submitted)
        answers = Answers(known, list(found.cells), bool(found.told))
        answers.settle()
    return Sorted(known, found, answers)


def is_automatic(cell: NotebookNode) -> bool:
    """Whether nbgrader's metadata say that a test alone decides a cell's points."""
    is_graded = bool(cell.metadata.get("nbgrader", {}).get("grade"))
    return is_graded and cell.cell_type == "code" and not is_solution(cell)


def rebuild(source: NotebookNode, work: Work, markers: Markers = USUAL) -> NotebookNode:
    """The notebook to grade; `markers` are those of the course's configuration."""
    own = _own_cells(work)
    cells = list(own[""])
    for cell in deepcopy(source.cells):
        name = grade_id(cell)
        if is_solution(cell):
            released = instructor.released(cell, markers)
            given = work.answers.get(name, released)
            cell.source = given if given == released else _answer(given, cell)
        cells += [_emptied(cell), *own[name]]
    for number, cell in enumerate(each for each in cells if not each.id):
        cell.id = f"{OWN}{number}"
    return NotebookNode(cells=cells, metadata=deepcopy(source.metadata), nbformat=4, nbformat_minor=5)


def _own_cells(work: Work) -> defaultdict[str, list[NotebookNode]]:
    """The learner's own cells by the instructor's cell that they follow."""
    found: defaultdict[str, list[NotebookNode]] = defaultdict(list)
    for piece in work.own:
        found[piece.after].append(_plain(piece.cell))
    return found


def _answer(text: str, cell: NotebookNode) -> str:
    """A learner's answer, unchanged if that is safe.

    Markdown is rendered for the person who grades it, with its lists and formulas. Where it could be active
    in a browser, or is so long that it is slow, it becomes a block of code.
    """
    is_shown = cell.cell_type == "code" or (len(text) <= SHOWN_CHARACTERS and not ACTIVE.search(text))
    return text if is_shown else _fenced(text)


def _plain(cell: SubmittedCell) -> NotebookNode:
    """A learner's own cell with its text only.

    Markdown becomes a block of code, since it may hold scripts that would run in a browser.
    """
    kept = NotebookNode(cell_type=cell.cell_type, source=cell.source, id="", metadata=NotebookNode())
    if cell.cell_type == "code":
        return _emptied(kept)
    kept.source, kept.cell_type = _fenced(cell.source), "markdown"
    return kept


def _fenced(text: str) -> str:
    """A text as a fenced block of code."""
    fence = "`" * (1 + max((len(found) for found in FENCE.findall(text)), default=2))
    return text if _is_fenced(text) else f"{fence}text\n{text}\n{fence}"


def _is_fenced(text: str) -> bool:
    """Whether a text is one fenced block already, so that rebuilding twice changes nothing."""
    first, _newline, rest = text.partition("\n")
    body, _newline, last = rest.rpartition("\n")
    fence = first.removesuffix("text")
    longest = max((len(found) for found in FENCE.findall(body)), default=2)
    return first == f"{fence}text" and last == fence and set(fence) == {"`"} and len(fence) > longest


def _emptied(cell: NotebookNode) -> NotebookNode:
    if cell.cell_type == "code":
        cell.update(execution_count=None, outputs=[])
    return cell


def settled(found: Sorted) -> Iterator[str]:
    """Notes for the instructor about the decisions that were needed."""
    cells, known, answers = found.found.cells, found.known.cells, found.answers
    count = Counter(cell.name for cell in cells)
    order = [name for name in dict.fromkeys(cell.name for cell in cells) if name in known]
    retyped = {c.name for c in cells if c.name in known and known[c.name].cell_type != c.cell_type}
    gone = [name for name in known if not count[name] and name not in (*answers.elsewhere, *answers.joined)]
    if found.found.told:
        yield _("cells without their names, told by their texts: {count}").format(count=len(found.found.told))
    for text, names in (
        (_("answered in another cell: {cells}"), answers.elsewhere),
        (_("put together from a cell that was split: {cells}"), answers.joined),
        (_("the learner's own work in locked cells, kept: {cells}"), found.found.added),
        (_("cells that stood twice: {cells}"), [name for name in known if count[name] > 1]),
        (_("cells that were gone: {cells}"), gone),
        (_("cells whose type was changed: {cells}"), [name for name in known if name in retyped]),
    ):
        if names:
            yield text.format(cells=", ".join(names))
    if order != [name for name in known if name in order]:
        yield _("cells that were moved")
