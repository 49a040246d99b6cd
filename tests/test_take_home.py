"""The zip that a learner takes home: whole, secretive, and enough."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest
from nbformat import NotebookNode
from PIL import Image

from tests import mini, shipped
from torchaula import errors
from torchaula.authoring import pack, release
from torchaula.course import answers, notebook, outline, pictures
from torchaula.course.layout import Course, find
from torchaula.errors import Refusal

COURSE = Course(mini.ROOT)
# Runs in the learner's own environment: the notebook in a real kernel, up to the first public check.
LEARNER = """
import json, sys
import nbformat
from nbclient import NotebookClient

path, solution = sys.argv[1:]
node = nbformat.read(path, 4)
ids = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in node.cells]
first = next(i for i, cell in enumerate(node.cells) if cell.metadata.get("nbgrader", {}).get("solution"))
client = NotebookClient(node, timeout=300, kernel_name="python3")
with client.setup_kernel():
    for i, cell in enumerate(node.cells[: first + 2]):
        if i == first:
            cell.source = solution
        client.execute_cell(cell, i)
print(json.dumps(node.cells[first + 1].outputs))
"""


@pytest.fixture(scope="module")
def wheel() -> Iterator[Path]:
    """This package's wheel."""
    with pack.wheel() as package:
        yield package


@pytest.fixture
def copy(tmp_path: Path) -> Course:
    """What packing reads of the real course, elsewhere."""
    for folder in ("source", "release"):
        shutil.copytree(COURSE.root / folder, tmp_path / "course" / folder)
    for file in (COURSE.config, COURSE.root / outline.FILE, *pack.licences(COURSE)):
        shutil.copy(file, tmp_path / "course")
    return find(tmp_path / "course")


