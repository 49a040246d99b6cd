"""Read known answers that are written as changes, in the form of a diff, and make the changed program.

    @@ square @@ tu resultado coincide con elevar al cuadrado
    -    return 2 * x
    +    return x**2

The lines that begin with `-` or a blank stand in the base, and those with `+` or a blank in the answer. (No
example is of the course: learners install this file.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from torchaula.errors import Refusal
from torchaula.i18n import _

HEADER = re.compile(
    r"@@ (?P<right>right )?(?P<id>[\w-]+)( of (?P<base>[\w-]+))?( fails (?P<fails>\w+( \w+)*?))?"
    r"( needs (?P<needs>\S+( \S+)*?))? @@"
    r"( (?P<sentence>\S.*))?"
)
BREAK = "@@"  # a line between two places of one answer
SIGNS = "-+ "
Numbered = Sequence[tuple[int, str]]  # lines with their numbers


@dataclass(frozen=True)
class Place:
    """One place of a change: lines of the base, and those of the answer; `where` is for messages."""

    where: str
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A known answer as a change of `base`, a right answer's id; where it is empty, of the model solution."""

    where: str
    id: str
    base: str
    is_right: bool
    fails: frozenset[str]
    needs: frozenset[str]
    sentence: str
    places: tuple[Place, ...]

    def applied(self, base: str) -> str:
        """The answer: the text of the base with this change. Raises `Refusal` where it does not fit."""
        lines = [line.rstrip() for line in base.splitlines()]
        found = sorted(
            ((self._start(lines, place), place) for place in self.places), key=lambda each: each[0]
        )
        for (start, place), (following, later) in pairwise(found):
            if start + len(place.old) > following:
                raise Refusal(
                    _(
                        "{where}: these lines stand in another place of the change too; make it one place"
                    ).format(where=later.where)
                )
        for start, place in reversed(found):
            lines[start : start + len(place.old)] = place.new
        return "\n".join(lines) + "\n"

    def _start(self, lines: Sequence[str], place: Place) -> int:
        """Where the old lines of a place begin. Raises `Refusal` unless they stand there exactly once."""
        size = len(place.old)
        found = [i for i in range(len(lines) - size + 1) if tuple(lines[i : i + size]) == place.old]
        base = self.base or _("the model solution")
        if not found:
            raise Refusal(
                _("{where}: these lines don't stand in {base}; write them as they stand there now").format(
                    where=place.where, base=base
                )
            )
        if len(found) > 1:
            raise Refusal(
                _("{where}: these lines stand {n} times in {base}; add a line above or below them").format(
                    where=place.where, n=len(found), base=base
                )
            )
        return found[0]


def read(lines: Numbered, path: object) -> Iterator[Change]:
    """The changes in a block of lines; `path` is for messages. Raises `Refusal` where one is malformed."""
    starts = [i for i, (_number, line) in enumerate(lines) if line.startswith(BREAK) and line != BREAK]
    for number, line in lines[: starts[0] if starts else None]:
        if line:
            raise _malformed(path, number)
    for start, end in zip(starts, [*starts, len(lines)][1:], strict=True):
        yield _change(lines[start:end], path)


def _change(lines: Numbered, path: object) -> Change:
    number, line = lines[0]
    header = HEADER.fullmatch(line)
    if header is None:
        raise _malformed(path, number)
    is_right, sentence = header["right"] is not None, header["sentence"] or ""
    fails, needs = ((header[field] or "").split() for field in ("fails", "needs"))
    if (fails or needs or sentence) if is_right else not sentence:
        raise _malformed(path, number)
    places = tuple(_places(lines[1:], path, number))
    where, base = _where(path, number), header["base"] or ""
    return Change(where, header["id"], base, is_right, frozenset(fails), frozenset(needs), sentence, places)


def _places(lines: Numbered, path: object, header: int) -> Iterator[Place]:
    """The places of a change. An empty line is one of context, unless it stands at the end."""
    kept = list(lines)
    while kept and not kept[-1][1]:
        kept.pop()
    breaks = [i for i, (_number, line) in enumerate(kept) if line == BREAK]
    for start, end in zip([-1, *breaks], [*breaks, len(kept)], strict=True):
        yield _place(kept[start + 1 : end], path, kept[start][0] if start >= 0 else header)


def _place(lines: Numbered, path: object, above: int) -> Place:
    for number, line in lines:
        if line and line[0] not in SIGNS:
            raise _malformed(path, number)
    number = lines[0][0] if lines else above
    old = tuple(line[1:].rstrip() for _number, line in lines if line[:1] != "+")
    new = tuple(line[1:].rstrip() for _number, line in lines if line[:1] != "-")
    where = _where(path, number)
    if old == new:
        raise Refusal(_("{where}: nothing changes here; write lines with '-' and '+'").format(where=where))
    if not old:
        raise Refusal(
            _("{where}: nothing says where these lines go; add a line of context above or below").format(
                where=where
            )
        )
    return Place(where, old, new)


def _where(path: object, number: int) -> str:
    return _("{path}, line {line}").format(path=path, line=number)


def _malformed(path: object, number: int) -> Refusal:
    return Refusal(
        _(
            "{where}: expected '@@ id [of base] [fails cells] [needs constructs] @@ sentence', or "
            "'@@ right id [of base] @@', and below it lines that begin with '-', '+' or a blank"
        ).format(where=_where(path, number))
    )
