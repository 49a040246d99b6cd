"""Answers files are read as text, with clear refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchaula.course import answers
from torchaula.errors import Refusal


def write(folder: Path, text: str) -> Path:
    """An answers file with this text."""
    path = folder / "double.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_answers_keep_their_text_and_other_decorators(tmp_path: Path) -> None:
    """The mark goes, what else decorates an answer stays; nothing is imported or run."""
    path = write(
        tmp_path,
        "raise SystemExit\n\n@right('a')\n@cache\ndef double(x):\n    return x\n\n"
        "@wrong('b', 'te equivocas', 'publico valores')\nclass Double:\n    pass\n",
    )

    right, wrong = answers.load(path)

    assert right.source == "@cache\ndef double(x):\n    return x\n"
    assert right.is_right
    assert wrong.source == "class Double:\n    pass\n"
    assert wrong.fails == {"publico", "valores"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def double(x):\n    pass\n", "line 1: double is marked neither"),
        ("@right('a')\ndef f(): pass\n@right('a')\ndef f(): pass\n", "two answers are called 'a'"),
        ("@wrong('a', 'b')\ndef f(): pass\n", "expected @right(id) or @wrong"),
        ("@wrong('a', 'b', ' ')\ndef f(): pass\n", "expected @right(id) or @wrong"),
        ("def f(:\n", "line 1"),
    ],
)
def test_malformed_answers_are_refused_with_line_and_remedy(tmp_path: Path, text: str, told: str) -> None:
    """Each fault of an answers file ends in one line that names it."""
    with pytest.raises(Refusal, match=r"double\.py") as refusal:
        answers.load(write(tmp_path, text))

    assert told in str(refusal.value)


def test_missing_answers_are_refused(tmp_path: Path) -> None:
    """An exercise without an answers file says how many to write."""
    with pytest.raises(Refusal, match="at least two right and six wrong"):
        answers.load(tmp_path / "none.py")
