"""The interface for graded cells: open the cell, call the answer or a probe, check what must hold."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import torch

from torchaula.checks import data, messages, quotes, session
from torchaula.checks.allowed import refused
from torchaula.checks.compare import Difference, difference
from torchaula.checks.data import Data
from torchaula.checks.errors import CheckFailed, TestError
from torchaula.checks.observation import Failure, Observation, Request, vjp
from torchaula.checks.probe import refuse, text_of
from torchaula.checks.timelimit import SECONDS
from torchaula.checks.trace import operations
from torchaula.findings import Contrast, Finding, Kind, Outcome, Reason, Row

OUTCOMES = {
    Reason.TIMEOUT: Outcome.TIMED_OUT,
    Reason.WAITED: Outcome.TIMED_OUT,
    Reason.SPENT: Outcome.TIMED_OUT,
    Reason.OUT_OF_MEMORY: Outcome.OUT_OF_MEMORY,
    Reason.DIED: Outcome.PROCESS_DIED,
    Reason.NOT_REACHED: Outcome.NOT_REACHED,
    Reason.UNRUN: Outcome.NOT_REACHED,
    Reason.RAISED: Outcome.RAISED,
}
# Texts of exceptions that mean a lack of memory though they are no `MemoryError`.
NO_MEMORY = ("can't allocate memory", "DefaultCPUAllocator", "Cannot allocate memory", "bad_alloc")


class Answer:
    """One call to the learner's code, and the checks on it.

    Each method checks something and returns the answer itself, so that checks chain; it raises
    `CheckFailed`, with a message for the learner, where the check fails. Each first checks
    that the call succeeded, called nothing forbidden and left its arguments unchanged.
    """

    def __init__(self, request: Request, target: Target) -> None:
        self._notebook = session.current()
        self._cell = self._notebook.cell
        self._target = target
        self._is_sound = False  # not checked yet
        self._wanted: tuple[Data, ...] = ()  # the expected result, where a test gives one
        self.request = request
        self._number = self._notebook.count()
        self.observation: Observation = self._notebook.perform(request)

    @property
    def call(self) -> str:
        """The call's text, as a learner would write it."""
        return self._called().text

    def _called(self) -> Row:
        request, names = self.request, self._target.parameters
        is_probe = request.source is not None
        return messages.call(request.name, request.args, request.kwargs, names, is_probe)

    def name_of(self, path: data.Path) -> str:
        """The name of the argument at `path`, as a learner would call it."""
        return messages.argument(path, self._target.parameters)

    @property
    def operations(self) -> int:
        """How many operations the answer ran, without those that make its objects."""
        return operations(self.observation.trace)

    @property
    def result(self) -> Any:
        """The result, after checking that the call is sound (see `sound`)."""
        quotes.hand_out()
        return self._checked()

    def _checked(self) -> Any:
        """The result, for checks that don't hand it to the test."""
        if not self._is_sound:
            self._refuse_unsound()
            self._is_sound = True
        return self.observation.result

    def _ipython_display_(self) -> None:
        """Show nothing where a chain of checks ends a cell, since nbgrader reads a cell's value as points."""

    def _refuse_unsound(self) -> None:
        self._refuse_forbidden()
        if (failure := self.observation.failure) is not None:
            found = Finding(Kind.NO_RESULT, reason=failure.reason)
            self.fail(found, messages.explain(failure, self._wanted))
        self._arguments_unchanged()

    def _refuse_forbidden(self) -> None:
        contract, trace = self._notebook.contract, self.observation.trace
        tolerated = self._notebook.tolerated(trace)
        if found := refused(trace, contract.allow, contract.forbid, tolerated):
            self.fail(Finding(Kind.FORBIDDEN, found.name), messages.forbidden(found))

    def sound(self) -> Answer:
        """Check that the call raised nothing, called nothing forbidden and left its arguments unchanged."""
        self._checked()
        return self

    def equals(self, expected: Data, rtol: float | None = None) -> Answer:
        """Check that the result is `expected`: type, shape, dtype, and values within `rtol`."""
        self._wanted = (expected,)
        return self.expect("", self._checked(), expected, rtol)

    def matches(self, oracle: Callable[..., Data], rtol: float | None = None) -> Answer:
        """Check that the result is what `oracle` gives for the same arguments.

        Where arguments require grad, check their gradients too: the vector-Jacobian products with a
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
                self.no_gradient(path)
            if found := difference(obtained, gradient, rtol):
                rows = messages.unexpected(obtained, gradient, found)
                self.fail(
                    Finding(Kind.GRADIENT, named(path), found.contrast),
                    messages.about(messages.gradient(self.name_of(path)), rows),
                )
        return self

    def expect(self, what: str, obtained: Data, expected: Data, rtol: float | None = None) -> Answer:
        """Check that a property of the result, `obtained`, is `expected`. `what` names it, in Spanish."""
        self.sound()
        found = difference(obtained, expected, rtol)
        if found is not None and obtained is None and not what:
            found = Difference(Contrast.NOTHING, obtained, expected)
        if found is not None:
            rows = messages.unexpected(obtained, expected, found)
            finding = Finding(Kind.UNEXPECTED, what, found.contrast)
            self.fail(finding, messages.about(what, rows) if what else rows)
        return self

    def holds(self, what: str, condition: bool, found: Data = None) -> Answer:
        """Check a condition on the result. `what` says in Spanish what should be true.

        `found`, data or a Spanish phrase, is shown as the obtained value, in place of the whole result.
        """
        result = self._checked()
        if not condition:
            rows = messages.not_so(result if found is None else found, what)
            self.fail(Finding(Kind.NOT_SO, what), rows)
        return self

    def raises(self, kind: type[Exception]) -> Answer:
        """Check that the call raises `kind`, a built-in exception, or a subclass of it."""
        self._refuse_forbidden()
        failure = self.observation.failure
        if failure is None:
            rows = messages.should_raise(kind.__name__, self.observation.result)
            self.fail(Finding(Kind.NOT_RAISED, kind.__name__), rows)
        elif failure.reason is not Reason.RAISED:
            self.fail(Finding(Kind.NO_RESULT, reason=failure.reason), messages.explain(failure))
        elif kind.__name__ not in failure.kinds:
            found = Finding(Kind.RAISED_ANOTHER, kind.__name__)
            self.fail(found, messages.raised_another(kind.__name__, failure))
        return self

    def attached(self) -> Answer:
        """Check that every floating tensor of the result is attached to the autograd graph."""
        for path, tensor in data.tensors(self._checked()):
            if tensor.is_floating_point() and path not in self.observation.attached:
                self.fail(Finding(Kind.DETACHED), messages.detached())
        return self

    def fresh(self) -> Answer:
        """Check that no tensor of the result shares storage with an argument or an earlier result."""
        self.sound()
        if self.observation.shared:
            self.fail(Finding(Kind.SHARED), messages.shares_storage())
        if self.observation.reused:
            self.fail(Finding(Kind.REUSED), messages.reuses_storage())
        return self

    def show(self) -> Answer:
        """Print the call and its result, for the learner to see."""
        print(f"{self.call}\n  → {messages.show(self._checked())}")
        return self

    def no_gradient(self, path: data.Path) -> NoReturn:
        """Fail, since the gradient does not reach the argument at this path."""
        self.fail(Finding(Kind.NO_GRADIENT, named(path)), messages.no_gradient(self.name_of(path)))

    def fail(self, finding: Finding, rows: list[Row]) -> NoReturn:
        """Raise `CheckFailed` with the finding, the call and these lines."""
        outcome = _outcome(finding, self.observation.failure)
        case = messages.the_case(self._number, self._target.when)
        lines = messages.rows(self._target.title, case, self._called(), rows)
        raise CheckFailed(messages.failed(self._cell, lines), outcome, lines, finding) from None

    def _arguments_unchanged(self) -> None:
        before: Any = (self.request.args, self.request.kwargs)
        after: Any = self.observation.arguments
        if self.observation.filled is not None:
            self.fail(Finding(Kind.ARGUMENT_FILLED), messages.not_data(self.observation.filled))
        for side in (0, 1):
            keys = range(len(before[0])) if side == 0 else before[1]
            for key in keys:
                old, new = before[side][key], after[side][key]
                if found := difference(new, old, rtol=0.0) or _tracked(new, old):
                    self.fail(
                        Finding(Kind.ARGUMENT_CHANGED, named((side, key)), found.contrast),
                        messages.argument_changed(new, old, found),
                    )


def _tracked(new: Data, old: Data) -> Difference | None:
    """A tensor, at the same place in both, for which autograd was switched on or off."""
    for (path, now), (_, before) in zip(data.tensors(new), data.tensors(old), strict=True):
        if now.requires_grad != before.requires_grad:
            return Difference(Contrast.TRACKED, now, before, path)
    return None


def named(path: data.Path) -> str:
    """An argument's path as text. It names no parameter, so it is the same for every answer."""
    return ".".join(map(str, path))


