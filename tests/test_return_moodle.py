"""What goes back to Moodle: each grade and page that it accepts, and a name for each that it would skip."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_output

from tests import mini, programs, pupils, week
from tests.moodles import Assignment, Participant, download
from tests.test_moodle import zipped
from torchaula.authoring.release import release
from torchaula.classroom.gradebook import gradebook
from torchaula.classroom.gradebook.ledger import Ledger
from torchaula.classroom.gradebook.penalties import Penalties
from torchaula.classroom.intake.moodle import rules
from torchaula.classroom.intake.moodle.language import ENGLISH, SPANISH
from torchaula.classroom.intake.moodle.rules import Reading
from torchaula.course import converters, notebook
from torchaula.course.layout import Course, find

COUNT = 300
DEADLINE = datetime(2026, 10, 5, 6, 0)  # UTC; everybody hands in two hours later
POINTS = {"double-publico": 1, "double-valores": 4, "add-one-publico": 2, "add-one-valores": 3}
# Whose names are hard to write down, or to find again.
ODD = (
    '=HYPERLINK("http://x","Ana")',
    "García López, Ana",
    "Conan O'Brien",
    "Ana_María de_la Peña",
    'Bea "la Rápida" Núñez',
    "\u200fنور الدين",
    "李 小龍",
    "+1 Señor; López",
)


def participants(count: int = COUNT) -> tuple[Participant, ...]:
    """So many people, the odd ones first, and two of one name at the end."""
    odd = ODD[: count - 2]
    names = [*odd, *(f"Alumna{n} Pérez Gómez" for n in range(len(odd), count - 2)), "Eva Ruiz", "Eva Ruiz"]
    return tuple(
        Participant(1001 + n, name, f"a{n}@uni.es", comment="Bien,\nsigue «así»" if n % 7 == 0 else "")
        for n, name in enumerate(names)
    )


def roster(people: tuple[Participant, ...]) -> str:
    """`students.csv`: ids are unlike anything in Moodle, and only the e-mail addresses say who is who."""
    rows = [f'al-{each.number},"{each.name.replace(chr(34), chr(34) * 2)}",,{each.email}' for each in people]
    return "\n".join(["id,first_name,last_name,email", *rows, ""])


def student(number: int) -> str:
    """The id of a participant in the course."""
    return f"al-{number}"


@dataclass(frozen=True)
class Class:
    """A course and its assignment in Moodle."""

    course: Course
    moodle: Assignment

    @property
    def archive(self) -> Path:
        return self.course.root / "downloaded" / "mini" / "archive"

    def put(self, name: str, content: bytes) -> Path:
        """Put a file where downloads belong, as the newest."""
        path = self.archive / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        newest = max(each.stat().st_mtime_ns for each in path.parent.iterdir()) + 10**9
        os.utime(path, ns=(newest, newest))
        return path

    def download_sheet(self, people: Sequence[Participant] | None = None, **options: bool) -> bytes:
        """Download the worksheet anew, and put it where it belongs; its content."""
        content = self.moodle.worksheet(people, **options)
        self.put(f"Calificaciones-Torch-Mini-55 ({len(list(self.archive.iterdir()))}).csv", content)
        return content

    def grade(self, points: Mapping[int, Mapping[str, bool]], late: Collection[int] = ()) -> None:
        """Write graded submissions to the gradebook as a batch does, and a page for each."""
        source = converters.source(self.course, "mini")
        released = notebook.read(self.course.released("mini"))
        with gradebook.opened(self.course) as book:
            gradebook.record(book, self.course, source, map(student, points))
            penalties = Penalties(self.course, converters.config(self.course))
            ledger = Ledger(book, "mini", penalties, DEADLINE)
            for number, passed in points.items():
                arrived = datetime(2026, 10, 5, 8, tzinfo=UTC) if number in late else None
                standing = ledger.write(student(number), judged(released, passed), arrived)
                self.page(number, f"<p>{standing.score:g} puntos</p>")

    def page(self, number: int, text: str) -> None:
        path = self.course.feedback / student(number) / "mini" / "mini.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def send(self, *options: str, code: int = 0) -> str:
        """Run the command; what it says."""
        done = programs.run("torchaula", "return", "mini", "--to", "moodle", *options, cwd=self.course.root)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    @property
    def table(self) -> bytes:
        return (self.course.grades / "mini-moodle.csv").read_bytes()

    @property
    def feedback(self) -> dict[str, bytes]:
        """The pages in the zip, by path."""
        with ZipFile(self.course.grades / "mini-moodle-feedback.zip") as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def copy(self, folder: Path, **changed: object) -> Class:
        shutil.copytree(self.course.root, folder)
        return Class(find(folder), replace(self.moodle, **{"records": {}} | changed))  # type: ignore[arg-type]


def judged(released: NotebookNode, passed: Mapping[str, bool]) -> NotebookNode:
    """A graded notebook: cells that failed have an error."""
    node = notebook.loads(notebook.text(released))
    for cell in node.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if passed.get(name) is False:
            cell.outputs = [new_output("error", ename="failed", evalue="", traceback=[])]
    return node


def answers(number: int, shift: int = 0) -> dict[str, bool]:
    """Which cells of `mini` somebody passes: each of the 15 ways to earn something, in turn."""
    bits = (number + shift) % 15 + 1
    return {cell: bool(bits >> place & 1) for place, cell in enumerate(POINTS)}


def earned(number: int, shift: int = 0) -> Decimal:
    """What that is worth, of 10 points."""
    return Decimal(sum(POINTS[cell] for cell, passes in answers(number, shift).items() if passes))


def made(root: Path, people: tuple[Participant, ...], **moodle: object) -> Class:
    """A course with a class that has handed in and was collected by the real command, and graded."""
    course = mini.write(root)
    week.configure(course, 'c.LateWork.deadlines = {"mini": "2026-10-05 06:00 UTC"}')
    (root / "students.csv").write_text(roster(people), encoding="utf-8")
    release(course, "mini")
    group = Class(course, Assignment(people, **moodle))  # type: ignore[arg-type]
    text = course.released("mini").read_bytes()
    notebooks = {each.number: text + b" " * (each.number % 50) for each in people}
    group.put("Torch-Mini-55.zip", zipped(download(people, notebooks)))
    name = "Calificaciones" if group.moodle.language is SPANISH else "Grades"
    group.put(f"{name}-Torch-Mini-55.csv", group.moodle.worksheet())
    done = programs.run("nbgrader", "zip_collect", "mini", "--force", cwd=root)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in course.submitted.iterdir()} >= {student(each.number) for each in people}
    numbers = [each.number for each in people]
    group.grade({n: answers(n) for n in numbers}, late=[n for n in numbers if n % 3 == 0])
    return group


@pytest.fixture(scope="module")
def whole_class(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """300 people in a Spanish Moodle. Tests change copies."""
    return made(tmp_path_factory.mktemp("class") / "course", participants())


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """Five people, for what does not hang on how many there are."""
    return made(tmp_path_factory.mktemp("five") / "course", participants(5))


def counted(readings: Mapping[int, Reading], reading: Reading) -> int:
    """How many rows were read so."""
    return list(readings.values()).count(reading)


@pytest.mark.parametrize("maximum", ["10", "100", "7.5"])
def test_all_grades_and_pages_of_a_class_are_accepted(
    whole_class: Class, tmp_path: Path, maximum: str
) -> None:
    """300 of 300 in a Spanish Moodle: grades scaled to its maximum, and each page to whom it belongs."""
    group = whole_class.copy(tmp_path / "course", maximum=Decimal(maximum))
    before = group.download_sheet()

    group.send()

    assert counted(group.moodle.upload(group.table), Reading.ACCEPTED) == COUNT
    for each in group.moodle.people:
        assert group.moodle.records[each.number].grade == earned(each.number) * Decimal(maximum) / 10
    owners = rules.feedback(group.feedback, group.moodle.state())
    assert sorted(number for number, _name in owners.values()) == [n.number for n in group.moodle.people]
    assert {name for _number, name in owners.values()} == {"/mini.html"}
    for path, (number, _name) in owners.items():
        page = group.course.feedback / student(number) / "mini" / "mini.html"
        assert group.feedback[path] == page.read_bytes()
    for name in ("mini-moodle.csv", "mini-moodle-feedback.zip"):
        assert stat.S_IMODE((group.course.grades / name).stat().st_mode) == 0o600
    assert without_grades(group.table) == without_grades(before)


def without_grades(table: bytes) -> list[dict[str, str]]:
    """All cells of a worksheet but those with the grades."""
    rows = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""))
    return [
        {head: value for head, value in row.items() if head not in ("Grade", "Calificación")} for row in rows
    ]


def test_regraded_class_is_accepted_with_the_box_ticked_and_skipped_without(
    whole_class: Class, tmp_path: Path
) -> None:
    """A worksheet downloaded after the first upload: Moodle skips all 300 unless the box is ticked."""
    group = whole_class.copy(tmp_path / "course")
    told = group.send()
    assert SPANISH.tick in told  # for the case that Moodle says fewer
    group.moodle.upload(group.table)
    group.download_sheet()
    numbers = [each.number for each in group.moodle.people]
    group.grade({n: answers(n, shift=1) for n in numbers})
    before = dict(group.moodle.records)

    told = group.send()

    assert f"; tick “{SPANISH.tick}”." in told
    changed = [n for n in numbers if earned(n) != earned(n, shift=1)]
    readings = group.moodle.upload(group.table)
    assert counted(readings, Reading.NEWER_GRADE) == len(changed) > COUNT / 2
    assert group.moodle.records == before
    readings = group.moodle.upload(group.table, is_ticked=True)
    assert counted(readings, Reading.ACCEPTED) == len(changed)
    assert counted(readings, Reading.UNCHANGED) == COUNT - len(changed)
    assert {n: group.moodle.records[n].grade for n in numbers} == {n: earned(n, 1) * 10 for n in numbers}


def test_grades_that_moodle_has_already_are_unchanged(five: Class, tmp_path: Path) -> None:
    """A second time nothing is new: no grade, no page, and the table is as it came."""
    group = five.copy(tmp_path / "course")
    group.send()
    group.moodle.upload(group.table)
    before = group.download_sheet()
    (group.course.grades / "mini-moodle-feedback.zip").unlink()

    told = group.send()

    assert "0 new or changed, 5 as they are there, 0 skipped" in told
    assert group.table == before
    assert not (group.course.grades / "mini-moodle-feedback.zip").exists()


def test_only_pages_that_changed_go_out_again(five: Class, tmp_path: Path) -> None:
    """Each upload marks a grade as modified and may notify; `--all` is for who needs all of them."""
    group = five.copy(tmp_path / "course")
    group.send()
    assert len(group.feedback) == 5
    group.page(1002, "<p>another page</p>")

    group.send()

    assert group.feedback == {f"{group.moodle.people[1].folder}/mini.html": b"<p>another page</p>"}
    group.send("--all")
    assert len(group.feedback) == 5


def test_english_class_is_accepted_before_and_after_the_penalty(tmp_path: Path) -> None:
    """Points are those before our penalty unless asked otherwise, by the option or the configuration."""
    group = made(tmp_path / "course", participants(9), language=ENGLISH, maximum=Decimal(10))
    numbers = [each.number for each in group.moodle.people]
    late = [n for n in numbers if n % 3 == 0]

    told = group.send()
    assert "before the late penalty" in told and "Set Moodle to English" in told
    assert group.moodle.grades_in(group.table) == {n: earned(n) for n in numbers}
    assert counted(group.moodle.upload(group.table), Reading.ACCEPTED) == 9

    with_penalty = {n: earned(n) * (Decimal("0.9") if n in late else 1) for n in numbers}
    assert "after the late penalty" in group.send("--late", "after")
    assert group.moodle.grades_in(group.table) == with_penalty
    week.configure(group.course, 'c.LateWork.returned = "after"')
    group.send()
    assert group.moodle.grades_in(group.table) == with_penalty
    week.configure(group.course, 'c.LateWork.returned = "never"')
    assert "c.LateWork" in group.send(code=2)


def test_download_of_one_group_returns_that_group_and_names_the_others(five: Class, tmp_path: Path) -> None:
    """With Moodle's group filter on, the others are not in its table: each is named, with what to do."""
    group = five.copy(tmp_path / "course")
    chosen = group.moodle.people[:2]
    before = group.download_sheet(chosen)

    told = group.send(code=1)

    only = [each.number for each in chosen]
    readings = rules.worksheet(group.table, group.moodle.state(only=only))
    assert readings == dict.fromkeys(only, Reading.ACCEPTED)
    assert without_grades(group.table) == without_grades(before)
    assert len(rules.feedback(group.feedback, group.moodle.state(only=only))) == 2
    for number in (1003, 1004, 1005):
        assert re.search(rf"^{student(number)} ", told, re.M)
    assert "2 participants" in told and "3 skipped" in told


def test_who_is_not_graded_gets_no_grade_and_is_counted(five: Class, tmp_path: Path) -> None:
    """Never a 0 for somebody who handed in nothing, whose file can't be graded, or who waits for a person."""
    group = five.copy(tmp_path / "course")
    people = (
        *group.moodle.people,
        Participant(1006, "Nadie", "nadie@uni.es"),
        Participant(1007, "Roto", "r@uni.es"),
    )
    group.moodle.people = people
    (group.course.root / "students.csv").write_text(roster(people), encoding="utf-8")
    pupils.write(group.course, student(1007), "{")
    group.download_sheet()

    told = group.send()

    assert set(group.moodle.grades_in(group.table)) == {1001, 1002, 1003, 1004, 1005}
    assert "no grade: 1 could not be graded, 1 handed in nothing" in told
    assert "'0" not in told
