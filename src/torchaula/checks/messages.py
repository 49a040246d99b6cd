"""Everything that a check says to a learner, in Spanish and in one place.

A failed check reads: what was called, what was obtained, what was expected, how they differ.
Values are shown short: nobody reads a hundred numbers.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import torch

from torchaula.checks import quotes
from torchaula.checks.data import Data

if TYPE_CHECKING:
    from torchaula.checks.observation import Failure, Stop

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
SHOWN_ELEMENTS = 12
SHOWN_IN_CALL = 6
SHOWN_CALL = 320
WIDTH = 88
ASPECTS = {
    "publico": "comprobación pública",
    "valores": "prueba oculta: valores",
    "bordes": "prueba oculta: bordes",
    "gradiente": "prueba oculta: gradiente",
}
SHOWN_ITEMS = 8
SHOWN_TEXT = 120
# What learners import that is no file of theirs.
PACKAGES = (
    "IPython PIL accelerate albumentations bokeh cv2 cupy datasets einops fastai flax gdown google "
    "google_colab gym gymnasium h5py imageio ipywidgets jax joblib kaggle keras lightgbm lightning "
    "nltk numba openai pandas plotly polars pyarrow pytorch_lightning requests scipy seaborn skimage spacy "
    "statsmodels sympy tensorboard tensorflow timm tokenizers torchaudio torchinfo torchmetrics torchsummary "
    "torchtext torchvision torchviz tqdm transformers wandb xgboost yaml"
)
COPY = "copia su código en una celda: solo se entrega el cuaderno, sin los archivos que tengas al lado"
ALL_ZEROS = "todo tu resultado es cero"
IS_TRANSPOSED = "tu resultado coincide con el esperado si se traspone (si se cambian sus dos últimos ejes)"


# Values


def show(
    value: Data,
    elements: int = SHOWN_ELEMENTS,
    open_up: bool = True,
    layout: bool = False,
    text: Callable[[str], str] = str,
) -> str:
    """A short form of any data; `text` has the last word on each text in it.

    Tensors of up to `elements` elements come with their values; lists and dicts only if `open_up`.
    With `layout` it says which tensors are not contiguous, which matters in what a call received.
    """
    if isinstance(value, torch.Tensor):
        return _show_tensor(value.detach(), elements, layout)
    if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
        opening, closing = "[]" if isinstance(value, list) else "()"
        if value and not open_up:
            return f"{opening}…{closing}"
        items = (show(item, elements, layout=layout, text=text) for item in value)
        return opening + _show_items(items, len(value)) + closing
    if isinstance(value, dict):
        if value and not open_up:
            return "{…}"
        pairs = (
            f"{text(_short(repr(key)))}: {show(item, elements, layout=layout, text=text)}"
            for key, item in value.items()
        )
        return "{" + _show_items(pairs, len(value)) + "}"
    if isinstance(value, float):
        return f"{value:.6g}"
    return text(_short(repr(value)))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else text[: SHOWN_TEXT - 1] + "…"


def quote(value: Data) -> str:
    """The short form of what a learner's code made, within what a hidden cell may quote."""
    forms = ((SHOWN_ELEMENTS, True), (0, True), (0, False))
    shown = (show(value, elements, open_up) for elements, open_up in forms)
    return next((each for each in shown if quotes.fits(each)), None) or quotes.take(show(value, 0))


def _show_items(items: Iterable[str], count: int) -> str:
    shown = [item for item, _ in zip(items, range(SHOWN_ITEMS), strict=False)]
    return ", ".join(shown) + (f", … ({count} en total)" if count > SHOWN_ITEMS else "")


def _show_tensor(tensor: torch.Tensor, elements: int, layout: bool) -> str:
    kind = f"tensor {shape(tensor.shape)} {dtype(tensor.dtype)}"
    if layout and not tensor.is_contiguous():
        kind += " no contiguo"
    if tensor.device.type == "meta" or not tensor.numel():
        return kind
    if tensor.numel() > max(elements, 1):
        return kind + _range(tensor)
    return f"{kind} = {_numbers(tensor.tolist())}"


def _range(tensor: torch.Tensor) -> str:
    """The smallest and the largest of values that are too many to show."""
    if tensor.is_complex() or tensor.dtype is torch.bool or tensor.isnan().any():
        return ""
    return f" (de {_numbers(tensor.min().item())} a {_numbers(tensor.max().item())})"


