"""Cells that lost their names, on the course that ships: answers count, and other assignments' don't."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from itertools import permutations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests import mini
from tests.rebuilding import JobMaker, rebuild, reviewed_cells, sort
from torchaula.authoring import sample_class
from torchaula.course import notebook, pictures
from torchaula.course.layout import Course, find
from torchaula.course.rebuilding import definitions
from torchaula.course.rebuilding.rebuild import grade_id, settled
from torchaula.course.rebuilding.submitted import SubmittedCell, read
from torchaula.grading.trusted.client import Client

ASSIGNMENTS = ("tensores", "mlp", "cnn")
PICTURE = f"data:image/png;base64,{'iVBORw0KGgo' * 2000}"  # as long as those that learners take home
Change = Callable[[NotebookNode, str], None]


@cache
def shipped() -> Course:
    """The course of this repository."""
    return find(mini.ROOT)


@cache
def source(assignment: str) -> NotebookNode:
    """The instructor's notebook."""
    return notebook.read(shipped().notebook(assignment))


@cache
def material(assignment: str) -> sample_class.Material:
    """What is known of an assignment's answers."""
    return sample_class.material(shipped(), assignment)


def answered(assignment: str, answers: dict[str, str] | None = None) -> NotebookNode:
    """What a learner hands in who answers everything as the model does, or these exercises in this way."""
    made_from = material(assignment)
    model = {name: made_from.model(name) for name in made_from.exercises}
    return notebook.loads(sample_class.handed_in(made_from, model | (answers or {})))


def as_file(node: NotebookNode) -> bytes:
    """The file that is handed in."""
    return json.dumps(node).encode()


def place(node: NotebookNode, name: str) -> int:
    """Where the cell of this name stands."""
    return next(number for number, cell in enumerate(node.cells) if grade_id(cell) == name)


def forget(node: NotebookNode) -> None:
    """Lose all metadata and ids, as a round trip through another tool does."""
    for number, cell in enumerate(node.cells):
        cell.metadata, cell.id = NotebookNode(), f"x{number}"


def own(text: str) -> NotebookNode:
    """A cell that nbgrader knows nothing of."""
    made: NotebookNode = new_code_cell(text)
    return made


# What becomes of one exercise's cell


def _merged(node: NotebookNode, name: str, offset: int, *, is_kept: bool) -> None:
    """Merge a cell into the one before or after it, whose name `is_kept`."""
    first, second = sorted((place(node, name), place(node, name) + offset))
    text = f"{node.cells[first].source}\n\n{node.cells[second].source}"
    stays = node.cells[place(node, name) + (offset if is_kept else 0)]
    stays.source = text
    del node.cells[second if stays is node.cells[first] else first]


def _above(node: NotebookNode, name: str) -> None:
    cell = node.cells[place(node, name)]
    node.cells.insert(place(node, name), own(cell.source))
    cell.source = stub(node, name)


def _below(node: NotebookNode, name: str) -> None:
    cell = node.cells[place(node, name)]
    node.cells.insert(place(node, name) + 1, own(cell.source))
    cell.source = stub(node, name)


def _emptied(node: NotebookNode, name: str) -> None:
    cell = node.cells[place(node, name)]
    node.cells.insert(place(node, name), own(cell.source))
    cell.source = ""


def _unnamed(node: NotebookNode, name: str) -> None:
    cell = node.cells[place(node, name)]
    cell.metadata, cell.id = NotebookNode(), "lost"


def _first_of_all(node: NotebookNode, name: str) -> None:
    cell = node.cells[place(node, name)]
    node.cells.insert(place(node, "preparacion") + 1, own(cell.source))
    cell.source = stub(node, name)


def _last_of_all(node: NotebookNode, name: str) -> None:
    cell = node.cells[place(node, name)]
    node.cells.append(own(cell.source))
    cell.source = stub(node, name)


def _copied_stub(node: NotebookNode, name: str) -> None:
    node.cells.insert(place(node, name) + 1, own(stub(node, name)))


def _old_version(node: NotebookNode, name: str) -> None:
    found = re.search(r"^(def|class) (\w+)", node.cells[place(node, name)].source, re.M)
    assert found
    old = f"{found[1]} {found[2]}" + ("():\n    return 'old'" if found[1] == "def" else ":\n    old = 1")
    node.cells.insert(place(node, name), own(old))


def stub(node: NotebookNode, name: str) -> str:
    """The text of a cell as it was released."""
    for assignment in ASSIGNMENTS:
        released = notebook.loads(material(assignment).released)
        for cell in released.cells:
            if grade_id(cell) == name and cell.metadata.nbgrader.solution:
                return str(cell.source)
    raise KeyError(name)


