"""Serve one request to an answer and return what was observed. Both back ends use this code."""

from __future__ import annotations

import builtins
import dis
import linecache
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from functools import cache
from importlib import metadata
from types import CodeType, FunctionType, TracebackType
from typing import Any

import torch

from torchaula.checks import data
from torchaula.checks.data import Data, NotData, Path
from torchaula.checks.seeds import Stream
from torchaula.checks.settle import lenient, settle
from torchaula.checks.stand_ins import LEARNER, StandIn, given, stand_in
from torchaula.checks.timelimit import SECONDS, TimeLimit, time_limit
from torchaula.checks.trace import PROBE, Trace
from torchaula.checks.whose import Whose
from torchaula.findings import Reason

MAX_TEXT, MAX_KINDS, MAX_THREADS, MAX_LINE = 500, 16, 4, 10**9
MAX_VERSION = 40
EARLIER = 2  # results of earlier calls with which a new one may share no memory
LONGEST_EMPTY = 8  # bytes of code that a function without a body has at most: three or four instructions


@dataclass(frozen=True)
class Request:
    """A request to call `name`: the learner's function or class, or the probe whose text is `source`."""

    name: str
    args: tuple[Data, ...] = ()
    kwargs: dict[str, Data] = field(default_factory=dict)
    source: str | None = None
    own: tuple[str, ...] = ()  # the learner's names that a probe may use
    watch: (
        tuple[str, ...] | None
    ) = ()  # dotted prefixes to trace beside the families'; None: no library functions
    given: dict[str, StandIn] = field(default_factory=dict)  # learner's name -> what stands in for it
    seconds: float = SECONDS


@dataclass(frozen=True)
class Stop:
    """The exception that stopped a cell or a call, and where. `kind` is its class."""

    kind: str
    message: str = ""
    line: str = ""  # the learner's own line, where it is known
    number: int = 0
    kinds: tuple[str, ...] = ()  # the built-in exceptions among its classes, the nearest first
    missing: str = ""  # the name that is not defined, or the module that can't be imported
    version: str = ""  # the version of the package that lacks what was imported


@dataclass(frozen=True)
class Failure(Stop):
    """Why there is no result. `kind` is empty where the `reason` is not an exception.

    Then `message` belongs to the reason: a name, the type of a value, the seconds of a limit.
    `cause` is what stopped the cell that would have defined a missing name. `threads` are the names of
    threads that the fork lost, for an answer that may wait for them.
    """

    cause: Stop | None = None
    threads: tuple[str, ...] = ()
    reason: Reason = Reason.RAISED

    @classmethod
    def of(cls, reason: Reason, about: str = "") -> Failure:
        """A failure whose reason is not an exception."""
        return cls("", about, reason=reason)


@dataclass(frozen=True)
class Observation:
    """What was observed of a request: its result or its failure, and its side effects.

    `arguments` are `(args, kwargs)` after the call; if the answer put something into one that is not data,
    they are empty, and `filled` names its type. `attached` are the paths of the result's tensors that are
    attached to an autograd graph, `shared` of those that share storage with an argument, `reused` of those
    that share it with the result of an earlier call. `gradients` maps
    the path of each argument that requires grad to its vector-Jacobian product with `cotangent`, or to None
    where the result doesn't depend on it.
    """

    result: Data = None
    failure: Failure | None = None
    arguments: Data = ((), {})
    attached: tuple[Path, ...] = ()
    shared: tuple[Path, ...] = ()
    gradients: dict[Path, torch.Tensor | None] = field(default_factory=dict)
    trace: dict[str, int] = field(default_factory=dict)
    filled: str | None = None
    reused: tuple[Path, ...] = ()


def cotangent(like: torch.Tensor) -> torch.Tensor:
    """A fixed, asymmetric vector of the shape and dtype of `like`, for vector-Jacobian products."""
    values = torch.linspace(0.5, 1.5, like.numel(), dtype=torch.float64).cos() + 0.25
    return values.reshape(like.shape).to(like.dtype)


def vjp(result: Data, arguments: Data) -> dict[Path, torch.Tensor | None]:
    """The gradient of each argument that requires grad, by its path; None where there is none."""
    wanted = [(path, t) for path, t in data.tensors(arguments) if t.requires_grad]
    outputs = [t for _, t in data.tensors(result) if t.grad_fn is not None]
    if not wanted or not outputs:
        return {path: None for path, _ in wanted}
    gradients = torch.autograd.grad(
        outputs, [t for _, t in wanted], [cotangent(t) for t in outputs], allow_unused=True
    )
    return {path: None if g is None else g.detach() for (path, _), g in zip(wanted, gradients, strict=True)}


