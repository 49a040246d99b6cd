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
from torchaula.classroom.gradebook import gradebook, locks, marks, returned
from torchaula.classroom.gradebook.ledger import Ledger
from torchaula.classroom.gradebook.penalties import Penalties
from torchaula.classroom.intake.moodle import rules
from torchaula.classroom.intake.moodle.language import ENGLISH, SPANISH
from torchaula.classroom.intake.moodle.rules import Reading
from torchaula.course import converters, notebook
from torchaula.course.layout import Course, find
from torchaula.errors import Refusal

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

    def grade(
        self,
        points: Mapping[int, Mapping[str, bool]],
        late: Collection[int] = (),
        ids: Mapping[int, str] | None = None,
    ) -> None:
        """Write graded submissions to the gradebook as a batch does, and a page for each."""
        ids = ids or {number: student(number) for number in points}
        source = converters.source(self.course, "mini")
        released = notebook.read(self.course.released("mini"))
        with gradebook.opened(self.course) as book:
            gradebook.record(book, self.course, source, ids.values())
            penalties = Penalties(self.course, converters.config(self.course))
            ledger = Ledger(book, "mini", penalties, DEADLINE)
            for number, passed in points.items():
                arrived = datetime(2026, 10, 5, 8, tzinfo=UTC) if number in late else None
                standing = ledger.write(ids[number], judged(released, passed), arrived)
                self.page(ids[number], f"<p>{standing.score:g} puntos</p>")

    def page(self, identifier: str, text: str) -> None:
        """Write a student's page."""
        path = self.course.feedback / identifier / "mini" / "mini.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def send(self, *options: str, code: int = 0) -> str:
        """Run the command; what it says."""
        command = "torchaula", "return", "mini", "--to", "moodle", *options
        done = programs.run(*command, cwd=self.course.root, env=os.environ | {"COLUMNS": "400"})
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


@pytest.mark.sampled(1)
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

    assert "0 new or changed, 5 already there, 0 skipped" in told
    assert group.table == before
    assert not (group.course.grades / "mini-moodle-feedback.zip").exists()


def test_only_pages_that_changed_go_out_again(five: Class, tmp_path: Path) -> None:
    """Each upload marks a grade as modified and may notify; `--all` is for who needs all of them."""
    group = five.copy(tmp_path / "course")
    group.send()
    assert len(group.feedback) == 5
    group.page(student(1002), "<p>another page</p>")

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


def test_whoever_moodle_would_skip_is_named_with_the_reason(five: Class, tmp_path: Path) -> None:
    """A locked grade, and extra credit above the maximum: neither is an accepted grade."""
    group = five.copy(tmp_path / "course", locked=frozenset({1001}))
    group.download_sheet()
    with gradebook.opened(group.course) as book:
        submission = book.find_submission_notebook("mini", "mini", student(1002))
        submission.grades[0].extra_credit = 20.0
        book.db.commit()

    told = group.send(code=1)

    readings = rules.worksheet(group.table, group.moodle.state())
    assert readings[1001] is Reading.LOCKED
    assert readings[1002] is Reading.NO_VALUE
    assert counted(readings, Reading.ACCEPTED) == 3
    assert re.search(r"^al-1001 .*locked", told, re.M)
    assert re.search(r"^al-1002 .*more than the maximum", told, re.M)
    assert "3 new or changed" in told and "2 skipped" in told


def test_worksheet_without_maximum_needs_one(five: Class, tmp_path: Path) -> None:
    """Points of unknown worth are not sent; a maximum that contradicts Moodle's is none either."""
    group = five.copy(tmp_path / "course")
    assert "--maximum" in group.send("--maximum", "10", code=2)
    sheet = group.moodle.worksheet().decode().replace("Calificación máxima", "Nota").encode()
    group.put("Calificaciones-Torch-Mini-55 (9).csv", sheet)
    assert "--maximum" in group.send(code=2)
    assert not (group.course.grades / "mini-moodle.csv").exists()

    group.send("--maximum", "10")

    assert group.moodle.grades_in(group.table) == {
        each.number: earned(each.number) for each in group.moodle.people
    }


def test_refusals_before_there_is_anything_to_return(five: Class, tmp_path: Path) -> None:
    """No worksheet, a spoilt one, changed tests, nobody graded, no such assignment: one line, no file."""
    group = five.copy(tmp_path / "course")
    good = group.moodle.worksheet()
    spoilt = group.put("Calificaciones-Torch-Mini-55 (9).csv", good.replace(b",", b";"))
    assert "semicolons" in group.send(code=2)
    spoilt.unlink()
    week.change(group.course, *week.STRICTER)
    assert "torchaula grade mini" in group.send(code=2)
    week.change(group.course, *reversed(week.STRICTER))
    for path in group.archive.glob("*.csv"):
        path.unlink()
    assert "Moodle's grading worksheet" in group.send(code=2)
    group.course.gradebook.unlink()
    assert "torchaula grade mini" in group.send(code=2)
    assert not group.course.grades.exists()
    done = programs.run("torchaula", "return", "nini", "--to", "moodle", cwd=group.course.root)
    assert done.returncode == 2 and "mini" in done.stderr


