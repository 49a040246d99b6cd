"""The secret that hidden cells take their inputs from: made once a course, recorded, kept, told nobody."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import sqlite3
import subprocess
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning

from tests import ledgers, mini, pupils, shipped, week
from tests.test_release import nbgrader
from torchaula import doctor
from torchaula.authoring import pack
from torchaula.authoring.release import files, release
from torchaula.classroom.batch import batch, records
from torchaula.classroom.gradebook import backups, gradebook, new_secret, seeding
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.grading.trusted.client import Client
from torchaula.grading.trusted.jobs import Assigned, Job, Result

pytestmark = pytest.mark.sampled(6)

OTHER = "0123456789abcdef" * 4


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs that workers of this process were asked to do, trials of the tests among them."""
    found: list[Job] = []
    ask = Client._ask

    def noted(self: Client, job: Job) -> Result:
        found.append(job)
        return ask(self, job)

    monkeypatch.setattr(Client, "_ask", noted)
    return found


@pytest.fixture(scope="module")
def never_graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class of four that nbgrader was told of, and nobody graded; no secret was made yet. Copy it."""
    made = mini.write(tmp_path_factory.mktemp("secret") / "course")
    made.secret.unlink()
    release(made, "mini")
    week.hand_in(made)
    assert not converters.run(GenerateAssignment, made, "mini").error
    return made


@pytest.fixture(scope="module")
def class_of_four(never_graded: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The class after its first grading. Copy it to change it."""
    made = mini.copy(never_graded, tmp_path_factory.mktemp("secret") / "course")
    week.grade(made)
    assert week.totals(made) == week.POINTS
    return made


@pytest.fixture
def fresh(never_graded: Course, tmp_path: Path) -> Course:
    """The class before its first grading, to change."""
    return mini.copy(never_graded, tmp_path / "course")


@pytest.fixture
def graded(class_of_four: Course, tmp_path: Path) -> Course:
    """The graded class, to change."""
    return mini.copy(class_of_four, tmp_path / "course")


@pytest.fixture
def earlier(graded: Course) -> Course:
    """A class that was graded before courses had secrets."""
    graded.secret.unlink()
    with closing(sqlite3.connect(graded.gradebook)) as book:
        book.execute("drop table torchaula_seed")
        book.commit()
    shutil.rmtree(graded.state / "backups", ignore_errors=True)
    return graded


def secret_of(course: Course) -> str:
    """The secret as its file has it."""
    return course.secret.read_text().strip()


def renew(course: Course) -> None:
    """A new secret, agreed to."""
    new_secret.make(course, lambda _graded: True)


def look(course: Course) -> doctor.HealthCheck:
    """What the doctor finds."""
    [found] = doctor.look(course, ("secret",))
    return found


def seeds(jobs: list[Job]) -> set[str]:
    """The secrets that workers were told."""
    return {assigned(job).secret for job in jobs}


def assigned(job: Job) -> Assigned:
    """What the worker knows of the assignment."""
    return msgspec.msgpack.decode(job.assigned, type=Assigned)


# Doors: each grades, or says why it doesn't.


def by_torchaula(course: Course) -> str:
    """`torchaula grade`."""
    try:
        week.grade(course, agreed=False)
    except Refusal as refused:
        return str(refused)
    return ""


def by_nbgrader(course: Course) -> str:
    """`nbgrader autograde --force`."""
    run = converters.run(Autograde, course, "mini", "*")
    assert "Traceback" not in run.log
    return run.reason if run.error else ""


def by_formgrader(course: Course) -> str:
    """The formgrader's button."""
    settings = converters.config(course)
    api = NbGraderAPI(CourseDirectory(config=settings, root=str(course.root)), config=settings)
    with warnings.catch_warnings(action="ignore", category=SAWarning):  # nbgrader's own queries
        done = api.autograde("mini", "ana")
    assert "Traceback" not in done.get("log", "")
    return "" if done["success"] else str(done["log"])


