"""What the pages tell people to type exists, and what they say of a table is what is written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from nbgrader.apps.nbgraderapp import NbGraderApp

from tests import mini, pupils, week
from torchaula.cli import cli
from torchaula.course.layout import Course
from torchaula.report import class_csv

PAGES = [mini.ROOT / "README.md", mini.ROOT / "CONTRIBUTING.md", *sorted((mini.ROOT / "docs").glob("*.md"))]
NEW = ("term.md", "grades-csv.md", "exams.md")
FENCED = re.compile(r"^( *)```(?:bash|powershell|console|)\n(.*?)^\1```", re.M | re.S)
ANY_FENCE = re.compile(r"^( *)```.*?^\1```", re.M | re.S)
INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)", re.S)
COMMAND = re.compile(r"(?:\S*/)?(torchaula|nbgrader|make) (?=\S)")
# What stands for a learner's or an author's own words.
PLACEHOLDERS = {"N": "3", "NUMBER": "3", "DATE": "2d", "FOLDER": "."}


def commands(page: Path) -> Iterator[str]:
    """Each command line of ours, nbgrader's or make's that a page names, in blocks and in the text."""
    text = page.read_text(encoding="utf-8")
    lines = [line for found in FENCED.finditer(text) for line in found[2].splitlines()]
    inline = [" ".join(found[1].split()) for found in INLINE.finditer(ANY_FENCE.sub("", text))]
    for line in (*lines, *inline):
        plain = line.strip().removeprefix("$ ")
        if COMMAND.match(plain):
            yield plain


NAMED = sorted({command for page in PAGES for command in commands(page)})


def test_there_are_commands() -> None:
    """The pages are read as people read them: blocks, lines, and what is wrapped over two lines."""
    assert len(NAMED) > 40
    assert {"nbgrader zip_collect mlp --force", "torchaula grade mlp --student ana"} <= set(NAMED)


def fault(command: str) -> str:
    """What is wrong with a command line; empty if it would be understood."""
    program, *words = shlex.split(command, comments=True)
    words = [PLACEHOLDERS.get(word, word) for word in words]
    if Path(program).name == "make":
        rules = (mini.ROOT / "Makefile").read_text(encoding="utf-8")
        wrong = [w for w in words if "=" not in w and w not in "|" and not re.search(rf"^{w}:", rules, re.M)]
        return f"no target {wrong}" if wrong else ""
    if Path(program).name == "nbgrader":
        return "" if words[0] in NbGraderApp.subcommands else f"no command {words[0]}"
    try:
        context = cli.make_context("torchaula", words)
        name, command_of, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
        if command_of is not None:
            command_of.make_context(name, rest, parent=context).close()
    except click.exceptions.Exit:  # `--version`
        return ""
    except click.ClickException as error:
        is_name_alone = isinstance(error, click.MissingParameter) and len(words) == 1
        return "" if is_name_alone else error.format_message()
    return ""


@pytest.mark.parametrize("command", NAMED)
def test_command_exists_with_its_options(command: str) -> None:
    """Each is one that the program would understand."""
    assert fault(command) == ""


@pytest.mark.parametrize(
    "command",
    [
        "torchaula grad mlp",
        "torchaula grade mlp --nope",
        "make nothing",
        "nbgrader zipcollect",
        "torchaula new a b",
    ],
)
def test_command_that_does_not_exist_is_seen(command: str) -> None:
    """The reader of commands is no rubber stamp."""
    assert fault(command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link is to a file of the repository."""
    text = INLINE.sub("", ANY_FENCE.sub("", page.read_text(encoding="utf-8")))
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    missing = [link for link in links if not (page.parent / link).exists()]

    assert missing == []


@pytest.mark.parametrize("name", NEW)
def test_page_is_short(name: str) -> None:
    """A page that is read in a hurry has at most 120 lines."""
    assert len((mini.ROOT / "docs" / name).read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.slow
def test_columns_are_those_that_are_written(course: Course, tmp_path: Path) -> None:
    """The page names each column of a real table in its order, and none that is not written."""
    page = (mini.ROOT / "docs" / "grades-csv.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \|", page.split("## What stands")[0], re.M)
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    source = week.source(course)
    week.hand_in(course, "ana")
    entries = week.grade(course, "ana")
    table = tmp_path / "table.csv"
    class_csv.write(table, source, entries.values(), cells=True)
    [row] = pupils.table(table).values()
    own = {*source.parts, *(cell.id for part in source.parts.values() for cell in part.cells)}

    assert [name for name in row if name not in own] == [name for name in told if name != "waiting"]
    assert "one column an exercise" in page and "one column a graded cell" in page


def test_outcomes_are_those_that_are_written() -> None:
    """The page explains each text that can stand in `outcome`."""
    page = (mini.ROOT / "docs" / "grades-csv.md").read_text(encoding="utf-8")
    texts = [*class_csv.BECAME.values(), *class_csv.ENDS.values()]

    assert [text for text in texts if f"`{text}`" not in page] == []