@pytest.fixture(scope="module")
def packed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The zip of an assignment as it is released, drawn and packed once. Nobody changes it."""
    course = shipped.write(tmp_path_factory.mktemp("packed") / "course")
    for file in (COURSE.root / outline.FILE, *pack.licences(COURSE)):
        shutil.copy(file, course.root)
    return cache(lambda assignment: pack.pack(course, assignment, wheel))


def licences() -> set[str]:
    """The names of the files that say what may be copied."""
    return {file.name for file in pack.licences(COURSE)}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_zip_holds_what_a_learner_needs_and_no_answer(
    packed: Callable[[str], Path], wheel: Path, tmp_path: Path, assignment: str
) -> None:
    """The notebook with its pictures, what it reads, wheel and one page; of the answers not a sentence."""
    with ZipFile(packed(assignment)) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path)
    with ZipFile(tmp_path / assignment / wheel.name) as archive:
        archive.extractall(tmp_path / "wheel")

    released = release.files(COURSE.release / assignment)
    data = {name for name in released if not name.startswith("img/")} - {f"{assignment}.ipynb"}
    given = {f"{assignment}.ipynb", "LEEME.md", wheel.name, *data, *licences()}
    assert names == {f"{assignment}/{name}" for name in given}
    page = (tmp_path / assignment / "LEEME.md").read_text(encoding="utf-8")
    assert outline.entry(COURSE.root, assignment).title in page
    assert all(page.count(f"`{name}`") == 2 for name in data)  # in the folder, and in Colab
    told = "\n".join(path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file())
    known = wrong_answers()
    assert len(known) > 40
    assert [answer.id for answer in known if answer.sentence in told] == []


@cache
def wrong_answers() -> list[answers.KnownAnswer]:
    """The known wrong answers of the whole course."""
    sources = [notebook.load(COURSE.notebook(name)) for name in COURSE.assignments]
    found = [answers.load(COURSE, s.assignment, each) for s in sources for each in s.exercises.values()]
    return [answer for each in found for answer in each if not answer.is_right]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_pictures_stand_inside_the_notebook(packed: Callable[[str], Path], assignment: str) -> None:
    """Each drawing is a PNG, as VS Code's Markdown accepts it, a quarter larger; the rest is as released.

    In the release itself they stay files.
    """
    before = release.files(COURSE.release / assignment)
    home = notebook_in(packed(assignment), assignment)
    released = notebook.read(COURSE.released(assignment))
    drawings = dict[str, str]()

    for cell, given in zip(home.cells, released.cells, strict=True):
        inside, files = pictures.placed(cell.source), pictures.placed(given.source)
        assert inside.keys() == files.keys()
        drawings |= {files[told]: inside[told] for told in files}
        cell.source = pictures.moved(cell.source, lambda told, _place, of=files: of[told])
    assert home == released
    assert release.files(packed(assignment).parents[1] / "release" / assignment) == before
    assert drawings.keys() == {
        f"img/{file.name}" for file in (COURSE.release / assignment / "img").glob("*.svg")
    }
    for file, place in drawings.items():
        assert re.match(r"data:image/(gif|png|jpeg|webp);", place)
        svg = (COURSE.release / assignment / file).read_text()
        drawn = [int(re.search(rf' {side}="(\d+)"', svg)[1]) for side in ("width", "height")]
        size = Image.open(io.BytesIO(base64.b64decode(place.partition(",")[2]))).size
        assert all(abs(now - 1.25 * side) < 1 for now, side in zip(size, drawn, strict=True))


def test_what_the_notebook_does_not_show_stays_a_file(copy: Course, wheel: Path) -> None:
    """A file that code reads is packed; a picture that is shown and read too is both inside and a file."""
    name = copy.assignments[0]
    node = notebook.read(copy.released(name))
    place = next(iter(place for cell in node.cells for place in pictures.placed(cell.source).values()))
    node.cells[-1].source += f"\n# {place}"
    notebook.write(node, copy.released(name))
    (copy.release / name / "datos.txt").write_text("1 2 3")

    with ZipFile(pack.pack(copy, name, wheel)) as archive:
        files = {each.removeprefix(f"{name}/") for each in archive.namelist()}

    assert files == {f"{name}.ipynb", "LEEME.md", wheel.name, "datos.txt", place, *licences()}


def test_drawing_that_can_not_be_drawn_is_named(copy: Course, wheel: Path) -> None:
    """A broken SVG is refused with its name, and nothing is packed."""
    name = copy.assignments[0]
    drawing = next((copy.release / name / "img").glob("*.svg"))
    drawing.write_text("<svg")

    with pytest.raises(Refusal, match=rf"{drawing.name}: can't be drawn"):
        pack.pack(copy, name, wheel)

    assert not list(copy.dist.glob("*.zip"))


@pytest.mark.slow
@pytest.mark.parametrize("is_forgotten", [False, True])
def test_notebook_from_the_zip_is_graded_like_the_released_one(
    wheel: Path, tmp_path: Path, is_forgotten: bool
) -> None:
    """Full marks for the model solutions and no remark: also where another tool lost all cells' names."""
    course = shipped.write(tmp_path / "course")
    name = course.assignments[-1]
    node = taken_home(course, wheel, name)
    exercises = notebook.load(course.notebook(name)).exercises
    for cell in node.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = exercises[cell.metadata.nbgrader.grade_id].solution.answer
    if is_forgotten:
        for number, cell in enumerate(node.cells):
            cell.metadata, cell.id = NotebookNode(), f"x{number}"
    place = course.submitted / "ana" / name / f"{name}.ipynb"
    place.parent.mkdir(parents=True)
    notebook.write(node, place)

    entry = mini.grade(course, name)["ana"]

    assert entry.total == 100
    assert pictures.INSIDE in place.read_text()
    plain = shipped.write(tmp_path / "plain")
    shutil.copytree(course.submitted, plain.submitted)
    known = pictures_of(plain, name)
    for cell in node.cells:
        cell.source = pictures.moved(cell.source, lambda told, _place: known[told])
    notebook.write(node, plain.submitted / "ana" / name / f"{name}.ipynb")
    assert mini.grade(plain, name)["ana"].what == entry.what


