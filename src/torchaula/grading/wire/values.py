"""Encode data and observations as typed nodes of a frame, and decode them; never with pickle.

Every size that a frame claims is checked before memory is allocated for it: `frames` checks the number of
values in the header, the types here the length of each list, path, key and name, and `_Space` all tensors.
"""

from __future__ import annotations

from ctypes import string_at
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import msgspec
import torch
from msgspec import Meta

from torchaula.checks import data
from torchaula.checks.data import DTYPES, MAX_BYTES, MAX_DEPTH, MAX_NODES, Data, span
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
from torchaula.findings import Reason
from torchaula.grading.wire.frames import TooLarge, WireError

DTYPE_NAMES = {str(dtype).removeprefix("torch."): dtype for dtype in DTYPES}
NAMES = {dtype: name for name, dtype in DTYPE_NAMES.items()}


TEXTS = ("kind", "message", "line", "missing", "version")  # the texts of a `Stop`

MAX_SPACE = 8 * MAX_BYTES  # of all tensors in a frame, with what is before their offsets or repeats
MAX_KEY = 10_000  # characters of a key
MAX_TRACE = 10_000  # operations and functions in a trace

# A text that the student process wrote: it may be shown, and decides nothing.
Claim: TypeAlias = Annotated[str, Meta(max_length=MAX_TEXT)]
Whole: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Sizes: TypeAlias = Annotated[list[Count], Meta(max_length=MAX_DEPTH)]
Key: TypeAlias = Annotated[str, Meta(max_length=MAX_KEY)] | Whole | float | bool | None
Path: TypeAlias = Annotated[tuple[Key, ...], Meta(max_length=MAX_DEPTH + 2)]
Paths: TypeAlias = Annotated[list[Path], Meta(max_length=MAX_NODES)]


class TensorNode(msgspec.Struct, tag="tensor", frozen=True, array_like=True):
    """A dense tensor; the frame holds its storage, from its first element to its last."""

    dtype: str
    size: Sizes
    stride: Sizes
    offset: Count
    requires_grad: bool
    meta: bool


class SequenceNode(msgspec.Struct, tag="sequence", frozen=True, array_like=True):
    """A list, a tuple or a `torch.Size`."""

    kind: str
    items: Annotated[list[Node], Meta(max_length=MAX_NODES)]


class DictNode(msgspec.Struct, tag="dict", frozen=True, array_like=True):
    """A dict as pairs, in order."""

    items: Annotated[list[tuple[Key, Node]], Meta(max_length=MAX_NODES)]


class NamedNode(msgspec.Struct, tag="named", frozen=True, array_like=True):
    """A `torch.dtype` or `torch.device` by name."""

    kind: str
    name: str


class BytesNode(msgspec.Struct, tag="bytes", frozen=True, array_like=True):
    """Bytes. They need a node of their own, since msgspec tells them from text by type only."""

    content: bytes


class ComplexNode(msgspec.Struct, tag="complex", frozen=True, array_like=True):
    """A complex number."""

    real: float
    imag: float


Node: TypeAlias = (
    bool
    | Whole
    | float
    | str
    | TensorNode
    | SequenceNode
    | DictNode
    | NamedNode
    | BytesNode
    | ComplexNode
    | None
)


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
    watch: tuple[str, ...]
    given: dict[str, str]
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


ToStudent: TypeAlias = Open | Call | Instead


class _Packer:
    """Turns data into nodes, and collects the storage of tensors in `buffers`."""

    def __init__(self) -> None:
        self.buffers: list[bytes] = []
        self.space = _Space()

    def node(self, value: Data) -> Node:
        if isinstance(value, torch.Tensor):
            return self.tensor(value)
        if isinstance(value, torch.Size):
            return SequenceNode("size", list(value))
        if isinstance(value, list | tuple):
            return SequenceNode(type(value).__name__, [self.node(item) for item in value])
        if isinstance(value, dict):
            return DictNode([(key, self.node(item)) for key, item in value.items()])
        if isinstance(value, complex):
            return ComplexNode(value.real, value.imag)
        if isinstance(value, torch.dtype | torch.device):
            return NamedNode(type(value).__name__, str(value).removeprefix("torch."))
        if isinstance(value, bytes):
            return BytesNode(value)
        assert isinstance(value, bool | int | float | str | None)
        return value

    def tensor(self, tensor: torch.Tensor) -> TensorNode:
        data.check_tensor(tensor)
        plain = tensor.detach().resolve_conj().resolve_neg()
        meta, reach = plain.device.type == "meta", span(plain)
        elements = max(reach, plain.numel()) + int(plain.storage_offset())
        if not self.space.take(elements, plain.element_size()):
            raise TooLarge(f"torch.Tensor > {MAX_SPACE // 2**20} MB")
        if not meta:
            self.buffers.append(string_at(plain.data_ptr(), reach * plain.element_size()))
        return TensorNode(
            NAMES[plain.dtype],
            list(plain.shape),
            list(plain.stride()),
            int(plain.storage_offset()),
            tensor.requires_grad,
            meta,
        )


@dataclass
class _Space:
    """The bytes that the tensors of a frame may still take, counted before they are allocated."""

    left: int = MAX_SPACE

    def take(self, elements: int, size: int) -> bool:
        self.left -= elements * size
        return self.left >= 0


