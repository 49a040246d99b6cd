"""The command line: each command parses, calls one part, prints, and ends with a telling exit code."""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

import torchaula.course
from torchaula.errors import Refusal
from torchaula.i18n import _
from torchaula.printing import forgive_streams, printable, shortened

if TYPE_CHECKING:
    from torchaula.classroom.batch.batch import Batch
    from torchaula.classroom.batch.entries import Entry
    from torchaula.course.answers import KnownAnswer
    from torchaula.course.layout import Course
    from torchaula.course.notebook import Notebook
    from torchaula.grading.trusted.client import Workers


@click.group(help=_('Build, check and grade the course "Fundamentos de PyTorch".'))
@click.version_option(torchaula.__version__)
@click.option(
    "--course", type=click.Path(path_type=Path, file_okay=False), default=".", help=_("The course's folder.")
)
@click.pass_context
def cli(context: click.Context, course: Path) -> None:
    context.obj = course


@cli.command(
    help=_(
        "Try every known answer of WHAT (`mlp` or `mlp/linear`) against every graded cell, in both back ends."
    )
)
@click.argument("what", nargs=-1)
@click.option(
    "--verbose",
    "-v",
    is_flag=True,
    help=_("Show each answer as a change, and the learner's message of each failed cell."),
)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    help=_("Instead, give hidden tests so many other seeds, and list the answers whose result changes."),
)
@click.option(
    "--seeds-from", type=click.IntRange(0), help=_("Make these seeds from a number that was printed before.")
)
@click.pass_obj
def check(
    folder: Path, what: tuple[str, ...], verbose: bool, seeds: int | None, seeds_from: int | None
) -> None:
    from torchaula.authoring import course_map, matrix, opening, rules
    from torchaula.course import layout, outline
    from torchaula.report import matrix_table

    course = layout.find(folder)
    if seeds is not None:
        sys.exit(0 if _is_sure(course, what, seeds, seeds_from) else 1)
    if seeds_from is not None:
        raise click.UsageError(_("--seeds-from NUMBER needs --seeds N, how many to make from it"))
    good = True
    for source, known, is_whole in _chosen(course, what):
        assignment, exercises = source.assignment, source.exercises
        faults = [fault for e in known for fault in rules.exercise_faults(exercises[e], known[e])]
        if is_whole:
            is_draft = outline.entry(course.root, assignment).is_draft
            faults += rules.notebook_faults(source, course.source / assignment, is_draft)
            faults += [*opening.faults(course, source), *course_map.faults(course, source)]
        for fault in faults:
            click.echo(f"{assignment}: {fault}", err=True)
        tried = {e: matrix.known(exercises[e], known[e]) for e in known}
        good &= matrix_table.show(source, tried, matrix.trials(source, tried), verbose) and not faults
    sys.exit(0 if good else 1)


def _is_sure(course: Course, what: tuple[str, ...], count: int, number: int | None) -> bool:
    """Whether known answers end as declared under `count` seeds of hidden tests; say which don't."""
    from torchaula.authoring import luck, matrix
    from torchaula.report import luck_table

    number = random.randrange(10**6) if number is None else number
    draws = [luck.Draw(number, place) for place in range(1, count + 1)]
    click.echo(
        _("the same seeds again: --seeds {count} --seeds-from {number}").format(count=count, number=number)
    )
    good = True
    for source, known, _is_whole in _chosen(course, what):
        tried = {e: matrix.known(source.exercises[e], known[e]) for e in known}
        good &= luck_table.show(source, tried, draws, luck.swayed(source, tried, draws))
    return good


def _chosen(
    course: Course, what: tuple[str, ...]
) -> Iterator[tuple[Notebook, dict[str, tuple[KnownAnswer, ...]], bool]]:
    """Each assignment that `what` names, its known answers by exercise, and whether all are meant."""
    from torchaula.course import answers, converters

    for chosen in what or course.require_assignments():
        assignment, _slash, exercise = chosen.partition("/")
        source = converters.source(course, assignment)
        exercises = [source.exercise(exercise)] if exercise else list(source.exercises.values())
        known = {e.id: answers.load(course, assignment, e) for e in exercises}
        yield source, known, not exercise


