"""Pack `dist/<assignment>.zip`, which has all that a learner needs besides Python."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from email.parser import Parser
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from string import Template
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from packaging.requirements import Requirement

import torchaula
from torchaula.authoring import pictures, release, secrets
from torchaula.course import outline
from torchaula.course.layout import Course, require_writable
from torchaula.errors import Refusal
from torchaula.i18n import _

PROJECT = Path(torchaula.__file__).parents[2]
LICENCES = ("LICENSE*", "ATTRIBUTION.md")  # of the course, where it has them
OLDEST = (1980, 1, 1, 0, 0, 0)  # one time for all files, so that the same content gives the same bytes


@contextmanager
def wheel() -> Iterator[Path]:
    """Build the wheel of this package. Raises `Refusal` outside the package's own repository."""
    if not (PROJECT / "pyproject.toml").is_file():
        raise Refusal(
            _(
                "{folder}: not torchaula's own repository, from which alone its wheel is made; pack there"
            ).format(folder=PROJECT)
        )
    with tempfile.TemporaryDirectory(prefix="torchaula-") as folder:
        build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
        done = subprocess.run(build, cwd=PROJECT, capture_output=True, text=True)
        found = list(Path(folder).glob("*.whl"))
        if done.returncode or not found:
            reason = (done.stderr.strip() or done.stdout.strip() or "?").splitlines()[-1]
            raise Refusal(
                _("{folder}: the wheel can't be built ({reason}); run `make setup`").format(
                    folder=PROJECT, reason=reason
                )
            )
        yield found[0]


def pack(course: Course, assignment: str, package: Path) -> Path:
    """Write the zip of a released assignment, with the wheel `package` in it; returns its path.

    The same content gives the same bytes. Raises `Refusal` if the assignment isn't released, or if the zip
    would reveal a solution or hidden test of any assignment.
    """
    course.notebook(assignment)
    released = course.released(assignment).parent
    require_writable(course.dist)
    with tempfile.TemporaryDirectory(dir=course.dist) as temporary:
        inside = Path(temporary) / assignment
        shutil.copytree(released, inside)
        pictures.put_inside(inside / f"{assignment}.ipynb")
        shutil.copy(package, inside)
        data = release.files(inside) - {f"{assignment}.ipynb", package.name}
        for file in licences(course):
            shutil.copy(file, inside)
        (inside / "LEEME.md").write_text(read_me(course, assignment, package, data), encoding="utf-8")
        _require_no_secret(course, assignment, inside, Path(temporary) / "aside")
        place = course.dist / f"{assignment}.zip"
        _write(inside, Path(temporary) / "new.zip").replace(place)
    return place


def licences(course: Course) -> list[Path]:
    """The files that say under which licences a course stands, and whose its data is; none if it has none."""
    return sorted(file for pattern in LICENCES for file in course.root.glob(pattern) if file.is_file())


def read_me(course: Course, assignment: str, package: Path, data: Collection[str] = ()) -> str:
    """The page that tells a learner how to install, open, check and hand in.

    `package` is the wheel, and `data` are the files that the notebook reads.
    """
    names = ", ".join(f"`{name}`" for name in sorted(data))
    pinned, bounds = version("torch").partition("+")[0], _torches(package)
    known = outline.entry(course.root, assignment)
    return Template(_template("LEEME.md")).substitute(
        assignment=assignment,
        title=known.title or assignment,
        about=f": {known.about}" if known.about else "",
        wheel=package.name,
        beside=f" El cuaderno lee también {names}: déjalo todo junto." if data else "",
        data=f" y {names}" if data else "",
        licence=_licence(course),
        torch=pinned,
        oldest=bounds[">="],
        below=bounds["<"],
    )


def _licence(course: Course) -> str:
    """The page's last part: where the licences stand; empty for a course without."""
    if not (found := licences(course)):
        return ""
    names = ", ".join(f"`{file.name}`" for file in found)
    return Template(_template("LICENCIA.md")).substitute(files=names)


def _template(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _torches(package: Path) -> dict[str, str]:
    """The bounds of the versions of torch that a wheel without extras accepts, by their operators."""
    with ZipFile(package) as archive:
        [name] = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        told = Parser().parsestr(archive.read(name).decode())
    asked = map(Requirement, told.get_all("Requires-Dist", ()))
    [torch] = (each for each in asked if each.name == "torch" and each.marker is None)
    return {bound.operator: bound.version for bound in torch.specifier}


def _require_no_secret(course: Course, assignment: str, inside: Path, aside: Path) -> None:
    """Check the zip for this assignment's secrets; its wheel and companion files for those of all."""
    secrets.require_none(course, assignment, inside)
    shutil.copytree(inside, aside, ignore=shutil.ignore_patterns("*.whl", "*.ipynb"))
    for package in inside.glob("*.whl"):
        with ZipFile(package) as archive:
            archive.extractall(aside)
    for name in course.assignments:
        secrets.require_none(course, name, aside, is_code=True)


def _write(folder: Path, path: Path) -> Path:
    """Zip a folder under its own name, in sorted order and without times."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name in sorted(release.files(folder)):
            entry = ZipInfo(f"{folder.name}/{name}", OLDEST)
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, (folder / name).read_bytes())
    return path
