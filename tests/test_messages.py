"""What the command line says: every text can be translated, and its Spanish is whole."""

from __future__ import annotations

import io
import os
import string
import subprocess
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests import mini
from torchaula.i18n import LOCALES

PO = sorted(LOCALES.glob("*/LC_MESSAGES/torchaula.po"))
REMEDY = "run `make messages`, and translate what is new"


def catalogue(path: Path) -> Catalog:
    """A catalogue as a translator left it."""
    with path.open("rb") as stream:
        return read_po(stream, locale=path.parts[-3])


@pytest.mark.parametrize("path", PO, ids=lambda path: path.parts[-3])
def test_catalogue_holds_what_the_package_says(path: Path) -> None:
    """No text of the package is missing from a catalogue, and none in it is gone from the package."""
    said = {message[2] for message in extract_from_dir(mini.ROOT / "src" / "torchaula")}

    assert {message.id for message in catalogue(path) if message.id} == said, REMEDY


@pytest.mark.parametrize("path", PO, ids=lambda path: path.parts[-3])
def test_every_text_is_translated_with_its_places(path: Path) -> None:
    """Each text has a translation, not a doubtful one, with the same `{places}` in it."""
    for message in catalogue(path):
        assert message.string, f"{message.id!r}: {REMEDY}"
        assert not message.fuzzy or not message.id, message.id
        assert places(message.string) == places(message.id), message.id


def places(text: str) -> set[str]:
    """The names that a text has room for, with how they are shown."""
    return {f"{name}!{how}" for _, name, _, how in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("path", PO, ids=lambda path: path.parts[-3])
def test_compiled_catalogue_is_up_to_date(path: Path) -> None:
    """The `.mo` that is read at run time is the compiled `.po`."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(path))

    assert path.with_suffix(".mo").read_bytes() == compiled.getvalue(), REMEDY


def test_refusals_speak_the_language_of_the_environment() -> None:
    """In a Spanish environment the command line refuses in Spanish."""
    done = subprocess.run(
        [mini.PROGRAMS / "torchaula", "--course", str(mini.ROOT), "release", "nada"],
        env=os.environ | {"LANGUAGE": "es"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert "no hay ninguna tarea 'nada'; hay: " in done.stderr
