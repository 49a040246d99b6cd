"""Note which of a learner's cells stopped, and which threads a fork lost, to explain later failures.

Only the student process knows this, so it can't be trusted: it is shown, and decides nothing.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from torchaula.checks.observation import (
    MAX_TEXT,
    MAX_THREADS,
    Failure,
    Observation,
    Stop,
    stop,
)
from torchaula.checks.timelimit import TimeLimit
from torchaula.findings import Reason
from torchaula.source_text import names_bound_in


@dataclass
class StoppedCells:
    """The cells that stopped, each with its text; `threads` are the names of threads that a fork lost."""

    cells: dict[str, tuple[str, Stop]] = field(default_factory=dict)
    threads: tuple[str, ...] = ()

    def note(self, cell: str, source: str, error: BaseException | None) -> None:
        """Note how a cell ended."""
        self.cells.pop(cell, None)
        if error is not None and not isinstance(error, TimeLimit):
            self.cells[cell] = (source, stop(error))

    def note_threads(self) -> None:
        """Note which threads run, just before a fork."""
        main = threading.main_thread()
        others = [thread.name for thread in threading.enumerate() if thread is not main]
        self.threads = tuple(name[:MAX_TEXT] for name in others[:MAX_THREADS] if type(name) is str)

    def explained(self, seen: Observation, exercise: str) -> Observation:
        """The observation, with the earlier event that explains its failure, if there is one."""
        failure = seen.failure
        if failure is None:
            return seen
        if failure.reason is Reason.WAITED:
            return replace(seen, failure=replace(failure, threads=self.threads))
        if missing := failure.message if failure.reason is Reason.UNDEFINED else _undefined(failure):
            return replace(seen, failure=replace(failure, cause=self._cause(missing, exercise)))
        return seen

    def _cause(self, missing: str, exercise: str) -> Stop | None:
        """Why the cell that would have defined a name stopped: the exercise's own cell, else the last one."""
        defining = {
            cell: end for cell, (source, end) in self.cells.items() if missing in names_bound_in(source)
        }
        return defining.get(exercise) or next(reversed(defining.values()), None)


def _undefined(failure: Failure) -> str:
    return failure.missing if "NameError" in failure.kinds else ""
