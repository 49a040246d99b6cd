"""The Spanish texts that grading itself shows to a learner; both sides of the sandbox use them."""

from __future__ import annotations

LEFT_OUT = "… (lo que sigue no se guarda)\n"
PICTURE_TOO_LARGE = " (una imagen demasiado grande)"
PICTURE_LEFT_OUT = " (una imagen que no se muestra: no es un PNG, o es demasiado grande)"
SUBMISSION_DIED = (
    "tu cuaderno terminó varias veces con todo el proceso de corrección: no se pudo comprobar nada"
)


def possibly(sentence: str) -> str:
    """The sentence of a known mistake that the code may not make."""
    return f"puede que sea esto: {sentence}"


def not_here(module: str) -> str:
    """The notice that a module of Colab or Kaggle is an empty one here."""
    return f"({module} no existe aquí: en su lugar hay un módulo que no hace nada)\n"
