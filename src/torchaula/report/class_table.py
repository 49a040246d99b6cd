"""Print the class's results as a table: student × exercise, points, and what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from torchaula.classroom.batch.entries import Entry
from torchaula.classroom.intake.roster import Student
from torchaula.course.notebook import Notebook
from torchaula.i18n import _
from torchaula.printing import printable
from torchaula.report import lines

NARROW = 40  # columns left for texts, below which names are not shown


def show(
    source: Notebook, entries: Iterable[Entry], console: Console, is_whole: bool = False, title: str = ""
) -> None:
    """Print the table, a line a student, under the assignment's name and title; then what its columns are.

    Texts that are too long are cut with an ellipsis; with `is_whole`, their full text is printed below.
    """
    parts = list(source.parts.values())
    ordered = sorted(entries, key=lambda each: each.order)
    points = [_points(each, len(parts)) for each in ordered]
    heads = [f"{number}\n/{part.points:g}" for number, part in enumerate(parts, 1)]
    heads.append(_("total") + f"\n/{source.points:g}")
    room = console.width - lines.width_of(heads, points)
    words, texts = _texts(ordered, has_names=room >= NARROW)
    shown = lines.fitted(words, texts, room)
    named = _("Assignment {name}").format(name=source.assignment)
    table = Table(title=f"{named}: {title}" if title else named, **lines.STYLE)
    for word in words[:-1]:
        table.add_column(word, no_wrap=True)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column(words[-1], no_wrap=True)
    for (*who, what), (*by_part, total) in zip(shown, points, strict=True):
        table.add_row(*map(escape, who), *by_part, f"[bold]{total}[/]", escape(what))
    console.print(table)
    numbered = (f"{number} {part.id}" for number, part in enumerate(parts, 1))
    console.print(" · ".join(numbered), highlight=False, soft_wrap=True)
    for long, short in zip(texts, shown, strict=True):
        if is_whole and long[-1] != short[-1]:
            console.print(escape(f"{long[0]}: {long[-1]}"), highlight=False, soft_wrap=True)


def _texts(entries: Sequence[Entry], has_names: bool) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The headings of the text columns, and the texts of each entry."""
    texts = [(printable(each.student), name(each.person), printable(each.what)) for each in entries]
    words = _("student"), _("name"), _("what happened")
    return (words, list(texts)) if has_names else (words[::2], [text[::2] for text in texts])


def name(person: Student) -> str:
    """A person's name, last name first: `García López, Ana`."""
    return printable(", ".join(filter(None, (person.last_name, person.first_name))))


def _points(entry: Entry, columns: int) -> list[str]:
    if entry.points is None:
        return ["–"] * (columns + 1)
    shown = ("–" if part in entry.waiting else f"{points:g}" for part, points in entry.points.items())
    return [*shown, f"{entry.total:g}"]


def next_steps(assignment: str, entries: Sequence[Entry], table: Path | None, console: Console) -> None:
    """Print how many were graded and where to look next; `table` is the CSV file of the class."""
    graded = sum(entry.graded for entry in entries)
    missing = sum(entry.is_missing for entry in entries)
    console.print(
        _("{graded} of {all} submissions graded.").format(graded=graded, all=len(entries) - missing)
    )
    others = sum(entry.place is None for entry in entries)
    if 0 < others < len(entries):
        told = _("In the order of students.csv; {count} who are not in it stand at the end.")
        console.print(told.format(count=others), soft_wrap=True)
    for what, where in (
        (_("what each student reads"), f"feedback/<student>/{assignment}/{assignment}.html"),
        (_("the grades as a table"), str(table) if table else ""),
        (_("the class in a browser, and grading by hand"), "make lab → Nbgrader → Formgrader"),
    ):
        if where:
            console.print(f"  {what}: [bold]{escape(where)}[/]", highlight=False, soft_wrap=True)


def note_outdated(students: Sequence[str], console: Console) -> None:
    """Print which students have points from tests or a deadline that have changed since."""
    told = _(
        "{count} others were graded with other tests, another deadline or another torchaula, {student} for "
        "one; leave --student out to bring them up to date."
    )
    console.print(escape(told.format(count=len(students), student=printable(students[0]))), soft_wrap=True)
