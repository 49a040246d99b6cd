"""A new exercise works at once, and `check -v` shows its answers as the changes that they are."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console

from tests import mini
from torchaula.authoring import matrix, new, prose, rules
from torchaula.course import answers, notebook
from torchaula.grading.trusted import engine
from torchaula.report import matrix_table


def test_new_exercise_is_tried_and_shown_with_its_answers(tmp_path: Path) -> None:
    """All answers end as declared; a change is shown as a diff, a whole answer whole, what is made up not."""
    course = mini.write(tmp_path / "course")
    path = course.notebook("mini")
    path.write_text(mini.in_set_up(path.read_text(), "from torchaula.checks import battery"))
    _path, written = new.create(course, "mini", "twice-as-much")
    source = notebook.load(path)
    exercise = source.exercise("twice-as-much")
    known = {exercise.id: matrix.known(exercise, answers.load(course, "mini", exercise))}
    engine.prepare(source)
    out = io.StringIO()

    is_good = matrix_table.show(
        source,
        known,
        matrix.trials(source, known, jobs=0),
        verbose=True,
        console=Console(file=out, width=120),
    )

    shown = out.getvalue()
    assert is_good, shown
    assert written.name == "twice-as-much.md"
    assert "── square: tu resultado coincide con elevar al cuadrado\n@@ -" in shown
    assert "\n-    return 2 * x\n+    return x**2\n" in shown
    assert "── sum\ndef twice_as_much(x):\n    return x + x\n" in shown
    assert shown.count("\n+    return ") == 4
    assert f"── {matrix.MODEL}" not in shown and f"── {matrix.STUB}\n" not in shown


def test_new_exercise_has_the_form_of_the_course(tmp_path: Path) -> None:
    """The rules only ask for more wrong answers; its parts stand in order, and its check is collapsed."""
    course = mini.write(tmp_path / "course")
    path, _written = new.create(course, "mini", "twice")
    source = notebook.load(path)
    exercise = source.exercise("twice")
    parts = re.findall(r"^(?:\*\*|<details><summary>)(\w+)", exercise.statement.source, re.M)
    hidden = [cell.id for cell in notebook.read(path).cells if "jupyter" in cell.metadata]
    faults = list(rules.exercise_faults(exercise, answers.load(course, "mini", exercise)))

    assert faults == ["twice: 2 right and 3 wrong answers; at least 2 and 6"]
    assert prose.words(exercise.statement.source) < prose.EXERCISE
    assert parts == ["La", "La", "Ejemplo", "Escribe", "Se", *["Pista"] * 3, "Para"]
    assert hidden == ["twice-publico"]
