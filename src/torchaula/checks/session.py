"""Hold the notebook that is being checked: its set-up, its exercises' contracts, and its back end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeAlias

import torch

from torchaula.checks import kernel, messages, older
from torchaula.checks.allowed import ALL, unsorted
from torchaula.checks.errors import TestError
from torchaula.checks.families import TORCH
from torchaula.checks.observation import Observation, Request, Scope, perform
from torchaula.checks.progress import Progress
from torchaula.checks.seeds import Stream, derive, seed_all
from torchaula.checks.settle import settle
from torchaula.checks.stand_ins import StandIn, locate
from torchaula.checks.timelimit import SECONDS
from torchaula.checks.trace import can_be_seen, warm_up

COURSE_SEED = 20260  # published: learners' own kernels use it
# A stand-in for an earlier exercise, alone or with torch's names for the keywords of the exercise.
Given: TypeAlias = Callable[..., Any] | tuple[Callable[..., Any], Mapping[str, str]]
SeedOf: TypeAlias = Callable[[str, str], int]  # the seed of a cell's stream, "test" or "answer"


class Backend(Protocol):
    """Serves requests to the learner's code, here or in another process."""

    def open(self, cell: str, seed: int) -> None:
        """Begin a graded cell: the answer's random stream starts anew from `seed`."""

    def perform(self, request: Request) -> Observation:
        """Serve one request. Never raises for what the learner's code does."""


class Local:
    """Serves requests in this process: the learner's own kernel."""

    def __init__(self, learner: dict[str, Any], setup: Mapping[str, Any]) -> None:
        self._learner, self._setup = learner, setup
        self._is_asked = False

    def open(self, cell: str, seed: int) -> None:
        self._scope = Scope(self._learner, self._setup, Stream(seed))

    def perform(self, request: Request) -> Observation:
        if self._is_asked:  # else it would recurse without end
            raise TestError(
                f"{request.name}: a probe calls a name of the test's, which stands for the answer"
            )
        self._is_asked = True
        try:
            return perform(request, self._scope)
        finally:
            self._is_asked = False


@dataclass(frozen=True)
class Contract:
    """What an exercise declares once, in its public check.

    `names`: the functions and classes that the learner defines. `allow` and `forbid`: which families,
    functions or dotted paths may be used, and which may not (see `allowed.refused`). `given`: names of
    earlier exercises, with what stands in for each. `seconds`: how long one call may take.
    """

    names: tuple[str, ...]
    allow: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    given: dict[str, StandIn] = field(default_factory=dict)
    seconds: float = SECONDS

    @property
    def watch(self) -> tuple[str, ...] | None:
        """The dotted paths that are forbidden; None where no path matters, since everything is allowed."""
        paths = tuple(entry for entry in self.forbid if "." in entry)
        return None if ALL in self.allow and not paths else paths


@dataclass
class Session:
    """One notebook under check; `cell` is the graded cell that runs now."""

    assignment: str
    seed_of: SeedOf
    setup: dict[str, Any]
    backend: Backend
    contracts: dict[str, Contract] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    cell: str = ""
    calls: int = 0  # in this cell, so far
    told: set[str] = field(default_factory=set)  # operations that the learner was told are new

    @property
    def contract(self) -> Contract:
        if not self.cell:  # the answer was opened in another cell
            raise TestError(f"{_judged} asks before it opens itself with graded({_judged!r})")
        return self.contracts[exercise_of(self.cell)]

    def count(self) -> int:
        """The number of the call that follows, in its cell."""
        self.calls += 1
        return self.calls

    def perform(self, request: Request) -> Observation:
        return self.backend.perform(request)

    def tolerated(self, trace: Iterable[str]) -> list[str]:
        """The operations in a trace that only this kernel's torch has; it tells the learner of each once.

        A judge tolerates none: it has the torch whose operations the table of families sorts.
        """
        if _judged or torch.__version__.startswith(f"{TORCH}."):
            return []
        found = unsorted(trace)
        for each in found:
            if each not in self.told:
                print(messages.only_here(each.partition(".")[2], TORCH, torch.__version__))
        self.told.update(found)
        return found


_notebook: Session | None = None
_served_by: Backend | None = None
_seed = COURSE_SEED
_seed_of: SeedOf = partial(derive, COURSE_SEED)
_judged = ""  # the cell that a judge runs now; it may open itself only


