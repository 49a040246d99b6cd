"""A bar while a class is graded, with the time that is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from torchaula.grading.batch import Result
from torchaula.i18n import _


def shown(results: Iterable[Result], total: int, console: Console) -> Iterator[Result]:
    """Pass results on as they arrive, and show how far the batch is; one line each without a terminal."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(_("grading"), total=total)
        for result in results:
            if not console.is_terminal:
                console.print(f"{result.student}: {result.what}", markup=False, soft_wrap=True)
            progress.update(task, advance=1, description=result.student)
            yield result
