"""Run nbgrader's own converters in this process, with the course's configuration."""

from __future__ import annotations

import logging
import re
import warnings
from dataclasses import dataclass

from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning
from nbgrader.converters import BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions, InstantiateTests
from nbgrader.utils import capture_log
from sqlalchemy.exc import SAWarning
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from torchaula.course import notebook
from torchaula.course.address import Address, parse
from torchaula.course.layout import Course
from torchaula.course.markers import Markers
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.i18n import _

LOCKED_SECONDS = 60  # how long to wait for a gradebook that another program is writing to


@dataclass(frozen=True)
class Run:
    """How one run of a converter ended: `error` is a traceback, empty on success."""

    log: str
    error: str = ""

    @property
    def reason(self) -> str:
        """What went wrong, in one line: the last exception in the log that tells the cause."""
        ours = re.findall(r"^ *torchaula\.[\w.]+: (.+)$", self.log, re.M)  # our own errors need no others
        told = re.findall(r"^ *(?:[\w.]+\.)?(\w+(?:Error|Exception|Died|Interrupt)\w*: .+)$", self.log, re.M)
        told = [line for line in told if "Notebook failed to validate" not in line]  # its cause is above
        lines = ours or told or self.error.strip().splitlines() or [""]
        return lines[-1]


def config(course: Course) -> Config:
    """The course's `nbgrader_config.py`. Raises `Refusal` where it doesn't load."""
    try:
        loaded: Config = PyFileConfigLoader(course.config.name, path=str(course.root)).load_config()
        return loaded
    except Exception as error:
        raise Refusal(
            _("{path}: does not load ({reason}); mend it").format(path=course.config, reason=error)
        ) from None


def markers(settings: Config) -> Markers:
    """The delimiters and stubs that nbgrader uses to release a notebook."""
    solutions, tests = ClearSolutions(config=settings), ClearHiddenTests(config=settings)
    schemes, generated = ClearMarkScheme(config=settings), InstantiateTests(config=settings)
    return Markers(
        solution=(solutions.begin_solution_delimeter, solutions.end_solution_delimeter),
        hidden=(tests.begin_test_delimeter, tests.end_test_delimeter),
        scheme=(schemes.begin_mark_scheme_delimeter, schemes.end_mark_scheme_delimeter),
        code_stub=solutions.code_stub.get("python", ""),
        text_stub=solutions.text_stub,
        autotest=generated.autotest_delimiter,
    )


def source(course: Course, assignment: str) -> Notebook:
    """The instructor's notebook of an assignment, read with the course's markers.

    Raises `Refusal` where there is none that can be read.
    """
    return notebook.load(course.notebook(assignment), markers(config(course)))


def address(course: Course, settings: Config | None = None) -> Address:
    """The gradebook's address, with a limit of how long to wait for other writers.

    `settings` is the course's configuration, if it is loaded already: loading it takes milliseconds. Raises
    `Refusal` where the configuration has no address.
    """
    settings = config(course) if settings is None else settings
    url = str(settings.CourseDirectory.get("db_url", f"sqlite:///{course.gradebook}"))
    return parse(url, course.config).patient(LOCKED_SECONDS)


def run(
    kind: type[BaseConverter],
    course: Course,
    assignment: str,
    student: str = ".",
    settings: Config | None = None,
) -> Run:
    """Convert one assignment of one student, replacing what an earlier run wrote.

    `settings` override the course's own configuration.
    """
    chosen = config(course)
    chosen.merge(settings or Config())
    chosen.CourseDirectory.db_url = address(course, chosen).full
    where = CourseDirectory(
        config=chosen, root=str(course.root), assignment_id=assignment, student_id=student
    )
    converter = kind(coursedir=where, config=chosen)
    converter.force = True
    # Without an application, a converter logs to this logger; none of that should appear on the screen.
    logging.getLogger("traitlets").setLevel(logging.INFO)
    with warnings.catch_warnings():
        # nbgrader's queries are right but use outdated calls, which we can't change.
        warnings.simplefilter("ignore", SAWarning)
        # A submission may lack ids or have one twice; the graded copy gets new ones.
        warnings.simplefilter("ignore", MissingIDFieldWarning)
        warnings.simplefilter("ignore", DuplicateCellId)
        result = capture_log(converter)
    return Run(result.get("log", ""), result.get("error", ""))
