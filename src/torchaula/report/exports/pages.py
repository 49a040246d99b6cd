"""Pack feedback pages for a platform: which have changed, and a zip of them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from torchaula.classroom.gradebook.marks import Marks
from torchaula.classroom.gradebook.returned import Returned, Sent

DATE = (2000, 1, 1, 0, 0, 0)  # of the pages in the zip, so that the same pages make the same file


def changed(marks: Marks, before: Returned, *, every: bool) -> dict[str, bytes]:
    """The pages that have changed since they were last written, by student; all of them with `every`."""
    found = {student: mark.page.read_bytes() for student, mark in marks.items() if mark.page is not None}
    return {
        student: content
        for student, content in found.items()
        if every or before.students.get(student, Sent()).page != digest(content)
    }


def digest(content: bytes) -> str:
    """What tells one page from another."""
    return hashlib.sha256(content).hexdigest()


def packed(pages: Mapping[str, bytes]) -> bytes:
    """A zip archive of pages, by their names in it."""
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, content in pages.items():
            entry = ZipInfo(name, DATE)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return made.getvalue()
