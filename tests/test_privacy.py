"""`forget` and `purge` leave nothing of whom they remove, and touch nothing of anybody else."""

from __future__ import annotations

import csv
import html
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.utils import notebook_hash

from tests import canvases, ledgers, mini, pupils, week
from tests.canvases import Course as Canvas
from tests.canvases import Submission, User
from tests.test_moodle import FOLDER, spanish, zipped
from tests.test_release import nbgrader
from torchaula import doctor
from torchaula.authoring.release import release
from torchaula.classroom.gradebook import gradebook, locks
from torchaula.classroom.intake import archives
from torchaula.classroom.privacy import forgetting, purging, traces
from torchaula.classroom.privacy.forgetting import Plan
from torchaula.classroom.privacy.mentions import Mentions
from torchaula.classroom.privacy.people import Identity
from torchaula.course.layout import Course
from torchaula.errors import Refusal

ODD = "zoë_o'hara+x 7"  # as an id may be
STUDENTS = f"""id,first_name,last_name,email,lms_user_id
ana,Ana,García López,ana@uni.es,7001
anabel,Anabel,García López,anabel@uni.es,
"{ODD}",Zoë Quetzal,"O'Hara, Íñiguez",zquetzal@uni.es,887766
bea,Bea,Núñez,bea@uni.es,
dora,Dora,Nada,dora@uni.es,
"""
# What tells of each, however a file writes it; for `ana`, whole words.
OF_ODD = (ODD, "Zoë Quetzal", "O'Hara, Íñiguez", "O'Hara", "zquetzal", "887766", "oharaíñiguezzoëquetzal")
OF_ANA = (r"ana", r"Ana García López", r"ana@uni\.es", "7001", "garcíalópezana")
PEOPLE = {"101": "Ana García López", "102": "Anabel García López", "103": "Zoë Quetzal O'Hara, Íñiguez"}
MAIL = {"101": "ana@uni.es", "102": "anabel@uni.es", "103": "zquetzal@uni.es"}
ANSWERS = {"101": ("2 * x", "x + 1"), "102": ("x + x", None), "103": ("2.0 * x", "1 + x")}
# Of each in Canvas: the user's id, sortable name and login. What two hold is in students.csv.
USERS = (
    (7001, "García López, Ana", ""),
    (7002, "García López, Anabel", "anabel"),
    (887766, "O'Hara, Íñiguez, Zoë Quetzal", ""),
    (7004, "Núñez, Bea", "bea@uni.es"),
)
ATTEMPT = "Mi mini_{}_attempt_2026-10-04-10-00-00_mini.ipynb"
METADATA = "submission_metadata.yml"
LIST = """---
submission_11:
  :submitters:
  - :name: Ana García López
    :sid: '7001'
    :email: ana@uni.es
  :created_at: 2026-10-04 10:00:00.123456000 +02:00
  :score: !ruby/object:BigDecimal 27:0.1e1
submission_12:
  :submitters:
  - :name: Anabel García López
    :sid: ''
    :email: anabel@uni.es
  :history:
  - :id: 1
    :submitters:
    - :name: Anabel García López
submission_13:
  :submitters:
  - :name: Zoë Quetzal O'Hara, Íñiguez
    :sid: '887766'
    :email: zquetzal@uni.es
  :created_at: 2026-10-04 10:00:00.123456000 +02:00
submission_14:
  :submitters:
  - :name: Bea Núñez
  - :name: Zoë Quetzal O'Hara, Íñiguez
    :email: zquetzal@uni.es
  - :name: Ana García López
"""
SECRETS = {"ana": "a" * 128, "bea": "b" * 128, ODD: "z" * 128}
OLD, NEW = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)


def downloaded(course: Course) -> Path:
    """Moodle's download of `mini`: three people, what one packed, and the worksheet."""
    archive = course.root / "downloaded" / "mini" / "archive"
    archive.mkdir(parents=True)
    files = {
        FOLDER.format(f"{name.replace(chr(39), '')}_{number}", "mini.ipynb"): week.text(
            course, *ANSWERS[number]
        )
        for number, name in PEOPLE.items()
    }
    files[FOLDER.format("Anabel García López_102", "notas.txt")] = "mis notas"
    packed = {name: text.encode() for name, text in files.items()}
    packed[FOLDER.format("Zoë Quetzal OHara, Íñiguez_103", "más.zip")] = zipped({"zquetzal.txt": b"zquetzal"})
    (archive / "Torch-Mini-55.zip").write_bytes(zipped(packed))
    rows = [(n, name, "", MAIL[n], "lunes, 5 de octubre de 2026, 09:59") for n, name in PEOPLE.items()]
    (archive / "Grades-Torch-Mini-55.csv").write_bytes(spanish(*rows))
    return archive


