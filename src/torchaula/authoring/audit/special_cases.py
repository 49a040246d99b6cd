"""Operators that add a wrong shortcut: for size 1, for equal sizes, for no data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations, pairwise

from torchaula.authoring.audit.text import Function, Parameter, Text, body
from torchaula.authoring.audit.value_operators import returns_tensor

FLAG = "is_special"
# What a shortcut returns in place of the expression `{}`, by what the function is annotated to return.
WRONG = {
    "torch.Tensor": "torch.zeros_like({})",
    "int": "{} + 1",
    "float": "{} + 1",
    "list[str]": "{}[1:]",
    "dict[str, float]": "{{}}",
}


def sizes_of_one(text: Text) -> Iterator[str]:
    """A shortcut where a dimension, or a number that is passed, is 1; and where one that may be 0 is."""
    for function in text.functions:
        known = set[str]()
        for each in text.parameters(function):
            for letter, condition in _of_one(each):
                if letter not in known:
                    yield from _shortcut(text, function, condition)
                known.add(letter)
            if each.is_number and each.default in ("0", "0.0"):
                yield from _shortcut(text, function, f"{each.name} == 0")


def equal_sizes(text: Text) -> Iterator[str]:
    """A shortcut where two dimensions are equal: neighbours, the first ones of two tensors, two numbers."""
    for function in text.functions:
        parameters = text.parameters(function)
        tensors = [each for each in parameters if each.sizes]
        numbers = [each.name for each in parameters if each.annotation == "int"]
        letters = {letter: size for each in reversed(tensors) for letter, size in each.letters}
        beside = dict.fromkeys(pair for each in tensors for pair in pairwise(each.sizes))
        pairs = [(letters[one], letters[other]) for one, other in beside]
        if not any(one.sizes[:1] == other.sizes[:1] for one, other in combinations(tensors, 2)):
            pairs += [(one.dimensions[0], other.dimensions[0]) for one, other in combinations(tensors, 2)]
        pairs += combinations(numbers, 2)
        if (
            len(numbers) == 1
        ):  # a number of classes, or of rows; of several, most have nothing to do with sizes
            pairs += [(size, numbers[0]) for each in tensors[:1] for size in each.dimensions]
        for one, other in pairs:
            yield from _shortcut(text, function, f"{one} == {other}")
        for each in parameters:
            if each.is_tensor and not each.sizes:
                condition = f"{each.name}.dim() > 1 and {each.name}.shape[0] == {each.name}.shape[-1]"
                yield from _shortcut(text, function, condition)


def empties(text: Text) -> Iterator[str]:
    """Without data: another shape, another dtype."""
    for function in text.functions:
        tensors = [each for each in text.parameters(function) if each.is_tensor and each.may_be_empty]
        if tensors and returns_tensor(text, function):
            condition = f"{tensors[0].name}.numel() == 0"
            yield from _shortcut(text, function, condition, "{}.flatten()")
            if not tensors[0].is_whole:
                yield from _shortcut(text, function, condition, "{}.float()")


def _of_one(parameter: Parameter) -> list[tuple[str, str]]:
    """What is 1, by its letter or name: a size, a number; of a tensor of any shape, what is smallest."""
    name = parameter.name
    if parameter.annotation == "int":
        return [(name, f"{name} == 1")]
    if parameter.is_tensor and not parameter.sizes:
        small = [f"{name}.numel() == 1", f"{name}.dim() == 1", f"{name}.shape[-1:] == (1,)"]
        return [(each, each) for each in small]
    return [(letter, f"{size} == 1") for letter, size in parameter.letters if parameter.may_be_one]


def _shortcut(text: Text, function: Function, condition: str, wrong: str = "") -> Iterator[str]:
    """The text with one case in which a function returns something wrong."""
    returned, first = text.returned(function), body(function)[0]
    if not returned:
        if function.name != "__init__":
            yield text.with_line(first, f"if {condition}: return")
        return
    wrong = wrong or WRONG.get(ast.unparse(function.returns) if function.returns else "", "None")
    is_lost = any(each.name in _bound(text, function) for each in text.parameters(function))
    flag = FLAG if is_lost else condition
    edits = [(value, _either(text, value, wrong, flag)) for value in returned]
    if is_lost:
        yield text.with_line(first, f"{FLAG} = {condition}", *edits)
    else:
        yield text.with_edits(*edits)


def _either(text: Text, value: ast.expr, wrong: str, condition: str) -> str:
    right = text.of(value)
    if not isinstance(value, ast.Call | ast.Name | ast.List | ast.ListComp | ast.Dict):
        right = f"({right})"
    inner = text.of(value) if wrong.endswith("({})") else right
    return f"{wrong.format(inner)} if {condition} else {right}"


def _bound(text: Text, function: Function) -> set[str]:
    """The names that a function assigns to."""
    return {
        node.id
        for node in text.inside(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
