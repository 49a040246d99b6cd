"""Run a notebook's cells as a learner's kernel does: `python as_learner.py < cells.json`, with any Python.

The cells are `[[id, text], …]`. The answer, also JSON, says of each what it showed and which exception
ended it. This file imports nothing of ours, because the environment that runs it may have little.
"""

from __future__ import annotations

import contextlib
import io
import json
import linecache
import sys
from typing import Any


def run(cells: list[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Run the cells in order in one namespace; one that raises doesn't stop those that follow."""
    namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    return {name: _run(name, text, namespace) for name, text in cells}


def _run(name: str, text: str, namespace: dict[str, Any]) -> dict[str, str]:
    place, shown, error = f"<{name}>", io.StringIO(), ""
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    with contextlib.redirect_stdout(shown):
        try:
            exec(compile(text, place, "exec"), namespace)
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
    return {"shown": shown.getvalue(), "error": error}


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
