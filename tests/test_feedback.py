"""The feedback page: what it tells, what it never tells, and how it reads in a browser."""

from __future__ import annotations

import base64
import html
import re
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.converters import GenerateFeedback

from tests import mini, pupils
from tests.rebuilding import rebuild
from torchaula.authoring import secrets
from torchaula.classroom.batch import records
from torchaula.classroom.batch.entries import Entry
from torchaula.classroom.batch.records import Record
from torchaula.classroom.gradebook import gradebook
from torchaula.course import converters, notebook
from torchaula.course.layout import Course, find
from torchaula.course.markers import inside, outside
from torchaula.course.rebuilding.submitted import read
from torchaula.findings import QUOTED_CHARACTERS, Certainty, Label, Row
from torchaula.grading.trusted.jobs import Result as Found
from torchaula.grading.trusted.verdict import Outcome, Verdict
from torchaula.report import formulas, markup, words
from torchaula.report.page import page
from torchaula.report.render import TEMPLATES, render
from torchaula.report.statement import hints

Graded = tuple[Course, dict[str, Entry]]
ROOT = Path(__file__).parents[1]
LEAST_CONTRAST = 4.5
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ATTACK = (
    "</code></pre></style></title><script>alert(1)</script><img src=x onerror=alert(2)>"
    '<svg onload=alert(3)>"\'--><a href="javascript:alert(4)">`{{ 7 * 7 }}`</a>'
)
STATEMENT = """## 1. `double`: el doble

<details><summary>Pista 1: ¿y <code>x + x</code>?</summary>

Suma **una** vez, o $2 \\times x$.
</details>

<details><summary>Para seguir (sin nota)</summary>

¿Y el triple?
</details>"""


def graded_notebook(course: Course, double: str = "", own: str = "", comment: str = "") -> NotebookNode:
    """A graded notebook as the exporter sees it: rebuilt, with points that `GetGrades` put there."""
    source = notebook.read(course.notebook("mini"))
    handed_in = notebook.read(course.released("mini"))
    pupils.cell(handed_in, "double").source = double or "def double(x):\n    return x**2\n"
    if own:
        handed_in.cells += [new_code_cell(own), new_markdown_cell(own)]
    nb = rebuild(source, read(notebook.text(handed_in).encode()))
    pupils.cell(nb, "double-enunciado").source = STATEMENT
    for cell in nb.cells:
        known = cell.metadata.get("nbgrader", {})
        if known.get("grade"):
            known.score = 0
        if known.get("solution"):
            known.comment = comment
    return nb


def page_of(nb: NotebookNode, verdicts: dict[str, Verdict] | None = None, **names: Any) -> str:
    """The page of a graded notebook; without verdicts, of one that has no record."""
    known = {"notebook": "mini", "student": "ana", "score": 0, "max_score": 10, "late_penalty": 0} | names
    record = None if verdicts is None else Record(Found(verdicts, lost={"double": "timed out"}))
    return render(page(nb, known, record))


def text_of(page: str) -> str:
    """What a reader sees of a page, in one line."""
    body = page.partition("<body")[2]
    body = re.sub(r"</?(?:dt|dd|div|p|h\d|td|th|details|summary)[^>]*>", " ", body)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", body)).split())


def plain(text: str) -> str:
    """A message's text as a page shows it."""
    return " ".join(text.replace("`", "").split())


def pages(course: Course) -> dict[str, str]:
    """Each student's page."""
    return {path.parts[-3]: path.read_text("utf-8") for path in course.feedback.rglob("*.html")}


def regenerate(course: Course, student: str) -> str:
    """A student's page, made again."""
    run = converters.run(GenerateFeedback, course, "mini", student)
    assert not run.error
    return pages(course)[student]


