"""Accidents: what an honest learner does without meaning to costs no point."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import sample
from tests.accidents import ACCIDENTS
from tests.conftest import ACCIDENT
from tests.workshop import Book, Workshop, passed
from torchaula.grading.trusted.jobs import Result
from torchaula.grading.wire.orders import Raised, Shown


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All accidents with `--all`, otherwise one in ten."""
    if "name" in metafunc.fixturenames:
        every = list(ACCIDENTS)
        metafunc.parametrize("name", sample.drawn(metafunc.config, every, len(every) // 10, "accidents"))


def test_accident_costs_nothing(
    name: str, workshop: Workshop, record_property: Callable[[str, object], None]
) -> None:
    """Every graded cell of right answers passes, although the accident did happen."""
    book, accident, cost = Book(), ACCIDENTS[name], "cost a point"
    accident.build(book)

    try:
        result = workshop.grade(book.file)
        told = {cell: verdict.message for cell, verdict in result.verdicts.items() if not verdict.passed}
        assert not told
        assert passed(result) == workshop.every_cell
        cost = "cost nothing"
    finally:
        record_property(ACCIDENT, cost)
    assert "?" in accident.raises or raised(result) == accident.raises


def raised(result: Result) -> set[str]:
    """The kinds of exceptions that ended the learner's own cells."""
    items = (item for outputs in result.outputs.values() for item in outputs)
    return {item.kind for item in items if isinstance(item, Raised)}


def test_workshop_sees_what_is_wrong(workshop: Workshop) -> None:
    """Answers that are missing or wrong cost their own points: the tests behind the accidents do test."""
    book = Book()
    book.empty("softmax")
    book.cell("line").source = "class Line(nn.Linear): pass"

    result = workshop.grade(book.file)

    assert passed(result) == {cell for cell in workshop.every_cell if cell.startswith(("decay", "total"))}


def test_figures_are_kept(workshop: Workshop) -> None:
    """A plot is among what its cell gave out, with and without `%matplotlib inline`."""
    for magic in ("", "%matplotlib inline\n"):
        book = Book()
        book.add(f"{magic}import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", "preparacion")

        book.add("sorted(name for name in globals() if name[0] != '_')", "preparacion")

        given_out = workshop.grade(book.file).outputs

        assert any(isinstance(item, Shown) and item.png for item in given_out["own-1"]), magic
        assert "plt" not in str(given_out["own-0"])
