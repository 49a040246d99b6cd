"""The data that notebooks read are what the scripts in `data/` write."""

from __future__ import annotations

import runpy
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "data").glob("*.py"))


def checked(script: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """The exit status of a script's `--check`."""
    monkeypatch.setattr(sys, "argv", [script.name, "--check"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(script), run_name="__main__")
    return ended.value.code


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_shipped_data_are_what_their_script_writes(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dates are the same, byte for byte; the network gets as many right as it tells."""
    assert checked(script, monkeypatch) == 0


def test_changed_dates_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One other digit in one file, and a file that is missing: both are named."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    shutil.copytree(ROOT / "source", tmp_path / "source", ignore=shutil.ignore_patterns("*.ipynb", "img"))
    changed = tmp_path / "source" / "paradigmas" / "fechas.txt"
    missing = tmp_path / "source" / "secuencias" / "fechas-es.txt"
    changed.write_bytes(changed.read_bytes().replace(b"1963", b"1964", 1))
    missing.unlink()

    assert checked(tmp_path / "data" / "dates.py", monkeypatch) == 1

    told = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert told == ["source/secuencias/fechas-es.txt", "source/paradigmas/fechas.txt"]
