"""Replace parts of `nbgrader autograde` with the course's own; `nbgrader_config.py` names these classes.

Only the solutions of a submission are used: its other cells, files and metadata are ignored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace
from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_locked
from traitlets import Bool, Float

from torchaula import origin
from torchaula.classroom.batch import assignments, records
from torchaula.classroom.batch.assignments import Assignment
from torchaula.classroom.batch.graded_copy import outputs_of
from torchaula.classroom.gradebook import lateness, ledger, seeding
from torchaula.classroom.intake import exchange_files, received
from torchaula.course import converters, notebook
from torchaula.course.layout import Course
from torchaula.course.rebuilding import instructor
from torchaula.course.rebuilding.rebuild import grade_id, rebuild, sort
from torchaula.course.rebuilding.submitted import digest_of, load, read
from torchaula.course.rebuilding.work import Work
from torchaula.grading.trusted import client
from torchaula.grading.wire.limits import Limits
from torchaula.plugins.guard import (
    guard_grading,
    let_no_timestamp_end_it,
    not_told,
    tell_refusals_in_one_line,
)
from torchaula.printing import printable

Resources = dict[str, Any]


def converter_of(preprocessor: Preprocessor) -> Any:
    """The converter that runs a preprocessor: the parent of its exporter."""
    exporter = preprocessor.parent
    return exporter.parent if exporter else None


def instructor_notebook(converter: Any, resources: Resources) -> Path:
    """The notebook in `source/` that belongs to a submitted one."""
    here, name = converter.coursedir, resources["nbgrader"]
    folder = here.format_path(here.source_directory, ".", name["assignment"])
    return Path(folder) / f"{name['notebook']}.ipynb"


class SubmissionExporter(NotebookExporter):
    """Reads a submission for `nbgrader autograde`, whatever its state: see `submitted`, `rebuild`.

    `work` is what the learner wrote in the submission that was read last.
    """

    work: Work | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        if self.parent is not None:
            tell_refusals_in_one_line(self.parent.log)
            guard_grading(self.parent)
            let_no_timestamp_end_it(self.parent)

    def from_filename(
        self, filename: str, resources: Resources | None = None, **options: Any
    ) -> tuple[Any, Resources]:
        converter = self.parent
        if resources is None or not getattr(converter, "_sanitizing", False):  # the graded copy
            read_as_usual: tuple[Any, Resources] = super().from_filename(filename, resources, **options)
            return read_as_usual
        source = notebook.read(instructor_notebook(converter, resources))
        markers = converters.markers(self.config)
        self.work = sort(instructor.of(source, markers), read(load(Path(filename)))).work
        node = rebuild(source, self.work, markers)
        made: tuple[Any, Resources] = self.from_notebook_node(node, resources, **options)  # type: ignore[no-untyped-call]
        return made


class LeaveOutForeignFiles(NbGraderPreprocessor):  # type: ignore[misc]
    """Removes files from the graded copy that are neither the instructor's nor the exchange's.

    The submitted folder keeps them.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        source = instructor_notebook(converter_of(self), resources).parent
        here, name = converter_of(self).coursedir, resources["nbgrader"]
        graded = Path(here.format_path(here.autograded_directory, name["student"], name["assignment"]))
        for path in foreign_files(graded, source):
            self.log.warning("Left out of what is graded: %s", printable(path.name))
            path.unlink()
        exchange_files.put(graded, exchange_files.kept(_handed_in(converter_of(self), resources).parent))
        return nb, resources


def foreign_files(folder: Path, source: Path) -> list[Path]:
    """The files and links in a student's folder that the instructor's folder doesn't have.

    Notebooks, and the files that nbgrader itself writes beside a submission, are not foreign.
    """
    expected = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    expected |= set(map(Path, exchange_files.NAMES))
    found = (path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir())
    return [path for path in found if path.relative_to(folder) not in expected and path.suffix != ".ipynb"]


