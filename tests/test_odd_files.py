"""Odd names, places and kinds of files: a valid notebook is graded, the rest is a line of the table."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import mini, pupils, week
from tests.test_release import nbgrader
from torchaula.authoring.release import release
from torchaula.classroom.batch import assignments
from torchaula.classroom.batch.submissions import Submission, collect
from torchaula.course.layout import Course, find

WHAT_TO_DO = r": (ask for|rename|put|clear) \w+|; ask for the right one"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A copy of the course that ships."""
    root = tmp_path_factory.mktemp("shipped") / "course"
    for name in ("source", "release", "answers"):
        shutil.copytree(mini.ROOT / name, root / name)
    config = (mini.ROOT / "nbgrader_config.py").read_text() + mini.without_sandbox()
    (root / "nbgrader_config.py").write_text(config)
    return find(root)


@pytest.fixture
def shipped(whole: Course) -> Course:
    """The course that ships, without anything handed in."""
    shutil.rmtree(whole.submitted, ignore_errors=True)
    whole.submitted.mkdir()
    return whole


def found(course: Course, assignment: str = "mlp") -> dict[str, Submission]:
    """What is found of each student."""
    return {each.student: each for each in collect(assignments.load(course, assignment))}


def only(course: Course) -> Submission:
    """What is found of the only student."""
    (submission,) = found(course).values()
    return submission


@pytest.fixture
def released(shipped: Course) -> bytes:
    """A notebook as learners receive it."""
    return shipped.released("mlp").read_bytes()


def put(course: Course, place: str, content: bytes = b"") -> Path:
    """Put a file below `submitted/`."""
    path = course.submitted / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# Where a valid notebook may stand, and what else beside it; where it is taken from is told, if that is odd.
PLACES: dict[str, tuple[list[str], list[str], str]] = {
    "as it should": (["mlp/mlp.ipynb"], [], ""),
    "renamed by a browser": (["mlp/mlp (1).ipynb"], [], "from mlp (1).ipynb"),
    "with what a Mac keeps": (
        ["mlp/mlp (1).ipynb"],
        ["mlp/._mlp (1).ipynb", "mlp/.DS_Store"],
        "from mlp (1).ipynb",
    ),
    "with a Mac's folder": (["mlp/mlp.ipynb"], ["__MACOSX/mlp/._mlp.ipynb", "mlp/__MACOSX/._mlp.ipynb"], ""),
    "with a checkpoint": (["mlp/mlp.ipynb"], ["mlp/.ipynb_checkpoints/mlp-checkpoint.ipynb"], ""),
    "renamed, with a checkpoint": (
        ["mlp/a.ipynb"],
        ["mlp/.ipynb_checkpoints/a-checkpoint.ipynb"],
        "from a.ipynb",
    ),
    "folder in other letters": (["MLP/mlp.ipynb"], [], "from ana/MLP/mlp.ipynb"),
    "both in other letters": (["Mlp/MLP.ipynb"], [], "from ana/Mlp/MLP.ipynb"),
    "without a folder": (["mlp.ipynb"], [], "from ana/mlp.ipynb"),
    "without a folder, renamed": (["mlp (2).ipynb"], [], "from ana/mlp (2).ipynb"),
    "without a folder, beside others": (
        ["mlp.ipynb"],
        ["tensores/tensores.ipynb", "cnn.ipynb"],
        "from ana/mlp.ipynb",
    ),
    "ending in capitals": (["mlp/mlp.IPYNB"], [], "from mlp.IPYNB"),
    "ending twice": (["mlp/mlp.ipynb.txt"], [], "from mlp.ipynb.txt"),
    "ending in json": (["mlp/mlp.ipynb.json"], [], "from mlp.ipynb.json"),
    "one folder deeper": (["mlp/mlp/mlp.ipynb"], [], "from mlp/mlp.ipynb"),
    "in a folder of its name": (["mlp/mlp.ipynb/mlp.ipynb"], [], "from mlp.ipynb/mlp.ipynb"),
    "deeper, renamed": (["mlp/entrega/final/mi red.ipynb"], [], "from entrega/final/mi red.ipynb"),
    "in a folder of its own": (["entrega/mlp.ipynb"], [], "from ana/entrega/mlp.ipynb"),
    "twice the same": (
        ["mlp.ipynb", "copia/mlp.ipynb"],
        [],
        "from ana/mlp.ipynb; also there: ana/copia/mlp.ipynb",
    ),
    "beside a colon": (["mlp/notas: final.ipynb"], [], "from notas: final.ipynb"),
    "named in Latin": (["mlp/ma\udcf1ana.ipynb"], [], "from ma\\udcf1ana.ipynb"),
    "named to turn": (["mlp/\u202ebnypi.ipynb"], [], "from \\u202ebnypi.ipynb"),
    "named with breaks": (["mlp/a\nb\x1b[2J.ipynb"], [], "from a\\nb\\x1b[2J.ipynb"),
    "with files of odd names": (
        ["mlp/mlp.ipynb"],
        ["mlp/\udcff.dat", "mlp/a\nb.txt"],
        "files left out: a\\nb.txt, \\udcff.dat",
    ),
}