class Parsed(HTMLParser):
    """The tags of a page with their attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name)) is not None]


# What it tells


def test_everyone_graded_has_a_page_without_hidden_tests(graded: Graded) -> None:
    """No line of a hidden test stands on any page, not even in a comment or an attribute."""
    course, results = graded
    cells = notebook.load(course.notebook("mini")).cells
    lines = {line.strip() for cell in cells for line in inside(cell.markers.hidden, cell.source).splitlines()}
    published = "\n".join(outside(cell.markers.hidden, cell.source) for cell in cells)
    hidden = [line for line in lines if len(line) >= secrets.SHORTEST and line not in published]
    found = pages(course)

    assert set(found) == {student for student, result in results.items() if result.graded}
    assert hidden
    for student, shown in found.items():
        told = html.unescape(re.sub(r"</?span[^>]*>", "", shown))
        assert not [line for line in hidden if line in told], student
        assert "<!--" not in shown
        assert "Traceback" not in shown


def test_every_failed_cell_says_what_happened(graded: Graded) -> None:
    """Of every cell that is not passed, the outcome is named and each line of its message is there."""
    course = graded[0]
    failed = 0
    for student, shown in pages(course).items():
        record, text = records.load(course, "mini", student), text_of(shown)
        assert record is not None
        for verdict in record.result.verdicts.values():
            if not verdict.passed:
                failed += 1
                assert (words.UNWRITTEN if verdict.is_unwritten else words.OUTCOMES[verdict.outcome]) in text
                for row in verdict.rows:
                    assert words.LABELS[row.label] in text and plain(row.shown) in text, (student, row)
                assert plain(verdict.diagnosis) in text
    assert failed > 10


def test_points_are_those_of_the_gradebook(graded: Graded) -> None:
    """The sum, each exercise and each of its aspects."""
    text = text_of(pages(graded[0])["parcial"])

    assert "5 de 10 puntos" in text
    assert re.search(
        r"double 5 de 5 Superado add_one 0 de 5 0 de 2 pruebas Comprobación pública 0 de 2", text
    )


def test_person_has_the_last_word(graded: Graded, tmp_path: Path) -> None:
    """A manual score shows beside the automatic one; a comment stands where its exercise is."""
    course = mini.copy(graded[0], tmp_path / "course")
    with gradebook.opened(course) as book:
        book.find_grade("double-valores", "mini", "mini", "vacio").manual_score = 2.5
        book.find_comment("add-one", "mini", "mini", "vacio").manual_comment = "¡Ánimo!\nCasi <b>está</b>."
        book.db.commit()

    shown = regenerate(course, "vacio")
    text = text_of(shown)

    assert "2,5 de 10 puntos" in text
    assert "Valores 2,5 de 4 Por escribir Puntos puestos por quien corrige" in text
    assert text.index(words.COMMENT + " ¡Ánimo!") > text.index("add_one: uno más")
    assert "Casi &lt;b&gt;está&lt;/b&gt;." in shown
    assert text.count(words.COMMENT) == 1  # nbgrader's own remark on `double` is nobody's comment


def test_late_penalty_shows(course: Course) -> None:
    """What is taken off, and from what."""
    text = text_of(page_of(graded_notebook(course), {}, score=3, late_penalty=1.5))

    assert "3 de 10 puntos" in text
    assert words.late("4,5", "1,5") in text


def test_total_is_never_less_than_nothing(course: Course) -> None:
    """A person may take points away after lateness has cost some: the page says what the tables say."""
    text = text_of(page_of(graded_notebook(course), {}, score=-1, late_penalty=1.5))

    assert "0 de 10 puntos" in text
    assert words.late("0,5", "1,5") in text


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.PASSED])
def test_every_outcome_is_named_and_explained(course: Course, outcome: Outcome) -> None:
    """What an outcome means and what to do about it; a failed check's lines say that themselves."""
    text = text_of(page_of(graded_notebook(course), {"double-valores": Verdict(outcome)}))

    assert words.OUTCOMES[outcome] in text
    assert plain(words.EXPLAINED.get(outcome, words.NO_DETAIL)).replace("*", "") in text


def test_cells_that_came_out_alike_are_told_once(course: Course) -> None:
    """Their common lines stand once, under both names, and what each was called with beside it."""
    verdicts = {
        f"double-{aspect}": Verdict(
            Outcome.FAILED, "✘", (Row(Label.CALL, f"double({aspect})"), Row(Label.OBTAINED, "nada"))
        )
        for aspect in ("publico", "valores")
    }
    text = text_of(page_of(graded_notebook(course), verdicts))

    assert "Comprobación pública y valores No superada Obtenido nada" in text
    assert "double(publico)" in text and "double(valores)" in text


