"""Write the graded copy of a submission, from which the formgrader and the feedback are made.

It equals what `nbgrader autograde` writes with our preprocessors: the rebuilt notebook with its outputs,
verdicts as the outputs of graded cells, and the instructor's files beside it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from nbformat import NotebookNode

from torchaula.classroom.batch.assignments import Assignment
from torchaula.classroom.intake import exchange_files
from torchaula.course import notebook
from torchaula.course.layout import Course
from torchaula.course.rebuilding.rebuild import grade_id, is_automatic
from torchaula.findings import Certainty
from torchaula.grading.trusted import outputs
from torchaula.grading.trusted.jobs import Result
from torchaula.grading.trusted.verdict import Outcome
from torchaula.grading.wire import words
from torchaula.i18n import _

PREFIX = "graded-"  # of the temporary folder where a copy is made
READ_ONLY = 0o444  # as nbgrader leaves what was graded


def mark(graded: NotebookNode, result: Result, checksums: Mapping[str, str]) -> None:
    """Write a result into the rebuilt notebook.

    `checksums` are those of the released cells, which nbgrader stores in each cell.
    """
    for cell in graded.cells:
        if cell.cell_type == "code":
            cell.outputs = outputs_of(cell, result)
        if (name := grade_id(cell)) in checksums:
            cell.metadata.nbgrader["checksum"] = checksums[name]
        elif name:  # nbgrader doesn't store this cell (a demo, say) and removes its id
            del cell.metadata.nbgrader["grade_id"]


def outputs_of(cell: NotebookNode, result: Result) -> list[NotebookNode]:
    """The outputs of a code cell of a rebuilt notebook."""
    name = grade_id(cell) or cell.id
    verdict = result.verdicts.get(name)
    if verdict is None and is_automatic(cell):  # nbgrader reads no output as full marks
        return [outputs.error(Outcome.INFRASTRUCTURE.value, _("no verdict"))]
    if verdict is None:
        return outputs.to_nbformat(result.outputs.get(name, []))
    if verdict.passed:
        return []
    said = verdict.diagnosis
    if said and verdict.certainty is Certainty.POSSIBLE:
        said = words.possibly(said)
    told = f"{verdict.message}\n\n{said}".strip()
    return [outputs.error(verdict.outcome.value, told)]


def folder(course: Course, assignment: str, student: str) -> Path:
    """The folder of a graded copy."""
    return course.autograded / student / assignment


def leftovers(course: Course) -> Iterator[Path]:
    """Temporary folders that an interrupted batch has left here."""
    return course.state.glob(f"{PREFIX}*")


def put(assignment: Assignment, student: str, graded: NotebookNode, exchanged: dict[str, bytes]) -> None:
    """Replace a graded copy with a new one, as a whole.

    `exchanged` are the exchange's own files that were handed in with it. From them nbgrader tells whether
    there is a newer submission, and where feedback goes.
    """
    course, place = assignment.course, folder(assignment.course, assignment.name, student)
    with tempfile.TemporaryDirectory(dir=course.state, prefix=PREFIX) as made_in:
        new = Path(made_in) / "new"
        new.mkdir()
        (new / f"{assignment.name}.ipynb").write_text(notebook.text(graded), encoding="utf-8")
        for name, path in assignment.support.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, new / name)
        exchange_files.put(new, exchanged)
        for path in new.rglob("*"):
            if path.is_file():
                path.chmod(READ_ONLY)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            place.rename(Path(made_in) / "old")
        new.rename(place)
