"""Junk answers replace what gives an exercise's results."""

from __future__ import annotations

from typing import Any

import pytest

from torchaula.authoring.junk import junk
from torchaula.course.notebook import Cell, Exercise

FUNCTION = "def double(x):\n    return 2 * x\n"
MODULE = """class Double:
    def forward(self, x):
        return 2 * x

    def twice(self, x):
        return 4 * x
"""
FITTED = """class Scaled:
    def fit(self, factor):
        self.factor = factor

    def scale(self, x):
        return self.factor * x

    def _private(self):
        return None
"""
DATA = """class Pairs:
    def __getitem__(self, place):
        return place
"""


def defined(source: str, kind: str) -> dict[str, Any]:
    """What the junk answer of this kind to such an exercise defines."""
    exercise = Exercise("it", Cell("it-enunciado", "markdown", ""), Cell("it", "solution", source), ())
    [answer] = (each for each in junk(exercise) if each.id == f"junk-{kind}")
    names: dict[str, Any] = {}
    exec(answer.source, names)
    return names


@pytest.mark.parametrize(("kind", "expected"), [("constant", 1.0), ("zeros", 0.0), ("nothing", None)])
def test_function_gives_junk(kind: str, expected: float | None) -> None:
    """A number becomes the kind's number, or nothing comes back."""
    assert defined(FUNCTION, kind)["double"](3.0) == expected


def test_forward_of_a_class_gives_junk() -> None:
    """Of a class with `forward` this method is spoilt, and no other."""
    layer = defined(MODULE, "constant")["Double"]()

    assert (layer.forward(3.0), layer.twice(3.0)) == (1.0, 12.0)


def test_last_public_method_gives_junk_where_there_is_no_forward() -> None:
    """What an object is told before still happens; what it gives then is junk."""
    scaled = defined(FITTED, "constant")["Scaled"]()
    scaled.fit(5.0)

    assert (scaled.factor, scaled.scale(3.0)) == (5.0, 1.0)


def test_class_with_special_methods_alone_gives_junk() -> None:
    """A data set has no public method: its last one gives its results."""
    assert defined(DATA, "constant")["Pairs"]()[3] == 1.0
