"""The arena of the attacks, and what is said of them all at the end of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.attacks.arena import Arena
from torchaula.errors import Refusal

TRIED, BROKEN, HIDDEN = "attack tried", "attack broke", "attack hid a call"


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """A warm engine in the real sandbox; skipped where there is no sandbox."""
    try:
        made = Arena(tmp_path_factory.mktemp("attacks"))
    except Refusal as error:
        pytest.skip(str(error))
    yield made
    made.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many attacks were tried, and what they achieved."""
    count: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                count.update(f"{name} {value}" for name, value in report.user_properties)
    tried = sum(n for name, n in count.items() if name.startswith(TRIED))
    if not tried:
        return
    gained, leaked, touched = (count[f"{BROKEN} {what}"] for what in ("gained", "leaked", "touched"))
    held = sum(n for name, n in count.items() if name == f"{TRIED} held")
    hid = sum(n for name, n in count.items() if name.startswith(HIDDEN))
    terminalreporter.write_line(
        f"attacks: {tried} tried, {held} held: {gained} gained, {leaked} leaked, {touched} touched "
        f"({hid} hid a forbidden call: listed for review)"
    )
