"""Describe an assignment as graded: notebook, limits, known answers, and digests to detect stale results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from functools import cache, cached_property
from importlib.metadata import version
from math import inf
from pathlib import Path
from platform import python_version

import msgspec
from nbformat import NotebookNode
from traitlets.config import Config

from torchaula import __version__, digests
from torchaula.classroom.batch import review
from torchaula.classroom.batch.records import Record
from torchaula.classroom.gradebook.seeding import FROM_PUBLISHED, Seed
from torchaula.course import answers, converters, notebook, structure
from torchaula.course.layout import Course
from torchaula.course.markers import Markers
from torchaula.course.notebook import Cell, Exercise, Notebook
from torchaula.course.rebuilding import instructor
from torchaula.course.rebuilding.instructor import Instructor
from torchaula.course.rebuilding.rebuild import rebuild
from torchaula.course.rebuilding.work import Work
from torchaula.digests import digest
from torchaula.errors import Refusal
from torchaula.files import unfinished
from torchaula.grading.trusted import client, confinement
from torchaula.grading.trusted.jobs import Assigned, Job, Mistake, Result
from torchaula.grading.wire.limits import Limits
from torchaula.i18n import _

CONFIGURABLE = ("cell_seconds", "cells_seconds", "cpu_seconds", "wall_seconds")
RUN = ("setup", "solution", "graded", "manual", "free")  # the kinds of cells that verdicts depend on
# Other versions of these could give other verdicts.
DECIDING = ("torch", "numpy", "scikit-learn", "ipython", "msgspec")
# The parts of this package that verdicts depend on.
GRADES = (
    *("checks", "grading", "course/rebuilding"),
    *("course/constructs.py", "course/magics.py", "course/markers.py", "course/notebook.py"),
    "course/pictures.py",
    *("findings.py", "source_text.py"),
)
WRITES = ("classroom",)  # the parts that graded copies and points depend on too


@dataclass(frozen=True)
class Assignment:
    """An assignment as graded now. `is_confined` says whether a sandbox confines student code.

    Its `seed` is the published one until `with_seed` sets the one in force.
    """

    course: Course
    node: NotebookNode
    source: Notebook
    limits: Limits
    is_confined: bool
    markers: Markers
    seed: Seed = FROM_PUBLISHED

    def with_seed(self, seed: Seed) -> Assignment:
        """A copy whose hidden cells draw their inputs from another seed."""
        return replaced(self, seed=seed)

    @property
    def name(self) -> str:
        return self.source.assignment

    @cached_property
    def instructor(self) -> Instructor:
        """The instructor's cells, to which submissions are compared."""
        return instructor.of(self.node, self.markers)

    @cached_property
    def mistakes(self) -> dict[str, list[Mistake]]:
        """The known wrong answers, by exercise. Raises `Refusal` where an answers file is malformed."""
        return {
            name: [
                Mistake(a.sentence, a.source, tuple(sorted(a.fails)), a.needs)
                for a in answers.load(self.course, self.name, each)
                if a.fails
            ]
            for name, each in self.source.exercises.items()
            if answers.path(self.course, self.name, name).exists()
        }

    @cached_property
    def support(self) -> dict[Path, Path]:
        """The files beside the notebook that learners receive too, by relative path."""
        folder = self.course.source / self.name
        found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".ipynb")
        return {path.relative_to(folder): path for path in found}

    @cached_property
    def assigned(self) -> bytes:
        """What a worker must know about the assignment, encoded once for a whole class."""
        seed = self.seed.secret
        made = Assigned(self.source, self.limits, self.is_confined, seed, self.mistakes, self.keys)
        return msgspec.msgpack.encode(made)

    def rebuilt(self, work: Work) -> NotebookNode:
        """The notebook to grade: the instructor's, with a learner's work in it."""
        return rebuild(self.node, work, self.markers)

    def job(self, rebuilt: NotebookNode, only: Sequence[str] | None = None) -> Job:
        """The job of grading a submission; `only` are the exercises to grade."""
        cells = msgspec.msgpack.encode(notebook.parse(rebuilt, self.name))
        return Job(self.assigned, cells, None if only is None else list(only))

    def trial(self, only: Sequence[str]) -> Job:
        """The job of trying the tests of some exercises."""
        return Job(self.assigned, only=list(only), is_trial=True)

    def record(self, result: Result, work: Work, submission: str, released: str) -> Record:
        """The record of a submission that was graded just now; its file is known by a digest."""
        found = review.of(work, self.instructor)
        return Record(
            result,
            found.names,
            submission,
            work.digest,
            self.keys,
            reached=found.solutions,
            version=__version__,
            released=released,
        )

    def lacking(self, result: Result) -> str:
        """Say which graded cells a result has no verdict for; empty if none."""
        cells = [cell for cell in self.source.automatic if cell not in result.verdicts]
        return _("no verdict for {cells}: grade again").format(cells=", ".join(cells)) if cells else ""

    @cached_property
    def keys(self) -> dict[str, str]:
        """By exercise, a digest of everything but the submission that its verdicts and diagnoses depend on.

        Points, prose and other exercises are not part of it.
        """
        order = [(cell.id, cell.kind) for cell in self.source.cells if cell.kind in RUN]
        own = {cell.id for each in self.source.exercises.values() for cell in _cells(each)}
        shared = [(c.id, c.source) for c in self.source.cells if c.kind in RUN and c.id not in own]
        files = [(str(place), path.read_bytes()) for place, path in self.support.items()]
        base = digest(
            [order, shared, files, graded_with(), self.limits, self.is_confined, self.seed.fingerprint]
        )
        return {
            name: digest([base, [(c.id, c.source) for c in _cells(each)], self.mistakes.get(name, [])])
            for name, each in self.source.exercises.items()
        }

    @cached_property
    def soundness(self) -> dict[str, str]:
        """By exercise, a digest of everything that decides whether its tests are sound."""
        exercises = self.source.exercises.items()
        points = {name: [cell.points for cell in each.graded] for name, each in exercises}
        return {name: digest([key, points[name], self.markers]) for name, key in self.keys.items()}

    @cached_property
    def shown(self) -> str:
        """A digest of what a feedback page shows of the notebook: all but the texts of tests."""
        cells = self.source.cells
        texts = [(c.id, c.kind, c.points, "" if c.kind == "graded" else c.source) for c in cells]
        return digest([texts, self.markers])

    @cached_property
    def presented(self) -> str:
        """A digest of what, beside the verdicts, graded copy and points depend on."""
        return digest([notebook.text(self.node), self.keys, self.markers, digests.code(*WRITES)])


