"""The pieces of `torchaula.checks` that are plain functions, and its public surface."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
import torch

import torchaula.checks
from tests import tiny
from torchaula.checks import CheckFailed, messages, probe
from torchaula.checks.allowed import Refused, refused
from torchaula.checks.battery import strided
from torchaula.checks.compare import difference
from torchaula.checks.families import Family
from torchaula.checks.probe import free_names
from torchaula.checks.seeds import Stream, derive
from torchaula.checks.timelimit import TimeLimit, time_limit
from torchaula.classroom.batch.entries import Became
from torchaula.findings import Contrast, Label, Outcome, Reason
from torchaula.grading.trusted.verdict import Lost
from torchaula.report import class_csv, words
from torchaula.report.by_person import State

FOR_TESTS = ["CheckFailed", "TestError", "battery", "begin", "graded", "no_loops", "probe"]
FOR_LEARNERS = ["needs", "pieces", "progreso"]
X = torch.tensor([[1.0, 2.0, -3.0], [4.0, 5.0, 7.0]])


def test_public_surface_is_explicit() -> None:
    """What notebooks may import is this list and nothing else."""
    assert torchaula.checks.__all__ == sorted(FOR_TESTS + FOR_LEARNERS)
    assert all(hasattr(torchaula.checks, name) for name in torchaula.checks.__all__)


def test_checks_import_nothing_beyond_torch_and_the_standard_library() -> None:
    """A learner's kernel pays for torch and no other package."""
    program = (
        "import sys, torch; before = set(sys.modules); import torchaula.checks;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    new = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert set(new.stdout.split()) <= {"torchaula", "torch", *sys.stdlib_module_names}


def test_results_are_filed_and_shown_without_torch() -> None:
    """Only workers import it: a batch, a Jupyter server and a page read data that need none."""
    program = (
        "import sys, torchaula.classroom.batch.desk, torchaula.report.page;"
        "import torchaula.plugins.autograde;"
        "print('torch' in sys.modules)"
    )
    new = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert new.stdout == "False\n"


@pytest.mark.parametrize(
    ("obtained", "expected", "contrast", "told"),
    [
        (X, X.double(), Contrast.DTYPE, "float32 y debe ser float64"),
        (X, X.T, Contrast.SHAPE, "[2, 3] y debe ser [3, 2]"),
        (None, X, Contrast.TYPE, "None y se espera un tensor"),
        (X.tolist(), X, Contrast.TYPE, "tipo list"),
        (X * 3, X, Contrast.FACTOR, "3 veces"),
        (-X, X, Contrast.FACTOR, "signo cambiado"),
        (X + 1, X, Contrast.SHIFT, "le sobra la misma cantidad: 1"),
        (X * 0, X, Contrast.ZERO, "todo tu resultado es cero"),
        (X / 0 * 0, X, Contrast.NAN, "NaN en 6 de 6"),
        (X[:, :2].T.contiguous(), X[:, :2], Contrast.TRANSPOSED, "si se traspone"),
        (X.to("meta"), X, Contrast.DEVICE, "está en meta"),
        (1, 1.0, Contrast.TYPE, "tipo int"),
        (True, 1, Contrast.TYPE, "tipo bool"),
        (0.5, 0.75, Contrast.NUMBER, "la diferencia es 0.25"),
        ([1, 2], [1, 2, 3], Contrast.LENGTH, "hay 2 elementos y deben ser 3"),
        ((1, 2), [1, 2], Contrast.TYPE, "tipo tuple"),
        ({"a": 1}, {"b": 1}, Contrast.KEYS, "entre las claves falta 'b' y sobra 'a'"),
        ({"a": [1, X]}, {"a": [1, X + 1e-3]}, Contrast.ELEMENTS, "en ['a'][1]: "),
        (torch.tensor([1, 2]), torch.tensor([1, 3]), Contrast.ELEMENTS, "difiere 1 de 2"),
        (torch.tensor(float("nan")), torch.tensor(0.0), Contrast.NAN, "NaN"),
        (torch.tensor(1.3), torch.tensor(1.0), Contrast.ELEMENTS, "el valor es 1.3 y debe ser 1"),
        (torch.tensor(0.5), torch.tensor(1.0), Contrast.ELEMENTS, "el valor es 0.5 y debe ser 1"),
        (torch.tensor([[4.0]]), torch.tensor([[1.0]]), Contrast.ELEMENTS, "el único valor es 4 y debe ser 1"),
        (4 * torch.eye(3), torch.eye(3), Contrast.ELEMENTS, "difieren 3 de 9 valores"),
        (torch.ones(4) + 1, torch.ones(4), Contrast.ELEMENTS, "difieren 4 de 4 valores"),
        (torch.tensor([-1.0]), torch.tensor([1.0]), Contrast.FACTOR, "signo cambiado"),
        (torch.tensor([0.0]), torch.tensor([1.0]), Contrast.ZERO, "tu resultado es cero"),
        (torch.tensor([1.0, 3.0]), torch.tensor([1.0, 2.0]), Contrast.ELEMENTS, "el de [1]: 3 en lugar de 2"),
        ([1], [1, 2], Contrast.LENGTH, "hay 1 elemento y deben ser 2"),
        ([1, 2], [1], Contrast.LENGTH, "hay 2 elementos y debe ser 1"),
        ({}, {"b": 1, "c": 2}, Contrast.KEYS, "faltan 'b', 'c'"),
        (X.double() * (1 + 1e-7), X.double(), Contrast.PRECISION, "redondeo de float32"),
        (X * (1 + 2e-5 * torch.arange(6).reshape(2, 3)), X, Contrast.ELEMENTS, "4.00024 en lugar de 4"),
        (torch.tensor(True), torch.tensor(1), Contrast.DTYPE, "bool y debe ser int64"),
    ],
)
def test_difference_says_in_which_way(obtained: Any, expected: Any, contrast: Contrast, told: str) -> None:
    """Type, shape, dtype, device, values, and simple rules behind wrong values are told apart."""
    found = difference(obtained, expected)

    assert found is not None and found.contrast is contrast
    assert told in messages.difference(found)


def test_every_kind_of_data_has_its_words() -> None:
    """A label, a difference or a reason that is new has Spanish words too, on the page as in a notebook."""
    assert set(messages.LABELS) == set(Label) and messages.LABELS == words.LABELS
    assert set(messages.DIFFERENCES) == set(Contrast)
    assert set(messages.REASONS) == set(Reason) - {Reason.RAISED}
    assert set(words.OUTCOMES) == set(Outcome) and set(words.LOST) == set(Lost)
    assert set(words.BY_PERSON) == set(State) and set(class_csv.BECAME) == set(Became)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rounding_is_forgiven_and_no_more(dtype: torch.dtype) -> None:
    """Another order of summation passes; a relative error a hundred times larger fails."""
    torch.manual_seed(0)
    values = torch.randn(1009, dtype=dtype)
    tolerance = {torch.float32: 2e-5, torch.float64: 1e-12}[dtype]
    scale = values.abs().max()

    assert difference(values.flip(0).cumsum(0)[-1], values.sum()) is None
    assert difference(values + 0.5 * tolerance * scale, values) is None
    assert difference(values + 50 * tolerance * scale, values) is not None
    assert (
        difference(torch.tensor([float("nan"), float("inf")]), torch.tensor([float("nan"), float("inf")]))
        is None
    )


def test_messages_stay_short() -> None:
    """Whatever a learner returns is shown in a bounded form."""
    for value in (torch.ones(10**6), list(range(10**5)), "x" * 10**6, {i: i for i in range(1000)}):
        assert len(messages.show(value)) < 300


def test_failed_check_renders_without_a_traceback() -> None:
    """IPython asks the exception itself for what to show: the message's lines, no test code."""
    assert CheckFailed("uno\ndos")._render_traceback_() == ["uno", "dos"]


def test_free_names_see_through_nested_functions() -> None:
    """Names read by inner functions count; parameters, locals and comprehensions' own don't."""
    source = (
        "def watch_calls(x, n=3):\n    y = [a for a in x if a > limit]\n"
        "    def inner(z):\n        return z + y + outside\n    return inner(n), len(y)\n"
    )

    assert free_names(source) == {"limit", "outside", "len"}


def test_probe_outside_a_notebook_is_refused() -> None:
    """Without a graded cell there is nothing for a probe to run beside."""
    program = (
        "from torchaula.checks import TestError, probe\n"
        "try:\n    probe(len)\nexcept TestError:\n    print('refused')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout == "refused\n"
    assert callable(probe)


TRACE = {"aten._softmax": 1, "python.add_": 1, "call.torch.optim.sgd.SGD.step": 1, "aten.mul": 1}


@pytest.mark.parametrize(
    ("allow", "forbid", "found"),
    [
        ([], [], Refused("torch.optim.SGD", Family.OPTIMISERS)),
        (["optimisers"], [], Refused("softmax", Family.SOFTMAX)),
        (["torch.optim", "softmax"], [], None),
        (["optimisers", "log_softmax"], [], Refused("softmax", Family.SOFTMAX)),
        (["optimisers", "softmax"], ["add"], Refused("add_")),
        (["optimisers", "softmax"], ["arithmetic"], Refused("add_", Family.ARITHMETIC)),
        (["optimisers", "softmax"], ["soft", "torch.op", "step"], None),
        (["optimisers", "softmax"], ["torch"], Refused("softmax")),
        (["optimisers", "softmax"], ["softmax"], Refused("softmax", Family.SOFTMAX)),
        (["torch"], [], None),
        (["torch"], ["mul"], Refused("mul")),
    ],
)
def test_contract_names_what_may_be_used(allow: list[str], forbid: list[str], found: Refused | None) -> None:
    """Specialised families are refused unless allowed; a name or a family that is taken away wins."""
    assert refused(TRACE, allow, forbid) == found


def test_other_namespace_is_refused_whatever_its_name() -> None:
    """An operation of the learner's own, or of another program, may compute anything."""
    for name in ("mine.mul", "quantized.add", "higher_order.cond"):
        assert refused({name: 1}, [], []) == Refused(name, Family.OTHER)
    assert refused({"prims.mul": 1, "building.operations": 3}, [], []) is None


def test_streams_go_on_where_they_stopped() -> None:
    """Two blocks on one stream draw what one longer block would, and the outside is untouched."""
    one, two = Stream(derive("a", 1)), Stream(derive("a", 1))
    torch.manual_seed(5)
    outside = torch.rand(3)
    torch.manual_seed(5)
    with one.active():
        first = torch.rand(2)
    with one.active():
        second = torch.rand(2)
    with two.active():
        both = torch.rand(4)

    assert torch.equal(torch.cat([first, second]), both)
    assert torch.equal(torch.rand(3), outside)


def test_time_limit_counts_cpu_time() -> None:
    """A busy loop is ended, even inside `except Exception`; a quick block is left alone."""
    with pytest.raises(TimeLimit), time_limit(0.2):
        while True:
            with contextlib.suppress(Exception):
                sum(range(1000))
    with time_limit(0.2):
        assert sum(range(10)) == 45


@pytest.mark.parametrize("inner", [0.1, 9.0])
def test_time_limit_goes_on_after_one_inside_it(inner: float) -> None:
    """An endless loop after an inner block is ended by what is left of the outer limit."""
    begun, before = time.process_time(), signal.getsignal(signal.SIGPROF)
    with pytest.raises(TimeLimit), time_limit(0.4):
        with contextlib.suppress(TimeLimit), time_limit(inner):
            while inner < 1 or time.process_time() - begun < 0.1:
                pass
        while time.process_time() - begun < 9:
            pass
    assert time.process_time() - begun < 3
    assert signal.getsignal(signal.SIGPROF) is before


def test_time_limit_on_the_clock_goes_on_after_one_inside_it() -> None:
    """So does the limit on the clock, though the inner block may have used all of it."""
    with pytest.raises(TimeLimit) as late, time_limit(20, clock=0.2):
        with time_limit(20):
            time.sleep(0.3)
        time.sleep(20)
    assert late.value.is_idle


@pytest.mark.parametrize("size", [(5,), (5, 3), (1, 3), (5, 1), (2, 3, 5), (0, 3)])
def test_battery_makes_data_that_are_not_contiguous(size: tuple[int, ...]) -> None:
    """`strided` keeps values and changes only how they lie in memory."""
    x = torch.randn(size)

    assert torch.equal(strided(x), x)
    assert strided(x).stride() != x.stride() or x.numel() <= 1


def test_test_that_calls_itself_ends() -> None:
    """A test that gives a name of its own to the answer, which a probe then calls, is told so in a kernel."""
    cell = tiny.OPEN + (
        "double = student.double\n"
        "@probe\ndef twice(x):\n    'Doblar dos veces.'\n    return double(double(x))\n"
        "twice(torch.ones(2)).equals(torch.full((2,), 4.0))\n"
    )

    [verdict] = tiny.grade(tiny.PLUS, cell, backend="local")

    assert not verdict.passed
    assert "a probe calls a name of the test's" in verdict.message
