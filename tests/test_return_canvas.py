"""What goes back to Canvas: every grade and page that it accepts, and a name for each that it would skip."""

from __future__ import annotations

import csv
import difflib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests import canvases, mini, programs, week
from tests.canvases import Course as Canvas
from tests.canvases import Submission, User, packed
from tests.test_moodle import Downloads
from torchaula.authoring.release import release
from torchaula.classroom.gradebook.marks import Late, Mark, Marks
from torchaula.classroom.intake import cells
from torchaula.classroom.intake.canvas import gradebook, rules
from torchaula.classroom.intake.canvas.rules import Reading
from torchaula.errors import Refusal
from torchaula.report.exports import canvas
from torchaula.report.exports.exported import Exported, Fate, Wish

COUNT = 300
# Names that are hard to write down, or to find again.
ODD = (
    '=HYPERLINK("http://x"), Ana',
    "García López, Ana",
    "O'Brien, Conan",
    "de la_Peña, Ana_María",
    'Núñez, Bea "la Rápida"',
    "نور, الدين",
    "李, 小龍",
    "López; Señor, +1",
    "100_5_x, Ana",
)
PAGE = "<p>{points:g} puntos</p>"


def people(count: int = COUNT) -> list[User]:
    """So many users, the odd ones first, and two of one name at the end."""
    names = [*ODD, *(f"Pérez Gómez, Alumna {n}" for n in range(len(ODD), count - 2)), *["Ruiz, Eva"] * 2]
    return [User(7000 + n, name, f"u{n}@uni.es", f"S-{n}") for n, name in enumerate(names[:count])]


def student(user: User) -> str:
    """The id in `students.csv`, which Canvas has nowhere."""
    return f"al-{user.number}"


@dataclass
class Class:
    """A course, and what it is in Canvas."""

    downloads: Downloads
    canvas: Canvas

    def put_gradebook(self, name: str = "gradebook.csv") -> bytes:
        """Export Canvas' gradebook, and put it where it belongs, as the newest."""
        content = self.canvas.gradebook()
        self.downloads.put(name, content)
        path = self.downloads.archive / name
        newest = max(each.stat().st_mtime_ns for each in path.parent.iterdir()) + 10**9
        os.utime(path, ns=(newest, newest))
        return content

    def marks(self, points: Mapping[User, float]) -> dict[str, Mark]:
        """Marks as the gradebook tells them, with a page each."""
        made = {}
        for user, score in points.items():
            page = self.downloads.course.feedback / student(user) / "mini" / "mini.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(PAGE.format(points=score), encoding="utf-8")
            made[student(user)] = Mark(student(user), score, page=page)
        return made

    def send(self, marks: Marks, **wish: object) -> Exported:
        return canvas.export(self.downloads.course, "mini", marks, Wish(Late.BEFORE, **wish))  # type: ignore[arg-type]

    @property
    def table(self) -> bytes:
        return (self.downloads.course.grades / "mini-canvas.csv").read_bytes()

    @property
    def feedback(self) -> dict[str, bytes]:
        """The pages in the zip, by their names."""
        with ZipFile(self.downloads.course.grades / "mini-canvas-feedback.zip") as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def enrolled(root: Path, users: list[User], **options: object) -> Class:
    """A course whose students are these users; only logins say who is who."""
    course = mini.write(root)
    made = Downloads(course)
    rows = [f"{student(user)},N{user.number},,{user.login}" for user in users]
    made.students("\n".join(["id,first_name,last_name,email", *rows, ""]))
    return Class(made, Canvas(users, **options))  # type: ignore[arg-type]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Class:
    """A class of four, downloaded from Canvas."""
    made = enrolled(tmp_path / "course", people(4))
    monkeypatch.chdir(made.downloads.course.root)
    files = [Submission(user, {900 + n: ("mini.ipynb", b"{}")}) for n, user in enumerate(made.canvas.users)]
    made.downloads.put("submissions.zip", packed(*files))
    made.put_gradebook()
    return made


