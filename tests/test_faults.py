"""Faults: whatever ends, starves or stops a batch, run again it has the gradebook of an undisturbed one."""

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console
from sqlalchemy.orm import Session

from tests import ledgers, mini, pupils, sample, tiny
from tests.conftest import FAULT
from tests.rebuilding import job_of
from torchaula.authoring import judging, sample_class
from torchaula.authoring.release import release
from torchaula.classroom.batch import assignments, batch, records
from torchaula.classroom.batch.entries import Entry
from torchaula.classroom.gradebook import backups
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.course.markers import USUAL
from torchaula.errors import Refusal
from torchaula.grading.trusted import engine
from torchaula.grading.trusted.client import Client, Workers
from torchaula.grading.trusted.jobs import Job, Result
from torchaula.grading.trusted.lives import Lives
from torchaula.grading.trusted.remote import Remote
from torchaula.grading.trusted.sandbox import StudentProcess
from torchaula.grading.trusted.verdict import Outcome
from torchaula.grading.wire.forks import ForkFailed, descendants, in_fork
from torchaula.grading.wire.frames import WireError
from torchaula.grading.wire.orders import Began
from torchaula.report.following import Terminal

# Warm workers have threads, which hold nothing while a test forks.
THREADS = pytest.mark.filterwarnings("ignore:.*is multi-threaded, use of fork:DeprecationWarning")
pytestmark = [THREADS, pytest.mark.sampled(2)]

MAIN, WORKER, NURSERY, SANDBOX = "main", "worker", "nursery", "sandbox"
INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
STARTING, GRADING = "starting", "grading"
BEFORE, OWN_CELL, GRADED_CELL, LAST_CELL = WORST = ("before", "own cell", "graded cell", "last cell")
# What is tried with `--all`, and how many of it without.
TRIED: dict[str, tuple[list[Any], int]] = {
    "moment": (list(range(20)), 1),
    "stop": ([(n, when) for n in (INT, TERM, HUP) for when in (STARTING, GRADING)], 2),
    "free": (list(range(0, 400, 20)), 1),
    "left": ([0, 20, 100, 200, 300], 1),
    "worst": (list(WORST), 2),
    "step": (list(range(0, 100)), 4),  # in hundredths of all
}
STUDENTS, FEW = 60, 12  # in the class, likewise
GONE = 15.0  # seconds in which nothing of a batch may be left
LOCKED = 8.0  # seconds for which somebody else keeps the gradebook: SQLite by itself waits for 5
SMALL = 24  # MB, of a disk that is soon full
KIB = 1024


def _named(value: object) -> str:
    return "-".join(map(_named, value)) if isinstance(value, tuple) else getattr(value, "name", str(value))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Everything with `--all`, otherwise a sample of it."""
    for name, (everything, number) in TRIED.items():
        if name in metafunc.fixturenames:
            tried = sample.drawn(metafunc.config, everything, number, f"faults: {name}")
            metafunc.parametrize(name, tried, ids=_named)


@dataclass(frozen=True)
class Class:
    """A class before it is graded, and the same one graded without a disturbance. Copy them."""

    ungraded: Course
    graded: Course
    rows: ledgers.Rows
    students: tuple[str, ...]


@pytest.fixture(scope="module")
def group(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Class:
    """The class, large with `--all`; known answers were run already."""
    root = tmp_path_factory.mktemp("faults")
    ungraded = mini.write(root / "ungraded")
    release(ungraded, "mini")
    number = STUDENTS if request.config.getoption("all") else FEW
    students = tuple(f"s{each:02}" for each in range(number))
    hand_in(ungraded, students)
    graded = mini.copy(ungraded, root / "graded")
    pupils.command(graded, "grade", "mini")
    shutil.copytree(graded.state / "diagnosis", ungraded.state / "diagnosis")
    return Class(ungraded, graded, ledgers.rows(graded), students)


def hand_in(course: Course, students: tuple[str, ...]) -> None:
    """Write notebooks that are right, wrong, half done or end their process; no two are the same."""
    made_from = sample_class.material(course, "mini")
    draw = random.Random("class")
    for student in students:
        solutions = {}
        for name, exercise in made_from.exercises.items():
            source = exercise.solution.source
            stubs = (USUAL.stub(source, text=end) for end in ("pass", "raise ValueError", "exit(3)"))
            ends = f"{USUAL.stub(source)}\n\nimport os\nos._exit(3)"
            known = [made_from.model(name), *made_from.right(name), *made_from.wrong(name)]
            chosen = draw.choice([*known, *known, USUAL.stub(source), *stubs, ends])
            solutions[name] = f"{chosen.rstrip()}\n# {student}"
        pupils.write(course, student, sample_class.handed_in(made_from, solutions))


@pytest.fixture(scope="module")
def one_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all courses of this file stand, one after the other: warm workers know what is kept there."""
    return tmp_path_factory.mktemp("place")


