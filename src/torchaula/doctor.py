"""Check whether this machine and this course can grade, and say what to do about each problem."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from platform import python_version

from packaging.requirements import Requirement

from torchaula import __version__
from torchaula.classroom.gradebook import backups, database, gradebook, seeding
from torchaula.classroom.privacy import known, readers
from torchaula.course import converters, secret_file
from torchaula.course.address import Address, Kind
from torchaula.course.layout import Course
from torchaula.course.secret_file import Fault
from torchaula.errors import Refusal
from torchaula.grading.trusted import client, confinement
from torchaula.grading.wire.limits import MIB
from torchaula.i18n import _

OLDEST_PYTHON = (3, 11)
WORKER = 1500 * MIB  # bytes of memory for a worker, its sandbox and a usual submission
ROOM = 500 * MIB  # bytes of disk for copies, pages and backups of a class
TORCH = "import torch; print(torch.__version__, float(torch.ones(2).sum()))"


@dataclass(frozen=True)
class HealthCheck:
    """The result of one check. `remedy` says what to do; empty if all is well."""

    name: str
    found: str
    remedy: str = ""


def look(course: Course | None, names: tuple[str, ...] = ()) -> Iterator[HealthCheck]:
    """Run all checks, or those named. Without a course, only the machine is checked.

    Raises `Refusal` for an unknown name.
    """
    if unknown := [name for name in names if name not in LOOKS]:
        there_are = ", ".join(LOOKS)
        raise Refusal(
            _("doctor: there is no {name!r}; there are: {names}").format(name=unknown[0], names=there_are)
        )
    for name in names or LOOKS:
        found, remedy = LOOKS[name](course)
        yield HealthCheck(name, found, remedy)


def _sandbox(course: Course | None) -> tuple[str, str]:
    try:
        found = confinement.find()
        if course is not None:
            confinement.require_hidden(course.root)
    except Refusal as error:
        return _("student code can't be confined"), str(error)
    return _("{program} works").format(program=found.bwrap), ""


def _python(_course: Course | None) -> tuple[str, str]:
    found = f"{python_version()}, {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        return found, _("Python 3.11 or newer is needed: make PYTHON=python3.12, after removing .venv")
    return found, ""


def _torch(_course: Course | None) -> tuple[str, str]:
    """Import torch in a process of its own, because a build that doesn't fit the machine crashes it."""
    try:
        done = subprocess.run([sys.executable, "-c", TORCH], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error), _("install it again: remove .venv, then make")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return last, _("install it again: remove .venv, then make")
    return done.stdout.split()[0], ""


