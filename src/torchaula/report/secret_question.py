"""Ask before a new secret is made, and say afterwards what to do next."""

from __future__ import annotations

import sys
from functools import partial

import click

from torchaula.classroom.gradebook import new_secret
from torchaula.course.layout import Course
from torchaula.i18n import _


def ask_and_make(course: Course, is_agreed: bool) -> None:
    """Ask, make a new secret, and say what to do next. With `is_agreed`, it doesn't ask.

    Raises `Refusal` if the answer is no, or nobody can answer.
    """
    made = new_secret.make(course, partial(_agrees, is_agreed))
    told = _("{path}: a new secret, {fingerprint}; what was before is kept as {kept}")
    kept = made.kept.with_suffix(".*").relative_to(course.root)
    click.echo(told.format(path=course.secret.name, fingerprint=made.fingerprint, kept=kept))
    for assignment in made.assignments or course.assignments:
        click.echo(_("next: torchaula grade {assignment}").format(assignment=assignment))


def _agrees(is_agreed: bool, graded: dict[str, int]) -> bool:
    by_assignment = ", ".join(f"{name}: {count}" for name, count in graded.items())
    told = _(
        "{count} graded submissions will be graded again with other inputs ({assignments}); `torchaula "
        "grade` then shows who gains and who loses, and asks"
    )
    click.echo(told.format(count=sum(graded.values()), assignments=by_assignment or "–"))
    if is_agreed:
        return True
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return click.confirm(_("Make a new secret?"), default=False)
