"""An answer's text with its syntax tree, and the small changes of text that operators make."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from torchaula.authoring.audit import wording

DOCUMENTED = re.compile(r"\b(?P<name>\w+): \[(?P<sizes>[^\]]*)\](?P<rest>((?!\b\w+: \[)[^→\n])*)")
WHOLE_NUMBERS = re.compile(r"\b(int\d+|uint8|bool)\b")
Function = ast.FunctionDef
Node = ast.expr | ast.stmt


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function. `sizes` are the letters of a tensor's documented shape: `n`, `d`."""

    name: str
    annotation: str
    default: str
    sizes: tuple[str, ...] = ()
    has_more: bool = False  # whether other dimensions, any number of them, come before these
    is_whole: bool = False  # whether the documentation says that it holds whole numbers or booleans
    is_double: bool = False  # whether it says that it holds float64, and nothing of float32
    may_be_empty: bool = True
    may_be_one: bool = True  # whether a size may be 1

    @property
    def is_tensor(self) -> bool:
        return self.annotation == "torch.Tensor" or bool(self.sizes)

    @property
    def is_number(self) -> bool:
        return self.annotation in ("int", "float")

    @property
    def dimensions(self) -> list[str]:
        """The expression of each documented size."""
        count = len(self.sizes)
        places = range(-count, 0) if self.has_more else range(count)
        return [f"{self.name}.shape[{place}]" for place in places]

    @property
    def letters(self) -> list[tuple[str, str]]:
        """Each documented size, and its expression."""
        return list(zip(self.sizes, self.dimensions, strict=True))


class Text:
    """The text of one answer. Positions in its tree count bytes, and so does this class."""

    def __init__(self, source: str) -> None:
        self.source, self.tree = source, ast.parse(source)
        self._bytes = source.encode()
        self._lines = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def of(self, node: Node) -> str:
        """The text of a node."""
        start, end = self._span(node)
        return self._bytes[start:end].decode()

    def replaced(self, node: Node, new: str) -> str:
        """The whole text with another text in a node's place."""
        return self.with_edits((node, new))

    def with_edits(self, *edits: tuple[Node, str]) -> str:
        """The whole text with other texts in the places of some nodes, which don't overlap."""
        made = self._bytes
        for node, new in sorted(edits, key=lambda edit: self._span(edit[0]), reverse=True):
            start, end = self._span(node)
            made = made[:start] + new.encode() + made[end:]
        return made.decode()

    def with_line(self, above: Node, line: str, *edits: tuple[Node, str]) -> str:
        """The whole text with one more line above a statement, indented as it is; and with these edits."""
        first = min([above.lineno, *(each.lineno for each in getattr(above, "decorator_list", []))])
        lines = self.with_edits(*edits).splitlines(keepends=True)
        indent = " " * above.col_offset
        return "".join([*lines[: first - 1], f"{indent}{line}\n", *lines[first - 1 :]])

    def _span(self, node: Node) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = self._lines[node.lineno - 1] + node.col_offset
        return start, self._lines[node.end_lineno - 1] + node.end_col_offset

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes that run, in the order of the text: no annotations, and no docstrings."""
        return list(_running(self.tree))

    @cached_property
    def functions(self) -> list[Function]:
        """The functions and methods."""
        return [node for node in self.nodes if isinstance(node, Function)]

    @property
    def calls(self) -> list[ast.Call]:
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    def inside(self, function: Function) -> list[ast.AST]:
        """The nodes of a function's body."""
        return [node for part in body(function) for node in _running(part)]

    def returned(self, function: Function) -> list[ast.expr]:
        """The expressions that a function returns."""
        returns = [node for node in self.inside(function) if isinstance(node, ast.Return)]
        return [node.value for node in returns if node.value is not None]

    def parameters(self, function: Function) -> list[Parameter]:
        """A function's parameters, without `self`."""
        documented = {m["name"]: m for m in DOCUMENTED.finditer(ast.get_docstring(function) or "")}
        args = function.args.args
        defaults = [*[None] * (len(args) - len(function.args.defaults)), *function.args.defaults]
        return [
            _parameter(arg, default, documented.get(arg.arg))
            for arg, default in zip(args, defaults, strict=True)
            if arg.arg != "self"
        ]


def _parameter(arg: ast.arg, default: ast.expr | None, documented: re.Match[str] | None) -> Parameter:
    annotation = ast.unparse(arg.annotation) if arg.annotation else ""
    value = ast.unparse(default) if default else ""
    if documented is None or "list" in annotation:
        return Parameter(arg.arg, annotation, value)
    sizes = tuple(size.strip() for size in documented["sizes"].split(",") if size.strip().isidentifier())
    rest = documented["rest"]
    is_whole = bool(WHOLE_NUMBERS.search(rest)) and "float" not in rest
    has_more = documented["sizes"].startswith("...")
    is_double = "float64" in rest and "float32" not in rest
    least = (not wording.NEVER_EMPTY.search(rest), not wording.NEVER_ONE.search(rest))
    return Parameter(arg.arg, annotation, value, sizes, has_more, is_whole, is_double, *least)


def body(function: Function) -> list[ast.stmt]:
    """The statements of a function, without its docstring."""
    return function.body[ast.get_docstring(function, clean=False) is not None :]


def gives(function: Function, what: str) -> bool:
    """Whether a function is annotated to return this."""
    return function.returns is not None and ast.unparse(function.returns) == what


def _running(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr):  # the positions inside are not exact before Python 3.12
        return
    yield node
    for name, field in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        children = field if isinstance(field, list) else [field]
        if name == "body" and isinstance(node, ast.FunctionDef | ast.ClassDef):
            children = children[ast.get_docstring(node, clean=False) is not None :]
        for child in children:
            if isinstance(child, ast.AST):
                yield from _running(child)
