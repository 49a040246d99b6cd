"""Sentences are made last and no code reads one: whatever they say, everything else is the same."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import torchaula
from tests import mini, pupils
from torchaula.course import notebook
from torchaula.course.layout import Course

PACKAGE = Path(torchaula.__file__).parent
WORDS = (
    *sorted(str(path.relative_to(PACKAGE)) for path in (PACKAGE / "checks" / "messages").glob("*.py")),
    *("grading/wire/words.py", "handin/words.py", "report/words.py"),
)
LETTER = re.compile(r"[^\W\d_]")
SPANISH = re.compile(
    r"[áéíóúñü¿¡«»]|\b(celda|cuaderno|ejercicio|entrega|respuesta|resultado|prueba)s?\b", re.I
)
JOINING = re.compile(r"\b(el|la|los|las|un|una|que|tu|se|con|por|para|este|esta|hay|lo|su|y)\b", re.I)
# What is written for learners or authors there is a notebook's or a course's own text, no message.
TEXTS_OF_COURSES = (
    "authoring/audit/wording.py",
    "course/markers.py",
    "authoring/audit/mutants.py",
    "authoring/audit/text.py",
    "authoring/derived.py",
    "authoring/opening.py",
    "authoring/pack.py",
    "authoring/rules.py",
    "authoring/sample_class.py",
)
INPUT = (
    "handin/__init__.py",
    "handin/looks.py",
    "classroom/gradebook/extensions.py",
    "classroom/intake/moodle/language.py",
    "classroom/intake/moodle/worksheet.py",
)  # "3 días", how Moodle calls its columns, a stub, a function's name

CHECKS = """# Pruebas ocultas: valores (4 puntos)
### BEGIN HIDDEN TESTS
from torchaula.checks import battery
student = graded("double-valores")
make = lambda n: (torch.arange(1.0, n + 1),)
battery(student.double, make, [(3,)], shape=lambda n: [n], differentiable=[0])
student.double(torch.tensor([3.0, 5.0, 7.0])).matches(lambda x: 2 * x)
### END HIDDEN TESTS"""
ANSWERS = {
    "right": "return x + x",
    "three-times": "return 3 * x",
    "one-more": "return 2 * x + 1",
    "negated": "return -2 * x",
    "all-zero": "return 0 * x",
    "not-a-number": "return 2 * x / 0 * 0",
    "in-float64": "return 2 * x.double()",
    "another-shape": "return (2 * x)[:1]",
    "one-element-off": "return torch.cat([2 * x[:-1], x[-1:]])",
    "nothing": "2 * x",
    "a-list": "return (2 * x).tolist()",
    "a-text": "return 'el doble'",
    "a-function": "return (2 * x).sum",
    "a-set": "return {1, 2}",
    "in-place": "x *= 2\n    return x.clone()",
    "itself": "return x.mul_(1)",
    "off-the-graph": "return 2 * x.detach()",
    "raises": "return x + torch.ones(17)",
    "raises-its-own": "raise ValueError('está todavía por escribir')",
    "a-name-that-is-missing": "return helper(x)",
    "a-missing-module": "import seaborn_of_mine",
    "unwritten": '"""Devuelve el doble."""',
    "dies": "import os\n    os._exit(1)",
    "asks-for-too-much": "return torch.ones(10**12)",
}


def nonsense(text: str) -> str:
    """A text of the same length with no word left in it."""
    return LETTER.sub("x", text)


class Translator(ast.NodeTransformer):
    """Makes nonsense of every sentence in a module; names of classes, formats and keys stay."""

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node.value = self.visit(node.value)
        return node  # its format is no sentence

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        node.values = [
            ast.Constant(nonsense(value.value)) if _is_text(value) else self.visit(value)
            for value in node.values
        ]
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        is_sentence = _is_text(node) and (" " in node.value or not node.value.isascii())
        return ast.Constant(nonsense(node.value)) if is_sentence else node


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The mini course with a hidden cell that looks at much, and an answer for each way to be wrong."""
    made = mini.write(tmp_path / "course")
    node = notebook.read(made.notebook("mini"))
    pupils.cell(node, "double-valores").source = CHECKS
    notebook.write(node, made.notebook("mini"))
    known = ["```python\n"]
    for name, body in ANSWERS.items():
        mark = f"@right({name!r})" if name == "right" else f"@wrong({name!r}, 'es {name}', 'publico valores')"
        known.append(f"\n\n{mark}\ndef double(x):\n    {body}\n")
    (made.answers / "mini" / "double.md").write_text("".join([*known, "```\n"]))
    return made


def graded_with(course: Course, packages: Path) -> dict[str, list[Any]]:
    """What the package in a folder makes of the known answers."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.graded_anew", course.root, packages],
        cwd=mini.ROOT,
        env={"PYTHONPATH": f"{packages}:{mini.ROOT}", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[Any]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_no_sentence_decides_anything(course: Course, tmp_path: Path) -> None:
    """With nonsense for every sentence, verdicts, diagnoses and the form of each page are the same."""
    copy = tmp_path / "packages"
    shutil.copytree(PACKAGE, copy / "torchaula", ignore=shutil.ignore_patterns("__pycache__"))
    for name in WORDS:
        place = copy / "torchaula" / name
        tree = Translator().visit(ast.parse(place.read_text()))
        place.write_text(ast.unparse(ast.fix_missing_locations(tree)))

    ours, theirs = graded_with(course, PACKAGE.parent), graded_with(course, copy)

    for name in ANSWERS:
        assert theirs[name][:2] == ours[name][:2], name
        assert (theirs[name][2] == ours[name][2]) == (name == "right"), "it was not translated"
    first = {name: found[0]["double-publico"] for name, found in ours.items()}
    assert len({json.dumps(each["finding"]) for each in first.values()}) > 12
    assert sum(bool(each["diagnosis"]) for each in first.values()) > 12


def test_sentences_stand_in_files_of_words_alone() -> None:
    """No other module holds Spanish: an English edition translates these files and a template's `lang`."""
    found = [
        f"{path.relative_to(PACKAGE)}: {text!r}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if str(path.relative_to(PACKAGE)) not in (*WORDS, *TEXTS_OF_COURSES, *INPUT)
        for text in strings(path)
        if SPANISH.search(text) or len(set(JOINING.findall(text.lower()))) > 1
    ]

    assert not found


def strings(path: Path) -> Iterator[str]:
    """The texts in a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    docs = {id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, documented) and _begins_with(n)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def _begins_with(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    return bool(node.body) and isinstance(node.body[0], ast.Expr)
