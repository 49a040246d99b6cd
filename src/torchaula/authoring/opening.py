"""Compare a notebook's opening with `course.toml`: its title, and the order of the assignments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torchaula.authoring import prose
from torchaula.course import outline
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.i18n import _

NAMED = re.compile(r"`([a-z][a-z0-9-]*)`")
LISTED = re.compile(rf"(?:\*{{0,2}}{NAMED.pattern}\*{{0,2}}(?:, | y )?){{2,}}")  # `a`, **`b`** y `c`


def faults(course: Course, notebook: Notebook) -> Iterator[str]:
    """How title and order differ from `course.toml`."""
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
    listed = [each.name for each in entries]
    for together in LISTED.finditer(text):
        named = [name for name in NAMED.findall(together[0]) if name in listed]
        if named != sorted(named, key=listed.index):
            yield _(
                "the opening names the assignments in another order than {file}; change one of them"
            ).format(file=outline.FILE)
