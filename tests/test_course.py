"""The course's own exercises: their tests are tested, and their texts keep the rules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest
from math import ceil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests import sample
from torchaula.authoring import judging, luck, matrix, opening, prose, rules
from torchaula.authoring.luck import Draw
from torchaula.authoring.matrix import Trial
from torchaula.checks import session
from torchaula.checks.session import aspect_of
from torchaula.course import answers
from torchaula.course.answers import KnownAnswer
from torchaula.course.constructs import constructs
from torchaula.course.layout import Course
from torchaula.course.notebook import HIDDEN, Exercise, Notebook, load, read
from torchaula.findings import Kind
from torchaula.grading.trusted import engine
from torchaula.grading.trusted.diagnosis import Evidence, KnownMistake, Wrong, diagnose
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.sandbox import Sandbox
from torchaula.grading.trusted.verdict import Outcome, Verdict

COURSE = Course(Path(__file__).parents[1])
FOREIGN = Path(__file__).parent / "foreign"
SEEDS = (1, 2, 3)
# Without `--all`: of one exercise in so many more than the model solution and the stub, of its answers one in
# so many, of these one in so many alone in both back ends, and so many whole submissions.
EXERCISE_IN, ONE_IN, ALONE, WHOLE, THREADED = 14, 8, 6, 1, 1
# Answers that ended otherwise than declared under a secret, before their tests were mended.
ONCE_LUCKY = [
    ("tensores/softmax", "epsilon-instead-of-shift", Draw(7, 8)),
    ("mlp/train-step", "rounds-the-loss", Draw(7, 19)),
    ("clasicos/encode-table", "mean-of-squares", Draw(1, 15)),
    ("secuencias/rnn", "tanh-by-powers", Draw(1, 1)),
]


@cache
def notebook(assignment: str) -> Notebook:
    """The instructor notebook of `assignment`."""
    return load(COURSE.notebook(assignment))


@cache
def known(assignment: str, exercise: str) -> tuple[KnownAnswer, ...]:
    """The answers file of an exercise."""
    return answers.load(COURSE, assignment, notebook(assignment).exercise(exercise))


EXERCISES = [(name, exercise) for name in COURSE.assignments for exercise in notebook(name).exercises]


@cache
def warm(assignment: str) -> None:
    """Warm this process for an assignment, once, as a worker is for a small class."""
    engine.import_for(notebook(assignment))


@dataclass(frozen=True)
class Tried:
    """The model solution, the stub and a sample of the answers to an exercise, and what became of each.

    `together` they shared a student process, as when a batch finds out what known answers do. `alone` has
    trials of some of them in both back ends, each by itself. Of an exercise that is not drawn there are the
    model solution and the stub together, and none alone.
    """

    answers: tuple[KnownAnswer, ...]
    together: tuple[Judged, ...]
    alone: tuple[Trial, ...]

    def each(self) -> Iterator[tuple[KnownAnswer, Judged]]:
        return zip(self.answers, self.together, strict=True)


@pytest.fixture
def tried(assignment: str, exercise: str, pytestconfig: pytest.Config) -> Tried:
    """The model, the stub and a sample of the answers to an exercise, together; of these some alone too."""
    return _tried(assignment, exercise, pytestconfig)


@cache
def _tried(assignment: str, exercise: str, config: pytest.Config) -> Tried:
    source = notebook(assignment)
    model, stub, *others = matrix.known(source.exercise(exercise), known(assignment, exercise))
    of_more = sample.drawn(config, EXERCISES, ceil(len(EXERCISES) / EXERCISE_IN), "exercises")
    is_drawn = (assignment, exercise) in of_more
    some = sample.drawn(config, others, ceil(len(others) / ONE_IN) if is_drawn else 0, exercise)
    every = [model, stub, *some]
    warm(assignment)
    grader = engine.Engine(source, judging.own_sandbox())
    together = grader.grade_each(exercise, [answer.source for answer in every])
    lone = sample.drawn(config, some, ceil(len(some) / ALONE), f"{exercise} alone")
    alone = matrix.trials(source, {exercise: [model, stub, *lone] if is_drawn else []}, jobs=0)
    return Tried(tuple(every), tuple(together), tuple(alone))


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_each_answer_fails_exactly_the_cells_it_declares(
    tried: Tried, assignment: str, exercise: str
) -> None:
    """Model, stub, right, wrong and junk answers end as declared; a part is tried in both back ends."""
    for answer, judged in tried.each():
        assert failed(judged) == answer.fails, (answer.id, judged.verdicts)
        assert Outcome.INFRASTRUCTURE not in {v.outcome for v in judged.verdicts.values()}, answer.id
    for trial in tried.alone:
        assert set(trial.verdicts) == {"local", "remote"}
        for backend, verdicts in trial.verdicts.items():
            assert trial.failed(backend) == trial.answer.fails, (trial.answer.id, verdicts)
            assert Outcome.INFRASTRUCTURE not in {verdict.outcome for verdict in verdicts.values()}, verdicts


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_right_answers_pass_where_learners_work(assignment: str, exercise: str) -> None:
    """Every right answer passes every cell in the learner's own kernel too."""
    source = notebook(assignment)
    warm(assignment)

    for answer in known(assignment, exercise):
        if answer.is_right:
            verdicts = judging.grade(source, {exercise: answer.source}, [exercise], backend="local")
            assert all(verdict.passed for verdict in verdicts.values()), (answer.id, verdicts)


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_wrong_answers_are_told_their_own_misconception(
    tried: Tried, assignment: str, exercise: str, pytestconfig: pytest.Config
) -> None:
    """Nearly every known wrong answer gets its own sentence, and none that of another."""
    found = matrix.diagnosed(Trial(exercise, answer, {}, judged.evidence) for answer, judged in tried.each())

    # A sample may hold all of the few that get none.
    assert found.own >= (0.9 if pytestconfig.getoption("all") else 0.5) * found.wrong, found
    assert not found.others


