"""Match a wrong answer to a known misconception: one whose answer gave the same replies to the same requests.

The course has known wrong answers to each exercise (`answers/`). The seed fixes all inputs, so each known
answer is run once, and its replies are cached and compared with those of a learner's code. Of the learner's
code it is only read which constructs it has, and no score depends on a diagnosis.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import msgspec

from torchaula.checks.compare import difference
from torchaula.checks.observation import Failure, Observation
from torchaula.course.constructs import NOTHING, Needs
from torchaula.findings import ABSENT, Certainty, Finding, Outcome
from torchaula.grading.wire.calls import Call, Seen, to_observation

RTOL = 1e-4  # float32 sums that differ only in their order must count as the same answer
LARGEST_REPLY = 2**20  # bytes of one reply; a larger one is not kept
MOST_REPLIES, MOST_OF_CELL, MOST_OF_ALL = 200, 2 * 2**20, 8 * 2**20  # replies, bytes of a cell, of all cells

RAISES = ("raise", "assert")  # what a line begins with whose exception has a text of its author's
ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+(\.\d+)?")


class Reply(msgspec.Struct, frozen=True):
    """The reply to one request: `request` is its digest, `seen` the frame's header, `data` its body.

    The header is kept as bytes, since objects would take many times as much memory.
    """

    request: bytes
    seen: bytes
    data: bytes

    @property
    def message(self) -> Seen:
        """The decoded header."""
        return msgspec.msgpack.decode(self.seen, type=Seen)

    def observation(self) -> Observation:
        """The observation in the frame. Raises `WireError`."""
        return to_observation(self.message, memoryview(self.data))

    def __len__(self) -> int:
        return len(self.seen) + len(self.data)


class Evidence(msgspec.Struct, frozen=True):
    """Why a graded cell did not pass: all replies until it failed, and its outcome.

    `finding` is what the check found, where the outcome is `FAILED`.
    """

    replies: list[Reply]
    outcome: Outcome
    finding: Finding | None = None


@dataclass
class Replies:
    """Collects the replies to a submission's graded cells, one cell after the other.

    A cell whose replies are too many or too large has no evidence, and so no diagnosis.
    """

    _of_cell: list[Reply] = field(default_factory=list)
    _left: int = 0  # bytes that this cell may still have; below 0: its replies were too large
    _left_of_all: int = MOST_OF_ALL
    _is_absent: bool = True  # whether there was no answer to the last request: then there is no diagnosis

    def begin(self) -> None:
        """Begin the next cell."""
        self._of_cell, self._left, self._is_absent = [], min(MOST_OF_CELL, self._left_of_all), True

    def note(self, call: Call, tensors: Sequence[bytes], message: Seen, buffers: memoryview) -> None:
        """Note the reply to a request."""
        self._is_absent = message.failure is not None and message.failure.reason in ABSENT
        if self._left < 0 or len(buffers) > LARGEST_REPLY:
            return
        digest = hashlib.sha256(msgspec.msgpack.encode(call))
        for tensor in tensors:
            digest.update(tensor)
        reply = Reply(digest.digest()[:16], msgspec.msgpack.encode(message), bytes(buffers))
        self._left -= len(reply)
        if self._left < 0 or len(self._of_cell) == MOST_REPLIES:
            self._of_cell, self._left = [], -1
        else:
            self._of_cell.append(reply)

    def evidence(self, outcome: Outcome, finding: Finding) -> Evidence | None:
        """The evidence of this cell, which did not pass; None where there is nothing to compare."""
        if not self._of_cell or self._is_absent:
            return None
        self._left_of_all -= sum(map(len, self._of_cell))
        return Evidence(self._of_cell, outcome, finding if outcome is Outcome.FAILED else None)


class KnownMistake(msgspec.Struct, frozen=True):
    """A known wrong answer: the sentence for learners who give it, and its evidence by failed cell.

    No program is told the sentence that does not fit its `needs`.
    """

    sentence: str
    evidence: dict[str, Evidence]
    needs: Needs = NOTHING


class Diagnosis(msgspec.Struct, frozen=True):
    """The sentence of a known mistake, and how sure it is that an answer makes this mistake."""

    sentence: str
    certainty: Certainty


class Likeness(IntEnum):
    """How far two answers to a cell agree."""

    OTHER = 0
    NEARLY = 1  # the texts of two exceptions differ in their numbers
    SAME = 2


@dataclass(frozen=True)
class _Candidate:
    """A known mistake, how far an answer agrees with it in each cell that it explains, and its fit."""

    known: KnownMistake
    alike: Mapping[str, Likeness]
    fit: int

    def certainty(self, failed: Collection[str]) -> Certainty:
        """How sure it is that an answer that failed these cells makes this mistake."""
        is_whole = set(self.alike) == set(self.known.evidence) == set(failed)
        is_same = set(self.alike.values()) == {Likeness.SAME}
        return Certainty.SURE if is_whole and is_same else Certainty.POSSIBLE


def diagnose(
    known: Iterable[KnownMistake], found: Mapping[str, Evidence], program: frozenset[str]
) -> dict[str, Diagnosis]:
    """The diagnosis of each failed cell of an exercise, where exactly one sentence explains it.

    `program` are the constructs of the answer. A known answer explains a cell if it got the same requests,
    gave the same replies, and failed for the same reason. Where several sentences remain, keep the answers
    that fit best: one point for each failed cell that they explain, less one for each other cell that they
    fail. Then keep those that called the same operations equally often. Where several sentences still remain,
    there is no diagnosis.
    """
    candidates = [_candidate(each, found) for each in known if each.needs.fit(program)]
    told = {}
    for cell, evidence in found.items():
        fitting = [each for each in candidates if cell in each.alike]
        best = [each for each in fitting if each.fit == max(each.fit for each in fitting)]
        alike = [each for each in best if _calls(each.known.evidence[cell]) == _calls(evidence)]
        for group in (best, alike):
            if len({each.known.sentence for each in group}) == 1:
                is_sure = any(each.certainty(found) is Certainty.SURE for each in group)
                certainty = Certainty.SURE if is_sure else Certainty.POSSIBLE
                told[cell] = Diagnosis(group[0].known.sentence, certainty)
                break
    return told


def _candidate(known: KnownMistake, found: Mapping[str, Evidence]) -> _Candidate:
    compared = {cell: _likeness(known.evidence.get(cell), evidence) for cell, evidence in found.items()}
    alike = {cell: likeness for cell, likeness in compared.items() if likeness is not Likeness.OTHER}
    return _Candidate(known, alike, len(alike) - len(known.evidence.keys() - alike.keys()))


def _calls(evidence: Evidence) -> list[dict[str, int]]:
    """The operations called for each reply, which tell answers with equal results apart."""
    return [reply.message.trace for reply in evidence.replies]


def _likeness(known: Evidence | None, found: Evidence) -> Likeness:
    if known is None or (known.outcome, known.finding) != (found.outcome, found.finding):
        return Likeness.OTHER
    if [reply.request for reply in known.replies] != [reply.request for reply in found.replies]:
        return Likeness.OTHER
    least = Likeness.SAME
    for ours, theirs in zip(known.replies, found.replies, strict=True):
        least = min(least, _alike(ours.observation(), theirs.observation()))
        if least is Likeness.OTHER:
            break
    return least


def _alike(a: Observation, b: Observation) -> Likeness:
    if a.failure is None or b.failure is None:
        return Likeness.SAME if a.failure is b.failure and _same_result(a, b) else Likeness.OTHER
    if (a.failure.reason, a.failure.kind) != (b.failure.reason, b.failure.kind):
        return Likeness.OTHER
    return _texts_alike(a.failure, b.failure)


def _texts_alike(a: Failure, b: Failure) -> Likeness:
    """How far the texts of two exceptions agree; texts that learners wrote themselves may say anything."""
    if a.line.startswith(RAISES) and b.line.startswith(RAISES):
        return Likeness.SAME
    for differing, likeness in ((ADDRESS, Likeness.SAME), (NUMBER, Likeness.NEARLY)):
        if differing.sub("#", a.message) == differing.sub("#", b.message):
            return likeness
    return Likeness.OTHER


def _same_result(a: Observation, b: Observation) -> bool:
    return (
        difference(a.result, b.result, RTOL) is None
        and difference(a.arguments, b.arguments, RTOL) is None
        and a.filled == b.filled
        and a.attached == b.attached
        and a.gradients.keys() == b.gradients.keys()
        and all(difference(a.gradients[path], b.gradients[path], RTOL) is None for path in a.gradients)
    )
