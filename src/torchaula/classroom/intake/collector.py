"""Collect a learning platform's download of all submissions for `nbgrader zip_collect`.

The platform's table, put beside the zip, distinguishes people of the same name. Moodle's says when they
handed in, too: the times in a zip are those of the download. The register (`received`) says what was not
collected, and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nbgrader.plugins import FileNameCollectorPlugin
from traitlets import Unicode

from torchaula.classroom.intake import named, packed, received, roster, tables, uploads
from torchaula.classroom.intake.blackboard import entries as blackboard
from torchaula.classroom.intake.canvas import entries as canvas
from torchaula.classroom.intake.choosing import Download, Findings, settle
from torchaula.classroom.intake.moodle import worksheet
from torchaula.classroom.intake.place import Locate, Platform
from torchaula.classroom.intake.tables import Tables
from torchaula.classroom.intake.uploads import Upload, printable
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.i18n import _


class DownloadCollector(FileNameCollectorPlugin):  # type: ignore[misc]
    """Collects each student's newest notebook from any number of a platform's downloads of an assignment.

    The platform's times decide which is newest, or its count of what it receives. Without them, a download
    that has a worksheet of its own name is preferred, then the latest download. `named_regexp`, if set, finds
    the student of files that Moodle or Gradescope didn't name.
    """

    timezone: Any = "UTC"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.findings: Findings | None = None
        self._told: dict[Path, dict[str, str]] = {}

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """The student and file of a path, as zip_collect expects them; None if it isn't collected.

        Ends the command if students.csv or the configuration can't be used.
        """
        self.look()
        return self._told.get(Path(submitted_file))

    def look(self) -> Findings:
        """Examine all downloads, once per run, and write the register.

        Ends the command like `collect`.
        """
        if self.findings is None:
            try:
                self.findings = self._look()
            except Refusal as error:
                self.parent.fail("%s", error)
                raise
        return self.findings

    def _look(self) -> Findings:
        course, assignment = Course(Path(self.parent.coursedir.root).resolve()), self.assignment
        named.require_pattern(self.named_regexp, course.config)
        zone, students = worksheet.zone(self.timezone), roster.load(course)
        known = tables.read(self._folder("archive"), zone, self.log)
        extractor = getattr(self.parent, "extractor_plugin_inst", None)
        failed: dict[Path, str] = getattr(extractor, "failed", {})
        handed_in, strangers = uploads.find(self._folder("extracted"), failed, self._platforms(known, zone))
        known.gradescope |= tables.read_gradescope(strangers, self._folder("extracted"), self.log)
        found = settle(handed_in, assignment, self._downloads(handed_in, known), students)
        archives = {path: failed[path] for path in strangers if path in failed}
        strangers = [path for path in strangers if path not in failed]
        self._settle_strangers(found, strangers, archives)
        self._keep_one(found)
        received.record(course, assignment, found.register)
        self._told = {each.path: each.told() for each in found.named}
        self._told |= {pick.path: pick.told(student, assignment) for student, pick in found.picks.items()}
        self._log(found)
        return found

    @property
    def assignment(self) -> str:
        """The assignment that is collected."""
        return str(self.parent.coursedir.assignment_id)

    def _platforms(self, known: Tables, zone: ZoneInfo) -> dict[Platform, Locate]:
        """Who says whose a path is. What a pattern may describe as well is left to the pattern."""
        if self.named_regexp:
            return {each: uploads.PLATFORMS[each] for each in (Platform.MOODLE, Platform.GRADESCOPE)}
        return {
            **uploads.PLATFORMS,
            Platform.CANVAS: canvas.Entries(known.canvas).locate,
            Platform.BLACKBOARD: blackboard.Entries(zone).locate,
        }

    def _downloads(self, handed_in: Sequence[Upload], known: Tables) -> dict[Path, Download]:
        """What is known about each download; the path "" stands for no particular one."""
        people = {person for each in handed_in for person in (each.person, *each.doubts)}
        places = {each.download for each in handed_in}
        made = {place: _made(self._folder("archive") / f"{place}.zip") for place in places}
        return {Path(): Download(known.rows(people, Path()))} | {
            place: Download(known.rows(people, place), known.has_own(place), made[place]) for place in places
        }

    def _settle_strangers(
        self, found: Findings, strangers: Sequence[Path], archives: Mapping[Path, str]
    ) -> None:
        """Add what no platform named: files, and `archives` that could not be unpacked."""
        if not self.named_regexp:
            reason = _(
                "not named as Moodle does, nor Canvas, Gradescope or Blackboard: put the platform's zip "
                "itself in archive/, or set named_regexp"
            )
            notebooks = (path for path in strangers if path.suffix == ".ipynb")
            found.unmatched |= {printable(str(path)): reason for path in notebooks}
            found.unmatched |= {printable(str(path)): why for path, why in archives.items()}
            return
        root = self._folder("extracted")
        known = []
        for below in [*strangers, *archives]:
            whose = named.look(root / below, self._match, self.assignment)
            if isinstance(whose, str):
                found.unmatched[printable(str(below))] = whose
            elif below in archives and whose is not None:
                found.problems[whose.student].append(f"{printable(below.name)}: {archives[below]}")
            elif below in archives:
                found.unmatched[printable(str(below))] = archives[below]
            elif whose is None and below.suffix in self.valid_ext:
                found.unmatched[printable(str(below))] = _("named_regexp doesn't know this name")
            elif whose is not None and below.suffix in self.valid_ext:
                known.append(whose)
            elif whose is not None:
                other = _("no notebook, but {files}: ask for {assignment}.ipynb")
                told = other.format(files=printable(below.name), assignment=self.assignment)
                found.problems[whose.student].append(told)
        found.named, remarks = named.newest(known)
        for student, told_of in remarks.items():
            found.remarks[student] += told_of
        for student in {each.student for each in found.named}:  # their problems become remarks
            found.remarks[student] += found.problems.pop(student, [])

    def _keep_one(self, found: Findings) -> None:
        """Keep one of a student's notebooks in a zip and beside it: the zip's, unless it is older."""
        for each in [each for each in found.named if each.student in found.picks]:
            if each.file != self.assignment:
                continue
            pick = found.picks[each.student]
            if each.time and pick.time and each.time > pick.time:
                del found.picks[each.student]
                other = pick.path
            else:
                found.named.remove(each)
                other = each.path
            told = _("also handed in: {files}").format(files=printable(other.name))
            found.remarks[each.student].append(told)

    def _log(self, found: Findings) -> None:
        for name, reason in found.unmatched.items():
            self.log.warning("%s: %s", name, reason)
        for student, told in [*found.problems.items(), *found.remarks.items()]:
            self.log.warning("%s: %s", student, "; ".join(told))

    def _folder(self, step: str) -> Path:
        return Path(self.parent._format_collect_path(getattr(self.parent, f"{step}_directory")))


class MoodleCollector(DownloadCollector):
    """Has the setting that courses name by this class: the time zone of the platform's dates."""

    timezone = Unicode(
        "UTC", help="The time zone of your Moodle profile, or of Blackboard: its dates are in it"
    ).tag(config=True)


def _made(archive: Path) -> tuple[int, ...]:
    """The latest date among a download's entries; empty if they have none."""
    try:
        with packed.explained(), packed.opened(archive, packed.CLASS_INDEX) as pack:
            return max((entry.date_time for entry in pack.infolist()), default=())
    except packed.BadArchive:
        return ()
