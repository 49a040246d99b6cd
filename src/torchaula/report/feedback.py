"""The page that a learner reads after grading: nbgrader's own, in Spanish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbgrader
from nbconvert.exporters import HTMLExporter

OURS = Path(__file__).parent / "templates"
THEIRS = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"


class FeedbackExporter(HTMLExporter):
    """Makes a feedback page; `nbgrader_config.py` names it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.extra_template_basedirs = [str(OURS), str(THEIRS)]
        self.template_name = "feedback_es"
