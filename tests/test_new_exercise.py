"""`torchaula new` begins assignments and exercises that work at once, and `check` says what to mend."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from tests import mini, programs
from torchaula.authoring import matrix, new, prose, rules
from torchaula.course import answers, notebook, outline
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.grading.trusted import engine
from torchaula.report import matrix_table

ROOT = Path(__file__).parents[1]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course with nothing but the small assignment and the shipped list of assignments."""
    shutil.copy(ROOT / "course.toml", tmp_path)
    return mini.write(tmp_path)


def ran(course: Course, *words: str) -> str:
    """What a command that ends well prints."""
    done = programs.run("torchaula", *words, cwd=course.root)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_new_assignment_is_proven_released_and_graded(course: Course) -> None:
    """From nothing to points: begun, an exercise added, checked, audited, released, answered and graded."""
    ran(course, "new", "atencion")
    ran(course, "new", "atencion/softmax-escalado", "--random")
    ran(course, "audit", "--count", "atencion")
    checked, audited = ran(course, "check", "atencion"), ran(course, "audit", "atencion")
    ran(course, "release", "atencion")
    handed_in = course.submitted / "ana" / "atencion" / "atencion.ipynb"
    handed_in.parent.mkdir(parents=True)
    handed_in.write_text(course.notebook("atencion").read_text(encoding="utf-8"), encoding="utf-8")
    ran(course, "grade", "atencion")

    assert "survived" not in audited.partition("└")[2]  # below the table stands what fell short
    assert re.search(r"(\d+) of \1 answers as declared", checked)
    rows = (course.grades / "atencion.csv").read_text(encoding="utf-8").splitlines()
    grades = dict(zip(*(row.split(",") for row in rows[:2]), strict=True))
    assert [grades[name] for name in ("ejemplo", "softmax-escalado")] == ["8.0"] * 2


def test_new_assignment_is_written_as_it_stays(course: Course) -> None:
    """What `new` writes is in normal form; table and `begin` name what is there, and it is a draft."""
    ran(course, "new", "atencion")
    ran(course, "new", "atencion/ruido", "--random")
    source = notebook.load(course.notebook("atencion"))
    texts = {cell.id: cell.source for cell in source.cells}

    formatted = programs.run("torchaula", "format", "--check", cwd=course.root)
    assert "atencion" not in formatted.stdout + formatted.stderr
    assert outline.load(course.root)[-1] == outline.Entry("atencion", "Atencion", is_draft=True)
    assert re.findall(r"^\| \d \| `(\w+)`.*", texts["apertura"], re.M) == ["ejemplo", "ruido"]
    assert "| **16** | **30** |" in texts["apertura"]
    assert 'begin("atencion", {"ejemplo": 2, "ruido": 2})' in texts["preparacion"]
    assert "import math" in texts["preparacion"]
    assert not re.search(r"new.exercise|assignment-", "".join(texts.values()))


def test_draft_is_told_when_it_should_be_whole(course: Course) -> None:
    """The points of a draft may be few; without `draft`, or with too many, `check` says what to change."""
    new.begin(course, "atencion")
    source = notebook.load(course.notebook("atencion"))

    assert not list(rules.notebook_faults(source, course.source / "atencion", is_draft=True))
    [told] = rules.notebook_faults(source, course.source / "atencion")
    assert told.startswith("the points add up to 8, not 100; ") and "draft = true" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["atencion/uno"], "to begin it, run `torchaula new atencion`"),
        (["mini"], "to add an exercise, run `torchaula new mini/NAME`"),
        (["mini/double"], "there is a cell 'double' already"),
        (["mini/Uno"], "an id is lowercase words joined by '-'"),
        (["mini/uno-valores"], "the last none of"),
        (["../fuera"], "there is no assignment '..'"),
        (["..fuera"], "an id is lowercase words"),
        (["atencion", "--random"], "--random is for an exercise"),
    ],
)
def test_bad_name_is_refused_and_nothing_is_written(course: Course, words: list[str], told: str) -> None:
    """What exists already, a bad name and a missing assignment are told with the remedy."""
    before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}

    done = programs.run("torchaula", "new", *words, cwd=course.root)

    assert done.returncode == 2 and told in done.stderr.replace("\n", " ")
    assert before == {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}


