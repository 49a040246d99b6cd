"""Derive the seed of each graded cell: from the published seed or, for hidden cells, from the secret.

For the trusted side only. A sandbox gets the published seed and, for the answer's stream in a hidden cell,
a number derived from the secret, from which nothing else can be derived.
"""

from __future__ import annotations

from typing import NoReturn

from torchaula.checks.seeds import derive
from torchaula.checks.session import COURSE_SEED, SeedOf
from torchaula.course.notebook import Notebook


class Seeds:
    """The seeds of one course; without a `secret` all of them derive from the published one.

    It can't be encoded or pickled, so that it can't get into a message or a file by mistake.
    """

    __slots__ = ("_secret", "public")

    def __init__(self, public: int = COURSE_SEED, secret: str = "") -> None:
        self.public, self._secret = public, secret

    def of(self, notebook: Notebook) -> SeedOf:
        """A function for the seed of a cell's stream; cells with hidden tests use the secret."""
        hidden = {cell.id for cell in notebook.cells if cell.kind == "graded" and cell.is_hidden}

        def seed_of(cell: str, stream: str) -> int:
            root = self._secret if self._secret and cell in hidden else self.public
            return derive(root, cell, stream)

        return seed_of

    def __repr__(self) -> str:
        return f"Seeds({self.public}, {'a secret' if self._secret else 'no secret'})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the seeds of a course stay in the process that grades")


PUBLISHED = Seeds()