@pytest.mark.parametrize("case", PLACES)
def test_valid_notebook_is_graded_wherever_it_stands(shipped: Course, released: bytes, case: str) -> None:
    """It is found, whatever system and editor put beside it, and odd places are told."""
    notebooks, others, remark = PLACES[case]
    for place in notebooks:
        put(shipped, f"ana/{place}", released)
    for place in others:
        put(shipped, f"ana/{place}", b"\0\5\x16\7 whatever a system needs")

    submission = only(shipped)

    assert not submission.problem
    assert submission.notebook == shipped.submitted / "ana" / notebooks[0]
    assert "; ".join(submission.remarks) == remark


CONTENTS: dict[str, Callable[[bytes], bytes]] = {
    "UTF-8 with a mark": lambda content: b"\xef\xbb\xbf" + content,
    "UTF-8 with two marks": lambda content: b"\xef\xbb\xbf" * 2 + content,
    "UTF-16": lambda content: content.decode().encode("utf-16"),
    "UTF-16, little end first": lambda content: content.decode().encode("utf-16-le"),
    "UTF-16, big end first": lambda content: b"\xfe\xff" + content.decode().encode("utf-16-be"),
    "UTF-32": lambda content: content.decode().encode("utf-32"),
    "line ends of Windows": lambda content: content.replace(b"\n", b"\r\n"),
    "zeros at its end": lambda content: content + bytes(4096),
    "packed by itself": gzip.compress,
}


@pytest.mark.parametrize("case", CONTENTS)
def test_valid_notebook_is_read_however_it_is_written(shipped: Course, released: bytes, case: str) -> None:
    """Encodings, line ends and packing are what tools do, and no learner's doing."""
    put(shipped, "ana/mlp/mlp.ipynb", CONTENTS[case](released))

    submission = only(shipped)

    assert (submission.problem, submission.remarks, submission.is_untouched) == ("", (), True)


NAMED: dict[str, tuple[dict[str, bytes], str]] = {
    "only a Mac's": ({"mlp/._mlp.ipynb": b"\0\5\x16\7"}, "no mlp.ipynb, but ._mlp.ipynb"),
    "a Mac's by that name": ({"mlp/mlp.ipynb": b"\0\5\x16\7\0\2"}, "what a Mac keeps beside a file"),
    "only a checkpoint": (
        {"mlp/.ipynb_checkpoints/mlp-checkpoint.ipynb": b"{}"},
        r"no mlp.ipynb, but .ipynb_checkpoints/mlp-checkpoint.ipynb",
    ),
    "a PDF by that name": ({"mlp/mlp.ipynb": b"%PDF-1.7"}, "a PDF, and no notebook"),
    "a page by that name": ({"mlp/mlp.ipynb": b"\n<!DOCTYPE html><html>"}, "a web page, and no notebook"),
    "an archive by that name": ({"mlp/mlp.ipynb": b"PK\3\4"}, "a zip archive, and no notebook"),
    "packed and broken": ({"mlp/mlp.ipynb": b"\x1f\x8b\x08broken"}, "a packed file that is broken"),
    "a bomb": ({"mlp/mlp.ipynb": gzip.compress(bytes(30 * 2**20))}, r"2\d MB, and 20 are allowed"),
    "an archive": ({"mlp/mlp.zip": b"PK\3\4"}, "no mlp.ipynb, but mlp.zip"),
    "an unfinished download": ({"mlp/mlp.ipynb.crdownload": b"{"}, "no mlp.ipynb, but mlp.ipynb.crdownload"),
    "nothing": ({"mlp/mlp.ipynb": b""}, "not valid JSON at line 1"),
    "two of them": (
        {"mlp/a.ipynb": b"{}", "mlp/b.ipynb": b"[]"},
        "no mlp.ipynb, but a.ipynb, b.ipynb: rename the right one to mlp.ipynb",
    ),
    "two places": (
        {"mlp.ipynb": b"{}", "entrega/mlp.ipynb": b"[]"},
        "no mlp.ipynb, but ana/mlp.ipynb, ana/entrega/mlp.ipynb: put the right one at ana/mlp/mlp.ipynb",
    ),
    "another name elsewhere": (
        {"mi red.ipynb": b"{}"},
        "no mlp.ipynb, but ana/mi red.ipynb: put the right one",
    ),
    "a broken one, renamed": ({"mlp/a.ipynb": b"{"}, "^a.ipynb: not valid JSON"),
}


