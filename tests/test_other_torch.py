"""A learner's torch may be another than the one that grades: what only it has passes there, with a notice."""

from __future__ import annotations

import contextlib
import io

import pytest
import torch

from tests import tiny
from torchaula.checks import CheckFailed, families, session
from torchaula.grading.trusted import engine
from torchaula.grading.trusted.cells import execute, new_namespace
from torchaula.grading.wire.forks import in_fork

NEW = "added_in_another_torch"
ANSWER = f"""
library = torch.library.Library("aten", "FRAGMENT")
library.define("{NEW}(Tensor x) -> Tensor")
library.impl("{NEW}", lambda x: x * 2, "CompositeExplicitAutograd")


def double(x):
    return torch.ops.aten.{NEW}(x) + 0
"""
CELL = """
student = graded("double-publico", names="double"{more})
student.double(torch.ones(2)).equals(torch.ones(2) * 2)
student.double(torch.ones(3)).equals(torch.ones(3) * 2)
student.done()
"""


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Import what torch imports lazily once, before the first fork."""
    engine.prepare(tiny.notebook())


def learns(answer: str, cell: str, pinned: str) -> str:
    """What a learner reads in an own kernel, where `pinned` is the torch that grades."""

    def work() -> str:
        session.TORCH = pinned
        namespace, shown = new_namespace(), io.StringIO()
        with contextlib.redirect_stdout(shown):
            execute(tiny.SETUP, "preparacion", namespace)
            execute(answer, "double", namespace)
            try:
                execute(cell, "double-publico", namespace)
            except CheckFailed as failed:
                print(failed)
        return shown.getvalue()

    return in_fork(work, str, 60)


def test_operator_of_another_torch_is_allowed_with_one_notice() -> None:
    """The check passes; a line says once, not with each call, that grading may not accept it."""
    told = learns(ANSWER, CELL.format(more=""), pinned="2.12")

    assert told.count(f"Aviso: tu código usa `{NEW}`") == 1
    assert "(2.12)" in told
    assert torch.__version__ in told
    assert "✔ double: comprobación pública superada" in told


def test_operator_without_a_family_is_refused_in_the_torch_that_grades() -> None:
    """With the pinned torch a learner is warned at once of what grading will not accept."""
    told = learns(ANSWER, CELL.format(more=""), pinned=families.TORCH)

    assert "Aviso" not in told
    assert f"tu código usa `{NEW}`" in told
    assert "no se puede usar" in told


def test_another_torch_opens_no_other_door() -> None:
    """What a contract forbids, what is in a family, and another program's operators stay refused."""
    softmax = "def double(x):\n    return x.softmax(0)\n"
    own = (
        "@torch.library.custom_op('mine::two', mutates_args=())\n"
        "def two(x: torch.Tensor) -> torch.Tensor:\n    return x * 2\n"
        "def double(x):\n    return two(x)\n"
    )
    for answer, more in ((ANSWER, ', forbid=["torch"]'), (softmax, ""), (own, "")):
        assert "no se puede usar" in learns(answer, CELL.format(more=more), pinned="2.12"), answer


@pytest.mark.parametrize("backend", tiny.BACKENDS)
def test_a_judge_tolerates_no_operator_without_a_family(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever torch a judge has: no point hangs on an operator that nobody sorted."""
    monkeypatch.setattr("torchaula.checks.session.TORCH", "2.12")

    [verdict] = tiny.grade(ANSWER, CELL.format(more=""), backend=backend)

    assert not verdict.passed
    assert f"usa `{NEW}`" in verdict.message
    assert "no se puede usar" in verdict.message
