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

import msgspec

from torchaula.checks.compare import difference
from torchaula.checks.observation import Failure, Observation
from torchaula.course.constructs import NOTHING, Needs
from torchaula.course.notebook import PUBLIC
from torchaula.findings import ABSENT, Certainty, Contrast, Finding, Outcome
from torchaula.grading.wire.calls import Call, Seen, to_observation

RTOL = 1e-4  # for float32 sums that differ only in their order
LARGEST_REPLY = 2**20  # bytes of one reply; a larger one is not kept
MOST_REPLIES, MOST_OF_CELL, MOST_OF_ALL = 200, 2 * 2**20, 8 * 2**20  # replies, bytes of a cell, of all cells

RAISES = ("raise", "assert")  # what a line begins with whose exception has a text of its author's
ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
SEVERAL = 2  # cells in which two answers that make one mistake agree at least, if they don't in all


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

    No program is told the sentence that does not fit its `needs`. `fails` are the aspects of the cells that
    it fails, of which some may have no evidence.
    """

    sentence: str
    evidence: dict[str, Evidence]
    fails: frozenset[str]
    needs: Needs = NOTHING


@dataclass(frozen=True)
class Wrong:
    """An answer to be diagnosed: its evidence by failed cell, its constructs, and the aspects it failed."""

    evidence: Mapping[str, Evidence]
    program: frozenset[str]
    failed: frozenset[str]


class Diagnosis(msgspec.Struct, frozen=True):
    """The sentence of a known mistake, and how sure it is that an answer makes this mistake."""

    sentence: str
    certainty: Certainty


@dataclass(frozen=True)
class _Candidate:
    """A known mistake, the failed cells that it explains, and how well it fits."""

    known: KnownMistake
    explained: frozenset[str]
    fit: int

    def is_whole(self, failed: Collection[str]) -> bool:
        """Whether it explains all of these failed cells, and has failed no other."""
        return self.explained == set(failed) == self.known.evidence.keys()

    def certainty(self, failed: Collection[str]) -> Certainty | None:
        """How sure it is that an answer that failed these cells makes this mistake; None: not at all.

        Answers that share a single cell of several, such as an empty case, have seldom the same mistake, and
        neither have those that the public check tells apart, since it has every kind of input.
        """
        if self.is_whole(failed):
            return Certainty.SURE
        has_public = any(cell.endswith(f"-{PUBLIC}") for cell in self.explained)
        return Certainty.POSSIBLE if has_public and len(self.explained) >= SEVERAL else None


def diagnose(known: Iterable[KnownMistake], wrong: Wrong) -> dict[str, Diagnosis]:
    """The diagnosis of each failed cell of an answer, where exactly one sentence explains it.

    A known answer explains a cell if it got the same requests, gave the same replies, and failed for the same
    reason. Known answers that fail the same cells and explain them all decide alone, if there are any. Where
    several sentences remain, keep the answers that fit best: one point for each failed cell that they
    explain, less one for each other cell that they fail. Then keep those that called the same operations
    equally often. Where several sentences still remain, or the remaining one is not likely enough, there is
    no diagnosis.
    """
    known, found = list(known), wrong.evidence
    return _told(_twins(known, wrong) or _candidates(known, wrong), found)


def diagnose_by_twins(known: Iterable[KnownMistake], wrong: Wrong) -> dict[str, Diagnosis] | None:
    """What `diagnose` finds, where known answers that fail the same cells decide alone; otherwise None.

    The others need not be known for that.
    """
    twins = _twins(known, wrong)
    return _told(twins, wrong.evidence) if twins else None


def _twins(known: Iterable[KnownMistake], wrong: Wrong) -> list[_Candidate]:
    """The known answers that fail the same cells, and explain them all."""
    alike = _candidates((each for each in known if each.fails == wrong.failed), wrong)
    return [each for each in alike if each.is_whole(wrong.evidence)]


def _candidates(known: Iterable[KnownMistake], wrong: Wrong) -> list[_Candidate]:
    return [_candidate(each, wrong.evidence) for each in known if each.needs.fit(wrong.program)]


def _told(candidates: Sequence[_Candidate], found: Mapping[str, Evidence]) -> dict[str, Diagnosis]:
    told = {}
    for cell, evidence in found.items():
        fitting = [each for each in candidates if cell in each.explained]
        best = [each for each in fitting if each.fit == max(each.fit for each in fitting)]
        alike = [each for each in best if _calls(each.known.evidence[cell]) == _calls(evidence)]
        for group in (best, alike):
            if len({each.known.sentence for each in group}) == 1:
                certainties = {each.certainty(found) for each in group}
                if sure := next((each for each in Certainty if each in certainties), None):
                    told[cell] = Diagnosis(group[0].known.sentence, sure)
                break
    return told


def _candidate(known: KnownMistake, found: Mapping[str, Evidence]) -> _Candidate:
    explained = {cell for cell, evidence in found.items() if _explains(known.evidence.get(cell), evidence)}
    return _Candidate(known, frozenset(explained), len(explained) - len(known.evidence.keys() - explained))


def _calls(evidence: Evidence) -> list[dict[str, int]]:
    """The operations called for each reply, which tell answers with equal results apart."""
    return [reply.message.trace for reply in evidence.replies]


def _explains(known: Evidence | None, found: Evidence) -> bool:
    if known is None or (known.outcome, known.finding) != (found.outcome, found.finding):
        return False
    if [reply.request for reply in known.replies] != [reply.request for reply in found.replies]:
        return False
    pairs = zip(known.replies, found.replies, strict=True)
    is_cast = found.finding is not None and found.finding.contrast is Contrast.DTYPE
    rtol = RTOL if is_cast else None  # a float64 that was a float32 is as inexact as that
    return all(_same(ours.observation(), theirs.observation(), rtol) for ours, theirs in pairs)


def _same(a: Observation, b: Observation, rtol: float | None) -> bool:
    if a.failure is None or b.failure is None:
        return a.failure is b.failure and _same_result(a, b, rtol)
    return (a.failure.reason, a.failure.kind) == (b.failure.reason, b.failure.kind) and _same_text(
        a.failure, b.failure
    )


def _same_text(a: Failure, b: Failure) -> bool:
    """Whether two exceptions say the same; what learners wrote into theirs may say anything."""
    is_own = a.line.startswith(RAISES) and b.line.startswith(RAISES)
    return is_own or ADDRESS.sub("", a.message) == ADDRESS.sub("", b.message)


def _same_result(a: Observation, b: Observation, rtol: float | None) -> bool:
    """Whether two results are the same but for rounding, as when a sum is taken in another order."""
    return (
        difference(a.result, b.result, rtol) is None
        and difference(a.arguments, b.arguments, rtol) is None
        and a.filled == b.filled
        and a.attached == b.attached
        and a.gradients.keys() == b.gradients.keys()
        and all(difference(a.gradients[path], b.gradients[path], rtol) is None for path in a.gradients)
    )
