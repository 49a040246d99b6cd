"""Grade a submission: take the instructor's notebook and the learner's cells, and return verdicts."""

from __future__ import annotations

import ast
import contextlib
import io
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence

import torch

from torchaula.checks.session import COURSE_SEED
from torchaula.course.magics import as_python
from torchaula.course.notebook import Notebook
from torchaula.grading.trusted import judge, local
from torchaula.grading.trusted.budget import NOTHING_SPENT, Budget, Spent
from torchaula.grading.trusted.cells import SetupFailed, read
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.sandbox import Sandbox
from torchaula.grading.trusted.seeds import PUBLISHED, Seeds
from torchaula.grading.trusted.verdict import Lost, Outcome, Verdict
from torchaula.grading.wire import limits, words
from torchaula.grading.wire.forks import ForkFailed, in_fork, ready_for_forks, warm_up
from torchaula.grading.wire.orders import Leave, RunCell, Step

MEMORY = 2 * 2**30  # bytes that the judge may use beyond what the worker has, since it keeps replies
TRIES = 3  # sandboxes that a submission may crash
RUN = ("setup", "solution", "free", "manual")  # the kinds of cells that a student process runs
JUDGED = ("setup", "graded")  # and those that the judge runs


def prepare(notebook: Notebook, only: Collection[str] | None = None) -> None:
    """Warm up this process: run set-up and tests once, so that their imports and code are ready.

    `only` are the exercises whose tests are run; None: all of them.
    """
    warm_up(_trains(notebook))
    exercises = notebook.exercises.items()
    model = {name: each.solution.answer for name, each in exercises if only is None or name in only}
    with quiet():
        local.run(notebook, model, list(model), COURSE_SEED)
    ready_for_forks()


def import_for(notebook: Notebook) -> None:
    """Read the tests, and import what they and the set-up need; forks of this process need not."""
    warm_up(_trains(notebook))
    read(cell for cell in notebook.cells if cell.kind in JUDGED)
    for cell in notebook.setup:
        with contextlib.suppress(SyntaxError):
            tree = ast.parse(as_python(cell.source))
            for node in tree.body:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    with quiet(), contextlib.suppress(Exception):  # running the set-up will report it
                        exec(compile(ast.Module([node], []), "<imports>", "exec"), {"__name__": "imports"})
    ready_for_forks()


def _trains(notebook: Notebook) -> bool:
    """Whether tests or set-up use an optimiser."""
    return any("optim" in cell.source for cell in notebook.cells if cell.kind in JUDGED)


