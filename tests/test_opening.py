"""One place for titles and order; openings that say what follows; texts of an evening's length."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from torchaula.authoring import derived, opening, prose
from torchaula.course import converters, outline
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal

COURSE = Course(Path(__file__).parents[1])


def source(assignment: str) -> Notebook:
    """The instructor's notebook."""
    return converters.source(COURSE, assignment)


def edited(made: Notebook, cell: str, old: str, new: str) -> Notebook:
    """The notebook with one cell's text changed."""

    def cells() -> Iterator[object]:
        for each in made.cells:
            assert each.id != cell or old in each.source
            yield replace(each, source=each.source.replace(old, new)) if each.id == cell else each

    return Notebook(made.assignment, tuple(cells()))  # type: ignore[arg-type]


def test_assignments_stand_in_the_learner_s_order() -> None:
    """Commands and tables follow `course.toml`, which lists every assignment."""
    assert COURSE.assignments == [each.name for each in outline.load(COURSE.root)]
    assert all(each.title and each.about and each.builds for each in outline.load(COURSE.root))


def test_readme_s_table_is_that_of_the_outline() -> None:
    """README names each assignment in order, with its line, exercises and points."""
    rows = re.findall(r"^\| \[`.*\|$", (COURSE.root / "README.md").read_text(encoding="utf-8"), re.M)

    assert rows == [
        f"| [`{each.name}`](release/{each.name}/{each.name}.ipynb) | {each.builds} "
        f"| {len(source(each.name).exercises)} | {source(each.name).points:g} |"
        for each in outline.load(COURSE.root)
        if not each.is_draft
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[assignment]\n", "can't be read"),
        ('[[assignment]]\nname = "a"\ncolour = "b"\n', "colour"),
        ("[[assignment]]\nname = 3\n", "a value is no text"),
        ("assignment = 3\n", "can't be read"),
        ('assignment = ["a"]\n', "can't be read"),
        ('[[assignment]]\nname = "a"\ndraft = "yes"\n', "draft is neither true nor false"),
    ],
)
def test_malformed_outline_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """The file, the reason and what it should hold are named."""
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")

    with pytest.raises(Refusal, match=re.escape(told)) as refused:
        outline.load(tmp_path)
    assert "course.toml" in str(refused.value)


def test_assignment_that_is_not_listed_comes_last(tmp_path: Path) -> None:
    """A new folder in `source/` counts before anybody lists it, and `check` says what to do."""
    shutil.copy(COURSE.root / "course.toml", tmp_path)
    for name in ("cnn", "atencion", "tensores"):
        (tmp_path / "source" / name).mkdir(parents=True)
        (tmp_path / "source" / name / f"{name}.ipynb").touch()

    assert Course(tmp_path).assignments == ["tensores", "cnn", "atencion"]
    new = replace(source("cnn"), assignment="atencion")
    assert "course.toml does not list atencion; add an [[assignment]] in its place" in list(
        opening.faults(COURSE, new)
    )


REPEATED = [
    ("preparacion", '"linear": 3', '"linear": 4'),
    ("preparacion", '"linear": 3,\n', ""),
    ("preparacion", '"linear": 3,\n        "mlp": 3', '"mlp": 3,\n        "linear": 3'),
    ("apertura", "| 15 | 35 |", "| 15 | 30 |"),
    ("apertura", "| 1 | `Linear`", "| 4 | `Linear`"),
    ("apertura", "**215**", "**214**"),
    ("linear-enunciado", "## 1. ", "## 3. "),
    ("linear-enunciado", "*13 puntos", "*12 puntos"),
    ("linear-publico", "(3 puntos)", "(2 puntos)"),
    ("linear-valores", "valores (", "valores (1"),
]