def test_answers_file_of_another_time_is_kept(course: Course) -> None:
    """An answers file that exists already is not written over, and the notebook stays as it is."""
    kept = answers.path(course, "mini", "twice")
    kept.write_text("mine", encoding="utf-8")
    before = course.notebook("mini").read_bytes()

    with pytest.raises(Refusal, match="choose another id"):
        new.add(course, "mini", "twice")
    assert kept.read_text(encoding="utf-8") == "mine" and course.notebook("mini").read_bytes() == before


@pytest.mark.parametrize("template", new.Template)
def test_new_exercise_follows_the_course_s_rules(course: Course, template: new.Template) -> None:
    """Nothing is asked of it; its parts stand in order, its check is collapsed, its imports are there."""
    path, _written = new.add(course, "mini", "twice", template)
    source = notebook.load(path)
    exercise = source.exercise("twice")
    parts = re.findall(r"^(?:\*\*|<details><summary>)(\w+)", exercise.statement.source, re.M)
    hidden = [cell.id for cell in notebook.read(path).cells if "jupyter" in cell.metadata]

    assert not list(rules.exercise_faults(exercise, answers.load(course, "mini", exercise)))
    assert prose.words(exercise.statement.source) < prose.EXERCISE
    assert parts == ["La", "La", "Ejemplo", "Escribe", "Se", *["Pista"] * 3, "Para"]
    assert hidden == ["twice-publico"]
    assert "no_loops" in source.setup[0].source


def test_check_shows_own_answers_first_and_says_what_to_mend(course: Course) -> None:
    """Own answers stand above the junk; one that ends otherwise than declared has its remedy below."""
    path, written = new.add(course, "mini", "twice")
    text = written.read_text(encoding="utf-8")
    text = text.replace("@@ right multiply @@", "@@ multiply @@ multiplicas")
    text = text.replace(
        "@@ right divide @@\n-    return 2 * x\n+    return x / 0.5",
        "@@ right divide @@\n-    return 2 * x\n+    return x * 3",
    )
    text = text.replace("@@ square @@", "@@ square fails publico @@")
    written.write_text(text, encoding="utf-8")
    source = notebook.load(path)
    exercise = source.exercise("twice")
    known = {exercise.id: matrix.known(exercise, answers.load(course, "mini", exercise))}
    engine.prepare(source)
    out = io.StringIO()

    trials = matrix.trials(source, known, jobs=0)
    is_good = matrix_table.show(source, known, trials, verbose=True, console=Console(file=out, width=500))

    shown = out.getvalue()
    assert not is_good
    names = re.findall(r"^│ ([\w-]+)", shown, re.M)
    assert names[:2] == [matrix.MODEL, matrix.STUB] and names.index("detached") < names.index("junk-nan")
    assert "── detached / publico" in shown and "── junk-" not in shown and f"── {matrix.STUB} /" not in shown
    assert "multiply: twice-bordes, twice-gradiente, twice-publico, twice-valores should fail it" in shown
    assert 'forbid=[…] of graded("twice-publico", …)' in shown
    assert re.search(r"^divide: twice-.* should pass it", shown, re.M)
    assert re.search(r"^square: twice-bordes, twice-gradiente, twice-valores fails it too", shown, re.M)
    assert "── half: tu resultado coincide con la mitad\n@@ -" in shown
    assert "\n-    return 2 * x\n+    return x / 2\n" in shown
    assert "── sum\ndef twice(x):\n    return x + x\n" in shown
    assert f"── {matrix.MODEL}" not in shown and f"── {matrix.STUB}\n" not in shown


def test_templates_stay_out_of_what_learners_install(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel has none; there, `new` says where to run it, and writes nothing."""
    monkeypatch.setattr(new, "TEMPLATES", course.root / "nowhere")

    with pytest.raises(Refusal, match="not in an installed wheel"):
        new.begin(course, "atencion")
    with pytest.raises(Refusal, match="not in an installed wheel"):
        new.add(course, "mini", "twice")
    assert not (course.source / "atencion").exists() and not (course.answers / "atencion").exists()
