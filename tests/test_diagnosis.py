"""When an answer is told a known mistake: it ends as that one does, and has what the sentence names."""

from __future__ import annotations

from functools import cache

import pytest
from msgspec.structs import replace

from tests.tiny import notebook
from torchaula.authoring import judging
from torchaula.checks.session import aspect_of
from torchaula.course.constructs import NOTHING, Needs, constructs
from torchaula.findings import Certainty
from torchaula.grading.trusted.diagnosis import (
    Evidence,
    KnownMistake,
    Wrong,
    diagnose,
    diagnose_by_twins,
)

OPEN = 'student = graded("double-{aspect}"{more})\nx = torch.tensor({x})\nstudent.double(x).equals(x + x)\n'
CELLS = (
    OPEN.format(aspect="publico", more=', names="double"', x="[1.0, 3.0]"),
    OPEN.format(aspect="valores", more="", x="[[-5.0, 7.0, 11.0]]"),
    OPEN.format(aspect="bordes", more="", x="[13.0]"),
)
SENTENCE = "tu resultado coincide con el cuadrado"
SQUARE = "def double(x):\n    return x * x"


@cache
def evidence(body: str) -> dict[str, Evidence]:
    """What is known of an answer to three cells, where it failed."""
    return judging.judged(notebook(*CELLS), {"double": body}, ["double"]).evidence


def failed(body: str) -> frozenset[str]:
    """The aspects of the cells that an answer failed."""
    return frozenset(aspect_of(cell) for cell in evidence(body))


def wrong(answer: str) -> Wrong:
    """An answer to be diagnosed."""
    return Wrong(evidence(answer), constructs(answer), failed(answer))


def told(known: str, answer: str, needs: Needs = NOTHING) -> dict[str, Certainty]:
    """How sure each cell is that an answer makes a known mistake."""
    mistake = KnownMistake(SENTENCE, evidence(known), failed(known), needs)
    found = diagnose([mistake], wrong(answer))
    assert {each.sentence for each in found.values()} <= {SENTENCE}
    return {aspect_of(cell): each.certainty for cell, each in found.items()}


def test_answer_that_ends_as_a_known_one_in_every_cell_surely_makes_its_mistake() -> None:
    """However it is written."""
    assert told(SQUARE, "def double(x):\n    return x.pow(2)") == dict.fromkeys(
        ("publico", "valores", "bordes"), Certainty.SURE
    )


@pytest.mark.parametrize(
    ("answer", "sure"),
    [
        ("return x * x if x.ndim == 1 else x", {"publico": Certainty.POSSIBLE, "bordes": Certainty.POSSIBLE}),
        ("return x * x if len(x) == 2 else x", {}),
        ("return x * x if x.numel() == 1 else x + x", {}),
        ("return x * x + 0.1", {}),
    ],
    ids=["in two of three", "in one of three", "in the only one of three that fail", "nearly as that one"],
)
def test_answer_that_ends_so_in_some_cells_possibly_makes_it_and_in_one_does_not(
    answer: str, sure: dict[str, Certainty]
) -> None:
    """One cell in common, as an empty case may be, is no reason to name a mistake."""
    assert told(SQUARE, f"def double(x):\n    {answer}") == sure


@pytest.mark.parametrize(
    ("known", "answer", "is_told"),
    [
        ("return x @ x.new_ones(17)", "return torch.matmul(x, torch.ones(17))", True),
        ("return x @ x.new_ones(17)", "return x @ x.new_ones(19)", False),
        ("return x[9:][0]", "return x[[99]]", False),
        ("return x.rename_me", "return x.another", False),
        ("raise ValueError('no cabe')", "raise ValueError('demasiado grande')", True),
        ("raise ValueError('no cabe')", "raise KeyError('no cabe')", False),
        ("assert len(x) == 99, 'mal'", "assert len(x) == 98, 'distinto'", True),
        ("raise ValueError(object())", "v = [ValueError(object())]\n    raise v[0]", True),
        ("return x.foo(object())", "return x.foo(object)", True),
    ],
)
def test_exception_is_the_same_only_with_the_same_text(known: str, answer: str, is_told: bool) -> None:
    """Unless learners wrote it themselves, or it holds an address."""
    found = told(f"def double(x):\n    {known}", f"def double(x):\n    {answer}")

    assert bool(found) == is_told


def test_sentence_that_names_what_the_program_lacks_is_not_told() -> None:
    """A result is no proof of a loop."""
    looping = "def double(x):\n    return torch.stack([v * v for v in x])"

    assert told(looping, looping, Needs(has=("loop",)))
    assert not told(looping, SQUARE, Needs(has=("loop",)))
    assert not told(SQUARE, looping, Needs(lacks=("stack",)))


def test_known_answers_that_fail_the_same_cells_and_explain_them_decide_alone() -> None:
    """One that fails another cell, of which there is no evidence, is not as near."""
    known = evidence(SQUARE)
    same = KnownMistake(SENTENCE, known, failed(SQUARE))
    other = KnownMistake("tu código ordena también", known, failed(SQUARE) | {"grande"})

    assert {each.sentence for each in diagnose([other, same], wrong(SQUARE)).values()} == {SENTENCE}
    assert diagnose_by_twins([other, same], wrong(SQUARE)) == diagnose([other, same], wrong(SQUARE))
    assert diagnose_by_twins([other], wrong(SQUARE)) is None
    assert not diagnose([other, replace(same, fails=other.fails)], wrong(SQUARE))
