"""Draw a sample of what takes long: another one for each commit, so that commits together try everything.

`--sample SEED` draws the same one again; `--all` tries everything.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
WITHOUT_GIT = "none"


def of_commit() -> str:
    """The seed of this commit; the same one everywhere where there is no git or no commit."""
    program = ["git", "rev-parse", "--short=12", "HEAD"]
    try:
        done = subprocess.run(program, cwd=Path(__file__).parent, capture_output=True, text=True)
    except OSError:
        return WITHOUT_GIT
    return done.stdout.strip() if done.returncode == 0 else WITHOUT_GIT


def drawn(config: pytest.Config, everything: Sequence[T], number: int, what: str) -> list[T]:
    """So many of these, in their order; all of them with `--all`. `what` tells one draw from another."""
    if config.getoption("all"):
        return list(everything)
    places = sorted(range(len(everything)), key=lambda place: _rank(config, what, place))[:number]
    return [everything[place] for place in sorted(places)]


def _rank(config: pytest.Config, what: str, place: int) -> bytes:
    return hashlib.sha256(f"{config.getoption('sample')}/{what}/{place}".encode()).digest()
