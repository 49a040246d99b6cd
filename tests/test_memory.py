"""Memory that runs out is called so, wherever it does; what forks share counts once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import mini
from tests.rebuilding import JobMaker
from tests.tiny import BACKENDS, OPEN, PLUS, grade, notebook
from tests.workshop import NAME, Book, instructor, passed
from torchaula.authoring import judging
from torchaula.classroom.batch import entries
from torchaula.course import notebook as notebooks
from torchaula.course.notebook import Cell, Notebook
from torchaula.grading.sandboxed import memory
from torchaula.grading.trusted import engine
from torchaula.grading.trusted.client import Client
from torchaula.grading.trusted.jobs import Result
from torchaula.grading.trusted.seeds import Seeds
from torchaula.grading.trusted.verdict import Lost, Outcome
from torchaula.grading.wire.limits import MIB, Limits
from torchaula.report import words

LIMITS = Limits(cell_seconds=20, cells_seconds=60, memory=700 * MIB, total_memory=600 * MIB)
# Each process keeps less than it may; together they keep more than a submission may.
HUNGRY = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        {hide}
        kept = np.ones({mib} * 2**17)
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""
UNDUMPABLE = "import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)"


class Small:
    """A warm client whose submissions may take little memory."""

    def __init__(self) -> None:
        self._client, self._desk = Client(), JobMaker(NAME, notebooks.text(instructor()), LIMITS)
        cells = notebooks.parse(instructor(), NAME).cells
        self.every_cell = {cell.id for cell in cells if cell.kind == "graded"}

    def grade(self, book: Book) -> Result:
        return self._client.grade(self._desk.job(book.file))

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def small() -> Iterator[Small]:
    """Skipped where there is no sandbox."""
    mini.require_sandbox()
    made = Small()
    yield made
    made.close()


def remarks(result: Result) -> str:
    """What the table says of it."""
    source = notebooks.parse(instructor(), NAME)
    return "; ".join(entries._ends(source, result))


@pytest.mark.slow
def test_memory_that_forks_share_counts_once(small: Small) -> None:
    """A cell that keeps half of what a submission may costs nothing, though each fork inherits it."""
    book = Book()
    book.add(f"kept = np.ones({300 * 2**17})", "preparacion")

    result = small.grade(book)

    assert passed(result) == small.every_cell
    assert not result.lost


@pytest.mark.slow
@pytest.mark.parametrize("hide", ["pass", UNDUMPABLE], ids=["plain", "unreadable"])
def test_own_cell_that_takes_too_much_is_named_for_it(small: Small, hide: str) -> None:
    """The cell is left out and the rest graded; page and table say that memory ran out."""
    book = Book()
    book.add(HUNGRY.format(mib=300, hide=hide), "preparacion")

    result = small.grade(book)

    assert result.lost == {"own-0": Lost.OUT_OF_MEMORY}
    assert passed(result) == small.every_cell
    assert remarks(result) == "memory ran out in a cell of the student's own"
    assert "memoria" in words.LOST[Lost.OUT_OF_MEMORY]


@pytest.mark.slow
def test_answer_that_takes_too_much_is_named_for_it(small: Small) -> None:
    """Its own cells end out of memory; no other exercise loses anything."""
    book = Book()
    code = HUNGRY.format(mib=300, hide="pass").strip().replace("\n", "\n    ")
    book.cell("decay").source = f"def decay(values):\n    {code}\n"

    result = small.grade(book)

    ended = {cell: v.outcome for cell, v in result.verdicts.items() if not v.passed}
    assert ended == dict.fromkeys(("decay-publico", "decay-valores"), Outcome.OUT_OF_MEMORY)
    assert "memoria" in result.verdicts["decay-valores"].message
    assert remarks(result) == "memory ran out in decay"


def test_answer_s_own_cell_that_takes_too_much_is_named_for_it(small: Small) -> None:
    """The cell that defines the answer: its exercise's cells end out of memory, and say so."""
    book = Book()
    book.cell("decay").source = HUNGRY.format(mib=300, hide="pass")

    result = small.grade(book)

    assert result.lost == {"decay": Lost.OUT_OF_MEMORY}
    ended = {cell: v.outcome for cell, v in result.verdicts.items() if not v.passed}
    assert ended == dict.fromkeys(("decay-publico", "decay-valores"), Outcome.OUT_OF_MEMORY)


HEADLESS = """
import ctypes, os, platform, threading, time
def keep():
    kept = torch.ones(2**24)
    time.sleep(5)
    os._exit(0)
if os.fork() == 0:
    threading.Thread(target=keep).start()
    ctypes.CDLL(None).syscall({"x86_64": 60}.get(platform.machine(), 93), 0)
print("ended by", os.WTERMSIG(os.wait()[1]))
"""


def test_process_that_hides_its_memory_behind_a_dead_leader_is_ended() -> None:
    """Where the first thread is gone nobody sees what the others keep: such a process does not go on."""
    made = notebook(OPEN + "student.double(1).equals(2)\n")
    setup, statement, _solution, graded = made.cells
    cells = (setup, Cell("own-0", "free", HEADLESS), statement, Cell("double", "solution", PLUS), graded)

    judged = engine.Engine(made, judging.own_sandbox(), Seeds(1)).grade(Notebook("tiny", cells))

    assert "ended by 9" in str(judged.outputs["own-0"])
    assert all(verdict.passed for verdict in judged.verdicts.values())


class Clock:
    """A clock that only looks at memory move: each takes `seconds`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        self.now, self.looks, self._seconds = 1000.0, 0, seconds
        monkeypatch.setattr(memory, "proportional", self._look)
        monkeypatch.setattr(memory.time, "monotonic", lambda: self.now)

    def _look(self, process: int) -> int:
        self.now += self._seconds
        self.looks += 1
        return self.looks * MIB


def test_memory_is_looked_at_again_soon_after_a_long_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written to shared memory shows in no quick sum: no look is so dear that the next waits long."""
    clock, shares = Clock(monkeypatch, 0.4), memory.Shares()

    assert shares.sum([1], 5 * MIB) == MIB
    clock.now += 0.3
    assert shares.sum([1], 5 * MIB) == MIB  # too soon
    clock.now += 0.3
    assert shares.sum([1], 5 * MIB) == 2 * MIB


def test_memory_that_takes_too_long_to_look_at_counts_as_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile it could grow beyond any limit."""
    clock, shares = Clock(monkeypatch, 0.8), memory.Shares()

    assert shares.sum(range(60), 5 * MIB) > 2**60
    assert clock.looks < 5


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "body",
    [
        "np.empty(2**45)",
        "torch.empty(2**44)",
        "torch.ones(2**22, 1) @ torch.ones(1, 2**22)",
        "bytearray(2**46)",
    ],
)
def test_exception_for_want_of_memory_is_called_so(backend: str, body: str) -> None:
    """Python's, NumPy's and torch's own words for it end in the same outcome."""
    engine.prepare(notebook())
    answer = f"import numpy as np\ndef double(x):\n    return {body}\n"

    [verdict] = grade(answer, OPEN + "student.double(1).sound()\n", backend=backend)

    assert verdict.outcome is Outcome.OUT_OF_MEMORY, verdict.message


def test_standing_of_a_class_is_told_by_members() -> None:
    """No page or table goes by a sentence: every way to be lost has its own words."""
    assert set(words.LOST) == set(Lost)
