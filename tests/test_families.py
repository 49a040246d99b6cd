"""The table of families covers every operator of torch, and says of each what it is about."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from torchaula.checks import families
from torchaula.checks.families import Family

OPERATORS = sorted(
    {
        f"{namespace}.{name.partition('.')[0]}"
        for namespace, _, name in (each.partition("::") for each in torch._C._dispatch_get_all_op_names())
        if namespace in families.NAMESPACES
    }
)
FUNCTIONS = {  # families of functions and ways out, which are no operations
    "numpy": Family.OUTSIDE,
    "__array__": Family.OUTSIDE,
    "__dlpack__": Family.OUTSIDE,
    "apply_": Family.OUTSIDE,
    "map_": Family.OUTSIDE,
    "data_ptr": Family.OUTSIDE,
    "tolist": Family.LISTS,
    "cross_entropy": Family.LOSSES,
    "kl_div": Family.LOSSES,
    "softmin": Family.SOFTMAX,
    "gumbel_softmax": Family.SOFTMAX,
    "gru_cell": Family.RECURRENT,
    "multi_head_attention_forward": Family.ATTENTION,
    "interpolate": Family.RESAMPLING,
    "fold": Family.PATCHES,
    "linear": Family.LINEAR,
    "unfold": Family.VIEWS,
}


def test_every_operator_of_torch_has_a_family() -> None:
    """A new version of torch brings new operators: each must be sorted before it may be used."""
    assert len(OPERATORS) == 1588 + 126
    assert [name for name in OPERATORS if families.of_operation(name) is Family.OTHER] == []


def test_every_name_and_every_family_is_used() -> None:
    """No name stands in two families, none is misspelt, and no pattern or family is idle."""
    names = Counter(name for text in families.NAMES.values() for name in text.split())
    own = {name.partition(".")[2] for name in OPERATORS}
    known = {families.stem(name) for name in own} | {name.strip("_") for name in own}
    places = (torch, torch.Tensor, torch.nn.functional, torch._C)
    elsewhere = {name for place in places for form in dir(place) for name in [form.strip("_")]}
    used = {families.of_operation(name) for name in OPERATORS} | set(FUNCTIONS.values()) | set(families.PATHS)

    assert [name for name, n in names.items() if n > 1] == []
    assert sorted(names.keys() - known - elsewhere) == []
    assert set(Family) - used == {Family.OTHER}


def test_backward_has_the_family_of_its_forward() -> None:
    """What an operation may not do, its backward may not do either."""
    own = {name.partition(".")[2] for name in OPERATORS}
    ends = ("_backward", "_backward_data")
    pairs = [(name, name.removesuffix(end)) for name in own for end in ends if name.endswith(end)]
    pairs = [(backward, forward) for backward, forward in pairs if forward in own]

    assert len(pairs) > 100
    assert [each for each in pairs if families.of_name(each[0]) is not families.of_name(each[1])] == []


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("aten.mul_", Family.ARITHMETIC),
        ("aten._softmax_backward_data", Family.SOFTMAX),
        ("aten._cdist_forward", Family.DISTANCE),
        ("aten._native_batch_norm_legit", Family.NORMALISATION),
        ("aten.slow_conv_dilated2d", Family.CONVOLUTION),
        ("aten.mkldnn_convolution", Family.VENDOR),
        ("aten.linalg_vector_norm", Family.REDUCTION),
        ("aten.linalg_solve", Family.LINEAR_ALGEBRA),
        ("aten._foreach_mul_", Family.FUSED),
        ("aten._fused_sgd_", Family.OPTIMISERS),
        ("prims.fft_c2c", Family.FFT),
        ("quantized.add", Family.OTHER),
        ("mine.mul", Family.OTHER),
        ("aten.of_another_version", Family.OTHER),
    ],
)
def test_operation_is_in_its_family(name: str, family: Family) -> None:
    """Endings and underscores do not matter; another namespace than torch's own does."""
    assert families.of_operation(name) is family


@pytest.mark.parametrize(("name", "family"), FUNCTIONS.items())
def test_function_that_dissolves_is_in_a_family_by_its_name(name: str, family: Family) -> None:
    """Functions and ways out of torch are found by name, since the dispatcher never sees them."""
    assert families.of_name(name) is family


@pytest.mark.parametrize(
    ("path", "family"),
    [
        ("torch.nn.modules.linear.Linear.forward", Family.LINEAR),
        ("torch.nn.modules.linear.Identity", None),
        ("torch.nn.modules.rnn.GRUCell.__init__", Family.RECURRENT),
        ("torch.optim.sgd.SGD.step", Family.OPTIMISERS),
        ("torch._refs.softmax", Family.DECOMPOSITIONS),
        ("scipy.optimize._numdiff.approx_derivative", Family.OUTSIDE),
        ("torch.optimistic", None),
        ("torch.utils.data.dataloader", None),
    ],
)
def test_library_path_is_in_a_family(path: str, family: Family | None) -> None:
    """A module, a class and what is in it have one family; what no family names has none."""
    assert families.of_path(path) is family
