"""Try answers in the judge, in a worker process of the audit; what is kept there stays there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from torchaula.authoring import judging, matrix
from torchaula.authoring.audit.scores import Answers, Misjudged
from torchaula.authoring.luck import Draw
from torchaula.authoring.matrix import Trial
from torchaula.checks.session import COURSE_SEED, aspect_of
from torchaula.course.answers import KnownAnswer
from torchaula.course.constructs import constructs
from torchaula.course.notebook import Notebook
from torchaula.grading.trusted import diagnosis
from torchaula.grading.trusted.diagnosis import KnownMistake, Wrong
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.seeds import Seeds
from torchaula.grading.trusted.verdict import Outcome, Verdict

THREADS = (
    2  # of torch, once, for the answers that must pass: their results may not hang on how many there are
)


@dataclass(frozen=True)
class Tried:
    """What became of one mutant under one seed: the aspects that it fails, and what it is told."""

    failed: frozenset[str]
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bench:
    """An exercise, and the file where its known mistakes are kept for the worker processes."""

    notebook: Notebook
    exercise: str
    mistakes: Path


def answers(bench: Bench, known: Sequence[KnownAnswer], draws: Sequence[Draw]) -> Answers:
    """Try the known answers, and keep the evidence of the wrong ones for `mutants`."""
    first, *others = draws
    trials = _trials(bench, known, first)
    misjudged = [*_misjudged(trials, str(first)), *_in_threads(bench, known)]
    for draw in others:
        misjudged += _misjudged(_trials(bench, known, draw), str(draw))
    wrong = [trial for trial in trials if not (trial.answer.is_right or trial.answer.is_made_up)]
    bench.mistakes.write_bytes(msgspec.msgpack.encode([trial.mistake for trial in wrong]))
    told = matrix.diagnosed(trials)
    return Answers(len(known), tuple(misjudged), told.wrong, told.own, told.others)


def _trials(bench: Bench, known: Sequence[KnownAnswer], draw: Draw) -> list[Trial]:
    """The trials in the judge; an answer that ends otherwise than declared is tried once more by itself."""
    seeds = Seeds(secret=draw.secret)
    found = judging.judged_each(bench.notebook, bench.exercise, [each.source for each in known], seeds)
    trials = []
    for answer, judged in zip(known, found, strict=True):
        if _failed(judged.verdicts) != answer.fails:
            judged = judging.judged(bench.notebook, {bench.exercise: answer.source}, [bench.exercise], seeds)
        verdicts = {aspect_of(cell): verdict for cell, verdict in judged.verdicts.items()}
        trials.append(Trial(bench.exercise, answer, {"remote": verdicts}, judged.evidence))
    return trials


def _misjudged(trials: Sequence[Trial], seed: str) -> list[Misjudged]:
    return [_as_misjudged(t.answer, t.failed("remote"), seed) for t in trials if not t.as_declared]


def _in_threads(bench: Bench, known: Sequence[KnownAnswer]) -> list[Misjudged]:
    """The right answers that fail where torch has several threads; twice, since a busy machine is slow."""

    def failed(answer: KnownAnswer) -> frozenset[str]:
        solution = {bench.exercise: answer.source}
        return _failed(judging.grade(bench.notebook, solution, [bench.exercise], threads=THREADS))

    right = (answer for answer in known if answer.is_right)
    return [
        _as_misjudged(answer, again, str(COURSE_SEED), THREADS)
        for answer in right
        if failed(answer) and (again := failed(answer))
    ]


def _as_misjudged(answer: KnownAnswer, failed: frozenset[str], seed: str, threads: int = 1) -> Misjudged:
    return Misjudged(answer.id, tuple(sorted(failed)), tuple(sorted(answer.fails)), seed, threads)


def mutants(bench: Bench, sources: Sequence[str], draw: Draw, is_told: bool) -> list[Tried]:
    """Try mutants under one seed; where it `is_told`, find the known mistakes that they are taken for."""
    found = judging.judged_each(bench.notebook, bench.exercise, sources, Seeds(secret=draw.secret))
    known = _mistakes(bench.mistakes) if is_told else []
    return [
        Tried(_failed(judged.verdicts), _told(known, judged, source))
        for judged, source in zip(found, sources, strict=True)
    ]


@lru_cache(maxsize=1)
def _mistakes(path: Path) -> list[KnownMistake]:
    return msgspec.msgpack.decode(path.read_bytes(), type=list[KnownMistake])


def _told(known: Sequence[KnownMistake], judged: Judged, source: str) -> tuple[str, ...]:
    if not known or not judged.evidence:
        return ()
    wrong = Wrong(judged.evidence, constructs(source), _failed(judged.verdicts))
    found = diagnosis.diagnose(known, wrong).values()
    return tuple(sorted({each.sentence for each in found}))


def _failed(verdicts: dict[str, Verdict]) -> frozenset[str]:
    """The aspects of the cells that an answer fails; a cell that is broken itself fails nobody."""
    return frozenset(
        aspect_of(cell)
        for cell, verdict in verdicts.items()
        if not (verdict.passed or verdict.outcome is Outcome.INFRASTRUCTURE)
    )
