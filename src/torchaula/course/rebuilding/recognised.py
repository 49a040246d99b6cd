"""Identify the cells of a submission whose names Jupyter or another tool lost.

A cell is identified by the text of an instructor's cell: by the released text, blanks and line ends aside; by
more than half of its lines; or by finding this text inside a cell into which others were merged.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from torchaula.course.rebuilding.definitions import Parsed, bound, defined, kept, parsed, read, used
from torchaula.course.rebuilding.instructor import Instructor, KnownCell, lines_of, squeezed
from torchaula.course.rebuilding.submitted import SubmittedCell
from torchaula.source_text import DEFINITION

ALIKE = 0.6  # the share of lines that an edited cell and the released one must have in common
NAMING = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom),
    *(ast.Assign, ast.AnnAssign, ast.AugAssign),
)
COURSE = "torchaula"  # the set-up imports from this package for the tests only
LEAST = 3  # lines that a cell must have to be identified after edits


@dataclass(frozen=True)
class Recognised:
    """The cells of a submission with their names; `told` are the names that were found by text.

    `added` are the locked cells in which the learner wrote something.
    """

    cells: list[SubmittedCell]
    told: frozenset[str] = frozenset()
    added: tuple[str, ...] = ()


def recognised(known: Instructor, submitted: Sequence[SubmittedCell]) -> Recognised:
    """Name the cells whose texts identify them, and split merged cells."""
    submitted = [known.with_files(cell) for cell in submitted]
    named = _by_lines(known, _by_text(known, submitted))
    inner = [cell for cell in _missing(known, named) if cell.wants is None]
    answered = {cell.name for cell in named if cell.name in known.cells and not known.is_released(cell)}
    unanswered = [cell for cell in known.solutions if cell.name not in answered]
    parts = [(cell.name, list(_parts(known, cell, inner, unanswered))) for cell in named]
    parted = [part for _name, each in parts for part in each]
    added = (name for name, each in parts if _is_test(known, name) and any(not part.name for part in each))
    told = {cell.name for cell in parted if cell.name in known.cells}
    return Recognised(parted, frozenset(told - {cell.name for cell in submitted}), tuple(added))


def _is_test(known: Instructor, name: str) -> bool:
    given = known.cells.get(name)
    return given is not None and given.wants is None and not given.is_setup


def _by_text(known: Instructor, submitted: Sequence[SubmittedCell]) -> list[SubmittedCell]:
    """Name cells that have the text of a missing cell; of several missing ones, take the next in order."""
    waiting = _waiting(known, submitted)
    place, named = -1, []
    for cell in submitted:
        if cell.name not in known.cells and waiting:
            candidates = waiting.get(squeezed(cell.source), [])
            if found := next((c for c in candidates if c.place > place), next(iter(candidates), None)):
                candidates.remove(found)
                cell = replace(cell, name=found.name)
        place = known.cells[cell.name].place if cell.name in known.cells else place
        named.append(cell)
    return named


def _waiting(known: Instructor, submitted: Iterable[SubmittedCell]) -> dict[str, list[KnownCell]]:
    """The instructor's cells whose names no submitted cell has, by their text."""
    waiting: defaultdict[str, list[KnownCell]] = defaultdict(list)
    for cell in _missing(known, submitted):
        if cell.squeezed:
            waiting[cell.squeezed].append(cell)
    return waiting


def _missing(known: Instructor, submitted: Iterable[SubmittedCell]) -> list[KnownCell]:
    names = {cell.name for cell in submitted}
    return [cell for name, cell in known.cells.items() if name not in names]


def _by_lines(known: Instructor, submitted: list[SubmittedCell]) -> list[SubmittedCell]:
    """Name cells that have most lines of a missing locked cell, and so are an edited form of it."""
    lines = {cell.name: cell.lines for cell in _missing(known, submitted) if cell.wants is None}
    of_line: defaultdict[str, list[str]] = defaultdict(list)
    for name, each in lines.items():
        for line in set(each) if len(each) >= LEAST else ():
            of_line[line].append(name)
    named = []
    for cell in submitted:
        if of_line and cell.name not in known.cells:
            own = lines_of(cell.source)
            shared = Counter(name for line in set(own) for name in of_line.get(line, ()))
            name, count = shared.most_common(1)[0] if shared else ("", 0)
            if name in lines and count >= ALIKE * max(len(set(own)), len(set(lines[name]))):
                cell = replace(cell, name=name)
                del lines[name]
        named.append(cell)
    return named


def _parts(
    known: Instructor, cell: SubmittedCell, inner: Sequence[KnownCell], unanswered: Sequence[KnownCell]
) -> Iterator[SubmittedCell]:
    """A cell, or the cells that were merged into it; `inner` are the missing locked cells."""
    given = known.cells.get(cell.name)
    if given is not None and given.is_given(cell.source):
        yield cell
    elif given is None or given.wants is not None:
        yield from _of_learner(known, cell, inner)
    elif given.is_setup:  # an import that the learner added there counts
        yield replace(cell, source=given.text)
        if cell.source.strip():
            yield replace(cell, name="")
    else:
        yield replace(cell, source=given.text)
        yield from _of_locked(known, cell, [given, *inner], unanswered)


