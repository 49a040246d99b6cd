"""Check the course's rules for exercises on their text. Each fault says where and what."""

from __future__ import annotations

import re
import symtable
from collections import Counter
from collections.abc import Iterator, Sequence
from math import isclose
from pathlib import Path

from torchaula.authoring import derived, prose
from torchaula.course import outline, pictures
from torchaula.course.answers import KnownAnswer
from torchaula.course.magics import as_python
from torchaula.course.notebook import HIDDEN, PUBLIC, STATEMENT, Cell, Exercise, Notebook
from torchaula.i18n import _

TOTAL_POINTS = 100
EXERCISE_POINTS = range(8, 19)
PUBLIC_SHARE = (0.15, 0.40)  # least and greatest share of the points: "about a quarter"
LEAST_WRONG, LEAST_RIGHT, LEAST_HINTS = 8, 3, 2
HTML_IMAGE = re.compile(r"<img\b")
HEADING = re.compile(r"^(#{1,6}) ", re.M)
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def notebook_faults(notebook: Notebook, folder: Path, is_draft: bool = False) -> Iterator[str]:
    """What is wrong with the notebook as a whole; `folder` is the folder of its pictures.

    A draft may still lack exercises, and so points.
    """
    for twice in (i for i, n in Counter(cell.id.lower() for cell in notebook.cells).items() if n > 1):
        yield _("{id}: the id stands twice (case aside); rename one cell").format(id=twice)
    total = notebook.points
    if not isclose(total, TOTAL_POINTS) and not (is_draft and total < TOTAL_POINTS):
        yield _(
            "the points add up to {total}, not {expected}; change those of cells, or add exercises (while "
            "some are missing, {file} says draft = true)"
        ).format(total=f"{total:g}", expected=TOTAL_POINTS, file=outline.FILE)
    for cell in notebook.cells:
        if cell.kind == "free":
            yield _("{id}: a code cell without a kind; tag it 'setup' or 'demo'").format(id=cell.id)
        if cell.kind == "graded" and cell.exercise not in notebook.exercises:
            yield _(
                "{id}: graded, but there is no exercise {exercise}; give it the id of one, or add the cells "
                "{exercise}-{statement} and {exercise}"
            ).format(id=cell.id, exercise=cell.exercise, statement=STATEMENT)
        if cell.is_prose:
            yield from _picture_faults(cell, folder)
    yield from _heading_faults(notebook)
    yield from derived.faults(notebook)
    yield from prose.long_texts(notebook)
    yield from _shadowing_faults(notebook)


def _shadowing_faults(notebook: Notebook) -> Iterator[str]:
    """Find names of learners or the set-up cell that another cell would overwrite with its own variables."""
    owners = {
        name: cell.id
        for cell in notebook.cells
        if cell.kind in ("setup", "solution", "manual")
        for name in _bound_names(cell.source)
    }
    for cell in notebook.cells:
        if cell.kind in ("setup", "graded", "demo"):
            for name in sorted(_bound_names(cell.source)):
                if owners.get(name, cell.id) != cell.id:
                    yield _(
                        "{id}: {name!r} is also defined by {owner}, and running this cell overwrites it; "
                        "rename it here"
                    ).format(id=cell.id, name=name, owner=owners[name])


def _bound_names(source: str) -> set[str]:
    """The names that a cell defines in the notebook when it runs."""
    table = symtable.symtable(as_python(source), "<cell>", "exec")
    return {
        s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()
    }


def _picture_faults(cell: Cell, folder: Path) -> Iterator[str]:
    if HTML_IMAGE.search(cell.source):
        yield _("{id}: write pictures as ![alt](path), not <img>").format(id=cell.id)
    for image in pictures.ANYWHERE.finditer(cell.source):
        if len(image["told"].strip()) < 20:
            yield _("{id}: {path}: the alt text must say what the picture shows").format(
                id=cell.id, path=image["place"]
            )
        if not (folder / image["place"]).is_file():
            yield _("{id}: {path}: no such file; put it there, or mend the path").format(
                id=cell.id, path=image["place"]
            )


def _heading_faults(notebook: Notebook) -> Iterator[str]:
    level = 0
    for cell in notebook.cells:
        for match in HEADING.finditer(FENCE.sub("", cell.source)) if cell.is_prose else ():
            found = len(match[1])
            if found > level + 1 or (found == 1 and level):
                yield _(
                    "{id}: a heading of level {found} after one of level {level}; the title alone has level "
                    "1, and below it none is left out"
                ).format(id=cell.id, found=found, level=level)
            level = found


