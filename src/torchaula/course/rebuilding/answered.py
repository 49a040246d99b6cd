"""Find the cell that answers each exercise, where it isn't simply the solution cell of that exercise.

A stub never replaces what a learner wrote in another cell, or in a solution cell that was split in two.
A finished answer in the exercise's solution cell is preferred to all others.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from torchaula.course.rebuilding.definitions import Code, Wanted, defined, kept, parsed, read
from torchaula.course.rebuilding.instructor import Instructor, KnownCell
from torchaula.course.rebuilding.submitted import SubmittedCell
from torchaula.source_text import PARSED_CHARACTERS

PIECES = 5  # parts of a split cell that may be joined
TRIES = 100  # attempts for a notebook to join the parts of split cells
LETTERS = 10 * PARSED_CHARACTERS  # characters that all these attempts may join
GOES_ON = re.compile(r"^[ \t]+(?:return|yield|def)\b", re.M)


@dataclass
class Answers:
    """Sorts a submission's `cells` so that each exercise has one answer, and notes which needed a decision.

    `elsewhere` are the exercises that another cell answers, `joined` those whose cell was split.
    """

    known: Instructor
    cells: list[SubmittedCell]
    is_told: bool = False  # whether names were lost, so that a cell may be identified by its position
    elsewhere: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.code = cache(read)
        self.tries, self.letters = TRIES, LETTERS

    def settle(self) -> None:
        """Give each exercise's name to the cell that answers it, and to no other cell."""
        for solution in self.known.solutions:
            assert solution.wants is not None
            if not self._is_plain(solution, solution.wants):
                _Exercise(self, solution, solution.wants).settle()

    def _is_plain(self, solution: KnownCell, wants: Wanted) -> bool:
        """Whether exactly one cell has its name, with an answer in it, and no other cell may define it."""
        homes = [cell for cell in self.cells if cell.name == solution.name]
        own = [cell for cell in self.cells if cell.name not in self.known.cells and cell.cell_type == "code"]
        is_written = len(homes) == 1 and not self.known.is_released(homes[0])
        if is_written and wants.bodies:
            code = self.code(homes[0].source)
            is_written = bool(wants.written_in(code)) or not wants.unwritten_in(code)
        if not is_written or any(wants.is_mentioned_in(cell.source) for cell in own):
            return False
        return all(self.code(cell.source).is_whole for cell in (*own, *(homes if own else ())))


