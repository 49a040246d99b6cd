"""Compare a notebook's opening and ending with `course.toml`: the title, the order, what comes next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from torchaula.authoring import prose
from torchaula.course import outline
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.course.outline import Entry
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
    yield from _order(text, entries)
    if own in entries and not own.is_draft:
        yield from _next(notebook, entries[entries.index(own) + 1 :])


def _order(text: str, entries: Sequence[Entry]) -> Iterator[str]:
    """Whether the opening lists the assignments in their order, and all that are published."""
    names = [each.name for each in entries]
    lists = [[name for name in NAMED.findall(each[0]) if name in names] for each in LISTED.finditer(text)]
    if any(named != sorted(named, key=names.index) for named in lists):
        yield _("the opening names the assignments in another order than {file}; change one of them").format(
            file=outline.FILE
        )
    published = {each.name for each in entries if not each.is_draft}
    if entries and not any(published <= set(named) for named in lists):
        yield _(
            "the opening doesn't list the course's assignments; write '`{names}`', with its own in bold"
        ).format(names="`, `".join(each.name for each in entries if not each.is_draft))


def _next(notebook: Notebook, later: Sequence[Entry]) -> Iterator[str]:
    """Whether the ending says what the learner can do by now, and names the assignment that follows."""
    following = next((each.name for each in later if not each.is_draft), None)
    text = "\n".join(cell.source for cell in prose.ending(notebook) if cell.is_prose)
    if "## Qué te llevas" not in text:
        yield _("the ending doesn't say what the learner can do by now; add '## Qué te llevas'")
    if following is not None and f"`{following}`" not in text:
        yield _("the ending doesn't name what comes next, '`{name}`'; add it").format(name=following)
