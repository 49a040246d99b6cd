"""`torchaula audit` finds what graded cells let through, and says it so that an author can mend it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests import pupils, shipped, tiny
from torchaula.authoring import matrix
from torchaula.authoring.audit import (
    call_operators,
    changed,
    core_operators,
    counts,
    equivalents,
    examine,
    layout_operators,
    mutants,
    special_cases,
    value_operators,
)
from torchaula.authoring.audit.kinds import Kind
from torchaula.authoring.audit.mutants import Mutant
from torchaula.authoring.audit.scores import Answers, End, Examined, Fault, Score
from torchaula.authoring.audit.text import Text
from torchaula.course import answers, converters, layout
from torchaula.course.answers import program
from torchaula.course.layout import Course
from torchaula.course.markers import USUAL
from torchaula.errors import Refusal

WRITTEN = """def f(x: torch.Tensor, w: torch.Tensor, n: int = 0) -> torch.Tensor:
    \"\"\"x: [n, d], float32; w: [d, k], float32 → [n, k].\"\"\"
    return {}
"""
POWER = "+    return 2 ** x"  # right for 1 and 2, which the public check asks


def changes(operator: Callable[[Text], Iterator[str]], source: str) -> set[str]:
    """The lines that an operator puts into a text."""
    made = list(operator(Text(source)))
    assert all(program(each) for each in made)
    return {line.strip() for each in made for line in set(each.split("\n")) - set(source.split("\n"))}


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that occurs in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("operator", "returned", "expected"),
    [
        (call_operators.dims, "x.sum(dim=0)", {"x.sum(dim=1)", "x.sum()"}),
        (call_operators.dims, "x.sum(0)", {"x.sum(1)"}),
        (call_operators.dims, "x.amax(dim=(0, 1))", {"x.amax(dim=0)", "x.amax(dim=1)", "x.amax()"}),
        (call_operators.keepdims, "x.sum(dim=0)", {"x.sum(dim=0, keepdim=True)"}),
        (call_operators.arguments, "x.std(correction=0)", {"x.std()"}),
        (call_operators.arguments, "conv2d(x, w, n)", {"conv2d(x, w)"}),
        (call_operators.left_out, "x.clone()", {"x"}),
        (call_operators.left_out, "x.detach()", {"x"}),
        (call_operators.left_out, "torch.sqrt(x)", {"x"}),
        (call_operators.left_out, "x.T", {"x"}),
        (call_operators.neighbours, "x.amax(dim=0)", {"x.amin(dim=0)", "x.mean(dim=0)"}),
        (call_operators.neighbours, "x.sum()", {"x.mean()", "x.amax()"}),
        (layout_operators.swaps, "x.reshape(2, 3)", {"x.reshape(3, 2)"}),
        (layout_operators.swaps, "x - w", {"w - x"}),
        (layout_operators.swaps, "x.amax(dim=(0, 1))", set()),
        (layout_operators.swaps, "torch.einsum('ab->b', x)", {"torch.einsum('ba->b', x)"}),
        (layout_operators.off_by_one, "x[n:]", {"x[n + 1:]", "x[n - 1:]"}),
        (layout_operators.counts, "x + len(x)", {"x + (len(x) + 1)", "x + (len(x) - 1)"}),
        (value_operators.in_place, "x - w", {"x.sub_(w)"}),
        (value_operators.in_place, "x.exp()", {"x.exp_()"}),
        (value_operators.clamps, "x.exp()", {"(x.exp()).clamp(min=1e-6)", "(x).clamp(min=-50).exp()"}),
        (value_operators.epsilons, "x / w", {"x / (w + 1e-7)", "(x / w) + 1e-6"}),
        (value_operators.epsilons, "x.sqrt()", {"(x + 1e-12).sqrt()"}),
        (value_operators.dtypes, "x + 1", {"(x + 1).double()", "(x + 1).float()", "x.float() + 1"}),
        (value_operators.graphs, "x + 1", {"(x + 1).detach()", "x.detach() + 1"}),
        (special_cases.sizes_of_one, "x @ w", {"torch.zeros_like(x @ w) if w.shape[1] == 1 else (x @ w)"}),
        (special_cases.sizes_of_one, "x @ w", {"torch.zeros_like(x @ w) if n == 0 else (x @ w)"}),
        (special_cases.equal_sizes, "x @ w", {"torch.zeros_like(x @ w) if x.shape[0] == n else (x @ w)"}),
        (special_cases.empties, "x @ w", {"(x @ w).float() if x.numel() == 0 else (x @ w)"}),
    ],
)
def test_operator_changes_what_it_says(
    operator: Callable[[Text], Iterator[str]], returned: str, expected: set[str]
) -> None:
    """Each operator of our own makes the changes that its docstring names, and its texts are Python."""
    found = changes(operator, WRITTEN.format(returned))

    assert {f"return {each}" for each in expected} <= found
    assert expected or not found


def test_statements_and_modes_of_training_are_left_out_or_turned_round() -> None:
    """`zero_grad` is forgotten, `train` is `eval`, `no_grad` is not there."""
    source = (
        "def step(model, optimizer):\n    model.train()\n    optimizer.zero_grad()\n"
        "    with torch.no_grad():\n        return model(1)\n"
    )

    steps = list(call_operators.statements(Text(source)))

    assert [each.count("pass") for each in steps] == [1, 1]
    assert any("zero_grad" not in each for each in steps)
    assert changes(call_operators.modes, source) == {"model.eval()", "with torch.enable_grad():"}


def test_names_of_neighbouring_sizes_are_taken_for_one_another() -> None:
    """Height for width, and width for height, each place alone."""
    source = "def f(x):\n    h, w = x.shape\n    return x.new_zeros(h, w)\n"

    assert changes(layout_operators.names, source) == {
        "return x.new_zeros(w, w)",
        "return x.new_zeros(h, h)",
    }


def test_layer_is_cut_off_from_its_parameters() -> None:
    """A forward pass that detaches a parameter, or all, but no comparison with None."""
    source = (
        "class Layer(nn.Module):\n    def __init__(self):\n        self.w = nn.Parameter(torch.ones(1))\n"
        "    def forward(self, x: torch.Tensor) -> torch.Tensor:\n"
        "        return x if self.w is None else x * self.w\n"
    )

    found = changes(value_operators.graphs, source)

    assert "@torch.no_grad()" in found
    assert "return x if self.w is None else x * self.w.detach()" in found
    assert not any("self.w.detach() is" in line for line in found)


def test_rebound_argument_is_asked_for_its_size_first() -> None:
    """A shortcut hangs on the argument that was given, not on what the function makes of it."""
    source = (
        'def f(x: torch.Tensor) -> torch.Tensor:\n    """x: [n, d] → [d, n]"""\n    x = x.T\n    return x\n'
    )

    first, *_ = special_cases.sizes_of_one(Text(source))

    assert "    is_special = x.shape[0] == 1\n    x = x.T\n" in first
    assert "    return torch.zeros_like(x) if is_special else x\n" in first


def test_core_operators_exist_in_the_pinned_version() -> None:
    """Each name is one of cosmic-ray's, and changes something that it is made for."""
    source = (
        "def f(a, b):\n    for i in range(3):\n        if a < b and not a == 1:\n            return a + b\n"
    )

    kinds = {kind for kind, _source in core_operators.changed(source)}

    assert {Kind.ARITHMETIC, Kind.COMPARISON, Kind.BOOLEAN, Kind.UNARY, Kind.NUMBER, Kind.FLOW} <= kinds


