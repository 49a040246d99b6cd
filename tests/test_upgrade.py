"""A class that an earlier version has graded: it opens, and nothing changes unless somebody agrees.

`tests/upgrade/v0.1.0` is kept as v0.1.0 left it (`tests/upgrade/make.py`). Its code graded otherwise than
today's, so everything in it must be graded again.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

import torchaula
from tests import kernels, ledgers, mini, pupils, week
from torchaula.classroom.batch import assignments, records, upgrades
from torchaula.classroom.batch.records import Record
from torchaula.course import converters
from torchaula.course.layout import Course, find
from torchaula.errors import Refusal

KEPT = Path(__file__).parent / "upgrade" / "v0.1.0"
pytestmark = pytest.mark.filterwarnings("ignore:.*(unclosed|TCP without encryption).*")
GRADED = ("ana", "bea", "carlos", "diana")
# Points after the late penalty: in time; 10 % off; late with an extension; by hand, then 10 % off.
TOTALS = {"ana": "14.0", "bea": "4.5", "carlos": "6.0", "diana": "5.4", "elena": "", "fermín": ""}
BY_HAND = {("ana", "explica"): 4.0, ("diana", "explica"): 1.5, ("diana", "double-valores"): 3.5}
COMMENTS = {"Muy bien explicado.", "Te falta el signo: se cuenta la mitad."}
SHOWN = "autograded", "feedback", "grades", "submitted", "release", ".torchaula/results"


@pytest.fixture
def old(tmp_path: Path) -> Course:
    """The class as v0.1.0 left it, in another folder of another machine."""
    shutil.copytree(KEPT, tmp_path / "moved" / "course")
    course = find(tmp_path / "moved" / "course")
    course.secret.chmod(0o600)  # which git does not keep
    week.configure(course, mini.without_sandbox())
    return course


def state(course: Course) -> object:
    """Rows, tables, pages and records, byte for byte."""
    files = (path for name in SHOWN for path in sorted((course.root / name).rglob("*")) if path.is_file())
    return ledgers.rows(course), {path: path.read_bytes() for path in files}


def require_kept(course: Course) -> None:
    """Check that penalties, extensions, points by hand and comments are those that v0.1.0 left."""
    table = pupils.table(course.grades / "mini.csv")
    assert {student: row["total"] for student, row in table.items()} == TOTALS
    assert table["bea"]["late_penalty"] == "0.5"
    rows = ledgers.rows(course)
    grades = {key[2:]: row for key, row in rows.items() if key[0] == "grade"}
    assert {key: row[1] for key, row in grades.items() if row[1] is not None} == BY_HAND
    told = repr([row for key, row in rows.items() if key[0] == "comment"])
    assert all(comment in told for comment in COMMENTS)
    assert "deadline moved by 2 d" in table["carlos"]["what_happened"]


def test_what_is_kept_names_no_machine_and_stays_small() -> None:
    """No path of where it was made stands in it; it has half a megabyte at most."""
    content = {path: path.read_bytes() for path in KEPT.rglob("*") if path.is_file()}

    assert len(content) > 40
    assert sum(map(len, content.values())) < 500_000
    assert [path for path, data in content.items() if b"/tmp/" in data or b"upgrade-" in data] == []


def test_doctor_is_content_with_an_old_class(old: Course) -> None:
    """Gradebook and secret are those of before, and sound."""
    shown = pupils.command(old, "doctor", "database", "secret")

    assert "✘" not in shown
    assert "6 students" in shown or "5 students" in shown


def test_nothing_is_graded_again_unasked(old: Course) -> None:
    """The versions are named before anything is graded; without consent no byte of the class changes."""
    before = state(old)

    shown = pupils.command(old, "grade", "mini", code=2)

    assert "4 submissions were graded with an earlier torchaula" in shown
    assert f"graded again with torchaula {torchaula.__version__}" in shown
    assert "nobody gains or loses points" in shown
    assert "nothing of mini was written" in shown
    assert state(old) == before


@pytest.mark.parametrize("answer", ["n", "y"])
def test_person_at_a_terminal_is_asked(old: Course, answer: str) -> None:
    """No leaves everything as it was; yes goes on, and the next batch asks nothing."""
    before = state(old)

    code, screen = week.at_terminal(old, "grade", "mini", "--jobs", "1", answer=answer)

    assert "[y/N]" in screen
    assert code == {"n": 2, "y": 1}[answer], screen  # 1: a file can't be read
    if answer == "n":
        assert state(old) == before
    else:
        require_kept(old)


def test_yes_carries_on_with_all_that_a_person_gave(old: Course) -> None:
    """Penalties, extensions, points and comments by hand stay; then nothing is left to grade or write."""
    require_kept(old)

    pupils.command(old, "grade", "mini", "--yes", code=1)

    require_kept(old)
    known = records.known(old, "mini")
    assert {student: each.version for student, each in known.items()} == dict.fromkeys(
        GRADED, torchaula.__version__
    )
    written = state(old)
    shown = pupils.command(old, "grade", "mini", code=1)
    assert "graded again" not in shown
    assert state(old) == written


def test_points_that_an_upgrade_changes_are_shown_and_held(old: Course) -> None:
    """Who gains and who loses is named, as with a changed test, and without consent nothing is written."""
    before = state(old)
    week.change(old, *week.STRICTER)  # stands for a package that sees other faults

    shown = pupils.command(old, "grade", "mini", code=2)

    assert re.search("Graded again: . gain points, . lose some", shown)
    assert state(old) == before


def test_formgrader_lists_an_old_class(old: Course) -> None:
    """What the formgrader asks of nbgrader is answered: four graded, their points, who waits."""
    config = converters.config(old)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    try:
        submissions = {each["student"]: each for each in api.get_submissions("mini")}
    finally:
        api.gradebook.close()

    assert {student for student, each in submissions.items() if each["autograded"]} == set(GRADED)
    assert submissions["ana"]["score"] == 14.0
    assert submissions["bea"]["needs_manual_grade"]


def test_upgrade_that_does_not_touch_what_grades_asks_nothing(
    course: Course, monkeypatch: pytest.MonkeyPatch, asked: list[int]
) -> None:
    """Another version alone has nobody graded again, and is no reason to ask."""
    week.hand_in(course)
    week.grade(course)
    asked.clear()
    for student in week.CLASS:
        of = records.path(course, "mini", student)
        records.save(of, replace(records.load(course, "mini", student), version="0.1.9"))

    week.grade(course, agreed=False)

    assert not asked


def test_same_version_is_no_upgrade(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a version is being written its code changes all the time: only changed points are asked about."""
    week.hand_in(course)
    week.grade(course)
    monkeypatch.setattr(assignments, "graded_with", lambda: ["another"])

    assert week.grade(course, agreed=False)["ana"].points


