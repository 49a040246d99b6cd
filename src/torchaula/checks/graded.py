"""What a graded cell writes: open the cell, call the answer or a probe, say what must hold."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import torch

from torchaula.checks import data, messages, session
from torchaula.checks.compare import difference
from torchaula.checks.data import Data
from torchaula.checks.errors import CheckFailed, TestError
from torchaula.checks.observation import (
    DIED,
    NOT_CALLABLE,
    NOT_DATA,
    NOT_REACHED,
    OUT_OF_MEMORY,
    SPENT,
    TIMEOUT,
    UNDEFINED,
    UNRUN,
    UNWRITTEN,
    WAITED,
    Failure,
    Observation,
    Request,
    vjp,
)
from torchaula.checks.probe import refuse, text_of
from torchaula.checks.timelimit import SECONDS
from torchaula.checks.trace import forbidden, operations

BRANCH = 6  # operations that one way through an answer may take more than another
OUTCOMES = {
    TIMEOUT: "timed out",
    WAITED: "timed out",
    SPENT: "timed out",
    OUT_OF_MEMORY: "out of memory",
    DIED: "process died",
    NOT_REACHED: "not reached",
    UNRUN: "not reached",
}
# What torch and the system say where memory is missing, in exceptions that are no `MemoryError`.
NO_MEMORY = ("can't allocate memory", "DefaultCPUAllocator", "Cannot allocate memory", "bad_alloc")


class Answer:
    """One call to the learner's code, and what must be true of it.

    Each method checks something and returns the answer itself, so that checks chain; each raises
    `CheckFailed`, with a message for the learner, where it does not hold. All of them first ask
    that the call succeeded, called nothing forbidden and left its arguments as they were.
    """

    def __init__(self, request: Request, target: Target) -> None:
        self._notebook = session.current()
        self._cell = self._notebook.cell
        self._target = target
        self._is_sound = False  # not known yet
        self._wanted = ""  # the expected result, where a test says it
        self.request = request
        self.observation: Observation = self._notebook.perform(request)

    @property
    def call(self) -> str:
        """The call as a learner would write it."""
        request = self.request
        return messages.call(request.name, request.args, request.kwargs, self._target.parameters)

    def name_of(self, path: data.Path) -> str:
        """An argument of the call, by its path, as a learner would name it."""
        return messages.argument(path, self._target.parameters)

    @property
    def result(self) -> Any:
        """The result of a sound call: no exception, nothing forbidden, arguments unchanged."""
        if not self._is_sound:
            self._refuse_unsound()
            self._is_sound = True
        return self.observation.result

    def _ipython_display_(self) -> None:
        """Show nothing where a chain of checks ends a cell: nbgrader reads a cell's value as points."""

    def _refuse_unsound(self) -> None:
        if entry := forbidden(self.observation.trace, self._notebook.contract.forbid):
            self.fail(messages.forbidden(entry))
        if self.observation.failure is not None:
            self.fail(_explain(self.observation.failure, self._wanted))
        self._arguments_unchanged()

    @property
    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments as they were after a call that may change them."""
        self.sound()
        after: Any = self.observation.arguments
        return after[0], after[1]

    def sound(self) -> Answer:
        """The call raised nothing, called nothing forbidden and left its arguments as they were."""
        self.result  # noqa: B018 - a property that checks
        return self

    def equals(self, expected: Data, rtol: float | None = None) -> Answer:
        """The result is `expected`: type, shape, dtype and values (within `rtol`, see `compare`)."""
        self._wanted = messages.show(expected)
        return self.expect("", self.result, expected, rtol)

    def matches(self, oracle: Callable[..., Data], rtol: float | None = None) -> Answer:
        """The result is what `oracle` gives for the same arguments.

        Where arguments require grad, so are their gradients: the vector-Jacobian product with a
        fixed cotangent.
        """
        copied: Any = data.copy((self.request.args, self.request.kwargs))
        args, kwargs = copied
        expected = oracle(*args, **kwargs)
        self.equals(data.copy(expected), rtol)
        for path, gradient in vjp(expected, (args, kwargs)).items():
            obtained = self.observation.gradients.get(path)
            if obtained is None and gradient is not None:
                self.attached()
                self.fail(messages.no_gradient(self.name_of(path)))
            self.expect(messages.gradient(self.name_of(path)), obtained, gradient, rtol)
        return self

    def expect(self, what: str, obtained: Data, expected: Data, rtol: float | None = None) -> Answer:
        """A property computed from the result: `obtained` is `expected`. `what` names it, in Spanish."""
        self.sound()
        reason = difference(obtained, expected, rtol)
        if obtained is None and expected is not None and not what:
            reason = messages.NOTHING_RETURNED
        if reason is not None:
            rows = messages.unexpected(obtained, expected, reason)
            self.fail(messages.about(what, rows) if what else rows)
        return self

    def holds(self, what: str, condition: bool, found: Data = None) -> Answer:
        """A property of the result that is true or not. `what` says it in Spanish, as it should be.

        `found`, data or a Spanish phrase, is shown as what was obtained, in place of the whole result.
        """
        result = self.result
        if not condition:
            self.fail(messages.not_so(result if found is None else found, what))
        return self

    def raises(self, kind: type[Exception]) -> Answer:
        """The call raises `kind`, one of Python's own exceptions, or something that derives from it."""
        if entry := forbidden(self.observation.trace, self._notebook.contract.forbid):
            self.fail(messages.forbidden(entry))
        failure = self.observation.failure
        if failure is None:
            self.fail(messages.should_raise(kind.__name__, messages.quote(self.observation.result)))
        elif kind.__name__ not in failure.kinds:
            special = failure.kind.startswith("torchaula:")
            obtained = _explain(failure)
            self.fail(obtained if special else messages.should_raise(kind.__name__, obtained[0][1]))
        return self

    def attached(self) -> Answer:
        """Every floating tensor of the result hangs on the autograd graph."""
        for path, tensor in data.tensors(self.result):
            if tensor.is_floating_point() and path not in self.observation.attached:
                self.fail(messages.detached())
        return self

    def fresh(self) -> Answer:
        """No tensor of the result shares storage with an argument."""
        self.sound()
        if self.observation.shared:
            self.fail(messages.shares_storage())
        return self

    def same_operations(self, larger: Answer) -> Answer:
        """`larger`, the same call on more data, ran hardly more operations: no loop over the data.

        A branch that hangs on the data may cost some; each size that grows must grow by twice `BRANCH`.
        """
        self.sound(), larger.sound()
        small, large = operations(self.observation.trace), operations(larger.observation.trace)
        if large > small + BRANCH:
            self.fail(messages.grows(small, large))
        return self

    def show(self) -> Answer:
        """Print the call and its result, for the learner to see."""
        print(f"{self.call}\n  → {messages.show(self.result)}")
        return self

    def fail(self, rows: list[tuple[str, str]]) -> NoReturn:
        """Raise `CheckFailed` with the call and these labelled lines."""
        outcome = _outcome(self.observation.failure)
        call = messages.of_test(self.call) if self.request.source else self.call
        lines = messages.rows(self._target.title, self._target.when, call, rows)
        raise CheckFailed(messages.failed(self._cell, lines), outcome, lines) from None

    def _arguments_unchanged(self) -> None:
        before: Any = (self.request.args, self.request.kwargs)
        after: Any = self.observation.arguments
        if isinstance(after, str):  # an argument was filled with something that is not data
            self.fail(messages.not_data(after.partition(" ")[2]))
        for side in (0, 1):
            keys = range(len(before[0])) if side == 0 else before[1]
            for key in keys:
                if key in self._target.mutates:
                    continue
                reason = difference(after[side][key], before[side][key], rtol=0.0)
                if reason is not None:
                    self.fail(messages.argument_changed(after[side][key], before[side][key], reason))


