"""Make the class that `tests/test_upgrade.py` opens: graded with a tagged version, and kept as that left it.

    python tests/upgrade/make.py v0.1.0

It needs the tag, and nothing of the tree around it: it checks the tag out, and runs there. The course is
the small one of the tests, with a cell that a person grades. Five of the class handed in through Moodle: on
time, late, late with an extension, with points and comments by hand, and a file that can't be read; the
sixth handed in nothing. What is written holds no path of this machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INSIDE, PREFIX = "--inside", "upgrade-"
STUDENTS = """id,first_name,last_name,email,lms_user_id
ana,Ana,García López,ana@example.org,7001
bea,Bea,Núñez,bea@example.org,7002
carlos,Carlos,Ruiz,carlos@example.org,7003
diana,Diana,Prat,diana@example.org,7004
elena,Elena,Sanz,elena@example.org,7005
fermín,Fermín,Oro,fermin@example.org,7006
"""
DEADLINE = "2026-10-05 10:00 Europe/Madrid"
ON_TIME = "lunes, 5 de octubre de 2026, 09:59"
LATE = "martes, 6 de octubre de 2026, 09:59"
# Number, name, user id, e-mail, time, and what they return from `double` and `add_one`.
HANDED_IN = (
    ("101", "Ana García López", "ana@example.org", ON_TIME, "2 * x", "x + 1"),
    ("102", "Bea Núñez", "bea@example.org", LATE, "x + x", None),
    ("103", "Carlos Ruiz", "carlos@example.org", LATE, "2 * x.clamp(max=5)", "x + 1"),
    ("104", "Diana Prat", "diana@example.org", LATE, "2 * x.abs()", "x"),
)
ESSAY = "Sumar algo consigo mismo lo duplica."


def main(tag: str) -> None:
    """Check a tag out, and let its code make the class at `tests/upgrade/<tag>`."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        version = same_grades.base_version(Path(folder) / "tree", tag)
        version.equip()
        course = Path(folder) / "course"
        command = [version.python, HERE / "make.py", INSIDE, course]
        environment = os.environ | {"PYTHONPATH": str(version.folder), "LC_ALL": "C.UTF-8"}
        subprocess.run(command, cwd=version.folder, env=environment, check=True)
        keep(course, HERE / tag)


def keep(course: Path, place: Path) -> None:
    """Copy what a course needs, and refuse it if it names the folder where it was made."""
    for name in ("backups", "diagnosis", "logs"):  # what the next batch makes again
        shutil.rmtree(course / ".torchaula" / name, ignore_errors=True)
    shutil.rmtree(course / "downloaded", ignore_errors=True)
    for path in [course / ".torchaula" / "lock", *course.rglob("*.lock"), *course.rglob("*.db-*")]:
        path.unlink(missing_ok=True)
    named = [
        str(path) for path in course.rglob("*") if path.is_file() if PREFIX.encode() in path.read_bytes()
    ]
    assert not named, named
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(course, place)


def inside(root: Path) -> None:
    """In the tag's tree: write the course, take in what was handed in, grade it, and give points by hand."""
    from nbgrader.api import Gradebook

    from tests import by_hand, mini, pupils, week
    from tests.test_moodle import FOLDER, spanish, zipped
    from tests.test_release import nbgrader
    from torchaula.course import notebook

    made = mini.write(root)
    by_hand.mixed(made, "explica")
    week.configure(made, f'c.LateWork.deadlines = {{"mini": "{DEADLINE}"}}')
    (root / "students.csv").write_text(STUDENTS, encoding="utf-8")
    pupils.command(made, "release", "mini")
    files = {FOLDER.format("Elena Sanz_105", "mini.ipynb"): b"{"}
    for number, name, _email, _time, double, add_one in HANDED_IN:
        node = notebook.loads(week.text(made, double, add_one))
        pupils.cell(node, "explica").source = ESSAY
        files[FOLDER.format(f"{name}_{number}", "mini.ipynb")] = notebook.text(node).encode()
    rows = [(number, name, "", email, time) for number, name, email, time, *_ in HANDED_IN]
    rows.append(("105", "Elena Sanz", "", "elena@example.org", ON_TIME))
    downloads = root / "downloaded" / "mini" / "archive"
    downloads.mkdir(parents=True)
    (downloads / "Torch-Mini-55.zip").write_bytes(zipped(files))
    (downloads / "Grades-Torch-Mini-55.csv").write_bytes(spanish(*rows))
    nbgrader(made, "zip_collect", "mini", "--force")
    print(pupils.command(made, "grade", "mini", code=1))
    pupils.command(made, "extend", "mini", "carlos", "2d")
    with Gradebook(f"sqlite:///{made.gradebook}") as book:
        for student, cell, points in (
            ("diana", "double-valores", 3.5),
            ("ana", "explica", 4),
            ("diana", "explica", 1.5),
        ):
            grade = book.find_grade(cell, "mini", "mini", student)
            grade.manual_score, grade.needs_manual_grade = points, False  # as the formgrader does
        for student, cell, text in (
            ("diana", "double", "Te falta el signo: se cuenta la mitad."),
            ("ana", "explica", "Muy bien explicado."),
        ):
            book.find_comment(cell, "mini", "mini", student).manual_comment = text
        book.db.commit()
    print(pupils.command(made, "grade", "mini", code=1))


if __name__ == "__main__":
    if sys.argv[1] == INSIDE:
        inside(Path(sys.argv[2]))
    else:
        sys.path.insert(0, str(ROOT / "tests"))
        import same_grades

        main(sys.argv[1])
