"""Build the Spanish messages that a check shows to a learner, all of them in one place.

A failed check shows the call, the obtained value, the expected value, and how they differ.
Values are shortened, since nobody reads a hundred numbers.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from torchaula.checks import quotes
from torchaula.checks.compare import Difference
from torchaula.checks.data import Data
from torchaula.checks.families import Family
from torchaula.findings import Contrast, Label, Reason, Row

if TYPE_CHECKING:
    from torchaula.checks.allowed import Refused
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
LABELS = {
    Label.TEST: "Prueba",
    Label.CASE: "Caso",
    Label.CALL: "Llamada",
    Label.ABOUT: "Se mira",
    Label.OBTAINED: "Obtenido",
    Label.EXPECTED: "Esperado",
    Label.DIFFERENCE: "Diferencia",
    Label.LINE: "Tu línea",
    Label.BEFORE: "Antes",
    Label.CAUSE: "Causa",
    Label.REMEDY: "Remedio",
    Label.PLAIN: "",
}
SHOWN_ITEMS = 8
SHOWN_TEXT = 120
# Packages that learners import: a missing one of these is not a file of their own.
PACKAGES = (
    "IPython PIL accelerate albumentations bokeh cv2 cupy datasets einops fastai flax gdown google "
    "google_colab gym gymnasium h5py imageio ipywidgets jax joblib kaggle keras lightgbm lightning "
    "nltk numba openai pandas plotly polars pyarrow pytorch_lightning requests scipy seaborn skimage spacy "
    "statsmodels sympy tensorboard tensorflow timm tokenizers torchaudio torchinfo torchmetrics torchsummary "
    "torchtext torchvision torchviz tqdm transformers wandb xgboost yaml"
)
COPY = "copia su código en una celda: solo se entrega el cuaderno, sin los archivos que tengas al lado"


# Values


def show(
    value: Data,
    elements: int = SHOWN_ELEMENTS,
    open_up: bool = True,
    layout: bool = False,
    text: Callable[[str], str] = str,
) -> str:
    """A short form of any data; `text` converts each text in it.

    Values are shown for tensors of up to `elements` elements, and for lists and dicts if `open_up`.
    `layout` marks tensors that are not contiguous, which matters for a call's arguments.
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
    """The short form of a value that a learner's code made, cut to what a hidden cell may quote."""
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
    """The smallest and the largest value of a tensor that is too large to show."""
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

    `names` are the names of the positional parameters, where known. A long call shows no values
    of tensors; a still longer one shows no contents of lists and dicts.
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
    """Mark a call of a test's own function, so that a learner does not look for it in the notebook."""
    return f"{call} (función de la prueba)"


