"""The feedback page in a real browser: keyboard, magnification, themes, paper, axe-core, and no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_output

from tests import pupils
from tests.rebuilding import rebuild
from tests.test_feedback import LEAST_CONTRAST, PIXEL, ROOT, Graded, attacked, contrast, pages
from tests.test_formgrader import CHROMIUM, QUIET
from torchaula.classroom.batch.records import Record
from torchaula.course import notebook
from torchaula.course.layout import Course, find
from torchaula.course.rebuilding.submitted import read
from torchaula.findings import Finding, Kind, Label, Reason, Row
from torchaula.grading.trusted.jobs import Result as Found
from torchaula.grading.trusted.verdict import Outcome, Verdict
from torchaula.report import words
from torchaula.report.page import page
from torchaula.report.render import render
from torchaula.report.solutions import model_solutions

WHERE = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
pytestmark = [WHERE, pytest.mark.sampled(4)]

NARROW = 320  # CSS pixels: what is left of 1280 at 400 %
PAPER = 650  # about the width of a sheet of A4 between its margins
OPEN = "() => document.querySelectorAll('details').forEach(each => each.open = true)"
COLOURS = """() => {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const hex = c => '#' + c.match(/\\d+/g).slice(0, 3).map(n => (+n).toString(16).padStart(2, '0')).join('');
  while (walker.nextNode()) {
    if (!walker.currentNode.data.trim()) continue;
    let at = walker.currentNode.parentElement;
    const ink = hex(getComputedStyle(at).color);
    while (at && getComputedStyle(at).backgroundColor === 'rgba(0, 0, 0, 0)') at = at.parentElement;
    found.add(ink + hex(getComputedStyle(at || document.documentElement).backgroundColor));
  }
  return [...found];
}"""
# What stands beyond the page's edge, or beyond that of a box that neither grows nor scrolls.
CUT_OFF = """() => {
  const isPaper = matchMedia('print').matches, found = [];
  for (const each of document.body.querySelectorAll('*:not(svg *)')) {
    if (each.closest('.unseen, .skip, thead')) continue;
    const box = each.getBoundingClientRect(), { overflowX } = getComputedStyle(each);
    const scrolls = !isPaper && each.parentElement.closest('pre, math[display=block]');
    const hides = overflowX === 'hidden' || (isPaper && overflowX !== 'visible');
    const isBeyond = !scrolls && box.width && box.right > innerWidth + 1;
    if (isBeyond || (hides && each.scrollWidth > each.clientWidth + 1)) found.push(each.outerHTML);
  }
  return found;
}"""
HIDDEN = """() => [...document.querySelectorAll('main *:not(svg *)')]
  .filter(each => !each.closest('.back') && !each.checkVisibility()).map(each => each.outerHTML)"""
STOP = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  return {
    place: [...document.querySelectorAll('*')].indexOf(at), tag: at.tagName, kind: at.className,
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && at.checkVisibility(),
    marked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
  };
}"""


def whole(course: Course, assignment: str) -> str:
    """A page with all that one may have, of an assignment in which each test failed in a way of its own."""
    source = notebook.load(course.notebook(assignment))
    handed_in = course.released(assignment).read_bytes()
    nb = rebuild(notebook.read(course.notebook(assignment)), read(handed_in))
    graded = [cell for each in source.exercises.values() for cell in each.graded]
    done = next(iter(source.exercises))
    verdicts = {
        cell.id: Verdict(Outcome.PASSED) if cell.exercise == done else failed(number)
        for number, cell in enumerate(graded)
    }
    for number, name in enumerate(source.exercises):
        cell = pupils.cell(nb, name)
        cell.metadata.nbgrader.comment = "Mira `dim` con calma.\nY otra vez." if number % 2 else ""
        cell.outputs = [
            new_output("display_data", data={"image/png": PIXEL}),
            new_output("stream", name="stdout", text="una línea larga que no cabe " * 20),
        ]
    for cell in graded:
        pupils.cell(nb, cell.id).metadata.nbgrader.score = cell.points if verdicts[cell.id].passed else 0
    nb.cells.append(new_code_cell("mine = " + " + ".join(map(str, range(60)))))
    names = {"notebook": assignment, "student": "ana", "score": 40, "max_score": 100, "late_penalty": 2.5}
    record = Record(Found(verdicts, lost={done: "timed out"}))
    return render(page(nb, names, record, model_solutions(source)))


