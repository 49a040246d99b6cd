"""Read which mutants are equivalent, and why, from `answers/<assignment>/equivalent.md`.

    @@ softmax @@ the largest number of each group is 0, so the clamp changes nothing
    -    old line
    +    new line

Each entry in a block of `diff` is a change of an exercise's model solution, as the audit shows it, and must
be one of its mutants: an entry that a changed solution leaves behind is refused. The file stands beside the
known answers, and not among them, since a declared mutant has nobody graded again. At most a tenth of an
assignment's mutants may stand there: a score of what is left says little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torchaula.authoring.audit.mutants import Mutant
from torchaula.authoring.audit.mutants import of as made
from torchaula.course import changes, text_files
from torchaula.course.answers import DIFF, blocks, program
from torchaula.course.changes import Change
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.i18n import _

NAME = "equivalent.md"
MOST = 0.10  # of an assignment's mutants


def path(course: Course, assignment: str) -> Path:
    """The file of an assignment's equivalent mutants."""
    return course.answers / assignment / NAME


def load(
    course: Course, notebook: Notebook, mutants: Mapping[str, Sequence[Mutant]]
) -> dict[str, dict[str, str]]:
    """Why programs are equivalent, for each exercise of `mutants`. Raises `Refusal` where one is stale."""
    file = path(course, notebook.assignment)
    if not file.is_file():
        return {exercise: {} for exercise in mutants}
    return read(text_files.read(file), file, notebook, mutants)


def read(
    text: str, path: Path, notebook: Notebook, mutants: Mapping[str, Sequence[Mutant]]
) -> dict[str, dict[str, str]]:
    """The same for a file's text; `path` is for messages."""
    found: dict[str, dict[str, str]] = {exercise: {} for exercise in mutants}
    diffs = [lines for language, lines in blocks(text, path) if language == DIFF]
    declared = [change for lines in diffs for change in changes.read(lines, path)]
    for change in declared:
        model = notebook.exercise(change.id).solution.answer + "\n"
        if change.id in found:
            _add(found[change.id], change, program(change.applied(model)), mutants[change.id])
    _require_few(len(declared), path, notebook, mutants)
    return found


def _require_few(
    declared: int, path: Path, notebook: Notebook, mutants: Mapping[str, Sequence[Mutant]]
) -> None:
    """Raise `Refusal` where more than a tenth of the assignment's mutants are declared."""
    if declared <= MOST * sum(map(len, mutants.values())):
        return
    all_of = (mutants.get(name) or made(exercise) for name, exercise in notebook.exercises.items())
    if declared > MOST * (total := sum(map(len, all_of))):
        raise Refusal(
            _("{path}: {declared} of {total} mutants; at most a tenth may be equivalent").format(
                path=path, declared=declared, total=total
            )
        )


def _add(found: dict[str, str], change: Change, made: str, mutants: Sequence[Mutant]) -> None:
    if change.base or change.fails or change.is_right:
        raise Refusal(
            _("{where}: expected '@@ exercise @@ reason', a change of its model solution").format(
                where=change.where
            )
        )
    if made not in {program(mutant.source) for mutant in mutants}:
        raise Refusal(
            _("{where}: no mutant of {exercise} is this program; delete the entry").format(
                where=change.where, exercise=change.id
            )
        )
    if made in found:
        raise Refusal(_("{where}: this mutant stands here twice; delete one").format(where=change.where))
    found[made] = change.sentence
