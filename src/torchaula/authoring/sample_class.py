"""Make a sample class: what sixteen learners might hand in for each assignment, always the same.

It is made from the released notebook, the model solutions and the known answers. All sixteen hand in the
course's first assignment, which shows all that can happen. In a later one an odd submission turns up, another
one each time; some average learners have given up, one solves everything, never as the model does, and each
of the others fails at an exercise with few known answers, since finding out what these do takes long.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torchaula.course import answers, converters, notebook
from torchaula.course.answers import KnownAnswer
from torchaula.course.layout import Course, require_writable
from torchaula.course.notebook import Exercise
from torchaula.errors import Refusal
from torchaula.i18n import _

MARKER = ".sample-class.json"
# Average learners: the share of exercises that each answers, and the share of right answers.
IN_BETWEEN = {
    "alba": (1.0, 0.9),
    "bruno": (1.0, 0.75),
    "carla": (0.9, 0.6),
    "diego": (0.8, 0.8),
    "elena": (0.75, 0.5),
    "gonzalo": (0.6, 0.7),
    "irene": (0.5, 0.4),
    "javier": (0.3, 0.5),
}
LASTS = {"javier": 1, "irene": 1, "gonzalo": 1, "elena": 1, "diego": 2, "carla": 2}  # how many they hand in
SOLVES = "alba"  # every exercise of a later assignment
HARD = 2  # exercises of a later assignment at which the others fail
ODD = ("vacio", "roto", "parcial")  # one of them hands in a later assignment
ONCE = ("referencia", "alternativa", "despistada", "bucle", "ausente")  # only the first assignment
ENDLESS = "while True:\n    pass"


@dataclass(frozen=True)
class Material:
    """What a class is made from: the released notebook and, for each exercise, possible answers."""

    released: str
    exercises: Mapping[str, Exercise]
    answers: Mapping[str, Sequence[KnownAnswer]]

    def model(self, exercise: str) -> str:
        return self.exercises[exercise].solution.answer

    def right(self, exercise: str) -> list[str]:
        return [answer.source for answer in self.answers[exercise] if answer.is_right]

    def wrong(self, exercise: str) -> list[str]:
        return [answer.source for answer in self.answers[exercise] if not answer.is_right]


def material(course: Course, assignment: str) -> Material:
    """Load what a class is made from. Raises `Refusal` if the assignment is not released."""
    source = converters.source(course, assignment)
    released = course.released(assignment)
    known = {name: answers.load(course, assignment, each) for name, each in source.exercises.items()}
    for name, found in known.items():
        if not any(a.is_right for a in found) or all(a.is_right for a in found):
            raise Refusal(
                _("{path}: needs a right answer and a wrong one; write them").format(
                    path=answers.path(course, assignment, name)
                )
            )
    return Material(released.read_text(encoding="utf-8"), source.exercises, known)


def submissions(made_from: Material, place: int = 0) -> dict[str, str]:
    """The text of each learner's notebook who hands in the assignment at this place of the course."""
    here, odd = present(place), _made(made_from)
    made = {student: make() for student, make in odd.items() if student in here}
    some = (student for student in IN_BETWEEN if student in here)
    return made | {student: handed_in(made_from, _some(made_from, student, place)) for student in some}


