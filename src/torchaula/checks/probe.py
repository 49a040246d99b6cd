"""Read and check probes: small functions of a test that run beside the learner's code and return data.

A probe is sent as text, so it may use only names that exist on the other side. It must not check anything,
since the learner's code could change a check that runs in its own process.
"""

from __future__ import annotations

import ast
import builtins
import linecache
import symtable
import textwrap
from collections.abc import Callable, Collection
from functools import lru_cache

from torchaula.checks.errors import TestError


def text_of(function: Callable[..., object]) -> str:
    """The source of the function as defined in its cell, without decorators."""
    code = function.__code__
    text = "".join(linecache.getlines(code.co_filename, function.__globals__))
    if not text:
        raise TestError(f"probe {function.__name__}: its source can't be read; define it in a cell")
    definition = definitions(text).get(code.co_firstlineno)
    if definition is None:
        raise TestError(f"line {code.co_firstlineno}: a probe is a function that `def` defines")
    return definition


@lru_cache(maxsize=1024)
def definitions(text: str) -> dict[int, str]:
    """The functions in a cell's text, by the number of their first line, decorators included."""
    found: dict[int, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            segment = ast.get_source_segment(text, node, padded=True) or ""
            found.setdefault(first, textwrap.dedent(segment) + "\n")
    return found


def refuse(source: str, allowed: Collection[str]) -> None:
    """Raise `TestError` where a probe checks something, or uses a name that only the test has.

    `allowed` are the set-up cell's names and the exercise's own. Parameters and built-ins are always allowed.
    """
    where, free = _looked_through(source)
    foreign = sorted(free - set(allowed) - set(dir(builtins)))
    if foreign:
        raise TestError(
            f"{where}: {', '.join(foreign)}: not a parameter, built-in, set-up name or the exercise's own; "
            "pass it as an argument"
        )


@lru_cache
def _looked_through(source: str) -> tuple[str, set[str]]:
    """A probe's name for messages, and its free names. Raises `TestError` where it checks something."""
    tree = ast.parse(source)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    where = f"probe {definition.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            raise TestError(f"{where}, line {node.lineno}: `assert` judges; return what was observed")
        if isinstance(node, ast.Attribute) and node.attr in ("testing", "gradcheck"):
            raise TestError(f"{where}, line {node.lineno}: `{node.attr}` judges; return what was observed")
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal):
            raise TestError(f"{where}, line {node.lineno}: import in the set-up cell; no global names")
    return where, free_names(source) - {definition.name}


def free_names(source: str) -> set[str]:
    """The names that the code reads and does not define."""

    def globals_of(table: symtable.SymbolTable) -> set[str]:
        own = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
        return own.union(*(globals_of(child) for child in table.get_children()))

    module = symtable.symtable(source, "<probe>", "exec")
    return set().union(*(globals_of(child) for child in module.get_children()))