def _numbers(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_numbers, value)) + "]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def shape(size: Iterable[int]) -> str:
    return "[" + ", ".join(map(str, size)) + "]"


def dtype(kind: torch.dtype) -> str:
    return str(kind).removeprefix("torch.")


def type_name(value: Data) -> str:
    if isinstance(value, torch.Tensor):
        return "un tensor"
    if value is None:
        return "None"
    return f"un valor de tipo {type(value).__name__}"


def call(name: str, args: tuple[Data, ...], kwargs: dict[str, Data], names: Sequence[str] = ()) -> str:
    """A call as the learner would write it, with values in their short form.

    `names` are those of the positional parameters, where they are known. A long call shows no values
    of tensors, a still longer one no content of lists and dicts.
    """
    for elements, open_up in ((SHOWN_IN_CALL, True), (0, True), (0, False)):
        shown = partial(show, elements=elements, open_up=open_up, layout=True, text=quotes.passed_on)
        parts = [shown(arg) for arg in args]
        parts[: len(names)] = [f"{n}={part}" for n, part in zip(names, parts, strict=False)]
        parts += [f"{key}={shown(value)}" for key, value in kwargs.items()]
        text = f"{name}({', '.join(parts)})"
        if len(text) <= SHOWN_CALL:
            return text
    return text[: SHOWN_CALL - 2] + "…)"


def of_test(call: str) -> str:
    """A call of a test's own function, which a learner would look for in vain."""
    return f"{call} (función de la prueba)"


# In which way values differ


def wrong_type(obtained: Data, expected: Data) -> str:
    return f"es {type_name(obtained)} y se espera {type_name(expected)}"


NOTHING_RETURNED = "la función no devuelve nada (None): ¿falta un `return`?"


def wrong_shape(obtained: Iterable[int], expected: Iterable[int]) -> str:
    return f"la forma es {quotes.take(shape(obtained))} y debe ser {shape(expected)}"


def wrong_dtype(obtained: torch.dtype, expected: torch.dtype) -> str:
    return f"el tipo de dato (`dtype`) es {dtype(obtained)} y debe ser {dtype(expected)}"


def wrong_device(obtained: torch.device, expected: torch.device) -> str:
    return f"el resultado está en {obtained} y debe estar en {expected}"


def wrong_length(obtained: int, expected: int) -> str:
    return f"hay {obtained} elementos y deben ser {expected}"


def wrong_keys(obtained: list[Data], expected: list[Data]) -> str:
    return f"las claves son {quote(obtained)} y deben ser {show(expected)}"


def at(key: Data, reason: str) -> str:
    """`reason`, which may itself be about a position inside this one."""
    return (
        f"en [{key!r}]{reason.removeprefix('en ')}"
        if reason.startswith("en [")
        else f"en [{key!r}]: {reason}"
    )


def not_equal(obtained: Data, expected: Data) -> str:
    return f"es {quote(obtained)} y debe ser {show(expected)}"


def scalar_off(obtained: float | complex, expected: float | complex) -> str:
    return f"la diferencia es {abs(obtained - expected):.3g}"


def values_off(
    obtained: torch.Tensor, expected: torch.Tensor, wrong: torch.Tensor, relation: str | None
) -> str:
    if relation:
        return relation
    where = tuple(wrong.nonzero()[0].tolist())
    found, wanted = _apart(obtained[where].item(), expected[where].item())
    if obtained.ndim == 0:
        return f"el valor es {found} y debe ser {wanted}"
    count, total = int(wrong.sum()), wrong.numel()
    how_many = f"difieren {count} de {total} valores" if count > 1 else f"difiere 1 de {total} valores"
    if total == 1:
        how_many = "difiere el único valor"
    return (
        f"la forma y el tipo son correctos, pero {how_many}; "
        f"el primero, en {list(where)}: {found} en lugar de {wanted}"
    )


def _apart(a: object, b: object) -> tuple[str, str]:
    """Two different numbers with as many digits as it takes to see that they differ."""
    for digits in (4, 7, 10, 17):
        texts = [f"{n:.{digits}g}" if isinstance(n, float) else str(n) for n in (a, b)]
        if texts[0] != texts[1]:
            break
    return texts[0], texts[1]


