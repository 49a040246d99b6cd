"""Translate the texts of the command line, which are written in English."""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from pathlib import Path

LOCALES = Path(__file__).parent / "locale"

# The environment sets the language (LANGUAGE, LC_ALL, LC_MESSAGES, LANG); without a catalogue, English.
_translations = gettext.translation("torchaula", LOCALES, fallback=True)
_ = _translations.gettext


def some(names: Iterable[str], most: int) -> str:
    """List `most` names at most, and say how many others there are."""
    everything = list(names)
    more = len(everything) - most
    return ", ".join(everything[:most]) + (_(" and {count} more").format(count=more) if more > 0 else "")
