"""Compute late penalties with the plug-in that the configuration names: the course's own rule, or another."""

from __future__ import annotations

import sys
from math import isfinite

from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.i18n import _


class Penalties:
    """The late-penalty plug-in of a course. Raises `Refusal` if it can't be loaded.

    Like nbgrader, it finds a module beside the configuration file.
    """

    def __init__(self, course: Course, config: Config) -> None:
        self._course = course
        self._name = str(config.AssignLatePenalties.get("plugin_class", "LateSubmissionPlugin"))
        if str(course.root) not in sys.path:
            sys.path.append(str(course.root))
        try:
            assigner = AssignLatePenalties(config=config)
            assigner.init_plugin()
        except Exception as error:  # importing somebody's module may raise anything
            raise self._refusal(error) from None
        self._plugin = assigner.plugin_inst

    def cost(self, student: str, score: float, seconds_late: float) -> float | None:
        """The points of `score` that lateness costs; None if it costs nothing.

        Raises `Refusal` if the plug-in fails or returns no number.
        """
        try:
            penalty = self._plugin.late_submission_penalty(student, score, seconds_late)
            points = None if penalty is None else float(penalty)
        except Exception as error:
            raise self._refusal(error, student) from None
        if points is None:
            return None
        if not isfinite(points):
            raise self._refusal(ValueError(f"{points} points"), student)
        return min(max(points, 0.0), score)

    def _refusal(self, error: Exception, student: str = "") -> Refusal:
        reason = f"{type(error).__name__}: {error.__cause__ or error}"
        if not student:
            what = _("{path}: c.AssignLatePenalties.plugin_class {name} can't be used ({reason}); mend it")
            return Refusal(what.format(path=self._course.config, name=self._name, reason=reason))
        what = _(
            "{path}: the late-penalty plug-in {name} fails for {student} ({reason}); mend it, and grade "
            "again: what was graded is kept"
        )
        return Refusal(what.format(path=self._course.config, name=self._name, student=student, reason=reason))
