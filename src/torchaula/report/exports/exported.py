"""Say what an export to a platform wrote, and what the platform will do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from torchaula.classroom.gradebook.marks import Late, Marks
from torchaula.course.layout import Course


class Fate(Enum):
    """What a platform does with a grade or a page that it is sent."""

    ACCEPTED = auto()
    UNCHANGED = auto()  # it has the same already
    NOT_GRADED = auto()  # nothing is sent: the cell stays as it came
    UNKNOWN = auto()  # the platform's table has no such student
    LOCKED = auto()
    NEGATIVE = auto()
    ABOVE_MAXIMUM = auto()
    NEWER_GRADE = auto()  # it has a grade record that is newer than the file says
    EXCUSED = auto()  # the platform excuses the student: that stays
    NOT_ASSIGNED = auto()  # the platform's assignment is for other students
    NO_PLACE = auto()  # for a page: the download has no folder of this student


@dataclass(frozen=True)
class Wish:
    """What the instructor asked for. `maximum` replaces the platform's, where its table has none."""

    late: Late
    maximum: float | None = None
    all_pages: bool = False  # not only those that have changed since they were last written
    column: str = ""  # of a platform whose table has several assignments


@dataclass(frozen=True)
class Exported:
    """What was written, in the order of uploading, and the fate of each student's grade and page.

    `remarks` say how: from which files, how points were scaled. `reasons` say more of a fate, by student.
    """

    files: tuple[Path, ...]
    grades: Mapping[str, Fate]
    pages: Mapping[str, Fate]
    steps: tuple[str, ...]  # what to do on the platform, for people
    remarks: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)


Export = Callable[[Course, str, Marks, Wish], Exported]  # raises Refusal