def test_refusal_names_the_gradebook_that_was_looked_at(course: Course) -> None:
    """Where the configuration has another gradebook, it is that one in which nobody has points."""
    other = course.root / "otro.db"
    week.configure(course, f"c.CourseDirectory.db_url = 'sqlite:///{other}'")

    with pytest.raises(Refusal) as refused:
        marks.collect(course, "mini")

    assert str(refused.value).startswith(f"{other}: ")
    assert not course.gradebook.exists()


def test_who_cannot_be_told_apart_gets_nobodys_grade(five: Class, tmp_path: Path) -> None:
    """An id that is another's e-mail address, and two of one name without addresses: named, never guessed."""
    group = five.copy(tmp_path / "course")
    first, *rest = roster(group.moodle.people).splitlines()
    confused = [*rest, "a1@uni.es,Otra,Persona,otra@uni.es"]
    (group.course.root / "students.csv").write_text("\n".join([first, *confused, ""]), encoding="utf-8")
    people = [replace(p, email="" if p.name == "Eva Ruiz" else p.email) for p in group.moodle.people]
    group.download_sheet(people)

    told = group.send(code=1)

    assert set(group.moodle.grades_in(group.table)) == {1001, 1003}
    assert re.search(r"^al-1002 .*several students", told, re.M)
    assert re.search(r"^al-1004 .*several students have this name", told, re.M)


def test_without_a_zip_folders_are_named_as_moodle_names_them(five: Class, tmp_path: Path) -> None:
    """Whoever handed in another way, or whose zip is gone, gets the page too."""
    group = five.copy(tmp_path / "course")
    for path in group.archive.glob("*.zip"):
        path.unlink()

    told = group.send()

    assert "named as Moodle does it" in told
    assert len(rules.feedback(group.feedback, group.moodle.state())) == 5
    assert {path.partition("/")[0] for path in group.feedback} == {p.folder for p in group.moodle.people}


@pytest.mark.parametrize(
    "style", ["_assignsubmission_file/", "_assignsubmission_file_/", "_assignsubmission_file_"]
)
def test_folders_of_the_download_are_used_again(five: Class, tmp_path: Path, style: str) -> None:
    """Each style of Moodle's downloads, also with a name that is not the worksheet's any more."""
    group = five.copy(tmp_path / "course")
    names = {p.number: f"Antes {p.number}_{p.number}{style}" for p in group.moodle.people}
    group.put("Torch-Mini-55.zip", zipped({f"{name}x_y.ipynb": b"{}" for name in names.values()}))

    group.send()

    assert set(group.feedback) == {f"{name}mini.html" for name in names.values()}
    assert len(rules.feedback(group.feedback, group.moodle.state())) == 5


def test_group_submission_counts_for_each_member(tmp_path: Path) -> None:
    """Moodle's zip has one folder a group, with the group's number; points and page are for all members."""
    people = tuple(
        Participant(2001 + n, name, f"{name.lower()}@uni.es", group="Equipo A" if n < 3 else "Equipo_B")
        for n, name in enumerate(("Ana", "Bea", "Carla", "Diana", "Eva"))
    )
    course = mini.write(tmp_path / "course")
    (course.root / "students.csv").write_text(roster(people), encoding="utf-8")
    release(course, "mini")
    group = Class(course, Assignment(people))
    text = course.released("mini").read_bytes()
    # The number of the second group is that of a participant of the first.
    folders = "Equipo A_77_assignsubmission_file", "Equipo B_2002_assignsubmission_file"
    group.put("Torch-Mini-55.zip", zipped({f"{name}/m.ipynb": text + name.encode() for name in folders}))
    group.download_sheet(groups=True)
    done = programs.run("nbgrader", "zip_collect", "mini", "--force", cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in course.submitted.iterdir() if path.is_dir()} == {
        student(2001),
        student(2004),
    }
    group.grade({2001: answers(1), 2004: answers(2)})

    told = group.send()

    assert (
        "groups hand in together" in told and "5 new or changed" in told and "handed in nothing" not in told
    )
    readings = group.moodle.upload(group.table)
    assert readings == {each.number: Reading.ACCEPTED for each in people}
    grades = {number: record.grade for number, record in group.moodle.records.items()}
    assert grades == {n: earned(1 if n < 2004 else 2) * 10 for n in range(2001, 2006)}
    owners = rules.feedback(group.feedback, group.moodle.state())
    assert sorted(number for number, _name in owners.values()) == [2001, 2002, 2003, 2004, 2005]


