"""Tell how far a person is with grading an answer that no test judges."""

from __future__ import annotations

from enum import Enum, auto

from nbformat import NotebookNode

from torchaula.classroom.gradebook.ledger import NO_RESPONSE


class State(Enum):
    """How far a person is with an answer."""

    WAITS = auto()
    UNANSWERED = auto()
    GIVEN = auto()


def state_of(cell: NotebookNode) -> State:
    """The state in the gradebook; if it isn't noted, guessed from points and nbgrader's comment."""
    of_gradebook = cell.metadata.nbgrader
    score, is_empty = of_gradebook.get("score"), of_gradebook.get("comment") == NO_RESPONSE
    if of_gradebook.get("is_given", bool(score)):
        return State.GIVEN
    return State.WAITS if of_gradebook.get("waits", not is_empty) else State.UNANSWERED
