"""Does this working tree grade as another version does? Run by hand; it takes minutes.

    python tests/same_grades.py BASE [--assignment mlp] [--keep FOLDER] [--own-config]

BASE is a commit. Both versions grade the same files by the same command: for each assignment a course with
the sample class and with all known answers of BASE, junk included, as submissions. Student `conocida-007`
hands in the seventh known answer of each exercise, or nothing where an exercise has fewer; some are late.
Gradebook, feedback pages, graded copies, class table and what the command prints are compared, and what
differs is listed; the exit code is 1 then.

With `--keep`, the courses and what BASE makes of them stay in FOLDER, and the next run need not grade them
again. BASE writes the courses, with its own `nbgrader_config.py` and answers files, which only BASE may be
able to read; `--own-config` and `--own-answers` give this version its own.

The sandbox clears the environment, so `PYTHONPATH` can't say which version runs in it. So each version has a
copy of this Python environment, made of hard links, that knows of no other.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from dumps import differences, dump  # beside this file

# What is meant to read otherwise: a pattern for BASE's text, what stands there now; say why.
KNOWN: list[tuple[str, str]] = []

ROOT = Path(__file__).parents[1]
SECRET = "5e" * 32  # of every course, so that hidden tests have the same inputs
SETTINGS = """
c.LateWork.deadlines = {{"{assignment}": "2025-01-15 23:59 Europe/Madrid"}}
c.LateWork.believe_timestamp_files = True
"""
ARRIVALS = [f"2025-01-{day} 12:00:00 UTC" for day in range(12, 19)]  # four in time, three late
COMMAND = "from torchaula.cli import main; main()"
WORDS = {"LANGUAGE": "en", "LC_ALL": "C.UTF-8", "COLUMNS": "200", "TERM": "dumb"}
MOST_FILES = 30  # that are listed


@dataclass(frozen=True)
class Version:
    """One version of the package, in a folder with an environment of its own."""

    name: str
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def package(self) -> Path:
        return self.folder / "src" / "torchaula"

    def equip(self) -> None:
        """Copy this environment, and have it import the package in `src` and no other."""
        if sys.prefix == sys.base_prefix:
            raise SystemExit("same_grades: run it with the Python of the course's environment")
        shutil.copytree(sys.prefix, self.folder / "venv", symlinks=True, copy_function=_linked)
        (site,) = (self.folder / "venv").glob("lib/python*/site-packages")
        for installed in (*site.glob("*torchaula*.pth"), *site.glob("torchaula")):
            shutil.rmtree(installed) if installed.is_dir() else installed.unlink()
        (site / "torchaula.pth").write_text(f"{self.package.parent}\n")
        # Started as the sandbox starts it, without an environment.
        program = [self.python, "-P", "-s", "-c", "import torchaula; print(torchaula.__file__)"]
        done = subprocess.run(program, env={}, cwd="/", stdout=subprocess.PIPE, text=True, check=True)
        if Path(done.stdout.strip()).parent.resolve() != self.package.resolve():
            raise SystemExit(f"same_grades: {done.stdout.strip()} is imported instead of {self.package}")

    def write_course(self, root: Path, assignment: str) -> None:
        """Have this version write a course with one of its assignments, by this same file of its own."""
        text = "from pathlib import Path; import same_grades, sys; root, name = sys.argv[1:]; "
        text += "same_grades.write_course(Path.cwd().parent, Path(root), name)"
        program = [self.python, "-c", text, root, assignment]
        subprocess.run(program, cwd=self.folder / "tests", check=True)

    def grade(self, course: Path, assignment: str, jobs: int | None) -> None:
        """Run `torchaula grade`, and keep what it prints in `output.txt`."""
        options = ["--cells", "--expect-failures", *(["--jobs", str(jobs)] if jobs else [])]
        program = [str(self.python), "-c", COMMAND, "--course", str(course), "grade", assignment, *options]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | WORDS
        output, total = course / "output.txt", len(list(course.glob("submitted/*/")))
        with output.open("wb") as file, subprocess.Popen(
            program, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        ) as process:  # fmt: skip
            while process.poll() is None:
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    done = len(list(course.glob("feedback/*/")))
                    print(f"  {assignment}, {self.name}: {done} of {total} graded", flush=True)
        if process.returncode:
            raise SystemExit(f"same_grades: {self.name} does not grade {assignment}\n{output.read_text()}")


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy2(source, target)


def base_version(folder: Path, commit: str) -> Version:
    """The version of a commit, all its files at hand."""
    archive = subprocess.run(
        ["git", "-C", ROOT, "archive", commit], stdout=subprocess.PIPE, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(folder, filter="data")
    return Version("base", folder)


def own_version(folder: Path) -> Version:
    """The package as it stands in the working tree now; later changes don't reach it."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return Version("new", folder)