CHANGES: dict[str, Change] = {
    "merged into the statement": lambda node, name: _merged(node, name, -1, is_kept=True),
    "with the statement in it": lambda node, name: _merged(node, name, -1, is_kept=False),
    "merged into the check": lambda node, name: _merged(node, name, 1, is_kept=True),
    "with the check in it": lambda node, name: _merged(node, name, 1, is_kept=False),
    "pasted above": _above,
    "pasted below": _below,
    "pasted above, emptied": _emptied,
    "unnamed": _unnamed,
    "in the first cell": _first_of_all,
    "in the last cell": _last_of_all,
    "with a copied stub": _copied_stub,
    "with an old version": _old_version,
}


def effective(assignment: str, node: NotebookNode, exercise: str) -> list[str]:
    """What defines an exercise's names where it is graded, by Python's own reading of the cells before."""
    graded = material(assignment).exercises[exercise].graded[-1].id
    found: dict[str, str] = {}
    for cell in node.cells[: place(node, graded)]:
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade"):
            found |= defined(cell.source)
    return [found.get(name, "") for name in defined(material(assignment).model(exercise))]


@cache
def defined(text: str) -> dict[str, str]:
    """The functions and classes that a cell defines, without docstrings: a tool may change blanks in them."""
    try:
        tree = ast.parse(textwrap.dedent(text))
    except SyntaxError:
        return {}
    for each in ast.walk(tree):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and "\n" in each.value:
            each.value = ""
    kinds = ast.FunctionDef | ast.ClassDef
    return {each.name: ast.dump(each) for each in tree.body if isinstance(each, kinds)}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
@pytest.mark.parametrize("change", CHANGES)
def test_answer_counts_whatever_became_of_its_cell(assignment: str, change: str) -> None:
    """Every exercise of the course, the model's answer and all other right ones: they are what is graded."""
    made_from = material(assignment)
    known = {name: [made_from.model(name), *made_from.right(name)] for name in made_from.exercises}
    for number in range(max(map(len, known.values()))):
        node = answered(assignment, {name: found[number % len(found)] for name, found in known.items()})
        before = {name: effective(assignment, node, name) for name in known}
        for exercise in known:
            CHANGES[change](node, exercise)

        rebuilt = rebuild(source(assignment), read(as_file(node)))

        assert {name: effective(assignment, rebuilt, name) for name in known} == before
        assert again(assignment, rebuilt) == texts(rebuilt)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
@pytest.mark.parametrize("change", [*CHANGES, "all forgotten"])
def test_notebook_with_its_pictures_inside_is_read_like_the_released_one(
    assignment: str, change: str
) -> None:
    """Learners take home such a notebook: whatever became of its cells, the same is graded."""
    rebuilt = []
    for is_from_home in (False, True):
        node = answered(assignment)
        for cell in node.cells if is_from_home else ():
            cell.source = pictures.moved(cell.source, lambda _told, _place: PICTURE)
        if change == "all forgotten":
            forget(node)
        for exercise in material(assignment).exercises if change in CHANGES else ():
            CHANGES[change](node, exercise)
        rebuilt.append(texts(rebuild(source(assignment), read(as_file(node)))))

    assert rebuilt[0] == rebuilt[1]


def texts(node: NotebookNode) -> list[tuple[str, str, str]]:
    """All that a rebuilt notebook says."""
    return [(cell.id, cell.cell_type, cell.source) for cell in node.cells]


def again(assignment: str, rebuilt: NotebookNode) -> list[tuple[str, str, str]]:
    """What is rebuilt of what was rebuilt: nbgrader's converters and the worker must agree."""
    return texts(rebuild(source(assignment), read(notebook.text(rebuilt).encode())))


@pytest.mark.sampled(1)
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_answer_that_was_split_counts(assignment: str) -> None:
    """Split before one line or another, its name with either half or both: it is what is graded."""
    for exercise in material(assignment).exercises:
        lines = material(assignment).model(exercise).splitlines()
        before = effective(assignment, answered(assignment), exercise)
        for at in range(1, len(lines), 3):
            for kept in ("first", "second", "both"):
                halves = ["\n".join(lines[:at]).rstrip("\n"), "\n".join(lines[at:]).strip("\n")]
                node = answered(assignment)
                number = place(node, exercise)
                cells = [deepcopy(node.cells[number]), deepcopy(node.cells[number])]
                for cell, half, name in zip(cells, halves, ("first", "second"), strict=True):
                    cell.source = half
                    if kept not in (name, "both"):
                        cell.metadata, cell.id = NotebookNode(), "lost"
                node.cells[number : number + 1] = cells

                rebuilt = rebuild(source(assignment), read(as_file(node)))

                assert effective(assignment, rebuilt, exercise) == before, (exercise, at, kept)


