"""Find what a cell's text defines, even if it can't be parsed, and what an exercise wants defined.

The text is a learner's and may be anything: at most `PARSED_CHARACTERS` of a cell are parsed, and
`PARSED_CHARACTERS_IN_ALL` of a notebook. Where parsing fails, lines that look like definitions count.
Nothing here recurses through the syntax tree, since it may be deeper than Python's own stack.
"""

from __future__ import annotations

import ast
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

from torchaula.source_text import DEFINITION, MAGIC, NO_CODE, PARSED_CHARACTERS

BRACES = 1000  # in a cell; more would be slow, since Python scans an f-string from its start for each
PARSED_CHARACTERS_IN_ALL = 5 * PARSED_CHARACTERS
BLOCKS = (ast.If, ast.Try, ast.With, ast.For, ast.While)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Code:
    """The content of a cell: the names that it defines, methods included, each with whether it has a body.

    It `is_whole` where it can be parsed as it is, and `is_code` where it can be parsed without a common
    indentation. It `is_blank` where it has only comments, and definitions without a body.
    """

    names: Mapping[str, bool]
    is_whole: bool
    is_code: bool
    is_blank: bool


@dataclass(frozen=True)
class Wanted:
    """The definitions that an exercise wants: `names` of functions and classes, and the `bodies` to write.

    A body is a function's or a method's (`Linear.forward`).
    """

    names: frozenset[str]
    bodies: frozenset[str]

    def is_mentioned_in(self, text: str) -> bool:
        """Whether a cell may define a wanted name; a quick test."""
        return any(name in text for name in self.names)

    def written_in(self, code: Code) -> frozenset[str]:
        """The wanted bodies that a cell writes; all bodies of a name that it defines in another way."""
        whole = {name for name in self.names & code.names.keys() if code.names[name]}
        return frozenset(
            body for body in self.bodies if code.names.get(body) or _is_of(body, whole, code.names)
        )

    def unwritten_in(self, code: Code) -> frozenset[str]:
        """The wanted bodies that are empty in a cell, as they were released."""
        return frozenset(body for body in self.bodies if code.names.get(body) is False)

    def is_finished_in(self, code: Code) -> bool:
        """Whether a cell writes all wanted bodies."""
        return bool(self.bodies) and code.is_code and self.written_in(code) == self.bodies


def _is_of(body: str, whole: Iterable[str], names: Iterable[str]) -> bool:
    """Whether the body's owner is defined without visible methods: by assignment, or in unparsable text."""
    owner = body.partition(".")[0]
    return owner in whole and not any(name.startswith(f"{owner}.") for name in names)


@lru_cache(1024)
def wanted(solution: str, released: str) -> Wanted:
    """The definitions that an exercise wants, from its model solution and from the released stub."""
    names = frozenset(DEFINITION.findall(NO_CODE.sub("", solution)))
    stub = read(released)
    given = stub.names if stub.is_code else {}
    written = {name for name, is_written in read(solution).names.items() if is_written}
    bodies = {name for name in written if name.partition(".")[0] in names and not given.get(name)}
    return Wanted(names, frozenset(body for body in bodies if not _has_parts(body, bodies)))


def _has_parts(name: str, names: Iterable[str]) -> bool:
    return any(other.startswith(f"{name}.") for other in names)


def read(text: str) -> Code:
    """Read a cell's text as IPython does, which removes an indentation that all lines have."""
    found = parsed(text)
    if found is None:
        names = dict.fromkeys(DEFINITION.findall(NO_CODE.sub("", text[:PARSED_CHARACTERS])), True)
        return Code(names, False, False, False)
    names = {}
    for name, is_written in defined(found.body):
        names[name] = names.get(name, False) or is_written
    only_definitions = all(isinstance(n, Function | ast.ClassDef) or _says_nothing(n) for n in found.body)
    return Code(names, found.is_whole, True, only_definitions and not any(names.values()))


@dataclass(frozen=True)
class Parsed:
    """The statements of a cell, and the `text` that they were parsed from: `is_whole` unless it was indented.

    In this text `pass` replaces each of IPython's magics, so that lines keep their numbers.
    """

    text: str
    body: list[ast.stmt]
    is_whole: bool


def parsed(text: str) -> Parsed | None:
    """Parse a cell's text; None where it is not Python, too long or too deep."""
    if len(text) > PARSED_CHARACTERS or text.count("{") > BRACES:
        return None
    if (notebook := _notebook.get()) is not None:
        return notebook.parsed(text)
    return _parsed(text)


