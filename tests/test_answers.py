"""Answers files are read as text: whole answers, changes of others, and clear refusals."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import mini, shipped
from torchaula.course import answers, changes, notebook, whole_answers
from torchaula.course.answers import KnownAnswer
from torchaula.course.changes import Change, Place
from torchaula.course.layout import find
from torchaula.course.notebook import Cell, Exercise
from torchaula.errors import Refusal

MODEL = """def double(x):
    y = x.clone()
    for _ in range(1):
        y = y + x
    for _ in range(0):
        y = y + x
    return y"""
ANNOTATED = MODEL.replace("(x):", "(x: float) -> float:\n    'Twice.'")
PATH = Path("double.md")
HEAD = "diff\n@@ a @@ mal\n"


def exercise(solution: str = MODEL) -> Exercise:
    """An exercise with two graded cells."""
    graded = [Cell(f"double-{aspect}", "graded", "", 1) for aspect in ("publico", "valores")]
    statement = Cell("double-enunciado", "markdown", "")
    return Exercise(
        "double", statement, Cell("double", "solution", solution, is_solution=True), tuple(graded)
    )


def parsed(*blocks: str) -> tuple[KnownAnswer, ...]:
    """The answers in a file of blocks, each told by its first line: `python` or `diff`."""
    return answers.parse("\n\n".join(f"```{block.strip()}\n```" for block in blocks), PATH, exercise())


def test_whole_answers_keep_their_text_and_other_decorators() -> None:
    """The mark goes, what else decorates an answer stays; nothing is imported or run."""
    right, wrong, cells = parsed(
        "python\n@right('a')\n@cache\ndef double(x):\n    return x\n\n"
        "@wrong('b', 'te equivocas')\nclass Double:\n    raise SystemExit\n\n"
        "@wrong('c', 'mal', 'valores')\ndef double(x): pass"
    )

    assert right.source == "@cache\ndef double(x):\n    return x\n"
    assert right.is_right
    assert wrong.source == "class Double:\n    raise SystemExit\n"
    assert wrong.fails == {"publico", "valores"}
    assert cells.fails == {"valores"}
    assert not right.base


def test_change_is_of_the_model_solution_unless_it_names_a_right_answer() -> None:
    """A right answer may be a change too, and others changes of it; prose between blocks says nothing."""
    other, wrong, of_other = parsed(
        "diff\n@@ right twice @@\n-    return y\n+    return 2 * x",
        "diff\n@@ once fails valores @@ falta sumar `x`\n-    y = x.clone()\n+    y = 0",
        "diff\n@@ thrice of twice @@ es el triple\n-    return 2 * x\n+    return 3 * x",
    )

    assert other.source == MODEL.replace("return y", "return 2 * x") + "\n"
    assert other.is_right and other.base == MODEL + "\n"
    assert wrong.source == MODEL.replace("x.clone()", "0") + "\n"
    assert (wrong.sentence, wrong.fails) == ("falta sumar `x`", {"valores"})
    assert of_other.source == MODEL.replace("return y", "return 3 * x") + "\n"
    assert of_other.base == other.source


def test_change_has_places_of_many_lines_and_lines_of_context() -> None:
    """Lines that stand twice are told apart by a line beside them; lines go in below or above one, or go."""
    (made,) = parsed(
        f"{HEAD}     for _ in range(0):\n-        y = y + x\n+        y = y - x\n+        y = y * 1\n"
        "@@\n def double(x):\n+    x = x.clone()\n@@\n-    for _ in range(1):\n-        y = y + x"
    )

    assert made.source == (
        "def double(x):\n    x = x.clone()\n    y = x.clone()\n    for _ in range(0):\n"
        "        y = y - x\n        y = y * 1\n    return y\n"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("python\ndef double(x):\n    pass", "line 2: double is marked neither"),
        (
            "python\n@right('a')\ndef f(): pass\n@right('a')\ndef f(): return 1",
            "line 5: another answer is",
        ),
        ("python\n@wrong('a')\ndef f(): pass", "expected @right(id), @wrong"),
        ("python\n@wrong('a', 'b', ' ')\ndef f(): pass", "expected @right(id), @wrong"),
        ("python\n@wrong('a', SENTENCE)\ndef f(): pass", "expected @right(id), @wrong"),
        ("python\nimport torch", "line 2: expected marked functions"),
        ("python\n\ndef f(:", "line 3: "),
        ("python\n@right('a')\ndef f(): pass\n@right('b')\ndef f():\n    pass", "b is the same program as a"),
        ("text\nwhatever", "line 1: expected a block of"),
        ("diff\n-    return y", "line 2: expected '@@ id"),
        ("diff\n@@ a @@\n-    return y", "line 2: expected '@@ id"),
        ("diff\n@@ a fails @@ mal\n-    return y", "line 2: expected '@@ id"),
        ("diff\n@@ right a @@ bien\n-    return y", "line 2: expected '@@ id"),
        ("diff\n@@ right a fails valores @@\n-    return y", "line 2: expected '@@ id"),
        (HEAD + "return y", "line 3: expected '@@ id"),
        (HEAD + "-    return x", "line 3: these lines don't stand in the model solution"),
        (HEAD + "-return y", "line 3: these lines don't stand in the model solution"),
        (
            HEAD + "-        y = y + x\n+        pass",
            "line 3: these lines stand 2 times in the model solution",
        ),
        (HEAD + "+    return y", "line 3: nothing says where these lines go"),
        (HEAD + "     return y", "line 3: nothing changes here"),
        (HEAD + "-    return y\n+    return y", "line 3: nothing changes here"),
        (HEAD.rstrip(), "line 2: nothing changes here"),
        (HEAD + "-    return y\n+    return 1\n@@", "line 5: nothing changes here"),
        (
            HEAD + "-    y = x.clone()\n@@\n-    y = x.clone()\n     for _ in range(1):",
            "line 5: these lines stand in",
        ),
        (HEAD + "-    return y\n+    return (", "line 2: a is no Python then"),
        (
            HEAD + "-    return y\n+    return  y  # sum",
            "line 2: a is the same program as the model",
        ),
        (f"python\n@right('a')\n{ANNOTATED}", "line 3: a is the same program as the model solution"),
        (
            HEAD.replace("a @@", "a fails publico valor @@") + "-    return y",
            "line 2: there is no graded cell valor; there are publico, valores",
        ),
        (
            "python\n@wrong('a', 'b', 'bordes')\ndef f(): pass",
            "there is no graded cell bordes; there are publico, valores",
        ),
        ("diff\n@@ a of b @@ mal\n-    return y", "line 2: no right answer 'b' stands above"),
        (HEAD + "-    return y\n\n@@ b of a @@ mal\n-    pass", "line 5: no right answer 'a' stands above"),
        (HEAD + "-    return y\n\n@@ b @@ mal\n-    return y", "line 5: b is the same program as a"),
    ],
)
def test_malformed_answers_are_refused_with_line_and_remedy(text: str, told: str) -> None:
    """Each fault of an answers file ends in one line that names it."""
    with pytest.raises(Refusal, match=r"double\.md") as refusal:
        parsed(text)

    assert told in str(refusal.value)


def test_block_without_an_end_is_refused() -> None:
    """What follows it would be lost."""
    with pytest.raises(Refusal, match=r"double\.md, line 3: the block that begins here has no end"):
        answers.parse("# Answers\n\n```diff\n@@ a @@ mal\n", PATH, exercise())


def test_missing_answers_are_refused(tmp_path: Path) -> None:
    """An exercise without an answers file says how many to write."""
    course = mini.write(tmp_path / "course")
    with pytest.raises(Refusal, match="at least two right and six wrong"):
        answers.load(course, "none", exercise())


def test_answers_hang_on_no_line_of_context_that_is_gone(tmp_path: Path) -> None:
    """Once the model solution says something else, a change of it is refused, and names file and line."""
    course = mini.write(tmp_path / "course")
    of = notebook.load(course.notebook("mini")).exercise("double")
    assert len(answers.load(course, "mini", of)) == 2

    path = course.notebook("mini")
    path.write_text(path.read_text().replace("return 2 * x", "return x * 2"))

    with pytest.raises(Refusal, match=r"double\.md, line \d+: these lines don't stand in the model solution"):
        answers.load(course, "mini", notebook.load(path).exercise("double"))


LINES = st.lists(st.sampled_from(["a = 1", "b = 2", "    c = 3", "", "d = 4"]), max_size=12)


@given(LINES, LINES)
def test_change_that_difflib_makes_of_two_programs_expands_to_the_second(
    base: list[str], new: list[str]
) -> None:
    """Each block in which they differ, with all lines around it as context, is a place of the change."""
    old = ["begin", *base, "end"]
    now = ["begin", *new, "end"]
    lines = [line for line in difflib.ndiff(old, now) if line[0] != "?"]
    block = "\n".join(line[0] + line[2:] for line in lines)
    text = f"```diff\n@@ a @@ mal\n{block}\n```\n"
    if old == now:
        with pytest.raises(Refusal, match="nothing changes here"):
            expanded(text, old)
    else:
        assert expanded(text, old) == "\n".join(now) + "\n"


@given(st.lists(st.integers(0, 30), unique=True, min_size=31, max_size=31), st.data())
def test_places_are_changed_wherever_they_stand(numbers: list[int], data: st.DataObject) -> None:
    """The order of the places says nothing, and what one of them puts in, another does not look at."""
    chosen = data.draw(st.lists(st.sampled_from(numbers), unique=True, min_size=1))
    places = "\n@@\n".join(f"-line {n}\n+line {n + 1}" for n in chosen)

    made = expanded(f"```diff\n@@ a @@ mal\n{places}\n```\n", [f"line {n}" for n in numbers])

    assert made.splitlines() == [f"line {n + 1 if n in chosen else n}" for n in numbers]


def expanded(text: str, base: list[str]) -> str:
    """The only change in a text, applied; the lines need not be Python."""
    ((_language, lines),) = answers.blocks(text, PATH)
    (change,) = changes.read(lines, PATH)
    assert isinstance(change, Change) and all(isinstance(place, Place) for place in change.places)
    return change.applied("\n".join(base))


def test_most_wrong_answers_of_the_course_are_changes() -> None:
    """Seven in eight show what is wrong, in about two lines of code."""
    course = find(shipped.ROOT)
    sources = [notebook.load(course.notebook(name)) for name in course.assignments]
    known = [answers.load(course, s.assignment, e) for s in sources for e in s.exercises.values()]
    wrong = [answer for each in known for answer in each if not answer.is_right]

    assert sum(bool(answer.base) for answer in wrong) / len(wrong) > 7 / 8


def test_answers_of_the_course_name_the_cells_that_they_fail_only_where_these_are_not_all() -> None:
    """What stands in a head says something: an answer fails every graded cell unless it names some."""
    course = find(shipped.ROOT)
    named = []
    for source in (notebook.load(course.notebook(name)) for name in course.assignments):
        for of in source.exercises.values():
            path, cells = answers.path(course, source.assignment, of.id), {cell.aspect for cell in of.graded}
            for language, lines in answers.blocks(path.read_text(encoding="utf-8"), path):
                read = whole_answers.read if language == answers.PYTHON else changes.read
                named += [each.where for each in read(lines, path) if each.fails == cells]

    assert named == []
