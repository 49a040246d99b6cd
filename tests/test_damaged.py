"""Damaged notebooks: each ends graded or with a named outcome, and nothing else is touched."""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import damage, ledgers, mini, programs, sample
from tests.conftest import DAMAGED
from tests.workshop import Book, Workshop, passed
from torchaula.authoring import sample_class
from torchaula.classroom.gradebook import gradebook
from torchaula.course import notebook
from torchaula.course.layout import Course
from torchaula.course.rebuilding import submitted
from torchaula.errors import Refusal

WHAT_TO_DO = re.compile(r": (ask for|clear|rename|put) \w+")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All damaged notebooks with `--all`, otherwise one of each of half of the kinds."""
    if "number" in metafunc.fixturenames:
        kinds = [range(kind, damage.NUMBER, len(damage.KINDS)) for kind in range(len(damage.KINDS))]
        kinds = sample.drawn(metafunc.config, kinds, len(kinds) // 2, "kinds of damage")
        drawn = (sample.drawn(metafunc.config, each, 1, f"damage {each.start}") for each in kinds)
        numbers = sorted(number for each in drawn for number in each)
        metafunc.parametrize("number", numbers, ids=[f"{n:03}-{damage.file(n)[0]}" for n in numbers])


@pytest.fixture(scope="module")
def before(workshop: Workshop) -> set[str]:
    """The graded cells that pass where nothing is damaged."""
    return passed(workshop.grade(damage.answered().file))


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course on disk that no submission may touch."""
    root = mini.write(tmp_path_factory.mktemp("host") / "course").root
    for name in ("gradebook.db", "submitted/ana/mini/mini.ipynb", "autograded/ana/mini/mini.ipynb"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("precious")
    return root


def state(folder: Path) -> dict[str, str]:
    """Every path below a folder, and the hash of what is there."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in folder.rglob("*")
    }


def test_damaged_notebook_is_graded_or_named(
    number: int,
    before: set[str],
    host: Path,
    workshop: Workshop,
    record_property: Callable[[str, object], None],
) -> None:
    """It gains nothing, touches nothing, and the same process grades the next one rightly."""
    _kind, content = damage.file(number)
    worker, untouched = workshop.worker, state(host)

    try:
        result = workshop.grade(content)
    except Refusal as refused:
        outcome = "named"
        assert WHAT_TO_DO.search(str(refused)) and len(str(refused).splitlines()) == 1
    else:
        outcome = "graded"
        assert set(result.verdicts) == workshop.every_cell
        assert passed(result) <= before

    assert state(host) == untouched
    assert passed(workshop.grade(Book().file)) == workshop.every_cell
    assert workshop.worker == worker
    record_property(DAMAGED, outcome)


def test_damage_is_broad_and_always_the_same() -> None:
    """Three layers, many kinds, six files of each; a number means the same file in every run."""
    everything = {number: damage.file(number) for number in range(damage.NUMBER)}
    kinds = Counter(kind for kind, _ in everything.values())

    assert len(everything) == 300
    assert kinds == dict.fromkeys(damage.KINDS, 6)
    assert {kind.partition("-")[0] for kind in kinds} == {"bytes", "cells", "metadata"}
    assert len({content for _, content in everything.values()}) >= 290
    assert everything[7] == damage.file(7)


# One of each in a class; the first and the last to be graded, and one in between, are as they should be.
CLASS = (
    "bytes-truncate",
    "bytes-utf_16",
    "bytes-deep",
    "cells-gone",
    "cells-odd_field",
    "cells-worksheets",
    "metadata-odd_nbgrader",
    "metadata-odd_format",
)
RIGHT = ("ana", "lola", "zoe")


@pytest.fixture
def damaged_class(course: Course) -> Course:
    """A small course where eight of eleven handed in something damaged."""
    made_from = sample_class.material(course, "mini")
    text = sample_class.handed_in(made_from, {name: made_from.model(name) for name in made_from.exercises})
    content = text.encode()
    files = {kind: damage.KINDS[kind](content, random.Random(kind)) for kind in CLASS}
    for student, file in (files | dict.fromkeys(RIGHT, content)).items():
        path = course.submitted / student / "mini" / "mini.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(file)
    return course


def test_damaged_notebooks_do_not_stop_nbgrader(damaged_class: Course) -> None:
    """`nbgrader autograde` of the whole class at once grades every notebook that can be read."""
    with gradebook.opened(damaged_class) as book:
        gradebook.record(book, damaged_class, notebook.load(damaged_class.notebook("mini")), [])

    done = programs.run("nbgrader", "autograde", "mini", cwd=damaged_class.root)

    readable = {kind for kind in CLASS if is_readable(damaged_class.submitted / kind / "mini" / "mini.ipynb")}
    graded = {path.parts[-3] for path in damaged_class.autograded.glob("*/mini/mini.ipynb")}
    assert graded == {*RIGHT, *readable}
    for student in RIGHT:
        assert sum(ledgers.points(damaged_class, "mini", student).values()) == 10
    named = re.findall(r"ERROR\] [\w-]+: (.+)$", done.stderr, re.M)
    assert len(named) == len(CLASS) - len(readable) > 0
    assert all(map(WHAT_TO_DO.search, named))


def test_damaged_notebooks_do_not_stop_a_batch(damaged_class: Course) -> None:
    """Each of a class is graded or named; whose notebook is sound has full marks."""
    results = mini.grade(damaged_class)

    assert set(results) == {*CLASS, *RIGHT}
    assert all(results[student].points == {"double": 5, "add-one": 5} for student in RIGHT)
    for result in results.values():
        assert result.graded or WHAT_TO_DO.search(result.what), result
    assert {kind for kind in CLASS if not results[kind].graded} >= {"bytes-truncate", "cells-gone"}


def is_readable(path: Path) -> bool:
    """Whether the cells of a notebook file can be read."""
    try:
        return bool(submitted.read(path.read_bytes()))
    except Refusal:
        return False
