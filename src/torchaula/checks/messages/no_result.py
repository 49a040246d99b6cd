"""Say why a call has no result: an exception, a missing name, a limit; and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from torchaula.checks import quotes
from torchaula.checks.data import Data
from torchaula.checks.messages.rows import (
    expected_row,
    expected_value,
    obtained_row,
    plain,
    remedy_row,
)
from torchaula.findings import Label, Reason, Row

if TYPE_CHECKING:
    from torchaula.checks.observation import Failure, Stop

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
# Packages that learners import: a missing one of these is not a file of their own.
PACKAGES = (
    "IPython PIL accelerate albumentations bokeh cv2 cupy datasets einops fastai flax gdown google "
    "google_colab gym gymnasium h5py imageio ipywidgets jax joblib kaggle keras lightgbm lightning "
    "nltk numba openai pandas plotly polars pyarrow pytorch_lightning requests scipy seaborn skimage spacy "
    "statsmodels sympy tensorboard tensorflow timm tokenizers torchaudio torchinfo torchmetrics torchsummary "
    "torchtext torchvision torchviz tqdm transformers wandb xgboost yaml"
)
COPY = "copia su código en una celda: solo se entrega el cuaderno, sin los archivos que tengas al lado"


def explain(failure: Failure, wanted: Sequence[Data] = ()) -> list[Row]:
    """Why there is no result; after an exception also the expected result, if a test gives one."""
    return raised(failure, wanted) if failure.reason is Reason.RAISED else REASONS[failure.reason](failure)


def raised(failure: Failure, wanted: Sequence[Data] = ()) -> list[Row]:
    rows = [_exception(failure), *map(expected_value, wanted), *_your_line(failure)]
    if failure.cause is not None:
        missing, number = quotes.take(failure.missing), quotes.take(str(failure.cause.number))
        before = f"la celda que define `{missing}` se paró antes: {_said(failure.cause)}"
        rows += [Row(Label.BEFORE, f"{before} (línea {number})"), remedy_row(_mend(failure.cause))]
    elif "ImportError" in failure.kinds:
        rows.append(remedy_row(_mend(failure)))
    return rows


def _exception(failure: Failure) -> Row:
    return obtained_row(f"una excepción: {_said(failure)}")


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


def raised_another(kind: str, failure: Failure) -> list[Row]:
    return [_exception(failure), expected_row(f"una excepción {kind}")]


def _undefined(failure: Failure) -> list[Row]:
    name, cause = quotes.take(failure.message), failure.cause
    if cause is None:
        remedy = f"ejecuta antes la celda en la que defines `{name}` y mira si da un error"
        return [obtained_row(f"no existe `{name}`"), remedy_row(remedy)]
    return [
        obtained_row(_stopped(name, cause)),
        *_your_line(cause),
        remedy_row(_mend(cause)),
    ]


def _stopped(name: str, cause: Stop) -> str:
    """Why a cell defines nothing: what stopped it comes first, and then what is missing for it."""
    if "SyntaxError" in cause.kinds:
        return f"{_said(cause)}. Tu celda no es Python válido: nada de ella se ejecuta, y no existe `{name}`"
    return f"{_said(cause)}. Tu celda se paró con esa excepción, y por eso no existe `{name}`"


def _not_callable(failure: Failure) -> list[Row]:
    name = quotes.take(failure.message)
    return [
        obtained_row(f"`{name}` ya no es una función ni una clase: otra cosa lleva su nombre"),
        remedy_row(f"ejecuta otra vez la celda en la que defines `{name}`"),
    ]


def _unwritten(failure: Failure) -> list[Row]:
    return [
        obtained_row(f"`{quotes.take(failure.message)}` está todavía por escribir"),
        remedy_row("escribe tu código en su celda, donde lo pone, y ejecútala antes que esta"),
    ]


def not_data(kind: str) -> list[Row]:
    if "function" in kind or "method" in kind:
        return [
            obtained_row("una función, no su resultado"),
            remedy_row("¿faltan los paréntesis, como en `.item()`?"),
        ]
    remedies = {
        "numpy.ndarray": "lo que pide el enunciado, no un array de NumPy: haz la cuenta con tensores",
        "generator": "el resultado, no un generador, que aún no ha calculado nada",
    }
    if kind.startswith("torch.return_types"):
        pair = "uno de los dos tensores que da `max`, `min` o `sort` con `dim`: `.values` o `.indices`"
        return [obtained_row("dos tensores a la vez, los valores y sus posiciones"), expected_row(pair)]
    usual = "un tensor o un valor de Python; con un número de NumPy o un tensor de un elemento, `.item()`"
    return [obtained_row(f"un valor de tipo {quotes.take(kind)}"), expected_row(remedies.get(kind, usual))]


def _timed_out(failure: Failure) -> list[Row]:
    remedy = "¿hay un bucle que no acaba, o que recorre los datos de uno en uno? Mira qué lo detiene"
    return [obtained_row(_not_ended(failure.message)), remedy_row(remedy)]


def _not_ended(seconds: str) -> str:
    return f"no terminó en {quotes.take(seconds)} {'segundo' if seconds == '1' else 'segundos'}"


def _waited(failure: Failure) -> list[Row]:
    obtained = obtained_row(f"{_not_ended(failure.message)}: se quedó esperando, casi sin calcular nada")
    if not failure.threads:
        return [obtained, remedy_row("¿a qué espera: una pausa (`sleep`), una cola, un programa, la red?")]
    why = (
        f"en otra celda creaste hilos o procesos ({quotes.take(', '.join(failure.threads))}), y tu respuesta "
        "se prueba en una copia de tu cuaderno en la que ya no existen: si los usa, espera para siempre"
    )
    return [obtained, Row(Label.CAUSE, why), remedy_row("créalos dentro de la función que los usa")]


DIED = [obtained_row("el proceso en el que corría tu código terminó de golpe")]
OUT_OF_MEMORY = [obtained_row("tu código pidió más memoria de la que hay para una entrega, y se paró")]
SPENT = [
    obtained_row("mientras corría tu código se acabó el tiempo que hay para toda la entrega"),
    remedy_row("busca lo que tarda: bucles que no acaban, pausas (`sleep`) o entrenamientos muy largos"),
]
NOT_REACHED = [obtained_row("no se llegó a comprobar: tu código paró el proceso en una prueba anterior")]


def _not_run(failure: Failure) -> list[Row]:
    obtained = (
        "tu celda no se llegó a ejecutar: las anteriores gastaron los "
        f"{failure.message} segundos de cálculo que hay para todas tus celdas"
    )
    return [obtained_row(obtained), remedy_row("acorta antes las celdas que más tardan")]


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


def unreadable(kind: str) -> list[Row]:
    return plain(f"La prueba no pudo leer tu resultado ({kind}): no es de la clase que se pide")


def slow_test() -> list[Row]:
    return plain(
        "La prueba tardó demasiado en mirar tu resultado: mira su tamaño, ¿es mayor de lo que se pide?"
    )


def out_of_time() -> list[Row]:
    return plain("No se llegó a comprobar: antes se acabó el tiempo que hay para toda la entrega.")
