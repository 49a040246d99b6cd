"""Whether an obtained value is the expected one, and in which way it differs if not."""

from __future__ import annotations

import cmath
import math

import torch

from torchaula.checks import messages
from torchaula.checks.data import Data

# Relative tolerance by dtype, a few dozen units of rounding: right answers sum in other orders.
RTOL = {
    torch.float16: 1e-2,
    torch.bfloat16: 4e-2,
    torch.float32: 2e-5,
    torch.float64: 1e-9,
    torch.complex64: 2e-5,
    torch.complex128: 1e-9,
}
# Where everything expected is (nearly) zero, rounding is that of values of this size.
SMALLEST_SCALE = 0.05
CLEAR = 1e-3  # a factor or shift nearer to none than this explains nothing


def difference(obtained: Data, expected: Data, rtol: float | None = None) -> str | None:
    """In which way `obtained` is not `expected`: a Spanish phrase, or None where they agree.

    Type, shape and dtype must be the same; floating values may differ by `rtol` of their own size
    and of the largest expected one. NaN equals NaN.
    """
    if isinstance(expected, torch.Tensor):
        if not isinstance(obtained, torch.Tensor):
            return messages.wrong_type(obtained, expected)
        return _tensor_difference(obtained, expected, rtol)
    if type(obtained) is not type(expected):
        return messages.wrong_type(obtained, expected)
    if isinstance(expected, list | tuple):
        assert isinstance(obtained, list | tuple)
        return _sequence_difference(obtained, expected, rtol)
    if isinstance(expected, dict):
        assert isinstance(obtained, dict)
        return _dict_difference(obtained, expected, rtol)
    if isinstance(expected, float | complex):
        assert isinstance(obtained, float | complex)
        tolerance = RTOL[torch.float32] if rtol is None else rtol
        return (
            None if _numbers_close(obtained, expected, tolerance) else messages.scalar_off(obtained, expected)
        )
    return None if obtained == expected else messages.not_equal(obtained, expected)


def _numbers_close(obtained: float | complex, expected: float | complex, rtol: float) -> bool:
    if obtained == expected or (cmath.isnan(obtained) and cmath.isnan(expected)):
        return True
    return cmath.isclose(obtained, expected, rel_tol=rtol, abs_tol=rtol * max(abs(expected), SMALLEST_SCALE))


def _tensor_difference(obtained: torch.Tensor, expected: torch.Tensor, rtol: float | None) -> str | None:
    obtained, expected = obtained.detach(), expected.detach()
    if obtained.shape != expected.shape:
        return messages.wrong_shape(obtained.shape, expected.shape)
    if obtained.dtype != expected.dtype:
        return messages.wrong_dtype(obtained.dtype, expected.dtype)
    if obtained.device != expected.device:
        return messages.wrong_device(obtained.device, expected.device)
    if expected.device.type == "meta" or torch.equal(obtained, expected):
        return None
    tolerance = RTOL.get(expected.dtype, 0.0) if rtol is None else rtol
    wrong = ~_close(obtained, expected, tolerance)
    if not wrong.any():
        return None
    rule = relation(obtained, expected, tolerance) if tolerance else None
    return messages.values_off(obtained, expected, wrong, rule)


def _close(obtained: torch.Tensor, expected: torch.Tensor, rtol: float) -> torch.Tensor:
    """Element by element; the scale is the largest finite expected magnitude."""
    if not (expected.is_floating_point() or expected.is_complex()):
        return obtained == expected
    finite = expected[expected.isfinite()].abs()
    scale = max(finite.max().item() if finite.numel() else 0.0, SMALLEST_SCALE)
    return torch.isclose(obtained, expected, rtol=rtol, atol=rtol * scale, equal_nan=True)


def relation(obtained: torch.Tensor, expected: torch.Tensor, rtol: float) -> str | None:
    """A simple rule that explains all of a wrong result: a factor, a shift, a transposition, NaN."""
    if not obtained.is_floating_point() or not obtained.numel():
        return None
    if obtained.isnan().any() and not expected.isnan().any():
        return messages.has_nan(int(obtained.isnan().sum()), obtained.numel())
    if obtained.isinf().any() or not expected.isfinite().all():
        return None
    if not obtained.any():
        return messages.ALL_ZEROS
    if (
        obtained.dtype == torch.float64
        and rtol < RTOL[torch.float32]
        and _close(obtained, expected, RTOL[torch.float32]).all()
    ):
        return messages.LOST_PRECISION
    if _close(obtained, expected, 10 * rtol).all():
        return None  # within the slack of the rules below, which would explain anything
    largest = expected.abs().argmax()
    factor = (obtained.flatten()[largest] / expected.flatten()[largest]).item()
    if _is_telling(factor, obtained.numel()) and _close(obtained, expected * factor, 10 * rtol).all():
        return messages.is_factor(factor)
    shift = (obtained - expected).mean().item()
    if obtained.numel() > 2 and abs(shift) > CLEAR and _close(obtained, expected + shift, 10 * rtol).all():
        return messages.is_shift(shift)
    square = obtained.ndim >= 2 and obtained.shape[-1] == obtained.shape[-2]
    if square and _close(obtained.mT, expected, 10 * rtol).all():
        return messages.IS_TRANSPOSED
    return None


def _is_telling(factor: float, numbers: int) -> bool:
    """Whether a factor explains something: a single number is always some multiple of another."""
    if not math.isfinite(factor) or min(abs(factor), abs(factor - 1)) < CLEAR:
        return False
    whole = min(abs(f - round(f)) for f in (factor, 1 / factor))
    return numbers > 1 or whole < CLEAR


def _sequence_difference(
    obtained: list[Data] | tuple[Data, ...], expected: list[Data] | tuple[Data, ...], rtol: float | None
) -> str | None:
    if len(obtained) != len(expected):
        return messages.wrong_length(len(obtained), len(expected))
    for index, (a, b) in enumerate(zip(obtained, expected, strict=True)):
        if reason := difference(a, b, rtol):
            return messages.at(index, reason)
    return None


def _dict_difference(
    obtained: dict[Data, Data], expected: dict[Data, Data], rtol: float | None
) -> str | None:
    if list(obtained) != list(expected) and set(obtained) != set(expected):
        return messages.wrong_keys(list(obtained), list(expected))
    for key, value in expected.items():
        if reason := difference(obtained[key], value, rtol):
            return messages.at(key, reason)
    return None