@pytest.mark.parametrize("case", NAMED)
def test_what_is_no_notebook_is_named_for_what_it_is(shipped: Course, case: str) -> None:
    """The line says what stands there, and what to do about it."""
    files, problem = NAMED[case]
    for place, content in files.items():
        put(shipped, f"ana/{place}", content)

    told = only(shipped).problem

    assert matches(problem, told), told
    assert matches(WHAT_TO_DO, told), told


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a text of one line."""
    return re.search(pattern, text) is not None and len(text.splitlines()) == 1


def test_notebooks_of_other_assignments_are_none_of_this_one(shipped: Course, released: bytes) -> None:
    """Neither another assignment's file by its own name, nor one that was given this one's."""
    put(shipped, "ana/tensores.ipynb", shipped.released("tensores").read_bytes())
    put(shipped, "ana/cnn/cnn.ipynb", shipped.released("cnn").read_bytes())
    put(shipped, "bea/mlp/mlp.ipynb", shipped.released("tensores").read_bytes())
    nameless = json.loads(shipped.released("cnn").read_bytes())
    for number, cell in enumerate(nameless["cells"]):
        cell.update(metadata={}, id=f"x{number}")
    put(shipped, "eva/mlp/mlp.ipynb", json.dumps(nameless).encode())
    put(shipped, "lola/mlp/mlp.ipynb", b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    put(shipped, "zoe/mlp/mlp.ipynb", b'{"cells": [{"cell_type": "code", "source": "1 + 1"}]}')

    of_class = found(shipped)

    assert of_class["ana"].is_missing
    for student in ("bea", "eva", "zoe"):
        assert of_class[student].problem.startswith("not this assignment"), student
    assert of_class["lola"].problem.startswith("a notebook without cells")
    assert not found(shipped, "tensores")["ana"].problem


def test_litter_is_no_student(shipped: Course, released: bytes) -> None:
    """What systems put beside the students' folders has no row."""
    put(shipped, "ana/mlp/mlp.ipynb", released)
    for folder in ("__MACOSX", ".ipynb_checkpoints", ".DS_Store"):
        put(shipped, f"{folder}/mlp/mlp.ipynb", released)

    assert not {"__MACOSX", ".ipynb_checkpoints", ".DS_Store"} & found(shipped).keys()


def make_pipe(path: Path) -> None:
    """A pipe that nobody writes to: whoever opened it would wait for ever."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    """A socket."""
    path.parent.mkdir(parents=True, exist_ok=True)
    here = Path.cwd()
    os.chdir(path.parent)  # for its name may have a hundred bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def make_sparse(path: Path) -> None:
    """A file of 60 GB that takes no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(60 * 2**30)


def make_loop(path: Path) -> None:
    """A link to itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(path.name)


def make_folder(path: Path) -> None:
    """A folder."""
    path.mkdir(parents=True)


SPECIAL: dict[str, tuple[Callable[[Path], None], str]] = {
    "a pipe": (make_pipe, "mlp.ipynb is a pipe, and no file: ask for the file"),
    "a socket": (make_socket, "mlp.ipynb is a socket, and no file: ask for the file"),
    "a folder": (make_folder, "mlp.ipynb is a folder, and no file: ask for the file"),
    "a sparse file": (make_sparse, "61440 MB, and 20 are allowed: clear its outputs and hand it in again"),
    "a loop": (make_loop, "mlp.ipynb is a link: put the file itself there"),
}


@pytest.mark.parametrize("case", SPECIAL)
def test_what_is_no_file_is_a_line_of_the_table(shipped: Course, released: bytes, case: str) -> None:
    """In the notebook's place it is named; beside a notebook it costs nothing, unless it is a link."""
    make, problem = SPECIAL[case]
    make(shipped.submitted / "ana" / "mlp" / "mlp.ipynb")
    put(shipped, "bea/mlp/mlp.ipynb", released)
    make(shipped.submitted / "bea" / "mlp" / "datos.bin")

    of_class = found(shipped)

    assert of_class["ana"].problem == problem
    beside = of_class["bea"]
    assert beside.problem == ("datos.bin is a link: put the file itself there" if "loop" in case else "")


