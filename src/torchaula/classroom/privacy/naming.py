"""Find what still names students after they were removed: others' work, and files that nobody knows."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from torchaula.classroom.intake import packed
from torchaula.classroom.privacy import books
from torchaula.classroom.privacy.traces import Scope
from torchaula.files import LARGEST, content

# What a course has that is nobody's: its own texts, and what tools install.
SKIPPED = frozenset(
    {"source", "release", "answers", "dist", "docs", "src", "tests", "data", "templates", "bench"}
)
OWN = frozenset({"diagnosis", "sound", "deadlines"})  # of `.torchaula`


def find(scope: Scope) -> Iterator[Path]:
    """The files that name somebody of whom nothing stays."""
    yield from (path for path in _files(scope.course.root) if scope.wholly and _names(scope, path))


def comments(scope: Scope) -> list[tuple[str, str]]:
    """The students and assignments on which a person's comment in the gradebook names one of them."""
    return list(dict.fromkeys(books.naming(scope.course, scope.mentions))) if scope.wholly else []


def _files(root: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(root):
        here = Path(folder)
        if here == root:
            below[:] = [name for name in below if name not in SKIPPED and _is_ours(name)]
        elif here == root / ".torchaula":
            below[:] = [name for name in below if name not in OWN]
        yield from (here / name for name in sorted(names) if name not in ("forgetting.json", "lock"))


def _is_ours(name: str) -> bool:
    """Whether a folder at the top may hold course data: no environment, repository or cache of a tool."""
    return not name.startswith(".") or name in (".torchaula", ".ipynb_checkpoints")


def _names(scope: Scope, path: Path) -> bool:
    if scope.mentions.within(path.name):
        return True
    try:
        if path.suffix == ".zip" and not path.is_symlink():
            return _in_archive(scope, path)
        if path.is_symlink() or path.suffix == ".db":
            return False
        return scope.mentions.within_bytes(content(path))
    except OSError:
        return False


def _in_archive(scope: Scope, path: Path) -> bool:
    try:
        with packed.explained(), packed.opened(path, packed.CLASS_INDEX) as pack:
            return any(_in_member(scope, pack, entry) for entry in pack.infolist())
    except packed.BadArchive:
        return False


def _in_member(scope: Scope, pack: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    if scope.mentions.within(entry.filename):
        return True
    if entry.is_dir() or entry.compress_type not in packed.METHODS:
        return False
    with pack.open(entry) as file:
        return scope.mentions.within_bytes(file.read(LARGEST))