def _cells(exercise: Exercise) -> tuple[Cell, ...]:
    return exercise.solution, *exercise.graded


@cache
def _installed() -> list[str]:
    """The versions of the deciding libraries, looked up once a process."""
    return [version(name) for name in DECIDING]


def graded_with() -> list[str]:
    """The versions of everything that grades: Python, our own code, and the deciding libraries."""
    return [python_version(), digests.code(*GRADES), *_installed()]


def load(course: Course, name: str, unsafe: bool = False, settings: Config | None = None) -> Assignment:
    """Load an assignment of a course.

    Raises `Refusal` if it can't be read, its form can't be graded, or no sandbox confines student code.

    With `unsafe`, or the course's `c.Grade.unsafe_no_sandbox`, it goes on without a sandbox: then student
    code can do whatever the caller can. `settings` is the course's configuration, if it is loaded already.
    """
    settings = converters.config(course) if settings is None else settings
    limits = limits_of({field: settings.Grade[field] for field in CONFIGURABLE if field in settings.Grade})
    unsafe = unsafe or bool(settings.Grade.get("unsafe_no_sandbox", False))
    made = make(course, course.notebook(name), limits, unsafe, settings)
    structure.require_sound(course.notebook(name), made.node, made.source)
    return made


def limits_of(chosen: Mapping[str, object]) -> Limits:
    """The limits that a course sets. Raises `Refusal` if one is not a positive, finite number of seconds."""
    for field, seconds in chosen.items():
        if type(seconds) not in (int, float) or not 0 < seconds < inf:  # type: ignore[operator]
            raise Refusal(
                _("nbgrader_config.py: c.Grade.{field} = {value!r}: give a number of seconds above 0").format(
                    field=field, value=seconds
                )
            )
    return msgspec.convert(chosen, Limits)


def make(
    course: Course, path: Path, limits: Limits, unsafe: bool, settings: Config | None = None
) -> Assignment:
    """Make the assignment from the notebook at `path`. Raises `Refusal` like `load`."""
    if not unsafe:
        client.require_confinement()
        confinement.require_hidden(course.root)
    node = notebook.read(path)
    markers = converters.markers(converters.config(course) if settings is None else settings)
    return Assignment(course, node, notebook.parse(node, path.stem, markers), limits, not unsafe, markers)


def leftovers(course: Course) -> Iterator[Path]:
    """Unfinished files that an interrupted worker has left."""
    return unfinished(course.evidence)
