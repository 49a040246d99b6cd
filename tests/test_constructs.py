"""What a program has, and what a sentence about it names: no sentence names what is not there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from torchaula.course import answers
from torchaula.course.answers import KnownAnswer
from torchaula.course.constructs import Needs, Program, constructs, named_in, needs
from torchaula.course.layout import Course
from torchaula.course.notebook import load
from torchaula.source_text import PARSED_CHARACTERS

COURSE = Course(Path(__file__).parents[1])
EXERCISES = [
    (name, exercise) for name in COURSE.assignments for exercise in load(COURSE.notebook(name)).exercises
]
# Words of the answers' sentences, and the construct that a known answer which is said to have it must need.
WORDS = {
    r"\bbucles?\b|\brecorres\b": "loop",
    r"NumPy": "numpy",
    r"pasas .*\blistas\b|conviertes .*\blistas?\b": "lists",
    r"(pasas|calculas|conviertes|trabajas)\b.* float32": "float32",
    r"(pasas|calculas|conviertes|trabajas)\b.* float64": "float64",
    r"(pasas|calculas|conviertes|trabajas)\b.* float16": "float16",
    r"épsilon|número diminuto|constante pequeña": "tiny-number",
    r"no_grad": "no_grad",
    r"\bmediana\b": "median",
    r"`print`": "printing",
}


@cache
def known(assignment: str, exercise: str) -> tuple[KnownAnswer, ...]:
    """The wrong answers to an exercise."""
    found = answers.load(COURSE, assignment, load(COURSE.notebook(assignment)).exercise(exercise))
    return tuple(answer for answer in found if not answer.is_right)


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_sentence_needs_the_constructs_that_its_words_name(assignment: str, exercise: str) -> None:
    """Whoever writes of a loop, of NumPy or of an epsilon has the learner's code looked through for it."""
    forgotten = [
        (answer.id, construct)
        for answer in known(assignment, exercise)
        for words, construct in WORDS.items()
        if re.search(words, answer.sentence)
        and construct in constructs(answer.source)
        and construct not in answer.needs.has
    ]

    assert not forgotten, "declare it: `needs` in the answer's head (CONTRIBUTING)"


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_known_answer_fits_what_its_sentence_needs(assignment: str, exercise: str) -> None:
    """Else nobody would be told it."""
    for answer in known(assignment, exercise):
        assert answer.needs.fit(constructs(answer.source)), answer.id


@pytest.mark.parametrize(
    ("program", "construct"),
    [
        ("for row in x: pass", "loop"),
        ("y = [row for row in x]", "loop"),
        ("y = list(map(f, x))", "loop"),
        ("y = torch.vmap(f)(x)", "loop"),
        ("def f(x):\n    return f(x[1:]) if len(x) else x", "loop"),
        ("while True: pass", "loop"),
        ("y = getattr(F, 'pad')(x)", "pad"),
        ("y = x.to('cpu', dtype=torch.float)", "float32"),
        ("y = x + torch.finfo(x.dtype).eps", "tiny-number"),
        ("y = x + 1e-8", "tiny-number"),
        ("with torch.inference_mode(): pass", "no_grad"),
        ("x /= 2", "in-place"),
        ("x.add_(2)", "in-place"),
        ("x[0] = 2", "in-place"),
        ("from numpy import mean", "numpy"),
        ("y = x.reshape(-1)", "-1"),
        ("y = a // b", "//"),
        ("y = x.sum(keepdim=True)", "keepdim"),
        ("try: pass\nexcept ValueError: pass", "ValueError"),
    ],
)
def test_constructs_are_found_however_they_are_written(program: str, construct: str) -> None:
    """Names of variables, attributes, keywords and in texts; operators; and groups of what does the same."""
    assert construct in constructs(program)
    assert construct not in constructs("def f(x, dim):\n    return (x - x.mean(dim)) >= 0.5")


def test_annotations_are_no_constructs() -> None:
    """They stand in what learners receive."""
    assert constructs("def f(x: int, y: 'numpy') -> float:\n    z: list[int] = x\n    return z") == {
        *("f", "x", "y", "z", "return")
    }


def test_sentence_names_what_it_marks_as_code_but_no_shape() -> None:
    """One letter says nothing, nor does a module's name."""
    assert named_in("`torch.where` con `x // 2`, de `[n, dim]`, no `-1`") == {"where", "//", "2", "-1"}


def test_absence_is_needed_where_the_known_answer_lacks_what_its_sentence_names() -> None:
    """«Falta `keepdim`» is told to nobody who has it, and «calculas en float32» to nobody without."""
    base = "def f(x):\n    return x.mean(0, keepdim=True)"
    lacking = needs("falta `keepdim`", "def f(x):\n    return x.mean(0)", base)
    single = needs("calculas en float32", "def f(x):\n    return x.float().mean(0, keepdim=True)", base)

    assert lacking == Needs((), ("keepdim",))
    assert single == Needs(("float32",))
    assert not lacking.fit(constructs(base)) and lacking.fit(constructs("x.sum(0)"))


def test_helpers_in_other_cells_count_where_the_answer_uses_them() -> None:
    """A loop in a helper is the answer's, a loop in another cell is not."""
    helper, other = "def each(x):\n    return [2 * v for v in x]", "for _ in range(3): print()"
    names = frozenset({"double"})

    assert "loop" in Program("def double(x):\n    return each(x)", (helper, other), names).constructs
    assert "loop" not in Program("def double(x):\n    return 2 * x", (helper, other), names).constructs
    assert "loop" in Program("", ("def double(x):\n    return each(x)", helper), names).constructs


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + ")" * 10_000,
        "x" + ".x" * 9_000,
        "-" * 15_000 + "1",
        "x = " + "1" * 15_000,
        "\0",
        "x\n" * PARSED_CHARACTERS,
        "def f(x:",
    ],
    ids=["nested", "dotted", "negated", "digits", "nul", "long", "broken"],
)
def test_text_that_cannot_be_parsed_has_no_constructs_or_few(text: str) -> None:
    """It is a learner's and may be anything."""
    assert len(constructs(text)) <= 3
    assert len(Program(text, (text,), frozenset({"f"})).constructs) <= 3
