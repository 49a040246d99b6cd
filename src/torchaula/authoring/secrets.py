"""Check that nothing published contains a line of a solution or a hidden test, or the course's secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torchaula.course import converters, notebook, secret_file
from torchaula.course.layout import Course
from torchaula.course.markers import has, inside
from torchaula.course.notebook import HIDDEN, Cell
from torchaula.errors import Refusal
from torchaula.i18n import _

SHORTEST = 10  # characters; shorter lines, such as `return y`, occur by chance
SHORTEST_IN_CODE = 30


@dataclass(frozen=True)
class Leak:
    """A secret line in a published file."""

    file: str
    line: str


def leaks(source: notebook.Notebook, folder: Path, *, is_code: bool = False) -> Iterator[Leak]:
    """Find secret lines of the solutions and hidden tests in `source` in the files of `folder`.

    A marker in a file counts too, because it means that nbgrader missed a region. The package's own code
    (`is_code`) uses markers and shares short idioms with tests, so there only longer lines count.
    """
    shortest = SHORTEST_IN_CODE if is_code else SHORTEST
    markers = () if is_code else _markers(source)
    lines = [*markers, *(line for line in secret_lines(source) if len(line) >= shortest)]
    for path in sorted(folder.rglob("*")):
        text = _text(path) if path.is_file() else ""
        for line in lines:
            if line in text:
                yield Leak(path.relative_to(folder).as_posix(), line)


def require_none(course: Course, assignment: str, folder: Path, *, is_code: bool = False) -> None:
    """Raise `Refusal` if `folder` contains secrets of an assignment, or the course's secret."""
    _require_no_seed(course, assignment, folder)
    source = converters.source(course, assignment)
    leak = next(leaks(source, folder, is_code=is_code), None)
    if leak is not None:
        raise Refusal(
            _(
                "{file} of {assignment} would publish a line of a solution or hidden test: {line!r}; "
                "put it between the markers, or out of source/"
            ).format(file=leak.file, assignment=assignment, line=leak.line)
        )


def _require_no_seed(course: Course, assignment: str, folder: Path) -> None:
    """Raise `Refusal` if a file contains the secret from which hidden tests draw their inputs."""
    secret = secret_file.read(course.secret)
    for path in sorted(folder.rglob("*")) if isinstance(secret, str) else ():
        if path.is_file() and str(secret).encode() in path.read_bytes().lower():
            raise Refusal(
                _("{file} of {assignment} would publish the course's secret; take it out of source/").format(
                    file=path.relative_to(folder).as_posix(), assignment=assignment
                )
            )


def _markers(source: notebook.Notebook) -> list[str]:
    return sorted({word for cell in source.cells for word in cell.markers.words})


def secret_lines(source: notebook.Notebook) -> list[str]:
    """The lines that occur only in solutions and hidden tests, in order."""
    known = "\n".join(map(_public, source.cells))
    lines = dict.fromkeys(line.strip() for cell in source.cells for line in _secret(cell).splitlines())
    return [line for line in lines if len(line) >= SHORTEST and line not in known]


def _secret(cell: Cell) -> str:
    """The text of a cell that must not be published."""
    if _is_wholly_secret(cell):
        return cell.source
    regions = (cell.markers.solution, cell.markers.hidden, cell.markers.scheme)
    return "\n".join(inside(region, cell.source) for region in regions)


def _public(cell: Cell) -> str:
    return "" if _is_wholly_secret(cell) else cell.released


def _is_wholly_secret(cell: Cell) -> bool:
    """Whether the whole cell is secret: a solution without a region, or a hidden test without one."""
    if cell.is_solution:
        return not has(cell.markers.solution, cell.source)
    return cell.is_automatic and cell.aspect in HIDDEN and not cell.is_hidden


def _text(path: Path) -> str:
    """All text in a file. Of a notebook, every string in it, decoded from JSON."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix != ".ipynb":
        return text
    return "\n".join(_strings(json.loads(text)))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        # A notebook stores a text as a list of lines.
        yield "".join(item for item in value if isinstance(item, str))
        yield from (text for item in value if not isinstance(item, str) for text in _strings(item))
    elif isinstance(value, dict):
        yield from (text for item in value.values() for text in _strings(item))
