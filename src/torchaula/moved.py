"""Keep old module names working, because a course's copy of `nbgrader_config.py` may use them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "torchaula.classroom.archives": "torchaula.plugins.extract",
    "torchaula.classroom.lateness": "torchaula.plugins.late_work",
    "torchaula.classroom.moodle": "torchaula.classroom.intake.collector",
    "torchaula.classroom.nbgrader_guard": "torchaula.plugins.guard",
    "torchaula.classroom.nbgrader_preprocessors": "torchaula.plugins.autograde",
    "torchaula.classroom.release_feedback": "torchaula.plugins.release_feedback",
    "torchaula.grading.archives": "torchaula.plugins.extract",
    "torchaula.grading.lateness": "torchaula.plugins.late_work",
    "torchaula.grading.moodle": "torchaula.classroom.intake.collector",
    "torchaula.grading.nbgrader_guard": "torchaula.plugins.guard",
    "torchaula.grading.nbgrader_preprocessors": "torchaula.plugins.autograde",
    "torchaula.report.collected": "torchaula.plugins.collect",
    "torchaula.report.export": "torchaula.plugins.export",
    "torchaula.report.feedback": "torchaula.plugins.feedback",
    "torchaula.report.highlight": "torchaula.plugins.highlight",
}


class Moved(MetaPathFinder, Loader):
    """Imports a moved module under its old name, with the content of the new one."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        new = vars(import_module(MOVED[module.__name__]))
        vars(module).update({name: value for name, value in new.items() if not name.startswith("__")})


def install() -> None:
    """Look up old names after Python's own finders."""
    sys.meta_path.append(Moved())
