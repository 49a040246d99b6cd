"""Remember which public checks have passed in this kernel, and with which answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How far an exercise has come."""

    UNTRIED = "untried"
    FAILED = "failed"
    CHANGED = "changed"  # it passed, and what it defines was defined anew since
    PASSED = "passed"


@dataclass
class Progress:
    """The checks of one notebook. `points`: those of each exercise's public check, in the notebook's order.

    `namespace` is where the learner's answers are defined.
    """

    points: Mapping[str, float] = field(default_factory=dict)
    namespace: Mapping[str, Any] = field(default_factory=dict)
    _passed: dict[str, dict[str, Any]] = field(default_factory=dict)  # with what the names stood for then
    _tried: set[str] = field(default_factory=set)
    checked: str = ""  # the exercise whose check ran last, until somebody has told of it

    def note_tried(self, exercise: str) -> None:
        """A check begins; whatever it found earlier counts no more."""
        self._tried.add(exercise)
        self._passed.pop(exercise, None)
        self.checked = exercise

    def note_passed(self, exercise: str, names: tuple[str, ...]) -> None:
        """A check has passed with what these names stand for now."""
        self._passed[exercise] = {name: self.namespace.get(name) for name in names}

    def state(self, exercise: str) -> State:
        """How far an exercise has come."""
        if exercise not in self._passed:
            return State.FAILED if exercise in self._tried else State.UNTRIED
        return State.PASSED if self._is_as_checked(self._passed[exercise]) else State.CHANGED

    def has_passed(self, name: str) -> bool:
        """Whether what a name of the learner's stands for now has passed its check."""
        return any(name in pieces and self._is_as_checked(pieces) for pieces in self._passed.values())

    def _is_as_checked(self, pieces: Mapping[str, Any]) -> bool:
        return all(self.namespace.get(name) is piece for name, piece in pieces.items())