def _outcome(failure: Failure | None) -> str:
    if failure is None:
        return "failed"
    if "MemoryError" in failure.kinds or any(words in failure.message for words in NO_MEMORY):
        return "out of memory"
    return OUTCOMES.get(failure.kind, "raised")


def _explain(failure: Failure, wanted: str = "") -> list[tuple[str, str]]:
    if failure.kind == UNDEFINED:
        return messages.undefined(failure.message, failure.cause)
    if failure.kind == NOT_CALLABLE:
        return messages.not_callable(failure.message)
    if failure.kind == UNWRITTEN:
        return messages.unwritten(failure.message)
    if failure.kind == NOT_DATA:
        return messages.not_data(failure.message)
    if failure.kind == TIMEOUT:
        return messages.timed_out(failure.message)
    if failure.kind == WAITED:
        return messages.waited(failure.message, failure.threads)
    if failure.kind == OUT_OF_MEMORY:
        return messages.OUT_OF_MEMORY
    if failure.kind == DIED:
        return messages.DIED
    if failure.kind == SPENT:
        return messages.SPENT
    if failure.kind == UNRUN:
        return messages.not_run(failure.message)
    if failure.kind == NOT_REACHED:
        return messages.NOT_REACHED
    return messages.raised(failure, wanted)


@dataclass(frozen=True)
class Target:
    """A function or class of the learner's, or a probe: calling it gives an `Answer`.

    A probe has its text as `source`, the first line of its docstring as `title`, and `parameters`.
    """

    name: str
    source: str | None = None
    title: str = ""
    parameters: tuple[str, ...] = ()
    mutates: tuple[int | str, ...] = ()
    when: str = ""

    def __call__(self, *args: Data, **kwargs: Data) -> Answer:
        contract = session.current().contract
        try:
            copied: Any = data.copy((args, kwargs))
        except data.NotData as error:
            raise TestError(f"{self.name}: an argument is not data: {error.what}") from None
        request = Request(
            self.name,
            copied[0],
            copied[1],
            source=self.source,
            own=contract.names,
            watch=contract.watch,
            given=contract.given,
            seconds=contract.seconds,
        )
        return Answer(request, self)

    def mutating(self, *arguments: int | str) -> Target:
        """The same target, allowed to change these arguments (positions or keyword names)."""
        return replace(self, mutates=arguments)

    def case(self, text: str) -> Target:
        """The same target, whose messages say in which case they arose."""
        return replace(self, when=text)


