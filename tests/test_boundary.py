"""What a test can see of an answer, the same in the learner's kernel and in the judge."""

from __future__ import annotations

import pytest

from tests.tiny import BACKENDS, OPEN, PLUS, grade, notebook
from torchaula.findings import Kind
from torchaula.grading.trusted import engine
from torchaula.grading.trusted.verdict import Outcome
from torchaula.grading.wire import limits

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Import what torch imports lazily once, before the first fork."""
    engine.prepare(notebook())


HIDDEN = 'student = graded("double-valores")\n'
DOUBLES = OPEN + "student.double(torch.tensor([1.0, -2.0])).equals(torch.tensor([2.0, -4.0]))\n"


def test_right_answer_passes(backend: str) -> None:
    """A right answer passes a cell that compares its result."""
    [verdict] = grade(PLUS, DOUBLES, backend=backend)

    assert verdict.outcome is Outcome.PASSED, verdict.message


@pytest.mark.parametrize(
    ("answer", "outcome", "message"),
    [
        ("def double(x):\n    return x + 1", Outcome.FAILED, "difiere 1 de 2 valores"),
        ("def double(x):\n    return -(x + x)", Outcome.FAILED, "signo cambiado"),
        ("def double(x):\n    return (x + x)[None]", Outcome.FAILED, "la forma es [1, 2] y debe ser [2]"),
        ("def double(x):\n    return (x + x).double()", Outcome.FAILED, "float64 y debe ser float32"),
        ("def double(x):\n    x + x", Outcome.FAILED, "¿falta un `return`?"),
        ("def double(x):\n    return x * 2", Outcome.FAILED, "usa `mul`"),
        ("def double(x):\n    return torch.mul(x, 2)", Outcome.FAILED, "usa `mul`"),
        ("def double(x):\n    return getattr(torch.ops.aten, 'mul')(x, 2)", Outcome.FAILED, "usa `mul`"),
        ("def double(x):\n    return x.add_(x)", Outcome.FAILED, "modifica lo que recibe"),
        (
            "def double(x):\n    return x.unbind() + undefined",
            Outcome.RAISED,
            "2: return x.unbind() + undefined",
        ),
        ("def double(x):\n    return (v for v in x)", Outcome.FAILED, "un valor de tipo generator"),
        ("def double(x):\n    raise SystemExit", Outcome.RAISED, "SystemExit"),
        ("def twice(x):\n    return x + x", Outcome.FAILED, "no existe `double`"),
        ("def double(x):\n    return (x + x).to_sparse()", Outcome.FAILED, "usa `to_sparse`"),
        ("def double(x):\n    return (x + x).numpy()", Outcome.FAILED, "usa `numpy`"),
        ("def double(x):\n    raise torch.softmax(x, 0)", Outcome.FAILED, "usa `softmax`"),
        ("def double(x):\n    while True: pass", Outcome.TIMED_OUT, "no terminó en"),
    ],
)
def test_wrong_answer_is_told_what_is_wrong(
    backend: str, answer: str, outcome: Outcome, message: str
) -> None:
    """Each kind of wrong answer fails with its outcome and a message that names it."""
    [verdict] = grade(answer, DOUBLES, backend=backend)

    assert verdict.outcome is outcome, verdict.message
    assert message in verdict.message


def test_probe_runs_beside_the_answer(backend: str) -> None:
    """A probe uses the exercise's own names and set-up names, and returns what it saw."""
    cell = OPEN + (
        "@probe\ndef twice_doubled(x):\n    'Doblar dos veces.'\n"
        "    seen = []\n    nn.Identity().register_forward_hook(lambda *a: None)\n"
        "    for _ in range(2):\n        x = double(x)\n        seen.append(x)\n    return seen\n"
        "twice_doubled(torch.ones(2)).equals([torch.full((2,), 2.0), torch.full((2,), 4.0)])\n"
    )

    [verdict] = grade(PLUS, cell, backend=backend)

    assert verdict.passed, verdict.message


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("    assert double(x) == x\n    return x\n", "`assert` judges"),
        ("    torch.testing.assert_close(x, x)\n    return x\n", "`testing` judges"),
        ("    return torch.autograd.gradcheck(double, x)\n", "`gradcheck` judges"),
        ("    return double(data)\n", "data: not a parameter"),
        ("    return triple(x)\n", "triple: not a parameter"),
        ("    import os\n    return os.getpid()\n", "import in the set-up cell"),
    ],
)
def test_probe_that_breaks_the_rules_is_refused_when_defined(backend: str, body: str, reason: str) -> None:
    """A probe that judges, or uses the test's names or another exercise's, is the test's fault."""
    answer = PLUS + "def triple(x):\n    return 3 * x\n"
    cell = OPEN + "data = torch.ones(2)\n@probe\ndef broken_probe(x):\n" + body

    [verdict] = grade(answer, cell, backend=backend)

    assert verdict.outcome is Outcome.INFRASTRUCTURE
    assert reason in verdict.message


