"""What is graded: the instructor's notebook with the learner's solutions in it.

Nothing else of a submission counts: not its tags (one can keep a test from running), not its kernel,
outputs, ids or locked cells. The learner's own cells are kept where they stood.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from copy import deepcopy

from nbformat import NotebookNode

from torchaula.course.notebook import stub
from torchaula.i18n import _


def grade_id(cell: NotebookNode) -> str:
    """The id under which nbgrader knows a cell; empty where it doesn't."""
    given = cell.metadata.get("nbgrader", {})
    return str(given.get("grade_id", "")) if isinstance(given, dict) else ""


def is_solution(cell: NotebookNode) -> bool:
    """Whether the learner writes in this cell of the instructor's notebook."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def rebuild(source: NotebookNode, submitted: NotebookNode) -> NotebookNode:
    """The notebook to grade. A solution that was copied counts as its last copy says."""
    last = {grade_id(cell): cell for cell in submitted.cells if grade_id(cell)}
    own = _own_cells(source, submitted, last)
    cells = own[""]
    for cell in deepcopy(source.cells):
        name = grade_id(cell)
        if is_solution(cell):
            cell.source = last[name].source if name in last else stub(cell.source)
        cells += [_emptied(cell), *own[name]]
    for number, cell in enumerate(each for group in own.values() for each in group):
        cell.id = f"own-{number}"
    return NotebookNode(cells=cells, metadata=source.metadata, nbformat=4, nbformat_minor=5)


def _own_cells(
    source: NotebookNode, submitted: NotebookNode, last: dict[str, NotebookNode]
) -> defaultdict[str, list[NotebookNode]]:
    """The learner's own cells, earlier copies included, by the instructor's cell that they follow."""
    known = {grade_id(cell) for cell in source.cells} - {""}
    solutions = {grade_id(cell) for cell in source.cells if is_solution(cell)}
    found: defaultdict[str, list[NotebookNode]] = defaultdict(list)
    after = ""
    for cell in submitted.cells:
        name = grade_id(cell)
        if name not in known or (name in solutions and cell is not last[name]):
            found[after].append(_plain(cell))
        elif cell is last[name]:
            after = name
    return found


def _plain(cell: NotebookNode) -> NotebookNode:
    kept = {key: cell[key] for key in ("cell_type", "source", "attachments") if key in cell}
    return _emptied(NotebookNode(**kept, id="", metadata=NotebookNode()))


def _emptied(cell: NotebookNode) -> NotebookNode:
    if cell.cell_type == "code":
        cell.update(execution_count=None, outputs=[])
    return cell


def settled(source: NotebookNode, submitted: NotebookNode) -> Iterator[str]:
    """What `rebuild` had to settle: copied and deleted cells, for an instructor to know."""
    count = Counter(map(grade_id, submitted.cells))
    known = [grade_id(cell) for cell in source.cells if grade_id(cell)]
    copied = [name for name in known if count[name] > 1]
    deleted = [name for name in known if not count[name]]
    if copied:
        yield _("cells that stood twice: {cells}").format(cells=", ".join(copied))
    if deleted:
        yield _("cells that were gone: {cells}").format(cells=", ".join(deleted))
