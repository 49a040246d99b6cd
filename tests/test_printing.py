"""What reaches a terminal: any name can be shown on any terminal, and none can write elsewhere on it."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests import mini, pupils
from torchaula import printing
from torchaula.course.layout import Course

EVIL = "\x1b[2Jeve\u202e\n\udcff\u2028\x9b"
NARROW = {
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "cp1252": {"PYTHONIOENCODING": "cp1252:strict"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "C": {"LC_ALL": "C"},
}


def run(course: Course, settings: dict[str, str], *words: str) -> tuple[int, bytes]:
    """Run `torchaula` with this environment: exit code and all that it writes."""
    program = [mini.PROGRAMS / "torchaula", "--course", str(course.root), *words]
    environment = os.environ | {"LC_ALL": "C.UTF-8", "COLUMNS": "200"} | settings
    done = subprocess.run(program, capture_output=True, env=environment, stdin=subprocess.DEVNULL)
    assert b"Traceback" not in done.stderr, done.stderr.decode("utf-8", "replace")
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.sampled(1)
@pytest.mark.parametrize("terminal", NARROW)
def test_terminal_of_few_characters_shows_what_it_can(course: Course, terminal: str) -> None:
    """Grading does not end with a traceback for a character that a terminal lacks; it shows another."""
    pupils.write(course, "Łucja 李 ñ", "{")

    code, told = run(course, NARROW[terminal], "grade", "mini")

    assert code == 1
    assert (b"?ucja ?" in told) == (terminal != "C")  # there Python itself writes UTF-8


@pytest.mark.slow
def test_every_command_knows_terminals_of_few_characters(course: Course) -> None:
    """What looks, what writes and what refuses: the streams are made ready before any of them."""
    for words, code in ((("doctor", "python"), 0), (("release", "mini"), 0), (("check", "Żółw"), 2)):
        assert run(course, NARROW["latin-1"], *words)[0] == code, words


@pytest.mark.parametrize("words", [("grade", "mini", "--student", EVIL), ("release", EVIL), (EVIL,)])
def test_refusal_shows_no_control_characters(course: Course, words: tuple[str, ...]) -> None:
    """What somebody typed or called a file is shown on one line, and moves no cursor."""
    pupils.write(course, "ana", "{")

    told = pupils.command(course, *words, code=2)

    assert not {"\x1b", "\u202e", "\x9b", "\u2028"} & set(told)


def test_refusal_that_names_everybody_is_short(course: Course) -> None:
    """Who asks for a student that isn't there is told of some who are."""
    for number in range(100):
        pupils.write(course, f"{number:03}{'x' * 200}", "{")

    assert len(pupils.command(course, "grade", "mini", "--student", "nobody", code=2)) < 5000


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana García", "Ana García"),
        ("李 \u0439\u0301 🙂", "李 \u0439\u0301 🙂"),
        ("a\x1b[31mb", "a?[31mb"),
        ("a\u202eb\u2066c\u200fd", "a?b?c?d"),
        ("a\nb\r\tc\u2028d\u00a0e\u0085f", "a b  c d e f"),
        ("a\udcffb\x00\x9b\x7f", "a?b???"),
    ],
)
def test_names_are_shown_without_what_could_do_harm(name: str, shown: str) -> None:
    """Control characters, changes of direction, line breaks and halves of characters are replaced."""
    assert printing.printable(name) == shown


def test_long_names_are_shortened_where_one_sees_it() -> None:
    """The rest is an ellipsis; what fits stays whole."""
    assert printing.shortened("x" * 10, 10) == "x" * 10
    assert printing.shortened("x" * 11, 10) == "x" * 9 + "…"
    assert printing.shortened("李" * 6, 10) == "李" * 4 + "…"
