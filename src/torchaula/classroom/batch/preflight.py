"""Before a class is graded its tests are tried: those of each exercise once, until anything changes for them.

Only that they are sound is kept. What is not is tried again each time: the reason may lie outside the course.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from torchaula.classroom.batch.assignments import Assignment
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import unfinished, whole
from torchaula.grading.trusted.client import GradingFailed
from torchaula.grading.trusted.jobs import Doubt, Flaw, Job, Result
from torchaula.i18n import _

MOST = 3  # cells that are told of


class Sound(msgspec.Struct, frozen=True):
    """That tests are sound, by exercise: as long as these digests are those of all that it hangs on."""

    keys: dict[str, str]


def require_sound(assignment: Assignment, ask: Callable[[Job], Result]) -> None:
    """Have an assignment's tests tried, where that is not known; `ask` asks a worker.

    Raises `Refusal` where the model solution does not pass them all, learners receive one that passes, or
    they could not be tried.
    """
    place = _folder(assignment.course) / f"{assignment.name}.json"
    known = _known(place)
    untried = [name for name, key in assignment.soundness.items() if known.get(name) != key]
    if not untried:
        return
    path = assignment.course.notebook(assignment.name)
    try:
        result = ask(assignment.trial(untried))
    except GradingFailed as error:
        result = Result(problem=str(error))
    if result.problem:
        raise Refusal(_("{path}: {problem}").format(path=path, problem=result.problem))
    if result.flaws:
        told = _told(result.flaws)
        raise Refusal(_("{path}: nothing was graded: {flaws}").format(path=path, flaws=told))
    with suppress(OSError), whole(place) as file:  # where it can't be kept, the tests are tried again
        file.write_bytes(msgspec.json.encode(Sound(assignment.soundness)))


def _folder(course: Course) -> Path:
    return course.state / "sound"


def leftovers(course: Course) -> Iterator[Path]:
    """What a batch that was cut off has left half written."""
    return unfinished(_folder(course))


def _known(place: Path) -> dict[str, str]:
    """What is known to be sound; nothing, where that can't be read."""
    try:
        return msgspec.json.decode(place.read_bytes(), type=Sound).keys
    except (OSError, msgspec.MsgspecError):
        return {}


def _told(flaws: Sequence[Flaw]) -> str:
    told = "; ".join(map(_sentence, flaws[:MOST]))
    others = len(flaws) - MOST
    return told + (_("; and {count} more").format(count=others) if others > 0 else "")


def _sentence(flaw: Flaw) -> str:
    """What is wrong with a cell, and what to do."""
    if flaw.doubt is Doubt.MODEL_FAILS:
        text = _("{cell}: the model solution does not pass ({error}): mend the test or the solution")
    elif flaw.doubt is Doubt.STUB_PASSES:
        text = _("{cell}: what learners receive passes already: test more, or give it no points")
    else:
        text = _("{cell}: it gives no verdict on what learners receive ({error}): mend the test")
    return text.format(cell=flaw.cell, error=flaw.error)
