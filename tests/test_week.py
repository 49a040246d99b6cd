"""An instructor's week: from an empty folder to a table of grades, and what the table names."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests import mini, pupils, week
from tests.test_moodle import FOLDER, spanish, zipped
from tests.test_release import nbgrader
from torchaula.authoring.release import release
from torchaula.course.layout import Course
from torchaula.report import class_csv

STUDENTS = """id,first_name,last_name,email,lms_user_id
ana,Ana,García López,ana@uni.es,7001
bea,Bea,Núñez,bea@uni.es,
carlos,Carlos,Ruiz,carlos@uni.es,
diana,Diana,Prat,diana@uni.es,
"""
COLUMNS = ["student_id", "last_name", "first_name", "email", "double", "add-one"]


def test_from_an_empty_folder_to_a_table_of_grades(tmp_path: Path) -> None:
    """Release, roster, a Moodle download with its worksheet, grading: each with the command that is told."""
    course = mini.write(tmp_path / "course")
    week.configure(course, 'c.LateWork.deadlines = {"mini": "2026-10-05 10:00 Europe/Madrid"}')
    (course.root / "students.csv").write_text(STUDENTS, encoding="utf-8")
    pupils.command(course, "release", "mini")
    downloads = course.root / "downloaded" / "mini" / "archive"
    downloads.mkdir(parents=True)
    files = {
        FOLDER.format("Ana García López_101", "mini (1).ipynb"): week.text(course, *week.CLASS["ana"]),
        FOLDER.format("Bea Núñez_102", "mini.ipynb"): week.text(course, *week.CLASS["bea"]),
        FOLDER.format("Ana García López_101", "notes.txt"): "mine",
        FOLDER.format("Nobody Knows_109", "mini.ipynb"): week.text(course, None, None),
    }
    (downloads / "Torch-Mini-55.zip").write_bytes(zipped({n: text.encode() for n, text in files.items()}))
    sheet = spanish(
        ("101", "Ana García López", "", "ana@uni.es", "lunes, 5 de octubre de 2026, 09:59"),
        ("102", "Bea Núñez", "", "bea@uni.es", "martes, 6 de octubre de 2026, 09:59"),
    )
    (downloads / "Grades-Torch-Mini-55.csv").write_bytes(sheet)

    nbgrader(course, "zip_collect", "mini", "--force")
    shown = pupils.command(course, "grade", "mini", code=1)

    table = pupils.table(course.grades / "mini.csv")
    assert list(table["ana"]) == [*COLUMNS, "late_penalty", "total", "maximum", "outcome", "what_happened"]
    assert list(table["ana"].values())[:10] == [
        *("ana", "García López", "Ana", "ana@uni.es"),
        *("5.0", "5.0", "0.0", "10.0", "10", "graded"),
    ]
    assert (table["bea"]["late_penalty"], table["bea"]["total"]) == ("0.5", "4.5")
    assert table["bea"]["what_happened"] == "graded; late: 0.5 points less"
    for student in ("carlos", "diana"):
        assert (table[student]["total"], table[student]["outcome"]) == ("", "nothing handed in")
    assert table["Nobody Knows_109"]["outcome"] == "not graded"
    assert "2 of 3 submissions graded." in shown
    assert "10 de 10 puntos" in week.page(course, "ana")
    assert "4,5 de 10 puntos" in week.page(course, "bea")
    assert not (course.feedback / "carlos").exists()


def test_students_who_handed_in_nothing_are_no_failure(course: Course) -> None:
    """Those of students.csv without a submission stand in the table; the command ends with 0."""
    (course.root / "students.csv").write_text(STUDENTS, encoding="utf-8")
    week.hand_in(course, "ana", "bea", "carlos")

    shown = pupils.command(course, "grade", "mini")

    assert "3 of 3 submissions graded." in shown
    assert "diana" in shown and "nothing handed in" in shown


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, dict[str, str]]:
    """A class with one of each oddity, and what its table says of each. Copy it to change it."""
    course = mini.write(tmp_path_factory.mktemp("odd") / "course")
    release(course, "mini")
    (course.root / "students.csv").write_text(STUDENTS, encoding="utf-8")
    week.hand_in(course)
    pupils.write(course, "Ana García", week.text(course, "2*x", "1+x"))
    pupils.write(course, "ana-garcia", week.text(course, "x*2", "1+x"))
    pupils.write(course, "=HYPERLINK(1)", week.text(course, *week.CLASS["bea"]))
    pupils.write(course, "two files", week.text(course, "x+x", "x + 1.0"))
    pupils.write(course, "two files", week.text(course, None, None), "mini (1)")
    pupils.write(course, "unnamed", week.text(course, None, None), "a")
    pupils.write(course, "unnamed", week.text(course, None, None), "b")
    pupils.write(course, "untouched", week.text(course, None, None))
    pupils.write(course, "untouched too", week.text(course, None, None))
    pupils.write(course, "broken", "{")
    (course.submitted / "no notebook" / "mini").mkdir(parents=True)
    (course.submitted / "no notebook" / "mini" / "mini.pdf").write_bytes(b"%PDF")
    (course.submitted / "nothing").mkdir()
    entries = week.grade(course)
    table = course.grades / "mini.csv"
    class_csv.write(table, week.source(course), entries.values())
    return course, {student: entry.what for student, entry in entries.items()}


STRANGER = "not in students.csv"


@pytest.mark.parametrize(
    ("student", "what"),
    [
        ("ana", "graded"),
        ("nothing", f"nothing handed in; {STRANGER}"),
        ("no notebook", f"no notebook: mini/mini.ipynb is missing; {STRANGER}"),
        (
            "unnamed",
            f"no mini.ipynb, but a.ipynb, b.ipynb: rename the right one to mini.ipynb; {STRANGER}",
        ),
        ("two files", f"graded; from mini.ipynb; also there: mini (1).ipynb; {STRANGER}"),
        ("Ana García", f"graded; {STRANGER}; the same student as ana-garcia?"),
        ("ana-garcia", f"graded; {STRANGER}; the same student as Ana García?"),
        ("bea", "graded; the same answers, word for word, as =HYPERLINK(1)"),
        ("=HYPERLINK(1)", f"graded; {STRANGER}; the same answers, word for word, as bea"),
        ("untouched", f"graded; {STRANGER}"),
    ],
)
def test_table_names_what_is_odd(odd: tuple[Course, dict[str, str]], student: str, what: str) -> None:
    """Missing notebooks, one student twice, one file from two, strangers: each is told."""
    assert odd[1][student] == what


def test_table_is_safe_in_a_spreadsheet(odd: tuple[Course, dict[str, str]]) -> None:
    """A name that a spreadsheet would compute is written as a text, in the table and in nbgrader's export."""
    course, _ = odd
    nbgrader(course, "export", "--to=export.csv")

    for path in (course.grades / "mini.csv", course.root / "export.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            values = [value for row in csv.reader(file) for value in row]
        assert "'=HYPERLINK(1)" in values
        assert not [value for value in values if class_csv.FORMULA.search(value)]


def test_export_agrees_with_the_table(odd: tuple[Course, dict[str, str]], tmp_path: Path) -> None:
    """Points, penalties and outcomes are the same in both, also where worse files were handed in since."""
    copy = mini.copy(odd[0], tmp_path / "course")
    pupils.write(copy, "ana", "{")
    pupils.remove(copy, "bea")
    pupils.write(copy, "carlos", week.text(copy, None, None))

    pupils.command(copy, "grade", "mini", code=1)
    nbgrader(copy, "export", "--to=export.csv")

    table, exported = pupils.table(copy.grades / "mini.csv"), pupils.table(copy.root / "export.csv")
    assert set(table) == set(exported)
    for student, row in table.items():
        other = exported[student]
        assert [row["total"], row["outcome"]] == [other["score"], other["outcome"]], student
        assert row["late_penalty"] == other["late_submission_penalty"]
        points = [float(row[name]) for name in COLUMNS[4:] if row[name]]
        assert (str(sum(points)) if points else "") == other["raw_score"]
        assert float(row["maximum"]) == float(other["max_score"])
        assert [row[name] for name in COLUMNS[:4]] == [other[name] for name in COLUMNS[:4]]
    outcomes = {student: (row["total"], row["outcome"]) for student, row in table.items()}
    assert outcomes["ana"] == ("10.0", "earlier submission graded")
    assert outcomes["bea"] == ("5.0", "nothing handed in")
    assert outcomes["carlos"] == ("0.0", "graded")
    assert outcomes["broken"] == ("", "not graded")