def from_elsewhere(course: Course, archive: Path) -> None:
    """What Canvas, Gradescope and Blackboard would have of the same class, downloaded and unpacked."""
    users = [User(number, name, login) for number, name, login in USERS]
    canvas = Canvas(users)
    answers = {
        user.number: week.text(course, *ANSWERS[number]) for user, number in zip(users, ANSWERS, strict=False)
    }
    files = [
        Submission(user, {900 + n: ("mini.ipynb", answers[user.number].encode())}, is_late=n == 2)
        for n, user in enumerate(users)
        if user.number in answers
    ]
    files[0] = replace(files[0], files=files[0].files | {950: ("notas.zip", zipped({"n.txt": b"n"}))})
    (archive / "submissions.zip").write_bytes(canvases.packed(*files))
    (archive / "2026-10-05T1000_Grades-TORCH.csv").write_bytes(canvas.gradebook())
    root = "assignment_5_export"
    whose = {11: "ana", 12: "anabel", 13: ODD, 14: "a group"}
    folders = {f"{root}/submission_{n}/mini.ipynb": f"# {each}".encode() for n, each in whose.items()}
    (archive / "gradescope.zip").write_bytes(zipped(folders | {f"{root}/{METADATA}": LIST.encode()}))
    names = dict.fromkeys(map(ATTEMPT.format, ("ana", "anabel", ODD)), b"{}")
    texts = {name.replace("_mini.ipynb", ".txt"): f"Name: {name}".encode() for name in names}
    (archive / "gradebook_TORCH.zip").write_bytes(zipped(names | texts))
    for name in ("submissions", "gradescope", "gradebook_TORCH"):
        failed = archives.unpack_download(archive / f"{name}.zip", archive.parent / "extracted" / name)
        assert not failed


def through_exchange(course: Course) -> None:
    """Hand in `otra` as nbgrader's exchange does."""
    inbound = course.state / "exchange" / "torchaula" / "inbound"
    for student, secret in SECRETS.items():
        folder = course.submitted / student / "otra"
        folder.mkdir(parents=True, exist_ok=True)
        answers = "2.0 * x" if student == "bea" else "x * 2", "1 + x"
        (folder / "otra.ipynb").write_text(
            week.text(course, *answers).replace("mini", "otra"), encoding="utf-8"
        )
        (folder / "timestamp.txt").write_text("2026-10-01 10:00:00.5 UTC")
        (folder / "submission_secret.txt").write_text(secret)
        shutil.copytree(folder, inbound / f"{student}+otra+2026-10-01 10:00:00.5 UTC+x")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Two assignments, graded by the commands, with all that a term leaves. Copy it to change it."""
    course = mini.write(tmp_path_factory.mktemp("privacy") / "course")
    text = course.notebook("mini").read_text(encoding="utf-8")
    (course.source / "otra").mkdir()
    (course.source / "otra" / "otra.ipynb").write_text(text.replace("mini", "otra"), encoding="utf-8")
    (course.root / "students.csv").write_text(STUDENTS, encoding="utf-8")
    release(course, "mini")
    archive = downloaded(course)
    nbgrader(course, "zip_collect", "mini", "--force")
    from_elsewhere(course, archive)
    pupils.write(course, "bea", week.text(course, *ANSWERS["103"]))
    through_exchange(course)
    pupils.command(course, "grade", "mini", "otra")
    with gradebook.opened(course) as book:
        for student in (ODD, "bea"):
            book.find_comment("double", "mini", "mini", student).manual_comment = "¡Ánimo!"
            book.find_grade("double-valores", "mini", "mini", student).manual_score = 1.5
        book.db.commit()
    pupils.command(course, "extend", "mini", "dora", "none", code=0)
    pupils.command(course, "grade", "mini", "otra", "--yes")
    for platform, code in (("moodle", 1), ("canvas", 0)):  # bea is not in Moodle's worksheet
        pupils.command(course, "return", "mini", "--to", platform, code=code)
    nbgrader(course, "release_feedback", "otra", check=False)
    nbgrader(course, "export")
    shutil.copy(course.gradebook, course.root / "gradebook.db.old")
    (course.grades / ".ipynb_checkpoints").mkdir()
    shutil.copy(course.grades / "mini.csv", course.grades / ".ipynb_checkpoints" / "mini-checkpoint.csv")
    (course.state / "results" / "mini" / f".{ODD}.json.new").write_text(ODD)
    return course


@pytest.fixture
def course(graded: Course, tmp_path: Path) -> Course:
    """A copy of it, with the times of its files."""
    return mini.copy(graded, tmp_path / "course")


def contents(root: Path) -> Iterator[tuple[str, bytes]]:
    """The name and content of every file, folder and link below, and of every member of a zip."""
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink() or path.is_dir():
            yield name, str(path.readlink()).encode() if path.is_symlink() else b""
        else:
            yield name, path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as pack:
                    yield from ((f"{name}!{each.filename}", pack.read(each)) for each in pack.infolist())


def ways(text: str) -> set[bytes]:
    """A text in every form in which a file of a course may have it."""
    forms = {text, unicodedata.normalize("NFD", text), text.replace("'", "")}
    forms |= {html.escape(form) for form in forms} | {json.dumps(form)[1:-1] for form in forms}
    return {form.encode(code, "ignore") for form in forms for code in ("utf-8", "latin-1", "utf-16-le")}


def naming(course: Course, texts: Iterable[str]) -> list[str]:
    """The files in which any of these texts occurs, in name or content, whatever the case."""
    wanted = {way.lower() for text in texts for way in ways(text)}
    return [
        name
        for name, content in contents(course.root)
        if any(way in name.encode().lower() or way in content.lower() for way in wanted)
    ]


def naming_words(course: Course, words: Iterable[str]) -> list[str]:
    """The files in which any of these expressions is a word, in name or content."""
    inside = "".join(map(re.escape, "áéíóúñü"))
    pattern = re.compile(rf"(?<![\w{inside}])(?:{'|'.join(words)})(?![\w{inside}])")
    found = []
    for name, content in contents(course.root):
        if pattern.search(name.replace("_", " ")) or pattern.search(content.decode("utf-8", "replace")):
            found.append(name)
    return found


# Whatever has an owner; what of it is the whole class's, or was left unfinished.
PARTS = re.compile(r"(submitted|autograded|feedback|source|\.torchaula/results)/|.*(!|/extracted/)", re.S)
NOT_KEPT = re.compile(rf".*(\.csv|\.new|{METADATA})", re.S)


def kept(course: Course, *gone: str) -> dict[str, object]:
    """What others have: rows of the gradebook, files, copies, pages, records, members of archives."""
    rows = ledgers.rows(course).items()
    found: dict[str, object] = {str(key): value for key, value in rows if not set(gone) & set(key)}
    names = [rf"[/!]{re.escape(each)}([/.]|$)" for each in gone]
    theirs = re.compile("|".join([r"(?!)", *names, *map(number, gone)]))
    for name, content in contents(course.root):
        if PARTS.match(name) and not theirs.search(name) and not NOT_KEPT.fullmatch(name):
            found[name] = content
    return found


# How platforms' tables call each.
ROWS = {"ana": ("Participante101", "7001"), ODD: ("Participante103", "887766"), "bea": ("7004",)}


def number(student: str) -> str:
    """What platforms call a student in the names of files."""
    moodle, canvas, gradescope = {"ana": (101, 7001, 11), ODD: (103, 887766, 13)}.get(student, (0, 0, 0))
    return rf"_{moodle}_|_{canvas}_|submission_{gradescope}(/|$)|Mi mini_{re.escape(student)}_attempt"


def of_others(course: Course, *gone: str) -> dict[str, dict[str, str]]:
    """All tables without some students, and without what may name them."""
    theirs = {*gone, *(number for student in gone for number in ROWS.get(student, ()))}
    platforms = [*course.grades.glob("*-*.csv"), *(course.root / "downloaded").rglob("archive/*.csv")]
    own = [path for path in course.grades.glob("*.csv") if path not in platforms]
    tables = {path: pupils.table(path) for path in [*own, course.root / "grades.csv"]}
    tables |= {path: of_platform(path) for path in platforms}
    return {
        f"{path.relative_to(course.root)} {student}": {c: v for c, v in row.items() if c != "what_happened"}
        for path, table in tables.items()
        for student, row in table.items()
        if student not in theirs
    }


def of_platform(path: Path) -> dict[str, dict[str, str]]:
    """A platform's table by what it calls each person; the row of the points, by nothing."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row.get("ID") or row.get("Identificador", ""): row for row in csv.DictReader(file)}


