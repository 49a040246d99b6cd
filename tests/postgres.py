"""A PostgreSQL server for the tests, started where its programs are installed, and databases on it.

It listens on a socket in a temporary folder, and on no network. Everybody who may run the tests may run it:
it refuses to run as root, and then it is its own user's.
"""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

INSTALLED = Path("/usr/lib/postgresql")  # where Debian and Ubuntu install each version's programs
OWNER, PASSWORD = "owner", "geheim@/:%1"  # characters that an address has to escape
ESCAPED = "geheim%40%2F%3A%251"
ACCOUNTS = ("postgres", "nobody")  # whose the server may be, where root runs the tests
PATIENCE = 60  # seconds for a start on a busy machine
# Nothing of these databases has to outlive a crash.
SETTINGS = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off")
SETTINGS += ("shared_buffers=16MB", "max_connections=50", "autovacuum=off", "jit=off")


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, the newest version's; None where it is not installed."""
    found = [Path(path).resolve() for name in ("initdb",) if (path := shutil.which(name))]
    found += sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True)
    return next((path.parent for path in found if (path.parent / "postgres").is_file()), None)


class Server:
    """A server that runs until `stop`. `folder` holds its data and its socket."""

    def __init__(self, programs: Path) -> None:
        self.programs, self._numbers = programs, itertools.count(1)
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
        self._whose = _another_user(self.folder)
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run("initdb", "--no-sync", "--no-instructions", f"--pwfile={secret}", f"--username={OWNER}")
        self._process = self._start()
        atexit.register(self.stop)
        self._wait()

    def _words(self, program: str, *words: str) -> list[str]:
        return [str(self.programs / program), "-D", str(self.folder / "data"), *words]

    def _run(self, program: str, *words: str) -> None:
        words = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", *words)
        done = subprocess.run(
            self._words(program, *words), capture_output=True, text=True, cwd="/", **self._whose
        )
        assert done.returncode == 0, done.stderr

    def _start(self) -> subprocess.Popen[bytes]:
        places = [f"unix_socket_directories={self.folder}"]
        settings = itertools.chain.from_iterable(("-c", each) for each in (*SETTINGS, *places))
        log = (self.folder / "log").open("wb")
        with log:
            return subprocess.Popen(
                [*_ending_with_us(), *self._words("postgres", *settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                **self._whose,
            )

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.ask("select 1")
                return
            except psycopg.OperationalError:
                assert time.monotonic() < end, (self.folder / "log").read_text()
                time.sleep(0.05)

    def ask(self, *statements: str | sql.Composed, database: str = "postgres") -> None:
        """Have the server do something, as its owner."""
        with psycopg.connect(
            host=str(self.folder), user=OWNER, password=PASSWORD, dbname=database, autocommit=True
        ) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]

    def database(self, like: str = "template0") -> str:
        """The name of a new database: empty, or a copy of another one, which nobody may be using."""
        name = f"course{next(self._numbers)}"
        made = "create database {} template {} strategy file_copy"
        self.ask(sql.SQL(made).format(sql.Identifier(name), sql.Identifier(like)))
        return name

    def url(self, database: str, user: str = OWNER, password: str = ESCAPED) -> str:
        """The address of a database, for `c.CourseDirectory.db_url`."""
        return f"postgresql+psycopg://{user}:{password}@/{database}?host={self.folder}"

    def stop(self) -> None:
        """End the server and remove its data."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # ends it without waiting for connections
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _ending_with_us() -> list[str]:
    """The words that let a program end when this process is killed, where the system has them."""
    return ["setpriv", "--pdeathsig", "INT", "--"] if shutil.which("setpriv") else []


def _another_user(folder: Path) -> dict[str, Any]:
    """What makes a process another user's, to whom the folder is given, where we are root; else nothing."""
    if os.geteuid() != 0:
        return {}
    known = {each.pw_name: each for each in pwd.getpwall()}
    account = next(known[name] for name in ACCOUNTS if name in known)
    os.chown(folder, account.pw_uid, account.pw_gid)
    folder.chmod(0o755)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@cache
def server() -> Server | None:
    """The server of this process; None where PostgreSQL is not installed."""
    found = programs()
    return Server(found) if found else None
