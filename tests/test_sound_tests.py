"""No verdict, no points: what is broken, missing or not run is refused by every door."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory

from tests import edits, mini, pupils, week
from tests.test_release import nbgrader
from torchaula.authoring.release import files, release
from torchaula.classroom.gradebook import gradebook
from torchaula.course import converters, notebook
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.grading.trusted.client import Client

HIDDEN = "# Pruebas ocultas\n### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
OPEN = 'student = graded("double-valores")\n'
CHECK = "student.double(torch.tensor([3.0])).matches(lambda x: 2 * x)"


@pytest.fixture(scope="module")
def class_of_one(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course that nobody was graded in, with one submission."""
    made = mini.write(tmp_path_factory.mktemp("sound") / "course")
    release(made, "mini")
    week.hand_in(made, "ana")
    with gradebook.opened(made):  # which takes seconds to make
        return made


@pytest.fixture
def course(class_of_one: Course, tmp_path: Path) -> Course:
    """A copy of it, to change."""
    return mini.copy(class_of_one, tmp_path / "course")


def hidden(text: str, opens: str = OPEN) -> Callable[[Course], None]:
    """A hidden cell with this text."""
    return lambda course: edits.rewrite(course, "double-valores", HIDDEN.format(opens + text))


def state(course: Course) -> object:
    """All that a refusal must leave as it is: every file but the tools' own, and the gradebook's rows."""
    kept = {name for name in files(course.root) if not name.startswith((".torchaula", "gradebook"))}
    book = course.gradebook
    rows: list[str] = []
    if book.exists():
        with sqlite3.connect(book) as opened:
            rows = list(opened.iterdump())
        opened.close()
    return {name: (course.root / name).read_bytes() for name in kept}, rows


# Doors: what each says when it refuses.


def by_torchaula(course: Course) -> str:
    """`torchaula grade`."""
    with pytest.raises(Refusal) as refused:
        mini.grade(course, jobs=1)
    return str(refused.value)


def by_nbgrader(course: Course) -> str:
    """`nbgrader autograde --force`."""
    run = converters.run(Autograde, course, "mini", "*")
    assert run.error
    assert "Traceback" not in run.log
    return run.reason


def by_formgrader(course: Course) -> str:
    """The formgrader's button."""
    settings = converters.config(course)
    api = NbGraderAPI(CourseDirectory(config=settings, root=str(course.root)), config=settings)
    done = api.autograde("mini", "ana")
    assert not done["success"]
    return str(done["log"])


def by_release(course: Course) -> str:
    """`torchaula release`."""
    with pytest.raises(Refusal) as refused:
        release(course, "mini")
    return str(refused.value)


def by_generate(course: Course) -> str:
    """`nbgrader generate_assignment --force`."""
    run = converters.run(GenerateAssignment, course, "mini")
    assert run.error
    assert "Traceback" not in run.log
    return run.reason


def own_aspect(course: Course) -> None:
    """A graded cell whose last word is none of ours: it was never run, and gave its points to everybody."""
    edits.copy_cell(
        course, "double-valores", "doble-forma", HIDDEN.format('graded("doble-forma").double(1).equals(0)')
    )


def unknown_exercise(course: Course) -> None:
    """A graded cell of an exercise that isn't there."""
    edits.copy_cell(course, "double-valores", "triple-valores", HIDDEN.format('graded("triple-valores")'))


def any_id(course: Course) -> None:
    """An id as nbgrader makes them up."""
    edits.copy_cell(course, "double-valores", "cell-1f0a2b3c4d", "assert double(2) == 4")


def twice(course: Course) -> None:
    """Two graded cells with one id."""
    edits.copy_cell(course, "double-valores", "double-valores", edits.source_of(course, "double-valores"))


def no_statement(course: Course) -> None:
    """An exercise whose statement was deleted."""
    edits.remove(course, "double-enunciado")


def before_set_up(course: Course) -> None:
    """A graded cell above the set-up."""
    edits.move_first(course, "double-publico")


def no_set_up(course: Course) -> None:
    """No cell is the set-up."""
    edits.remove(course, "preparacion")


