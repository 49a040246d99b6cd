"""`python -m torchaula.handin mlp.ipynb`: look the file over; exit code 0 if it is in order, else 1."""

from __future__ import annotations

import sys
from pathlib import Path

from torchaula.handin import looks, words


def main(arguments: list[str]) -> int:
    """Look over the one file that is named. The exit code is 2 where none is."""
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        print(words.USAGE, file=sys.stderr)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    found = looks.look(Path(arguments[0]))
    print(words.report(found))
    return 0 if found.is_in_order else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