@pytest.mark.parametrize(("cell", "old", "new"), REPEATED)
def test_what_a_notebook_repeats_is_told_and_mended(cell: str, old: str, new: str) -> None:
    """What headings, heads, first lines, table or `begin` repeat wrongly is told, and becomes what it was."""
    made = source("mlp")
    assert not list(derived.faults(made))

    told = list(derived.faults(edited(made, cell, old, new)))
    mended = derived.changes(edited(made, cell, old, new))

    assert (
        len(told) == 1 and told[0].startswith(f"{cell}: the line '") and told[0].endswith("run `make format`")
    )
    assert mended == {each.id: each.source for each in made.cells if each.id == cell}


def test_opening_follows_what_an_author_changes() -> None:
    """Minutes, points and a new place of an exercise reach the opening's table and its sums."""
    made = edited(source("mlp"), "linear-enunciado", "25 min", "20 min")
    cells = [replace(each, points=5) if each.id == "batches-bordes" else each for each in made.cells]
    moved = [each for each in cells if each.exercise == "evaluate"]
    cells = [each for each in cells if each not in moved]
    first = next(place for place, each in enumerate(cells) if each.id == "mlp-enunciado")
    made = Notebook("mlp", (*cells[:first], *moved, *cells[first:]))

    mended = derived.changes(made)

    table = re.findall(r"^\| (\d) \| `(\w+)` .* \| (\d+) \| (\d+) \|$", mended["apertura"], re.M)
    assert [row[:2] for row in table[:3]] == [("1", "Linear"), ("2", "evaluate"), ("3", "MLP")]
    assert table[0][3] == "20" and "| **210** |" in mended["apertura"]
    assert f"| **{made.points:g}** |" in mended["apertura"] and made.points != 100
    assert mended["evaluate-enunciado"].startswith("## 2. `evaluate`")
    assert list(re.findall(r'"([a-z-]+)": \d', mended["preparacion"]))[:3] == ["linear", "evaluate", "mlp"]


def test_table_keeps_its_rows_where_a_statement_lacks_its_head() -> None:
    """What an author wrote in the table is not lost with a head that can't be read."""
    made = edited(source("mlp"), "linear-enunciado", "25 min", "un rato")

    assert "apertura" not in derived.changes(made)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("# Una red que aprende", "# Otra red que aprende", "the title is not that of course.toml"),
        ("`clasicos`, **`mlp`**, `entrenar`", "`entrenar`, **`mlp`**, `clasicos`", "in another order"),
        ("`clasicos`, **`mlp`**, ", "**`mlp`**, ", "doesn't list the course's assignments"),
    ],
)
def test_title_and_order_are_those_of_the_outline(old: str, new: str, told: str) -> None:
    """A title or an order that differs from `course.toml` is told."""
    made = edited(source("mlp"), "apertura", old, new)

    assert told in "\n".join(opening.faults(COURSE, made))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("`entrenar`", "el siguiente", "doesn't name what comes next, '`entrenar`'"),
        ("## Qué te llevas", "## Adiós", "doesn't say what the learner can do by now"),
    ],
)
def test_ending_says_what_comes_next(old: str, new: str, told: str) -> None:
    """An ending that leaves out the next assignment, or what the learner can do by now, is told."""
    assert not list(opening.faults(COURSE, source("mlp")))

    made = edited(source("mlp"), "final-despedida", old, new)

    assert told in "\n".join(opening.faults(COURSE, made))


def test_long_texts_are_told() -> None:
    """A statement, an opening or a whole notebook that is too long is named with its words and the limit."""
    made = source("mlp")
    assert not list(prose.long_texts(made))

    long = edited(made, "batches-enunciado", "## 6.", "palabra " * 5000 + "\n\n## 6.")

    told = list(prose.long_texts(long))
    assert len(told) == 2
    assert re.match(r"batches: 5\d\d\d words, at most 350", told[0])
    assert "the whole notebook" in told[1]


def test_code_formulas_and_pictures_are_no_words() -> None:
    """Words are what a learner reads as prose."""
    text = "Uno `x y z` dos $a b$ ![una foto de forma [3, 4]](img/x.svg) <b>tres</b>\n"
    text += "```python\na b c\n```\n$$c d$$ [cuatro](url)"

    assert prose.words(text) == 4
