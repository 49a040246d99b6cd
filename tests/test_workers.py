"""Workers: where they run, and how they stay cheap to fork."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace as dc_replace
from importlib.util import cache_from_source
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from tests import mini, pupils
from tests.rebuilding import job_of
from torchaula.authoring import sample_class
from torchaula.classroom.batch import assignments
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.grading.sandboxed import nursery, rehearsal
from torchaula.grading.trusted import client
from torchaula.grading.trusted.client import Client, GradingFailed, Workers
from torchaula.grading.trusted.jobs import Assigned, Job
from torchaula.grading.wire.forks import HUGE, descendants, in_fork, ready_for_forks

CORE = max(os.sched_getaffinity(0)) if sys.platform == "linux" else None
UNCOMPILED = Path(cache_from_source(str(nursery.__file__)))  # only a sandbox imports this module


@pytest.fixture(scope="module")
def one() -> Iterator[Client]:
    """A client whose worker these tests share: each begins with an assignment of its own.

    It keeps to `CORE`, if any. When the worker starts, `UNCOMPILED` is not there, as in a fresh clone.
    """
    UNCOMPILED.unlink(missing_ok=True)
    made = Client(CORE)
    yield made
    made.close()


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process choose its core")


@LINUX
def test_worker_and_its_sandbox_keep_to_one_core(course: Course, one: Client) -> None:
    """Whoever waits for the other is on the same core, and finds its caches warm."""
    pupils.write(course, "ana", course.released("mini").read_text())
    job = job_of(assignments.load(course, "mini"), next(course.submitted.rglob("*.ipynb")).read_bytes())

    one.grade(job)

    assert one._process is not None
    family = [one._process.pid, *descendants(one._process.pid)]
    assert len(family) >= 2
    assert {frozenset(os.sched_getaffinity(process)) for process in family} == {frozenset({CORE})}


def test_client_can_be_closed_from_two_threads_at_once(course: Course) -> None:
    """A stopped batch closes its workers, while a thread whose worker died does the same."""
    one = Client()
    job = assignments.load(course, "mini").trial([])

    def ask() -> None:
        with suppress(GradingFailed):
            one.grade(job)

    asking = threading.Thread(target=ask)
    asking.start()
    while one._process is None:
        asking.join(timeout=0.01)
    failed: list[BaseException] = []

    def close() -> None:
        try:
            one.close()
        except BaseException as error:
            failed.append(error)

    closing = [threading.Thread(target=close) for _ in range(2)]
    for each in closing:
        each.start()
    one.stop()
    for each in (*closing, asking):
        each.join()

    assert not failed


@LINUX
@pytest.mark.parametrize("fewer", [0, 1])
def test_workers_share_the_cores_out_where_there_is_one_for_each(fewer: int) -> None:
    """With fewer workers than cores none is tied: another batch may be at work."""
    at_once = client.cores() - fewer
    if not at_once:
        pytest.skip("this machine has one core")
    together = threading.Barrier(at_once)

    def core(_number: int) -> int | None:
        together.wait(timeout=10)
        return client._local.client._core

    with Workers(at_once) as workers:
        chosen = list(workers.map(core, range(at_once)))
        workers.stop()

    assert set(chosen) == ({None} if fewer else os.sched_getaffinity(0))


def test_client_stopped_while_its_worker_starts_can_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C or a signal may come between any two steps of a start."""

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    one = Client(core=0)
    monkeypatch.setattr(os, "sched_setaffinity", stopped, raising=False)

    with pytest.raises(KeyboardInterrupt):
        one.begin()
    started = one._process
    one.stop()
    one.close()

    assert started is not None and started.returncode == -signal.SIGKILL


def test_workers_begun_early_take_the_first_jobs() -> None:
    """What is started before there is a job serves the first that come, and no other is started."""
    together = threading.Barrier(2)

    def serving(_number: int) -> int:
        together.wait(timeout=10)
        client._local.client.begin()
        return int(client._local.client._process.pid)

    with Workers(2) as workers:
        workers.begin(2)
        begun = {each._process.pid for each in workers._clients if each._process is not None}
        used = set(workers.map(serving, range(2)))
        workers.stop()

    assert len(begun) == 2 and used == begun


def test_worker_compiles_the_modules_that_its_sandbox_imports(course: Course, one: Client) -> None:
    """The sandbox can't write: it would compile them in each process that imports them."""
    one.grade(assignments.load(course, "mini").trial([]))

    assert UNCOMPILED.is_file()


BROKEN = "set-up cell preparacion can't run ({}): mend it in source/"
MARKED = """def double(x):
    import sys
    import torch

    if "mailbox" in sys.modules or hasattr(torch, "mark") or "mark" in globals():
        raise RuntimeError("another set-up was here")
    return x + x"""


