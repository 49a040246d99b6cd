"""What an answer may use is judged by what runs inside the exercise's own names, in both back ends."""

from __future__ import annotations

import pytest

from tests.tiny import BACKENDS, PLUS, grade, notebook
from torchaula.grading.trusted import engine

pytestmark = pytest.mark.parametrize("backend", BACKENDS)

F = "import torch.nn.functional as F\nfrom functools import partial\n"
OPEN = 'student = graded("double-publico", names="double"{more})\n'
CALL = OPEN.format(more="") + "student.double(torch.ones(2, 3)).sound()\n"
CLASS = OPEN + "@probe\ndef layer(x):\n    return double(3)(x)\nlayer(torch.ones(2, 3)).sound()\n"


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Import what torch imports lazily once, before the first fork."""
    engine.prepare(notebook())


@pytest.mark.sampled(30)
@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("F.softmax(x, 0)", "usa `softmax`"),
        ("nn.Softmax(0)(x)", "usa `nn.Softmax`"),
        ("torch.ops.aten._softmax.default(x, 0, False)", "usa `_softmax`"),
        ("torch._refs.softmax(x, 0)", "usa `torch._refs.softmax`"),
        ("F.one_hot(x.long())", "usa `one_hot`"),
        ("torch.ops.aten.one_hot.default(x.long(), 2)", "usa `one_hot`"),
        ("torch.ops.aten._cdist_forward(x, x, 2.0, None)", "usa `_cdist_forward`"),
        ("F.linear(x, x)", "usa `linear`"),
        ("F.layer_norm(x, (3,))", "usa `layer_norm`"),
        ("F.scaled_dot_product_attention(x, x, x)", "usa `scaled_dot_product_attention`"),
        ("F.conv_transpose2d(x[None, None], torch.ones(1, 1, 1, 1))", "usa `conv_transpose2d`"),
        ("F.unfold(x[None, None], 1)", "usa `F.unfold`"),
        ("nn.BatchNorm1d(3)(x)", "usa `nn.BatchNorm1d`"),
        ("nn.MaxPool1d(1)(x)", "usa `nn.MaxPool1d`"),
        ("nn.GRUCell(3, 3)(x)", "usa `nn.GRUCell`"),
        ("F.kl_div(x, x)", "usa `kl_div`"),
        ("torch.conv_tbc(x[None], torch.ones(1, 3, 3), torch.ones(3))", "usa `conv_tbc`"),
        ("torch.nn.grad.conv2d_weight(x[None, None], (1, 1, 1, 1), x[None, None])", "conv2d_weight"),
        ("torch._C._nn.slow_conv_dilated2d(x[None, None], torch.ones(1, 1, 1, 1), 1)", "slow_conv_dilated2d"),
        ("torch.fft.fft(x).real", "usa `fft_fft`"),
        ("torch.linalg.pinv(x)", "usa `linalg_pinv`"),
        ("x.to_sparse().to_dense()", "usa `to_sparse`"),
        ("torch._foreach_add([x], 1)[0]", "usa `_foreach_add`"),
        ("torch.optim.SGD([nn.Parameter(x)], lr=1.0) and x", "usa `torch.optim.SGD`"),
        ("torch.from_numpy(x.numpy() + 1)", "usa `numpy`"),
        ("torch.tensor(__import__('numpy').asarray(x))", "usa `__array__`"),
        ("torch.tensor(__import__('numpy').from_dlpack(x))", "usa `__dlpack__`"),
        ("torch.from_dlpack(torch.utils.dlpack.to_dlpack(x))", "to_dlpack`"),
        ("x.clone().apply_(lambda v: v)", "usa `apply_`"),
        ("torch.tensor(x.tolist())", "usa `tolist`"),
        ("x + x.data_ptr()", "usa `data_ptr`"),
        ("torch.func.vmap(lambda t: F.softmax(t, 0))(x)", "usa `softmax`"),
        ("x.as_subclass(Quiet).softmax(0).as_subclass(torch.Tensor)", "usa `softmax`"),
        ("(x.as_subclass(Busy) + 1).as_subclass(torch.Tensor)", "usa `nn.GRUCell`"),
        ("twice(x)", "usa `mine.twice`"),
        ("hooked(x, partial(torch.softmax, dim=0))", "usa `softmax`"),
        ("hooked(x, partial(torch.ops.aten._softmax.default, dim=0, half_to_float=False))", "usa `softmax`"),
    ],
)
def test_specialised_call_is_refused_however_it_is_made(backend: str, body: str, told: str) -> None:
    """By function, module, operator, another namespace, a way out of torch or a subclass: it is named."""
    helpers = ""
    if "twice" in body:
        helpers = (
            "@torch.library.custom_op('mine::twice', mutates_args=())\n"
            "def twice(x: torch.Tensor) -> torch.Tensor:\n    return x + x\n"
        )
    if "hooked" in body:
        helpers = (
            "def hooked(x, function):\n    y = x.clone().requires_grad_()\n    z = y + 0\n"
            "    z.register_hook(function)\n    z.backward(x)\n    return y.grad\n"
        )
    if own := next((name for name in ("Quiet", "Busy") if name in body), ""):
        helpers = (
            f"class {own}(torch.Tensor):\n    @classmethod\n"
            "    def __torch_function__(cls, func, types, args=(), kwargs=None):\n"
            "        with torch._C.DisableTorchFunctionSubclass():\n"
            f"            {'nn.GRUCell(3, 3)' if own == 'Busy' else 'pass'}\n"
            "            return func(*args, **(kwargs or {}))\n"
        )

    [verdict] = grade(f"{F}{helpers}def double(x):\n    return {body}\n", CALL, backend=backend)

    assert told in verdict.message
    assert "no se puede usar" in verdict.message


@pytest.mark.parametrize(
    "body",
    [
        "(x - x.mean(0)) / x.std(0) + x.sort(0).values.cumsum(0)[x.argmax(0)]",
        "torch.einsum('ij,kj->i', x, x) + x.norm(dim=1) + torch.linalg.vector_norm(x, dim=1)",
        "x.relu() + torch.sigmoid(x) + F.gelu(x) + torch.rand(2, 3).unique().sum()",
        "torch.where(x > 0, x, 0).scatter_add(0, torch.zeros(1, 3).long(), x[:1]).flip(0).roll(1)",
        "torch.func.vmap(lambda t: t.sum())(x)",
        "torch.autograd.grad((x * 2).requires_grad_().sum(), x, allow_unused=True) and x",
        "torch.stack([v.item() * torch.ones(3) for v in x.sum(1)])",
    ],
)
def test_basic_operations_are_allowed(backend: str, body: str) -> None:
    """No contract need list what every answer may use."""
    answer = (
        f"{F}def double(x):\n    x = x.requires_grad_() if 'autograd' in {body!r} else x\n    return {body}\n"
    )

    assert "no se puede usar" not in grade(answer, CALL, backend=backend)[0].message


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("class double(nn.Linear):\n    def __init__(self, n): super().__init__(n, n)\n", "usa `nn.Linear`"),
        (
            "class double(nn.Conv2d):\n    def __init__(self, n): nn.Module.__init__(self)\n"
            "    def forward(self, x): return x + x\n",
            "usa `nn.Conv2d`",
        ),
        ("double = partial(nn.Linear, 3)\n", "usa `nn.Linear`"),
        (
            "class double(nn.Sequential):\n    def __init__(self, n): super().__init__(nn.LSTM(n, n))\n",
            "usa `nn.LSTM`",
        ),
        (
            "class double(nn.Module):\n    def __init__(self, n): super().__init__()\n"
            "    forward = staticmethod(partial(torch.softmax, dim=0))\n",
            "usa `softmax`",
        ),
    ],
)
def test_class_may_not_get_it_from_a_library(backend: str, answer: str, told: str) -> None:
    """Inheriting, an alias, a layer inside and a borrowed method count, though no own line runs."""
    assert told in grade(F + answer, CLASS.format(more=""), backend=backend)[0].message


STEPS = "[p := nn.Parameter(x.clone()), o := {}, p.sum().backward(), o.step(), p.detach()][-1]"


@pytest.mark.parametrize(
    ("family", "bodies"),
    [
        (
            "normalisation",
            "F.layer_norm(x, (3,)); nn.LayerNorm(3)(x); nn.BatchNorm1d(3)(x); nn.BatchNorm1d(3).eval()(x); "
            "nn.GroupNorm(1, 3)(x); nn.InstanceNorm1d(3)(x[None])[0]; nn.RMSNorm(3)(x); F.normalize(x)",
        ),
        ("recurrent", "nn.RNN(3, 3)(x)[0]; nn.LSTM(3, 3)(x)[0]; nn.GRU(3, 3)(x)[0]; nn.LSTMCell(3, 3)(x)[0]"),
        ("softmax", "F.softmax(x, 0); nn.Softmax(0)(x); F.log_softmax(x, 0); torch.logsumexp(x, 0)"),
        ("dropout", "F.dropout(x); nn.Dropout()(x); nn.Dropout().eval()(x); nn.AlphaDropout()(x)"),
        ("distance", "torch.cdist(x, x); F.cosine_similarity(x, x); nn.PairwiseDistance()(x, x)"),
        ("convolution", "F.conv1d(x, torch.ones(1, 2, 1)); nn.Conv1d(2, 1, 3, padding='same')(x)"),
        (
            "optimisers",
            "; ".join(map(STEPS.format, ("torch.optim.SGD([p], 0.1, 0.9)", "torch.optim.AdamW([p])"))),
        ),
    ],
)
def test_family_that_is_allowed_is_enough(backend: str, family: str, bodies: str) -> None:
    """What torch does inside its own layers, such as asking whether cuDNN is on, needs no other family."""
    each = bodies.split("; ")
    answer = f"{F}def double(x):\n    return [{', '.join(f'({body})' for body in each)}]\n"

    [verdict] = grade(answer, CALL.replace('double")', f'double", allow=["{family}"])', 1), backend=backend)

    assert verdict.passed, verdict.message


def test_setting_of_torch_that_the_answer_reads_is_refused(backend: str) -> None:
    """Only torch's own code may ask for its settings unseen."""
    answer = f"{F}def double(x):\n    return x if torch.backends.cudnn.enabled else x + x\n"

    assert "usa `torch.backends" in grade(answer, CALL, backend=backend)[0].message