@cache
def foreign(assignment: str, exercise: str) -> tuple[KnownAnswer, ...]:
    """Wrong answers that are no known ones; in place of a sentence, whose sentences are true of them."""
    path = FOREIGN / assignment / f"{exercise}.md"
    if not path.exists():
        return ()
    return answers.parse(path.read_text(encoding="utf-8"), path, notebook(assignment).exercise(exercise))


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("assignment", "exercise"), [each for each in EXERCISES if foreign(*each)])
def test_foreign_wrong_answers_are_told_nothing_false(assignment: str, exercise: str) -> None:
    """A mistake that is no known one is never taken for one, however many cells end as that does.

    All known ones are there: an answer may be taken for another where its own is left out.
    """
    warm(assignment)
    strangers = foreign(assignment, exercise)
    wrong = [answer for answer in known(assignment, exercise) if not answer.is_right]
    grader = engine.Engine(notebook(assignment), judging.own_sandbox())
    judged = grader.grade_each(exercise, [answer.source for answer in [*wrong, *strangers]])
    mistakes = [
        KnownMistake(answer.sentence, found.evidence, answer.fails, answer.needs)
        for answer, found in zip(wrong, judged, strict=False)
    ]
    sentences = {answer.id: answer.sentence for answer in wrong} | {"nothing": ""}

    for answer, found in zip(strangers, judged[len(wrong) :], strict=True):
        stranger = Wrong(found.evidence, constructs(answer.source), failed(found))
        told = diagnose(mistakes, stranger).values()
        allowed = {sentences[name] for name in answer.sentence.split()}
        assert {each.sentence for each in told} <= allowed, (answer.id, told)


def steady(found: object) -> str:
    """What was found, without the names that `tempfile` makes up, which an error of the system may quote."""
    return re.sub(r"\btmp\w{8}\b", "tmp", repr(found))


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_answers_that_share_a_process_end_as_each_does_alone(
    tried: Tried, assignment: str, exercise: str
) -> None:
    """What a batch finds out of all answers at once is what each of them does by itself."""
    together = {answer.id: judged for answer, judged in tried.each()}

    assert len(together) == len(tried.answers)
    for trial in tried.alone:
        judged, alone = together[trial.answer.id], trial.verdicts["remote"]
        assert (trial.answer.id, failed(judged)) == (trial.answer.id, trial.failed("remote"))
        for cell, verdict in judged.verdicts.items():
            by_itself = alone[aspect_of(cell)]
            # Whoever takes about as long as a call may is cut off one time, and another time the test judges.
            if Outcome.TIMED_OUT not in (verdict.outcome, by_itself.outcome):
                assert steady(verdict) == steady(by_itself), trial.answer.id
                found, found_alone = judged.evidence.get(cell), trial.evidence.get(cell)
                assert steady(told(found)) == steady(told(found_alone)), trial.answer.id


