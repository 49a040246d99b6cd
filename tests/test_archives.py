"""Archives that learners hand in: unpacked whole, and harmless, or named and left alone."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import mini
from torchaula.classroom.archives import BadArchive, Budget, is_download, unpack, unpack_download
from torchaula.course.layout import Course

NAMES = r".*/(?P<student_id>[a-z]+)_(?P<file_id>mini)"
NOTEBOOK = b'{"cells": []}'


def zipped(**files: bytes) -> bytes:
    """A zip archive of these files; `__` in a name stands for a slash."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in files.items():
            pack.writestr(name.replace("__", "/"), data)
    return content.getvalue()


def named(name: str, data: bytes = b"evil", mode: int = 0) -> bytes:
    """A zip archive with one file of any name and mode."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as pack:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        pack.writestr(entry, data)
    return content.getvalue()


def tarred(member: tarfile.TarInfo, data: bytes = b"") -> bytes:
    """A .tar.gz archive of one member."""
    content = io.BytesIO()
    member.size = len(data)
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.addfile(member, io.BytesIO(data))
    return content.getvalue()


def linked(kind: bytes, target: str) -> bytes:
    """A .tar.gz archive with a link."""
    member = tarfile.TarInfo("mini.ipynb")
    member.type, member.linkname = kind, target
    return tarred(member)


def truncated() -> bytes:
    """Half an archive."""
    return zipped(**{"mini.ipynb": os.urandom(5000)})[:2500]


def bomb() -> bytes:
    """A small archive of 300 MB of zeros."""
    content = io.BytesIO()
    pack = zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED)
    with pack, pack.open("mini.ipynb", "w") as file:
        for _ in range(300):
            file.write(bytes(2**20))
    return content.getvalue()


def crowd() -> bytes:
    """An archive of more files than any submission has."""
    return zipped(**{f"f{number}": b"" for number in range(2001)})


REFUSED: dict[str, Callable[[], bytes]] = {
    "up.zip": lambda: named("../../gradebook.db"),
    "absolute.zip": lambda: named("/tmp/torchaula-evil"),
    "backslash.zip": lambda: named("..\\..\\evil"),
    "drive.zip": lambda: named("C:/evil"),
    "drive-backslash.zip": lambda: named("c:\\evil"),
    "drive-up.zip": lambda: named("C:..\\..\\evil"),
    "share.zip": lambda: named("\\\\server\\evil"),
    "truncated.zip": truncated,
    "text.zip": lambda: b"not an archive",
    "bomb.zip": bomb,
    "bomb-inside.zip": lambda: zipped(**{"a.zip": bomb()}),
    "crowd.zip": crowd,
    "twice.zip": lambda: zipped(**{"a": b"1"})[:-22] + zipped(**{"a": b"1"})[-22:-1],
    "up.tar.gz": lambda: tarred(tarfile.TarInfo("../../evil"), b"evil"),
    "absolute.tar.gz": lambda: tarred(tarfile.TarInfo("/tmp/torchaula-evil"), b"evil"),
}
EMPTY: dict[str, Callable[[], bytes]] = {
    "symlink.zip": lambda: named("mini.ipynb", b"/etc/passwd", stat.S_IFLNK | 0o777),
    "symlink.tar.gz": lambda: linked(tarfile.SYMTYPE, "/etc/passwd"),
    "hardlink.tar.gz": lambda: linked(tarfile.LNKTYPE, "/etc/passwd"),
    "device.tar.gz": lambda: linked(tarfile.CHRTYPE, ""),
    "fifo.tar.gz": lambda: linked(tarfile.FIFOTYPE, ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_archive_is_refused_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    """An archive that writes elsewhere, explodes or is broken ends in a reason, and nothing is left of it."""
    (tmp_path / name).write_bytes(REFUSED[name]())

    with pytest.raises(BadArchive, match=r": ask for "):
        unpack(tmp_path / name, tmp_path / "out" / "in")

    assert not list((tmp_path / "out").rglob("*"))
    assert not Path("/tmp/torchaula-evil").exists()


@pytest.mark.parametrize(
    "name",
    ["notas: final.ipynb", "a:b/mini.ipynb", "10:30 entrega.ipynb", "C:mini.ipynb", "notas:/mini.ipynb"],
)
def test_colon_is_no_way_out(tmp_path: Path, name: str) -> None:
    """A learner's name with a colon is unpacked under that name; only a drive of Windows is elsewhere."""
    (tmp_path / "mine.zip").write_bytes(named(name, NOTEBOOK))

    unpack(tmp_path / "mine.zip", tmp_path / "out")

    assert (tmp_path / "out" / name).read_bytes() == NOTEBOOK


@pytest.mark.parametrize("name", EMPTY)
def test_links_and_devices_are_not_unpacked(tmp_path: Path, name: str) -> None:
    """What is no regular file isn't there afterwards."""
    (tmp_path / name).write_bytes(EMPTY[name]())

    unpack(tmp_path / name, tmp_path / "out")

    assert not list((tmp_path / "out").rglob("*"))


