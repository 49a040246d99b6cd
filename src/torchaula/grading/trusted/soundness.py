"""Try the tests themselves, in the judge and the sandbox that will grade with them.

The model solution must pass every graded cell. The stub that learners receive must pass no cell with points.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from torchaula.course.notebook import Cell, Exercise
from torchaula.grading.trusted.engine import Engine
from torchaula.grading.trusted.jobs import Doubt, Flaw, Result
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.verdict import Outcome
from torchaula.i18n import _


def tried(engine: Engine, only: Collection[str]) -> Result:
    """A result with the flaws in the tests of some exercises, or a `problem` where they can't be tried."""
    notebook = engine.notebook
    solutions = {exercise.id: exercise.solution for exercise in notebook.exercises.values()}
    cells = [cell for name in notebook.exercises if name in only for cell in notebook.exercises[name].graded]
    model = {name: solution.answer for name, solution in solutions.items()}
    stubs = {name: solution.released for name, solution in solutions.items()}
    for answers, flaws_in, doubt in (
        (model, _failed, Doubt.MODEL_FAILS),
        (stubs, _given_away, Doubt.SAYS_NOTHING),
    ):
        judged = engine.grade(notebook.answered(answers), only)
        is_lost = judged.is_judge_lost
        flaws = list(_culprits(engine, only, answers, doubt) if is_lost else flaws_in(cells, judged))
        if judged.is_unsure or (is_lost and not flaws):
            return _not_tried(flaws)
        if flaws:
            return Result(flaws=flaws)
    return Result()


def _not_tried(flaws: Collection[Flaw]) -> Result:
    cells = ", ".join(flaw.cell for flaw in flaws) or "-"
    told = _("the tests could not be tried, perhaps since the machine is busy ({cells}); grade again")
    return Result(problem=told.format(cells=cells), is_unsure=True)


def _failed(cells: Iterable[Cell], judged: Judged) -> Iterator[Flaw]:
    """The cells that the model solution doesn't pass."""
    for cell in cells:
        verdict = judged.verdicts.get(cell.id)
        if verdict is None:
            yield Flaw(cell.id, Doubt.SAYS_NOTHING)
        elif not verdict.passed:
            yield Flaw(cell.id, Doubt.MODEL_FAILS, judged.errors.get(cell.id, verdict.outcome.value))


def _culprits(
    engine: Engine, only: Collection[str], answers: Mapping[str, str], doubt: Doubt
) -> Iterator[Flaw]:
    """The cells that crash the judge, found by running one cell more of each exercise at a time."""
    for exercise in (each for name, each in engine.notebook.exercises.items() if name in only):
        for number in range(1, len(exercise.graded) + 1):
            judged = _with_first(engine, exercise, number, answers[exercise.id])
            if judged.is_judge_lost:
                cell = exercise.graded[number - 1].id
                yield Flaw(cell, doubt, judged.verdicts[cell].message)
                break


def _with_first(engine: Engine, exercise: Exercise, number: int, answer: str) -> Judged:
    later = set(exercise.graded[number:])
    cells = tuple(cell for cell in engine.notebook.cells if cell not in later)
    fewer = Engine(replace(engine.notebook, cells=cells), engine.sandbox, engine.seeds)
    return fewer.grade(fewer.notebook.answered({exercise.id: answer}), [exercise.id])


def _given_away(cells: Iterable[Cell], judged: Judged) -> Iterator[Flaw]:
    """The cells with points that the stub passes, and the cells that give it no verdict."""
    for cell in cells:
        verdict = judged.verdicts.get(cell.id)
        if verdict is None or verdict.outcome is Outcome.INFRASTRUCTURE:
            error = judged.errors.get(cell.id, verdict.message if verdict else "")
            yield Flaw(cell.id, Doubt.SAYS_NOTHING, error)
        elif verdict.passed and cell.points > 0:
            yield Flaw(cell.id, Doubt.STUB_PASSES)
