"""Answers that were written from the released notebooks alone end as they should."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests import sample
from torchaula.authoring import judging
from torchaula.checks.session import aspect_of
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook, load
from torchaula.grading.trusted import engine

COURSE = Course(Path(__file__).parents[1])
FILES = sorted((Path(__file__).parent / "blind").glob("*.json"))
EVERY = [(path, exercise) for path in FILES for exercise in json.loads(path.read_text(encoding="utf-8"))]
# Written as wrong and right after all, since `float32` rounds a count plus 1e-8 to the count.
OPEN = "-2"  # ends the name of a set whose answers that once passed everything are not caught yet
RIGHT_AFTER_ALL = {("masked-mean", "suma 1e-8 al divisor: la media ya no es exacta en float64")}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All exercises with `--all`, otherwise some."""
    drawn = sample.drawn(metafunc.config, EVERY, 1, "blind")
    metafunc.parametrize(("path", "exercise"), drawn, ids=[f"{path.stem}-{name}" for path, name in drawn])


@cache
def notebook(assignment: str) -> Notebook:
    """The instructor notebook, with this process warm for it."""
    made = load(COURSE.notebook(assignment))
    engine.import_for(made)
    return made


def test_blind_answers_end_as_they_should(path: Path, exercise: str) -> None:
    """Wrong ones fail the public check, which thus warns of what costs points; right ones pass.

    `failed` in the files is what each failed first. One that is `open`, with the reason, or that once passed
    in an open set, may end either way: it is contrived, or keeps what the statement promises by now.
    """
    written: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))[exercise]
    source = notebook(path.stem.partition("-")[0])
    every = [(each, kind == "right") for kind in ("right", "wrong") for each in written[kind]]
    grader = engine.Engine(source, judging.own_sandbox())

    found = grader.grade_each(exercise, [each["code"] for each, _ in every])

    for (each, is_right), judged in zip(every, found, strict=True):
        failed = {aspect_of(cell) for cell, verdict in judged.verdicts.items() if not verdict.passed}
        if is_right or (exercise, each["why"]) in RIGHT_AFTER_ALL:
            assert not failed, (each["why"], failed)
        elif "open" in each:
            continue
        elif not path.stem.endswith(OPEN):
            assert "publico" in failed, (each["why"], failed)
        else:
            assert failed or not each["failed"], each["why"]
