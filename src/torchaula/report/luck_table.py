"""Print the known answers whose verdict changes with the seed of hidden tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from torchaula.authoring.luck import Draw, Swayed
from torchaula.course.answers import KnownAnswer
from torchaula.course.notebook import Notebook
from torchaula.i18n import _
from torchaula.report.lines import console as standard


def show(
    notebook: Notebook,
    known: Mapping[str, Sequence[KnownAnswer]],
    draws: Sequence[Draw],
    trials: Iterable[list[Swayed]],
    console: Console | None = None,
) -> bool:
    """Follow the trials and list each answer that doesn't end as declared; returns whether there is none."""
    console = console or standard()
    progress = Console(stderr=True)
    followed = track(
        trials,
        _("{name}: trying answers").format(name=notebook.assignment),
        len(known) * len(draws),
        console=progress,
        transient=True,
        disable=not progress.is_terminal,
    )
    found = [swayed for each in followed for swayed in each]
    if found:
        console.print(_table(notebook, known, found))
    summary = _("{name}: {count} of {total} answers change with the seed of hidden tests ({draws} tried)")
    changed = {(swayed.exercise, swayed.answer.id) for swayed in found}
    total = sum(map(len, known.values()))
    console.print(summary.format(name=notebook.assignment, count=len(changed), total=total, draws=len(draws)))
    return not found


def _table(notebook: Notebook, known: Mapping[str, Sequence[KnownAnswer]], found: Iterable[Swayed]) -> Table:
    """One row for each answer and set of failed cells, with the draws where they fail."""
    rows: dict[tuple[str, str, str, str], list[Draw]] = {}
    for each in found:
        row = (each.exercise, each.answer.id, _aspects(each.failed), _aspects(each.answer.fails))
        rows.setdefault(row, []).append(each.draw)
    order = list(known)
    table = Table(title=notebook.assignment, title_justify="left")
    for heading in (_("exercise"), _("answer"), _("fails"), _("declared"), _("seeds")):
        table.add_column(heading, overflow="fold")
    for row, draws in sorted(rows.items(), key=lambda item: (order.index(item[0][0]), item[0])):
        table.add_row(*map(escape, row), " ".join(map(str, draws)))
    return table


def _aspects(cells: frozenset[str]) -> str:
    return " ".join(sorted(cells)) or _("passes all")