def autotest(course: Course) -> None:
    """nbgrader's generated tests, hashed."""
    edits.rewrite(course, "double-valores", HIDDEN.format(f"{OPEN}### HASHED AUTOTEST double(2)"))


def old_schema(course: Course) -> None:
    """Metadata of an older nbgrader."""
    edits.rewrite(course, "double", schema_version=1)


def two_notebooks(course: Course) -> None:
    """A second notebook in the assignment."""
    shutil.copy(course.notebook("mini"), course.source / "mini" / "problem2.ipynb")


UNSOUND: dict[str, tuple[Callable[[Course], None], tuple[str, ...]]] = {
    "aspect": (own_aspect, ("doble-forma", "belongs to no exercise", "-valores")),
    "exercise": (unknown_exercise, ("triple-valores", "belongs to no exercise")),
    "any id": (any_id, ("cell-1f0a2b3c4d", "belongs to no exercise")),
    "twice": (twice, ("double-valores", "Duplicate grade id")),
    "statement": (no_statement, ("no cell 'double-enunciado'",)),
    "before set-up": (before_set_up, ("double-publico", "setup")),
    "no set-up": (no_set_up, ("double-publico", "setup")),
    "autotest": (autotest, ("double-valores", "AUTOTEST")),
    "schema": (old_schema, ("old version of the nbgrader metadata format", "nbgrader update .")),
    "notebooks": (two_notebooks, ("mini.ipynb, problem2.ipynb", "one notebook")),
    "syntax": (hidden("x = (\n1"), ("double-valores, line 4", "SyntaxError")),
    "asserts": (hidden("assert double(2) == 4", opens=""), ("double-valores", "graded('double-valores')")),
    "another cell": (
        hidden(CHECK, opens='student = graded("add-one-valores")\n'),
        ("double-valores", "graded('double-valores')"),
    ),
    "unclosed": (
        lambda course: edits.replace(course, "double-valores", "### END HIDDEN TESTS", "### FIN"),
        ("double-valores", "'BEGIN HIDDEN TESTS' without 'END HIDDEN TESTS'"),
    ),
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("door", [by_torchaula, by_nbgrader, by_release, by_generate])
@pytest.mark.parametrize("case", UNSOUND)
def test_unsound_assignment_is_refused(course: Course, case: str, door: Callable[[Course], str]) -> None:
    """Each door says in one line what is wrong, and neither writes nor deletes anything."""
    edit, words = UNSOUND[case]
    edit(course)
    before = state(course)[0]  # type: ignore[index]

    told = door(course)

    assert len(told.splitlines()) == 1
    for word in words:
        assert word in told
    assert state(course)[0] == before  # type: ignore[index]


BROKEN: dict[str, tuple[Callable[[Course], None], tuple[str, ...]]] = {
    "misspelt name": (
        hidden("student.double(torch.tensor([3.0])).equals(y)"),
        ("NameError: name 'y'", "line 4"),
    ),
    "wrong value": (hidden("student.double(torch.tensor([3.0])).equals(torch.tensor([7.0]))"), ("7",)),
    "not its names": (hidden("student.doble(1)"), ("'doble' is not one of the exercise's names",)),
    "plain assert": (hidden("assert double(2) == 4"), ("NameError: name 'double'",)),
    "exit": (hidden(f"{CHECK}\nraise SystemExit(3)"), ("SystemExit: 3",)),
    "process": (hidden("import os\nos._exit(0)"), ("ended with status 0",)),
    "file": (hidden("open('datos-que-faltan.txt')"), ("FileNotFoundError", "datos-que-faltan.txt")),
    "interrupt": (hidden("raise KeyboardInterrupt"), ("KeyboardInterrupt",)),
    "recursion": (hidden("def f():\n    return f()\nf()"), ("RecursionError",)),
    "never opened": (hidden(CHECK, opens=f"if False:\n    {OPEN}"), ("graded('double-valores')",)),
    "boundary": (
        hidden("student.double(double).matches(lambda x: x)", opens=f"double = lambda x: x\n{OPEN}"),
        ("not data",),
    ),
    "passes on nothing": (hidden("pass"), ("passes", "learners receive")),
    "swallows": (hidden(f"try:\n    {CHECK}\nexcept Exception:\n    pass"), ("passes", "learners receive")),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("case", BROKEN)
def test_broken_test_is_refused(course: Course, case: str) -> None:
    """The author reads which cell, and what it raised; nothing is written, and the learner loses nothing."""
    edit, words = BROKEN[case]
    edit(course)
    before = state(course)

    told = by_torchaula(course)

    assert "double-valores" in told
    assert len(told.splitlines()) == 1
    for word in words:
        assert word in told
    assert "add-one" not in told
    assert state(course)[0] == before[0]  # type: ignore[index]
    assert not list(course.autograded.glob("*/*"))


@pytest.mark.parametrize("door", [by_nbgrader, by_formgrader])
def test_nbgrader_refuses_a_broken_test(course: Course, door: Callable[[Course], str]) -> None:
    """`nbgrader autograde` and the button try the tests too; what was graded before stays."""
    mini.grade(course, jobs=1)
    edit, words = BROKEN["misspelt name"]
    edit(course)
    assert not converters.run(GenerateAssignment, course, "mini").error
    before = state(course)

    told = door(course)

    for word in ("double-valores", *words):
        assert word in told
    assert "Traceback" not in told
    assert state(course) == before
    assert list(course.autograded.glob("ana/mini/mini.ipynb"))


@pytest.mark.slow
def test_endless_test_is_refused(course: Course) -> None:
    """A test that never ends is ended, and named."""
    hidden("while True:\n    pass")(course)

    told = by_torchaula(course)

    assert "double-valores" in told
    assert "seconds" in told


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The jobs that workers of this process were asked to do: whether each was a trial of the tests."""
    found: list[bool] = []
    ask = Client._ask
    monkeypatch.setattr(Client, "_ask", lambda self, job: found.append(job.is_trial) or ask(self, job))
    return found


def test_what_is_sound_is_tried_once(course: Course, jobs: list[bool]) -> None:
    """The outcome is kept, and nbgrader reads the same; a changed test, set-up or file tries again."""
    mini.grade(course, jobs=1)
    mini.grade(course, jobs=1, force=True)
    assert not converters.run(Autograde, course, "mini", "ana").error

    assert jobs == [True, False, False, False]
    for change in (
        lambda: edits.replace(course, "double-valores", "7.0", "8.0"),
        lambda: edits.replace(course, "preparacion", "import torch\n", "import torch\nimport math\n"),
        lambda: (course.source / "mini" / "datos.txt").write_text("others\n"),
    ):
        jobs.clear()
        change()
        mini.grade(course, jobs=1)
        assert jobs == [True, False]


def test_nbgrader_tries_first_where_nobody_has(course: Course, jobs: list[bool]) -> None:
    """Without a record `nbgrader autograde` makes it, and `torchaula grade` reads it."""
    assert not converters.run(GenerateAssignment, course, "mini").error
    assert not converters.run(Autograde, course, "mini", "ana").error
    assert jobs == [True, False]

    mini.grade(course, jobs=1, force=True)

    assert jobs == [True, False, False]


def test_result_without_a_verdict_is_no_result(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a cell get no verdict all the same, nobody has points for it."""
    from torchaula.classroom.batch import desk, pool
    from torchaula.grading.trusted.jobs import Result

    genuine = pool.results

    def forgetful(*arguments: object, **options: object) -> Iterator[object]:
        for task, result in genuine(*arguments, **options):  # type: ignore[arg-type]
            verdicts = {cell: v for cell, v in result.verdicts.items() if cell != "double-valores"}
            yield task, Result(verdicts, result.outputs)

    monkeypatch.setattr(desk.pool, "results", forgetful)

    entry = mini.grade(course, jobs=1)["ana"]

    assert not entry.graded
    assert "double-valores" in entry.what
    assert not list(course.autograded.glob("*/*"))


@pytest.mark.parametrize(
    "setting", ["c.Execute.enabled = False", "c.Grade.enabled = False"], ids=["no-execute", "no Grade"]
)
def test_grading_that_runs_nothing_is_refused(course: Course, setting: str) -> None:
    """`nbgrader autograde --no-execute` would give everybody full marks."""
    mini.grade(course, jobs=1)
    before = state(course)
    week.configure(course, setting)

    told = by_nbgrader(course)

    assert setting.removeprefix("c.") in told.replace("=", " = ").replace("  ", " ")
    assert state(course)[1] == before[1]  # type: ignore[index]
    assert list(course.autograded.glob("ana/mini/mini.ipynb"))


def test_no_execute_is_refused_at_the_command_line(course: Course) -> None:
    """The real command: one line, and the graded copy still there."""
    mini.grade(course, jobs=1)
    before = state(course)

    told = nbgrader(course, "autograde", "mini", "--force", "--no-execute", check=False)

    assert "--no-execute" in told
    assert "Traceback" not in told
    assert state(course) == before


def test_several_assignments_are_released_whole_or_not_at_all(course: Course) -> None:
    """One that can't be released leaves the others as they were."""
    shutil.copytree(course.source / "mini", course.source / "other")
    (course.source / "other" / "mini.ipynb").rename(course.source / "other" / "other.ipynb")
    edits.replace(course, "double-enunciado", "el doble", "el doble de todo")
    path = course.source / "other" / "other.ipynb"
    path.write_text(path.read_text().replace("### END SOLUTION", "### FIN"))
    before = state(course)

    told = pupils.command(course, "release", "mini", "other", code=2)
    unknown = pupils.command(course, "release", "mini", "another", code=2)

    assert "other.ipynb: double: 'BEGIN SOLUTION' without 'END SOLUTION'" in told
    assert "there is no assignment 'another'" in unknown
    assert state(course) == before


def test_unsound_later_assignment_is_refused_before_the_first_is_graded(course: Course) -> None:
    """All tests are tried before the first submission is graded."""
    shutil.copytree(course.source / "mini", course.source / "other")
    (course.source / "other" / "mini.ipynb").rename(course.source / "other" / "other.ipynb")
    path = course.source / "other" / "other.ipynb"
    path.write_text(path.read_text().replace("matches(lambda x: 2 * x)", "matches(y)"))

    told = pupils.command(course, "grade", "mini", "other", "--jobs", "1", code=2)

    assert "other.ipynb" in told
    assert "NameError: name 'y'" in told
    assert not list(course.autograded.glob("*/*"))
    assert not course.gradebook.exists() or "mini" not in str(state(course)[1])  # type: ignore[index]


# Notebooks of before nbformat 4.5, whose cells have no ids.


@pytest.mark.parametrize("minor", [0, 4])
def test_old_notebooks_are_released_and_graded(course: Course, minor: int) -> None:
    """Cells without ids, as in nbgrader's own documentation: the same points by both doors."""
    path = course.notebook("mini")
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        del cell["id"]
    content["nbformat_minor"] = minor
    path.write_text(json.dumps(content))
    shutil.rmtree(course.release)
    shutil.rmtree(course.submitted)

    release(course, "mini")
    released = json.loads(course.released("mini").read_text())
    assert not [cell for cell in released["cells"] if "id" in cell]
    week.hand_in(course, "ana", "carlos")
    entries = mini.grade(course, jobs=1)
    assert {name: entry.points for name, entry in entries.items()} == {
        "ana": {"double": 5, "add-one": 5},
        "carlos": {"double": 1, "add-one": 5},
    }
    assert not converters.run(Autograde, course, "mini", "*").error

    assert week.totals(course) == {"ana": 10, "carlos": 6}
    assert "Corrección" in week.page(course, "ana")


def test_ids_of_old_notebooks_are_the_same_at_every_reading(course: Course) -> None:
    """What is made of them can be compared with what was made before."""
    content = json.loads(course.notebook("mini").read_text())
    for cell in content["cells"]:
        del cell["id"]
    texts = []
    for minor in (4, 5):
        content["nbformat_minor"] = minor
        texts += [notebook.text(notebook.loads(json.dumps(content))) for _ in range(2)]

    assert len(set(texts)) == 1
