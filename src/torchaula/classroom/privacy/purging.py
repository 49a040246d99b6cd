"""Remove what is older than a day: submissions with all that came of them, and files that have no owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from torchaula.classroom.gradebook import gradebook, locks
from torchaula.classroom.intake import roster
from torchaula.classroom.privacy import activity, known
from torchaula.classroom.privacy.activity import Activity
from torchaula.classroom.privacy.forgetting import Done, Plan, carry_out
from torchaula.classroom.privacy.people import plain
from torchaula.classroom.privacy.traces import Scope
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.i18n import _


@dataclass(frozen=True)
class Day:
    """The moment when a day begins, and the name of the time zone in which it does; empty: this machine's."""

    begin: datetime
    zone: str


def day(course: Course, text: str) -> Day:
    """The day that a text such as `2026-09-01` means, in the zone of the course's configuration, else here.

    Raises `Refusal` if it is none.
    """
    zone = str(converters.config(course).MoodleCollector.get("timezone", ""))
    try:
        local = datetime.strptime(text.strip(), "%Y-%m-%d")
        begin = local.replace(tzinfo=ZoneInfo(zone)) if zone else local.astimezone()
        return Day(begin.astimezone(UTC), zone)
    except (ValueError, OSError, KeyError, OverflowError):
        raise Refusal(_("{text!r} is no day; write it like 2026-09-01").format(text=text)) from None


def purge(course: Course, before: Day, agree: Callable[[Plan], bool]) -> Done:
    """Remove what is older than a day if `agree` returns true for the plan.

    Who handed in nothing since is forgotten; of others go the assignments that they handed in before. Who
    never handed in goes if students.csv lists them and has not changed since. Raises `Refusal` like `forget`.
    """
    with locks.alone(course), gradebook.refused_where_not_written(course):
        people = known.people(course)
        found = activity.of_everybody(course)
        wholly = {id for id, times in found.items() if max(times.values()) < before.begin}
        wholly |= {each.id for each in known.unfinished(course)} | _idle(course, found, before.begin)
        partly: dict[str, frozenset[str]] = {}
        for id in found.keys() - wholly:
            for assignment, time in found[id].items():
                if time < before.begin:
                    partly[assignment] = partly.get(assignment, frozenset()) | {id}
        old = list(activity.old_files(course, before.begin))
        ignored = frozenset(trace.path for trace in old)
        return carry_out(Scope(course, people, frozenset(wholly), partly, ignored), old, agree)


def _idle(course: Course, found: Activity, before: datetime) -> set[str]:
    """Those of a students.csv from before that day who never handed in."""
    path = course.root / "students.csv"
    if not path.is_file() or path.stat().st_mtime >= before.timestamp():
        return set()
    return {plain(each.id) for each in roster.load(course)} - found.keys()
