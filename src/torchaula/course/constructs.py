"""Find which constructs a program has, so that no sentence names one that a learner did not write.

A construct is a name, an operator or a word of a statement as it is written (`reshape`, `//`, `assert`), or a
`GROUP`: equivalent ways to do the same, which count as one. No sentence is read but what it marks as code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from torchaula.source_text import parsed

OPERATORS: dict[type[ast.AST], str] = {
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%"},
    **{ast.Pow: "**", ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.Invert: "~"},
    **{ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="},
    **{ast.And: "and", ast.Or: "or", ast.Not: "not", ast.In: "in", ast.Is: "is", ast.IsNot: "is"},
}
STATEMENTS: dict[type[ast.AST], str] = {
    **{ast.Assert: "assert", ast.Raise: "raise", ast.Return: "return", ast.Yield: "yield", ast.With: "with"},
    **{ast.If: "if", ast.IfExp: "if", ast.Try: "try", ast.Lambda: "lambda", ast.Delete: "del"},
    **{ast.For: "for", ast.While: "while", ast.Break: "break", ast.Continue: "continue"},
    **{ast.comprehension: "for", ast.ListComp: "list", ast.YieldFrom: "yield", ast.Slice: ":"},
}
# Each group, and the names, attributes (`.data`), operators and statements that belong to it.
GROUPS: dict[str, frozenset[str]] = {
    group: frozenset(members.split())
    for group, members in {
        "loop": "for while map filter reduce starmap vmap vectorize apply_along_axis map_ apply_",
        "division": "/ /= div div_ divide divide_ true_divide true_divide_ reciprocal",
        "logarithm": "log log2 log10 log1p log_softmax logsumexp logaddexp log_ logsigmoid",
        "numpy": "numpy np asarray from_numpy __array__ ndarray",
        "lists": "tolist list append extend",
        "bytes": "uint8 byte .byte ByteTensor int8 .char",
        "integers": "int64 int32 int16 .long .int .short LongTensor IntTensor int",
        "float16": "float16 .half bfloat16",
        "float32": "float32 .float FloatTensor get_default_dtype",
        "float64": "float64 .double DoubleTensor",
        "rounding": "round round_ rint",
        "off-the-graph": "detach detach_ .data item tolist no_grad inference_mode set_grad_enabled",
        "gradients": "zero_grad .grad",
        "no_grad": "no_grad inference_mode set_grad_enabled",
        "mean": "mean nanmean average mean_",
        "median": "median nanmedian quantile kthvalue",
        "printing": "print",
        "assertion": "assert",
    }.items()
}
ANNOTATIONS = ("annotation", "returns")
# The fields of syntax trees' nodes that hold names.
NAMES = frozenset({"id", "attr", "arg", "name", "asname", "module"})
IN_PLACE, TINY_NUMBER, LOOP, ASKS_FOR_NONE = "in-place", "tiny-number", "loop", "asks-for-none"
TINY = 0.02  # an "epsilon" is smaller
TINY_NAMES = frozenset({"eps", "tiny", "smallest_normal", "resolution"})
CODE = re.compile(r"`([^`]+)`")
TOKEN = re.compile(r"[A-Za-z_]\w+|//|>=|<=|==|!=|\*\*|(?<![\w)])-\d+|\d+(?:\.\d+)?|[/@%<>~]")
# Names that say nothing of what was done: of modules, and of kinds of values.
COMMON = frozenset({"torch", "nn", "functional", "self", "super", "__init__", "def", "None", "True", "False"})


@dataclass(frozen=True)
class Needs:
    """The constructs that a program must have, and those that it must not have, for a sentence to fit it."""

    has: tuple[str, ...] = ()  # sorted, since digests are made of them
    lacks: tuple[str, ...] = ()

    def fit(self, found: frozenset[str]) -> bool:
        """Whether a program with these constructs is one."""
        return found.issuperset(self.has) and found.isdisjoint(self.lacks)


NOTHING = Needs()


def needs(sentence: str, source: str, base: str, declared: Iterable[str] = ()) -> Needs:
    """What a learner's program must have, or not, to be told the sentence of a known answer.

    That is what the known answer itself has, or not: of all that the sentence marks as code, of the
    `declared`, and of the groups in which the answer differs from its `base`.
    """
    own, before = constructs(source), constructs(base)
    differing = (own ^ before) & (GROUPS.keys() | {TINY_NUMBER, ASKS_FOR_NONE})
    named = named_in(sentence) | set(declared) | differing
    return Needs(tuple(sorted(named & own)), tuple(sorted(named - own)))


def named_in(sentence: str) -> frozenset[str]:
    """The constructs in the pieces of a sentence that are marked as code. Shapes, `[n, d]`, name none."""
    pieces = (piece for piece in CODE.findall(sentence) if not piece.startswith("["))
    return frozenset(token for piece in pieces for token in TOKEN.findall(piece)) - COMMON


@lru_cache(maxsize=4096)
def constructs(source: str) -> frozenset[str]:
    """The constructs of a program; none if it can't be parsed."""
    tree = parsed(source)
    return frozenset() if tree is None else _of([tree])


