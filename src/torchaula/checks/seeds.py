"""Random streams: one for the test and one for the answer, both fixed by course seed and cell."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


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
    """The three global generators as one party sees them; `active` swaps them in and out."""

    def __init__(self, seed: int) -> None:
        with self._restored():
            seed_all(seed)
            self._state = _capture()

    @contextmanager
    def active(self) -> Iterator[None]:
        """Run the block on this stream, and go on later where it stopped."""
        with self._restored():
            _restore(self._state)
            try:
                yield
            finally:
                self._state = _capture()

    @contextmanager
    def _restored(self) -> Iterator[None]:
        outside = _capture()
        try:
            yield
        finally:
            _restore(outside)


def _capture() -> tuple[object, ...]:
    return random.getstate(), np.random.get_state(), torch.get_rng_state()


def _restore(state: tuple[object, ...]) -> None:
    python, numpy, torch_state = state
    random.setstate(python)  # type: ignore[arg-type]
    np.random.set_state(numpy)  # type: ignore[arg-type]
    torch.set_rng_state(torch_state)  # type: ignore[arg-type]
