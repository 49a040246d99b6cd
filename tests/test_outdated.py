"""What a result hangs on: only what may say something else now is graded again, or written again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

import torchaula
from tests import mini, pupils, week
from tests.rebuilding import job_of
from torchaula import digests
from torchaula.authoring import sample_class
from torchaula.authoring.release import release
from torchaula.classroom.batch import assignments, graded_copy, records
from torchaula.course.layout import Course
from torchaula.course.rebuilding import rebuild, submitted
from torchaula.grading.trusted.client import Client
from torchaula.grading.trusted.jobs import Job, Result

EVERYTHING = None
HELPER = "def twice(x):\n    return 2 * x\n\ndef double(x):\n    return twice(x)"
HELPED = "def add_one(x):\n    return twice(x) - x + 1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The class of four, graded. Copy it to change it."""
    course = mini.write(tmp_path_factory.mktemp("outdated") / "course")
    release(course, "mini")
    week.hand_in(course)
    week.grade(course)
    return course


@pytest.fixture
def copy(made: Course, tmp_path: Path) -> Course:
    """The same class, to change."""
    return mini.copy(made, tmp_path / "course")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str] | None]:
    """Which exercises workers of this process were asked to grade, of each submission."""
    found: list[list[str] | None] = []
    ask = Client._ask

    def noted(self: Client, job: Job) -> Result:
        if not job.is_trial:
            found.append(job.only)
        return ask(self, job)

    monkeypatch.setattr(Client, "_ask", noted)
    return found


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of this package's files of which digests are made, so that a test can edit them."""
    folder = tmp_path / "package"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(torchaula.__file__).parent, folder, ignore=ignored)
    monkeypatch.setattr(digests, "ROOT", folder)
    digests.code.cache_clear()
    yield folder
    digests.code.cache_clear()


def edit(package: Path, place: str) -> None:
    """Change a word of a file."""
    path = package / place
    path.write_text(path.read_text(encoding="utf-8") + "\n# another word\n", encoding="utf-8")
    digests.code.cache_clear()


def pages(course: Course) -> dict[str, bytes]:
    """The feedback pages."""
    return {str(page): page.read_bytes() for page in sorted(course.feedback.rglob("*.html"))}


def test_changed_hidden_cell_has_its_exercise_alone_graded_again(copy: Course, asked: list[object]) -> None:
    """The other exercise's verdicts stay, and both make the points."""
    week.change(copy, *week.STRICTER)

    week.grade(copy)

    assert asked == [["double"]] * 4
    assert week.totals(copy) == week.STRICTER_POINTS
    for student in week.CLASS:
        record = records.load(copy, "mini", student)
        assert record is not None and set(record.result.verdicts) == set(week.source(copy).automatic)
        assert record.result.outputs  # of the learner's own cells, as before


def test_changed_answer_has_everything_graded_again(copy: Course, asked: list[object]) -> None:
    """Cells of one notebook see each other: another text of one may change what any exercise does."""
    pupils.write(copy, "ana", week.text(copy, "2 * x", "x + 7"))

    week.grade(copy)

    assert asked == [EVERYTHING]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("change", ["setup", "support", "limits"])
def test_what_all_exercises_share_has_everything_graded_again(
    copy: Course, asked: list[object], change: str
) -> None:
    """Set-up, support files and limits belong to every exercise."""
    if change == "setup":
        week.change(copy, *week.SETUP)
    elif change == "support":
        (copy.source / "mini" / "datos.txt").write_text("ours, and more\n")
    else:
        week.configure(copy, "c.Grade.cell_seconds = 3.0")

    week.grade(copy)

    assert asked == [EVERYTHING] * 4


@pytest.mark.sampled(1)
@pytest.mark.parametrize("change", [week.PROSE, week.MORE_POINTS], ids=["prose", "points"])
def test_prose_and_points_have_nobody_graded_again(
    copy: Course, asked: list[object], change: tuple[str, str]
) -> None:
    """Verdicts don't hang on them; they are written again where they stand."""
    week.change(copy, *change)

    week.grade(copy)

    assert asked == []


@pytest.mark.parametrize(
    "place", ["cli.py", "report/words.py", "report/class_table.py", "classroom/batch/desk.py"]
)
def test_word_of_the_command_line_or_of_a_page_has_nobody_graded_again(
    copy: Course, asked: list[object], package: Path, place: str
) -> None:
    """A class is graded again for a change of what grades, and of nothing else in the package."""
    week.grade(copy)
    edit(package, place)

    week.grade(copy)

    assert asked == []


@pytest.mark.parametrize("place", ["checks/compare.py", "grading/trusted/judge.py", "course/notebook.py"])
def test_change_of_the_code_that_grades_has_everybody_graded_again(
    copy: Course, asked: list[object], package: Path, place: str
) -> None:
    """Its verdicts may be others."""
    edit(package, place)

    week.grade(copy)

    assert asked == [EVERYTHING] * 4