# What a failed check is about, in which words learners are told that it counts, and whether the statement
# itself says so; else the opening's rules for all exercises may.
PROMISES: dict[Kind, tuple[str, bool]] = {
    Kind.ARGUMENT_CHANGED: (r"no cambia|quedan? como est", False),
    Kind.SHARED: (r"\bnuev", False),
    Kind.REUSED: (r"\bnuev", False),
    Kind.GRADIENT: (r"gradiente", True),
    Kind.NO_GRADIENT: (r"gradiente|grafo", True),
    Kind.DETACHED: (r"gradiente|grafo", True),
    Kind.GROWS: (r"[Bb]ucle", False),
    Kind.FORBIDDEN: (r"[Nn]o (se puede|vale|lo ya hecho)|[Ll]o demás", False),
    Kind.NOT_RAISED: (r"Error", True),
    Kind.RAISED_ANOTHER: (r"Error|excepción", True),
}


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_what_costs_points_stands_in_the_text(tried: Tried, assignment: str, exercise: str) -> None:
    """Each kind of thing for which known answers lose points is named by the statement or the opening."""
    source = notebook(assignment)
    statement = source.exercise(exercise).statement.source
    rules = "\n".join(cell.source for cell in prose.opening(source) if cell.is_prose)
    found = {each.finding for _, judged in tried.each() for each in judged.evidence.values()}
    kinds = {finding.kind for finding in found if finding is not None} & PROMISES.keys()

    untold = {
        kind
        for kind in kinds
        for words, is_own in [PROMISES[kind]]
        if not re.search(words, statement if is_own else statement + rules)
    }
    assert not untold, exercise


def failed(judged: Judged) -> frozenset[str]:
    """The aspects of the cells that an answer failed."""
    return frozenset(aspect_of(cell) for cell, verdict in judged.verdicts.items() if not verdict.passed)


def told(evidence: Evidence | None) -> str:
    """Evidence as text, where not-a-number equals itself, without what a library calls when imported."""
    if evidence is None:
        return ""
    said = [(reply.request, reply.message, reply.data) for reply in evidence.replies]
    return re.sub(r"'call\.[^']*': \d+(, )?", "", repr((said, evidence.outcome, evidence.finding)))


def forbids(exercise: Exercise) -> bool:
    """Whether its tests name what is refused in this exercise, beyond what is refused in all."""
    called = (node for cell in exercise.graded for node in ast.walk(ast.parse(cell.source)))
    return any(isinstance(node, ast.keyword) and node.arg == "forbid" for node in called)


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_forbidden_call_fails_every_hidden_cell(
    tried: Tried, assignment: str, exercise: str, pytestconfig: pytest.Config
) -> None:
    """Who calls what is refused is told so, and gets no hidden point; what is named has such an answer."""
    described = notebook(assignment).exercise(exercise)
    hidden = {cell.aspect for cell in described.graded} & set(HIDDEN)

    callers = {
        answer.id: failed(judged)
        for answer, judged in tried.each()
        if any("tu código usa" in verdict.message for verdict in judged.verdicts.values())
    }

    assert callers or not (forbids(described) and pytestconfig.getoption("all"))
    assert all(hidden <= aspects for aspects in callers.values()), callers


def submissions(assignment: str) -> Iterator[dict[str, KnownAnswer]]:
    """Whole submissions that together hold every known answer, one for each exercise."""
    source = notebook(assignment)
    columns = [
        [KnownAnswer(matrix.MODEL, exercise.solution.source), *known(assignment, name)]
        for name, exercise in source.exercises.items()
    ]
    for row in zip_longest(*columns):
        filled = [answer or column[0] for answer, column in zip(row, columns, strict=True)]
        yield dict(zip(source.exercises, filled, strict=True))


