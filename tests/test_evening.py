"""A learner's evening: from the zip alone, in JupyterLab, in a real browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests import kernels, learners
from tests.learners import COURSE
from tests.test_formgrader import CHROMIUM, QUIET, jupyter_lab
from torchaula.authoring import pack
from torchaula.course import notebook

NAME = "tensores"
# All cells are in the page, not only those in sight, and no question about news lies over them.
SETTINGS = {
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
}
DEPENDENCIES = tomllib.loads((learners.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
WRONG = "def to_nchw(images):\n    return images.permute(0, 3, 1, 2) / 256"
WAIT = 120_000  # milliseconds at most, on a busy machine
TRIES = 6
RUNNING = "cell => /\\[(\\*|\\d+)\\]/.test(cell.querySelector('.jp-InputPrompt').textContent)"
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The unpacked zip, with an environment of its own in which its package is installed."""
    with pack.wheel() as package, ZipFile(pack.pack(COURSE, NAME, package)) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / NAME
    subprocess.run([sys.executable, "-m", "venv", folder / ".venv"], check=True)
    learners.lend(folder / ".venv", learners.brought([*DEPENDENCIES, "jupyterlab"]))
    [wheel] = folder.glob("*.whl")
    install = [folder / ".venv/bin/python", "-m", "pip", "install", "--quiet", "--no-deps", wheel]
    subprocess.run(install, check=True, capture_output=True)
    return folder


class Page:
    """The learner's notebook in the browser."""

    def __init__(self, page: Any, path: Path) -> None:
        self.page, self._path = page, path
        node = json.loads(path.read_text(encoding="utf-8"))
        self._ids = [kernels.looked_up(cell) for cell in node["cells"]]

    def cell(self, name: str) -> Any:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self._ids.index(name))

    def run_all(self) -> None:
        """Choose *Run all* until cells run: JupyterLab forgets it while its kernel is being connected."""
        from playwright.sync_api import TimeoutError

        first = self.cell("preparacion").element_handle()
        for _ in range(TRIES):
            self.page.click(".lm-MenuBar-itemLabel:text-is('Run')")
            self.page.click("[data-command='runmenu:run-all']")
            with suppress(TimeoutError):
                self.page.wait_for_function(RUNNING, arg=first, timeout=10_000)
                break
        self.cell("entrega").locator(".jp-OutputArea-output").first.wait_for(timeout=WAIT)

    def answer(self, name: str, source: str) -> str:
        """Write an answer, run it, and run the check below; what the check shows."""
        editor = self.cell(name).locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)
        shown = self.shown(f"{name}-publico")
        self.page.keyboard.press("Shift+Enter")
        self.page.keyboard.press("Shift+Enter")
        return self.changed(f"{name}-publico", shown, end="Llevas")

    def run(self, name: str, end: str) -> str:
        """Run a cell; what it shows, with `end` in it."""
        shown = self.shown(name)
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        return self.changed(name, shown, end)

    def shown(self, name: str) -> str:
        return str(self.cell(name).locator(".jp-OutputArea").inner_text())

    def changed(self, name: str, before: str, end: str) -> str:
        """What a cell shows once that is something else, with `end` in it."""
        self.page.wait_for_function(
            "([cell, before, end]) => {"
            " const shown = cell.querySelector('.jp-OutputArea').innerText;"
            " return shown !== before && shown.includes(end) }",
            arg=[self.cell(name).element_handle(), before, end],
            timeout=WAIT,
        )
        return self.shown(name)

    def save(self) -> None:
        self.page.keyboard.press("Control+S")


@contextmanager
def opened(home: Path, tmp_path: Path) -> Iterator[Page]:
    """The notebook, opened in JupyterLab as LEEME.md says."""
    from playwright.sync_api import sync_playwright

    place = tmp_path / "jupyter"
    (place / "labconfig").mkdir(parents=True)
    (place / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(SETTINGS))
    path = home / f"{NAME}.ipynb"
    python = str(home / ".venv/bin/python")
    lab = {"JUPYTERLAB_DIR": str(Path(sys.prefix) / "share" / "jupyter" / "lab")}  # its pages, lent too
    with jupyter_lab(home, place, python, lab) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport=DESKTOP)
        base, _, token = url.partition("?")
        page.goto(f"{base}/lab/tree/{path.name}?{token}", timeout=WAIT)
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=WAIT)
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']", timeout=WAIT)
        yield Page(page, path)
        browser.close()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_learner_s_evening(home: Path, tmp_path: Path) -> None:
    """Run all, a wrong and a right answer, the check, the table, and the receipt of the saved file."""
    exercise = notebook.load(COURSE.notebook(NAME)).exercise("to-nchw")
    with opened(home, tmp_path) as learner:
        learner.run_all()
        assert "todavía por escribir" in learner.cell("decode-publico").inner_text()
        assert "Con respuesta: 0 de 8" in learner.cell("entrega").inner_text()

        told = learner.answer("to-nchw", WRONG)
        assert "✘ to-nchw" in told and "Esperado" in told
        assert "Llevas 0 de 8 ejercicios" in told
        learner.page.screenshot(path=tmp_path / "wrong.png")

        told = learner.answer("to-nchw", exercise.solution.answer)
        assert "✔ to-nchw: comprobación pública superada" in told
        assert re.search(r"Llevas 1 de 8 ejercicios y 3 de \d+ puntos públicos", told)
        learner.page.screenshot(path=tmp_path / "right.png")

        learner.save()
        told = learner.run("entrega", end="Con respuesta: 1")
        assert "✔ tensores.ipynb está entero y listo para entregar" in told
        assert "Con respuesta: 1 de 8 ejercicios" in told and "Recibo:" in told
        assert re.search(r"to-nchw +3 de 3 +✔ pasa", told)
        learner.page.screenshot(path=tmp_path / "receipt.png")
        learner.page.keyboard.press("Escape")
        learner.page.keyboard.press("Control+B")  # the list of files
        learner.page.set_viewport_size(PHONE)
        learner.cell("to-nchw-publico").scroll_into_view_if_needed()
        learner.page.screenshot(path=tmp_path / "phone.png")
