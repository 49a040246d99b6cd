"""Operators on what a tensor carries: its graph, its dtype, its storage, its exact values."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchaula.authoring.audit import wording
from torchaula.authoring.audit.call_operators import name_of
from torchaula.authoring.audit.text import Function, Parameter, Text, body, gives

UNREAD = ("shape", "dtype", "device", "ndim", "numel", "size", "dim", "grad")  # they ask for no values
IN_PLACE = {ast.Add: "add_", ast.Sub: "sub_", ast.Mult: "mul_", ast.Div: "div_"}
METHODS_IN_PLACE = ("exp", "sqrt", "square", "clamp", "abs", "relu")
TINY = "1e-7"  # whole numbers with less added are themselves in float32
CAUGHT = {"sqrt": "1e-12", "log": "1e-9", "exp": ""}  # what is added inside of them


def _tensors(text: Text, function: Function) -> list[Parameter]:
    return [each for each in text.parameters(function) if each.is_tensor and not each.is_whole]


def returns_tensor(text: Text, function: Function) -> bool:
    """Whether a function returns a tensor, and not from a generator."""
    is_generator = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in text.inside(function))
    return gives(function, "torch.Tensor") and not is_generator


def reads(text: Text, function: Function, names: set[str]) -> Iterator[ast.expr]:
    """The places where a function reads the values of these names, not their shapes or lengths."""
    parents = {child: node for node in text.inside(function) for child in ast.iter_child_nodes(node)}
    for node in text.inside(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            parent = parents.get(node)
            is_shape = isinstance(parent, ast.Attribute) and parent.attr in UNREAD
            if not is_shape and not (isinstance(parent, ast.Call) and name_of(parent) == "len"):
                yield node


def graphs(text: Text) -> Iterator[str]:
    """A result, an input or a parameter of a layer that is cut off from the graph; `no_grad` around all."""
    for function in text.functions:
        if returns_tensor(text, function):
            yield text.with_line(function, "@torch.no_grad()")
            for value in text.returned(function):
                yield text.replaced(value, f"({text.of(value)}).detach()")
            for node in reads(text, function, {each.name for each in _tensors(text, function)}):
                made = text.replaced(node, f"{text.of(node)}.detach()")
                if ".detach().new_" not in made:  # a new tensor has no graph
                    yield made
            for node in _own_parameters(text, function):
                yield text.replaced(node, f"{text.of(node)}.detach()")


def _own_parameters(text: Text, function: Function) -> Iterator[ast.Attribute]:
    """The places where a method reads a parameter of its layer."""
    made = {
        text.of(target)
        for node in text.nodes
        if isinstance(node, ast.Assign) and "nn.Parameter(" in text.of(node.value)
        for target in node.targets
    }
    parents = {child: node for node in text.inside(function) for child in ast.iter_child_nodes(node)}
    for node in text.inside(function):
        if not isinstance(node, ast.Attribute) or isinstance(parents.get(node), ast.Compare):
            continue
        if isinstance(node.ctx, ast.Load) and text.of(node) in made:
            yield node


def dtypes(text: Text) -> Iterator[str]:
    """float32 on the way or at the end; float64 at the end."""
    for node in text.nodes:
        if isinstance(node, ast.Attribute) and text.of(node) == "torch.float32":
            yield text.replaced(node, "torch.float64")
    for function in text.functions:
        if returns_tensor(text, function):
            tensors = _tensors(text, function)
            for value in text.returned(function):
                if not any(each.is_double for each in tensors):
                    yield text.replaced(value, f"({text.of(value)}).double()")
                if tensors:
                    yield text.replaced(value, f"({text.of(value)}).float()")
            for each in _tensors(text, function):
                yield text.with_line(body(function)[0], f"{each.name} = {each.name}.float()")
            for node in reads(text, function, {each.name for each in _tensors(text, function)}):
                yield text.replaced(node, f"{text.of(node)}.float()")


def in_place(text: Text) -> Iterator[str]:
    """An argument that is changed where it stands."""
    for function in text.functions:
        read = set(reads(text, function, {each.name for each in _tensors(text, function)}))
        for node in text.inside(function):
            if isinstance(node, ast.BinOp) and node.left in read and type(node.op) in IN_PLACE:
                method = IN_PLACE[type(node.op)]
                yield text.replaced(node, f"{text.of(node.left)}.{method}({text.of(node.right)})")
            func = node.func if isinstance(node, ast.Call) else None
            if isinstance(func, ast.Attribute) and func.value in read and func.attr in METHODS_IN_PLACE:
                yield text.replaced(func, f"{text.of(func)}_")


def clamps(text: Text) -> Iterator[str]:
    """A result, or an exponent, that is kept in bounds which right values leave."""
    for function in text.functions:
        if returns_tensor(text, function) and _tensors(text, function):
            for value in text.returned(function):
                for bounds in ("min=1e-6", "-1e4, 1e4"):
                    yield text.replaced(value, f"({text.of(value)}).clamp({bounds})")
    for node in _inside(text, "exp"):
        yield text.replaced(node, f"({text.of(node)}).clamp(min=-50)")


def epsilons(text: Text) -> Iterator[str]:
    """A small number that is added to a divisor, to the inside of a root or logarithm, or to the result.

    Not where a layer draws its first values, which say nothing of a millionth.
    """
    random = {node for each in text.functions if each.name == "__init__" for node in text.inside(each)}
    for node in (node for node in text.nodes if node not in random):
        divisor = node.right if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) else None
        if divisor is not None and not isinstance(divisor, ast.Constant):
            yield text.replaced(divisor, f"({text.of(divisor)} + {TINY})")
    for name in ("sqrt", "log"):
        for inner in _inside(text, name):
            if inner not in random:
                yield text.replaced(inner, f"({text.of(inner)} + {CAUGHT[name]})")
    for function in text.functions:
        if returns_tensor(text, function) and _tensors(text, function):
            for value in text.returned(function):
                yield text.replaced(value, f"({text.of(value)}) + 1e-6")


def rounds(text: Text) -> Iterator[str]:
    """A result that is rounded: less exact than float32, than float64."""
    for function in text.functions:
        if returns_tensor(text, function) and _tensors(text, function):
            for value in text.returned(function):
                for decimals in (4, 8):
                    yield text.replaced(value, f"({text.of(value)}).round(decimals={decimals})")


def aliases(text: Text) -> Iterator[str]:
    """The very argument in place of an equal result, where both have as many dimensions."""
    for function in text.functions:
        result = wording.RESULT.search(ast.get_docstring(function) or "")
        for each in _tensors(text, function) if result and returns_tensor(text, function) else ():
            if result and len(each.sizes) == result["sizes"].count(",") + 1:
                for value in text.returned(function):
                    right = text.of(value)
                    yield text.replaced(
                        value, f"{each.name} if torch.equal({right}, {each.name}) else {right}"
                    )


def _inside(text: Text, name: str) -> Iterator[ast.expr]:
    """What a function of this name is given, or a method of this name is called on."""
    for call in text.calls:
        if name_of(call) == name and isinstance(call.func, ast.Attribute):
            is_function = isinstance(call.func.value, ast.Name) and call.func.value.id in ("torch", "math")
            yield call.args[0] if is_function else call.func.value
