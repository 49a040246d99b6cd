"""Tell which version of torchaula a notebook was released with, and find the file that a kernel belongs to.

`torchaula release` notes its version in the notebook's metadata (see `authoring.release`). Programs that drop
metadata drop it too: then nobody knows, and nothing depends on it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torchaula import __version__

KEY, VERSION = "torchaula", "version"  # in a notebook's metadata
SESSION = "JPY_SESSION_NAME"  # in which Jupyter tells a kernel the path of its notebook
VS_CODE = "__vsc_ipynb_file__"  # in which VS Code does, among the kernel's names
# As JSON; inside a text of the notebook the quotes would be escaped.
NOTED = re.compile(rb'"%b":\s*\{\s*"%b":\s*"([0-9][0-9A-Za-z.+]{0,30})"' % (KEY.encode(), VERSION.encode()))
# What PEP 440 allows and this project uses: 0.2.0, 0.2.0.dev0, 0.2.0rc1.
FORM = re.compile(r"(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?:\.?(dev|a|b|rc)(\d{1,6}))?")
STAGES = {"dev": 0, "a": 1, "b": 2, "rc": 3, None: 4}


def noted() -> dict[str, str]:
    """What a release notes under `KEY` in the notebook's metadata."""
    return {VERSION: __version__}


def version_of(content: bytes) -> str:
    """The version that a notebook's file was released with, as it claims; empty if it says nothing."""
    found = NOTED.search(content)
    return found[1].decode() if found else ""


def is_newer(version: str, than: str = __version__) -> bool:
    """Whether a version is newer than another one. False if either has an unknown form."""
    both = [FORM.fullmatch(each.partition("+")[0]) for each in (version, than)]
    if both[0] is None or both[1] is None:
        return False
    left, right = ([int(each[1]), int(each[2]), int(each[3] or 0), *_stage(each)] for each in both if each)
    return left > right


def _stage(found: re.Match[str]) -> tuple[int, int]:
    return STAGES[found[4]], int(found[5] or 0)


def own_file(names: Mapping[str, Any] | None = None) -> Path | None:
    """The file of the notebook that runs in this kernel, whose `names` may tell it; None if nothing tells."""
    told = str((names or {}).get(VS_CODE, "") or os.environ.get(SESSION, ""))
    if told.endswith(".ipynb") and Path(told).is_file():
        return Path(told)
    here = sorted(Path.cwd().glob("*.ipynb"))
    named = [each for each in here if told and each.name == Path(told).name]
    return next(iter(named), here[0] if len(here) == 1 else None)