class _OneNotebook:
    """Parses the cells of one notebook: each text once, up to `PARSED_CHARACTERS_IN_ALL` together."""

    def __init__(self) -> None:
        self._known: dict[str, Parsed | None] = {}
        self._left = PARSED_CHARACTERS_IN_ALL

    def parsed(self, text: str) -> Parsed | None:
        if text not in self._known:
            self._left -= len(text)
            self._known[text] = _parsed(text) if self._left >= 0 else None
        return self._known[text]


_notebook: ContextVar[_OneNotebook | None] = ContextVar("notebook", default=None)


@contextmanager
def one_notebook() -> Iterator[None]:
    """Treat all texts parsed in the block as one notebook, whose total length is limited."""
    before = _notebook.set(_OneNotebook())
    try:
        yield
    finally:
        _notebook.reset(before)


def _parsed(text: str) -> Parsed | None:
    if (found := _statements(text)) is not None:
        return Parsed(*found, True)
    found = _statements(textwrap.dedent(text)) if text[:1].isspace() else None
    return Parsed(*found, False) if found is not None else None


def kept(found: Parsed, keep: Callable[[ast.stmt], bool]) -> str:
    """The text of the statements to keep, unchanged, with the comments above them."""
    lines = found.text.encode().splitlines()  # Python counts columns in bytes
    texts: list[bytes] = []
    end = column = 0
    for node, after in zip(found.body, [*found.body[1:], None], strict=True):
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))]) - 1
        last = node.end_lineno or node.lineno
        # An indented comment belongs to the statement above it.
        above = [line for line in lines[end:first] if not line[:1].isspace()]
        block = above + lines[first:last]
        if after is not None and after.lineno == last:
            block[-1] = block[-1][: node.end_col_offset]
        if first < end:
            block[0] = block[0][column:].lstrip(b"; \t")
        if keep(node):
            texts += block
        end, column = last, (node.end_col_offset or 0)
    return b"\n".join(texts).decode().strip("\n")


def bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement binds in its own scope, not those inside functions and classes."""
    for each in _of_scope(node):
        if isinstance(each, Function | ast.ClassDef):
            yield each.name
        elif isinstance(each, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in each.names)
        elif isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            yield each.id


def used(node: ast.stmt) -> Iterator[str]:
    """The names that a statement reads when it runs, not those that its functions read when called."""
    for each in _of_scope(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
            yield each.id
        elif isinstance(each, ast.AugAssign) and isinstance(each.target, ast.Name):
            yield each.target.id


def _of_scope(node: ast.AST) -> Iterator[ast.AST]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        if isinstance(each, Function):
            waiting += [*each.decorator_list, *each.args.defaults, *filter(None, each.args.kw_defaults)]
        elif isinstance(each, ast.Lambda):
            waiting += [*each.args.defaults, *filter(None, each.args.kw_defaults)]
        elif isinstance(each, ast.ClassDef):
            waiting += [*each.decorator_list, *each.bases, *each.keywords]
        else:
            waiting += ast.iter_child_nodes(each)


def _statements(text: str) -> tuple[str, list[ast.stmt]] | None:
    for each in (text, MAGIC.sub(r"\1pass", text)):
        try:
            with warnings.catch_warnings(action="ignore"):
                return each, ast.parse(each).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    return None


def defined(body: Sequence[ast.stmt]) -> Iterator[tuple[str, bool]]:
    """The names that statements define, inside blocks too, in text order, each with whether it has a body."""
    waiting = [*reversed(body)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function):
            yield node.name, _is_written(node.body)
        elif isinstance(node, ast.ClassDef):
            yield from _of_class(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, True) for target in targets if isinstance(target, ast.Name))
        elif isinstance(node, BLOCKS):
            parts = (getattr(node, part, []) for part in ("finalbody", "orelse", "body"))
            waiting += (each for part in parts for each in reversed(part))


def _of_class(node: ast.ClassDef) -> Iterator[tuple[str, bool]]:
    methods = [each for each in node.body if isinstance(each, Function)]
    yield from ((f"{node.name}.{each.name}", _is_written(each.body)) for each in methods)
    others = [each for each in node.body if not isinstance(each, Function)]
    yield node.name, any(_is_written(each.body) for each in methods) or _is_written(others)


def _is_written(body: Iterable[ast.stmt]) -> bool:
    return not all(map(_says_nothing, body))


def _says_nothing(node: ast.stmt) -> bool:
    """Whether it is a literal, `pass`, `return None`, `raise NotImplementedError` or `super().__init__()`."""
    match node:
        case (
            ast.Pass()
            | ast.Expr(value=ast.Constant())
            | ast.Return(value=None | ast.Constant(value=None))
            | ast.Raise(exc=ast.Name("NotImplementedError") | ast.Call(func=ast.Name("NotImplementedError")))
            | ast.Expr(
                value=ast.Call(func=ast.Attribute(ast.Call(func=ast.Name("super")), "__init__"), args=[])
            )
        ):
            return True
    return False