Door = Callable[[Course], str]
DOORS = [by_torchaula, by_nbgrader, by_formgrader]


# A course that never was graded


@pytest.mark.parametrize("door", DOORS)
def test_first_grading_makes_a_secret(fresh: Course, jobs: list[Job], door: Door) -> None:
    """Whichever door comes first makes it, for its owner's eyes alone; all doors then use it."""
    assert not door(fresh)

    made = secret_of(fresh)
    assert re.fullmatch("[0-9a-f]{64}", made)
    assert fresh.secret.stat().st_mode & 0o777 == 0o600
    for other in DOORS:
        assert not other(fresh)
    assert seeds(jobs) == {made}
    assert secret_of(fresh) == made


def test_each_course_has_its_own(never_graded: Course, tmp_path: Path) -> None:
    """Two courses never share a secret, and neither has the published seed."""
    made = set()
    for name in ("one", "two"):
        course = mini.copy(never_graded, tmp_path / name)
        with gradebook.opened(course) as book:
            made.add(seeding.in_force(course, book).secret)

    assert len(made) == 2 and "" not in made


def test_two_that_make_it_at_once_end_with_the_same(fresh: Course) -> None:
    """Doors that open at the same moment agree on one secret, which is the file's and the gradebook's."""
    number = 4
    context = multiprocessing.get_context("spawn")
    barrier, told = context.Barrier(number), context.Queue()
    doors = [context.Process(target=_settle, args=(fresh, barrier, told)) for _ in range(number)]
    for door in doors:
        door.start()
    found = {told.get(timeout=120) for _ in doors}
    for door in doors:
        door.join()

    assert found == {secret_of(fresh)}


def _settle(course: Course, barrier, told) -> None:  # type: ignore[no-untyped-def]
    with gradebook.opened(course) as book:
        barrier.wait(60)
        told.put(seeding.in_force(course, book).secret)


def test_refused_grading_makes_none(fresh: Course) -> None:
    """A name that stands for no assignment is refused before anything is made."""
    assert "there is no assignment 'mimi'" in pupils.command(fresh, "grade", "mimi", code=2)

    assert not fresh.secret.exists()


@mini.SANDBOXED
def test_read_only_folder_is_a_clear_refusal(fresh: Course) -> None:
    """Where the file can't be written nothing is graded, in one line that names the folder."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        pytest.skip("no bubblewrap to mount the folder read-only with")
    root, writable = str(fresh.root), (".torchaula", "autograded", "feedback", "submitted")
    for name in (*writable, "grades"):
        (fresh.root / name).mkdir(exist_ok=True)
    binds = [
        word
        for name in (*writable, "grades", "gradebook.db")
        for word in ("--bind", f"{root}/{name}", f"{root}/{name}")
    ]
    program = [str(mini.PROGRAMS / "torchaula"), "--course", root, "grade", "mini", "--unsafe-no-sandbox"]
    done = subprocess.run(
        [bwrap, "--dev-bind", "/", "/", "--ro-bind", root, root, *binds, *program],
        capture_output=True,
        text=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )

    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert root in done.stderr and "can't be written to" in done.stderr
    assert not fresh.secret.exists()
    assert not week.totals(fresh)


# A course that was graded before


@pytest.mark.parametrize("door", [by_torchaula, by_nbgrader])
def test_class_graded_before_keeps_the_published_seed(earlier: Course, jobs: list[Job], door: Door) -> None:
    """No secret is made for it, by any door, and its points stay as they were."""
    before = ledgers.rows(earlier)

    assert not door(earlier)

    assert seeds(jobs) <= {""}
    assert not earlier.secret.exists()
    assert ledgers.rows(earlier) == before
    assert "published seed" in look(earlier).found


def test_its_other_assignments_use_the_published_seed_too(earlier: Course, jobs: list[Job]) -> None:
    """A course has one seed, also for what was never graded in it."""
    text = earlier.notebook("mini").read_text().replace('begin(\\"mini', 'begin(\\"otra')
    (earlier.source / "otra").mkdir()
    (earlier.source / "otra" / "otra.ipynb").write_text(text)
    release(earlier, "otra")
    place = earlier.submitted / "ana" / "otra" / "otra.ipynb"
    place.parent.mkdir()
    place.write_text(text)

    assert mini.grade(earlier, "otra")["ana"].graded

    assert seeds(jobs) == {""}


@pytest.mark.parametrize("door", [by_torchaula, by_nbgrader])
def test_gradebook_moved_away_leaves_the_secret_in_force(graded: Course, jobs: list[Job], door: Door) -> None:
    """A gradebook that knows nothing takes the file that is there."""
    made = secret_of(graded)
    graded.gradebook.rename(graded.root / "gradebook.db.old")
    assert not converters.run(GenerateAssignment, graded, "mini").error

    assert not door(graded)

    assert seeds(jobs) <= {made}
    assert secret_of(graded) == made
    assert by_torchaula(graded) == ""
    assert week.totals(graded) == week.POINTS


def test_gradebook_of_before_with_a_stray_secret_stays_as_it_was(earlier: Course, jobs: list[Job]) -> None:
    """What its points were given with is what it keeps, whatever file stands beside it."""
    earlier.secret.write_text(OTHER)

    assert by_torchaula(earlier) == ""

    assert seeds(jobs) == {""}


# A secret that is gone, or another one


def no_file(course: Course) -> None:
    """It was deleted."""
    course.secret.unlink()


def other_secret(course: Course) -> None:
    """Another course's."""
    course.secret.write_text(OTHER + "\n")