def has_nan(count: int, total: int) -> str:
    why = "¿0 entre 0, la raíz de un negativo, algo que se desborda, o un NaN de los datos?"
    return f"hay NaN en {count} de {total} valores ({why})"


PICTURE_LEFT_OUT = " (una imagen que no se muestra: no es un PNG, o es demasiado grande)"
LOST_PRECISION = (
    "la diferencia es tan pequeña como un redondeo de float32: "
    "¿hay por el camino un tensor float32, o un número diminuto que se suma?"
)


def is_factor(factor: float) -> str:
    if abs(factor + 1) < 1e-3:
        return "tu resultado es el esperado con el signo cambiado"
    return f"tu resultado es {factor:.4g} veces el esperado"


def is_shift(shift: float) -> str:
    return f"a todo tu resultado le {'sobra' if shift > 0 else 'falta'} la misma cantidad: {abs(shift):.4g}"


# Failed checks


def heading(cell: str) -> str:
    exercise, _, aspect = cell.rpartition("-")
    return f"✘ {exercise} · {ASPECTS.get(aspect, aspect)}"


def rows(title: str, case: str, call: str, lines: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is tried and in which case, the call, and what came of it: labelled lines."""
    known = (("Prueba", title), ("Caso", case), ("Llamada", call))
    return [*((label, text) for label, text in known if text), *lines]


def failed(cell: str, rows: Iterable[tuple[str, str]]) -> str:
    """The whole message: a heading, and labelled lines."""
    rows = list(rows)
    width = max(len(label) for label, _ in rows)
    return "\n".join([heading(cell), *(_row(f"  {label:<{width}}  ", text) for label, text in rows)])


def _row(label: str, text: str) -> str:
    """A labelled text, wrapped between words under itself."""
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )


def unexpected(obtained: Data, expected: Data, reason: str) -> list[tuple[str, str]]:
    rows = [("Obtenido", quote(obtained)), ("Esperado", show(expected))]
    return rows if reason == not_equal(obtained, expected) else [*rows, ("Diferencia", reason)]


def not_so(found: Data, what: str) -> list[tuple[str, str]]:
    obtained = quotes.take(found) if isinstance(found, str) else quote(found)
    return [("Obtenido", obtained), ("Esperado", what)]


def about(what: str, rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [("Se mira", what), *rows]


def raised(failure: Failure, wanted: str) -> list[tuple[str, str]]:
    rows = [("Obtenido", f"una excepción: {_said(failure)}")]
    if wanted:
        rows.append(("Esperado", wanted))
    rows += _line(failure)
    if failure.cause is not None:
        missing, number = quotes.take(failure.missing), quotes.take(str(failure.cause.number))
        before = f"la celda que define `{missing}` se paró antes: {_said(failure.cause)}"
        rows += [("Antes", f"{before} (línea {number})"), ("Remedio", _mend(failure.cause))]
    elif "ImportError" in failure.kinds:
        rows.append(("Remedio", _mend(failure)))
    return rows


def _said(stop: Stop) -> str:
    return quotes.take(f"{stop.kind}: {stop.message}" if stop.message else stop.kind)


def _line(stop: Stop) -> list[tuple[str, str]]:
    return [("Tu línea", quotes.line(stop.number, stop.line))] if stop.line else []


def _mend(stop: Stop) -> str:
    """What to do about a cell that stopped."""
    if "ImportError" in stop.kinds:
        return _mend_import(stop)
    if "SyntaxError" in stop.kinds:
        return (
            f"corrige esa línea. Aquí se usa Python {PYTHON}: si en tu cuaderno funciona, tu Python es más "
            "nuevo; escríbela como se hacía antes"
        )
    return "corrige esa línea; reinicia después tu cuaderno y ejecútalo entero, de arriba abajo"


def _mend_import(stop: Stop) -> str:
    """What to do about an `import`: say which module lacks what, in which version, where that is known."""
    package = stop.missing.partition(".")[0]
    if not package:
        return (
            f"lo que importas no se puede importar aquí: quita ese `import`; si es de un archivo tuyo, {COPY}"
        )
    is_usual, package = package in PACKAGES.split(), quotes.take(package)
    if "ModuleNotFoundError" not in stop.kinds or stop.version:
        version = f" (versión {quotes.take(stop.version)})" if stop.version else ""
        return f"lo que importas no está en el `{package}`{version} que hay aquí: quita ese `import`"
    missing = (
        f"aquí no está instalado el módulo `{quotes.take(stop.missing)}`; lo que traen Python, PyTorch, "
        "NumPy, scikit-learn y Matplotlib basta: quita ese `import` o ponlo en una celda aparte"
    )
    return missing if is_usual else f"si `{package}.py` es un archivo tuyo, {COPY}. Si no, {missing}"


def should_raise(kind: str, obtained: str) -> list[tuple[str, str]]:
    return [("Obtenido", obtained), ("Esperado", f"una excepción {kind}")]


def undefined(name: str, cause: Stop | None = None) -> list[tuple[str, str]]:
    name = quotes.take(name)
    if cause is None:
        remedy = f"ejecuta antes la celda en la que defines `{name}` y mira si da un error"
        return [("Obtenido", f"no existe `{name}`"), ("Remedio", remedy)]
    return [
        ("Obtenido", f"no existe `{name}`: su celda se paró antes con una excepción, {_said(cause)}"),
        *_line(cause),
        ("Remedio", _mend(cause)),
    ]


def not_callable(name: str) -> list[tuple[str, str]]:
    name = quotes.take(name)
    return [
        ("Obtenido", f"`{name}` ya no es una función ni una clase: otra cosa lleva su nombre"),
        ("Remedio", f"ejecuta otra vez la celda en la que defines `{name}`"),
    ]


def unwritten(name: str) -> list[tuple[str, str]]:
    return [
        ("Obtenido", f"`{quotes.take(name)}` está todavía por escribir"),
        ("Remedio", "escribe tu código en su celda, donde lo pone, y ejecútala antes que esta"),
    ]


def not_data(kind: str) -> list[tuple[str, str]]:
    if "function" in kind or "method" in kind:
        return [
            ("Obtenido", "una función, no su resultado"),
            ("Remedio", "¿faltan los paréntesis, como en `.item()`?"),
        ]
    remedies = {
        "numpy.ndarray": "un tensor o una lista, no un array de NumPy: `torch.from_numpy` o `.tolist()`",
        "generator": "el resultado, no un generador, que aún no ha calculado nada",
    }
    if kind.startswith("torch.return_types"):
        pair = "uno de los dos tensores que da `max`, `min` o `sort` con `dim`: `.values` o `.indices`"
        return [("Obtenido", "dos tensores a la vez, los valores y sus posiciones"), ("Esperado", pair)]
    usual = "un tensor o un valor de Python; con un número de NumPy o un tensor de un elemento, `.item()`"
    return [("Obtenido", f"un valor de tipo {quotes.take(kind)}"), ("Esperado", remedies.get(kind, usual))]


def timed_out(seconds: str) -> list[tuple[str, str]]:
    remedy = "¿hay un bucle que no acaba, o que recorre los datos de uno en uno? Mira qué lo detiene"
    return [("Obtenido", _not_ended(seconds)), ("Remedio", remedy)]


def _not_ended(seconds: str) -> str:
    return f"no terminó en {quotes.take(seconds)} {'segundo' if seconds == '1' else 'segundos'}"


def waited(seconds: str, threads: Sequence[str]) -> list[tuple[str, str]]:
    obtained = ("Obtenido", f"{_not_ended(seconds)}: se quedó esperando, casi sin calcular nada")
    if not threads:
        return [obtained, ("Remedio", "¿a qué espera: una pausa (`sleep`), una cola, un programa, la red?")]
    why = (
        f"en otra celda creaste hilos o procesos ({quotes.take(', '.join(threads))}), y tu respuesta se "
        "prueba en una copia de tu cuaderno en la que ya no existen: si los usa, espera para siempre"
    )
    return [obtained, ("Causa", why), ("Remedio", "créalos dentro de la función que los usa")]


DIED = [("Obtenido", "el proceso en el que corría tu código terminó de golpe")]
OUT_OF_MEMORY = [("Obtenido", "tu código pidió más memoria de la que hay para una entrega, y se paró")]
SUBMISSION_DIED = (
    "tu cuaderno terminó varias veces con todo el proceso de corrección: no se pudo comprobar nada"
)
SPENT = [
    ("Obtenido", "mientras corría tu código se acabó el tiempo que hay para toda la entrega"),
    ("Remedio", "busca lo que tarda: bucles que no acaban, pausas (`sleep`) o entrenamientos muy largos"),
]
NOT_REACHED = [("Obtenido", "no se llegó a comprobar: tu código paró el proceso en una prueba anterior")]


def not_run(seconds: str) -> list[tuple[str, str]]:
    obtained = (
        "tu celda no se llegó a ejecutar: las anteriores gastaron los "
        f"{seconds} segundos de cálculo que hay para todas tus celdas"
    )
    return [("Obtenido", obtained), ("Remedio", "acorta antes las celdas que más tardan")]


def argument_changed(obtained: Data, expected: Data, reason: str) -> list[tuple[str, str]]:
    instead = "trabaja sobre un resultado nuevo o sobre una copia (`.clone()`)"
    return [
        ("Obtenido", f"tras la llamada un argumento vale {quote(obtained)}"),
        ("Esperado", f"que siga como estaba: {show(expected)}"),
        ("Diferencia", f"tu código modifica lo que recibe ({reason}); {instead}"),
    ]


def forbidden(entry: str) -> list[tuple[str, str]]:
    return [
        ("Obtenido", f"tu código usa `{entry}`"),
        ("Esperado", "que lo hagas tú: en este ejercicio no se puede usar (lo dice el enunciado)"),
    ]


def shares_storage() -> list[tuple[str, str]]:
    return [
        ("Obtenido", "un resultado que comparte memoria con un argumento (es una vista)"),
        ("Esperado", "un tensor nuevo: quien cambie uno no debe cambiar el otro"),
    ]


def grows(small: int, large: int) -> list[tuple[str, str]]:
    return [
        ("Obtenido", f"{small} operaciones con un caso pequeño y {large} con uno mayor"),
        ("Esperado", "que el número de operaciones no crezca con los datos: sin bucles sobre ellos"),
    ]


def detached() -> list[tuple[str, str]]:
    return [
        ("Obtenido", "un resultado desconectado del grafo de autograd"),
        (
            "Esperado",
            "que PyTorch pueda derivarlo: sin `detach`, `item`, `.data`, `no_grad` ni `torch.tensor(...)`",
        ),
    ]


def no_gradient(argument: str) -> list[tuple[str, str]]:
    return [
        ("Obtenido", f"el gradiente no llega hasta {argument}"),
        ("Esperado", "que el resultado dependa de él sin salir del grafo de autograd"),
    ]


def gradient(argument: str) -> str:
    return f"el gradiente con respecto a {argument}"


def argument(path: tuple[object, ...], names: Sequence[str] = ()) -> str:
    """An argument as a learner would name it: `(0, 1)` is the second positional one."""
    side, key, *inside = path
    position = int(str(key)) if side == 0 else -1
    known = names[position] if 0 <= position < len(names) else f"argumento {position + 1}"
    return f"`{key if side == 1 else known}`" + (f" en {inside}" if inside else "")


def unreadable(cell: str, kind: str) -> str:
    why = f"La prueba no pudo leer tu resultado ({kind}): no es de la clase que se pide"
    return f"{heading(cell)}\n  {why}"


def slow_test(cell: str) -> str:
    why = "La prueba tardó demasiado en mirar tu resultado: mira su tamaño, ¿es mayor de lo que se pide?"
    return f"{heading(cell)}\n  {why}"


def out_of_time(cell: str) -> str:
    why = "No se llegó a comprobar: antes se acabó el tiempo que hay para toda la entrega."
    return f"{heading(cell)}\n  {why}"


# The battery


FLOAT32, FLOAT64 = "datos float32", "datos float64"
NOT_CONTIGUOUS = "los mismos datos, no contiguos en memoria"
SMALL_AND_LARGE = "un caso pequeño y uno mayor"
NOT_FINITE = "que no haya NaN ni infinitos"
SAME_AS_CONTIGUOUS = "lo mismo que con los datos contiguos"
SAME_AS_FLOAT64 = "lo mismo, redondeado, que con datos float64"


# Success


READY = "✔ Todo listo."


def passed_public(exercise: str) -> str:
    return f"✔ {exercise}: comprobación pública superada. Quedan las pruebas ocultas, con otros datos."