def test_diagnosis_stands_first(course: Course) -> None:
    """The misconception comes before the cells that tell of it, with their names where others failed too."""
    sentence = "tu resultado coincide con el cuadrado"
    verdicts = {
        "double-publico": Verdict(Outcome.FAILED, "✘", (Row(Label.OBTAINED, "uno"),), sentence),
        "double-valores": Verdict(Outcome.FAILED, "✘", (Row(Label.OBTAINED, "otro"),)),
    }
    text = text_of(page_of(graded_notebook(course), verdicts))

    assert f"{words.DIAGNOSES[Certainty.SURE]}: {sentence}. En: comprobación pública." in text
    assert text.index(sentence) < text.index("Obtenido uno")


def test_hints_of_the_statement_are_at_hand(course: Course) -> None:
    """Folded, with their formulas as MathML: nothing on the page runs a program for them."""
    shown = page_of(graded_notebook(course), {"double-valores": Verdict(Outcome.FAILED)})

    assert re.search(r"<summary>Pista 1: ¿y <code>x \+ x</code>\?</summary>", shown)
    assert re.search(r"Suma <strong>una</strong> vez, o <math><mn>2</mn>.*×.*<mi>x</mi></math>\.", shown)


def test_harder_question_is_no_hint(course: Course) -> None:
    """What a statement folds beside its hints, as *Para seguir*, is not repeated as one."""
    shown = page_of(graded_notebook(course), {"double-valores": Verdict(Outcome.FAILED)})

    assert [hint.title for hint in hints(STATEMENT)] == ["Pista 1: ¿y `x + x`?"]
    assert "Para seguir" not in shown and "triple" not in shown


@pytest.mark.parametrize("assignment", Course(ROOT).assignments)
def test_hints_of_the_course_show_no_markup(assignment: str) -> None:
    """Each exercise has hints, and nothing of HTML, Markdown or TeX is left in them."""
    for exercise in notebook.load(find(ROOT).notebook(assignment)).exercises.values():
        found = list(hints(exercise.statement.source))

        assert found
        for text in (text for hint in found for text in (hint.title, *hint.paragraphs)):
            seen = re.sub(r"<code>.*?</code>", "", markup.taught(text), flags=re.S)
            assert not re.search(r"[$\\*`]|&lt;|&gt;", seen), text


@pytest.mark.parametrize("assignment", Course(ROOT).assignments)
def test_every_formula_of_the_course_becomes_mathml(assignment: str) -> None:
    """Those of statements too, which the formgrader shows."""
    cells = notebook.load(find(ROOT).notebook(assignment)).cells
    texts = [re.sub(r"```.*?```", "", cell.source, flags=re.S) for cell in cells if cell.is_prose]
    found = [each for text in texts for each in markup.TAUGHT.finditer(text) if each.lastgroup != "code"]

    assert found
    for each in found:
        assert markup.taught(each[0]).startswith("<math"), each[0]


@pytest.mark.parametrize(
    "tex",
    [
        *(
            r"\text{<script>alert(1)</script>}",
            r"\href{javascript:alert(1)}{x}",
            r"\class{a\" onload=\"b}{x}",
        ),
        *("{" * 1900, r"\frac" * 300, r"\unknown", "x" * 5000, "a < b & c > d"),
    ],
)
def test_formula_makes_nothing_but_a_formula(tex: str) -> None:
    """What can't be converted is shown as it is written; a formula brings no tag or address along."""
    parsed = Parsed(str(formulas.mathml(tex)))
    tags = {tag for tag, _ in parsed.tags}

    assert tags == {"code"} or "math" in tags
    assert not tags & {"script", "a", "img", "maction", "annotation-xml"}
    assert not {name for _, found in parsed.tags for name in found} & {"href", "onload", "style", "src"}


