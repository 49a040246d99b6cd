"""The functions that test cells call: open a graded cell, call the learner's code, check what must hold.

student = graded("cross-entropy-publico", names="cross_entropy")
student.cross_entropy(logits, target).matches(F.cross_entropy)
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from torchaula.checks import older
from torchaula.checks.battery import battery, no_loops
from torchaula.checks.errors import CheckFailed, TestError
from torchaula.checks.graded import graded, probe
from torchaula.checks.pieces import needs, pieces, progreso
from torchaula.checks.session import begin

__all__ = [
    "CheckFailed",
    "TestError",
    "battery",
    "begin",
    "graded",
    "needs",
    "no_loops",
    "pieces",
    "probe",
    "progreso",
]

if not TYPE_CHECKING:  # else every name would exist for a type checker

    def __getattr__(name: str) -> Any:
        """Tell a learner whose notebook imports a name of a newer version, in place of a traceback."""
        if older.shell() is None or name.startswith("_") or find_spec(f"{__name__}.{name}"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise older.lacking(name)
