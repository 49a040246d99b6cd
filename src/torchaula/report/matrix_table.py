"""The author's daily table: known answers × graded cells, declared beside found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from torchaula.course.answers import Answer
from torchaula.course.notebook import Notebook
from torchaula.grading.matrix import Trial


def show(
    notebook: Notebook,
    known: Mapping[str, Sequence[Answer]],
    trials: Iterable[Trial],
    verbose: bool = False,
    console: Console | None = None,
) -> bool:
    """Print one table an exercise, as its trials arrive; whether all were as declared."""
    console = console or Console()
    arriving = iter(trials)
    good = total = 0
    for exercise, answers in known.items():
        aspects = [cell.aspect for cell in notebook.exercises[exercise].graded]
        table = Table("answer", *aspects, "", title=f"{notebook.assignment}/{exercise}", title_justify="left")
        messages = []
        for _ in answers:
            trial = next(arriving)
            total += 1
            good += trial.as_declared
            table.add_row(trial.answer.id, *(_mark(trial, a) for a in aspects), _end(trial))
            messages += _messages(trial) if verbose else []
        console.print(table)
        for message in messages:
            console.print(escape(message), highlight=False)
    console.print(f"{good} of {total} answers as declared, in each back end")
    return good == total


def _mark(trial: Trial, aspect: str) -> str:
    """`✔` passed, `✘` failed; where declared and found differ, each back end's finding."""
    declared = aspect in trial.answer.fails
    found = {backend: aspect in trial.failed(backend) for backend in trial.verdicts}
    if all(failed == declared for failed in found.values()):
        return "✘" if declared else "✔"
    names = ", ".join(f"{b} {'fails' if failed else 'passes'}" for b, failed in found.items())
    return f"[bold red]declared {'✘' if declared else '✔'}: {names}[/]"


def _end(trial: Trial) -> str:
    return "as declared" if trial.as_declared else "[bold red]NOT as declared[/]"


def _messages(trial: Trial) -> list[str]:
    lines = []
    for backend, verdicts in trial.verdicts.items():
        for aspect, verdict in verdicts.items():
            if not verdict.passed:
                lines.append(
                    f"── {trial.answer.id} / {aspect} / {backend}: {verdict.outcome}\n{verdict.message}"
                )
    return lines
