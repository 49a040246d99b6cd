"""Collect the submissions before anything runs: whose they are, and whether they can be graded."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torchaula.classroom.batch.assignments import Assignment
from torchaula.classroom.intake import exchange_files, received, roster
from torchaula.classroom.intake.handed_in import (
    LITTER,
    MOST_FILES,
    SHOWN,
    File,
    Folder,
    look,
    shown,
    unspeakable,
)
from torchaula.classroom.intake.received import Register
from torchaula.course.layout import GLOB_CHARACTERS, Course
from torchaula.course.rebuilding import submitted
from torchaula.course.rebuilding.rebuild import Sorted, settled, sort
from torchaula.course.rebuilding.work import NO_WORK, Work
from torchaula.digests import digest
from torchaula.errors import Refusal
from torchaula.i18n import _, some

MOST_NAMES = 3  # how many students a remark names
STRANGER = _("not in students.csv")


@dataclass(frozen=True)
class Submission:
    """What one student handed in for an assignment. `problem` says why it can't be graded, if so.

    `notebook` is the file to grade, or None if nothing was handed in; `digest` is its digest. `work` is what
    the learner wrote in it, and `is_untouched` says that it answers nothing. `remarks` are for the instructor
    and don't stop grading. `is_of_student` is false if nobody knows whose it is.
    """

    student: str
    notebook: Path | None = None
    digest: str = ""
    problem: str = ""
    remarks: tuple[str, ...] = ()
    work: Work = NO_WORK
    is_untouched: bool = False
    is_of_student: bool = True

    @property
    def is_missing(self) -> bool:
        return self.notebook is None and not self.problem

    @property
    def can_be_graded(self) -> bool:
        return self.notebook is not None and not self.problem


def collect(assignment: Assignment, students: Iterable[str] = ()) -> list[Submission]:
    """Every submission to an assignment, by student, including students who handed in nothing.

    `students` selects some; none given: everybody. Raises `Refusal` for an unknown student.
    """
    course = assignment.course
    found = _folders(course)
    listed = [each.id for each in roster.load(course)]
    everybody = list(dict.fromkeys([*found, *listed]))
    if unknown := [name for name in students if name not in everybody]:
        raise Refusal(
            _("{folder}: there is no student {student!r}; there are: {students}").format(
                folder=course.submitted, student=unknown[0], students=", ".join(everybody) or "-"
            )
        )
    taken_in = received.load(course, assignment.name)
    if not (found or taken_in.problems or taken_in.unmatched):
        raise Refusal(
            _(
                "{folder}: nothing was handed in; put each notebook at "
                "submitted/<student>/{assignment}/{assignment}.ipynb, or run `torchaula sample-class`"
            ).format(folder=course.submitted, assignment=assignment.name)
        )
    looked_at = [of_student(assignment, name) for name in everybody]
    wanted, compared = set(students), _compared(looked_at, set(listed), taken_in)
    return [each for each in compared if not wanted or each.student in wanted]


def dropped_out(course: Course, students: Iterable[str], found: Sequence[Submission]) -> list[Submission]:
    """Those of `students` for whom `found` has no submission, not even an empty one from `students.csv`."""
    known, remarks = {each.student for each in found}, (STRANGER,) if roster.load(course) else ()
    return [Submission(each, remarks=remarks) for each in students if each not in known]


def handed_in(assignment: Assignment) -> Iterator[Submission]:
    """The submission in each student's folder, not yet compared with the others."""
    return (of_student(assignment, name) for name in _folders(assignment.course))


def _folders(course: Course) -> list[str]:
    folders = sorted(path for path in course.submitted.glob("*") if path.is_dir() or path.is_symlink())
    return [path.name for path in folders if not LITTER.fullmatch(path.name)]


def of_student(assignment: Assignment, student: str) -> Submission:
    """What a student handed in. Anything odd becomes this submission's problem, and stops no other."""
    if unspeakable(student):
        problem = _(
            "nobody can write or send this name (a control character, or no UTF-8): rename the folder"
        )
        return Submission(shown(student), problem=problem, is_of_student=False)
    try:
        folder = look(assignment.course, student, assignment.name)
        if problem := _bad_name(student) or _bad_links(folder):
            return Submission(student, problem=problem)
        return Submission(student) if folder.is_empty else _read(assignment, student, folder)
    except Refusal as error:
        return Submission(student, problem=str(error))
    except OSError as error:
        problem = _("can't be read ({reason}): ask for the file again").format(reason=error.strerror)
        return Submission(student, problem=problem)


def _bad_name(student: str) -> str:
    if GLOB_CHARACTERS & set(student) or student != student.strip():
        return _("nbgrader can't work with this name (* ? [ ], or a blank at an end): rename the folder")
    return ""


