"""Run the command `torchaula`, or say what to install where only the learners' part of the package is.

Learners install the package without its extra `teacher`, and the command comes with it all the same. So this
module needs the standard library alone.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Iterator
from importlib import metadata

from torchaula.i18n import _

EXTRA = "teacher"
REFUSED = 2  # the exit code of everything that the command refuses
# Python looks for garbage after every 700 new objects; notebooks and answers are far more, and they stay.
NEW_OBJECTS = 50_000


def main() -> None:
    """Run the command line; without the packages of its extra, end with one line and exit code 2."""
    gc.set_threshold(NEW_OBJECTS)
    try:
        from torchaula import cli

        cli.main()
    except ModuleNotFoundError:
        if not any(_missing()):
            raise
        what = _("torchaula: this command is for teachers, and needs more than learners install: {command}")
        print(what.format(command=f"pip install 'torchaula[{EXTRA}]'"), file=sys.stderr)
        sys.exit(REFUSED)


def _missing() -> Iterator[str]:
    """The packages of the extra that are not installed, those aside that only some systems need."""
    for line in metadata.requires("torchaula") or ():
        name, _semicolon, marker = line.partition(";")
        if re.search(rf"extra == .{EXTRA}\b", marker) and "sys_platform" not in marker:
            name = re.split(r"[^\w.-]", name.strip())[0]
            try:
                metadata.version(name)
            except metadata.PackageNotFoundError:
                yield name


if __name__ == "__main__":
    main()