def changed_cells(before: bytes, after: bytes) -> set[tuple[int, int]]:
    """Where two tables differ, which have the same rows and columns."""
    tables = [list(csv.reader(io.StringIO(each.decode("utf-8-sig"), newline=""))) for each in (before, after)]
    assert [len(row) for row in tables[0]] == [len(row) for row in tables[1]]
    return {
        (at, column)
        for at, rows in enumerate(zip(*tables, strict=True))
        for column, values in enumerate(zip(*rows, strict=True))
        if values[0] != values[1]
    }


@pytest.mark.parametrize("maximum", ["10.00", "100.00"])
def test_all_of_a_class_of_300_are_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, maximum: str
) -> None:
    """Odd names, late work, resubmissions, a group, and a regrade: 300 of 300 by Canvas' own rules."""
    users = people()
    made = enrolled(tmp_path / "course", users, maximum=maximum, is_posted_by_hand=True)
    monkeypatch.chdir(made.downloads.course.root)
    made.downloads.put(
        "old.zip",
        packed(*(Submission(user, {500 + n: ("mini.ipynb", b"old")}) for n, user in enumerate(users[::9]))),
    )
    submissions = [
        Submission(
            user,
            {
                9000 + n: ("mini-1.ipynb" if n % 9 == 0 else "mini.ipynb", b"%d" % n),
                19_000 + n: ("datos.txt", b""),
            },
            is_late=n % 7 == 0,
            group="Grupo 3" if n == 150 else "",
        )
        for n, user in enumerate(users)
    ]
    made.downloads.put("submissions.zip", packed(*submissions))
    before = made.put_gradebook()

    collected = made.downloads.collect()

    assert collected == {student(user): b"%d" % n for n, user in enumerate(users)}
    late = [who for who, said in made.downloads.register.remarks.items() if "late, says Canvas" in said[0]]
    assert sorted(late) == [student(user) for user in users[::7]]

    points = {user: n % 21 / 2 for n, user in enumerate(users)}
    done = made.send(made.marks(points))

    attachments = {number: each.user.number for each in submissions for number in each.files}
    assert [*made.canvas.upload(made.table).values()].count(Reading.ACCEPTED) == COUNT
    assert list(done.grades.values()) == [Fate.ACCEPTED] * COUNT == list(done.pages.values())
    assert len(changed_cells(before, made.table)) == COUNT
    share = Decimal(maximum) / 10
    assert all(Decimal(made.canvas.scores[user.number]) == Decimal(points[user]) * share for user in users)
    whose = rules.pages(made.feedback, made.canvas.state(attachments))
    assert sorted(whose.values()) == sorted(str(user.number) for user in users)
    expected = {str(user.number): PAGE.format(points=score).encode() for user, score in points.items()}
    assert {whose[name]: page for name, page in made.feedback.items()} == expected

    made.put_gradebook("gradebook (1).csv")
    points |= dict.fromkeys(users[:30], 10.0)
    regraded = made.send(made.marks(points))
    again = made.canvas.upload(made.table)

    new = sum(n % 21 != 20 for n in range(30))
    assert (
        [*again.values()].count(Reading.ACCEPTED) == new == [*regraded.grades.values()].count(Fate.ACCEPTED)
    )
    assert [*again.values()].count(
        Reading.UNCHANGED
    ) == COUNT + 1 - new  # and the student of the student view
    assert len(made.feedback) == new


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mark": ";"},
        {"bom": "\ufeff"},
        {"end": "\n"},
        {"has_sis": False},
        {"is_posted_by_hand": True},
        {"names_apart": True},
        {"title": "Práctica 2, con «mini» y ; más"},
    ],
)
def test_only_the_cells_of_grades_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, object]
) -> None:
    """Byte for byte, in each form in which Canvas exports; who has no grade keeps what was there."""
    made = enrolled(tmp_path / "course", people(6), **options)
    users = made.canvas.users
    made.canvas.scores = {
        users[0].number: "EX",
        users[1].number: "3.456",
        users[2].number: "50",
        users[3].number: "N/A",
    }
    before = made.put_gradebook()

    done = made.send(made.marks({user: 5.0 for user in users[:5] if user != users[1]}))

    removed, added = [], []
    for line in difflib.ndiff(before.decode().splitlines(True), made.table.decode().splitlines(True)):
        (removed if line[0] == "-" else added if line[0] == "+" else []).append(line[2:])
    mark = made.canvas.mark
    assert len(removed) == len(added) == 1
    assert added[0].replace(f"{mark}50.00{mark}", mark * 2, 1) == removed[0]
    fates = [done.grades[student(user)] for user in users]
    assert fates == [
        *(Fate.EXCUSED, Fate.NOT_GRADED, Fate.UNCHANGED, Fate.NOT_ASSIGNED, Fate.ACCEPTED, Fate.NOT_GRADED)
    ]
    readings = made.canvas.upload(made.table)
    assert [*readings.values()].count(Reading.ACCEPTED) == 1
    assert Reading.CLEARED not in readings.values()


