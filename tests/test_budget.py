"""One submission's time: nothing that it does holds a worker longer, and a busy machine costs no points."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from tests import mini
from tests.rebuilding import JobMaker
from tests.workshop import NAME, SOLUTIONS, Book, instructor, passed
from torchaula.classroom.batch import assignments, entries
from torchaula.course import notebook
from torchaula.errors import Refusal
from torchaula.grading.sandboxed.nursery import NICE
from torchaula.grading.sandboxed.usage import Usage
from torchaula.grading.trusted.budget import NOTHING_SPENT, Budget, Spent
from torchaula.grading.trusted.client import Client, GradingFailed
from torchaula.grading.trusted.jobs import Result
from torchaula.grading.trusted.verdict import Lost, Outcome
from torchaula.grading.wire.limits import Limits

# Who computes is ended for the CPU that they take, however busy the machine is; who sleeps, by the clock.
COMPUTING = Limits(cell_seconds=1, cells_seconds=2, cpu_seconds=4, wall_seconds=60)
SLEEPING = Limits(cell_seconds=2, cells_seconds=4, cpu_seconds=60, wall_seconds=12)
PATIENCE = 30.0  # seconds beyond the budget, for a sandbox to be made anew on a busy machine
HOGS = 9

STOP = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n"
SLEEP = "import time\ntime.sleep(1000)\n"
SHORT_SLEEP = "import time\ntime.sleep(2)\n"
EXIT = "import os\nos._exit(0)\n"
LOOP = "while True: pass\n"
SWARM = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n"
CHILDREN = """
import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    for _ in range(20):
        if os.fork() == 0:
            while True: pass
    try: os.wait()
    except OSError: pass
"""
STUBBORN = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True: pass
"""
DEEDS = {
    "stop": STOP,
    "sleep": SLEEP,
    "short sleep": SHORT_SLEEP,
    "exit": EXIT,
    "loop": LOOP,
    "swarm": SWARM,
    "children": CHILDREN,
    "stubborn": STUBBORN,
}


class Bench:
    """A warm worker with a small budget, tied to one core."""

    def __init__(self, limits: Limits) -> None:
        self.core, self.limits = min(os.sched_getaffinity(0)), limits
        self.client = Client(self.core)
        self.desk = JobMaker(NAME, notebook.text(instructor()), limits)
        self.grade(Book())

    def grade(self, book: Book, spent: Spent = NOTHING_SPENT, alone: bool = False) -> Result:
        """A result, and that it held the worker no longer than it may."""
        begun = time.monotonic()
        result = self.client.grade(replace(self.desk.job(book.file), spent=spent, alone=alone))
        assert time.monotonic() - begun < self.limits.wall_seconds + PATIENCE
        return result


@pytest.fixture(scope="module")
def benches() -> Iterator[dict[Limits, Bench]]:
    """One for each budget, made when first needed."""
    made: dict[Limits, Bench] = {}
    yield made
    for each in made.values():
        each.client.close()


def bench_of(limits: Limits, benches: dict[Limits, Bench]) -> Bench:
    """Skips where there is no sandbox."""
    if limits not in benches:
        mini.require_sandbox()
        benches[limits] = Bench(limits)
    return benches[limits]


@pytest.fixture
def computing(benches: dict[Limits, Bench]) -> Bench:
    """A small budget of CPU."""
    return bench_of(COMPUTING, benches)


@pytest.fixture
def sleeping(benches: dict[Limits, Bench]) -> Bench:
    """A small budget on the clock."""
    return bench_of(SLEEPING, benches)


def doing(deed: str) -> Book:
    """A notebook each of whose answers does something before it returns what is right."""
    book = Book()
    for exercise, solution in SOLUTIONS.items():
        source = book.cell(exercise).source
        name = "def __init__(self):" if "class" in solution else "):\n"
        indent = " " * (8 if "class" in solution else 4)
        head, found, body = source.partition(name)
        lines = "".join(f"\n{indent}{line}" for line in deed.strip().splitlines())
        book.cell(exercise).source = head + found.rstrip("\n") + lines + "\n" + body.lstrip("\n")
        compile(book.cell(exercise).source, exercise, "exec")
    return book


