"""Probes: small functions of a test that run beside the learner's code and return observations.

A probe travels as text, so it may use nothing that doesn't exist on the other side; and it decides
nothing, since what decides must not run where the learner's code can reach it.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import symtable
import textwrap
from collections.abc import Callable, Collection

from torchaula.checks.errors import TestError


def text_of(function: Callable[..., object]) -> str:
    """The source of the function as defined in its cell, without decorators."""
    try:
        source = textwrap.dedent("".join(inspect.getsourcelines(function)[0]))
    except OSError as error:
        raise TestError(
            f"probe {function.__name__}: its source can't be read; define it in a cell"
        ) from error
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    return "\n".join(source.splitlines()[definition.lineno - 1 :]) + "\n"


def refuse(source: str, allowed: Collection[str]) -> None:
    """Raise `TestError` where a probe judges, or uses a name that only the test has.

    `allowed` are the set-up cell's names and the exercise's own. Parameters and built-ins are free.
    """
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
    foreign = sorted(free_names(source) - set(allowed) - set(dir(builtins)) - {definition.name})
    if foreign:
        raise TestError(
            f"{where}: {', '.join(foreign)}: not a parameter, built-in, set-up name or the exercise's own; "
            "pass it as an argument"
        )


def free_names(source: str) -> set[str]:
    """Names that the code reads from outside itself."""

    def globals_of(table: symtable.SymbolTable) -> set[str]:
        own = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
        return own.union(*(globals_of(child) for child in table.get_children()))

    module = symtable.symtable(source, "<probe>", "exec")
    return set().union(*(globals_of(child) for child in module.get_children()))