@pytest.mark.parametrize(
    "value", ["lambda v: v", "nn.Identity()", "{1, 2}", "torch.eye(2).to_sparse()", "2**70"]
)
def test_argument_that_is_not_data_is_refused_at_the_call(backend: str, value: str) -> None:
    """What can't cross to another process is refused in the learner's kernel too."""
    [verdict] = grade(PLUS, OPEN + f"student.double({value})\n", backend=backend)

    assert verdict.outcome is Outcome.INFRASTRUCTURE
    assert "an argument is not data" in verdict.message


def test_test_that_is_wrong_without_a_word_is_told_of(backend: str) -> None:
    """Its own mistake has a text, whatever it says itself: without one nobody would be refused."""
    [verdict] = grade(
        PLUS, OPEN + "from torchaula.checks import TestError\nraise TestError\n", backend=backend
    )

    assert verdict.outcome is Outcome.INFRASTRUCTURE
    assert "TestError" in verdict.message


def test_shadowed_names_do_not_reach_probes(backend: str) -> None:
    """A learner who redefines `torch` or `list` breaks no probe."""
    answer = PLUS + "torch = None\nlist = 3\n"
    cell = (
        "import torch\n"
        + OPEN
        + (
            "@probe\ndef doubled_ones(n):\n    'Doblar unos.'\n"
            "    return list(double(torch.ones(n)).unbind())\n"
            "doubled_ones(2).equals([torch.tensor(2.0)] * 2)\n"
        )
    )

    [verdict] = grade(answer, cell, backend=backend)

    assert verdict.passed, verdict.message


def test_given_stands_in_for_an_earlier_exercise(backend: str) -> None:
    """During a call the learner's earlier function is torch's, and afterwards it is theirs again."""
    answer = "def linear(*a):\n    return 'mine'\ndef double(x):\n    return linear(x, 2 * torch.eye(3))\n"
    cell = (
        'student = graded("double-publico", names=["double", "linear"], '
        'given={"linear": torch.nn.functional.linear})\n'
        "student.double(torch.ones(3)).equals(torch.full((3,), 2.0))\n"
    )
    after = HIDDEN.replace("student =", "#") + (
        'student = graded("double-valores", names=["linear"])\nstudent.linear().equals("mine")\n'
    )

    for verdict in grade(answer, cell, after, backend=backend):
        assert verdict.passed, verdict.message


@pytest.mark.parametrize("function", ["torch.softmax", "nn.functional.max_pool2d", "torch.constant_pad_nd"])
def test_given_may_be_any_function_of_torch(backend: str, function: str) -> None:
    """Built-in and dispatched functions stand in too, under the name `x` of their first argument."""
    answer = "def pool(x, other): ...\ndef double(x, other):\n    return pool(x=x, **other)\n"
    others = {"torch.softmax": {"dim": 0}, "nn.functional.max_pool2d": {"kernel_size": 2}}
    other = others.get(function, {"pad": (1, 1), "value": 3.0})
    cell = (
        f'student = graded("double-publico", names="double", given={{"pool": {function}}})\n'
        f"x = torch.arange(12.0).reshape(1, 3, 4)\n"
        f"student.double(x, {other}).equals({function}(x, **{other}))\n"
    )

    [verdict] = grade(answer, cell, backend=backend)

    assert verdict.passed, verdict.message


def test_warning_costs_nothing(backend: str) -> None:
    """An answer that warns passes, also where the process that grades takes warnings for errors."""
    answer = "import warnings\ndef double(x):\n    warnings.warn('beware')\n    return x + x\n"
    cell = OPEN + "student.double(torch.ones(3)).equals(torch.full((3,), 2.0))\n"

    [verdict] = grade(answer, cell, backend=backend)

    assert verdict.passed, verdict.message


