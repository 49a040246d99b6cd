"""What learners receive: derived, whole, and without a line of a solution or of a hidden test."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest

from tests import mini, programs
from torchaula.authoring import normal_form, secrets
from torchaula.authoring.release import different, files, generated, release
from torchaula.course import notebook
from torchaula.course.layout import Course, find
from torchaula.errors import Refusal

COURSE = Course(mini.ROOT)
HIDDEN_LINE = "student.double(torch.tensor([3.0, 5.0, 7.0])).matches(lambda x: 2 * x)"


@pytest.fixture
def copy(tmp_path: Path) -> Course:
    """The sources of the real course, elsewhere."""
    root = tmp_path / "course"
    shutil.copytree(COURSE.source, root / "source", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(COURSE.config, root)
    return find(root)


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_release_is_what_source_generates(copy: Course, assignment: str) -> None:
    """`release/` in git is, byte for byte, what the sources give today."""
    with generated(copy, assignment) as fresh:
        assert not list(different(fresh, COURSE.release / assignment)), "run `make release`"


@pytest.mark.sampled(2)
@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_nbgrader_alone_releases_the_same_bytes(copy: Course, assignment: str) -> None:
    """`nbgrader generate_assignment`, without torchaula around it, gives the same files."""
    release(copy, assignment)
    ours = copy.release.rename(copy.root / "ours")

    nbgrader(copy, "generate_assignment", assignment)

    assert files(ours / assignment)
    assert not list(different(ours / assignment, copy.release / assignment))


def nbgrader(course: Course, *arguments: str, check: bool = True, home: Path | None = None) -> str:
    """Run one of nbgrader's own commands on a course; its output. It must succeed, unless not `check`ed."""
    path = f"{mini.PROGRAMS}{os.pathsep}{os.environ['PATH']}"  # nbgrader runs `alembic` by its name
    environment = os.environ | {"PATH": path} | ({"HOME": str(home)} if home else {})
    done = programs.run("nbgrader", *arguments, cwd=course.root, env=environment)
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_release_holds_no_secret(assignment: str) -> None:
    """No released file holds a line of a solution or hidden test, and there are such lines."""
    source = notebook.load(COURSE.notebook(assignment))

    assert len(secrets.secret_lines(source)) > 3 * len(source.exercises)
    assert not list(secrets.leaks(source, COURSE.release / assignment))


def plant_file(course: Course) -> None:
    """A forgotten draft of the tests beside the notebook."""
    (course.source / "mini" / "draft.py").write_text(f"# old\n{HIDDEN_LINE}\n")


def plant_solution(course: Course) -> None:
    """A backup of the notebook, which nbgrader would publish as a support file."""
    shutil.copy(course.notebook("mini"), course.source / "mini" / "mini.bak")


def plant_marker(course: Course) -> None:
    """A hidden cell whose markers are misspelt: nbgrader publishes it as it is."""
    path = course.notebook("mini")
    path.write_text(path.read_text().replace("HIDDEN TESTS", "HIDDEN TEST"))


@pytest.mark.parametrize("plant", [plant_file, plant_solution, plant_marker])
def test_guard_refuses_a_planted_secret(course: Course, plant: object) -> None:
    """A secret about to be published is refused by its file and line; the old release stays."""
    before = {name: (course.release / name).read_bytes() for name in files(course.release)}
    plant(course)  # type: ignore[operator]

    with pytest.raises(Refusal, match="would publish a line of a solution or hidden test"):
        release(course, "mini")

    assert {name: (course.release / name).read_bytes() for name in files(course.release)} == before


def test_guard_reads_every_text_of_a_notebook(course: Course) -> None:
    """A secret in an output or in metadata of a released notebook is found as in a cell."""
    path = course.release / "mini" / "mini.ipynb"
    for place in ("outputs", "metadata"):
        node = notebook.read(path)
        if place == "outputs":
            node.cells[2].outputs = [nbformat.v4.new_output("stream", text=HIDDEN_LINE)]
        else:
            node.cells[2].metadata["note"] = HIDDEN_LINE
        path.write_text(notebook.text(node))

        leaked = list(secrets.leaks(notebook.load(course.notebook("mini")), course.release / "mini"))

        assert [leak.line for leak in leaked] == [HIDDEN_LINE]


def test_release_removes_what_one_that_was_cut_off_left(course: Course) -> None:
    """A folder half made beside the grades is gone, and what was released stands."""
    left = course.state / "release-abc" / "mini"
    left.mkdir(parents=True)
    (left / "mini.ipynb").write_text("half")

    release(course, "mini")

    assert not list(course.state.glob("release-*"))
    assert (course.release / "mini" / "mini.ipynb").is_file()


