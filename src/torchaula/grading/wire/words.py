"""What grading itself says to a learner, in Spanish and in one place; both sides of the sandbox read it."""

from __future__ import annotations

LEFT_OUT = "… (lo que sigue no se guarda)\n"
PICTURE_TOO_LARGE = " (una imagen demasiado grande)"
PICTURE_LEFT_OUT = " (una imagen que no se muestra: no es un PNG, o es demasiado grande)"
SUBMISSION_DIED = (
    "tu cuaderno terminó varias veces con todo el proceso de corrección: no se pudo comprobar nada"
)


def not_here(module: str) -> str:
    """That a module which only Colab or Kaggle has is an empty one here."""
    return f"({module} no existe aquí: en su lugar hay un módulo que no hace nada)\n"