def orphans(course: Course) -> int:
    """How many grades and comments of the gradebook and its copies belong to no submission."""
    found = 0
    for path in [course.gradebook, *(course.state / "backups").glob("*.db")]:
        with closing(sqlite3.connect(path)) as book:
            for table in ("grade", "comment"):
                of_nobody = "notebook_id not in (select id from submitted_notebook)"
                found += book.execute(f"select count(*) from {table} where {of_nobody}").fetchone()[0]
    return int(found)


def agreed(_plan: Plan) -> bool:
    """Whoever says yes to all."""
    return True


def without_odd(text: str) -> str:
    """Gradescope's list without the submission of one, and without their name in that of a group."""
    alone = text.index("submission_13")
    text = text[:alone] + text[text.index("submission_14") :]
    start = text.index("  - :name: Zoë")
    return text[:start] + text[text.index("  - :name: Ana", start) :]


@pytest.mark.slow
def test_nothing_of_a_forgotten_student_is_left(course: Course) -> None:
    """No name, content, page of a database or member of an archive has id, name, address or platform id."""
    others, rows = kept(course, ODD), of_others(course, ODD)
    assert len(naming(course, OF_ODD)) > 20

    shown = pupils.command(course, "forget", ODD, "--yes")

    assert naming(course, OF_ODD) == []
    assert kept(course, ODD) == others
    assert of_others(course, ODD) == rows
    assert orphans(course) == 0
    assert "backups" in shown
    lists = [*course.root.rglob(METADATA)]
    assert [path.read_text(encoding="utf-8") for path in lists] == [without_odd(LIST)]
    assert (course.root / "students.csv").read_text(encoding="utf-8") == "".join(
        line for line in STUDENTS.splitlines(keepends=True) if ODD not in line
    )


@pytest.mark.slow
def test_forgetting_regrades_nobody(course: Course, asked: list[int]) -> None:
    """The next grading finds everybody else graded, writes the same points, and names nobody anew."""
    others = kept(course, ODD)
    forgetting.forget(course, ODD, agreed)

    entries = mini.grade(course), mini.grade(course, "otra")

    assert not asked
    assert all(entry.graded or entry.is_missing for group in entries for entry in group.values())
    assert kept(course, ODD) == others
    assert naming(course, OF_ODD) == []


