"""Grade the known answers to an exercise and print what code makes of them; a test runs it as a program.

    python -m tests.graded_anew COURSE PACKAGES

PACKAGES is the folder that `torchaula` is imported from, inside the sandbox too. Printed is JSON: of each
answer its verdicts without a sentence of ours, the tags of its page without their texts, and its messages.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path

from nbformat import NotebookNode

from tests.rebuilding import rebuild
from torchaula.authoring import judging
from torchaula.classroom.batch.records import Record
from torchaula.course import answers, notebook
from torchaula.course.constructs import constructs
from torchaula.course.layout import find
from torchaula.course.rebuilding.rebuild import grade_id
from torchaula.course.rebuilding.submitted import read
from torchaula.grading.trusted import confinement
from torchaula.grading.trusted.diagnosis import KnownMistake, Wrong, diagnose
from torchaula.grading.trusted.engine import Engine
from torchaula.grading.trusted.jobs import Result
from torchaula.grading.trusted.verdict import Verdict
from torchaula.report.page import page
from torchaula.report.render import render

EXERCISE = "double"


class Tags(HTMLParser):
    """The tags of a page, each with its classes and where it leads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[list[str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.found.append([tag, *(known.get(name) for name in ("class", "id", "href", "d"))])


def main(root: str, packages: str) -> None:
    """Grade each known answer."""
    confinement.ENVIRONMENT["PYTHONPATH"] = packages
    course, found = find(Path(root)), {}
    node = notebook.read(course.notebook("mini"))
    grader = Engine(notebook.parse(node, "mini"), judging.own_sandbox())
    known = answers.load(course, "mini", notebook.load(course.notebook("mini")).exercise(EXERCISE))
    judged = grader.grade_each(EXERCISE, [answer.source for answer in known])
    evidence = [
        KnownMistake(a.sentence, j.evidence, a.fails, a.needs)
        for a, j in zip(known, judged, strict=True)
        if not a.is_right
    ]
    for answer, each in zip(known, judged, strict=True):
        diagnoses = diagnose(evidence, Wrong(each.evidence, constructs(answer.source), answer.fails))
        said = {cell: told.sentence for cell, told in diagnoses.items()}
        verdicts = {c: replace(v, diagnosis=said.get(c, "")) for c, v in each.verdicts.items()}
        results = {cell: told(verdict) for cell, verdict in verdicts.items()}
        messages = [verdict.message for verdict in verdicts.values()]
        found[answer.id] = results, shown(node, answer.source, verdicts), messages
    print(json.dumps(found))


def told(verdict: Verdict) -> dict[str, object]:
    """What a verdict says to code, and which of its lines are what."""
    rows = [(row.label.value, row.is_code, row.number) for row in verdict.rows]
    finding = None if verdict.finding is None else asdict(verdict.finding)
    return {
        "outcome": verdict.outcome,
        "finding": finding,
        "rows": rows,
        "diagnosis": verdict.diagnosis,
    }


def shown(node: NotebookNode, answer: str, verdicts: dict[str, Verdict]) -> object:
    """The tags of a submission's page."""
    handed_in = notebook.loads(notebook.text(node))
    for cell in handed_in.cells:
        cell.source = answer if grade_id(cell) == EXERCISE else cell.source
    graded = rebuild(node, read(notebook.text(handed_in).encode()))
    names = {"notebook": "mini", "student": "ana", "score": 1, "max_score": 10, "late_penalty": 0.5}
    return Tags(render(page(graded, names, Record(Result(verdicts))))).found


if __name__ == "__main__":
    main(*sys.argv[1:])
