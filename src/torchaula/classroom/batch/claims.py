"""List which exercises' tests rely on what the student process reports, beside returned values.

The judge compares values, and gradients as numbers, itself. Four things only the student process can report:
which functions were called and how many operations they took, whether a result is new, whether it is attached
to the graph, and whether arguments changed. Code that tampers with the process can forge these reports.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from torchaula.course.notebook import Notebook

ALL = "'torch'"  # in `allow`: everything may be used


class Claim(Enum):
    """A report of the student process that a test relies on."""

    NOTHING_FORBIDDEN = "forbidden"
    NO_LOOPS = "loops"
    NEW = "new"
    ATTACHED = "attached"
    UNCHANGED = "unchanged"


METHODS = {"fresh": Claim.NEW, "attached": Claim.ATTACHED}
# These compare values only, but first check that the arguments are unchanged.
SOUND = {"matches", "equals", "holds", "expect", "sound", "result"}


def of(source: Notebook) -> dict[str, tuple[Claim, ...]]:
    """The claims by exercise, for exercises that rely on any, read from the text of their tests."""
    found = {name: _of_cells(tuple(c.source for c in each.graded)) for name, each in source.exercises.items()}
    return {name: claims for name, claims in found.items() if claims}


@lru_cache(256)
def _of_cells(texts: tuple[str, ...]) -> tuple[Claim, ...]:
    found = {claim for text in texts for node in _nodes(text) for claim in _of_node(node)}
    return tuple(claim for claim in Claim if claim in found)


def _nodes(text: str) -> Iterator[ast.AST]:
    try:
        yield from ast.walk(ast.parse(text))
    except SyntaxError:  # a cell with a magic: ignored, as it is not plain Python
        return


def _of_node(node: ast.AST) -> Iterator[Claim]:
    if isinstance(node, ast.Attribute):
        yield from (METHODS[node.attr],) if node.attr in METHODS else ()
        yield from (Claim.UNCHANGED,) if node.attr in SOUND else ()
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        yield from _of_call(node, node.func.id)


def _of_call(node: ast.Call, name: str) -> Iterator[Claim]:
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    if name == "no_loops" or (name == "battery" and "data" in given):
        yield Claim.NO_LOOPS
    elif name == "graded" and "names" in given:
        is_open = ALL in given.get("allow", "") and "forbid" not in given
        yield from () if is_open else (Claim.NOTHING_FORBIDDEN,)
