"""Provide two random streams, one for the test and one for the answer, seeded by course seed and cell."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import torch

Generators: TypeAlias = tuple[Any, Any, torch.Tensor]  # of `random`, NumPy and torch


def derive(*parts: object) -> int:
    """A 32-bit seed from `parts`, the same on every machine and in every run."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:4], "little")


def seed_all(seed: int) -> None:
    """Seed `random`, NumPy and torch on the CPU (`torch.manual_seed` takes 10 ms for other devices)."""
    random.seed(seed)
    np.random.seed(seed)
    torch.default_generator.manual_seed(seed)


class Stream:
    """The states of the three global generators for one side; `active` swaps them in and out."""

    def __init__(self, seed: int) -> None:
        outside = _swap((random.getstate(), np.random.MT19937(seed), torch.get_rng_state()))
        seed_all(seed)
        self._generators = _swap(outside)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Run the block on this stream, which continues at the next use."""
        outside = _swap(self._generators)
        try:
            yield
        finally:
            self._generators = _swap(outside)


def _swap(new: Generators) -> Generators:
    """Install `new` as the global generators, and return the previous ones.

    NumPy's is swapped as an object, since reading and writing its state takes a hundred times longer.
    """
    old = random.getstate(), np.random.get_bit_generator(), torch.get_rng_state()  # type: ignore[attr-defined]
    python, numpy, torch_state = new
    random.setstate(python)
    np.random.set_bit_generator(numpy)  # type: ignore[attr-defined]
    torch.set_rng_state(torch_state)
    return old