def write_course(tree: Path, root: Path, assignment: str) -> None:
    """Write a course with one assignment of `tree`: its sample class and its known answers hand in."""
    from torchaula.authoring import sample_class
    from torchaula.course import layout

    for part in ("source", "release", "answers"):
        shutil.copytree(tree / part / assignment, root / part / assignment)
    configure(root, tree, assignment)
    secret = root / "gradebook.secret"
    secret.touch(mode=0o600)
    secret.write_text(SECRET)
    course = layout.find(root)
    sample_class.write(course, assignment)
    material = sample_class.material(course, assignment)
    answers = list(known_answers(material))
    for number, solutions in enumerate(answers, 1):
        folder = root / "submitted" / f"conocida-{number:03}" / assignment
        folder.mkdir(parents=True)
        (folder / f"{assignment}.ipynb").write_text(sample_class.handed_in(material, solutions))
        (folder / "timestamp.txt").write_text(ARRIVALS[number % len(ARRIVALS)])
    names = [f"conocida-{number:03},Número {number},Conocida\n" for number in range(1, len(answers) + 1)]
    (root / "students.csv").write_text("".join(["id,first_name,last_name\n", *names[::2]]))


def known_answers(material) -> Iterator[dict[str, str]]:
    """What each submission answers: the first known answer of each exercise, the second, and so on."""
    from torchaula.authoring import matrix

    each = (matrix.known(unit, material.answers[name]) for name, unit in material.exercises.items())
    for answers in zip_longest(*each):
        chosen = zip(material.exercises, answers, strict=True)
        yield {name: answer.source for name, answer in chosen if answer is not None}


def configure(root: Path, tree: Path, assignment: str) -> None:
    """Give a course the configuration of a version, and a deadline."""
    config = (tree / "nbgrader_config.py").read_text()
    (root / "nbgrader_config.py").write_text(config + SETTINGS.format(assignment=assignment))


def compare(version: Version, kept: Path, options: argparse.Namespace) -> bool:
    """Grade one assignment after the other with `version`; whether all dumps say what those of BASE say."""
    is_same = True
    for assignment in options.assignment:
        course = version.folder / "courses" / assignment
        shutil.copytree(kept / "courses" / assignment, course)
        if options.own_config:
            configure(course, ROOT, assignment)
        if options.own_answers:
            shutil.rmtree(course / "answers" / assignment)
            shutil.copytree(ROOT / "answers" / assignment, course / "answers" / assignment)
        version.grade(course, assignment, options.jobs)
        dump(course, version.folder / assignment)
        found = list(differences(kept / assignment, version.folder / assignment, KNOWN))
        for paragraph in found[:MOST_FILES]:
            print(paragraph)
        print(f"{assignment}: {f'{len(found)} files differ' if found else 'the same'}", flush=True)
        is_same &= not found
    return is_same


def dump_base(kept: Path, commit: str, options: argparse.Namespace) -> None:
    """Have courses and BASE's dumps in `kept`: those that are there already stay."""
    noted = kept / "commit"
    if noted.exists() and noted.read_text() != commit:
        raise SystemExit(f"same_grades: {kept} is of {noted.read_text()}; name another folder")
    missing = [assignment for assignment in options.assignment if not (kept / assignment).is_dir()]
    if not missing:
        return
    with tempfile.TemporaryDirectory(prefix="same-grades-") as folder:
        version = base_version(Path(folder), commit)
        version.equip()
        for assignment in missing:
            pristine, course = kept / "courses" / assignment, version.folder / "courses" / assignment
            shutil.rmtree(pristine, ignore_errors=True)  # of a run that was cut off
            version.write_course(pristine, assignment)
            noted.write_text(commit)
            shutil.copytree(pristine, course)
            version.grade(course, assignment, options.jobs)
            dump(course, kept / assignment)


def main() -> None:
    """Compare, and end with 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("base", metavar="BASE", help="the commit to compare the working tree with")
    parser.add_argument("--assignment", action="append", help="this one only; may be given again")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where BASE's dumps are kept")
    parser.add_argument("--jobs", type=int, help="grade so many at once; one a core, if not given")
    parser.add_argument("--own-answers", action="store_true", help="this version has its own answers files")
    parser.add_argument("--own-config", action="store_true", help="this version has its own configuration")
    options = parser.parse_args()
    named = ["git", "-C", ROOT, "rev-parse", "--verify", f"{options.base}^{{commit}}"]
    commit = subprocess.run(named, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    shipped = sorted(path.name for path in (ROOT / "source").iterdir() if path.is_dir())
    options.assignment = options.assignment or shipped
    made = Path(tempfile.mkdtemp(prefix="same-grades-"))
    kept = (options.keep or made / "base").resolve()
    kept.mkdir(parents=True, exist_ok=True)
    dump_base(kept, commit, options)
    version = own_version(made / "new")
    version.equip()
    if not compare(version, kept, options):
        print(f"to look at: {kept} (BASE), {version.folder} (this version)")
        sys.exit(1)
    shutil.rmtree(made)


if __name__ == "__main__":
    main()
