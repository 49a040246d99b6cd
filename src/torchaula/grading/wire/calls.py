"""Requests to an answer, and observations of it, as messages of a frame.

Each text, path and list that a student process reports is bounded by its type here.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from torchaula.checks import data
from torchaula.checks.data import MAX_NODES
from torchaula.checks.observation import (
    MAX_KINDS,
    MAX_LINE,
    MAX_TEXT,
    MAX_THREADS,
    Failure,
    Observation,
    Request,
    Stop,
)
from torchaula.checks.stand_ins import StandIn
from torchaula.findings import Reason
from torchaula.grading.wire.frames import WireError
from torchaula.grading.wire.values import Count, Key, Node, Packer, Path, Paths, TensorNode, Unpacker

TEXTS = ("kind", "message", "line", "missing", "version")  # the texts of a `Stop`
MAX_TRACE = 10_000  # operations and functions in a trace

# A text that the student process wrote: it may be shown, and decides nothing.
Claim: TypeAlias = Annotated[str, Meta(max_length=MAX_TEXT)]


class Open(msgspec.Struct, tag="open", frozen=True, array_like=True):
    """To the student process: a graded cell begins, with this seed."""

    seed: int


class Instead(msgspec.Struct, tag="instead", frozen=True, array_like=True):
    """To the student process: forget the present answer, and run this cell in its place."""

    cell: str
    source: str
    seed: int


class Call(msgspec.Struct, tag="call", frozen=True, array_like=True):
    """To the student process: serve this request."""

    name: str
    args: Node
    kwargs: Node
    source: str | None
    own: tuple[str, ...]
    watch: tuple[str, ...] | None
    given: dict[str, StandIn]
    seconds: float


class StopNode(msgspec.Struct, frozen=True, array_like=True):
    """A `Stop` whose fields have limits."""

    kind: Claim
    message: Claim
    line: Claim
    number: Annotated[int, Meta(ge=0, le=MAX_LINE)]
    kinds: Annotated[tuple[Claim, ...], Meta(max_length=MAX_KINDS)]
    missing: Claim
    version: Claim


class Failed(StopNode, frozen=True, array_like=True):
    """A `Failure` whose fields have limits."""

    cause: StopNode | None
    threads: Annotated[tuple[Claim, ...], Meta(max_length=MAX_THREADS)]
    reason: Reason = Reason.RAISED


class Seen(msgspec.Struct, tag="seen", frozen=True, array_like=True):
    """From the student process: the `Observation` of a call."""

    result: Node
    failure: Failed | None
    arguments: Node
    attached: Paths
    shared: Paths
    gradients: Annotated[list[tuple[Path, TensorNode | None]], Meta(max_length=MAX_NODES)]
    trace: Annotated[dict[Claim, Count], Meta(max_length=MAX_TRACE)]
    filled: Claim | None = None
    reused: Paths = []


ToStudent: TypeAlias = Open | Call | Instead


def from_request(request: Request) -> tuple[Call, list[bytes]]:
    """The frame of a request: header and tensor bytes."""
    packer = Packer()
    call = Call(
        request.name,
        packer.node(request.args),
        packer.node(request.kwargs),
        request.source,
        request.own,
        request.watch,
        request.given,
        request.seconds,
    )
    return call, packer.buffers


def to_request(call: Call, buffers: memoryview) -> Request:
    """The request in a frame. Raises `WireError`."""
    unpacker = Unpacker(buffers)
    args, kwargs = unpacker.whole(call.args), unpacker.whole(call.kwargs)
    if not isinstance(args, tuple) or not isinstance(kwargs, dict):
        raise WireError("a call without arguments")
    return Request(call.name, args, kwargs, call.source, call.own, call.watch, call.given, call.seconds)


def from_observation(seen: Observation) -> tuple[Seen, list[bytes]]:
    """The frame of an observation: header and tensor bytes."""
    packer = Packer()
    message = Seen(
        packer.node(seen.result),
        None if seen.failure is None else _failed(seen.failure),
        packer.node(seen.arguments),
        [_keys(path) for path in seen.attached],
        [_keys(path) for path in seen.shared],
        [(_keys(p), None if g is None else packer.tensor(g)) for p, g in seen.gradients.items()],
        seen.trace,
        seen.filled,
        [_keys(path) for path in seen.reused],
    )
    return message, packer.buffers


def _failed(failure: Failure) -> Failed:
    cause = None if failure.cause is None else StopNode(**_bounded(failure.cause))
    threads = tuple(name[:MAX_TEXT] for name in failure.threads[:MAX_THREADS])
    return Failed(**_bounded(failure), cause=cause, threads=threads, reason=failure.reason)


def _bounded(stop: Stop) -> dict[str, Any]:
    """The fields of a stop, cut to their limits, since the texts of a learner's exception may be long."""
    texts = {name: getattr(stop, name)[:MAX_TEXT] for name in TEXTS}
    return {**texts, "number": stop.number, "kinds": stop.kinds[:MAX_KINDS]}


def _failure(failed: Failed) -> Failure:
    cause = None if failed.cause is None else Stop(**msgspec.structs.asdict(failed.cause))
    return Failure(**msgspec.structs.asdict(failed) | {"cause": cause})


def _keys(path: data.Path) -> tuple[Key, ...]:
    return path  # type: ignore[return-value]  # the keys of data are of the types in `Key`


def to_observation(message: Seen, buffers: memoryview) -> Observation:
    """The observation in a frame. Raises `WireError`, also where there is no memory for it."""
    try:
        return _observation(message, Unpacker(buffers))
    except (MemoryError, RuntimeError, OverflowError) as error:  # torch lacks memory: a RuntimeError
        raise WireError("an observation that can't be made") from error


def _observation(message: Seen, unpacker: Unpacker) -> Observation:
    return Observation(
        result=unpacker.whole(message.result),
        failure=None if message.failure is None else _failure(message.failure),
        arguments=unpacker.whole(message.arguments),
        attached=tuple(message.attached),
        shared=tuple(message.shared),
        gradients={p: None if g is None else unpacker.tensor(g) for p, g in message.gradients},
        trace=message.trace,
        filled=message.filled,
        reused=tuple(message.reused),
    )
