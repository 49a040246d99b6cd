"""A course's own late-penalty plug-in: it counts by every door, or one line says why it can't."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import ledgers, mini, pupils, week
from tests.test_release import nbgrader
from torchaula.authoring.release import release
from torchaula.course.layout import Course

DEADLINE = 'c.LateWork.deadlines = {"mini": "2026-10-05 23:59 Europe/Madrid"}'
BELIEVE = "c.LateWork.believe_timestamp_files = True"
PLUGIN = """from nbgrader.plugins import LateSubmissionPlugin


class Halves(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {result}
"""


def late_class(root: Path, plugin: str, result: str = "score / 2") -> Course:
    """A course with a plug-in of its own, in a module beside its configuration, and one who is late."""
    course = mini.write(root)
    release(course, "mini")
    lines = (DEADLINE, BELIEVE, f"c.AssignLatePenalties.plugin_class = {plugin!r}")
    with course.config.open("a") as file:
        file.write("\n".join(["", *lines, ""]))
    (root / "penalty_of_ours.py").write_text(PLUGIN.format(result=result))
    pupils.write(course, "ana", week.text(course, *week.CLASS["ana"]))
    (course.submitted / "ana" / "mini" / "timestamp.txt").write_text("2026-10-06 10:00:00 UTC")
    return course


def test_own_plug_in_counts_by_every_door(tmp_path: Path) -> None:
    """`torchaula grade` finds a plug-in beside the configuration, as nbgrader does."""
    ours = late_class(tmp_path / "ours", "penalty_of_ours.Halves")
    theirs = mini.copy(ours, tmp_path / "theirs")

    told = pupils.command(ours, "grade", "mini")
    nbgrader(theirs, "generate_assignment", "mini", "--force")
    nbgrader(theirs, "autograde", "mini")

    rows = ledgers.rows(ours)
    assert rows["notebook", "mini", "ana", "mini"][1] == 5
    assert rows == ledgers.rows(theirs)
    assert "late: 5 points less" in told


@pytest.mark.parametrize("plugin", ["no_such_module.Halves", "penalty_of_ours.Missing"])
def test_own_plug_in_that_is_not_there_is_refused(tmp_path: Path, plugin: str) -> None:
    """One line names the plug-in, before anything is written."""
    course = late_class(tmp_path / "course", plugin)

    told = pupils.command(course, "grade", "mini", code=2)

    assert plugin in told and "nbgrader_config.py" in told and "Traceback" not in told
    assert not list(course.autograded.glob("*/mini/*.ipynb"))


@pytest.mark.parametrize("result", ["score / 0", "'half'", "float('nan')"])
def test_own_plug_in_that_fails_is_named(tmp_path: Path, result: str) -> None:
    """One line names the plug-in and the student; once it is mended, what was graded is not graded again."""
    course = late_class(tmp_path / "course", "penalty_of_ours.Halves", result)

    told = pupils.command(course, "grade", "mini", code=2)

    refusals = [line for line in told.splitlines() if line.startswith("torchaula: ")]
    assert len(refusals) == 1 and "Traceback" not in told
    assert "penalty_of_ours.Halves" in refusals[0] and "ana" in refusals[0]
    (course.root / "penalty_of_ours.py").write_text(PLUGIN.format(result="4"))
    pupils.command(course, "grade", "mini")
    assert pupils.table(course.grades / "mini.csv")["ana"]["total"] == "6.0"
