"""What a learner reads about the file to hand in."""

from __future__ import annotations

from textwrap import fill

from torchaula import __version__
from torchaula.handin.looks import Fault, Look

USAGE = "Escribe detrás el archivo que vas a entregar: python -m torchaula.handin mlp.ipynb"
WIDTH = 88
RECEIPT_CHARACTERS = 16  # of the digest

FRESH = "de un cuaderno recién descargado"
SAVE = "Guarda (Ctrl + S; en macOS, ⌘ + S) y ejecuta otra vez esta celda."
FAULTS = {
    Fault.NO_FILE: "no encuentro {path}. ¿Está en esta carpeta, y se llama así?",
    Fault.TOO_LARGE: "{path} pasa de 20 MB. Borra las salidas (Edit → Clear Outputs of All Cells) y guarda.",
    Fault.NO_NOTEBOOK: "{path} no es un cuaderno de Jupyter, o está a medias. Vuelve a guardarlo.",
    Fault.NO_SET_UP: "a {path} le falta la celda de preparación, la que acaba en begin(…): sin ella no sé de "
    f"qué entrega es. Cópiala {FRESH}.",
    Fault.OTHER_NAME: "se llama {path}, y debe llamarse {names}. Cámbiale el nombre.",
    Fault.MISSING: f"faltan celdas: {{names}}. Cópialas {FRESH}, y pon en ellas lo que habías escrito.",
    Fault.DOUBLED: "hay celdas repetidas: {names}. Deja una de cada.",
    Fault.NOT_SAVED: f"lo último que has ejecutado de {{names}} no está en el archivo. {SAVE}",
}
NO_PATH = 'no encuentro el archivo de este cuaderno. Dime cuál es: entrega("mlp.ipynb")'


def report(look: Look) -> str:
    """What is wrong with a file, or that it is in order; then what is unanswered, and the receipt."""
    return "\n".join([*_verdict(look), *_unanswered(look), *_receipt(look)])


def _verdict(look: Look) -> list[str]:
    if look.is_in_order:
        return [f"✔ {look.path.name} está entero y listo para entregar."]
    about = {"path": look.path.name}
    return ["✘ Todavía no lo entregues:"] + [
        "  · " + FAULTS[fault].format(**about, names=", ".join(names)) for fault, names in look.faults.items()
    ]


def _unanswered(look: Look) -> list[str]:
    if not look.exercises or not look.unanswered:
        return []
    done, every = len(look.exercises) - len(look.unanswered), len(look.exercises)
    line = f"Con respuesta: {done} de {every} ejercicios. Por escribir: {', '.join(look.unanswered)}."
    return [fill(line, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)]


def _receipt(look: Look) -> list[str]:
    if not look.digest or look.saved is None:
        return []
    return [
        f"  Guardado el {look.saved:%d/%m/%Y a las %H:%M:%S}. Recibo: {look.digest[:RECEIPT_CHARACTERS]}",
        f"  {_versions(look.version)}",
        "  No se ha enviado nada: entrega el archivo donde te diga quien te da clase.",
    ]


def _versions(made: str) -> str:
    """The version that the notebook was released with, and the installed one where that is another."""
    if not made:
        return f"No dice con qué versión de torchaula se hizo; comprobado con la {__version__}."
    if made == __version__:
        return f"Hecho y comprobado con torchaula {made}."
    return f"Hecho con torchaula {made}; comprobado con la {__version__}. Se corrige igual."