DEED = pytest.mark.sampled(1, "deeds that a budget ends")
SLEEPERS = ("stop", "sleep", "short sleep")


@DEED
@pytest.mark.parametrize("deed", DEEDS)
def test_what_every_answer_does_ends_with_the_budget(benches: dict[Limits, Bench], deed: str) -> None:
    """Answers that stop, sleep, end or multiply: each cell has a reason, and nothing is tried again."""
    bench = bench_of(SLEEPING if deed in SLEEPERS else COMPUTING, benches)

    result = bench.grade(doing(DEEDS[deed]))

    assert not result.is_unsure or result.spent.is_starved
    assert not passed(result) or deed == "short sleep"
    failed = [verdict for verdict in result.verdicts.values() if not verdict.passed]
    ends = {verdict.outcome for verdict in failed}
    assert ends <= {Outcome.TIMED_OUT, Outcome.PROCESS_DIED, Outcome.NOT_REACHED, Outcome.RAISED}
    assert all(verdict.message for verdict in failed)
    assert passed(bench.grade(Book())) == set(result.verdicts)  # whoever comes next
    if deed == "short sleep":
        require_told(result)


def require_told(result: Result) -> None:
    """An instructor reads that the submission's time ran out, and a learner that a cell was not reached."""
    unreached = [v for v in result.verdicts.values() if v.outcome is Outcome.NOT_REACHED]
    assert result.is_out_of_time
    assert unreached and all("tiempo que hay para toda la entrega" in v.message for v in unreached)
    assert "time ran out" in "; ".join(entries._ends(notebook.parse(instructor(), NAME), result))


@DEED
@pytest.mark.parametrize("deed", ["stop", "sleep", "loop", "swarm", "children", "stubborn"])
def test_what_an_own_cell_does_ends_with_the_budget(benches: dict[Limits, Bench], deed: str) -> None:
    """The same of a cell of the learner's own; one that ends by its own limit costs no answer beside it."""
    bench = bench_of(SLEEPING if deed in SLEEPERS else COMPUTING, benches)
    book = Book()
    book.add(DEEDS[deed], after="softmax")

    result = bench.grade(book)

    assert not result.is_unsure or result.spent.is_starved
    assert result.lost
    assert set(result.lost.values()) <= {Lost.TIMED_OUT, Lost.DIED}
    if deed in ("sleep", "loop"):
        assert passed(result) == set(result.verdicts)


@DEED
def test_learner_s_processes_yield_to_the_one_that_ends_them(computing: Bench) -> None:
    """Else a swarm on a busy machine would hold a worker for minutes, since nothing has the CPU to end it."""
    book = Book()
    book.add("import os\nprint('nice', os.getpriority(os.PRIO_PROCESS, 0))", after="softmax")

    result = computing.grade(book)

    assert f"nice {os.nice(0) + NICE}" in str(result.outputs)


@pytest.mark.slow
def test_own_cells_leave_something_for_the_tests(computing: Bench) -> None:
    """Cells that take all that there is for them end there: those after them don't run, and it is told."""
    book = Book()
    for _ in range(12):
        book.add(LOOP, after="preparacion")

    result = computing.grade(book)

    if result.spent.is_starved:
        return  # the clock ended them: on a busy machine that is another test's matter
    assert set(result.lost.values()) == {Lost.TIMED_OUT, Lost.NOT_RUN}
    not_run = {cell for cell, how in result.lost.items() if how is Lost.NOT_RUN}
    assert {"softmax", "line"} <= not_run
    reasons = {v.outcome: v.message for cell, v in result.verdicts.items() if cell.startswith("softmax-")}
    assert set(reasons) == {Outcome.NOT_REACHED}
    assert "no se llegó a ejecutar" in " ".join(reasons[Outcome.NOT_REACHED].split())


