"""Compare an obtained value with the expected one, and find in which way they differ."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass, replace

import torch

from torchaula.checks.data import Data, Path
from torchaula.findings import Contrast

# Relative tolerance by dtype: hundreds of rounding units, since right answers may sum in other orders.
RTOL = {
    torch.float16: 1e-2,
    torch.bfloat16: 4e-2,
    torch.float32: 2e-5,
    torch.float64: 1e-12,
    torch.complex64: 2e-5,
    torch.complex128: 1e-12,
}
# Where all expected values are (nearly) zero, the tolerance is that for values of this size.
SMALLEST_SCALE = 0.05
# The attributes of two tensors that must be equal before their values are compared.
KINDS = {Contrast.SHAPE: "shape", Contrast.DTYPE: "dtype", Contrast.DEVICE: "device"}
CLEAR = 1e-3  # a factor or shift smaller than this is not worth reporting


@dataclass(frozen=True, eq=False)
class Difference:
    """The way in which `obtained` differs from `expected`, the two values at `path` inside the compared ones.

    `wrong` marks the elements of a tensor that differ; `amount` is the factor or shift that explains all.
    """

    contrast: Contrast
    obtained: Data
    expected: Data
    path: Path = ()
    wrong: torch.Tensor | None = None
    amount: float = 0.0


def difference(obtained: Data, expected: Data, rtol: float | None = None) -> Difference | None:
    """The way in which `obtained` differs from `expected`; None where they agree.

    Type, shape and dtype must be the same; floating values may differ by `rtol` of their own size
    and of the largest expected one. NaN equals NaN.
    """
    if isinstance(expected, torch.Tensor):
        if not isinstance(obtained, torch.Tensor):
            return Difference(Contrast.TYPE, obtained, expected)
        return _tensor_difference(obtained, expected, rtol)
    if type(obtained) is not type(expected):
        return Difference(Contrast.TYPE, obtained, expected)
    if isinstance(expected, list | tuple):
        assert isinstance(obtained, list | tuple)
        return _sequence_difference(obtained, expected, rtol)
    if isinstance(expected, dict):
        assert isinstance(obtained, dict)
        return _dict_difference(obtained, expected, rtol)
    if isinstance(expected, float | complex):
        assert isinstance(obtained, float | complex)
        tolerance = RTOL[torch.float32] if rtol is None else rtol
        is_close = _numbers_close(obtained, expected, tolerance)
        return None if is_close else Difference(Contrast.NUMBER, obtained, expected)
    return None if obtained == expected else Difference(Contrast.VALUE, obtained, expected)


def _numbers_close(obtained: float | complex, expected: float | complex, rtol: float) -> bool:
    if obtained == expected or (cmath.isnan(obtained) and cmath.isnan(expected)):
        return True
    return cmath.isclose(obtained, expected, rel_tol=rtol, abs_tol=rtol * max(abs(expected), SMALLEST_SCALE))


def _tensor_difference(
    obtained: torch.Tensor, expected: torch.Tensor, rtol: float | None
) -> Difference | None:
    obtained, expected = obtained.detach(), expected.detach()
    for contrast, of in KINDS.items():
        if getattr(obtained, of) != getattr(expected, of):
            return Difference(contrast, obtained, expected)
    if expected.device.type == "meta" or torch.equal(obtained, expected):
        return None
    tolerance = RTOL.get(expected.dtype, 0.0) if rtol is None else rtol
    wrong = ~_close(obtained, expected, tolerance)
    if not wrong.any():
        return None
    rule = relation(obtained, expected, tolerance) if tolerance else None
    contrast, amount = rule or (Contrast.ELEMENTS, 0.0)
    return Difference(contrast, obtained, expected, wrong=wrong, amount=amount)


def _close(obtained: torch.Tensor, expected: torch.Tensor, rtol: float) -> torch.Tensor:
    """Which elements are close; the tolerance scales with the largest finite expected magnitude."""
    if not (expected.is_floating_point() or expected.is_complex()):
        return obtained == expected
    finite = expected[expected.isfinite()].abs()
    scale = max(finite.max().item() if finite.numel() else 0.0, SMALLEST_SCALE)
    return torch.isclose(obtained, expected, rtol=rtol, atol=rtol * scale, equal_nan=True)


def relation(obtained: torch.Tensor, expected: torch.Tensor, rtol: float) -> tuple[Contrast, float] | None:
    """A simple rule that explains a whole wrong result, with its amount if it is a factor or a shift."""
    if not obtained.is_floating_point() or not obtained.numel():
        return None
    if obtained.isnan().any() and not expected.isnan().any():
        return Contrast.NAN, 0.0
    if obtained.isinf().any() or not expected.isfinite().all():
        return None
    if not obtained.any():
        return Contrast.ZERO, 0.0
    if (
        obtained.dtype == torch.float64
        and rtol < RTOL[torch.float32]
        and _close(obtained, expected, RTOL[torch.float32]).all()
    ):
        return Contrast.PRECISION, 0.0
    if _close(obtained, expected, 10 * rtol).all():
        return None  # so close that each rule below would hold by its tolerance alone
    largest = expected.abs().argmax()
    factor = (obtained.flatten()[largest] / expected.flatten()[largest]).item()
    numbers = _different(expected)
    if _is_telling(factor, numbers) and _close(obtained, expected * factor, 10 * rtol).all():
        return Contrast.FACTOR, factor
    shift = (obtained - expected).mean().item()
    if numbers > 2 and abs(shift) > CLEAR and _close(obtained, expected + shift, 10 * rtol).all():
        return Contrast.SHIFT, shift
    square = obtained.ndim >= 2 and obtained.shape[-1] == obtained.shape[-2]
    if square and _close(obtained.mT, expected, 10 * rtol).all():
        return Contrast.TRANSPOSED, 0.0
    return None


def _different(expected: torch.Tensor) -> int:
    """How many different values, beside 0, there are to see a rule in: at most three are counted."""
    left = expected.flatten()
    for found in range(3):
        left = left[left != 0] if not found else left[~torch.isclose(left, left[0])]
        if not left.numel():
            return found
    return 3


def _is_telling(factor: float, numbers: int) -> bool:
    """Whether a factor explains something. Some factor always fits a single number: of one, only the sign."""
    if not math.isfinite(factor) or min(abs(factor), abs(factor - 1)) < CLEAR:
        return False
    return numbers > 1 or abs(factor + 1) < CLEAR


def _sequence_difference(
    obtained: list[Data] | tuple[Data, ...], expected: list[Data] | tuple[Data, ...], rtol: float | None
) -> Difference | None:
    if len(obtained) != len(expected):
        return Difference(Contrast.LENGTH, obtained, expected)
    for index, (a, b) in enumerate(zip(obtained, expected, strict=True)):
        if found := difference(a, b, rtol):
            return replace(found, path=(index, *found.path))
    return None


def _dict_difference(
    obtained: dict[Data, Data], expected: dict[Data, Data], rtol: float | None
) -> Difference | None:
    if list(obtained) != list(expected) and set(obtained) != set(expected):
        return Difference(Contrast.KEYS, obtained, expected)
    for key, value in expected.items():
        if found := difference(obtained[key], value, rtol):
            return replace(found, path=(key, *found.path))
    return None
