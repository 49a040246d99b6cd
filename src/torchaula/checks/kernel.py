"""What happens in a learner's Jupyter kernel after a cell: the notebook goes on, and tells how far one is.

Where a cell raises what is for the learner, the kernel shows it in red and replies that all is well, so that
*Run all* goes on with the next cell. Any other exception, such as a syntax error, stops it as usual.
"""

from __future__ import annotations

from typing import Any

from torchaula.checks import messages, older
from torchaula.checks.errors import ForLearner
from torchaula.checks.progress import Progress


def follow(progress: Progress) -> None:
    """In a Jupyter kernel, tell of these checks from now on, and let cells run after one that fails."""
    shell = older.shell()
    if shell is None:
        return
    for known in list(shell.events.callbacks["post_run_cell"]):
        if isinstance(known, Follower):
            shell.events.unregister("post_run_cell", known)
    shell.events.register("post_run_cell", Follower(progress))


class Follower:
    """Called by IPython after each cell that a learner runs."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __call__(self, result: Any) -> None:
        """Forget an exception that was for the learner; after a check, print how far they are."""
        if isinstance(result.error_in_exec, ForLearner):
            result.error_in_exec = None
        if self._progress.checked and self._progress.points:
            self._progress.checked = ""
            print(messages.so_far(self._progress))