@dataclass(frozen=True)
class Program:
    """What a learner wrote for an exercise: the answer's cell, and the learner's own cells.

    `names` are those that the exercise asks for, which any of these cells may define.
    """

    answer: str
    others: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()

    @property
    def constructs(self) -> frozenset[str]:
        """The constructs of the answer's cell, and of what it uses that other cells define at their top."""
        defined: dict[str, list[ast.AST]] = {}
        for node in (node for text in self.others for node in getattr(parsed(text), "body", ())):
            for name in _bound_by(node):
                defined.setdefault(name, []).append(node)
        found, uses = constructs(self.answer), set(self.names)
        while uses := {name for name in uses | found if name in defined}:
            found |= _of([node for name in uses for node in defined.pop(name)])
        return found


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))


def _of(trees: Iterable[ast.AST]) -> frozenset[str]:
    nodes = [node for tree in trees for node in _walk(tree)]
    found = {word for node in nodes for word in _words(node)}
    if _has_recursion(nodes):
        found.add(LOOP)
    return frozenset(found | {group for group, members in GROUPS.items() if members & found})


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but annotations, which learners find written: `size: int` converts nothing."""
    left = [tree]
    while left:
        node = left.pop()
        yield node
        for field in node._fields:
            part = getattr(node, field, None)
            if isinstance(part, list):
                left += (each for each in part if isinstance(each, ast.AST))
            elif isinstance(part, ast.AST) and field not in ANNOTATIONS:
                left.append(part)


def _words(node: ast.AST) -> Iterator[str]:
    """The constructs that one node of a syntax tree is."""
    for known in (OPERATORS, STATEMENTS):
        if type(node) in known:
            yield known[type(node)]
    if isinstance(node, ast.Constant):
        yield from _constant(node.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        if isinstance(node.operand, ast.Constant):
            yield f"-{node.operand.value!r}"
    elif isinstance(node, ast.Compare) and any(_is_none(each) for each in (node.left, *node.comparators)):
        yield ASKS_FOR_NONE
    elif isinstance(node, ast.AugAssign):
        yield IN_PLACE
        yield f"{OPERATORS.get(type(node.op), '')}="
    elif isinstance(node, ast.Assign) and any(isinstance(each, ast.Subscript) for each in node.targets):
        yield IN_PLACE
    yield from _names(node)


def _names(node: ast.AST) -> Iterator[str]:
    for field in NAMES.intersection(node._fields):
        value = getattr(node, field, None)
        if isinstance(value, str):
            yield from value.split(".")
            if field == "attr":
                yield f".{value}"
            if value in TINY_NAMES:
                yield TINY_NUMBER
            if field == "attr" and value.endswith("_") and not value.endswith("__"):
                yield IN_PLACE


def _constant(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from (part for part in value.split(".") if part.isidentifier())
    elif isinstance(value, int | float):
        yield repr(value)
        if isinstance(value, float) and 0 < abs(value) < TINY:
            yield TINY_NUMBER


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _has_recursion(nodes: Iterable[ast.AST]) -> bool:
    """Whether a function among these nodes, which hold all that it calls, calls itself."""
    called, functions = set(), []
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            functions.append(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
    return any(each.name in called and _calls_itself(each) for each in functions)


def _calls_itself(function: ast.FunctionDef) -> bool:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(isinstance(called, ast.Name) and called.id == function.name for called in calls)
