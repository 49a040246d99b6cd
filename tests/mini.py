"""A small course of two exercises, for tests of the pipeline: real cells, real checks, quick to grade."""

from __future__ import annotations

import atexit
import io
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rich.console import Console

from torchaula.authoring import normal_form
from torchaula.classroom.batch import batch
from torchaula.classroom.batch.entries import Entry
from torchaula.course import notebook
from torchaula.course.layout import Course, find
from torchaula.errors import Refusal
from torchaula.grading.trusted import confinement
from torchaula.grading.trusted.client import Workers
from torchaula.report.following import Terminal

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(sys.executable).parent
SETUP = 'import torch\n\nfrom torchaula.checks import begin, graded\n\nbegin("mini")'
SOLUTION = '''def {name}(x):
    """Devuelve {what}."""
    ### BEGIN SOLUTION
    return {result}
    ### END SOLUTION'''
PUBLIC = """student = graded("{name}-publico", names="{name}", seconds=1)
student.{name}(torch.tensor([1.0, 2.0])).equals(torch.tensor([{first}, {second}]))"""
HIDDEN = """# Pruebas ocultas: valores ({points} puntos)
### BEGIN HIDDEN TESTS
student = graded("{name}-valores")
student.{name}(torch.tensor([3.0, 5.0, 7.0])).matches(lambda x: {result})
### END HIDDEN TESTS"""
ANSWERS = """```python
@right("another-way")
def {name}(x):
    return {other}
```

```diff
@@ lost-way @@ tu resultado coincide con el cuadrado
-    return {result}
+    return x**2 + 7
```
"""
# name, what, result, another way, on 1 and on 2, points of the public and of the hidden cell
EXERCISES = (
    ("double", "el doble", "2 * x", "x + x", 2.0, 4.0, 1, 4),
    ("add-one", "uno más", "x + 1", "1 - (-x)", 2.0, 3.0, 2, 3),
)
SECRET = "5e" * 32  # of every course that tests write, so that none hangs on luck
UNCONFINED = "\nc.Grade.unsafe_no_sandbox = True\n"
SHORTER = """
c.Grade.cell_seconds = 2.0
c.Grade.cells_seconds = 10.0
"""


def write(root: Path) -> Course:
    """Write the course to the folder `root`."""
    folder, answers = root / "source" / "mini", root / "answers" / "mini"
    folder.mkdir(parents=True)
    answers.mkdir(parents=True)
    (folder / "datos.txt").write_text("ours\n")
    cells = [_cell(SETUP, "preparacion", tags=["setup"])]
    for name, what, result, other, first, second, public, hidden in EXERCISES:
        python = name.replace("-", "_")
        text = {"name": python, "what": what, "result": result, "first": first, "second": second}
        cells += [
            _cell(f"## `{python}`: {what}", f"{name}-enunciado", markdown=True),
            _cell(SOLUTION.format(**text), name, locked=False, solution=True),
            _cell(_public(name, text), f"{name}-publico", grade=True, points=public),
            _cell(_hidden(name, text, hidden), f"{name}-valores", grade=True, points=hidden),
        ]
        (answers / f"{name}.md").write_text(ANSWERS.format(name=python, other=other, result=result))
    cells += [_cell('open("demo-ran", "w").close()', "demo-final", tags=["demo"])]
    path = folder / "mini.ipynb"
    path.write_text(notebook.text(normal_form.normal(new_notebook(cells=cells))))
    config = (ROOT / "nbgrader_config.py").read_text()
    (root / "nbgrader_config.py").write_text(config + SHORTER + without_sandbox())
    return with_secret(root)


def with_secret(root: Path) -> Course:
    """A course with the secret of all tests, as if its gradebook had been moved away."""
    file = root / "gradebook.secret"
    file.touch(mode=0o600)
    file.write_text(SECRET)
    return find(root)


@cache
def without_sandbox() -> str:
    """What a course's configuration must say on a machine where nothing confines student code."""
    try:
        confinement.find()
    except Refusal:
        return UNCONFINED
    return ""


def in_set_up(text: str, line: str) -> str:
    """The text of the instructor's notebook with one more line in its set-up cell."""
    assert '"import torch\\n"' in text
    return text.replace('"import torch\\n"', f'"import torch\\n", "{line}\\n"')


def _public(name: str, text: dict[str, object]) -> str:
    return PUBLIC.format(**text).replace(f'graded("{text["name"]}', f'graded("{name}')


def _hidden(name: str, text: dict[str, object], points: int) -> str:
    return HIDDEN.format(points=points, **text).replace(f'graded("{text["name"]}', f'graded("{name}')


def _cell(
    source: str, identifier: str, *, markdown: bool = False, tags: list[str] | None = None, **roles: object
):
    nbgrader = {"grade_id": identifier, "schema_version": 3, "locked": True, **roles}
    metadata = {"nbgrader": nbgrader} | ({"tags": tags} if tags else {})
    make = new_markdown_cell if markdown else new_code_cell
    return make(source, metadata=metadata, id=identifier)


@cache
def workers() -> Workers:
    """A warm worker for all batches of this process, which would each wait for two of their own."""
    made = Workers(1)
    atexit.register(made.stop)
    return made


def grade(course: Course, assignment: str = "mini", *students: str, **options: Any) -> dict[str, Entry]:
    """Grade as the command does, feedback included, without a word; what became of each student."""
    jobs, agreed = options.pop("jobs", 2), options.pop("agreed", True)
    executor = options.pop("executor", None) or workers()
    made = batch.prepare(course, assignment, students, **options)
    audience = Terminal(made, Console(file=io.StringIO()), is_agreed=agreed)
    return {entry.student: entry for entry in made.grade(jobs, audience, executor)}


def copy(course: Course, root: Path) -> Course:
    """A copy of a course, whatever state it is in."""
    shutil.copytree(course.root, root)
    return find(root)
