"""Make junk answers, which are worth nothing and which every graded cell must fail.

Each returns a result of the model solution's shape with other values, and has no side effects. A cell that
one of them passes checks too little.
"""

from __future__ import annotations

import ast

from torchaula.course.answers import KnownAnswer
from torchaula.course.magics import as_python
from torchaula.course.notebook import Exercise

# The expressions that replace each tensor `t`, and each number, in a right result.
TENSOR_JUNK = {
    "zeros": "t * 0",
    "nan": "t * float('nan')",
    "empty": "t.flatten()[:0]",
    "constant": "t * 0 + 1",
    "scalar": "t.sum() * 0 + 0.5",
}
NUMBER_JUNK = {"zeros": "0.0", "nan": "float('nan')", "empty": "[]", "constant": "1.0", "scalar": "0.5"}

MAPPED = """

import copy as _copy
import torch as _torch

_model = {target}


def _junk(t):
    if isinstance(t, _torch.Tensor):
        return {tensor}
    if isinstance(t, dict):
        return {{key: _junk(value) for key, value in t.items()}}
    if isinstance(t, tuple | list):
        return type(t)(map(_junk, t))
    return {number}


def _answer(*args, **kwargs):
    try:
        args, kwargs = _copy.deepcopy((args, kwargs))  # side effects go nowhere
    except RuntimeError:
        pass  # a tensor inside a graph, which nobody changes
    first = args[0] if {method} is False else args[1]
    result = _model(*args, **kwargs)
    result = list(result) if hasattr(result, "__next__") else result
    return {result}


{target} = _answer
"""


def junk(exercise: Exercise) -> list[KnownAnswer]:
    """Junk answers to `exercise`, made from its model solution; each must fail all its cells."""
    everything = frozenset(cell.aspect for cell in exercise.graded)
    definitions = [
        node
        for node in ast.parse(as_python(exercise.solution.source)).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    model = exercise.solution.source
    texts = {f"junk-{kind}": model + _mapped(definitions[-1], kind) for kind in TENSOR_JUNK}
    texts["junk-echo"] = model + _mapped(definitions[-1], "zeros", "first")
    texts["junk-nothing"] = model + _nothing(definitions[-1])
    return [KnownAnswer(name, text, everything, is_made_up=True) for name, text in texts.items()]


def _target(definition: ast.FunctionDef | ast.ClassDef) -> str:
    """The function, or of a class `forward`; where it has none, its last method, if possible a public one."""
    if isinstance(definition, ast.FunctionDef):
        return definition.name
    methods = [node.name for node in definition.body if isinstance(node, ast.FunctionDef)]
    public = [name for name in methods if not name.startswith("_")]
    return f"{definition.name}.{'forward' if 'forward' in public else (public or methods)[-1]}"


def _mapped(definition: ast.FunctionDef | ast.ClassDef, kind: str, result: str = "_junk(result)") -> str:
    return MAPPED.format(
        target=_target(definition),
        tensor=TENSOR_JUNK[kind],
        number=NUMBER_JUNK[kind],
        method=isinstance(definition, ast.ClassDef),
        result=result,
    )


def _nothing(definition: ast.FunctionDef | ast.ClassDef) -> str:
    return f"\n\n{_target(definition)} = lambda *args, **kwargs: None\n"
