"""What a cell's text shows without being run: the names that it binds, whether or not it can be parsed.

The text is a learner's and may be anything: no more than `LONGEST` characters of it are looked at, and no
pattern takes time that grows with more than its length.
"""

from __future__ import annotations

import re
import symtable
import textwrap
import warnings
from collections.abc import Iterable
from functools import lru_cache

LONGEST = 20_000  # characters; a whole assignment's answers have half of them
# What is no code at the start of a line: comments, and strings. Whatever follows, each that begins matches:
# else a text with many such beginnings would take time that grows with its square.
NO_CODE = re.compile(r'#[^\n]*|"""(?:\\.|[^\\])*?(?:"""|\\?\Z)|' + r"'''(?:\\.|[^\\])*?(?:'''|\\?\Z)", re.S)
MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.M)
DEFINITION = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.M)


@lru_cache(64)
def names_bound_in(text: str) -> frozenset[str]:
    """The names that a cell binds outside its functions and classes, however it does; by lines at worst."""
    whole = textwrap.dedent(text[:LONGEST])
    found = _bound_in(whole, MAGIC.sub(r"\1pass", whole))
    if found is None:
        lines = NO_CODE.sub("", whole).splitlines()
        found = frozenset(name for line in lines for name in _bound_by(line))
    return found


def _bound_in(*texts: str) -> frozenset[str] | None:
    """What the first of these texts that can be read binds."""
    for each in texts:
        try:
            with warnings.catch_warnings(action="ignore"):
                symbols = symtable.symtable(each, "<cell>", "exec").get_symbols()
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return frozenset(each.get_name() for each in symbols if each.is_assigned() or each.is_imported())
    return None


def _bound_by(line: str) -> Iterable[str]:
    """What a line at a cell's margin looks like binding, where the cell as a whole can't be read."""
    if definition := DEFINITION.match(line):
        return definition.groups()
    if line.startswith(("import ", "from ")):
        return _bound_in(line) or ()
    targets, equals, value = line.partition("=")
    names = [part.strip(" \t()[]*") for part in targets.partition(":")[0].split(",")]
    is_assignment = bool(equals) and not value.startswith("=") and line[:1] not in " \t"
    return names if is_assignment and all(map(str.isidentifier, names)) else ()
