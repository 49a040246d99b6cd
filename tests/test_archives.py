"""Archives that learners hand in: unpacked whole, and harmless, or named and left alone."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import stat
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import programs, shipped
from torchaula.classroom.intake import archives, received
from torchaula.classroom.intake.archives import Allowance, BadArchive, is_download, unpack, unpack_download
from torchaula.course.layout import Course

NAMES = r".*/(?P<student_id>[a-z]+)_(?P<file_id>mini)"
NOTEBOOK = b'{"cells": []}'
SMALL = {"size": 5 * 2**20, "files": 100}


@pytest.fixture(autouse=True)
def budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a learner's archive may hold, less than usual: unpacking that much takes seconds."""
    monkeypatch.setattr(archives, "Allowance", partial(Allowance, **SMALL))


def test_an_archive_may_hold_200_mb_and_2000_files() -> None:
    """No more and no less, however they come."""
    budget = Allowance()
    budget.take(200 * 2**20, files=2000)

    for more in ({"size": 1}, {"files": 1}):
        with pytest.raises(BadArchive, match="more than 200 MB or 2000 files and folders: ask for "):
            replace(budget).take(**more)


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
    """A small archive of 12 MB of zeros."""
    content = io.BytesIO()
    pack = zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED)
    with pack, pack.open("mini.ipynb", "w") as file:
        for _ in range(12):
            file.write(bytes(2**20))
    return content.getvalue()


def crowd() -> bytes:
    """An archive of more files than any submission has."""
    return zipped(**{f"f{number}": b"" for number in range(101)})


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
        unpack(tmp_path / "a.zip", tmp_path / "out", Allowance(size=4999))


@pytest.mark.parametrize("name", [*EMPTY, "empty.zip"])
def test_archive_without_a_file_is_its_learner_s(tmp_path: Path, name: str) -> None:
    """Who packed links, or nothing, is told so: nobody who handed in something disappears."""
    content = {**EMPTY, "empty.zip": zipped}[name]()
    ana, eve = "Ana_1_assignsubmission_file/mini.ipynb", f"Eve_2_assignsubmission_file/{name}"
    (tmp_path / "class.zip").write_bytes(entries([ana], NOTEBOOK))
    with zipfile.ZipFile(tmp_path / "class.zip", "a") as pack:
        pack.writestr("Leo_3_assignsubmission_file/", b"")  # who handed in nothing
        pack.writestr(eve, content)

    failed = unpack_download(tmp_path / "class.zip", tmp_path / "out")

    assert list(failed) == ["Eve_2"]
    assert "no file in it" in str(failed["Eve_2"])
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["mini.ipynb"]


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
    entries = {f"L{n}_{n}_assignsubmission_file/mini.ipynb": NOTEBOOK for n in range(SMALL["files"] + 1)}
    (tmp_path / "class.zip").write_bytes(zipped(**entries))

    assert not unpack_download(tmp_path / "class.zip", tmp_path / "out")

    assert len(list((tmp_path / "out").rglob("*.ipynb"))) == SMALL["files"] + 1


def test_entry_that_says_another_size_costs_its_learner_only(tmp_path: Path) -> None:
    """A damaged entry of a class's download is one learner's affair."""
    packed = bytearray(zipped(**{f"L{n}_{n}_assignsubmission_file/mini.ipynb": b"x" * 999 for n in range(3)}))
    packed[packed.index(b"L1_1") + len("L1_1_assignsubmission_file/mini.ipynb") + 2] ^= 0xFF
    (tmp_path / "class.zip").write_bytes(packed)

    failed = unpack_download(tmp_path / "class.zip", tmp_path / "out")

    assert list(failed) == ["L1_1"]
    assert len(list((tmp_path / "out").rglob("*.ipynb"))) == 2


# What a learner may pack, by mistake or not, that must cost this learner only. Archives by their names.


def entries(names: Iterable[str], data: bytes = b"", **attributes: object) -> bytes:
    """A zip archive with an entry for each name, however odd; `attributes` are the entries' own."""
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as pack:
        warnings.simplefilter("ignore")  # the same name twice
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for attribute, value in attributes.items():
                setattr(entry, attribute, value)
            pack.writestr(entry, data)
    return content.getvalue()


def packed_by(method: int) -> bytes:
    """A zip archive whose one file is packed by another method."""
    return entries(["mini.ipynb"], bytes(2**20), compress_type=method)


