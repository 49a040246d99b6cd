"""A learner's kernel: *Run all* goes on, each check tells how far one is, and endings use what has passed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import kernels
from tests.kernels import Kernel
from torchaula.course import notebook
from torchaula.course.layout import Course

COURSE = Course(Path(__file__).parents[1])
pytestmark = pytest.mark.filterwarnings("ignore:.*(unclosed|Proactor|zmq|TCP without encryption).*")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel in which the set-up of `tensores` has run."""
    with kernels.started(COURSE, "tensores", tmp_path_factory.mktemp("evening")) as made:
        assert made.cell("preparacion") == ("ok", "✔ Todo listo.")
        yield made


def solution(assignment: str, exercise: str) -> str:
    """The model solution of an exercise."""
    return notebook.load(COURSE.notebook(assignment)).exercise(exercise).solution.answer


@pytest.mark.sampled(1, "whole notebooks in a kernel")
@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_run_all_on_the_untouched_notebook_reaches_its_end(assignment: str, tmp_path: Path) -> None:
    """Every check says in red what is missing; the ending shows torch's pieces; the file is looked over."""
    exercises = notebook.load(COURSE.notebook(assignment)).exercises
    shutil.copytree(COURSE.released(assignment).parent, tmp_path, dirs_exist_ok=True)
    path = tmp_path / f"{assignment}.ipynb"

    cells = kernels.run_all(path, {})

    for exercise in exercises:
        outputs = cells[f"{exercise}-publico"].outputs
        assert [each.ename for each in outputs if each.output_type == "error"] == ["CheckFailed"], exercise
        assert "todavía por escribir" in kernels.text(outputs)
        assert f"Llevas 0 de {len(exercises)} ejercicios" in kernels.text(outputs)
    raised = {each.ename for cell in cells.values() for each in cell.get("outputs", []) if "ename" in each}
    assert raised <= {"CheckFailed", "PieceMissing"}
    drawn = [name for name, cell in cells.items() if "image/png" in str(cell.get("outputs", ""))]
    assert any(name.startswith("final") for name in drawn)
    assert "Con respuesta: 0 de" in kernels.text(cells["entrega"].outputs)


@pytest.mark.sampled(1, "whole notebooks in a kernel")
@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_ending_uses_the_learner_s_pieces_where_all_pass(assignment: str, tmp_path: Path) -> None:
    """With the model solutions every check passes, every demo runs, and nothing of torch's stands in."""
    exercises = notebook.load(COURSE.notebook(assignment)).exercises
    shutil.copytree(COURSE.released(assignment).parent, tmp_path, dirs_exist_ok=True)
    path = tmp_path / f"{assignment}.ipynb"

    cells = kernels.run_all(path, {name: solution(assignment, name) for name in exercises})

    told = "\n".join(kernels.text(cell.get("outputs", [])) for cell in cells.values())
    assert not [each for cell in cells.values() for each in cell.get("outputs", []) if "ename" in each]
    assert "✔ Pasan todas las comprobaciones" in told
    assert "Con lo que has escrito tú" in told
    assert "Con lo de PyTorch" not in told and "Ya calculado" not in told


def test_each_check_tells_how_far_the_learner_is(kernel: Kernel) -> None:
    """After a right answer its points count; once the answer is changed, they wait for another check."""
    kernel.run(solution("tensores", "one-hot"))
    status, told = kernel.cell("one-hot-publico")
    assert status == "ok"
    assert re.search(r"Llevas 1 de 8 ejercicios y 3 de \d+ puntos públicos\.", told)
    assert re.search(r"one-hot +3 de 3 +✔ pasa", kernel.run("progreso()")[1])

    kernel.run(solution("tensores", "one-hot") + "\n    # otra")
    assert re.search(r"one-hot +0 de 3 +↻ pasó", kernel.run("progreso()")[1])

    kernel.run("def one_hot(labels, num_classes):\n    return labels")
    status, told = kernel.cell("one-hot-publico")
    assert status == "ok"
    assert "✘ one-hot" in told and "Llevas 0 de 8" in told
    assert re.search(r"one-hot +0 de 3 +✘ todavía no pasa", kernel.run("progreso()")[1])
    assert re.search(r"softmax +0 de \d +· sin comprobar", kernel.run("progreso()")[1])


@pytest.mark.parametrize("mistake", ["def f(:", "1 / 0", "raise AssertionError('mío')"])
def test_learner_s_own_mistake_stops_the_notebook(kernel: Kernel, mistake: str) -> None:
    """Only what a check or a demo says of a missing answer lets the next cells run."""
    assert kernel.run(mistake)[0] == "error"


def test_demo_names_the_piece_that_it_needs(kernel: Kernel) -> None:
    """A demo without its piece says which, in one line and without a traceback, and the notebook goes on."""
    assert kernel.run("needs('softmax')") == (
        "ok",
        "Esta celda usa tu `softmax`: pasa antes su comprobación y vuelve a ejecutarla.",
    )
    kernel.run(solution("tensores", "softmax"))
    kernel.cell("softmax-publico")
    assert kernel.run("needs('softmax')") == ("ok", "")


def test_pieces_are_the_learner_s_or_torch_s(kernel: Kernel) -> None:
    """A piece is the learner's once it has passed, else torch's, or nothing where torch has none."""
    kernel.run(solution("tensores", "to-nchw"))
    kernel.cell("to-nchw-publico")

    status, told = kernel.run("mine = pieces(to_nchw=None, masked_mean=torch.mean, decode=None)")

    assert status == "ok"
    assert "tú: `to_nchw`" in told and "PyTorch, mientras" in told and "`masked_mean`" in told
    assert "lo que sale de `decode`" in told
    shown = kernel.run("print(mine.to_nchw is to_nchw, mine.masked_mean is torch.mean, mine.decode)")[1]
    assert shown == "True True None"


def test_set_up_that_runs_again_tells_once(kernel: Kernel) -> None:
    """A learner who starts from the top again reads one line a check, and begins at nothing."""
    kernel.cell("preparacion")

    assert kernel.cell("decode-publico")[1].count("Llevas 0 de 8") == 1
