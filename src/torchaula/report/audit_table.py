"""Print the audit of an assignment: a line for each exercise, and below it all that falls short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from torchaula.authoring.audit.kinds import Kind
from torchaula.authoring.audit.scores import End, Examined, Fault, Misjudged, Score
from torchaula.course.notebook import PUBLIC
from torchaula.i18n import _
from torchaula.report.lines import console as standard


def show(assignment: str, scores: Iterable[Score], count: int, console: Console | None = None) -> list[Score]:
    """Follow the audit of `count` exercises, print it, and return it."""
    console = console or standard()
    progress = Console(stderr=True)
    followed = list(
        track(
            scores,
            _("{name}: examining exercises").format(name=assignment),
            count,
            console=progress,
            transient=True,
            disable=not progress.is_terminal,
        )
    )
    console.print(_table(assignment, followed))
    for said in (_remarks, _changes):
        for line in (line for score in followed for line in said(score)):
            console.print(escape(line), highlight=False, soft_wrap=True)
    return followed


def _table(assignment: str, scores: Sequence[Score]) -> Table:
    table = Table(title=assignment, title_justify="left", show_footer=True)
    total = _row(scores)
    columns = (
        (_("exercise"), _("all")),
        (_("mutants"), total[0]),
        (_("killed"), total[1]),
        (_("hidden only"), total[2]),
        (_("survived"), total[3]),
        (_("equivalent"), total[4]),
        (_("score"), total[5]),
        (_("answers"), total[6]),
        (_("own sentence"), total[7]),
        (_("boxes"), total[8]),
        (_("falls short"), ""),
    )
    for place, (heading, foot) in enumerate(columns):
        is_number = 0 < place < len(columns) - 1
        table.add_column(heading, foot, justify="right" if is_number else "left")
    for score in scores:
        table.add_row(score.exercise, *_row([score]), ", ".join(_fault(each) for each in score.faults))
    return table


def _row(scores: Sequence[Score]) -> list[str]:
    """The figures of some exercises together."""
    ends = [sum(len(score.ending(end)) for score in scores) for end in End]
    mutants = sum(len(score.mutants) for score in scores)
    counted = mutants - ends[-1]
    share = (ends[0] + ends[1]) / counted if counted else 1.0
    told = [score.answers for score in scores]
    tried = sum(each.tried for each in told)
    good = tried - len({(score.exercise, m.answer) for score in scores for m in score.answers.misjudged})
    return [
        str(mutants),
        *map(str, ends),
        f"{share:.1%}",
        f"{good}/{tried}",
        f"{sum(each.own for each in told)}/{sum(each.wrong for each in told)}",
        str(sum(score.boxed for score in scores)),
    ]


def _fault(fault: Fault) -> str:
    names = {
        Fault.ANSWERS: _("answers"),
        Fault.SENTENCES: _("sentences"),
        Fault.SCORE: _("score"),
        Fault.HIDDEN_ONLY: _("hidden only"),
        Fault.IDLE: _("idle cells"),
        Fault.EXCUSED: _("not equivalent"),
        Fault.COUNTS: _("counts"),
    }
    return names[fault]


def _remarks(score: Score) -> Iterator[str]:
    """What falls short in one exercise besides mutants."""
    yield from (_misjudged(score.exercise, each) for each in score.answers.misjudged)
    if score.answers.others:
        yield _("{exercise}: told another's sentence: {answers}").format(
            exercise=score.exercise, answers=", ".join(score.answers.others)
        )
    for aspect in score.idle:
        yield _("{exercise}-{cell}: fails no mutant").format(exercise=score.exercise, cell=aspect)
    if score.miscounted:
        yield _(
            "{exercise}: not as many mutants as were counted ({kinds}); where the model solution changed, "
            "torchaula audit --count"
        ).format(exercise=score.exercise, kinds=", ".join(score.miscounted))


def _changes(score: Score) -> Iterator[str]:
    """The mutants of one exercise that fall short, from what costs learners most."""
    for each in score.ending(End.SURVIVED):
        yield _shown(score, each, _("survived; {cell} should see it").format(cell=_cell(score, each)))
    for each in score.ending(End.HIDDEN_ONLY):
        cells = ", ".join(sorted({aspect for failed in each.failed for aspect in failed}))
        yield _shown(score, each, _("{cells} alone; {public} should warn").format(cells=cells, public=PUBLIC))
    for each in score.excused:
        yield _shown(score, each, _("declared equivalent, and fails"))


def _misjudged(exercise: str, each: Misjudged) -> str:
    told = _("{exercise}: {answer} fails {failed}, declared {declared} (seed {seed}, threads: {threads})")
    return told.format(
        exercise=exercise,
        answer=each.answer,
        failed=" ".join(each.failed) or _("nothing"),
        declared=" ".join(each.declared) or _("nothing"),
        seed=each.seed,
        threads=each.threads,
    )


def _cell(score: Score, each: Examined) -> str:
    return each.mutant.kind.seen_by(score.aspects)


def _shown(score: Score, each: Examined, what: str) -> str:
    """A mutant as its change, under a line that an author can copy to declare it equivalent."""
    kind: Kind = each.mutant.kind
    return f"\n@@ {score.exercise} @@ {each.mutant.number}, {kind}: {what}\n{each.mutant.diff}"
