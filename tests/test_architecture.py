"""The folders show the wall: an import that crosses it, in whatever folder, fails `make lint`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests import mini

# A new file in each folder, and something that it may not import.
FORBIDDEN = {
    "authoring": "torchaula.classroom.batch.records",
    "authoring.audit": "torchaula.report.audit_table",
    "checks": "torchaula.course.layout",
    "checks.messages": "torchaula.course.answers",
    "classroom.batch": "torchaula.report.page",
    "classroom.gradebook": "torchaula.classroom.batch.desk",
    "classroom.intake": "torchaula.classroom.gradebook.ledger",
    "classroom.intake.moodle": "torchaula.classroom.gradebook.marks",
    "course": "torchaula.grading.wire.limits",
    "course.rebuilding": "torchaula.authoring.new",
    "handin": "torchaula.cli",
    "grading.sandboxed": "torchaula.grading.trusted.judge",
    "grading.trusted": "torchaula.grading.sandboxed.student",
    "grading.wire": "torchaula.course.notebook",
    "plugins": "torchaula.cli",
    "report": "torchaula.plugins.autograde",
    "report.exports": "torchaula.plugins.collect",
}


def lint(folder: Path) -> str:
    """What `lint-imports` says of a copy of this package, where it refuses it; nothing, where it does not."""
    program = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "COLUMNS": "400"}
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True)
    return done.stdout if done.returncode else ""


def copied(folder: Path) -> Path:
    """A copy of this package with its rules."""
    package, ignored = Path("src", "torchaula"), shutil.ignore_patterns("__pycache__", "locale", "templates")
    shutil.copytree(mini.ROOT / package, folder / package, ignore=ignored)
    shutil.copy(mini.ROOT / "pyproject.toml", folder)
    return folder


def test_forbidden_import_in_any_folder_fails_lint(tmp_path: Path) -> None:
    """No rule names the new file: it is caught where it stands."""
    folder = copied(tmp_path)
    for part, imported in FORBIDDEN.items():
        place = folder / "src" / "torchaula" / part.replace(".", "/") / "planted.py"
        place.write_text(f'"""Planted."""\n\nimport {imported}  # noqa: F401\n')

    told = "".join(lint(folder).split())

    for part, imported in FORBIDDEN.items():
        assert f"torchaula.{part}.planted->{imported}(" in told, part


def test_each_folder_has_a_forbidden_import() -> None:
    """A new folder is tried too, once it is there."""
    root = mini.ROOT / "src" / "torchaula"
    folders = {str(path.parent.relative_to(root)).replace("/", ".") for path in root.rglob("[!_]*.py")}

    assert folders - {"."} == FORBIDDEN.keys()


def test_file_that_no_rule_names_fails_lint(tmp_path: Path) -> None:
    """Beside the folders there is no place for a file to hide in."""
    folder = copied(tmp_path)
    for place in ("planted.py", "grading/planted.py", "classroom/planted.py"):
        (folder / "src" / "torchaula" / place).write_text('"""Planted."""\n')

    told = lint(folder)

    for module in ("torchaula.planted", "torchaula.grading.planted", "torchaula.classroom.planted"):
        assert module in told