def surprises(source: Notebook, chosen: dict[str, KnownAnswer], **how: object) -> dict[str, Verdict]:
    """The verdicts of a whole submission that are not what its exercises, each alone, declare."""
    solutions = {name: answer.source for name, answer in chosen.items()}
    verdicts = judging.grade(source, solutions, **how)  # type: ignore[arg-type]
    declared = {
        cell.id: cell.aspect not in chosen[name].fails
        for name, exercise in source.exercises.items()
        for cell in exercise.graded
    }
    assert set(verdicts) == set(declared)
    return {cell: verdict for cell, verdict in verdicts.items() if verdict.passed != declared[cell]}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_no_answer_touches_another_exercise_under_any_seed(
    assignment: str, pytestconfig: pytest.Config
) -> None:
    """In whole submissions each exercise scores as declared alone, whatever the course's seed.

    With `--all` these hold every known answer, otherwise some.
    """
    source = notebook(assignment)
    [seed] = sample.always_drawn(pytestconfig, SEEDS, 1, f"seed {assignment}")
    warm(assignment)

    for chosen in sample.drawn(pytestconfig, list(submissions(assignment)), WHOLE, f"whole {assignment}"):
        found = surprises(source, chosen, backend="remote", seed=seed)
        assert not found, {name: answer.id for name, answer in chosen.items()}


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_no_secret_decides_over_an_answer(
    assignment: str, exercise: str, pytestconfig: pytest.Config
) -> None:
    """Right answers pass whatever hidden tests draw; with `--all`, all answers end as declared."""
    tried = matrix.known(notebook(assignment).exercise(exercise), known(assignment, exercise))
    is_all = pytestconfig.getoption("all")
    number = 3 if is_all else 1
    warm(assignment)

    for place in sample.always_drawn(pytestconfig, range(1, 21), number, f"secret {assignment}/{exercise}"):
        some = [answer for answer in tried if is_all or answer.is_right]
        assert luck.swayed_by(notebook(assignment), exercise, some, Draw(1, place)) == []


