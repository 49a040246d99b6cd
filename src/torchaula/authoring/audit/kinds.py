"""The kinds of changes that operators make, and the graded cells that should see them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from torchaula.course.notebook import PUBLIC


class Kind(StrEnum):
    """A kind of change of a model solution; the first ones are cosmic-ray's."""

    ARITHMETIC = "arithmetic"
    COMPARISON = "comparison"
    UNARY = "unary"
    BOOLEAN = "boolean"
    FLOW = "flow"
    NUMBER = "number"
    DIM = "dim"
    KEEPDIM = "keepdim"
    ARGUMENT = "argument"
    CALL = "call"
    NEIGHBOUR = "neighbour"
    STATEMENT = "statement"
    MODE = "mode"
    SWAP = "swap"
    NAME = "name"
    OFF_BY_ONE = "off-by-one"
    GRAPH = "graph"
    DTYPE = "dtype"
    IN_PLACE = "in-place"
    SIZE_ONE = "size-one"
    EQUAL_SIZES = "equal-sizes"
    EMPTY = "empty"
    CLAMP = "clamp"
    EPSILON = "epsilon"
    ROUND = "round"
    ALIAS = "alias"

    def seen_by(self, aspects: Sequence[str]) -> str:
        """The graded cell, of those with these aspects, that should see such a change."""
        if self is Kind.GRAPH:
            wanted = ["gradiente", "valores"]
        elif self in (Kind.SIZE_ONE, Kind.EQUAL_SIZES, Kind.EMPTY, Kind.CLAMP, Kind.EPSILON, Kind.ALIAS):
            wanted = ["bordes", "valores"]
        else:
            wanted = ["valores", "bordes"]
        return next((each for each in wanted if each in aspects), PUBLIC)