def exercise_faults(exercise: Exercise, answers: Sequence[KnownAnswer]) -> Iterator[str]:
    """What is wrong with one exercise: its statement, its cells, its answers."""
    for fault in (*_statement(exercise), *_cells(exercise), *_answers(exercise, answers)):
        yield f"{exercise.id}: {fault}"


def _statement(exercise: Exercise) -> Iterator[str]:
    text = exercise.statement.source
    if not re.search(rf"^\*{exercise.points:g} puntos · .*\d+ min(utos)?\b.*\*$", text, re.M):
        yield _("the statement lacks its line '*{points} puntos · N min (estimación)*'; add it").format(
            points=f"{exercise.points:g}"
        )
    if "**Se comprueba" not in text:
        yield _("the statement lacks its list '**Se comprueba**'; add all that can cost points")
    if text.count("<summary>Pista ") < LEAST_HINTS:
        yield _("the statement has fewer than {n} hints; add '<details><summary>Pista 1: …'").format(
            n=LEAST_HINTS
        )
    if "**Ejemplo" not in text:
        yield _("the statement lacks a worked example, '**Ejemplo.** …'; add the one of the public check")


def _cells(exercise: Exercise) -> Iterator[str]:
    aspects = [cell.aspect for cell in exercise.graded]
    if aspects[:1] != [PUBLIC] or not set(aspects[1:]) <= set(HIDDEN) or not aspects[1:]:
        yield _(
            "graded cells must be {id}-{public} and then some of {hidden}; rename, add or move them"
        ).format(
            id=exercise.id, public=PUBLIC, hidden=", ".join(f"{exercise.id}-{aspect}" for aspect in HIDDEN)
        )
    if exercise.points not in EXERCISE_POINTS:
        yield _(
            "{points} points; an exercise has {least} to {most}: change those of its graded cells"
        ).format(points=f"{exercise.points:g}", least=EXERCISE_POINTS.start, most=EXERCISE_POINTS.stop - 1)
    for cell in exercise.graded:
        yield from _hidden_cell(cell) if cell.aspect != PUBLIC else _public_cell(cell, exercise.points)


def _public_cell(cell: Cell, points: float) -> Iterator[str]:
    if cell.is_hidden:
        yield _("the public check holds hidden tests; move them to a hidden cell")
    if not PUBLIC_SHARE[0] <= cell.points / points <= PUBLIC_SHARE[1]:
        yield _("the public check has {n} of {points} points; give it about a quarter").format(
            n=f"{cell.points:g}", points=f"{points:g}"
        )
    if not cell.source.startswith(first := derived.first_line(cell)):
        yield _(
            "the public check must begin with '{line}', which is all that is seen of it; add that"
        ).format(line=first.strip())
    if not cell.source.rstrip().endswith("student.done()"):
        yield _("the public check must end with 'student.done()'; add that line")


def _hidden_cell(cell: Cell) -> Iterator[str]:
    visible = derived.first_line(cell) + "### BEGIN HIDDEN TESTS\n"
    if not cell.source.startswith(visible) or not cell.source.rstrip().endswith("### END HIDDEN TESTS"):
        yield _(
            "{id} must be '{line}' and a region '### BEGIN HIDDEN TESTS' … '### END HIDDEN TESTS', nothing "
            "else: move the rest into it"
        ).format(id=cell.id, line=visible.partition("\n")[0])


def _answers(exercise: Exercise, answers: Sequence[KnownAnswer]) -> Iterator[str]:
    right = sum(answer.is_right for answer in answers)
    if right < LEAST_RIGHT or len(answers) - right < LEAST_WRONG:
        yield _(
            "{right} right and {wrong} wrong answers; at least {r} and {w}: write those that a learner would "
            "hand in"
        ).format(right=right, wrong=len(answers) - right, r=LEAST_RIGHT, w=LEAST_WRONG)
    aspects = {cell.aspect for cell in exercise.graded}
    for answer in answers:
        if not answer.is_right and answer.fails == {PUBLIC}:
            yield _(
                "{answer}: no hidden cell fails it; what the public check asks of it, {hidden} should ask "
                "with other data"
            ).format(answer=answer.id, hidden=_(" or ").join(sorted(aspects - {PUBLIC})))