@pytest.mark.parametrize(("exercise", "answer", "draw"), ONCE_LUCKY)
def test_answer_that_once_had_luck_has_none_any_more(exercise: str, answer: str, draw: Draw) -> None:
    """What `torchaula check --seeds` once found stays mended."""
    assignment, _, name = exercise.partition("/")
    [found] = [each for each in known(assignment, name) if each.id == answer]
    warm(assignment)

    assert luck.swayed_by(notebook(assignment), name, [found], draw) == []


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_speed_of_the_machine_decides_over_no_answer(
    assignment: str, exercise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With three times the time limits every answer ends as declared, and with a third the right ones do.

    A loop, say, must fail for its number of operations: on a fast machine it may end in time.
    """
    tried = matrix.known(notebook(assignment).exercise(exercise), known(assignment, exercise))
    warm(assignment)

    with limits_times(3, monkeypatch):
        assert luck.swayed_by(notebook(assignment), exercise, tried, Draw(1, 1)) == []
    with limits_times(1 / 3, monkeypatch):
        right = [answer for answer in tried if answer.is_right]
        assert luck.swayed_by(notebook(assignment), exercise, right, Draw(1, 1)) == []


@contextmanager
def limits_times(factor: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Judge in a sandbox whose limits of time, those of a call included, are `factor` times as long."""
    open_cell = session.open_cell

    def opened(*arguments: Any) -> session.Session:
        *others, seconds = arguments
        return open_cell(*others, factor * seconds)

    usual = judging.own_sandbox().confinement
    names = ("cell_seconds", "cells_seconds", "cpu_seconds", "wall_seconds")
    longer = {name: factor * getattr(usual.limits, name) for name in names}
    sandbox = Sandbox(replace(usual, limits=msgspec.structs.replace(usual.limits, **longer)))
    with monkeypatch.context() as patch, closing(sandbox):
        patch.setattr(session, "open_cell", opened)
        patch.setattr(judging, "own_sandbox", lambda: sandbox)
        yield


@pytest.mark.sampled(1)
@pytest.mark.parametrize("backend", judging.BACKENDS)
@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_two_threads_score_as_one(assignment: str, backend: str, pytestconfig: pytest.Config) -> None:
    """The same submissions score the same on two threads."""
    source = notebook(assignment)
    warm(assignment)

    models, *others = list(submissions(assignment))[:6]
    for chosen in [models, *sample.drawn(pytestconfig, others, THREADED, f"threads {assignment}")]:
        assert not surprises(source, chosen, backend=backend, threads=2)


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_notebook_keeps_the_rules(assignment: str) -> None:
    """Ids, points, statements, hints, minutes, alt texts, headings and answers are as they must be."""
    source = notebook(assignment)
    faults = list(rules.notebook_faults(source, COURSE.source / assignment))
    faults += opening.faults(COURSE, source)
    for name, exercise in source.exercises.items():
        faults += rules.exercise_faults(exercise, known(assignment, name))

    assert faults == []


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_answers_and_exercises_are_tied(assignment: str) -> None:
    """Every answers file belongs to an exercise; ids of exercises are unique in the course."""
    files = {path.stem for path in (COURSE.answers / assignment).iterdir()} - {"equivalent", "mutants"}
    names = [exercise.lower() for _, exercise in EXERCISES]

    assert files == set(notebook(assignment).exercises)
    assert len(names) == len(set(names))


def fault_free() -> Exercise:
    """An exercise of the course to plant faults in."""
    return next(iter(notebook("mlp").exercises.values()))


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        ((" min ", " h "), "lacks its line"),
        (("**Se comprueba", "**Se mira"), "lacks its list"),
        (("<summary>Pista ", "<summary>"), "fewer than 2 hints"),
        (("**Ejemplo", "Ejemplo"), "worked example"),
    ],
)
def test_fault_in_a_statement_is_told(planted: tuple[str, str], told: str) -> None:
    """Each obligatory piece of a statement is missed when it is taken away."""
    exercise = fault_free()
    cell = exercise.statement
    broken = type(cell)(cell.id, cell.kind, cell.source.replace(*planted))
    damaged = Exercise(exercise.id, broken, exercise.solution, exercise.graded)

    faults = list(rules.exercise_faults(damaged, known("mlp", exercise.id)))

    assert len(faults) == 1
    assert told in faults[0]


def test_missing_alt_text_and_picture_are_told(tmp_path: Path) -> None:
    """A picture without alt text, without a file, or as HTML is a fault."""
    cell = type(fault_free().statement)("x", "markdown", "# x\n\n![](img/x.svg)\n\n### y\n\n<img src='y'>")

    faults = list(rules.notebook_faults(Notebook("x", (cell,)), tmp_path))

    assert [
        word
        for word in ("alt text", "no such file", "not <img>", "level 3 after")
        for f in faults
        if word in f
    ]
    assert len(faults) == 5  # the points don't add up either


def test_test_cell_that_overwrites_a_learner_s_function_is_told(tmp_path: Path) -> None:
    """A variable of a test may not have the name of something that the learner defines."""
    unit = fault_free()
    cell = type(unit.statement)
    name = unit.solution.source.split("(")[0].split()[-1]
    cells = (unit.statement, unit.solution, cell("x-publico", "graded", f"for {name} in range(3): ...", 1))

    faults = list(rules.notebook_faults(Notebook("x", cells), tmp_path))

    assert any(f"'{name}' is also defined by {unit.id}" in fault for fault in faults)


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_learner_may_change_what_is_for_show(assignment: str) -> None:
    """Texts invite to change demo cells, so JupyterLab lets it; tests and statements stay locked."""
    released = read(COURSE.release / assignment / f"{assignment}.ipynb")
    editable = {cell.id: cell.metadata.get("editable", True) for cell in released.cells}
    kinds = {cell.id: cell.kind for cell in notebook(assignment).cells}

    assert all(editable[name] for name, kind in kinds.items() if kind in ("demo", "solution"))
    assert not any(editable[name] for name, kind in kinds.items() if kind in ("markdown", "setup", "graded"))
