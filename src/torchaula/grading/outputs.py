"""What a learner's cells gave out, made safe to keep and to show.

It comes from the student process, which may send anything. Plain text and PNG images pass, within
limits; HTML, JavaScript, SVG and the like don't exist here.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from torchaula.grading.limits import Limits
from torchaula.grading.protocol import Output, Raised, Shown, Text
from torchaula.grading.verdict import Verdict

CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
PNG = b"\x89PNG\r\n\x1a\n"
PLACES = 200  # outputs that one cell may have
ROW = 2000  # characters of one line of a failed check, which may quote a result
ALL_TEXT, ALL_IMAGES = 400_000, 4 * 2**20  # of one submission: a frame to the caller holds them


def bounded(outputs: Mapping[str, list[Output]], limits: Limits) -> dict[str, list[Output]]:
    """The outputs of a submission's cells, cleaned and cut where they pass a limit."""
    text, images = ALL_TEXT, ALL_IMAGES
    kept = {}
    for cell, items in outputs.items():
        most = min(limits.text, text), min(limits.image, images)
        kept[cell] = [_clean(item, *most) for item in items[:PLACES]]
        text = max(0, text - sum(map(_length, kept[cell])))
        images = max(0, images - sum(len(item.png) for item in kept[cell] if isinstance(item, Shown)))
    return kept


def _clean(item: Output, text: int, image: int) -> Output:
    if isinstance(item, Text):
        return Text("stderr" if item.name == "stderr" else "stdout", plain(item.text)[:text])
    if isinstance(item, Shown):
        is_fit = item.png.startswith(PNG) and len(item.png) <= image
        return Shown(plain(item.text)[:text], item.png if is_fit else b"")
    message = plain(item.message)[: min(text, 2000)]
    return Raised(plain(item.kind)[:200], message, plain(item.traceback)[:text])


def readable(verdict: Verdict) -> Verdict:
    """A verdict whose texts, which may quote what a learner's code says, are cleaned and cut."""
    rows = tuple((label, plain(text)[:ROW]) for label, text in verdict.rows)
    return replace(verdict, message=plain(verdict.message)[: 4 * ROW], rows=rows)


def plain(text: str) -> str:
    """Text without what moves a cursor, changes a colour or hides what follows."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _length(item: Output) -> int:
    return len(item.message) + len(item.traceback) if isinstance(item, Raised) else len(item.text)


def to_nbformat(items: Iterable[Output]) -> list[NotebookNode]:
    """Outputs as they stand in a notebook file."""
    return [_node(item) for item in items]


def _node(item: Output) -> NotebookNode:
    made: NotebookNode
    if isinstance(item, Text):
        made = new_output("stream", name=item.name, text=item.text)
    elif isinstance(item, Shown):
        data: dict[str, Any] = {"text/plain": item.text}
        if item.png:
            data["image/png"] = base64.b64encode(item.png).decode()
        made = new_output("display_data", data=data)
    else:
        made = error(item.kind, item.message, item.traceback)
    return made


def error(kind: str, message: str, traceback: str = "") -> NotebookNode:
    """The output of a cell that failed."""
    lines = (traceback or message).splitlines()
    made: NotebookNode = new_output("error", ename=kind, evalue=message, traceback=lines)
    return made
