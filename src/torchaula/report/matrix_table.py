"""Print known answers × graded cells: which cells each answer fails, and which it should fail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff
from itertools import islice

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from torchaula.authoring.matrix import MODEL, Trial, diagnosed
from torchaula.course.answers import KnownAnswer
from torchaula.course.notebook import Notebook
from torchaula.i18n import _


def show(
    notebook: Notebook,
    known: Mapping[str, Sequence[KnownAnswer]],
    trials: Iterable[Trial],
    verbose: bool = False,
    console: Console | None = None,
) -> bool:
    """Print one table per exercise as its trials arrive; returns whether all answers ended as declared."""
    console = console or Console()
    arriving = iter(trials)
    good = total = 0
    found = []
    for exercise, answers in known.items():
        aspects = [cell.aspect for cell in notebook.exercises[exercise].graded]
        table = Table(title=f"{notebook.assignment}/{exercise}", title_justify="left")
        for heading in (_("answer"), *aspects, _("declared")):
            table.add_column(heading, no_wrap=True)
        messages, tried = [], list(islice(arriving, len(answers)))
        for trial in tried:
            total += 1
            good += trial.as_declared
            table.add_row(trial.answer.id, *(_mark(trial, a) for a in aspects), _end(trial))
            messages += [*_shown(trial.answer), *_messages(trial)] if verbose else []
        console.print(table)
        found.append(diagnosed(tried))
        for message in messages:
            console.print(escape(message), highlight=False)
    summary = _("{good} of {total} answers as declared, in each back end")
    console.print(summary.format(good=good, total=total))
    told = _("{own} of {wrong} wrong answers are told their own misconception, {others} another's")
    own, wrong = sum(each.own for each in found), sum(each.wrong for each in found)
    console.print(told.format(own=own, wrong=wrong, others=sum(len(each.others) for each in found)))
    return good == total


def _mark(trial: Trial, aspect: str) -> str:
    """`✔` passed, `✘` failed: one mark, or one per back end if they differ. `!`: not as declared."""
    found = [aspect in trial.failed(backend) for backend in trial.verdicts]
    marks = "".join("✘" if failed else "✔" for failed in (found if len(set(found)) > 1 else found[:1]))
    declared = aspect in trial.answer.fails
    return marks if all(failed == declared for failed in found) else f"[bold red]{marks} ![/]"


def _end(trial: Trial) -> str:
    if trial.as_declared:
        return _("yes")
    declared = " ".join(sorted(trial.answer.fails)) or _("passes all")
    return f"[bold red]{_('NO')}: {declared}[/]"


def _shown(answer: KnownAnswer) -> list[str]:
    """An answer of the answers file: as a diff against what it is a change of, or whole."""
    if answer.is_made_up or answer.id == MODEL:
        return []
    lines, base = answer.source.splitlines(), answer.base.splitlines()
    diff = islice(unified_diff(base, lines, lineterm="", n=1), 2, None)  # without the names of files
    heading = f"── {answer.id}: {answer.sentence}" if answer.sentence else f"── {answer.id}"
    return ["\n".join([heading, *(diff if base else lines)])]


def _messages(trial: Trial) -> list[str]:
    lines = []
    for backend, verdicts in trial.verdicts.items():
        for aspect, verdict in verdicts.items():
            if not verdict.passed:
                lines.append(
                    f"── {trial.answer.id} / {aspect} / {backend}: {verdict.outcome}\n{verdict.message}"
                )
    return lines