def test_random_numbers_of_test_and_answer_do_not_mix(backend: str) -> None:
    """What an answer draws changes neither the test's data nor, where a cell begins anew, its own."""
    answer = "def double(n):\n    return torch.rand(n)\n"
    cell = (
        OPEN
        + "a = torch.rand(3)\nr = student.double(3).result\nb = torch.rand(3)\n"
        + OPEN
        + "c = torch.rand(6)\nd = student.double(3).result\n"
        "assert torch.equal(torch.cat([a, b]), c) and torch.equal(r, d) and not torch.equal(a, r)\n"
    )

    [verdict] = grade(answer, cell, backend=backend)

    assert verdict.passed, verdict.message


def test_gradients_are_compared_with_the_oracle_s(backend: str) -> None:
    """A result that is right and detached, or whose gradient is wrong, fails `matches`."""
    cell = OPEN + "student.double(torch.ones(3, requires_grad=True)).matches(lambda x: 2 * x)\n"
    detached = "def double(x):\n    return (x + x).detach()\n"
    half = "def double(x):\n    return x + x.detach()\n"

    assert grade(PLUS, cell, backend=backend)[0].passed
    assert "desconectado" in grade(detached, cell, backend=backend)[0].message
    assert "0.5 veces" in grade(half, cell, backend=backend)[0].message


def test_loop_over_the_data_is_seen_without_a_clock(backend: str) -> None:
    """`no_loops` tells a loop from a vectorised answer, and says what grows."""
    cell = OPEN + "no_loops(student.double, lambda n: (torch.ones(n),), (3,), ['n'])\n"
    loops = "def double(x):\n    return torch.stack([v + v for v in x])\n"

    assert grade(PLUS, cell, backend=backend)[0].passed
    told = grade(loops, cell, backend=backend)[0].message
    assert "sin bucles" in told and "operaciones con n = 67" in " ".join(told.split())


def test_view_of_an_argument_is_not_a_fresh_result(backend: str) -> None:
    """`fresh` refuses a result that shares storage with an argument."""
    cell = OPEN + "student.double(torch.ones(3)).fresh()\n"

    assert grade(PLUS, cell, backend=backend)[0].passed
    assert "comparte memoria" in grade("def double(x):\n    return x[:2]\n", cell, backend=backend)[0].message


def test_result_in_the_memory_of_an_earlier_one_is_not_fresh(backend: str) -> None:
    """A buffer that the next call overwrites changes what somebody may still hold; a constant is none."""
    cell = OPEN + "student.double(torch.ones(3)).sound()\nstudent.double(torch.zeros(3)).fresh()\n"
    answer = "buffer = torch.zeros(3)\ndef double(x):\n    {}\n    return buffer{}\n"

    [kept] = grade(answer.format("torch.add(x, x, out=buffer)", ""), cell, backend=backend)
    assert kept.finding is not None and kept.finding.kind is Kind.REUSED
    for rest in (".clone()", " + x"):
        assert grade(answer.format("pass", rest), cell, backend=backend)[0].passed


def test_expected_exception_is_checked_by_kind(backend: str) -> None:
    """`raises` wants that exception: another one, or none, fails."""
    cell = OPEN + "student.double(-1).raises(ValueError)\n"
    outcomes = [
        grade(f"def double(x):\n    {body}\n", cell, backend=backend)[0].passed
        for body in ("raise ValueError", "raise UnicodeError", "raise TypeError", "return x")
    ]

    assert outcomes == [True, True, False, False]


def test_library_functions_are_traced_below_a_dotted_name(backend: str) -> None:
    """A dotted entry of `forbid` catches Python functions of the library, however they are reached."""
    cell = (
        'student = graded("double-publico", names="double", forbid=["torch.optim"])\n'
        "student.double(torch.ones(2)).sound()\n"
    )
    answer = (
        "def double(x):\n    p = nn.Parameter(x.clone())\n    p.grad = -x\n"
        "    torch.optim.SGD([p], lr=1.0).step()\n    return p.detach()\n"
    )

    assert "torch.optim" in grade(answer, cell, backend=backend)[0].message
    assert grade(PLUS, cell, backend=backend)[0].passed


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ('def double(x):\n    """Dobla."""\n', "`double` está todavía por escribir"),
        (
            "class double:\n    def __init__(self, x):\n        self.x = x\n"
            '    def forward(self, x):\n        """Dobla."""\n',
            "`double.forward` está todavía por escribir",
        ),
    ],
)
def test_answer_that_is_not_written_yet_is_called_so(backend: str, answer: str, name: str) -> None:
    """A stub is told from a wrong answer; a function that returns a constant is none."""
    constant = 'def double(x):\n    """Dobla."""\n    return 2\n'

    assert name in grade(answer, DOUBLES, backend=backend)[0].message
    assert "por escribir" not in grade(constant, DOUBLES, backend=backend)[0].message