@pytest.mark.slow
def test_second_try_has_what_the_first_has_left(sleeping: Bench) -> None:
    """What was starved and is tried again gets no second budget; where none is left it costs no point."""
    used = Spent(cpu=1.0, wall=SLEEPING.wall_seconds, wanted=9.0)

    with pytest.raises(GradingFailed, match="busy"):
        sleeping.grade(Book(), spent=used)


@contextmanager
def hogs(core: int) -> Iterator[None]:
    """Other processes that want a core all the time."""
    program = [sys.executable, "-c", "while True: pass"]
    running = [subprocess.Popen(program) for _ in range(HOGS)]
    try:
        for each in running:
            os.sched_setaffinity(each.pid, {core})
        yield
    finally:
        for each in running:
            each.kill()
            each.wait()


@pytest.mark.slow
def test_busy_machine_costs_no_points(sleeping: Bench) -> None:
    """Answers that are right but starved are not graded at all: the batch says so, and grades them again."""
    work = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass\n"

    with hogs(sleeping.core), pytest.raises(GradingFailed, match="busy"):
        sleeping.grade(doing(work), alone=True)


def looked(processes: list[int], seconds: float) -> tuple[float, float]:
    """The CPU that processes take meanwhile, and how long they wanted it."""
    usage = Usage()
    usage.look(processes)
    before, end = usage.cpu, time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.02)
        usage.look(processes)
    return usage.cpu - before, usage.wanted


def _spin() -> None:
    while True:
        pass


@pytest.mark.sampled(2)
@pytest.mark.parametrize("how", ["spin", "sleep", "stopped", "thread", "vfork"])
def test_who_waits_for_the_machine_is_told_from_who_waits_for_itself(how: str) -> None:
    """A process that computes wants the CPU; one that sleeps, is stopped or waits for a child does not."""
    programs = {
        "spin": "while True: pass",
        "sleep": "import time; time.sleep(1000)",
        "stopped": "import os; os.kill(os.getpid(), 19)",
        "thread": "import threading, time\n"
        "def spin():\n    while True: pass\n"
        "threading.Thread(target=spin).start()\ntime.sleep(1000)",
        "vfork": "import subprocess; subprocess.run(['sleep', '1000'])",
    }
    program = [sys.executable, "-c", f"print(flush=True)\n{programs[how]}"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()  # it has started
            cpu, wanted = looked([process.pid], 1.0)
        finally:
            os.killpg(process.pid, signal.SIGKILL)

    if how in ("spin", "thread"):
        assert wanted > 0.8
        assert cpu > 0
    else:
        assert wanted < 0.3


def test_processes_that_are_gone_want_nothing() -> None:
    """A process that ended between two looks is no error."""
    process = multiprocessing.get_context("spawn").Process(target=_spin)
    process.start()
    process.kill()
    process.join()
    assert process.pid is not None

    usage = Usage()
    usage.look([process.pid])

    assert (usage.cpu, usage.wanted) == (0.0, 0.0)


def test_budget_counts_all_tries() -> None:
    """Tries share one budget on the clock and of CPU; without limits it never ends."""
    budget = Budget.of(COMPUTING, Spent(cpu=1.0, wall=4.0))

    assert 0 < budget.left() <= COMPUTING.wall_seconds - 4.0
    assert budget.left(2.0) == 2.0
    budget.note(2.0, 2.0)
    assert budget.cpu_left == 1.0
    assert not budget.is_over
    budget.note(1.5, 1.5)
    assert budget.is_over
    assert not Budget.unlimited().is_over
    assert Budget.of(COMPUTING, Spent(wall=COMPUTING.wall_seconds)).is_over


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan"), "60", None, True])
def test_limit_that_makes_no_sense_is_refused(seconds: object) -> None:
    """A budget that nothing could keep is named with its place in the configuration."""
    with pytest.raises(Refusal, match=r"c\.Grade\.cpu_seconds"):
        assignments.limits_of({"cpu_seconds": seconds})