@dataclass
class Scope:
    """The names that requests are served with: the learner's, and those that the set-up cell defined."""

    learner: MutableMapping[str, Any]
    setup: Mapping[str, Any]
    stream: Stream
    earlier: deque[Data] = field(default_factory=lambda: deque(maxlen=EARLIER))  # results, kept alive

    def resolve(self, request: Request, whose: Whose) -> Any:
        """The function to call: the learner's, or the probe compiled from its text."""
        if request.source is None:
            return self.learner[request.name]
        names: dict[str, Any] = {**self.setup, "__name__": PROBE, "__builtins__": builtins}
        for name in request.own:
            own = self.learner[name]
            names[name] = own if isinstance(own, type) or not callable(own) else whose.entering(own)
        names |= {name: stand_in(path) for name, path in request.given.items()}
        whose.probe = names
        exec(_compiled(request.source, f"<probe {request.name}>"), names)
        return names[request.name]

    def classes(self, names: Iterable[str]) -> tuple[type, ...]:
        """The classes that these names of the learner's refer to."""
        found = (self.learner.get(name) for name in names)
        return tuple(each for each in found if isinstance(each, type))


@cache
def _compiled(source: str, filename: str) -> CodeType:
    """Compile a probe, and cache it, since a cell calls it many times."""
    return compile(source, filename, "exec")


@contextmanager
def float32() -> Iterator[None]:
    """Set the default dtype to float32 in the block, as tests expect, whatever the learner has set."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def perform(request: Request, scope: Scope) -> Observation:
    """Serve `request` and return an observation, even where the learner's code raises or times out."""
    if failure := _not_ready(request, scope):
        return Observation(failure=failure, arguments=(request.args, request.kwargs))
    args, kwargs = data.copy(request.args), data.copy(request.kwargs)
    assert isinstance(args, tuple) and isinstance(kwargs, dict)
    whose = Whose(scope.learner)
    trace = Trace(whose, request.watch)
    owned = _storages((args, kwargs))
    try:
        with (
            scope.stream.active(),
            given(scope.learner, request.given),
            float32(),
            lenient(),
            time_limit(request.seconds),
        ):
            whose.has_stand_ins = bool(request.given)
            whose.given = scope.classes(request.given)
            function = scope.resolve(request, whose)
            classes = scope.classes(set(request.own) - request.given.keys())
            trace.note_bases(classes)
            own = [cls for cls in classes if cls.__module__ == LEARNER]
            try:
                with torch.enable_grad(), trace.entered(own), trace:
                    result = function(*args, **kwargs)
            finally:
                settle()  # modes that the call left on would change its gradients and the test
            result = data.plain(result)
            gradients = vjp(result, (args, kwargs))
            crossed = data.copy(result)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        after, filled = _after(args, kwargs)
        return Observation(
            failure=_failure(error, request), arguments=after, trace=dict(trace.seen), filled=filled
        )
    after, filled = _after(args, kwargs)
    reused = _sharing(result, _storages(list(scope.earlier))) if request.source is None else ()
    scope.earlier.append(result)
    return Observation(
        result=crossed,
        arguments=after,
        attached=tuple(path for path, t in data.tensors(result) if t.grad_fn is not None),
        shared=_sharing(result, owned),
        reused=reused,
        gradients=gradients,
        trace=dict(trace.seen),
        filled=filled,
    )


def _storages(value: Data) -> set[int]:
    """The addresses of the memory in which tensors of `value` stand."""
    return {t.untyped_storage().data_ptr() for _, t in data.tensors(value) if _is_in_memory(t)}


def _sharing(result: Data, storages: set[int]) -> tuple[Path, ...]:
    """The paths of the tensors of a result that stand in this memory."""
    found = ((path, t) for path, t in data.tensors(result) if _is_in_memory(t))
    return tuple(path for path, t in found if t.untyped_storage().data_ptr() in storages)


def _is_in_memory(tensor: torch.Tensor) -> bool:
    return bool(tensor.numel()) and tensor.device.type == "cpu"


