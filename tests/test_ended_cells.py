"""An answer whose cell did not end, or that waits for what is gone: the learner reads the true reason."""

from __future__ import annotations

import sys

import pytest

from tests.tiny import OPEN, RIGHT, grade, notebook
from tests.workshop import Book, Workshop
from torchaula.course.notebook import Cell, Notebook
from torchaula.grading import engine
from torchaula.grading.judge import Judged
from torchaula.grading.verdict import Outcome, Verdict

DOUBLES = OPEN.replace('forbid=["mul"], ', "") + "student.double(1).equals(2)\n"


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Import what torch imports lazily once, before the first fork."""
    engine.prepare(notebook())


def remote(answer: str, cell: str = DOUBLES) -> Verdict:
    """The verdict of a graded cell in the judge."""
    [verdict] = grade(answer, cell, backend="remote")
    return verdict


def beside(own: str, answer: str, cell: str = DOUBLES) -> Judged:
    """What becomes of an answer below an own cell of the learner's."""
    made = notebook(cell)
    setup, statement, _solution, graded = made.cells
    cells = (setup, Cell("own-0", "free", own), statement, Cell("double", "solution", answer), graded)
    return engine.Engine(made, engine._warden(), 1).grade(Notebook("tiny", cells))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("import no_such_module\n" + RIGHT, ("ModuleNotFoundError", "`no_such_module`", "1: import no_such")),
        ("from torch import no_such\n" + RIGHT, ("ImportError", "1: from torch import no_such")),
        ("x = 3\n1 / 0\n" + RIGHT, ("ZeroDivisionError", "2: 1 / 0")),
        ("x = 3\ny = helper(x)\n" + RIGHT, ("NameError", "helper", "2: y = helper(x)")),
        ("def double(x)\n    return 2 * x", ("SyntaxError", "1: def double(x)", "Python 3.")),
        ("x = 1\n  y = 2\n" + RIGHT, ("IndentationError", "2: y = 2", "Python 3.")),
        ("raise KeyboardInterrupt\n" + RIGHT, ("KeyboardInterrupt", "1: raise")),
        ("class E(Exception):\n    def __str__(self): raise self\nraise E\n" + RIGHT, ("E", "3: raise E")),
        ("exit\nimport sys\nsys.exit()\n" + RIGHT, ("SystemExit", "3: sys.exit()")),
    ],
)
def test_cell_that_ended_early_is_told_with_exception_and_line(answer: str, told: tuple[str, ...]) -> None:
    """Where an answer is missing since its cell stopped, its learner reads at which line, and for what."""
    verdict = remote(answer)

    assert verdict.outcome is Outcome.RAISED
    assert "no existe `double`" in verdict.message
    assert "ejecuta antes" not in verdict.message
    flat = " ".join(verdict.message.split())
    assert not [text for text in told if text not in flat], verdict.message


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="a Python that knows this syntax")
@pytest.mark.parametrize(
    "newer", ["type Pair = tuple[int, int]\n", "def same[T](x: T) -> T:\n    return x\n", "f'{'a'}'\n"]
)
def test_syntax_of_a_newer_python_is_told_with_the_version_here(newer: str) -> None:
    """The message names the Python that grades, and the line that it can't read."""
    verdict = remote(newer + RIGHT)

    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}" in verdict.message
    assert "SyntaxError" in verdict.message


@pytest.mark.parametrize("own", ["import no_such_module\n", "1 / 0\n"])
def test_helper_of_an_own_cell_that_stopped_is_told(own: str) -> None:
    """The answer misses a helper: its learner reads that the cell that defines it stopped, and why."""
    judged = beside(own + "def helper(x):\n    return x + x\n", "def double(x):\n    return helper(x)\n")

    [verdict] = judged.verdicts.values()
    assert verdict.outcome is Outcome.RAISED
    assert "NameError" in verdict.message
    kind = "ModuleNotFoundError" if "import" in own else "ZeroDivisionError"
    assert kind in verdict.message


def test_other_cells_that_stopped_are_not_blamed() -> None:
    """A cell that has nothing to do with the missing name is not named."""
    judged = beside("import no_such_module\nother = 3\n", "def double(x):\n    return helper(x)\n")

    [verdict] = judged.verdicts.values()
    assert "no_such_module" not in verdict.message


