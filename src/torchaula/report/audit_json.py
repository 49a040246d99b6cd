"""Write the audit as JSON, for programs: all figures, and each mutant that did not simply fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from torchaula.authoring.audit.scores import End, Examined, Score
from torchaula.files import whole


def write(path: Path, found: Mapping[str, Sequence[Score]], seeds: Sequence[object]) -> None:
    """Write the scores of each assignment, and the seeds under which all was tried."""
    content = {
        "seeds": list(map(str, seeds)),
        "assignments": {name: [_score(score) for score in scores] for name, scores in found.items()},
    }
    with whole(path) as new:
        new.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")


def _score(score: Score) -> dict[str, Any]:
    told = score.answers
    return {
        "exercise": score.exercise,
        "faults": score.faults,
        "mutants": len(score.mutants),
        "score": round(score.share, 4),
        **{end.replace(" ", "_"): len(score.ending(end)) for end in End},
        "boxes": score.boxed,
        "idle": score.idle,
        "miscounted": score.miscounted,
        "answers": {
            "tried": told.tried,
            "misjudged": told.misjudged,
            "wrong": told.wrong,
            "own_sentence": told.own,
            "another_sentence": told.others,
        },
        "shown": [
            _mutant(each, score)
            for each in score.mutants
            if each.end is not End.KILLED or each.told or each.reason
        ],
    }


def _mutant(each: Examined, score: Score) -> dict[str, Any]:
    return {
        "number": each.mutant.number,
        "kind": each.mutant.kind,
        "end": each.end,
        "failed": [sorted(cells) for cells in each.failed],
        "should_be_seen_by": each.mutant.kind.seen_by(score.aspects),
        "told": each.told,
        "reason": each.reason,
        "diff": each.mutant.diff,
    }