def test_points_possible_scale(small: Class) -> None:
    """To two decimals, as Canvas shows grades, with a point and without a mark of thousands."""
    small.canvas.maximum = "12,345.00"
    small.put_gradebook()

    small.send(small.marks({small.canvas.users[0]: 1 / 3 * 10}))

    assert b",4115.00," in small.table
    assert small.canvas.upload(small.table)["7000"] is Reading.ACCEPTED


def test_points_above_the_maximum_are_accepted(small: Class) -> None:
    """Extra credit: Canvas has no upper bound."""
    done = small.send(small.marks({small.canvas.users[0]: 12.0}))

    assert done.grades["al-7000"] is Fate.ACCEPTED
    assert b",120.00," in small.table


def test_column_without_points_is_refused(small: Class) -> None:
    """Nobody knows how to scale, unless the instructor says it."""
    small.canvas.maximum = ""
    small.put_gradebook()
    marks = small.marks({small.canvas.users[0]: 5.0})

    with pytest.raises(Refusal, match="no points in the row Points Possible"):
        small.send(marks)
    assert not (small.downloads.course.grades / "mini-canvas.csv").exists()

    small.send(marks, maximum=20)
    assert b",10.00," in small.table


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Mini", ""),
        ("mini", ""),
        ("Práctica 1: mini", ""),
        ("Otra cosa", "Otra cosa"),
        ("Otra cosa", "5501"),
        ("Otra cosa", "Otra cosa (5501)"),
    ],
)
def test_column_is_found(small: Class, title: str, asked: str) -> None:
    """By the assignment's name, or as asked."""
    small.canvas.title = title
    small.put_gradebook()

    small.send(small.marks({small.canvas.users[0]: 5.0}), column=asked)

    assert small.canvas.upload(small.table)["7000"] is Reading.ACCEPTED


@pytest.mark.parametrize("title", ["Otra cosa", "minimal", "Mini, final score"])
def test_unclear_column_is_refused_with_the_titles(small: Class, title: str) -> None:
    """A title that doesn't name the assignment is not guessed; nor one that Canvas takes for a total."""
    small.canvas.title = title if title != "Mini, final score" else "Mini Final Score"
    small.put_gradebook()

    with pytest.raises(Refusal, match=r"--column \(.*Tensores, sin red \(5500\)"):
        small.send(small.marks({}))