def test_thousands_of_files_cost_nobody(shipped: Course, released: bytes) -> None:
    """The notebook in its place is graded however many files there are; elsewhere it isn't looked for."""
    for student in ("ana", "bea"):
        for number in range(2500):
            put(shipped, f"{student}/mlp/datos/{number}")
    put(shipped, "ana/mlp/mlp.ipynb", released)
    put(shipped, "bea/mlp/zz/mlp.ipynb", released)

    of_class = found(shipped)

    assert of_class["ana"].remarks[-1] == "more than 2000 files"
    assert of_class["ana"].can_be_graded
    assert max(map(len, of_class["ana"].remarks)) < 200
    assert of_class["bea"].problem == "more than 2000 files: ask for the notebook alone"


UNREADABLE = """
import os, sys
from pathlib import Path
from torchaula.classroom.intake.handed_in import look
from torchaula.course.layout import Course
from torchaula.course.rebuilding.submitted import load
course = Course(Path(sys.argv[1]))
os.setuid(65534)
for student in ("ana", "bea", "eva"):
    try:
        folder = look(course, student, "mlp")
        load(folder.at(folder.chosen()))
        print("found")
    except OSError as error:
        print(type(error).__name__)
        print(error, file=sys.stderr)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can look at this as somebody else")
def test_what_can_not_be_read_is_told(tmp_path: Path) -> None:
    """A file or a folder without permissions raises what the table tells; one deeper down costs nothing."""
    course = mini.write(tmp_path / "course")
    for student in ("ana", "bea", "eva"):
        put(course, f"{student}/mlp/mlp.ipynb", b"{}")
    put(course, "eva/mlp/datos/secret", b"")
    for place in ("ana/mlp/mlp.ipynb", "bea/mlp", "eva/mlp/datos"):
        (course.submitted / place).chmod(0)
    for folder in (*tmp_path.parents, tmp_path, course.root):
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | stat.S_IXGRP)

    done = subprocess.run(
        [sys.executable, "-c", UNREADABLE, str(course.root)], capture_output=True, text=True, check=False
    )

    for place in ("bea/mlp", "eva/mlp/datos"):
        (course.submitted / place).chmod(0o755)
    assert done.stdout.split() == ["PermissionError", "PermissionError", "found"], done.stderr


ODD_STUDENTS = ("jos\udce9", "ana\nb", "\x1b[2Jeva", "\u202eaol")
LONG = ("x" * 250, "ñ" * 127 + "y", "z" * 255)


@pytest.fixture(scope="module")
def odd_class(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A small class where nearly everybody is odd, to be graded by the command line."""
    course = mini.write(tmp_path_factory.mktemp("odd files") / "course")
    release(course, "mini")
    answer = week.text(course, *week.CLASS["ana"])
    for student in (*ODD_STUDENTS, *LONG, "ana", "zoe"):
        pupils.write(course, student, answer)
    put(course, "moved/mini.ipynb", answer.encode())
    put(course, "deeper/mini/mini/mini.ipynb", answer.encode())
    make_pipe(course.submitted / "zoe" / "mini" / "datos.bin")
    make_pipe(course.submitted / "pipe" / "mini" / "mini.ipynb")
    make_sparse(course.submitted / "sparse" / "mini" / "mini.ipynb")
    put(course, "__MACOSX/mini/._mini.ipynb", b"\0\5\x16\7")
    return course


def test_one_odd_file_stops_nobody(odd_class: Course) -> None:
    """Names that nobody can write, names of 255 bytes, pipes: the rest of the class is graded, twice."""
    shown = pupils.command(odd_class, "grade", "mini", code=1)

    table = pupils.table(odd_class.grades / "mini.csv")
    graded = {student for student, row in table.items() if row["outcome"] == "graded"}
    others = table.keys() - graded
    assert "Traceback" not in shown
    assert graded == {*LONG, "ana", "zoe", "moved", "deeper"}
    assert {table[student]["total"] for student in graded} == {"10.0"}
    assert len(others) == len(ODD_STUDENTS) + 2
    assert all(name.isprintable() for name in others)


def test_export_agrees_where_files_stood_elsewhere(odd_class: Course) -> None:
    """Whoever was graded from an odd place has handed something in."""
    mini.grade(odd_class)

    nbgrader(odd_class, "export", "--to=export.csv")

    exported = pupils.table(odd_class.root / "export.csv")
    for student in ("moved", "deeper", *LONG, "ana"):
        assert (exported[student]["score"], exported[student]["outcome"]) == ("10.0", "graded"), student


def test_notebook_that_says_nothing_new_is_not_graded_again(odd_class: Course, asked: list[int]) -> None:
    """What is known of students with long names, and of files elsewhere, is found again."""
    mini.grade(odd_class)
    asked.clear()

    mini.grade(odd_class)

    assert not asked
