"""What is known of wrong answers: found out when needed, once for all workers."""

from __future__ import annotations

import fcntl
import shutil
import threading
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests import mini
from torchaula.authoring import judging
from torchaula.checks.session import aspect_of
from torchaula.classroom.batch import assignments
from torchaula.course import notebook
from torchaula.course.constructs import Needs
from torchaula.course.layout import find
from torchaula.course.markers import USUAL
from torchaula.grading.trusted.engine import Engine
from torchaula.grading.trusted.jobs import Assigned, Mistake
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.misconceptions import Misconceptions

SQUARE = "tu resultado coincide con el cuadrado"
BOTH = ("publico", "valores")  # the aspects of its cells
WRONG = {"double": "def double(x):\n    return x * x + 7", "add-one": "def add_one(x):\n    return 7 + x * x"}


class Noting(Engine):
    """An engine that notes which exercises it was asked to grade, and which known answers."""

    asked: list[str]
    ran: list[str]

    def grade(self, submission: Any, only: Collection[str] | None = None, *, alone: bool = True) -> Judged:
        self.asked += only or ()
        return super().grade(submission, only, alone=alone)

    def grade_each(self, exercise: str, answers: Sequence[str]) -> list[Judged]:
        self.asked.append(exercise)
        self.ran += answers
        return super().grade_each(exercise, answers)


ODD = {  # answers that leave something behind, and what meets it
    "wrong": "def double(x):\n    return x * x",
    "with a helper": "def helper(x):\n    return x * 2\n\ndef double(x):\n    return helper(x)",
    "without one": "def double(x):\n    return helper(x)",
    "a name deleted": "del torch\n\ndef double(x):\n    return x + x + 1",
    "a name replaced": "torch = 3\n\ndef double(x):\n    return torch.tensor(x) * 2",
    "a setting": "import sys\n\ndef double(x):\n    sys.setrecursionlimit(700)\n    return x * x",
    "after it": "import sys\n\ndef double(x):\n    return x * 2 + (sys.getrecursionlimit() == 700)",
    "chance": "def double(x):\n    return x + torch.rand(())",
    "chance beside it": "shift = torch.rand(())\n\ndef double(x):\n    return x + shift",
    "the same chance": "shift = torch.rand(())\n\ndef double(x):\n    return shift + x",
    "not Python": "def double(x:",
    "nothing": "def double(x):\n    pass",
    "dies": "import os\n\ndef double(x):\n    os._exit(1)",
    "dies at once": "import os\nos._exit(1)",
    "endless": "def double(x):\n    while True:\n        pass",
    "right": "def double(x):\n    return x + x",
}


@pytest.fixture
def grader(tmp_path: Path) -> Noting:
    """An engine of its own for the mini course, in the sandbox of this process."""
    course = mini.write(tmp_path / "course")
    made = Noting(notebook.load(course.notebook("mini")), judging.own_sandbox())
    made.asked, made.ran = [], []
    return made


@pytest.fixture
def assigned(tmp_path: Path, grader: Noting) -> Assigned:
    """The assignment with its known answers."""
    known = assignments.load(find(tmp_path / "course"), "mini").mistakes
    return Assigned(grader.notebook, mistakes=known, keys=dict.fromkeys(known, "0" * 64))


def test_exercise_without_an_answer_is_compared_with_nothing(
    grader: Noting, assigned: Assigned, tmp_path: Path
) -> None:
    """Who has written nothing has made no known mistake: no wrong answer is run for it."""
    solutions = ((name, e.solution.source) for name, e in grader.notebook.exercises.items())
    stubs = {name: USUAL.stub(source, text="") for name, source in solutions}

    submission = grader.notebook.answered(stubs)
    judged = grader.grade(submission)
    grader.asked.clear()
    verdicts = Misconceptions(grader, assigned, tmp_path / "kept").diagnosed(judged, submission)

    assert len(verdicts) == 4 and not any(v.passed or v.diagnosis for v in verdicts.values())
    assert grader.asked == []


