"""Judge by a trace whether an answer used only what its exercise allows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from torchaula.checks import families
from torchaula.checks.families import Family, is_below

ALL = "torch"  # in `forbid`: no operation of torch at all; in `allow`: everything
# Operations that only a function of another name reaches.
FUNCTIONS = {"im2col": "F.unfold", "col2im": "F.fold"}


@dataclass(frozen=True)
class Refused:
    """Something that an answer may not use: its name for the learner, and its family.

    `family` is None where the contract takes it away by name.
    """

    name: str
    family: Family | None = None


def refused(
    trace: Mapping[str, int],
    allow: Iterable[str],
    forbid: Iterable[str],
    tolerated: Collection[str] = (),
) -> Refused | None:
    """The first thing in the trace that an answer may not use, or None.

    `forbid` and `allow` name families, functions or dotted paths; `forbid` wins. Underscores around a name
    do not count: `softmax` is `aten::_softmax` too. What neither names is allowed if its family is basic, or
    if it is one of the operations `tolerated`.
    """
    allow, forbid = frozenset(allow), frozenset(forbid)
    seen = sorted(_seen(trace), key=_distance)
    for kind, name, family in seen:
        if entry := _named(kind, name, family, forbid):
            return Refused(spoken(kind, name), family if entry == family else None)
    if ALL in allow:
        return None
    for kind, name, family in seen:
        if family is None or family.is_basic or f"{kind}.{name}" in tolerated:
            continue
        if not _named(kind, name, family, allow):
            return Refused(spoken(kind, name), family)
    return None


def unsorted(trace: Iterable[str]) -> list[str]:
    """The operations in the trace that are torch's own and in no family: another torch than the pinned."""
    own = (key for key in trace if key.partition(".")[0] in families.NAMESPACES)
    return sorted(key for key in own if families.of_operation(key) is Family.OTHER)


def _distance(seen: tuple[str, str, Family | None]) -> int:
    """How far a name is from what a learner wrote: a layer, a function, what these call, an operation."""
    kind, name, _family = seen
    is_layer = kind in ("call", "base") and name.startswith("torch.nn.")
    return 0 if is_layer else {"python": 1, "base": 2, "call": 2}.get(kind, 3)


def _seen(trace: Mapping[str, int]) -> Iterator[tuple[str, str, Family | None]]:
    for key in trace:
        kind, _, name = key.partition(".")
        if kind in ("call", "base"):
            yield kind, name, families.of_path(name)
        elif kind == "python":
            yield kind, name, families.of_name(name)
        elif kind != "building":
            yield kind, name, families.of_operation(key)


def _named(kind: str, name: str, family: Family | None, entries: frozenset[str]) -> str | None:
    """The entry of a contract that names this."""
    if family is not None and family in entries:
        return family
    if kind in ("call", "base"):
        dotted = (entry for entry in entries if "." in entry)
        return next((each for each in dotted if is_below(name, each) or spoken(kind, name) == each), None)
    if ALL in entries and kind != "python":
        return ALL
    return next((entry for entry in entries if entry.strip("_") == name.strip("_")), None)


def spoken(kind: str, name: str) -> str:
    """A name as a learner would write it: `nn.Conv2d` for `torch.nn.modules.conv.Conv2d.forward`."""
    if kind == "python":
        return name
    if kind not in ("call", "base"):
        plain = name.strip("_")
        return FUNCTIONS.get(plain, plain) if kind in families.NAMESPACES else f"{kind}.{name}"
    parts = name.split(".")
    cls = next((part.strip("_") for part in parts if part.strip("_")[:1].isupper()), None)
    root = (
        "nn"
        if name.startswith("torch.nn.modules.")
        else ".".join(parts[:2] if parts[0] == "torch" else parts[:1])
    )
    return f"{root}.{cls or parts[-1]}"