def test_learners_code_and_outputs(course: Course) -> None:
    """The exercise's code with the line that a test names, what it gave out, and other cells at the end."""
    nb = graded_notebook(course, own="mine = 7")
    figure = new_output("display_data", data={"image/png": PIXEL, "text/html": "<b>no</b>"})
    pupils.cell(nb, "double").outputs = [new_output("stream", name="stdout", text="hola"), figure]
    line = Row(Label.LINE, "return x**2", is_code=True, number=2)
    named = Verdict(Outcome.RAISED, "✘", (Row(Label.OBTAINED, "nada"), line))
    shown = page_of(nb, {"double-valores": named})
    text = text_of(shown)

    assert shown.count('class="line named"') == 1
    assert f"({words.NAMED_LINE}) return x**2" in text
    assert f'src="data:image/png;base64,{PIXEL}" alt="Figura 1 que dibuja tu código de 1. double"' in shown
    assert "<b>no</b>" not in shown and "no" in text
    assert words.LOST["timed out"] in text
    assert text.index(words.OTHER_CELLS) < text.index("mine = 7")


def test_forged_picture_is_left_out(course: Course) -> None:
    """Only what begins as a PNG does gets into an address, and only in base64."""
    nb = graded_notebook(course)
    svg = base64.b64encode(b"<svg onload=alert(1)>").decode()
    for forged in (svg, 'x" onerror="alert(1)', PIXEL + '" onerror="alert(1)', "á"):
        pupils.cell(nb, "double").outputs = [new_output("display_data", data={"image/png": forged})]
        shown = page_of(nb, {"double-valores": Verdict(Outcome.FAILED)})
        assert "onerror" not in shown and svg not in shown


@pytest.mark.parametrize("outcome", ["failed", "timed out", "CheckFailed", "AssertionError"])
def test_page_without_a_record(graded: Graded, tmp_path: Path, outcome: str) -> None:
    """What an older version graded has its page from the notebook's outputs; no traceback gets on it."""
    course = mini.copy(graded[0], tmp_path / "course")
    records.forget(course, "mini", "despistada")
    path = course.autograded / "despistada" / "mini" / "mini.ipynb"
    node = notebook.read(path)
    output = pupils.cell(node, "double-valores").outputs[0]
    output.update(ename=outcome, traceback=["student.double(torch.tensor([3.0, 5.0, 7.0]))"])
    notebook.write(node, path)

    text = text_of(regenerate(course, "despistada"))

    assert words.OUTCOMES.get(outcome, words.OUTCOMES[Outcome.FAILED]) in text
    assert "Llamada double(tensor [3] float32 = [3, 5, 7])" in text
    assert "torch.tensor([3.0" not in text


def test_hidden_cell_that_another_program_ran_tells_little(course: Course) -> None:
    """Without a record there is only its output, in which everything may be learner-made."""
    nb = graded_notebook(course)
    for aspect in ("publico", "valores"):
        error = new_output("error", ename="Ω" * 5000, evalue="Ω" * 5000, traceback=["Ω" * 5000])
        pupils.cell(nb, f"double-{aspect}").outputs = [error]

    shown = page_of(nb)
    pupils.cell(nb, "double-publico").outputs = []

    assert shown.count("Ω") > 5000
    assert page_of(nb).count("Ω") == QUOTED_CHARACTERS == 120


def test_long_texts_are_cut(course: Course) -> None:
    """A page stays one that can be read, whatever was printed."""
    nb = graded_notebook(course, double="\n".join(f"x{i} = {i}" for i in range(5000)))
    pupils.cell(nb, "double").outputs = [new_output("stream", name="stdout", text="x" * 10**6)]

    shown = page_of(nb, {"double-valores": Verdict(Outcome.FAILED)})

    assert len(shown) < 200_000
    assert "… (y 4600 líneas más)" in text_of(shown)


def test_half_a_character_is_written(course: Course) -> None:
    """A lone surrogate in a learner's text doesn't keep the page from being written."""
    shown = page_of(graded_notebook(course), {"double-valores": Verdict(Outcome.FAILED, "\ud800")})

    assert shown.encode()


# What gets through


