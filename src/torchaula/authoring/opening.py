"""Compare a notebook's opening with what it opens: the table of exercises, `begin(…)`, title and order."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torchaula.authoring import prose
from torchaula.course import outline
from torchaula.course.layout import Course
from torchaula.course.notebook import PUBLIC, Exercise, Notebook
from torchaula.i18n import _

HEADING = re.compile(r"^## (?P<number>\d+)\. `(?P<name>\w+)`", re.M)
HEAD = re.compile(r"^\*(?P<points>[\d.]+) puntos · .*?(?P<minutes>\d+) min", re.M)
ROW = re.compile(
    r"^\| (?P<number>\d+) \| `(?P<name>\w+)` \|.*\| (?P<points>[\d.]+) \| (?P<minutes>\d+) \|$", re.M
)
ENDING = re.compile(r"^\| \| \*\*Final\*\* \|.*\| (?P<minutes>\d+) \|$", re.M)
TOTAL = re.compile(
    r"^\| \| \*\*En total\*\* \|.*\| \*\*(?P<points>[\d.]+)\*\* \| \*\*(?P<minutes>\d+)\*\* \|$", re.M
)
NAMED = re.compile(r"`([a-z][a-z0-9-]*)`")
LISTED = re.compile(rf"(?:\*{{0,2}}{NAMED.pattern}\*{{0,2}}(?:, | y )?){{2,}}")  # `a`, **`b`** y `c`


@dataclass(frozen=True)
class Line:
    """One exercise as the opening's table has it."""

    number: int
    name: str
    points: float
    minutes: int

    def __str__(self) -> str:
        return f"| {self.number} | `{self.name}` | … | {self.points:g} | {self.minutes} |"


def faults(notebook: Notebook) -> Iterator[str]:
    """How the opening differs from the exercises; nothing is asked of a notebook that has no table."""
    yield from _begun(notebook)
    text = "\n".join(cell.source for cell in prose.opening(notebook) if cell.is_prose)
    told = [_line(match) for match in ROW.finditer(text)]
    true = [line for each in notebook.exercises.values() if (line := _of(each)) is not None]
    for line in true if told else ():
        if line not in told:
            yield _("the opening's table lacks the row '{row}'").format(row=line)
    for line in told:
        if line not in true:
            yield _("the opening's table has a row of no exercise, '{row}'").format(row=line)
    if told and not _adds_up(text, told):
        yield _("the opening's table: the sums in its last row are not those of its rows")


def _line(match: re.Match[str]) -> Line:
    return Line(int(match["number"]), match["name"], float(match["points"]), int(match["minutes"]))


def _of(exercise: Exercise) -> Line | None:
    heading, head = (pattern.search(exercise.statement.source) for pattern in (HEADING, HEAD))
    if heading is None or head is None:
        return None
    return Line(int(heading["number"]), heading["name"], exercise.points, int(head["minutes"]))


def _adds_up(text: str, lines: list[Line]) -> bool:
    total, ending = TOTAL.search(text), ENDING.search(text)
    minutes = sum(line.minutes for line in lines) + (int(ending["minutes"]) if ending else 0)
    points = sum(line.points for line in lines)
    return total is not None and (float(total["points"]), int(total["minutes"])) == (points, minutes)


def _begun(notebook: Notebook) -> Iterator[str]:
    """Whether the set-up's `begin` names each exercise with the points of its public check, in order."""
    public = {
        name: cell.points
        for name, each in notebook.exercises.items()
        for cell in each.graded
        if cell.aspect == PUBLIC
    }
    for call in (call for cell in notebook.setup for call in _calls(cell.source)):
        if len(call.args) > 1 and list(_literal(call.args[1]).items()) != list(public.items()):
            entries = ", ".join(f'"{name}": {points:g}' for name, points in public.items())
            yield _("the set-up must end with begin({assignment!r}, {{{entries}}})").format(
                assignment=notebook.assignment, entries=entries
            )


def _calls(source: str) -> Iterator[ast.Call]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "begin":
            yield node


def _literal(node: ast.expr) -> dict[str, float]:
    try:
        found = ast.literal_eval(node)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def place_faults(course: Course, notebook: Notebook) -> Iterator[str]:
    """How title and order differ from `course.toml`."""
    entries = outline.load(course.root)
    own = outline.entry(course.root, notebook.assignment)
    text = "\n".join(cell.source for cell in prose.opening(notebook) if cell.is_prose)
    if entries and own not in entries:
        yield _("{file} does not list {assignment}").format(file=outline.FILE, assignment=notebook.assignment)
    elif entries and not re.search(rf"^# {re.escape(own.title)}$", text, re.M):
        yield _("the title is not that of {file}, '# {title}'").format(file=outline.FILE, title=own.title)
    listed = [each.name for each in entries]
    for together in LISTED.finditer(text):
        named = [name for name in NAMED.findall(together[0]) if name in listed]
        if named != sorted(named, key=listed.index):
            yield _("the opening names the assignments in another order than {file}").format(
                file=outline.FILE
            )
