"""Unpack downloads safely for `nbgrader zip_collect`.

nbgrader's own extractor has no limits, unpacks nested archives without end, and stops at the first broken
one.
"""

from __future__ import annotations

from pathlib import Path

from nbgrader.plugins import ExtractorPlugin

from torchaula.classroom.intake import archives, packed, uploads
from torchaula.classroom.intake.packed import BadArchive
from torchaula.classroom.intake.place import UNPACKED


class Extractor(ExtractorPlugin):  # type: ignore[misc]
    """Unpacks each archive completely or not at all into a folder of its name, and copies all other files.

    `failed` maps the path of what could not be unpacked to the reason.
    """

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.failed: dict[Path, str] = {}

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack the files below `archive_path` to the same places below `extracted_path`."""
        source, destination = Path(archive_path), Path(extracted_path)
        for path in sorted(source.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            below = path.relative_to(source)
            for person, error in self._take(path, below, destination / below).items():
                folder = below.with_name(archives.stem(path.name))
                self.failed[folder / error.entry if person else below] = str(error)
                self.log.warning("%s%s: %s", below, f", {person}" if person else "", error)

    def _take(self, path: Path, below: Path, target: Path) -> dict[str, BadArchive]:
        """Unpack or copy one file; returns the error, or an error for each learner in a class's download."""
        try:
            with packed.explained():
                target.parent.mkdir(parents=True, exist_ok=True)
                if not self._is_archive(path):
                    archives.copy(path, target)
                elif (place := uploads.locate(below)) is not None:  # a learner's, whatever names are in it
                    name = archives.stem(path.name) + (UNPACKED if place.entry == path.name else "")
                    archives.unpack(path, target.with_name(name), may_be_empty=False)
                elif archives.is_download(path):
                    return archives.unpack_download(path, target.with_name(archives.stem(path.name)))
                else:
                    archives.unpack(path, target.with_name(archives.stem(path.name)), may_be_empty=False)
        except BadArchive as error:
            return {"": error}
        return {}

    def _is_archive(self, path: Path) -> bool:
        return path.suffix in self.zip_ext or archives.is_packed(path.name)
