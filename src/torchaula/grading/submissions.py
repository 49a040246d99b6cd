"""What was handed in, looked at before anything runs: who, and whether it can be graded at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torchaula.course import notebook
from torchaula.course.layout import GLOB_CHARACTERS, Course
from torchaula.errors import Refusal
from torchaula.grading import submitted
from torchaula.grading.nbgrader_preprocessors import foreign_files
from torchaula.grading.rebuild import grade_id, settled
from torchaula.i18n import _


@dataclass(frozen=True)
class Submission:
    """One student's folder for an assignment. `problem` says why it can't be graded, if so.

    `remarks` say what else in it an instructor should know of; it is graded all the same.
    """

    student: str
    folder: Path
    problem: str = ""
    remarks: tuple[str, ...] = ()


def collect(course: Course, assignment: str, student: str | None = None) -> list[Submission]:
    """Every submission to an assignment, by student, or that of `student` alone.

    Raises `Refusal` where there is none.
    """
    folders = sorted(path for path in course.submitted.glob("*") if path.is_dir() or path.is_symlink())
    students = [path.name for path in folders if not path.name.startswith(".")]
    if student is not None and student not in students:
        raise Refusal(
            _("{folder}: there is no student {student!r}; there are: {students}").format(
                folder=course.submitted, student=student, students=", ".join(students) or "-"
            )
        )
    if not students:
        raise Refusal(
            _(
                "{folder}: nothing was handed in; put each notebook at "
                "submitted/<student>/{assignment}/{assignment}.ipynb, or run `torchaula sample-class`"
            ).format(folder=course.submitted, assignment=assignment)
        )
    return [_look(course, assignment, name) for name in students if student in (None, name)]


def _look(course: Course, assignment: str, student: str) -> Submission:
    folder = course.submitted / student / assignment
    problem = (
        _bad_name(student)
        or _bad_links(course.submitted / student, folder)
        or _bad_notebook(folder)
        or _wrong_notebook(course.notebook(assignment), folder)
    )
    if problem:
        return Submission(student, folder, problem)
    return Submission(student, folder, remarks=tuple(_remarks(course.notebook(assignment), folder)))


def _bad_name(student: str) -> str:
    if GLOB_CHARACTERS & set(student) or student != student.strip():
        return _("nbgrader can't work with this name (* ? [ ], or a blank at an end): rename the folder")
    return ""


def _bad_links(*folders: Path) -> str:
    """A link could make grading read, or a student's code change, what is not the student's."""
    links = [path for folder in folders for path in (folder, *sorted(folder.glob("*"))) if path.is_symlink()]
    links += [path for path in sorted(folders[-1].rglob("*")) if path.is_symlink()]
    return _("{name} is a link: put the file itself there").format(name=links[0].name) if links else ""


def _bad_notebook(folder: Path) -> str:
    """Why a folder's notebook, called like the folder, can't be graded."""
    path = folder / f"{folder.name}.ipynb"
    if path.is_file():
        return _bad_content(path)
    others = sorted(other.name for other in folder.glob("*.ipynb"))
    if len(others) == 1:
        return _("no {name}, but {other}: rename it to {name}").format(name=path.name, other=others[0])
    if others:
        return _("no {name}, but {others}: rename the right one to {name}").format(
            name=path.name, others=", ".join(others)
        )
    return _("no notebook: {name} is missing").format(name=f"{folder.name}/{path.name}")


def _bad_content(path: Path) -> str:
    try:
        submitted.read(path.read_bytes())
    except Refusal as error:
        return str(error)
    except OSError as error:
        return _("can't be read ({reason}): ask for the file again").format(reason=error.strerror)
    return ""


def _wrong_notebook(source: Path, folder: Path) -> str:
    """A notebook without any of the assignment's cells would have zero points, and nobody would wonder."""
    cells = {grade_id(cell) for cell in notebook.read(source).cells} - {""}
    if cells.isdisjoint(cell.name for cell in submitted.read((folder / source.name).read_bytes())):
        return _("not this assignment: none of its cells is in the notebook; ask for the right one")
    return ""


def _remarks(source: Path, folder: Path) -> Iterator[str]:
    yield from settled(notebook.read(source), submitted.read((folder / source.name).read_bytes()))
    strangers = [str(path.relative_to(folder)) for path in foreign_files(folder, source.parent)]
    if strangers:
        yield _("files left out: {files}").format(files=", ".join(strangers))