def _not_ready(request: Request, scope: Scope) -> Failure | None:
    """Why the exercise's names can't be called; None where they can."""
    for name in request.own:
        if name in request.given:
            continue
        if name not in scope.learner:
            return Failure.of(Reason.UNDEFINED, name)
        if not callable(scope.learner[name]):
            return Failure.of(Reason.NOT_CALLABLE, name)
        if blank := unwritten(name, scope.learner[name]):
            return Failure.of(Reason.UNWRITTEN, blank)
    return None


def unwritten(name: str, value: object) -> str:
    """The name of the first function or method in `value` with an empty body; "" if there is none."""
    if isinstance(value, FunctionType):
        return name if value.__doc__ and _is_empty(value) else ""
    if isinstance(value, type):
        methods = (unwritten(f"{name}.{key}", item) for key, item in vars(value).items())
        return next(filter(None, methods), "")
    return ""


def _is_empty(function: FunctionType) -> bool:
    """Whether a function has only its docstring. The first test is quick and rules out nearly all others."""
    code = function.__code__
    if len(code.co_code) > LONGEST_EMPTY or not set(code.co_consts) <= {None, function.__doc__}:
        return False
    operations = {step.opname for step in dis.get_instructions(code)}
    return operations <= {"RESUME", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}


def _after(args: tuple[Data, ...], kwargs: dict[str, Data]) -> tuple[Data, str | None]:
    """The arguments after a call; empty, with a type's name, if the answer put a non-data value into one."""
    try:
        return data.copy((args, kwargs)), None
    except NotData as error:
        return ((), {}), error.what[:MAX_TEXT]


def _failure(error: BaseException, request: Request) -> Failure:
    if isinstance(error, TimeLimit):
        return Failure.of(Reason.WAITED if error.is_idle else Reason.TIMEOUT, f"{request.seconds:g}")
    if isinstance(error, NotData):
        return Failure.of(Reason.NOT_DATA, error.what)
    return Failure(*astuple(stop(error)))


def stop(error: BaseException) -> Stop:
    """Describe an exception that the learner's code raised."""
    line, number = _learner_line(error)
    missing = _short(_said(error, "name")) if isinstance(error, NameError | ImportError) else ""
    version = _version(missing.partition(".")[0]) if isinstance(error, ImportError) and missing else ""
    return Stop(type(error).__name__[:MAX_TEXT], _text(error), line, number, _kinds(error), missing, version)


def _version(package: str) -> str:
    """The version of an installed package; "" if it has none."""
    if package in sys.stdlib_module_names:
        return f"{sys.version_info[0]}.{sys.version_info[1]}"
    try:
        return metadata.version(package)[:MAX_VERSION]
    except Exception:  # not installed under this name, or invented by the learner
        version = _said(sys.modules.get(package), "__version__")
        return str.__str__(version)[:MAX_VERSION] if isinstance(version, str) else ""


def _said(thing: object, field: str) -> object:
    """An attribute of an exception or module; a learner's own may hold anything, or raise."""
    try:
        return getattr(thing, field, None)
    except Exception:
        return None


def _short(text: object) -> str:
    """A text cut to its limit; "" for anything else."""
    return text[:MAX_TEXT] if type(text) is str else ""


def _kinds(error: BaseException) -> tuple[str, ...]:
    """The names of the built-in exceptions among the classes of `error`, compared by identity."""
    known = [cls.__name__ for cls in type(error).__mro__ if getattr(builtins, cls.__name__, None) is cls]
    return tuple(known[:MAX_KINDS])


def _text(error: BaseException) -> str:
    try:
        return str.__str__(str(error))[:MAX_TEXT]  # plain `str`: slices of a subclass may be anything
    except Exception:  # a learner's exception whose `__str__` raises
        return ""


def _frames(at: TracebackType | None) -> Iterator[tuple[Any, int]]:
    while at is not None:
        yield at.tb_frame, at.tb_lineno
        at = at.tb_next


def _learner_line(error: BaseException) -> tuple[str, int]:
    """The innermost line of the learner's code in the traceback of `error`, and its number."""
    if isinstance(error, SyntaxError):
        at = _said(error, "lineno")
        return _short(_said(error, "text")).strip(), at if type(at) is int and 0 < at < MAX_LINE else 0
    own = [(f, n) for f, n in _frames(error.__traceback__) if f.f_globals.get("__name__") == LEARNER]
    if not own:
        return "", 0
    frame, number = own[-1]
    text = linecache.getline(frame.f_code.co_filename, number, frame.f_globals)
    return text.strip()[:MAX_TEXT], number
