"""What demos and endings ask for: the learner's own pieces, or torch's in place of those that are missing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from torchaula.checks import messages, session
from torchaula.checks.errors import PieceMissing


def needs(*names: str) -> None:
    """Raise `PieceMissing` unless each of the learner's names has passed its check as it is now."""
    progress = session.current().progress
    if missing := [name for name in names if not progress.has_passed(name)]:
        raise PieceMissing(messages.missing(missing))


def pieces(**twins: Any) -> SimpleNamespace:
    """The learner's piece of each name if it has passed its check as it is now, else the twin that is given.

    The twin is torch's, or None where there is none. Prints whose each one is.
    """
    progress = session.current().progress
    own = {name: progress.namespace[name] for name in twins if progress.has_passed(name)}
    lent = [name for name, twin in twins.items() if name not in own and twin is not None]
    absent = [name for name, twin in twins.items() if name not in own and twin is None]
    print(messages.whose(list(own), lent, absent))
    return SimpleNamespace(**twins | own)


def progreso() -> None:
    """Print how far each exercise is: its public check and the points of that."""
    print(messages.table(session.current().progress))
