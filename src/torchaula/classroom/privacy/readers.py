"""Find what other users of this machine can read of a course's students."""

from __future__ import annotations

import stat
from pathlib import Path

from torchaula.course import converters
from torchaula.course.layout import Course

EMPTY = {"README.md"}  # what a folder may hold that is nobody's


def open_to_others(course: Course) -> list[Path]:
    """The folders and files with students' data that other users can read.

    A folder with the set-group-ID bit is shared with a group on purpose. Nothing counts below a folder that
    others can't enter.
    """
    file = converters.address(course).file
    places = [course.submitted, course.autograded, course.feedback, course.downloaded, course.grades]
    places += [course.state, course.root / "students.csv", *([file] if file else [])]
    return [path for path in places if path.exists() and _is_personal(path) and _is_open(path)]


def _is_personal(path: Path) -> bool:
    return path.is_file() or any(each.name not in EMPTY for each in path.iterdir())


def _is_open(path: Path) -> bool:
    mode = path.stat().st_mode
    others = bool(mode & stat.S_IROTH) and all(_mode(each) & stat.S_IXOTH for each in path.parents)
    is_shared = _mode(path if path.is_dir() else path.parent) & stat.S_ISGID
    group = bool(mode & stat.S_IRGRP) and not is_shared
    return others or (group and all(_mode(each) & (stat.S_IXGRP | stat.S_IXOTH) for each in path.parents))


def _mode(path: Path) -> int:
    return path.stat().st_mode
