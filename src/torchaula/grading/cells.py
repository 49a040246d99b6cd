"""Running the text of one cell in a namespace, and turning what it raises into a verdict."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

from torchaula.checks import CheckFailed, TestError, messages
from torchaula.course.magics import as_python
from torchaula.errors import Refusal
from torchaula.grading.verdict import Outcome, Verdict
from torchaula.i18n import _

TIMING = ("time", "timeit", "capture", "prun")  # magics that run what follows them as Python


def new_namespace() -> dict[str, Any]:
    """An empty namespace that passes for the one where a notebook's cells run."""
    return {"__name__": "__main__", "__builtins__": __builtins__}


def execute(source: str, cell: str, namespace: dict[str, Any]) -> None:
    """Run a cell's text; its lines stay readable for messages and for `inspect`."""
    filename = f"<cell {cell}>"
    source = as_python(source)
    if "get_ipython" in source:
        namespace["get_ipython"] = lambda: _Magics(cell, namespace)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(_compiled(source, filename), namespace)


@dataclass(frozen=True)
class _Magics:
    """What stands in for IPython where a cell uses it: it runs Python, and no other language or program."""

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
    """A set-up cell can't run: the course's own mistake."""

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


@lru_cache(maxsize=1024)
def _compiled(source: str, filename: str) -> CodeType:
    """The code of a cell; a batch runs the same graded cells for everybody."""
    return compile(source, filename, "exec", dont_inherit=True)


def judge(source: str, cell: str, namespace: dict[str, Any]) -> Verdict:
    """Run a graded cell.

    A `TestError` is the test's own fault. Any other exception is the answer's: the cell passes on the
    model solution, so it met a result of a kind that it could not read.
    """
    try:
        execute(source, cell, namespace)
    except CheckFailed as error:
        return Verdict(Outcome(error.outcome), str(error), error.rows)
    except TestError as error:
        return Verdict(Outcome.INFRASTRUCTURE, str(error))
    except Exception as error:
        return Verdict(Outcome.FAILED, messages.unreadable(cell, type(error).__name__))
    return Verdict(Outcome.PASSED)
