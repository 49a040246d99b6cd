"""Digests: what a result hangs on, in one word."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import msgspec

import torchaula


def digest(content: object) -> str:
    """A digest of plain data."""
    return hashlib.sha256(msgspec.msgpack.encode(content)).hexdigest()


@cache
def package_digest() -> str:
    """A digest of this package's own code."""
    files = sorted(Path(torchaula.__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
