"""`torchaula check --seeds` finds tests whose verdict hangs on which numbers they happen to draw."""

from __future__ import annotations

import re

import pytest

from tests import pupils
from torchaula.authoring import luck
from torchaula.authoring.luck import Draw
from torchaula.course import answers, notebook
from torchaula.course.layout import Course
from torchaula.grading.trusted import engine

# Zero is its own double, and its own square but for the seven: which of them is asked, chance says.
LUCKY = "7.0 * torch.randint(0, 2, (1,))"
LUCKY_ANSWER = """
```python
@wrong("as-it-is", "devuelves lo que recibes", "publico valores")
def double(x):
    return x


@right("by-addition")
def double(x):
    return torch.add(x, x)
```
"""


@pytest.fixture
def lucky(course: Course) -> Course:
    """A course one of whose hidden tests asks zero or seven, by luck; an answer is right for zero alone."""
    path = course.notebook("mini")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("torch.tensor([3.0, 5.0, 7.0])", LUCKY, 1), encoding="utf-8")
    known = course.answers / "mini" / "double.md"
    known.write_text(known.read_text(encoding="utf-8") + LUCKY_ANSWER, encoding="utf-8")
    return course


def swayed_by(course: Course, draws: list[Draw]) -> set[tuple[str, str]]:
    """Each answer to `double` that chance favours, and the draw."""
    source = notebook.load(course.notebook("mini"))
    known = answers.load(course, "mini", source.exercise("double"))
    engine.prepare(source)
    found = (luck.swayed_by(source, "double", known, draw) for draw in draws)
    return {(swayed.answer.id, str(swayed.draw)) for each in found for swayed in each}


def test_answer_that_passes_by_luck_is_told_with_the_draw(lucky: Course) -> None:
    """Under some draws the wrong answer passes a cell that it should fail; the others end as declared."""
    found = swayed_by(lucky, [Draw(1, place) for place in range(1, 9)])

    assert {answer for answer, _ in found} == {"as-it-is"}
    assert 0 < len(found) < 8
    assert found == swayed_by(lucky, [Draw(1, place) for place in range(1, 9)])


def test_draws_are_secrets_that_differ_and_can_be_made_again() -> None:
    """Number and place make the secret, in any order and at any time."""
    secrets = {Draw(number, place).secret for number in range(3) for place in range(1, 4)}

    assert len(secrets) == 9
    assert all(re.fullmatch("[0-9a-f]{64}", secret) for secret in secrets)


@pytest.mark.slow
def test_command_lists_what_luck_decides_and_how_to_see_it_again(lucky: Course) -> None:
    """The answer, the cells it fails beside the declared ones, and the draw; the exit code is 1."""
    told = pupils.command(lucky, "check", "mini/double", "--seeds", "8", "--seeds-from", "1", code=1)

    assert "as-it-is" in told and "valores" in told
    assert re.search(r"\b1/[1-8]\b", told)
    again = pupils.command(lucky, "check", "mini/double", "--seeds", "8", "--seeds-from", "1", code=1)
    assert re.findall(r"\b1/\d\b", again) == re.findall(r"\b1/\d\b", told)


@pytest.mark.slow
def test_command_prints_the_number_that_it_made_up(course: Course) -> None:
    """Without luck the exit code is 0, and the number to repeat it with is there all the same."""
    told = pupils.command(course, "check", "mini/add-one", "--seeds", "2")

    assert re.search(r"--seeds-from \d+", told)
    assert "0 of" in told


def test_number_without_seeds_is_refused(course: Course) -> None:
    """`--seeds-from` alone would do nothing."""
    assert "--seeds" in pupils.command(course, "check", "mini", "--seeds-from", "3", code=2)