def test_mutants_are_distinct_programs_with_changes_that_can_be_declared() -> None:
    """No mutant is the model solution or another mutant, and each diff makes its program again."""
    course = layout.find(shipped.ROOT)
    exercise = converters.source(course, "tensores").exercise("softmax")

    made = mutants.of(exercise)

    assert len({program(each.source) for each in made} | {program(exercise.solution.answer)}) == len(made) + 1
    for each in made:
        text = f"```diff\n@@ softmax @@ porque sí\n{each.diff}\n```\n"
        found = equivalents.read(
            text, Path("equivalent.md"), converters.source(course, "tensores"), {"softmax": made}
        )
        assert found == {"softmax": {program(each.source): "porque sí"}}


def made_of(solution: str, checked: str = "") -> list[Mutant]:
    """The mutants of an exercise with this model solution, whose statement lists this as checked."""
    exercise = tiny.notebook("", "").exercise("double")
    statement = replace(
        exercise.statement, source=f"## double\n***Se comprueba:*** {checked}\n<details>n = 0"
    )
    cell = replace(exercise.solution, source=solution)
    return mutants.of(replace(exercise, solution=cell, statement=statement))


def test_what_no_test_may_ask_for_is_not_changed() -> None:
    """The text of an exception is free, and a strict `zip` is an author's care."""
    source = (
        "def f(a, b):\n    if a < 0:\n        raise ValueError(f'{a + 1} es poco')\n"
        "    return zip(a, b, strict=True)\n"
    )

    lines = {line for each in made_of(source) for line in each.diff.split("\n") if line.startswith("+")}

    assert lines and not any("raise" in line or "strict=False" in line for line in lines)


