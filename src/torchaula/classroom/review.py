"""Solutions that a person should look at: code that reaches for what could hide a call from its trace.

A list, not a verdict: who names one of these has usually good reasons, and `getattr` evades any list.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from nbformat import NotebookNode

from torchaula.course.markers import Markers
from torchaula.grading.definitions import LONGEST, one_notebook, parsed
from torchaula.grading.rebuild import sort
from torchaula.grading.submitted import SubmittedCell, read

MODULES = {
    *("_thread", "builtins", "cProfile", "concurrent", "ctypes", "gc", "importlib", "inspect", "marshal"),
    *("multiprocessing", "signal", "socket", "subprocess", "sys", "threading", "torchaula", "types"),
}
NAMES = {"__import__", "compile", "eval", "exec", "globals"}
ATTRIBUTES = {
    *("_C", "_getframe", "_ops", "_python_dispatch", "ops", "overrides"),
    *("__builtins__", "__code__", "__globals__", "__subclasses__"),
    *("__torch_dispatch__", "__torch_function__"),
}
EVERY = MODULES | NAMES | ATTRIBUTES
WORD = re.compile(r"\w+")


def of(source: NotebookNode, submitted: bytes, markers: Markers) -> list[str]:
    """The telling names in what a learner wrote: solutions and cells of their own."""
    return reaches(sort(source, read(submitted), markers).own)


def reaches(cells: Sequence[SubmittedCell]) -> list[str]:
    """The telling names in a submission's code, each with its cell, in order."""
    found: dict[str, None] = {}
    with one_notebook():
        for number, cell in enumerate(cells, 1):
            if cell.cell_type == "code":
                found |= {f"{cell.name or number}: {name}": None for name in _names(cell.source)}
    return list(found)


def _names(source: str) -> Iterator[str]:
    """The telling names of a cell; of one that is too long to be parsed, words that are among them."""
    if len(source) > LONGEST:
        yield from (word for word in WORD.findall(source) if word in EVERY)
    elif found := parsed(source):
        yield from _of_nodes(node for statement in found.body for node in ast.walk(statement))


def _of_nodes(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in MODULES:
            yield node.module
        elif isinstance(node, ast.Name) and node.id in NAMES:
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            yield node.attr
