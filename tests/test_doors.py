"""The shipped course through nbgrader's own doors: the points of `torchaula grade`, or a clear refusal."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.utils import notebook_hash

from tests import ledgers, mini, programs, pupils, shipped, week
from tests.test_formgrader import CHROMIUM, QUIET, jupyter_lab
from tests.test_odd_files import make_sparse
from tests.test_release import nbgrader
from torchaula.authoring.release import files, release
from torchaula.classroom.gradebook import gradebook
from torchaula.course.layout import Course, find

SHIPPED = pytest.mark.sampled(1, "nbgrader's commands on an assignment that ships")
SMALL = pytest.mark.slow

CLASS = ("referencia", "carla", "vacio", "elena")  # all right, in between (and late), nothing, graded by hand
DEADLINE = 'c.LateWork.deadlines = {"mlp": "2026-10-05 23:59 Europe/Madrid"}'
BELIEVE = "c.LateWork.believe_timestamp_files = True"
LATE, SECRET = "2026-10-06 22:10:00.123456 UTC", "5" * 128
HIDDEN = "# Pruebas ocultas: valores (5 puntos)"
MANUAL = ("linear-valores", "mlp", "mlp", "elena")


def written(root: Path) -> Course:
    """The shipped course, and a class that handed in `mlp` through the exchange."""
    course = shipped.write(root, DEADLINE, BELIEVE)
    shipped.hand_in(course, "mlp", *CLASS)
    for number, student in enumerate(CLASS):
        folder = course.submitted / student / "mlp"
        time = LATE if student == "carla" else "2026-10-01 10:00:00.5 UTC"
        (folder / "timestamp.txt").write_text(time)
        (folder / "submission_secret.txt").write_text(str(number) * 128)
    return course


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The class before anything was graded. Copy it to change it."""
    return written(tmp_path_factory.mktemp("fresh") / "course")


