"""Record what an answer calls while it runs: torch operations and, on request, library functions."""

from __future__ import annotations

import cProfile
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from types import CodeType, TracebackType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

# Functions by which a Python loop can read a tensor without an operation that the dispatcher sees.
ESCAPES = ("python.tolist", "python.numpy", "python.item", "python.__array__")
BUILDING = "building.operations"  # in a trace: how many of its operations ran in the learner's constructors

PROBE = "torchaula.probe"  # `__name__` where a test's probe runs
CALLERS = (PROBE, "torchaula.checks.observation")  # the modules from which a test calls an answer
NO_INIT = object.__init__  # it must stay, since it refuses arguments if a class overrides it


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the operations that the dispatcher runs. It must be fast, so it names them only afterwards."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[Any] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Whether torch guards each operation against compilation; not needed, since nothing is compiled."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls.append(func)
        return func(*args, **kwargs) if kwargs else func(*args)

    def names(self) -> Iterator[tuple[str, int]]:
        for func, n in _counted(self.calls):
            yield "aten." + func.name().partition("::")[2].partition(".")[0], n


class _Functions(TorchFunctionMode):
    """Notes the calls of torch's functions and methods in the same way."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Any] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls.append(func)
        return func(*args, **kwargs) if kwargs else func(*args)

    def names(self) -> Iterator[tuple[str, int]]:
        for func, n in _counted(self.calls):
            yield "python." + getattr(func, "__name__", str(func)), n


def _counted(calls: list[Any]) -> Iterator[tuple[Any, int]]:
    """Each callable and how often it occurs; compared by identity, since hashing torch's own is slow."""
    callables = {id(call): call for call in calls}
    return ((callables[key], n) for key, n in Counter(map(id, calls)).items())


class Trace:
    """A context manager; afterwards `seen` counts what was called in the block.

    Keys are `aten.<operation>` (what the dispatcher ran), `python.<name>` (torch functions and
    methods by name) and, for functions below one of the dotted prefixes in `watch`,
    `call.<module>.<qualified name>`. Code that runs in another thread escapes.
    """

    def __init__(self, watch: Iterable[str] = ()) -> None:
        self.seen: Counter[str] = Counter()
        self.watch = tuple(watch)
        self._modes = (_Operations(), _Functions())
        self._profile = cProfile.Profile(builtins=False) if self.watch else None
        self._depth = 0  # how many noted constructors run now, one inside the other

    @contextmanager
    def building(self, classes: Sequence[type]) -> Iterator[None]:
        """Count separately, in the block, the operations that run in the constructors of these classes.

        Only constructors that a test calls count, with all that they call: others may compute the answer.
        """
        before = [
            (cls, vars(cls).get("__init__"))
            for cls in classes
            if getattr(cls, "__init__") is not NO_INIT  # noqa: B009
        ]
        for cls, _ in before:
            type.__setattr__(cls, "__init__", self._noted(getattr(cls, "__init__")))  # noqa: B009 - for mypy
        try:
            yield
        finally:
            for cls, init in before:
                if init is None:
                    type.__delattr__(cls, "__init__")
                else:
                    type.__setattr__(cls, "__init__", init)

    def _noted(self, init: Any) -> Any:
        @wraps(init)
        def build(*args: Any, **kwargs: Any) -> Any:
            if not self._depth and sys._getframe(1).f_globals.get("__name__") not in CALLERS:
                return init(*args, **kwargs)
            begun, self._depth = self._length(), self._depth + 1
            try:
                return init(*args, **kwargs)
            finally:
                self._depth -= 1
                if not self._depth:
                    self.seen[BUILDING] += self._length() - begun

        return build

    def _length(self) -> int:
        """How many operations ran so far, including `ESCAPES`."""
        operations, functions = self._modes
        escapes = sum("python." + getattr(f, "__name__", "") in ESCAPES for f in functions.calls)
        return len(operations.calls) + escapes

    def __enter__(self) -> Trace:
        for mode in self._modes:
            mode.__enter__()  # type: ignore[no-untyped-call]
        if self._profile:
            stop_profiling()
            self._profile.enable()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._profile:
            self._profile.disable()
            self._note_calls(self._profile)
        for mode in reversed(self._modes):
            mode.__exit__(kind, error, at)  # type: ignore[no-untyped-call]
            for name, n in mode.names():
                self.seen[name] += n

    def _note_calls(self, profile: cProfile.Profile) -> None:
        for entry in profile.getstats():
            if isinstance(entry.code, CodeType):
                name = f"{_module_of(entry.code.co_filename)}.{entry.code.co_qualname}"
                if any(is_below(name, prefix) for prefix in self.watch):
                    self.seen["call." + name] += entry.callcount


_modules: dict[str, str] = {}


def _module_of(filename: str) -> str:
    """The name of the imported module whose file this is; "" if there is none."""
    if filename.startswith("<"):  # a notebook's cell, a probe, a frozen module
        return ""
    if filename not in _modules:
        _modules.update(
            (getattr(module, "__file__", None) or "", name) for name, module in [*sys.modules.items()]
        )
        _modules.setdefault(filename, "")
    return _modules[filename]


def stop_profiling() -> None:
    """Stop a profiler that a learner has left on, since Python allows only one at a time."""
    sys.setprofile(None)
    if sys.version_info >= (3, 12) and sys.monitoring.get_tool(sys.monitoring.PROFILER_ID):
        sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)


def warm_up() -> None:
    """Let torch import what tracing needs (two seconds, once), so that no call's time limit includes it."""
    with Trace():
        torch.zeros(1).add(1)
    _module_of(__file__)


def is_below(name: str, prefix: str) -> bool:
    """Whether the dotted `name` is `prefix` or inside it."""
    return name == prefix or name.startswith(prefix + ".")


def can_be_seen(entry: str) -> bool:
    """Whether torch has something of this name that a trace could show; dotted entries are not checked."""
    places = (torch, torch.Tensor, torch.nn.functional, torch.ops.aten)
    forms = {entry, entry.strip("_"), "_" + entry.strip("_")}
    return "." in entry or any(hasattr(place, form) for place in places for form in forms)


def operations(trace: dict[str, int]) -> int:
    """How many operations a call took, including `ESCAPES`, without those in constructors."""
    counted = sum(n for name, n in trace.items() if name.startswith("aten.") or name in ESCAPES)
    return counted - trace.get(BUILDING, 0)


def forbidden(trace: dict[str, int], forbid: Iterable[str]) -> str | None:
    """The first entry of `forbid` that the trace shows, or None.

    A bare name stands for the operation, function or method of that name (leading underscores
    aside: `softmax` is `aten::_softmax` too); a dotted one for whatever is defined below it.
    """
    names = [name.split(".", 1) for name in trace]
    for entry in forbid:
        for kind, name in names:
            if kind == "call" and "." in entry:
                if is_below(name, entry):
                    return entry
            elif kind != "call" and name.strip("_") == entry.strip("_"):
                return entry
    return None
