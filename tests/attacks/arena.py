"""Where attacks are tried: one warm client, a course on disk, a server that nobody should reach."""

from __future__ import annotations

import base64
import hashlib
import os
import site
import socket
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.attacks import assault
from tests.attacks.book import Attack, Book
from tests.rebuilding import JobMaker, rebuild, reviewed
from torchaula.checks.seeds import derive
from torchaula.course.rebuilding.submitted import read
from torchaula.grading.trusted import outputs
from torchaula.grading.trusted.client import Client
from torchaula.grading.trusted.jobs import Result
from torchaula.grading.wire.limits import MIB, Limits
from torchaula.grading.wire.orders import Raised

LIMITS = Limits(
    cell_seconds=1.0,
    cells_seconds=3.0,
    cpu_seconds=7.0,
    wall_seconds=10.0,
    memory=512 * MIB,
    total_memory=768 * MIB,
    processes=24,
)
RESTARTS = 60.0  # seconds that sandboxes may take to start anew, on a busy machine
DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "shm", "pts")
SETTINGS = ("core_pattern", "hostname", "shmmax", "sem", "domainname")
PROCESSES = 2  # of a sandbox at rest: bubblewrap's own and the nursery
SCRIPTS = ("<script", "onerror", "javascript:", "<svg", "<html")
# Of the tests' own streams, from which all of a cell's inputs follow.
TEST_SEEDS = {
    cell: str(derive(assault.COURSE_SECRET, cell, "test"))
    for cell in (f"{exercise}-{aspect}" for exercise in assault.RIGHT for aspect in ("valores", "bordes"))
}
CONTROLS = ("\x1b", "\x07", "\u202e", "\x08")


@dataclass
class Found:
    """What an attack achieved; all empty: it was held."""

    gained: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)  # a worker, longer than a submission may
    hurt: list[str] = field(default_factory=list)  # an honest notebook that came after it
    untried: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)  # cells gained by hiding a forbidden call, and listed

    @property
    def broken(self) -> list[str]:
        return [*self.gained, *self.leaked, *self.touched, *self.held, *self.hurt, *self.untried]


