"""Operators on calls: another axis, an option forgotten, a call left out, a function beside the right one."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from torchaula.authoring.audit.text import Text

# Methods whose first argument, and functions whose second, is an axis.
REDUCTIONS = {
    *("sum", "mean", "max", "min", "amax", "amin", "argmax", "argmin", "all", "any", "std", "var"),
    *("cumsum", "softmax", "median", "norm", "squeeze", "unsqueeze", "flatten"),
}
AXES = ("dim", "start_dim")
UNTOUCHED = {  # options that no answer to a rightly called test hangs on, or that have operators of their own
    *("strict", "dim", "keepdim"),
}
# What a learner writes in place of a function's or a method's name.
NEIGHBOURS = {
    "sum": ("mean", "amax"),
    "mean": ("sum", "amax"),
    "amax": ("amin", "mean"),
    "argmax": ("argmin",),
    "max": ("min",),
    "std": ("var",),
    "exp": ("expm1", "exp2"),
    "log": ("log1p", "log2"),
    "square": ("abs",),
    "sqrt": ("abs", "square"),
    "uniform_": ("normal_",),
    "index_add_": ("index_copy_",),
    "sub_": ("add_", "copy_"),
    "add_": ("sub_", "copy_"),
    "relu": ("abs", "sigmoid"),
}
RELUS = ("nn.functional.relu6", "nn.functional.leaky_relu", "nn.functional.softplus")
MODES = ("train", "eval")


def name_of(call: ast.Call) -> str:
    """The name of what is called, without what it is an attribute of."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def is_of_library(call: ast.Call) -> bool:
    """Whether a function of torch, `nn.functional` or `math` is called, not a method."""
    if not isinstance(call.func, ast.Attribute):
        return False
    root: ast.expr = call.func.value
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and root.id in ("torch", "F", "nn", "math")


def dims(text: Text) -> Iterator[str]:
    """Another axis, or none."""
    for call in text.calls:
        for keyword in call.keywords:
            if keyword.arg in AXES:
                for value in _other_axes(text, keyword.value):
                    yield text.replaced(keyword.value, value)
                yield _without(text, call, keyword)
        place = 1 if is_of_library(call) else 0
        if name_of(call) in REDUCTIONS and len(call.args) > place:
            for value in _other_axes(text, call.args[place]):
                yield text.replaced(call.args[place], value)


def _other_axes(text: Text, node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Tuple):
        yield from map(text.of, node.elts)
    elif isinstance(node, ast.Name):
        yield from ("0", "1", "-1")
    else:
        yield from (axis for axis in ("0", "1") if axis != text.of(node))


def keepdims(text: Text) -> Iterator[str]:
    """`keepdim=True` where none is; cosmic-ray turns the others round."""
    for call in text.calls:
        given = {keyword.arg for keyword in call.keywords}
        has_axis = "dim" in given or (call.args and not is_of_library(call))
        if name_of(call) in REDUCTIONS and has_axis and "keepdim" not in given:
            last = [*call.args, *(keyword.value for keyword in call.keywords)][-1]
            yield text.replaced(last, f"{text.of(last)}, keepdim=True")


def arguments(text: Text) -> Iterator[str]:
    """One option less: a named one, or the last one of a function of the course."""
    for call in text.calls:
        for keyword in call.keywords:
            if keyword.arg is not None and keyword.arg not in UNTOUCHED:
                yield _without(text, call, keyword)
        is_own = isinstance(call.func, ast.Name) and not hasattr(builtins, call.func.id)
        if is_own and len(call.args) > 1:
            yield _call(text, call, [text.of(arg) for arg in call.args[:-1]], call.keywords)


def _without(text: Text, call: ast.Call, gone: ast.keyword) -> str:
    kept = [keyword for keyword in call.keywords if keyword is not gone]
    return _call(text, call, [text.of(arg) for arg in call.args], kept)


def _call(text: Text, call: ast.Call, args: list[str], keywords: list[ast.keyword]) -> str:
    named = [f"{keyword.arg}={text.of(keyword.value)}" for keyword in keywords]
    return text.replaced(call, f"{text.of(call.func)}({', '.join([*args, *named])})")


def left_out(text: Text) -> Iterator[str]:
    """What a method is called on, or what a function is given, in place of the result."""
    for node in text.nodes:
        if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
            yield text.replaced(node, text.of(node.value))
    for call in text.calls:
        func = call.func
        if is_of_library(call):
            if len(call.args) == 1:
                yield text.replaced(call, text.of(call.args[0]))
        elif isinstance(func, ast.Attribute) and not text.of(func.value).startswith("super("):
            yield text.replaced(call, text.of(func.value))


def neighbours(text: Text) -> Iterator[str]:
    """A function that is often taken for the right one."""
    for call in text.calls:
        name, func = name_of(call), call.func
        if isinstance(func, ast.Attribute):
            for other in NEIGHBOURS.get(name, ()):
                yield text.replaced(func, f"{text.of(func.value)}.{other}")
            if name == "relu" and is_of_library(call):
                for other in RELUS:
                    yield text.replaced(func, other)
            if name == "randperm":
                yield text.replaced(call, f"torch.arange({text.of(call.args[0])})")


def modes(text: Text) -> Iterator[str]:
    """`train` for `eval`, and the other way round; `train()` for `train(flag)`; no `no_grad`."""
    for node in text.nodes:
        if isinstance(node, ast.Attribute) and text.of(node) == "torch.no_grad":
            yield text.replaced(node, "torch.enable_grad")
    for call in text.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in MODES:
            other = MODES[1 - MODES.index(call.func.attr)]
            yield text.replaced(call, f"{text.of(call.func.value)}.{other}()")
            if call.args:
                yield text.replaced(call, f"{text.of(call.func)}()")


def statements(text: Text) -> Iterator[str]:
    """One step less: a call for its effect, an assignment to what is there, a guard."""
    for function in text.functions:
        known: set[str] = {arg.arg for arg in function.args.args}
        for node in text.inside(function):
            if _is_step(text, node, known):
                assert isinstance(node, ast.stmt)
                yield text.replaced(node, "pass")
            if isinstance(node, ast.Assign):
                known |= {text.of(target) for target in node.targets}


def _is_step(text: Text, node: ast.AST, known: set[str]) -> bool:
    if isinstance(node, ast.Expr):
        is_call = isinstance(node.value, ast.Call)
        return is_call and not text.of(node).startswith("super(")
    if isinstance(node, ast.Assign):
        return any(text.of(target) in known for target in node.targets)
    return isinstance(node, ast.AugAssign) or (isinstance(node, ast.If) and not node.orelse)
