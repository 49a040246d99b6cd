"""The page that a learner reads after grading: nbgrader's own, in Spanish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbgrader
from nbconvert.exporters import HTMLExporter

OURS = Path(__file__).parent / "templates"
FORMGRADER = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader"
THEIRS = FORMGRADER / "templates"
STYLES = FORMGRADER / "static" / "node_modules" / "bootstrap" / "dist" / "css"


class FeedbackExporter(HTMLExporter):
    """Makes a feedback page; `nbgrader_config.py` names it."""

    def __init__(self, **options: Any) -> None:
        # As arguments: nbgrader's converter configures every HTML exporter with its own template.
        super().__init__(  # type: ignore[no-untyped-call]
            **options,
            template_name="feedback_es",
            extra_template_basedirs=[str(OURS)],
            extra_template_paths=[str(THEIRS), str(STYLES)],
            language_code="es",
        )
