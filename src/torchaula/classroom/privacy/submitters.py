"""Take students out of Gradescope's list of submissions; the rest of it stays as Gradescope wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from torchaula.classroom.intake.gradescope import export
from torchaula.classroom.privacy.people import Told
from torchaula.errors import Refusal
from torchaula.i18n import _

IsGone = Callable[[Told], bool]
Span = tuple[str, int, int]  # the submission; of its lines that go, the first, and the one behind the last
SUBMITTERS = ":submitters"
FIELDS = (":sid", ":email")  # what tells a submitter apart, beside the name


def without(data: bytes, is_gone: IsGone, path: Path) -> tuple[bytes, int]:
    """The list without the submissions of those who go, and how many places of it went.

    Of a group's submission, only who goes is taken out. An empty list is `b""`. Raises `Refusal` if it can't
    be read, or can't be written without them; `path` is for the message.
    """
    export.parse(data, path)
    text = data.decode("utf-8", "surrogateescape")
    spans = dict.fromkeys(_spans(text, is_gone))
    if not spans:
        return data, 0
    lines: list[str] = text.splitlines(keepends=True)
    for _name, start, end in spans:
        lines[start:end] = [""] * (end - start)
    made = "".join(lines)
    _require_right(text, made, is_gone, path)
    return (made if _entries(made) else "").encode("utf-8", "surrogateescape"), len(spans)


def _spans(text: str, is_gone: IsGone) -> Iterator[Span]:
    """Where each submission, or each member of a group, stands that goes."""
    root = yaml.compose(text, export.Loader)
    if not isinstance(root, yaml.MappingNode):
        return
    starts = [key.start_mark.line for key, _value in root.value] + [root.end_mark.line]
    for (key, value), lines in zip(root.value, pairwise(starts), strict=True):
        people = list(_people(value, set()))
        gone = [node for node in people if is_gone(_told(node))]
        if gone and len(gone) == len(people):
            yield key.value, *lines
        else:
            yield from ((key.value, node.start_mark.line, node.end_mark.line) for node in gone)


def _people(node: Any, seen: set[int]) -> Iterator[Any]:
    """Each submitter that a part of the list names, also in what Gradescope keeps of earlier submissions."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == SUBMITTERS and isinstance(value, yaml.SequenceNode):
                yield from value.value
            else:
                yield from _people(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _people(each, seen)


def _told(node: Any) -> Told:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    said = {key.value: str(value.value).strip() for key, value in pairs}
    return Told(tuple(said[each] for each in FIELDS if said.get(each)), said.get(":name", ""))


def _entries(text: str) -> dict[str, Any]:
    found = yaml.load(text, export.Loader)
    return found if isinstance(found, dict) else {}


def _require_right(old: str, new: str, is_gone: IsGone, path: Path) -> None:
    """Raise `Refusal` unless what was written anew names nobody who goes, and says the same of all others."""
    touched = {name for name, _start, _end in _spans(old, is_gone)}
    try:
        others = {name: said for name, said in _entries(old).items() if name not in touched}
        is_right = {n: said for n, said in _entries(new).items() if n not in touched} == others
        is_right &= not list(_spans(new, is_gone))
    except yaml.YAMLError:
        is_right = False
    if not is_right:
        raise Refusal(
            _(
                "{path}: can't be written anew without the student, and nothing was removed; take the "
                "student out by hand, or delete this file"
            ).format(path=path)
        )
