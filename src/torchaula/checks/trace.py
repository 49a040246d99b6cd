"""Record what an answer calls while it runs: operations and functions of torch, and of libraries by path."""

from __future__ import annotations

import builtins
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from types import (
    BuiltinFunctionType,
    FrameType,
    MethodDescriptorType,
    MethodWrapperType,
    TracebackType,
    WrapperDescriptorType,
)
from typing import Any

import torch
from torch.overrides import TorchFunctionMode, handle_torch_function
from torch.utils._python_dispatch import TorchDispatchMode

from torchaula.checks import families
from torchaula.checks.families import Family, is_below
from torchaula.checks.whose import Whose

# Functions by which a Python loop can read a tensor without an operation that the dispatcher sees.
ESCAPES = ("python.tolist", "python.numpy", "python.item", "python.__array__")
BUILDING = "building.operations"  # in a trace: how many of its operations ran in the learner's constructors
KINDS = ("python", "call", "base", "building")  # a key of a trace begins with one of these or a namespace

PROBE = "torchaula.probe"  # `__name__` where a test's probe runs
CALLERS = (PROBE, "torchaula.checks.observation")  # the modules from which a test calls an answer
EXCEPTION = re.compile(r"(?:Error|Warning)\.__\w+__$")
# The types of functions and methods that are written in C.
IN_C = frozenset({BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType, MethodWrapperType})
PLAIN = frozenset({torch.Tensor, torch.nn.Parameter})
NO_INIT = object.__init__  # it must stay, since it refuses arguments if a class overrides it
SETTINGS = "torch.backends"
DISPATCH = handle_torch_function.__code__  # between a method of torch in Python and a mode
# C functions that hand a tensor out, and that no mode of torch sees.
HANDING_OUT = {
    each for name in dir(torch._C) if "to_dlpack" in name and callable(each := getattr(torch._C, name))
}


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the operations that the dispatcher runs. It must be fast, so it names them only afterwards."""

    def __init__(self, whose: Whose) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[Any] = []
        self.whose = whose

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Whether torch guards each operation against compilation; not needed, since nothing is compiled."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        noting, frame = sys.getprofile(), sys._getframe(1)
        sys.setprofile(None)  # as in `_Functions`; not shared with it, since a call more costs each operation
        try:
            if self.whose.is_answer(frame):
                self.calls.append(func)
            if func.namespace != "aten" or not PLAIN.issuperset(types):
                sys.setprofile(noting)
            return func(*args, **kwargs) if kwargs else func(*args)
        finally:
            sys.setprofile(noting)

    def names(self) -> Iterator[tuple[str, int]]:
        for func, n in _counted(self.calls):
            namespace, _, name = func.name().rpartition("::")
            yield f"{namespace or 'higher_order'}.{name.partition('.')[0]}", n


class _Functions(TorchFunctionMode):
    """Notes the calls of torch's functions and methods in the same way.

    Meanwhile no library function is noted: that would double the time of each operation, and only torch's own
    machinery runs. Functions written in Python are another matter, and a learner's own class of tensors.
    """

    def __init__(self, whose: Whose) -> None:
        super().__init__()
        self.calls: list[Any] = []
        self.whose = whose

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        noting, frame = sys.getprofile(), sys._getframe(1)
        sys.setprofile(None)
        try:
            if self.whose.is_answer(frame) and not _is_torch_s_own(func, frame):
                self.calls.append(func)
            if type(func) not in IN_C or not PLAIN.issuperset(types):
                sys.setprofile(noting)
            return func(*args, **kwargs) if kwargs else func(*args)
        finally:
            sys.setprofile(noting)

    def names(self) -> Iterator[tuple[str, int]]:
        for func, n in _counted(self.calls):
            yield (
                "python." + getattr(func, "__name__", str(func)).partition(".")[0],
                n,
            )  # `mul` of `mul.Tensor`


def _is_torch_s_own(func: Any, caller: FrameType) -> bool:
    """Whether torch hands out a tensor for its own use, as `nn.RNN` asks for addresses in memory."""
    if families.of_name(getattr(func, "__name__", "")) is not Family.OUTSIDE:
        return False
    frame: FrameType | None = caller
    while frame and (frame.f_code is getattr(func, "__code__", None) or frame.f_code is DISPATCH):
        frame = frame.f_back
    return frame is not None and str(frame.f_globals.get("__name__")).startswith("torch.")


def _counted(calls: list[Any]) -> Iterator[tuple[Any, int]]:
    """Each callable and how often it occurs; compared by identity, since hashing torch's own is slow."""
    callables = {id(call): call for call in calls}
    return ((callables[key], n) for key, n in Counter(map(id, calls)).items())