@pytest.mark.parametrize(
    ("answer", "told"),
    [("", "no existe `double`"), ("double = 3\n", "`double` ya no es una función")],
)
def test_probe_says_which_name_is_missing_or_something_else(backend: str, answer: str, told: str) -> None:
    """A probe needs the exercise's names as much as a call does, and says so in the same words."""
    cell = OPEN + "@probe\ndef doubled_one():\n    return double(torch.ones(1))\ndoubled_one().sound()\n"

    assert told in grade(answer, cell, backend=backend)[0].message


def test_default_dtype_left_changed_costs_nothing(backend: str) -> None:
    """A learner who sets float64 as the default still gets and gives what tests expect."""
    answer = "torch.set_default_dtype(torch.float64)\ndef double(x):\n    return x + torch.ones(2) * 0 + x\n"
    cell = DOUBLES.replace('forbid=["mul"], ', "")

    assert grade(answer, cell, backend=backend)[0].passed


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("return (x == 1).to(torch.float32)", ""),
        ("return x == 1", "es bool y debe ser float32"),
        ("return (x == 1).double()", "es float64 y debe ser float32"),
        ("return (x == 1).float() / 0", "que no haya NaN"),
    ],
)
def test_battery_asks_for_one_dtype_whatever_comes(backend: str, answer: str, told: str) -> None:
    """Where the result's dtype does not follow the arguments', it is the one that is named."""
    cell = OPEN + (
        "battery(student.double, lambda n: (torch.arange(n),), sizes=[(5,), (1,)], "
        "shape=lambda n: (n,), dtype=torch.float32)\n"
    )

    [verdict] = grade(f"def double(x):\n    {answer}\n", cell, backend=backend)

    assert verdict.passed == (not told)
    assert told in verdict.message


@pytest.mark.parametrize(
    ("answer", "told"),
    [("return (x > 0).long()", ""), ("return torch.arange(len(x))", ""), ("return x.sign()", "es float32")],
)
def test_battery_takes_results_of_whole_numbers(backend: str, answer: str, told: str) -> None:
    """They are compared exactly, whatever the arguments' dtype."""
    cell = OPEN + (
        "battery(student.double, lambda n: (torch.randn(n),), sizes=[(5,), (0,)], "
        "shape=lambda n: (n,), dtype=torch.int64)\n"
    )

    [verdict] = grade(f"def double(x):\n    {answer}\n", cell, backend=backend)

    assert verdict.passed == (not told)
    assert told in verdict.message


@pytest.mark.parametrize("entry", ["scipy", "log_sofmax"])
def test_forbidding_what_no_trace_can_show_is_refused(backend: str, entry: str) -> None:
    """A module without a dot, or a misspelt name, would forbid nothing: the author is told."""
    cell = f'student = graded("double-publico", names="double", forbid=["mul", "__array__", "{entry}"])\n'

    [verdict] = grade(PLUS, cell, backend=backend)

    assert verdict.outcome is Outcome.INFRASTRUCTURE
    assert f"forbid '{entry}'" in verdict.message


def test_test_that_takes_too_long_blames_no_type(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that never ends on a result says so, and asks for a look at its size; the next cell counts."""
    monkeypatch.setattr(limits, "TEST_CPU", 0.4)
    endless = OPEN + "student.double(torch.ones(2)).sound()\nwhile True: pass\n"

    late, other = grade(PLUS, endless, HIDDEN + "student.double(1).equals(2)\n", backend=backend)

    assert late.outcome is Outcome.TIMED_OUT
    assert "tamaño" in late.message
    assert "clase" not in late.message
    assert "TimeLimit" not in late.message
    assert other.passed, other.message