def _made(m: Material) -> dict[str, Callable[[], str]]:
    """What makes the notebooks of all but the average learners."""
    exercises = list(m.exercises)
    model = {name: m.model(name) for name in exercises}
    half = {name: model[name] for name in exercises[: (len(exercises) + 1) // 2]}
    return {
        "referencia": lambda: handed_in(m, model),
        "alternativa": lambda: handed_in(m, _otherwise(m)),
        "vacio": lambda: m.released,
        "parcial": lambda: handed_in(m, half),
        "ausente": lambda: handed_in(m, half),
        "despistada": lambda: handed_in(m, {name: m.wrong(name)[0] for name in exercises}),
        "roto": lambda: handed_in(m, model)[: len(m.released) // 2],
        "bucle": lambda: handed_in(m, model | _endless(m)),
    }


def present(place: int) -> set[str]:
    """Who hands in the assignment at this place of the course, from 0."""
    if place == 0:
        return {*ONCE, *ODD, *IN_BETWEEN}
    return {ODD[place % len(ODD)]} | {each for each in IN_BETWEEN if place < LASTS.get(each, place + 1)}


def handed_in(made_from: Material, solutions: Mapping[str, str]) -> str:
    """The released notebook with these solutions in it."""
    node = notebook.loads(made_from.released)
    for cell in node.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in solutions:
            cell.source = solutions[name].rstrip("\n")
    return notebook.text(node)


def _endless(made_from: Material) -> dict[str, str]:
    """An endless solution, to the exercise with the fewest graded cells, because each waits for a timeout."""
    if not made_from.exercises:  # a person grades everything
        return {}
    name = min(made_from.exercises, key=lambda name: len(made_from.exercises[name].graded))
    solution = made_from.exercises[name].solution
    return {name: solution.markers.stub(solution.source, text=ENDLESS)}


def _otherwise(made_from: Material) -> dict[str, str]:
    """The first known right answer to each exercise, all of them other programs than the model solution."""
    return {name: made_from.right(name)[0] for name in made_from.exercises}


def _some(made_from: Material, student: str, place: int) -> dict[str, str]:
    """Some answers, some of them wrong. The learner's name is the random seed."""
    if place and student == SOLVES:
        return _otherwise(made_from)
    tried, right = IN_BETWEEN[student]
    fails = _hard(made_from, student, place) if place else None
    solutions = {}
    for name in made_from.exercises:
        draw = random.Random(f"{student}/{name}")
        if draw.random() >= tried and name != fails:
            continue
        pool = [made_from.model(name)]
        if name == fails or (draw.random() >= right and place == 0):
            pool = made_from.wrong(name)
        elif place == 0:
            pool += made_from.right(name)
        solutions[name] = pool[int(draw.random() * len(pool))]
    return solutions


def _hard(made_from: Material, student: str, place: int) -> str | None:
    """The exercise of a later assignment at which a learner fails; None where no exercise is graded."""
    hard = sorted(made_from.exercises, key=lambda name: len(made_from.answers[name]))[:HARD]
    return hard[(place + [*IN_BETWEEN].index(student)) % len(hard)] if hard else None


def write(course: Course, assignment: str) -> list[str]:
    """Write what the class hands in to `submitted/`; returns who hands something in.

    Raises `Refusal`, and writes nothing, if `submitted/` has submissions of others.
    """
    made_from = material(course, assignment)
    place = course.assignments.index(assignment)
    made = submissions(made_from, place)
    require_writable(course.submitted, is_private=True)
    written = _read_marker(course)
    _require_untouched(course, written)
    paths = {f"{student}/{assignment}/{assignment}.ipynb": text for student, text in made.items()}
    for relative, text in paths.items():
        path = course.submitted / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for student in present(0):
        (course.submitted / student).mkdir(exist_ok=True)
    marker = written | {relative: _digest(text) for relative, text in paths.items()}
    (course.submitted / MARKER).write_text(
        json.dumps(marker, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    return list(made)


def _read_marker(course: Course) -> dict[str, str]:
    try:
        marker = json.loads((course.submitted / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return marker if isinstance(marker, dict) else {}


def _require_untouched(course: Course, written: Mapping[str, str]) -> None:
    """Raise `Refusal` if `submitted/` contains anything but the class as it was written before."""
    for path in sorted(course.submitted.glob("*/**/*")):
        relative = path.relative_to(course.submitted).as_posix()
        ours = path.is_dir() or written.get(relative) == _digest(path.read_text("utf-8", "replace"))
        if path.is_symlink() or not ours:
            raise Refusal(
                _(
                    "{path}: not of the sample class, or changed since; nothing was written. Move it away, "
                    "or grade what is there with `torchaula grade`"
                ).format(path=path)
            )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