def _outcome(finding: Finding, failure: Failure | None) -> Outcome:
    """How a call ended: only one that should have a result and has none ended badly."""
    if finding.kind is not Kind.NO_RESULT or failure is None:
        return Outcome.FAILED
    if "MemoryError" in failure.kinds or any(words in failure.message for words in NO_MEMORY):
        return Outcome.OUT_OF_MEMORY
    if failure.cause is not None:  # the exception that stopped the cell
        return Outcome.RAISED
    return OUTCOMES.get(failure.reason, Outcome.FAILED)


@dataclass(frozen=True)
class Target:
    """A function or class of the learner's, or a probe. Calling it gives an `Answer`.

    For a probe, `source` is its text, `title` its docstring's first line, and `parameters` their names.
    """

    name: str
    source: str | None = None
    title: str = ""
    parameters: tuple[str, ...] = ()
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

    def case(self, text: str) -> Target:
        """The same target, whose messages name this case."""
        return replace(self, when=text)


class Learner:
    """The learner's side of one exercise. Its attributes are the learner's functions and classes."""

    def __init__(self, exercise: str, names: tuple[str, ...]) -> None:
        self._exercise, self._names = exercise, names

    def __getattr__(self, name: str) -> Target:
        if name not in self._names:
            raise TestError(f"{self._exercise}: {name!r} is not one of the exercise's names {self._names}")
        return Target(name)

    def done(self) -> None:
        """End the public check: print that it passed, and that hidden tests remain."""
        session.current().progress.note_passed(self._exercise, self._names)
        print(messages.passed_public(self._exercise))


def graded(
    cell: str,
    *,
    names: str | Iterable[str] = (),
    allow: Iterable[str] = (),
    forbid: Iterable[str] = (),
    given: Mapping[str, session.Given] | None = None,
    seconds: float = SECONDS,
) -> Learner:
    """Open the graded cell whose `grade_id` is `cell`; the learner's functions are its attributes.

    The public check declares its exercise's contract with `names`, `allow`, `forbid`,
    `given` and `seconds` (see `session.Contract`); hidden cells give only `cell`. Random numbers start anew.
    Raises `TestError` where the contract is missing.
    """
    notebook = session.open_cell(cell, names, allow, forbid, given or {}, seconds)
    return Learner(session.exercise_of(cell), notebook.contract.names)


def probe(function: Callable[..., Data]) -> Target:
    """Turn a small function of a test into a probe, which runs beside the learner's code and returns data.

    Its free names must be set-up names, built-ins or the exercise's own; it may check nothing itself.
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
