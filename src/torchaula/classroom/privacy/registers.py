"""Find students in the registers of what was received, in logs, and in the list of the sample class."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from torchaula.authoring import sample_class
from torchaula.classroom.intake.received import Receipt, Register, save
from torchaula.classroom.privacy.people import UPLOAD, Told, plain
from torchaula.classroom.privacy.traces import Place, Scope, Trace, erase, keep_time, listed
from torchaula.course.layout import Course
from torchaula.files import decoded, whole, write_private


def received(course: Course) -> Iterator[Path]:
    """The registers, one for each assignment."""
    yield from (path for path in listed(course.state / "received") if path.suffix == ".json")


def logs(course: Course) -> Iterator[Path]:
    """The logs of collecting."""
    yield from (path for path in listed(course.state / "logs") if path.is_file() and not path.is_symlink())


def find(scope: Scope) -> Iterator[Trace]:
    """What registers and logs say about the students."""
    for path in received(scope.course):
        register = decoded(path, Register)
        if register is None:  # grading takes it for an empty one too
            yield from _unreadable(scope, path)
        elif (new := _without(scope, register, scope.of(path.stem))) != register:
            count = max(1, len(register.arrivals) - len(new.arrivals))
            yield Trace(Place.REGISTERS, path, partial(save, path, new), count)
    for path in logs(scope.course):
        if scope.mentions.within(_text(path)):
            yield Trace(Place.REGISTERS, path, partial(_drop_lines, scope, path))
    yield from _in_sample(scope)


def _unreadable(scope: Scope, path: Path) -> Iterator[Trace]:
    if scope.mentions.within_bytes(path.read_bytes()):
        yield Trace(Place.REGISTERS, path, partial(erase, path))


def _without(scope: Scope, register: Register, gone: frozenset[str]) -> Register:
    """A register without these students, and without the names of those of whom nothing stays."""

    def texts(told: Mapping[str, list[str]]) -> dict[str, list[str]]:
        others = {student: said for student, said in told.items() if plain(student) not in gone}
        return {student: [scope.mentions.without(line) for line in said] for student, said in others.items()}

    arrivals: list[Receipt] = [each for each in register.arrivals if plain(each.student) not in gone]
    unmatched = {
        name: scope.mentions.without(reason)
        for name, reason in register.unmatched.items()
        if not _is_of(scope, name, gone)
    }
    return Register(arrivals, unmatched, texts(register.remarks), texts(register.problems))


def _is_of(scope: Scope, name: str, gone: frozenset[str]) -> bool:
    """Whether what belongs to no known student has a name that one of these has, or may have."""
    upload = UPLOAD.fullmatch(name)
    told = Told((), upload["name"], upload["number"]) if upload else Told((name,), name)
    found = scope.people.whose(told) or scope.people.whose_file(name)
    return bool(found & gone) or scope.mentions.within(name)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="surrogateescape")


def _drop_lines(scope: Scope, path: Path) -> None:
    before = path.stat()
    kept = [line for line in _text(path).splitlines(keepends=True) if not scope.mentions.within(line)]
    write_private(path, "".join(kept).encode("utf-8", "surrogateescape"))
    keep_time(path, before)


def _in_sample(scope: Scope) -> Iterator[Trace]:
    """The sample class's own list of what it wrote to submitted/."""
    path = scope.course.submitted / sample_class.MARKER
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if isinstance(written, dict) and (kept := _not_theirs(scope, written)) != written:
        yield Trace(Place.REGISTERS, path, partial(_write_sample, path, kept))


def _not_theirs(scope: Scope, written: Mapping[str, object]) -> dict[str, object]:
    return {name: told for name, told in written.items() if plain(name.split("/")[0]) not in scope.wholly}


def _write_sample(path: Path, written: Mapping[str, object]) -> None:
    with whole(path) as new:
        new.write_text(json.dumps(written, indent=1, sort_keys=True) + os.linesep, encoding="utf-8")