def test_several_columns_are_refused(small: Class) -> None:
    """Of two that name the assignment none is guessed."""
    small.canvas.title = "mini A"
    content = small.canvas.gradebook().replace(b"Tensores, sin red", b"mini B, sin red")
    small.downloads.put("gradebook.csv", content)

    with pytest.raises(Refusal, match="several columns may be mini"):
        small.send(small.marks({}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b",100.00,20.00", b",(read only),20.00"),
        (b"Manual Posting", b"Manual Posting (scores hidden from instructors)"),
    ],
)
def test_column_that_canvas_keeps_is_refused(small: Class, old: bytes, new: bytes) -> None:
    """Read-only ones, and ones whose scores are hidden: the importer would drop them without a word."""
    small.canvas.is_posted_by_hand = True
    content = small.canvas.gradebook()
    assert old in content
    small.downloads.put("gradebook.csv", content.replace(old, new))

    with pytest.raises(Refusal, match="by hand"):
        small.send(small.marks({}))


@pytest.mark.parametrize("content", [b"Student,ID\n", b'Student,ID,X,Section\n"', b"\xff", None])
def test_without_a_readable_gradebook_it_is_refused(small: Class, content: bytes | None) -> None:
    """With what to do, and nothing is written."""
    (small.downloads.archive / "gradebook.csv").unlink()
    if content is not None:
        header = b"Student,ID,SIS Login ID,Section\n"
        small.downloads.put("gradebook.csv", header + content if content != b"Student,ID\n" else content)

    with pytest.raises(Refusal, match=r"export|download"):
        small.send(small.marks({}))
    assert not small.downloads.course.grades.exists()


def test_student_who_is_not_in_the_gradebook_is_named(small: Class) -> None:
    """Nobody is left out without a word."""
    stranger = User(1, "Nadie, N")

    assert small.send(small.marks({stranger: 5.0})).grades["al-1"] is Fate.UNKNOWN


def test_page_of_who_uploaded_nothing_has_no_place(small: Class) -> None:
    """Canvas attaches pages to uploads alone."""
    (small.downloads.archive / "submissions.zip").unlink()

    done = small.send(small.marks({small.canvas.users[0]: 5.0}))

    assert done.pages == {"al-7000": Fate.NO_PLACE}
    assert [path.name for path in done.files] == ["mini-canvas.csv"]


def test_only_changed_pages_go_out_again(small: Class) -> None:
    """Each upload makes a comment; --all sends all."""
    marks = small.marks(dict.fromkeys(small.canvas.users, 5.0))
    small.send(marks)
    assert len(small.feedback) == 4

    again = small.send(small.marks({**dict.fromkeys(small.canvas.users, 5.0), small.canvas.users[2]: 6.0}))

    assert list(again.pages.values()).count(Fate.ACCEPTED) == len(small.feedback) == 1
    assert "7002_902" in next(iter(small.feedback))
    small.send(marks, all_pages=True)
    assert len(small.feedback) == 4


def test_imitated_name_gets_nobody_s_page(small: Class) -> None:
    """Canvas takes the first two numbers of a name: names in our zip are our own."""
    attacker = User(66, "X, Y_7000 _900", "mal@uni.es")
    small.canvas.users = [*small.canvas.users, attacker]
    roster = (small.downloads.course.root / "students.csv").read_text() + "al-66,Mal,,mal@uni.es\n"
    small.downloads.students(roster)
    submission = Submission(attacker, {666: ("mini.ipynb", b"")})
    small.downloads.put("z.zip", packed(submission))
    small.put_gradebook()
    assert rules.pages(canvases.download(submission), small.canvas.state({900: 7000, 666: 66})) != {}

    done = small.send(small.marks({attacker: 5.0, small.canvas.users[0]: 6.0}))

    assert done.pages == {"al-66": Fate.NO_PLACE, "al-7000": Fate.ACCEPTED}
    assert list(small.feedback.values()) == [b"<p>6 puntos</p>"]