def test_module_that_is_missing_in_a_call_is_told() -> None:
    """An `import` inside the function: which module, and what to do."""
    verdict = remote("def double(x):\n    import no_such_module\n    return 2 * x\n")

    assert verdict.outcome is Outcome.RAISED
    assert "no está instalado" in verdict.message


def test_answer_that_is_there_all_the_same_is_graded() -> None:
    """What comes after the definition may stop the cell as it likes."""
    assert remote(RIGHT + "import no_such_module\n").passed


QUICK = DOUBLES.replace("seconds=1", "seconds=0.2")
POOL = (
    "from concurrent.futures import ThreadPoolExecutor as Pool\npool = Pool()\npool.submit(abs, 1).result()\n"
)


@pytest.mark.parametrize(
    "own",
    [
        POOL + "def wait(x): return pool.submit(lambda: 2 * x).result()\n",
        "from multiprocessing.pool import ThreadPool\npool = ThreadPool(1)\n"
        "def wait(x): return pool.apply(lambda: 2 * x)\n",
        "import asyncio, threading\nloop = asyncio.new_event_loop()\n"
        "threading.Thread(target=loop.run_forever, daemon=True).start()\n"
        "async def twice(x): return 2 * x\n"
        "def wait(x): return asyncio.run_coroutine_threadsafe(twice(x), loop).result()\n",
        "import threading, time\nlock = threading.Lock()\n"
        "def keep():\n    with lock:\n        time.sleep(60)\n"
        "threading.Thread(target=keep, daemon=True).start()\ntime.sleep(0.1)\n"
        "def wait(x):\n    with lock:\n        return 2 * x\n",
    ],
    ids=["executor", "pool", "loop", "lock"],
)
def test_threads_of_another_cell_are_told(own: str) -> None:
    """An answer that waits for threads that don't exist any more is told so, and nothing of endless loops."""
    judged = beside(own, "def double(x):\n    return wait(x)\n", QUICK)

    [verdict] = judged.verdicts.values()
    assert verdict.outcome is Outcome.TIMED_OUT
    assert "hilos" in verdict.message
    assert "dentro de la función" in verdict.message
    assert "bucle" not in verdict.message


def test_endless_loop_beside_idle_threads_is_a_loop() -> None:
    """A thread that nobody waits for is not to blame where the answer computes all the time."""
    [verdict] = beside(POOL, "def double(x):\n    while True: pass\n", QUICK).verdicts.values()

    assert verdict.outcome is Outcome.TIMED_OUT
    assert "bucle" in verdict.message
    assert "hilos" not in verdict.message


def test_answer_that_waits_is_not_called_a_loop() -> None:
    """`sleep` and the like: it waited, says the message."""
    verdict = remote("import time\ndef double(x):\n    time.sleep(99)\n", QUICK)

    assert verdict.outcome is Outcome.TIMED_OUT
    assert "esperando" in verdict.message
    assert "bucle" not in verdict.message


def test_pool_made_inside_the_function_works() -> None:
    """What the message advises is right."""
    answer = POOL + (
        "def double(x):\n    with Pool(2) as own:\n        return own.submit(lambda: 2 * x).result()\n"
    )

    assert remote(answer).passed


@pytest.mark.parametrize("name", ["print", "buffer", "first", "program", "fault"])
def test_what_is_written_to_any_stream_is_kept(name: str, workshop: Workshop) -> None:
    """All ways to print reach the page."""
    code = {
        "print": "print('said it')",
        "buffer": "import sys\nsys.stdout.buffer.write('said it ¡é!'.encode())",
        "first": "import sys\nprint('said it', file=sys.__stdout__)",
        "program": "import subprocess, sys\nsubprocess.run(['echo', 'said it'], stdout=sys.stdout)",
        "fault": "import faulthandler, sys\nprint('said it', file=sys.stderr)\nfaulthandler.dump_traceback()",
    }[name]
    book = Book()
    book.add(code, "preparacion")

    result = workshop.grade(book.file)

    assert "said it" in str(result.outputs["own-0"])
    assert "Error" not in str(result.outputs["own-0"])