def patched(archive: bytes, index: int, header: int, value: bytes) -> bytes:
    """A zip archive with some bytes of its first entry changed, in the index and before its content."""
    changed = bytearray(archive)
    at = archive.index(b"PK\x01\x02") + index
    changed[at : at + len(value)] = value
    changed[header : header + len(value)] = value
    return bytes(changed)


def block(name: str, kind: bytes, size: int = 0, **values: str) -> bytes:
    """One header of a tar archive."""
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, size
    for field, value in values.items():
        setattr(member, field, value)
    return member.tobuf(tarfile.GNU_FORMAT)


def tar_of(*parts: bytes, ends: bool = True) -> bytes:
    """A tar archive of these headers and contents, each filled up to whole blocks."""
    whole = b"".join(part + bytes(-len(part) % 512) for part in parts)
    return whole + (bytes(1024) if ends else b"")


def zeros(before: bytes, size: int) -> bytes:
    """A .gz file of some bytes and so many million zeros, made in no time."""
    return gzip.compress(before) + gzip.compress(bytes(10**7)) * (size // 10)


def extended(text: bytes) -> bytes:
    """A tar archive whose one file has an extended header of this text."""
    return gzip.compress(tar_of(block("h", b"x", len(text)), text, block("mini.ipynb", b"0", 2), b"{}"))


def backwards() -> bytes:
    """A tar archive whose first file has a negative size, so that its reader stays where it is."""
    header = bytearray(block("a", b"0"))
    header[124:136] = b"\xff" * 10 + (-1024).to_bytes(2, "big", signed=True)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return gzip.compress(tar_of(bytes(header)))


def damaged(archive: bytes, at: int) -> bytes:
    """An archive with one byte changed."""
    return archive[:at] + bytes([archive[at] ^ 0xFF]) + archive[at + 1 :]


def of_two() -> bytes:
    """A plain tar archive of two files."""
    return tar_of(block("a.ipynb", b"0", 2), b"{}", block("b.ipynb", b"0", 2), b"{}")


DEEP = "d/" * 500
BIG = "b" * 200_000
PARTS: dict[str, Callable[[], bytes]] = {
    "500-folders.zip": lambda: entries([f"{DEEP}mini.ipynb"]),
    "500-empty-folders.zip": lambda: entries([DEEP]),
    "1900-folders.zip": lambda: entries(["d/" * 1900 + "x"]),
    "30000-empty-folders.zip": lambda: entries(f"{n}/" for n in range(30_000)),
    "folders-of-files.zip": lambda: entries(f"{n}/a/b/c/x" for n in range(60)),
    "150-links.zip": lambda: entries(map(str, range(150)), b"x", external_attr=stat.S_IFLNK << 16),
    "long-name.zip": lambda: entries(["n" * 60_000]),
    "300-bytes.zip": lambda: entries(["ñ" * 150]),
    "long-path.zip": lambda: entries(["/".join(["n" * 250] * 20)]),
    "no-name.zip": lambda: entries(["."]),
    "twice.zip": lambda: entries(["mini.ipynb", "mini.ipynb"]),
    "file-and-folder.zip": lambda: entries(["mini.ipynb", "mini.ipynb/x"]),
    "folder-and-file.zip": lambda: entries(["mini.ipynb/x", "mini.ipynb"]),
    "file-and-contents.zip": lambda: entries(["a.zip", "a.contents"], zipped(x=b"1")),
    "bzip2.zip": lambda: packed_by(zipfile.ZIP_BZIP2),
    "lzma.zip": lambda: packed_by(zipfile.ZIP_LZMA),
    "method-99.zip": lambda: patched(zipped(a=b"1"), 10, 8, b"\x63\0"),
    "encrypted.zip": lambda: patched(zipped(a=b"1"), 8, 6, b"\x01\0"),
    "name-of-bad-bytes.zip": lambda: zipped(**{"ñandú": b"1"}).replace("ñ".encode(), b"\xff\xfe"),
    "date-of-nothing.zip": lambda: patched(zipped(a=b"1" * 99), 42, 0, b"\xff\xff\xff\xff"),
    "index-of-MBs.zip": lambda: entries(map(str, range(90)), comment=bytes(20_000)),
    "index-that-is-elsewhere.zip": lambda: zipped(a=b"1")[:-6] + b"\xf0\xff\xff\xff\0\0",
    "another-zip.zip": lambda: zipped(**{f"{n}.zip": zipped(a=b"", b=b"", c=b"") for n in range(60)}),
    "bzip2-inside.zip": lambda: bz2.compress(tar_of(block("mini.ipynb", b"0", 2), b"{}")),
    "xz-inside.tar.gz": lambda: lzma.compress(of_two()),
    "bzip2-inside.tar.gz": lambda: bz2.compress(of_two()),
    "bzip2-bomb-inside.gz": lambda: bz2.compress(block("x", b"Z", 10**9) + bytes(10**7)),
    "rar.zip": lambda: b"Rar!\x1a\x07\x01\0" + bytes(500),
    "empty.zip": lambda: b"",
    "empty.tar.gz": lambda: b"",
    "no-tar.tar.gz": lambda: gzip.compress(b"{}"),
    "no-tar.tgz": lambda: gzip.compress(NOTEBOOK * 99),
    "unknown-type.tar.gz": lambda: zeros(block("x", b"Z", 10**9), 20),
    "device-with-content.tar.gz": lambda: zeros(block("x", b"3", 10**9) + block("y", b"Y", 10**9), 20),
    "nothing-but-zeros-after.tar.gz": lambda: zeros(of_two(), 20),
    "bomb.tar.gz": lambda: zeros(block("mini.ipynb", b"0", 10**7), 20),
    "extended-header-of-MBs.tar.gz": lambda: extended(b"200012 path=" + BIG.encode() + b"\n"),
    "global-header-of-MBs.tar.gz": lambda: gzip.compress(tar_of(block("g", b"g", len(BIG)), BIG.encode())),
    "header-of-digits.tar.gz": lambda: extended(b"1" * 500_000),
    "long-name-of-MBs.tar.gz": lambda: gzip.compress(
        tar_of(block("l", b"L", len(BIG)), BIG.encode(), block("x", b"0"))
    ),
    "long-name.tar.gz": lambda: tarred(tarfile.TarInfo("n" * 3000)),
    "3000-long-names.tar.gz": lambda: gzip.compress(
        tar_of(*[block("l", b"L", 2), b"a\0"] * 3000, block("x", b"0"))
    ),
    "backwards.tar.gz": backwards,
    "150-folders.tar.gz": lambda: gzip.compress(tar_of(*(block(f"{n}/", b"5") for n in range(150)))),
    "150-links.tar.gz": lambda: gzip.compress(
        tar_of(*(block(f"{n}", b"2", linkname="/") for n in range(150)))
    ),
    "500-folders.tar.gz": lambda: tarred(tarfile.TarInfo(f"{DEEP}mini.ipynb")),
    "500-empty-folders.tar.gz": lambda: tarred(tarfile.TarInfo(DEEP)),
    "cut-off.tar.gz": lambda: gzip.compress(os.urandom(5000))[:2500],
    "cut-off.tar": lambda: of_two()[:1600],
    "size-that-lies.tar": lambda: tar_of(block("a.ipynb", b"0", 2**33), b"{}"),
    "second-header-damaged.tar": lambda: damaged(of_two(), 1024 + 20),
    "second-header-damaged.tar.gz": lambda: gzip.compress(damaged(of_two(), 1024 + 20)),
    "checksum.tar.gz": lambda: damaged(gzip.compress(of_two()), -6),
}


@pytest.mark.parametrize("name", PARTS)
def test_what_one_learner_packed_costs_nobody_else(tmp_path: Path, name: str) -> None:
    """By itself it is refused and leaves nothing; in a class's download only its learner is named."""
    (tmp_path / name).write_bytes(PARTS[name]())
    with pytest.raises(BadArchive, match=r": ask for ") as told:
        unpack(tmp_path / name, tmp_path / "out" / "alone")
    assert str(tmp_path) not in str(told.value) and len(str(told.value)) < 300
    assert not list((tmp_path / "out").rglob("*"))

    folder = "{}_assignsubmission_file/{}".format
    packed = zipfile.ZipFile(tmp_path / "class.zip", "w", zipfile.ZIP_DEFLATED)
    with packed:
        for learner in ("Ana_1", "Eve_2", "Zoe_3"):
            packed.writestr(folder(learner, "mini.ipynb"), NOTEBOOK)
        packed.write(tmp_path / name, folder("Eve_2", name))

    failed = unpack_download(tmp_path / "class.zip", tmp_path / "out" / "in")

    assert list(failed) == ["Eve_2"]
    assert str(failed["Eve_2"]) == str(told.value)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["in"]
    left = [path.relative_to(tmp_path / "out" / "in") for path in (tmp_path / "out" / "in").rglob("*")]
    assert sorted(path.as_posix() for path in left) == sorted(
        each.format(who)
        for who in ("Ana_1", "Zoe_3")
        for each in (folder("{}", "mini.ipynb"), folder("{}", "")[:-1])
    )


@pytest.mark.parametrize(
    "names",
    [
        [f"{DEEP}mini.ipynb"],
        ["n" * 60_000],
        ["ñ" * 150],
        ["mini.ipynb", "mini.ipynb"],
        ["mini.ipynb", "mini.ipynb/x"],
        ["mini.ipynb/x", "mini.ipynb"],
        ["a.zip", "../../x"],
        [f"{n}/" for n in range(101)],
    ],
    ids=["deep", "long", "bytes", "twice", "file-folder", "folder-file", "up", "folders"],
)
@pytest.mark.parametrize("style", ["{}_assignsubmission_file/{}", "{}_assignsubmission_file_{}"])
def test_odd_names_in_a_class_s_download_cost_their_learner_only(
    tmp_path: Path, names: list[str], style: str
) -> None:
    """The same where the platform itself wrote such names, as folders or flat."""
    good = [style.format(who, "mini.ipynb") for who in ("Ana_1", "Zoe_3")]
    bad = [style.format("Eve_2", name) for name in names]
    (tmp_path / "class.zip").write_bytes(entries([good[0], *bad, good[1]], NOTEBOOK))

    failed = unpack_download(tmp_path / "class.zip", tmp_path / "out")

    assert list(failed) == ["Eve_2"]
    found = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert sorted(path.relative_to(tmp_path / "out").as_posix() for path in found) == sorted(good)
    assert not list((tmp_path / "out").glob("Eve*"))


WRONG = (
    *(MemoryError(), RecursionError("deep"), AssertionError(), KeyError("x"), struct.error("short")),
    *(OverflowError(), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), OSError(28, "No space left")),
)