@cli.command(
    help=_(
        "Examine the exercises of each ASSIGNMENT, or single ones: small changes of the model solution must "
        "fail, in the public check too, and known answers must end as declared. Ends with 1 where anything "
        "falls short."
    )
)
@click.argument("what", metavar="[ASSIGNMENT[/EXERCISE]]...", nargs=-1)
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help=_("Write it here too."))
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=1,
    help=_("Give hidden tests so many seeds; what survives any of them has survived."),
)
@click.option(
    "--changed",
    is_flag=False,
    flag_value="",
    metavar="[COMMIT]",
    help=_("Only what changed since COMMIT, or since the last one; since the one before, if nothing has."),
)
@click.option(
    "--count",
    is_flag=True,
    help=_("Instead, write down how many mutants there are, after a model solution has changed."),
)
@click.pass_obj
def audit(
    folder: Path, what: tuple[str, ...], file: Path | None, seeds: int, changed: str | None, count: bool
) -> None:
    from torchaula.authoring.audit import counts, examine
    from torchaula.course import layout
    from torchaula.report import audit_json, audit_table

    course = layout.find(folder)
    if count:
        for path in counts.write_all(course, [each.partition("/")[0] for each in what]):
            click.echo(_("wrote {path}").format(path=path.relative_to(course.root)))
        return
    chosen = _examined(course, what, changed)
    found, draws = {}, examine.draws(seeds)
    for source, exercises in chosen:
        matters = examine.matters(course, source, exercises)
        scores = examine.examined(source, matters, draws)
        found[source.assignment] = audit_table.show(source.assignment, scores, len(matters))
    if file is not None:
        audit_json.write(file, found, draws)
    sys.exit(1 if any(score.faults for scores in found.values() for score in scores) else 0)


def _examined(course: Course, what: tuple[str, ...], commit: str | None) -> list[tuple[Notebook, list[str]]]:
    """The exercises to examine, by assignment; of those that `what` names, the ones that changed."""
    from torchaula.authoring.audit import changed
    from torchaula.course import converters

    sources: dict[str, Notebook] = {}
    chosen: dict[str, list[str]] = {}
    for each in what or course.require_assignments():
        assignment, _slash, exercise = each.partition("/")
        source = sources.setdefault(assignment, converters.source(course, assignment))
        chosen.setdefault(assignment, []).extend(
            [source.exercise(exercise).id] if exercise else source.exercises
        )
    if commit is not None:
        markers = converters.markers(converters.config(course))
        base, differing = changed.since(course, sources.values(), markers, commit)
        chosen = {name: [e for e in names if e in differing[name]] for name, names in chosen.items()}
        names = [f"{name}/{each}" for name, exercises in chosen.items() for each in exercises]
        click.echo(
            _("changed since {commit}: {names}").format(commit=base, names=", ".join(names) or _("nothing"))
        )
    return [
        (sources[name], list(dict.fromkeys(exercises))) for name, exercises in chosen.items() if exercises
    ]


@cli.command(
    help=_(
        "Begin the assignment WHAT (`atencion`): a notebook with one exercise; or add the exercise WHAT "
        "(`atencion/softmax-escalado`) to it. Both work as they are written, to be changed."
    )
)
@click.argument("what")
@click.option("--random", "is_random", is_flag=True, help=_("Let the exercise draw from a generator."))
@click.pass_obj
def new(folder: Path, what: str, is_random: bool) -> None:
    from torchaula.authoring.new import Template, add, begin
    from torchaula.course import layout

    course = layout.find(folder)
    assignment, slash, exercise = what.partition("/")
    if slash:
        written = add(course, assignment, exercise, Template.RANDOM if is_random else Template.PLAIN)
    elif is_random:
        raise click.UsageError(_("--random is for an exercise: torchaula new {what}/NAME").format(what=what))
    else:
        written = begin(course, assignment)
    for path in written:
        click.echo(_("wrote {path}").format(path=path))
    click.echo(_("next: change it; then `make format`, and `torchaula check {what}`").format(what=what))


