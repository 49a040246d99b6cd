"""Run one cell in a namespace, and turn the exception of a graded cell into a verdict."""

from __future__ import annotations

import linecache
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

from torchaula.checks import CheckFailed, TestError, messages, session
from torchaula.checks.probe import definitions
from torchaula.checks.timelimit import TimeLimit, time_limit
from torchaula.course.magics import as_python
from torchaula.course.notebook import Cell
from torchaula.errors import Refusal
from torchaula.findings import Row
from torchaula.grading.trusted.verdict import Outcome, Verdict
from torchaula.grading.wire import limits
from torchaula.i18n import _

ERROR_CHARACTERS = 500  # characters of an exception's text
TIMING = ("time", "timeit", "capture", "prun")  # magics that run what follows them as Python


def new_namespace() -> dict[str, Any]:
    """An empty namespace that looks like the one where a notebook's cells run."""
    return {"__name__": "__main__", "__builtins__": __builtins__}


def execute(source: str, cell: str, namespace: dict[str, Any]) -> None:
    """Run a cell's text, and register its lines in `linecache`, for messages and for `inspect`."""
    text, code = _compiled(source, f"<cell {cell}>")
    if "get_ipython" in text:
        namespace["get_ipython"] = lambda: _Magics(cell, namespace)
    linecache.cache[code.co_filename] = (len(text), None, text.splitlines(keepends=True), code.co_filename)
    exec(code, namespace)


@dataclass(frozen=True)
class _Magics:
    """A stand-in for IPython in a cell: it runs Python only, and no other language or program."""

    cell: str
    namespace: dict[str, Any]

    def run_line_magic(self, name: str, line: str, *_others: object) -> None:
        if name == "time":
            execute(line, f"{self.cell}: %{name}", self.namespace)

    def run_cell_magic(self, name: str, _line: str, body: str) -> None:
        if name in TIMING:
            execute("\n" + body, self.cell, self.namespace)

    def getoutput(self, _command: str) -> list[str]:
        return []

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_args, **_options: None


class SetupFailed(Refusal):
    """A set-up cell can't run. The mistake is in the course, not in a submission."""

    def __init__(self, cell: str, error: str) -> None:
        self.cell, self.error = cell, error
        what = _("set-up cell {cell} can't run ({error}): mend it in source/")
        super().__init__(what.format(cell=cell, error=error))


def set_up(source: str, cell: str, namespace: dict[str, Any]) -> None:
    """Run a set-up cell. Raises `SetupFailed`."""
    try:
        execute(source, cell, namespace)
    except (Exception, SystemExit) as error:
        raise SetupFailed(cell, f"{type(error).__name__}: {error}") from error


def read(cells: Iterable[Cell]) -> None:
    """Compile cells, and read their probes, before forks of this process run them: each would do it again."""
    for cell in cells:
        with suppress(Exception):  # running it will report that
            text, _code = _compiled(cell.source, f"<cell {cell.id}>")
            definitions(text)


@lru_cache(maxsize=1024)
def _compiled(source: str, filename: str) -> tuple[str, CodeType]:
    """A cell as plain Python, and compiled; cached, since a batch runs the same cells for everybody."""
    text = as_python(source)
    return text, compile(text, filename, "exec", dont_inherit=True)


@dataclass(frozen=True)
class Ending:
    """How a graded cell ended: its verdict and, for its author, the exception in one line.

    `is_late`: the test itself timed out, perhaps in the middle of a call. `is_endless`: it would time out
    on an idle machine too.
    """

    verdict: Verdict
    error: str = ""
    is_late: bool = False
    is_endless: bool = False


def judge(source: str, cell: str, namespace: dict[str, Any], clock: float = limits.TEST_WALL) -> Ending:
    """Run a graded cell, for `clock` seconds at most.

    A cell that never opens itself has tested no answer: this is the test's fault, however the cell ended.
    """
    session.judging(cell)
    try:
        ending = _ended(source, cell, namespace, clock)
        if session.is_open(cell) or ending.error:
            return ending
    finally:
        session.judging("")
    why = f"TestError: it never opened itself with graded({cell!r})"
    return Ending(Verdict(Outcome.INFRASTRUCTURE, f"{cell}: {why}"), why)


def _ended(source: str, cell: str, namespace: dict[str, Any], clock: float) -> Ending:
    """Run a graded cell and return how it ended.

    A `TestError` is the test's fault. Any other exception is the answer's fault: since the cell passes
    with the model solution, it got a result of a kind that it can't read.
    """
    begun = time.process_time()
    try:
        with time_limit(limits.TEST_CPU, clock):
            execute(source, cell, namespace)
    except CheckFailed as error:
        verdict = Verdict(error.outcome, str(error), error.rows, finding=error.finding)
        return Ending(verdict, _error_text(error, cell))
    except TestError as error:
        return Ending(
            Verdict(Outcome.INFRASTRUCTURE, str(error) or _error_text(error, cell)), _error_text(error, cell)
        )
    except TimeLimit:
        verdict = explained(Outcome.TIMED_OUT, cell, messages.slow_test())
        why = f"TimeLimit: more than {limits.TEST_CPU:g} seconds of CPU for the test itself"
        is_endless = time.process_time() - begun > 0.9 * limits.TEST_CPU  # else only the clock ran out
        return Ending(verdict, why, is_late=True, is_endless=is_endless)
    except (Exception, SystemExit, KeyboardInterrupt, GeneratorExit) as error:
        verdict = explained(Outcome.FAILED, cell, messages.unreadable(type(error).__name__))
        return Ending(verdict, _error_text(error, cell))
    return Ending(Verdict(Outcome.PASSED))


def explained(outcome: Outcome, cell: str, rows: Sequence[Row]) -> Verdict:
    """A verdict with these lines as its explanation."""
    return Verdict(outcome, messages.failed(cell, rows), tuple(rows))


def _error_text(error: BaseException, cell: str) -> str:
    """An exception in one line: its type, what it says, and the line of the cell."""
    text = str(error)
    if isinstance(error, CheckFailed) and error.rows:
        text = messages.in_one_line(error.rows)
    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.lineno for frame in frames if frame.filename == f"<cell {cell}>"), None)
    if isinstance(error, SyntaxError):
        text, line = error.msg, error.lineno
    where = f", line {line}" if line else ""
    return f"{type(error).__name__}: {' '.join(text.split())[:ERROR_CHARACTERS]}{where}"