@LINUX
@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("torch.mark = mark = 1", "raised"),
        ("import mailbox", "raised"),
        ("raise SystemExit(3)", BROKEN.format("SystemExit: 3")),
        ("1 / 0", BROKEN.format("ZeroDivisionError: division by zero")),
    ],
)
def test_next_assignment_meets_nothing_of_the_last_ones_set_up(
    line: str, found: str, course: Course, one: Client
) -> None:
    """It is served in the same sandbox, unless the last set-up has imported something: then in a new one."""
    made_from = sample_class.material(course, "mini")
    pupils.write(course, "ana", sample_class.handed_in(made_from, {"double": MARKED}))
    job = job_of(assignments.load(course, "mini"), next(course.submitted.rglob("*.ipynb")).read_bytes())
    outcomes, nurseries = [], []

    for each in (job, with_set_up(job, line), job):
        try:
            verdicts = one.grade(each).verdicts
            outcomes.append(verdicts["double-valores"].outcome.value)
        except GradingFailed as error:
            outcomes.append(str(error))
        nurseries.append(_nurseries(one))

    assert outcomes == ["passed", found, "passed"]
    assert nurseries[0] == nurseries[1]
    assert (nurseries[1] == nurseries[2]) is (line != "import mailbox")


@pytest.mark.slow
@mini.SANDBOXED
def test_set_up_that_runs_everywhere_but_in_the_sandbox_costs_nobody_a_point(
    course: Course, one: Client
) -> None:
    """Grading fails and says why, instead of giving everybody nothing; what comes after it is graded."""
    pupils.write(course, "ana", course.released("mini").read_text())
    job = job_of(assignments.load(course, "mini"), next(course.submitted.rglob("*.ipynb")).read_bytes())
    reading = with_set_up(job, f"open('{course.config}').close()")

    for _ in range(2):
        with pytest.raises(GradingFailed, match=r"preparacion can't run \(FileNotFoundError.*in the sandbox"):
            one.grade(reading)
        assert one.grade(job).verdicts


def with_set_up(job: Job, line: str) -> Job:
    """The same job with one more line in the instructor's set-up cell, and so in the submission's."""

    def changed(cells: Notebook) -> Notebook:
        first = "import torch\n"
        setup = {cell.id: cell.source.replace(first, f"{first}{line}\n", 1) for cell in cells.setup}
        texts = ((cell, setup.get(cell.id, cell.source)) for cell in cells.cells)
        return dc_replace(cells, cells=tuple(dc_replace(cell, source=text) for cell, text in texts))

    assigned = msgspec.msgpack.decode(job.assigned, type=Assigned)
    rebuilt = msgspec.msgpack.decode(job.rebuilt, type=Notebook)
    return Job(
        msgspec.msgpack.encode(replace(assigned, notebook=changed(assigned.notebook))),
        msgspec.msgpack.encode(changed(rebuilt)),
    )


def _nurseries(one: Client) -> list[int]:
    """The first processes of its worker's sandbox."""
    assert one._process is not None
    family = descendants(one._process.pid)
    return [each for each in family if b"grading.sandboxed" in Path(f"/proc/{each}/cmdline").read_bytes()]


def test_memory_of_a_warm_process_stands_in_huge_pages() -> None:
    """Where the kernel can do so, a fork then copies a few hundred entries instead of thousands."""
    size = 8 * HUGE

    def in_huge_pages() -> int:
        content = bytearray(size)
        content[:: os.sysconf("SC_PAGE_SIZE")] = b"x" * (size // os.sysconf("SC_PAGE_SIZE"))
        ready_for_forks()
        rollup = Path("/proc/self/smaps_rollup").read_text()
        assert len(content) == size and content[0] == ord("x")
        return 1024 * int(re.findall(r"AnonHugePages:\s+(\d+)", rollup)[0])

    if not Path("/sys/kernel/mm/transparent_hugepage").exists() or _kernel() < (6, 1):
        pytest.skip("this kernel can't be asked for huge pages")
    assert in_fork(in_huge_pages, int, 30) >= size - HUGE


def _kernel() -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))


def test_rehearsal_is_of_what_it_says() -> None:
    """Layers, steps and gradients were really made: a rehearsal that fails early would adapt nothing."""
    seen = rehearsal.serve(("torch.nn.init",))

    assert seen.failure is None
    assert {"aten.convolution", "python.backward", "call.torch.nn.init.kaiming_uniform_"} <= seen.trace.keys()
    assert list(seen.gradients) == [(0, 0)] and seen.gradients[0, 0] is not None


@pytest.mark.parametrize(
    "first", ["torchaula.cli, torchaula.classroom.batch.batch", "torchaula.grading.trusted.worker"]
)
def test_commands_and_workers_start_without_a_grammar_of_web_addresses(first: str) -> None:
    """It costs most of a second at each start, and no notebook's schema asks for it."""
    program = f"import {first}, sys; print('nbformat' in sys.modules, 'lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "False"]
