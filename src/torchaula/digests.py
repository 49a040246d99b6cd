"""Digests that tell when something kept is out of date: of plain data, and of the package's own code."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import msgspec

ROOT = Path(__file__).parent
DERIVED = {".pyc", ".pyo"}  # what Python writes beside the files that it reads


def digest(content: object) -> str:
    """A digest of plain data."""
    return hashlib.sha256(msgspec.msgpack.encode(content)).hexdigest()


@cache
def code(*parts: str) -> str:
    """A digest of some files and folders of this package, templates too, each with its place."""
    found = hashlib.sha256()
    for path in sorted(path for part in parts for path in (ROOT / part, *(ROOT / part).rglob("*"))):
        if path.is_file() and path.suffix not in DERIVED:
            content = path.read_bytes()
            found.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode() + content)
    return found.hexdigest()
