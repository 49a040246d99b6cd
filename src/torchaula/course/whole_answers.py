"""Read known answers that are written whole: Python functions and classes, each under a mark.

    @right("by-addition")
    def double(x): ...

    @wrong("square", "tu resultado coincide con elevar al cuadrado", "valores bordes")
    def double(x): ...

The mark names what it marks; it is read, never called.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torchaula.course.changes import Numbered
from torchaula.errors import Refusal
from torchaula.i18n import _

MARKS = ("right", "wrong")


@dataclass(frozen=True)
class WholeAnswer:
    """A known answer that is written whole. `fails` is empty where it says nothing of cells."""

    where: str
    id: str
    is_right: bool
    fails: frozenset[str]
    needs: frozenset[str]
    sentence: str
    source: str


def read(lines: Numbered, path: object) -> Iterator[WholeAnswer]:
    """The answers in a block of lines; `path` is for messages. Raises `Refusal` where one is malformed."""
    above = lines[0][0] - 1 if lines else 0
    texts = [line for _number, line in lines]
    try:
        tree = ast.parse("\n".join(texts))
    except SyntaxError as error:
        raise Refusal(
            _("{path}, line {line}: {reason}; mend it").format(
                path=path, line=above + (error.lineno or 1), reason=error.msg
            )
        ) from None
    for node in tree.body:
        where = _("{path}, line {line}").format(path=path, line=above + node.lineno)
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            raise Refusal(_("{where}: expected marked functions and classes only").format(where=where))
        yield _answer(node, texts, where)


def _answer(node: ast.FunctionDef | ast.ClassDef, lines: Sequence[str], where: str) -> WholeAnswer:
    marks = [(d, d.func.id) for d in node.decorator_list if _is_mark(d)]  # type: ignore[attr-defined]
    if not marks:
        raise Refusal(
            _("{where}: {name} is marked neither @right(…) nor @wrong(…); mark it").format(
                where=where, name=node.name
            )
        )
    mark, name = marks[0]
    kept = [d for d in node.decorator_list if d is not mark]
    above = [line for d in kept for line in lines[d.lineno - 1 : d.end_lineno]]
    source = "\n".join([*above, *lines[node.lineno - 1 : node.end_lineno]]) + "\n"
    texts, needs = _texts(mark)
    if len(texts) not in ((1,) if name == "right" else (2, 3)) or (needs and name == "right"):
        raise Refusal(
            _(
                "{where}: expected @right(id), @wrong(id, sentence) or @wrong(id, sentence, fails), the "
                "wrong ones with needs=constructs if need be, all of them literals"
            ).format(where=where)
        )
    identifier, sentence, fails = (*texts, "", "")[:3]
    cells, constructs = frozenset(fails.split()), frozenset(needs.split())
    return WholeAnswer(where, identifier, name == "right", cells, constructs, sentence, source)


def _is_mark(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS


def _texts(mark: ast.expr) -> tuple[list[str], str]:
    """What a mark says, and its `needs`; nothing where it says anything but texts."""
    assert isinstance(mark, ast.Call)
    said = [*mark.args, *(each.value for each in mark.keywords if each.arg == "needs")]
    values = [each.value for each in said if isinstance(each, ast.Constant)]
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    if len(texts) < len(mark.args) + len(mark.keywords):
        return [], ""
    return texts[: len(mark.args)], "".join(texts[len(mark.args) :])
