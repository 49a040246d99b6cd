"""What nbgrader's converters look at before they delete anything; their exporters, made first, come here.

nbgrader clears a release or a graded copy away before it finds out that it can't make a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import parse_utc

from torchaula.classroom import assignments, gradebook, preflight
from torchaula.course import converters, structure
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.grading import client
from torchaula.i18n import _

Check = Callable[[Gradebook, Course, Notebook], None]


class SourceExporter(NotebookExporter):
    """Reads `source/` for `nbgrader generate_assignment`, and refuses what could not be graded.

    That is a form that grading doesn't know, and cells that grades given so far don't belong to.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        if self.parent is not None:
            is_alone = getattr(self.parent, "no_database", True)
            guard(self.parent, None if is_alone else gradebook.require_same_cells)


def guard_grading(converter: Any) -> None:
    """Stop `nbgrader autograde` where it would not grade, or not with the tests of now, or with bad ones."""
    with _told(converter):
        for section in ("Execute", "Grade"):  # `--no-execute` is short for the first
            if not converter.config[section].get("enabled", True):
                raise Refusal(
                    _(
                        "--no-execute, or {setting} = False, would give everybody full marks, and is not "
                        "supported: grade without it"
                    ).format(setting=f"{section}.enabled")
                )
    guard(converter, require_known_tests)
    with _told(converter):
        course = Course(Path(converter.coursedir.root).resolve())
        if converter.coursedir.assignment_id in course.assignments:
            assignment = assignments.load(course, converter.coursedir.assignment_id, False, converter.config)
            preflight.require_sound(assignment, client.shared().grade)


def guard(converter: Any, check: Check | None) -> None:
    """Let a look at `source/`, and a check of gradebook and `source/`, stop a converter."""
    here = converter.coursedir
    folder = here.format_path(here.source_directory, ".", here.assignment_id)
    path = Path(folder) / f"{here.assignment_id}.ipynb"
    with _told(converter):
        structure.require_one_notebook(path)
        if not path.is_file():
            return  # nbgrader says so itself
        source = structure.load(path, converters.markers(converter.config))
        if check is not None:
            with Gradebook(here.db_url, here.course_id) as book:
                check(book, Course(Path(here.root).resolve()), source)


@contextmanager
def _told(converter: Any) -> Iterator[None]:
    """Let a refusal stop a converter, with one line in its log."""
    try:
        yield
    except Refusal as error:
        converter.log.error("%s", error)
        raise NbGraderException(str(error)) from None


def require_known_tests(book: Gradebook, course: Course, source: Notebook) -> None:
    """Raise `Refusal` where nbgrader would grade with tests or points that `source/` has no more."""
    ours = {cell.id for cell in source.cells if cell.kind in ("markdown", "solution")}
    cells = [cell for cell in gradebook.changed(book, source) if cell not in ours]
    if cells and gradebook.noted(book, source) is not None:
        raise not_told(course.notebook(source.assignment), cells)


def not_told(path: Path, cells: list[str]) -> Refusal:
    """What to do where the gradebook, from which nbgrader restores locked cells, has other ones."""
    return Refusal(
        _(
            "{path}: changed since the gradebook was told of it ({cells}); grade with "
            "`torchaula grade {name}`, which tells it, or run `nbgrader generate_assignment {name} "
            "--force` first"
        ).format(path=path, cells=", ".join(cells[:4]), name=path.stem)
    )


def let_no_timestamp_end_it(converter: Any) -> None:
    """Read each `timestamp.txt` for nbgrader, which ends a whole batch at one that holds no time."""
    converter.coursedir.get_existing_timestamp = _claimed


def _claimed(folder: str) -> datetime | None:
    with suppress(OSError, ValueError, OverflowError, TypeError):
        claimed: datetime = parse_utc(Path(folder, "timestamp.txt").read_text("utf-8").strip())
        return claimed
    return None
