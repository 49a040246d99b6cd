"""A learner's package and notebook of different versions meet: they work, or one Spanish line names them."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import torchaula
from tests import kernels, learners, mini
from torchaula import origin
from torchaula.checks.errors import ForLearner
from torchaula.checks.session import begin
from torchaula.course.layout import Course
from torchaula.handin import looks, words

COURSE = Course(mini.ROOT)
ASSIGNMENT = COURSE.assignments[0]
NEWER = "7.1.0"
# The commit, since tags are not in every copy of the repository.
V0_1_0 = "b1af399d1aba806bec32d73106ea20b94a374b8b"
pytestmark = pytest.mark.filterwarnings("ignore:.*(unclosed|TCP without encryption).*")


def test_the_package_knows_its_version() -> None:
    """`__version__` is that of `pyproject.toml`, and every released notebook notes it."""
    project = tomllib.loads((mini.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert torchaula.__version__ == project["version"]
    for assignment in COURSE.assignments:
        assert looks.look(COURSE.released(assignment)).version == torchaula.__version__


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("0.2.0", "0.1.0"),
        ("0.2.0", "0.2.0.dev0"),
        ("0.2.0rc1", "0.2.0.dev3"),
        ("0.10.0", "0.9.9"),
        ("1.0", "0.9.9"),
        ("0.2.0.dev1", "0.2.0.dev0"),
    ],
)
def test_versions_are_in_order(newer: str, older: str) -> None:
    """Numbers count as numbers, and a version that is being written comes before it is released."""
    assert origin.is_newer(newer, older)
    assert not origin.is_newer(older, newer)
    assert not origin.is_newer(newer, newer)


@pytest.mark.parametrize("odd", ["", "x", "1.0 or so", "9" * 40, "0.1.0\n"])
def test_version_of_no_known_form_is_never_newer(odd: str) -> None:
    """What nobody can read is no reason to tell a learner anything."""
    assert not origin.is_newer(odd, "0.1.0")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"cells": ["\\"torchaula\\": {\\"version\\": \\"9.0\\"}"]}',
        b'"torchaula": {"version": ""}',
    ],
)
def test_notebook_that_says_nothing_has_no_version(content: bytes) -> None:
    """What a learner wrote about versions in a cell is no note of a release."""
    assert origin.version_of(content) == ""


def at_learners(folder: Path, version: str) -> Path:
    """The released notebook, as that version would have released it."""
    path = folder / f"{ASSIGNMENT}.ipynb"
    text = COURSE.released(ASSIGNMENT).read_text(encoding="utf-8")
    assert text.count(torchaula.__version__) == 1
    path.write_text(text.replace(torchaula.__version__, version), encoding="utf-8")
    return path


def test_older_package_is_named_and_goes_on(tmp_path: Path) -> None:
    """Set-up and checks work, with one notice; what is missing has a line instead of a traceback."""
    at_learners(tmp_path, NEWER)
    with kernels.started(COURSE, ASSIGNMENT, tmp_path) as kernel:
        status, told = kernel.cell("preparacion")
        assert status == "ok"
        assert told.count("Aviso") == 1
        assert NEWER in told and torchaula.__version__ in told and "%pip install" in told

        for asked in (
            "from torchaula.checks import telepathy",
            f"begin('{ASSIGNMENT}', {{}}, colour='red')",
            "graded('softmax-publico', names='softmax', telepathy=True)",
            "graded('softmax-publico', names='softmax').softmax(1).is_telepathic()",
        ):
            told = kernel.run(asked)[1]
            assert "Traceback" not in told, told
            assert len(told.splitlines()) == 1, told
            assert NEWER in told and torchaula.__version__ in told and "instala" in told

        assert "Traceback" in kernel.run("1 + 'a'")[1]  # a learner's own mistake reads as always
        assert "TypeError" in kernel.run("def f(): return 1 + 'a'\nf()")[1]
        assert NEWER in kernel.cell("entrega")[1]


@pytest.mark.parametrize("version", [torchaula.__version__, "0.1.0"])
def test_same_or_older_notebook_says_nothing(tmp_path: Path, version: str) -> None:
    """A notebook of this version, or of an earlier one, begins as always."""
    at_learners(tmp_path, version)
    with kernels.started(COURSE, ASSIGNMENT, tmp_path) as kernel:
        assert kernel.cell("preparacion") == ("ok", "✔ Todo listo.")


def test_unknown_argument_of_the_set_up_is_told() -> None:
    """Wherever it runs, `begin` names what it doesn't know, in an exception for learners."""
    with pytest.raises(ForLearner, match="colour"):
        begin("mini", {}, colour="red")


@pytest.mark.parametrize(
    ("version", "told"),
    [(NEWER, f"Hecho con torchaula {NEWER}"), (torchaula.__version__, "Hecho y comprobado"), ("", "No dice")],
)
def test_receipt_tells_the_versions(tmp_path: Path, version: str, told: str) -> None:
    """Of the notebook and of what looked it over."""
    path = at_learners(tmp_path, version)

    assert told in words.report(looks.look(path))
    assert torchaula.__version__ in words.report(looks.look(path))


def test_notebooks_run_with_the_package_of_v0_1_0(tmp_path: Path) -> None:
    """What learners have from the first version serves for today's notebooks: their public checks pass."""
    archive = subprocess.run(["git", "archive", V0_1_0, "src"], cwd=mini.ROOT, capture_output=True)
    if archive.returncode:
        pytest.skip(f"this copy of the repository has no commit {V0_1_0}")
    subprocess.run(["tar", "--extract", "--directory", tmp_path], input=archive.stdout, check=True)
    program = """
import json, sys
sys.path.insert(0, sys.argv[1])
import torchaula
assert torchaula.__version__ == "0.1.0"
names = {}
for name, text in json.load(sys.stdin):
    exec(compile(text, name, "exec"), names)
"""
    cells = list(learners.cells(ASSIGNMENT))
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "src"],
        input=json.dumps(cells),
        cwd=COURSE.released(ASSIGNMENT).parent,
        env={"MPLBACKEND": "agg", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