def _threads(_course: Course | None) -> tuple[str, str]:
    """How many submissions are graded at once, one thread each, and whether memory suffices."""
    cores = client.cores()
    free = _free_memory()
    shown = f"{free / 1024 / MIB:.1f}" if free < sys.maxsize else "?"
    found = _("{cores} at once, one thread each; {free} GB of memory free").format(cores=cores, free=shown)
    most = max(1, free // WORKER)
    if most < cores:
        return found, _("memory suffices for {jobs}: grade with --jobs {jobs}").format(jobs=most)
    return found, ""


def _free_memory() -> int:
    """The bytes of memory that are available to programs."""
    told = Path("/proc/meminfo")
    lines = told.read_text(encoding="ascii").splitlines() if told.exists() else []
    return next(
        (1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), sys.maxsize
    )


def _database(course: Course | None) -> tuple[str, str]:
    if course is None:
        return _("no course here"), ""
    settings = converters.config(course)
    address = converters.address(course, settings)
    try:
        database.require_usable(address, str(settings.CourseDirectory.course_id))
        about = _about(course, address)
        if not _is_made(address):
            return _("{path}: none yet; grading makes it").format(path=address.shown) + about, ""
        with gradebook.opened(course) as book:
            students = len(book.students)
            schema = book.db.connection().exec_driver_sql("select version_num from alembic_version").scalar()
    except Exception as error:  # whatever a database driver raises
        return address.shown, _mended(address, error)
    if schema != database.newest_schema():
        return address.shown, _("made by another nbgrader: copy it, then run `nbgrader db upgrade`")
    if address.file is not None and (fault := database.damage(address)):
        return address.shown, _("damaged ({fault}): put a copy of .torchaula/backups back").format(
            fault=fault
        )
    return _("{url}: sound, {students} students").format(url=address.shown, students=students) + about, ""


def _is_made(address: Address) -> bool:
    if address.kind is Kind.POSTGRESQL:
        return database.look(address).is_made
    return address.file is None or address.file.exists()


def _about(course: Course, address: Address) -> str:
    """What a database's server, driver and backups are; empty for a SQLite file, which has none of them."""
    if address.kind is not Kind.POSTGRESQL:
        return ""
    server, driver = database.look(address), address.url.get_driver_name()
    told = _("PostgreSQL {version}; driver {driver}").format(
        version=server.version, driver=f"{driver} {_installed(driver)}"
    )
    copies = backups.pg_dump(server.major)
    kept = _("backed up with {program}").format(program=copies) if copies else backups.lacking(course)
    return f"; {told}; {kept}"


def _mended(address: Address, error: Exception) -> str:
    """What to do about a gradebook that can't be read: a refusal of ours says it itself."""
    if address.file is None:
        return str(error) if isinstance(error, Refusal) else database.reason(error)
    return _("can't be read ({reason}): put a copy of .torchaula/backups back").format(reason=error)


def _secret(course: Course | None) -> tuple[str, str]:
    """Check the secret of hidden cells' inputs. Only its fingerprint is shown."""
    if course is None:
        return _("no course here"), ""
    address = converters.address(course)
    try:
        with gradebook.opened(course) if _is_made(address) else nullcontext() as book:
            seed, recorded = seeding.look(course, book), seeding.noted(book) if book else None
    except Exception as error:  # whatever a database driver raises
        return str(course.secret), _("the gradebook can't be asked for it ({reason})").format(reason=error)
    if isinstance(seed, Fault):
        return recorded or str(course.secret), seeding.told(course, seed, recorded)
    if seed is None:
        return _("none yet; the first grading makes it"), ""
    if not seed.secret:
        return _("the published seed, as when this was first graded; `torchaula new-secret` makes one"), ""
    found = _("{path}, fingerprint {fingerprint}").format(path=course.secret, fingerprint=seed.fingerprint)
    is_open = secret_file.is_open_to_others(course)
    return found, _("others can read it: chmod 600 {path}").format(path=course.secret) if is_open else ""


def _privacy(course: Course | None) -> tuple[str, str]:
    """Whether other users can read what students handed in and got, and who is half forgotten."""
    if course is None:
        return _("no course here"), ""
    if begun := known.unfinished(course):
        told = _("{count} students are not completely forgotten").format(count=len(begun))
        return told, _("finish it: torchaula forget {student}").format(student=shlex.quote(begun[0].id))
    found = readers.open_to_others(course)
    if not found:
        return _("what students handed in and got is closed to others"), ""
    names = ", ".join(str(path.relative_to(course.root)) for path in found)
    paths = " ".join(shlex.quote(str(path)) for path in found)
    return _("others can read {names}").format(names=names), f"chmod go-rwx {paths}"


def _disk(course: Course | None) -> tuple[str, str]:
    folder = course.root if course is not None else Path.cwd()
    free = shutil.disk_usage(folder).free
    found = _("{free:.1f} GB free at {folder}").format(free=free / 1024 / MIB, folder=folder)
    return found, _("make room before grading a class") if free < ROOM else ""


def _versions(_course: Course | None) -> tuple[str, str]:
    """Whether the installed versions are those that grading requires."""
    asked = [Requirement(line) for line in requires("torchaula") or ()]
    needed = [each for each in asked if each.marker is None or each.marker.evaluate({"extra": "teacher"})]
    wrong = [
        f"{each.name} {_installed(each.name) or '–'} ({each.specifier})" for each in needed if not _fits(each)
    ]
    own = _("torchaula {version} with nbgrader {nbgrader}").format(
        version=__version__, nbgrader=_installed("nbgrader")
    )
    return own, _("other versions are needed: {names}; run make again").format(
        names=", ".join(wrong)
    ) if wrong else ""


def _fits(requirement: Requirement) -> bool:
    installed = _installed(requirement.name)
    return bool(installed) and requirement.specifier.contains(installed, prereleases=True)


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


LOOKS: dict[str, Callable[[Course | None], tuple[str, str]]] = {
    "sandbox": _sandbox,
    "python": _python,
    "torch": _torch,
    "threads": _threads,
    "database": _database,
    "secret": _secret,
    "privacy": _privacy,
    "disk": _disk,
    "versions": _versions,
}
