"""Replace a learner's answer to an earlier exercise by torch's own while a later exercise is graded.

A learner may refer to an earlier function or class in many ways: by its name, as a default argument, under
another name, in a dict, as a base class. So this module binds the name to torch's and also changes the
learner's own function or class, so that every reference behaves as torch's.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import CodeType, FunctionType
from typing import Any

from torchaula.checks.whose import leaving

LEARNER = "__main__"  # `__name__` where a learner's cells run, in the kernel and in the student process
# Attributes that a class keeps while it is turned into another: its names, and those that Python sets.
KEPT = frozenset(
    {
        *("__module__", "__name__", "__qualname__", "__doc__", "__annotations__", "__dict__", "__weakref__"),
        *("__firstlineno__", "__static_attributes__", "__parameters__", "__annotate__", "__annotate_func__"),
        *("__annotations_cache__", "__type_params__"),
    }
)


def locate(path: str) -> Any:
    """The object that `module:qualified.name` points to."""
    module, _, name = path.partition(":")
    __import__(module)
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part)
    return found


@dataclass(frozen=True)
class StandIn:
    """What stands in for an earlier exercise: an importable path, and torch's names for keywords."""

    path: str
    keywords: dict[str, str] = field(default_factory=dict)


def stand_in(given: StandIn) -> Any:
    """The object that replaces an earlier exercise's function or class.

    Torch's functions name their first argument `input`; the course's exercises name it `x`.
    """
    found, torch_s = locate(given.path), {"x": "input", **given.keywords}
    if isinstance(found, type):
        return found
    called = leaving(found)

    def call(*args: Any, **kwargs: Any) -> Any:
        return called(*args, **{torch_s.get(key, key): value for key, value in kwargs.items()})

    return call


@contextmanager
def given(learner: MutableMapping[str, Any], names: Mapping[str, StandIn]) -> Iterator[None]:
    """Replace some of the learner's functions and classes by torch's while the block runs."""
    with ExitStack() as stack:
        for name, each in names.items():
            theirs, torch_s = learner.get(name), stand_in(each)
            if isinstance(theirs, type) and isinstance(torch_s, type):
                if stack.enter_context(_turned(theirs, torch_s)):
                    continue  # so its name needs no new binding
            elif isinstance(theirs, FunctionType) and theirs.__globals__ is learner:
                stack.enter_context(_diverted(theirs, torch_s))
            stack.enter_context(_bound(learner, name, torch_s))
        yield


@contextmanager
def _bound(learner: MutableMapping[str, Any], name: str, value: Any) -> Iterator[None]:
    """Bind a name to another value in the block."""
    before = {name: learner[name]} if name in learner else {}
    learner[name] = value
    try:
        yield
    finally:
        learner.pop(name, None)
        learner.update(before)


@contextmanager
def _turned(cls: type, base: type) -> Iterator[bool]:
    """Turn a learner's class into an empty subclass of `base` in the block; tell whether that worked.

    A class with its own `__new__` is left alone, since that can't be restored. Python itself refuses classes
    with another memory layout.
    """
    own = {name: value for name, value in vars(cls).items() if name not in KEPT}
    bases, is_turned = cls.__bases__, False
    try:
        if cls.__module__ == LEARNER and "__new__" not in own:
            for name in own:
                delattr(cls, name)
            cls.__bases__ = (base,)
            is_turned = True
    except (TypeError, AttributeError):
        _give_back(cls, own)
    try:
        yield is_turned
    finally:
        if is_turned:
            cls.__bases__ = bases
            _give_back(cls, own)


def _give_back(cls: type, own: Mapping[str, Any]) -> None:
    for name, value in own.items():
        setattr(cls, name, value)


@contextmanager
def _diverted(function: FunctionType, to: Any) -> Iterator[None]:
    """Make a learner's function call `to` in the block."""
    before = function.__code__
    function.__code__ = _call_of(to, before)
    try:
        yield
    finally:
        function.__code__ = before


def _call_of(to: Any, like: CodeType) -> CodeType:
    """Code that calls `to`, with as many free variables as `like`, since Python requires that."""
    outside = [f"_{number}" for number in range(len(like.co_freevars))]
    names = "".join(f"    {name} = None\n" for name in outside)
    source = f"def make():\n{names}    def call(*args, **kwargs):\n        return 'to'(*args, **kwargs)\n"
    source += f"        {', '.join(outside) or None}\n    return call"
    found: dict[str, Any] = {}
    exec(_compiled(source), found)
    code: CodeType = found["make"]().__code__
    constants = tuple(to if constant == "to" else constant for constant in code.co_consts)
    return code.replace(co_consts=constants, co_name=like.co_name, co_qualname=like.co_qualname)


@cache
def _compiled(source: str) -> CodeType:
    with warnings.catch_warnings(action="ignore"):  # Python warns that the text 'to' is not callable
        return compile(source, "<stand-in>", "exec")
