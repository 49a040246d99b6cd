"""What a person should look at is listed, what is honest is not, and the table says what hangs on claims."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from tests import mini, pupils, shipped, week
from tests.attacks import corpus_hiders, corpus_lies
from tests.rebuilding import reviewed
from torchaula.authoring.release import release
from torchaula.classroom.batch import claims, hiders
from torchaula.classroom.batch.claims import Claim
from torchaula.course import answers, notebook
from torchaula.course.layout import Course
from torchaula.course.rebuilding.submitted import Unreadable, read

COURSE = Course(shipped.ROOT)
HIDERS = corpus_hiders.HIDERS | corpus_lies.HIDING
ASSIGNMENTS = ("tensores", "mlp", "cnn")


@pytest.mark.parametrize("name", HIDERS)
def test_what_hides_a_call_is_listed(name: str) -> None:
    """Each way that was found to hide a forbidden call is named."""
    assert list(hiders.in_text(HIDERS[name].strip()))


@pytest.mark.parametrize(
    "text",
    [
        "torch.softmax = lambda x, dim: x",
        "del torch.Tensor.div",
        "import torch.nn as layers\nlayers.Module.__call__ = None",
        "setattr(torch.nn.functional, 'softmax', None)",
        "x.__class__ = Other",
        "getattr(F, name)(x)",
        "open('/proc/self/mem', 'wb')",
        "a = b = 1\nout = !python3 other.py",
        "%load_ext Cython",
        "%%script python3\nprint(1)",
        "from torch import ops, _C",
        "import torch._dynamo.eval_frame as e",
        "from concurrent.futures import ThreadPoolExecutor",
        "lista = !ls\nfrom threading import Thread",
        "from IPython.core import interactiveshell",
        "x.detach().__dlpack__()",
        "torch.multiprocessing.spawn(f)",
        "y.register_hook(f)",
    ],
)
def test_siblings_are_listed(text: str) -> None:
    """Replaced functions, other languages, insides by whatever name."""
    assert list(hiders.in_text(text))


@pytest.mark.parametrize(
    "text",
    [
        "torch.backends.cudnn.deterministic = True\nplt.rcParams['figure.dpi'] = 90",
        "%matplotlib inline\n%time f()\n!pip install torch\n!ls",
        "from IPython.display import display, Image",
        "self._cache = 1\nprint(self.__class__.__name__, model._modules)",
        "layer.weight = nn.Parameter(w)\nlayer.weight.requires_grad = False",
        "DataLoader(data, num_workers=0)",
        "%%html\n<b>hola</b>",
        "%load_ext autoreload\n%autoreload 2\n%load_ext google.colab.data_table",
        "files = !ls datos\nprint(files)",
        "torch.utils.deterministic.fill_uninitialized_memory = False",
        "y = a % run\nz = (a\n     % load)",
        "getattr(self, name)\ngetattr(torch.optim, 'SGD')",
        "x = torch.float32\ndef f(:\n  # types compile sys",
        "from __future__ import annotations\nimport numpy as np, time, random, math, os.path",
    ],
)
def test_honest_code_is_not_listed(text: str) -> None:
    """What learners write without a thought of traces."""
    assert list(hiders.in_text(text)) == []


def test_honest_submissions_are_not_listed() -> None:
    """No right answer, no released notebook, and of the sample class only who calls an operator of torch."""
    for assignment in ASSIGNMENTS:
        source = notebook.loads(COURSE.notebook(assignment).read_text(encoding="utf-8"))
        released = (shipped.ROOT / "release" / assignment / f"{assignment}.ipynb").read_text(encoding="utf-8")
        assert not reviewed(source, read(released.encode())).names
        for text in shipped.sample(assignment).values():
            with suppress(Unreadable):
                names = reviewed(source, read(text.encode())).names
                assert {name.partition(": ")[2] for name in names} <= {
                    "ops"
                }  # a forbidden call by another name
        for exercise in notebook.parse(source, assignment).exercises.values():
            for answer in answers.load(COURSE, assignment, exercise):
                assert not answer.is_right or not list(hiders.in_text(answer.source)), exercise.id


def test_names_of_earlier_cells_are_followed() -> None:
    """A library that one cell imports is known in the next one."""
    names = hiders.Names()
    assert not list(hiders.in_text("import collections as c", names))

    assert list(hiders.in_text("c.Counter.update = None", names))


def test_claims_are_read_from_the_tests() -> None:
    """Every exercise of the shipped course asks that arguments stay; some what was called, and how often."""
    found = {
        name: each for a in ASSIGNMENTS for name, each in claims.of(notebook.load(COURSE.notebook(a))).items()
    }

    assert all(Claim.UNCHANGED in each for each in found.values()) and len(found) == 24
    assert {Claim.NOTHING_FORBIDDEN, Claim.NO_LOOPS} <= set(found["softmax"])
    assert Claim.NOTHING_FORBIDDEN not in found["mlp"]
    assert Claim.NEW in found["pad2d"] and Claim.ATTACHED in found["pad2d"]


@pytest.mark.slow
def test_table_says_which_points_hang_on_claims(tmp_path: Path) -> None:
    """Points stand; named are the exercises from the listed cell on that gave any, and what they ask."""
    course = mini.write(tmp_path / "course")
    release(course, "mini")
    double, add_one = "2 * x if __import__('threading') else 0", "x + 1 if __import__('threading') else 0"
    pupils.write(course, "ana", week.text(course, "2 * x", "x + 1"))
    pupils.write(course, "bea", week.text(course, double, "x + 1"))
    pupils.write(course, "eva", week.text(course, "2 * x", add_one))
    pupils.write(course, "leo", week.text(course, double, "x + 2"))

    entries = mini.grade(course)

    told, both = "points that hang on claims: ", "nothing forbidden, arguments unchanged"
    assert {name: entry.total for name, entry in entries.items()} == {
        "ana": 10,
        "bea": 10,
        "eva": 10,
        "leo": 5,
    }
    assert told not in entries["ana"].what
    assert f"{told}double ({both}), add-one ({both})" in entries["bea"].what
    assert f"{told}add-one ({both})" in entries["eva"].what
    assert entries["leo"].what.endswith(f"{told}double ({both})")