class _Unpacker:
    """Turns nodes into data, within the limits of depth, nodes and bytes."""

    def __init__(self, buffers: memoryview) -> None:
        self.buffers, self.nodes, self.space = buffers, 0, _Space()

    def whole(self, node: Node) -> Data:
        """A whole value, for which the count of nodes starts anew."""
        self.nodes = 0
        return self.value(node)

    def value(self, node: Node, depth: int = 0) -> Data:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise WireError("too many or too deeply nested values")
        if isinstance(node, TensorNode):
            return self.tensor(node)
        if isinstance(node, SequenceNode):
            return self.sequence(node, depth)
        if isinstance(node, DictNode):
            return {key: self.value(item, depth + 1) for key, item in node.items}
        if isinstance(node, ComplexNode):
            return complex(node.real, node.imag)
        if isinstance(node, NamedNode):
            return self.named(node)
        if isinstance(node, BytesNode):
            return node.content
        return node

    def sequence(self, node: SequenceNode, depth: int) -> Data:
        if node.kind == "size":
            if not all(type(item) is int and item >= 0 for item in node.items):
                raise WireError("a size holds something else than sizes")
            return torch.Size(node.items)  # type: ignore[arg-type]
        items = [self.value(item, depth + 1) for item in node.items]
        if node.kind not in ("list", "tuple"):
            raise WireError(f"no such sequence: {node.kind[:20]!r}")
        return items if node.kind == "list" else tuple(items)

    def named(self, node: NamedNode) -> Data:
        if node.kind == "dtype" and node.name in DTYPE_NAMES:
            return DTYPE_NAMES[node.name]
        if node.kind == "device" and node.name in ("cpu", "meta"):
            return torch.device(node.name)
        raise WireError(f"no such {node.kind[:20]!r}")

    def tensor(self, node: TensorNode) -> torch.Tensor:
        dtype = DTYPE_NAMES.get(node.dtype)
        if dtype is None or len(node.size) != len(node.stride):
            raise WireError("a malformed tensor")
        count = reach = 1
        for n, step in zip(node.size, node.stride, strict=True):
            count, reach = count * n, reach + (n - 1) * step
        reach = reach if count else 0
        elements = max(count, reach) + node.offset
        if elements * dtype.itemsize > MAX_BYTES or not self.space.take(elements, dtype.itemsize):
            raise WireError("a tensor that is too large")
        if node.requires_grad and not (dtype.is_floating_point or dtype.is_complex):
            raise WireError("a tensor of integers with a gradient")
        if node.meta:
            storage = torch.empty(node.offset + reach, dtype=dtype, device="meta")
        else:
            storage = self.take(reach, dtype)
            if node.offset:  # the part before the offset is never written, so it takes no physical memory
                found, storage = storage, torch.empty(node.offset + reach, dtype=dtype)
                storage[node.offset :] = found
        tensor = storage.as_strided(node.size, node.stride, node.offset)
        return tensor.requires_grad_(node.requires_grad)

    def take(self, count: int, dtype: torch.dtype) -> torch.Tensor:
        """The next `count` elements of the frame's tensor bytes."""
        length = count * dtype.itemsize
        if length > len(self.buffers):
            raise WireError("a tensor without its bytes")
        raw, self.buffers = bytearray(self.buffers[:length]), self.buffers[length:]
        if not raw:
            return torch.empty(0, dtype=dtype)
        elements = torch.frombuffer(raw, dtype=torch.uint8)
        return elements.ne(0) if dtype is torch.bool else elements.view(dtype)


def from_request(request: Request) -> tuple[Call, list[bytes]]:
    """The frame of a request: header and tensor bytes."""
    packer = _Packer()
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
    unpacker = _Unpacker(buffers)
    args, kwargs = unpacker.whole(call.args), unpacker.whole(call.kwargs)
    if not isinstance(args, tuple) or not isinstance(kwargs, dict):
        raise WireError("a call without arguments")
    return Request(call.name, args, kwargs, call.source, call.own, call.watch, call.given, call.seconds)


def from_observation(seen: Observation) -> tuple[Seen, list[bytes]]:
    """The frame of an observation: header and tensor bytes."""
    packer = _Packer()
    message = Seen(
        packer.node(seen.result),
        None if seen.failure is None else _failed(seen.failure),
        packer.node(seen.arguments),
        [_keys(path) for path in seen.attached],
        [_keys(path) for path in seen.shared],
        [(_keys(p), None if g is None else packer.tensor(g)) for p, g in seen.gradients.items()],
        seen.trace,
        seen.filled,
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
        return _observation(message, _Unpacker(buffers))
    except (MemoryError, RuntimeError, OverflowError) as error:  # torch lacks memory: a RuntimeError
        raise WireError("an observation that can't be made") from error


def _observation(message: Seen, unpacker: _Unpacker) -> Observation:
    return Observation(
        result=unpacker.whole(message.result),
        failure=None if message.failure is None else _failure(message.failure),
        arguments=unpacker.whole(message.arguments),
        attached=tuple(message.attached),
        shared=tuple(message.shared),
        gradients={p: None if g is None else unpacker.tensor(g) for p, g in message.gradients},
        trace=message.trace,
        filled=message.filled,
    )
