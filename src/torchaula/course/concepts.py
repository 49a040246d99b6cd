"""Read `concepts.toml`: the concepts that the course set out to teach."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from torchaula.course import text_files
from torchaula.errors import Refusal
from torchaula.i18n import _

FILE = "concepts.toml"


@dataclass(frozen=True)
class Concept:
    """One concept: its id, the part of the founding text that names it, and its two names."""

    id: str
    part: str
    english: str
    spanish: str


def load(root: Path) -> tuple[Concept, ...]:
    """What the file lists, in order; nothing without a file. Raises `Refusal` if it is malformed."""
    path = root / FILE
    try:
        parts = tomllib.loads(text_files.read(path))
        return tuple(
            Concept(name, part, *_two_texts(names))
            for part, listed in parts.items()
            for name, names in listed.items()
        )
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, AttributeError, ValueError) as error:
        raise Refusal(
            _(
                "{path}: can't be read ({reason}); under each part's [\"title\"] stand lines "
                '\'id = ["English name", "Spanish name"]\''
            ).format(path=path, reason=error)
        ) from None


def _two_texts(names: object) -> tuple[str, str]:
    match names:
        case [str(english), str(spanish)]:
            return english, spanish
    raise ValueError(_("{names} is not a pair of names").format(names=names))
