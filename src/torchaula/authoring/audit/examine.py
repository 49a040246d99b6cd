"""Examine exercises: known answers first, then mutants, with a process a core; and score each exercise."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from torchaula.authoring import matrix
from torchaula.authoring.audit import counts, equivalents, mutants, trying
from torchaula.authoring.audit.kinds import Kind
from torchaula.authoring.audit.mutants import Mutant, counted
from torchaula.authoring.audit.scores import Answers, Examined, Score
from torchaula.authoring.audit.trying import Bench, Tried
from torchaula.authoring.luck import Draw
from torchaula.course import answers
from torchaula.course.answers import KnownAnswer, program
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook

AT_ONCE = 20  # mutants that share a student process: each such process costs as much as two of them
SEQUENCE = 1  # of secrets, from which the audit takes the first ones: so it ends the same every time


@dataclass(frozen=True)
class Matter:
    """What is examined of one exercise: its mutants and known answers.

    `reasons` says of programs why they are equivalent. `counts` is how many mutants of each kind there were
    when the operators were fixed; None where nobody has counted.
    """

    exercise: str
    mutants: Sequence[Mutant]
    known: Sequence[KnownAnswer]
    reasons: Mapping[str, str]
    counts: Mapping[Kind, int] | None


def matters(course: Course, notebook: Notebook, exercises: Sequence[str]) -> list[Matter]:
    """What is examined of these exercises. Raises `Refusal` where a file is malformed or stale."""
    made = {name: mutants.of(notebook.exercise(name)) for name in exercises}
    reasons = equivalents.load(course, notebook, made)
    fixed = counts.load(course, notebook.assignment)
    return [
        Matter(
            name,
            made[name],
            matrix.known(
                notebook.exercise(name), answers.load(course, notebook.assignment, notebook.exercise(name))
            ),
            reasons[name],
            None if fixed is None else fixed.get(name, {}),
        )
        for name in exercises
    ]


def draws(count: int) -> list[Draw]:
    """The secrets of hidden cells under which all is tried."""
    return [Draw(SEQUENCE, place) for place in range(1, count + 1)]


def examined(
    notebook: Notebook, matters: Sequence[Matter], seeds: Sequence[Draw], jobs: int | None = None
) -> Iterator[Score]:
    """The score of each exercise, in order, with `jobs` processes (None: one a core).

    Raises `SetupFailed`.
    """
    with tempfile.TemporaryDirectory() as folder, matrix.workers(notebook, jobs) as pool:
        benches = [Bench(notebook, each.exercise, Path(folder, each.exercise)) for each in matters]
        told = list(
            pool.map(trying.answers, benches, [each.known for each in matters], [seeds] * len(matters))
        )
        tried = [
            [_begun(pool, bench, each.mutants, draw, is_told=draw == seeds[0]) for draw in seeds]
            for bench, each in zip(benches, matters, strict=True)
        ]
        for each, answers, begun in zip(matters, told, tried, strict=True):
            found = [[one for chunk in chunks for one in chunk.result()] for chunks in begun]
            yield _score(notebook, each, answers, found)


def _begun(
    pool: ProcessPoolExecutor, bench: Bench, mutants: Sequence[Mutant], draw: Draw, is_told: bool
) -> list[Future[list[Tried]]]:
    """Begin to try mutants under one seed, some at once."""
    sources = [mutant.source for mutant in mutants]
    return [
        pool.submit(trying.mutants, bench, sources[start : start + AT_ONCE], draw, is_told)
        for start in range(0, len(sources), AT_ONCE)
    ]


def _score(notebook: Notebook, matter: Matter, answers: Answers, found: Sequence[Sequence[Tried]]) -> Score:
    """The score of an exercise; `found` are its mutants' ends for each seed."""
    examined = tuple(
        Examined(
            mutant,
            tuple(each.failed for each in ends),
            ends[0].told,
            matter.reasons.get(program(mutant.source), ""),
        )
        for mutant, *ends in zip(matter.mutants, *found, strict=True)
    )
    aspects = tuple(cell.aspect for cell in notebook.exercises[matter.exercise].graded)
    return Score(matter.exercise, aspects, examined, answers, _miscounted(matter))


def _miscounted(matter: Matter) -> tuple[Kind, ...]:
    """The kinds of which there are more or fewer mutants than were counted."""
    now, then = counted(matter.mutants), Counter(matter.counts)
    return tuple(kind for kind in Kind if matter.counts is not None and now[kind] != then[kind])
