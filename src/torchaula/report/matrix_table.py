"""Print known answers × graded cells: which cells each answer fails, and which it should fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import unified_diff
from itertools import islice

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from torchaula.authoring.matrix import MODEL, Trial, diagnosed
from torchaula.course.answers import KnownAnswer
from torchaula.course.notebook import PUBLIC, Notebook
from torchaula.i18n import _


def show(
    notebook: Notebook,
    known: Mapping[str, Sequence[KnownAnswer]],
    trials: Iterable[Trial],
    verbose: bool = False,
    console: Console | None = None,
) -> bool:
    """Print one table per exercise as its trials arrive; returns whether all answers ended as declared.

    If `verbose`, the author's answers follow with what learners would read; of made-up ones only surprises.
    """
    console = console or Console()
    arriving = iter(trials)
    good = total = 0
    found = []
    for exercise, answers in known.items():
        aspects = [cell.aspect for cell in notebook.exercises[exercise].graded]
        table = Table(title=f"{notebook.assignment}/{exercise}", title_justify="left")
        for heading in (_("answer"), *aspects, _("declared")):
            table.add_column(heading, no_wrap=True)
        remedies, messages, tried = [], [], list(islice(arriving, len(answers)))
        for trial in tried:
            total += 1
            good += trial.as_declared
            table.add_row(trial.answer.id, *(_mark(trial, a) for a in aspects), _end(trial))
            remedies += [f"{trial.answer.id}: {each}" for each in _remedies(trial)]
            is_told = verbose and not (trial.answer.is_made_up and trial.as_declared)
            messages += [*_shown(trial.answer), *_messages(trial)] if is_told else []
        console.print(table)
        for remedy in remedies:
            console.print(escape(remedy), highlight=False, soft_wrap=True)
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


def _remedies(trial: Trial) -> Iterator[str]:
    """For an answer that did not end as declared: what to change, and where."""
    failed = frozenset().union(*map(trial.failed, trial.verdicts))
    passed = frozenset(a for found in trial.verdicts.values() for a in found) - frozenset.intersection(
        *map(trial.failed, trial.verdicts)
    )
    if missed := _cells(trial, trial.answer.fails & passed):
        yield _(
            "{cells} should fail it: add a call there that shows the mistake; if that is what it uses, "
            'name that in forbid=[…] of graded("{exercise}-{public}", …), which holds for hidden cells too'
        ).format(cells=missed, exercise=trial.exercise, public=PUBLIC)
    refused = _cells(trial, failed - trial.answer.fails)
    if refused and trial.answer.is_right:
        yield _(
            "{cells} should pass it; mend the test, or declare it wrong and let the statement say why"
        ).format(cells=refused)
    elif refused:
        yield _("{cells} fails it too; name all cells that it fails after `fails`").format(cells=refused)


def _cells(trial: Trial, aspects: Iterable[str]) -> str:
    return ", ".join(f"{trial.exercise}-{aspect}" for aspect in sorted(aspects))


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
