"""Which cell of a submission is which, where Jupyter or another tool lost its name.

The texts of the instructor's cells tell: as they were released, whatever became of blanks and line ends; more
than half of their lines; or inside of a cell that others were merged into.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from torchaula.grading.definitions import DEFINITION, read
from torchaula.grading.instructor import Instructor, Known, lines_of, squeezed
from torchaula.grading.submitted import SubmittedCell

ALIKE = 0.6  # of the lines of an edited cell and of the one that was released
LEAST = 3  # lines by which an edited cell is known


@dataclass(frozen=True)
class Recognised:
    """The cells of a submission, named; `told` are the names that only texts told."""

    cells: list[SubmittedCell]
    told: frozenset[str] = frozenset()


def recognised(known: Instructor, submitted: Sequence[SubmittedCell]) -> Recognised:
    """The cells with the names that their texts tell, and merged ones apart again."""
    named = _by_lines(known, _by_text(known, submitted))
    inner = [cell for cell in _missing(known, named) if cell.wants is None]
    answered = {cell.name for cell in named if cell.name in known.cells and not known.is_released(cell)}
    unanswered = [cell for cell in known.solutions if cell.name not in answered]
    parted = [part for cell in named for part in _parts(known, cell, inner, unanswered)]
    told = {cell.name for cell in parted if cell.name in known.cells}
    return Recognised(parted, frozenset(told - {cell.name for cell in submitted}))


def _by_text(known: Instructor, submitted: Sequence[SubmittedCell]) -> list[SubmittedCell]:
    """Cells without a name whose text is that of a cell that is missing. Of several such, the next one."""
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


def _waiting(known: Instructor, submitted: Iterable[SubmittedCell]) -> dict[str, list[Known]]:
    """The cells that no submitted one is named after, by their text."""
    waiting: defaultdict[str, list[Known]] = defaultdict(list)
    for cell in _missing(known, submitted):
        if cell.squeezed:
            waiting[cell.squeezed].append(cell)
    return waiting


def _missing(known: Instructor, submitted: Iterable[SubmittedCell]) -> list[Known]:
    names = {cell.name for cell in submitted}
    return [cell for name, cell in known.cells.items() if name not in names]


def _by_lines(known: Instructor, submitted: list[SubmittedCell]) -> list[SubmittedCell]:
    """Cells without a name that have most lines of a locked cell that is missing: it was edited."""
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
    known: Instructor, cell: SubmittedCell, inner: Sequence[Known], unanswered: Sequence[Known]
) -> Iterator[SubmittedCell]:
    """A cell, or those that were merged into it; `inner` are the locked ones that are missing."""
    given = known.cells.get(cell.name)
    if given is not None and given.is_given(cell.source):
        yield cell
    elif given is None or given.wants is not None:
        yield from _of_learner(known, cell, inner)
    elif given.is_setup:  # an import that was added there shall count
        yield replace(cell, source=given.text)
        if cell.source.strip():
            yield replace(cell, name="")
    else:
        yield replace(cell, source=given.text)
        yield from _of_locked(known, cell, [given, *inner], unanswered)


def _of_learner(known: Instructor, cell: SubmittedCell, inner: Sequence[Known]) -> Iterator[SubmittedCell]:
    """The parts of a learner's cell; the first that is none of the instructor's keeps its name."""
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
    known: Instructor, cell: SubmittedCell, inner: Sequence[Known], unanswered: Sequence[Known]
) -> Iterator[SubmittedCell]:
    """What a learner's work added to a locked cell: the definitions that stand beside what was released.

    Of a locked cell that was edited beyond that, all of it, where it answers what nothing else does.
    """
    text = known.markers.published(cell.source)  # hidden tests are never a learner's
    parts = _cut(text, inner)
    if cell.name not in (found for found, _ in parts):
        code = read(text)
        is_answer = code.is_code and any(each.wants and each.wants.written_in(code) for each in unanswered)
        parts = [("", text)] if is_answer else []
    for found, text in parts:
        if not found and DEFINITION.search(text) and read(text).is_code:
            yield SubmittedCell("code", text, "")
        elif found and found != cell.name:
            yield SubmittedCell(known.cells[found].cell_type, text, found)


def _cut(text: str, wanted: Iterable[Known]) -> list[tuple[str, str]]:
    """A text cut at the released texts in it: each part with the name of its cell; the rest has none."""
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
    """What stands before and after a block of lines in a text, blank lines aside; None: it isn't there."""
    lines = text.splitlines()
    numbers = [number for number, line in enumerate(lines) if line.strip()]
    whole = "\n".join(["", *(lines[number].strip() for number in numbers), ""])
    start = whole.find("\n".join(["", *block, ""]))
    if start < 0:
        return None
    first = whole.count("\n", 0, start)
    last = first + len(block) - 1
    return "\n".join(lines[: numbers[first]]).strip("\n"), "\n".join(lines[numbers[last] + 1 :]).strip("\n")
