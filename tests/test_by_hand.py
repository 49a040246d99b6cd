"""Cells that a person grades, beside ours or alone: nothing is lost, and nobody takes *waits* for *zero*."""

from __future__ import annotations

import csv
import html
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.converters import GenerateFeedback

from tests import by_hand, ledgers, mini, pupils, week
from tests.rebuilding import rebuild
from tests.test_feedback import text_of
from tests.test_release import nbgrader
from torchaula.authoring import normal_form, rules, sample_class, secrets
from torchaula.authoring.release import release
from torchaula.classroom.batch import graded_copy
from torchaula.classroom.gradebook import gradebook, lateness
from torchaula.classroom.gradebook.lateness import Arrival
from torchaula.course import converters, notebook
from torchaula.course.layout import Course, find
from torchaula.course.notebook import Cell
from torchaula.course.rebuilding.submitted import read
from torchaula.errors import Refusal
from torchaula.grading.trusted import engine
from torchaula.report import words

ESCRIBE = "escribe"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def made(books: None, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A small course with cells of both kinds, and its class graded. Copy it to change it."""
    course = mini.write(tmp_path_factory.mktemp("by-hand") / "course")
    by_hand.hand_in(by_hand.mixed(course))
    mini.grade(course)
    return course


@pytest.fixture
def copy(made: Course, tmp_path: Path) -> Course:
    """The graded course, to change."""
    return mini.copy(made, tmp_path / "course")


def grade_of(course: Course, student: str, cell: str) -> object:
    """Automatic and manual points, extra credit, score, and whether a person is needed."""
    return ledgers.rows(course)["grade", "mini", student, cell]


def page(course: Course, student: str) -> str:
    """What a learner reads."""
    return text_of((course.feedback / student / "mini" / "mini.html").read_text("utf-8"))


# What the gradebook holds


@pytest.mark.slow
@pytest.mark.both_databases
def test_rows_are_those_of_stock_nbgrader_where_only_people_grade(course: Course, tmp_path: Path) -> None:
    """Every row, in an assignment without any test."""
    by_hand.only(course)
    pupils.write(course, ESCRIBE, by_hand.edited(course, *by_hand.ANSWERS[1:]))
    pupils.write(course, "vacia", by_hand.edited(course))
    stock = by_hand.stock(course, tmp_path / "stock", has_tests=False)

    mini.grade(course)
    by_hand.autograde(stock)

    assert ledgers.rows(course) == ledgers.rows(stock)


@pytest.mark.both_databases
@pytest.mark.slow
def test_rows_are_those_of_stock_nbgrader(course: Course, tmp_path: Path) -> None:
    """Every row, by `torchaula grade`, `nbgrader autograde` here, and nbgrader without us; regraded too."""
    by_hand.hand_in(by_hand.mixed(course), *by_hand.CLASS.keys() - by_hand.NOT_STOCK)
    stock = by_hand.stock(course, tmp_path / "stock")
    theirs = mini.copy(course, tmp_path / "theirs")

    mini.grade(course)
    by_hand.autograde(theirs)
    by_hand.autograde(stock)

    found = ledgers.rows(stock)
    assert ledgers.rows(course) == found
    assert ledgers.rows(theirs) == found
    assert found["grade", "mini", ESCRIBE, "explica"] == (None, None, None, 0, True)
    assert found["grade", "mini", "vacia", "explica"] == (0, None, None, 0, False)
    assert found["grade", "mini", "vacia", "tarea"] == (None, None, None, 0, True)
    assert found["comment", "mini", "vacia", "dibuja"] == ("No response.", None)
    assert found["comment", "mini", "vacia", "tarea"] == (None, None)

    for path in course.autograded.rglob("*.ipynb"):
        assert path.read_text() == (theirs.root / path.relative_to(course.root)).read_text()

    for each in (course, theirs, stock):
        by_hand.give(each, ESCRIBE, "explica", 3.5, 0.25)
        by_hand.give(each, ESCRIBE, "tarea", 9)
        by_hand.give(each, ESCRIBE, "dibuja", None, 1)  # extra credit without points
        by_hand.give(each, "vacia", "explica", None, 1)
        by_hand.say(each, ESCRIBE, "tarea", "Bien")
        by_hand.say(each, "vacia", "explica", "")
    mini.grade(course, force=True)
    by_hand.autograde(theirs, ESCRIBE, "vacia", first=False)
    by_hand.autograde(stock, ESCRIBE, "vacia", first=False)

    found = ledgers.rows(stock)
    assert ledgers.rows(course) == found
    assert ledgers.rows(theirs) == found
    assert found["grade", "mini", ESCRIBE, "explica"] == (None, 3.5, 0.25, 3.75, True)
    assert found["grade", "mini", ESCRIBE, "tarea"] == (None, 9, None, 9, False)


def test_deleted_answer_is_no_answer(course: Course) -> None:
    """The cell stands again as it was released, is named, and nobody need grade it."""
    by_hand.mixed(course)
    pupils.write(course, "quita", by_hand.edited(course, by_hand.delete("explica")))

    entry = mini.grade(course)["quita"]

    assert "cells that were gone: explica" in entry.what
    assert grade_of(course, "quita", "explica") == (0, None, None, 0, False)
    node = notebook.read(graded_copy.folder(course, "mini", "quita") / "mini.ipynb")
    assert pupils.cell(node, "explica").source == by_hand.STUB


def test_submission_graded_before_tasks_had_rows_gets_them(copy: Course) -> None:
    """A gradebook without grade and comment of a task, as older versions left it, is mended."""
    with gradebook.opened(copy) as book:
        book.db.delete(book.find_grade("tarea", "mini", "mini", ESCRIBE))
        book.db.delete(book.find_comment("tarea", "mini", "mini", ESCRIBE))
        book.db.commit()

    mini.grade(copy)

    assert grade_of(copy, ESCRIBE, "tarea") == (None, None, None, 0, True)


def test_nothing_is_graded_or_written_twice(copy: Course, asked: list[int]) -> None:
    """Answers that wait, have no points or were graded by hand leave the next batch nothing to do."""
    by_hand.give(copy, ESCRIBE, "explica", 4)
    mini.grade(copy)
    before = ledgers.rows(copy)
    files = {path: path.stat().st_mtime_ns for path in copy.root.rglob("*.*") if path.name != "gradebook.db"}

    mini.grade(copy)

    assert not asked
    assert ledgers.rows(copy) == before
    assert {path: path.stat().st_mtime_ns for path in files} == files
    assert grade_of(copy, ESCRIBE, "explica") == (None, 4, None, 4, False)


def test_points_by_hand_after_nbgrader_autograde_need_no_second_look(copy: Course, asked: list[int]) -> None:
    """What nbgrader's command graded is no news to the next `torchaula grade`."""
    by_hand.autograde(copy, ESCRIBE, first=False)
    by_hand.give(copy, ESCRIBE, "explica", 4)
    asked.clear()

    entry = mini.grade(copy)[ESCRIBE]

    assert not asked
    assert grade_of(copy, ESCRIBE, "explica") == (None, 4, None, 4, False)
    assert "graded by hand before" not in entry.what


def test_older_gradebook_is_brought_up_to_date(copy: Course, tmp_path: Path, asked: list[int]) -> None:
    """An answer handed in since then waits again, though its test cells earn what they earned before."""
    older = tmp_path / "older.db"
    older.write_bytes(copy.gradebook.read_bytes())
    pupils.write(copy, "vacia", by_hand.edited(copy, by_hand.write("explica", "Ahora sí")))
    mini.grade(copy)
    assert grade_of(copy, "vacia", "explica") == (None, None, None, 0, True)
    copy.gradebook.write_bytes(older.read_bytes())
    asked.clear()

    mini.grade(copy)

    assert not asked
    assert grade_of(copy, "vacia", "explica") == (None, None, None, 0, True)


def test_new_answer_keeps_points_by_hand_and_asks_to_look_again(copy: Course) -> None:
    """As nbgrader does: the points of the old answer stand, and it needs a person again."""
    by_hand.give(copy, ESCRIBE, "explica", 4)
    edits = [*by_hand.ANSWERS, by_hand.write("explica", "Otra cosa")]
    pupils.write(copy, ESCRIBE, by_hand.edited(copy, *edits))

    entry = mini.grade(copy)[ESCRIBE]

    assert grade_of(copy, ESCRIBE, "explica") == (None, 4, None, 4, True)
    assert "explica" not in entry.waiting
    assert "graded by hand before this was handed in or regraded: explica" in entry.what


def test_late_penalty_follows_points_by_hand(copy: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a share of all points, also of those given later; what a person has graded stays graded."""
    week.configure(copy, 'c.LateWork.deadlines = {"mini": "2026-10-05 10:00 UTC"}')
    late = Arrival(datetime(2026, 10, 6, 9, tzinfo=UTC))
    monkeypatch.setattr(lateness, "arrival", lambda *_: late)
    assert mini.grade(copy)[ESCRIBE].penalty == pytest.approx(0.5)
    by_hand.give(copy, ESCRIBE, "explica", 4)

    entry = mini.grade(copy)[ESCRIBE]

    assert (entry.penalty, entry.total) == (pytest.approx(0.9), pytest.approx(8.1))
    assert grade_of(copy, ESCRIBE, "explica") == (None, 4, None, 4, False)
    assert "8,1 de 20,6 puntos" in page(copy, ESCRIBE)


def test_changed_test_regrades_ours_and_leaves_theirs(copy: Course) -> None:
    """A hidden test that is mended changes its own points only, after the question."""
    place = copy.submitted / ESCRIBE / "mini" / "mini.ipynb"
    place.write_text(place.read_text().replace("return 2 * x", "return 2 * x.abs()"))  # what `STRICTER` sees
    mini.grade(copy)
    by_hand.give(copy, ESCRIBE, "explica", 4)
    week.change(copy, *week.STRICTER)
    with pytest.raises(Refusal, match="nothing of mini was written"):
        mini.grade(copy, agreed=False)
    assert grade_of(copy, ESCRIBE, "double-valores")[3] == 4

    mini.grade(copy)

    assert grade_of(copy, ESCRIBE, "double-valores")[3] == 0
    assert grade_of(copy, ESCRIBE, "explica")[:4] == (None, 4, None, 4)
    assert grade_of(copy, ESCRIBE, "tarea") == (None, None, None, 0, True)


def test_changed_points_of_an_answer_are_told_to_the_gradebook(copy: Course) -> None:
    """Of a written answer and of a task; nothing is graded again, and no points change."""
    path = copy.notebook("mini")
    node = notebook.read(path)
    for name in ("dibuja", "tarea"):
        pupils.cell(node, name).metadata.nbgrader.points += 1
    notebook.write(node, path)

    mini.grade(copy)

    found = ledgers.rows(copy)
    assert [found["points", "mini", name][0] for name in ("dibuja", "tarea")] == [3.5, 4]
    assert not gradebook_differs(copy)
    assert "5 de 22,6 puntos" in page(copy, ESCRIBE)


def test_reworded_question_grades_nobody_again(copy: Course, asked: list[int]) -> None:
    """A typo that is mended in a question or a task runs nothing, and asks nobody for a second look."""
    by_hand.give(copy, ESCRIBE, "explica", 4)
    week.change(copy, "Tarea: busca un dato", "Tarea: busca un dato más")
    before = grade_of(copy, ESCRIBE, "explica")

    mini.grade(copy, agreed=False)

    assert not asked
    assert grade_of(copy, ESCRIBE, "explica") == before


def gradebook_differs(course: Course) -> list[str]:
    """The cells that the gradebook knows otherwise than `source/`."""
    with gradebook.opened(course) as book:
        return gradebook.changed(book, notebook.load(course.notebook("mini")))


@pytest.mark.parametrize(
    "change",
    [
        ("explica", {"grade": False, "solution": False, "locked": True}),
        ("dibuja", {"solution": False}),
        ("tarea", {"task": False}),
        ("double-valores", {"solution": True}),
    ],
    ids=lambda change: change[0],
)
def test_cell_that_becomes_another_kind_is_refused(copy: Course, change: tuple[str, dict[str, bool]]) -> None:
    """Where grades were given, before anything is written."""
    before, path = ledgers.rows(copy), copy.notebook("mini")
    node = notebook.read(path)
    pupils.cell(node, change[0]).metadata.nbgrader.update(change[1])
    notebook.write(node, path)

    with pytest.raises(Refusal, match=change[0]):
        mini.grade(copy)

    assert ledgers.rows(copy) == before


# What the course sees


def kinds(course: Course) -> dict[str, str]:
    """Each cell's kind."""
    return {cell.id: cell.kind for cell in notebook.load(course.notebook("mini")).cells}


def test_course_knows_what_a_person_grades(made: Course) -> None:
    """They are kinds of their own: no exercise, no test, and parts of the assignment in its order."""
    source = notebook.load(made.notebook("mini"))
    found = kinds(made)

    assert {name: found[name] for name in by_hand.CELLS} == {
        "explica-titulo": "markdown",
        "explica": "written",
        "dibuja": "manual",
        "tarea": "task",
        "opcional": "written",
        "decima": "written",
    }
    assert list(source.exercises) == ["double", "add-one"]
    assert list(source.parts) == ["double", *by_hand.POINTS, "add-one"]
    assert [part.points for part in source.parts.values()] == [5, *by_hand.POINTS.values(), 5]
    assert source.points == pytest.approx(20.6)


def test_answer_of_code_runs_like_a_cell_of_ones_own(course: Course) -> None:
    """What it defines can be used below; nobody judges it, and its output is kept."""
    by_hand.mixed(course, "dibuja", after="preparacion")
    answers = [
        by_hand.write("dibuja", "def twice(x):\n    return 2 * x\n\ntwice(21)"),
        by_hand.write("double", "def double(x):\n    return twice(x)"),
    ]
    pupils.write(course, "ana", by_hand.edited(course, *answers))

    entry = mini.grade(course)["ana"]

    assert entry.points is not None and entry.points["double"] == 5
    node = notebook.read(graded_copy.folder(course, "mini", "ana") / "mini.ipynb")
    assert pupils.cell(node, "dibuja").outputs[0].data["text/plain"] == "42"


def test_answer_that_never_ends_is_named(course: Course) -> None:
    """By its own id, and it costs nobody's points but what hangs on it."""
    by_hand.mixed(course, "dibuja")
    answers = [by_hand.ANSWERS[0], by_hand.write("dibuja", "while True: pass")]
    pupils.write(course, "ana", by_hand.edited(course, *answers))

    entry = mini.grade(course)["ana"]

    assert entry.points is not None and entry.points["double"] == 5
    assert "time ran out in dibuja" in entry.what


def test_model_answer_enters_no_other_process(made: Course) -> None:
    """Neither where known answers run nor where a learner has left everything as it was."""
    source = notebook.load(made.notebook("mini"))
    steps = engine.steps_of(source.answered({}), list(source.exercises))
    assert not [step for step in steps if "range(40)" in getattr(step, "source", "")]

    rebuilt = rebuild(
        notebook.read(made.notebook("mini")), read(b'{"cells": [{"cell_type": "raw", "source": ""}]}')
    )

    texts = "\n".join(each.source for each in rebuilt.cells)
    assert "range(40)" not in texts and by_hand.CELLS["explica"].source not in texts


@pytest.mark.parametrize(
    "text",
    [
        by_hand.ESSAY,
        "1 < 2, y 3 > 2\n\n| a | b |\n|---|---|",
        "`código` y\n```python\nx = 1\n```",
        "",
        "[ ] nada",
    ],
)
def test_harmless_answer_is_kept_as_it_was_written(made: Course, text: str) -> None:
    """So that whoever grades it reads it as its author did."""
    assert answer(made, text) == text


@pytest.mark.parametrize(
    "text",
    [
        SCRIPT,
        "<img src=x onerror=alert(1)>",
        "a </div> b",
        "<!-- ",
        "<?php",
        "<javascript:alert(1)>",
        "[ven](javascript:alert(1))",
        "[ven]\n(javascript:alert(1))",
        "[ven][1]\n\n[1]: javascript:alert(1)",
        "![](https://example.org/seen.png)",
        r"$\href{javascript:alert(1)}{x}$",
        r"$\&#104;ref{javascript:alert(1)}{x}$",
        "&lt;script&gt;",
        r"$\require{html}$",
        r"$\style{position:fixed}{x}$",
        "```mermaid\ngraph TD\n```",
        "y así sin fin " * 2000,
        "```text\ninocente\n```\n<b onclick=alert(1)>",
    ],
)
def test_answer_that_could_do_something_is_shown_as_text(made: Course, text: str) -> None:
    """The formgrader renders Markdown with all that it holds: such an answer is a block of code there."""
    shown = answer(made, text)

    assert text in shown
    assert (shown.splitlines()[0].endswith("`text"), shown.splitlines()[-1].strip("`")) == (True, "")
    assert answer(made, shown) == shown  # rebuilt once more, as nbgrader's converters do


def answer(course: Course, text: str) -> str:
    """What becomes of a written answer in the graded copy."""
    handed_in = by_hand.edited(course, by_hand.write("explica", text)).encode()
    node = rebuild(notebook.read(course.notebook("mini")), read(handed_in))
    return str(pupils.cell(node, "explica").source)


def test_long_answer_is_graded(course: Course) -> None:
    """Nine tenths of a MB in one cell: it waits like any other, and the page shows its beginning."""
    by_hand.mixed(course, "explica")
    pupils.write(course, "ana", by_hand.edited(course, by_hand.write("explica", "a [`<\n" * 150_000)))

    entry = mini.grade(course)["ana"]

    assert entry.waiting == {"explica": 5}
    assert len(page(course, "ana")) < 100_000


@pytest.mark.parametrize("points", ['"many"', "null", "-1", "NaN", "true"])
def test_points_that_are_none_are_refused(made: Course, points: str) -> None:
    """In one line that names the cell."""
    text = made.notebook("mini").read_text()
    node = notebook.loads(text.replace('"points": 2.5', f'"points": {points}'))

    with pytest.raises(Refusal, match=r"dibuja: .* points"):
        notebook.parse(node, "mini")


def test_points_of_a_cell_that_gets_none_count_for_nothing() -> None:
    """Some editors leave them where a cell was graded once."""
    cells = [by_hand.cell("double", "x = 1", True, {"solution": True, "points": 5})]
    (found,) = notebook.parse(notebook.nbformat.v4.new_notebook(cells=cells), "mini").cells

    assert (found.kind, found.points) == ("solution", 0)


def test_normal_form_keeps_them(made: Course) -> None:
    """Fractions too; a whole number of points is asked of tests only."""
    assert not list(normal_form.faults(made.notebook("mini")))


def test_house_rules_count_their_points(made: Course) -> None:
    """An assignment has 100 with them; their prose is checked, and names that they define are a learner's."""
    source = notebook.load(made.notebook("mini"))
    told = list(rules.notebook_faults(source, made.notebook("mini").parent))

    assert [fault for fault in told if "points add up to 20.6, not 100" in fault]
    assert not [fault for fault in told if any(name in fault for name in by_hand.POINTS)]
    picture = Cell("explica", "written", "![](no.png)", 5)
    told = list(rules.notebook_faults(notebook.Notebook("mini", (picture,)), made.root))
    assert [fault for fault in told if fault.startswith("explica: no.png")]


def test_release_tells_no_model_answer_and_no_mark_scheme(made: Course, tmp_path: Path) -> None:
    """What would tell them is a leak."""
    source = notebook.load(made.notebook("mini"))
    released = made.released("mini").read_text()

    for secret in (by_hand.SCHEME, "line = [2 * x for x in range(40)]", by_hand.CELLS["explica"].source):
        assert secret not in released
        (tmp_path / "leak.md").write_text(f"… {secret} …")
        assert list(secrets.leaks(source, tmp_path)), secret


@pytest.mark.parametrize(
    ("text", "released"),
    [
        ("Todo es la respuesta", by_hand.STUB),
        ("Antes\n### BEGIN SOLUTION\nsecreto\n### END SOLUTION\nDespués", f"Antes\n{by_hand.STUB}\nDespués"),
        ("<!-- BEGIN SOLUTION -->\nsecreto\n<!-- END SOLUTION -->", by_hand.STUB),
    ],
)
def test_what_is_released_is_what_nbgrader_makes_of_it(course: Course, text: str, released: str) -> None:
    """So what the gradebook knows of an answer is what `source/` says, whatever its markers look like."""
    path = course.notebook("mini")
    node = notebook.read(path)
    node.cells.append(by_hand.cell("explica", text, False, {**by_hand.MANUAL, "points": 5}))
    notebook.write(node, path)
    release(course, "mini")
    pupils.write(course, "ana", by_hand.edited(course, by_hand.delete("explica")))

    mini.grade(course)

    assert pupils.cell(notebook.read(course.released("mini")), "explica").source == released
    copied = notebook.read(graded_copy.folder(course, "mini", "ana") / "mini.ipynb")
    assert pupils.cell(copied, "explica").source == released
    assert not gradebook_differs(course)


def test_markdown_that_is_graded_but_not_answered_is_refused(course: Course) -> None:
    """nbgrader knows no such cell; nothing is written."""
    path = course.notebook("mini")
    node = notebook.read(path)
    node.cells.append(by_hand.cell("explica", "Nada", False, {"grade": True, "points": 5}))
    notebook.write(node, path)
    pupils.write(course, "ana", by_hand.edited(course))

    with pytest.raises(Refusal, match="explica"):
        mini.grade(course)

    assert not list(course.autograded.glob("*/*"))


# What is told


def test_table_says_what_waits(copy: Course) -> None:
    """By cell and with its points, in one remark; a part that waits shows a dash and no zero."""
    shown = pupils.command(copy, "grade", "mini")

    line = next(line for line in shown.splitlines() if line.split()[:1] == [ESCRIBE])
    assert line.split()[1:9] == ["5", "–", "–", "–", "0", "–", "0", "5"]
    assert "waits for a person: explica, dibuja, tarea and 1 more (10.6 points)" in shown
    assert "/2.5" in shown and "/20.6" in shown


def test_csv_says_what_waits(copy: Course) -> None:
    """An empty column, an outcome of its own, and how many points a person has still to give."""
    by_hand.give(copy, ESCRIBE, "explica", 0)
    for name in ("dibuja", "tarea", "opcional", "decima"):
        by_hand.give(copy, "borra", name, 0.1)
    by_hand.give(copy, "borra", "explica", 0.2)
    mini.grade(copy)
    pupils.command(copy, "grade", "mini")

    table = pupils.table(copy.grades / "mini.csv")

    row = table[ESCRIBE]
    assert [row[name] for name in by_hand.POINTS] == ["0.0", "", "", "0.0", ""]
    assert (row["total"], row["maximum"], row["waiting"]) == ("5.0", "20.6", "5.6")
    assert row["outcome"] == "waits for a person"
    assert (table["borra"]["outcome"], table["borra"]["waiting"]) == ("graded", "0")
    assert table["borra"]["total"] == "0.6"  # 0.1 five times, and 0.2 are not 0.6000000000000001


@pytest.mark.both_databases
def test_export_says_what_waits(copy: Course) -> None:
    """`nbgrader export` has nbgrader's own sums, and says that they are not the last word."""
    for name in by_hand.POINTS:
        by_hand.give(copy, "borra", name, 1)

    nbgrader(copy, "export", "--to", "grades.csv")

    with (copy.root / "grades.csv").open(encoding="utf-8") as file:
        table = {row["student_id"]: row for row in csv.DictReader(file)}
    assert (table[ESCRIBE]["score"], table[ESCRIBE]["outcome"]) == ("5.0", "waits for a person")
    assert table[ESCRIBE]["waiting"] == "10.6"
    assert (table["borra"]["score"], table["borra"]["outcome"]) == ("5.0", "graded")
    assert table["borra"]["waiting"] == "0"


def test_learner_reads_what_waits_for_whom(made: Course) -> None:
    """The answer as it was handed in, no points yet, and how many the total lacks."""
    text = page(made, ESCRIBE)

    assert "5 de 20,6 puntos" in text
    assert words.waiting("10,6") in text
    assert f"¿Por qué el doble? – de 5 {words.WAITS}" in text
    assert "Sumar algo *consigo mismo* lo duplica" in text and "line = [double(x)" in text
    assert "Un dato: **π**." in text and "Y otro." in text
    assert text.index("Tarea: busca un dato") < text.index("Un dato")
    assert words.ALL_PASSED not in text
    for student in by_hand.CLASS:
        assert by_hand.SCHEME not in (made.feedback / student / "mini" / "mini.html").read_text("utf-8")


def test_learner_reads_that_nothing_was_answered(made: Course) -> None:
    """Of an answer left as it was nobody is waited for; of a task anything may be the answer."""
    text = page(made, "vacia")

    assert f"¿Por qué el doble? 0 de 5 {words.NO_ANSWER}" in text
    assert f"Tarea: busca un dato – de 3 {words.WAITS}" in text


@pytest.mark.parametrize("door", ["torchaula", "nbgrader"])
def test_learner_reads_what_a_person_gave(copy: Course, door: str) -> None:
    """Points and comments by hand, also more than there are; both ways to make pages say the same."""
    by_hand.give(copy, ESCRIBE, "explica", 3.5)
    by_hand.give(copy, ESCRIBE, "tarea", 4, 0.5)
    by_hand.give(copy, ESCRIBE, "dibuja", 0)
    by_hand.say(copy, ESCRIBE, "explica", f"Casi {SCRIPT}")
    by_hand.say(copy, ESCRIBE, "tarea", "¡Qué dato!")

    if door == "torchaula":
        mini.grade(copy)
    else:
        assert not converters.run(GenerateFeedback, copy, "mini", ESCRIBE).error
    text = page(copy, ESCRIBE)

    assert "13 de 20,6 puntos" in text
    assert f"¿Por qué el doble? 3,5 de 5 {words.BY_HAND}" in text
    assert f"Tarea: busca un dato 4,5 de 3 {words.BY_HAND}" in text
    assert f"dibuja 0 de 2,5 {words.BY_HAND}" in text
    assert f"{words.COMMENT} Casi {SCRIPT}" in text and f"{words.COMMENT} ¡Qué dato!" in text
    assert html.escape(SCRIPT) in (copy.feedback / ESCRIBE / "mini" / "mini.html").read_text("utf-8")
    assert words.waiting("0,1") in text


@pytest.mark.slow
def test_course_that_only_people_grade(course: Course) -> None:
    """No test of ours: all commands work, and who wrote something waits."""
    by_hand.only(course)
    answers = [by_hand.write("explica", by_hand.ESSAY), by_hand.write("dibuja", "1")]
    pupils.write(course, "ana", by_hand.edited(course, *answers))
    pupils.write(course, "bea", by_hand.edited(course))

    shown = pupils.command(course, "grade", "mini")

    table = pupils.table(course.grades / "mini.csv")
    assert "2 of 2 submissions graded." in shown
    assert (table["ana"]["outcome"], table["ana"]["waiting"]) == ("waits for a person", "10.5")
    assert table["bea"]["waiting"] == "3"
    assert "Has superado" not in page(course, "ana") and words.ALL_PASSED not in page(course, "ana")
    nbgrader(course, "export", "--to", "grades.csv")
    assert "waits for a person" in (course.root / "grades.csv").read_text()
    assert "release/mini: 0 exercises, 10.6 points" in pupils.command(course, "release", "mini")
    assert "Traceback" not in pupils.command(course, "check", "mini", code=1)
    pupils.remove(course, "ana")
    pupils.remove(course, "bea")
    assert "sample submissions of mini" in pupils.command(course, "sample-class", "mini")


@pytest.mark.slow
def test_shipped_assignment_with_such_cells(tmp_path: Path) -> None:
    """A copy of `mlp` with an essay, a drawing and a task: our points are as before, and theirs wait."""
    root = tmp_path / "course"
    for name in ("source", "answers"):
        shutil.copytree(mini.ROOT / name / "mlp", root / name / "mlp")
    shutil.copy(mini.ROOT / "nbgrader_config.py", root)
    course = find(root)
    with course.config.open("a") as config:
        config.write(mini.without_sandbox())
    first = next(iter(notebook.load(course.notebook("mlp")).exercises.values()))
    by_hand.mixed(course, "explica", "dibuja", "tarea", after=first.graded[-1].id, assignment="mlp")
    made_from = sample_class.material(course, "mlp")
    text = sample_class.handed_in(
        made_from, {name: made_from.model(name) for name in made_from.exercises} | {"explica": "Así"}
    )
    folder = course.submitted / "ana" / "mlp"
    folder.mkdir(parents=True)
    (folder / "mlp.ipynb").write_text(text)

    entry = mini.grade(course, "mlp")["ana"]

    assert entry.total == 100
    assert entry.waiting == {"explica": 5, "tarea": 3}
    assert list(entry.points or {})[:4] == [first.id, "explica", "dibuja", "tarea"]
