"""Report what `nbgrader zip_collect` collected: a table by student at the end, and a log file."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from torchaula.classroom.intake import roster
from torchaula.classroom.intake.collector import MoodleCollector
from torchaula.classroom.intake.moodle import worksheet
from torchaula.course.layout import Course
from torchaula.files import private
from torchaula.i18n import _
from torchaula.printing import printable, shortened
from torchaula.report import collected_table

LINE_COLUMNS = 2000  # most columns of a line of the log


class _Lines(logging.Formatter):
    """Formats each message as one line, whatever characters the names in it have."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name for it
        return shortened(printable(super().formatMessage(record)), LINE_COLUMNS)


class ClassCollector(MoodleCollector):
    """Collects like `MoodleCollector`, and prints a table at the end."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._collect_all = self.parent.process_extracted_files
        self.parent.process_extracted_files = self._collect_and_show
        self._log_path = self._log_to_file()

    def _log_to_file(self) -> Path | None:
        """Send all messages but errors to a file, and return its path; None if it can't be written."""
        here = self.parent.coursedir
        path = Path(here.root).resolve() / ".torchaula" / "logs" / f"zip_collect-{here.assignment_id}.log"
        try:
            private(path.parent)
            private(Path(here.root).resolve() / here.submitted_directory)
            path.unlink(missing_ok=True)
            # traitlets closes this logger's handlers when an earlier application is garbage-collected. A
            # closed handler opens its file again in mode "a", and drops every message in mode "w".
            file = logging.FileHandler(path, mode="a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            self.log.warning("%s: %s", path, error.strerror)
            return None
        file.setFormatter(_Lines("%(asctime)s %(levelname)s %(message)s"))
        for handler in self.log.handlers if self.parent.log_level > logging.DEBUG else ():
            handler.setLevel(max(handler.level, logging.ERROR))
        self.log.addHandler(file)
        return path

    def _collect_and_show(self) -> None:
        self._collect_all()
        archive = self._folder("archive")
        if not archive.is_dir():
            self.log.error(_("%s: not there; put the platform's zip in it, and its table of grades"), archive)
            return
        found, course = self.look(), Course(Path(self.parent.coursedir.root).resolve())
        zone = worksheet.zone(self.timezone)
        rows = collected_table.of(found, roster.load(course), course, self.assignment, zone)
        collected_table.show(list(rows), self._log_path)
