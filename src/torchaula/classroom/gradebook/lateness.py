"""Handle late work: the deadline, when a submission arrived, and the late penalty.

Only a time of arrival that the course itself recorded is trusted (see `received`). Anybody can write the
`timestamp.txt` in a submitted folder, so it is only a claim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Bool, Dict, Enum, Float, Unicode
from traitlets.config import Config

from torchaula.classroom.intake import exchange_files
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import whole
from torchaula.i18n import _

DAY = 86_400.0
EXAMPLE = "2026-12-01 23:59 Europe/Madrid"
# A day, a time, and a zone: UTC, an offset, or a place. Abbreviations are ambiguous and don't match:
# CST names three zones, and CET may or may not include summer time.
MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[ T](?P<hour>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r" ?(?P<zone>UTC|GMT|Z|[+-][0-9]{2}(?::?[0-9]{2})?|[A-Z][A-Za-z_+-]*/[A-Za-z0-9_/+-]+)?"
)


class LateWork(LateSubmissionPlugin):  # type: ignore[misc]
    """The course's rule: no penalty within the grace, then a share of the points for each day begun."""

    deadlines = Dict(
        value_trait=Unicode(), help=f"Deadline of each assignment, with its time zone: {EXAMPLE!r}"
    ).tag(config=True)
    grace_minutes = Float(0.0, min=0.0, help="Minutes after the deadline that cost nothing").tag(config=True)
    percent_a_day = Float(0.0, min=0.0, max=100.0, help="Of the points earned, for each day begun").tag(
        config=True
    )
    cap_percent = Float(100.0, min=0.0, max=100.0, help="The most that lateness costs").tag(config=True)
    believe_timestamp_files = Bool(
        False, help="Believe a submitted timestamp.txt: where only your exchange writes them"
    ).tag(config=True)
    returned = Enum(
        ("before", "after"),
        "before",
        help="Points that go back to a learning platform: before or after what lateness costs",
    ).tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """The points of `score` that lateness costs; None if it costs nothing."""
        late = total_seconds_late - 60.0 * self.grace_minutes
        if late <= 0 or not self.percent_a_day:
            return None
        days = -(-late // DAY)
        return score * min(days * self.percent_a_day, self.cap_percent) / 100.0

    def require_sense(self, course: Course) -> None:
        """Raise `Refusal` if a deadline can't be read, or belongs to an assignment that doesn't exist."""
        for name in self.deadlines:
            self.deadline(name, course.config)
            if name not in course.assignments:
                raise Refusal(
                    _("{path}: c.LateWork.deadlines names {name!r}; the assignments are: {names}").format(
                        path=course.config, name=name, names=", ".join(course.assignments)
                    )
                )

    def deadline(self, assignment: str, config: Path) -> datetime | None:
        """The deadline in UTC, without a zone as in the gradebook; None if there is none.

        Raises `Refusal` if the configured text is no time, or has no zone.
        """
        text = self.deadlines.get(assignment)
        if text is None:
            return None
        try:
            return in_utc(*text.split())
        except (TypeError, ValueError, OSError, KeyError, OverflowError):  # ZoneInfo: KeyError or OSError
            raise Refusal(
                _(
                    "{path}: the deadline {text!r} of {name} is not a day, an hour and a time zone; "
                    "write it like {example!r}"
                ).format(path=config, text=text, name=assignment, example=EXAMPLE)
            ) from None


def in_force(rule: LateWork, course: Course, assignment: str, noted: datetime | None) -> datetime | None:
    """The deadline that applies: the configured one; if none is configured, the one `noted` in the gradebook.

    A deadline that came from the configuration ends when it is removed there. Both are in UTC, without a
    zone. Raises `Refusal` like `LateWork.deadline`.
    """
    deadline = rule.deadline(assignment, course.config)
    if deadline is not None or noted is None:
        return deadline
    return None if noted == _stored_deadline(course, assignment) else noted


def zone(rule: LateWork, assignment: str) -> ZoneInfo:
    """The time zone in which people are told a deadline: the configured one, else UTC."""
    return ZoneInfo(rule.deadlines[assignment].split()[2] if assignment in rule.deadlines else "UTC")


def tell(rule: LateWork, course: Course, assignment: str) -> None:
    """Remember the configured deadline, after it was written to the gradebook."""
    deadline, place = rule.deadline(assignment, course.config), _place(course, assignment)
    if deadline is None:
        place.unlink(missing_ok=True)
    elif deadline != _stored_deadline(course, assignment):
        with whole(place) as file:
            file.write_text(deadline.isoformat(), encoding="utf-8")


def _stored_deadline(course: Course, assignment: str) -> datetime | None:
    try:
        return datetime.fromisoformat(_place(course, assignment).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _place(course: Course, assignment: str) -> Path:
    return course.state / "deadlines" / f"{assignment}.txt"


def in_utc(day: str, hour: str, zone: str) -> datetime:
    """Local time to naive UTC, as nbgrader stores it; for an ambiguous time, the later instant.

    Raises `ValueError`, `OSError`, `KeyError` or `OverflowError` if there is no such time or zone.
    """
    local = datetime.fromisoformat(f"{day} {hour}")
    if local.tzinfo is not None:
        raise ValueError("two zones")
    readings = (local.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    return max(reading.astimezone(UTC) for reading in readings).replace(tzinfo=None)


def rule(course: Course, config: Config | None = None) -> LateWork:
    """The course's rule. Raises `Refusal` if its configuration is not valid."""
    try:
        return LateWork(config=config or converters.config(course))
    except Exception as error:  # traitlets: a number out of range, a text for a number
        raise Refusal(
            _("{path}: c.LateWork can't be used ({reason}); mend it").format(path=course.config, reason=error)
        ) from None


@dataclass(frozen=True)
class Arrival:
    """When a submission arrived, in UTC, or None; then `doubt` says why, if an instructor should know."""

    time: datetime | None
    doubt: str = ""


def arrival(rule: LateWork, taken_in: datetime | None, folder: Path) -> Arrival:
    """When the submission in `folder` arrived. A time that the course recorded (`taken_in`) is preferred."""
    if taken_in is not None:
        return Arrival(taken_in)
    file = folder / exchange_files.TIMESTAMP
    if not file.is_file():
        return Arrival(None, _("nobody knows when it arrived: not counted as late"))
    if not rule.believe_timestamp_files:
        return Arrival(None, _("its timestamp.txt is not believed: not counted as late"))
    time = claimed(folder)
    if time is None:
        return Arrival(None, _("its timestamp.txt holds no time: not counted as late"))
    if time > datetime.now(UTC):
        return Arrival(None, _("its timestamp.txt lies in the future: not counted as late"))
    return Arrival(time)


def claimed(folder: Path) -> datetime | None:
    """The time in a folder's `timestamp.txt`, in UTC; None if it holds no unambiguous one.

    A time without a zone is UTC, as nbgrader writes and reads it.
    """
    try:
        text = exchange_files.read(folder / exchange_files.TIMESTAMP) or b""
        found = MOMENT.fullmatch(text.decode("utf-8-sig").strip())
        if found is None:
            return None
        return _moment(f"{found['day']} {found['hour']}", found["zone"] or "Z")
    except (OSError, ValueError, OverflowError, KeyError):  # ZoneInfo: KeyError; for a folder, OSError
        return None


def _moment(local: str, zone: str) -> datetime:
    """Local time to UTC; for an ambiguous time, the earlier instant."""
    if "/" not in zone:
        zone = "Z" if zone in ("UTC", "GMT") else zone
        return datetime.fromisoformat(local + zone).astimezone(UTC)
    place = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    return min(place.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def span(amount: timedelta) -> str:
    """Format an amount of time in days, hours and minutes: `1 d 12 h`."""
    minutes = int(amount.total_seconds() // 60)
    parts = (minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 min"
