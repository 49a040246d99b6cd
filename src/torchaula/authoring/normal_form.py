"""Write instructor notebooks in one normal form, so that a diff in git shows only real changes.

No outputs and no execution counts; a cell's id is its `grade_id`; no metadata but nbgrader's, the course's
tags, whether a graded cell is collapsed, and the kernel's name. What cells say of points, numbers and minutes
is true (`derived`). ruff formats the code, not this module.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from torchaula.authoring import derived
from torchaula.course import notebook
from torchaula.course.notebook import DEMO_TAG, SETUP_TAG
from torchaula.errors import Refusal
from torchaula.i18n import _

KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
ROLES = ("grade", "locked", "solution", "task")
NBGRADER_KEYS = {*ROLES, "grade_id", "points", "schema_version"}
TAGS = {SETUP_TAG, DEMO_TAG}


def mend(path: Path) -> bool:
    """Write the notebook at `path` in its normal form; returns whether that changed it."""
    mended = written(notebook.read(path), path.stem)
    if is_other := notebook.text(mended).encode() != path.read_bytes():
        notebook.write(mended, path)
    return is_other


def normal(node: NotebookNode) -> NotebookNode:
    """A copy of the notebook in normal form, whatever its cells say."""
    cells = [_normal_cell(cell) for cell in node.cells]
    return NotebookNode(cells=cells, metadata=deepcopy(KERNEL), nbformat=4, nbformat_minor=5)


def written(node: NotebookNode, assignment: str) -> NotebookNode:
    """A copy of an assignment's notebook as it should stand in its file."""
    new = normal(node)
    texts = _derived(new, assignment)
    for cell in new.cells:
        cell.source = texts.get(cell.id, cell.source)
    return new


def _derived(node: NotebookNode, assignment: str) -> dict[str, str]:
    """The texts of cells that should say something else; none where the notebook has a worse fault."""
    try:
        return derived.changes(notebook.parse(node, assignment))
    except Refusal:
        return {}


def _normal_cell(cell: NotebookNode) -> NotebookNode:
    identifier = cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id", "")
    new = NotebookNode(
        cell_type=cell.cell_type, id=identifier, metadata=_metadata(cell), source=cell.source.rstrip()
    )
    if cell.cell_type == "code":
        new.update(execution_count=None, outputs=[])
    return new


def _metadata(cell: NotebookNode) -> dict[str, Any]:
    """The metadata of a cell that the course reads. Keys are sorted when it is written."""
    metadata: dict[str, Any] = {}
    given = cell.metadata.get("nbgrader", {})
    if given:
        metadata["nbgrader"] = {key: given[key] for key in NBGRADER_KEYS & given.keys()}
        for role in ROLES:
            metadata["nbgrader"].setdefault(role, False)
        if _is_whole(given.get("points")):
            metadata["nbgrader"]["points"] = int(given["points"])
        if not given.get("grade") and not given.get("task"):
            metadata["nbgrader"].pop("points", None)
    tags = [tag for tag in cell.metadata.get("tags", []) if tag in TAGS]
    if tags:
        metadata["tags"] = sorted(set(tags))
    if cell.metadata.get("jupyter", {}).get("source_hidden") and given.get("grade"):
        metadata["jupyter"] = {"source_hidden": True}  # a learner sees the answer, the check and its message
    return metadata


def _is_whole(points: object) -> bool:
    return isinstance(points, int | float) and float(points).is_integer()


def _is_by_hand(cell: NotebookNode) -> bool:
    """Whether a person grades it. Only then may points be fractions."""
    given = cell.metadata.get("nbgrader", {})
    return bool(given.get("task") or (given.get("grade") and given.get("solution")))


def faults(path: Path) -> Iterator[str]:
    """How the notebook at `path` differs from its normal form: the cell, the fault, the remedy."""
    node = notebook.read(path)
    found = list(_cell_faults(node))
    yield from found
    if not found and path.read_bytes() != notebook.text(written(node, path.stem)).encode():
        yield _("not written in the normal form; run `make format`")


def _cell_faults(node: NotebookNode) -> Iterator[str]:
    cells = [(cell, _normal_cell(cell)) for cell in node.cells]
    identifiers = Counter(new.id for _cell, new in cells)
    for number, (cell, new) in enumerate(cells, 1):
        where = _("cell {number} ({id})").format(number=number, id=new.id or "?")
        for fault in _faults_of(cell, new):
            yield f"{where}: {fault}"
        if identifiers[new.id] > 1:
            yield _("{where}: another cell has the same id; give one a name of its own").format(where=where)


def _faults_of(cell: NotebookNode, new: NotebookNode) -> Iterator[str]:
    if cell.get("outputs"):
        yield _("has outputs; run `make format`")
    if cell.get("execution_count") is not None:
        yield _("has an execution count; run `make format`")
    if cell.get("id") != new.id:
        yield _("its id is {id!r}, not its grade_id; run `make format`").format(id=cell.get("id"))
    if cell.metadata != new.metadata:
        yield _("has metadata that the course doesn't use, or lacks some; run `make format`")
    points = new.metadata.get("nbgrader", {}).get("points", 0)
    if not _is_whole(points) and not _is_by_hand(cell):
        yield _("{points} points; make them a whole number").format(points=points)
