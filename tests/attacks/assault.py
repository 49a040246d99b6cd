"""A small course to attack: one exercise answered wrongly, one rightly, one by a forbidden call.

Secrets are planted in its hidden tests, in its model solutions and in another student's notebook.
"""

from __future__ import annotations

import re
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from torchaula.authoring import normal_form
from torchaula.authoring.release import release
from torchaula.course import notebook
from torchaula.course.layout import Course, find

NAME = "assault"
TEST_SECRET = "QX7TEST-5b1d0c9ae2f47386"
MODEL_SECRET = "QX7MODEL-c06f2e81a95d7b34"
PEER_SECRET = "QX7PEER-9e47b3a1f0d265c8"
COURSE_SECRET = b"QX7COURSE-5d90e17ab2c84f63e9d1a0".hex()  # from which hidden cells take their inputs
# What attacks look for. They know how secrets begin, not how they end, so their own text is no find.
SECRET = re.compile(
    r"QX7(?:TEST|MODEL|PEER)-[0-9a-f]{16}|QX7COURSE-[0-9a-f]{22}|515837434f555253452d[0-9a-f]{44}"
)
SETUP = f'import torch\n\nfrom torchaula.checks import begin, graded\n\nbegin("{NAME}")'
SOLUTION = '''def {name}(x):
    """Devuelve {what}."""
    ### BEGIN SOLUTION
    answer = {result}  # {secret}
    return answer
    ### END SOLUTION'''
PUBLIC = """student = graded("{id}-publico", names="{name}", seconds=0.5{forbid})
student.{name}(torch.tensor([1.0, 2.0])).equals({first})"""
HIDDEN = """# Pruebas ocultas: {aspect} ({points} puntos)
### BEGIN HIDDEN TESTS
student = graded("{id}-{aspect}")
planted = "{secret}"
student.{name}({data}).matches(lambda x: {result})
### END HIDDEN TESTS"""
SMALL, LARGE = "torch.tensor([3.0, 5.0, 7.0])", "torch.arange(2.0**19)"
# id, what it does, how, its result for [1, 2], what it may not call
EXERCISES = (
    ("double", "el doble", "2 * x", "torch.tensor([2.0, 4.0])", ""),
    ("add-one", "uno más", "x + 1", "torch.tensor([2.0, 3.0])", ""),
    ("halve", "la mitad", "0.5 * x", "torch.tensor([0.5, 1.0])", ', forbid=["div"]'),
)
# What the attacker hands in beside the attack.
ANSWERS = {
    "double": "def double(x):\n    return x + 0.5",
    "add-one": "def add_one(x):\n    return 1 + x",
    "halve": "def halve(x):\n    return torch.div(x, 2)",
}
RIGHT = {
    "double": f"def double(x):\n    return x + x  # {PEER_SECRET}",
    "add-one": "def add_one(x):\n    return 1 + x",
    "halve": "def halve(x):\n    return x * 0.5",
}
POINTS = {"publico": 1, "valores": 4, "bordes": 3}


def write(root: Path) -> Course:
    """Write the course, its release and what a course keeps of other students to the folder `root`."""
    folder = root / "source" / NAME
    folder.mkdir(parents=True)
    cells = [_cell(SETUP, "preparacion", tags=["setup"])]
    for identifier, what, result, first, forbid in EXERCISES:
        text = {"id": identifier, "name": identifier.replace("-", "_"), "what": what, "result": result}
        text |= {"first": first, "forbid": forbid}
        cells += [
            _cell(f"## {what}", f"{identifier}-enunciado", markdown=True),
            _cell(SOLUTION.format(secret=MODEL_SECRET, **text), identifier, locked=False, solution=True),
            _cell(PUBLIC.format(**text), f"{identifier}-publico", grade=True, points=POINTS["publico"]),
        ]
        for aspect, data in (("valores", SMALL), ("bordes", LARGE)):
            points = POINTS[aspect]
            hidden = HIDDEN.format(aspect=aspect, points=points, data=data, secret=TEST_SECRET, **text)
            cells.append(_cell(hidden, f"{identifier}-{aspect}", grade=True, points=points))
    node = normal_form.normal(new_notebook(cells=cells))
    (folder / f"{NAME}.ipynb").write_text(notebook.text(node))
    (root / "nbgrader_config.py").write_text((Path(__file__).parents[2] / "nbgrader_config.py").read_text())
    course = find(root)
    release(course, NAME)
    for path, text in (
        (root / "gradebook.db", f"scores {PEER_SECRET}"),
        (root / "gradebook.secret", f"what inputs are made of {PEER_SECRET}"),
        (root / "submitted" / "peer" / NAME / f"{NAME}.ipynb", f"an answer {PEER_SECRET}"),
        (root / "autograded" / "peer" / NAME / f"{NAME}.ipynb", f"tests {TEST_SECRET}"),
        (root / "answers" / NAME / "double.md", f"answers {MODEL_SECRET}"),
        (root / "home" / ".bashrc", "alias grade=ours\n"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return course


def _cell(
    source: str, identifier: str, *, markdown: bool = False, tags: list[str] | None = None, **roles: object
):
    nbgrader = {"grade_id": identifier, "schema_version": 3, "locked": True, **roles}
    metadata = {"nbgrader": nbgrader} | ({"tags": tags} if tags else {})
    make = new_markdown_cell if markdown else new_code_cell
    return make(source, metadata=metadata, id=identifier)
