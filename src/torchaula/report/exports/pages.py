"""Choose the feedback pages that go out, and pack them for a platform."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from torchaula.classroom.gradebook.marks import Marks
from torchaula.classroom.gradebook.returned import Returned, Sent

DATE = (2000, 1, 1, 0, 0, 0)  # of each page in a zip, so that the same pages make the same file


@dataclass(frozen=True)
class Page:
    """A student's page, and its path in the zip."""

    student: str
    entry: str
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def chosen(marks: Marks, entries: Mapping[str, str], before: Returned, is_everything: bool) -> list[Page]:
    """The pages of the students in `entries`, which says each one's path; only what changed since `before`.

    Raises `OSError` if a page can't be read.
    """
    pages = []
    for student, entry in entries.items():
        mark = marks.get(student)
        if mark is not None and mark.page is not None:
            page = Page(student, entry, mark.page.read_bytes())
            if is_everything or before.students.get(student, Sent()).page != page.digest:
                pages.append(page)
    return pages


def packed(pages: Iterable[Page]) -> bytes:
    """A zip archive of the pages, each readable by its owner alone."""
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for page in pages:
            entry = ZipInfo(page.entry, DATE)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, page.content)
    return made.getvalue()
