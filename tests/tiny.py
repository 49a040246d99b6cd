"""A tiny notebook for tests of the machinery: one exercise, `double`, and cells made to order."""

from __future__ import annotations

from torchaula.authoring import judging
from torchaula.course.notebook import Cell, Notebook
from torchaula.grading.trusted.verdict import Verdict

SETUP = """
import torch
from torch import nn
from torchaula.checks import battery, begin, graded, no_loops, probe
begin("tiny")
"""
RIGHT = "def double(x):\n    return 2 * x\n"
OPEN = 'student = graded("double-publico", names="double", forbid=["mul"], seconds=1)\n'
PLUS = "def double(x):\n    return x + x\n"
BACKENDS = tuple(judging.BACKENDS)


def notebook(*cells: str, setup: str = SETUP) -> Notebook:
    """A notebook whose graded cells, `double-publico` first, have these texts."""
    aspects = ("publico", "valores", "bordes", "gradiente")
    graded = [Cell(f"double-{a}", "graded", text, 1) for a, text in zip(aspects, cells, strict=False)]
    return Notebook(
        "tiny",
        (
            Cell("preparacion", "setup", setup),
            Cell("double-enunciado", "markdown", "## double"),
            Cell("double", "solution", RIGHT, is_solution=True),
            *graded,
        ),
    )


def grade(answer: str, *cells: str, backend: str, seed: int = 1) -> list[Verdict]:
    """The verdicts of `cells`, in order, on `answer`."""
    verdicts = judging.grade(notebook(*cells), {"double": answer}, backend=backend, seed=seed)
    return list(verdicts.values())