@cli.command(help=_("Derive what learners receive from source/, for each ASSIGNMENT or all of them."))
@click.argument("assignments", metavar="[ASSIGNMENT]...", nargs=-1)
@click.pass_obj
def release(folder: Path, assignments: tuple[str, ...]) -> None:
    from torchaula.course import layout

    course = layout.find(folder)
    _release(course, assignments or course.require_assignments())


def _release(course: Course, assignments: Sequence[str]) -> None:
    from torchaula.authoring.release import release_all

    for done in release_all(course, assignments):
        click.echo(
            _("release/{name}: {exercises} exercises, {points} points; {changes}").format(
                name=done.assignment,
                exercises=done.exercises,
                points=f"{done.points:g}",
                changes=_("changed: {files}").format(files=", ".join(done.changed))
                if done.changed
                else _("nothing changed"),
            )
        )


@cli.command(help=_("Zip what a learner takes home, for each released ASSIGNMENT or all of them."))
@click.argument("assignments", metavar="[ASSIGNMENT]...", nargs=-1)
@click.pass_obj
def pack(folder: Path, assignments: tuple[str, ...]) -> None:
    from torchaula.authoring import pack as packing
    from torchaula.course import layout

    course = layout.find(folder)
    with packing.wheel() as package:
        for assignment in assignments or course.require_assignments():
            path = packing.pack(course, assignment, package)
            size = path.stat().st_size / 1000
            click.echo(_("{path}: {size:.0f} kB").format(path=path.relative_to(course.root), size=size))


@cli.command(
    "format", help=_("Write the notebooks in source/ in their normal form, and the map of the course.")
)
@click.option("--check", is_flag=True, help=_("Only say what is not in normal form; end with 1 if anything."))
@click.pass_obj
def format_(folder: Path, check: bool) -> None:
    from torchaula.authoring import course_map, normal_form
    from torchaula.course import layout

    course = layout.find(folder)
    faults = 0
    for path in sorted(course.source.glob("*/*.ipynb")):
        for fault in normal_form.faults(path) if check else ():
            faults += 1
            click.echo(f"{path.relative_to(course.root)}: {fault}", err=True)
        if not check and normal_form.mend(path):
            click.echo(_("{path}: mended").format(path=path.relative_to(course.root)))
    for path in course_map.outdated(course) if check else course_map.write(course):
        faults += check
        told = _("{path}: is not up to date; run `make format`") if check else _("{path}: mended")
        click.echo(told.format(path=path.relative_to(course.root)), err=check)
    sys.exit(1 if faults else 0)


@cli.command(
    "sample-class", help=_("Write a synthetic class for each ASSIGNMENT (all of them) to submitted/.")
)
@click.argument("assignments", metavar="[ASSIGNMENT]...", nargs=-1)
@click.pass_obj
def sample_class(folder: Path, assignments: tuple[str, ...]) -> None:
    from torchaula.course import layout

    course = layout.find(folder)
    _write_sample_class(course, assignments or course.require_assignments())


def _write_sample_class(course: Course, assignments: Sequence[str]) -> None:
    from torchaula.authoring.sample_class import write

    for assignment in assignments:
        count = len(write(course, assignment))
        click.echo(_("submitted/: {count} sample submissions of {name}").format(count=count, name=assignment))


@cli.command(
    help=_("Release each ASSIGNMENT (all), write a sample class for it, grade it, and show the class.")
)
@click.argument("assignments", metavar="[ASSIGNMENT]...", nargs=-1)
@click.pass_obj
def demo(folder: Path, assignments: tuple[str, ...]) -> None:
    from torchaula.classroom.batch import batch
    from torchaula.course import layout

    course = layout.find(folder)
    _tell_if_not_backed_up(course)
    chosen = list(dict.fromkeys(assignments or course.require_assignments()))
    # The sample class is ours: where nothing confines student code, it may run all the same.
    is_confined = _look(course, ("sandbox",))

    def prepared(assignment: str) -> Batch:
        return batch.prepare(course, assignment, unsafe=not is_confined)

    # Workers take seconds to start, in which the class is written.
    with batch.workers(course, names=chosen) as workers:
        _release(course, chosen)
        _write_sample_class(course, chosen)
        _grade_each(chosen, prepared, workers, _Showing())