@pytest.mark.filterwarnings("ignore:.*is multi-threaded, use of fork:DeprecationWarning")
def test_what_another_worker_finds_out_is_waited_for_last(
    grader: Noting, assigned: Assigned, tmp_path: Path
) -> None:
    """Meanwhile this one finds out the rest; nothing is found out twice, and both say the same."""
    submission = grader.notebook.answered(WRONG)
    judged = grader.grade(submission)
    other = Misconceptions(grader, assigned, tmp_path / "other").diagnosed(judged, submission)
    assert {verdict.diagnosis for verdict in other.values()} == {SQUARE}
    grader.asked.clear()
    kept, told = tmp_path / "kept", []
    kept.mkdir()

    with (kept / "double.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ours = Misconceptions(grader, assigned, kept)
        thread = threading.Thread(target=lambda: told.append(ours.diagnosed(judged, submission)))
        thread.start()
        while not list(kept.glob("add-one-*.msgpack")):
            assert thread.is_alive()
            time.sleep(0.01)
        time.sleep(0.2)
        assert thread.is_alive() and not told
        shutil.copy(next((tmp_path / "other").glob("double-*.msgpack")), kept)
    thread.join(timeout=30)

    assert told == [other]
    assert set(grader.asked) == {"add-one"}


def test_known_answer_is_run_once_a_program_may_be_told_its_sentence(
    grader: Noting, assigned: Assigned, tmp_path: Path
) -> None:
    """An answer with a loop explains no program without one; both are found in the cache afterwards."""
    plain = "def double(x):\n    return x * x + 7"
    loop = "def double(x):\n    for _ in range(1):\n        x = x * x\n    return x - 5"
    mistakes = [
        Mistake("un bucle", loop, BOTH, Needs(has=("loop",))),
        Mistake("sin bucle", plain, BOTH),
    ]
    assigned = replace(assigned, mistakes={"double": mistakes})

    def told(misconceptions: Misconceptions, answer: str) -> set[str]:
        submission = grader.notebook.answered({"double": answer})
        verdicts = misconceptions.diagnosed(grader.grade(submission, ["double"]), submission)
        return {verdict.diagnosis for verdict in verdicts.values()}

    first, second = (Misconceptions(grader, assigned, tmp_path / "kept") for _ in range(2))
    assert told(first, plain) == {"sin bucle"} and grader.ran == [plain]
    assert told(second, loop) == {"un bucle"} and grader.ran == [plain, loop]
    assert told(first, loop) == {"un bucle"} and told(second, plain) == {"sin bucle"}
    assert grader.ran == [plain, loop]


def test_known_answers_that_fail_other_cells_are_run_only_where_the_same_ones_explain_nothing(
    grader: Noting, assigned: Assigned, tmp_path: Path
) -> None:
    """What fails none of the cells is never run; and what is told doesn't depend on the cache."""
    square, seven = "def double(x):\n    return x * x + 7", "def double(x):\n    return x + x + 7"
    hidden = "def double(x):\n    return x + x + (len(x) == 3)"
    mistakes = [
        Mistake("el cuadrado", square, BOTH),
        Mistake("siete más", seven, BOTH),
        Mistake("uno más", hidden, ("valores",)),
        Mistake("otra celda", "raise RuntimeError", ("formas",)),
    ]
    assigned = replace(assigned, mistakes={"double": mistakes})
    answers = [
        square.replace("x * x", "x.pow(2)"),
        hidden.replace("x + x", "2 * x"),
        "def double(x):\n    return -x",
    ]

    def told(misconceptions: Misconceptions, answer: str) -> dict[str, str]:
        submission = grader.notebook.answered({"double": answer})
        verdicts = misconceptions.diagnosed(grader.grade(submission, ["double"]), submission)
        return {aspect_of(cell): verdict.diagnosis for cell, verdict in verdicts.items()}

    first, second = (Misconceptions(grader, assigned, tmp_path / name) for name in ("one", "two"))
    found = [told(first, answer) for answer in answers]

    assert found == [
        dict.fromkeys(BOTH, "el cuadrado"),
        {"publico": "", "valores": "uno más"},
        dict.fromkeys(BOTH, ""),
    ]
    assert grader.ran == [square, seven, hidden]
    assert [told(second, answer) for answer in reversed(answers)] == found[::-1]


@pytest.mark.slow
def test_answers_that_share_a_process_end_as_each_does_by_itself(grader: Noting) -> None:
    """What one answer defines, sets or draws is nothing to the next, nor that it ends the process."""
    together = grader.grade_each("double", list(ODD.values()))
    grader.asked.clear()

    for name, answer, judged in zip(ODD, ODD.values(), together, strict=True):
        alone = grader.grade(grader.notebook.answered({"double": answer}), ["double"])
        assert (name, judged.verdicts, judged.evidence) == (name, alone.verdicts, alone.evidence)


def test_only_an_answer_that_ends_its_process_is_graded_by_itself(grader: Noting) -> None:
    """All others share one, whatever stands between them."""
    grader.asked.clear()
    grader.grade_each("double", list(ODD.values()))

    assert len(grader.asked) == 1 + sum(name.startswith("dies") or name == "endless" for name in ODD)
