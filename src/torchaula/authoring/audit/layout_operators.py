"""Operators on sizes and places: two of them swapped, another one's name, one too many or too few."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from torchaula.authoring.audit.call_operators import name_of
from torchaula.authoring.audit.text import Function, Node, Text
from torchaula.authoring.audit.value_operators import reads

ONE_SIDED = (ast.Sub, ast.Div, ast.FloorDiv, ast.MatMult, ast.Pow)
COUNTS = ("len", "numel")


def swaps(text: Text) -> Iterator[str]:
    """Two neighbours swapped: arguments, elements of a tuple or list, operands, letters of an equation."""
    unordered = set(_unordered(text))
    for node in text.nodes:
        for first, second in _neighbours(node) if node not in unordered else ():
            one, other = text.of(first), text.of(second)
            if one != other:
                yield text.with_edits((first, other), (second, one))
        if isinstance(node, ast.Call) and name_of(node) == "einsum":
            yield from _equations(text, node.args[0])


def _unordered(text: Text) -> Iterator[ast.AST]:
    """Tuples whose order says nothing: of axes to reduce, and of names that begin with numbers."""
    yield from (k.value for call in text.calls for k in call.keywords if k.arg == "dim")
    for node in text.nodes:
        values = node.value.elts if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) else ()
        if isinstance(node, ast.Assign) and values and all(isinstance(v, ast.Constant) for v in values):
            yield from (*node.targets, node.value)


def _neighbours(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.Call):
        yield from pairwise(node.args)
    elif isinstance(node, ast.Tuple | ast.List):
        yield from pairwise(node.elts)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ONE_SIDED) and _is_whole(node):
        yield node.left, node.right
    elif isinstance(node, ast.IfExp):
        yield node.body, node.orelse


def _is_whole(node: ast.BinOp) -> bool:
    """Whether the operands can change places as they stand, without parentheses."""
    return all(
        not isinstance(part, ast.BinOp | ast.UnaryOp | ast.IfExp | ast.Compare)
        for part in (node.left, node.right)
    )


def _equations(text: Text, node: ast.expr) -> Iterator[str]:
    """An equation with two neighbouring letters of one term swapped."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        letters = node.value
        for place, (one, other) in enumerate(pairwise(letters)):
            if one.isalpha() and other.isalpha():
                yield text.replaced(node, repr(letters[:place] + other + one + letters[place + 2 :]))


def names(text: Text) -> Iterator[str]:
    """A size for the one beside it: of the same tuple, or the next number among the parameters."""
    for function in text.functions:
        numbers = [each.name for each in text.parameters(function) if each.annotation == "int"]
        groups = [*_groups(text, function), numbers]
        after = {a: b for group in groups for a, b in pairwise([*group, *group[:1]]) if a != b}
        for node in reads(text, function, set(after)):
            yield text.replaced(node, after[text.of(node)])


def _groups(text: Text, function: Function) -> Iterator[list[str]]:
    """The names that are assigned side by side."""
    for node in text.inside(function):
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
            yield [each.id for each in node.elts if isinstance(each, ast.Name)]


def off_by_one(text: Text) -> Iterator[str]:
    """One too many or too few: of a range, a slice, or what is counted."""
    for node in text.nodes:
        for part, offsets in _counted(node):
            if not isinstance(part, ast.Constant):  # cosmic-ray changes those
                for offset in offsets:
                    yield text.replaced(part, f"{_grouped(text, part)} {offset}")


def _counted(node: ast.AST) -> Iterator[tuple[Node, tuple[str, ...]]]:
    if isinstance(node, ast.Slice):
        yield from ((part, ("+ 1", "- 1")) for part in (node.lower, node.upper) if part is not None)
    elif isinstance(node, ast.Call) and name_of(node) == "range":
        yield from ((part, ("+ 1", "- 1")) for part in node.args)


def counts(text: Text) -> Iterator[str]:
    """One more or less than is counted."""
    for call in text.calls:
        if name_of(call) in COUNTS:
            yield from (text.replaced(call, f"({text.of(call)} {offset})") for offset in ("+ 1", "- 1"))


def _grouped(text: Text, node: Node) -> str:
    """A node's text, in parentheses where another operator would bind closer."""
    return f"({text.of(node)})" if isinstance(node, ast.IfExp | ast.Compare) else text.of(node)
