"""Run the known wrong answers of an exercise when first needed, and cache their evidence on disk."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import msgspec
from filelock import Timeout

from torchaula import files
from torchaula.checks.session import exercise_of
from torchaula.course.constructs import Program
from torchaula.course.notebook import Notebook
from torchaula.files import whole
from torchaula.grading.trusted import diagnosis
from torchaula.grading.trusted.diagnosis import Diagnosis, Evidence, KnownMistake
from torchaula.grading.trusted.engine import Engine
from torchaula.grading.trusted.jobs import Assigned
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
        self._known: dict[str, list[KnownMistake]] = {}

    def diagnosed(self, judged: Judged, submission: Notebook) -> dict[str, Verdict]:
        """The verdicts on a submission; failed cells get a diagnosis where a known answer explains them."""
        verdicts = dict(judged.verdicts)
        by_exercise: dict[str, dict[str, Evidence]] = {}
        for cell, evidence in judged.evidence.items():
            if (exercise := exercise_of(cell)) in self._mistakes:
                by_exercise.setdefault(exercise, {})[cell] = evidence
        self._find_out(by_exercise)
        end = time.monotonic() + limits.DIAGNOSIS_WALL
        for exercise, found in by_exercise.items():
            program = self._program(submission, exercise)
            for cell, told in self._compare(exercise, found, program, end - time.monotonic()).items():
                verdicts[cell] = replace(verdicts[cell], diagnosis=told.sentence, certainty=told.certainty)
        return verdicts

    def _find_out(self, exercises: Collection[str]) -> None:
        """Get the evidence of these exercises; those that another worker is running come last."""
        for is_patient in (False, True):
            for exercise in [each for each in exercises if each not in self._known]:
                with self._lock(exercise, is_patient) as is_ours:
                    if is_ours:
                        self.known(exercise)

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
        self, exercise: str, found: Mapping[str, Evidence], program: Program, seconds: float
    ) -> dict[str, Diagnosis]:
        """Compare in a fork, since learners wrote the program and their process part of the evidence.

        Empty after a timeout.
        """
        known = self.known(exercise)

        def work() -> dict[str, Diagnosis]:
            return diagnosis.diagnose(known, found, program.constructs)

        try:
            return in_fork(work, dict[str, Diagnosis], seconds, MEMORY)
        except ForkFailed:
            return {}

    def _program(self, submission: Notebook, exercise: str) -> Program:
        """What a learner wrote for an exercise."""
        answer = next((cell.source for cell in submission.cells if cell.id == exercise), "")
        others = tuple(cell.source for cell in submission.cells if cell.kind == "free")
        asked = self._engine.notebook.exercises[exercise].solution
        return Program(answer, others, names_bound_in(asked.source))

    def known(self, exercise: str) -> list[KnownMistake]:
        """The evidence of each wrong answer to an exercise: from memory, from the cache, or by running it."""
        if exercise not in self._known:
            path = self._place(exercise)
            known, is_sure = _read(path), False
            if not known:
                known, is_sure = self._run(exercise)
            if path is not None and is_sure:
                with suppress(OSError):  # the disk is full
                    _write(path, known)
            self._known[exercise] = known
        return self._known[exercise]

    def _run(self, exercise: str) -> tuple[list[KnownMistake], bool]:
        """The evidence, and whether it is sure: another run would give the same."""
        wrong = self._mistakes[exercise]
        judged = self._engine.grade_each(exercise, [mistake.source for mistake in wrong])
        known = [KnownMistake(m.sentence, j.evidence, m.needs) for m, j in zip(wrong, judged, strict=True)]
        return known, not any(each.is_unsure for each in judged)

    def _place(self, exercise: str) -> Path | None:
        """The cache file of an exercise; None where there is no cache."""
        if self._folder is None or exercise not in self._keys:
            return None
        return self._folder / f"{exercise}-{self._keys[exercise][:KEY]}.msgpack"


def _read(path: Path | None) -> list[KnownMistake]:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=list[KnownMistake]) if path else []
    except (OSError, msgspec.MsgspecError):
        return []


def _write(path: Path, known: list[KnownMistake]) -> None:
    """Cache the evidence for this key, and delete that of earlier keys."""
    for old in path.parent.glob(f"{path.stem[:-KEY]}{'[0-9a-f]' * KEY}.msgpack"):
        old.unlink(missing_ok=True)
    with whole(path) as file:
        file.write_bytes(msgspec.msgpack.encode(known))