class Arena:
    """Grades attacks one after the other, as a batch would."""

    def __init__(self, folder: Path) -> None:
        self.course = assault.write(folder / "course")
        self.root = folder / "course"
        self.released = (self.root / "release" / assault.NAME / f"{assault.NAME}.ipynb").read_text()
        self.instructor = self.course.notebook(assault.NAME).read_text()
        self.desk = JobMaker(assault.NAME, self.instructor, LIMITS, secret=assault.COURSE_SECRET)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind(f"\0torchaula-attacks-{os.getpid()}")
        self.abstract.listen()
        self.devices = {path: path.stat().st_mode for path in (Path("/dev", name) for name in DEVICES)}
        self.client = Client()
        self.usual = passed(self.grade(self.book()))
        assert self.usual == {"add-one-publico", "add-one-valores", "add-one-bordes"}

    def close(self) -> None:
        self.client.close()
        self.server.close()
        self.abstract.close()

    def book(self) -> Book:
        """A submission to change."""
        name = f"torchaula-attacks-{os.getpid()}"
        return Book(self.released, self.root, self.server.getsockname()[1], name)

    def grade(self, book: Book) -> Result:
        """The result of a submission."""
        return self.client.grade(self.desk.job(book.bytes()))

    def attempt(self, attack: Attack) -> Found:
        """Try an attack, and then an honest notebook."""
        book, found = self.book(), Found()
        attack.build(book)
        before = self.state()
        for each in (*book.before, book):
            usual = self.usual if each is book else passed_by_right()
            begun = time.monotonic()
            result = self.grade(each)
            seconds = time.monotonic() - begun
            if seconds > LIMITS.wall_seconds + RESTARTS:
                found.held.append(f"{seconds:.0f} s")
            self._judge(attack, each, result, usual, found)
        found.touched += sorted(before ^ self.state())[:4]
        _give_back(self.devices)
        found.touched += self._left_behind()
        after = self.grade(self.book().right())
        found.hurt += [f"an honest {cell} after it" for cell in passed_by_right() - passed(after)]
        found.hurt += [f"an honest cell after it {how}" for how in after.lost.values()]
        return found

    def _judge(self, attack: Attack, book: Book, result: Result, usual: set[str], found: Found) -> None:
        gained = sorted(passed(result) - usual)
        listed = attack.hides and reviewed(self.desk.node, read(book.bytes())).names
        if attack.hides and listed and all(cell.startswith("halve") for cell in gained):
            found.hidden += gained
        else:
            found.gained += gained
        if attack.hides and not listed:
            found.untried.append("a forbidden call may be hidden, and nobody is told")
        given_out = self.shown(book, result)
        found.leaked += [f"secret: {secret}" for secret in assault.SECRET.findall(given_out)]
        found.leaked += [f"seed of {cell}" for cell, seed in TEST_SEEDS.items() if seed in given_out]
        found.leaked += [f"said {line[:80]}" for line in given_out.splitlines() if "FOUND" in line]
        found.leaked += [f"a page with {text!r}" for text in SCRIPTS if text in self.markup(book, result)]
        found.leaked += [f"a text with {text!r}" for text in CONTROLS if text in given_out]
        if book.proof not in given_out:
            found.untried.append(f"{book.proof!r} is not in: {given_out[-600:]}")

    def shown(self, book: Book, result: Result) -> str:
        """All texts of a result that reach anybody."""
        texts = [verdict.message for verdict in result.verdicts.values()]
        texts += [row.shown for v in result.verdicts.values() for row in v.rows]
        texts += [v.diagnosis for v in result.verdicts.values()]
        for items in result.outputs.values():
            for item in items:
                raised = isinstance(item, Raised)
                texts += [item.kind, item.message, item.traceback] if raised else [item.text]
        return "\n".join(texts)

    def markup(self, book: Book, result: Result) -> str:
        """What a browser would not show as plain text: outputs of rich types, Markdown outside of fences."""
        rebuilt = rebuild(self.desk.node, read(book.bytes()))
        texts = []
        for output in (each for items in result.outputs.values() for each in outputs.to_nbformat(items)):
            data = output.get("data", {})
            texts += [str(data[kind]) for kind in data.keys() - {"text/plain", "image/png"}]
            texts += [base64.b64decode(data["image/png"])[:4].decode("latin1")] if "image/png" in data else []
            texts.append(str(output.get("metadata") or ""))
        for cell in rebuilt.cells:
            is_fenced = cell.source.startswith("```") and cell.source.endswith("```")
            if cell.cell_type != "code" and not is_fenced:
                texts.append(cell.source)
        return "\n".join(texts)

    def state(self) -> set[str]:
        """What of the host a submission must not change."""
        found = {f"{p}: {_digest(p)}" for p in sorted(self.root.rglob("*"))}
        for name in DEVICES:
            info = Path("/dev", name).stat()
            found.add(f"/dev/{name}: {stat.filemode(info.st_mode)} {info.st_uid}")
        found |= {f"{name} = {(Path('/proc/sys/kernel') / name).read_text()}" for name in SETTINGS}
        found |= {str(path) for folder in _start_up_folders() for path in folder.glob("*custom*.py")}
        found |= {str(path) for folder in _start_up_folders() for path in folder.glob("*.pth")}
        return found

    def _left_behind(self) -> list[str]:
        """Connections to the server, and processes of the sandbox that outlive the submission."""
        found = []
        for server in (self.server, self.abstract):
            server.settimeout(0)
            try:
                server.accept()
                found.append("a connection to the host")
            except BlockingIOError:
                pass
        deadline = time.monotonic() + 5
        while len(left := list(descendants(self.worker))) > PROCESSES and time.monotonic() < deadline:
            time.sleep(0.05)
        return [*found, *(f"process {pid} left" for pid in left[PROCESSES:])]

    @property
    def worker(self) -> int:
        process = self.client._process
        return process.pid if process else 0


def passed(result: Result) -> set[str]:
    """The graded cells that earn their points."""
    return {cell for cell, verdict in result.verdicts.items() if verdict.passed}


def passed_by_right() -> set[str]:
    """All graded cells: right answers earn every point."""
    return {f"{exercise}-{aspect}" for exercise in assault.RIGHT for aspect in assault.POINTS}


def descendants(process: int) -> Iterator[int]:
    """The children of a process, and theirs."""
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, file.read_text().split()):
            yield child
            yield from descendants(child)


def _give_back(devices: dict[Path, int]) -> None:
    """Undo what an attack did to the machine, where one succeeds."""
    for path, mode in devices.items():
        if path.stat().st_mode != mode:
            path.chmod(stat.S_IMODE(mode))


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return f"{path.lstat().st_mode}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _start_up_folders() -> list[Path]:
    """Folders in which Python looks for what it runs when it starts."""
    return [Path(os.__file__).parent, *map(Path, site.getsitepackages()), Path(site.getusersitepackages())]
