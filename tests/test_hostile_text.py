"""What a learner wrote is read, coloured and named in bounded time and space, whatever it is."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
from html import unescape
from pathlib import Path

import msgspec
import pytest
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config.loader import PyFileConfigLoader

from tests.rebuilding import rebuild, reviewed, reviewed_cells, sort
from tests.shipped import ROOT
from torchaula import files
from torchaula.course import answers, notebook
from torchaula.course.layout import find
from torchaula.course.rebuilding import definitions
from torchaula.course.rebuilding.rebuild import ACTIVE
from torchaula.course.rebuilding.submitted import MAX_VALUES, SubmittedCell, Unreadable, read
from torchaula.grading.trusted.outputs import plain
from torchaula.grading.wire.forks import in_fork
from torchaula.plugins import collect
from torchaula.plugins.highlight import filtered
from torchaula.report import class_csv, highlighting, markup, written

SECONDS = 60.0  # after which what takes minutes is given up, on a busy machine too

# Each of them takes some lexer, parser or expression time that grows with its square, or worse.
HOSTILE = {
    "match and blanks": "match" + " " * 40_000,
    "blanks": " " * 40_000,
    "tabs": "\t" * 40_000 + "x",
    "new lines": "\n" * 40_000,
    "an f-string of braces": "f'" + "{a}" * 13_000 + "'",
    "an f-string of lines": "f'''" + "\n{a}" * 10_000 + "'''",
    "f-strings": "f'{a}'" * 6_000,
    "commands": "! \n" * 13_000,
    "a chain of names": "torch" + ".a" * 900 + " = 1",
    "a chain of calls": "torch" + "()" * 2000 + ".__class__ = 1",
    "questions": "? " * 20_000,
    "assigned commands": "a, " * 13_000 + "= !ls",
    "backslashes": "\\" * 40_000,
    "quotes": '"' * 39_999,
    "an open text": "'''" + '"' * 39_997,
    "open texts": "'\\\n" * 13_000,
    "parentheses": "(" * 40_000,
    "minus": "-" * 40_000 + "1",
    "backticks": "`" * 40_000,
    "stars": "**a" * 13_000,
    "brackets": "]\n" * 20_000,
    "escapes": "\x1b[" * 20_000,
    "an open escape": "\x1b[" + "0" * 20_000 + " " * 20_000,
    "digits": "1_" * 20_000,
    "a long name": "a" * 40_000,
    "prefixes": "rb'" * 13_000,
    "definitions": "def " * 10_000,
    "elif": "if a:\n p\n" + "elif a:\n p\n" * 3_600,
}


@pytest.fixture(scope="module")
def source() -> notebook.NotebookNode:
    """An instructor's notebook of the course."""
    return notebook.read(find(ROOT).notebook("mlp"))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_text_of_any_kind_is_read_and_shown_in_time(text: str, source: notebook.NotebookNode) -> None:
    """Telling cells apart, rebuilding, listing what is worth a look, colouring and escaping."""

    def work() -> int:
        cells = [SubmittedCell("code", text, name) for name in ("", "linear", "linear-publico")]
        cells.append(SubmittedCell("markdown", text, ""))
        assert reviewed(source, cells) is not None
        rebuild(source, cells)
        ACTIVE.search(text)
        short = written.cut(plain(text))
        return len(markup.code(short)) + len(markup.prose(short)) + len(filtered(text))

    assert in_fork(work, int, SECONDS)


def test_notebook_is_parsed_up_to_a_limit_all_together(source: notebook.NotebookNode) -> None:
    """A thousand cells, each as long as may be parsed, cost no more than a few."""
    cells = [SubmittedCell("code", f"x = {n}\n" + "a;" * 9_900, "") for n in range(50)]

    assert in_fork(lambda: len(sort(source, cells).work.pieces), int, SECONDS) == 50
    with definitions.one_notebook():
        found = [definitions.parsed(cell.source) for cell in cells]
        assert [each is not None for each in found] == [
            n < definitions.PARSED_CHARACTERS_IN_ALL // 20_000 for n in range(50)
        ]
        assert definitions.parsed(cells[0].source) is found[0]


def test_known_answers_are_short_enough_to_be_parsed() -> None:
    """What limits hostile texts is far from the answers that the course knows."""
    course = find(ROOT)
    texts = [
        answer.source
        for name in course.assignments
        for exercise in notebook.load(course.notebook(name)).exercises.values()
        for answer in answers.load(course, name, exercise)
    ]
    assert len(texts) > 300
    assert max(text.count("{") for text in texts) < definitions.BRACES / 10
    assert max(map(len, texts)) < definitions.PARSED_CHARACTERS / 2


CODE = '''# a <b>comment</b>
@dec
def f(x, *, a=1.5e3):
    """A docstring
    of two lines"""
    return rb'ab\\'c' + f"{x!r}" if x is not None else 0x1F
'''


