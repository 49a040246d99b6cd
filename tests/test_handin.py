"""Before a file is handed in: is it whole, saved, of this assignment, and what is unanswered."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import kernels, mini
from torchaula.course import notebook
from torchaula.course.layout import Course
from torchaula.handin import looks, words
from torchaula.handin.kernel import with_unsaved
from torchaula.handin.looks import Fault

COURSE = Course(Path(__file__).parents[1])
pytestmark = pytest.mark.filterwarnings("ignore:.*(unclosed|TCP without encryption).*")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The released notebook of `mlp` at a learner's."""
    made = tmp_path / "mlp.ipynb"
    made.write_bytes(COURSE.released("mlp").read_bytes())
    return made


def change(path: Path, edit: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change the cells of a notebook's file."""
    node = json.loads(path.read_text(encoding="utf-8"))
    edit(node["cells"])
    path.write_text(json.dumps(node), encoding="utf-8")


def named(cells: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The cell with this id."""
    return next(cell for cell in cells if looks.grade_id(cell) == name)


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_untouched_notebook_is_whole_and_unanswered(assignment: str) -> None:
    """The released file is in order, all its exercises wait, and the receipt is of its bytes."""
    found = looks.look(COURSE.released(assignment))

    assert (found.assignment, found.faults) == (assignment, {})
    assert found.unanswered == found.exercises == tuple(notebook.load(COURSE.notebook(assignment)).exercises)
    assert found.digest[:16] in words.report(found)
    assert "No se ha enviado nada" in words.report(found)


def test_answered_exercises_are_counted(path: Path) -> None:
    """An exercise counts as answered once its stub is gone, and as unanswered if its cell is empty."""
    change(path, lambda cells: named(cells, "linear").update(source=["class Linear: ...\n"]))
    change(path, lambda cells: named(cells, "mlp").update(source=""))

    found = looks.look(path)

    assert "linear" not in found.unanswered
    assert "mlp" in found.unanswered
    assert "Con respuesta: 1 de 8" in words.report(found)


DAMAGE: dict[str, tuple[Callable[[Path], object], Fault, str]] = {
    "cut off": (lambda p: p.write_bytes(p.read_bytes()[:-500]), Fault.NO_NOTEBOOK, "no es un cuaderno"),
    "empty": (lambda p: p.write_bytes(b""), Fault.NO_NOTEBOOK, "no es un cuaderno"),
    "a list": (lambda p: p.write_text("[1]"), Fault.NO_NOTEBOOK, "no es un cuaderno"),
    "deep": (lambda p: p.write_text("[" * 100_000), Fault.NO_NOTEBOOK, "no es un cuaderno"),
    "gone": (lambda p: p.unlink(), Fault.NO_FILE, "no encuentro mlp.ipynb"),
    "huge": (lambda p: p.write_bytes(b" " * (looks.LARGEST + 1)), Fault.TOO_LARGE, "20 MB"),
    "no set-up": (
        lambda p: change(p, lambda cells: cells.remove(named(cells, "preparacion"))),
        Fault.NO_SET_UP,
        "preparación",
    ),
    "a cell gone": (
        lambda p: change(p, lambda cells: cells.remove(named(cells, "evaluate"))),
        Fault.MISSING,
        "faltan celdas: evaluate",
    ),
    "a cell twice": (
        lambda p: change(p, lambda cells: cells.append(named(cells, "linear"))),
        Fault.DOUBLED,
        "repetidas: linear",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_file_that_is_not_in_order_says_what_to_do(path: Path, damage: str) -> None:
    """Each fault is named in one line, with its remedy, and the exit code is 1."""
    harm, fault, told = DAMAGE[damage]
    harm(path)

    found = looks.look(path)

    assert set(found.faults) == {fault}
    assert told in words.report(found)
    assert "Todavía no lo entregues" in words.report(found)
    assert run(path.name, folder=path.parent)[0] == 1


def test_name_must_be_the_assignment_s(path: Path) -> None:
    """A download's second copy is told the name that it should have."""
    other = path.rename(path.with_name("mlp (1).ipynb"))

    assert "debe llamarse mlp.ipynb" in words.report(looks.look(other))


def test_file_without_names_is_no_fault(path: Path) -> None:
    """What another program dropped is told by the texts when grading, so nobody is told to mend it."""
    change(path, lambda cells: [cell.update(metadata={}) for cell in cells])

    found = looks.look(path)

    assert (found.assignment, found.is_in_order) == ("mlp", True)
    assert "Con respuesta" not in words.report(found)


def test_answer_that_was_run_and_not_saved_is_named(path: Path) -> None:
    """What the kernel has run last of an answer, and the file does not have, is not saved."""
    saved = looks.source(looks.cells_of(path)["sgd-step"])
    newer = saved.replace(looks.STUB, "return None")

    assert with_unsaved(looks.look(path), ["", newer, saved]).is_in_order
    found = with_unsaved(looks.look(path), ["", saved, newer, "sgd_step"])

    assert found.faults == {Fault.NOT_SAVED: ("sgd-step",)}
    assert "lo último que has ejecutado de sgd-step no está en el archivo" in words.report(found)


def test_last_cell_looks_at_the_notebook_s_own_file(path: Path) -> None:
    """In a real kernel `entrega()` finds the file, and sees that an answer was not saved."""
    with kernels.started(COURSE, "mlp", path.parent) as kernel:
        status, told = kernel.cell("entrega")
        assert status == "ok"
        assert "✔ mlp.ipynb está entero" in told

        kernel.run("def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):\n    return 1")
        assert "no está en el archivo" in kernel.cell("entrega")[1]


def run(*arguments: str, folder: Path) -> tuple[int, str]:
    """Run `python -m torchaula.handin`: exit code and output."""
    program = [sys.executable, "-m", "torchaula.handin", *arguments]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_command_looks_at_the_file_that_it_is_given(path: Path) -> None:
    """Exit code 0 for a file in order; 2 and a line of help where none is named."""
    assert run("mlp.ipynb", folder=path.parent)[0] == 0
    code, told = run(folder=path.parent)
    assert code == 2
    assert "python -m torchaula.handin mlp.ipynb" in told


def test_it_needs_the_standard_library_alone() -> None:
    """A learner without torch, or with a broken one, can look a file over."""
    asked = "import sys, torchaula.handin.__main__; print(*sys.modules)"
    program = [mini.PROGRAMS / "python", "-c", asked]
    loaded = subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()

    assert not {"torch", "numpy", "nbformat", "msgspec", "IPython"} & set(loaded)