@cli.command(help=_("Grade what was handed in for each ASSIGNMENT (all), write feedback, show the class."))
@click.argument("assignments", metavar="[ASSIGNMENT]...", nargs=-1)
@click.option("--student", "students", multiple=True, help=_("Grade this student only; may be given again."))
@click.option("--jobs", type=click.IntRange(1), help=_("Grade so many at once; one a core, if not given."))
@click.option("--force", is_flag=True, help=_("Grade again what has not changed."))
@click.option("--yes", is_flag=True, help=_("Write points that a changed course changes, without asking."))
@click.option("--cells", is_flag=True, help=_("Give the CSV a column for each graded cell too."))
@click.option(
    "--solutions",
    is_flag=True,
    help=_("Show the model solutions on the feedback pages; refused until everybody's time is over."),
)
@click.option("--expect-failures", is_flag=True, help=_("End with 0 even if some could not be graded."))
@click.option(
    "--unsafe-no-sandbox",
    is_flag=True,
    help=_("Let student code do whatever you could, where nothing confines it."),
)
@click.pass_obj
def grade(
    folder: Path,
    assignments: tuple[str, ...],
    students: tuple[str, ...],
    jobs: int | None,
    force: bool,
    yes: bool,
    cells: bool,
    solutions: bool,
    expect_failures: bool,
    unsafe_no_sandbox: bool,
) -> None:
    from torchaula.classroom.batch import batch
    from torchaula.classroom.gradebook import closing
    from torchaula.course import layout

    course = layout.find(folder)
    _tell_if_not_backed_up(course)
    chosen = list(dict.fromkeys(assignments or course.require_assignments()))
    for assignment in chosen if solutions else ():
        closing.require_over(course, assignment)

    def prepared(assignment: str) -> Batch:
        return batch.prepare(course, assignment, students, unsafe_no_sandbox, force)

    with batch.workers(course, jobs, chosen) as workers:
        showing = _Showing(yes, solutions, cells, is_everybody=not students)
        good = _grade_each(chosen, prepared, workers, showing, jobs)
    sys.exit(0 if good or expect_failures else 1)


@dataclass(frozen=True)
class _Showing:
    """What is asked and shown of a class that is graded: see the options of `torchaula grade`."""

    yes: bool = False
    solutions: bool = False
    cells: bool = False
    is_everybody: bool = True


