"""Tell that a class was graded with another version of torchaula, and must be graded again.

Then everything is graded again, and may end otherwise though nobody in the course changed anything. So it is
said before, and nothing is written until somebody agrees, even where no points change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torchaula import __version__
from torchaula.classroom.batch.records import Record


@dataclass(frozen=True)
class Upgrade:
    """How many submissions are graded again after an upgrade, and with which versions they were graded.

    A version is "" where the record doesn't say, as those of 0.1.0 don't.
    """

    count: int
    before: tuple[str, ...]
    now: str = __version__


def version_before(record: Record | None, keys: Mapping[str, str]) -> str | None:
    """The other version that graded a submission which must be graded again; None if there is none."""
    if record is None or record.version == __version__ or not record.outdated(keys):
        return None
    return record.version


def of(versions: Iterable[str | None]) -> Upgrade | None:
    """The upgrade that these submissions, with the versions before, have in common; None if there is none."""
    before = [each for each in versions if each is not None]
    return Upgrade(len(before), tuple(sorted(set(before)))) if before else None