def _lose_some(node: NotebookNode) -> None:
    forget(node)
    locked = [cell for cell in node.cells if cell.cell_type == "markdown"]
    for cell in locked[::3]:
        node.cells.remove(cell)
    for cell in locked[1::3]:
        cell.source = cell.source.replace("tensor", "TENSOR") + "\n\nMis apuntes"


def _reorder(node: NotebookNode) -> None:
    forget(node)
    node.cells = [*node.cells[:5], *reversed(node.cells[5:])]


def _blanks(node: NotebookNode) -> None:
    forget(node)
    for cell in node.cells:
        cell.source = cell.source.replace("\n", " \r\n") + "\n"


def _deepnote(node: NotebookNode) -> None:
    forget(node)
    parts = []
    for cell in node.cells:
        blocks = cell.source.split("\n\n") if cell.cell_type == "markdown" else [cell.source]
        parts += [NotebookNode(cell, source=block, id="") for block in blocks]
    node.cells = parts


LOSSES: dict[str, Callable[[NotebookNode], None]] = {
    "all names": forget,
    "all names, blanks": _blanks,
    "all names, the order": _reorder,
    "all names, some cells": _lose_some,
    "all names, text in blocks": _deepnote,
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
@pytest.mark.parametrize("loss", LOSSES)
def test_notebook_without_names_is_told_by_its_texts(assignment: str, loss: str) -> None:
    """Every answer counts, no demonstration runs, and the instructor is told."""
    node = answered(assignment)
    LOSSES[loss](node)

    found = sort(source(assignment), read(as_file(node)))
    rebuilt = rebuild(source(assignment), read(as_file(node)))

    assert found.is_of_assignment
    assert "told by their texts" in next(settled(found))
    for exercise in material(assignment).exercises:
        assert effective(assignment, rebuilt, exercise) == effective(
            assignment, answered(assignment), exercise
        )
    demos = {cell.source for cell in source(assignment).cells if "demo" in cell.metadata.get("tags", [])}
    assert not [cell.id for cell in rebuilt.cells if not grade_id(cell) and cell.source in demos]
    assert again(assignment, rebuilt) == texts(rebuilt)


@pytest.mark.parametrize("pair", list(permutations(ASSIGNMENTS, 2)), ids="-".join)
def test_notebook_of_another_assignment_is_none_of_this_one(pair: tuple[str, str]) -> None:
    """Answered or not, with names or without, although both have an opening, a set-up and an ending."""
    other, assignment = pair
    for node in (answered(other), notebook.loads(material(other).released)):
        assert not sort(source(assignment), read(as_file(node))).is_of_assignment
        forget(node)
        assert not sort(source(assignment), read(as_file(node))).is_of_assignment


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_answers_alone_are_of_the_assignment(assignment: str) -> None:
    """Functions that were typed into a notebook of one's own count; a single one might be anything."""
    node = answered(assignment)
    node.cells = [own(cell.source) for cell in node.cells if cell.metadata.nbgrader.solution]
    assert sort(source(assignment), read(as_file(node))).is_of_assignment

    node.cells = node.cells[:1]
    assert not sort(source(assignment), read(as_file(node))).is_of_assignment


def test_untouched_notebook_is_told_from_one_with_answers_elsewhere() -> None:
    """Nothing is remarked of what was left as released, and an answer that moved is named."""
    untouched = notebook.loads(material("mlp").released)
    assert not list(settled(sort(source("mlp"), read(as_file(untouched)))))

    node = answered("mlp")
    _above(node, "linear")
    remarks = list(settled(sort(source("mlp"), read(as_file(node)))))
    assert remarks == ["answered in another cell: linear"]


DEEP = {
    "a chain of conditions": "if x:0\n" + "elif x:0\n" * 1500,
    "a chain that is answered": "if x:\n    def f(): return 1\n" + "elif x:0\n" * 1500,
    "a sum": "x = " + "+".join("1" * 9_000),
    "a chain of calls": "x" + "()" * 9_000,
    "brackets": "(" * 9_000,
    "negations": "x = " + "-" * 19_000 + "1",
    "attributes": "x" + ".a" * 9_000,
    "blocks": "".join(" " * depth + "if x:\n" for depth in range(90)) + " " * 90 + "x",
    "choices": "x = " + "1 if x else " * 1_600 + "0",
    "functions": "x = " + "lambda: " * 2_400 + "0",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_text_of_any_depth_is_read(text: str) -> None:
    """However deep a learner's code is nested, in an own cell or a locked one, it is sorted and reviewed."""
    node = answered("mlp")
    node.cells.append(own(text))
    node.cells[place(node, "mlp-publico")].source += f"\n{text}\ndef f(): return Linear"
    node.cells[place(node, "linear-publico")].source = f"{text}\nclass Linear: pass"

    found = sort(source("mlp"), read(as_file(node)))
    rebuilt = rebuild(source("mlp"), read(as_file(node)))

    assert text in [cell.source for cell in rebuilt.cells]
    list(settled(found))
    reviewed_cells([piece.cell for piece in found.work.pieces])


def test_text_beyond_what_is_parsed_is_reviewed() -> None:
    """Names that reach for much are told of a cell that is too long to be parsed, too."""
    long = "import gc\nx = eval\ny.__globals__\n" + "x = 1\n" * 4_000
    assert len(long) > definitions.PARSED_CHARACTERS

    told = reviewed_cells([SubmittedCell("code", long, "long")])

    assert told == ["long: gc", "long: eval", "long: __globals__"]


BACK = "\\"
STRINGS = [
    begun + end
    for quotes in ('"""', "'''")
    for begun in (quotes, f"{quotes}a\n", quotes + f"{BACK}{quotes}" * 4_990)
    for end in ("", BACK, BACK + BACK, quotes)
]


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_string_ends_with_its_quotes_or_with_the_text(text: str) -> None:
    """Wherever three quotes begin a string there is one: else each of them would be looked at to the end."""
    assert definitions.NO_CODE.fullmatch(text)


def test_cells_are_put_together_within_limits() -> None:
    """Pieces that may belong together are read a few times, and few characters of them altogether."""
    node, number = answered("mlp"), place(answered("mlp"), "linear")
    node.cells[number].source = ""
    pieces = [own(f"def Linear(x, (\n{'#' * 3_900} {n}") for n in range(99)]
    node.cells[number:number] = pieces

    answers = sort(source("mlp"), read(as_file(node))).answers

    assert -definitions.PARSED_CHARACTERS < answers.letters <= 0 < answers.tries


def test_work_in_locked_cells_is_kept_without_the_test() -> None:
    """Of an edited check, what the learner added is kept and told, and nothing that is the test's."""
    node = answered("mlp")
    added = "# mío\nimport statistics\nEPS = 1e-6\ndef scaled(x):\n    return EPS * x"
    cell = node.cells[place(node, "sgd-step-publico")]
    cell.source = cell.source.replace("forbid=", "seconds=9, forbid=").replace("v.clone()", "v.clone() * 2")
    cell.source += (
        f"\n\n{added}\n\nstudent = graded('sgd-step-publico')\nseen = student\nseen += 1\nmath = torch = 3"
    )

    found = sort(source("mlp"), read(as_file(node)))

    assert [c.source.strip() for c in found.cells if c.name not in found.known.cells] == [added]
    assert [remark.rpartition(": ")[2] for remark in settled(found)] == ["sgd-step-publico"]


def test_lines_beside_a_stub_are_kept() -> None:
    """Where another cell answers, the lines beside a stub are an own cell; otherwise they stay there."""
    node = answered("mlp")
    _first_of_all(node, "linear")
    cell = node.cells[place(node, "linear")]
    cell.source = f"import statistics; x = 1\n{cell.source}\n# al final\nRATE = 2"
    alone = answered("mlp", {"linear": cell.source})

    found = sort(source("mlp"), read(as_file(node)))
    left = sort(source("mlp"), read(as_file(alone)))

    assert found.answers.elsewhere == ["linear"]
    kept = ["import statistics", "x = 1", "# al final", "RATE = 2"]
    assert kept in [each.source.split("\n") for each in found.cells if not each.name]
    assert cell.source in [each.source for each in left.cells if each.name == "linear"]
    assert not left.answers.elsewhere


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ["mlp"])
def test_notebook_in_which_everything_happened_has_full_marks(assignment: str) -> None:
    """Each exercise met another accident, and then all names were lost: graded, it has every point."""
    mini.require_sandbox()
    node, kinds = (
        answered(assignment),
        ["pasted above", "in the first cell", "with the check in it", "unnamed"],
    )
    for exercise, kind in zip(material(assignment).exercises, kinds * 2, strict=True):
        CHANGES[kind](node, exercise)
    forget(node)
    client = Client()
    try:
        result = client.grade(JobMaker(assignment, notebook.text(source(assignment))).job(as_file(node)))
    finally:
        client.close()

    assert not result.problem
    assert not {cell: v.message for cell, v in result.verdicts.items() if not v.passed}
