"""Prepare a learner's cells and outputs for the page, cut to a length that a person reads."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from torchaula.grading.trusted.outputs import picture, plain
from torchaula.grading.trusted.verdict import Lost
from torchaula.report import words

LINES, CHARACTERS = 400, 40_000  # limits for one cell's code, and for one of its outputs


@dataclass(frozen=True)
class ShownOutput:
    """One output: text, or a PNG in base64 with its description."""

    text: str = ""
    png: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Written:
    """A learner's cell; `lost` says how it failed to end, `named` are the lines that a test names."""

    text: str
    is_code: bool
    outputs: tuple[ShownOutput, ...]
    lost: str
    named: frozenset[int] = frozenset()


def written(
    cell: NotebookNode, lost: Lost | None, exercise: str = "", named: Collection[tuple[int, str]] = ()
) -> Written:
    """Prepare a learner's cell. `named` are the lines that tests name: their number and text."""
    text, is_code = plain(cell.source), cell.cell_type == "code"
    lines = enumerate(map(str.strip, text[:CHARACTERS].splitlines()[:LINES]), 1)
    return Written(
        text=cut(text if is_code else _unfenced(text)),
        is_code=is_code,
        outputs=tuple(_outputs(cell, exercise)),
        lost=words.LOST[lost] if lost else "",
        named=frozenset(number for number, line in lines if (number, line) in named),
    )


def cut(text: str) -> str:
    """The beginning of a long text; a short text as it is."""
    short = "\n".join(text[:CHARACTERS].split("\n")[:LINES])
    if len(short) == len(text):
        return text
    return f"{short}\n{words.left_out(text.count(chr(10)) - short.count(chr(10)))}"


def _unfenced(text: str) -> str:
    """The text inside a code fence. Rebuilding puts a learner's Markdown into one."""
    first, _newline, rest = text.partition("\n")
    body, _newline, last = rest.rpartition("\n")
    return body if first.startswith("```") and first == f"{last}text" else text


def _outputs(cell: NotebookNode, exercise: str) -> Iterator[ShownOutput]:
    figures = 0
    for output in cell.get("outputs", []):
        png = _png(output.get("data", {}).get("image/png", ""))
        figures += bool(png)
        if png:
            yield ShownOutput(png=png, alt=words.figure(figures, exercise))
        elif output.output_type == "error":
            said = plain("\n".join(output.traceback)) or f"{output.ename}: {output.evalue}"
            yield ShownOutput(text=cut(plain(said)))
        elif text := output.get("text") or output.get("data", {}).get("text/plain", ""):
            yield ShownOutput(text=cut(plain(text).rstrip("\n")))


def _png(encoded: str) -> str:
    """A picture, encoded again; empty if it is none, because a notebook may contain anything."""
    try:
        data = base64.b64decode(encoded)
    except (binascii.Error, ValueError, TypeError):
        return ""
    return base64.b64encode(picture(data)).decode()
