"""Seconds that a class takes, beside stock nbgrader's, on this machine and in this run.

    python bench/batch.py [--stock N] [--grade N] [--large N] [ASSIGNMENT]

The class is the reference submission in N copies, each made another by a comment. Start-up and marginal
rate are told apart: a rate is of what follows the first results, with every worker warm. `limit` is the
CPU that the cells themselves take (one warm process, see graded_cells.py), divided by the cores. The
table is printed, and saved as bench/batch.json.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from graded_cells import RUNS, seconds
from rich.console import Console
from rich.table import Table

from torchaula.authoring import sample_class
from torchaula.classroom.batch import assignments, batch
from torchaula.course import layout, notebook
from torchaula.course.layout import Course
from torchaula.course.rebuilding.rebuild import sort
from torchaula.course.rebuilding.submitted import read
from torchaula.grading.trusted import client, engine
from torchaula.report.following import Terminal

ROOT = Path(__file__).parents[1]
SAVED = Path(__file__).with_suffix(".json")
STOCK = 'c = get_config()\nc.CourseDirectory.course_id = "stock"\nc.NbGrader.logfile = ""\n'
WARM = 10  # results after which every worker is warm


class Follower(Terminal):
    """Notes when each result came."""

    def __init__(self, made: batch.Batch, begun: float) -> None:
        super().__init__(made, Console(file=io.StringIO()), is_agreed=True)
        self.begun, self.stamps = begun, list[float]()

    def graded(self, student: str) -> None:
        self.stamps.append(time.monotonic() - self.begun)


def course_of(folder: Path, assignment: str, copies: int, config: str = "") -> Course:
    """A course with one assignment, and the reference submission in so many copies."""
    for name in ("source", "release", "answers"):
        shutil.copytree(ROOT / name / assignment, folder / name / assignment)
    (folder / "nbgrader_config.py").write_text(config or (ROOT / "nbgrader_config.py").read_text())
    course = layout.find(folder)
    course.secret.write_text("0" * 64)  # the same inputs in every run
    made_from = sample_class.material(course, assignment)
    model = {name: made_from.model(name) for name in made_from.exercises}
    first = next(iter(model))
    for number in range(copies):
        other = model | {first: f"{model[first]}\n# {number}"}
        path = course.submitted / f"s{number:04}" / assignment / f"{assignment}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(sample_class.handed_in(made_from, other), encoding="utf-8")
    return course


def stock(assignment: str, copies: int) -> dict[str, float]:
    """`nbgrader autograde` as it comes: of one submission, and of the class in one command."""
    with tempfile.TemporaryDirectory() as folder:
        course = course_of(Path(folder), assignment, copies, STOCK)
        nbgrader(course, "generate_assignment", assignment, "--force")
        one = nbgrader(course, "autograde", assignment, "--student", "s0000")
        several = nbgrader(course, "autograde", assignment, "--force")
    marginal = (several - one) / (copies - 1)
    return {"start_up": one - marginal, "marginal": marginal, "submissions": copies}


def nbgrader(course: Course, *words: str) -> float:
    """The seconds that one of nbgrader's own commands takes."""
    # nbgrader runs `alembic` by its name.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    begun = time.monotonic()
    program = [Path(sys.executable).with_name("nbgrader"), *words]
    subprocess.run(program, cwd=course.root, check=True, capture_output=True, env=os.environ | {"PATH": path})
    return time.monotonic() - begun


