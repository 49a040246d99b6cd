"""Right answers in unusual clothes: whatever is what the statement asks for counts, in both back ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny import BACKENDS, OPEN, grade, notebook
from torchaula.authoring import judging
from torchaula.checks import data
from torchaula.course.layout import Course
from torchaula.course.notebook import load
from torchaula.findings import Finding, Kind, Reason
from torchaula.grading.trusted import engine
from torchaula.grading.trusted.verdict import Outcome, Verdict

pytestmark = pytest.mark.parametrize("backend", BACKENDS)
COURSE = Course(Path(__file__).parents[1])


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Import what torch imports lazily once, before the first fork."""
    engine.prepare(notebook())


def one(answer: str, cell: str, backend: str, opened: str = OPEN) -> Verdict:
    """The verdict of one graded cell."""
    [verdict] = grade(answer, opened + cell, backend=backend)
    return verdict


# What a value is, whatever class of its own it comes in

VALUES = {
    "np.float64(2.5)": "2.5",
    "np.complex128(1j)": "1j",
    "np.str_('a')": "'a'",
    "np.bytes_(b'ab')": "b'ab'",
    "Word('a')": "'a'",
    "Lying(3.5)": "3.5",
    "Colour.RED": "1",
    "Point(1, 2.0)": "(1, 2.0)",
    "Stack([1, [Colour.RED]])": "[1, [1]]",
    "OrderedDict(b=1, a=np.float64(2))": "{'b': 1, 'a': 2.0}",
    "defaultdict(int, {Word('a'): 1})": "{'a': 1}",
    "Counter('aab')": "{'a': 2, 'b': 1}",
    "torch.ones(2, 3).shape": "torch.Size([2, 3])",
    "nn.PReLU().double().requires_grad_(False).state_dict().keys().__len__()": "1",
}
CLASSES = """
import enum
import numpy as np
from collections import Counter, OrderedDict, defaultdict, namedtuple
Point = namedtuple("Point", "x y")
class Word(str):
    def __str__(self): return "lie"
    def __eq__(self, other): return True
    __hash__ = str.__hash__
class Lying(float):
    def __float__(self): return 7.0
    def __eq__(self, other): return True
class Stack(list):
    def __iter__(self): return iter(["lie"])
    def __len__(self): return 1
class Colour(enum.IntEnum):
    RED = 1
"""


@pytest.mark.parametrize("value", VALUES)
def test_subclass_of_a_plain_class_counts_as_what_it_holds(backend: str, value: str) -> None:
    """A float, a list, a dict of a class of its own is a float, a list, a dict, whatever its methods say."""
    answer = f"{CLASSES}def double(x):\n    return {value}\n"

    verdict = one(answer, f"student.double(1).equals({VALUES[value]})\n", backend)
    wrong = one(answer, "student.double(1).equals('something else')\n", backend)

    assert verdict.passed, verdict.message
    assert wrong.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("np.float32(2)", "un valor de tipo numpy.float32"),
        ("np.int64(2)", "un valor de tipo numpy.int64"),
        ("np.bool_(True)", "un valor de tipo numpy.bool"),
        ("np.array(2.0)", "no un array de NumPy"),
        ("torch.ones(3).max(dim=0)", "los valores y sus posiciones"),
        ("{1, 2}", "un valor de tipo set"),
    ],
)
def test_what_is_no_float_or_int_stays_refused(backend: str, value: str, told: str) -> None:
    """`isinstance(np.float32(2), float)` is false: the message says what it is and what helps."""
    verdict = one(
        f"{CLASSES}def double(x):\n    return {value}\n", "student.double(1).equals(2.0)\n", backend
    )

    assert verdict.outcome is Outcome.FAILED
    assert told in verdict.message


def test_argument_filled_with_such_values_is_read(backend: str) -> None:
    """What an answer puts into a list that it was given is read in the same way."""
    answer = f"{CLASSES}def double(x):\n    x.append(np.float64(2))\n"
    cell = "assert student.double([1.0]).observation.arguments[0] == ([1.0, 2.0],)\n"

    assert one(answer, cell, backend).passed


def test_argument_filled_with_what_is_no_data_is_told(backend: str) -> None:
    """Whatever that is: the message names its type, and says what helps."""
    answer = "def double(x):\n    x.append({1, 2})\n    return 1\n"
    for done in ("sound()", "fresh()", "equals([1.0])"):
        verdict = one(answer, f"student.double([1.0]).{done}\n", backend)

        assert verdict.outcome is Outcome.FAILED
        assert verdict.finding == Finding(Kind.ARGUMENT_FILLED)
        assert "un valor de tipo set" in verdict.message


