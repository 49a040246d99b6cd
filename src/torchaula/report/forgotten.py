"""Show what `forget` and `purge` would remove, ask, and say what is left."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from torchaula.classroom.privacy import forgetting, purging
from torchaula.classroom.privacy.forgetting import Done, Plan
from torchaula.classroom.privacy.traces import Place
from torchaula.course.layout import Course
from torchaula.i18n import _, some
from torchaula.printing import printable

MOST_NAMES = 5  # how many students or files a line names
PLACES = {
    Place.EXCHANGE: _("exchange: submissions and released pages"),
    Place.DOWNLOADS: _("downloaded/: files, members of archives, rows of worksheets"),
    Place.REGISTERS: _("what was received and logged"),
    Place.SUBMISSIONS: _("submitted/"),
    Place.COPIES: _("autograded/"),
    Place.PAGES: _("feedback/"),
    Place.RECORDS: _("records of results"),
    Place.TABLES: _("grades/: rows"),
    Place.SENT: _("what went back to platforms: notes, and pages in grades/*-feedback.zip"),
    Place.BACKUPS: _("backups of the gradebook: files and rows"),
    Place.DUMPS: _(
        "whole backups of PostgreSQL that have the student, which nobody can write anew, so that they go "
        "with everybody in them; the next grading makes a new one"
    ),
    Place.LEFTOVERS: _("unfinished files of interrupted commands"),
    Place.GRADEBOOK: _("gradebook: students and submissions"),
    Place.LIST: _("students.csv: rows"),
}


def forget(course: Course, student: str, is_agreed: bool) -> bool:
    """Forget a student; returns whether everything could be removed. Raises `Refusal` like `forgetting`."""

    def agree(plan: Plan) -> bool:
        click.echo(_("All that is kept of {student}:").format(student=printable(student)))
        return _agrees(plan, is_agreed)

    return _show(course, forgetting.forget(course, student, agree))


def purge(course: Course, text: str, is_agreed: bool) -> bool:
    """Remove what is older than a day; returns whether all of it could be. Raises like `purging.purge`."""
    day = purging.day(course, text)
    zone = day.zone or _("this machine's time zone")
    told = _("Before {day}, {zone}:").format(day=f"{text.strip()} 00:00", zone=zone)

    def agree(plan: Plan) -> bool:
        click.echo(told)
        who = some(map(printable, plan.students), MOST_NAMES) or "–"
        click.echo(
            _("  students who are forgotten: {count} ({who})").format(count=len(plan.students), who=who)
        )
        return _agrees(plan, is_agreed)

    done = purging.purge(course, day, agree)
    if not done.plan.traces:
        click.echo(f"{told} " + _("nothing is older"))
        return True
    return _show(course, done)


def _agrees(plan: Plan, is_agreed: bool) -> bool:
    counts = Counter[Place]()
    for trace in plan.traces:
        counts[trace.place] += trace.count
    for place, told in PLACES.items():
        if counts[place]:
            click.echo(f"  {told}: {counts[place]}")
    if is_agreed:
        return True
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return click.confirm(_("Remove it for good?"), default=False)


def _show(course: Course, done: Done) -> bool:
    """Say what was removed, what was not, and what no command can reach."""
    for left in done.left:
        told = _("not removed: {path} ({reason}); remove it as its owner, then run this again")
        click.echo(printable(told.format(path=left.path, reason=left.reason)), err=True)
    if not done.left:
        click.echo(_("removed, also from the backups"))
    if done.naming:
        files = some([printable(_below(course, path)) for path in done.naming], MOST_NAMES)
        told = _("others' work, or files that nobody knows, still have the name: {files}; look at them")
        click.echo(told.format(files=files))
    if done.comments:
        answers = some([printable("/".join(each)) for each in done.comments], MOST_NAMES)
        told = _("comments by hand still have the name: {answers}; change them in the formgrader")
        click.echo(told.format(answers=answers))
    click.echo(
        _(
            "Out of reach: the platform, e-mail, git history, backups of this machine, what was exported "
            "elsewhere, and students' own computers (docs/privacy.md)."
        )
    )
    return not done.left


def _below(course: Course, path: Path) -> str:
    return str(path.relative_to(course.root) if path.is_relative_to(course.root) else path)