def test_name_within_another_s_name_is_another_s(course: Course) -> None:
    """`ana` goes, also from what was downloaded, and `anabel`, of the same last names, keeps all."""
    others, rows = kept(course, "ana"), of_others(course, "ana")
    assert any("anabel" in name for name in others)

    forgetting.forget(course, "ana", agreed)

    assert naming_words(course, OF_ANA) == []
    now = kept(course, "ana")
    assert {name: now.get(name) for name in others} == others
    assert of_others(course, "ana") == rows
    archive = course.root / "downloaded" / "mini" / "archive" / "Torch-Mini-55.zip"
    assert {name.split("_")[1] for name in zipfile.ZipFile(archive).namelist()} == {"102", "103"}


def test_without_a_worksheet_the_whole_name_tells_whose_an_upload_is(course: Course) -> None:
    """Of two with the same last names only the one who goes loses what was downloaded."""
    for sheet in (course.root / "downloaded").rglob("*.csv"):
        sheet.unlink()

    forgetting.forget(course, "ana", agreed)

    archive = course.root / "downloaded" / "mini" / "archive" / "Torch-Mini-55.zip"
    assert {name.split("_")[1] for name in zipfile.ZipFile(archive).namelist()} == {"102", "103"}


def test_released_page_goes_from_the_exchange(course: Course) -> None:
    """A page there has no name in it: the submission's secret tells whose it is."""
    pages = course.state / "exchange" / "torchaula" / "feedback"
    names = {student: f"{notebook_hash(secret=s, notebook_id='otra')}.html" for student, s in SECRETS.items()}
    assert {path.name for path in pages.iterdir()} == set(names.values())

    forgetting.forget(course, ODD, agreed)

    assert {path.name for path in pages.iterdir()} == {names["ana"], names["bea"]}


def test_second_run_and_typo_are_refused_with_close_names(course: Course) -> None:
    """Nothing is known of whom was forgotten, or never was there; nothing changes."""
    pupils.command(course, "forget", ODD, "--yes")
    before = dict(contents(course.root))

    again = pupils.command(course, "forget", ODD, "--yes", code=2)
    typo = pupils.command(course, "forget", "anna", "--yes", code=2)

    assert "nothing is known of" in again
    assert "'ana'" in typo
    lock = ".torchaula/lock"
    assert {k: v for k, v in contents(course.root) if k != lock} == {
        k: v for k, v in before.items() if k != lock
    }


def test_nothing_is_removed_without_a_yes(course: Course) -> None:
    """Where nobody can be asked, it is refused; at a terminal the answer counts."""
    before = kept(course)

    told = pupils.command(course, "forget", "ana", code=2)
    assert "submitted/: 1" in told and "--yes" in told
    assert week.at_terminal(course, "forget", "ana", answer="n")[0] == 2
    assert kept(course) == before

    assert week.at_terminal(course, "forget", "ana", answer="y")[0] == 0
    assert naming_words(course, OF_ANA) == []


def test_running_batch_is_waited_for(course: Course) -> None:
    """While a batch holds the course's lock, nothing is removed."""
    before = kept(course)
    with locks.alone(course):
        told = pupils.command(course, "forget", "ana", "--yes", code=2)

    assert "another batch" in told
    assert kept(course) == before


class Cut(Exception):
    """The end of a process in the middle."""


STEPS = 30


