"""The mutants of an exercise: each other program that one operator makes of the model solution."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice

from torchaula.authoring.audit import (
    call_operators,
    core_operators,
    layout_operators,
    special_cases,
    value_operators,
    wording,
)
from torchaula.authoring.audit.kinds import Kind
from torchaula.authoring.audit.text import Text
from torchaula.course import changes
from torchaula.course.answers import program
from torchaula.course.notebook import Exercise
from torchaula.errors import Refusal

OPERATORS: tuple[tuple[Kind, Callable[[Text], Iterator[str]]], ...] = (
    (Kind.DIM, call_operators.dims),
    (Kind.KEEPDIM, call_operators.keepdims),
    (Kind.ARGUMENT, call_operators.arguments),
    (Kind.CALL, call_operators.left_out),
    (Kind.NEIGHBOUR, call_operators.neighbours),
    (Kind.STATEMENT, call_operators.statements),
    (Kind.MODE, call_operators.modes),
    (Kind.SWAP, layout_operators.swaps),
    (Kind.NAME, layout_operators.names),
    (Kind.OFF_BY_ONE, layout_operators.off_by_one),
    (Kind.OFF_BY_ONE, layout_operators.counts),
    (Kind.GRAPH, value_operators.graphs),
    (Kind.DTYPE, value_operators.dtypes),
    (Kind.IN_PLACE, value_operators.in_place),
    (Kind.SIZE_ONE, special_cases.sizes_of_one),
    (Kind.EQUAL_SIZES, special_cases.equal_sizes),
    (Kind.EMPTY, special_cases.empties),
    (Kind.CLAMP, value_operators.clamps),
    (Kind.EPSILON, value_operators.epsilons),
    (Kind.ROUND, value_operators.rounds),
    (Kind.ALIAS, value_operators.aliases),
)
# What costs points is said: without a word of the graph it may be cut, and no data may have no result.
PROMISED = {Kind.GRAPH: wording.GRAPH, Kind.EMPTY: wording.EMPTY}


@dataclass(frozen=True)
class Mutant:
    """A changed model solution. `number` counts the mutants of its exercise, from 1."""

    number: int
    kind: Kind
    source: str
    model: str

    @property
    def diff(self) -> str:
        """The change as a file of equivalent mutants holds it, with as little context as makes it certain."""
        for context in range(len(self.model.splitlines())):
            made = self._diff(context)
            if self._fits(made):
                return made
        return self._diff(0)

    def _diff(self, context: int) -> str:
        lines = unified_diff(self.model.splitlines(), self.source.splitlines(), lineterm="", n=context)
        changed = islice(lines, 3, None)  # without the names of files and the first place
        return "\n".join("@@" if line.startswith("@@") else line for line in changed)

    def _fits(self, diff: str) -> bool:
        """Whether the lines of a change stand once in the model solution."""
        text = [f"@@ {self.kind} @@ ?", *diff.split("\n")]
        try:
            (change,) = changes.read(list(enumerate(text, 1)), "")
            return change.applied(self.model).rstrip() == self.source.rstrip()
        except Refusal:
            return False


def of(exercise: Exercise) -> list[Mutant]:
    """The mutants of an exercise, each program once, always in the same order."""
    model = exercise.solution.answer
    known, found = {_seen(model)}, list[Mutant]()
    for kind, source in _changed(exercise, model):
        same = _seen(source)
        if same and same not in known:
            known.add(same)
            found.append(Mutant(len(found) + 1, kind, source, model))
    return found


def _seen(source: str) -> str:
    """What of a program a test may see; empty if it is no Python."""
    try:
        return program(ast.unparse(_Seen().visit(ast.parse(source))))
    except SyntaxError:
        return ""


class _Seen(ast.NodeTransformer):
    """Removes what no test may ask for: the text of an exception, and whether `zip` is strict."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if isinstance(node.exc, ast.Call):
            node.exc.args = []
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.keywords = [each for each in node.keywords if each.arg != "strict"]
        return self.generic_visit(node)


def counted(mutants: Iterable[Mutant]) -> Counter[Kind]:
    """How many mutants there are of each kind."""
    return Counter(mutant.kind for mutant in mutants)


def _changed(exercise: Exercise, model: str) -> Iterator[tuple[Kind, str]]:
    """All that operators make."""
    yield from core_operators.changed(model)
    text = Text(model)
    checked = wording.CHECKED.search(exercise.statement.source)
    said = checked[0] if checked else ""
    told = {Kind.GRAPH: said + model, Kind.EMPTY: said}
    for kind, operator in OPERATORS:
        if kind not in PROMISED or PROMISED[kind].search(told[kind]):
            yield from ((kind, source) for source in operator(text))