def test_planted_upgrade_is_held(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that grades otherwise, from another version, is asked about even where no point changes."""
    week.hand_in(course)
    week.grade(course)
    monkeypatch.setattr(assignments, "graded_with", lambda: ["another"])
    monkeypatch.setattr(upgrades, "__version__", "9.0.0")

    with pytest.raises(Refusal, match="another version"):
        week.grade(course, agreed=False)


def test_record_says_who_released_the_notebook(course: Course) -> None:
    """A notebook tells the version that released it, and a record keeps that beside the one that graded."""
    assert f'"version": "{torchaula.__version__}"' in course.released("mini").read_text()
    week.hand_in(course, "ana")
    text = week.text(course, *week.CLASS["bea"]).replace(torchaula.__version__, "0.1.5")
    pupils.write(course, "bea", text)

    week.grade(course)

    known = records.known(course, "mini")
    assert (known["ana"].released, known["ana"].version) == (torchaula.__version__,) * 2
    assert (known["bea"].released, known["bea"].version) == ("0.1.5", torchaula.__version__)


def test_notebook_of_before_runs_with_the_package_of_now(tmp_path: Path) -> None:
    """What v0.1.0 released begins in today's kernel, lets a right answer pass and tells a wrong one."""
    shutil.copytree(KEPT / "release" / "mini", tmp_path / "mini")
    answers = {"double": "def double(x):\n    return 2 * x", "add-one": "def add_one(x):\n    return x + 2"}

    cells = kernels.run_all(tmp_path / "mini" / "mini.ipynb", answers)

    told = {name: kernels.text(cell.get("outputs", [])) for name, cell in cells.items()}
    assert told["preparacion"] == "✔ Todo listo."
    assert told["double-publico"] == ""
    assert told["add-one-publico"].startswith("✘ add-one")


def test_nbgrader_keeps_the_record_that_torchaula_does(course: Course) -> None:
    """Whoever grades, the record says the same, its versions too: so no grading passes for an upgrade."""
    week.hand_in(course)
    week.grade(course)
    kept = described(course)

    shutil.rmtree(course.state / records.RESULTS)
    assert not converters.run(Autograde, course, "mini", "*").error

    assert described(course) == kept


def described(course: Course) -> dict[str, Record]:
    """The records, without what only `torchaula grade` knows and without the seconds that grading took."""
    known = records.known(course, "mini")
    return {
        name: replace(each, written="", unjudged={}, result=outcomes(each)) for name, each in known.items()
    }


def outcomes(record: Record) -> Any:
    """What each cell came to."""
    return {cell: verdict.outcome for cell, verdict in record.result.verdicts.items()}
