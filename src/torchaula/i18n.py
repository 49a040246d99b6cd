"""Translations of what the command line says; its texts are written in English."""

from __future__ import annotations

import gettext
from pathlib import Path

LOCALES = Path(__file__).parent / "locale"

# The language is the environment's (LANGUAGE, LC_ALL, LC_MESSAGES, LANG); without a catalogue, English.
_translations = gettext.translation("torchaula", LOCALES, fallback=True)
_ = _translations.gettext