@pytest.mark.parametrize("error", WRONG, ids=lambda error: type(error).__name__)
def test_whatever_goes_wrong_with_a_part_is_its_learner_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A library that fails in another way, after a first file, costs nobody else and leaves nothing."""
    folder = "{}_assignsubmission_file/{}".format
    files = [
        folder("Ana_1", "a.ipynb"),
        folder("Eve_2", "d/first"),
        folder("Eve_2", "second"),
        folder("Zoe_3", "a"),
    ]
    (tmp_path / "class.zip").write_bytes(entries(files, NOTEBOOK))
    read = zipfile.ZipFile.open

    def fail(pack: zipfile.ZipFile, entry: zipfile.ZipInfo, *rest: object, **options: object) -> object:
        if "Eve_2" in entry.filename and "second" in entry.filename:
            raise error
        return read(pack, entry, *rest, **options)

    monkeypatch.setattr(zipfile.ZipFile, "open", fail)

    failed = unpack_download(tmp_path / "class.zip", tmp_path / "out" / "in")

    assert list(failed) == ["Eve_2"] and "can't be unpacked (" in str(failed["Eve_2"])
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["in"]
    assert {path.name for path in (tmp_path / "out" / "in").iterdir()} == {
        folder(who, "")[:-1] for who in ("Ana_1", "Zoe_3")
    }


def test_a_full_disk_is_named_before_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where little is left, nothing more is unpacked, and what to do is said."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=2**20))
    (tmp_path / "a.zip").write_bytes(zipped(a=NOTEBOOK))

    with pytest.raises(BadArchive, match=r"MB are free .*: make room"):
        unpack(tmp_path / "a.zip", tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_an_archive_that_takes_too_long_is_left(tmp_path: Path) -> None:
    """Time is limited too: of headers and names a library may make much work."""
    (tmp_path / "a.zip").write_bytes(zipped(a=NOTEBOOK))

    with pytest.raises(BadArchive, match="too long"):
        unpack(tmp_path / "a.zip", tmp_path / "out", Allowance(seconds=-1.0))


PLAIN_TAR = tar_of(block("./", b"5"), block("./mlp/mini.ipynb", b"0", len(NOTEBOOK)), NOTEBOOK)
FINE: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "A.ZIP": (lambda: zipped(**{"mini.ipynb": NOTEBOOK}), {"mini.ipynb"}),
    "a.tar": (lambda: PLAIN_TAR, {"mlp/mini.ipynb"}),
    "a.tgz": (lambda: gzip.compress(PLAIN_TAR), {"mlp/mini.ipynb"}),
    "a.TAR.GZ": (lambda: gzip.compress(PLAIN_TAR), {"mlp/mini.ipynb"}),
    "zip-inside.tar.gz": (lambda: zipped(a=b"1"), {"a"}),
    "tar-inside.zip": (lambda: gzip.compress(PLAIN_TAR), {"mlp/mini.ipynb"}),
    "with-a-gz.zip": (
        lambda: zipped(**{"mini.ipynb": NOTEBOOK, "t10k.gz": gzip.compress(b"data")}),
        {"mini.ipynb", "t10k.gz"},
    ),
    "empty.zip": (lambda: zipped(), set()),
    "twins.zip": (lambda: zipped(**{"mini.ipynb": b"1", "MINI.ipynb": b"2"}), {"mini.ipynb", "MINI.ipynb"}),
    "behind-a-program.zip": (lambda: b"#!/bin/sh\n" + zipped(a=b"1"), {"a"}),
    "links-and-files.tar.gz": (
        lambda: gzip.compress(
            tar_of(block("l", b"2", linkname="x"), block("p", b"6"), block("f", b"0", 1), b"1")
        ),
        {"f"},
    ),
    "by-a-mac.tar.gz": (
        lambda: extended(b"48 LIBARCHIVE.xattr.com.apple.provenance=AQAAAA\n" + b"14 path=a/b.c\n"),
        {"a/b.c"},
    ),
}


@pytest.mark.parametrize("name", FINE)
def test_what_honest_learners_pack_is_unpacked(tmp_path: Path, name: str) -> None:
    """Zip, tar and tar.gz, whatever the ending's letters; a .gz file that holds no archive stays a file."""
    content, expected = FINE[name]
    (tmp_path / name).write_bytes(content())

    unpack(tmp_path / name, tmp_path / "out")

    found = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert found == expected