def serve_with(backend: Backend | None, seed: int = COURSE_SEED, seed_of: SeedOf | None = None) -> None:
    """Let `backend` serve the notebook that begins next; None means this process itself.

    Random numbers start from `seed`; in graded cells from `seed_of`, if a judge has several seeds.
    Torch's default dtype is reset, in case an earlier notebook has changed it.
    """
    global _served_by, _seed, _seed_of
    torch.set_default_dtype(torch.float32)
    _served_by, _seed, _seed_of = backend, seed, seed_of or partial(derive, seed)


def begin(assignment: str, points: Mapping[str, float] | None = None, **later: object) -> None:
    """End the set-up cell: probes may use the names defined so far, and random numbers start here.

    `points` are those of each exercise's public check, in the notebook's order. In a Jupyter kernel the cells
    after a check that fails run all the same. Raises `OlderPackage` for `later`: arguments of newer versions.
    """
    global _notebook
    if later:
        raise older.lacking(", ".join(later))
    namespace = sys._getframe(1).f_globals
    settle()  # a learner may have run own cells before the set-up
    setup = {name: value for name, value in namespace.items() if not name.startswith("_")}
    warm_up()
    seed_all(derive(_seed, assignment))
    backend = _served_by or Local(namespace, setup)
    _notebook = Session(
        assignment, _seed_of, setup, backend, progress=Progress(dict(points or {}), namespace)
    )
    kernel.follow(_notebook.progress)
    older.notice()
    print(messages.READY)


def judging(cell: str) -> None:
    """Note the graded cell that a judge runs next ("" for none), and close the one that is open."""
    global _judged
    _judged = cell
    if _notebook is not None:
        _notebook.cell = ""


def is_open(cell: str) -> bool:
    """Whether a graded cell has opened itself since a judge began to run it."""
    return _notebook is not None and _notebook.cell == cell


def current() -> Session:
    """The notebook under check. Raises `TestError` before `begin`."""
    if _notebook is None:
        raise TestError(messages.NOT_BEGUN)
    return _notebook


def setup_names() -> dict[str, Any]:
    """The names that the set-up cell defined; empty before `begin`."""
    return _notebook.setup if _notebook else {}


def exercise_of(cell: str) -> str:
    """The exercise of a graded cell: `cross-entropy` for `cross-entropy-valores`."""
    return cell.rpartition("-")[0]


def aspect_of(cell: str) -> str:
    """What a graded cell looks at: `valores` for `cross-entropy-valores`."""
    return cell.rpartition("-")[2]


def open_cell(
    cell: str,
    names: str | Iterable[str],
    allow: Iterable[str],
    forbid: Iterable[str],
    given: Mapping[str, Given],
    seconds: float,
) -> Session:
    """Start a graded cell: note its exercise's contract, and seed both random streams."""
    notebook = current()
    exercise = exercise_of(cell)
    if _judged and cell != _judged:
        raise TestError(f"{_judged} opens another cell: graded({cell!r})")
    if names:
        own = (names,) if isinstance(names, str) else tuple(names)
        entries = {"allow": tuple(allow), "forbid": tuple(forbid)}
        for kind, entry in ((kind, entry) for kind, each in entries.items() for entry in each):
            if not can_be_seen(entry):  # else it would silently change nothing
                raise TestError(f"{cell}: {kind} {entry!r}: torch has nothing of that name; is it misspelt?")
        stand_ins = {name: _stand_in(name, value) for name, value in given.items()}
        notebook.progress.note_tried(exercise)
        notebook.contracts[exercise] = Contract(own, **entries, given=stand_ins, seconds=seconds)
    if exercise not in notebook.contracts:
        raise TestError(messages.public_first(cell, exercise))
    notebook.cell, notebook.calls = cell, 0
    settle()  # modes that a learner left on in this kernel must not change the test's data
    notebook.backend.open(cell, notebook.seed_of(cell, "answer"))
    seed_all(notebook.seed_of(cell, "test"))
    torch.set_default_dtype(torch.float32)
    return notebook


def _stand_in(name: str, value: Given) -> StandIn:
    function, keywords = value if isinstance(value, tuple) else (value, {})
    if keywords and isinstance(function, type):
        raise TestError(f"given {name!r}: the keywords of a class can't be mapped")
    return StandIn(path_of(name, function), dict(keywords))


def path_of(name: str, value: Callable[..., Any]) -> str:
    """The importable path of a library object. Raises `TestError` where it has none.

    Functions that torch generates or dispatches have wrong paths: those are searched by name.
    """
    paths = [f"{value.__module__}:{value.__qualname__}"]
    paths += [f"{module}:{value.__name__}" for module in ("torch", "torch.nn.functional")]
    for path in paths:
        with suppress(ImportError, AttributeError):
            if locate(path) is value:
                return path
    raise TestError(f"given {name!r}: {paths[0]} can't be imported; give a public function or class")
