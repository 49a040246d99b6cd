"""Try every known answer against every graded cell of its exercise, to test the tests."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from torchaula.authoring import judging
from torchaula.authoring.junk import junk
from torchaula.checks.session import COURSE_SEED, aspect_of
from torchaula.course.answers import KnownAnswer
from torchaula.course.constructs import constructs
from torchaula.course.notebook import Exercise, Notebook
from torchaula.grading.trusted import diagnosis, engine
from torchaula.grading.trusted.diagnosis import Evidence, KnownMistake, Wrong
from torchaula.grading.trusted.seeds import Seeds
from torchaula.grading.trusted.verdict import Verdict

MODEL, STUB = "model-solution", "stub"


@dataclass(frozen=True)
class Trial:
    """One answer to one exercise, and its verdicts by aspect, for each back end."""

    exercise: str
    answer: KnownAnswer
    verdicts: Mapping[str, Mapping[str, Verdict]]
    evidence: Mapping[str, Evidence] = field(default_factory=dict)  # of failed cells, in the remote back end

    def failed(self, backend: str) -> frozenset[str]:
        """The aspects of the cells that the answer failed."""
        return frozenset(a for a, verdict in self.verdicts[backend].items() if not verdict.passed)

    @property
    def as_declared(self) -> bool:
        """Whether exactly the declared cells failed, in every back end."""
        return all(self.failed(backend) == self.answer.fails for backend in self.verdicts)

    @property
    def mistake(self) -> KnownMistake:
        """A wrong answer as diagnosing knows it."""
        answer = self.answer
        return KnownMistake(answer.sentence, dict(self.evidence), answer.fails, answer.needs)


def known(exercise: Exercise, answers: Iterable[KnownAnswer]) -> list[KnownAnswer]:
    """The model solution, the stub that learners receive, the known answers, and junk."""
    everything = frozenset(cell.aspect for cell in exercise.graded)
    return [
        KnownAnswer(MODEL, exercise.solution.answer),
        KnownAnswer(STUB, exercise.solution.released, everything, is_made_up=True),
        *answers,
        *junk(exercise),
    ]


def trials(
    notebook: Notebook,
    answers: Mapping[str, Iterable[KnownAnswer]],
    backends: Iterable[str] = tuple(judging.BACKENDS),
    seed: int = COURSE_SEED,
    jobs: int | None = None,
) -> Iterator[Trial]:
    """Try the answers of each exercise with `jobs` processes (None: one per core); trials come in order.

    With `jobs=0` they run in this process, which must be warm (`engine.prepare`) and keeps its sandbox.
    Raises `SetupFailed`.
    """
    todo = [
        (notebook, exercise, answer, tuple(backends), seed)
        for exercise, list_ in answers.items()
        for answer in list_
    ]
    if jobs == 0:
        yield from map(_try, todo)
        return
    with workers(notebook, jobs) as pool:
        yield from pool.map(_try, todo)


def workers(notebook: Notebook, jobs: int | None) -> ProcessPoolExecutor:
    """Start warm processes for trials (None: one per core). Raises `SetupFailed`."""
    engine.require_setup(notebook)
    return ProcessPoolExecutor(jobs or os.cpu_count(), get_context("fork"), engine.prepare, (notebook,))


def _try(job: tuple[Notebook, str, KnownAnswer, tuple[str, ...], int]) -> Trial:
    notebook, exercise, answer, backends, seed = job
    solution, verdicts, evidence = {exercise: answer.source}, {}, {}
    for backend in backends:
        if backend == "remote":
            judged = judging.judged(notebook, solution, [exercise], Seeds(seed))
            found, evidence = judged.verdicts, judged.evidence
        else:
            found = judging.grade(notebook, solution, [exercise], backend=backend, seed=seed)
        verdicts[backend] = {aspect_of(cell): verdict for cell, verdict in found.items()}
    return Trial(exercise, answer, verdicts, evidence)


@dataclass(frozen=True)
class Diagnosed:
    """How many known wrong answers there are, how many get their own sentence, and which get another's."""

    wrong: int
    own: int
    others: tuple[str, ...]


def diagnosed(trials: Iterable[Trial]) -> Diagnosed:
    """How well the wrong answers of one exercise are diagnosed; stub and junk don't count."""
    wrong = [trial for trial in trials if not (trial.answer.is_right or trial.answer.is_made_up)]
    known = [trial.mistake for trial in wrong]
    own, others = 0, []
    for trial in wrong:
        answer = Wrong(trial.evidence, constructs(trial.answer.source), trial.answer.fails)
        said = {told.sentence for told in diagnosis.diagnose(known, answer).values()}
        own += said == {trial.answer.sentence}
        others += [trial.answer.id] if said - {trial.answer.sentence} else []
    return Diagnosed(len(wrong), own, tuple(others))