@pytest.mark.sampled(3)
@pytest.mark.parametrize("step", [0, 2, 5, 8, 11, 14, 17, 20, STEPS])
def test_cut_off_anywhere_it_is_finished_by_the_next_run(
    course: Course, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """After any number of removals, running it again leaves nothing, and others lose nothing."""
    others = kept(course, ODD)
    done: list[traces.Trace] = []
    real = traces.removed

    def cut(found: Iterable[traces.Trace]) -> list[traces.Left]:
        for trace in found:
            if len(done) == step:
                raise Cut
            done.append(trace)
            real([trace])
        raise Cut

    monkeypatch.setattr(forgetting, "removed", cut)
    with pytest.raises(Cut):
        forgetting.forget(course, ODD, agreed)
    monkeypatch.undo()

    forgetting.forget(course, ODD, agreed)

    assert naming(course, OF_ODD) == []
    assert kept(course, ODD) == others


def test_what_cannot_be_removed_is_named_and_tried_again(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another user's folder in the exchange stays, is named, and the command ends with 1."""
    from torchaula.classroom.privacy import exchange
    from torchaula.report import forgotten

    real = exchange.erase

    def refused(path: Path) -> None:
        if path.parent.name == "inbound":
            raise PermissionError(13, "Permission denied", str(path))
        real(path)

    monkeypatch.setattr(exchange, "erase", refused)
    assert not forgotten.forget(course, ODD, is_agreed=True)
    assert "inbound" in capsys.readouterr().err
    monkeypatch.undo()

    assert forgotten.forget(course, ODD, is_agreed=True)
    assert naming(course, OF_ODD) == []


# ---- others' property, and attacks


def test_links_are_removed_and_never_followed(course: Course, tmp_path: Path) -> None:
    """A learner's links to others' files and folders cost nobody anything but the link."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.txt").write_text("precious")
    theirs = course.submitted / ODD / "mini"
    (theirs / "out").symlink_to(outside)
    (theirs / "file.txt").symlink_to(outside / "precious.txt")
    (theirs / "bea").symlink_to(course.submitted / "bea")
    shutil.rmtree(course.feedback / ODD)
    (course.feedback / ODD).symlink_to(course.feedback / "bea")
    (course.root / "downloaded" / "mini" / "extracted" / ODD).symlink_to(outside)
    others = kept(course, ODD)

    forgetting.forget(course, ODD, agreed)

    assert (outside / "precious.txt").read_text() == "precious"
    assert kept(course, ODD) == others
    assert not (course.feedback / ODD).is_symlink()


def test_id_with_a_path_in_it_reaches_nothing(course: Course, tmp_path: Path) -> None:
    """The gradebook takes any text for an id; it never becomes a path."""
    outside = tmp_path / "outside"
    outside.mkdir()
    ids = ("../../outside", str(outside), "..", ".", "bea/mini")
    with gradebook.opened(course) as book:
        for id in ids:
            book.add_student(id)
    others = kept(course, *ids)

    for id in ids:
        forgetting.forget(course, id, agreed)

    assert outside.is_dir()
    assert kept(course, *ids) == others
    assert not {key for key in ledgers.rows(course) if set(ids) & set(key)}


def test_another_one_s_secret_costs_the_other_one_no_page(course: Course) -> None:
    """Who handed in a secret that is another's does not take that one's released page along."""
    pages = course.state / "exchange" / "torchaula" / "feedback"
    before = {path.name for path in pages.iterdir()}
    assert len(before) == 3
    for place in (course.submitted, course.autograded, course.feedback):
        secret = place / "ana" / "otra" / "submission_secret.txt"
        secret.unlink(missing_ok=True)
        secret.write_text(SECRETS["bea"])

    forgetting.forget(course, "ana", agreed)

    assert len({path.name for path in pages.iterdir()} & before) >= 2


def test_read_only_folders_go_too(course: Course) -> None:
    """What a learner packed without a right to write is removed all the same."""
    folder = course.submitted / ODD / "mini" / "locked"
    folder.mkdir()
    (folder / "file").write_text("x")
    folder.chmod(0o500)

    forgetting.forget(course, ODD, agreed)

    assert not (course.submitted / ODD).exists()


def test_archive_that_cannot_be_written_anew_is_refused_first(course: Course) -> None:
    """With a member of another that can't be copied, nothing at all is removed, and the file is named."""
    path = course.root / "downloaded" / "mini" / "archive" / "Torch-Mini-55.zip"
    with zipfile.ZipFile(path, "a") as pack:
        pack.writestr(FOLDER.format("Bea Núñez_104", "mini.ipynb"), b"{}" * 100, zipfile.ZIP_BZIP2)
    before = kept(course)

    with pytest.raises(Refusal, match=r"Torch-Mini-55\.zip"):
        forgetting.forget(course, ODD, agreed)

    assert kept(course) == before
    path.unlink()
    forgetting.forget(course, ODD, agreed)
    assert naming(course, OF_ODD) == []


def test_upload_that_may_be_of_two_is_refused(course: Course) -> None:
    """Where two have one name, and no worksheet tells which, a person decides."""
    with (course.root / "students.csv").open("a", encoding="utf-8") as file:
        file.write("ana2,Ana,García López,ana2@uni.es,\n")
    for sheet in (course.root / "downloaded").rglob("*.csv"):
        sheet.unlink()

    with pytest.raises(Refusal, match="ana, ana2"):
        forgetting.forget(course, "ana", agreed)


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("the same answers as ana, bea", True),
        ("as ana.", True),
        ("ana_1_11_mini.ipynb", True),
        ("ANA", True),
        ("anabel", False),
        ("diana", False),
        ("ana-maria", False),
        ("ana@otra.es", False),
        ("ana maría", False),  # another student's id
        ("maría ana", False),  # likewise
        ("(ana)", True),
        ("de ana y de maría", True),
        ("Ana  García", True),
        ("ana@uni.es", True),
    ],
)
def test_mention_is_a_whole_name(text: str, is_named: bool) -> None:
    """A part of another name or address is no mention."""
    mentions = Mentions(
        [Identity("ana", (("Ana", "García"),), ("ana@uni.es",))],
        [Identity("ana maría"), Identity("maría ana")],
    )

    assert mentions.within(text) == is_named
    assert (mentions.without(text) != text) == is_named


def test_work_of_others_that_names_them_is_told_not_changed(course: Course) -> None:
    """A classmate's text and a comment by hand stay, and are named."""
    (course.submitted / "bea" / "mini" / "gracias.txt").write_text("Con ayuda de zquetzal@uni.es")
    by_hand_comment(course, "bea", f"Compara con {ODD}")

    shown = pupils.command(course, "forget", ODD, "--yes")

    assert "submitted/bea/mini/gracias.txt" in shown
    assert "bea/mini" in shown and "formgrader" in shown


def by_hand_comment(course: Course, student: str, text: str) -> None:
    """Comment on an answer in the gradebook."""
    with gradebook.opened(course) as book:
        book.find_comment("double", "mini", "mini", student).manual_comment = text
        book.db.commit()