TEST_S_OWN = """
@probe
def watched(x):
    'Lo que hace la prueba no cuenta.'
    model, optimizer = nn.Sequential(nn.Linear(3, 3), nn.Softmax(1)), None
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = nn.functional.mse_loss, nn.MSELoss()
    loss = double(model, *losses, lambda y: y.softmax(0), optimizer, torch.tanh, x)
    return nn.functional.one_hot(loss.argmax())
watched(torch.ones(2, 3)).sound()
"""
STEP = (
    "def double(model, loss, module, f, optimizer, g, x):\n    y = f(model(x)) + g(x)\n"
    "    for layer in model.children():\n        x = layer(x)\n"
    "    total = loss(y, x) + module(y, x){more}\n    optimizer.zero_grad()\n    total.backward()\n"
    "    optimizer.step()\n    return y.detach()\n"
)


def test_what_the_test_brings_does_not_count(backend: str) -> None:
    """A probe's own lines, and the model, losses and optimiser that it passes, may use anything."""
    cell = OPEN.format(more="") + TEST_S_OWN

    assert grade(STEP.format(more=""), cell, backend=backend)[0].passed
    told = grade(STEP.format(more=" + y.softmax(0).sum()"), cell, backend=backend)[0].message
    assert "usa `softmax`" in told


