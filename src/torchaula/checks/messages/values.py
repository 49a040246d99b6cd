"""Write values and calls in a short form, since nobody reads a hundred numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch

from torchaula.checks import quotes
from torchaula.checks.data import Data
from torchaula.findings import Label, Row

SHOWN_ELEMENTS = 12
SHOWN_IN_CALL = 6
SHOWN_CALL = 320
SHOWN_ITEMS = 8
SHOWN_NUMBERS = 20  # of plain numbers in a list
SHOWN_OPEN = 60  # characters of a list that is never closed up
SHOWN_TEXT = 120


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
        if value and not open_up and not _is_short(value):
            return f"{opening}…{closing}"
        items = (show(item, elements, layout=layout, text=text) for item in value)
        return opening + _show_items(items, len(value), _most_items(value)) + closing
    if isinstance(value, dict):
        if value and not open_up and not _is_short(value):
            return "{…}"
        pairs = (
            f"{text(_short(repr(key)))}: {show(item, elements, layout=layout, text=text)}"
            for key, item in value.items()
        )
        return "{" + _show_items(pairs, len(value), _most_items(value)) + "}"
    if isinstance(value, float):
        return f"{value:.6g}"
    return text(_short(repr(value)))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else text[: SHOWN_TEXT - 1] + "…"


def quote(value: Data) -> str:
    """The short form of a value that a learner's code made, cut to what a hidden cell may quote."""
    forms = ((SHOWN_ELEMENTS, True), (0, True), (0, False))
    shown = (show(value, elements, open_up) for elements, open_up in forms)
    return quotes.take(next((each for each in shown if quotes.fits(each)), None) or show(value, 0))


def wanted(value: Data) -> str:
    """The short form of a value that a test expects, in which an earlier call's result may stand."""
    return show(value, text=quotes.passed_on)


def _show_items(items: Iterable[str], count: int, most: int) -> str:
    shown = [item for item, _ in zip(items, range(most if count <= most else SHOWN_ITEMS), strict=False)]
    return ", ".join(shown) + (f", … ({count} en total)" if count > most else "")


def _most_items(value: list[Data] | tuple[Data, ...] | dict[Data, Data]) -> int:
    """How many items are shown: more of plain numbers and truth values, which are short."""
    items = value.values() if isinstance(value, dict) else value
    is_plain = len(value) <= SHOWN_NUMBERS and all(isinstance(item, int | float) for item in items)
    return SHOWN_NUMBERS if is_plain else SHOWN_ITEMS


def _is_short(value: list[Data] | tuple[Data, ...] | dict[Data, Data]) -> bool:
    """Whether a list shows its contents even in a call that is long."""
    return len(value) <= SHOWN_ITEMS and len(show(value, 0)) <= SHOWN_OPEN


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


def call(
    name: str,
    args: tuple[Data, ...],
    kwargs: dict[str, Data],
    names: Sequence[str] = (),
    is_probe: bool = False,
) -> Row:
    """A call as the learner would write it, with values in their short form.

    `names` are the names of the positional parameters, where known. A long call shows no values of tensors; a
    still longer one no contents of lists and dicts, unless they are short. A test's own function, a probe, is
    marked as such, so that a learner does not look for it in the notebook.
    """
    values = [*args, *kwargs.values()]
    keys = [*names[: len(args)], *[""] * (len(args) - len(names)), *kwargs]
    for elements, open_up in ((SHOWN_IN_CALL, True), (0, True), (0, False)):
        shown = (show(v, elements, open_up, layout=True, text=quotes.passed_on) for v in values)
        parts = [f"{key}={part}" if key else part for key, part in zip(keys, shown, strict=True)]
        text = f"{name}({', '.join(parts)})"
        if len(text) <= SHOWN_CALL:
            break
    text = text if len(text) <= SHOWN_CALL else text[: SHOWN_CALL - 2] + "…)"
    if is_probe:
        return Row(Label.BY_TEST, f"{text} (función de la prueba)", is_code=True)
    is_whole = open_up and all(is_shown_whole(value, elements) for value in values)
    return Row(Label.CALL if is_whole else Label.SKETCH, text, is_code=True)


def is_shown_whole(value: Data, elements: int = SHOWN_ELEMENTS) -> bool:
    """Whether `show` leaves no number of it out."""
    if isinstance(value, torch.Tensor):
        return value.device.type != "meta" and value.numel() <= max(elements, 1)
    if isinstance(value, list | tuple | dict):
        items = list(value.values()) if isinstance(value, dict) else list(value)
        return len(items) <= _most_items(value) and all(is_shown_whole(item, elements) for item in items)
    return len(repr(value)) <= SHOWN_TEXT


def argument(path: tuple[object, ...], names: Sequence[str] = ()) -> str:
    """An argument's name for a learner; the path `(0, 1)` is the second positional argument."""
    side, key, *inside = path
    position = int(str(key)) if side == 0 else -1
    known = names[position] if 0 <= position < len(names) else f"argumento {position + 1}"
    return f"`{key if side == 1 else known}`" + (f" en {inside}" if inside else "")
