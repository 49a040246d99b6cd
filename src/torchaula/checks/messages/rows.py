"""Build the whole message of a graded cell: a heading and labelled rows, or that it passed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import torch

from torchaula.checks.data import Data
from torchaula.checks.messages.values import quote, wanted
from torchaula.findings import Label, Row

WIDTH = 88
ASPECTS = {
    "publico": "comprobación pública",
    "valores": "prueba oculta: valores",
    "bordes": "prueba oculta: bordes",
    "gradiente": "prueba oculta: gradiente",
}
LABELS = {
    Label.TEST: "Prueba",
    Label.CASE: "Caso",
    Label.CALL: "Llamada",
    Label.SKETCH: "Llamada",
    Label.BY_TEST: "Llamada",
    Label.ABOUT: "Se mira",
    Label.OBTAINED: "Obtenido",
    Label.EXPECTED: "Esperado",
    Label.DIFFERENCE: "Diferencia",
    Label.ALIKE: "Coinciden",
    Label.LINE: "Tu línea",
    Label.BEFORE: "Antes",
    Label.CAUSE: "Causa",
    Label.REMEDY: "Remedio",
    Label.PLAIN: "",
}


def heading(cell: str) -> str:
    exercise, _, aspect = cell.rpartition("-")
    return f"✘ {exercise} · {ASPECTS.get(aspect, aspect)}"


def rows(title: str, case: str, call: Row, lines: Iterable[Row]) -> list[Row]:
    """The rows of a message: the test, the case, the call, and the given lines."""
    known = (Row(Label.TEST, title), Row(Label.CASE, case), call)
    return [*(row for row in known if row.text), *lines]


def the_case(number: int, name: str) -> str:
    """Which of a cell's calls failed: its number, unless it is the first, and its name, if it has one."""
    place = f"el {number}.º de esta prueba" if number > 1 else ""
    return f"{name} ({place})" if name and place else name or place


def failed(cell: str, rows: Iterable[Row]) -> str:
    """The whole message: a heading, and labelled rows."""
    lines = [(LABELS[row.label], row.shown) for row in rows]
    width = max(len(label) for label, _ in lines)
    return "\n".join([heading(cell), *(_line(label, width, text) for label, text in lines)])


def in_one_line(rows: Iterable[Row]) -> str:
    """The rows of a message joined into one line, for the author of a test."""
    return "; ".join(f"{LABELS[row.label]}: {row.shown}" for row in rows)


def _line(label: str, width: int, text: str) -> str:
    """A labelled text, wrapped between words with an indent; without a label it stays one line."""
    if not label:
        return f"  {text}"
    label = f"  {label:<{width}}  "
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )


def obtained_row(text: str) -> Row:
    return Row(Label.OBTAINED, text)


def expected_row(text: str) -> Row:
    return Row(Label.EXPECTED, text)


def remedy_row(text: str) -> Row:
    return Row(Label.REMEDY, text)


def _value_row(label: Label, value: Data, text: str) -> Row:
    """A row with a value's short form, formatted as code if the value has parts or is a text."""
    has_parts = isinstance(value, torch.Tensor | list | tuple | dict | str)
    return Row(label, text, is_code=has_parts and not isinstance(value, torch.Size))


def obtained_value(value: Data) -> Row:
    return _value_row(Label.OBTAINED, value, quote(value))


def expected_value(value: Data) -> Row:
    return _value_row(Label.EXPECTED, value, wanted(value))


def plain(sentence: str) -> list[Row]:
    return [Row(Label.PLAIN, sentence)]


READY = "✔ Todo listo."
NOT_BEGUN = "ejecuta antes la primera celda de código del cuaderno (la preparación)"


def public_first(cell: str, exercise: str) -> str:
    return f"{cell}: ejecuta antes la comprobación pública, {exercise}-publico"


def passed_public(exercise: str) -> str:
    return f"✔ {exercise}: comprobación pública superada. Quedan las pruebas ocultas, con otros datos."