# Exceptions


@pytest.mark.parametrize(
    "raised",
    [
        "ValueError('`double` está todavía por escribir')",
        "type('unwritten', (Exception,), {})('double')",
        "type('torchaula:unwritten', (Exception,), {})('double')",
    ],
)
def test_exception_is_no_reason_of_ours_whatever_it_says(backend: str, raised: str) -> None:
    """Neither its class nor its text makes an answer one that nobody has written yet."""
    found = {
        ask: one(f"def double(x):\n    raise {raised}\n", f"student.double(1).{ask}\n", backend)
        for ask in ("equals(2)", "raises(TypeError)")
    }

    assert not any(verdict.is_unwritten for verdict in found.values())
    assert found["equals(2)"].outcome is Outcome.RAISED
    assert found["equals(2)"].finding == Finding(Kind.NO_RESULT, reason=Reason.RAISED)
    assert found["raises(TypeError)"].finding == Finding(Kind.RAISED_ANOTHER, "TypeError")


@pytest.mark.parametrize(
    ("raised", "is_one"),
    [
        ("NoCabe('no cabe')", True),
        ("NoCabe", True),
        ("Mixed()", True),
        ("Deep()", True),
        ("torch.linalg.LinAlgError('x')", False),
        ("Named()", False),
        ("Silent()", True),
    ],
)
def test_exception_of_a_class_of_its_own_is_what_it_derives_from(
    backend: str, raised: str, is_one: bool
) -> None:
    """A learner's subclass of `ValueError` is a `ValueError`; a class that only has that name is none."""
    answer = (
        "class NoCabe(ValueError): pass\n"
        "class Window(Exception): pass\n"
        "class Mixed(Window, ValueError): pass\n"
        "Deep = NoCabe\n"
        "for i in range(40):\n    Deep = type(f'Deep{i}', (Deep,), {})\n"
        "Named = type('ValueError', (Exception,), {})\n"
        "class Silent(ValueError):\n    def __str__(self): raise self\n"
        f"def double(x):\n    raise {raised}\n"
    )

    verdict = one(answer, "student.double(1).raises(ValueError)\n", backend)

    assert verdict.passed == is_one, verdict.message
    assert verdict.outcome in (Outcome.PASSED, Outcome.FAILED)


def test_library_s_exception_is_its_base_class_too(backend: str) -> None:
    """An exception of torch's that derives from `RuntimeError` is one."""
    answer = "def double(x):\n    raise torch.linalg.LinAlgError('x')\n"

    assert one(answer, "student.double(1).raises(RuntimeError)\n", backend).passed


# Loops

COUNTED = "no_loops(student.double, lambda n: (torch.ones(n),), (3,), ['n'])\n"
CLASS = (
    "@probe\ndef doubled(n, x):\n    'Un objeto, y una llamada.'\n    return double(n)(x)\n"
    "no_loops(doubled, lambda n: (n, torch.ones(n)), (3,), ['n'])\n"
)
ROWS = "torch.stack([torch.empty(2).uniform_() for _ in range(n)])"


@pytest.mark.parametrize(
    ("body", "is_loop"),
    [
        ("return x + x if len(x) < 9 else (x.T.contiguous() + x.clone()).T", False),
        ("return (x.flip(0) + x.flip(0)).flip(0) if len(x) < 9 else x + x", False),
        ("return x + x if (x == 0).any() else (x + x).clone()", False),
        ("return torch.cat([block + block for block in x.split(1024)])", False),
        ("n = len(x)\n    while n > 1:\n        n, x = n // 2, x + 0\n    return x + x", False),
        ("y = x[:1]\n    for v in x[1:].split(3):\n        y = torch.cat([y, v])\n    return y + y", True),
        ("return torch.stack([v + v for v in x[:16]]).repeat(9)[: len(x)]", False),
        ("return x + x if len(x) <= 17 else torch.stack([v + v for v in x])", True),
        ("return torch.stack([v + v for v in x])", True),
        (
            "out = 0 * x\n    for i in range(len(x)):\n        out[i] = x[i] + x[i]\n    return out",
            True,
        ),
        ("return torch.tensor([v.item() + v.item() for v in x])", True),
        ("return torch.stack(list(map(torch.sum, [x] * len(x)))) * 0 + x + x", True),
    ],
)
def test_operations_may_differ_but_not_grow_with_the_data(backend: str, body: str, is_loop: bool) -> None:
    """A branch costs some operations more or fewer; a loop over the data costs some for each datum."""
    opened = OPEN.replace('forbid=["mul"], ', "")

    verdict = one(f"def double(x):\n    {body}\n", COUNTED, backend, opened)

    assert verdict.passed != is_loop, verdict.message