def folder(course: Course) -> None:
    """A folder in its place."""
    course.secret.unlink()
    course.secret.mkdir()


def dangling(course: Course) -> None:
    """A link to a disk that is not there."""
    course.secret.unlink()
    course.secret.symlink_to(course.root / "vault" / "secret")


def pipe(course: Course) -> None:
    """A pipe, which would keep whoever reads it waiting."""
    course.secret.unlink()
    os.mkfifo(course.secret)


def text(content: bytes) -> Callable[[Course], None]:
    """A file with this content."""
    return lambda course: course.secret.write_bytes(content) and None


FAULTS: dict[str, Callable[[Course], None]] = {
    "missing": no_file,
    "other": other_secret,
    "folder": folder,
    "dangling link": dangling,
    "pipe": pipe,
    "empty": text(b""),
    "short": text(OTHER[:-1].encode()),
    "long": text(OTHER.encode() + b"0"),
    "no text": text(bytes(range(256))),
    "zeros": text(bytes(64)),
    "two lines": text(f"{OTHER}\n{OTHER}\n".encode()),
    "huge": text(b"0" * 2**20),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_lost_secret_is_a_refusal_with_both_remedies(graded: Course, fault: str) -> None:
    """One line names the file, the copy that is the right one, and `new-secret`; nothing is written."""
    FAULTS[fault](graded)
    before = week.state(graded)

    told = by_torchaula(graded)

    [kept] = (graded.state / "backups").glob("*.secret")
    assert len(told.splitlines()) == 1
    for word in (str(graded.secret), str(kept.relative_to(graded.root)), "torchaula new-secret"):
        assert word in told
    assert week.state(graded) == before
    assert look(graded).remedy == told


@pytest.mark.parametrize(
    ("fault", "door"), [("missing", by_nbgrader), ("other", by_nbgrader), ("empty", by_formgrader)]
)
def test_nbgrader_refuses_without_the_secret(graded: Course, fault: str, door: Door) -> None:
    """So do nbgrader's own doors, and delete no graded copy."""
    FAULTS[fault](graded)
    before = week.state(graded)

    told = door(graded)

    assert str(graded.secret) in told and "torchaula new-secret" in told
    assert week.state(graded) == before


@pytest.mark.parametrize("fault", ["missing", "other", "folder", "huge"])
def test_both_remedies_lead_back(graded: Course, jobs: list[Job], fault: str) -> None:
    """The copy put back grades nothing again; a new secret grades everybody again."""
    made = secret_of(graded)
    FAULTS[fault](graded)
    other = mini.copy(graded, graded.root.parent / "other")
    [kept] = (graded.state / "backups").glob("*.secret")
    if fault == "folder":
        graded.secret.rmdir()

    shutil.copy(kept, graded.secret)
    assert by_torchaula(graded) == ""
    assert not jobs
    assert week.totals(graded) == week.POINTS

    renew(other)
    assert secret_of(other) not in (made, OTHER)
    assert by_torchaula(other) == ""
    assert seeds(jobs) == {secret_of(other)}
    assert week.totals(other) == week.POINTS


def test_malformed_secret_of_an_unknown_gradebook_is_a_refusal_too(fresh: Course) -> None:
    """It is neither used nor overwritten: it may be the only copy of something."""
    fresh.secret.write_text("precious")

    told = by_torchaula(fresh)

    assert str(fresh.secret) in told and "torchaula new-secret" in told
    assert fresh.secret.read_text() == "precious"


def test_no_backup_to_name_is_no_reason_to_stay_silent(graded: Course) -> None:
    """Without any copy left the folder of copies is named all the same."""
    shutil.rmtree(graded.state / "backups")
    graded.secret.unlink()

    told = by_torchaula(graded)

    assert ".torchaula/backups" in told and "torchaula new-secret" in told


# Backups


def test_each_backup_has_the_secret_of_its_moment(graded: Course) -> None:
    """It stands beside the gradebook's copy, as protected as the original; both go together."""
    folder, made = graded.state / "backups", secret_of(graded)
    for _ in range(backups.BACKUPS + 2):
        backups.backup(graded)

    copies = sorted(folder.glob("gradebook-*.db"))
    assert len(copies) == backups.BACKUPS
    assert sorted(folder.glob("gradebook-*.secret")) == [each.with_suffix(".secret") for each in copies]
    for each in folder.glob("*.secret"):
        assert each.read_text().strip() == made
        assert each.stat().st_mode & 0o777 == 0o600


def test_backup_of_the_gradebook_alone_names_its_secret(graded: Course, jobs: list[Job]) -> None:
    """After a new secret an older gradebook is refused until its secret is back; then nothing changes."""
    before, old = ledgers.rows(graded), secret_of(graded)
    backups.backup(graded)
    newest = max((graded.state / "backups").glob("*.db"))
    renew(graded)
    week.grade(graded)
    shutil.copy(newest, graded.gradebook)

    told = by_torchaula(graded)

    named = re.search(r"\.torchaula/backups/gradebook-\S+\.secret", told)
    assert named and (graded.root / named[0]).read_text().strip() == old
    shutil.copy(graded.root / named[0], graded.secret)
    jobs.clear()
    assert by_torchaula(graded) == ""
    assert seeds(jobs) == {old}
    assert ledgers.rows(graded) == before


def test_backup_of_before_brings_the_published_seed_back(earlier: Course, jobs: list[Job]) -> None:
    """A gradebook of before any secret is graded as it was, without a word."""
    before = ledgers.rows(earlier)
    saved = earlier.root / "saved.db"
    shutil.copy(earlier.gradebook, saved)
    renew(earlier)
    week.grade(earlier)
    saved.replace(earlier.gradebook)
    jobs.clear()

    assert by_torchaula(earlier) == ""

    assert seeds(jobs) == {""}
    assert ledgers.rows(earlier) == before


def test_nbgrader_upgrades_and_releases_around_it(graded: Course, jobs: list[Job]) -> None:
    """`nbgrader db upgrade` and `generate_assignment` leave what the gradebook says of the secret."""
    before = look(graded)
    nbgrader(graded, "db", "upgrade")
    nbgrader(graded, "generate_assignment", "mini", "--force")

    assert look(graded) == before
    assert by_torchaula(graded) == ""
    assert not jobs


# A new secret


@pytest.mark.parametrize("state", ["fresh", "graded", "earlier", "missing", "empty"])
def test_new_secret(request: pytest.FixtureRequest, state: str, jobs: list[Job]) -> None:
    """Made in any state, after a copy of gradebook and old secret; the next grading uses it."""
    course: Course = request.getfixturevalue(state if state in ("fresh", "earlier") else "graded")
    FAULTS.get(state, lambda _course: None)(course)
    old = course.secret.read_bytes() if course.secret.exists() else None
    before = week.state(course)

    told = pupils.command(course, "new-secret", "--yes")

    assert ("4 graded submissions" in told) == (state != "fresh")
    assert "torchaula grade mini" in told
    assert secret_of(course) not in told and (old or b"?").decode().strip() not in told.split()
    assert course.secret.stat().st_mode & 0o777 == 0o600
    assert week.state(course) == before
    newest = max((course.state / "backups").glob("*.db"))
    kept = newest.with_suffix(".secret")
    assert (kept.read_bytes() if kept.exists() else None) == old
    assert by_torchaula(course) == ""
    assert seeds(jobs) == {secret_of(course)}
    assert week.totals(course) == week.POINTS


def test_without_a_terminal_it_is_refused(graded: Course) -> None:
    """It says what would happen and how to go on, ends with 2, and changes nothing."""
    before = week.state(graded), secret_of(graded)

    told = pupils.command(graded, "new-secret", code=2)

    assert "4 graded submissions" in told and "--yes" in told
    assert (week.state(graded), secret_of(graded)) == before


@pytest.mark.parametrize("answer", ["n", "y"])
def test_at_a_terminal_it_asks(graded: Course, answer: str) -> None:
    """No leaves everything as it was and ends with 2; yes makes a new one and ends with 0."""
    before = week.state(graded), secret_of(graded)

    code, screen = week.at_terminal(graded, "new-secret", answer=answer)

    assert code == {"n": 2, "y": 0}[answer], screen
    assert (secret_of(graded) == before[1]) == (answer == "n")
    assert week.state(graded) == before[0]


def gave_otherwise(course: Course) -> None:
    """Let the gradebook have points that other inputs gave: bea gains 4 by now, and carlos loses 4."""
    with gradebook.opened(course) as book:
        for student, points in (("bea", 0.0), ("carlos", 4.0)):
            book.find_grade("double-valores", "mini", "mini", student).auto_score = points
        book.db.commit()


def test_who_gains_and_who_loses_is_asked_as_for_a_changed_test(graded: Course, jobs: list[Job]) -> None:
    """`torchaula grade` writes nothing unasked, and says who; agreed to, it grades nobody twice."""
    gave_otherwise(graded)
    renew(graded)
    before = week.state(graded)

    shown = pupils.command(graded, "grade", "mini", code=2)

    changes = {words[0]: words[3] for line in shown.splitlines() if len(words := line.split()) == 5}
    assert changes["bea"] == "+4" and changes["carlos"] == "-4"
    assert "nothing of mini was written" in shown and "--yes" in shown
    assert week.state(graded) == before
    week.grade(graded)
    assert not jobs
    assert week.totals(graded) == week.POINTS


@pytest.mark.parametrize("door", [by_nbgrader, by_formgrader])
def test_nbgrader_waits_for_that_question(graded: Course, door: Door) -> None:
    """nbgrader's doors ask nobody: after a new secret they refuse until `torchaula grade` has asked."""
    renew(graded)
    before = week.state(graded)

    told = door(graded)
    assert not converters.run(GenerateAssignment, graded, "mini").error
    again = door(graded)

    for each in (told, again):
        assert "torchaula grade mini" in each
    assert week.state(graded) == before
    assert by_torchaula(graded) == ""
    assert door(graded) == ""
    assert week.totals(graded) == week.POINTS


def test_one_student_alone_is_refused_after_a_new_secret(graded: Course) -> None:
    """The others' points would be of other inputs."""
    renew(graded)
    before = week.state(graded)

    with pytest.raises(Refusal, match="leave --student out"):
        week.grade(graded, "ana")

    assert week.state(graded) == before


def test_nobody_waits_for_another_assignment(graded: Course) -> None:
    """What was never graded is graded with the new secret by nbgrader at once."""
    renew(graded)
    for name in ("source", "release"):
        text = (
            (graded.root / name / "mini" / "mini.ipynb").read_text().replace('begin(\\"mini', 'begin(\\"otra')
        )
        (graded.root / name / "otra").mkdir()
        (graded.root / name / "otra" / "otra.ipynb").write_text(text)
    (graded.submitted / "ana" / "otra").mkdir()
    (graded.submitted / "ana" / "otra" / "otra.ipynb").write_text(text)
    assert not converters.run(GenerateAssignment, graded, "otra").error

    assert not converters.run(Autograde, graded, "otra", "*").error


def test_batch_that_began_with_the_old_one_is_refused(graded: Course) -> None:
    """A new secret between the first look and the grading ends it before anything is written."""
    prepared = batch.prepare(graded, "mini", force=True)
    renew(graded)
    before = week.state(graded)

    with pytest.raises(Refusal, match="grade again"):
        list(prepared.grade(1, executor=mini.workers()))

    assert week.state(graded) == before


def test_new_secret_waits_for_no_batch(graded: Course) -> None:
    """While a batch grades, a new secret is refused."""
    running = batch.prepare(graded, "mini", force=True).grade(jobs=1, executor=mini.workers())
    next(running)

    told = pupils.command(graded, "new-secret", "--yes", code=2)

    assert "another batch is grading" in told
    running.close()


@pytest.mark.parametrize("moment", ["before the record", "after the record"])
def test_new_secret_that_is_cut_off(graded: Course, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Gradebook and file agree again at the next grading, on the old or on the new secret."""
    old = secret_of(graded)
    where = {"before the record": (seeding, "note"), "after the record": (new_secret.secret_file, "settle")}
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(*where[moment], _stopped)
        new_secret.make(graded, lambda _preview: True)

    assert by_torchaula(graded) == ""
    assert (secret_of(graded) == old) == (moment == "before the record")
    assert not look(graded).remedy


def _stopped(*_arguments: object, **_options: object) -> None:
    raise KeyboardInterrupt


# Who is told


def test_secret_stands_nowhere_else(graded: Course, capfd: pytest.CaptureFixture[str]) -> None:
    """Both doors, feedback, release, exchange and zip write it into no file, and no output shows it."""
    (graded.state / "exchange").mkdir()
    shutil.rmtree(graded.release)
    release(graded, "mini")
    week.grade(graded, force=True)
    runs = [converters.run(kind, graded, "mini", "*") for kind in (Autograde, GenerateFeedback)]
    told = nbgrader(graded, "release_assignment", "mini")
    with pack.wheel() as wheel:
        zipped = pack.pack(graded, "mini", wheel)
    shutil.unpack_archive(zipped, graded.dist / "unpacked")

    secret, copies = secret_of(graded), (graded.state / "backups").glob("*.secret")
    contents = {name: (graded.root / name).read_bytes() for name in files(graded.root)}
    telling = {
        name
        for name, content in contents.items()
        if secret.encode() in content or bytes.fromhex(secret) in content
    }
    assert telling == {"gradebook.secret", *(f".torchaula/backups/{each.name}" for each in copies)}
    assert {name for name in contents if name.endswith(".secret")} == telling
    assert not any(run.error for run in runs)
    assert secret not in "".join([told, *(run.log for run in runs), *capfd.readouterr()])


@pytest.mark.parametrize("name", ["gradebook.secret", "notas.txt"])
def test_secret_beside_the_notebook_is_not_published(graded: Course, name: str) -> None:
    """A copy of it in a folder that nbgrader publishes is refused, and the old release stays."""
    before = {name: (graded.release / name).read_bytes() for name in files(graded.release)}
    (graded.source / "mini" / name).write_text(f"# {secret_of(graded)}\n")

    with pytest.raises(Refusal, match="secret") as refused:
        release(graded, "mini")

    assert name in str(refused.value) and secret_of(graded) not in str(refused.value)
    assert {name: (graded.release / name).read_bytes() for name in files(graded.release)} == before


def test_git_ignores_it() -> None:
    """Neither the secret nor what is left of one half written is ever committed."""
    for name in ("gradebook.secret", ".gradebook.secret.new", ".torchaula/backups/gradebook-1.secret"):
        subprocess.run(["git", "check-ignore", "-q", name], cwd=mini.ROOT, check=True)


def test_key_of_a_result_tells_one_secret_from_another(graded: Course, earlier: Course) -> None:
    """Results and trials of tests of one secret never count for another, or for the published seed."""
    keys = set()
    for secret in ("", OTHER, OTHER[::-1]):
        seed = seeding.Seed(secret)
        assignment = batch.prepare(earlier, "mini").assignment.with_seed(seed)
        keys |= {assignment.keys["double"], assignment.soundness["double"]}
        assert assigned(assignment.trial([])).secret == secret
        assert not secret or secret not in repr(assignment)

    assert len(keys) == 6


# The doctor


def test_doctor_shows_a_fingerprint(fresh: Course) -> None:
    """None before the first grading, then always the same, and never the secret."""
    assert look(fresh).found.startswith("none yet") and not look(fresh).remedy
    assert not fresh.secret.exists()
    week.grade(fresh)

    after = pupils.command(fresh, "doctor", "secret")  # the real command

    [shown] = re.findall(r"\b[0-9a-f]{16}\b", after)
    assert shown == seeding.Seed(secret_of(fresh)).fingerprint
    assert secret_of(fresh) not in after


@pytest.mark.parametrize("mode", [0o640, 0o602])
def test_doctor_warns_of_a_secret_that_others_can_read(graded: Course, mode: int) -> None:
    """With the command that mends it."""
    graded.secret.chmod(mode)

    assert "chmod 600" in look(graded).remedy


# Nothing else uses it


def test_authors_commands_need_no_secret(graded: Course) -> None:
    """`release`, `format`, `sample-class` and `check` neither read nor make it."""
    graded.secret.write_text("malformed")
    shutil.rmtree(graded.submitted)

    for words in (("release",), ("format",), ("sample-class", "mini")):
        pupils.command(graded, *words)
    assert "gradebook.secret" not in pupils.command(graded, "check", "mini/double", code=1)

    assert graded.secret.read_text() == "malformed"


# The course that ships


def test_shipped_assignment_from_the_published_seed_to_a_secret(tmp_path: Path) -> None:
    """nbgrader grades first; a class of before gets a new secret; right answers keep all their points."""
    course = shipped.write(tmp_path / "course")
    course.secret.unlink()
    shipped.hand_in(course, "mlp", "referencia")
    nbgrader(course, "generate_assignment", "mlp", "--force")
    nbgrader(course, "autograde", "mlp")
    made, rows = secret_of(course), ledgers.rows(course)

    told = pupils.command(course, "new-secret", "--yes")
    assert "1 graded submission" in told and "mlp" in told
    assert "torchaula grade mlp" in nbgrader(course, "autograde", "mlp", "--force", check=False)
    assert mini.grade(course, "mlp", agreed=False)["referencia"].total == 100

    assert secret_of(course) != made
    assert records.load(course, "mlp", "referencia") is not None
    assert ledgers.rows(course) == rows
    nbgrader(course, "autograde", "mlp", "--force")
    assert ledgers.rows(course) == rows