@pytest.fixture
def place(one_place: Path) -> Path:
    """The same, with nothing there."""
    shutil.rmtree(one_place / "course", ignore_errors=True)
    return one_place


@pytest.fixture
def course(group: Class, place: Path) -> Course:
    """The class, ungraded, to grade."""
    return mini.copy(group.ungraded, place / "course")


@pytest.fixture(scope="module")
def pair(group: Class, tmp_path_factory: pytest.TempPathFactory) -> Class:
    """Two of the class."""
    root, students = tmp_path_factory.mktemp("pair"), group.students[:2]
    ungraded = mini.copy(group.ungraded, root / "ungraded")
    for student in group.students[2:]:
        pupils.remove(ungraded, student)
    graded = mini.copy(ungraded, root / "graded")
    grade(graded, Answers(group))
    return Class(ungraded, graded, ledgers.rows(graded), students)


class Answers(Executor):
    """Workers that know at once what becomes of each submission of a class."""

    def __init__(self, group: Class) -> None:
        self.asked = 0
        self._known = {}
        assignment = assignments.load(group.graded, "mini")
        for student in group.students:
            handed_in = group.graded.submitted / student / "mini" / "mini.ipynb"
            record = records.load(group.graded, "mini", student)
            assert record is not None
            job = job_of(assignment, handed_in.read_bytes())
            self._known[job.rebuilt] = msgspec.msgpack.encode(record.result)

    def submit(self, _graded: Any, job: bytes) -> Any:  # type: ignore[override]
        """The result of a job, in a future."""
        asked = msgspec.msgpack.decode(job, type=Job)
        future: Future[bytes] = Future()
        if asked.is_trial:
            future.set_result(msgspec.msgpack.encode(Result()))  # nothing is wrong with the tests
            return future
        self.asked += 1
        future.set_result(self._known[asked.rebuilt])
        return future


def grade(course: Course, workers: Executor, force: bool = False) -> dict[str, Entry]:
    """Grade a class as the command does."""
    made = batch.prepare(course, "mini", force=force)
    audience = Terminal(made, Console(file=io.StringIO()), is_agreed=True)
    return {entry.student: entry for entry in made.grade(2, audience, workers)}


@pytest.fixture(autouse=True)
def noted(record_property: Callable[[str, object], None]) -> None:
    """Count each test of this file as a fault; it is survived if the test passes."""
    record_property(FAULT, "")


