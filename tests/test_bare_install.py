"""What a learner installs suffices: the wheel without extras, and what it declares.

A new environment gets the wheel by pip, without an index. Of what is installed here it is lent the wheel's
declared dependencies and theirs, and nothing else: so it is proven that no package of the extras is needed,
and that pip is content. It is not proven that an index has these packages, or that other versions would do:
`pytest --all` downloads them (`test_take_home.py`), and `python tests/learners.py` tries another torch.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from packaging.requirements import Requirement

import torchaula
from tests import learners
from torchaula.authoring import pack
from torchaula.course import notebook

PROJECT = tomllib.loads((learners.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGE = learners.ROOT / "src" / "torchaula"
PARTS = [part for part in ("checks", "handin") if (PACKAGE / part).is_dir()]  # what learners import
ASSIGNMENT = learners.COURSE.assignments[0]


def names(lines: list[str]) -> set[str]:
    """The distributions that requirements name, where they hold here."""
    asked = map(Requirement, lines)
    return {each.name for each in asked if each.marker is None or each.marker.evaluate()}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, what it declares, and no extra."""
    return installed(tmp_path_factory.mktemp("bare"))


def installed(environment: Path, *others: str) -> Path:
    """Make an environment of the wheel, what it declares, and others that a learner installs beside it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    learners.lend(environment, learners.brought([*PROJECT["dependencies"], *others]))
    with pack.wheel() as wheel:
        done = pip(environment, "install", "--quiet", str(wheel), *others)
    assert done.returncode == 0, done.stderr
    return environment


def pip(environment: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pip, without any index, on an environment that has no pip of its own."""
    command = [sys.executable, "-m", "pip", "--python", environment, *words, "--no-index"]
    return subprocess.run(command, env={"PIP_CONFIG_FILE": os.devnull}, capture_output=True, text=True)


def run(environment: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment, in it."""
    program = environment / "bin" / words[0]
    return subprocess.run(
        [program, *words[1:]], cwd=environment, env={"LC_ALL": "C.UTF-8"}, capture_output=True, text=True
    )


def test_nothing_of_an_extra_is_there(bare: Path) -> None:
    """What follows proves something: the packages that only teachers and developers install are missing."""
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    only_there = names(extras) - learners.brought(PROJECT["dependencies"])
    program = (
        "import sys\nfrom importlib.metadata import distributions\n"
        "print(*{each.name.lower().replace('_', '-') for each in distributions()})"
    )
    there = set(run(bare, "python", "-c", program).stdout.split())

    assert {"nbgrader", "jupyterlab", "click", "msgspec", "pytest"} <= only_there
    assert there & {name.lower().replace("_", "-") for name in only_there} == set()
    assert {"torch", "torchaula"} <= there


@pytest.mark.parametrize("part", PARTS)
def test_learners_part_is_imported(bare: Path, part: str) -> None:
    """What notebooks import from the package needs no extra."""
    done = run(bare, "python", "-c", f"import torchaula.{part} as part; print(part.__file__)")

    assert done.returncode == 0, done.stderr
    assert str(bare) in done.stdout


@pytest.mark.parametrize("words", [(), ("--help",), ("grade", "mlp")])
def test_command_says_in_one_line_what_to_install(bare: Path, words: tuple[str, ...]) -> None:
    """The command refuses with 2, as it refuses everything, and shows no traceback."""
    done = run(bare, "torchaula", *words)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "torchaula: this command is for teachers, and needs more than learners install: "
        "pip install 'torchaula[teacher]'"
    ]


def test_command_lets_pip_find_what_it_names(bare: Path) -> None:
    """What the line says is an order that pip understands: it looks for the extra's packages."""
    done = pip(bare, "install", "--dry-run", "torchaula[teacher]")

    assert "Requirement already satisfied: torchaula[teacher]" in done.stdout
    assert re.search('No matching distribution found for .*extra == "teacher"', done.stderr)


def test_public_check_of_a_released_notebook_tells_right_from_untouched(bare: Path, tmp_path: Path) -> None:
    """Set-up, answer and check run as in a kernel: the model solution passes, what was released does not."""
    [first, *_] = notebook.load(learners.COURSE.notebook(ASSIGNMENT)).exercises
    released = notebook.load(learners.COURSE.released(ASSIGNMENT))
    stub = {cell.id: cell.source for cell in released.cells if cell.kind == "solution"}
    shown = []
    for answers in (None, stub):
        cells = [cell for cell in learners.cells(ASSIGNMENT, answers) if cell[0] in first_cells(first)]
        shown.append(learners.results(bare / "bin" / "python", cells, tmp_path)[f"{first}-{notebook.PUBLIC}"])

    assert f"✔ {first}: comprobación pública superada" in shown[0]["shown"]
    assert shown[0]["error"] == ""
    assert shown[1]["error"].startswith(f"CheckFailed: ✘ {first}")


@pytest.mark.slow
def test_notebook_runs_in_a_kernel_that_has_only_ipykernel_besides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in VS Code, whose notebooks run in `ipykernel`: right passes, and a red check shows no traceback."""
    environment = installed(tmp_path / "environment", "ipykernel")
    command = [environment / "bin" / "python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": [*map(str, command)], "display_name": "bare", "language": "python"}
    (tmp_path / "kernels" / "bare").mkdir(parents=True)
    (tmp_path / "kernels" / "bare" / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    [first, *_] = notebook.load(learners.COURSE.notebook(ASSIGNMENT)).exercises
    shown = []
    for answers in (None, {first: ""}):
        texts = [text for name, text in learners.cells(ASSIGNMENT, answers) if name in first_cells(first)]
        node = new_notebook(cells=[new_code_cell(text) for text in texts])
        NotebookClient(node, kernel_name="bare", allow_errors=True, timeout=300).execute(cwd=tmp_path)
        shown.append("\n".join(map(text_of, node.cells[-1].outputs)))

    assert f"✔ {first}: comprobación pública superada" in shown[0]
    assert f"✘ {first} · comprobación pública" in shown[1]
    assert "Traceback" not in shown[1]


def text_of(output: NotebookNode) -> str:
    """What an output says, be it printed or red."""
    return "\n".join(output.traceback) if output.output_type == "error" else str(output.get("text", ""))


def first_cells(exercise: str) -> set[str]:
    """The names of the cells that a learner runs for the first exercise."""
    setup = notebook.load(learners.COURSE.released(ASSIGNMENT)).setup
    return {cell.id for cell in setup} | {exercise, f"{exercise}-{notebook.PUBLIC}"}


def test_command_with_the_extra_is_the_command_line() -> None:
    """Where everything is installed, nothing stands between the command and its commands."""
    done = subprocess.run([sys.executable, "-m", "torchaula", "--version"], capture_output=True, text=True)

    assert done.returncode == 0
    assert torchaula.__version__ in done.stdout