def _bad_links(folder: Folder) -> str:
    """Refuse links: grading could read, or student code change, files of somebody else."""
    names = [folder.root.name] * folder.root.is_symlink() + [file.below.name for file in folder.links]
    return _("{name} is a link: put the file itself there").format(name=shown(names[0])) if names else ""


def _read(assignment: Assignment, student: str, folder: Folder) -> Submission:
    """Read the submission in a student's folder. Raises `Refusal` or `OSError`."""
    file = folder.chosen()
    path = folder.at(file)
    try:
        content = submitted.load(path)
        cells = sort(assignment.instructor, submitted.read(content))
    except Refusal as error:
        told = "" if path.name == f"{assignment.name}.ipynb" else f"{folder.told(file)}: "
        return Submission(student, path, problem=f"{told}{error}")
    # The wrong notebook would silently get zero points.
    if not cells.is_of_assignment:
        problem = _("not this assignment: none of its cells is in the notebook; ask for the right one")
        return Submission(student, path, problem=problem)
    remarks = [*_other_files(assignment, folder, file), *settled(cells)]
    digest = submitted.digest_of(content)
    return Submission(student, path, digest, "", tuple(remarks), cells.work, _is_untouched(cells))


def _is_untouched(found: Sorted) -> bool:
    """Whether all solutions are as released."""
    answers = (each.cell for each in found.work.pieces if each.cell.name in found.work.solutions)
    return all(map(found.known.is_released, answers)) and not found.answers.elsewhere


def _other_files(assignment: Assignment, folder: Folder, file: File) -> Iterator[str]:
    others = [folder.told(other) for other in folder.notebooks if other != file]
    if others:
        yield _("from {name}; also there: {others}").format(
            name=folder.told(file), others=some(others, SHOWN)
        )
    elif folder.told(file) != f"{assignment.name}.ipynb":
        yield _("from {name}").format(name=folder.told(file))
    if strangers := [shown(str(name)) for name in _strangers(assignment, folder, file)]:
        yield _("files left out: {files}").format(files=some(strangers, SHOWN))
    if folder.is_cut:
        yield _("more than {most} files").format(most=MOST_FILES)


def _strangers(assignment: Assignment, folder: Folder, notebook: File) -> Iterator[Path]:
    """The files beside a notebook that come neither from the instructor nor from nbgrader."""
    expected = {*assignment.support, *map(Path, exchange_files.NAMES)}
    for file in folder.files:
        if file.below.is_relative_to(notebook.below.parent) and not (
            file.is_folder or file.stem or file.is_litter
        ):
            below = file.below.relative_to(notebook.below.parent)
            if below not in expected:
                yield below


def _compared(found: Sequence[Submission], listed: set[str], taken_in: Register) -> Iterator[Submission]:
    """The submissions with remarks from comparing them, and one for each thing that was not collected."""
    known = {each.student for each in found}
    found = [*found, *(Submission(each) for each in taken_in.problems if each not in known)]
    people = _grouped({each.student: _folded(each.student) for each in found})
    written = [each for each in found if each.can_be_graded and not each.is_untouched]
    texts = {each.student: _digest_of_texts(each) for each in written}
    same = _grouped(texts)
    for each in found:
        each = _with_problems(each, taken_in.problems.get(each.student, ()))
        remarks = [*each.remarks, *taken_in.remarks.get(each.student, [])]
        if listed and each.student not in listed:
            remarks.append(STRANGER)
        if twins := people[_folded(each.student)] - {each.student}:
            remarks.append(_("the same student as {others}?").format(others=some(sorted(twins), MOST_NAMES)))
        if twins := same[texts[each.student]] - {each.student} if each.student in texts else set():
            remarks.append(
                _("the same answers, word for word, as {others}").format(
                    others=some(sorted(twins), MOST_NAMES)
                )
            )
        yield replace(each, remarks=tuple(remarks))
    for name, reason in taken_in.unmatched.items():
        yield Submission(name, problem=reason, remarks=(STRANGER,) if listed else (), is_of_student=False)


def _digest_of_texts(each: Submission) -> str:
    """A digest of what a learner wrote, ignoring blanks around each text."""
    return digest([piece.cell.source.strip() for piece in each.work.pieces])


def _with_problems(each: Submission, problems: Sequence[str]) -> Submission:
    """The submission with the reasons why other things of the same student were not collected."""
    if not problems:
        return each
    told = "; ".join(problems)
    if each.is_missing:
        return replace(each, problem=told)
    beside = _("also handed in, and not collected: {problem}").format(problem=told)
    return replace(each, remarks=(beside, *each.remarks))


def _grouped(of: Mapping[str, Hashable]) -> defaultdict[Hashable, set[str]]:
    groups: defaultdict[Hashable, set[str]] = defaultdict(set)
    for student, key in of.items():
        groups[key].add(student)
    return groups


def _folded(student: str) -> str:
    """A name without the differences that two folders of one student may have: case, accents, separators."""
    return re.sub(r"[\W_]+", "-", roster.without_accents(student)).strip("-")