class Student:
    """The learner's side of one exercise: its names are attributes to call."""

    def __init__(self, exercise: str, names: tuple[str, ...]) -> None:
        self._exercise, self._names = exercise, names

    def __getattr__(self, name: str) -> Target:
        if name not in self._names:
            raise TestError(f"{self._exercise}: {name!r} is not one of the exercise's names {self._names}")
        return Target(name)

    def done(self) -> None:
        """End the public check: say that it passed, and that hidden tests remain."""
        print(messages.passed_public(self._exercise))


def graded(
    cell: str,
    *,
    names: str | Iterable[str] = (),
    forbid: Iterable[str] = (),
    given: Mapping[str, Callable[..., Any]] | None = None,
    seconds: float = SECONDS,
) -> Student:
    """Open the graded cell whose `grade_id` is `cell`; the learner's functions are its attributes.

    The public check declares its exercise's contract with `names`, `forbid`, `given`
    and `seconds` (see `session.Contract`); hidden cells only name themselves. Random numbers start anew.
    Raises `TestError` where the contract is missing.
    """
    notebook = session.open_cell(cell, names, forbid, given or {}, seconds)
    return Student(session.exercise_of(cell), notebook.contract.names)


def probe(function: Callable[..., Data]) -> Target:
    """Decorate a small function of a test that runs beside the learner's code and returns data.

    Its free names must be set-up names, built-ins or the exercise's own; it may not judge.
    Raises `TestError` where it breaks these rules.
    """
    notebook = session.current()
    source = text_of(function)
    refuse(source, notebook.setup.keys() | set(notebook.contract.names))
    title, _, _ = (function.__doc__ or "").strip().partition("\n")
    return Target(function.__name__, source, title, tuple(inspect.signature(function).parameters))


def floats(value: Data) -> list[torch.Tensor]:
    """The floating tensors inside `value`."""
    return [t for _, t in data.tensors(value) if t.is_floating_point()]