def failed(number: int) -> Verdict:
    """One of the ways in which a test fails."""
    outcomes = [each for each in Outcome if each is not Outcome.PASSED]
    outcome = outcomes[number % len(outcomes)]
    rows = (
        Row(Label.CALL, f"softmax(tensor [2, 3] float32 = {[[float(number)] * 3] * 2}, dim=1)", is_code=True),
        Row(Label.OBTAINED, f"tensor [2, 3] float32 = {[[0.1] * 3] * 2}", is_code=True),
        Row(Label.EXPECTED, f"tensor [2, 3] float32 = {[[1 / 3] * 3] * 2}", is_code=True),
        Row(Label.DIFFERENCE, "difieren 6 de 6 valores; el primero, en [0, 0]: 0.1 en lugar de 0.3333"),
        Row(Label.LINE, '"""Softmax."""', is_code=True, number=2),
    )
    if number % 5 == 4:
        return Verdict(outcome, f"un mensaje sin más\n{'x' * 300}")
    unwritten = Finding(Kind.NO_RESULT, reason=Reason.UNWRITTEN)
    sentence = "tu resultado coincide con aplicar `softmax` sobre el lote" if number % 3 == 0 else ""
    return Verdict(outcome, "✘", rows, sentence, finding=unwritten if number % 7 == 5 else None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def kinds(graded: Graded, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind, as a file."""
    folder = tmp_path_factory.mktemp("kinds")
    students = ("despistada", "vacio", "referencia", "bucle")
    shown = {student: pages(graded[0])[student] for student in students}
    shown["attacked"] = attacked(graded[0])
    shown["whole"] = whole(find(ROOT), "mlp")
    for name, text in shown.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in shown}


@pytest.fixture
def full(kinds: dict[str, Path]) -> str:
    """The address of a page with all that one may have."""
    return kinds["whole"].as_uri()


def test_attacked_page_does_nothing(kinds: dict[str, Path], browser: Any) -> None:
    """Opened in a browser, it runs no script, opens no dialog and asks for nothing else."""
    tab, seen, address = browser.new_page(), [], kinds["attacked"].as_uri()
    tab.on("dialog", lambda dialog: (seen.append(dialog.message), dialog.dismiss()))
    tab.on("console", lambda message: seen.append(message.text))
    tab.on("request", lambda request: seen.append(request.url))

    tab.goto(address)
    tab.evaluate(OPEN)
    tab.wait_for_timeout(300)

    assert seen == [address]


@pytest.mark.parametrize("assignment", Course(ROOT).assignments)
def test_formulas_are_set_without_the_network(assignment: str, browser: Any, tmp_path: Path) -> None:
    """A page of the course asks for nothing but itself, and each of its formulas takes room."""
    path = tmp_path / "page.html"
    path.write_text(whole(find(ROOT), assignment), encoding="utf-8")
    tab, seen = browser.new_page(), []
    tab.on("request", lambda request: seen.append(request.url))

    tab.goto(path.as_uri())
    tab.evaluate(OPEN)
    sizes = "() => [...document.querySelectorAll('math')].map(each => each.getBoundingClientRect().width)"

    assert all(width > 3 for width in tab.evaluate(sizes))
    assert seen == [path.as_uri()]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(kinds: dict[str, Path], browser: Any, theme: str) -> None:
    """In both themes, with all details open, on pages of every kind."""
    context = browser.new_context(color_scheme=theme, bypass_csp=True)  # the page's policy would stop axe
    tab = context.new_page()
    for name, path in kinds.items():
        tab.goto(path.as_uri())
        tab.evaluate(OPEN)
        assert serious(tab) == [], name
    context.close()


@pytest.mark.parametrize(
    ("theme", "good", "bad", "rule"),
    [
        ("light", 'lang="es"', "", "html-has-lang"),
        ("light", 'alt="', 'data-alt="', "image-alt"),
        ("light", "--ink-quiet: #515a68", "--ink-quiet: #9aa3b0", "color-contrast"),
        ("dark", "--ink-quiet: #b1bac6", "--ink-quiet: #515a68", "color-contrast"),
        ("light", 'role="group"', 'role="groop"', "aria-roles"),
    ],
)
def test_axe_would_see_it(
    kinds: dict[str, Path], browser: Any, tmp_path: Path, theme: str, good: str, bad: str, rule: str
) -> None:
    """A planted fault is found, in the theme in which it stands."""
    text = kinds["whole"].read_text("utf-8")
    assert good in text
    (tmp_path / "page.html").write_text(text.replace(good, bad), encoding="utf-8")
    context = browser.new_context(color_scheme=theme, bypass_csp=True)
    tab = context.new_page()
    tab.goto((tmp_path / "page.html").as_uri())
    tab.evaluate(OPEN)

    assert rule in serious(tab)
    context.close()


def serious(tab: Any) -> list[str]:
    """The rules of axe-core that a page breaks seriously or critically."""
    found = Axe().run(tab).response["violations"]
    return [each["id"] for each in found if each["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_is_readable_in_both_themes(kinds: dict[str, Path], browser: Any, theme: str) -> None:
    """The contrast of each text with what is behind it; the two themes have no pair of colours in common."""
    tab, pairs = browser.new_page(color_scheme=theme), set()
    for path in kinds.values():
        tab.goto(path.as_uri())
        tab.evaluate(OPEN)
        pairs |= {(both[:7], both[7:]) for both in tab.evaluate(COLOURS)}

    assert len(pairs) > 10
    assert min(contrast(*both) for both in pairs) >= LEAST_CONTRAST
    papers = {paper for _ink, paper in pairs}
    assert all((contrast(paper, "#000000") > 10) == (theme == "light") for paper in papers)


@pytest.mark.parametrize("width", [NARROW, 360, 1100])
def test_page_fits_its_window(kinds: dict[str, Path], browser: Any, width: int) -> None:
    """From a small phone, or 400 %, on, no page scrolls sideways or cuts anything off; code scrolls alone."""
    tab = browser.new_page(viewport={"width": width, "height": 256})
    for name, path in kinds.items():
        tab.goto(path.as_uri())
        tab.evaluate(OPEN)
        assert tab.evaluate("() => document.documentElement.scrollWidth") <= width, name
        assert tab.evaluate(CUT_OFF) == [], name
        boxes = "() => [...document.querySelectorAll('pre')].every(each => each.clientWidth <= innerWidth)"
        assert tab.evaluate(boxes), name


def test_long_code_scrolls_in_its_own_box(full: str, browser: Any) -> None:
    """The keyboard reaches it there."""
    tab = browser.new_page(viewport={"width": NARROW, "height": 256})
    tab.goto(full)
    wide = tab.locator("section.part > pre.code").first
    assert wide.evaluate("each => each.scrollWidth > each.clientWidth")

    wide.focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")

    tab.wait_for_function("() => document.querySelector('section.part > pre.code').scrollLeft > 0")


def test_keyboard_reaches_everything_in_order(full: str, browser: Any) -> None:
    """Tab goes down the page; each stop is in sight and marked; a key opens details, and they follow."""
    tab = browser.new_page(viewport={"width": 1100, "height": 800})
    tab.goto(full)
    stops: list[dict[str, Any]] = []
    while len(stops) < 2000:
        tab.keyboard.press("Tab")
        stop = tab.evaluate(STOP)
        if stop["tag"] in ("BODY", "HTML"):
            break
        stops.append(stop)
        if stop["tag"] == "SUMMARY":
            tab.keyboard.press("Enter")

    assert stops[0]["kind"] == "skip"
    assert [stop["place"] for stop in stops] == sorted({stop["place"] for stop in stops})
    assert [stop for stop in stops if not (stop["seen"] and stop["marked"])] == []
    assert not tab.evaluate("() => [...document.querySelectorAll('details')].some(each => !each.open)")
    assert {stop["tag"] for stop in stops} == {"A", "SUMMARY", "PRE"}
    count = "() => document.querySelectorAll('a[href], summary, [tabindex=\"0\"]').length"
    assert len(stops) == tab.evaluate(count)


def test_skip_link_leads_past_the_head(full: str, browser: Any) -> None:
    """The first stop; from there the next one is inside the content."""
    tab = browser.new_page()
    tab.goto(full)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")

    assert tab.evaluate("() => document.activeElement.id") == "contenido"
    tab.keyboard.press("Tab")
    assert tab.evaluate("() => document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_has_everything(kinds: dict[str, Path], browser: Any, theme: str) -> None:
    """On paper details are open, nothing is cut off or hidden, and colours are those of paper."""
    tab = browser.new_page(viewport={"width": PAPER, "height": 900}, color_scheme=theme)
    tab.emulate_media(media="print", color_scheme=theme)
    for name, path in kinds.items():
        tab.goto(path.as_uri())
        assert tab.evaluate(HIDDEN) == [], name
        assert tab.evaluate(CUT_OFF) == [], name
        assert tab.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_links_work_in_a_pdf(full: str, browser: Any) -> None:
    """Each exercise in the summary leads to its place, without a file's address in between."""
    tab = browser.new_page()
    tab.goto(full)
    links = tab.evaluate("() => document.querySelectorAll('table a').length")
    made = tab.pdf(format="A4")

    assert links > 5
    assert len(re.findall(rb"/Subtype\s*/Link", made)) >= links
    assert b"file://" not in made


def test_model_solution_waits_in_details(full: str, browser: Any) -> None:
    """It stands beneath the learner's own answer, and a learner opens it."""
    tab = browser.new_page()
    tab.goto(full)
    part = tab.locator("section.part", has=tab.locator(".solution")).first

    code = part.locator("pre.code")
    assert code.count() == 2
    assert code.nth(0).is_visible() and not code.nth(1).is_visible()
    part.locator("summary", has_text=words.SOLUTION).focus()
    tab.keyboard.press("Space")
    assert code.nth(1).is_visible()
