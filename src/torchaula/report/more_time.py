"""Print who has more time for an assignment, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

import click

from torchaula.classroom.gradebook import lateness
from torchaula.classroom.gradebook.extensions import Extension
from torchaula.course.layout import Course
from torchaula.i18n import _
from torchaula.printing import printable
from torchaula.report.class_table import name


def show(extensions: Sequence[Extension], course: Course, assignment: str) -> None:
    """Print one line each, in the time zone of the deadline."""
    zone = lateness.zone(lateness.rule(course), assignment)
    for each in extensions:
        until = f"{each.until.replace(tzinfo=UTC).astimezone(zone):%Y-%m-%d %H:%M %Z}" if each.until else "–"
        who = f"{printable(each.person.id)}  {name(each.person)}"
        click.echo(f"{who}  {until}  +{lateness.span(each.amount)}")
    if not extensions:
        click.echo(_("{assignment}: nobody has more time").format(assignment=assignment))
