"""Replace modules that only Colab and Kaggle have by modules that do nothing.

So `from google.colab import drive` does not stop its cell. Code that tests whether they exist, in a `try` or
with `find_spec`, finds that they don't.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from types import FrameType, ModuleType
from typing import Any

from torchaula.checks.stand_ins import LEARNER

NAMES = ("google.colab", "kaggle_secrets", "kaggle_datasets", "kaggle_web_client")
IMPORT = dis.opmap["IMPORT_NAME"]


class Nothing(str):
    """Any attribute of such a module: it can be called, has attributes, can be iterated, and is empty."""

    def __call__(self, *args: object, **kwargs: object) -> Nothing:
        return self

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Elsewhere(MetaPathFinder, Loader):
    """Finds these modules where a learner's line imports them outside a `try`; `tell` informs the learner."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell, self._told = tell, False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not (_is_parent(fullname) or _is_known(fullname)) or not _is_plain_import(sys._getframe(1)):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        if not _is_known(module.__name__):
            module.__getattr__ = partial(self._below, module)  # type: ignore[method-assign]
            return
        module.__getattr__ = _nothing  # type: ignore[method-assign]
        if not self._told:
            self._told = True
            self._tell(module.__name__)

    def _below(self, parent: ModuleType, name: str) -> ModuleType:
        """The module of this name below `parent`; other attributes of the parent don't exist here."""
        full = f"{parent.__name__}.{name}"
        if not (_is_parent(full) or _is_known(full)):
            raise AttributeError(f"module {parent.__name__!r} has no attribute {name!r}")
        module = sys.modules[full] = module_from_spec(ModuleSpec(full, self, is_package=True))
        self.exec_module(module)
        setattr(parent, name, module)
        return module


def _is_parent(module: str) -> bool:
    return any(name.startswith(module + ".") for name in NAMES)


def _is_known(module: str) -> bool:
    return any(f"{module}.".startswith(f"{name}.") for name in NAMES)


def _nothing(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return Nothing()


def _is_plain_import(frame: FrameType | None) -> bool:
    """Whether the import is on a learner's line outside any `try`, or comes from an IPython magic."""
    while frame is not None and frame.f_globals.get("__name__") != LEARNER:
        if frame.f_globals.get("__name__") == "IPython.core.extensions":
            return True
        frame = frame.f_back
    if frame is None or frame.f_code.co_code[frame.f_lasti] != IMPORT:
        return False
    entries = getattr(dis.Bytecode(frame.f_code), "exception_entries", ())
    return not any(entry.start <= frame.f_lasti < entry.end for entry in entries)