def test_damaged_backup_goes_as_a_whole(course: Course) -> None:
    """A copy that nobody can read can't be written anew."""
    copy = next((course.state / "backups").glob("*.db"))
    copy.write_bytes(b"SQLite format 3\0" + ODD.encode() * 100)

    forgetting.forget(course, ODD, agreed)

    assert not copy.exists()
    assert naming(course, OF_ODD) == []


def test_course_without_a_list_knows_people_by_folders(tmp_path: Path) -> None:
    """Without students.csv or gradebook, what was handed in is enough."""
    made = mini.write(tmp_path / "course")
    release(made, "mini")
    week.hand_in(made, "ana", "bea")

    forgetting.forget(made, "ana", agreed)

    assert [path.name for path in made.submitted.iterdir()] == ["bea"]


def test_stranger_is_forgotten_by_the_platform_s_name(course: Course) -> None:
    """Who is on no list, and whom only a download names, goes too."""
    archive = course.root / "downloaded" / "mini" / "archive"
    member = FOLDER.format("Nobody Knows_109", "mini.ipynb")
    (archive / "more.zip").write_bytes(zipped({member: b"{}", FOLDER.format("Bea Núñez_104", "x.txt"): b"x"}))
    register = course.state / "received" / "mini.json"
    told = json.loads(register.read_text(encoding="utf-8"))
    told["unmatched"]["Nobody Knows_109"] = "nobody in students.csv has this name"
    register.write_text(json.dumps(told), encoding="utf-8")

    forgetting.forget(course, "Nobody Knows_109", agreed)

    assert naming(course, ["Nobody Knows"]) == []
    assert len(zipfile.ZipFile(archive / "more.zip").namelist()) == 1


# ---- copies that can't be written anew, and downloads that are hard to tell apart


def test_dump_that_nobody_can_read_goes(course: Course) -> None:
    """Without `pg_restore`, or of a damaged one, nobody knows whom it has: it goes, and is counted."""
    dump = course.state / "backups" / "gradebook-20260101T000000.000000.dump"
    dump.write_bytes(b"PGDMP" + ODD.encode())
    dump.with_suffix(".secret").touch()

    assert "PostgreSQL" in pupils.command(course, "forget", ODD, "--yes")

    assert naming(course, OF_ODD) == []
    assert not dump.with_suffix(".secret").exists()


def test_doubtful_name_in_canvas_is_refused_until_its_gradebook_tells(course: Course) -> None:
    """Who imitates another's upload loses nothing by it, and costs the other one nothing."""
    archive = course.root / "downloaded" / "mini" / "archive"
    name = "garcíalópezanabel_7002_960_x_887766_961_y.ipynb"
    (archive / "more.zip").write_bytes(zipped({name: b"{}", "núñezbea_7004_962_mini.ipynb": b"{}"}))
    tables = list(archive.parent.rglob("*Grades-TORCH.csv"))
    before, kept_aside = kept(course), [path.read_bytes() for path in tables]
    for path in tables:
        path.unlink()

    with pytest.raises(Refusal, match=r"more\.zip"):
        forgetting.forget(course, ODD, agreed)

    assert kept(course) == before
    for path, content in zip(tables, kept_aside, strict=True):
        path.write_bytes(content)
    (archive / "more.zip").unlink()
    forgetting.forget(course, ODD, agreed)
    assert naming(course, OF_ODD) == []


@pytest.mark.parametrize("platform", ["Canvas", "Blackboard", "Moodle"])
def test_most_entries_say_which_platform_a_download_is_of(course: Course, platform: str) -> None:
    """A learner's name that looks like another platform's is nobody else's."""
    mine = {
        "Canvas": [f"núñezbea_7004_{n}_f.ipynb" for n in (970, 971)],
        "Blackboard": [ATTEMPT.format(f"bea{n}") for n in (1, 2)],
        "Moodle": [FOLDER.format(f"Bea Núñez_{n}", "mini.ipynb") for n in (104, 105)],
    }[platform]
    false = ATTEMPT.format(ODD) if platform != "Blackboard" else f"x_887766_1_{ATTEMPT.format('bea')}"
    inner = {"Moodle": FOLDER.format("Bea Núñez_104", false)}.get(platform, f"{mine[0]}_{false}")
    archive = course.root / "downloaded" / "mini" / "archive" / "more.zip"
    archive.write_bytes(zipped(dict.fromkeys([*mine, inner], b"bea")))
    before = zipfile.ZipFile(archive).namelist()

    forgetting.forget(course, ODD, agreed)

    assert zipfile.ZipFile(archive).namelist() == before


def test_feedback_zip_is_told_by_what_was_noted_where_downloads_are_gone(course: Course) -> None:
    """Without any table, the digest of a page says whose it is; the others' pages stay in the zip."""
    shutil.rmtree(course.root / "downloaded")
    text = (course.root / "students.csv").read_text(encoding="utf-8")
    (course.root / "students.csv").write_text(text.replace("anabel@uni.es", ""), encoding="utf-8")

    forgetting.forget(course, "anabel", agreed)

    for path in course.grades.glob("mini-*-feedback.zip"):
        assert len(zipfile.ZipFile(path).namelist()) == 2
        assert not any(
            "anabel" in name.lower() or "_7002_" in name for name in zipfile.ZipFile(path).namelist()
        )


