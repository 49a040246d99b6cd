"""Show a batch's progress in a terminal, ask for consent, and write each student's page."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from nbformat import NotebookNode
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from torchaula.classroom.batch.batch import Batch
from torchaula.classroom.batch.desk import Audience
from torchaula.classroom.batch.entries import Change
from torchaula.classroom.batch.records import Record
from torchaula.classroom.batch.upgrades import Upgrade
from torchaula.classroom.gradebook.ledger import Standing
from torchaula.i18n import _
from torchaula.printing import printable, shortened
from torchaula.report import render
from torchaula.report.solutions import model_solutions


class Terminal(Audience):
    """The audience at the terminal. With `is_agreed`, it agrees without asking.

    With `solutions`, the pages that it writes show the model solutions.
    """

    def __init__(
        self, batch: Batch, console: Console, is_agreed: bool = False, solutions: bool = False
    ) -> None:
        self._solutions = model_solutions(batch.assignment.source) if solutions else {}
        self._course, self._assignment = batch.assignment.course, batch.assignment.name
        self.console, self._is_agreed = console, is_agreed
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            refresh_per_second=2,  # ten, as usual, take CPU that grading needs
        )
        self._bar = self._progress.add_task(_("grading"), total=None)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the bar while the block runs."""
        with self._progress:
            yield

    def begin(self, total: int) -> None:
        self._progress.update(self._bar, total=total)

    def upgraded(self, upgrade: Upgrade) -> None:
        known = (_("torchaula {version}").format(version=each) for each in upgrade.before if each)
        before = ", ".join([*(_("an earlier torchaula") for each in upgrade.before if not each), *known])
        told = _(
            "{count} submissions were graded with {before}, and are graded again with torchaula {now}; "
            "nothing is written before you agree"
        )
        self._tell(told.format(count=upgrade.count, before=before, now=upgrade.now))

    def _tell(self, text: str) -> None:
        self.console.print(escape(printable(text)), soft_wrap=True)

    def graded(self, student: str) -> None:
        self._progress.update(self._bar, advance=1, description=escape(shortened(printable(student), 30)))

    def agree(self, changes: Sequence[Change], upgrade: Upgrade | None = None) -> bool:
        self._progress.stop()
        if changes:
            self._show(changes, upgrade)
        else:
            self._tell(_("Graded again: nobody gains or loses points; feedback may read otherwise"))
        if self._is_agreed:
            return True
        if not (self.console.is_terminal and sys.stdin.isatty()):
            return False
        return click.confirm(_("Write these points?"), default=False)

    def _show(self, changes: Sequence[Change], upgrade: Upgrade | None) -> None:
        gains = sum(change.is_gain for change in changes)
        told = _("The course has changed: {gains} gain points, {losses} lose some")
        if upgrade is not None:
            told = _("Graded again: {gains} gain points, {losses} lose some")
        told = told.format(gains=gains, losses=len(changes) - gains)
        if any(change.late_before != change.late_after for change in changes):
            late = _("{late} become late, {on_time} are no longer late").format(
                late=sum(change.becomes_late for change in changes),
                on_time=sum(change.is_no_longer_late for change in changes),
            )
            told = f"{told}; {late}"
        self.console.print(told, soft_wrap=True)
        self.console.print(_table(changes))

    def publish(self, student: str, record: Record, standing: Standing, graded: NotebookNode | None) -> None:
        render.refresh(self._course, self._assignment, student, record, standing, graded, self._solutions)


def _table(changes: Sequence[Change]) -> Table:
    """A table of who gains and who loses points, the largest loss first."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(_("student"), overflow="fold")
    for heading in (_("before"), _("after"), _("change"), _("for lateness")):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(_("exercises"), overflow="fold")
    for change in sorted(changes, key=lambda each: (each.after - each.before, each.student)):
        numbers = f"{change.before:g}", f"{change.after:g}", f"{change.after - change.before:+g}"
        late = ""
        if change.late_before != change.late_after:
            late = f"{change.late_before:g} → {change.late_after:g}"
        exercises = escape(", ".join(change.exercises))
        table.add_row(escape(printable(change.student)), *numbers, late, exercises)
    return table