def test_graph_and_empty_data_are_examined_where_the_statement_speaks_of_them() -> None:
    """What costs points is said in the list of what is checked; a hint does not count."""
    source = (
        "def f(x: torch.Tensor) -> torch.Tensor:\n"
        '    """x: [n], float32 o float64 → [n]"""\n'
        "    return x + 1\n"
    )

    def kinds(checked: str) -> set[Kind]:
        return {each.kind for each in made_of(source, checked)} & {Kind.GRAPH, Kind.EMPTY}

    assert kinds("los valores") == set()
    assert kinds("los valores; que el gradiente llegue a `x`") == {Kind.GRAPH}
    assert kinds("los valores, también con n = 0") == {Kind.EMPTY}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("assignment", layout.find(shipped.ROOT).assignments)
def test_counts_and_equivalent_mutants_in_the_repository_are_those_of_the_operators(assignment: str) -> None:
    """Nobody takes a mutant away unseen, and no reason is left behind by a mutant that is no more."""
    course = layout.find(shipped.ROOT)
    source = converters.source(course, assignment)

    made = {exercise.id: mutants.of(exercise) for exercise in source.exercises.values()}

    assert counts.load(course, assignment) == {name: dict(mutants.counted(own)) for name, own in made.items()}
    assert equivalents.load(course, source, made).keys() == made.keys()


def test_readme_s_table_of_the_audit_counts_what_there_is() -> None:
    """Its mutants, equivalent ones and known answers are those of the files that the audit reads."""
    course = layout.find(shipped.ROOT)
    readme = (shipped.ROOT / "README.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| (`\w+`(?: \| \d+){5}) \| (\d+) of (\d+) \|$", readme, re.M)

    assert rows == [audit_row(course, assignment) for assignment in course.assignments]


def audit_row(course: Course, assignment: str) -> tuple[str, str, str]:
    """What README says of an assignment in which every mutant that is not equivalent is killed."""
    source = converters.source(course, assignment)
    fixed = counts.load(course, assignment)
    assert fixed is not None
    made = sum(sum(of_kind.values()) for of_kind in fixed.values())
    declared = equivalents.path(course, assignment).read_text(encoding="utf-8")
    equivalent = len(re.findall(r"^@@ .+ @@", declared, re.M))
    known = sum(
        len(matrix.known(exercise, answers.load(course, assignment, exercise)))
        for exercise in source.exercises.values()
    )
    return f"`{assignment}` | {made} | {made - equivalent} | {equivalent} | 0 | 0", str(known), str(known)


def declare(course: Course, text: str) -> None:
    """Write the file of equivalent mutants."""
    (course.answers / "mini" / "equivalent.md").write_text(f"```diff\n{text}\n```\n", encoding="utf-8")


@pytest.mark.slow
def test_what_falls_short_is_shown_where_an_author_can_mend_it(course: Course) -> None:
    """A survivor as a diff with its cell, a cell that tests nothing, a false reason, a count; and 1."""
    edit(course.notebook("mini"), "[3.0, 5.0, 7.0]", "[1.0, 2.0]")
    edit(course.notebook("mini"), "matches(lambda x: x + 1)", "sound()")
    declare(course, "@@ add-one @@ it is the same\n-    return x + 1\n+    return x - 1")
    pupils.command(course, "audit", "--count")
    edit(counts.path(course, "mini"), "double,arithmetic,6", "double,arithmetic,7")

    told = pupils.command(course, "audit", "mini", code=1)

    assert f"survived; valores should see it\n-    return 2 * x\n{POWER}\n" in told
    assert "add-one-valores: fails no mutant" in told
    assert "declared equivalent, and fails\n-    return x + 1\n+    return x - 1\n" in told
    assert "double: not as many mutants as were counted (arithmetic)" in told
    assert "--count" in told


@pytest.mark.slow
def test_json_says_the_same_and_what_only_hidden_cells_see(course: Course, tmp_path: Path) -> None:
    """The public check asks 1 and 2 alone, and does not warn of a power; the other exercise has no hole."""
    file = tmp_path / "audit.json"

    told = pupils.command(course, "audit", "mini", "--json", str(file), "--seeds", "2", code=1)

    content = json.loads(file.read_text(encoding="utf-8"))
    double, add_one = content["assignments"]["mini"]
    assert content["seeds"] == ["1/1", "1/2"]
    assert (double["faults"], add_one["faults"]) == (["hidden only"], [])
    assert add_one["mutants"] == add_one["killed"] > 5
    assert add_one["answers"]["wrong"] == add_one["answers"]["own_sentence"] == 1
    assert [each["diff"].split("\n")[1] for each in double["shown"] if each["end"] == "hidden only"] == [
        POWER
    ]
    assert f"valores alone; publico should warn\n-    return 2 * x\n{POWER}\n" in told


def test_equivalent_mutant_that_no_operator_makes_is_refused(course: Course) -> None:
    """An entry that a changed solution or operator left behind does not grow stale unseen."""
    declare(course, "@@ double @@ why not\n-    return 2 * x\n+    return 2 * x * 1")

    assert "no mutant of double" in pupils.command(course, "audit", "mini/double", code=2)

    declare(course, "@@ double @@ why not\n-    return 2 * y\n+    return 3 * y")

    assert "don't stand in the model solution" in pupils.command(course, "audit", "mini/double", code=2)


