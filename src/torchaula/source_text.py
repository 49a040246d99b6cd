"""Read a cell's text without running it: its syntax tree, and the names that it binds even if it has none.

The text is a learner's and may be anything: at most `PARSED_CHARACTERS` are read, and every pattern takes
linear time.
"""

from __future__ import annotations

import ast
import re
import symtable
import textwrap
import warnings
from collections.abc import Iterable
from functools import lru_cache

PARSED_CHARACTERS = 20_000  # characters; twice as many as a whole assignment's answers
# Comments and multi-line strings. An unterminated string matches to the end of the text: otherwise a text
# with many string starts would take quadratic time.
NO_CODE = re.compile(r'#[^\n]*|"""(?:\\.|[^\\])*?(?:"""|\\?\Z)|' + r"'''(?:\\.|[^\\])*?(?:'''|\\?\Z)", re.S)
MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.M)
DEFINITION = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.M)


def parsed(text: str) -> ast.Module | None:
    """The syntax tree of a cell, with `pass` for its magics; None if it can't be parsed or is too long."""
    whole = textwrap.dedent(text)
    if len(text) > PARSED_CHARACTERS:
        return None
    for each in (whole, MAGIC.sub(r"\1pass", whole)):
        try:
            with warnings.catch_warnings(action="ignore"):
                return ast.parse(each)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


@lru_cache(64)
def names_bound_in(text: str) -> frozenset[str]:
    """The names that a cell binds outside functions and classes; if it can't be parsed, a guess by lines."""
    whole = textwrap.dedent(text[:PARSED_CHARACTERS])
    found = _bound_in(whole, MAGIC.sub(r"\1pass", whole))
    if found is None:
        lines = NO_CODE.sub("", whole).splitlines()
        found = frozenset(name for line in lines for name in _bound_by(line))
    return found


def _bound_in(*texts: str) -> frozenset[str] | None:
    """The names bound by the first of these texts that can be parsed; None if none can."""
    for each in texts:
        try:
            with warnings.catch_warnings(action="ignore"):
                symbols = symtable.symtable(each, "<cell>", "exec").get_symbols()
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return frozenset(each.get_name() for each in symbols if each.is_assigned() or each.is_imported())
    return None


def _bound_by(line: str) -> Iterable[str]:
    """The names that an unindented line seems to bind, for a cell that can't be parsed."""
    if definition := DEFINITION.match(line):
        return definition.groups()
    if line.startswith(("import ", "from ")):
        return _bound_in(line) or ()
    targets, equals, value = line.partition("=")
    names = [part.strip(" \t()[]*") for part in targets.partition(":")[0].split(",")]
    is_assignment = bool(equals) and not value.startswith("=") and line[:1] not in " \t"
    return names if is_assignment and all(map(str.isidentifier, names)) else ()
