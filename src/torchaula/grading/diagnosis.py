"""Which known misconception a wrong answer matches: the one whose answer did the same when asked the same.

The course keeps wrong answers to each exercise (`answers/`). Inputs are fixed by the seed, so what each
of them answers is found out once, kept, and compared with what a learner's code answered. Nothing of
the learner's code is read, and no score hangs on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from torchaula.checks.compare import difference
from torchaula.checks.observation import Observation
from torchaula.grading.wire import Seen, to_observation

RTOL = 1e-4  # another order of the same sums, in float32, is the same answer
MOST = 2**20  # bytes of one answer that are worth keeping
NUMBERS = re.compile(r"[-+]?\d[\d.,e+-]*|nan|inf")
UNTELLING = ("Llamada", "Tu línea", "Prueba", "Caso")


class Reply(msgspec.Struct, frozen=True):
    """What was observed of one request; `request` is its digest, `seen` and `data` the frame."""

    request: bytes
    seen: Seen
    data: bytes

    def observation(self) -> Observation:
        """The observation in the frame. Raises `WireError`."""
        return to_observation(self.seen, memoryview(self.data))


class Evidence(msgspec.Struct, frozen=True):
    """Why a graded cell failed: the replies up to there, and the reason without its numbers."""

    replies: list[Reply]
    reason: str


class Known(msgspec.Struct, frozen=True):
    """A known wrong answer: what to tell whoever gives it, and its evidence by failed cell."""

    sentence: str
    evidence: dict[str, Evidence]


def reason(outcome: str, rows: Sequence[tuple[str, str]]) -> str:
    """How a cell failed, with everything left out that another way to write the same mistake changes."""
    if outcome != "failed":
        return outcome
    return "\n".join(NUMBERS.sub("#", text) for label, text in rows if label not in UNTELLING)


def diagnose(known: Iterable[Known], found: Mapping[str, Evidence]) -> dict[str, str]:
    """The sentence for each failed cell of an exercise, where exactly one explains it.

    An answer explains a cell if it got the same requests, replied the same, and failed for the same
    reason. Where answers with several sentences do, those count that explain most of the failed cells
    and fail no other; where there are several still, nothing is said.
    """
    candidates = []
    for each in known:
        cells = {cell for cell, evidence in found.items() if _explains(each.evidence.get(cell), evidence)}
        if cells:
            candidates.append((each.sentence, cells, len(cells) - len(each.evidence.keys() - cells)))
    sentences = {}
    for cell in found:
        fitting = [(fit, sentence) for sentence, cells, fit in candidates if cell in cells]
        best = {sentence for fit, sentence in fitting if fit == max(fitting)[0]}
        if len(best) == 1:
            sentences[cell] = best.pop()
    return sentences


def _explains(known: Evidence | None, found: Evidence) -> bool:
    if known is None or known.reason != found.reason or len(known.replies) != len(found.replies):
        return False
    pairs = list(zip(known.replies, found.replies, strict=True))
    return all(a.request == b.request for a, b in pairs) and all(
        _same(a.observation(), b.observation()) for a, b in pairs
    )


def _same(a: Observation, b: Observation) -> bool:
    if a.failure is not None or b.failure is not None:
        return a.failure is not None and b.failure is not None and a.failure.kind == b.failure.kind
    return (
        difference(a.result, b.result, RTOL) is None
        and difference(a.arguments, b.arguments, RTOL) is None
        and a.attached == b.attached
        and a.gradients.keys() == b.gradients.keys()
        and all(difference(a.gradients[path], b.gradients[path], RTOL) is None for path in a.gradients)
    )