def test_batch_that_runs_meanwhile_is_named(five: Class, tmp_path: Path) -> None:
    """What is written while a batch writes may be old at once."""
    group = five.copy(tmp_path / "course")
    assert "is grading now" not in group.send()
    with locks.alone(group.course):
        assert "is grading now" in group.send()


def test_failed_write_leaves_what_was_there(five: Class, tmp_path: Path) -> None:
    """Where the zip can't be written, the state does not say that its pages are out."""
    group = five.copy(tmp_path / "course")
    (group.course.grades / "mini-moodle-feedback.zip").mkdir(parents=True)
    assert "mini-moodle-feedback.zip" in group.send(code=2)
    assert not returned.path(group.course, "mini", "moodle").exists()
    (group.course.grades / "mini-moodle-feedback.zip").rmdir()
    group.send()
    assert len(group.feedback) == 5
    assert stat.S_IMODE(returned.path(group.course, "mini", "moodle").stat().st_mode) == 0o600


@pytest.mark.slow
def test_from_download_to_upload_with_the_real_commands(tmp_path: Path) -> None:
    """zip_collect, grade and return as an instructor runs them; then points by hand, which the page lacks."""
    course = mini.write(tmp_path / "course")
    release(course, "mini")
    names = {"ana": "Ana García", "bea": "Bea Núñez", "carlos": "Carlos Ruiz"}
    people = tuple(Participant(101 + n, name, f"{i}@uni.es") for n, (i, name) in enumerate(names.items()))
    rows = [f"{i},{name.replace(' ', ',')},{i}@uni.es" for i, name in names.items()]
    (course.root / "students.csv").write_text("\n".join(["id,first_name,last_name,email", *rows, ""]))
    group = Class(course, Assignment(people, maximum=Decimal(10)))
    handed_in = {101 + n: week.text(course, *week.CLASS[i]).encode() for n, i in enumerate(names)}
    group.put("Torch-Mini-55.zip", zipped(download(people, handed_in)))
    group.download_sheet()
    for words in (("nbgrader", "zip_collect", "mini", "--force"), ("torchaula", "grade", "mini")):
        done = programs.run(*words, cwd=course.root)
        assert done.returncode == 0, done.stdout + done.stderr

    assert "points have changed" not in group.send()

    assert set(group.moodle.upload(group.table).values()) == {Reading.ACCEPTED}
    assert group.moodle.grades_in(group.table) == {101: Decimal(10), 102: Decimal(5), 103: Decimal(6)}
    owners = rules.feedback(group.feedback, group.moodle.state())
    for path, (number, _name) in owners.items():
        page = course.feedback / list(names)[number - 101] / "mini" / "mini.html"
        assert group.feedback[path] == page.read_bytes()
    assert len(owners) == 3
    with gradebook.opened(course) as book:
        book.find_submission_notebook("mini", "mini", "bea").grades[0].extra_credit = 1.0
        book.db.commit()
    assert "points have changed since pages were written (bea)" in group.send()


def test_class_without_roster_is_matched_as_it_was_collected(tmp_path: Path) -> None:
    """Ids made from the names in the zip: a namesake in the worksheet who handed in nothing changes none."""
    people = (
        Participant(101, "Eva Ruiz", "e1@uni.es"),
        Participant(102, "Eva Ruiz", "e2@uni.es"),
        Participant(103, "Ana_María Pérez", "a@uni.es"),
    )
    group = Class(mini.write(tmp_path / "course"), Assignment(people, language=ENGLISH))
    release(group.course, "mini")
    text = group.course.released("mini").read_bytes()
    group.put("Torch-Mini-55.zip", zipped(download(people, {101: text, 103: text})))
    group.put("Grades-Torch-Mini-55.csv", group.moodle.worksheet())
    done = programs.run("nbgrader", "zip_collect", "mini", "--force", cwd=group.course.root)
    assert done.returncode == 0, done.stderr
    names = {101: "eva-ruiz", 103: "ana-maria-perez"}
    assert set(names.values()) <= {path.name for path in group.course.submitted.iterdir()}
    group.grade({n: answers(n) for n in names}, ids=names)

    group.send()

    assert group.moodle.grades_in(group.table) == {n: earned(n) * 10 for n in names}
    assert len(rules.feedback(group.feedback, group.moodle.state())) == 2