# In which way values differ


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
    Contrast.TRACKED: lambda found: (
        f"su `requires_grad` es {found.obtained.requires_grad} y debe ser {found.expected.requires_grad}"
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


# Failed checks


def heading(cell: str) -> str:
    exercise, _, aspect = cell.rpartition("-")
    return f"✘ {exercise} · {ASPECTS.get(aspect, aspect)}"


def rows(title: str, case: str, call: str, lines: Iterable[Row]) -> list[Row]:
    """The rows of a message: the test, the case, the call, and the given lines."""
    known = (Row(Label.TEST, title), Row(Label.CASE, case), Row(Label.CALL, call, is_code=True))
    return [*(row for row in known if row.text), *lines]


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


def _obtained(text: str) -> Row:
    return Row(Label.OBTAINED, text)


def _expected(text: str) -> Row:
    return Row(Label.EXPECTED, text)


def _remedy(text: str) -> Row:
    return Row(Label.REMEDY, text)


def _value_row(label: Label, value: Data, text: str) -> Row:
    """A row with a value's short form, formatted as code if the value has parts or is a text."""
    has_parts = isinstance(value, torch.Tensor | list | tuple | dict | str)
    return Row(label, text, is_code=has_parts and not isinstance(value, torch.Size))


def _found(value: Data) -> Row:
    return _value_row(Label.OBTAINED, value, quote(value))


def _wanted(value: Data) -> Row:
    return _value_row(Label.EXPECTED, value, show(value))


def differs(found: Difference) -> list[Row]:
    return [Row(Label.DIFFERENCE, difference(found))]


def unexpected(obtained: Data, expected: Data, found: Difference) -> list[Row]:
    """Both values, and their difference where it adds something. It is built first, so that it can quote."""
    reason = differs(found)
    rows = [_found(obtained), _wanted(expected)]
    return rows if found.contrast is Contrast.VALUE and not found.path else [*rows, *reason]


def not_finite(value: Data) -> list[Row]:
    return [_found(value), _expected("que no haya NaN ni infinitos")]


def not_so(value: Data, what: str) -> list[Row]:
    """The rows of a condition that does not hold; `value` is data, or a phrase of the test."""
    is_phrase = isinstance(value, str)
    return [_obtained(quotes.take(str(value))) if is_phrase else _found(value), _expected(what)]


def about(what: str, rows: list[Row]) -> list[Row]:
    return [Row(Label.ABOUT, what), *rows]


def explain(failure: Failure, wanted: Sequence[Data] = ()) -> list[Row]:
    """Why there is no result; after an exception also the expected result, if a test gives one."""
    return raised(failure, wanted) if failure.reason is Reason.RAISED else REASONS[failure.reason](failure)


def raised(failure: Failure, wanted: Sequence[Data] = ()) -> list[Row]:
    rows = [_exception(failure), *map(_wanted, wanted), *_your_line(failure)]
    if failure.cause is not None:
        missing, number = quotes.take(failure.missing), quotes.take(str(failure.cause.number))
        before = f"la celda que define `{missing}` se paró antes: {_said(failure.cause)}"
        rows += [Row(Label.BEFORE, f"{before} (línea {number})"), _remedy(_mend(failure.cause))]
    elif "ImportError" in failure.kinds:
        rows.append(_remedy(_mend(failure)))
    return rows


def _exception(failure: Failure) -> Row:
    return _obtained(f"una excepción: {_said(failure)}")


def _said(stop: Stop) -> str:
    return quotes.take(f"{stop.kind}: {stop.message}" if stop.message else stop.kind)


def _your_line(stop: Stop) -> list[Row]:
    if not stop.line:
        return []
    number, text = quotes.line(stop.number, stop.line)
    return [Row(Label.LINE, text, is_code=True, number=number)]


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
    """What to do about an `import`: name the module that is missing, and its version if known."""
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


def should_raise(kind: str, result: Data) -> list[Row]:
    return [_found(result), _expected(f"una excepción {kind}")]


def raised_another(kind: str, failure: Failure) -> list[Row]:
    return [_exception(failure), _expected(f"una excepción {kind}")]


def _undefined(failure: Failure) -> list[Row]:
    name, cause = quotes.take(failure.message), failure.cause
    if cause is None:
        remedy = f"ejecuta antes la celda en la que defines `{name}` y mira si da un error"
        return [_obtained(f"no existe `{name}`"), _remedy(remedy)]
    return [
        _obtained(f"no existe `{name}`: su celda se paró antes con una excepción, {_said(cause)}"),
        *_your_line(cause),
        _remedy(_mend(cause)),
    ]


def _not_callable(failure: Failure) -> list[Row]:
    name = quotes.take(failure.message)
    return [
        _obtained(f"`{name}` ya no es una función ni una clase: otra cosa lleva su nombre"),
        _remedy(f"ejecuta otra vez la celda en la que defines `{name}`"),
    ]


def _unwritten(failure: Failure) -> list[Row]:
    return [
        _obtained(f"`{quotes.take(failure.message)}` está todavía por escribir"),
        _remedy("escribe tu código en su celda, donde lo pone, y ejecútala antes que esta"),
    ]


def not_data(kind: str) -> list[Row]:
    if "function" in kind or "method" in kind:
        return [
            _obtained("una función, no su resultado"),
            _remedy("¿faltan los paréntesis, como en `.item()`?"),
        ]
    remedies = {
        "numpy.ndarray": "un tensor o una lista, no un array de NumPy: `torch.from_numpy` o `.tolist()`",
        "generator": "el resultado, no un generador, que aún no ha calculado nada",
    }
    if kind.startswith("torch.return_types"):
        pair = "uno de los dos tensores que da `max`, `min` o `sort` con `dim`: `.values` o `.indices`"
        return [_obtained("dos tensores a la vez, los valores y sus posiciones"), _expected(pair)]
    usual = "un tensor o un valor de Python; con un número de NumPy o un tensor de un elemento, `.item()`"
    return [_obtained(f"un valor de tipo {quotes.take(kind)}"), _expected(remedies.get(kind, usual))]


def _timed_out(failure: Failure) -> list[Row]:
    remedy = "¿hay un bucle que no acaba, o que recorre los datos de uno en uno? Mira qué lo detiene"
    return [_obtained(_not_ended(failure.message)), _remedy(remedy)]


def _not_ended(seconds: str) -> str:
    return f"no terminó en {quotes.take(seconds)} {'segundo' if seconds == '1' else 'segundos'}"


def _waited(failure: Failure) -> list[Row]:
    obtained = _obtained(f"{_not_ended(failure.message)}: se quedó esperando, casi sin calcular nada")
    if not failure.threads:
        return [obtained, _remedy("¿a qué espera: una pausa (`sleep`), una cola, un programa, la red?")]
    why = (
        f"en otra celda creaste hilos o procesos ({quotes.take(', '.join(failure.threads))}), y tu respuesta "
        "se prueba en una copia de tu cuaderno en la que ya no existen: si los usa, espera para siempre"
    )
    return [obtained, Row(Label.CAUSE, why), _remedy("créalos dentro de la función que los usa")]


DIED = [_obtained("el proceso en el que corría tu código terminó de golpe")]
OUT_OF_MEMORY = [_obtained("tu código pidió más memoria de la que hay para una entrega, y se paró")]
SPENT = [
    _obtained("mientras corría tu código se acabó el tiempo que hay para toda la entrega"),
    _remedy("busca lo que tarda: bucles que no acaban, pausas (`sleep`) o entrenamientos muy largos"),
]
NOT_REACHED = [_obtained("no se llegó a comprobar: tu código paró el proceso en una prueba anterior")]


def _not_run(failure: Failure) -> list[Row]:
    obtained = (
        "tu celda no se llegó a ejecutar: las anteriores gastaron los "
        f"{failure.message} segundos de cálculo que hay para todas tus celdas"
    )
    return [_obtained(obtained), _remedy("acorta antes las celdas que más tardan")]


REASONS: dict[Reason, Callable[[Failure], list[Row]]] = {
    Reason.UNDEFINED: _undefined,
    Reason.NOT_CALLABLE: _not_callable,
    Reason.UNWRITTEN: _unwritten,
    Reason.NOT_DATA: lambda failure: not_data(failure.message),
    Reason.TIMEOUT: _timed_out,
    Reason.WAITED: _waited,
    Reason.OUT_OF_MEMORY: lambda _failure: OUT_OF_MEMORY,
    Reason.DIED: lambda _failure: DIED,
    Reason.SPENT: lambda _failure: SPENT,
    Reason.UNRUN: _not_run,
    Reason.NOT_REACHED: lambda _failure: NOT_REACHED,
}


def argument_changed(obtained: Data, expected: Data, found: Difference) -> list[Row]:
    reason = difference(found)
    instead = "trabaja sobre un resultado nuevo o sobre una copia (`.clone()`)"
    return [
        _obtained(f"tras la llamada un argumento vale {quote(obtained)}"),
        _expected(f"que siga como estaba: {show(expected)}"),
        Row(Label.DIFFERENCE, f"tu código modifica lo que recibe ({reason}); {instead}"),
    ]


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


def forbidden(found: Refused) -> list[Row]:
    why = FAMILIES.get(found.family, TAKEN_AWAY) if found.family else TAKEN_AWAY
    return [
        _obtained(f"tu código usa `{found.name}`"),
        _expected(f"que lo hagas tú con operaciones básicas: en este ejercicio no se puede usar ({why})"),
    ]


def shares_storage() -> list[Row]:
    return [
        _obtained("un resultado que comparte memoria con un argumento (es una vista)"),
        _expected("un tensor nuevo: quien cambie uno no debe cambiar el otro"),
    ]


def growing(name: str) -> str:
    return f"cada vez más datos: crece {name}"


def grows(name: str, counts: dict[int, int]) -> list[Row]:
    found = ", ".join(f"{n} operaciones con {name} = {size}" for size, n in counts.items())
    return [
        _obtained(found),
        _expected("que el número de operaciones no crezca con los datos: sin bucles sobre ellos"),
    ]


def detached() -> list[Row]:
    return [
        _obtained("un resultado desconectado del grafo de autograd"),
        _expected(
            "que PyTorch pueda derivarlo: sin `detach`, `item`, `.data`, `no_grad` ni `torch.tensor(...)`"
        ),
    ]


def no_gradient(argument: str) -> list[Row]:
    return [
        _obtained(f"el gradiente no llega hasta {argument}"),
        _expected("que el resultado dependa de él sin salir del grafo de autograd"),
    ]


def gradient(argument: str) -> str:
    return f"el gradiente con respecto a {argument}"


def argument(path: tuple[object, ...], names: Sequence[str] = ()) -> str:
    """An argument's name for a learner; the path `(0, 1)` is the second positional argument."""
    side, key, *inside = path
    position = int(str(key)) if side == 0 else -1
    known = names[position] if 0 <= position < len(names) else f"argumento {position + 1}"
    return f"`{key if side == 1 else known}`" + (f" en {inside}" if inside else "")


def unreadable(kind: str) -> list[Row]:
    return _plain(f"La prueba no pudo leer tu resultado ({kind}): no es de la clase que se pide")


def slow_test() -> list[Row]:
    return _plain(
        "La prueba tardó demasiado en mirar tu resultado: mira su tamaño, ¿es mayor de lo que se pide?"
    )


def out_of_time() -> list[Row]:
    return _plain("No se llegó a comprobar: antes se acabó el tiempo que hay para toda la entrega.")


def _plain(sentence: str) -> list[Row]:
    return [Row(Label.PLAIN, sentence)]


# The battery


FLOAT32, FLOAT64 = "datos float32", "datos float64"
NOT_CONTIGUOUS = "los mismos datos, no contiguos en memoria"
SAME_AS_CONTIGUOUS = "lo mismo que con los datos contiguos"
SAME_AS_FLOAT64 = "lo mismo, redondeado, que con datos float64"


# The notebook


READY = "✔ Todo listo."
NOT_BEGUN = "ejecuta antes la primera celda de código del cuaderno (la preparación)"


def public_first(cell: str, exercise: str) -> str:
    return f"{cell}: ejecuta antes la comprobación pública, {exercise}-publico"


def passed_public(exercise: str) -> str:
    return f"✔ {exercise}: comprobación pública superada. Quedan las pruebas ocultas, con otros datos."
