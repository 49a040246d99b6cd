"""The course's own exercises: their tests are tested, and their texts keep the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import zip_longest
from pathlib import Path

import pytest

from torchaula.authoring import judging, luck, matrix, rules
from torchaula.authoring.luck import Draw
from torchaula.authoring.matrix import Trial
from torchaula.course import answers
from torchaula.course.answers import KnownAnswer
from torchaula.course.layout import Course
from torchaula.course.notebook import HIDDEN, Exercise, Notebook, load, read
from torchaula.grading.trusted import engine
from torchaula.grading.trusted.diagnosis import Evidence
from torchaula.grading.trusted.verdict import Verdict

COURSE = Course(Path(__file__).parents[1])
SEEDS = (1, 2, 3)
# Answers that ended otherwise than declared under a secret, before their tests were mended.
ONCE_LUCKY = [
    ("tensores/softmax", "epsilon-instead-of-shift", Draw(7, 8)),
    ("mlp/train-step", "rounds-the-loss", Draw(7, 19)),
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

RESTRICTED = [(name, e) for name, e in EXERCISES if "forbid=" in notebook(name).exercise(e).graded[0].source]


@cache
def warm(assignment: str) -> None:
    """Warm this process for an assignment, once."""
    engine.prepare(notebook(assignment))


@cache
def trials(assignment: str, exercise: str) -> list[Trial]:
    """Every known answer, the model solution, the stub and junk, tried in both back ends."""
    source = notebook(assignment)
    tried = {exercise: matrix.known(source.exercise(exercise), known(assignment, exercise))}
    warm(assignment)
    return list(matrix.trials(source, tried, jobs=0))


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_each_answer_fails_exactly_the_cells_it_declares(assignment: str, exercise: str) -> None:
    """Model, stub, right, wrong and junk answers end as declared, in both back ends."""
    for trial in trials(assignment, exercise):
        assert set(trial.verdicts) == {"local", "remote"}
        for backend, verdicts in trial.verdicts.items():
            assert trial.failed(backend) == trial.answer.fails, (trial.answer.id, verdicts)
            assert "infrastructure" not in {verdict.outcome for verdict in verdicts.values()}, verdicts


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_wrong_answers_are_told_their_own_misconception(assignment: str, exercise: str) -> None:
    """Nearly every known wrong answer gets its own sentence, and none that of another."""
    told = matrix.diagnosed(trials(assignment, exercise))

    assert told.own >= 0.8 * told.wrong, told
    assert not told.others


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_answers_that_share_a_process_end_as_each_does_alone(assignment: str, exercise: str) -> None:
    """What a batch finds out of all answers at once is what each of them does by itself."""
    alone = trials(assignment, exercise)
    grader = engine.Engine(notebook(assignment), judging.own_sandbox())

    together = grader.grade_each(exercise, [trial.answer.source for trial in alone])

    for trial, judged in zip(alone, together, strict=True):
        verdicts = {cell.rpartition("-")[2]: verdict for cell, verdict in judged.verdicts.items()}
        assert (trial.answer.id, verdicts) == (trial.answer.id, trial.verdicts["remote"])
        assert (trial.answer.id, told(judged.evidence)) == (trial.answer.id, told(trial.evidence))


def told(evidence: Mapping[str, Evidence]) -> str:
    """Evidence as text, where not-a-number equals itself, without what a library calls when imported."""
    said = {cell: [(r.request, r.message, r.data) for r in each.replies] for cell, each in evidence.items()}
    reasons = [(each.outcome, each.finding) for each in evidence.values()]
    return re.sub(r"'call\.[^']*': \d+(, )?", "", repr((said, reasons)))


@pytest.mark.parametrize(("assignment", "exercise"), RESTRICTED)
def test_forbidden_call_fails_every_hidden_cell(assignment: str, exercise: str) -> None:
    """Where something is forbidden, a known answer calls it, is told so, and gets no hidden point."""
    hidden = {cell.aspect for cell in notebook(assignment).exercise(exercise).graded} & set(HIDDEN)

    callers = [
        trial
        for trial in trials(assignment, exercise)
        if any("tu código usa" in verdict.message for verdict in trial.verdicts["remote"].values())
    ]

    assert callers
    assert all(hidden <= trial.failed("remote") for trial in callers), [t.answer.id for t in callers]


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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All seeds with `--all`, otherwise the first."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", SEEDS if metafunc.config.getoption("all") else SEEDS[:1])


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_no_answer_touches_another_exercise_under_any_seed(assignment: str, seed: int) -> None:
    """In whole submissions each exercise scores as declared alone, whatever the course's seed."""
    source = notebook(assignment)
    engine.prepare(source)

    for chosen in submissions(assignment):
        found = surprises(source, chosen, backend="remote", seed=seed)
        assert not found, {name: answer.id for name, answer in chosen.items()}


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_no_secret_decides_over_an_answer(
    assignment: str, exercise: str, pytestconfig: pytest.Config
) -> None:
    """Right answers pass whatever hidden tests draw; with `--all`, all answers end as declared."""
    tried = matrix.known(notebook(assignment).exercise(exercise), known(assignment, exercise))
    is_all = pytestconfig.getoption("all")
    warm(assignment)

    for place in range(1, 21 if is_all else 3):
        some = [answer for answer in tried if is_all or answer.is_right]
        assert luck.swayed_by(notebook(assignment), exercise, some, Draw(1, place)) == []


@pytest.mark.parametrize(("exercise", "answer", "draw"), ONCE_LUCKY)
def test_answer_that_once_had_luck_has_none_any_more(exercise: str, answer: str, draw: Draw) -> None:
    """What `torchaula check --seeds` once found stays mended."""
    assignment, _, name = exercise.partition("/")
    [found] = [each for each in known(assignment, name) if each.id == answer]
    warm(assignment)

    assert luck.swayed_by(notebook(assignment), name, [found], draw) == []


@pytest.mark.parametrize("backend", judging.BACKENDS)
@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_two_threads_score_as_one(assignment: str, backend: str) -> None:
    """The same submissions score the same on two threads."""
    source = notebook(assignment)
    engine.prepare(source)

    for chosen in list(submissions(assignment))[:6]:
        assert not surprises(source, chosen, backend=backend, threads=2)


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_notebook_keeps_the_rules(assignment: str) -> None:
    """Ids, points, statements, hints, minutes, alt texts, headings and answers are as they must be."""
    source = notebook(assignment)
    faults = list(rules.notebook_faults(source, COURSE.source / assignment))
    for name, exercise in source.exercises.items():
        faults += rules.exercise_faults(exercise, known(assignment, name))

    assert faults == []


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_answers_and_exercises_are_tied(assignment: str) -> None:
    """Every answers file belongs to an exercise; ids of exercises are unique in the course."""
    files = {path.stem for path in (COURSE.answers / assignment).iterdir()}
    names = [exercise.lower() for _, exercise in EXERCISES]

    assert files == set(notebook(assignment).exercises)
    assert len(names) == len(set(names))


def fault_free() -> Exercise:
    """An exercise of the course to plant faults in."""
    return next(iter(notebook("mlp").exercises.values()))


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        (("minutos", "horas"), "lacks its line"),
        (("***Se comprueba:***", "Se mira"), "lacks its paragraph"),
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
