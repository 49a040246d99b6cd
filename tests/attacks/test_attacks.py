"""The attacks of the corpus, one test each: some of each kind, with `--all` every one."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from math import ceil
from pathlib import Path
from typing import TypeVar

import pytest

from tests import sample
from tests.attacks import assault, corpus_hiders
from tests.attacks.arena import TEST_SEEDS, Arena
from tests.attacks.book import ATTACKS, Attack
from tests.conftest import BROKEN, HIDDEN, TRIED

# One of so many is tried without `--all`: of the attacks of each kind, and of the other ways to hide a call.
ONE_IN, HIDERS_ONE_IN = 16, 24
T = TypeVar("T")
CORPUS = [
    import_module(f"tests.attacks.{path.stem}") for path in sorted(Path(__file__).parent.glob("corpus_*.py"))
]


def test_attack_is_held(attack: Attack, arena: Arena, record_property: Callable[[str, object], None]) -> None:
    """An attack gains no point, leaks no test, touches nothing, holds nobody up, and the batch goes on."""
    found = arena.attempt(attack)
    record_property(TRIED, "broken" if found.broken else "held")
    for kind in ("gained", "leaked", "touched", "held", "hurt"):
        if getattr(found, kind):
            record_property(BROKEN, kind)
    if found.hidden:
        record_property(HIDDEN, ",".join(found.hidden))
    assert not found.broken


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A sample of each kind, unless all is asked for."""
    if "attack" in metafunc.fixturenames:
        drawn = [
            each for kind in sorted(kinds()) for each in part(metafunc.config, kinds()[kind], ONE_IN, kind)
        ]
        metafunc.parametrize("attack", drawn, ids=[each.id for each in drawn])
    if "way" in metafunc.fixturenames:
        ways = list(corpus_hiders.OTHERS)
        metafunc.parametrize("way", part(metafunc.config, ways, HIDERS_ONE_IN, "other ways"))


def kinds() -> dict[str, list[Attack]]:
    """The attacks, by kind."""
    found: dict[str, list[Attack]] = {}
    for each in ATTACKS.values():
        found.setdefault(each.category, []).append(each)
    return found


def part(config: pytest.Config, everything: list[T], one_in: int, what: str) -> list[T]:
    """One of so many of these, or all."""
    return sample.drawn(config, everything, ceil(len(everything) / one_in), f"attacks: {what}")


def test_other_ways_to_hide_a_call_are_listed(way: str, arena: Arena) -> None:
    """The rest of those that hide a forbidden call, or try: each that does is listed."""
    assert not arena.attempt(corpus_hiders.OTHERS[way]).broken


def test_the_corpus_is_large_and_broad() -> None:
    """There are at least sixty attacks, several of each kind, and all modules of the corpus are read."""
    assert len(ATTACKS) >= 60
    assert len({attack.category for attack in ATTACKS.values()}) >= 8
    assert all(module.__doc__ for module in CORPUS)


def test_an_arena_sees_what_it_looks_for(arena: Arena) -> None:
    """A gain, a leak and a change are seen where there are any: the checks themselves work."""
    right = Attack("right", "honest", lambda book: book.right())
    assert "double-valores" in arena.attempt(right).gained
    says = Attack("says", "honest", lambda book: book.add(f"print({'QX7TEST-' + '0' * 16!r})"))
    assert arena.attempt(says).leaked
    half = len(assault.COURSE_SECRET) // 2
    halves = assault.COURSE_SECRET[:half], assault.COURSE_SECRET[half:]
    tells = Attack("tells", "honest", lambda book: book.add(f"print({halves[0]!r} + {halves[1]!r})"))
    assert arena.attempt(tells).leaked
    seed = next(iter(TEST_SEEDS.values()))
    counts = Attack("counts", "honest", lambda book: book.add(f"print({int(seed) - 1} + 1)"))
    assert arena.attempt(counts).leaked
    writes = Attack("writes", "honest", lambda book: (arena.root / "new").touch())
    assert not arena.attempt(writes).touched  # before it looks
    before = arena.state()
    (arena.root / "new").unlink()
    assert before != arena.state()