def test_an_archive_made_by_tar_itself_is_unpacked(tmp_path: Path) -> None:
    """What Python's own packers write, in each of their formats, comes out as it went in."""
    (tmp_path / "ñandú").mkdir()
    (tmp_path / "ñandú" / ("n" * 80 + ".ipynb")).write_bytes(NOTEBOOK * 1000)
    for number, form in enumerate((tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)):
        with tarfile.open(tmp_path / f"{number}.tar.gz", "w:gz", format=form) as tar:
            tar.add(tmp_path / "ñandú", "ñandú" * (1 if form == tarfile.USTAR_FORMAT else 30))

        unpack(tmp_path / f"{number}.tar.gz", tmp_path / "out" / str(number))

        (found,) = (tmp_path / "out" / str(number)).rglob("*.ipynb")
        assert found.read_bytes() == NOTEBOOK * 1000


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

    done = programs.run("nbgrader", "zip_collect", "mini", cwd=course.root)

    assert "eve_mini.zip: '../../gradebook.db' would be written elsewhere" in done.stdout
    assert (course.submitted / "ana" / "mini" / "mini.ipynb").read_bytes() == NOTEBOOK
    assert not (course.submitted / "eve").exists()


def test_class_of_the_shipped_course_is_collected_beside_all_of_them(tmp_path: Path) -> None:
    """`nbgrader zip_collect mlp`: two honest learners among as many others as there are odd archives."""
    course = shipped.write(tmp_path / "course")
    folder = "{}_{}_assignsubmission_file/{}".format
    honest = {"Ana": "referencia", "Zoe": "elena"}
    files = {
        folder(who, n, "mlp.ipynb"): shipped.sample("mlp")[what].encode()
        for n, (who, what) in enumerate(honest.items(), 900)
    }
    files |= {folder(f"Eve {n}", n, name): make() for n, (name, make) in enumerate(PARTS.items())}
    archive = course.root / "downloaded" / "mlp" / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / "class.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        for name in sorted(files):
            pack.writestr(name, files[name])

    done = programs.run("nbgrader", "zip_collect", "mlp", "--force", cwd=course.root)

    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    handed_in = {path.parts[-3]: path.read_text() for path in course.submitted.rglob("*.ipynb")}
    for who, what in honest.items():
        assert handed_in[who.lower()] == shipped.sample("mlp")[what]
    register = received.load(course, "mlp")
    others = {f"eve-{n}" for n in range(len(PARTS))}
    assert register.problems.keys() == others - handed_in.keys()
    small = {f"eve-{list(PARTS).index(name)}" for name in ("nothing-but-zeros-after.tar.gz", "bomb.tar.gz")}
    assert handed_in.keys() - {"ana", "zoe"} <= small  # they are too large here for the tests' small limits
    assert all(": ask for " in told for (told,) in register.problems.values())
    assert not list((archive.parent / "extracted").glob("**/.*"))
