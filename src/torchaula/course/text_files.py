"""Read the text files that an author writes."""

from __future__ import annotations

from pathlib import Path

from torchaula.errors import Refusal
from torchaula.i18n import _


def read(path: Path) -> str:
    """The text of a file, without a byte-order mark.

    Raises `FileNotFoundError`, and `Refusal` where the file can't be read or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Refusal(
            _("{path}, line {line}: not UTF-8; save it as UTF-8").format(path=path, line=line)
        ) from None
    except OSError as error:
        raise Refusal(
            _("{path}: can't be read ({reason}); check the file and its permissions").format(
                path=path, reason=error.strerror
            )
        ) from None
