"""Write the class's results to a CSV file for spreadsheets: one column per exercise, and what happened."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from torchaula.classroom.batch.entries import Became, Entry
from torchaula.course.notebook import Notebook
from torchaula.files import whole
from torchaula.findings import Outcome
from torchaula.printing import printable, shortened

# The start of a formula, also in full-width characters. It may come after a semicolon and a quote too, where
# a spreadsheet that splits at semicolons begins a new field.
FORMULA = re.compile(r"""(^|;)(?=[\s"]*[=+\-@−＝＋－＠﹢﹣﹦﹫⁺⁻⁼₊₋₌])""")
TEXT_COLUMNS = 2000  # most columns of a text
BECAME = {
    Became.GRADED: "graded",
    Became.WAITS: "waits for a person",
    Became.MISSING: "nothing handed in",
    Became.UNGRADED: "not graded",
    Became.EARLIER: "earlier submission graded",
}
ENDS = {  # graded cells that ended abnormally
    Outcome.TIMED_OUT: "timed out",
    Outcome.OUT_OF_MEMORY: "out of memory",
    Outcome.PROCESS_DIED: "process died",
    Outcome.NOT_REACHED: "not reached",
    Outcome.INFRASTRUCTURE: "infrastructure",
}


def write(path: Path, source: Notebook, entries: Iterable[Entry], cells: bool = False) -> None:
    """Write the table atomically: the points in the gradebook, with `cells` also those of each graded cell.

    The order is that of `students.csv`, then all others by name. Who was not graded has no points, which is
    not 0 points. Answers that wait for a person count nothing in the total yet; their own column says what
    they are worth.
    """
    parts = list(source.parts)
    graded_cells = [cell.id for part in source.parts.values() for cell in part.cells] if cells else []
    waits = ["waiting"] if any(cell.is_by_hand for cell in source.cells) else []
    columns = ["student_id", "last_name", "first_name", "email", *parts]
    columns += ["late_penalty", "total", "maximum", *waits, "outcome", "what_happened", *graded_cells]
    with whole(path, is_private=True) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow([plain(column) for column in columns])
        for entry in sorted(entries, key=lambda each: each.order):
            person = entry.person
            row: list[object] = [entry.student, person.last_name, person.first_name, person.email]
            noted = {} if entry.noted is None else entry.noted
            row += ["" if part in entry.waiting else noted.get(part, "") for part in parts]
            row += ["", ""] if entry.noted is None else [entry.penalty, entry.total]
            row += [f"{source.points:g}", *(f"{sum(entry.waiting.values()):g}" for _ in waits)]
            row += [outcome(entry.became, entry.outcomes.values()), entry.what]
            row += [entry.cells.get(cell, "") for cell in graded_cells]
            table.writerow([plain(value) for value in row])


def outcome(became: Became, outcomes: Iterable[Outcome] = ()) -> str:
    """A few words: whether it was graded, and how many graded cells ended abnormally."""
    ends = Counter(ENDS[each] for each in outcomes if each in ENDS)
    return "; ".join([BECAME[became], *(f"{count} {end}" for end, count in sorted(ends.items()))])


def plain(value: object) -> object:
    """A one-line text that no spreadsheet takes for a formula. Learners choose the names in it."""
    if not isinstance(value, str):
        return value
    return FORMULA.sub(r"\1'", shortened(printable(value), TEXT_COLUMNS))
