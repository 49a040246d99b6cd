"""What may be copied is said in the repository, in the wheel and in each zip, and whose the data is."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from sklearn import datasets

from tests import mini
from torchaula.authoring import pack
from torchaula.course import notebook
from torchaula.course.layout import Course

COURSE = Course(mini.ROOT)
PROJECT = tomllib.loads((mini.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FILES = ("LICENSE", "LICENSE-CC-BY-4.0", "ATTRIBUTION.md")
# A name of each licence, as SPDX calls it, that stands in its file.
TITLES = {"MIT": "MIT License", "CC-BY-4.0": "Attribution 4.0 International"}
LOADERS = {name for name in datasets.__all__ if name.startswith(("load_", "fetch_"))}


def text(name: str) -> str:
    """A file of the repository."""
    return (mini.ROOT / name).read_text(encoding="utf-8")


def test_licences_that_are_named_are_there() -> None:
    """The expression in `pyproject.toml` names the two licences whose texts stand in the files beside it."""
    named = PROJECT["license"].split(" AND ")

    assert sorted(named) == sorted(TITLES)
    assert tuple(PROJECT["license-files"]) == FILES
    for name, file in zip(named, FILES, strict=False):
        assert TITLES[name] in text(file)
    assert "the torchaula authors" in text("LICENSE")
    assert all(part in text("LICENSE") for part in ("source/", "release/", "docs/", FILES[1], FILES[2]))
    assert text(FILES[1]).count("\nSection ") == 8  # the legal code, whole


def test_wheel_and_zip_hold_the_licences(tmp_path: Path) -> None:
    """Both have the same files, the metadata names them, and the learner's page says it in Spanish."""
    [assignment, *_] = COURSE.assignments
    with pack.wheel() as wheel:
        with ZipFile(wheel) as archive:
            inside = {Path(name).name: archive.read(name) for name in archive.namelist()}
            [metadata] = (name for name in archive.namelist() if name.endswith("METADATA"))
            told = Parser().parsestr(archive.read(metadata).decode())
        packed = pack.pack(COURSE, assignment, wheel)
    with ZipFile(packed) as archive:
        home = {Path(name).name: archive.read(name) for name in archive.namelist()}

    assert told["License-Expression"] == PROJECT["license"]
    assert set(told.get_all("License-File", ())) == set(FILES)
    assert (told["Version"], told["Author"]) == (PROJECT["version"], "the torchaula authors")
    for name in FILES:
        assert inside[name] == home[name] == (mini.ROOT / name).read_bytes()
    page = home["LEEME.md"].decode()
    assert "CC BY 4.0" in page and "MIT" in page and "## 5. Licencia" in page
    assert all(f"`{name}`" in page for name in FILES)


def test_course_of_others_is_not_put_under_our_licence(course: Course) -> None:
    """A course without such files is packed without, and its page claims nothing."""
    assert pack.licences(course) == []
    with pack.wheel() as wheel:
        page = pack.read_me(course, "mini", wheel)
    assert "CC BY" not in page
    assert "Licencia" not in page


def loads(assignment: str) -> Iterator[str]:
    """What a notebook loads from `sklearn.datasets`, however it is imported."""
    for cell in notebook.load(COURSE.notebook(assignment)).cells:
        if cell.is_code and "sklearn" in cell.source:
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.ImportFrom) and node.module == "sklearn.datasets":
                    yield from (each.name for each in node.names)
                elif isinstance(node, ast.Attribute) and node.attr in LOADERS:
                    yield node.attr


def test_every_data_set_is_attributed() -> None:
    """Each that a notebook loads from scikit-learn, and each file beside one, is named; and no other is."""
    found = {name for assignment in COURSE.assignments for name in loads(assignment)}
    told = set(re.findall(r"^\| `((?:load|fetch)_\w+)` \|", text("ATTRIBUTION.md"), re.M))
    files = {path.name for path in COURSE.source.glob("*/*") if path.is_file() and path.suffix != ".ipynb"}

    assert len(found) > 3
    assert {name for name in found if not name.startswith("make_")} == told
    assert [name for name in sorted(files) if f"`{name}`" not in text("ATTRIBUTION.md")] == []


def test_photographs_are_those_that_are_attributed() -> None:
    """Each photograph that a notebook shows is named with its licence."""
    code = "\n".join(text(str(COURSE.notebook(name).relative_to(COURSE.root))) for name in COURSE.assignments)
    shown = set(re.findall(r'load_sample_image\(\\"(\w+\.jpg)', code))

    assert shown
    assert [name for name in sorted(shown) if f"`{name}`" not in text("ATTRIBUTION.md")] == []


@pytest.mark.parametrize("name", FILES)
def test_no_licence_is_a_stub(name: str) -> None:
    """Each is the text itself, not a link to it."""
    assert len(text(name)) > 1000
