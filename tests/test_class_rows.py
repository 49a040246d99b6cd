"""One row for each student of a class of 300, under id and name, with what is true of it."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from tests import mini, programs, pupils, week
from tests.test_moodle import FOLDER, english, zipped
from torchaula.authoring.release import release
from torchaula.course.layout import Course

SIZE = 300
GOOD = {1: "2 * x", 2: "x + x", 3: "x * 2"}
BROKEN = zipped({"mini.ipynb": b"x" * 5000})[:300]
FOREIGN = b"""{"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "Hola"}],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"""
# What each of ten odd ones handed in, by the learner's name for it; and what the table must say of it.
ODD: dict[int, tuple[dict[str, bytes], str]] = {
    11: ({"a.zip": BROKEN}, "can't be unpacked"),
    12: ({"a.ipynb": b"{}", "b.ipynb": b"[]"}, "several notebooks (a.ipynb, b.ipynb)"),
    13: ({"mini.pdf": b"%PDF"}, "no notebook, but mini.pdf"),
    14: ({"mini.ipynb": b"{"}, ""),
    15: ({"mini.ipynb": b""}, ""),
    16: (
        {"mini.ipynb": FOREIGN},
        "not this assignment",
    ),
    17: ({"a.zip": zipped({"../../x.ipynb": b""})}, "would be written elsewhere"),
    18: ({"x\x1b[2J\u202e.ipynb": b"{", "y.ipynb": b"["}, "several notebooks (x?[2J?.ipynb"),
}
LATER = 3  # whose second hand-in is a broken archive
NAMESAKES = 19, 20
STRANGER = "Nobody Knows_999"


def identifier(number: int) -> str:
    """A student's id."""
    return f"s{number:03}"


def named(number: int) -> str:
    """A student's name, as Moodle writes it; two have the same one."""
    if number in NAMESAKES:
        number = NAMESAKES[0]
    return f"Ana Nº{number} Ruiz"


def roster() -> str:
    """The class, not in the order of the ids."""
    rows = [
        f"{identifier(n)},{named(n).removesuffix(' Ruiz')},Ruiz,{identifier(n)}@uni.es"
        for n in range(SIZE, 0, -1)
    ]
    return "\n".join(["id,first_name,last_name,email", *rows])


def program(course: Course, *words: str, code: int = 0, width: int = 100) -> str:
    """Run a program in a course's folder on a terminal of so many columns; what it prints."""
    environment = os.environ | {"LC_ALL": "C.UTF-8", "COLUMNS": str(width)}
    done = programs.run(*words, cwd=course.root, env=environment)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, str, str]:
    """The class collected from two downloads and graded; what zip_collect and grade printed."""
    course = mini.write(tmp_path_factory.mktemp("rows") / "course")
    release(course, "mini")
    (course.root / "students.csv").write_text(roster(), encoding="utf-8")
    archive = course.root / "downloaded" / "mini" / "archive"
    archive.mkdir(parents=True)
    files = {
        FOLDER.format(f"{named(n)}_{n}", "mini.ipynb"): week.text(course, double, "x + 1").encode()
        for n, double in GOOD.items()
    }
    files |= {
        FOLDER.format(f"{named(n)}_{n}", name): data
        for n, (odd, _) in ODD.items()
        for name, data in odd.items()
    }
    files |= {FOLDER.format(f"{named(n)}_{n}", "mini.ipynb"): b"{}" for n in NAMESAKES}
    files[FOLDER.format(STRANGER, "mini.ipynb")] = b"{}"
    (archive / "x.zip").write_bytes(zipped(files))
    later = {FOLDER.format(f"{named(LATER)}_{LATER}", "again.zip"): BROKEN}
    (archive / "y.zip").write_bytes(zipped(later))
    sheet = english(*((str(n), named(n), "", "", "5 October 2026, 10:00 AM") for n in GOOD))
    (archive / "Grades-x.csv").write_bytes(sheet)
    collected = program(course, "nbgrader", "zip_collect", "mini", "--force")
    graded = program(course, "torchaula", "grade", "mini", "--cells", code=1)
    program(course, "nbgrader", "export", "--to=export.csv")
    return course, collected, graded


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_student_of_the_roster_is_one_row(made: tuple[Course, str, str]) -> None:
    """300 rows in the roster's order, and one for the only one who is not in it."""
    table = rows(made[0].grades / "mini.csv")

    assert [row["student_id"] for row in table] == [*(identifier(n) for n in range(SIZE, 0, -1)), STRANGER]
    assert all(row["last_name"] == "Ruiz" and row["email"] for row in table[:SIZE])
    assert table[SIZE]["outcome"] == "not graded"
    assert table[SIZE]["what_happened"].endswith("; not in students.csv")


