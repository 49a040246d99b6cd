"""Everything but a submission that its verdicts hang on: the tests, their limits, this very code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as replaced
from functools import cached_property
from importlib.metadata import version
from math import inf
from pathlib import Path
from platform import python_version

import msgspec
from msgspec.structs import replace
from nbformat import NotebookNode
from traitlets.config import Config

from torchaula.classroom.seeding import FROM_PUBLISHED, Seed
from torchaula.course import converters, notebook, structure
from torchaula.course.files import unfinished
from torchaula.course.layout import Course
from torchaula.course.markers import Markers
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.grading import client, sandbox
from torchaula.grading.digests import digest, package_digest
from torchaula.grading.jobs import Job, Result
from torchaula.grading.limits import Limits
from torchaula.i18n import _

CONFIGURABLE = ("cell_seconds", "cells_seconds", "cpu_seconds", "wall_seconds")
RUN = ("setup", "solution", "graded", "manual", "free")  # the kinds of cells that verdicts hang on
DECIDING = ("torch", "numpy", "ipython", "msgspec")  # other versions of these could give other verdicts


@dataclass(frozen=True)
class Assignment:
    """An assignment as it is graded now. `bwrap` is what confines student code; empty: nothing does.

    Its `seed` is the published one until the gradebook was asked which is in force.
    """

    course: Course
    node: NotebookNode
    source: Notebook
    limits: Limits
    bwrap: str
    markers: Markers
    seed: Seed = FROM_PUBLISHED

    def with_seed(self, seed: Seed) -> Assignment:
        """The same, whose hidden cells take their inputs from another seed."""
        return replaced(self, seed=seed)

    @property
    def name(self) -> str:
        return self.source.assignment

    @cached_property
    def answers(self) -> dict[str, str]:
        """The texts of the known answers, by exercise."""
        known = sorted((self.course.answers / self.name).glob("*.py"))
        return {file.stem: file.read_text("utf-8") for file in known}

    @cached_property
    def support(self) -> dict[Path, Path]:
        """The files beside the notebook that learners receive too, by their place."""
        folder = self.course.source / self.name
        found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".ipynb")
        return {path.relative_to(folder): path for path in found}

    @cached_property
    def text(self) -> str:
        """The instructor's notebook, as a file holds it."""
        return notebook.text(self.node)

    def job(self, submitted: bytes) -> Job:
        """What to ask a worker about a submission."""
        kept = str(_kept(self.course) / self.name)
        return Job(
            self.name,
            self.text,
            submitted,
            self.bwrap,
            self.limits,
            self.answers,
            kept,
            self.markers,
            secret=self.seed.secret,
        )

    def trial(self) -> Job:
        """What to ask a worker about the tests themselves."""
        return replace(self.job(b""), is_trial=True)

    def lacking(self, result: Result) -> str:
        """What to say of a result without a verdict for each cell that a test gives points for."""
        cells = [cell for cell in self.source.automatic if cell not in result.verdicts]
        return _("no verdict for {cells}: grade again").format(cells=", ".join(cells)) if cells else ""

    @cached_property
    def soundness(self) -> str:
        """A digest of all that it hangs on whether the tests can be relied on."""
        code = [(c.id, c.kind, c.points, c.source) for c in self.source.cells if c.kind in RUN]
        files = [(str(place), path.read_bytes()) for place, path in self.support.items()]
        seed = self.seed.fingerprint
        return digest([code, files, made_with(), self.limits, self.bwrap, self.markers, seed])

    @cached_property
    def digest(self) -> str:
        """Of all that verdicts and diagnoses hang on. Points and prose are no part of it."""
        code = [(c.id, c.kind, c.source) for c in self.source.cells if c.kind in RUN]
        files = [(str(place), path.read_bytes()) for place, path in self.support.items()]
        seed = self.seed.fingerprint
        return digest([code, files, self.answers, made_with(), self.limits, bool(self.bwrap), seed])

    @cached_property
    def presented(self) -> str:
        """A digest of all that the graded copy and the points hang on beside the verdicts."""
        return digest([self.text, self.digest, self.markers])


def made_with() -> list[str]:
    """What grades: this package, and all whose other versions could give other verdicts."""
    return [python_version(), package_digest(), *map(version, DECIDING)]


def load(course: Course, name: str, unsafe: bool = False, settings: Config | None = None) -> Assignment:
    """An assignment of a course.

    Raises `Refusal` where it can't be read, has no form that can be graded, or nothing confines student code.

    `unsafe` goes on where no sandbox works, with student code that can do whatever the caller can; so
    does the course's `c.Grade.unsafe_no_sandbox`. `settings` are the course's configuration, if at hand.
    """
    settings = converters.config(course) if settings is None else settings
    limits = limits_of({field: settings.Grade[field] for field in CONFIGURABLE if field in settings.Grade})
    unsafe = unsafe or bool(settings.Grade.get("unsafe_no_sandbox", False))
    made = make(course, course.notebook(name), limits, unsafe, settings)
    structure.require_sound(course.notebook(name), made.node, made.source)
    return made


def limits_of(chosen: Mapping[str, object]) -> Limits:
    """The limits that a course sets. Raises `Refusal` where one is no time that anything takes."""
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
    """The assignment whose notebook stands at `path`. Raises `Refusal` like `load`."""
    if bwrap := client.confinement(unsafe):
        sandbox.require_hidden(course.root)
    node = notebook.read(path)
    markers = converters.markers(converters.config(course) if settings is None else settings)
    return Assignment(course, node, notebook.parse(node, path.stem, markers), limits, bwrap, markers)


def _kept(course: Course) -> Path:
    """Where workers keep what known answers do."""
    return course.state / "diagnosis"


def leftovers(course: Course) -> Iterator[Path]:
    """What a worker that was cut off has left half written."""
    return unfinished(_kept(course))
