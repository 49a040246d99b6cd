"""Seconds that six submissions can add to a class's, each of which tries to hold a worker.

    python bench/held.py [--class N] [--budget SECONDS] [ASSIGNMENT]

The class is the reference submission in N copies; then six of them stop themselves, sleep, multiply, end or
loop in all their answers. They may add the budget each, shared out among the cores, and a tenth of all.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from batch import ROOT, course_of, run
from rich.console import Console
from rich.table import Table

from torchaula.authoring import sample_class
from torchaula.course.layout import Course
from torchaula.grading.trusted import client

DEEDS = {
    "stops itself": "import os; os.kill(os.getpid(), 19)",
    "sleeps": "import time; time.sleep(1000)",
    "sleeps ten seconds": "import time; time.sleep(10)",
    "multiplies": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "ends": "import os; os._exit(0)",
    "never ends": "while True: pass",
}
SETTING = "c.Grade.cpu_seconds = {0}\nc.Grade.wall_seconds = {0}\n"


def spoil(course: Course, assignment: str) -> None:
    """Let the first students do in every answer what holds a worker."""
    made_from = sample_class.material(course, assignment)
    for number, deed in enumerate(DEEDS.values()):
        answers = {name: _spoilt(made_from.model(name), deed) for name in made_from.exercises}
        path = course.submitted / f"s{number:04}" / assignment / f"{assignment}.ipynb"
        path.write_text(sample_class.handed_in(made_from, answers), encoding="utf-8")


def _spoilt(answer: str, deed: str) -> str:
    """An answer each of whose functions does something first."""
    lines = []
    for line in answer.splitlines():
        lines.append(line)
        if line.strip().startswith("def ") and line.endswith(":"):
            indent = " " * (len(line) - len(line.lstrip()) + 4)
            lines += [indent + each for each in deed.splitlines()]
    return "\n".join(lines)


def main() -> None:
    """Measure both classes, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("assignment", nargs="?", default="mlp")
    parser.add_argument("--class", dest="students", type=int, default=60)
    parser.add_argument("--budget", type=float, default=20.0)
    options = parser.parse_args()
    config = (ROOT / "nbgrader_config.py").read_text() + SETTING.format(options.budget)
    found = []
    for students, is_spoilt in ((options.students - len(DEEDS), False), (options.students, True)):
        with tempfile.TemporaryDirectory() as folder:
            course = course_of(Path(folder), options.assignment, students, config)
            if is_spoilt:
                spoil(course, options.assignment)
            found.append(run(course, options.assignment))
    without, together = (float(each["seconds"]) for each in found)
    allowed = 1.1 * (without + len(DEEDS) * options.budget / client.cores())
    table = Table(
        "what", "measured", title=f"{options.assignment}, {client.cores()} cores", title_justify="left"
    )
    table.add_row(f"{options.students - len(DEEDS)} that end, s", f"{without:.1f}")
    table.add_row(f"and {len(DEEDS)} that hold a worker, s", f"{together:.1f} (≤ {allowed:.1f})")
    for name, field in (("main process", "main_memory"), ("largest worker", "worker_memory")):
        sizes = " → ".join(f"{int(each[field]) / 2**20:.0f}" for each in found)
        table.add_row(f"{name}, MB", sizes)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