def test_each_odd_one_has_its_true_reason(made: tuple[Course, str, str]) -> None:
    """Whoever handed in something is never told to have handed in nothing; who did is."""
    table = {row["student_id"]: row for row in rows(made[0].grades / "mini.csv")}
    handed_in = {*GOOD, *ODD, *NAMESAKES}

    for number, (_files, reason) in ODD.items():
        assert reason in table[identifier(number)]["what_happened"]
        assert table[identifier(number)]["outcome"] == "not graded"
    for number in NAMESAKES:
        assert "several students have this name (s020, s019)" in table[identifier(number)]["what_happened"]
    missing = {row["student_id"] for row in table.values() if row["outcome"] == "nothing handed in"}
    assert missing == {identifier(n) for n in range(1, SIZE + 1) if n not in handed_in}
    assert {row["total"] for row in table.values()} == {"10.0", ""}


def test_who_handed_in_a_broken_file_later_reads_both(made: tuple[Course, str, str]) -> None:
    """The good one is graded, and the other one is told of in the same row."""
    (row,) = (row for row in rows(made[0].grades / "mini.csv") if row["student_id"] == identifier(LATER))

    assert (row["total"], row["outcome"]) == ("10.0", "graded")
    assert "y: can't be unpacked" in row["what_happened"]


def test_export_says_the_same(made: tuple[Course, str, str]) -> None:
    """nbgrader's export has the same students, with the same outcome and points."""
    table = {row["student_id"]: row for row in rows(made[0].grades / "mini.csv")}
    exported = {row["student_id"]: row for row in rows(made[0].root / "export.csv")}

    assert exported.keys() == table.keys() - {STRANGER}
    for student, row in exported.items():
        assert (row["outcome"], row["score"]) == (table[student]["outcome"], table[student]["total"]), student
        assert row["last_name"] == table[student]["last_name"]


def test_graded_cells_are_columns_on_request(made: tuple[Course, str, str]) -> None:
    """`--cells` adds a column for each graded cell; they sum up to the points of the exercises."""
    course = made[0]
    cells = ["double-publico", "double-valores", "add-one-publico", "add-one-valores"]

    for row in rows(course.grades / "mini.csv"):
        points = [row[cell] for cell in cells]
        assert points == (["1.0", "4.0", "2.0", "3.0"] if row["outcome"] == "graded" else [""] * 4)


@pytest.mark.parametrize("shown", [1, 2])
def test_terminal_shows_a_line_a_student(made: tuple[Course, str, str], shown: int) -> None:
    """Both tables fit in 100 columns, whatever the reasons; names stand in them, and no control character."""
    lines = made[shown].splitlines()

    for number in range(1, SIZE + 1):
        (line,) = (line for line in lines if line.startswith(identifier(number)))
        assert f"Ruiz, Ana Nº{NAMESAKES[0] if number in NAMESAKES else number} " in line
        assert len(line) <= 100
    assert all("\x1b" not in line and "\u202e" not in line for line in lines)


def test_collecting_a_class_prints_its_table_and_little_else(made: tuple[Course, str, str]) -> None:
    """The rest is in a log, which the last line names."""
    lines = made[1].splitlines()

    assert len(lines) < SIZE + 15
    log = made[0].state / "logs" / "zip_collect-mini.log"
    assert str(log) in made[1]
    assert "several notebooks (a.ipynb, b.ipynb): ask for one, called mini.ipynb" in log.read_text("utf-8")
    assert "Copying from: " in log.read_text("utf-8")


def test_who_dropped_out_keeps_name_and_row(made: tuple[Course, str, str], tmp_path: Path) -> None:
    """Taken out of students.csv, with or without the files, a student stands after the others, named."""
    course = mini.copy(made[0], tmp_path / "course")
    text = roster().replace("s001,", "t001,")  # another id for the same person
    gone = [line for line in text.splitlines() if not line.startswith("s002,")]
    (course.root / "students.csv").write_text("\n".join(gone), encoding="utf-8")
    pupils.remove(course, "s002")
    program(course, "torchaula", "grade", "mini", code=1)

    *_class, first, second, stranger = rows(course.grades / "mini.csv")

    assert [first["student_id"], second["student_id"]] == ["s001", "s002"]
    assert (first["first_name"], first["last_name"], first["total"]) == ("Ana Nº1", "Ruiz", "10.0")
    assert (
        "not in students.csv" in first["what_happened"]
        and "the same student as t001?" in first["what_happened"]
    )
    assert (second["first_name"], second["outcome"], second["total"]) == (
        "Ana Nº2",
        "nothing handed in",
        "10.0",
    )
    assert stranger["student_id"] == STRANGER
    (new,) = (row for row in _class if row["student_id"] == "t001")
    assert "the same student as s001, who is not in students.csv?" in new["what_happened"]
