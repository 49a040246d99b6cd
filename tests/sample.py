"""Draw a sample of what takes long: another one for each commit, so that commits together try everything.

`--sample SEED` draws the same one again; `--all` tries everything but seeds, of which it draws more.

A test that draws its own cases asks `drawn`. `@pytest.mark.sampled(2)` lets two cases of a test run, as
`pytestmark` two tests of a file, and with a name two of all the tests that it stands at. `@pytest.mark.slow`
has a few of all the tests run that take seven seconds and more by themselves.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
WITHOUT_GIT = "none"
MARKS = (
    "sampled(number, name): without --all, only so many of these run, others with each commit",
    "slow: takes seven seconds and more by itself; without --all, a few of these run",
)
SLOW = 3  # tests that run without `--all`


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
    return list(everything) if config.getoption("all") else always_drawn(config, everything, number, what)


def always_drawn(config: pytest.Config, everything: Sequence[T], number: int, what: str) -> list[T]:
    """So many of these with `--all` too, where all of them would take hours."""
    places = sorted(range(len(everything)), key=lambda place: _rank(config, what, place))[:number]
    return [everything[place] for place in sorted(places)]


def left_out(config: pytest.Config, items: Sequence[pytest.Item]) -> set[pytest.Item]:
    """The marked tests that this sample does without."""
    groups = defaultdict(list)
    for item in items:
        for node, mark in item.iter_markers_with_node("sampled"):
            number, *named = mark.args
            place = item.nodeid.partition("[")[0] if node is item else node.nodeid
            groups[named[0] if named else place, number].append(item)
        if item.get_closest_marker("slow"):
            groups["slow", SLOW].append(item)
    out: set[pytest.Item] = set()
    for (name, number), group in groups.items():
        out |= set(group) - set(drawn(config, group, number, name))
    return out


def _rank(config: pytest.Config, what: str, place: int) -> bytes:
    return hashlib.sha256(f"{config.getoption('sample')}/{what}/{place}".encode()).digest()