@pytest.mark.parametrize(
    ("cls", "is_loop"),
    [
        (
            "class double(nn.Module):\n    def __init__(self, n):\n"
            f"        super().__init__()\n        {ROWS}\n",
            False,
        ),
        (
            "class double(nn.Sequential):\n    def __init__(self, n):\n"
            "        super().__init__(nn.Identity())\n        self.fill(n)\n"
            f"    def fill(self, n):\n        {ROWS}\n",
            False,
        ),
        (
            "class Base(nn.Identity):\n    def __init__(self, n):\n        super().__init__()\n"
            f"        {ROWS}\nclass double(Base): pass\n",
            False,
        ),
        (
            "class double(nn.Identity):\n    def __init__(self, n):\n        super().__init__()\n"
            "    def forward(self, x):\n        return torch.stack([v + 1 for v in x])\n",
            True,
        ),
        (
            "class double:\n    def __new__(cls, n):\n        return super().__new__(cls)\n"
            "    def __call__(self, x):\n        return x + x\n",
            False,
        ),
        (
            "class double(nn.Module):\n    def __init__(self, v):\n        super().__init__()\n"
            "        self.v = v + v if torch.is_tensor(v) else v\n"
            "    def forward(self, x):\n        return torch.stack([double(v).v for v in x])\n",
            True,
        ),
        (
            "class double(nn.Module):\n    def __init__(self, v):\n        super().__init__()\n"
            "        self.v = v + v if torch.is_tensor(v) else v\n"
            "    def forward(self, x):\n"
            "        return torch.stack([m.v for m in nn.ModuleList(map(double, x))])\n",
            True,
        ),
        (
            "class double(nn.Module):\n    def __init__(self, n, is_outer=True):\n"
            "        super().__init__()\n"
            "        self.inner = [double(1, False) for _ in range(n)] if is_outer else torch.rand(3)\n",
            False,
        ),
    ],
)
def test_building_an_object_is_not_counted(backend: str, cls: str, is_loop: bool) -> None:
    """Weights may be drawn row by row when a layer is made; what the layer does to data is counted."""
    forward = "" if "forward" in cls else "    def forward(self, x):\n        return x + x\n"
    answer = cls.replace("pass\n", f"\n{forward}") if cls.endswith("pass\n") else cls + forward

    verdict = one(answer, CLASS, backend)

    assert verdict.passed != is_loop, verdict.message


def test_forbidden_call_while_building_is_seen(backend: str) -> None:
    """What is not counted is looked at all the same."""
    answer = (
        "class double(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n"
        "        torch.ones(2).mul(2)\n    def forward(self, x):\n        return x\n"
    )

    assert "usa `mul`" in one(answer, CLASS, backend).message


# What stands in for an earlier exercise

