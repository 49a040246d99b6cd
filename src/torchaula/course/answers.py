"""Read the known answers to an exercise from `answers/<assignment>/<exercise>.md`, without running them.

Blocks of Python hold whole answers, each a function or class with a mark; blocks of diff hold changes of the
model solution or of a right answer that stands above (`changes.py`). All else is prose. A wrong answer fails
every graded cell, unless it says which.

    ```python
    @right("by-definition")
    def softmax(x, dim): ...

    @wrong("batch-axis", "tu resultado coincide con aplicar softmax sobre el lote", "valores bordes")
    def softmax(x, dim): ...
    ```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torchaula.course import changes
from torchaula.course.changes import Change, Numbered
from torchaula.course.layout import Course
from torchaula.course.notebook import Exercise
from torchaula.errors import Refusal
from torchaula.i18n import _

FENCE, PYTHON, DIFF = "```", "```python", "```diff"
SUFFIX = ".md"


@dataclass(frozen=True)
class KnownAnswer:
    """A known answer. `fails` are exactly the aspects of the graded cells that a wrong one fails.

    `base` is the text of which `source` is a change; it is empty where the answer is written whole.
    An answer that `is_made_up` is in no answers file, since no learner has made its mistake.
    """

    id: str
    source: str
    fails: frozenset[str] = frozenset()
    sentence: str = ""
    is_made_up: bool = False
    base: str = ""

    @property
    def is_right(self) -> bool:
        return not self.fails


def path(course: Course, assignment: str, exercise: str) -> Path:
    """The file of the known answers to an exercise."""
    return course.answers / assignment / f"{exercise}{SUFFIX}"


def load(course: Course, assignment: str, exercise: Exercise) -> tuple[KnownAnswer, ...]:
    """The known answers to an exercise. Raises `Refusal` where the file is missing or malformed."""
    file = path(course, assignment, exercise.id)
    try:
        return parse(file.read_text(encoding="utf-8"), file, exercise)
    except FileNotFoundError:
        raise Refusal(
            _("{path}: there are no answers; write some, at least two right and six wrong").format(path=file)
        ) from None


def parse(text: str, path: Path, exercise: Exercise) -> tuple[KnownAnswer, ...]:
    """The answers in a file's text; `path` is for messages. Raises `Refusal` where it is malformed."""
    everything = frozenset(cell.aspect for cell in exercise.graded)
    found: dict[str, KnownAnswer] = {}
    programs = {_program(exercise.solution.answer): _("the model solution")}
    for where, answer in _answers(text, path, exercise, found, everything):
        if answer.id in found:
            raise Refusal(
                _("{path}: two answers are called {name!r}; rename one").format(path=path, name=answer.id)
            )
        same = programs.setdefault(_parsed(answer, where), answer.id)
        if same != answer.id:
            raise Refusal(
                _("{where}: {name} is the same program as {other}; delete one").format(
                    where=where, name=answer.id, other=same
                )
            )
        found[answer.id] = answer
    return tuple(found.values())


def _answers(
    text: str, path: Path, exercise: Exercise, above: Mapping[str, KnownAnswer], everything: frozenset[str]
) -> Iterator[tuple[str, KnownAnswer]]:
    """Each answer and where it stands; `above` holds those that came before."""
    for language, lines in _blocks(text, path):
        if language == PYTHON:
            yield from _whole(lines, path, everything)
        else:
            for change in changes.read(lines, path):
                yield change.where, _changed(change, exercise, above, everything)


def _blocks(text: str, path: Path) -> Iterator[tuple[str, Numbered]]:
    """The fenced blocks of Python and diff, with the lines' numbers."""
    language, begin, block = "", 0, list[tuple[int, str]]()
    for number, line in enumerate(text.splitlines(), 1):
        if not language and line in (PYTHON, DIFF):
            language, begin, block = line, number, []
        elif not language and line.startswith(FENCE):
            raise _refusal(path, number, _("expected a block of `python` or `diff`"))
        elif language and line == FENCE:
            yield language, block
            language = ""
        elif language:
            block.append((number, line))
    if language:
        raise _refusal(path, begin, _("the block that begins here has no end; close it with ```"))


def _changed(
    change: Change, exercise: Exercise, above: Mapping[str, KnownAnswer], everything: frozenset[str]
) -> KnownAnswer:
    if not change.base:
        base = exercise.solution.answer + "\n"
    elif change.base in above and above[change.base].is_right:
        base = above[change.base].source
    else:
        raise Refusal(
            _(
                "{where}: no right answer {base!r} stands above; name one, or none for the model solution"
            ).format(where=change.where, base=change.base)
        )
    fails = frozenset() if change.is_right else change.fails or everything
    return KnownAnswer(change.id, change.applied(base), fails, change.sentence, base=base)


def _parsed(answer: KnownAnswer, where: str) -> str:
    """What an answer does, whatever its text. Raises `Refusal` where it is no Python."""
    try:
        return _program(answer.source)
    except SyntaxError as error:
        raise Refusal(
            _("{where}: {name} is no Python then ({reason}); mend it").format(
                where=where, name=answer.id, reason=error.msg
            )
        ) from None


def _program(source: str) -> str:
    return ast.dump(ast.parse(source))


def _whole(lines: Numbered, path: Path, everything: frozenset[str]) -> Iterator[tuple[str, KnownAnswer]]:
    first = lines[0][0] if lines else 0
    text = [line for _number, line in lines]
    try:
        tree = ast.parse("\n".join(text))
    except SyntaxError as error:
        raise _refusal(
            path, first - 1 + (error.lineno or 1), _("{reason}; mend it").format(reason=error.msg)
        ) from None
    for node in tree.body:
        where = first - 1 + node.lineno
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            raise _refusal(path, where, _("expected marked functions and classes only"))
        yield (
            _("{path}, line {line}").format(path=path, line=where),
            _marked(node, text, path, where, everything),
        )


def _marked(
    node: ast.FunctionDef | ast.ClassDef, lines: list[str], path: Path, where: int, everything: frozenset[str]
) -> KnownAnswer:
    marks = [d for d in node.decorator_list if isinstance(d, ast.Call) and isinstance(d.func, ast.Name)]
    mark = next((d for d in marks if isinstance(d.func, ast.Name) and d.func.id in ("right", "wrong")), None)
    if mark is None or not isinstance(mark.func, ast.Name):
        raise _refusal(
            path,
            where,
            _("{name} is marked neither @right(…) nor @wrong(…); mark it").format(name=node.name),
        )
    kept = [d for d in node.decorator_list if d is not mark]
    above = [line for d in kept for line in lines[d.lineno - 1 : d.end_lineno]]
    source = "\n".join([*above, *lines[node.lineno - 1 : node.end_lineno]]) + "\n"
    values = [arg.value for arg in mark.args if isinstance(arg, ast.Constant)]
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    if mark.keywords or len(texts) != len(mark.args):
        texts = []
    if mark.func.id == "right" and len(texts) == 1:
        return KnownAnswer(texts[0], source)
    if mark.func.id == "wrong" and len(texts) in (2, 3):
        fails = frozenset(texts[2].split()) if len(texts) == 3 else everything
        return KnownAnswer(texts[0], source, fails, texts[1])
    raise _refusal(
        path,
        where,
        _("expected @right(id), @wrong(id, sentence) or @wrong(id, sentence, fails), all of them literals"),
    )


def _refusal(path: Path, line: int, fault: str) -> Refusal:
    where = _("{path}, line {line}").format(path=path, line=line)
    return Refusal(f"{where}: {fault}")
