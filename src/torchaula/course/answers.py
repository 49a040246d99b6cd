"""Read the known answers to an exercise from `answers/<assignment>/<exercise>.md`, without running them.

Blocks of `python` hold whole answers (`whole_answers.py`), blocks of `diff` changes of the model solution or
of a right answer that stands above (`changes.py`). All else is prose. A wrong answer fails every graded cell,
unless it says which.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from torchaula.course import changes, text_files, whole_answers
from torchaula.course.changes import Change, Numbered
from torchaula.course.constructs import NOTHING, Needs, constructs, needs
from torchaula.course.layout import Course
from torchaula.course.notebook import Exercise
from torchaula.course.whole_answers import WholeAnswer
from torchaula.errors import Refusal
from torchaula.i18n import _

FENCE, PYTHON, DIFF = "```", "```python", "```diff"
SUFFIX = ".md"


@dataclass(frozen=True)
class KnownAnswer:
    """A known answer. `fails` are exactly the aspects of the graded cells that a wrong one fails.

    `base` is the text of which `source` is a change; it is empty where the answer is written whole. `model`
    is the model solution, and `declared` are the constructs without which no program is told the sentence.
    An answer that `is_made_up` is in no answers file, since no learner has made its mistake.
    """

    id: str
    source: str
    fails: frozenset[str] = frozenset()
    sentence: str = ""
    is_made_up: bool = False
    base: str = ""
    model: str = ""
    declared: frozenset[str] = frozenset()

    @property
    def is_right(self) -> bool:
        return not self.fails

    @cached_property
    def needs(self) -> Needs:
        """What a program must have, or not, to be told the sentence."""
        if self.is_right or self.is_made_up:
            return NOTHING
        return needs(self.sentence, self.source, self.base or self.model, self.declared)


def path(course: Course, assignment: str, exercise: str) -> Path:
    """The file of the known answers to an exercise."""
    return course.answers / assignment / f"{exercise}{SUFFIX}"


def load(course: Course, assignment: str, exercise: Exercise) -> tuple[KnownAnswer, ...]:
    """The known answers to an exercise. Raises `Refusal` where the file is missing or malformed."""
    file = path(course, assignment, exercise.id)
    try:
        return parse(text_files.read(file), file, exercise)
    except FileNotFoundError:
        raise Refusal(
            _("{path}: there are no answers; write some, at least two right and six wrong").format(path=file)
        ) from None


@lru_cache(maxsize=1024)  # nbgrader makes its preprocessors, and so the assignment, anew for each submission
def parse(text: str, path: Path, exercise: Exercise) -> tuple[KnownAnswer, ...]:
    """The answers in a file's text; `path` is for messages. Raises `Refusal` where it is malformed."""
    reader = _Reader(exercise)
    for language, lines in blocks(text, path):
        if language == PYTHON:
            for whole in whole_answers.read(lines, path):
                reader.add(whole, whole.source)
        else:
            for change in changes.read(lines, path):
                base = reader.base(change)
                reader.add(change, change.applied(base), base)
    return tuple(reader.found.values())


class _Reader:
    """Collects the answers to an exercise, `found` by id; each must be a program of its own."""

    def __init__(self, exercise: Exercise) -> None:
        self.found: dict[str, KnownAnswer] = {}
        self._model = exercise.solution.answer + "\n"
        self._everything = frozenset(cell.aspect for cell in exercise.graded)
        self._names = {program(self._model): _("the model solution")}

    def base(self, change: Change) -> str:
        """The text that a change is of."""
        if not change.base:
            return self._model
        if change.base in self.found and self.found[change.base].is_right:
            return self.found[change.base].source
        raise Refusal(
            _(
                "{where}: no right answer {base!r} stands above; name one, or none for the model solution"
            ).format(where=change.where, base=change.base)
        )

    def add(self, written: WholeAnswer | Change, source: str, base: str = "") -> None:
        """Add an answer. Raises `Refusal` where it is no Python, no other program, or no new id."""
        where, name = written.where, written.id
        if name in self.found:
            raise Refusal(
                _("{where}: another answer is called {name!r}; rename one").format(where=where, name=name)
            )
        done = program(source)
        if not done:
            raise Refusal(_("{where}: {name} is no Python then; mend it").format(where=where, name=name))
        same = self._names.setdefault(done, name)
        if same != name:
            raise Refusal(
                _("{where}: {name} is the same program as {other}; delete one").format(
                    where=where, name=name, other=same
                )
            )
        if written.needs and (lacking := written.needs - constructs(source)):
            raise Refusal(
                _("{where}: {name} has no {construct} itself; mend what it needs").format(
                    where=where, name=name, construct=_listed(lacking)
                )
            )
        if unknown := written.fails - self._everything:
            raise Refusal(
                _("{where}: there is no graded cell {unknown}; there are {cells}").format(
                    where=where, unknown=_listed(unknown), cells=_listed(self._everything)
                )
            )
        fails = frozenset() if written.is_right else written.fails or self._everything
        self.found[name] = KnownAnswer(
            name, source, fails, written.sentence, base=base, model=self._model, declared=written.needs
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def blocks(text: str, path: Path) -> Iterator[tuple[str, Numbered]]:
    """The fenced blocks of Python and diff, with the lines' numbers."""
    language, begin, block = "", 0, list[tuple[int, str]]()
    for number, line in enumerate(text.splitlines(), 1):
        if not language and line in (PYTHON, DIFF):
            language, begin, block = line, number, []
        elif not language and line.startswith(FENCE):
            raise Refusal(
                _("{path}, line {line}: expected a block of `python` or `diff`").format(
                    path=path, line=number
                )
            )
        elif language and line == FENCE:
            yield language, block
            language = ""
        elif language:
            block.append((number, line))
    if language:
        raise Refusal(
            _("{path}, line {line}: the block that begins here has no end; close it with ```").format(
                path=path, line=begin
            )
        )


def program(source: str) -> str:
    """What a text does, whatever its layout, comments and annotations; empty if it is no Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            if isinstance(node, ast.FunctionDef):
                node.returns = None
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:]
    return ast.dump(tree)