def _grade_each(
    assignments: Sequence[str],
    prepared: Callable[[str], Batch],
    workers: Workers,
    showing: _Showing,
    jobs: int | None = None,
) -> bool:
    """Grade the batches of assignments one after the other; whether everybody who handed in was graded."""
    from torchaula.classroom.batch import batch
    from torchaula.grading.trusted.client import cores

    good = True
    if len(assignments) > 1:  # refuse now, not in an hour, when the first assignment is graded
        shares = max(1, (jobs or cores()) // len(assignments))
        batch.require_sound_tests(map(prepared, assignments), workers, shares)
    for assignment in assignments:
        entries = _grade(prepared(assignment), jobs, workers, showing)
        good &= all(entry.graded or entry.is_missing for entry in entries)
    return good


def _tell_if_not_backed_up(course: Course) -> None:
    """Say so before a command writes to a gradebook that can't be copied here."""
    from torchaula.classroom.gradebook import backups

    if told := backups.lacking(course):
        click.echo(f"torchaula: {printable(told)}", err=True)


def _grade(group: Batch, jobs: int | None, workers: Workers, showing: _Showing) -> list[Entry]:
    """Grade one batch and show what became of it; as a file too, where it is everybody's."""
    from torchaula.classroom.gradebook import gradebook
    from torchaula.course import outline
    from torchaula.report import class_csv, class_table, following, lines

    console, course, source = lines.console(), group.assignment.course, group.assignment.source
    terminal = following.Terminal(group, console, showing.yes, showing.solutions)
    with terminal.shown():
        entries = list(group.grade(jobs, terminal, workers))
    table = course.grades / f"{source.assignment}.csv" if showing.is_everybody else None
    if table is not None:
        with gradebook.refused_where_not_written(course):
            class_csv.write(table, source, entries, showing.cells)
    title = outline.entry(course.root, source.assignment).title
    class_table.show(source, entries, console, is_whole=table is None, title=title)
    class_table.next_steps(source.assignment, entries, table and table.relative_to(course.root), console)
    if group.outdated:
        class_table.note_outdated(group.outdated, console)
    return entries


@cli.command(
    help=_(
        "Give STUDENT until DATE for ASSIGNMENT, instead of what they had: a date like the deadlines "
        "(2026-12-03 23:59 Europe/Madrid; hour and zone are the deadline's where left out), an amount of "
        "time after the deadline (2d, 36h, 90min), or `none`. It moves with the deadline, and counts when "
        "`torchaula grade` or `nbgrader autograde` runs."
    )
)
@click.argument("assignment")
@click.argument("student", required=False)
@click.argument("date", nargs=-1)
@click.option("--list", "show", is_flag=True, help=_("Show who has more time for ASSIGNMENT."))
@click.pass_obj
def extend(folder: Path, assignment: str, student: str | None, date: tuple[str, ...], show: bool) -> None:
    from torchaula.classroom.gradebook import extensions
    from torchaula.course import layout
    from torchaula.report import more_time

    course = layout.find(folder)
    if student is not None:
        _tell_if_not_backed_up(course)
    if show == bool(student) or bool(student) != bool(date):
        raise click.UsageError(_("give STUDENT and DATE, or --list"))
    if student is None:
        more_time.show(extensions.listed(course, assignment), course, assignment)
    elif date == ("none",):
        extensions.take_back(course, assignment, student)
        click.echo(
            _("{assignment}: {student} has the deadline of all").format(
                assignment=assignment, student=student
            )
        )
        click.echo(_("next: torchaula grade {assignment}").format(assignment=assignment))
    else:
        given = extensions.give(course, assignment, student, " ".join(date))
        more_time.show([given], course, assignment)
        click.echo(_("next: torchaula grade {assignment}").format(assignment=assignment))


@cli.command(
    "return",
    help=_(
        "Write what goes back to a platform for ASSIGNMENT: its table of grades, filled in, and the pages "
        "that have changed. Ends with 1 where the platform would skip somebody who was graded."
    ),
)
@click.argument("assignment")
@click.option(
    "--to", "platform", type=click.Choice(["moodle", "canvas"]), required=True, help=_("The platform.")
)
@click.option(
    "--late",
    type=click.Choice(["before", "after"]),
    help=_("Points before or after the late penalty; c.LateWork.returned, if not given."),
)
@click.option(
    "--maximum",
    type=click.FloatRange(0, min_open=True),
    help=_("The platform's maximum grade, where its table has none."),
)
@click.option("--column", default="", help=_("Canvas' column: its title, or its number."))
@click.option("--all", "all_pages", is_flag=True, help=_("Write all pages, not only those that changed."))
@click.pass_obj
def return_(
    folder: Path,
    assignment: str,
    platform: str,
    late: str | None,
    maximum: float | None,
    column: str,
    all_pages: bool,
) -> None:
    from torchaula.classroom.gradebook import marks
    from torchaula.course import layout
    from torchaula.report import lines
    from torchaula.report.exports import sending
    from torchaula.report.exports.exported import Wish

    course = layout.find(folder)
    wish = Wish(marks.late(course, late), maximum, all_pages, column)
    sys.exit(0 if sending.send(course, assignment, platform, wish, lines.console()) else 1)


@cli.command(
    "new-secret",
    help=_("Make a new secret, from which hidden tests take their inputs: all are graded again with others."),
)
@click.option("--yes", is_flag=True, help=_("Make it without asking."))
@click.pass_obj
def new_secret(folder: Path, yes: bool) -> None:
    from torchaula.course import layout
    from torchaula.report.secret_question import ask_and_make

    course = layout.find(folder)
    _tell_if_not_backed_up(course)
    ask_and_make(course, yes)


@cli.command(
    help=_(
        "Remove all that the course keeps of STUDENT, backups included: show what that is, ask, and do it. "
        "Where it was interrupted, running it again goes on."
    )
)
@click.argument("student")
@click.option("--yes", is_flag=True, help=_("Remove it without asking."))
@click.pass_obj
def forget(folder: Path, student: str, yes: bool) -> None:
    from torchaula.course import layout
    from torchaula.report import forgotten

    sys.exit(0 if forgotten.forget(layout.find(folder), student, yes) else 1)


@cli.command(
    help=_(
        "Remove what is older than DATE (2026-09-01, midnight in c.MoodleCollector.timezone): submissions, "
        "their grades and pages, students who handed in nothing since, old downloads, backups and logs."
    )
)
@click.option("--before", "date", required=True, metavar="DATE", help=_("The first day of which all stays."))
@click.option("--yes", is_flag=True, help=_("Remove it without asking."))
@click.pass_obj
def purge(folder: Path, date: str, yes: bool) -> None:
    from torchaula.course import layout
    from torchaula.report import forgotten

    sys.exit(0 if forgotten.purge(layout.find(folder), date, yes) else 1)


@cli.command(
    help=_("Look whether this machine and course can grade, at all or at each CHECK; end with 1 if not.")
)
@click.argument("checks", metavar="[CHECK]...", nargs=-1)
@click.pass_obj
def doctor(folder: Path, checks: tuple[str, ...]) -> None:
    from torchaula.course import layout

    try:
        course = layout.find(folder)
    except Refusal as error:
        course = None
        click.echo(printable(str(error)), err=True)
    sys.exit(0 if _look(course, checks) else 1)


def _look(course: Course | None, checks: tuple[str, ...]) -> bool:
    """Whether this machine and course can grade, at all or at each of the checks."""
    from torchaula import doctor

    good = True
    for finding in doctor.look(course, checks):
        mark = "✘" if finding.remedy else "✔"
        click.echo(f"{mark} {finding.name}: {finding.found}", err=bool(finding.remedy))
        if finding.remedy:
            good = False
            click.echo(f"  {finding.remedy}", err=True)
    return good


class StoppedBySignal(BaseException):
    """A signal came that asks for an end: `kill`, a terminal that closes, a machine that shuts down."""


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let these signals, where nobody ignores them, end the block as Ctrl-C does: no worker is left."""

    def stop(number: int, _frame: object) -> NoReturn:
        raise StoppedBySignal(number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, stop) for each in numbers if signal.getsignal(each) == signal.SIG_DFL}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


REFUSAL_COLUMNS = 4000  # most columns of a refusal, which may name everybody


def main() -> None:
    """Run the command line; a refusal ends it with one clear line and exit code 2, Ctrl-C with 130."""
    forgive_streams()
    try:
        with _stopped_by_signals():
            sys.exit(cli(standalone_mode=False))
    except click.ClickException as error:
        error.message = printable(error.message)  # type: ignore[misc]
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt, StoppedBySignal) as stopped:
        with suppress(OSError):  # the terminal may be gone
            click.echo(
                _("torchaula: stopped; what was graded is kept, and the next time goes on from there"),
                err=True,
            )
        sys.exit(128 + (stopped.args[0] if isinstance(stopped, StoppedBySignal) else signal.SIGINT))
    except Refusal as error:
        click.echo(f"torchaula: {shortened(printable(str(error)), REFUSAL_COLUMNS)}", err=True)
        sys.exit(2)
