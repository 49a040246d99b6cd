"""The sentences about a notebook and an installed package of different versions."""

from __future__ import annotations

MOST = 120  # characters of what Python says is missing


def newer_notebook(made: str, installed: str) -> str:
    """The notebook is newer than the package: go on, and what to do if something is odd."""
    return (
        f"Aviso: este cuaderno se hizo con torchaula {made}, y aquí está instalada la {installed}. Puedes "
        f"seguir; si algo falla, {_install(made)}"
    )


def lacking(what: str, made: str, installed: str) -> str:
    """The notebook asks for something that the package doesn't have."""
    origin = f"se hizo con torchaula {made}" if made else "se hizo con otra versión de torchaula"
    short = what if len(what) <= MOST else f"{what[:MOST]}…"
    return (
        f"✘ Este cuaderno {origin}, y a la que está instalada, la {installed}, le falta algo que usa "
        f"({short}): {_install(made)}"
    )


def _install(made: str) -> str:
    wheel = f"torchaula-{made}-py3-none-any.whl" if made else "torchaula-….whl"
    return f"instala el paquete que vino con el cuaderno (`%pip install ./{wheel}`) y reinicia el kernel."
