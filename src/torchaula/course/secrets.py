"""The guard before anything is published: no line of a solution or of a hidden test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from torchaula.course import notebook
from torchaula.course.layout import Course
from torchaula.course.notebook import HIDDEN, HIDDEN_REGION, MARK_SCHEME, SOLUTION_REGION, Cell
from torchaula.errors import Refusal
from torchaula.i18n import _

SHORTEST = 10  # characters; shorter lines, such as `return y`, stand anywhere by chance
SHORTEST_IN_CODE = 30
REGIONS = (SOLUTION_REGION, HIDDEN_REGION, MARK_SCHEME)
MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS", "BEGIN MARK SCHEME")


@dataclass(frozen=True)
class Leak:
    """A secret line that stands in a published file."""

    file: str
    line: str


def leaks(source: notebook.Notebook, folder: Path, *, is_code: bool = False) -> Iterator[Leak]:
    """What the files in `folder` tell of the solutions and hidden tests in `source`.

    A marker tells that a region was overlooked. The package's own code (`is_code`) handles markers,
    and shares short idioms with tests: there only a longer line tells.
    """
    shortest = SHORTEST_IN_CODE if is_code else SHORTEST
    markers = () if is_code else MARKERS
    lines = [*markers, *(line for line in secret_lines(source) if len(line) >= shortest)]
    for path in sorted(folder.rglob("*")):
        text = _text(path) if path.is_file() else ""
        for line in lines:
            if line in text:
                yield Leak(path.relative_to(folder).as_posix(), line)


def require_none(course: Course, assignment: str, folder: Path, *, is_code: bool = False) -> None:
    """Raise `Refusal` where `folder`, made to be published, tells a secret of the assignment."""
    leak = next(leaks(notebook.load(course.notebook(assignment)), folder, is_code=is_code), None)
    if leak is not None:
        raise Refusal(
            _(
                "{file} of {assignment} would publish a line of a solution or hidden test: {line!r}; "
                "put it between the markers, or out of source/"
            ).format(file=leak.file, assignment=assignment, line=leak.line)
        )


def secret_lines(source: notebook.Notebook) -> list[str]:
    """The lines that only stand in solutions and hidden tests, in order."""
    lines = _only_in(map(_secret, source.cells), map(_public, source.cells))
    return [line for line in lines if not any(marker in line for marker in MARKERS)]


def hidden_lines(source: notebook.Notebook) -> list[str]:
    """The lines that only stand in hidden tests, in order."""
    hidden = (match[0] for cell in source.cells for match in HIDDEN_REGION.finditer(cell.source))
    return _only_in(hidden, (HIDDEN_REGION.sub("", cell.source) for cell in source.cells))


def _only_in(secret: Iterable[str], elsewhere: Iterable[str]) -> list[str]:
    known = "\n".join(elsewhere)
    lines = dict.fromkeys(line.strip() for text in secret for line in text.splitlines())
    return [line for line in lines if len(line) >= SHORTEST and line not in known]


def _secret(cell: Cell) -> str:
    if cell.kind in ("written", "manual"):
        return cell.source  # of which `_public` has what is released
    regions = [match[0] for region in REGIONS for match in region.finditer(cell.source)]
    return "\n".join(regions) or (cell.source if _wholly_secret(cell) else "")


def _public(cell: Cell) -> str:
    if cell.kind in ("written", "manual"):
        return cell.released
    if _wholly_secret(cell):
        return ""
    text = cell.source
    for region in REGIONS:
        text = region.sub("", text)
    return text


def _wholly_secret(cell: Cell) -> bool:
    """Without a region, nbgrader empties a solution cell and publishes a hidden test as it is."""
    secret = cell.kind == "solution" or (cell.kind == "graded" and cell.aspect in HIDDEN)
    return secret and not any(region.search(cell.source) for region in REGIONS)


def _text(path: Path) -> str:
    """All text in a file; of a notebook, every string in it as a reader sees it."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix != ".ipynb":
        return text
    return "\n".join(_strings(json.loads(text)))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        # A notebook's text is a list of lines.
        yield "".join(item for item in value if isinstance(item, str))
        yield from (text for item in value if not isinstance(item, str) for text in _strings(item))
    elif isinstance(value, dict):
        yield from (text for item in value.values() for text in _strings(item))