class Grade(NbGraderPreprocessor):  # type: ignore[misc]
    """Replaces nbgrader's `Execute`: our engine runs and judges the notebook.

    Verdicts become outputs, which nbgrader reads as points: an error output, or none.
    """

    unsafe_no_sandbox = Bool(False, help="Run student code unconfined, able to do whatever you can").tag(
        config=True
    )
    cell_seconds = Float(Limits().cell_seconds, help="CPU seconds for one of a learner's own cells").tag(
        config=True
    )
    cells_seconds = Float(Limits().cells_seconds, help="CPU seconds for all of them").tag(config=True)
    cpu_seconds = Float(Limits().cpu_seconds, help="CPU seconds for a whole submission").tag(config=True)
    wall_seconds = Float(Limits().wall_seconds, help="The same on the clock").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        name, path = resources["nbgrader"], instructor_notebook(converter_of(self), resources)
        course = Course(Path(converter_of(self).coursedir.root).resolve())
        with Gradebook(name["db_url"]) as book:
            seed = seeding.require_asked(course, book, name["assignment"])
            ledger.fill_extension_row(book, name["assignment"], name["student"])
        records.forget(course, name["assignment"], name["student"])
        limits = assignments.limits_of({each: getattr(self, each) for each in assignments.CONFIGURABLE})
        made = assignments.make(course, path, limits, self.unsafe_no_sandbox, self.config)
        assignment = made.with_seed(seed)
        _require_same_cells(nb, assignment.node, path)
        work = self._work(nb, assignment)
        result = client.shared(course.evidence).grade(assignment.job(assignment.rebuilt(work)))
        if lacking := assignment.lacking(result):
            raise client.GradingFailed(lacking)
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = outputs_of(cell, result)
        content = load(_handed_in(converter_of(self), resources))
        record = assignment.record(result, work, digest_of(content), origin.version_of(content))
        place = records.path(course, name["assignment"], name["student"])
        records.save(place, replace(record, shown=assignment.shown))
        return nb, resources

    def _work(self, nb: NotebookNode, assignment: Assignment) -> Work:
        """What the learner wrote, as our exporter read it; another exporter leaves it to be read again."""
        known = getattr(self.parent, "work", None)
        return known or sort(assignment.instructor, read(notebook.text(nb).encode())).work


class NoteArrival(NbGraderPreprocessor):  # type: ignore[misc]
    """Writes the deadline to the gradebook, and when a submission arrived, if a trusted source says so.

    This replaces the time that nbgrader has read from the submission's own `timestamp.txt`.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        name, path = resources["nbgrader"], _handed_in(converter_of(self), resources)
        assignment, student = name["assignment"], name["student"]
        course = Course(Path(converter_of(self).coursedir.root).resolve())
        rule, times = lateness.rule(course, self.config), received.times(received.load(course, assignment))
        arrived = lateness.arrival(rule, times.get((student, digest_of(load(path)))), path.parent).time
        with Gradebook(name["db_url"]) as book:
            submission = book.find_submission(assignment, student)
            submission.timestamp = arrived and arrived.replace(tzinfo=None)
            noted = submission.assignment.duedate
            submission.assignment.duedate = lateness.in_force(rule, course, assignment, noted)
            book.db.commit()
        lateness.tell(rule, course, assignment)
        return nb, resources


class NotePenalty(NbGraderPreprocessor):  # type: ignore[misc]
    """Records the late penalty and the points it was computed from, to detect a changed late rule."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        name = resources["nbgrader"]
        course = Course(Path(converter_of(self).coursedir.root).resolve())
        if record := records.load(course, name["assignment"], name["student"]):
            late = ledger.lateness_of(name["db_url"], name["assignment"], name["student"])
            place = records.path(course, name["assignment"], name["student"])
            records.save(place, replace(record, late=late))
        return nb, resources


def _handed_in(converter: Any, resources: Resources) -> Path:
    """The submitted file."""
    here, name = converter.coursedir, resources["nbgrader"]
    folder = here.format_path(here.submitted_directory, name["student"], name["assignment"])
    return Path(folder, f"{name['notebook']}.ipynb")


def _require_same_cells(nb: NotebookNode, source: NotebookNode, path: Path) -> None:
    """Raise `Refusal` if the cells that nbgrader restored differ from those in `source/`."""
    recorded, current = _locked(nb), _locked(source)
    if changed := [name for name in {**recorded, **current} if recorded.get(name) != current.get(name)]:
        raise not_told(path, changed)


def _locked(nb: NotebookNode) -> dict[str, tuple[str, float]]:
    """Text and points of the code cells that learners can't change, by name.

    nbgrader stores only these, and removes the names of cells that it doesn't store.
    """
    cells = (c for c in nb.cells if c.cell_type == "code" and grade_id(c) and is_locked(c))
    return {grade_id(cell): (cell.source, float(cell.metadata.nbgrader.get("points", 0))) for cell in cells}