@dataclass
class _Exercise:
    """Finds the answer to one exercise."""

    answers: Answers
    solution: KnownCell
    wants: Wanted

    @property
    def cells(self) -> list[SubmittedCell]:
        return self.answers.cells

    def settle(self) -> None:
        self._join()
        homes = self._homes()
        written = [number for number in homes if not self._is_blank(self.cells[number])]
        if written:
            self._finish(written)
        elif homes or not self._by_place():
            self._look_elsewhere()

    def _homes(self) -> list[int]:
        return [number for number, cell in enumerate(self.cells) if cell.name == self.solution.name]

    def _near(self) -> list[int]:
        """The learner's cells between the instructor's cells before and after the exercise's."""
        before = self._before()
        anchors = self._anchors()
        return [
            number
            for number, cell in enumerate(self.cells)
            if cell.name == self.solution.name
            or (self._is_own(cell) and anchors[number] in (before, self.solution.name))
        ]

    def _before(self) -> str:
        """The name of the instructor's last cell before the exercise's that is in the submission."""
        there = {cell.name for cell in self.cells}
        earlier = (c.name for c in self.answers.known.cells.values() if c.place < self.solution.place)
        return next((name for name in reversed(list(earlier)) if name in there), "")

    def _anchors(self) -> list[str]:
        """For each cell, the name of the instructor's cell that it follows."""
        last = {cell.name: number for number, cell in enumerate(self.cells)}
        anchor, anchors = "", []
        for number, cell in enumerate(self.cells):
            if not self._is_own(cell) and last[cell.name] == number:
                anchor = cell.name
            anchors.append(anchor)
        return anchors

    def _is_own(self, cell: SubmittedCell) -> bool:
        return cell.name not in self.answers.known.cells

    def _rename(self, number: int, name: str) -> None:
        self.cells[number] = replace(self.cells[number], name=name)

    # A cell that was split

    def _join(self) -> None:
        """Join the parts of a split cell."""
        near = [number for number in self._near() if self._is_code(number)]
        if found := next(self._splits(near), None):
            numbers, text = found
            self.cells[numbers[-1]] = SubmittedCell("code", text, self.solution.name)
            for number in reversed(numbers[:-1]):
                del self.cells[number]
            self.answers.joined.append(self.solution.name)

    def _is_code(self, number: int) -> bool:
        cell = self.cells[number]
        return bool(cell.source.strip()) and (cell.cell_type == "code" or not self._is_own(cell))

    def _splits(self, near: Sequence[int]) -> Iterator[tuple[Sequence[int], str]]:
        """Parts of one split cell, with the joined text. A finished answer in the own cell is not joined."""
        homes = self._homes()
        is_finished = any(self.wants.is_finished_in(self._code(number)) for number in homes)
        for first in range(len(near)):
            for end in range(min(first + PIECES, len(near)), first + 1, -1):
                numbers = near[first:end]
                if min(self.answers.tries, self.answers.letters) <= 0:
                    return
                if self._stand_together(numbers) and (not is_finished or set(homes) & set(numbers)):
                    yield from ((numbers, text) for text in self._whole(numbers))

    def _stand_together(self, numbers: Sequence[int]) -> bool:
        """Whether no cell of the instructor's is between these cells."""
        between = set(range(numbers[0], numbers[-1])) - set(numbers)
        return all(self._is_own(self.cells[number]) for number in between)

    def _whole(self, numbers: Sequence[int]) -> Iterator[str]:
        """The code that these cells make together, if they can't be parsed one by one."""
        texts = [self.cells[number].source for number in numbers]
        head, *tails = (self._code(number) for number in numbers)
        if any(tail.is_whole for tail in tails[not head.is_whole :]):
            return
        if all(_goes_on(text, self.wants) for text in texts[1:]):
            for text in ("\n".join(texts), "".join(texts)):
                self.answers.tries -= 1
                if self.wants.is_mentioned_in(text) and len(text) <= PARSED_CHARACTERS:
                    self.answers.letters -= len(text)
                    code = read(text)
                    if code.is_whole and self.wants.written_in(code):
                        yield text

    def _code(self, number: int) -> Code:
        return self.answers.code(self.cells[number].source)

    # There is an answer in the exercise's own cell

    def _finish(self, written: list[int]) -> None:
        """Choose one of its cells, or another that finishes it; the others become the learner's own."""
        best = next((n for n in reversed(written) if not self._is_outdone(n, written)), written[-1])
        unwritten = self.wants.unwritten_in(self._code(best))
        finished = self.wants.written_in(self._code(best)) | unwritten
        rivals = [n for n in self._near() if self._is_own(self.cells[n]) and self._does(n, finished)]
        if rivals and (unwritten or not finished):
            rival = rivals[-1]
            if unwritten and rival < best:  # else the stub would run later and undo the answer
                self.cells.insert(rival, self.cells.pop(best))
                rival += 1
            self._rename(rival, self.solution.name)
            self.answers.elsewhere.append(self.solution.name)
            best = rival
        elif unwritten and not self.wants.written_in(self._code(best)) and self._answer_beyond(written):
            return
        self._keep(best)
        self._drop_copies()

    def _answer_beyond(self, homes: list[int]) -> bool:
        """Choose a cell elsewhere, if there is one; then the code beside the stub becomes an own cell."""
        before, found = list(self.cells), len(self.answers.elsewhere)
        for number in reversed(homes):
            extra = self._without_stub(self.cells[number].source)
            self.cells[number] = replace(self.cells[number], source="")
            if extra:
                self.cells.insert(number, SubmittedCell("code", extra, ""))
        self._look_elsewhere()
        if len(self.answers.elsewhere) == found:
            self.cells[:] = before
        return len(self.answers.elsewhere) > found

    def _without_stub(self, text: str) -> str:
        """A cell's text without the statements that define the wanted names."""
        found = parsed(text)
        return kept(found, lambda node: not self._is_stub(node)) if found else ""

    def _is_stub(self, node: ast.stmt) -> bool:
        return any(name in self.wants.names for name, _is_written in defined([node]))

    def _is_outdone(self, number: int, others: Iterable[int]) -> bool:
        """Whether another of its cells writes all bodies of this one, those left empty here included."""
        written, unwritten = (
            of(self._code(number)) for of in (self.wants.written_in, self.wants.unwritten_in)
        )
        return (bool(unwritten) or not written) and any(
            self._does(other, written | unwritten) for other in others if other != number
        )

    def _does(self, number: int, bodies: frozenset[str]) -> bool:
        found = self.wants.written_in(self._code(number)) if self._may_do(number) else frozenset()
        return bool(found) and found >= bodies

    def _may_do(self, number: int) -> bool:
        return self._is_code(number) and self.wants.is_mentioned_in(self.cells[number].source)

    def _keep(self, number: int) -> None:
        """Keep the exercise's name for this cell only: others become own cells; blank ones are dropped."""
        name, kept = self.solution.name, self.cells[number]
        others = (
            cell for cell in self.cells if cell is kept or cell.name != name or not self._is_blank(cell)
        )
        self.cells[:] = [
            cell if cell is kept or cell.name != name else replace(cell, name="") for cell in others
        ]

    def _is_blank(self, cell: SubmittedCell) -> bool:
        return self.answers.known.is_released(replace(cell, name=self.solution.name)) or (
            self.solution.cell_type == "code" and self.answers.code(cell.source).is_blank
        )

    def _drop_copies(self) -> None:
        """Drop copies of the released cell, since they would undo the answer."""
        self.cells[:] = [cell for cell in self.cells if not self._is_copy(cell)]

    def _is_copy(self, cell: SubmittedCell) -> bool:
        if not self._is_own(cell) or not self.wants.is_mentioned_in(cell.source):
            return False
        return bool(self.wants.unwritten_in(self.answers.code(cell.source))) and self._is_blank(cell)

    # There is no answer in the exercise's own cell

    def _look_elsewhere(self) -> None:
        """Choose another cell as the answer; it stays where it is if that is near the exercise's own cell."""
        near = [n for n in self._near() if self._does(n, frozenset()) and self._is_own(self.cells[n])]
        if near:
            self._rename(near[-1], self.solution.name)
            self._keep(near[-1])
        elif not self._is_done_above() and not self._is_done_in_time() and not self._move_up():
            return
        self.answers.elsewhere.append(self.solution.name)
        self._drop_copies()

    def _places(self) -> dict[int, int]:
        """The cells that answer it, each with the place of the instructor's cell that it follows."""
        cells, anchors = self.answers.known.cells, self._anchors()
        homes = set(self._homes())
        able = [n for n in range(len(self.cells)) if n not in homes and self._does(n, frozenset())]
        return {n: cells[anchors[n]].place if anchors[n] else -1 for n in able if self._is_answer(n)}

    def _is_answer(self, number: int) -> bool:
        given = self.answers.known.cells.get(self.cells[number].name)
        return given is None or given.wants is not None

    def _is_done_in_time(self) -> bool:
        """Whether it is answered below its own cell, but before its last graded cell."""
        here, end = self.solution.place, self.answers.known.last_graded(self.solution)
        return any(here <= place < end for place in self._places().values())

    def _is_done_above(self) -> bool:
        """Whether it is answered above; then leave its own cell empty, since a stub would undo the answer."""
        if self._is_done_in_time() or not any(p < self.solution.place for p in self._places().values()):
            return False
        for number in reversed(self._homes()):
            del self.cells[number]
        self.cells.insert(self._place(), SubmittedCell("code", "", self.solution.name))
        return True

    def _move_up(self) -> bool:
        """Move an own cell of the learner's that answers it up to its place; return whether there is one."""
        below = [number for number in self._places() if self._is_own(self.cells[number])]
        if not below:
            return False
        cell = replace(self.cells.pop(below[-1]), name=self.solution.name)
        for number in reversed(self._homes()):
            del self.cells[number]
        self.cells.insert(self._place(), cell)
        return True

    def _place(self) -> int:
        """The position for its cell: after the instructor's cell before it and the learner's cells there."""
        before, anchors = self._before(), self._anchors()
        after = [number for number, anchor in enumerate(anchors) if anchor == before]
        return after[-1] + 1 if after else 0

    def _by_place(self) -> bool:
        """Where names were lost, give its name to the only cell in its place; return whether there is one."""
        kind = self.solution.cell_type
        near = [n for n in self._near() if self.cells[n].cell_type == kind and self.cells[n].source.strip()]
        if not self.answers.is_told or len(near) != 1 or self._places():
            return False
        self._rename(near[0], self.solution.name)
        return True


def _goes_on(tail: str, wants: Wanted) -> bool:
    """Whether a part continues the cell above it; an indented part that only tries an answer out does not."""
    return not tail[:1].isspace() or bool(GOES_ON.search(tail)) or not wants.is_mentioned_in(tail)
