"""Check that nbgrader's converters can do their work before they delete anything.

nbgrader removes a release or a graded copy before it knows whether it can make a new one. A converter creates
its exporter first, so the exporters start these checks.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException

from torchaula import origin
from torchaula.classroom.batch import assignments, late_changes, preflight, submissions
from torchaula.classroom.batch.assignments import Assignment
from torchaula.classroom.gradebook import database, gradebook, lateness, seeding
from torchaula.course import address, converters, structure
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.grading.trusted import client
from torchaula.grading.trusted.jobs import Result
from torchaula.i18n import _
from torchaula.printing import printable

Check = Callable[[Gradebook, Course, Notebook], None]
MOST_COPIED = 200 * 2**20  # most bytes in a submitted folder
OURS = re.compile(r"^torchaula\.[\w.]+: (.+)$", re.M)  # the last line of a traceback of ours


class SourceExporter(NotebookExporter):
    """Reads `source/` for `nbgrader generate_assignment`, and refuses what could not be graded.

    That is a form that grading doesn't know, or cells that don't fit the grades given so far.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        if self.parent is not None:
            is_alone = getattr(self.parent, "no_database", True)
            guard(self.parent, None if is_alone else gradebook.require_same_cells)

    def from_notebook_node(
        self, nb: NotebookNode, resources: Any = None, **options: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Note the version of torchaula that releases the notebook in what learners receive."""
        nb.metadata[origin.KEY] = origin.noted()
        made = super().from_notebook_node(nb, resources, **options)  # type: ignore[no-untyped-call]
        done: tuple[NotebookNode, dict[str, Any]] = made
        return done


def guard_grading(converter: Any) -> None:
    """Stop `nbgrader autograde` if it would not run the tests, or if the tests are outdated or not sound."""
    with _refusals_told(converter):
        for section in ("Execute", "Grade"):  # `--no-execute` sets the first
            if not converter.config[section].get("enabled", True):
                raise Refusal(
                    _(
                        "--no-execute, or {setting} = False, would give everybody full marks, and is not "
                        "supported: grade without it"
                    ).format(setting=f"{section}.enabled")
                )
    guard(converter, require_ready)
    with _refusals_told(converter):
        course = Course(Path(converter.coursedir.root).resolve())
        if converter.coursedir.assignment_id in course.assignments:
            loaded = assignments.load(course, converter.coursedir.assignment_id, False, converter.config)
            with _gradebook(converter.coursedir, course) as book:
                assignment = loaded.with_seed(seeding.require_asked(course, book, loaded.name))
            _require_sound(assignment)
            leave_out(converter, assignment)


def _require_sound(assignment: Assignment) -> None:
    """Try tests whose soundness is not known. Raises `Refusal` if they are not sound."""
    grade = client.shared(assignment.course.evidence).grade
    try:
        results = [grade(job) for job in preflight.trials(assignment)]
    except client.GradingFailed as error:
        results = [Result(problem=str(error))]
    if results:
        preflight.settle(assignment, results)


def leave_out(converter: Any, assignment: Assignment) -> None:
    """Make nbgrader skip what can't be graded: one line in the log for each; rows and copies stay.

    The rest is graded, and then the command ends as failed.
    """
    problems = {folder: _problem(assignment, Path(folder)) for folder in sorted(converter.assignments)}
    if converter.coursedir.student_id == "*":
        problems |= _unseen(assignment, {Path(folder).parent.name for folder in problems})
    for folder, problem in problems.items():
        if problem:
            converter.log.error("%s: %s", printable(Path(folder).parent.name), problem)
            converter.assignments.pop(folder, None)
    if any(problems.values()):
        convert = converter.convert_notebooks

        def convert_others() -> None:
            convert()
            raise NbGraderException(_("some could not be graded"))

        converter.convert_notebooks = convert_others


def _problem(assignment: Assignment, folder: Path) -> str:
    """Why nbgrader can't grade what is in a student's folder; empty if it can."""
    found, wanted = (
        submissions.of_student(assignment, folder.parent.name),
        folder / f"{assignment.name}.ipynb",
    )
    is_there = found.notebook is not None and wanted.exists() and found.notebook.samefile(wanted)
    if found.problem:
        return found.problem
    return _odd_companion(folder) if is_there else _elsewhere(assignment)


def _elsewhere(assignment: Assignment) -> str:
    """The message for a notebook that `torchaula grade` finds and nbgrader doesn't."""
    told = _("nbgrader grades {name} alone: put the notebook there, or run `torchaula grade {assignment}`")
    place = f"{assignment.name}/{assignment.name}.ipynb"
    return told.format(name=place, assignment=assignment.name)


def _unseen(assignment: Assignment, seen: Collection[str]) -> dict[str, str]:
    """Problems of students whose submission nbgrader doesn't see, by the folder where it should be."""
    problems = {}
    for found in submissions.handed_in(assignment):
        if found.student not in seen and not found.is_missing:
            folder = assignment.course.submitted / found.student / assignment.name
            problems[str(folder)] = found.problem or _elsewhere(assignment)
    return problems


def _odd_companion(folder: Path) -> str:
    """Why nbgrader can't copy everything beside the notebook, as it tries to; empty if it can."""
    size = 0
    for path in folder.rglob("*"):
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
            return _("{name} is no file, and nbgrader would copy it: remove it").format(
                name=printable(path.name)
            )
        size += found.st_size
    if size <= MOST_COPIED:
        return ""
    return _("{size} MB beside the notebook, which nbgrader would copy: remove what isn't needed").format(
        size=size // 2**20
    )


def guard(converter: Any, check: Check | None) -> None:
    """Stop a converter if `source/` can't be used, or if `check` refuses gradebook and `source/`."""
    here = converter.coursedir
    folder = here.format_path(here.source_directory, ".", here.assignment_id)
    path = Path(folder) / f"{here.assignment_id}.ipynb"
    with _refusals_told(converter):
        structure.require_one_notebook(path)
        if not path.is_file():
            return  # nbgrader reports this itself
        source = structure.load(path, converters.markers(converter.config))
        if check is not None:
            course = Course(Path(here.root).resolve())
            with _gradebook(here, course) as book:
                check(book, course, source)


def _gradebook(here: Any, course: Course) -> Gradebook:
    """The gradebook of nbgrader's command. Raises `Refusal` if it can't be opened."""
    return database.gradebook(address.parse(here.db_url, course.config), here.course_id)


@contextmanager
def _refusals_told(converter: Any) -> Iterator[None]:
    """Turn a refusal into one line in the converter's log, and stop the converter."""
    try:
        yield
    except Refusal as error:
        converter.log.error("%s", error)
        raise NbGraderException(str(error)) from None


def require_ready(book: Gradebook, course: Course, source: Notebook) -> None:
    """Raise `Refusal` if grades depend on other tests, or another deadline, than the current ones."""
    require_known_tests(book, course, source)
    late_changes.require_none(book, course, source)


def require_known_tests(book: Gradebook, course: Course, source: Notebook) -> None:
    """Raise `Refusal` if nbgrader's tests or points are missing, or differ from those in `source/`."""
    path = course.notebook(source.assignment)
    if gradebook.noted(book, source) is None:
        raise Refusal(
            _(
                "{path}: the gradebook was never told of it; grade with `torchaula grade {name}`, which "
                "tells it, or run `nbgrader generate_assignment {name} --force` first"
            ).format(path=path, name=source.assignment)
        )
    ours = {cell.id for cell in source.cells if cell.kind in ("markdown", "solution")}
    cells = [cell for cell in gradebook.changed(book, source) if cell not in ours]
    if cells:
        raise not_told(path, cells)


def not_told(path: Path, cells: list[str]) -> Refusal:
    """The refusal if the gradebook's locked cells, which nbgrader would restore, differ from `source/`."""
    return Refusal(
        _(
            "{path}: changed since the gradebook was told of it ({cells}); grade with "
            "`torchaula grade {name}`, which tells it, or run `nbgrader generate_assignment {name} "
            "--force` first"
        ).format(path=path, cells=", ".join(cells[:4]), name=path.stem)
    )


class CourseKernelManager(AsyncKernelManager):
    """Starts no kernel for `nbgrader validate` or `autograde`: learners' code would run without a sandbox.

    `nbgrader generate_solution` gets a kernel, because it runs the instructor's own code.
    """

    def __init__(self, **options: Any) -> None:
        if os.environ.get("NBGRADER_EXECUTION") not in ("validate", "autograde"):
            super().__init__(**options)
            return
        for name in ("NBGRADER_EXECUTION", "NBGRADER_VALIDATING"):  # nbgrader keeps them after an exception
            os.environ.pop(name, None)
        # Not an `Exception`, because nbgrader would log its traceback.
        raise SystemExit(
            "torchaula: "
            + _(
                "nbgrader would run this notebook unconfined, so on a course it runs nothing; see what it is "
                "worth with `torchaula grade ASSIGNMENT --student STUDENT`"
            )
        )


class _OneLine(logging.Filter):
    """Replaces the traceback of a refusal with its message."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str) and record.msg.startswith("Traceback ") and OURS.search(record.msg):
            record.msg, record.args = OURS.findall(record.msg)[-1], ()
        return True


_one_line = _OneLine()


def tell_refusals_in_one_line(log: logging.Logger) -> None:
    """Make nbgrader log refusals without a traceback."""
    log.addFilter(_one_line)  # adding it again has no effect


def let_no_timestamp_end_it(converter: Any) -> None:
    """Parse each `timestamp.txt` ourselves: nbgrader ends a whole batch if one can't be parsed."""
    converter.coursedir.get_existing_timestamp = _claimed


def _claimed(folder: str) -> datetime | None:
    claimed = lateness.claimed(Path(folder))
    return claimed and claimed.replace(tzinfo=None)
