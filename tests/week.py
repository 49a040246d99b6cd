"""A class of four for tests of an instructor's week, and what an instructor does to a course meanwhile."""

from __future__ import annotations

import os
import pty
import re
from functools import partial
from typing import Any

from tests import ledgers, mini, programs, pupils
from torchaula.authoring import sample_class
from torchaula.classroom.batch.entries import Entry
from torchaula.course import notebook
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook

# What each returns from `double` and from `add_one`; None: left as it was. Two of them answer what the hidden
# test happens not to see, or happens to see: `STRICTER` turns that round.
CLASS: dict[str, tuple[str | None, str | None]] = {
    "ana": ("2 * x", "x + 1"),
    "bea": ("x + x", None),
    "carlos": ("2 * x.clamp(max=5)", "x + 1"),
    "diana": ("2 * x.abs()", "1 + x"),
}
POINTS = {"ana": 10, "bea": 5, "carlos": 6, "diana": 10}
STRICTER = "[3.0, 5.0, 7.0])).matches(lambda x: 2 * x)", "[-3.0, 5.0, 4.0])).matches(lambda x: 2 * x)"
STRICTER_POINTS = POINTS | {"carlos": 10, "diana": 6}
SAME = "[3.0, 5.0, 7.0])).matches(lambda x: x + 1)", "[3.0, 5.0, 8.0])).matches(lambda x: x + 1)"
MORE_POINTS = '"points": 4', '"points": 6'  # of `double-valores`
PROSE = "## `double`: el doble", "## `double`: el doble de todo"
SETUP = "import torch", "import math, torch"
KEPT = "autograded", "feedback", "grades", "release", ".torchaula/results"


def grade(course: Course, *students: str, **options: Any) -> dict[str, Entry]:
    """Grade `mini`, one submission at a time; what became of each student."""
    return mini.grade(course, "mini", *students, jobs=1, **options)


def text(course: Course, double: str | None, add_one: str | None) -> str:
    """A notebook as a learner hands it in."""
    results = {"double": double, "add-one": add_one}
    answers = {
        name: f"def {name.replace('-', '_')}(x):\n    return {result}"
        for name, result in results.items()
        if result is not None
    }
    return sample_class.handed_in(sample_class.material(course, "mini"), answers)


def hand_in(course: Course, *students: str) -> None:
    """Hand in what each of these of the class answers; nobody: everybody."""
    for student in students or CLASS:
        pupils.write(course, student, text(course, *CLASS[student]))


def change(course: Course, old: str, new: str) -> None:
    """Edit the instructor's notebook, as a text."""
    path = course.notebook("mini")
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new), encoding="utf-8")


def remove_cell(course: Course, identifier: str) -> None:
    """Take a cell out of the instructor's notebook."""
    path = course.notebook("mini")
    node = notebook.read(path)
    node.cells.remove(pupils.cell(node, identifier))
    notebook.write(node, path)


def source(course: Course) -> Notebook:
    """The instructor's notebook as it is now."""
    return notebook.load(course.notebook("mini"))


def configure(course: Course, *lines: str) -> None:
    """Add lines to a course's configuration."""
    with course.config.open("a", encoding="utf-8") as config:
        config.writelines(f"{line}\n" for line in lines)


def state(course: Course) -> object:
    """All that could be lost: the gradebook's rows, and what was made of it."""
    files = (path for name in KEPT for path in sorted((course.root / name).rglob("*")) if path.is_file())
    return ledgers.rows(course), {path: path.read_bytes() for path in files}


def totals(course: Course) -> dict[str, float]:
    """Each student's points in the gradebook, before any penalty."""
    rows = ledgers.rows(course)
    return {key[2]: value[1] for key, value in rows.items() if key[0] == "submission"}


TERMINAL = {"LC_ALL": "C.UTF-8", "COLUMNS": "120", "TERM": "xterm"}


def at_terminal(course: Course, *words: str, answer: str) -> tuple[int, str]:
    """Run `torchaula` on a real terminal, where somebody answers its question; exit code and screen."""
    program = ["torchaula", "--course", str(course.root), *words]
    talk = partial(_screen, answer=answer)
    return programs.run_at_terminal(*program, env=os.environ | TERMINAL, talk=talk)


def started_at_terminal(course: Course, *words: str, answer: str) -> tuple[int, str]:
    """The same with the program itself, from nothing, in a session of its own."""
    program = [str(mini.PROGRAMS / "torchaula"), "--course", str(course.root), *words]
    process, terminal = pty.fork()
    if not process:
        os.execve(program[0], program, os.environ | TERMINAL)
    try:
        screen = _screen(terminal, answer)
    finally:
        _, status = os.waitpid(process, 0)
        os.close(terminal)
    return os.waitstatus_to_exitcode(status), screen


def _screen(terminal: int, answer: str) -> str:
    """What a program writes until it ends, while somebody answers its question."""
    screen = b""
    while part := _read(terminal):
        screen += part
        if b"[y/N]" in screen and answer:
            os.write(terminal, f"{answer}\n".encode())
            answer = ""
    return screen.decode("utf-8", "replace")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux's end of a terminal whose program has ended
        return b""


def page(course: Course, student: str) -> str:
    """What a student reads, without its mark-up."""
    text = (course.feedback / student / "mini" / "mini.html").read_text(encoding="utf-8")
    return " ".join(re.sub(r"<[^>]+>", "", text).split())