FAULTS = {
    "a cleared grade": (lambda text: text.replace(",50.00,", ",,"), Reading.CLEARED),
    "a student of another course": (
        lambda text: text.replace(",7000,", ",1,").replace("S-0,u0@uni.es", ","),
        Reading.UNKNOWN,
    ),
    "a comma for thousands": (lambda text: text.replace(",50.00,", ',"1,000",'), Reading.ACCEPTED),
    "read only": (lambda text: text.replace(",100.00,20.00", ",(read only),20.00"), Reading.LOCKED),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_reader_sees_what_canvas_would_do(small: Class, kind: str) -> None:
    """What an importer does without a word has a name here."""
    fault, reading = FAULTS[kind]
    small.canvas.scores = {7000: "50.00"}
    before = small.canvas.gradebook().decode().replace(canvases.User(1, ODD[0]).name, "X")
    after = fault(before)
    assert after != before

    readings = rules.gradebook(after.encode(), small.canvas.state())

    assert reading in readings.values()
    if kind == "a comma for thousands":
        small.canvas.upload(after.encode())
        assert gradebook.number_in(small.canvas.scores[7000]) == Decimal("1.000")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (lambda text: text.replace("Mini (5501)", "Mini (1)"), "would make one"),
        (lambda text: text.replace("SIS Login ID,", ""), "no Section|first line"),
        (lambda text: text.replace("Student,ID", "Alumno,ID"), "first line"),
        (lambda text: text + '"', "not a readable CSV"),
    ],
)
def test_table_that_canvas_refuses_is_refused(small: Class, fault, told: str) -> None:  # type: ignore[no-untyped-def]
    """As a whole: nothing of it would be imported."""
    with pytest.raises(Refusal, match=told):
        rules.gradebook(fault(small.canvas.gradebook().decode()).encode(), small.canvas.state())


def test_writer_that_shifts_a_column_is_seen(small: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault, planted: the reader doesn't believe what was written, it reads it."""
    replaced = cells.replaced
    monkeypatch.setattr(cells, "replaced", lambda text, new: replaced(text, {}))

    done = small.send(small.marks({small.canvas.users[0]: 5.0}))

    assert done.grades["al-7000"] is not Fate.ACCEPTED


@pytest.mark.slow
def test_class_goes_from_canvas_to_canvas_by_the_real_commands(tmp_path: Path) -> None:
    """Download, zip_collect, grade, return; the grades are in Canvas, the pages are their learners'."""
    course = mini.write(tmp_path / "course")
    downloads = Downloads(course)
    release(course, "mini")
    users = [User(7000 + n, f"Pérez, {name.title()}", name) for n, name in enumerate(week.CLASS)]
    canvas = Canvas(users, maximum="100.00")
    texts = {name: week.text(course, *answers).encode() for name, answers in week.CLASS.items()}
    submissions = [
        Submission(user, {900 + n: ("mini.ipynb", texts[user.login])}) for n, user in enumerate(users)
    ]
    downloads.students(
        "\n".join(["id,first_name,last_name", *(f"{user.login},,Pérez" for user in users), ""])
    )
    downloads.put("submissions.zip", packed(*submissions))
    downloads.put("gradebook.csv", canvas.gradebook())

    for words in (
        ("nbgrader", "zip_collect", "mini", "--force"),
        ("torchaula", "grade", "mini"),
        ("torchaula", "return", "mini", "--to", "canvas"),
    ):
        done = programs.run(*words, cwd=course.root)
        assert done.returncode == 0, done.stdout + done.stderr

    canvas.upload((course.grades / "mini-canvas.csv").read_bytes())
    assert {user.login: float(canvas.scores[user.number]) for user in users} == {
        name: points * 10 for name, points in week.POINTS.items()
    }
    with ZipFile(course.grades / "mini-canvas-feedback.zip") as archive:
        whose = rules.pages(
            archive.namelist(), canvas.state({900 + n: user.number for n, user in enumerate(users)})
        )
        assert sorted(whose.values()) == [str(user.number) for user in users]
    assert "Upload Submissions" in done.stdout and "mini.ipynb" in done.stdout


def test_refusal_of_the_command_is_one_line(tmp_path: Path) -> None:
    """Without Canvas' gradebook the command says what to do, and ends with 2."""
    course = mini.write(tmp_path / "course")

    done = programs.run("torchaula", "return", "mini", "--to", "canvas", cwd=course.root)

    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
