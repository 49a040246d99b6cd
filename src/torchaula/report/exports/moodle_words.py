"""Say how an export to Moodle was made, and what to do in Moodle with it, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from torchaula.classroom.intake.participants import Participants
from torchaula.classroom.intake.place import Platform
from torchaula.course.layout import Course
from torchaula.i18n import _
from torchaula.report.exports import delivery
from torchaula.report.exports.delivery import Counts


def remarks(
    found: Participants, counts: Counts, worth: float, maximum: Decimal, course: Course, since: str
) -> Iterator[str]:
    """From which files, and how points were scaled; `since` when pages were written before, if they were."""
    yield _("worksheet: {path}, {count} participants").format(
        path=_below(found.sheet.path, course), count=len(found.sheet.rows)
    )
    if counts.unknown:
        told = _(
            "{count} who were graded are not in it: it is that of one group, or older than they are in the "
            "course"
        )
        yield told.format(count=counts.unknown)
    if since:
        told = _(
            "pages are those that changed since {time} UTC; if those of then were never uploaded, add --all"
        )
        yield told.format(time=since)
    if found.others:
        yield _("older worksheets, not used: {names}").format(
            names=", ".join(path.name for path in found.others)
        )
    if not found.folders:
        yield _("no zip of Moodle's is beside it: folders in the feedback zip are named as Moodle does it")
    if found.sheet.is_of_groups:
        yield _("groups hand in together: points and page of a submission go to each member of its group")
    yield delivery.scale(worth, maximum, Platform.MOODLE)


def steps(
    found: Participants, counts: Counts, tick: bool, course: Course, files: Sequence[Path]
) -> Iterator[str]:
    """What to do in Moodle, in this order."""
    spoken, name = found.sheet.language, found.sheet.path.name
    if not counts.accepted and not counts.pages:
        yield _("Nothing: Moodle has all of it already.")
        return
    yield _(
        "If the assignment has groups, choose the one that was chosen at the download of {name}: Moodle "
        "skips all others without a word."
    ).format(name=name)
    if counts.accepted:
        told = _("Set Moodle to {language}, the language of the worksheet: in another one Moodle refuses it.")
        yield told.format(language=spoken.name)
        yield from _worksheet_steps(found, counts, tick, _below(files[0], course))
    if counts.pages:
        told = _("Then, not before, upload {path} under “{label}”: {count} pages, {size:.1f} MB.")
        alone = _("Upload {path} under “{label}”: {count} pages, {size:.1f} MB.")
        yield (told if counts.accepted else alone).format(
            path=_below(files[1], course), label=spoken.zip, count=counts.pages, size=counts.size / 1e6
        )


def _worksheet_steps(found: Participants, counts: Counts, tick: bool, file: Path) -> Iterator[str]:
    spoken = found.sheet.language
    box = _("tick “{label}”").format(label=spoken.tick)
    told = _("Upload {path} under “{label}”; {box}.") if tick else _("Upload {path} under “{label}”.")
    yield told.format(path=file, label=spoken.upload, box=box)
    told = _("Moodle must say that it updated {count} grades; if it says fewer, {box} and upload it again.")
    if tick:
        told = _(
            "Moodle must say that it updated {count} grades. With the box ticked, grades and comments that "
            "were entered in Moodle after the download of {name} are overwritten."
        )
    yield told.format(count=counts.accepted, box=box, name=found.sheet.path.name)


def _below(path: Path, course: Course) -> Path:
    return path.relative_to(course.root) if path.is_relative_to(course.root) else path