def test_second_release_changes_nothing(course: Course) -> None:
    """Releasing again leaves every file alone and says so."""
    path = course.release / "mini" / "mini.ipynb"
    before = path.stat().st_mtime_ns

    done = release(course, "mini")

    assert (done.exercises, done.points, done.changed) == (2, 10, ())
    assert path.stat().st_mtime_ns == before


def test_failed_release_leaves_the_old_one(course: Course) -> None:
    """A notebook that nbgrader can't release is refused with the reason; nothing is lost."""
    path = course.notebook("mini")
    path.write_text(path.read_text().replace("### END SOLUTION", "### FIN"))

    with pytest.raises(Refusal, match="'BEGIN SOLUTION' without 'END SOLUTION'"):
        release(course, "mini")

    assert files(course.release / "mini") == {"mini.ipynb", "datos.txt"}


def test_stub_is_the_spanish_comment(course: Course) -> None:
    """A solution cell keeps its signature and docstring; the rest is one comment."""
    cells = {cell.id: cell.source for cell in notebook.load(course.release / "mini" / "mini.ipynb").cells}

    assert cells["double"] == ('def double(x):\n    """Devuelve el doble."""\n    # ESCRIBE AQUÍ TU CÓDIGO')
    assert cells["double-valores"] == "# Pruebas ocultas: valores (4 puntos)"


@pytest.mark.parametrize(
    "path",
    [*sorted(COURSE.source.glob("*/*.ipynb")), *sorted(mini.COURSES.glob("source/*/*.ipynb"))],
    ids=lambda path: path.stem,
)
def test_sources_are_in_normal_form(path: Path) -> None:
    """Every instructor notebook stands in git as `make format` writes it."""
    assert not list(normal_form.faults(path))


FAULTS = {
    "has outputs": lambda cell: cell.update(outputs=[nbformat.v4.new_output("stream", text="hola")]),
    "has an execution count": lambda cell: cell.update(execution_count=3),
    "its id is 'otra', not its grade_id": lambda cell: cell.update(id="otra"),
    "has metadata that the course doesn't use": lambda cell: cell.metadata.update(collapsed=True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_normal_form_names_each_fault_and_mends_it(course: Course, fault: str) -> None:
    """A fault is told with its cell and remedy; `mend` takes it away and then has nothing to do."""
    path = course.notebook("mini")
    node = notebook.read(path)
    FAULTS[fault](node.cells[2])
    path.write_text(notebook.text(node))

    told = list(normal_form.faults(path))

    assert len(told) == 1
    assert told[0].startswith("cell 3 (double): " + fault)
    assert told[0].endswith("run `make format`")
    assert normal_form.mend(path)
    assert not normal_form.mend(path)
    assert not list(normal_form.faults(path))


@pytest.mark.parametrize(("old", "new"), [(b"{", b"\xef\xbb\xbf{"), (b"\n", b"\r\n")])
def test_normal_form_has_one_encoding_and_one_end_of_line(course: Course, old: bytes, new: bytes) -> None:
    """A byte-order mark or Windows' ends of lines, which some editors write, are told and mended."""
    path = course.notebook("mini")
    as_it_was = path.read_bytes()
    path.write_bytes(as_it_was.replace(old, new, 1 if old == b"{" else -1))

    assert list(normal_form.faults(path)) == ["not written in the normal form; run `make format`"]
    assert normal_form.mend(path)
    assert path.read_bytes() == as_it_was


def test_normal_form_keeps_checks_collapsed(course: Course) -> None:
    """A graded cell may be collapsed; any other cell is shown."""
    path = course.notebook("mini")
    node = notebook.read(path)
    for cell in node.cells:
        cell.metadata.jupyter = {"source_hidden": True}
    path.write_text(notebook.text(node))

    normal_form.mend(path)

    for cell in notebook.read(path).cells:
        assert ("jupyter" in cell.metadata) == cell.metadata.get("nbgrader", {}).get("grade", False)


@pytest.mark.parametrize("assignment", Course(mini.ROOT).assignments)
def test_public_checks_are_folded(assignment: str) -> None:
    """Between a learner's answer and what the check says of it stands one line."""
    cells = notebook.read(Course(mini.ROOT).released(assignment)).cells
    public = [
        cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id", "").endswith("-publico")
    ]

    assert len(public) == len(notebook.load(Course(mini.ROOT).notebook(assignment)).exercises)
    assert all(cell.metadata.get("jupyter") == {"source_hidden": True} for cell in public)


def test_normal_form_names_what_only_an_author_can_mend(course: Course) -> None:
    """Ids that stand twice, and points that are no whole number, are told and not mended."""
    path = course.notebook("mini")
    node = notebook.read(path)
    node.cells[3].metadata.nbgrader.points = 1.5
    path.write_text(notebook.text(node).replace('"add-one-publico"', '"double-publico"'))

    told = "\n".join(normal_form.faults(path))

    assert "cell 4 (double-publico): 1.5 points; make them a whole number" in told
    assert "another cell has the same id" in told