def test_code_is_coloured_and_says_what_it_said() -> None:
    """Words, texts, numbers and comments have a colour; without the marks the text is as it was."""
    lines = highlighting.lines(CODE)

    assert unescape(Markup("\n").join(lines).striptags()).split() == CODE.split()
    assert lines[0] == '<span class="c"># a &lt;b&gt;comment&lt;/b&gt;</span>'
    assert lines[2].startswith('<span class="k">def</span> f(x')
    assert '<span class="m">1.5e3</span>' in lines[2]
    assert lines[4] == '<span class="s">    of two lines&#34;&#34;&#34;</span>'
    assert '<span class="s">rb&#39;ab\\&#39;c&#39;</span>' in lines[5]
    assert len(lines) == CODE.count("\n") + 1


def test_formgrader_colours_code_the_same_way() -> None:
    """The course's configuration has nbconvert take our filter in place of Pygments."""
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    node = new_notebook(cells=[new_code_cell("match" + " " * 40_000), new_code_cell("def f(): pass <b>")])

    def work() -> str:
        html, _ = HTMLExporter(config=settings).from_notebook_node(node)
        return html if len(html) > 40_000 else ""

    shown = in_fork(work, str, SECONDS)
    assert '<span class="k">def</span>' in shown and "&lt;b&gt;" in shown and "<b>" not in shown


# Files


@pytest.mark.parametrize("kind", ["pipe", "sparse", "folder"])
def test_file_is_looked_at_before_it_is_read(kind: str, tmp_path: Path) -> None:
    """A pipe is not waited for, and of 60 GB that are not there no byte is read."""
    path = tmp_path / "file"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "sparse":
        with path.open("wb") as file:
            file.truncate(60 * 2**30)
    else:
        path.mkdir()

    with pytest.raises(OSError):
        files.content(path)
    if kind == "sparse":
        assert files.fingerprint(path) == f"{60 * 2**30} bytes"


def test_fingerprint_is_the_digest_of_what_is_graded(tmp_path: Path) -> None:
    """The register of arrivals names files as grading does."""
    from torchaula.course.rebuilding.submitted import digest_of

    (tmp_path / "file").write_bytes(b"x" * 100)
    assert files.fingerprint(tmp_path / "file") == digest_of(b"x" * 100)


@pytest.mark.parametrize(
    "content",
    [
        b"[" + b"[]," * (MAX_VALUES // 2) + b"[]]",
        b'{"cells": [' + b"{}," * (MAX_VALUES // 2) + b"{}]}",
        b'{"cells": ' + b"[" * 10**6 + b"]" * 10**6 + b"}",
        b'{"cells": [' + b"9" * 10**6 + b"]}",
        b'{"cells": [' + b"1e" + b"9" * 10**6 + b"]}",
    ],
)
def test_json_that_would_fill_the_memory_is_no_notebook(content: bytes) -> None:
    """Millions of values, deep ones and numbers without end are refused in one line."""
    with pytest.raises(Unreadable) as refused:
        read(content)
    assert "\n" not in str(refused.value)


def test_name_of_a_cell_can_be_kept_whatever_it_is() -> None:
    """Half a character in a cell's id, or an endless one, is cut: records and pages hold it."""
    raw = {"cells": [{"cell_type": "code", "source": "eval('1')", "id": "\ud800" * 10**6, "metadata": {}}]}
    [cell] = cells = read(json.dumps(raw).encode())

    assert len(cell.name) <= 500
    assert msgspec.json.encode(reviewed_cells(cells))


# Tables

SIGNS = tuple("=+-@＝＋－＠﹢−")
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "＋1", "﹢1", "−1")


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("before", ["", "x;", "x; ", 'x;"', 'x;" ', "x\n;", ";;", "x;\t"])
def test_no_field_is_a_formula_however_a_spreadsheet_splits_it(before: str, formula: str) -> None:
    """Where a European Excel splits at semicolons, each part is a text as well."""
    row = ["ana", class_csv.plain(before + formula), class_csv.plain("García, -Ana"), 3.5]
    line = io.StringIO()
    csv.writer(line).writerow(row)

    assert "\n" not in line.getvalue().rstrip("\r\n")
    for parts in ([str(row[1])], line.getvalue().split(";"), *csv.reader([line.getvalue()], delimiter=";")):
        for part in parts:
            assert not part.strip().lstrip('"').lstrip().startswith(SIGNS), part


def test_numbers_of_ours_stay_numbers() -> None:
    """Points and penalties are computed with; an ordinary text is left as it is."""
    assert [class_csv.plain(value) for value in (-1.5, 0, None)] == [-1.5, 0, None]
    for text in ("graded; 2 timed out", "García-López", "a=b; c+d", "3; 4"):
        assert class_csv.plain(text) == text


def test_log_has_a_line_for_each_message() -> None:
    """A file's name moves no cursor and makes no second line, and none is endless."""
    record = logging.LogRecord(
        "x", logging.INFO, "", 0, "%s", ("a\x1b[2J\n2026 ERROR b\u202e" + "c" * 10**5,), None
    )
    line = collect._Lines("%(levelname)s %(message)s").format(record)

    assert line.isprintable() and len(line) <= collect.LINE_COLUMNS
