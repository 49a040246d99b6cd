"""The map of the course: each concept has an exercise, each exercise its concepts, and the page says so."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import programs
from torchaula.authoring import course_map, path_picture
from torchaula.authoring.path_picture import Stop
from torchaula.course import concepts, converters, outline
from torchaula.course.layout import Course
from torchaula.course.outline import Entry, Lesson
from torchaula.errors import Refusal

COURSE = Course(Path(__file__).parents[1])


def test_every_concept_is_taught() -> None:
    """Each concept of the committed list is claimed by an exercise; none has the id of another."""
    assert course_map.untaught(COURSE) == []
    assert max(Counter(each.id for each in concepts.load(COURSE.root)).values()) == 1


def test_every_exercise_teaches_concepts_of_the_list() -> None:
    """Each exercise claims concepts that exist, and builds on exercises that come before it."""
    for assignment in COURSE.assignments:
        source = converters.source(COURSE, assignment)
        told = outline.entry(COURSE.root, assignment)

        assert list(course_map.faults(COURSE, source)) == []
        assert told.is_draft or all(told.exercises[name].teaches for name in source.exercises)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('teaches = ["margins"]', 'teaches = ["marginz"]', "hinge: concepts.toml has no concept 'marginz'"),
        (
            'builds_on = ["rules"]',
            'builds_on = ["boost"]',
            "stump: builds on 'boost', which is no exercise before",
        ),
        (
            'builds_on = ["rules"]',
            'builds_on = ["stump"]',
            "stump: builds on 'stump', which is no exercise before",
        ),
        ('hinge = { teaches = ["margins"] }\n', "", "course.toml lists other exercises than the notebook"),
    ],
)
def test_what_can_t_be_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A concept or a base that doesn't exist, and an exercise that is not listed, are named."""
    course = copied(tmp_path)
    text = (tmp_path / "course.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "course.toml").write_text(text.replace(old, new), encoding="utf-8")

    faults = list(course_map.faults(course, converters.source(COURSE, "clasicos")))

    assert len(faults) == 1
    assert told in faults[0]


def test_concept_that_nobody_teaches_is_found(tmp_path: Path) -> None:
    """A new line of the list counts as untaught until an exercise claims it."""
    course = copied(tmp_path)
    with (tmp_path / "concepts.toml").open("a", encoding="utf-8") as file:
        file.write('diffusion = ["diffusion", "difusión"]\n')

    assert course_map.untaught(course) == ["diffusion"]


@pytest.mark.parametrize("text", ["[a\n", "a = 3\n", '["a"]\nb = ["c"]\n', '["a"]\nb = ["c", 3]\n'])
def test_malformed_list_of_concepts_is_refused(tmp_path: Path, text: str) -> None:
    """The file, the reason and what it should hold are named."""
    (tmp_path / "concepts.toml").write_text(text, encoding="utf-8")

    with pytest.raises(Refusal, match=r"concepts\.toml: can't be read"):
        concepts.load(tmp_path)


def test_page_is_written_anew(tmp_path: Path) -> None:
    """`torchaula format --check` tells of a page or a picture that is out of date, and `format` mends it."""
    course = copied(tmp_path)
    shutil.copytree(COURSE.source / "mlp", course.source / "mlp")
    only = (
        "[[assignment]]" + (tmp_path / "course.toml").read_text(encoding="utf-8").split("[[assignment]]")[3]
    )
    (tmp_path / "course.toml").write_text(only, encoding="utf-8")

    before = programs.run("torchaula", "format", "--check", cwd=tmp_path)
    mended = programs.run("torchaula", "format", cwd=tmp_path)
    after = programs.run("torchaula", "format", "--check", cwd=tmp_path)

    assert before.returncode == 1
    assert [name for name in ("docs/map.md", "docs/path.svg") if name in before.stderr] == [
        "docs/map.md",
        "docs/path.svg",
    ]
    assert mended.returncode == after.returncode == 0
    assert "| `linear` | `Linear` |" in (tmp_path / "docs" / "map.md").read_text(encoding="utf-8")


def test_shipped_page_shows_every_concept_with_its_exercises() -> None:
    """The page in docs/ is up to date, with a row for each exercise and each concept."""
    assert course_map.outdated(COURSE) == []
    page = (COURSE.root / course_map.PAGE).read_text(encoding="utf-8")
    published = [each for each in outline.load(COURSE.root) if not each.is_draft]

    rows = re.findall(r"^\| `([a-z0-9-]+)` \| `\w+` \| .+ \| \d+ \| \d+ \| .+ \| .+ \|$", page, re.M)
    page = page.partition("## Where each concept is taught")[2].replace("| id |", "| |")
    taught = dict(re.findall(r"^\| [^|]+ \| [^|]+ \| ([a-z-]+) \| (.+) \|$", page, re.M))

    assert rows == [name for each in published for name in each.exercises]
    assert list(taught) == [each.id for each in concepts.load(COURSE.root)]
    assert all(any(f"[`{name}`]" in where for where in taught.values()) for name in rows)
    assert all(where != "–" for where in taught.values()) or len(published) < len(COURSE.assignments)


def test_side_branches_are_what_nothing_later_needs() -> None:
    """An assignment on which no later one builds may be left out; the last one ends the path."""
    lesson = {"first": Lesson(("rules",))}
    entries = [
        Entry("start", exercises={"a": Lesson(("rules",))}),
        Entry("aside", exercises={"b": Lesson(("rules",), ("a",))}),
        Entry("end", exercises={"c": Lesson(("rules",), ("a",))} | lesson),
    ]

    assert course_map.side_branches(entries) == {"aside"}
    assert "clasicos" in course_map.side_branches(outline.load(COURSE.root))


def test_picture_of_the_path_is_told_in_words_and_drawn_inside_its_frame() -> None:
    """Its alt text names every assignment, and every box stands inside the picture, apart from the others."""
    stops = [Stop(name, 8, 200) for name in ("uno", "dos", "tres")]
    picture = ElementTree.fromstring(path_picture.drawn(stops, {"dos"}))
    boxes = [each for each in picture.iter() if each.tag.endswith("rect") and each.get("x")]
    corners = {(int(each.get("x", "")), int(each.get("y", ""))) for each in boxes}

    assert path_picture.told(stops, {"dos"}) == (
        "The path: uno → tres; side branches, which no other needs: dos after uno."
    )
    assert len(corners) == 3
    assert all(0 < x < int(picture.get("width", "")) - path_picture.WIDTH for x, _y in corners)
    assert all(0 < y < int(picture.get("height", "")) - path_picture.HEIGHT for _x, y in corners)


def copied(folder: Path) -> Course:
    """A course with the shipped lists, and no notebook."""
    for name in ("course.toml", "concepts.toml", "nbgrader_config.py"):
        shutil.copy(COURSE.root / name, folder)
    (folder / "source").mkdir()
    return Course(folder)
