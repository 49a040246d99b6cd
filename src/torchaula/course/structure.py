"""Check that an assignment has a form that can be graded, before anything is written.

Unsupported cells are refused too, in one line: a cell that nothing runs would give everybody its points.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator, SchemaTooNewError, SchemaTooOldError, ValidationError

from torchaula.course import notebook
from torchaula.course.magics import as_python
from torchaula.course.markers import Markers
from torchaula.course.notebook import HIDDEN, PUBLIC, STATEMENT, Cell, Notebook
from torchaula.digests import digest
from torchaula.errors import Refusal
from torchaula.i18n import _

FAULTS_TOLD = 3  # faults that one message lists
_sound: set[str] = set()  # digests of notebooks without faults, since a command comes to each several times


def require_sound(path: Path, node: NotebookNode, source: Notebook) -> None:
    """Raise `Refusal` where the notebook at `path` can't be graded as it is."""
    require_one_notebook(path)
    content = digest([notebook.text(node), source])
    if content in _sound:
        return
    if found := list(faults(node, source)):
        told = "; ".join(found[:FAULTS_TOLD])
        raise Refusal(_("{path}: {faults}").format(path=path, faults=told))
    _sound.add(content)


def load(path: Path, markers: Markers) -> Notebook:
    """The notebook at `path`. Raises `Refusal` where it can't be read, or can't be graded as it is."""
    node = notebook.read(path)
    source = notebook.parse(node, path.stem, markers)
    require_sound(path, node, source)
    return source


def require_one_notebook(path: Path) -> None:
    """Raise `Refusal` where the folder of the notebook at `path` has other notebooks too."""
    found = sorted(each.name for each in path.parent.glob("*.ipynb") if not each.name.startswith("."))
    if found and found != [path.name]:
        raise Refusal(
            _(
                "{folder}: an assignment is one notebook, {name}, and here are {found}; "
                "make each an assignment of its own"
            ).format(folder=path.parent, name=path.name, found=", ".join(found))
        )


def faults(node: NotebookNode, source: Notebook) -> Iterator[str]:
    """Why a notebook can't be graded as it is: all faults of the first kind found, with cell and remedy."""
    for kind in (_metadata_faults(node), _marker_faults(source), _cell_faults(source), _test_faults(source)):
        found = list(kind)
        yield from found
        if found:
            return


def _metadata_faults(node: NotebookNode) -> Iterator[str]:
    """Faults in the metadata, in nbgrader's own words."""
    try:
        MetadataValidator().validate_nb(node)
    except SchemaTooOldError:
        yield _(
            "One or more notebooks in the assignment use an old version of the nbgrader metadata format. "
            "Please **back up your class files directory** and then update the metadata using: "
            "`nbgrader update .`"
        )
    except SchemaTooNewError:
        yield _(
            "One or more notebooks in the assignment use an newer version of the nbgrader metadata format. "
            "Please update your version of nbgrader to the latest version to be able to use this notebook."
        )
    except ValidationError as error:
        yield _("nbgrader's metadata is not valid ({reason}); mend it in Create Assignment").format(
            reason=" ".join(error.message.split())
        )
    language = node.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        yield _("written in {language!r}; only Python is graded").format(language=language)


def _marker_faults(source: Notebook) -> Iterator[str]:
    for cell in source.cells:
        for fault in cell.markers.faults(cell.source):
            yield _("{id}: {fault}; mend the markers").format(id=cell.id, fault=fault)


def _cell_faults(source: Notebook) -> Iterator[str]:
    """Cells whose statement, exercise or set-up is missing."""
    solutions = {cell.id for cell in source.cells if cell.kind == "solution"}
    tested = {cell.exercise for cell in source.cells if cell.is_automatic}
    statements = {cell.exercise for cell in source.cells if not cell.is_code and cell.aspect == STATEMENT}
    for name in sorted((solutions & tested) - statements):
        yield _("no cell {cell!r}; add it").format(cell=f"{name}-{STATEMENT}")
    is_set_up = False
    for cell in source.cells:
        is_set_up |= cell.kind == "setup"
        if not cell.is_automatic:
            continue
        if cell.exercise not in solutions:
            yield _(
                "{id}: graded automatically, but belongs to no exercise: an id is the exercise's "
                "({exercises}), and then one of {aspects}"
            ).format(
                id=cell.id,
                exercises=", ".join(sorted(solutions)) or "-",
                aspects=", ".join(f"-{aspect}" for aspect in (PUBLIC, *HIDDEN)),
            )
        elif not is_set_up:
            yield _("{id}: no code cell tagged 'setup' stands above it; add or move it").format(id=cell.id)


def _test_faults(source: Notebook) -> Iterator[str]:
    """Faults in a cell's text that would keep it from testing an answer."""
    tested = {cell.exercise for cell in source.cells if cell.is_automatic}
    for cell in source.cells:
        if cell.is_code and any(map(cell.markers.is_autotest, cell.source.splitlines())):
            yield _("{id}: {word} is not supported; write the tests themselves").format(
                id=cell.id, word=cell.markers.autotest
            )
        elif cell.is_automatic or cell.kind == "setup" or (cell.kind == "solution" and cell.id in tested):
            yield from _text_faults(cell)


def _text_faults(cell: Cell) -> Iterator[str]:
    try:
        tree = ast.parse(as_python(cell.source))
    except (SyntaxError, ValueError) as error:
        line, reason = getattr(error, "lineno", None), getattr(error, "msg", str(error))
        where = _("{id}, line {line}").format(id=cell.id, line=line) if line else cell.id
        yield _("{where}: SyntaxError: {reason}; mend it").format(where=where, reason=reason)
        return
    if cell.is_automatic and not _opens(tree, cell.id):
        yield _(
            "{id}: never opens itself with graded({id!r}), which every test needs to reach an answer; "
            "plain asserts are not supported"
        ).format(id=cell.id)


def _opens(tree: ast.Module, cell: str) -> bool:
    """Whether a test seems to open itself: it calls something with its id, or `graded` with a computed id."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    return any(_may_open(call, cell) for call in calls)


def _may_open(call: ast.Call, cell: str) -> bool:
    first = call.args[0]
    if isinstance(first, ast.Constant):
        return first.value == cell
    return isinstance(call.func, ast.Name) and call.func.id == "graded"
