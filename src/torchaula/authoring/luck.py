"""Try known answers with several random secrets: a verdict that changes depends on luck."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torchaula.authoring import judging, matrix
from torchaula.checks.session import aspect_of
from torchaula.course.answers import KnownAnswer
from torchaula.course.notebook import Notebook
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.seeds import Seeds
from torchaula.grading.trusted.verdict import Outcome


@dataclass(frozen=True)
class Draw:
    """A reproducible secret: number `place` of the sequence with the seed `number`."""

    number: int
    place: int

    @property
    def secret(self) -> str:
        return hashlib.sha256(f"{self.number}/{self.place}".encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.number}/{self.place}"


@dataclass(frozen=True)
class Swayed:
    """An answer that fails other cells than declared under one draw; `failed` are their aspects."""

    exercise: str
    answer: KnownAnswer
    draw: Draw
    failed: frozenset[str]


def swayed(
    notebook: Notebook,
    answers: Mapping[str, Sequence[KnownAnswer]],
    draws: Sequence[Draw],
    jobs: int | None = None,
) -> Iterator[list[Swayed]]:
    """Yield the answers that depend on luck, one list per exercise and draw.

    Runs `jobs` processes (None: one per core). Raises `SetupFailed`.
    """
    todo = [(notebook, name, tuple(known), draw) for draw in draws for name, known in answers.items()]
    with matrix.workers(notebook, jobs) as pool:
        yield from pool.map(_try, todo)


def _try(job: tuple[Notebook, str, tuple[KnownAnswer, ...], Draw]) -> list[Swayed]:
    return swayed_by(*job)


def swayed_by(notebook: Notebook, exercise: str, answers: Sequence[KnownAnswer], draw: Draw) -> list[Swayed]:
    """The answers to one exercise that end otherwise than declared. This process must be warm.

    Such an answer is tried once more alone: effects of other answers, or of a busy machine, are not luck.
    """
    seeds = Seeds(secret=draw.secret)
    found = judging.judged_each(notebook, exercise, [answer.source for answer in answers], seeds)
    told = []
    for answer, judged in zip(answers, found, strict=True):
        if not _is_declared(answer, judged):
            alone = judging.judged(notebook, {exercise: answer.source}, [exercise], seeds)
            if not (_is_declared(answer, alone) or alone.is_unsure):
                told.append(Swayed(exercise, answer, draw, _failed(alone)))
    return told


def _is_declared(answer: KnownAnswer, judged: Judged) -> bool:
    is_broken = any(verdict.outcome is Outcome.INFRASTRUCTURE for verdict in judged.verdicts.values())
    return _failed(judged) == answer.fails and not is_broken


def _failed(judged: Judged) -> frozenset[str]:
    return frozenset(aspect_of(cell) for cell, v in judged.verdicts.items() if not v.passed)
