"""Write zip archives anew without some of their members; the others stay as they are."""

from __future__ import annotations

import copy
import shutil
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from torchaula.classroom.intake import packed
from torchaula.classroom.privacy.traces import keep_time
from torchaula.errors import Refusal
from torchaula.files import whole
from torchaula.i18n import _

ENCRYPTED = 0x1  # a zip entry's flag


def require_copyable(path: Path, kept: Sequence[zipfile.ZipInfo]) -> None:
    """Raise `Refusal` if members that stay can't be copied to a new archive."""
    odd = [each for each in kept if each.compress_type not in packed.METHODS or each.flag_bits & ENCRYPTED]
    if odd:
        raise Refusal(
            _(
                "{path}: {name} in it is encrypted or packed by an unusual method, so it can't be written "
                "anew without the student, and nothing was removed; delete this file, or pack it anew"
            ).format(path=path, name=packed.shown(odd[0].filename))
        )


def rewrite(path: Path, gone: Collection[str], changed: Mapping[str, bytes]) -> None:
    """Write an archive anew without some members, and with others' new content; without any, delete it.

    Raises `OSError` if it can't be written.
    """
    before = path.stat()
    try:
        with packed.opened(path, packed.CLASS_INDEX) as pack:
            kept = [each for each in pack.infolist() if each.filename not in gone]
            if not any(not each.is_dir() for each in kept):
                path.unlink()
                return
            with whole(path, is_private=True) as new, zipfile.ZipFile(new, "w") as made:
                made.comment = pack.comment
                for entry in kept:
                    _copy(pack, entry, made, changed.get(entry.filename))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise OSError(0, _("{reason}: delete this archive").format(reason=error), str(path)) from None
    keep_time(path, before)


def _copy(
    pack: zipfile.ZipFile, entry: zipfile.ZipInfo, made: zipfile.ZipFile, changed: bytes | None
) -> None:
    same = copy.copy(entry)
    same.extra = b""  # may describe sizes and a name that are written anew
    if changed is not None:
        made.writestr(same, changed)
        return
    with pack.open(entry) as content, made.open(same, "w", force_zip64=entry.file_size >= 2**31) as file:
        shutil.copyfileobj(content, file, packed.CHUNK)