def test_stand_in_does_not_count_and_takes_the_exercise_s_keywords(backend: str) -> None:
    """Attention given as torch's accuses nobody, its keywords are mapped; the own call is refused."""
    given = (
        "given={'attend': (nn.functional.scaled_dot_product_attention, {'q': 'query', 'mask': 'attn_mask'})}"
    )
    cell = OPEN.format(more=", " + given) + "student.double(torch.ones(2, 3)).equals(torch.ones(2, 3))\n"
    answer = (
        "def attend(q, k, v, mask=None): ...\ndef double(x):\n    mask = torch.ones(2, 2, dtype=torch.bool)\n"
    )

    assert grade(answer + "    return attend(q=x, key=x, value=x, mask=mask)\n", cell, backend=backend)[
        0
    ].passed
    own = answer + "    return nn.functional.scaled_dot_product_attention(x, x, x)\n"
    assert "usa `scaled_dot_product_attention`" in grade(own, cell, backend=backend)[0].message


@pytest.mark.parametrize("is_defined", [True, False])
def test_class_that_stands_in_does_not_count(backend: str, is_defined: bool) -> None:
    """`Linear` given as torch's runs inside the answer without accusing it."""
    cell = CLASS.format(more=", given={'Linear': nn.Linear}")
    earlier = "class Linear(nn.Module):\n    def __init__(self, i, o): ...\n" if is_defined else ""
    answer = (
        "class double(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n"
        "        self.inner = Linear(n, n)\n    def forward(self, x):\n        return self.inner(x){more}\n"
    )

    assert grade(earlier + answer.format(more=""), cell, backend=backend)[0].passed
    told = grade(earlier + answer.format(more=".softmax(0)"), cell, backend=backend)[0].message
    assert "usa `softmax`" in told


def test_contract_takes_basic_families_away_by_name(backend: str) -> None:
    """By a function's name, by a family, and all of torch."""
    cell = "student.double({arg}).sound()\n"
    for more, arg, is_refused in [
        (", forbid=['add']", "torch.ones(2)", True),
        (", forbid=['arithmetic']", "torch.ones(2)", True),
        (", forbid=['torch']", "torch.ones(2)", True),
        (", forbid=['torch']", "2.0", False),
        (", forbid=['sub', 'matmul']", "torch.ones(2)", False),
    ]:
        verdict = grade(PLUS, OPEN.format(more=more) + cell.format(arg=arg), backend=backend)[0]
        assert verdict.passed is not is_refused, (more, arg, verdict.message)


def test_state_dict_crosses_as_a_dict(backend: str) -> None:
    """A probe may return `model.state_dict()` as it is."""
    cell = OPEN.format(more="") + (
        "@probe\ndef state(n):\n    return nn.BatchNorm1d(n).state_dict()\n"
        "answer = state(2)\nkeys = sorted(nn.BatchNorm1d(2).state_dict())\n"
        "answer.expect('claves', sorted(answer.result), keys)\n"
    )

    assert grade(PLUS, cell, backend=backend)[0].passed
