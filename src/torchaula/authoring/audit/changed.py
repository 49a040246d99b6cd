"""Find the exercises that changed since a commit: all that their audit hangs on is compared."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from torchaula.authoring.audit import equivalents
from torchaula.course import answers, notebook, text_files
from torchaula.course.layout import Course
from torchaula.course.markers import Markers
from torchaula.course.notebook import Notebook
from torchaula.digests import ROOT
from torchaula.errors import Refusal
from torchaula.i18n import _

JUDGES = ("checks", "grading", "authoring")  # the parts of this package that decide what the audit finds
Read = Callable[[Path], str]  # the text of a file; "" where there is none


def since(
    course: Course, assignments: Iterable[Notebook], markers: Markers, commit: str
) -> tuple[str, dict[str, list[str]]]:
    """The commit that is compared with, and by assignment the exercises that differ from it.

    Without a `commit` it is the last one or, where nothing has changed since then, the one before it.
    Raises `Refusal` where there is no such commit.
    """
    sources = list(assignments)
    last = ["HEAD", "HEAD~1"] if _exists(course.root, "HEAD~1") else ["HEAD"]
    for each in [commit] if commit else last:
        found = {source.assignment: _differing(course, source, markers, each) for source in sources}
        if any(found.values()):
            break
    return each, found


def _differing(course: Course, now: Notebook, markers: Markers, commit: str) -> list[str]:
    if not _exists(course.root, commit):
        raise Refusal(
            _("{commit}: no commit of {folder}; name one after --changed, or none").format(
                commit=commit, folder=course.root
            )
        )
    if _judges_differ(course, commit):
        return list(now.exercises)

    def old(path: Path) -> str:
        return _git(course.root, "show", f"{commit}:./{path.relative_to(course.root).as_posix()}")

    before = old(course.notebook(now.assignment))
    if not before:
        return list(now.exercises)
    then = notebook.parse(notebook.loads(before), now.assignment, markers)
    return [
        name
        for name in now.exercises
        if name not in then.exercises
        or _cells(now, name) != _cells(then, name)
        or _files(course, now.assignment, name, _read) != _files(course, now.assignment, name, old)
    ]


def _cells(source: Notebook, exercise: str) -> list[str]:
    """The texts of the cells that an exercise's audit hangs on."""
    own = source.exercises[exercise]
    return [cell.source for cell in (*source.setup, own.statement, own.solution, *own.graded)]


def _files(course: Course, assignment: str, exercise: str, read: Read) -> tuple[str, list[str]]:
    """An exercise's known answers, and its equivalent mutants."""
    declared = read(equivalents.path(course, assignment))
    entries = re.findall(rf"^@@ {re.escape(exercise)} @@.*\n(?:[-+ ].*\n|@@\n)*", declared, re.M)
    return read(answers.path(course, assignment, exercise)), entries


def _judges_differ(course: Course, commit: str) -> bool:
    """Whether the code that judges is in the course's repository, and other code than then."""
    if _git(ROOT, "rev-parse", "--show-toplevel") != _git(course.root, "rev-parse", "--show-toplevel"):
        return False
    done = _run(ROOT, "diff", "--quiet", commit, "--", *JUDGES)
    return done.returncode == 1


def _read(path: Path) -> str:
    return text_files.read(path) if path.is_file() else ""


def _exists(folder: Path, commit: str) -> bool:
    return bool(_git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}"))


def _git(folder: Path, *words: str) -> str:
    """What git prints; nothing where it fails."""
    done = _run(folder, *words)
    return "" if done.returncode else done.stdout


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, encoding="utf-8")
    except FileNotFoundError:
        raise Refusal(_("--changed asks git what has changed; install it")) from None