class Running:
    """The real command, at work on a course in a process group of its own."""

    def __init__(self, course: Course, jobs: int) -> None:
        self.course, self._mark = course, uuid.uuid4().hex
        program = ["env", "--default-signal=INT,TERM,HUP", str(mini.PROGRAMS / "torchaula")]
        environment = os.environ | {"LC_ALL": "C.UTF-8", "COLUMNS": "200", "TORCHAULA_TEST": self._mark}
        self._told = os.memfd_create("told")
        self._process = subprocess.Popen(
            [*program, "--course", str(course.root), "grade", "mini", "--jobs", str(jobs)],
            stdin=subprocess.DEVNULL,
            stdout=self._told,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        self._seen: set[tuple[int, str]] = set()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def told(self) -> str:
        """What it printed so far."""
        return os.pread(self._told, 2**20, 0).decode().strip()

    def until_kept(self, number: int, seconds: float = 0.0) -> None:
        """Wait until so many results are kept, and a little longer."""
        while len(kept(self.course)) < number:
            assert self.is_at_work(), self.told
            time.sleep(0.002)
        time.sleep(seconds)

    def is_at_work(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def victim(self, kind: str, draw: random.Random | None = None) -> int:
        """A process of this kind, waited for if there is none just now."""
        while True:
            assert self.is_at_work(), self.told
            if found := [self.pid] if kind == MAIN else [p for p in self._family() if _kind(p) == kind]:
                return (draw or random).choice(sorted(found))
            time.sleep(0.002)

    def kill(self, process: int) -> None:
        """End a process as nobody can prevent."""
        self._look()
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal: Ctrl-C to the whole group, as a terminal does, another one to the command."""
        self._look()
        (os.killpg if number is signal.SIGINT else os.kill)(self.pid, number)

    def code(self, seconds: float = 120.0) -> int:
        """The exit code, once it has ended by itself."""
        return self._process.wait(timeout=seconds)

    def require_gone(self, seconds: float = GONE) -> None:
        """See that nothing of it is left, however it ended."""
        deadline = time.monotonic() + seconds
        while left := self._left():
            assert time.monotonic() < deadline, [_words(process) for process, _ in left]
            time.sleep(0.05)

    def close(self) -> None:
        """End what a failed test has left."""
        self._look()
        if self.is_at_work():
            self._process.kill()
        self._process.wait()
        for process, _ in self._left():
            self.kill(process)
        os.close(self._told)

    def _family(self) -> list[int]:
        return [*descendants(self.pid)]

    def _look(self) -> set[tuple[int, str]]:
        self._seen |= {(each, _born(each)) for each in self._family()}
        return self._seen

    def _left(self) -> list[tuple[int, str]]:
        """Of all that were seen, and of those that inherited the mark, the ones still there."""
        mark = f"TORCHAULA_TEST={self._mark}".encode()
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in path.read_bytes():
                    each = int(path.parent.name)
                    self._seen |= {(p, _born(p)) for p in (each, *descendants(each))}
        return [(each, born) for each, born in self._seen if born and _born(each) == born]


def _born(process: int) -> str:
    """When a process began, which tells it from a later one of the same number; empty if it is gone."""
    try:
        state, *rest = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else rest[18]


def _words(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/cmdline").read_text().split("\0")[:-1]
    except OSError:
        return []


def _name(process: int) -> str:
    """What a process calls itself."""
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


def _kind(process: int) -> str:
    """What a process of a batch is; empty for forks of these: judges, student processes."""
    try:
        parent = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return ""
    words, above = _words(process), _words(parent)
    if not above:  # it ended just now, so this is a fork of a student process: no nursery outlives its parent
        return ""
    for kind, name in (
        (WORKER, "torchaula.grading.trusted"),
        (NURSERY, "torchaula.grading.sandboxed"),
    ):
        if name in words and (name not in above or _is_bwrap(above)):
            return SANDBOX if _is_bwrap(words) else kind
    return ""


def _is_bwrap(words: list[str]) -> bool:
    return words[0].rpartition("/")[2] == "bwrap" if words else False


Start = Callable[..., Running]


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Start the command on a course, with two workers if `--all`; nothing of it outlives the test."""
    made: list[Running] = []
    usual = 2 if request.config.getoption("all") else 1

    def begin(course: Course, jobs: int = usual) -> Running:
        made.append(Running(course, jobs))
        return made[-1]

    yield begin
    for each in made:
        each.close()


def kept(course: Course) -> set[str]:
    """The students whose result is kept, wherever it stands."""
    folders = (course.state / name / "mini" for name in ("results", "pending"))
    return {path.stem for folder in folders for path in folder.glob("[!.]*.json")}


def settled(course: Course) -> dict[str, int]:
    """The students whose record is in its place, and when it was written."""
    waiting = {path.stem for path in (course.state / "pending" / "mini").glob("[!.]*.json")}
    found = (course.state / "results" / "mini").glob("[!.]*.json")
    return {path.stem: path.stat().st_mtime_ns for path in found if path.stem not in waiting}


def leftovers(course: Course) -> list[str]:
    """What a batch leaves only if it is cut off."""
    found = [str(path.relative_to(course.root)) for path in course.root.rglob("*")]
    ends = (".new", "-journal", "-wal", "-shm")
    return [
        each
        for each in found
        if each.endswith(ends)
        or (each.startswith(".torchaula/pending/") and each.endswith(".json"))
        or each.startswith((".torchaula/graded-", ".torchaula/record-"))
    ]


def require_whole(course: Course, group: Class) -> None:
    """See that everything stands as without a disturbance: gradebook, copies, pages and records."""
    assert ledgers.rows(course) == group.rows
    for student in group.students:
        record = records.load(course, "mini", student)
        assert record is not None and record.written and record.submission, student
        for root in ("autograded", "feedback"):
            ours, theirs = (each.root / root / student / "mini" for each in (course, group.graded))
            for path in theirs.iterdir():
                assert (ours / path.name).read_text() == path.read_text(), path
            assert len(list(ours.iterdir())) == len(list(theirs.iterdir()))
    assert not leftovers(course)
    with contextlib.closing(sqlite3.connect(course.gradebook)) as book:
        assert book.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture
def workers() -> Workers:
    """A warm worker, for what is run again."""
    return mini.workers()


Again = Callable[[Course], dict[str, Entry]]


@pytest.fixture
def again(workers: Workers) -> Again:
    """Grade a class with warm workers."""
    return lambda course: grade(course, workers)


@pytest.fixture
def require_completed(group: Class, asked: list[int], again: Again) -> Callable[[Course], None]:
    """Run again: what was kept is not graded again, what was settled not even touched, and all is whole."""

    def check(course: Course) -> None:
        before, done = kept(course), settled(course)
        asked.clear()

        entries = again(course)

        assert len(asked) == len(group.students) - len(before)
        assert all(entry.graded for entry in entries.values())
        assert {student: settled(course)[student] for student in done} == done
        require_whole(course, group)

    return check


@pytest.mark.parametrize("victim", [MAIN, WORKER, NURSERY, pytest.param(SANDBOX, marks=mini.SANDBOXED)])
def test_killed_process_loses_nothing(
    victim: str,
    moment: int,
    course: Course,
    group: Class,
    start: Start,
    require_completed: Callable[[Course], None],
) -> None:
    """`kill -9` of any process of a batch: it ends complete, or goes on from there when run again."""
    draw = random.Random(f"{victim} {moment}")
    running = start(course, jobs=2)
    enough = 3 * len(group.students) // 4  # left to grade, for the batch not to end before it is struck
    running.until_kept(draw.randrange(1, enough), draw.uniform(0, 0.1))

    running.kill(running.victim(victim, draw))
    code = running.code()
    running.require_gone()

    if victim == MAIN:
        assert code == -signal.SIGKILL
    else:
        assert code == 0, running.told
        assert "Traceback" not in running.told
        require_whole(course, group)
    require_completed(course)


def dying(course: Course, workers: Executor, force: bool, last: int | None = None) -> int:
    """Grade in a fork that ends without a word before its step number `last`; the steps that it took.

    A step changes a file, or commits to the gradebook. Whose result was ever kept stands in `seen`.
    """
    seen = course.root.with_name("seen")
    seen.write_text("")

    def work() -> int:
        taken = 0

        def step() -> None:
            nonlocal taken
            seen.write_text("\n".join({*seen.read_text().split(), *kept(course)}))
            if taken == last:
                os._exit(9)
            taken += 1

        def heard(event: str, arguments: tuple[Any, ...]) -> None:
            is_opened = (
                event == "open" and str(course.root) in str(arguments[0]) and arguments[2] & os.O_CREAT
            )
            if is_opened or event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"):
                step()

        def commit(self: Session) -> None:
            step()
            committed(self)
            step()

        committed, Session.commit = Session.commit, commit  # type: ignore[method-assign]
        sys.addaudithook(heard)
        grade(course, workers, force)
        return taken

    return in_fork(work, int, 60)


@pytest.fixture(scope="module")
def steps(group: Class, pair: Class, one_place: Path) -> dict[bool, int]:
    """How many steps it takes to grade the pair for the first time, and again."""
    taken = {}
    for is_graded in (False, True):
        shutil.rmtree(one_place / "course", ignore_errors=True)
        course = mini.copy(pair.graded if is_graded else pair.ungraded, one_place / "course")
        taken[is_graded] = dying(course, Answers(group), is_graded)
        require_whole(course, pair)
    return taken


@pytest.mark.parametrize("is_graded", [False, True], ids=["first", "again"])
def test_batch_that_ends_between_any_two_steps_loses_nothing(
    step: int, is_graded: bool, steps: dict[bool, int], group: Class, pair: Class, place: Path
) -> None:
    """Whichever file or commit was the last one: the next batch goes on from there, and sweeps."""
    course = mini.copy(pair.graded if is_graded else pair.ungraded, place / "course")
    with pytest.raises(ForkFailed, match="status 9"):
        dying(course, Answers(group), is_graded, step * steps[is_graded] // 100)
    before, workers = kept(course), Answers(group)
    assert before == set((place / "seen").read_text().split())

    grade(course, workers)

    assert workers.asked == len(pair.students) - len(before)
    require_whole(course, pair)


def test_killed_batch_leaves_no_worker_in_the_middle_of_a_long_job(course: Course, start: Start) -> None:
    """Where the main process is gone, nobody waits for a learner's cell to end."""
    made_from = sample_class.material(course, "mini")
    named = "import ctypes, time\nctypes.CDLL(None).prctl(15, b'long job')"  # PR_SET_NAME
    slow = {"double": f"{named}\ntime.sleep(19)"}
    shutil.rmtree(course.submitted)
    pupils.write(course, "slow", sample_class.handed_in(made_from, slow))
    running = start(course)
    nursery = running.victim(NURSERY)
    while "long job" not in map(_name, descendants(nursery)):
        assert running.is_at_work(), running.told
        time.sleep(0.01)

    running.kill(running.pid)

    running.code()
    running.require_gone(seconds=3)


def test_stopped_batch_ends_at_once_and_goes_on_later(
    stop: tuple[signal.Signals, str],
    course: Course,
    start: Start,
    require_completed: Callable[[Course], None],
) -> None:
    """Ctrl-C, `kill` and a terminal that closes: one line, no process left, and nothing lost."""
    number, when = stop
    running = start(course, jobs=2)
    running.until_kept(2, 0.1) if when == GRADING else running.victim(WORKER)

    running.signal(number)

    assert running.code(seconds=10) == 128 + number, running.told
    assert running.told.splitlines() == [
        "torchaula: stopped; what was graded is kept, and the next time goes on from there"
    ]
    running.require_gone(seconds=3)
    require_completed(course)


@contextlib.contextmanager
def striking(monkeypatch: pytest.MonkeyPatch, worst: str, times: int) -> Iterator[None]:
    """Kill the nursery of this process's engine at its worst moment, so many times."""
    sandbox = judging.own_sandbox()
    with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patch:
        marks = [Path(folder, str(each)) for each in range(times)]
        for mark in marks:
            mark.touch()

        def strike() -> None:
            mark = next((each for each in marks if each.exists()), None)
            if mark is not None and sandbox._process is not None:
                mark.unlink()
                first = sandbox._process.pid
                for each in (first, *descendants(first)):
                    if _kind(each) == NURSERY:
                        os.kill(each, signal.SIGKILL)
                time.sleep(0.2)

        _patch(patch, worst, strike)
        yield


def _patch(patch: pytest.MonkeyPatch, worst: str, strike: Callable[[], None]) -> None:
    begin, follow, perform = Lives._begin, Lives._follow, Remote.perform

    class Ear:
        """A student process's own channel."""

        def __init__(self, channel: Any) -> None:
            self._channel, self.close = channel, channel.close

        def receive(self, seconds: float) -> Any:
            received = self._channel.receive(seconds)
            if isinstance(received[0], Began) and received[0].cell == "double":
                strike()
            return received

    def beginning(self: Lives, *arguments: Any) -> StudentProcess:
        strike()
        return begin(self, *arguments)

    def following(self: Lives, student: StudentProcess, is_first: bool = True) -> tuple[str, str]:
        ear: Any = Ear(student.life)
        return follow(self, StudentProcess(ear, student.exercises), is_first)

    def performing(self: Remote, request: Any) -> Any:
        if (self.cell == "double-valores") == (worst == LAST_CELL):
            strike()
        return perform(self, request)

    if worst == BEFORE:
        patch.setattr(Lives, "_begin", beginning)
    elif worst == OWN_CELL:
        patch.setattr(Lives, "_follow", following)
    else:
        patch.setattr(Remote, "perform", performing)


CELLS = [
    tiny.OPEN + "student.double(torch.ones(2)).equals(2 * torch.ones(2))",
    'student = graded("double-valores")\nstudent.double(torch.ones(3)).equals(2 * torch.ones(3))',
]
SLOWLY = f"import time\ntime.sleep(0.5)\n{tiny.PLUS}"


def test_killed_nursery_costs_no_point(worst: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at its worst moment it is replaced, and the submission graded again; never left at that."""
    source = tiny.notebook(*CELLS)
    grader = engine.Engine(source, judging.own_sandbox())
    submission = source.answered({"double": SLOWLY})

    with striking(monkeypatch, worst, 1):
        judged = grader.grade(submission)
    assert all(verdict.passed for verdict in judged.verdicts.values()), judged
    assert len(judged.verdicts) == 2 and not judged.is_unsure

    with striking(monkeypatch, worst, 1):
        assert grader.grade(submission, alone=False).is_unsure


def test_submission_that_no_sandbox_survives_is_not_relied_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told that its process died; and it is graded anew the next time."""
    source = tiny.notebook(*CELLS)
    grader = engine.Engine(source, judging.own_sandbox())

    monkeypatch.setattr(engine, "TRIES", 1)  # each takes some seconds
    with striking(monkeypatch, BEFORE, 1):
        judged = grader.grade(source.answered({"double": SLOWLY}))

    assert {verdict.outcome for verdict in judged.verdicts.values()} == {Outcome.PROCESS_DIED}
    assert judged.is_unsure


def test_worker_that_dies_twice_on_a_submission_is_named(
    course: Course,
    again: Again,
    monkeypatch: pytest.MonkeyPatch,
    require_completed: Callable[[Course], None],
) -> None:
    """Nothing is said about that submission, and nothing kept; all others are graded."""
    ask = Client._ask

    def dying(self: Client, job: Any) -> Any:
        if b"# s03" in job.rebuilt:
            raise WireError("killed")
        return ask(self, job)

    with monkeypatch.context() as patch:
        patch.setattr(Client, "_ask", dying)
        entries = again(course)

    assert [student for student, entry in entries.items() if not entry.graded] == ["s03"]
    assert entries["s03"].what == "the grading process died twice"
    assert "s03" not in kept(course)
    require_completed(course)


@contextlib.contextmanager
def mounted(place: Path) -> Iterator[Path]:
    """A small disk, in memory."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}m", "torchaula-test", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    if done.returncode:
        pytest.skip(f"no file system can be mounted: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk for a part of a course."""
    (tmp_path / "disk").mkdir()
    with mounted(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def course_disk(place: Path) -> Iterator[Path]:
    """A small disk for all of a course."""
    with mounted(place) as disk:
        yield disk


def fill(disk: Path, free: int = 0) -> Path:
    """Leave so many KiB free; the file that takes all the others."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(64 * KIB)):
            pass
    os.truncate(ballast, ballast.stat().st_size - free * KIB)
    return ballast


def require_one_line(running: Running) -> str:
    """What a command says that refuses."""
    code, lines = running.code(), running.told.splitlines()
    assert code == 2 and len(lines) == 1, running.told
    assert lines[0].startswith("torchaula: ")
    return lines[0]


FULL = ("No space left on device", "database or disk is full")


def test_full_disk_is_named_and_loses_nothing(
    free: int, course_disk: Path, group: Class, start: Start, require_completed: Callable[[Course], None]
) -> None:
    """A disk that fills up ends the batch with one line; with room again, the next one completes it."""
    course = mini.copy(group.ungraded, course_disk / "course")
    running = start(course)
    running.until_kept(2)

    ballast = fill(course_disk, free)

    told = require_one_line(running)
    assert told.startswith(f"torchaula: {course.root}")
    assert any(f"can't be written ({reason})" in told for reason in FULL)
    assert told.endswith("what was graded is kept: mend that, and grade again")
    running.require_gone(seconds=3)
    ballast.unlink()
    require_completed(course)


def test_disk_that_is_full_already_starts_nothing(
    left: int, course_disk: Path, group: Class, start: Start, require_completed: Callable[[Course], None]
) -> None:
    """Without room for a gradebook no result is lost that took long to find."""
    course = mini.copy(group.ungraded, course_disk / "course")
    ballast = fill(course_disk, left)

    told = require_one_line(start(course))

    assert any(reason in told for reason in FULL)
    assert "mend the notebook" not in told and "move it away" not in told
    assert not kept(course)
    ballast.unlink()
    require_completed(course)


def test_gradebook_on_a_full_disk_is_named_and_loses_nothing(
    disk: Path, course: Course, start: Start, require_completed: Callable[[Course], None]
) -> None:
    """Where the gradebook alone can't grow, results are kept all the same."""
    course.gradebook.symlink_to(disk / "gradebook.db")
    running = start(course, jobs=1)
    running.until_kept(2)

    ballast = fill(disk)

    told = require_one_line(running)
    assert f"{course.gradebook}: can't be written (database or disk is full)" in told
    assert kept(course) > settled(course).keys()
    running.require_gone(seconds=3)
    ballast.unlink()
    require_completed(course)


@pytest.mark.parametrize("name", ["grades", ".torchaula/backups"])
def test_other_file_on_a_full_disk_is_named(name: str, disk: Path, group: Class, tmp_path: Path) -> None:
    """The class's table is written last, and the gradebook copied first: neither ends in a traceback."""
    course = mini.copy(group.graded, tmp_path / "course")
    shutil.rmtree(course.root / name)
    (course.root / name).symlink_to(disk)
    (course.autograded / "s03" / "mini" / "mini.ipynb").unlink()
    ballast = fill(disk)

    told = pupils.command(course, "grade", "mini", code=2).strip()

    assert told.startswith("torchaula: ") and len(told.splitlines()) == 1, told
    assert any(f"can't be written ({reason})" in told for reason in FULL)
    ballast.unlink()
    pupils.command(course, "grade", "mini")
    table, undisturbed = (pupils.table(each.grades / "mini.csv") for each in (course, group.graded))
    assert table == undisturbed
    require_whole(course, group)


@contextlib.contextmanager
def locked(course: Course) -> Iterator[None]:
    """Keep everybody else out of the gradebook."""
    with contextlib.closing(sqlite3.connect(course.gradebook, isolation_level=None, timeout=30)) as book:
        book.execute("BEGIN EXCLUSIVE")
        yield
        book.execute("ROLLBACK")


def test_locked_gradebook_is_waited_for(
    course: Course, group: Class, start: Start, require_completed: Callable[[Course], None]
) -> None:
    """Another program that writes for a while delays the batch, and nothing else."""
    running = start(course, jobs=1)
    running.until_kept(2)

    with locked(course):
        time.sleep(LOCKED)
        assert running.is_at_work(), running.told

    assert running.code() == 0, running.told
    require_whole(course, group)
    require_completed(course)


def test_gradebook_locked_for_too_long_is_named_and_loses_nothing(
    course: Course,
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
    require_completed: Callable[[Course], None],
) -> None:
    """A program that never lets go ends the batch with one line, and keeps the next one from starting."""
    monkeypatch.setattr(converters, "LOCKED_SECONDS", 1)
    running = batch.prepare(course, "mini").grade(2, executor=workers)
    next(running)

    with locked(course):
        with pytest.raises(Refusal, match=r"gradebook\.db: can't be written \(database is locked\).*again"):
            list(running)
        with pytest.raises(Refusal, match=r"gradebook\.db: .*database is locked") as refused:
            batch.prepare(course, "mini")
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            backups.backup(course)

    assert "move it away" not in str(refused.value)
    require_completed(course)


def test_second_batch_is_refused_and_disturbs_nothing(
    course: Course, group: Class, start: Start, require_completed: Callable[[Course], None]
) -> None:
    """It says which process is at work; the first one ends as if nothing had been."""
    running = start(course, jobs=1)
    running.until_kept(2)
    os.kill(running.pid, signal.SIGSTOP)  # it might end before the second one looks

    told = require_one_line(start(course, jobs=1))
    os.kill(running.pid, signal.SIGCONT)

    assert f"another batch is grading (process {running.pid})" in told
    assert running.code() == 0, running.told
    require_whole(course, group)
    require_completed(course)