def test_purge_takes_an_assignment_from_what_went_back(course: Course) -> None:
    """Of who is still here, the old assignment goes from tables, notes and zips of the platforms too."""
    last_term(course)
    register = course.state / "received" / "mini.json"
    told = json.loads(register.read_text(encoding="utf-8"))
    for arrival in told["arrivals"]:
        if arrival["student"] == ODD:
            arrival["time"] = OLD.isoformat()
    register.write_text(json.dumps(told), encoding="utf-8")
    with closing(sqlite3.connect(course.gradebook)) as book:
        mini_s = "assignment_id = (select id from assignment where name = 'mini')"
        book.execute(
            f"update submitted_assignment set timestamp = ? where student_id = ? and {mini_s}",
            (f"{OLD:%Y-%m-%d %H:%M:%S}.000000", ODD),
        )
        book.commit()

    purging.purge(course, day(course), agreed)

    assert (course.feedback / ODD / "otra").exists()
    still = naming(course, ("887766",))
    assert [name for name in still if not re.match(r"students\.csv|gradebook\.db|.*\.db$", name)] == []
    notes = [*(course.state / "returned").rglob("*.json")]
    assert len(notes) == 2 and not any(ODD in path.read_text(encoding="utf-8") for path in notes)


@pytest.mark.parametrize(
    ("stranger", "entry"),
    [
        ("knowsnobody_7109", "knowsnobody_7109_980_mini.ipynb"),
        ("Mi mini_1_nobodyknows", "Mi mini_1_nobodyknows_attempt_2026-10-04-10-00-00_mini.ipynb"),
    ],
)
def test_stranger_of_any_platform_is_forgotten(course: Course, stranger: str, entry: str) -> None:
    """Who is on no list goes by the name that the register of what was received has."""
    archive = course.root / "downloaded" / "mini" / "archive"
    (archive / "more.zip").write_bytes(zipped({entry: b"{}", entry.replace("nobody", "else"): b"x"}))
    register = course.state / "received" / "mini.json"
    told = json.loads(register.read_text(encoding="utf-8"))
    told["unmatched"][stranger] = "nobody in students.csv has this name"
    register.write_text(json.dumps(told), encoding="utf-8")

    forgetting.forget(course, stranger, agreed)

    assert naming(course, [stranger]) == []
    assert len(zipfile.ZipFile(archive / "more.zip").namelist()) == 1


# ---- purge


def aged(course: Course, time_of: datetime, *paths: Path) -> None:
    """Make files and folders, with all in them, as old as this."""
    for path in paths:
        for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
            os.utime(each, (time_of.timestamp(),) * 2, follow_symlinks=False)


def last_term(course: Course, *students: str) -> None:
    """Date what these handed in, and all that has no owner, in the last term."""
    register = course.state / "received" / "mini.json"
    told = json.loads(register.read_text(encoding="utf-8"))
    for arrival in told["arrivals"]:
        is_old = arrival["student"] in students
        arrival["time"] = (OLD if is_old else NEW).isoformat()
    register.write_text(json.dumps(told), encoding="utf-8")
    everybody = {student: OLD if student in students else NEW for student in ("ana", "anabel", "bea", ODD)}
    with closing(sqlite3.connect(course.gradebook)) as book:
        changed = "update submitted_assignment set timestamp = ? where student_id = ? and timestamp not null"
        for student, when in everybody.items():
            book.execute(changed, (f"{when:%Y-%m-%d %H:%M:%S}.000000", student))
        book.commit()
    inbound = course.state / "exchange" / "torchaula" / "inbound"
    for student, when in everybody.items():
        aged(course, when, *course.submitted.glob(f"{student}*"))
        for path in inbound.glob(f"{student}+otra+*"):
            path.rename(inbound / f"{student}+otra+{when:%Y-%m-%d %H:%M:%S} UTC+x")


def day(course: Course, text: str = "2026-09-01") -> purging.Day:
    """The first day of this term."""
    return purging.day(course, text)


def test_purge_forgets_last_term_and_keeps_this_one(course: Course) -> None:
    """Whose last submission is older goes with everything; the others keep rows, pages, records and files."""
    last_term(course, ODD)
    others, rows = kept(course, ODD), of_others(course, ODD)

    shown = pupils.command(course, "purge", "--before", "2026-09-01", "--yes")

    assert "Europe/Madrid" in shown
    assert naming(course, OF_ODD) == []
    assert kept(course, ODD) == others
    assert of_others(course, ODD) == rows


def test_purge_takes_an_old_assignment_of_who_is_still_here(course: Course) -> None:
    """Of bea, who handed in `otra` this term, only `mini` of the last one goes; then nothing is older."""
    last_term(course)
    aged(course, OLD, course.submitted / "bea" / "mini")
    others = kept(course, "bea")

    purging.purge(course, day(course), agreed)

    assert not (course.submitted / "bea" / "mini").exists()
    assert not (course.feedback / "bea" / "mini").exists()
    assert (course.feedback / "bea" / "otra").exists()
    assert "bea" not in pupils.table(course.grades / "mini.csv")
    assert "bea" in pupils.table(course.grades / "otra.csv")
    assert not ledgers.points(course, "mini", "bea") and ledgers.points(course, "otra", "bea")
    assert kept(course, "bea") == others
    assert "nothing is older" in pupils.command(course, "purge", "--before", "2026-09-01")


