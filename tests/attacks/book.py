"""A hostile submission in the making, and the list of all attacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.attacks import assault
from torchaula.course import notebook


@dataclass
class Book:
    """A released notebook with the attacker's usual answers in it, to be turned into something worse.

    `proof` is a text that the submission must give out for the attack to count as tried. `before` are
    submissions of the same batch that come first. `root` is the course, `port` that of a server on
    the host, whose abstract Unix socket is called `socket`.
    """

    released: str
    root: Path
    port: int = 0
    socket: str = ""
    proof: str = ""
    before: list[Book] = field(default_factory=list)
    content: bytes | None = None  # in place of the notebook, where it isn't one

    def __post_init__(self) -> None:
        self.node: NotebookNode = notebook.loads(self.released)
        for exercise, text in assault.ANSWERS.items():
            self.answer(exercise, text)

    def bytes(self) -> bytes:
        """The file that is handed in."""
        return json.dumps(self.node).encode() if self.content is None else self.content

    def cell(self, identifier: str) -> NotebookNode:
        """The cell with this `grade_id`."""
        cells = self.node.cells
        return next(c for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == identifier)

    def answer(self, exercise: str, source: str) -> Book:
        """Write this into a solution cell."""
        self.cell(exercise).source = source
        return self

    def right(self) -> Book:
        """Answer everything rightly."""
        for exercise, text in assault.RIGHT.items():
            self.answer(exercise, text)
        return self

    def add(self, source: str, after: str = "preparacion", markdown: bool = False) -> Book:
        """Put a cell of the attacker's own after the one with this `grade_id`."""
        make = new_markdown_cell if markdown else new_code_cell
        self.node.cells.insert(self.node.cells.index(self.cell(after)) + 1, make(source))
        return self

    def shows(self, text: str) -> Book:
        """Count the attack as tried only where `text` is given out."""
        self.proof = text
        return self

    def first(self) -> Book:
        """A submission to be graded before this one."""
        self.before.append(Book(self.released, self.root, self.port, self.socket))
        return self.before[-1]

    def json(self, change: Callable[[dict], None]) -> Book:
        """Change the file as JSON, past what nbformat allows."""
        raw = json.loads(json.dumps(self.node))
        change(raw)
        self.content = json.dumps(raw).encode()
        return self


@dataclass(frozen=True)
class Attack:
    """One way to cheat or to harm; `hides` marks those that may hide a forbidden call."""

    id: str
    category: str
    build: Callable[[Book], object]
    hides: bool = False


ATTACKS: dict[str, Attack] = {}


def attack(
    category: str, identifier: str, hides: bool = False
) -> Callable[[Callable[[Book], object]], Callable[[Book], object]]:
    """Register the decorated function as an attack; it changes the book that it is given."""

    def register(build: Callable[[Book], object]) -> Callable[[Book], object]:
        assert identifier not in ATTACKS, identifier
        ATTACKS[identifier] = Attack(identifier, category, build, hides)
        return build

    return register


def cells(category: str, codes: dict[str, str], proof: str = "") -> None:
    """Register attacks that consist of one cell each, run right after the set-up."""
    for identifier, code in codes.items():
        build = _cell_of(code, proof)
        attack(category, identifier)(build)


def _cell_of(code: str, proof: str) -> Callable[[Book], object]:
    return lambda book: book.add(code).shows(proof)
