"""Say in which way an obtained value differs from the expected one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchaula.checks import quotes
from torchaula.checks.compare import Difference
from torchaula.checks.messages.values import dtype, quote, shape, show, type_name
from torchaula.findings import Contrast


def difference(found: Difference) -> str:
    """The phrase for a difference, with its place."""
    where = "".join(f"[{key!r}]" for key in found.path)
    phrase = DIFFERENCES[found.contrast](found)
    return f"en {where}: {phrase}" if where else phrase


def _shape(found: Any) -> str:
    return f"la forma es {quotes.take(shape(found.obtained.shape))} y debe ser {shape(found.expected.shape)}"


def _type(found: Difference) -> str:
    return f"es {type_name(found.obtained)} y se espera {type_name(found.expected)}"


def _dtype(found: Any) -> str:
    obtained, expected = dtype(found.obtained.dtype), dtype(found.expected.dtype)
    return f"el tipo de dato (`dtype`) es {obtained} y debe ser {expected}"


def _keys(found: Any) -> str:
    return f"las claves son {quote(list(found.obtained))} y deben ser {show(list(found.expected))}"


def _value(found: Difference) -> str:
    return f"es {quote(found.obtained)} y debe ser {show(found.expected)}"


def _elements(found: Any) -> str:
    obtained, expected, wrong = found.obtained, found.expected, found.wrong
    where = tuple(wrong.nonzero()[0].tolist())
    first, wanted = _apart(obtained[where].item(), expected[where].item())
    if obtained.ndim == 0:
        return f"el valor es {first} y debe ser {wanted}"
    count, total = int(wrong.sum()), wrong.numel()
    how_many = f"difieren {count} de {total} valores" if count > 1 else f"difiere 1 de {total} valores"
    if total == 1:
        how_many = "difiere el único valor"
    return (
        f"la forma y el tipo son correctos, pero {how_many}; "
        f"el primero, en {list(where)}: {first} en lugar de {wanted}"
    )


def _apart(a: object, b: object) -> tuple[str, str]:
    """Two different numbers, with enough digits to show that they differ."""
    for digits in (4, 7, 10, 17):
        texts = [f"{n:.{digits}g}" if isinstance(n, float) else str(n) for n in (a, b)]
        if texts[0] != texts[1]:
            break
    return texts[0], texts[1]


def _nan(found: Any) -> str:
    count, total = int(found.obtained.isnan().sum()), found.obtained.numel()
    why = "¿0 entre 0, la raíz de un negativo, algo que se desborda, o un NaN de los datos?"
    return f"hay NaN en {count} de {total} valores ({why})"


def _factor(found: Difference) -> str:
    if abs(found.amount + 1) < 1e-3:
        return "tu resultado es el esperado con el signo cambiado"
    return f"tu resultado es {found.amount:.4g} veces el esperado"


def _shift(found: Difference) -> str:
    which = "sobra" if found.amount > 0 else "falta"
    return f"a todo tu resultado le {which} la misma cantidad: {abs(found.amount):.4g}"


# Each phrase reads only the fields that its kind of difference has.
DIFFERENCES: dict[Contrast, Callable[[Any], str]] = {
    Contrast.NOTHING: lambda _found: "la función no devuelve nada (None): ¿falta un `return`?",
    Contrast.TYPE: _type,
    Contrast.SHAPE: _shape,
    Contrast.DTYPE: _dtype,
    Contrast.DEVICE: lambda found: (
        f"el resultado está en {found.obtained.device} y debe estar en {found.expected.device}"
    ),
    Contrast.LENGTH: lambda found: f"hay {len(found.obtained)} elementos y deben ser {len(found.expected)}",
    Contrast.KEYS: _keys,
    Contrast.NUMBER: lambda found: f"la diferencia es {abs(found.obtained - found.expected):.3g}",
    Contrast.VALUE: _value,
    Contrast.ELEMENTS: _elements,
    Contrast.NAN: _nan,
    Contrast.ZERO: lambda _found: "todo tu resultado es cero",
    Contrast.PRECISION: lambda _found: (
        "la diferencia es tan pequeña como un redondeo de float32: "
        "¿hay por el camino un tensor float32, o un número diminuto que se suma?"
    ),
    Contrast.FACTOR: _factor,
    Contrast.SHIFT: _shift,
    Contrast.TRANSPOSED: lambda _found: (
        "tu resultado coincide con el esperado si se traspone (si se cambian sus dos últimos ejes)"
    ),
}