def _of_learner(
    known: Instructor, cell: SubmittedCell, inner: Sequence[KnownCell]
) -> Iterator[SubmittedCell]:
    """The parts of a learner's cell; the first part that is not the instructor's keeps the cell's name."""
    parts = _cut(cell.source, inner)
    if len(parts) == 1 and not parts[0][0]:
        yield cell
        return
    name = cell.name
    for found, text in parts:
        kind = known.cells[found].cell_type if found else cell.cell_type
        yield SubmittedCell(kind, text, found or name)
        name = name if found else ""


def _of_locked(
    known: Instructor, cell: SubmittedCell, inner: Sequence[KnownCell], unanswered: Sequence[KnownCell]
) -> Iterator[SubmittedCell]:
    """The learner's additions to a locked cell, and the locked cells that were merged into it."""
    text = known.markers.published(cell.source)  # hidden tests are never the learner's work
    parts = _cut(text, inner)
    is_intact = cell.name in (found for found, _ in parts)
    for found, part in parts:
        if found and found != cell.name:
            yield SubmittedCell(known.cells[found].cell_type, part, found)
        elif not found and (added := _added(known, cell, part, None if is_intact else unanswered)):
            yield SubmittedCell("code", added, "")


def _added(known: Instructor, cell: SubmittedCell, text: str, unanswered: Sequence[KnownCell] | None) -> str:
    """The learner's statements in a text from a locked cell, if any of them defines, imports or assigns.

    Next to an intact test (`unanswered` is None), these are all statements that run without the test. In an
    edited test, they are those that the test neither contains nor binds names of; if they answer none of the
    `unanswered` exercises, only those that define, import or assign.
    """
    found = parsed(text)
    if found is None or (
        "code" not in (cell.cell_type, known.cells[cell.name].cell_type) and not _defines(found)
    ):
        return ""
    code = read(text)
    is_all = unanswered is None or any(each.wants and each.wants.written_in(code) for each in unanswered)
    of_test = _Test(known, known.cells[cell.name], is_edited=unanswered is not None)
    chosen = [node for node in found.body if of_test.is_free(node) and (is_all or isinstance(node, NAMING))]
    if not any(isinstance(node, NAMING) for node in chosen) and not _defines(found):
        return ""
    return text if len(chosen) == len(found.body) else kept(found, lambda node: node in chosen)


def _defines(found: Parsed) -> bool:
    return DEFINITION.search(found.text) is not None


class _Test:
    """A locked cell; it tells which statements in a learner's copy of it are the learner's own."""

    def __init__(self, known: Instructor, given: KnownCell, *, is_edited: bool) -> None:
        self._wants = [cell.wants for cell in known.solutions if cell.wants]
        self._is_edited = is_edited
        released = parsed(given.text)
        statements = released.body if released else []
        self._texts = set(map(_form, statements)) if is_edited else set()
        self._bound = {name for node in statements for name in bound(node)}
        self._setup: set[str] = set()
        self._missing = set(self._bound)  # names that don't exist where a learner's own cells run
        setups = (parsed(cell.text) for cell in known.cells.values() if cell.is_setup)
        for node in (node for setup in setups if setup for node in setup.body):
            self._setup |= set(bound(node))
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == COURSE:
                self._missing |= set(bound(node))

    def is_free(self, node: ast.stmt) -> bool:
        """Whether a statement is the learner's and runs without the test. Call it in text order."""
        names = set(bound(node))
        is_free = not (self._missing & set(used(node)) or self._is_copied(node, names))
        self._missing = self._missing - names if is_free else self._missing | names
        return is_free

    def _is_copied(self, node: ast.stmt, names: set[str]) -> bool:
        """Whether it is a statement of the test, changed or not, a stub, or rebinds a name of the set-up."""
        written = dict(defined([node]))
        if wanted := {name for each in self._wants for name in each.names} & written.keys():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                return not any(written.values())
            return bool(wanted & self._bound)
        if isinstance(node, ast.Import | ast.ImportFrom):
            return self._is_edited and _form(node) in self._texts
        return bool(names & self._setup) or (
            self._is_edited and bool(names & self._bound or _form(node) in self._texts)
        )


def _cut(text: str, wanted: Iterable[KnownCell]) -> list[tuple[str, str]]:
    """Cut a text at the released texts in it: each part with its cell's name, "" for the rest."""
    parts = [("", text)]
    for known in wanted:
        block = known.lines
        if not block or block[0] not in text:
            continue
        for at, (name, part) in enumerate(parts):
            if not name and (cut := _around(part, block)):
                around = (("", cut[0]), (known.name, known.text), ("", cut[1]))
                parts[at : at + 1] = [each for each in around if each[1].strip()]
                break
    return parts


def _around(text: str, block: Sequence[str]) -> tuple[str, str] | None:
    """The text before and after a block of lines, blank lines ignored; None where the block isn't in it."""
    lines = text.splitlines()
    numbers = [number for number, line in enumerate(lines) if line.strip()]
    whole = "\n".join(["", *(lines[number].strip() for number in numbers), ""])
    start = whole.find("\n".join(["", *block, ""]))
    if start < 0:
        return None
    first = whole.count("\n", 0, start)
    last = first + len(block) - 1
    return "\n".join(lines[: numbers[first]]).strip("\n"), "\n".join(lines[numbers[last] + 1 :]).strip("\n")


def _form(node: ast.stmt) -> str:
    """A statement without its layout; "" for one that is nested too deep, as no instructor writes it."""
    try:
        return ast.dump(node)
    except RecursionError:
        return ""
