"""Write what a notebook says in several places: numbers, points, minutes, and `begin(…)`.

Points stand in the cells' metadata, minutes in the statements' heads, and exercises are in the order of their
cells. Headings, heads, first lines of graded cells, the opening's table and the set-up's `begin(…)` repeat
them: `torchaula format` writes these anew, and `torchaula check` tells where one differs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from torchaula import source_text
from torchaula.authoring import prose
from torchaula.course.notebook import PUBLIC, Cell, Exercise, Notebook
from torchaula.i18n import _

LONGEST_LINE = 110
HEADING = re.compile(r"^## (?P<number>\d+)\. `(?P<name>\w+)`(?: y `\w+`)*(?:: (?P<idea>.+))?", re.M)
HEAD = re.compile(r"^\*(?P<points>[\d.]+) puntos · .*?(?P<minutes>\d+) min", re.M)
FIRST_LINE = re.compile(r"# (?:Comprobación pública|Pruebas ocultas).*\n")
PUBLIC_LINE = "# Comprobación pública ({points:g} puntos): ejecuta esta celda\n"
HIDDEN_LINE = "# Pruebas ocultas: {aspect} ({points:g} puntos)\n"
ROW = re.compile(r"^\| \d+ \| `(\w+)` \| (.*) \| [\d.]+ \| \d+ \|\n", re.M)
TABLE = re.compile(r"(?:^\| \d+ \| `.*\n)+", re.M)
ENDING = re.compile(r"^\| \| \*\*Final\*\* \|.*\| (\d+) \|$", re.M)
TOTAL = re.compile(r"^(\| \| \*\*En total\*\* \|.*)\| \*\*[\d.]+\*\* \| \*\*\d+\*\* \|$", re.M)


@dataclass(frozen=True)
class Head:
    """What the first lines of an exercise's statement say: the function, the idea, and the minutes."""

    name: str
    idea: str
    minutes: int


def changes(notebook: Notebook) -> dict[str, str]:
    """The text that a cell should have, by the cell's id, for those that have another."""
    exercises = notebook.exercises.values()
    wanted = {each.statement.id: _statement(number, each) for number, each in enumerate(exercises, 1)}
    wanted |= {cell.id: _graded(cell) for each in exercises for cell in each.graded}
    wanted |= {cell.id: _begun(notebook, cell.source) for cell in notebook.setup}
    wanted |= {cell.id: _table(notebook, cell.source) for cell in prose.opening(notebook) if cell.is_prose}
    return {
        cell.id: wanted[cell.id] for cell in notebook.cells if wanted.get(cell.id, cell.source) != cell.source
    }


def faults(notebook: Notebook) -> Iterator[str]:
    """Where a cell repeats what is no longer true: its first line that differs, and the right one."""
    found = changes(notebook)
    for cell in notebook.cells:
        if cell.id in found:
            old, new = cell.source.splitlines(), found[cell.id].splitlines()
            is_, should = next(pair for pair in zip_longest(old, new, fillvalue="") if pair[0] != pair[1])
            yield _("{id}: the line '{old}' should be '{new}'; run `make format`").format(
                id=cell.id, old=is_, new=should
            )


def head(exercise: Exercise) -> Head | None:
    """The head of the exercise's statement; None where it has another form."""
    text = exercise.statement.source
    heading, second = HEADING.search(text), HEAD.search(text)
    if heading is None or second is None:
        return None
    return Head(heading["name"], heading["idea"] or "", int(second["minutes"]))


def first_line(cell: Cell) -> str:
    """The comment with which a graded cell must begin, its line end included."""
    line = PUBLIC_LINE if cell.aspect == PUBLIC else HIDDEN_LINE
    return line.format(aspect=cell.aspect, points=cell.points)


def _statement(number: int, exercise: Exercise) -> str:
    text = exercise.statement.source
    for pattern, group, value in ((HEADING, "number", str(number)), (HEAD, "points", f"{exercise.points:g}")):
        if found := pattern.search(text):
            text = text[: found.start(group)] + value + text[found.end(group) :]
    return text


def _graded(cell: Cell) -> str:
    first = FIRST_LINE.match(cell.source)
    return first_line(cell) + cell.source[first.end() :] if first else cell.source


def _table(notebook: Notebook, text: str) -> str:
    """The opening's table with a row for each exercise and their sums; a new exercise's row has its idea.

    It stays as it is where a statement lacks its head, which `check` tells.
    """
    told, ending = dict(ROW.findall(text)), ENDING.search(text)
    heads = [found for each in notebook.exercises.values() if (found := head(each))]
    if len(heads) < len(notebook.exercises):
        return text
    points = [each.points for each in notebook.exercises.values()]
    rows = [
        f"| {number} | `{h.name}` | {told.get(h.name, h.idea)} | {each:g} | {h.minutes} |\n"
        for number, (h, each) in enumerate(zip(heads, points, strict=True), 1)
    ]
    minutes = sum(h.minutes for h in heads) + (int(ending[1]) if ending else 0)
    text = TABLE.sub(lambda _table: "".join(rows), text, count=1)
    return TOTAL.sub(lambda total: f"{total[1]}| **{notebook.points:g}** | **{minutes}** |", text)


def _begun(notebook: Notebook, text: str) -> str:
    """The set-up with the points of each public check in its `begin(…)`, if that names any."""
    public = {
        name: cell.points
        for name, each in notebook.exercises.items()
        for cell in each.graded
        if cell.aspect == PUBLIC
    }
    for call in begin_calls(text):
        if len(call.args) > 1 and list(_literal(call.args[1]).items()) != list(public.items()):
            segment = ast.get_source_segment(text, call) or ""
            return text.replace(segment, _written(ast.unparse(call.args[0]).replace("'", '"'), public))
    return text


def _written(name: str, public: Mapping[str, float]) -> str:
    """The call of `begin`, as the formatter would write it."""
    entries = [f'"{each}": {points:g}' for each, points in public.items()]
    line = f"begin({name}, {{{', '.join(entries)}}})"
    if len(line) <= LONGEST_LINE:
        return line
    return "\n".join(
        ["begin(", f"    {name},", "    {", *(f"        {each}," for each in entries), "    },", ")"]
    )


def begin_calls(source: str) -> Iterator[ast.Call]:
    """The calls of `begin` in a set-up cell."""
    tree = source_text.parsed(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "begin":
            yield node


def _literal(node: ast.expr) -> dict[str, float]:
    try:
        found = ast.literal_eval(node)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