def test_purge_takes_files_without_an_owner(course: Course) -> None:
    """Downloads, logs and backups of before that day go, secrets beside them too; younger ones stay."""
    last_term(course)
    aged(course, OLD, course.root / "downloaded", course.state / "logs", course.root / "gradebook.db.old")
    backups = course.state / "backups"
    young = sorted(path.name for path in backups.iterdir())
    for suffix in (".db", ".secret"):
        shutil.copy(next(backups.glob(f"*{suffix}")), backups / f"gradebook-20260201T000000.000000{suffix}")
    others = {name: value for name, value in kept(course).items() if not name.startswith("downloaded")}

    purging.purge(course, day(course), agreed)

    assert sorted(path.name for path in backups.iterdir()) == young
    assert [path for path in (course.root / "downloaded").rglob("*") if path.is_file()] == []
    assert not list((course.state / "logs").iterdir())
    assert not (course.root / "gradebook.db.old").exists()
    assert {name: value for name, value in kept(course).items() if name in others} == others


def test_purge_keeps_who_never_handed_in_while_the_list_is_young(course: Course) -> None:
    """A new list of students is this term's; an old one goes with those who are only in it."""
    last_term(course)
    forgotten: list[tuple[str, ...]] = []

    def look(plan: Plan) -> bool:
        forgotten.append(plan.students)
        return True

    purging.purge(course, day(course), look)
    aged(course, OLD, course.root / "students.csv")
    purging.purge(course, day(course), look)

    assert forgotten == [("dora",)]
    assert "dora" not in (course.root / "students.csv").read_text(encoding="utf-8")


def test_day_that_is_none_is_refused(course: Course) -> None:
    """Another form of a date, or a day that is in no calendar, changes nothing."""
    for text in ("01/09/2026", "2026-02-30", "september", ""):
        with pytest.raises(Refusal, match="2026-09-01"):
            day(course, text)
    week.configure(course, 'c.MoodleCollector.timezone = ""')
    assert day(course).zone == ""


# ---- what leaves the machine, and who may read

TOLD = """
import os, socket, sys

def told(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.sendto") or (
        event == "socket.connect" and arguments[0].family != socket.AF_UNIX
    ):
        with open(os.environ["TOLD"], "a") as file:
            file.write(f"{event} {arguments}\\n")

sys.addaudithook(told)
"""


@pytest.mark.slow
def test_grading_asks_no_network(tmp_path: Path) -> None:
    """No process of a batch looks up a name, connects or sends; the sandbox's have no network anyway."""
    made = mini.write(tmp_path / "course")
    release(made, "mini")
    week.hand_in(made, "ana")
    (tmp_path / "sitecustomize.py").write_text(TOLD)
    told = tmp_path / "told"
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "TOLD": str(told)}
    asks = "import socket; socket.getaddrinfo('127.0.0.1', 80)"
    subprocess.run([sys.executable, "-c", asks], env=environment, check=True)
    assert told.read_text().startswith("socket.getaddrinfo")
    told.unlink()

    program = [mini.PROGRAMS / "torchaula", "--course", made.root, "grade", "mini", "--jobs", "1"]
    subprocess.run(program, env=environment, check=True, capture_output=True)

    assert (made.feedback / "ana" / "mini" / "mini.html").is_file()
    assert not told.exists(), told.read_text()


@pytest.fixture
def open_root() -> Iterator[Path]:
    """A folder that every user of this machine can reach, unlike those of other tests."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        if not all(path.stat().st_mode & stat.S_IXOTH for path in place.parents):
            pytest.skip("temporary folders are out of others' reach here")
        yield place


def test_what_is_personal_is_created_for_its_owner_alone(open_root: Path) -> None:
    """Grading makes folders of mode 0700, and files with grades of mode 0600; the doctor is content."""
    before = os.umask(0o022)
    try:
        made = mini.write(open_root / "course")
        release(made, "mini")
        pupils.command(made, "sample-class", "mini")
        for folder in made.submitted.iterdir():
            if folder.is_dir() and folder.name != "referencia":
                shutil.rmtree(folder)
        pupils.command(made, "grade", "mini")
    finally:
        os.umask(before)

    folders = (
        made.submitted,
        made.autograded,
        made.feedback,
        made.grades,
        made.state,
        made.state / "backups",
    )
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in folders} == {
        path.name: "0o700" for path in folders
    }
    files = [made.gradebook, *made.grades.glob("*"), *(made.state / "backups").glob("*")]
    files += (made.state / "results").rglob("*.json")
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in files} == {"0o600"}
    [finding] = doctor.look(made, ("privacy",))
    assert not finding.remedy

    made.feedback.chmod(0o755)
    made.gradebook.chmod(0o644)
    [finding] = doctor.look(made, ("privacy",))
    assert "chmod" in finding.remedy and "feedback" in finding.remedy and "gradebook.db" in finding.remedy
    assert "submitted" not in finding.remedy


def test_rewritten_table_keeps_the_mode_that_somebody_gave_it(course: Course) -> None:
    """An instructor who shares a table with others goes on sharing it."""
    table = course.grades / "mini.csv"
    table.chmod(0o640)

    forgetting.forget(course, ODD, agreed)

    assert stat.S_IMODE(table.stat().st_mode) == 0o640
