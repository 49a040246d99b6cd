"""The arena of the attacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import mini
from tests.attacks.arena import Arena


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """A warm engine in the real sandbox; skipped where there is no sandbox."""
    mini.require_sandbox()
    made = Arena(tmp_path_factory.mktemp("attacks"))
    yield made
    made.close()
