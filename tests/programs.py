"""Run the real command lines, `torchaula` and nbgrader's, as forks of a process that has imported them.

Starting either takes a second or three of imports, which a suite would pay hundreds of times. A fork has the
arguments, folder, environment and descriptors of a command, and ends with its exit code. Commands that grade
use one warm worker, one after the other, as assignments do, unless they look for programs in other places.
A test that is about starting, signals or the environment's language starts the program itself (`subprocess`).

    python -m tests.programs DESCRIPTOR
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from torchaula.grading.trusted.client import THREADS, Client
from torchaula.grading.trusted.jobs import Result
from torchaula.grading.wire.frames import Channel

T = TypeVar("T")
PROGRAMS = Path(sys.executable).parent
ENTRIES = {"torchaula": "torchaula.cli", "nbgrader": "nbgrader.apps.nbgraderapp"}
# What the commands import when they need it.
LATER = (
    *("torchaula.plugins.autograde", "torchaula.plugins.guard", "torchaula.classroom.batch.batch"),
    *("alembic.migration", "alembic.script"),
)
GRADING = {"grade", "autograde", "demo"}  # words of the commands that need a worker
ASKED = 2**20  # bytes of a request
UMASK = "TESTS_UMASK"  # the variable that says it, where a command shall have its own


def run(
    *words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command, as `subprocess.run` does with captured output and nothing to read."""
    environment = os.environ if env is None else env
    return run_with(_starter(os.getpid()), *words, cwd=cwd or Path.cwd(), env=environment)


def run_with(
    starter: Starter, *words: str, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command as a fork of that process."""
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as told,
        Path(os.devnull).open("rb") as nothing,
    ):
        starter.begin(words, cwd, env, nothing.fileno(), out.fileno(), told.fileno())
        code = starter.ended()
        texts = []
        for file in (out, told):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess(words, code, *texts)


def run_at_terminal(*words: str, env: Mapping[str, str], talk: Callable[[int], T]) -> tuple[int, T]:
    """Run a command on a real terminal, at whose other end is `talk`; the exit code, and what `talk` returns.

    It must read until there is no more.
    """
    near, far = pty.openpty()
    starter = _starter(os.getpid())
    try:
        starter.begin(words, Path.cwd(), env, far, far, far)
        os.close(far)
        found = talk(near)
        return starter.ended(), found
    finally:
        os.close(near)


class Starter:
    """The process that has imported everything. It ends with this one.

    `within` are the words of a program that starts it, as another user for instance.
    """

    def __init__(self, within: Sequence[str] = ()) -> None:
        self._near, far = socket.socketpair()
        self._process = subprocess.Popen(
            [*within, sys.executable, "-m", "tests.programs", str(far.fileno())],
            cwd=Path(__file__).parents[1],
            pass_fds=[far.fileno()],
            stdin=subprocess.DEVNULL,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
        )
        far.close()
        atexit.register(self.close)

    def close(self) -> None:
        self._near.close()
        self._process.wait()

    def begin(self, words: tuple[str, ...], cwd: Path, env: Mapping[str, str], *streams: int) -> None:
        """Begin a command with these descriptors as its input, output and errors; then ask how it `ended`."""
        asked = json.dumps([words, str(cwd), dict(env)]).encode()
        socket.send_fds(self._near, [len(asked).to_bytes(4, "big")], streams)
        self._near.sendall(asked)

    def ended(self) -> int:
        """The exit code of the command, when it has ended."""
        return int.from_bytes(self._near.recv(4), "big", signed=True)


@cache
def _starter(_process: int) -> Starter:
    return Starter()


def _serve(caller: socket.socket) -> None:
    """Start what the caller asks for, one after the other, until the caller is gone."""
    mains: dict[str, Callable[[], object]] = {n: import_module(e).main for n, e in ENTRIES.items()}
    kept = KeptWorker()
    for name in LATER:
        import_module(name)
    gc.collect()
    gc.freeze()  # else each fork would look through all of this for garbage, and so copy it
    while True:
        length, descriptors, _flags, _address = socket.recv_fds(caller, 4, 3)
        if not length:
            return
        asked = b""
        while len(asked) < int.from_bytes(length, "big"):
            asked += caller.recv(ASKED)
        words, cwd, environment = json.loads(asked)
        if GRADING & set(words) and environment["PATH"].endswith(os.environ["PATH"]):
            kept.lend()
        child = os.fork()
        if not child:
            caller.close()
            _become(mains, descriptors, words, cwd, environment)
        kept.withdraw()
        for each in descriptors:
            os.close(each)
        _, status = os.waitpid(child, 0)
        caller.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))


def _become(
    mains: Mapping[str, Callable[[], object]],
    descriptors: list[int],
    words: list[str],
    cwd: str,
    environment: dict[str, str],
) -> None:
    """Be that program, and end as it does."""
    for number, each in enumerate(descriptors):
        os.dup2(each, number)
        os.close(each)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(cwd)
    if mask := environment.pop(UMASK, ""):
        os.umask(int(mask, 8))
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [str(PROGRAMS / words[0]), *words[1:]]
    code = 1
    try:
        sys.exit(mains[words[0]]())
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code & 0xFF)


class KeptWorker:
    """A worker that outlives the commands that use it, one after the other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._begin = Client.begin

    def lend(self) -> None:
        """Let the first client of a fork have it."""
        if self._process is None or self._process.poll() is not None:
            self._near, far = socket.socketpair()
            program = [sys.executable, "-m", "torchaula.grading.trusted", str(far.fileno())]
            self._process = subprocess.Popen(
                program, pass_fds=[far.fileno()], env=os.environ | THREADS, start_new_session=True
            )
            far.close()
        Client.begin = lambda client: self._lent(client)  # type: ignore[method-assign]

    def withdraw(self) -> None:
        """Let clients start their own workers again."""
        Client.begin = self._begin  # type: ignore[method-assign]

    def _lent(self, client: Client) -> None:
        """Give the client this worker instead of a new one; the clients after it start their own."""
        if client._process is None:
            self.withdraw()
            client._process = Lent(client, self._process.pid)  # type: ignore[assignment, union-attr]
            client._channel = Channel(self._near, Result)


class Lent:
    """The kept worker as a client sees it, who ends it only where it is at work: nobody awaits its answer."""

    def __init__(self, client: Client, pid: int) -> None:
        self._client, self.pid = client, pid

    def kill(self) -> None:
        if self._client._lock.locked():
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float = 0.0) -> None:
        """Nobody waits for it."""


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _serve(socket.socket(fileno=int(sys.argv[1])))
