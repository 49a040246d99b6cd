"""Define the data that may pass between a test and an answer, and copy it exactly.

Data are `None`, `bool`, `int`, `float`, `complex`, `str`, `bytes`, `list`, `tuple`, `dict`,
`torch.Size`, `torch.dtype`, `torch.device` and dense CPU tensors (`meta` tensors: dtype and shape).
Copies are of exactly these types, since a subclass could lie about what it holds. A value of a subclass,
such as `np.float64`, a named tuple or an `OrderedDict`, is copied by the methods of the plain class.
`nn.Parameter` is copied as a plain tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import torch

Data: TypeAlias = object
Path: TypeAlias = tuple[object, ...]

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 16
MAX_NODES = 100_000

ATOMS = (type(None), bool, int, float, complex, str, bytes, torch.Size, torch.dtype, torch.device)
KEYS = (str, int, bool, float, type(None))
TENSORS = (torch.Tensor, torch.nn.Parameter)
DTYPES = (
    torch.bool,
    *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
    *(torch.complex64, torch.complex128),
)
# How to read a value of a subclass by the plain class's methods, since its own methods may lie.
PLAIN: Mapping[type, Callable[[Any], Data]] = {
    int: int.__int__,
    float: float.__float__,
    complex: complex.__complex__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
}
PAIRS: Callable[[Any], Iterable[tuple[Any, Any]]] = dict.items
ITEMS: Mapping[type, Callable[[Any], Iterable[Any]]] = {list: list.__iter__, tuple: tuple.__iter__}
RETURN_TYPES = "torch.return_types"  # tuples of values and positions; returning one is nearly always a slip


class NotData(TypeError):
    """A value may not pass between test and answer; `what` names its type or the limit that it exceeds."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def span(tensor: torch.Tensor) -> int:
    """How many elements of storage lie between the first and the last element of `tensor`, both included."""
    if tensor.is_contiguous():  # empty tensors are contiguous too
        return tensor.numel()
    return 1 + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True))


def check_tensor(tensor: torch.Tensor) -> None:
    """Raise `NotData` for a tensor that is too large, has a rare dtype, or is not dense on CPU or `meta`."""
    if tensor.layout != torch.strided or tensor.device.type not in ("cpu", "meta"):
        raise NotData(f"torch.Tensor ({tensor.layout}, {tensor.device})")
    if tensor.dtype not in DTYPES:
        raise NotData(f"torch.Tensor ({tensor.dtype})")
    reach = max(span(tensor) + tensor.storage_offset(), tensor.numel())
    if reach * tensor.element_size() > MAX_BYTES or tensor.ndim > MAX_DEPTH:
        raise NotData(f"torch.Tensor > {MAX_BYTES // 2**20} MB")


def copy_tensor(tensor: torch.Tensor) -> torch.Tensor:
    """A leaf tensor with the same values, strides, offset and `requires_grad`, and storage of its own."""
    check_tensor(tensor)
    source = tensor.detach().resolve_conj().resolve_neg()
    size, stride, offset = source.shape, source.stride(), source.storage_offset()
    if offset == 0 and source.is_contiguous():
        plain = source.clone()  # the usual case, in a third of the time
        if plain.stride() == stride:
            return plain.requires_grad_(tensor.requires_grad)
    storage = torch.empty(offset + span(source), dtype=source.dtype, device=source.device)
    if source.device.type == "cpu":
        storage.zero_()
        storage[offset:].copy_(source.as_strided((span(source),), (1,), offset))
    return storage.as_strided(size, stride, offset).requires_grad_(tensor.requires_grad)


class _Copier:
    """Copies a value, and counts its nodes so that the copy of a shared or cyclic structure ends."""

    def __init__(self, tensor: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self.nodes, self.tensor = 0, tensor

    def copy(self, value: Data, depth: int = 0) -> Data:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise NotData(f"> {MAX_NODES} values")
        if depth > MAX_DEPTH:
            raise NotData(f"> {MAX_DEPTH} levels")
        kind = type(value)
        if kind in TENSORS:
            assert isinstance(value, torch.Tensor)
            return self.tensor(value)
        if kind in ATOMS:
            return self.atom(value)
        for plain, items in ITEMS.items():
            if issubclass(kind, plain) and kind.__module__ != RETURN_TYPES:
                return plain(self.copy(item, depth + 1) for item in items(value))
        if issubclass(kind, dict):
            return {self.key(key): self.copy(item, depth + 1) for key, item in PAIRS(value)}
        plainly = _plain(value)
        if plainly is value:
            raise NotData(f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."))
        return self.atom(plainly)

    def atom(self, value: Data) -> Data:
        if isinstance(value, str | bytes) and len(value) > MAX_BYTES:
            raise NotData(f"{type(value).__name__} > {MAX_BYTES // 2**20} MB")
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise NotData("int > 64 bit")
        return value

    def key(self, key: Data) -> Data:
        plain = key if type(key) in KEYS else _plain(key)
        if type(plain) not in KEYS:
            raise NotData(f"dict key: {type(key).__name__}")
        return plain


def _plain(value: Data) -> Data:
    """Turn a value of a subclass into one of the plain class; return any other unchanged."""
    kind = type(value)
    return next((found(value) for plain, found in PLAIN.items() if issubclass(kind, plain)), value)


def copy(value: Data) -> Data:
    """A deep copy of `value` that shares no storage with it.

    Raises `NotData` for a value that is not data or exceeds a limit.
    """
    return _Copier(copy_tensor).copy(value)


def plain(value: Data) -> Data:
    """`value` with plain lists, tuples and dicts, but with the same tensors, not copies of them.

    Raises `NotData` where `copy` does, except for tensors.
    """
    return _Copier(lambda tensor: tensor).copy(value)


def tensors(value: Data, path: Path = ()) -> Iterator[tuple[Path, torch.Tensor]]:
    """Each tensor inside `value` with the path of indices and keys that leads to it."""
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from tensors(item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tensors(item, (*path, key))
