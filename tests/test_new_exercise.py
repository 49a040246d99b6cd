"""A new exercise works at once, and `check -v` shows its answers as the changes that they are."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from tests import mini
from torchaula.authoring import matrix, new
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