def test_all_that_grades_is_known_to_grade() -> None:
    """No verdict hangs on a file of this package whose changes nobody notices."""
    program = "import sys, torchaula.grading.trusted.worker, torchaula.grading.sandboxed.nursery\n"
    program += "print(*(m.__file__ for n, m in sys.modules.items() if n.partition('.')[0] == 'torchaula'))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    loaded = {Path(file).relative_to(digests.ROOT) for file in done.stdout.split()}

    unnoticed = {
        str(file) for file in loaded if not any(file.is_relative_to(part) for part in assignments.GRADES)
    }

    # Text for people, how files are read and written, and which version a notebook is of. What a file says is
    # noticed by itself.
    assert unnoticed == {
        *("__init__.py", "course/__init__.py", "errors.py", "files.py", "i18n.py", "moved.py", "origin.py"),
        "course/text_files.py",
    }


def test_changed_template_renews_the_pages(copy: Course, asked: list[object], package: Path) -> None:
    """A page says what it was made from, and its template is part of that."""
    before = pages(copy)
    week.grade(copy)
    assert pages(copy) == before
    edit(package, "report/templates/feedback_es/page.html.j2")

    week.grade(copy)

    assert pages(copy).keys() == before.keys()
    assert all(page != before[place] for place, page in pages(copy).items())
    assert asked == []


def test_page_is_renewed_where_it_would_say_something_else(copy: Course) -> None:
    """It shows no text of a test: a changed one with the same verdicts leaves it, a new heading does not."""
    before = pages(copy)
    week.change(copy, *week.SAME)
    week.grade(copy)
    changed = {place for place, page in pages(copy).items() if page != before[place]}
    assert [Path(place).parts[-3] for place in changed] == ["bea"]  # who failed it: the call is another

    week.change(copy, *week.PROSE)
    week.grade(copy)

    assert all("el doble de todo" in page.decode() for page in pages(copy).values())


def test_submission_whose_time_ran_out_is_graded_again_whole(copy: Course, asked: list[object]) -> None:
    """All its exercises share one budget: what one takes less is there for another."""
    kept = records.load(copy, "mini", "ana")
    assert kept is not None
    late = replace(kept, result=replace(kept.result, is_out_of_time=True))
    records.save(records.path(copy, "mini", "ana"), late)
    week.change(copy, *week.STRICTER)

    week.grade(copy)

    assert sorted(map(str, asked)) == sorted(["None", *["['double']"] * 3])


def test_exercise_graded_alone_finds_what_another_answer_defines(copy: Course, asked: list[object]) -> None:
    """What a learner wrote runs as when everything is graded: a helper in another answer's cell is there."""
    answers = {"double": HELPER, "add-one": HELPED}
    pupils.write(copy, "ana", sample_class.handed_in(sample_class.material(copy, "mini"), answers))
    week.grade(copy)
    assert week.totals(copy)["ana"] == 10
    asked.clear()
    week.change(copy, *week.SAME)  # of `add-one`

    week.grade(copy)

    assert asked == [["add-one"]] * 4
    assert week.totals(copy)["ana"] == 10


def test_submission_is_parsed_and_rebuilt_once(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the file to the graded copy its text is read once, and put into the notebook once."""
    week.hand_in(course)
    read, parsed = submitted._parsed, list[bytes]()
    rebuilt, genuine = list[object](), rebuild.rebuild

    def parse(content: bytes) -> object:
        parsed.append(content)
        return read(content)

    def noted(*arguments: object) -> object:
        rebuilt.append(arguments)
        return genuine(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(submitted, "_parsed", parse)
    monkeypatch.setattr(assignments, "rebuild", noted)

    week.grade(course)

    assert len(parsed) == len(rebuilt) == len(week.CLASS)


def test_job_carries_no_path_of_this_machine(copy: Course) -> None:
    """Another machine could do it: it names no folder of the course and no program."""
    assignment = assignments.load(copy, "mini")
    handed_in = copy.submitted / "ana" / "mini" / "mini.ipynb"

    job = msgspec.msgpack.encode(job_of(assignment, handed_in.read_bytes()))

    for path in (str(copy.root), sys.prefix, sys.base_prefix, "/usr/bin/bwrap", "/tmp", "/home"):
        assert path.encode() not in job


def test_graded_copy_is_written_again_for_changed_points_alone(copy: Course) -> None:
    """It holds the points, which no verdict hangs on."""
    place = graded_copy.folder(copy, "mini", "ana") / "mini.ipynb"
    before = place.read_text(encoding="utf-8")
    week.change(copy, *week.MORE_POINTS)

    week.grade(copy)

    assert place.read_text(encoding="utf-8") != before
