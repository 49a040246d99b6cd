"""What the audit finds of an exercise, as data, and what of it falls short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from torchaula.authoring.audit.kinds import Kind
from torchaula.authoring.audit.mutants import Mutant
from torchaula.course.notebook import PUBLIC

LEAST_SCORE = 0.97  # of the mutants that are not equivalent, those that must fail
LEAST_OWN = 0.90  # of the known wrong answers, those that must get their own sentence


class End(StrEnum):
    """How a mutant ends; under several seeds, the worst end of any."""

    KILLED = "killed"
    HIDDEN_ONLY = "hidden only"  # the public check passes: who writes it is not warned
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"


class Fault(StrEnum):
    """What an exercise falls short of."""

    ANSWERS = "answers"  # known answers end otherwise than declared
    SENTENCES = "sentences"  # wrong answers that are not told their own sentence, or told another's
    SCORE = "score"
    HIDDEN_ONLY = "hidden only"
    IDLE = "idle"  # a graded cell that no mutant fails
    EXCUSED = "excused"  # mutants that are declared equivalent, and fail
    COUNTS = "counts"  # not as many mutants of a kind as were counted when it was fixed


@dataclass(frozen=True)
class Examined:
    """A mutant, and for each seed the aspects of the cells that it fails.

    `told` are the known mistakes that it is taken for, and `reason` why it is declared equivalent.
    """

    mutant: Mutant
    failed: tuple[frozenset[str], ...]
    told: tuple[str, ...] = ()
    reason: str = ""

    @property
    def end(self) -> End:
        if not all(self.failed):
            return End.EQUIVALENT if self.reason else End.SURVIVED
        return End.KILLED if all(PUBLIC in each for each in self.failed) else End.HIDDEN_ONLY

    @property
    def is_excused(self) -> bool:
        """Whether it is declared equivalent, and is not."""
        return bool(self.reason) and self.end is not End.EQUIVALENT


@dataclass(frozen=True)
class Misjudged:
    """A known answer that fails other cells than declared, with this seed and number of torch's threads."""

    answer: str
    failed: tuple[str, ...]
    declared: tuple[str, ...]
    seed: str
    threads: int = 1


@dataclass(frozen=True)
class Answers:
    """The known answers to an exercise: how many, which end otherwise than declared, and what they are told.

    Of the `wrong` ones, `own` get their own sentence, and those in `others` another's.
    """

    tried: int
    misjudged: tuple[Misjudged, ...]
    wrong: int
    own: int
    others: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """The audit of one exercise. `miscounted` are kinds of which there were more or fewer mutants."""

    exercise: str
    aspects: tuple[str, ...]
    mutants: tuple[Examined, ...]
    answers: Answers
    miscounted: tuple[Kind, ...] = ()

    def ending(self, *ends: End) -> list[Examined]:
        """The mutants that end like this."""
        return [each for each in self.mutants if each.end in ends]

    @property
    def share(self) -> float:
        """The share of the mutants that fail, without the equivalent ones."""
        counted = len(self.mutants) - len(self.ending(End.EQUIVALENT))
        return len(self.ending(End.KILLED, End.HIDDEN_ONLY)) / counted if counted else 1.0

    @property
    def boxed(self) -> int:
        """How many mutants are taken for a known mistake."""
        return sum(bool(each.told) for each in self.mutants)

    @property
    def idle(self) -> tuple[str, ...]:
        """The aspects of the cells that no mutant fails."""
        failed = {aspect for each in self.mutants for cells in each.failed for aspect in cells}
        return tuple(aspect for aspect in self.aspects if aspect not in failed)

    @property
    def excused(self) -> list[Examined]:
        """The mutants that are declared equivalent, and fail."""
        return [each for each in self.mutants if each.is_excused]

    @property
    def faults(self) -> list[Fault]:
        """What falls short."""
        return list(self._faults())

    def _faults(self) -> Iterator[Fault]:
        told = self.answers
        found = {
            Fault.ANSWERS: bool(told.misjudged),
            Fault.SENTENCES: bool(told.others) or told.own < LEAST_OWN * told.wrong,
            Fault.SCORE: self.share < LEAST_SCORE,
            Fault.HIDDEN_ONLY: bool(self.ending(End.HIDDEN_ONLY)),
            Fault.IDLE: bool(self.idle),
            Fault.EXCUSED: bool(self.excused),
            Fault.COUNTS: bool(self.miscounted),
        }
        yield from (fault for fault, is_there in found.items() if is_there)
