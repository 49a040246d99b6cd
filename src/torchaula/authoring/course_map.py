"""Write `docs/map.md`: which exercise teaches which concept, and what each builds on.

Order, concepts and what an exercise builds on stand in `course.toml` and `concepts.toml`, points and minutes
in the notebooks. `torchaula format` writes the page and its picture anew, and `check` tells what can't be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from torchaula.authoring import derived, path_picture
from torchaula.course import concepts, converters, outline
from torchaula.course.concepts import Concept
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.course.outline import Entry, Lesson
from torchaula.files import whole
from torchaula.i18n import _

PAGE, PICTURE = Path("docs/map.md"), Path("docs/path.svg")
INTRODUCTION = """\
# Map of the course

`make format` writes this page from `course.toml`, `concepts.toml` and the notebooks. Minutes are an estimate.

![{told}](path.svg)
"""


@dataclass(frozen=True)
class Row:
    """An exercise on the map."""

    assignment: str
    id: str
    name: str
    idea: str
    points: float
    minutes: int
    lesson: Lesson

    @property
    def link(self) -> str:
        return f"[`{self.id}`](#{self.assignment})"


def faults(course: Course, notebook: Notebook) -> Iterator[str]:
    """Where `course.toml` says of the notebook's exercises what can't be."""
    entries = outline.load(course.root)
    own = outline.entry(course.root, notebook.assignment)
    if own.is_draft or own not in entries:
        return
    known = {each.id for each in concepts.load(course.root)}
    earlier = [name for each in entries[: entries.index(own)] for name in each.exercises]
    yield from _unlisted(own, list(notebook.exercises))
    for name, lesson in own.exercises.items():
        for concept in lesson.teaches:
            if concept not in known:
                yield _("{exercise}: {file} has no concept '{concept}'; add it, or name another").format(
                    exercise=name, file=concepts.FILE, concept=concept
                )
        for base in lesson.builds_on:
            if base not in earlier:
                yield _(
                    "{exercise}: builds on '{base}', which is no exercise before it; name another"
                ).format(exercise=name, base=base)
        earlier.append(name)


def _unlisted(own: Entry, exercises: Sequence[str]) -> Iterator[str]:
    if list(own.exercises) != exercises:
        yield _("{file} lists other exercises than the notebook, or in another order; list {names}").format(
            file=outline.FILE, names=", ".join(exercises)
        )


def untaught(course: Course) -> list[str]:
    """The concepts that no exercise teaches."""
    taught = {
        concept
        for entry in outline.load(course.root)
        for each in entry.exercises.values()
        for concept in each.teaches
    }
    return [each.id for each in concepts.load(course.root) if each.id not in taught]


def files(course: Course) -> dict[Path, str]:
    """The page and its picture, as they should stand; nothing for a course without a list of concepts."""
    listed = concepts.load(course.root)
    entries = [each for each in outline.load(course.root) if not each.is_draft]
    if not listed or not entries:
        return {}
    rows = {each.name: list(_rows(each, converters.source(course, each.name))) for each in entries}
    stops = [
        path_picture.Stop(each.name, len(rows[each.name]), sum(row.minutes for row in rows[each.name]))
        for each in entries
    ]
    sides = side_branches(entries)
    page = "\n".join(
        [
            INTRODUCTION.format(told=path_picture.told(stops, sides)),
            *(_assignment(each, rows[each.name]) for each in entries),
            *_concepts(listed, [row for each in rows.values() for row in each]),
        ]
    )
    return {course.root / PAGE: page, course.root / PICTURE: path_picture.drawn(stops, sides)}


def outdated(course: Course) -> list[Path]:
    """The files that don't say what they should."""
    return [
        path
        for path, text in files(course).items()
        if not path.is_file() or path.read_bytes() != text.encode()
    ]


def write(course: Course) -> list[Path]:
    """Write the files that are outdated; returns them."""
    wanted = files(course)
    changed = outdated(course)
    for path in changed:
        with whole(path) as file:
            file.write_text(wanted[path], encoding="utf-8")
    return changed


def side_branches(entries: Sequence[Entry]) -> set[str]:
    """The assignments on which no later one builds, except the last."""
    used = {
        base
        for each in entries
        for lesson in each.exercises.values()
        for base in lesson.builds_on
        if base not in each.exercises
    }
    return {each.name for each in entries[:-1] if used.isdisjoint(each.exercises)}


def _rows(entry: Entry, notebook: Notebook) -> Iterator[Row]:
    for name, each in notebook.exercises.items():
        head = derived.head(each)
        if head is not None and name in entry.exercises:
            yield Row(
                entry.name, name, head.name, head.idea, each.points, head.minutes, entry.exercises[name]
            )


def _assignment(entry: Entry, rows: Sequence[Row]) -> str:
    return "\n".join(
        [
            f"## {entry.name}",
            "",
            f"[{entry.title}](../release/{entry.name}/{entry.name}.ipynb): {entry.builds}.",
            "",
            "| exercise | function or class | the idea | points | minutes | builds on | teaches |",
            "|---|---|---|---:|---:|---|---|",
            *(_row(each) for each in rows),
            "",
        ]
    )


def _row(row: Row) -> str:
    builds_on = ", ".join(f"`{name}`" for name in row.lesson.builds_on) or "–"
    cells = [f"`{row.id}`", f"`{row.name}`", row.idea, f"{row.points:g}", row.minutes, builds_on]
    return f"| {' | '.join(map(str, cells))} | {', '.join(row.lesson.teaches)} |"


def _concepts(listed: Sequence[Concept], rows: Sequence[Row]) -> Iterator[str]:
    yield "## Where each concept is taught"
    for part in dict.fromkeys(each.part for each in listed):
        yield f"\n### {part}\n\n| concept | in Spanish | id | exercises |\n|---|---|---|---|"
        for concept in (each for each in listed if each.part == part):
            taught = ", ".join(row.link for row in rows if concept.id in row.lesson.teaches)
            yield f"| {concept.english} | {concept.spanish} | {concept.id} | {taught or '–'} |"
    yield ""
