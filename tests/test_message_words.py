"""What a failed check says: only what is true, what is allowed, and what helps to find the fault."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.tiny import OPEN, PLUS, grade
from torchaula.checks import messages
from torchaula.checks.compare import difference
from torchaula.checks.observation import Failure, Stop
from torchaula.findings import Finding, Kind, Label, Outcome, Reason, Row
from torchaula.grading.trusted.verdict import Verdict
from torchaula.report import parts, words


def told(rows: list[Row]) -> dict[Label, str]:
    """The texts of some rows, by their labels."""
    return {row.label: row.text for row in rows}


def unexpected(obtained: Any, expected: Any) -> dict[Label, str]:
    """What is told of a value that is not the expected one."""
    found = difference(obtained, expected)
    assert found is not None
    return told(messages.unexpected(obtained, expected, found))


def test_only_entries_that_differ_are_shown_and_in_one_order() -> None:
    """Of a dict with one wrong entry, one entry is shown, on both sides, and how many agree."""
    expected = {f"{n}.weight": torch.arange(5.0) + n for n in range(9)}
    obtained = dict(reversed(expected.items())) | {"3.weight": torch.zeros(5)}

    rows = unexpected(obtained, expected)

    assert (
        rows[Label.OBTAINED].startswith("{'3.weight': tensor") and rows[Label.OBTAINED].count("weight") == 1
    )
    assert (
        rows[Label.EXPECTED].startswith("{'3.weight': tensor") and rows[Label.EXPECTED].count("weight") == 1
    )
    assert rows[Label.ALIKE] == "las otras 8 entradas"


def test_entries_that_differ_are_found_inside_lists() -> None:
    """Also where a dict is a part of the result."""
    rows = unexpected([1.0, {"a": 1, "b": 2}], [1.0, {"b": 2, "a": 5}])

    assert (rows[Label.OBTAINED], rows[Label.EXPECTED]) == ("[1, {'a': 1}]", "[1, {'a': 5}]")
    assert rows[Label.ALIKE] == "la otra entrada"


def test_missing_and_surplus_keys_are_named_without_their_values() -> None:
    """A state with a wrong name is no reason to show all its numbers."""
    rows = unexpected({"a": torch.ones(3), "c": 1}, {"a": torch.ones(3), "b": 1})

    assert rows == {Label.DIFFERENCE: "entre las claves falta 'b' y sobra 'c'"}


def test_short_lists_stay_whole_in_a_long_call() -> None:
    """Channels and sizes are shown however large the tensors beside them are."""
    state = {f"{n}.weight": torch.ones(40, 40) for n in range(30)}
    row = messages.call("small", (torch.ones(9, 9), [3, 8, 16]), {"state": state}, ("x", "channels"))

    assert "channels=[3, 8, 16]" in row.text
    assert row.label is Label.SKETCH


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (torch.ones(2, 3), Label.CALL),
        ([1, 2, 3], Label.CALL),
        (list(range(20)), Label.CALL),
        (list(range(21)), Label.SKETCH),
        (torch.ones(70), Label.SKETCH),
        ([torch.ones(70)], Label.SKETCH),
        ("x" * 500, Label.SKETCH),
    ],
)
def test_call_with_values_left_out_is_known_as_one(value: Any, label: Label) -> None:
    """Only a call that is shown whole can be repeated as it stands."""
    assert messages.call("double", (value,), {}).label is label


def test_probe_is_a_function_of_the_test() -> None:
    """No learner has it."""
    row = messages.call("twice", (torch.ones(2),), {}, ("x",), is_probe=True)

    assert row.label is Label.BY_TEST and row.text.endswith("(función de la prueba)")


@pytest.mark.parametrize("label", [Label.CALL, Label.SKETCH, Label.BY_TEST])
def test_page_offers_to_repeat_only_calls_that_can_be_repeated(label: Label) -> None:
    """After an exception; a test's own function is offered to nobody."""
    verdict = Verdict(Outcome.RAISED, "✘", (Row(label, "double(1)", is_code=True),))
    failed = parts.FailedTests((parts.Test("double-valores", "valores", verdict, 0.0, 3.0),))

    assert failed.explained == " ".join(
        filter(None, [words.EXPLAINED[Outcome.RAISED], words.REPEAT.get(label)])
    )
    assert ("repite" in failed.explained) == (label is not Label.BY_TEST)


def test_array_of_numpy_is_not_turned_into_what_exercises_forbid() -> None:
    """`.tolist()` leaves torch too."""
    assert all("tolist" not in row.text for row in messages.not_data("numpy.ndarray"))


@pytest.mark.parametrize(
    ("value", "copying"),
    [(torch.ones(2), "`.clone()`"), ([1, 2], "`.copy()`"), ({"a": 1}, "`.copy()`"), (3.0, "una copia")],
)
def test_copy_is_advised_in_a_way_that_the_argument_has(value: Any, copying: str) -> None:
    """A list has no `clone`."""
    changed = {"b": 2} if isinstance(value, dict) else value + value
    found = difference(changed, value)
    assert found is not None
    row = messages.argument_changed(changed, value, found)[-1]

    assert copying in row.text and ("clone" in row.text) == isinstance(value, torch.Tensor)


def test_syntax_error_comes_before_the_name_that_is_missing_for_it() -> None:
    """The learner's line is the cause; that a name is missing follows from it."""
    cause = Stop("SyntaxError", "expected ':'", "def double(x)", 1, ("SyntaxError", "Exception"))
    rows = messages.explain(Failure("", "double", reason=Reason.UNDEFINED, cause=cause))

    assert rows[0].text.startswith("SyntaxError: expected ':'. Tu celda no es Python válido")
    assert rows[1].text == "def double(x)"


def test_one_operation_is_no_plural() -> None:
    """Counts are told as one would."""
    (obtained, _expected) = messages.grows("n", {5: 1, 17: 12})

    assert obtained.text == "1 operación con n = 5, 12 operaciones con n = 17"


def test_failed_call_says_which_of_its_cell_it_was() -> None:
    """A cell of many cases tells them apart, by number and by name."""
    cell = OPEN + (
        "student.double(torch.ones(2)).equals(torch.full((2,), 2.0))\n"
        "student.double.case('sin filas')(torch.ones(0)).equals(torch.ones(1))\n"
    )
    [verdict] = grade(PLUS, cell, backend="remote")

    assert told(list(verdict.rows))[Label.CASE] == "sin filas (el 2.º de esta prueba)"


def test_other_exception_is_no_exception_in_place_of_a_result() -> None:
    """Where one is expected, another one is a wrong answer like any other."""
    cell = OPEN + "student.double(torch.ones(2)).raises(ValueError)\n"
    [verdict] = grade("def double(x):\n    raise KeyError('x')", cell, backend="remote")

    assert verdict.outcome is Outcome.FAILED
    assert verdict.finding == Finding(Kind.RAISED_ANOTHER, "ValueError")