def test_archives_in_archives_are_unpacked_as_deep_as_a_platform_packs_them(tmp_path: Path) -> None:
    """A class's archive of learners' archives comes out whole; deeper ones stay as they are."""
    inner = zipped(**{"mini.ipynb": NOTEBOOK, "deeper.zip": zipped(**{"deepest.zip": zipped(x=b"x")})})
    (tmp_path / "class.zip").write_bytes(zipped(**{"ana__ana.zip": inner}))

    unpack(tmp_path / "class.zip", tmp_path / "out")

    files = {
        path.relative_to(tmp_path / "out").as_posix()
        for path in (tmp_path / "out").rglob("*.*")
        if path.is_file()
    }
    assert files == {"ana/ana.contents/mini.ipynb", "ana/ana.contents/deeper.contents/deepest.zip"}


def test_index_that_lies_about_sizes_is_not_believed(tmp_path: Path) -> None:
    """Bytes are counted as they come, not as an archive announces them."""
    (tmp_path / "a.zip").write_bytes(zipped(a=bytes(5000)))

    with pytest.raises(BadArchive):
        unpack(tmp_path / "a.zip", tmp_path / "out", Budget(size=4999))


HOSTILE = {"up": "up.zip", "bomb": "bomb.zip", "crowd": "crowd.zip", "truncated": "truncated.zip"}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archive_in_a_class_s_download_costs_its_learner_only(tmp_path: Path, kind: str) -> None:
    """Of Moodle's zip everybody else's part is unpacked; of that one is told why it isn't."""
    folders = (
        "Ana_1_assignsubmission_file__",
        "Eve_2_assignsubmission_file__",
        "Zoe_3_assignsubmission_file__",
    )
    ana, eve, zoe = (f"{folder}mini.ipynb" for folder in folders)
    packed = zipped(**{ana: NOTEBOOK, f"{eve}.zip": REFUSED[HOSTILE[kind]](), zoe: NOTEBOOK})
    (tmp_path / "class.zip").write_bytes(packed)
    assert is_download(tmp_path / "class.zip")

    failed = unpack_download(tmp_path / "class.zip", tmp_path / "out" / "in")

    assert list(failed) == ["Eve_2"]
    found = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")}
    assert {path for path in found if not path.endswith(("file", "in"))} == {
        "in/Ana_1_assignsubmission_file/mini.ipynb",
        "in/Zoe_3_assignsubmission_file/mini.ipynb",
    }


def test_class_s_download_may_hold_more_than_a_learner_s(tmp_path: Path) -> None:
    """The limits are each learner's, not the class's."""
    entries = {f"L{n}_{n}_assignsubmission_file/mini.ipynb": NOTEBOOK for n in range(Budget().files + 1)}
    (tmp_path / "class.zip").write_bytes(zipped(**entries))

    assert not unpack_download(tmp_path / "class.zip", tmp_path / "out")

    assert len(list((tmp_path / "out").rglob("*.ipynb"))) == Budget().files + 1


def test_entry_that_says_another_size_costs_its_learner_only(tmp_path: Path) -> None:
    """A damaged entry of a class's download is one learner's affair."""
    packed = bytearray(zipped(**{f"L{n}_{n}_assignsubmission_file/mini.ipynb": b"x" * 999 for n in range(3)}))
    packed[packed.index(b"L1_1") + len("L1_1_assignsubmission_file/mini.ipynb") + 2] ^= 0xFF
    (tmp_path / "class.zip").write_bytes(packed)

    failed = unpack_download(tmp_path / "class.zip", tmp_path / "out")

    assert list(failed) == ["L1_1"]
    assert len(list((tmp_path / "out").rglob("*.ipynb"))) == 2


def test_collecting_goes_on_after_a_hostile_archive(course: Course) -> None:
    """`nbgrader zip_collect` hands in who can be, names who can't, and writes nowhere else."""
    downloaded = course.root / "downloaded" / "mini" / "archive"
    downloaded.mkdir(parents=True)
    (downloaded / "ana_mini.zip").write_bytes(zipped(**{"ana_mini.ipynb": NOTEBOOK}))
    (downloaded / "eve_mini.zip").write_bytes(REFUSED["up.zip"]())
    with course.config.open("a") as config:
        config.write(
            '\nc.FileNameCollectorPlugin.named_regexp = r".*/(?P<student_id>[a-z]+)_(?P<file_id>mini)"\n'
        )

    done = subprocess.run(
        [mini.PROGRAMS / "nbgrader", "zip_collect", "mini"], cwd=course.root, capture_output=True, text=True
    )

    assert "eve_mini.zip: '../../gradebook.db' would be written elsewhere" in done.stdout
    assert (course.submitted / "ana" / "mini" / "mini.ipynb").read_bytes() == NOTEBOOK
    assert not (course.submitted / "eve").exists()
