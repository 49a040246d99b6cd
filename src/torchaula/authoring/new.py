"""Create the cells and the answers file of a new exercise: a small working one, to be replaced."""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from torchaula.course import answers, notebook
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.i18n import _

EXERCISE_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
RESERVED = (notebook.STATEMENT, notebook.PUBLIC, *notebook.HIDDEN)

STATEMENT = """
## {number}. `{name}`: ESCRIBE AQUÍ LA IDEA, UNA SOLA

*8 puntos · 10 min (estimación) · traes: LO QUE YA SE SABE*

**La pregunta.** QUÉ SE ROMPE SIN ESTO, en 40 palabras.

**La idea.** CÓMO SE RESUELVE, en 80 palabras y una fórmula o un dibujo, no las dos cosas.

**Ejemplo.** Con `x = [[1, 2]]` sale `[[2, 4]]`.

**Escribe** `{name}(x)`:

- `x: [n, d]` → `[n, d]`: el doble de cada número; `n` puede ser 0.
- Herramientas: `*`.

**Se comprueba**

- valores: formas y números, de varios tamaños.
- bordes: `n = 0`, `n = 1` y `d = 1`.
- gradiente: que el gradiente llegue a `x`.
- no se puede: …, porque …

<details><summary>Pista 1: por dónde</summary>

…
</details>

<details><summary>Pista 2: qué herramienta</summary>

…
</details>

<details><summary>Pista 3: el error típico</summary>

…
</details>

<details><summary>Para seguir (sin nota)</summary>

UNA PREGUNTA MÁS DIFÍCIL.
</details>
"""
SOLUTION = '''
def {name}(x: torch.Tensor) -> torch.Tensor:
    """Qué hace, en una línea.

    x: [n, d], float32 o float64 → [n, d], del mismo dtype
    """
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
'''
PUBLIC = """
# Comprobación pública (2 puntos): ejecuta esta celda
student = graded("{id}-publico", names="{name}")

# El ejemplo del enunciado
student.{name}(torch.tensor([[1.0, 2.0]])).equals(torch.tensor([[2.0, 4.0]])).show()

# La batería: tipos, memoria, argumentos intactos, gradiente, sin bucles
battery(
    student.{name},
    lambda n, d: (torch.randn(n, d),),
    sizes=[(5, 3), (1, 7)],
    shape=lambda n, d: (n, d),
    differentiable=[0],
    data=["n", "d"],
)
student.done()
"""
HIDDEN = """
# Pruebas ocultas: {aspect} ({points} puntos)
### BEGIN HIDDEN TESTS
student = graded("{id}-{aspect}")
for x in ({cases}):
    student.{name}(x).matches(lambda x: 2 * x)
### END HIDDEN TESTS
"""
CASES = {
    "valores": "torch.randn(5, 3), torch.randn(7, 2, dtype=torch.float64)",
    "bordes": "torch.randn(1, 1), torch.empty(0, 3), torch.randn(3, 5).T",
    "gradiente": "torch.randn(5, 3).requires_grad_(), torch.zeros(2, 7).requires_grad_()",
}
ANSWERS = """# Known answers to `{assignment}/{id}`

At least two right ones and six wrong ones.

```python
@right("sum")
def {name}(x):
    return x + x
```

```diff
@@ right multiply @@
-    return 2 * x
+    return torch.mul(x, 2)

@@ square @@ tu resultado coincide con elevar al cuadrado
-    return 2 * x
+    return x**2

@@ in-place @@ modificas `x` en lugar de devolver un tensor nuevo
-    return 2 * x
+    return x.mul_(2)

@@ detached fails publico gradiente @@ sacas el resultado del grafo de autograd
-    return 2 * x
+    return 2 * x.detach()
```
"""


def create(course: Course, assignment: str, exercise: str) -> tuple[Path, Path]:
    """Add `exercise` after the last one of the notebook; returns the paths of notebook and answers.

    Raises `Refusal`, before anything is written, if the id is bad or taken.
    """
    path = course.notebook(assignment)
    node = notebook.read(path)
    known = notebook.parse(node, assignment)
    known_answers = answers.path(course, assignment, exercise)
    _refuse_bad_id(exercise, [cell.id for cell in known.cells], path)
    if known_answers.exists():
        raise Refusal(_("{path}: exists already; choose another id").format(path=known_answers))
    last = max(
        (i for i, cell in enumerate(known.cells) if cell.kind == "graded"), default=len(known.cells) - 1
    )
    node.cells[last + 1 : last + 1] = _cells(exercise, number=len(known.exercises) + 1)
    known_answers.parent.mkdir(parents=True, exist_ok=True)
    known_answers.write_text(
        ANSWERS.format(assignment=assignment, id=exercise, name=_name(exercise)), encoding="utf-8"
    )
    notebook.write(node, path)
    return path, known_answers


def _refuse_bad_id(exercise: str, taken: list[str], path: Path) -> None:
    if not EXERCISE_ID.fullmatch(exercise) or exercise.rpartition("-")[2] in RESERVED:
        raise Refusal(
            _(
                "{id!r}: an exercise's id is lowercase words joined by '-', the last none of {reserved}"
            ).format(id=exercise, reserved=", ".join(RESERVED))
        )
    if exercise in taken:
        raise Refusal(
            _("{path}: there is a cell {id!r} already; choose another id").format(path=path, id=exercise)
        )


def _name(exercise: str) -> str:
    return exercise.replace("-", "_")


def _cells(exercise: str, number: int) -> list[NotebookNode]:
    fields = {"id": exercise, "name": _name(exercise), "number": number}
    cells = [
        _cell(f"{exercise}-{notebook.STATEMENT}", STATEMENT.format(**fields), markdown=True),
        _cell(exercise, SOLUTION.format(**fields), solution=True),
        _cell(f"{exercise}-{notebook.PUBLIC}", PUBLIC.format(**fields), points=2),
    ]
    cells[-1].metadata["jupyter"] = {"source_hidden": True}
    for aspect, cases in CASES.items():
        text = HIDDEN.format(**fields, aspect=aspect, points=2, cases=cases)
        cells.append(_cell(f"{exercise}-{aspect}", text, points=2))
    return cells


def _cell(
    identifier: str, text: str, *, markdown: bool = False, solution: bool = False, points: int | None = None
) -> NotebookNode:
    make = new_markdown_cell if markdown else new_code_cell
    cell: NotebookNode = make(text.strip("\n"), id=identifier)  # type: ignore[no-untyped-call]
    cell.metadata["nbgrader"] = {
        "grade": points is not None,
        "grade_id": identifier,
        "locked": not solution,
        **({} if points is None else {"points": points}),
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return cell
