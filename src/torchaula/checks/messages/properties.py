"""Say which property of a result does not hold, and what the battery's cases are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from torchaula.checks import compare, quotes
from torchaula.checks.compare import Difference
from torchaula.checks.data import Data, Path
from torchaula.checks.families import Family
from torchaula.checks.messages.differences import difference
from torchaula.checks.messages.rows import expected_row, expected_value, obtained_row, obtained_value
from torchaula.checks.messages.values import quote, wanted
from torchaula.findings import Contrast, Label, Row

if TYPE_CHECKING:
    from torchaula.checks.allowed import Refused

FLOAT32, FLOAT64 = "datos float32", "datos float64"
NOT_CONTIGUOUS = "los mismos datos, no contiguos en memoria"
SAME_AS_CONTIGUOUS = "lo mismo que con los datos contiguos"
SAME_AS_FLOAT64 = "lo mismo, redondeado, que con datos float64"
TAKEN_AWAY = "lo dice el enunciado"
WAY_OUT = "saca los datos de PyTorch, donde no se ve qué se calcula y se pierde el gradiente"
# What a function of each family that is not allowed does, after "aquí no se puede usar, porque …".
FAMILIES: dict[Family, str] = {
    Family.LINEAR: "es una capa lineal ya hecha",
    Family.CONVOLUTION: "es una convolución ya hecha",
    Family.POOLING: "es un pooling ya hecho",
    Family.NORMALISATION: "es una normalización ya hecha",
    Family.SOFTMAX: "es de la familia de softmax, ya hecha",
    Family.LOSSES: "es una pérdida ya hecha",
    Family.ATTENTION: "es una atención ya hecha",
    Family.RECURRENT: "es una red recurrente ya hecha",
    Family.EMBEDDING: "es una codificación de índices ya hecha",
    Family.DROPOUT: "es un dropout ya hecho",
    Family.FFT: "es una transformada de Fourier ya hecha",
    Family.LINEAR_ALGEBRA: "es álgebra lineal ya hecha",
    Family.DISTANCE: "es una distancia ya hecha",
    Family.RESAMPLING: "cambia el tamaño de imágenes por ti",
    Family.PADDING: "es un relleno ya hecho",
    Family.PATCHES: "saca o junta ventanas por ti",
    Family.SPARSE: "usa tensores dispersos o anidados",
    Family.FUSED: "hace varias operaciones de una vez",
    Family.OPTIMISERS: "es un optimizador ya hecho",
    Family.DECOMPOSITIONS: "es código interno de PyTorch",
    Family.VENDOR: "es para un hardware concreto",
    Family.LISTS: "pasa los datos a listas de Python, que solo se recorren con bucles",
    Family.OUTSIDE: WAY_OUT,
    Family.OTHER: "no es una operación corriente de PyTorch",
}


def differs(found: Difference) -> list[Row]:
    return [Row(Label.DIFFERENCE, difference(found))]


def unexpected(obtained: Data, expected: Data, found: Difference) -> list[Row]:
    """Both values, and their difference where it adds something. It is built first, so that it can quote."""
    reason = differs(found)
    if found.contrast is Contrast.KEYS:
        return reason
    ours, theirs, left_out = differing(obtained, expected, found.path)
    rows = [obtained_value(ours), expected_value(theirs)]
    if left_out:
        reason = [*reason, Row(Label.ALIKE, entries(left_out))]
    return rows if found.contrast is Contrast.VALUE and not found.path else [*rows, *reason]


def differing(obtained: Data, expected: Data, path: Path) -> tuple[Data, Data, int]:
    """Both values without the entries of dicts that agree, in one order; and how many these are.

    `path` leads to a difference, which is kept whatever its tolerance was.
    """
    first, *inside = path or (None,)
    if isinstance(expected, dict) and isinstance(obtained, dict) and expected.keys() == obtained.keys():
        keys = [key for key in expected if key == first or compare.difference(obtained[key], expected[key])]
        ours, theirs = ({key: value[key] for key in keys} for value in (obtained, expected))
        if first in ours:
            ours[first], theirs[first], more = differing(ours[first], theirs[first], tuple(inside))
            return ours, theirs, more + len(expected) - len(keys)
        return ours, theirs, len(expected) - len(keys)
    if isinstance(first, int) and isinstance(expected, list | tuple) and isinstance(obtained, list | tuple):
        mine, its, left_out = differing(obtained[first], expected[first], tuple(inside))
        return _with(obtained, first, mine), _with(expected, first, its), left_out
    return obtained, expected, 0


def _with(items: list[Data] | tuple[Data, ...], place: int, item: Data) -> Data:
    return type(items)([*items[:place], item, *items[place + 1 :]])


def entries(count: int) -> str:
    return "la otra entrada" if count == 1 else f"las otras {count} entradas"


def not_finite(value: Data) -> list[Row]:
    return [obtained_value(value), expected_row("que no haya NaN ni infinitos")]


def not_so(value: Data, what: str) -> list[Row]:
    """The rows of a condition that does not hold; `value` is data, or a phrase of the test."""
    is_phrase = isinstance(value, str)
    return [obtained_row(quotes.take(str(value))) if is_phrase else obtained_value(value), expected_row(what)]


def about(what: str, rows: list[Row]) -> list[Row]:
    return [Row(Label.ABOUT, what), *rows]


def should_raise(kind: str, result: Data) -> list[Row]:
    return [obtained_value(result), expected_row(f"una excepción {kind}")]


def argument_changed(obtained: Data, expected: Data, found: Difference) -> list[Row]:
    reason = difference(found)
    copying = {torch.Tensor: " (`.clone()`)", list: " (`.copy()`)", dict: " (`.copy()`)"}
    instead = f"trabaja sobre un resultado nuevo o sobre una copia{copying.get(type(expected), '')}"
    ours, theirs, _left_out = differing(obtained, expected, found.path)
    return [
        obtained_row(f"tras la llamada un argumento vale {quote(ours)}"),
        expected_row(f"que siga como estaba: {wanted(theirs)}"),
        Row(Label.DIFFERENCE, f"tu código modifica lo que recibe ({reason}); {instead}"),
    ]


def forbidden(found: Refused) -> list[Row]:
    why = FAMILIES.get(found.family, TAKEN_AWAY) if found.family else TAKEN_AWAY
    return [
        obtained_row(f"tu código usa `{quotes.take(found.name)}`"),
        expected_row(f"que lo hagas tú con operaciones básicas: en este ejercicio no se puede usar ({why})"),
    ]


def only_here(operation: str, pinned: str, here: str) -> str:
    return (
        f"Aviso: tu código usa `{operation}`, una operación que no tiene el PyTorch con el que se corrige "
        f"({pinned}); el tuyo es {here}. Aquí se acepta, pero al corregir podría no aceptarse."
    )


def shares_storage() -> list[Row]:
    return [
        obtained_row("un resultado que comparte memoria con un argumento (es una vista)"),
        expected_row("un tensor nuevo: quien cambie uno no debe cambiar el otro"),
    ]


def reuses_storage() -> list[Row]:
    return [
        obtained_row("un resultado que usa la memoria del de una llamada anterior, y así lo cambia"),
        expected_row("un tensor nuevo en cada llamada"),
    ]


def growing(name: str) -> str:
    return f"cada vez más datos: crece {name}"


def operations(count: int) -> str:
    return "1 operación" if count == 1 else f"{count} operaciones"


def grows(name: str, counts: dict[int, int]) -> list[Row]:
    found = ", ".join(f"{quotes.take(operations(n))} con {name} = {size}" for size, n in counts.items())
    return [
        obtained_row(found),
        expected_row("que el número de operaciones no crezca con los datos: sin bucles sobre ellos"),
    ]


def detached() -> list[Row]:
    return [
        obtained_row("un resultado desconectado del grafo de autograd"),
        expected_row(
            "que PyTorch pueda derivarlo: sin `detach`, `item`, `.data`, `no_grad` ni `torch.tensor(...)`"
        ),
    ]


def no_gradient(argument: str) -> list[Row]:
    return [
        obtained_row(f"el gradiente no llega hasta {argument}"),
        expected_row("que el resultado dependa de él sin salir del grafo de autograd"),
    ]


def gradient(argument: str) -> str:
    return f"el gradiente con respecto a {argument}"
