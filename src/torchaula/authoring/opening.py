"""Compare a notebook's opening and ending with `course.toml`: the title, the order, what comes next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from torchaula.authoring import prose
from torchaula.course import outline
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.i18n import _

NAMED = re.compile(r"`([a-z][a-z0-9-]*)`")
LISTED = re.compile(rf"(?:\*{{0,2}}{NAMED.pattern}\*{{0,2}}(?:, | y )?){{2,}}")  # `a`, **`b`** y `c`


def faults(course: Course, notebook: Notebook) -> Iterator[str]:
    """How title, order and what comes next differ from `course.toml`."""
    entries = outline.load(course.root)
    own = outline.entry(course.root, notebook.assignment)
    text = "\n".join(cell.source for cell in prose.opening(notebook) if cell.is_prose)
    if entries and own not in entries:
        yield _("{file} does not list {assignment}; add an [[assignment]] in its place").format(
            file=outline.FILE, assignment=notebook.assignment
        )
    elif entries and not re.search(rf"^# {re.escape(own.title)}$", text, re.M):
        yield _("the title is not that of {file}, '# {title}'; change one of them").format(
            file=outline.FILE, title=own.title
        )
    names = [each.name for each in entries]
    published = [each.name for each in entries if not each.is_draft]
    named = _lists(text, names)
    if any(each != sorted(each, key=names.index) for each in named):
        yield _("the opening names the assignments in another order than {file}; change one of them").format(
            file=outline.FILE
        )
    if own.name in published:
        if not any(set(published) <= set(each) for each in named):
            yield _(
                "the opening doesn't list the course's assignments; write '`{names}`', with its own in bold"
            ).format(names="`, `".join(published))
        yield from _next(notebook, published[published.index(own.name) + 1 :])


def _lists(text: str, names: Sequence[str]) -> list[list[str]]:
    """The lists of assignments in a text."""
    return [[name for name in NAMED.findall(each[0]) if name in names] for each in LISTED.finditer(text)]


def _next(notebook: Notebook, later: Sequence[str]) -> Iterator[str]:
    """Whether the ending says what the learner can do by now, and names the assignment that follows."""
    text = "\n".join(cell.source for cell in prose.ending(notebook) if cell.is_prose)
    if "## Qué te llevas" not in text:
        yield _("the ending doesn't say what the learner can do by now; add '## Qué te llevas'")
    if later and f"`{later[0]}`" not in text:
        yield _("the ending doesn't name what comes next, '`{name}`'; add it").format(name=later[0])
