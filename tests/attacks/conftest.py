"""The arena of the attacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.arena import Arena
from torchaula.errors import Refusal


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """A warm engine in the real sandbox; skipped where there is no sandbox."""
    try:
        made = Arena(tmp_path_factory.mktemp("attacks"))
    except Refusal as error:
        pytest.skip(str(error))
    yield made
    made.close()
