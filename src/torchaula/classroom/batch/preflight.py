"""Try the tests of assignments before classes are graded: each exercise once, and again when it changes.

Only success is stored. Tests that failed are tried each time, because the cause may lie outside the course.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from torchaula.classroom.batch.assignments import Assignment
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import decoded, unfinished, whole
from torchaula.grading.trusted.jobs import Doubt, Flaw, Job, Result
from torchaula.i18n import _

FLAWS_TOLD = 3  # how many cells a message names


class Sound(msgspec.Struct, frozen=True):
    """The exercises whose tests are sound, each with the digest of what that depends on."""

    keys: dict[str, str]


def never_tried(course: Course, names: Iterable[str]) -> list[str]:
    """The assignments of which no test was ever tried here: workers will be needed."""
    return [name for name in names if not _place(course, name).exists()]


def trials(assignment: Assignment, shares: int = 1) -> list[Job]:
    """The jobs that try the tests of exercises whose soundness is not known; none if all are sound.

    A job whose share is empty starts its worker all the same, so that it is ready when the class is graded.
    """
    known = _known(_place(assignment.course, assignment.name))
    untried = [name for name, key in assignment.soundness.items() if known.get(name) != key]
    return [assignment.trial(share) for share in _shares(untried, shares)] if untried else []


def settle(assignment: Assignment, results: Sequence[Result]) -> None:
    """Store that the tests are sound, as the results of its trials say.

    Raises `Refusal` if the model solution does not pass them all, what learners receive passes one, or they
    can't be tried.
    """
    path = assignment.course.notebook(assignment.name)
    if problem := next((each.problem for each in results if each.problem), ""):
        raise Refusal(_("{path}: {problem}").format(path=path, problem=problem))
    if flaws := [flaw for each in results for flaw in each.flaws]:
        told = _joined(flaws)
        raise Refusal(_("{path}: nothing was graded: {flaws}").format(path=path, flaws=told))
    place = _place(assignment.course, assignment.name)
    with suppress(OSError), whole(place) as file:  # if it can't be stored, they are tried again
        file.write_bytes(msgspec.json.encode(Sound(assignment.soundness)))


def _place(course: Course, name: str) -> Path:
    return _folder(course) / f"{name}.json"


def _shares(names: Sequence[str], count: int) -> Iterator[Sequence[str]]:
    """The names in `count` parts of about the same length, some of them empty if there are few names."""
    for number in range(count):
        yield names[len(names) * number // count : len(names) * (number + 1) // count]


def _folder(course: Course) -> Path:
    return course.state / "sound"


def leftovers(course: Course) -> Iterator[Path]:
    """Unfinished files that an interrupted batch has left here."""
    return unfinished(_folder(course))


def _known(place: Path) -> dict[str, str]:
    """The stored digests of sound tests; empty if they can't be read."""
    return (decoded(place, Sound) or Sound({})).keys


def _joined(flaws: Sequence[Flaw]) -> str:
    told = "; ".join(map(_sentence, flaws[:FLAWS_TOLD]))
    others = len(flaws) - FLAWS_TOLD
    return told + (_("; and {count} more").format(count=others) if others > 0 else "")


def _sentence(flaw: Flaw) -> str:
    """Say what is wrong with a cell, and what to do."""
    if flaw.doubt is Doubt.MODEL_FAILS:
        text = _("{cell}: the model solution does not pass ({error}): mend the test or the solution")
    elif flaw.doubt is Doubt.STUB_PASSES:
        text = _("{cell}: what learners receive passes already: test more, or give it no points")
    else:
        text = _("{cell}: it gives no verdict on what learners receive ({error}): mend the test")
    return text.format(cell=flaw.cell, error=flaw.error)
