"""Run the known wrong answers to an exercise when first needed, and cache their evidence on disk.

A known answer is needed once a learner fails the exercise with a program that may be told its sentence: first
those that fail the same cells, and the others only where none of these explains what the learner's does.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import msgspec
from filelock import Timeout

from torchaula import files
from torchaula.checks.session import aspect_of, exercise_of
from torchaula.course.constructs import Program
from torchaula.course.notebook import Notebook
from torchaula.files import whole
from torchaula.grading.trusted import diagnosis
from torchaula.grading.trusted.diagnosis import Diagnosis, Evidence, KnownMistake, Wrong
from torchaula.grading.trusted.engine import Engine
from torchaula.grading.trusted.jobs import Assigned, Mistake
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.verdict import Verdict
from torchaula.grading.wire import limits
from torchaula.grading.wire.forks import ForkFailed, in_fork
from torchaula.source_text import names_bound_in

MEMORY = 2**30  # bytes that a comparison may take
KEY = 16  # characters of a key in a file's name


class Misconceptions:
    """The known wrong answers of one assignment. `folder` caches their evidence, by the exercise's key."""

    def __init__(self, engine: Engine, assigned: Assigned, folder: Path | None) -> None:
        self._engine, self._folder = engine, folder
        self._mistakes, self._keys = assigned.mistakes, assigned.keys
        # By exercise, the mistakes whose evidence is known, by their number.
        self._known: defaultdict[str, dict[int, KnownMistake]] = defaultdict(dict)

    def diagnosed(self, judged: Judged, submission: Notebook) -> dict[str, Verdict]:
        """The verdicts on a submission; failed cells get a diagnosis where a known answer explains them."""
        verdicts = dict(judged.verdicts)
        by_exercise: dict[str, dict[str, Evidence]] = {}
        for cell, evidence in judged.evidence.items():
            if (exercise := exercise_of(cell)) in self._mistakes:
                by_exercise.setdefault(exercise, {})[cell] = evidence
        programs = self._programs(submission, list(by_exercise)) if by_exercise else {}
        wrong = {
            exercise: Wrong(by_exercise[exercise], program, _failed(verdicts, exercise))
            for exercise, program in programs.items()
        }
        for cell, found in self._diagnoses(wrong).items():
            verdicts[cell] = replace(verdicts[cell], diagnosis=found.sentence, certainty=found.certainty)
        return verdicts

    def _diagnoses(self, wrong: Mapping[str, Wrong]) -> dict[str, Diagnosis]:
        """The diagnoses of failed cells, whatever is known already."""
        told: dict[str, Diagnosis] = {}
        undecided, left = dict(wrong), limits.DIAGNOSIS_WALL
        for by_twins in (True, False):
            self._find_out(undecided, by_twins)
            for exercise, each in list(undecided.items()):
                begun = time.monotonic()
                found = self._compare(exercise, each, by_twins, left)
                left -= time.monotonic() - begun
                if found is not None:
                    told |= found
                    del undecided[exercise]
        return told

    def _find_out(self, wrong: Mapping[str, Wrong], by_twins: bool) -> None:
        """Get the evidence that these answers need; what another worker is running comes last."""
        for is_patient in (False, True):
            for exercise, each in wrong.items():
                if not self._lacking(exercise, each, by_twins):
                    continue
                with self._lock(exercise, is_patient) as is_ours:
                    if is_ours:
                        self._learn(exercise, each, by_twins)

    def _lacking(self, exercise: str, wrong: Wrong, by_twins: bool) -> dict[int, Mistake]:
        """The mistakes, by number, that may explain a wrong answer and whose evidence is not known.

        They fail some of the cells that it fails, or, `by_twins`, the same ones.
        """
        known = self._known[exercise]
        return {
            number: mistake
            for number, mistake in enumerate(self._mistakes[exercise])
            if number not in known
            and mistake.needs.fit(wrong.program)
            and (wrong.failed == set(mistake.fails) if by_twins else wrong.failed & set(mistake.fails))
        }

    @contextmanager
    def _lock(self, exercise: str, is_patient: bool) -> Iterator[bool]:
        """Whether this worker may run the known answers; where no file can be locked, every worker may."""
        with ExitStack() as stack:
            is_ours = True
            try:
                if self._folder:
                    self._folder.mkdir(parents=True, exist_ok=True)
                    lock = files.lock(self._folder / f"{exercise}.lock")
                    stack.enter_context(lock.acquire(blocking=is_patient))
            except Timeout:
                is_ours = False
            except OSError:
                pass  # no file can be locked there
            yield is_ours

    def _compare(
        self, exercise: str, wrong: Wrong, by_twins: bool, seconds: float
    ) -> dict[str, Diagnosis] | None:
        """Compare in a fork, since a learner's process wrote part of the evidence. Empty after a timeout.

        None: those that fail the same cells, `by_twins`, do not decide.
        """
        known = list(self._known[exercise].values())

        def work() -> list[dict[str, Diagnosis]]:
            found = (diagnosis.diagnose_by_twins if by_twins else diagnosis.diagnose)(known, wrong)
            return [] if found is None else [found]

        try:
            return next(iter(in_fork(work, list[dict[str, Diagnosis]], seconds, MEMORY)), None)
        except ForkFailed:
            return {}

    def _programs(self, submission: Notebook, exercises: Sequence[str]) -> dict[str, frozenset[str]]:
        """The constructs of what a learner wrote for each exercise, read in a fork; empty after a timeout."""
        programs = [self._program(submission, exercise) for exercise in exercises]

        def work() -> list[frozenset[str]]:
            return [program.constructs for program in programs]

        try:
            found = in_fork(work, list[frozenset[str]], limits.DIAGNOSIS_WALL, MEMORY)
        except ForkFailed:
            return {}
        return dict(zip(exercises, found, strict=True))

    def _program(self, submission: Notebook, exercise: str) -> Program:
        """What a learner wrote for an exercise."""
        answer = next((cell.source for cell in submission.cells if cell.id == exercise), "")
        others = tuple(cell.source for cell in submission.cells if cell.kind == "free")
        asked = self._engine.notebook.exercises[exercise].solution
        return Program(answer, others, names_bound_in(asked.source))

    def _learn(self, exercise: str, wrong: Wrong, by_twins: bool) -> None:
        """Get the evidence that an answer needs: from the cache, and the rest by running answers."""
        path = self._place(exercise)
        cached = _read(path)
        self._known[exercise] |= cached
        if lacking := self._lacking(exercise, wrong, by_twins):
            found, is_sure = self._run(exercise, lacking)
            if path is not None and is_sure:
                with suppress(OSError):  # the disk is full
                    _write(path, cached | found)
            self._known[exercise] |= found

    def _run(self, exercise: str, lacking: Mapping[int, Mistake]) -> tuple[dict[int, KnownMistake], bool]:
        """The evidence, and whether it is sure: another run would give the same."""
        judged = self._engine.grade_each(exercise, [mistake.source for mistake in lacking.values()])
        found = {
            number: KnownMistake(mistake.sentence, each.evidence, frozenset(mistake.fails), mistake.needs)
            for (number, mistake), each in zip(lacking.items(), judged, strict=True)
        }
        return found, not any(each.is_unsure for each in judged)

    def _place(self, exercise: str) -> Path | None:
        """The cache file of an exercise; None where there is no cache."""
        if self._folder is None or exercise not in self._keys:
            return None
        return self._folder / f"{exercise}-{self._keys[exercise][:KEY]}.msgpack"


def _failed(verdicts: Mapping[str, Verdict], exercise: str) -> frozenset[str]:
    """The aspects of the cells of an exercise that an answer failed."""
    cells = (cell for cell, verdict in verdicts.items() if not verdict.passed)
    return frozenset(aspect_of(cell) for cell in cells if exercise_of(cell) == exercise)


def _read(path: Path | None) -> dict[int, KnownMistake]:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=dict[int, KnownMistake]) if path else {}
    except (OSError, msgspec.MsgspecError):
        return {}


def _write(path: Path, known: Mapping[int, KnownMistake]) -> None:
    """Cache the evidence for this key, and delete that of earlier keys."""
    for old in path.parent.glob(f"{path.stem[:-KEY]}{'[0-9a-f]' * KEY}.msgpack"):
        old.unlink(missing_ok=True)
    with whole(path) as file:
        file.write_bytes(msgspec.msgpack.encode(known))
