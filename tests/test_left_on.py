"""What a learner leaves switched on reaches no test, in the kernel and in the judge."""

from __future__ import annotations

import pytest

from tests.tiny import BACKENDS, OPEN, grade, notebook
from torchaula.grading.trusted import engine

pytestmark = pytest.mark.parametrize("backend", BACKENDS)
ANSWER = "{code}\ndef double(x):\n    return x @ torch.eye(len(x)) + x\n"
INSIDE = "def double(x):\n    out = x @ torch.eye(len(x)) + x\n{code}\n    return out\n"
CELL = OPEN.replace("seconds", 'allow=["outside"], seconds') + (
    "x = torch.tensor([1.0, 2.0], requires_grad=True)\n"
    "for _ in range(2):\n"
    "    student.double(x).matches(lambda x: x + x).attached()\n"
    "assert (torch.eye(2) @ torch.eye(2)).dtype == torch.float32\n"
)
LEFT_ON = {
    "autocast": "torch.autocast('cpu', dtype=torch.bfloat16).__enter__()",
    "device": "torch.device('meta').__enter__()",
    "default device": "torch.set_default_device('meta')",
    "grad mode": "torch.set_grad_enabled(False)",
    "inference mode": "globals()['mode'] = torch.inference_mode(); mode.__enter__()",
    "function mode": "torch.overrides.enable_reentrant_dispatch; "
    "type('M', (torch.overrides.TorchFunctionMode,), "
    "{'__torch_function__': lambda self, f, types, args=(), kwargs=None: 7})().__enter__()",
    "dispatch mode": "type('D', (__import__('torch.utils._python_dispatch').utils._python_dispatch."
    "TorchDispatchMode,), {'__torch_dispatch__': lambda self, f, types, args=(), kwargs=None: 7})()"
    ".__enter__()",
    "saved tensors": "torch.autograd.graph.saved_tensors_hooks(lambda t: t * 0, lambda t: t * 0).__enter__()",
    "NumPy's errors": "__import__('numpy').seterr(all='raise')",
    "warnings": "__import__('warnings').simplefilter('error')",
}


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Import what torch imports lazily once, before the first fork."""
    engine.prepare(notebook())


@pytest.mark.parametrize("what", LEFT_ON)
def test_what_a_cell_leaves_on_reaches_no_test(backend: str, what: str) -> None:
    """The learner's cell switches it on; values, dtype and gradients are as without it."""
    [verdict] = grade(ANSWER.format(code=LEFT_ON[what]), CELL, backend=backend)

    assert verdict.passed, verdict.message


@pytest.mark.parametrize("what", LEFT_ON)
def test_what_a_call_leaves_on_reaches_no_later_call(backend: str, what: str) -> None:
    """The answer itself switches it on, at its end: neither its gradients nor the test are touched."""
    code = "\n".join(f"    {line}" for line in LEFT_ON[what].splitlines())

    [verdict] = grade(INSIDE.format(code=code), CELL, backend=backend)

    assert verdict.passed, verdict.message


def test_higher_recursion_limit_stays(backend: str) -> None:
    """Who raised the limit needs it: what recurses deeply passes here as in the kernel."""
    answer = (
        "import sys\nsys.setrecursionlimit(20_000)\n"
        "def double(n):\n    return double(n - 1) + 2 if n else 0\n"
    )

    [verdict] = grade(answer, OPEN + "student.double(9000).equals(18000)\n", backend=backend)

    assert verdict.passed, verdict.message