def require_setup(notebook: Notebook) -> None:
    """Raise `SetupFailed` where the set-up can't run."""

    def work() -> list[str]:
        torch.set_num_threads(1)
        try:
            with quiet():
                local.run(notebook, {}, [], COURSE_SEED)
        except SetupFailed as error:
            return [error.cell, error.error]
        return []

    try:
        found = in_fork(work, list[str], limits.SETUP_WALL)
    except ForkFailed as error:
        found = [notebook.setup[0].id, _last_line(error)]
    if found:
        raise SetupFailed(*found)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Discard output and ignore warnings, even where they are errors."""
    nowhere = io.StringIO()
    with (
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(action="ignore"),
    ):
        yield


class Engine:
    """Grades submissions to one instructor's notebook in one sandbox, one after the other."""

    def __init__(self, notebook: Notebook, sandbox: Sandbox, seeds: Seeds = PUBLISHED) -> None:
        self.notebook, self.sandbox, self.seeds = notebook, sandbox, seeds

    def grade(
        self,
        submission: Notebook,
        only: Collection[str] | None = None,
        *,
        alone: bool = True,
        spent: Spent = NOTHING_SPENT,
    ) -> Judged:
        """Grade a submission, a rebuilt notebook. `only` are the exercises to grade; None means all.

        The learner's cells run in order up to the last of these exercises, as when all are graded.
        After a timeout on a busy machine, or a sandbox that died, grading is retried once if it is `alone`
        on the machine; else the result says that it should be retried. All tries share one budget, of
        which earlier tries have `spent` a part.
        """
        exercises = list(self.notebook.exercises) if only is None else list(only)
        budget = Budget.of(self.sandbox.confinement.limits, spent)
        steps = steps_of(submission, exercises)
        judged, is_sure = self._grade(steps, exercises, TRIES if alone else 1, budget)
        is_again = spent != NOTHING_SPENT
        if alone and not is_sure and judged.fatal is None and not budget.is_over:
            judged, is_sure = self._grade(steps, exercises, TRIES, budget)
            is_again = True
        judged.spent = budget.spent
        # A retried submission lacked CPU before: the time that this took must not cost points now.
        is_starved = is_again or (budget.cpu_left > 0 and budget.spent.is_starved_mostly)
        judged.is_starved = judged.is_out_of_time and is_starved
        judged.is_unsure = judged.is_starved or not is_sure
        return judged

    def grade_each(self, exercise: str, answers: Sequence[str]) -> list[Judged]:
        """Grade several answers to one exercise. They must be the course's own.

        The results are those of `grade`, in a third of the time: the answers share a student process, so they
        also share what one of them imports or changes in a library. An answer that ends this process is
        graded again by itself.
        """
        judged: list[Judged] = []
        while len(judged) < len(answers):
            judged += self._in_turn(exercise, answers[len(judged) :])
            if len(judged) < len(answers):
                submission = self.notebook.answered({exercise: answers[len(judged)]})
                judged.append(self.grade(submission, [exercise]))
        return judged

    def _in_turn(self, exercise: str, answers: Sequence[str]) -> list[Judged]:
        """Grade the answers in order; stop at the first one that crashes or times out."""
        steps = steps_of(self.notebook.answered({}), [exercise])

        def work() -> list[Judged]:
            with quiet():
                return judge.run_each(self.sandbox, self.notebook, steps, exercise, answers, self.seeds)

        try:
            return in_fork(work, list[Judged], limits.JUDGE_WALL, MEMORY)
        except ForkFailed:
            return []
        finally:
            self.sandbox.finish()

    def _grade(
        self, steps: Sequence[Step], exercises: list[str], tries: int, budget: Budget
    ) -> tuple[Judged, bool]:
        """Grade a submission; also return whether the result is sure, so that a retry would not change it.

        Another program may be why a sandbox dies: so only a cell that crashed two sandboxes is left out,
        and a result that no sandbox survived is unsure.
        """
        lost: dict[str, Lost] = {}
        fatal: set[str] = set()
        for _ in range(tries):
            before = budget.spent
            judged = self._judge(steps, exercises, lost, budget)
            if judged.fatal is None:
                return judged, not (_is_late(judged) and budget.since(before).is_starved)
            lost = {cell: how for cell, how in judged.lost.items() if cell != judged.fatal}
            if judged.fatal in fatal - {""}:
                lost[judged.fatal] = Lost.DIED
            fatal.add(judged.fatal)
            if budget.is_over:
                break
        died = self._all(exercises, Outcome.PROCESS_DIED, words.SUBMISSION_DIED)
        died.fatal = judged.fatal
        return died, budget.is_over and not budget.spent.is_starved

    def _judge(
        self, steps: Sequence[Step], exercises: list[str], lost: Mapping[str, Lost], budget: Budget
    ) -> Judged:
        def work() -> Judged:
            with quiet():
                return judge.run(self.sandbox, self.notebook, steps, exercises, self.seeds, lost, budget)

        seconds = min(limits.JUDGE_WALL, budget.left() + limits.JUDGE_GRACE_WALL)
        try:
            return in_fork(work, Judged, seconds, MEMORY)
        except ForkFailed as error:
            judged = self._all(exercises, Outcome.INFRASTRUCTURE, _last_line(error))
            judged.is_judge_lost = True
            return judged
        finally:
            ready = self.sandbox.finish()
            budget.note(ready.cpu_seconds, ready.wanted_seconds)

    def _all(self, exercises: list[str], outcome: Outcome, message: str) -> Judged:
        graded = (c for c in self.notebook.cells if c.kind == "graded" and c.exercise in exercises)
        return Judged({cell.id: Verdict(outcome, message) for cell in graded})


def _is_late(judged: Judged) -> bool:
    """Whether something timed out that might have ended in time on an idle machine."""
    graded = any(
        verdict.outcome is Outcome.TIMED_OUT and cell not in judged.endless
        for cell, verdict in judged.verdicts.items()
    )
    return graded or Lost.TIMED_OUT in judged.lost.values() or judged.is_out_of_time


def _last_line(error: ForkFailed) -> str:
    """The last line of the error's text, which may be a traceback."""
    return str(error).strip().splitlines()[-1]


def steps_of(submission: Notebook, exercises: Collection[str]) -> list[Step]:
    """The steps of a student process: run the submission's cells in order, and fork for each exercise.

    The fork comes just before an exercise's last graded cell, so that a solution in two cells counts. A
    learner who wrote cells above the set-up had already run the set-up: so it runs first, and again in its
    place. Where `exercises` are not all, nothing after the last fork runs.
    """
    last = {cell.exercise: cell for cell in submission.cells if cell.kind == "graded"}
    steps: list[Step] = []
    for cell in submission.cells:
        if cell.kind == "graded":
            if cell is last[cell.exercise] and cell.exercise in exercises:
                steps.append(Leave(cell.exercise))
        elif cell.kind in RUN and (cell.kind != "solution" or cell.source.strip()):
            steps.append(RunCell(cell.id, cell.source, cell.kind == "setup"))
    if not set(last) <= set(exercises):
        steps = _up_to_last_fork(steps)
    first = next((step for step in steps if isinstance(step, RunCell) and step.is_setup), None)
    return [first, *steps] if first and first != steps[0] else steps


def _up_to_last_fork(steps: Sequence[Step]) -> list[Step]:
    forks = [number for number, step in enumerate(steps) if isinstance(step, Leave)]
    return list(steps[: forks[-1] + 1]) if forks else []
