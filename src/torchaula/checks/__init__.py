"""The functions that test cells call: open a graded cell, call the learner's code, check what must hold.

student = graded("cross-entropy-publico", names="cross_entropy")
student.cross_entropy(logits, target).matches(F.cross_entropy)
"""

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
