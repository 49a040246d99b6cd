"""What is graded: the instructor's notebook with the learner's solutions in it.

Nothing else of a submission counts: not its tags (one can keep a test from running), not its kernel,
outputs, ids or locked cells. The learner's own cells are kept where they stood, and
so is an edited set-up cell, after the true one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from copy import deepcopy

from nbformat import NotebookNode

from torchaula.course.markers import USUAL, Markers
from torchaula.course.notebook import SETUP_TAG
from torchaula.grading.submitted import SubmittedCell
from torchaula.i18n import _

OWN = "own-"  # ids of the learner's own cells
FENCE = re.compile(r"`{3,}")
LONGEST = 20_000  # characters of Markdown; some take nbconvert time that grows with their square
# What Markdown could do in a browser: tags (also as entities), links, pictures, diagrams,
# and what MathJax makes of some commands.
ACTIVE = re.compile(
    r"<[a-z/!?]|&[#a-z]|\]\s*[(:\[]|\\(?:href|url|html\w*|class|cssid|style|data|require|def|let|newcommand|unicode)\b"
    r"|(?:```|~~~)\s*\{?\.?mermaid|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]",
    re.I,
)


def grade_id(cell: NotebookNode) -> str:
    """The id under which nbgrader knows a cell of the instructor's; empty where it doesn't."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_solution(cell: NotebookNode) -> bool:
    """Whether the learner writes in this cell of the instructor's notebook."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def rebuild(
    source: NotebookNode, submitted: Sequence[SubmittedCell], markers: Markers = USUAL
) -> NotebookNode:
    """The notebook to grade. Of several copies of a solution cell the last one counts that says something.

    `markers` are those of the course's configuration.
    """
    released = {grade_id(cell): _stub(cell, markers) for cell in source.cells if is_solution(cell)}
    stubs = {name: text.strip() for name, text in released.items()}
    submitted = [cell for cell in submitted if not _is_spare(cell, stubs, submitted)]
    chosen = {cell.name: cell for cell in submitted}  # the last one, of several
    own = _own_cells(source, submitted, chosen)
    cells = list(own[""])
    for cell in deepcopy(source.cells):
        name = grade_id(cell)
        if is_solution(cell):
            given = chosen[name].source if name in chosen else released[name]
            cell.source = given if given == released[name] else _answer(given, cell)
        cells += [_emptied(cell), *own[name]]
    for number, cell in enumerate(each for each in cells if not each.id):
        cell.id = f"{OWN}{number}"
    return NotebookNode(cells=cells, metadata=deepcopy(source.metadata), nbformat=4, nbformat_minor=5)


def _stub(cell: NotebookNode, markers: Markers) -> str:
    """A solution cell as it was released."""
    return markers.published(markers.stub(cell.source, is_code=cell.cell_type == "code"))


def _is_spare(cell: SubmittedCell, stubs: dict[str, str], submitted: Sequence[SubmittedCell]) -> bool:
    """Whether nothing is written in a copy of a solution cell, and something in another copy."""

    def is_empty(each: SubmittedCell) -> bool:
        return each.source.strip() in ("", stubs[cell.name])

    copies = (other for other in submitted if other.name == cell.name)
    return cell.name in stubs and is_empty(cell) and not all(map(is_empty, copies))


def _own_cells(
    source: NotebookNode, submitted: Sequence[SubmittedCell], chosen: dict[str, SubmittedCell]
) -> defaultdict[str, list[NotebookNode]]:
    """The learner's own cells, other copies included, by the instructor's cell that they follow."""
    known = {grade_id(cell) for cell in source.cells} - {""}
    solutions = {grade_id(cell) for cell in source.cells if is_solution(cell)}
    edited = {name for name, text in _setup(source).items() if name in chosen and chosen[name].source != text}
    found: defaultdict[str, list[NotebookNode]] = defaultdict(list)
    after = ""
    for cell in submitted:
        if cell.name in known and cell is chosen[cell.name]:
            after = cell.name
            if cell.name in edited:
                found[after].append(_plain(cell))
        elif cell.name not in known or cell.name in solutions:
            found[after].append(_plain(cell))
    return found


def _setup(source: NotebookNode) -> dict[str, str]:
    """The texts of the set-up cells. Not every editor honours a lock: an import added there shall count."""
    is_setup = (cell for cell in source.cells if SETUP_TAG in cell.metadata.get("tags", []))
    return {grade_id(cell): cell.source for cell in is_setup}


def _answer(text: str, cell: NotebookNode) -> str:
    """A learner's answer, as it was written.

    Whoever grades Markdown by hand reads it rendered, with its lists and formulas; where it could do
    something in a browser, or keep one busy with its length, it is a block of code.
    """
    is_shown = cell.cell_type == "code" or (len(text) <= LONGEST and not ACTIVE.search(text))
    return text if is_shown else _fenced(text)


def _plain(cell: SubmittedCell) -> NotebookNode:
    """A learner's own cell with its text only.

    Text is kept as code that nobody runs: in a browser, Markdown may hold scripts.
    """
    kept = NotebookNode(cell_type=cell.cell_type, source=cell.source, id="", metadata=NotebookNode())
    if cell.cell_type == "code":
        return _emptied(kept)
    kept.source, kept.cell_type = _fenced(cell.source), "markdown"
    return kept


def _fenced(text: str) -> str:
    """A text as a block of code."""
    fence = "`" * (1 + max((len(found) for found in FENCE.findall(text)), default=2))
    return text if _is_fenced(text) else f"{fence}text\n{text}\n{fence}"


def _is_fenced(text: str) -> bool:
    """Whether a text is one fenced block already, so that what was rebuilt can be rebuilt."""
    first, _newline, rest = text.partition("\n")
    body, _newline, last = rest.rpartition("\n")
    fence = first.removesuffix("text")
    longest = max((len(found) for found in FENCE.findall(body)), default=2)
    return first == f"{fence}text" and last == fence and set(fence) == {"`"} and len(fence) > longest


def _emptied(cell: NotebookNode) -> NotebookNode:
    if cell.cell_type == "code":
        cell.update(execution_count=None, outputs=[])
    return cell


def settled(source: NotebookNode, submitted: Sequence[SubmittedCell]) -> Iterator[str]:
    """What `rebuild` had to settle, for an instructor to know."""
    count = Counter(cell.name for cell in submitted)
    known = [grade_id(cell) for cell in source.cells if grade_id(cell)]
    kinds = {grade_id(cell): cell.cell_type for cell in source.cells}
    order = [name for name in dict.fromkeys(cell.name for cell in submitted) if name in kinds]
    retyped = {cell.name for cell in submitted if kinds.get(cell.name, cell.cell_type) != cell.cell_type}
    for text, names in (
        (_("cells that stood twice: {cells}"), [name for name in known if count[name] > 1]),
        (_("cells that were gone: {cells}"), [name for name in known if not count[name]]),
        (_("cells whose type was changed: {cells}"), [name for name in known if name in retyped]),
    ):
        if names:
            yield text.format(cells=", ".join(names))
    if order != [name for name in known if name in order]:
        yield _("cells that were moved")