class Trace:
    """A context manager; afterwards `seen` counts what the answer called in the block.

    Keys are `aten.<operation>` (what the dispatcher ran, by namespace), `python.<name>` (torch functions and
    methods by name), `call.<module>.<qualified name>` for library functions that are in a family or below one
    of the dotted prefixes in `watch` (for none if `watch` is None), and `base.<module>.<class>` for library
    classes in a family that the answer's classes inherit from. Code that runs in another thread escapes.
    """

    def __init__(self, whose: Whose, watch: Iterable[str] | None = ()) -> None:
        self.seen: Counter[str] = Counter()
        self.watch = tuple(watch or ())
        self._is_noting = watch is not None  # library functions; not while a module is imported
        self._whose = whose
        self._modes = (_Operations(whose), _Functions(whose))
        self._places: dict[str, str] = {}
        self._depth = 0  # how many noted constructors run now, one inside the other

    @contextmanager
    def entered(self, classes: Sequence[type]) -> Iterator[None]:
        """Notice, in the block, when a test makes an object of these classes, or calls one.

        Operations in constructors that a test calls are counted separately, with all that they call; other
        constructors may compute the answer.
        """
        before = [
            (cls, name, vars(cls).get(name))
            for cls in classes
            for name in ("__init__", "__call__")
            if getattr(cls, name, NO_INIT) is not NO_INIT and name in dir(cls)
        ]
        for cls, name, _ in before:
            own = getattr(cls, name)
            wrapped = self._whose.entering(own, method=True) if name == "__call__" else self._noted(own)
            type.__setattr__(cls, name, wrapped)
        try:
            yield
        finally:
            for cls, name, method in before:
                if method is None:
                    type.__delattr__(cls, name)
                else:
                    type.__setattr__(cls, name, method)

    def note_bases(self, classes: Iterable[type]) -> None:
        """Note from which library classes the answer's classes inherit."""
        bases = {base for cls in classes for base in cls.__mro__}
        paths = (f"{base.__module__}.{base.__qualname__}" for base in bases)
        self.seen.update(f"base.{path}" for path in sorted(paths) if families.of_path(path))

    def _noted(self, init: Callable[..., Any]) -> Callable[..., Any]:
        enter = self._whose.entering(init, method=True)

        @wraps(init)
        def build(*args: Any, **kwargs: Any) -> Any:
            if not self._depth and sys._getframe(1).f_globals.get("__name__") not in CALLERS:
                return init(*args, **kwargs)
            begun, self._depth = self._length(), self._depth + 1
            try:
                return enter(*args, **kwargs)
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
        stop_profiling()
        self._import = builtins.__import__
        builtins.__import__ = self._imported
        sys.setprofile(self._note_call if self._is_noting else None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        sys.setprofile(None)
        builtins.__import__ = self._import
        for mode in reversed(self._modes):
            mode.__exit__(kind, error, at)  # type: ignore[no-untyped-call]
            for name, n in mode.names():
                self.seen[name] += n

    def _imported(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Import without noting calls: these are not the answer's, and noting them would take long."""
        if name in sys.modules or not self._is_noting:
            return self._import(name, *args, **kwargs)
        self._is_noting = False
        sys.setprofile(None)
        try:
            return self._import(name, *args, **kwargs)
        finally:
            self._is_noting = True
            sys.setprofile(self._note_call)

    def _note_call(self, frame: FrameType, event: str, arg: Any) -> None:
        """Note a call of a library function. Python calls this for every function, so it must be fast."""
        if event == "call":
            place = self._places.get(frame.f_code.co_filename)
            if place is None:
                place = self._place(frame.f_code.co_filename)
            if place:
                self._note_path(f"{place}.{frame.f_code.co_qualname}", frame)
        elif event == "c_call" and arg in HANDING_OUT and self._whose.is_answer(frame):
            self.seen["python." + arg.__name__] += 1

    def _note_path(self, path: str, frame: FrameType) -> None:
        is_watched = any(is_below(path, prefix) for prefix in self.watch) or families.of_path(path)
        is_exception = EXCEPTION.search(path)  # which a library raises itself
        if not is_watched or is_exception or _is_torch_s_setting(path, frame):
            return
        if self._whose.is_answer(frame):
            self.seen["call." + _layer(frame, path)] += 1

    def _place(self, filename: str) -> str:
        """The module in this file, if something in it is watched; else ""."""
        module = _module_of(filename)
        is_watched = module and (families.are_in(module) or families.is_near(module, self.watch))
        return self._places.setdefault(filename, module if is_watched else "")


def _is_torch_s_setting(path: str, frame: FrameType) -> bool:
    """Whether torch reads one of its own settings, as each normalisation asks whether cuDNN is enabled."""
    caller = frame.f_back.f_globals.get("__name__") if frame.f_back else ""
    return is_below(path, SETTINGS) and str(caller).startswith("torch.")


def _layer(frame: FrameType, path: str) -> str:
    """The path of a layer's class, where a method of a private class above it runs; else `path`."""
    if "._" not in path:
        return path
    classes = type(frame.f_locals.get("self")).__mro__
    layers = (cls for cls in classes if cls.__module__.startswith("torch.nn.modules."))
    return next((f"{cls.__module__}.{cls.__qualname__}" for cls in layers), path)


_modules: dict[str, str] = {}
_mapped: set[str] = set()  # the names of the modules whose files `_modules` has


def _module_of(filename: str) -> str:
    """The name of the imported module whose file this is; "" if there is none."""
    if filename.startswith("<"):  # a notebook's cell, a probe, a frozen module
        return ""
    if filename not in _modules:
        new = sys.modules.keys() - _mapped  # only these, since all together would take a call's time
        _modules.update((getattr(sys.modules.get(name), "__file__", None) or "", name) for name in new)
        _mapped.update(new)
        _modules.setdefault(filename, "")
    return _modules[filename]


def stop_profiling() -> None:
    """Stop a profiler that a learner has left on, since Python allows only one at a time."""
    sys.setprofile(None)
    if sys.version_info >= (3, 12) and sys.monitoring.get_tool(sys.monitoring.PROFILER_ID):
        sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)


def warm_up() -> None:
    """Let torch import what tracing and gradients need, so that no call's time limit breaks that off."""
    with Trace(Whose({})):
        x = torch.zeros(1, requires_grad=True)
        torch.autograd.grad(x.add(1), x, torch.ones(1))  # imports sympy: half a second, once
    _module_of(__file__)


def can_be_seen(entry: str) -> bool:
    """Whether a trace can show this: a family, a dotted path, or something that torch has by this name."""
    if "." in entry or entry in ("torch", *Family):
        return True
    places = (torch, torch.Tensor, torch.nn.functional, torch.ops.aten)
    forms = {entry, entry.strip("_"), "_" + entry.strip("_")}
    return any(hasattr(place, form) for place in places for form in forms)


def operations(trace: dict[str, int]) -> int:
    """How many operations the answer ran, including `ESCAPES`, without those in constructors."""
    counted = sum(n for name, n in trace.items() if name.partition(".")[0] not in KINDS or name in ESCAPES)
    return counted - trace.get(BUILDING, 0)
