"""Read the known answers to an exercise, `answers/<assignment>/<exercise>.py`, as text without importing it.

Each answer is one self-contained function or class under one of two decorators:

    @right("by-definition")
    def softmax(x, dim): ...

    @wrong("batch-axis", "tu resultado coincide con aplicar softmax sobre el lote", "valores bordes")
    def softmax(x, dim): ...
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from torchaula.errors import Refusal
from torchaula.i18n import _

T = TypeVar("T", bound=Callable[..., object])


@dataclass(frozen=True)
class KnownAnswer:
    """A known answer. `fails` are exactly the aspects of the graded cells that a wrong one fails.

    An answer that `is_made_up` is in no answers file, since no learner has made its mistake.
    """

    id: str
    source: str
    fails: frozenset[str] = frozenset()
    sentence: str = ""
    is_made_up: bool = False

    @property
    def is_right(self) -> bool:
        return not self.fails


def right(approach: str) -> Callable[[T], T]:
    """Mark a right answer; `approach` is its id and says how it differs from the others."""
    return lambda definition: definition


def wrong(misconception: str, sentence: str, fails: str) -> Callable[[T], T]:
    """Mark a wrong answer with the misconception's id, a sentence for the learner, and the failed aspects.

    `fails` are aspects separated by blanks, as in `"publico valores"`.
    """
    return lambda definition: definition


def load(path: Path) -> tuple[KnownAnswer, ...]:
    """The answers in the file at `path`. Raises `Refusal` where it is missing or malformed."""
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        raise Refusal(
            _("{path}: there are no answers; write some, at least two right and six wrong").format(path=path)
        ) from None


def parse(text: str, path: Path) -> tuple[KnownAnswer, ...]:
    """The answers in a file's text; `path` is for messages. Raises `Refusal` where it is malformed."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise Refusal(
            _("{path}, line {line}: {reason}; mend it").format(path=path, line=error.lineno, reason=error.msg)
        ) from None
    answers = [
        _answer(node, text, path) for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    ids = [answer.id for answer in answers]
    for twice in {name for name in ids if ids.count(name) > 1}:
        raise Refusal(_("{path}: two answers are called {name!r}; rename one").format(path=path, name=twice))
    return tuple(answers)


def _answer(node: ast.FunctionDef | ast.ClassDef, text: str, path: Path) -> KnownAnswer:
    where = _("{path}, line {line}").format(path=path, line=node.lineno)
    marks = [d for d in node.decorator_list if isinstance(d, ast.Call) and isinstance(d.func, ast.Name)]
    mark = next((d for d in marks if isinstance(d.func, ast.Name) and d.func.id in ("right", "wrong")), None)
    if mark is None or not isinstance(mark.func, ast.Name):
        raise Refusal(
            _("{where}: {name} is marked neither @right(…) nor @wrong(…); mark it").format(
                where=where, name=node.name
            )
        )
    lines = text.splitlines()
    kept = [d for d in node.decorator_list if d is not mark]
    above = [line for d in kept for line in lines[d.lineno - 1 : d.end_lineno]]
    source = "\n".join([*above, *lines[node.lineno - 1 : node.end_lineno]]) + "\n"
    values = [arg.value for arg in mark.args if isinstance(arg, ast.Constant)]
    if mark.func.id == "right" and len(values) == 1:
        return KnownAnswer(str(values[0]), source)
    if mark.func.id == "wrong" and len(values) == 3 and str(values[2]).split():
        identifier, sentence, fails = map(str, values)
        return KnownAnswer(identifier, source, frozenset(fails.split()), sentence)
    raise Refusal(
        _("{where}: expected @right(id) or @wrong(id, sentence, fails), all of them literals").format(
            where=where
        )
    )
