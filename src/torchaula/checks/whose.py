"""Tell whether the code that runs now belongs to the answer, or to the test that watches it.

Only what the answer does counts. A probe's own lines, torch's stand-ins for earlier exercises, and objects
that the probe passes to the answer (a model, a loss, an optimiser) belong to the test. The innermost stack
frame that is known to be one or the other decides.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, MutableMapping
from functools import update_wrapper
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import torch
from torch.autograd import graph

DATA = (type(None), bool, int, float, complex, str, bytes, torch.Tensor, torch.dtype, torch.Generator)
AS_IT_IS = (*DATA, type, ModuleType)
# What calls C++ to compute gradients.
ENGINE = graph._engine_run_backward.__code__


def leaving(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that calls `function` on the test's behalf: what it does is not the answer's."""

    def leave(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return leave


LEAVE: CodeType = leaving(len).__code__


class Whose:
    """The names of one request: the learner's, the test's, and the objects that the test made."""

    def __init__(self, learner: MutableMapping[str, Any]) -> None:
        self.learner = learner
        self.probe: MutableMapping[str, Any] | None = None
        self.has_stand_ins = False  # functions or classes
        self.given: tuple[type, ...] = ()  # classes that stand in for earlier exercises
        self._made: dict[int, object] = {}  # the test's objects by identity, kept so that no other takes it
        self._enter: set[CodeType] = set()

    def is_answer(self, frame: FrameType | None) -> bool:
        """Whether the answer is at work in this stack frame."""
        while frame is not None:
            code, names = frame.f_code, frame.f_globals
            if code is LEAVE or names is self.probe or (code is ENGINE and self._has_test_s_graph):
                return False
            if names is self.learner or code in self._enter:
                return True
            if code.co_name == "<module>":  # a module that is imported now
                return False
            if (self._made or self.given) and self._is_made(frame):
                return False
            frame = frame.f_back
        return True

    @property
    def _has_test_s_graph(self) -> bool:
        """Whether gradients that the answer computes may be those of what the test brought."""
        return self.has_stand_ins or bool(self._made)

    def _is_made(self, frame: FrameType) -> bool:
        """Whether a method runs whose object the test made."""
        code = frame.f_code
        if code.co_argcount:
            found = frame.f_locals.get(code.co_varnames[0])
        elif code.co_flags & inspect.CO_VARARGS:
            found = next(iter(frame.f_locals.get(code.co_varnames[code.co_kwonlyargcount]) or ()), None)
        else:
            return False
        return id(found) in self._made or isinstance(found, self.given)

    def entering(self, function: Callable[..., Any], method: bool = False) -> Callable[..., Any]:
        """A function that calls the answer's own `function`, or method of an object, for the test."""

        def enter(*args: Any, **kwargs: Any) -> Any:
            given = [*args[:method], *map(self.passed, args[method:])]
            return function(*given, **{name: self.passed(value) for name, value in kwargs.items()})

        self._enter.add(enter.__code__)
        return update_wrapper(enter, function, updated=())

    def passed(self, value: Any) -> Any:
        """Note an object that the test passes to the answer; a library's function is wrapped."""
        if isinstance(value, AS_IT_IS):
            return value
        if isinstance(value, list | tuple) and type(value) in (list, tuple):
            found = [self.passed(item) for item in value]
            return value if all(map(_is_same, found, value)) else type(value)(found)
        if isinstance(value, torch.nn.Module):
            self._note(value.modules())
        elif callable(value) and not isinstance(value, FunctionType) and not inspect.ismethod(value):
            return (
                leaving(value) if type(value).__module__ in ("builtins", "functools") else self._noted(value)
            )
        elif isinstance(value, FunctionType) and value.__globals__ is not self.probe:
            return leaving(value)
        return self._noted(value)

    def _noted(self, value: Any) -> Any:
        self._note([value])
        return value

    def _note(self, values: Iterable[object]) -> None:
        self._made |= {id(value): value for value in values}


def _is_same(a: object, b: object) -> bool:
    return a is b