def pictures_of(course: Course, assignment: str) -> dict[str, str]:
    """The files of a released notebook's pictures, by what describes them."""
    cells = notebook.read(course.released(assignment)).cells
    return {told: place for cell in cells for told, place in pictures.placed(cell.source).items()}


def taken_home(course: Course, wheel: Path, assignment: str) -> NotebookNode:
    """The notebook that a learner finds in the zip."""
    return notebook_in(pack.pack(course, assignment, wheel), assignment)


def notebook_in(packed: Path, assignment: str) -> NotebookNode:
    """The notebook in such a zip."""
    with ZipFile(packed) as archive:
        return notebook.loads(archive.read(f"{assignment}/{assignment}.ipynb").decode())


@pytest.mark.slow
def test_same_content_gives_the_same_bytes(copy: Course, wheel: Path) -> None:
    """Packing twice, with wheels built apart, gives one and the same file: nothing but content counts."""
    name = copy.assignments[0]
    first = pack.pack(copy, name, wheel).read_bytes()

    with pack.wheel() as again:
        assert pack.pack(copy, name, again).read_bytes() == first


def test_secret_inside_the_package_is_not_packed(course: Course, wheel: Path) -> None:
    """A line of a hidden test that stands in the wheel, which learners install, is refused."""
    path = course.notebook("mini")
    line = Path(errors.__file__).read_text(encoding="utf-8").splitlines()[0].strip('"')
    path.write_text(path.read_text().replace("### END HIDDEN", rf"{line}\n### END HIDDEN"))

    with pytest.raises(Refusal, match=r"errors\.py of mini would publish a line .* hidden test"):
        pack.pack(course, "mini", wheel)

    assert not list(course.dist.iterdir())


def test_assignment_that_is_not_released_is_not_packed(course: Course, wheel: Path) -> None:
    """Without a release there is nothing to take home, and the message says which command makes one."""
    shutil.rmtree(course.release)

    with pytest.raises(Refusal, match="run `torchaula release mini` first"):
        pack.pack(course, "mini", wheel)


@pytest.mark.slow
@pytest.mark.parametrize("assignment", COURSE.assignments[:1])
def test_learner_with_only_the_zip_gets_to_the_first_green_check(
    copy: Course, wheel: Path, tmp_path: Path, assignment: str, request: pytest.FixtureRequest
) -> None:
    """In an empty folder the page's own commands install what the notebook's first check needs.

    Without `--all` the packages that it needs are taken from here: their download takes minutes.
    """
    home = tmp_path / "home"
    with ZipFile(pack.pack(copy, assignment, wheel)) as archive:
        archive.extractall(home)
    folder = home / assignment
    commands = re.search(r"^```bash\n(.*?)^```", (folder / "LEEME.md").read_text(), re.M | re.S)
    assert commands
    python = {"PATH": f"{Path(sys._base_executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path)}
    for command in commands[1].splitlines():
        done = subprocess.run(command, shell=True, cwd=folder, env=python, capture_output=True, text=True)
        assert done.returncode == 0, (command, done.stderr)
        if not request.config.getoption("all"):
            lend_packages(folder / ".venv")
    exercise = next(iter(notebook.load(COURSE.notebook(assignment)).exercises.values()))
    solution = exercise.solution.answer

    done = subprocess.run(
        [folder / ".venv/bin/python", "-c", LEARNER, folder / f"{assignment}.ipynb", solution],
        cwd=folder,
        env=python,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    outputs = json.loads(done.stdout.splitlines()[-1])
    shown = "".join(output.get("text", "") for output in outputs)
    assert f"✔ {exercise.id}: comprobación pública superada" in shown, outputs


def lend_packages(environment: Path) -> None:
    """Let a new environment find what is installed here, this package aside."""
    for packages in environment.glob("lib/python*/site-packages"):
        (packages / "lent.pth").write_text(sysconfig.get_path("purelib"))
