"""An answer whose cell did not end, or that waits for what is gone: the learner reads the true reason."""

from __future__ import annotations

import sys
from importlib.metadata import version

import pytest

from tests.tiny import OPEN, RIGHT, grade, notebook
from tests.workshop import Book, Workshop
from torchaula.authoring import judging
from torchaula.course.notebook import Cell, Notebook
from torchaula.grading.trusted import engine
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.seeds import Seeds
from torchaula.grading.trusted.verdict import Outcome, Verdict

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
    return engine.Engine(made, judging.own_sandbox(), Seeds(1)).grade(Notebook("tiny", cells))


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
    flat = " ".join(verdict.message.split())
    assert "no existe `double`" in flat
    assert "ejecuta antes" not in flat
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


@pytest.mark.parametrize(
    ("own", "is_blamed"),
    [
        ("torch.softmax(torch.ones(2), helper=0)\n", False),
        ("def other(x, helper=2):\n    helper = 3\nother(1 / 0)\n", False),
        ("1 / 0\n[helper for helper in range(3)]\n", False),
        ("1 / 0\n# helper = 3\nprint('helper = 3')\nprint(1, helper == 3)\n", False),
        ("other.helper = torch.ones(2)\n", False),
        ("def other(x)\n    helper = 3\nprint(other, helper=3)\n", False),
        ("from no_such_module import a, helper\n", True),
        ("from no_such_module import (\n    a,\n    b as helper,\n)\n", True),
        ("import no_such_module as helper\n", True),
        ("a, helper = 1 / 0, 2\n", True),
        ("a, (b, *helper) = 1 / 0\n", True),
        ("%matplotlib inline\n1 / 0\nhelper: int = 3\n", True),
        ("  1 / 0\n  helper = 3\n", True),
        ("for helper in 1 / 0: pass\n", True),
        ("print(1 / 0)\nif (helper := 3): pass\n", True),
        ("def other(x)\n    pass\na, helper = 3, 4\n", True),
        ("def other(x)\n    pass\nimport math, json as helper\n", True),
    ],
)
def test_cell_is_blamed_for_a_name_that_it_binds_and_for_no_other(own: str, is_blamed: bool) -> None:
    """Arguments, attributes and comments that look like the name accuse no cell; imports and tuples do."""
    judged = beside(own, "def double(x):\n    return helper(x)\n")

    [verdict] = judged.verdicts.values()
    assert "NameError" in verdict.message
    assert ("se paró antes" in " ".join(verdict.message.split())) == is_blamed, verdict.message


@pytest.mark.parametrize(
    "own", ["(" * 3000 + "helper = 1\n", "x = " + "-" * 100_000 + "1\n", "helper = 1\n" * 50_000 + "1 / 0\n"]
)
def test_cell_that_no_parser_reads_costs_no_verdict(own: str) -> None:
    """However deep or long the cell that stopped is, the answer below it is told its own exception."""
    [verdict] = beside(own, "def double(x):\n    return other(x)\n").verdicts.values()

    assert "NameError" in verdict.message


def test_import_that_this_version_lacks_is_told_with_module_and_version() -> None:
    """The learner reads which module lacks what they import, and in which version it is here."""
    for answer in ("from torch.nn import no_such\n" + RIGHT, "import torch.no_such\n" + RIGHT):
        flat = " ".join(remote(answer).message.split())
        assert "`torch` (versión 2." in flat, flat
    flat = " ".join(remote("from math import no_such\n" + RIGHT).message.split())
    assert f"`math` (versión {sys.version_info[0]}.{sys.version_info[1]}" in flat
    flat = " ".join(remote("from sklearn import no_such\n" + RIGHT).message.split())
    assert f"`sklearn` (versión {version('scikit-learn')})" in flat


@pytest.mark.parametrize(
    "line", ['raise ImportError("no hay")', "from .helpers import a", "raise ModuleNotFoundError('no hay')"]
)
def test_import_error_without_a_module_is_told_without_one(line: str) -> None:
    """No sentence about a module whose name nobody knows."""
    message = remote(f"{line}\n{RIGHT}").message

    assert "``" not in message
    assert "Remedio" in message


def test_version_that_lies_costs_no_verdict() -> None:
    """A module that a learner made, with a version that is no text, is told without one."""
    code = (
        "import sys, types\nsys.modules['odd'] = m = types.ModuleType('odd')\nm.__version__ = {}\n"
        "from odd import no_such\n" + RIGHT
    )

    for given in ("3", "'9' * 10**6", "type('S', (str,), {'__getitem__': None})('1')"):
        verdict = remote(code.format(given))
        assert "`odd`" in verdict.message, verdict.message
        assert len(verdict.message) < 2000


def test_file_beside_the_notebook_is_told_from_a_package() -> None:
    """`helpers.py` doesn't travel with a notebook; a package that everybody knows is no such file."""
    own = " ".join(remote("from helpers import twice\n" + RIGHT).message.split())
    package = " ".join(remote("import pandas as pd\n" + RIGHT).message.split())

    assert "`helpers.py`" in own
    assert "copia su código" in own
    assert "no está instalado" in package
    assert "copia" not in package


@pytest.mark.parametrize(
    "line",
    [
        "raise SyntaxError('m', ('f', 1, 2, 5))",
        "raise SyntaxError('m', ('f', 'one', 2, b'text'))",
        "raise SyntaxError('m', ('f', 10**30, 2, 'text'))",
        "raise type('E', (SyntaxError,), {'text': property(lambda self: 1 / 0)})('m')",
        "raise type('E', (NameError,), {'name': property(lambda self: 1 / 0)})('m')",
        "raise type('E', (ValueError,), {'__str__': lambda self: type('S', (str,), {'__getitem__': 1})()})",
    ],
)
def test_exception_with_odd_fields_is_told_like_any_other(line: str) -> None:
    """What an exception says of itself may be anything: it ends no process."""
    for answer in (f"def double(x):\n    {line}\n", f"{line}\n{RIGHT}"):
        verdict = remote(answer)
        assert verdict.outcome is Outcome.RAISED, verdict.message


@pytest.mark.parametrize(
    "line", ["from google import genai", "import google.genai", "from google import cloud"]
)
def test_package_of_google_s_that_is_not_colab_is_missing_as_usual(line: str) -> None:
    """Only what Colab alone has is stood in for: any other import fails where it stands."""
    verdict = remote(f"import google.colab\n{line}\n{RIGHT}")

    assert verdict.outcome is Outcome.RAISED
    assert "Error" in verdict.message
    assert "google" in verdict.message


@pytest.mark.parametrize(
    "line", ["from google import colab", "import google\ngoogle.colab.drive.mount('/content')"]
)
def test_colab_is_reached_through_its_parent(line: str) -> None:
    """`from google import colab` gives the module that does nothing."""
    assert remote(f"{line}\n{RIGHT}").passed


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
