"""Tell what each student of an assignment is to read on a learning platform: points, and the feedback page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from torchaula.classroom.gradebook.ledger import total


class Late(Enum):
    """Whether points are sent before or after the course's late penalty. A platform may deduct one too."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Mark:
    """A graded student: points before the late penalty, the penalty, and the feedback page, if there is one."""

    student: str
    points: float
    penalty: float = 0.0
    page: Path | None = None

    def score(self, late: Late) -> float:
        """The points to send."""
        return self.points if late is Late.BEFORE else total(self.points, self.penalty)


Marks = Mapping[str, Mark]  # by student; only who is graded, and waits for nobody
