"""Say in which way an obtained value differs from the expected one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torchaula.checks import quotes
from torchaula.checks.compare import Difference
from torchaula.checks.messages.values import SHOWN_ITEMS, dtype, quote, shape, type_name, wanted
from torchaula.findings import Contrast


def difference(found: Difference) -> str:
    """The phrase for a difference, with its place."""
    where = "".join(f"[{quotes.passed_on(repr(key))}]" for key in found.path)
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
    missing = [key for key in found.expected if key not in found.obtained]
    surplus = [key for key in found.obtained if key not in found.expected]
    said = [f"{'faltan' if len(missing) > 1 else 'falta'} {_listed(map(wanted, missing))}"] if missing else []
    if surplus:
        said.append(f"{'sobran' if len(surplus) > 1 else 'sobra'} {quotes.take(_listed(map(repr, surplus)))}")
    return f"entre las claves {' y '.join(said)}"


def _listed(texts: Iterable[str]) -> str:
    found = [text for text, _ in zip(texts, range(SHOWN_ITEMS + 1), strict=False)]
    return ", ".join(found[:SHOWN_ITEMS]) + (", …" if len(found) > SHOWN_ITEMS else "")


def _length(found: Any) -> str:
    count, wanted = len(found.obtained), len(found.expected)
    noun, verb = "elemento" if count == 1 else "elementos", "debe" if wanted == 1 else "deben"
    return f"hay {count} {noun} y {verb} ser {wanted}"


def _value(found: Difference) -> str:
    return f"es {quote(found.obtained)} y debe ser {wanted(found.expected)}"


def _elements(found: Any) -> str:
    obtained, expected, wrong = found.obtained, found.expected, found.wrong
    where = tuple(wrong.nonzero()[0].tolist())
    first, wanted = _apart(obtained[where].item(), expected[where].item())
    count, total = int(wrong.sum()), wrong.numel()
    if total == 1:
        return f"el {'único ' if obtained.ndim else ''}valor es {first} y debe ser {wanted}"
    if count == 1:
        return (
            f"la forma y el tipo son correctos, pero difiere 1 de {total} valores, "
            f"el de {list(where)}: {first} en lugar de {wanted}"
        )
    how_many = f"difieren {count} de {total} valores"
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
    return f"hay NaN en {count} de {total} valores ({why})" if total > 1 else f"el valor es NaN ({why})"


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
    Contrast.TRACKED: lambda found: (
        f"su `requires_grad` es {found.obtained.requires_grad} y debe ser {found.expected.requires_grad}"
    ),
    Contrast.LENGTH: _length,
    Contrast.KEYS: _keys,
    Contrast.NUMBER: lambda found: f"la diferencia es {abs(found.obtained - found.expected):.3g}",
    Contrast.VALUE: _value,
    Contrast.ELEMENTS: _elements,
    Contrast.NAN: _nan,
    Contrast.ZERO: lambda found: (
        "todo tu resultado es cero" if found.obtained.numel() > 1 else "tu resultado es cero"
    ),
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