def graded(folder: Path, assignment: str) -> None:
    """In a process of its own: grade a class as the command does, and print what it took, as JSON."""
    begun = time.monotonic()
    made = batch.prepare(layout.find(folder), assignment)
    follower = Follower(made, begun)
    entries = list(made.grade(audience=follower))
    right = sum(entry.total == 100 for entry in entries)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        json.dumps(
            {
                "right": right,
                "stamps": follower.stamps,
                "seconds": time.monotonic() - begun,
                "main_cpu": time.process_time(),
                "workers_cpu": children.ru_utime + children.ru_stime,
                "worker_memory": children.ru_maxrss * 1024,
                "main_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )


def run(course: Course, assignment: str) -> dict[str, object]:
    """What `graded` prints."""
    program = [sys.executable, __file__, "--course", str(course.root), assignment]
    done = subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def one_warm_start(course: Course, assignment: str) -> float:
    """Seconds until a new worker has graded one submission, with the machine to itself."""
    loaded, handed_in = assignments.load(course, assignment), next(course.submitted.rglob("*.ipynb"))
    work = sort(loaded.instructor, read(handed_in.read_bytes())).work
    job = loaded.job(loaded.rebuilt(work))
    one = client.Client()
    begun = time.monotonic()
    one.grade(job)
    one.close()
    return time.monotonic() - begun


def own_cpu(assignment: str) -> float:
    """CPU seconds of the graded cells on the model solution, both sides in one warm process."""
    source = notebook.load(layout.find(ROOT).notebook(assignment))
    with contextlib.redirect_stdout(io.StringIO()):
        engine.prepare(source)
        return statistics.median(sum(seconds(source).values()) for _ in range(RUNS))


def rate(stamps: list[float], first: int = WARM, last: int | None = None) -> float:
    """Seconds a further result between two of them."""
    chosen = stamps[first:last]
    return (chosen[-1] - chosen[0]) / (len(chosen) - 1)


def measure(assignment: str, of_stock: int, of_ours: int, large: int) -> dict[str, object]:
    """All figures of one run."""
    cores, found = client.cores(), dict[str, object]()
    found["stock"] = stock(assignment, of_stock)
    found["cells_cpu"] = own_cpu(assignment)
    found["limit"] = float(found["cells_cpu"]) / cores
    with tempfile.TemporaryDirectory() as folder:
        course = course_of(Path(folder), assignment, of_ours)
        found["warm_start"] = one_warm_start(course, assignment)
        found["class"] = told = run(course, assignment)
        found["unchanged"] = run(course, assignment)
        assert told["right"] == of_ours, "the reference has lost points"
        stamps = told.pop("stamps")
        told |= {"submissions": of_ours, "first": stamps[0], "marginal": rate(stamps)}
    if large:
        with tempfile.TemporaryDirectory() as folder:
            course = course_of(Path(folder), assignment, large)
            found["large"] = told = run(course, assignment)
            found["large_unchanged"] = run(course, assignment)
            stamps = told.pop("stamps")
            told |= {"submissions": large, "at_100": rate(stamps, last=100), "marginal": rate(stamps)}
    return found | {"assignment": assignment, "cores": cores, "load": os.getloadavg()[0]}


def rows(found: dict) -> list[tuple[str, str, str]]:
    """What to show: what, how much, and beside what was aimed at."""
    stock, ours, limit = found["stock"], found["class"], found["limit"]
    n, marginal = ours["submissions"], ours["marginal"]
    unchanged = 1000 * found["unchanged"]["seconds"] / n
    shown = [
        ("stock nbgrader: start-up, s", f"{stock['start_up']:.2f}", ""),
        ("stock nbgrader: a further submission, s", f"{stock['marginal']:.2f}", ""),
        ("one warm start, s", f"{found['warm_start']:.2f}", ""),
        ("first result, s", f"{ours['first']:.2f}", f"{ours['first'] / found['warm_start']:.2f} × (≤ 2)"),
        (
            "a further submission, s",
            f"{marginal:.3f}",
            f"{stock['marginal'] / marginal:.1f} × (≥ 20, aim 40)",
        ),
        ("limit: the cells' own CPU ÷ cores, s", f"{limit:.3f}", f"{marginal / limit:.2f} × (aim ≤ 1.5)"),
        ("CPU a submission: workers, s", f"{ours['workers_cpu'] / n:.3f}", "start-up included"),
        ("CPU a submission: main process, s", f"{ours['main_cpu'] / n:.3f}", "start-up included"),
        ("nothing changed: a submission, ms", f"{unchanged:.1f}", "start-up included (≤ 10)"),
    ]
    if "large" in found:
        large, fewer = found["large"], found["unchanged"]["seconds"]
        more = 1000 * (found["large_unchanged"]["seconds"] - fewer) / (large["submissions"] - n)
        memory = large["main_memory"] / 2**20
        shown += [
            (f"of {large['submissions']}: a further submission, s", f"{large['marginal']:.3f}",
             f"{large['marginal'] / large['at_100']:.2f} × that at 100 (≤ 1.1)"),
            (f"of {large['submissions']}: main process, MB", f"{memory:.0f}", "(< 500)"),
            ("nothing changed: a further submission, ms", f"{more:.1f}", "(≤ 10)"),
        ]  # fmt: skip
    return shown


def main() -> None:
    """Measure, print the table and save it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("assignment", nargs="?", default="mlp")
    parser.add_argument("--stock", type=int, default=20, help="submissions for stock nbgrader")
    parser.add_argument("--grade", type=int, default=200, help="submissions for torchaula")
    parser.add_argument("--large", type=int, default=1000, help="submissions of a large class; 0: none")
    parser.add_argument("--course", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.course:
        graded(options.course, options.assignment)
        return
    found = measure(options.assignment, options.stock, options.grade, options.large)
    table = Table(title=f"{found['assignment']}, {found['cores']} cores", title_justify="left")
    for heading, justify in (("what", "left"), ("measured", "right"), ("", "left")):
        table.add_column(heading, justify=justify)
    for row in rows(found):
        table.add_row(*row)
    Console(width=100).print(table)
    SAVED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
