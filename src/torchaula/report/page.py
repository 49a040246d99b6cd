"""Collect what a feedback page shows: a graded notebook, its record and its points.

The source of graded cells is never read here, so that no page can show it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from nbformat import NotebookNode

from torchaula.classroom.batch.records import Record
from torchaula.classroom.gradebook.ledger import NO_RESPONSE
from torchaula.course import notebook
from torchaula.course.notebook import Exercise
from torchaula.course.rebuilding.rebuild import OWN, grade_id
from torchaula.findings import QUOTED_CHARACTERS, Outcome
from torchaula.grading.trusted.outputs import plain
from torchaula.grading.trusted.verdict import Lost, Verdict
from torchaula.report.by_person import State, state_of
from torchaula.report.parts import ExercisePart, ManualAnswer, Page, Test
from torchaula.report.statement import heading, hints
from torchaula.report.written import Written, written

NOTHING_SHOWN: Mapping[str, Written] = MappingProxyType({})
CHECK_FAILED = "CheckFailed"  # the name of a failed check's exception in a notebook


def page(
    nb: NotebookNode,
    names: Mapping[str, Any],
    record: Record | None,
    solutions: Mapping[str, Written] = NOTHING_SHOWN,
) -> Page:
    """Build the page of a graded notebook; `names` are nbgrader's resources for it, with its points.

    `solutions` are the model solutions that it shows, by cell.
    """
    source = notebook.parse(nb, str(names["notebook"]))
    cells = {grade_id(cell): cell for cell in nb.cells if grade_id(cell)}
    lost = record.result.lost if record else {}
    titles, below = _titles(source), _below_tasks(nb)
    penalty = float(names.get("late_penalty") or 0)
    parts: list[ExercisePart | ManualAnswer] = []
    for each in source.cells:
        if each.id in source.exercises:
            parts.append(_part(source.exercises[each.id], cells, record, lost, solutions.get(each.id)))
        elif each.is_by_hand:
            own = below[each.id] if each.kind == "task" else [cells[each.id]]
            parts.append(_answer(each, titles[each.id], cells[each.id], own, lost, solutions.get(each.id)))
    return Page(
        assignment=source.assignment,
        heading=_heading(source),
        student=plain(str(names.get("student", ""))),
        earned=float(names.get("score") or 0) + penalty,  # nbgrader has subtracted it
        maximum=float(names.get("max_score") or 0),
        late_penalty=penalty,
        parts=tuple(parts),
        others=tuple(_others(nb, lost, {cell.id for own in below.values() for cell in own})),
    )


def _heading(source: notebook.Notebook) -> str:
    """The title of the instructor's notebook."""
    titles = (heading(cell.source) for cell in source.cells if cell.kind == "markdown" and cell.is_recorded)
    return next(filter(None, titles), source.assignment)


def _titles(source: notebook.Notebook) -> dict[str, str]:
    """The title of each cell that a person grades: the heading above it, or its id."""
    title, found = "", {}
    for cell in source.cells:
        if cell.kind in ("markdown", "task") and not cell.id.startswith(OWN):
            title = heading(cell.markers.published(cell.source)) or title
        if cell.is_by_hand:
            found[cell.id] = title or cell.id
        if cell.is_by_hand or cell.kind in ("solution", "graded"):
            title = ""
    return found


def _below_tasks(nb: NotebookNode) -> dict[str, list[NotebookNode]]:
    """The learner's own cells below each task, by the task's id."""
    found: dict[str, list[NotebookNode]] = {}
    own: list[NotebookNode] = []
    for cell in nb.cells:
        if str(cell.get("id", "")).startswith(OWN):
            own.append(cell)
        elif cell.metadata.get("nbgrader", {}).get("task"):
            own = found[grade_id(cell)] = []
        else:
            own = []
    return found


def _answer(
    graded: notebook.Cell,
    title: str,
    cell: NotebookNode,
    own: Sequence[NotebookNode],
    lost: Mapping[str, Lost],
    solution: Written | None,
) -> ManualAnswer:
    state = state_of(cell)
    is_shown = state is not State.UNANSWERED
    name = title.replace("`", "")
    return ManualAnswer(
        id=graded.id,
        heading=title,
        state=state,
        points=float(cell.metadata.nbgrader.get("score") or 0),
        maximum=float(cell.metadata.nbgrader.get("points") or 0),
        written=tuple(written(e, lost.get(grade_id(e) or e.id), name) for e in own if is_shown),
        comment=_comment(cell),
        solution=solution,
    )


def _part(
    exercise: Exercise,
    cells: Mapping[str, NotebookNode],
    record: Record | None,
    lost: Mapping[str, Lost],
    solution: Written | None,
) -> ExercisePart:
    cell, statement = cells[exercise.id], exercise.statement.source
    tests = tuple(_test(each, cells[each.id], record) for each in exercise.graded)
    lines = (row for test in tests for row in test.verdict.rows)
    named = {(row.number, row.text) for row in lines if row.number is not None}
    title = heading(statement) or exercise.id
    name = title.partition(": ")[0].replace("`", "")
    return ExercisePart(
        id=exercise.id,
        heading=title,
        tests=tests,
        answer=written(cell, lost.get(exercise.id), name, named),
        hints=tuple(hints(statement)),
        comment=_comment(cell),
        solution=solution,
    )


def _test(graded: notebook.Cell, cell: NotebookNode, record: Record | None) -> Test:
    """A graded cell with the gradebook's points, where points by hand take precedence."""
    of_gradebook = cell.metadata.nbgrader
    verdict = record.result.verdicts.get(graded.id) if record else None
    return Test(
        id=graded.id,
        aspect=graded.aspect,
        verdict=verdict or told_by(cell.outputs, graded.aspect != notebook.PUBLIC),
        points=float(of_gradebook.get("score") or 0),
        maximum=float(of_gradebook.get("points") or 0),
    )


def told_by(outputs: Sequence[NotebookNode], is_hidden: bool = False) -> Verdict:
    """The verdict that a graded cell's outputs show, without a record. A traceback would reveal the test.

    Where another program than ours ran a hidden cell, learner-made text may be anywhere in its message.
    """
    errors = [output for output in outputs if output.output_type == "error"]
    if not errors:
        return Verdict(Outcome.PASSED)
    kind, message = errors[-1].ename, plain(errors[-1].evalue)
    if kind in list(Outcome):
        return Verdict(Outcome(kind), message)
    told = message if kind == CHECK_FAILED else f"{kind}: {message}".strip(": ")
    return Verdict(Outcome.FAILED, told[:QUOTED_CHARACTERS] if is_hidden else told)


def _comment(cell: NotebookNode) -> str:
    comment = plain(cell.metadata.nbgrader.get("comment") or "")
    return "" if comment == NO_RESPONSE else comment  # the page says this in its own words


def _others(nb: NotebookNode, lost: Mapping[str, Lost], shown: Collection[str]) -> Iterator[Written]:
    """The cells that the learner added, except those `shown` elsewhere."""
    for cell in nb.cells:
        if cell.get("id", "") in shown:
            continue
        is_ours = bool(grade_id(cell) or cell.metadata.get("tags"))
        if str(cell.get("id", "")).startswith(OWN) or (cell.cell_type == "code" and not is_ours):
            yield written(cell, lost.get(cell.id))
