"""A small assignment whose answers lean on all that honest learners disturb, and a warm engine to grade it.

Its answers use built-ins, modules of the set-up, NumPy's error state, autograd, defaults of torch and a
deep recursion; its tests call them as the tests of the course do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.rebuilding import JobMaker
from torchaula.authoring import normal_form
from torchaula.course import notebook
from torchaula.course.markers import USUAL
from torchaula.grading.trusted import confinement
from torchaula.grading.trusted.client import Client
from torchaula.grading.trusted.jobs import Result
from torchaula.grading.wire.limits import Limits

NAME = "taller"
LIMITS = Limits(cell_seconds=3, cells_seconds=15)
SETUP = f"""import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from torchaula.checks import begin, graded, probe

begin("{NAME}")"""
SOLUTIONS = {
    "softmax": '''def softmax(x):
    """Devuelve la softmax de la última dimensión."""
    ### BEGIN SOLUTION
    powers = torch.exp(x - x.max(dim=-1, keepdim=True).values)
    return powers / torch.sum(powers, dim=-1, keepdim=True)
    ### END SOLUTION''',
    "decay": '''def decay(values):
    """Devuelve la media de exp(-v), con NumPy."""
    ### BEGIN SOLUTION
    powers = list(np.exp(-np.array(values)))
    return float(sum(powers) / len(powers))
    ### END SOLUTION''',
    "line": '''class Line(nn.Module):
    """Una recta, w·x + b, que empieza en w = 1 y b = 0."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.w, self.b = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))
        ### END SOLUTION

    def forward(self, x):
        """Devuelve w·x + b."""
        ### BEGIN SOLUTION
        return F.relu(self.w * x + self.b) - F.relu(-self.w * x - self.b)
        ### END SOLUTION''',
    "total": '''def total(values):
    """Devuelve la suma de una lista; una función que se llama a sí misma."""
    ### BEGIN SOLUTION
    return values[0] + total(values[1:]) if values else 0
    ### END SOLUTION''',
}
PROBE = '''@probe
def train(x, y):
    """Dos pasos de descenso"""
    model = Line()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    return loss, dict(model.state_dict()), torch.zeros(3)
'''
TESTS = {
    "softmax-publico": "student.softmax(torch.tensor([[0.0, 1.0, 2.0]])).matches(lambda x: x.softmax(-1))",
    "softmax-valores": """torch.manual_seed(3)
for dtype in (torch.float32, torch.float64):
    x = torch.randn(3, 5, dtype=dtype, requires_grad=True)
    student.softmax(x).matches(lambda x: x.softmax(-1)).attached()""",
    "decay-publico": "student.decay([0.0, 1000.0]).equals(0.5)",
    "decay-valores": "student.decay([1000.0, 0.0, 1000.0, 1000.0, 1000.0]).equals(0.2)",
    "line-publico": "Line = student.Line\n" + PROBE + "train(torch.ones(2), torch.ones(2)).sound()",
    "line-valores": PROBE
    + """loss, state, zeros = train(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0])).result
sound = train(torch.ones(2), 3 * torch.ones(2))
sound.expect("w y b", sound.result[1], {"w": torch.tensor([1.64]), "b": torch.tensor([0.64])}, 1e-5)
sound.expect("ceros", zeros, torch.zeros(3))""",
    "total-publico": "student.total([1, 2, 3]).equals(6)",
    "total-valores": "student.total(list(range(300))).equals(44850)",
}
NAMES = {"softmax": "softmax", "decay": "decay", "line": "Line", "total": "total"}


def instructor() -> NotebookNode:
    """The instructor's notebook."""
    cells = [_cell(SETUP, "preparacion", tags=["setup"])]
    for name, solution in SOLUTIONS.items():
        cells += [
            _cell(f"## {name}", f"{name}-enunciado", markdown=True),
            _cell(solution, name, locked=False, solution=True),
            _cell(
                _test(name, "publico", f', names="{NAMES[name]}"'), f"{name}-publico", grade=True, points=1
            ),
            _cell(_hidden(name), f"{name}-valores", grade=True, points=4),
        ]
    cells += [_cell("raise SystemExit('not to be run')", "demo-final", tags=["demo"])]
    node: NotebookNode = normal_form.normal(new_notebook(cells=cells))
    return node


def _test(name: str, aspect: str, contract: str = "") -> str:
    return f'student = graded("{name}-{aspect}"{contract})\n' + TESTS[f"{name}-{aspect}"]


def _hidden(name: str) -> str:
    body = _test(name, "valores")
    return f"# Pruebas ocultas: valores (4 puntos)\n### BEGIN HIDDEN TESTS\n{body}\n### END HIDDEN TESTS"


def _cell(
    source: str, identifier: str, *, markdown: bool = False, tags: list[str] | None = None, **roles: object
) -> NotebookNode:
    nbgrader = {"grade_id": identifier, "schema_version": 3, "locked": True, **roles}
    metadata = {"nbgrader": nbgrader} | ({"tags": tags} if tags else {})
    make = new_markdown_cell if markdown else new_code_cell
    made: NotebookNode = make(source, metadata=metadata, id=identifier)
    return made


@dataclass
class Book:
    """A notebook to be handed in, answered rightly, for a test to change; `content`, if any, in its place."""

    node: NotebookNode = field(default_factory=instructor)
    content: bytes | None = None

    def __post_init__(self) -> None:
        for cell in self.node.cells:
            cell.source = USUAL.published(USUAL.answer(cell.source)).rstrip("\n")

    @property
    def file(self) -> bytes:
        """The file that is handed in."""
        return json.dumps(self.node).encode() if self.content is None else self.content

    def cell(self, identifier: str) -> NotebookNode:
        """The cell with this `grade_id`."""
        cells = self.node.cells
        return next(c for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == identifier)

    def empty(self, exercise: str) -> None:
        """Leave an exercise as it was released."""
        self.cell(exercise).source = USUAL.stub(SOLUTIONS[exercise])

    def add(self, source: str, after: str, markdown: bool = False) -> None:
        """Put a cell of the learner's own after the one with this `grade_id`; first, if that is empty."""
        make = new_markdown_cell if markdown else new_code_cell
        place = self.node.cells.index(self.cell(after)) + 1 if after else 0
        self.node.cells.insert(place, make(source, id=f"mine-{len(self.node.cells)}"))

    def as_json(self) -> Any:
        """The file's content as plain lists and dicts."""
        return json.loads(json.dumps(self.node))


class Workshop:
    """The real engine in the real sandbox, warm. Raises `Refusal` where there is no sandbox."""

    def __init__(self) -> None:
        confinement.find()
        self._desk = JobMaker(NAME, notebook.text(instructor()), LIMITS)
        self.client = Client()
        self.every_cell = {
            cell.id for cell in notebook.parse(instructor(), NAME).cells if cell.kind == "graded"
        }

    def grade(self, content: bytes) -> Result:
        """What becomes of a file that is handed in. Raises `Unreadable`."""
        return self.client.grade(self._desk.job(content))

    @property
    def worker(self) -> int:
        """The process that grades."""
        process = self.client._process
        return process.pid if process else 0


def passed(result: Result) -> set[str]:
    """The graded cells that earn their points."""
    return {cell for cell, verdict in result.verdicts.items() if verdict.passed}
