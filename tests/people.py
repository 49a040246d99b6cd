"""People of this machine: commands run as different users, as on a JupyterHub with a shared disk.

No account is added. Each person's commands run where `/etc/passwd` names them too (bubblewrap shows them
another file there), as a user id that is otherwise unused. Needs root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import mini, programs

FIRST_ID = 61_001
NEEDED = (mini.ROOT, Path(sys.prefix), Path(sys.base_prefix))
ALL_READ = 0o004


def why_not() -> str:
    """Why there can be no other people here; empty if there can."""
    if os.geteuid() != 0:
        return "only root can run commands as other users"
    if not shutil.which("bwrap") or not shutil.which("setpriv"):
        return "bubblewrap or setpriv is not installed"
    if not Path(__file__).stat().st_mode & ALL_READ:
        return "others can't read this checkout"
    return ""


class Person:
    """A user with a home that nobody else can enter."""

    def __init__(self, name: str, number: int, machine: Machine) -> None:
        self.name, self.number, self._machine = name, number, machine
        self.home = machine.folder / name
        self.home.mkdir(mode=0o700)
        self._starter: programs.Starter | None = None
        self.own(self.home)

    def own(self, place: Path) -> None:
        """Give a file, or a folder with all that is in it, to this user."""
        for path in (place, *place.rglob("*")):
            os.chown(path, self.number, self.number, follow_symlinks=False)

    def nbgrader(self, command: str, *words: str, at: Path | None = None, umask: str, code: int = 0) -> str:
        """Run one of nbgrader's commands; what it tells."""
        return self.run("nbgrader", command, *words, at=at, umask=umask, code=code)

    def run(self, *words: str, at: Path | None = None, umask: str, code: int = 0) -> str:
        """Run a command in a folder, at home if none is named; what it tells. It must end with this code."""
        if self._starter is None:
            self._starter = programs.Starter(self._machine.within(self.number))
        path = f"{mini.PROGRAMS}{os.pathsep}{os.environ['PATH']}"
        environment = {"HOME": str(self.home), "USER": self.name, "PATH": path, "LC_ALL": "C.UTF-8"}
        environment |= {"COLUMNS": "200", programs.UMASK: umask}
        done = programs.run_with(self._starter, *words, cwd=at or self.home, env=environment)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def can(self, *words: str) -> bool:
        """Whether a plain program of the system ends well for this user."""
        done = subprocess.run([*self._machine.within(self.number), *words], capture_output=True, cwd="/")
        return done.returncode == 0

    def leave(self) -> None:
        """End this user's processes."""
        if self._starter is not None:
            self._starter.close()


class Machine:
    """What these people share: a folder that all can enter, with their homes in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o755)
        self._passwd = folder / "passwd"
        shutil.copyfile("/etc/passwd", self._passwd)
        self.people: dict[str, Person] = {}

    def person(self, name: str) -> Person:
        """A new user."""
        number = FIRST_ID + len(self.people)
        with self._passwd.open("a") as accounts:
            accounts.write(f"{name}:x:{number}:{number}::{self.folder / name}:/bin/sh\n")
        made = self.people[name] = Person(name, number, self)
        return made

    def within(self, number: int) -> list[str]:
        """The words that start a program as a user, who can read this Python wherever it is installed."""
        closed = {place for path in NEEDED if (place := _closed(path)) is not None}
        hidden = [word for place in sorted(closed) for word in ("--tmpfs", str(place))]
        inside = [path for path in NEEDED if any(path.is_relative_to(place) for place in closed)]
        parents = sorted({each for path in inside for each in path.parents if _is_inside(each, closed)})
        hidden += [word for each in parents for word in ("--perms", "0755", "--dir", str(each))]
        shown = [word for path in inside for word in ("--ro-bind", str(path), str(path))]
        return [
            *("bwrap", "--die-with-parent", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"),
            *("--dev-bind", "/", "/", *hidden, *shown, "--ro-bind", str(self._passwd), "/etc/passwd", "--"),
            *("setpriv", "--reuid", str(number), "--regid", str(number), "--clear-groups", "--"),
        ]


def _is_inside(path: Path, folders: set[Path]) -> bool:
    return any(path.is_relative_to(each) and path != each for each in folders)


def _closed(path: Path) -> Path | None:
    """The first folder on the way to a path that others can't enter."""
    return next((each for each in reversed(path.parents) if not each.stat().st_mode & 0o001), None)


@contextmanager
def machine() -> Iterator[Machine]:
    """A machine without people; afterwards nothing of it is left."""
    with tempfile.TemporaryDirectory(prefix="people-", dir="/tmp") as folder:
        made = Machine(Path(folder))
        try:
            yield made
        finally:
            for person in made.people.values():
                person.leave()