def attacked(course: Course) -> str:
    """A page in which everything that a learner has a hand in is an attack."""
    nb = graded_notebook(course, double=ATTACK, own=ATTACK, comment=ATTACK)
    pupils.cell(nb, "double").outputs = [
        new_output("stream", name="stdout", text=ATTACK),
        new_output("error", ename=ATTACK, evalue=ATTACK, traceback=[ATTACK]),
        new_output("display_data", data={"text/plain": ATTACK, "text/html": ATTACK, "image/svg+xml": ATTACK}),
        new_output("display_data", data={"image/png": ATTACK, "application/javascript": "alert(5)"}),
    ]
    rows = (
        Row(Label.CALL, ATTACK, is_code=True),
        Row(Label.OBTAINED, ATTACK),
        Row(Label.LINE, ATTACK, is_code=True, number=1),
    )
    verdicts = {
        "double-publico": Verdict(Outcome.FAILED, "✘", rows, ATTACK),
        "double-valores": Verdict(Outcome.PROCESS_DIED, ATTACK),
    }
    error = new_output("error", ename=ATTACK, evalue=ATTACK)
    pupils.cell(nb, "add-one-publico").outputs = [error]
    return page_of(nb, verdicts, student=ATTACK, notebook=ATTACK)


def test_everything_of_a_learner_is_escaped(course: Course) -> None:
    """No attack makes a tag, an attribute or an address."""
    shown = attacked(course)
    parsed = Parsed(shown)
    tags = {tag for tag, _ in parsed.tags}

    assert shown.count("&lt;script&gt;") > 10
    assert not tags & {"script", "iframe", "object", "embed", "link", "base", "form"}
    assert not [name for _, attributes in parsed.tags for name in attributes if name.startswith("on")]
    assert all(address.startswith("#") for address in parsed.values("href"))
    assert all(address.startswith("data:image/png;base64,") for address in parsed.values("src"))
    assert "49" not in text_of(shown)


# How it is made


@pytest.fixture(params=["despistada", "vacio", "referencia", "bucle", "attacked"])
def shown(request: pytest.FixtureRequest, graded: Graded, course: Course) -> str:
    """A page of each kind."""
    return attacked(course) if request.param == "attacked" else pages(graded[0])[request.param]


def test_page_is_well_made(shown: str) -> None:
    """Its language, its policy, headings in order, landmarks, links that lead somewhere, pictures told."""
    parsed = Parsed(shown)
    tags = [tag for tag, _ in parsed.tags]
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    ids = parsed.values("id")

    assert shown.lstrip().lower().startswith("<!doctype html>")
    assert ("html", {"lang": "es"}) in parsed.tags
    assert any(value.startswith("default-src 'none'") for value in parsed.values("content"))
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert [tags.count(tag) for tag in ("header", "main", "footer", "table", "caption")] == [1] * 5
    assert len(ids) == len(set(ids))
    assert set(parsed.values("aria-labelledby")) | {a[1:] for a in parsed.values("href")} <= set(ids)
    assert all("alt" in attributes for tag, attributes in parsed.tags if tag == "img")
    assert parsed.tags[tags.index("body") + 1] == ("a", {"class": "skip", "href": "#contenido"})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_ink_is_readable_on_every_paper(theme: str) -> None:
    """In each theme, all colours of text contrast with all those behind them; no colour stands elsewhere."""
    style = (TEMPLATES / "style.css").read_text("utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w{6})", each)) for each in style.split("@media screen", 1)
    )
    colours = light if theme == "light" else light | dark
    inks = {name: colour for name, colour in colours.items() if name.startswith("ink")}
    papers = {name: colour for name, colour in colours.items() if name.startswith("paper")}

    assert len(inks) > 5 and len(papers) > 3
    assert dark.keys() == light.keys() - {"picture"}
    assert len(re.findall(r"#[0-9a-f]{3,8}\b|rgb|hsl", style)) == len(light) + len(dark)
    for ink, paper in product(inks, papers):
        assert contrast(inks[ink], papers[paper]) >= LEAST_CONTRAST, (ink, paper)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """How light a colour is, from 0 to 1."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