@pytest.fixture(scope="module")
def graded(fresh: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The class after `torchaula grade`, and after a person graded a cell. Copy it to change it."""
    course = mini.copy(fresh, tmp_path_factory.mktemp("graded") / "course")
    mini.grade(course, "mlp")
    with gradebook.opened(course) as book:
        grade = book.find_grade(*MANUAL)
        grade.manual_score, grade.extra_credit = 1.5, 0.5
        book.find_comment("linear", *MANUAL[1:]).manual_comment = "¡Ánimo!"
        book.db.commit()
    mini.grade(course, "mlp", "elena", force=True)  # as stock nbgrader does, this asks for another look
    return course


def change_test(course: Course) -> None:
    """Mend a hidden test of `mlp`: what a right answer gives stays the same."""
    path = course.notebook("mlp")
    text = path.read_text(encoding="utf-8")
    assert HIDDEN in text
    path.write_text(text.replace(HIDDEN, f"{HIDDEN}."), encoding="utf-8")


def copies(course: Course, assignment: str = "mlp") -> dict[str, bytes]:
    """Every file of the graded copies of an assignment."""
    folders = course.autograded.glob(f"*/{assignment}")
    return {
        f"{place.parent.name}/{name}": (place / name).read_bytes()
        for place in folders
        for name in files(place)
    }


def pages(course: Course, assignment: str = "mlp") -> dict[str, str]:
    """The feedback pages of an assignment, without what tells how they were made."""
    found = course.feedback.glob(f"*/{assignment}/{assignment}.html")
    return {
        path.parts[-3]: "".join(
            line
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
            if "torchaula-key" not in line
        )
        for path in found
    }


@SHIPPED
def test_never_graded_class(fresh: Course, tmp_path: Path) -> None:
    """`generate_assignment` and `autograde` write the rows and copies that `torchaula grade` writes."""
    ours, theirs = mini.copy(fresh, tmp_path / "ours"), mini.copy(fresh, tmp_path / "theirs")
    released = {name: (theirs.release / name).read_bytes() for name in files(theirs.release)}

    mini.grade(ours, "mlp")
    nbgrader(theirs, "generate_assignment", "mlp", "--force")
    nbgrader(theirs, "autograde", "mlp")

    rows = ledgers.rows(ours)
    assert rows == ledgers.rows(theirs)
    assert rows["submission", "mlp", "referencia"][1] == 100
    assert rows["submission", "mlp", "carla"][2] > 0
    assert copies(ours) == copies(theirs)
    assert released == {name: (theirs.release / name).read_bytes() for name in files(theirs.release)}


@SHIPPED
def test_class_that_we_graded(graded: Course, tmp_path: Path) -> None:
    """`autograde --force` and `generate_feedback` change no row, copy or page, with late and manual work."""
    course = mini.copy(graded, tmp_path / "course")
    before = ledgers.rows(course), copies(course), pages(course)

    nbgrader(course, "autograde", "mlp", "--force")
    nbgrader(course, "generate_feedback", "mlp", "--force")

    assert before[0]["grade", "mlp", "elena", "linear-valores"][1:3] == (1.5, 0.5)
    assert (ledgers.rows(course), copies(course), pages(course)) == before


@pytest.mark.parametrize("remedy", ["torchaula grade mlp --yes", "nbgrader generate_assignment mlp --force"])
@SHIPPED
def test_class_whose_test_was_mended(graded: Course, tmp_path: Path, remedy: str) -> None:
    """`autograde` refuses and deletes nothing; after either remedy that it names, it grades as we do."""
    ours, theirs = mini.copy(graded, tmp_path / "ours"), mini.copy(graded, tmp_path / "theirs")
    for course in (ours, theirs):
        change_test(course)
    before = ledgers.rows(theirs), copies(theirs)

    told = nbgrader(theirs, "autograde", "mlp", "--force", check=False)

    assert (ledgers.rows(theirs), copies(theirs)) == before
    assert remedy.removesuffix(" --yes") in told
    assert "Traceback" not in told
    program, *words = remedy.split()
    if program == "nbgrader":
        nbgrader(theirs, *words)
    else:
        mini.grade(theirs, "mlp")
    nbgrader(theirs, "autograde", "mlp", "--force")
    nbgrader(theirs, "generate_feedback", "mlp", "--force")
    mini.grade(ours, "mlp")
    assert ledgers.rows(ours) == ledgers.rows(theirs)
    assert copies(ours) == copies(theirs)
    assert pages(ours) == pages(theirs)


@SHIPPED
def test_class_whose_deadline_changed(graded: Course, tmp_path: Path) -> None:
    """`autograde` takes no points for another deadline: it refuses until `torchaula grade` has asked."""
    course = mini.copy(graded, tmp_path / "course")
    config = course.config.read_text(encoding="utf-8")
    course.config.write_text(config.replace("2026-10-05 23:59", "2026-09-05 23:59"), encoding="utf-8")
    before = ledgers.rows(course), copies(course)

    told = nbgrader(course, "autograde", "mlp", "--force", check=False)

    assert (ledgers.rows(course), copies(course)) == before
    assert "torchaula grade mlp" in told and "Traceback" not in told
    mini.grade(course, "mlp")
    asked = ledgers.rows(course)
    assert asked["submission", "mlp", "referencia"][2] > 0
    nbgrader(course, "autograde", "mlp", "--force")
    assert ledgers.rows(course) == asked


@SHIPPED
def test_class_that_nbgrader_graded(fresh: Course, tmp_path: Path) -> None:
    """Points by hand and more time, given after nbgrader graded late work, keep no command from grading."""
    course = mini.copy(fresh, tmp_path / "course")
    nbgrader(course, "generate_assignment", "mlp", "--force")
    nbgrader(course, "autograde", "mlp")
    with gradebook.opened(course) as book:
        book.find_grade("linear-valores", "mlp", "mlp", "carla").manual_score = 1.0
        book.db.commit()
    pupils.command(course, "extend", "mlp", "carla", "2d")

    nbgrader(course, "autograde", "mlp", "--force")

    rows = ledgers.rows(course)
    assert rows["submission", "mlp", "carla"][2] == 0
    assert rows["grade", "mlp", "carla", "linear-valores"][1] == 1.0
    pupils.command(course, "grade", "mlp")
    assert ledgers.rows(course) == rows


ODD_FILES: dict[str, Callable[[Path], object]] = {
    "a folder called timestamp.txt": lambda folder: (folder / "timestamp.txt").mkdir(),
    "a folder called submission_secret.txt": lambda folder: (folder / "submission_secret.txt").mkdir(),
    "a pipe": lambda folder: os.mkfifo(folder / "datos.bin"),
    "a sparse file of 60 GB": lambda folder: make_sparse(folder / "datos.bin"),
    "a pipe as timestamp": lambda folder: os.mkfifo(folder / "timestamp.txt"),
    "a link as secret": lambda folder: (folder / "submission_secret.txt").symlink_to("/etc/hostname"),
}


@pytest.mark.parametrize("odd", ODD_FILES)
@SMALL
def test_odd_companion_costs_nobody_else(tmp_path: Path, odd: str) -> None:
    """What stands beside a notebook stops neither door, and is copied nowhere if it is no ordinary file."""
    course = mini.write(tmp_path / "course")
    release(course, "mini")
    for student in ("ana", "bea"):
        week.hand_in(course, student)
    ODD_FILES[odd](course.submitted / "bea" / "mini")

    nbgrader(course, "generate_assignment", "mini", "--force")
    told = nbgrader(course, "autograde", "mini", check=False)
    graded = mini.grade(course)

    assert "Traceback" not in told
    assert ("submission", "mini", "ana") in ledgers.rows(course)
    assert graded["ana"].graded
    for path in course.autograded.glob("*/mini/*"):
        assert path.is_file() and not path.is_symlink() and path.stat().st_size < 2**20


@SMALL
def test_notebooks_that_nbgrader_does_not_see_are_named(tmp_path: Path) -> None:
    """Where `torchaula grade` finds a notebook and nbgrader doesn't, `autograde` says so, and ends with 1."""
    course = mini.write(tmp_path / "course")
    release(course, "mini")
    for student in ("ana", "bea", "carlos"):
        week.hand_in(course, student)
    (course.submitted / "bea" / "mini").rename(course.submitted / "bea" / "MINI")
    place = course.submitted / "carlos" / "mini"
    (place / "mini.ipynb").rename(place / "mini.ipynb.txt")
    nbgrader(course, "generate_assignment", "mini", "--force")

    told = nbgrader(course, "autograde", "mini", check=False)

    assert "bea: nbgrader grades mini/mini.ipynb alone" in told
    assert "carlos: nbgrader grades mini/mini.ipynb alone" in told
    assert {name.name for name in course.autograded.iterdir() if name.is_dir()} == {"ana"}


@SMALL
def test_unknown_to_the_gradebook(graded: Course, tmp_path: Path) -> None:
    """With the gradebook moved away, `autograde --force` says what to run and deletes no graded copy."""
    course = mini.copy(graded, tmp_path / "course")
    course.gradebook.rename(course.root / "gradebook.db.old")
    before = copies(course)

    told = nbgrader(course, "autograde", "mlp", "--force", check=False)

    assert copies(course) == before
    assert "nbgrader generate_assignment mlp" in told
    nbgrader(course, "generate_assignment", "mlp", "--force")
    nbgrader(course, "autograde", "mlp", "--force")
    assert set(copies(course)) == set(before)


@pytest.mark.parametrize("assignment", ["tensores", "cnn"])
@SMALL
def test_other_assignments(tmp_path: Path, assignment: str) -> None:
    """`autograde` and `generate_feedback` of the other shipped assignments change nothing that we wrote."""
    course = shipped.write(tmp_path / "course")
    shipped.hand_in(course, assignment, "referencia", "irene")
    mini.grade(course, assignment)
    before = ledgers.rows(course), copies(course, assignment), pages(course, assignment)
    nbgrader(course, "export", "--to=ours.csv")

    nbgrader(course, "autograde", assignment, "--force")
    nbgrader(course, "generate_feedback", assignment, "--force")

    nbgrader(course, "export", "--to=theirs.csv")

    assert before[0]["submission", assignment, "referencia"][1] == 100
    assert (ledgers.rows(course), copies(course, assignment), pages(course, assignment)) == before
    assert (course.root / "ours.csv").read_bytes() == (course.root / "theirs.csv").read_bytes()


@SMALL
def test_export(graded: Course, tmp_path: Path) -> None:
    """`nbgrader export` has the gradebook's points of everybody, whichever door graded them last."""
    course = mini.copy(graded, tmp_path / "course")

    nbgrader(course, "export", "--to=ours.csv")
    nbgrader(course, "autograde", "mlp", "--force")
    nbgrader(course, "export", "--to=theirs.csv")

    told = (course.root / "ours.csv").read_text(encoding="utf-8")
    assert told == (course.root / "theirs.csv").read_text(encoding="utf-8")
    rows = {row["student_id"]: row for row in csv.DictReader(told.splitlines())}
    assert set(rows) == set(CLASS)
    assert rows["referencia"]["score"] == "100.0"
    assert float(rows["carla"]["score"]) < float(rows["carla"]["raw_score"])


@SMALL
def test_what_can_not_be_graded_is_one_line(graded: Course, tmp_path: Path) -> None:
    """`autograde` names files that are no notebook or called otherwise, and touches nothing of theirs."""
    course = mini.copy(graded, tmp_path / "course")
    (course.submitted / "vacio" / "mlp" / "mlp.ipynb").write_text("{")
    carla = course.submitted / "carla" / "mlp" / "mlp.ipynb"
    carla.rename(carla.with_name("mlp (1).ipynb"))
    shipped.hand_in(course, "mlp", "roto")
    before = ledgers.rows(course), copies(course)

    told = nbgrader(course, "autograde", "mlp", "--force", check=False)

    assert (ledgers.rows(course), copies(course)) == before
    assert "vacio: not valid JSON at line 1" in told and "roto: not valid JSON" in told
    assert "carla: nbgrader grades mlp/mlp.ipynb alone" in told
    assert "Traceback" not in told and "some could not be graded" not in told


@SMALL
def test_another_course_in_the_home_folder(graded: Course, tmp_path: Path) -> None:
    """A configuration at home that names another course sends no command there."""
    course, other = mini.copy(graded, tmp_path / "course"), tmp_path / "other"
    home = tmp_path / "home" / ".jupyter"
    home.mkdir(parents=True)
    (other / "source").mkdir(parents=True)
    lines = (
        f"c.CourseDirectory.root = {str(other)!r}",
        f"c.CourseDirectory.db_url = 'sqlite:///{other}/gradebook.db'",
        "c.CourseDirectory.submitted_directory = 'entregas'",
        "c.CourseDirectory.course_id = 'other'",
    )
    (home / "nbgrader_config.py").write_text("\n".join(lines))
    before = ledgers.rows(course)

    nbgrader(course, "autograde", "mlp", "--force", home=home.parent)

    assert files(other) == set()
    assert ledgers.rows(course) == before


@SMALL
def test_validate_is_refused(graded: Course) -> None:
    """`nbgrader validate` would run a learner's code unconfined: one line, and nothing runs."""
    path = graded.submitted / "referencia" / "mlp" / "mlp.ipynb"

    told = nbgrader(graded, "validate", str(path), check=False)

    refusals = [line for line in told.splitlines() if line.startswith("torchaula: ")]
    assert len(refusals) == 1
    assert "unconfined" in refusals[0] and "torchaula grade" in refusals[0]
    assert "Traceback" not in told and "Success" not in told


@SMALL
def test_generate_solution(tmp_path: Path) -> None:
    """What runs the instructor's own code still does."""
    course = mini.write(tmp_path / "course")
    nbgrader(course, "generate_assignment", "mini")

    nbgrader(course, "generate_solution", "mini")

    assert "return 2 * x" in (course.root / "solution" / "mini" / "mini.ipynb").read_text(encoding="utf-8")


# The exchange


def exchange(course: Course, command: str, *words: str, at: Path, student: str = "") -> str:
    """Run one of nbgrader's commands as a learner does, from a folder of their own."""
    program = ["nbgrader", command, "mlp", "--course=torchaula", *words]
    program += [f"--Exchange.root={course.state / 'exchange'}", f"--Exchange.cache={at / 'cache'}"]
    program += [f"--CourseDirectory.student_id={student}"] if student else []
    at.mkdir(exist_ok=True)
    done = programs.run(*program, cwd=at, env=os.environ | {"HOME": str(at)})
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("door", ["torchaula", "nbgrader"])
@SMALL
def test_exchange_there_and_back(tmp_path: Path, door: str) -> None:
    """Release, fetch, submit, collect, grade by either door, release the feedback, fetch it."""
    course = shipped.write(tmp_path / "course")
    (course.state / "exchange").mkdir(parents=True)
    nbgrader(course, "generate_assignment", "mlp", "--force")
    nbgrader(course, "release_assignment", "mlp")
    for student in ("ana", "bea"):
        exchange(course, "fetch_assignment", at=tmp_path / student)
        shutil.copy(fetched(tmp_path / student), tmp_path / f"{student}-released.ipynb")
        handed_in = "referencia" if student == "ana" else "vacio"
        fetched(tmp_path / student).write_text(shipped.sample("mlp")[handed_in], encoding="utf-8")
        exchange(course, "submit", at=tmp_path / student, student=student)
    nbgrader(course, "collect", "mlp")

    if door == "torchaula":
        mini.grade(course, "mlp")
    else:
        nbgrader(course, "autograde", "mlp")
        nbgrader(course, "generate_feedback", "mlp")
    nbgrader(course, "release_feedback", "mlp")

    assert (tmp_path / "ana-released.ipynb").read_bytes() == course.released("mlp").read_bytes()
    for student in ("ana", "bea"):
        exchange(course, "fetch_feedback", at=tmp_path / student, student=student)
        [page] = (tmp_path / student / "mlp" / "feedback").glob("*/mlp.html")
        assert page.read_bytes() == (course.feedback / student / "mlp" / "mlp.html").read_bytes()


def fetched(home: Path) -> Path:
    """The notebook that a learner fetched."""
    return home / "mlp" / "mlp.ipynb"


def released(course: Course) -> int:
    """How many feedback pages the exchange has."""
    return len(list((course.state / "exchange" / "torchaula" / "feedback").glob("*.html")))


ODD: dict[str, Any] = {
    "no secret": lambda folder: (folder / "submission_secret.txt").unlink(),
    "no time": lambda folder: (folder / "timestamp.txt").unlink(),
    "an empty secret": lambda folder: (folder / "submission_secret.txt").write_text(""),
    "a secret of a megabyte": lambda folder: (folder / "submission_secret.txt").write_text("5" * 2**20),
    "a secret that is no text": lambda folder: (folder / "submission_secret.txt").write_bytes(b"\xff" * 128),
    "a secret that can be guessed": lambda folder: (folder / "submission_secret.txt").write_text("1234"),
}


@pytest.fixture(scope="module")
def to_release(graded: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The graded class with an exchange. Copy it to change it."""
    course = mini.copy(graded, tmp_path_factory.mktemp("exchange") / "course")
    (course.state / "exchange").mkdir()
    return course


@pytest.mark.parametrize("odd", ODD)
@SMALL
def test_feedback_of_one_without_a_secret_costs_nobody_elses(
    to_release: Course, tmp_path: Path, odd: str
) -> None:
    """`release_feedback` names and skips whose hand-in lacks what the exchange needs."""
    course = mini.copy(to_release, tmp_path / "course")
    ODD[odd](course.submitted / "carla" / "mlp")
    mini.grade(course, "mlp")

    told = nbgrader(course, "release_feedback", "mlp")

    assert "carla" in told and "Traceback" not in told
    assert released(course) == len(CLASS) - 1


@SMALL
def test_two_with_the_same_secret(to_release: Course, tmp_path: Path) -> None:
    """A secret is a file that a learner writes: of two with the same one neither's feedback is released."""
    course = mini.copy(to_release, tmp_path / "course")
    nbgrader(course, "release_feedback", "mlp")
    assert released(course) == len(CLASS)
    stolen = (course.submitted / "vacio" / "mlp" / "submission_secret.txt").read_bytes()
    (course.submitted / "elena" / "mlp" / "submission_secret.txt").write_bytes(stolen)
    mini.grade(course, "mlp")

    told = nbgrader(course, "release_feedback", "mlp")
    alone = nbgrader(course, "release_feedback", "mlp", "--student=elena", check=False)

    assert "elena" in told and "vacio" in told
    shared = notebook_hash(secret=stolen.decode(), notebook_id="mlp")
    assert not list((course.state / "exchange").rglob(f"{shared}.html"))
    assert "failed" in alone


# The formgrader


@pytest.fixture
def clicked(to_release: Course, tmp_path: Path) -> Iterator[Course]:
    """The graded class, to change; no process of it is left."""
    yield mini.copy(to_release, tmp_path / "course")


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@SMALL
def test_formgrader_buttons(clicked: Course, tmp_path: Path) -> None:
    """Autograde, Generate Feedback and Release Feedback, clicked, change no row and release that page."""
    from playwright.sync_api import sync_playwright

    before = ledgers.rows(clicked), copies(clicked), pages(clicked)
    home = tmp_path / "home"
    home.mkdir()

    with jupyter_lab(clicked.root, home) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        page.goto(url, timeout=60_000)  # logs the browser in
        page.goto(f"{url.partition('?')[0]}/formgrader/manage_submissions/mlp", timeout=60_000)
        for button, done in (
            ("autograde", "Successfully autograded"),
            ("generate-feedback", "Successfully generated feedback"),
            ("release-feedback", "Successfully released feedback"),
        ):
            page.click(f"tr:has-text('carla') td.{button} a", timeout=60_000)
            page.wait_for_selector(f"text={done}", timeout=120_000)
            page.screenshot(path=tmp_path / f"{button}.png", full_page=True)
            page.click(".modal.in button.close", timeout=60_000)
            page.wait_for_selector(".modal", state="detached", timeout=60_000)
        browser.close()

    assert (ledgers.rows(clicked), copies(clicked), pages(clicked)) == before
    assert released(clicked) == 1


@SMALL
def test_folders_of_course_data_are_there() -> None:
    """A fresh clone has the folders of course data, each with a README."""
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=shipped.ROOT, capture_output=True, text=True, check=True
    ).stdout

    for folder in ("submitted", "autograded", "feedback"):
        assert f"{folder}/README.md" in tracked.splitlines()
    assert find(shipped.ROOT).assignments
