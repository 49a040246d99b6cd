"""Old names: an instructor's own copy of `nbgrader_config.py` goes on working."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from traitlets.utils.importstring import import_item

from tests import mini
from torchaula import moved

NAMES = {  # as earlier versions of the configuration had them, and where they are now
    "torchaula.classroom.archives.Extractor": "torchaula.plugins.extract.Extractor",
    "torchaula.classroom.lateness.LateWork": "torchaula.plugins.late_work.LateWork",
    "torchaula.classroom.moodle.MoodleCollector": "torchaula.classroom.intake.collector.MoodleCollector",
    "torchaula.classroom.nbgrader_guard.CourseKernelManager": "torchaula.plugins.guard.CourseKernelManager",
    "torchaula.classroom.nbgrader_guard.SourceExporter": "torchaula.plugins.guard.SourceExporter",
    "torchaula.classroom.nbgrader_preprocessors.Grade": "torchaula.plugins.autograde.Grade",
    "torchaula.classroom.nbgrader_preprocessors.LeaveOutForeignFiles": (
        "torchaula.plugins.autograde.LeaveOutForeignFiles"
    ),
    "torchaula.classroom.nbgrader_preprocessors.NoteArrival": "torchaula.plugins.autograde.NoteArrival",
    "torchaula.classroom.nbgrader_preprocessors.NotePenalty": "torchaula.plugins.autograde.NotePenalty",
    "torchaula.classroom.nbgrader_preprocessors.SubmissionExporter": (
        "torchaula.plugins.autograde.SubmissionExporter"
    ),
    "torchaula.classroom.release_feedback.ReleaseFeedback": (
        "torchaula.plugins.release_feedback.ReleaseFeedback"
    ),
    "torchaula.grading.nbgrader_preprocessors.Grade": "torchaula.plugins.autograde.Grade",
    "torchaula.report.collected.ClassCollector": "torchaula.plugins.collect.ClassCollector",
    "torchaula.report.export.CsvExport": "torchaula.plugins.export.CsvExport",
    "torchaula.report.feedback.FeedbackExporter": "torchaula.plugins.feedback.FeedbackExporter",
    "torchaula.report.feedback.GetGrades": "torchaula.plugins.feedback.GetGrades",
    "torchaula.report.highlight.filtered": "torchaula.plugins.highlight.filtered",
}


@pytest.mark.parametrize("old", NAMES)
def test_old_name_is_the_same_class(old: str) -> None:
    """nbgrader looks names up as traitlets does, and finds what it found before."""
    assert import_item(old) is import_item(NAMES[old])


def test_each_old_module_has_a_new_one() -> None:
    """No entry leads nowhere, and none hides a module that is there."""
    for old, new in moved.MOVED.items():
        assert import_module(new).__name__ == new
        assert "Moved" in type(import_module(old).__spec__.loader).__name__  # type: ignore[union-attr]


def test_configuration_names_plug_ins_alone() -> None:
    """Each dotted name of ours in the shipped configuration leads to `torchaula.plugins`."""
    text = (mini.ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    names = re.findall(r"torchaula(?:\.\w+)+", text)

    assert len(names) >= 8
    assert all(name.startswith("torchaula.plugins.") for name in names), names
