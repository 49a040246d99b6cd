"""What random numbers of a course hang on: a published seed and, for hidden cells, a secret.

For the trusted side only. What runs in a sandbox is given the published seed and, for the answer's stream in
a hidden cell, a number that follows from the secret and leads to nothing else.
"""

from __future__ import annotations

from typing import NoReturn

from torchaula.checks.seeds import derive
from torchaula.checks.session import COURSE_SEED, SeedOf
from torchaula.course.notebook import Notebook


class Seeds:
    """The seeds of one course; without a `secret` all of them come from the published one.

    It is no class of plain data, so that it fits in no message, and no file, by mistake.
    """

    __slots__ = ("_secret", "public")

    def __init__(self, public: int = COURSE_SEED, secret: str = "") -> None:
        self.public, self._secret = public, secret

    def of(self, notebook: Notebook) -> SeedOf:
        """The seed of each stream of a graded cell, from the secret where it has hidden tests."""
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
