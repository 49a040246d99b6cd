"""Name a package that is older than the notebook, in a learner's kernel.

Most notebooks run with an older package all the same, so this is a notice. Where the notebook asks for
something that the package doesn't have, the notice stands in place of a traceback.
"""

from __future__ import annotations

import builtins
import re
from types import TracebackType
from typing import Any

from torchaula import __version__, origin
from torchaula.checks import messages
from torchaula.checks.errors import ForLearner

# What asking for something that is missing raises: an argument, a name, a module.
MISSING = (TypeError, AttributeError, ImportError)
OF_COURSE = re.compile(r"^[^#\n]*\b(?:graded|battery|no_loops|begin)\(|^\s*from torchaula\b", re.M)
MOST_BYTES = 20 * 2**20  # of a notebook's file that is read, as when grading


class OlderPackage(ForLearner, ImportError):
    """The notebook asks for something that the installed package doesn't have."""


def shell() -> Any:
    """The learner's Jupyter shell; None in a judge, a test or a terminal."""
    found: Any = getattr(builtins, "get_ipython", lambda: None)()
    return found if getattr(found, "kernel", None) is not None else None


def notice() -> None:
    """Print one line where the notebook was made with a newer version, and replace what would be unclear."""
    running = shell()
    if running is None:
        return
    made = _made_with(running.user_ns)
    if origin.is_newer(made):
        print(messages.newer_notebook(made, __version__))
        running.set_custom_exc(MISSING, _told_instead(made))


def lacking(name: str, made: str = "") -> OlderPackage:
    """The exception that tells what the package lacks, and what to install."""
    running = shell()
    made = made or (_made_with(running.user_ns) if running is not None else "")
    return OlderPackage(messages.lacking(name, made, __version__))


def _made_with(names: dict[str, Any]) -> str:
    """The version that released the notebook of this kernel; empty if nothing tells."""
    try:
        path = origin.own_file(names)
        if path is None:
            return ""
        with path.open("rb") as file:
            return origin.version_of(file.read(MOST_BYTES))
    except OSError:
        return ""


def _told_instead(made: str) -> Any:
    """IPython's handler: in a cell of the course, one line stands for the traceback of what is missing."""

    def handle(
        running: Any, kind: type[BaseException], error: BaseException, trace: TracebackType, tb_offset: Any
    ) -> list[str]:
        cell = str((running.user_ns.get("In") or [""])[-1])
        if not isinstance(error, ForLearner) and OF_COURSE.search(cell):
            told = str(lacking(str(error), made)).splitlines()
        elif isinstance(error, ForLearner):
            told = error._render_traceback_()
        else:  # the learner's own mistake
            told = running.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset)
        running._showtraceback(kind, error, told)
        return told

    return handle
