"""nbgrader's formgrader in a real browser: the graded class is there to look at."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import mini
from torchaula.classroom.batch import records
from torchaula.classroom.batch.entries import Entry
from torchaula.course.layout import Course
from torchaula.grading.trusted.verdict import Outcome

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
URL = re.compile(r"http://127\.0\.0\.1:\d+/\S*")


@contextmanager
def jupyter_lab(folder: Path, home: Path, python: str = sys.executable) -> Iterator[str]:
    """The address of a JupyterLab in a folder, as `make lab` starts it, but for a browser."""
    token = secrets.token_hex(8)
    command = [python, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={token}", "--ServerApp.port=0"]
    environment = os.environ | {"HOME": str(home), "JUPYTER_CONFIG_DIR": str(home)}
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
        page.goto(url, timeout=60_000)  # logs the browser in
        page.goto(f"{base}/formgrader/manage_submissions/mini", timeout=60_000)
        page.wait_for_selector("text=referencia", timeout=60_000)
        page.screenshot(path=tmp_path / "submissions.png", full_page=True)
        submissions = page.inner_text("body")
        page.goto(f"{base}/formgrader/gradebook/mini/mini", timeout=60_000)
        page.wait_for_selector("text=Submission #1", timeout=60_000)
        page.screenshot(path=tmp_path / "gradebook.png", full_page=True)
        page.goto(f"{base}/formgrader/manage_submissions/mini", timeout=60_000)
        page.click("tr:has-text('bucle') td.autograde a", timeout=60_000)
        page.wait_for_selector("text=Successfully autograded", timeout=120_000)
        browser.close()

    # nbgrader lists folders with a notebook of any name in them.
    assert {student for student in graded[1] if student not in submissions} == {"nothing"}
    assert "10 / 10" in submissions
    record = records.load(course, "mini", "bucle")
    assert record is not None
    assert [v.outcome for v in record.result.verdicts.values()].count(Outcome.TIMED_OUT) == 2
    assert "Unwritable directory" not in (home / "log").read_text()