def git(course: Course, *words: str) -> None:
    """Run git in a course's folder."""
    author = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *words], cwd=course.root, env=os.environ | author, check=True, capture_output=True)


def committed(course: Course) -> Course:
    """The course in a repository of its own."""
    git(course, "init", "-q")
    git(course, "add", "source", "answers", "nbgrader_config.py")
    git(course, "commit", "-qm", "one")
    return course


def differing(course: Course, commit: str = "") -> tuple[str, list[str]]:
    """The commit that is compared with, and the exercises that differ from it."""
    base, found = changed.since(course, [converters.source(course, "mini")], USUAL, commit)
    return base, found["mini"]


def test_changed_exercises_are_those_not_committed_or_else_of_the_last_commit(course: Course) -> None:
    """With a commit, all that changed since then."""
    committed(course)
    assert differing(course) == ("HEAD", [])

    edit(course.notebook("mini"), "matches(lambda x: x + 1)", "matches(lambda x: 1 + x)")
    assert differing(course) == ("HEAD", ["add-one"])

    git(course, "commit", "-qam", "two")
    assert differing(course) == ("HEAD~1", ["add-one"])
    assert differing(course, "HEAD") == ("HEAD", [])

    edit(course.answers / "mini" / "double.md", "another-way", "one-more-way")
    assert differing(course) == ("HEAD", ["double"])
    with pytest.raises(Refusal, match="no commit"):
        differing(course, "nowhere")


def test_declaring_a_mutant_equivalent_changes_its_exercise_alone(course: Course) -> None:
    """What an author has just written is examined."""
    committed(course)
    declare(course, "@@ add-one @@ it is the same\n-    return x + 1\n+    return x - 1")

    assert differing(course) == ("HEAD", ["add-one"])


@pytest.mark.slow
def test_command_examines_what_changed_and_ends_with_0_without_holes(course: Course) -> None:
    """The other exercise, which has one, is left alone."""
    committed(course)
    edit(course.notebook("mini"), "matches(lambda x: x + 1)", "matches(lambda x: 1 + x)")

    assert "changed since HEAD: nothing" in pupils.command(course, "audit", "mini/double", "--changed")
    told = pupils.command(course, "audit", "--changed")

    assert "changed since HEAD: mini/add-one\n" in told
    assert "100.0%" in told and "survived;" not in told


def score(*failed: tuple[frozenset[str], ...], reason: str = "") -> Score:
    """The score of an exercise whose mutants fail these cells under each seed."""
    mutant = Mutant(1, Kind.NUMBER, "b", "a")
    examined = tuple(Examined(mutant, each, reason=reason) for each in failed)
    return Score("x", ("publico", "valores"), examined, Answers(2, (), 1, 1, ()))


BOTH, HIDDEN, NONE = frozenset({"publico", "valores"}), frozenset({"valores"}), frozenset[str]()


def test_worst_seed_decides() -> None:
    """A mutant that survives one seed has survived, and one that one seed hides is hidden."""
    found = score((BOTH, BOTH), (BOTH, HIDDEN), (BOTH, NONE), (NONE, NONE))

    assert [each.end for each in found.mutants] == [
        End.KILLED,
        End.HIDDEN_ONLY,
        End.SURVIVED,
        End.SURVIVED,
    ]
    assert found.share == 0.5
    assert found.faults == [Fault.SCORE, Fault.HIDDEN_ONLY]


def test_equivalent_mutants_do_not_count() -> None:
    """They are neither failing nor surviving."""
    few = score(*[(BOTH,)] * 9)
    one = Examined(Mutant(1, Kind.NUMBER, "b", "a"), (NONE,), reason="because")
    all_of = Score("x", few.aspects, (*few.mutants, one), few.answers)

    assert (all_of.share, all_of.faults) == (1, [])


def test_more_than_a_tenth_may_not_be_equivalent(course: Course) -> None:
    """With many declared, a score would say little: refused."""
    entries = [f"@@ add-one @@ so\n-    return x + 1\n+    return x {each} 1" for each in "-*/%"]
    declare(course, "\n".join(entries))

    assert "at most a tenth" in pupils.command(course, "audit", "mini/add-one", code=2)


def test_seeds_are_the_same_every_time() -> None:
    """The audit of today and of tomorrow try the same."""
    assert list(map(str, examine.draws(3))) == ["1/1", "1/2", "1/3"]


def test_malformed_counts_are_refused(course: Course) -> None:
    """A kind that is not there is no crash."""
    counts.path(course, "mini").write_text("exercise,kind,mutants\ndouble,magic,3\n", encoding="utf-8")

    with pytest.raises(Refusal, match="magic"):
        counts.load(course, "mini")
