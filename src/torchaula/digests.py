"""Compute digests that tell when stored results are stale: of plain data, and of this package's code."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import msgspec

ROOT = Path(__file__).parent
DERIVED = {".pyc", ".pyo"}  # compiled files that Python writes itself


def digest(content: object) -> str:
    """A digest of plain data."""
    return hashlib.sha256(msgspec.msgpack.encode(content)).hexdigest()


@cache
def code(*parts: str) -> str:
    """A digest of some files and folders of this package, including templates, with their paths."""
    found = hashlib.sha256()
    for path in sorted(path for part in parts for path in (ROOT / part, *(ROOT / part).rglob("*"))):
        if path.is_file() and path.suffix not in DERIVED:
            content = path.read_bytes()
            found.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode() + content)
    return found.hexdigest()
