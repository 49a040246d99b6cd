"""The class after grading: student × exercise, points, and what happened to each submission."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from torchaula.classroom.entries import Entry
from torchaula.course.notebook import Notebook
from torchaula.i18n import _


def show(source: Notebook, entries: Sequence[Entry], console: Console) -> None:
    """Print the table, what its columns are, and how many were graded."""
    parts = list(source.parts.values())
    title = _("Assignment {name}").format(name=source.assignment)
    # Narrow: eight exercises and what happened must fit in 80 columns.
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(_("student"), overflow="fold")
    for number, part in enumerate(parts, 1):
        table.add_column(f"{number}\n/{part.points:g}", justify="right", no_wrap=True)
    table.add_column(_("total") + f"\n/{source.points:g}", justify="right", no_wrap=True)
    table.add_column(_("what happened"), overflow="fold")
    for entry in sorted(entries, key=_by_points):
        table.add_row(escape(entry.student), *_points(entry, len(parts)), escape(entry.what))
    console.print(table)
    names = (f"{number} {part.id}" for number, part in enumerate(parts, 1))
    console.print(" · ".join(names), highlight=False, soft_wrap=True)


def _by_points(entry: Entry) -> tuple[float, str]:
    return (-entry.score if entry.graded else 1.0, entry.student)


def _points(entry: Entry, columns: int) -> list[str]:
    if entry.points is None:
        return ["–"] * (columns + 1)
    shown = ("–" if part in entry.waiting else f"{points:g}" for part, points in entry.points.items())
    return [*shown, f"[bold]{entry.score:g}[/]"]


def next_steps(assignment: str, entries: Sequence[Entry], table: Path | None, console: Console) -> None:
    """Print how many were graded and where to look next; `table` is the class as a file."""
    graded = sum(entry.graded for entry in entries)
    missing = sum(entry.is_missing for entry in entries)
    console.print(
        _("{graded} of {all} submissions graded.").format(graded=graded, all=len(entries) - missing)
    )
    for what, where in (
        (_("what each student reads"), f"feedback/<student>/{assignment}/{assignment}.html"),
        (_("the grades as a table"), str(table) if table else ""),
        (_("the class in a browser, and grading by hand"), "make lab → Nbgrader → Formgrader"),
    ):
        if where:
            console.print(f"  {what}: [bold]{escape(where)}[/]", highlight=False, soft_wrap=True)


def note_outdated(students: Sequence[str], console: Console) -> None:
    """Print who has points of tests that have changed since."""
    told = _(
        "{count} others were graded with other tests or another torchaula, {student} for one; "
        "leave --student out to bring them up to date."
    )
    console.print(escape(told.format(count=len(students), student=students[0])), soft_wrap=True)