OLD_LINEAR = """class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super(Linear, self).__init__()
        k = in_features ** -0.5
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None
    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias
"""
BROKEN_LINEAR = OLD_LINEAR.replace("x @ self.weight.T", "0 * x @ self.weight.T")
INIT = """class MLP(nn.Module):
    def __init__(self, sizes{more}):
        super(MLP, self).__init__()
        self.layers = nn.ModuleList()
        for i, o in zip(sizes, sizes[1:]):
            self.layers.append({made})
    def forward(self, x):
        for k, layer in enumerate(self.layers):
            x = layer(F.relu(x) if k else x)
        return x
"""
NETWORKS = {
    "default argument": INIT.format(more=", layer=Linear", made="layer(i, o)"),
    "keyword-only default": INIT.format(more=", *, layer=Linear", made="layer(i, o)"),
    "alias": "Capa = Linear\n" + INIT.format(more="", made="Capa(i, o)"),
    "dictionary": "KINDS = {'linear': Linear}\n" + INIT.format(more="", made="KINDS['linear'](i, o)"),
    "partial": "from functools import partial\nmake = partial(Linear, bias=True)\n"
    + INIT.format(more="", made="make(i, o)"),
    "closure": "def maker(kind=Linear):\n    return lambda i, o: kind(i, o)\nmake = maker()\n"
    + INIT.format(more="", made="make(i, o)"),
    "subclass": "class Capa(Linear):\n    def __init__(self, i, o):\n"
    "        super(Capa, self).__init__(i, o)\n" + INIT.format(more="", made="Capa(i, o)"),
    "subclass with super": "class Capa(Linear):\n    def __init__(self, i, o):\n"
    "        super().__init__(i, o)\n        assert isinstance(self, Linear)\n"
    + INIT.format(more="", made="Capa(i, o)"),
    "isinstance": INIT.format(more=", layer=Linear", made="layer(i, o)").replace(
        "enumerate(self.layers)",
        "enumerate(m for m in self.modules() if isinstance(m, Linear) and type(m) is Linear)",
    ),
    "its name": INIT.format(more="", made="Linear(i, o)"),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("earlier", [OLD_LINEAR, BROKEN_LINEAR], ids=["right", "wrong"])
@pytest.mark.parametrize("network", NETWORKS)
def test_earlier_class_is_torch_s_however_it_is_reached(backend: str, network: str, earlier: str) -> None:
    """`Linear` is torch's while `MLP` is graded, also as a default, in a dict or as a base class."""
    source = load(COURSE.notebook("mlp"))

    verdicts = judging.grade(
        source, {"linear": earlier, "mlp": NETWORKS[network]}, ["linear", "mlp"], backend=backend
    )

    of_mlp = {cell: verdict.message for cell, verdict in verdicts.items() if cell.startswith("mlp-")}
    assert of_mlp == dict.fromkeys(of_mlp, "")
    assert verdicts["linear-valores"].passed == (earlier is OLD_LINEAR)


FUNCTIONS = {
    "default argument": "def double(x, f=scale):\n    return f(x)\n",
    "alias": "other = scale\ndef double(x):\n    return other(x)\n",
    "partial": "from functools import partial\nf = partial(scale)\ndef double(x):\n    return f(x=x)\n",
    "its name": "def double(x):\n    return scale(x)\n",
}
SCALES = {
    "plain": "def scale(x):\n    return 'mine'\n",
    "recursive": "def scale(x, n=3):\n    return scale(x, n - 1) if n else 'mine'\n",
    "decorated": "from functools import wraps\ndef loud(f):\n    @wraps(f)\n    def g(*a, **k):\n"
    "        return f(*a, **k)\n    return g\n@loud\ndef scale(x):\n    return 'mine'\n",
    "generator": "def scale(x):\n    yield 'mine'\n",
}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_earlier_function_is_torch_s_however_it_is_reached(backend: str, function: str, scale: str) -> None:
    """The same of functions; and after each call the learner's own is theirs again."""
    cell = (
        'student = graded("double-publico", names=["double", "scale"], given={"scale": torch.negative})\n'
        "student.double(torch.ones(3)).equals(-torch.ones(3))\n"
    )
    mine = "student = graded('double-valores', names=['scale'])\nstudent.scale(1)"
    after = f"{mine}.equals('mine')\n" if scale != "generator" else f"{mine}.raises(TypeError)\n"

    verdicts = grade(SCALES[scale] + FUNCTIONS[function], cell, after, backend=backend)

    assert verdicts[0].passed, verdicts[0].message
    assert verdicts[1].passed or "generator" in verdicts[1].message, verdicts[1].message


def test_name_that_is_torch_s_own_already_is_left_alone(backend: str) -> None:
    """A learner who wrote `scale = torch.negative` changes nothing of torch's."""
    cell = (
        'student = graded("double-publico", names="double", allow=["linear"], '
        'given={"scale": torch.relu, "Line": nn.Linear})\n'
        "student.double(torch.ones(3)).equals(torch.ones(3))\n"
    )
    answer = (
        "scale, Line = torch.nn.functional.softplus, nn.Bilinear\n"
        "def double(x):\n    assert torch.nn.functional.softplus(x)[0] > 1\n"
        "    assert 'in1' in repr(nn.Bilinear(1, 1, 1))\n"
        "    return scale(x)\n"
    )

    assert one(answer, "", backend, cell).passed


def test_limits_hold_of_what_subclasses_hold(backend: str) -> None:
    """A dict that says that it is empty is as large as it is."""
    answer = (
        "class Big(dict):\n    def __len__(self): return 0\n    def items(self): return []\n"
        f"def double(x):\n    return Big.fromkeys(range({data.MAX_NODES + 1}))\n"
    )

    assert "> 100000 values" in one(answer, "student.double(1).equals({})\n", backend).message
