"""What of an exercise's points hangs on what the student's process says of itself, beside the values.

Values, and gradients as numbers, are compared by the judge. What was called, how many operations that took,
whether a result is new or hangs on the graph, and what became of the arguments, the process itself notes:
code that tampers with it can have it say anything.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from torchaula.course.notebook import Notebook


class Claim(Enum):
    """Something that a test takes from the student's process."""

    NOTHING_FORBIDDEN = "forbidden"
    NO_LOOPS = "loops"
    NEW = "new"
    ATTACHED = "attached"
    UNCHANGED = "unchanged"


METHODS = {"same_operations": Claim.NO_LOOPS, "fresh": Claim.NEW, "attached": Claim.ATTACHED}
# What takes values alone, and first asks that the arguments are as they were.
SOUND = {"matches", "equals", "holds", "expect", "sound", "result"}


def of(source: Notebook) -> dict[str, tuple[Claim, ...]]:
    """The claims by exercise, of those that make any: its tests' own text tells."""
    found = {name: _of_cells(tuple(c.source for c in each.graded)) for name, each in source.exercises.items()}
    return {name: claims for name, claims in found.items() if claims}


@lru_cache(256)
def _of_cells(texts: tuple[str, ...]) -> tuple[Claim, ...]:
    found = {claim for text in texts for node in _nodes(text) for claim in _of_node(node)}
    return tuple(claim for claim in Claim if claim in found)


def _nodes(text: str) -> Iterator[ast.AST]:
    try:
        yield from ast.walk(ast.parse(text))
    except SyntaxError:  # a cell with a magic: it makes no claim that could be read
        return


def _of_node(node: ast.AST) -> Iterator[Claim]:
    if isinstance(node, ast.Attribute):
        yield from (METHODS[node.attr],) if node.attr in METHODS else ()
        yield from (Claim.UNCHANGED,) if node.attr in SOUND else ()
    elif isinstance(node, ast.keyword) and node.arg == "forbid":
        is_empty = isinstance(node.value, ast.List | ast.Tuple) and not node.value.elts
        yield from () if is_empty else (Claim.NOTHING_FORBIDDEN,)
