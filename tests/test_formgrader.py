"""nbgrader's formgrader in a real browser: the graded class is there to look at."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers

from tests import mini
from torchaula.classroom.batch import records
from torchaula.classroom.batch.entries import Entry
from torchaula.course import converters, notebook
from torchaula.course.layout import Course, find
from torchaula.grading.trusted.verdict import Outcome
from torchaula.report import markup

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
BASE = "http://formgrader.test/"
STATIC = Path(handlers.__file__).parent / "static"
ROOT = Path(__file__).parents[1]
URL = re.compile(r"http://127\.0\.0\.1:\d+/\S*")


@contextmanager
def jupyter_lab(
    folder: Path, home: Path, python: str = sys.executable, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The address of a JupyterLab in a folder, as `make lab` starts it, but for a browser."""
    token = secrets.token_hex(8)
    command = [python, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={token}", "--ServerApp.port=0"]
    environment = os.environ | {"HOME": str(home), "JUPYTER_CONFIG_DIR": str(home)} | dict(settings or {})
    log = home / "log"
    with log.open("w") as stream:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=stream, stderr=stream)
    try:
        yield f"{address(log)}?token={token}"
    finally:
        server.terminate()
        server.wait(30)


def address(log: Path) -> str:
    """The server's own words on where it is, as soon as it says them."""
    for _ in range(600):
        found = URL.search(log.read_text())
        if found:
            return found[0].partition("/lab")[0]
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_formgrader_lists_the_class(graded: tuple[Course, dict[str, Entry]], tmp_path: Path) -> None:
    """The formgrader shows the assignment, who handed in and their points; its button runs the engine."""
    from playwright.sync_api import sync_playwright

    course = mini.copy(graded[0], tmp_path / "course")
    (course.state / "exchange").mkdir()
    records.forget(course, "mini", "bucle")
    home = tmp_path / "home"
    home.mkdir()

    with jupyter_lab(course.root, home) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        base = url.partition("?")[0]
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url, timeout=60_000)  # logs the browser in
        page.goto(f"{base}/formgrader/manage_submissions/mini", timeout=60_000)
        page.wait_for_selector("text=referencia", timeout=60_000)
        page.screenshot(path=tmp_path / "submissions.png", full_page=True)
        submissions = page.inner_text("body")
        page.goto(f"{base}/formgrader/gradebook/mini/mini", timeout=60_000)
        page.wait_for_selector("text=Submission #1", timeout=60_000)
        page.screenshot(path=tmp_path / "gradebook.png", full_page=True)
        page.click("text=Submission #1")
        page.wait_for_selector("#notebook-container .nbgrader_cell", timeout=60_000)
        page.goto(f"{base}/formgrader/manage_submissions/mini", timeout=60_000)
        page.click("tr:has-text('bucle') td.autograde a", timeout=60_000)
        page.wait_for_selector("text=Successfully autograded", timeout=120_000)
        browser.close()

    # nbgrader lists folders with a notebook of any name in them.
    assert {student for student in graded[1] if student not in submissions} == {"nothing"}
    assert "10 / 10" in submissions
    assert [each for each in asked if each.startswith("http") and not each.startswith(base)] == []
    record = records.load(course, "mini", "bucle")
    assert record is not None
    assert [v.outcome for v in record.result.verdicts.values()].count(Outcome.TIMED_OUT) == 2
    assert "Unwritable directory" not in (home / "log").read_text()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.sampled(1)
@pytest.mark.parametrize("assignment", Course(ROOT).assignments)
def test_formgrader_shows_statements_without_the_network(assignment: str, tmp_path: Path) -> None:
    """The page that it makes of each assignment that ships: formulas are set, and pictures have no frame."""
    from playwright.sync_api import sync_playwright

    course, asked, foreign = find(ROOT), [], []
    shown = formgraded(course, assignment)
    source = notebook.load(course.notebook(assignment))
    prose = [re.sub(r"```.*?```", "", cell.source, flags=re.S) for cell in source.cells if cell.is_prose]
    written = [each.lastgroup for text in prose for each in markup.TAUGHT.finditer(text)]
    pictures = sum(text.count("](img/") for text in prose)

    def answer(route: Any) -> None:
        """Give what the formgrader serves: the page, nbgrader's own files, those beside the notebook."""
        path = route.request.url.removeprefix(BASE)
        asked.append(path)
        file = (
            STATIC / path.partition("/static/")[2]
            if "/static/" in path
            else course.source / assignment / path
        )
        if path == "page":
            route.fulfill(body=shown, content_type="text/html")
        elif file.is_file():
            route.fulfill(path=file)
        else:
            foreign.append(path)
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        page.route("**/*", answer)
        page.goto(f"{BASE}page")
        page.evaluate("() => document.querySelectorAll('details').forEach(each => each.open = true)")
        sizes = "all => all.map(each => each.getBoundingClientRect().width)"
        formulas = page.eval_on_selector_all("#notebook-container math", sizes)
        frames = "all => all.map(each => [each.naturalWidth > 0, getComputedStyle(each).borderTopWidth])"
        images = page.eval_on_selector_all("#notebook-container img", frames)
        text = page.inner_text("#notebook-container")
        page.screenshot(path=tmp_path / "page.png", full_page=True)
        browser.close()

    assert not [path for path in foreign if "://" in path]
    assert written and len(formulas) == len([each for each in written if each != "code"])
    assert all(width > 3 for width in formulas)
    assert pictures and images == [[True, "0px"]] * pictures
    assert not re.search(r"\$[^$\n]*\\\\\w", text)


def formgraded(course: Course, assignment: str) -> str:
    """The page that the formgrader shows of a notebook."""
    settings = converters.config(course)
    settings.HTMLExporter.template_name = "formgrade"  # as the formgrader sets both
    settings.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    names = {
        "assignment_id": assignment,
        "notebook_id": assignment,
        "submission_id": "1",
        "index": 0,
        "total": 1,
    }
    names |= {"base_url": "", "student": "ana", "first_name": "Ana", "last_name": "", "notebook_path": ""}
    return str(HTMLExporter(config=settings).from_filename(str(course.notebook(assignment)), names)[0])
