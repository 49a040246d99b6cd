"""Files of ours are read as far as they can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchaula.files import decoded


@pytest.mark.parametrize("content", [b"", b'{"ana": 1', b"[1, 2]", b'{"an\xff": 1}'], ids=repr)
def test_damaged_file_of_ours_counts_as_absent(content: bytes, tmp_path: Path) -> None:
    """Cut off, of another form, or with bytes that are no text: no error reaches whoever grades."""
    (tmp_path / "note.json").write_bytes(content)

    assert decoded(tmp_path / "note.json", dict[str, int]) is None
    assert decoded(tmp_path / "absent.json", dict[str, int]) is None


def test_file_of_ours_is_read_as_its_type(tmp_path: Path) -> None:
    """What was written comes back."""
    (tmp_path / "note.json").write_text('{"ñu": 1}', encoding="utf-8")

    assert decoded(tmp_path / "note.json", dict[str, int]) == {"ñu": 1}
