"""Translate the texts of the command line, which are written in English."""

from __future__ import annotations

import gettext
from pathlib import Path

LOCALES = Path(__file__).parent / "locale"

# The environment sets the language (LANGUAGE, LC_ALL, LC_MESSAGES, LANG); without a catalogue, English.
_translations = gettext.translation("torchaula", LOCALES, fallback=True)
_ = _translations.gettext
