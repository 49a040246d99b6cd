"""Run checks that every tensor function must pass, without knowing the right values."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import torch

from torchaula.checks import messages
from torchaula.checks.compare import RTOL, Difference
from torchaula.checks.data import Data
from torchaula.checks.errors import TestError
from torchaula.checks.graded import Answer, Target, floats, named
from torchaula.findings import Contrast, Finding, Kind

Make = Callable[..., Sequence[Data]]
Size = Sequence[int]
SMALL, MIDDLE, LARGE = 5, 17, 67  # to what a dimension grows


def battery(
    target: Target,
    make: Make,
    sizes: Iterable[Size],
    *,
    shape: Callable[..., Sequence[int]] | None = None,
    differentiable: Iterable[int] = (),
    data: Iterable[str] = (),
    views: bool = False,
    dtype: torch.dtype | None = None,
) -> None:
    """Check `target` on the arguments `make(*size)` of each size.

    Results for float32 and float64 keep their dtype and agree; if `dtype` is given, every result has
    that dtype instead. Non-contiguous data give the same result; arguments stay unchanged; nothing is
    NaN or infinite; the result has the shape `shape(*size)` and, unless `views`, storage of its own;
    gradients reach the arguments at the positions `differentiable`; no loop runs over the dimensions `data`,
    which are parameters of `make`, when each grows alone from the first of `sizes` (see `no_loops`).
    """
    sizes = list(sizes)
    no_loops(target, make, sizes[0], data)  # first: a loop is a worse mistake than a wrong dtype
    for size in sizes:
        args = tuple(make(*size))
        expected = None if shape is None else tuple(shape(*size))
        if dtype is None:
            _in_both_dtypes(target, args, expected, views)
        else:
            _acceptable(target(*args), args, dtype, expected, views)
        if any(isinstance(arg, torch.Tensor) and arg.ndim for arg in args):
            exact = target(*map(to_float64, args))
            again = target.case(messages.NOT_CONTIGUOUS)(*(strided(to_float64(arg)) for arg in args))
            rtol = RTOL.get(dtype or torch.float64, 0.0)  # whole numbers are exact
            _same_values(again, exact.result, messages.SAME_AS_CONTIGUOUS, rtol)
            if not views:
                again.fresh()
        for position in differentiable:
            _gradient_reaches(target, args, position)


def no_loops(target: Target, make: Make, size: Size, data: Iterable[str]) -> None:
    """Check that `target` runs no loop over the dimensions `data`, which are parameters of `make`.

    Each grows alone, while the others stay as in `size`. Operations may differ, by branches that depend on
    the data, and halving takes a few more; a loop takes at least one more for each datum.
    """
    names = list(inspect.signature(make).parameters)
    for name in data:
        if name not in names:
            raise TestError(f"{target.name}: no dimension {name!r} in {names}")
        place, of = names.index(name), target.case(messages.growing(name))
        sizes = ((*size[:place], to, *size[place + 1 :]) for to in (MIDDLE, LARGE, SMALL))
        answers = (of(*make(*each)).sound() for each in sizes)
        middle, large = next(answers), next(answers)
        if large.operations - middle.operations > (LARGE - MIDDLE) / 4:
            counts = {SMALL: next(answers).operations, MIDDLE: middle.operations, LARGE: large.operations}
            large.fail(Finding(Kind.GROWS, name), messages.grows(name, counts))


def _in_both_dtypes(target: Target, args: Sequence[Data], shape: Size | None, views: bool) -> None:
    single = target.case(messages.FLOAT32)(*args)
    _acceptable(single, args, torch.float32, shape, views)
    double = target.case(messages.FLOAT64)(*map(to_float64, args))
    _acceptable(double, args, torch.float64, shape, views)
    _same_values(single, to_float32(double.result), messages.SAME_AS_FLOAT64, 50 * RTOL[torch.float32])


def _acceptable(
    answer: Answer, args: Sequence[Data], dtype: torch.dtype, shape: Size | None, views: bool
) -> None:
    """Check shape, dtype, finite values and own storage, which needs no oracle."""
    result = answer.result
    if shape is not None:
        if not isinstance(result, torch.Tensor):
            found = Difference(Contrast.TYPE, result, args[0])
            rows = messages.unexpected(result, torch.empty(shape, device="meta"), found)
            answer.fail(Finding(Kind.UNEXPECTED, contrast=found.contrast), rows)
        elif tuple(result.shape) != tuple(shape):
            _differs(answer, Contrast.SHAPE, result, torch.empty(shape, device="meta"))
        elif result.dtype != dtype:
            _differs(answer, Contrast.DTYPE, result, torch.empty(0, dtype=dtype))
    for tensor in floats(result):
        if tensor.dtype != dtype:
            _differs(answer, Contrast.DTYPE, tensor, torch.empty(0, dtype=dtype))
        if not tensor.isfinite().all():
            answer.fail(Finding(Kind.NOT_FINITE), messages.not_finite(result))
    if not views:
        answer.fresh()


def _differs(answer: Answer, contrast: Contrast, obtained: torch.Tensor, like: torch.Tensor) -> NoReturn:
    """Fail since a tensor's shape or dtype is not that of `like`."""
    rows = messages.differs(Difference(contrast, obtained, like))
    answer.fail(Finding(Kind.UNEXPECTED, contrast=contrast), rows)


def _same_values(answer: Answer, expected: Data, what: str, rtol: float) -> None:
    answer.expect(what, answer.result, expected, rtol)


def _gradient_reaches(target: Target, args: Sequence[Data], position: int) -> None:
    wanted = args[position]
    assert isinstance(wanted, torch.Tensor)
    leaf = wanted.detach().clone().requires_grad_()
    answer = target(*args[:position], leaf, *args[position + 1 :]).attached()
    path = (0, position)
    gradient = answer.observation.gradients.get(path)
    if gradient is None:
        answer.no_gradient(path)
    elif not gradient.isfinite().all():
        what = messages.gradient(answer.name_of(path))
        answer.fail(
            Finding(Kind.NOT_FINITE, named(path)), messages.about(what, messages.not_finite(gradient))
        )


def strided(value: Data) -> Any:
    """The same values in memory that is not contiguous."""
    if not isinstance(value, torch.Tensor) or value.ndim == 0:
        return value
    wide = torch.stack([value, value], dim=-1)
    return (
        wide[..., 0]
        if value.ndim == 1
        else value.mT.contiguous().mT
        if min(value.shape) > 1
        else wide[..., 0]
    )


def to_float64(value: Data) -> Any:
    """float32 data as float64; all else unchanged."""
    return _convert(value, torch.float32, torch.float64)


def to_float32(value: Data) -> Any:
    """float64 data as float32; all else unchanged."""
    return _convert(value, torch.float64, torch.float32)


def _convert(value: Data, source: torch.dtype, dtype: torch.dtype) -> Any:
    if isinstance(value, torch.Tensor):
        return value.to(dtype) if value.dtype == source else value
    if isinstance(value, list | tuple):
        return type(value)(_convert(item, source, dtype) for item in value)
    if isinstance(value, dict):
        return {key: _convert(item, source, dtype) for key, item in value.items()}
    return value
