"""Reset process-wide modes and settings that a learner's code left on, so that they don't affect a test.

These are modes that were entered and never left, hooks, flags and settings of torch, NumPy and Python. They
are reset to the values that they had when this module was imported, before any learner's code ran.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad
from torch.nn.modules import module as modules
from torch.utils import _device

RECURSION, FLOATS = sys.getrecursionlimit(), np.geterr()
HOOKS = [hooks for name, hooks in vars(modules).items() if name.startswith("_global_") and hooks == {}]
_C: Any = torch._C  # torch's own type hints lack its newer functions
INFRA = [key for name, key in vars(_C._TorchDispatchModeKey).items() if name.isupper()]


def _autocast(device: str) -> list[tuple[Callable[[], Any], Callable[[Any], Any]]]:
    """Functions that read and write whether autocast is on for a device, and its dtype."""
    return [
        (
            lambda: torch.is_autocast_enabled(device),
            lambda value: torch.set_autocast_enabled(device, value),
        ),
        (
            lambda: torch.get_autocast_dtype(device),
            lambda value: torch.set_autocast_dtype(device, value),
        ),
    ]


SETTINGS: list[tuple[Callable[[], Any], Callable[[Any], Any]]] = [
    (torch.is_grad_enabled, _C._set_grad_enabled),
    (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    (_C._get_deterministic_algorithms, torch.use_deterministic_algorithms),
    (_C._get_deterministic_fill_uninitialized_memory, _C._set_deterministic_fill_uninitialized_memory),
    (_C._get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (_C._get_mkldnn_enabled, _C._set_mkldnn_enabled),
    (torch.is_warn_always_enabled, torch.set_warn_always),
    (_C._is_multithreading_enabled, _C._set_multithreading_enabled),
    (_C._get_torch_function_state, _C._set_torch_function_state),
    *_autocast("cpu"),  # a notebook may switch on autocast for both, even without such a device
    *_autocast("cuda"),
    (torch.is_autocast_cache_enabled, torch.set_autocast_cache_enabled),
]
BEFORE = [read() for read, _ in SETTINGS]
_no_inference: list[torch.inference_mode] = []  # kept: deleting one would switch inference mode on again


def settle() -> None:
    """Leave every mode and reset every setting that could change a test's values or gradients.

    This runs after every call, so it must be fast.
    """
    _leave_modes()
    for (read, write), before in zip(SETTINGS, BEFORE, strict=True):
        if read() != before:
            write(before)
    torch.set_flush_denormal(False)
    for hooks in HOOKS:
        hooks.clear()


def _leave_modes() -> None:
    if _C._len_torch_function_stack():
        while _C._len_torch_function_stack():
            _C._pop_torch_function_stack()
        _device.CURRENT_DEVICE = torch._GLOBAL_DEVICE_CONTEXT.device_context = None  # its mode was popped
    while _C._len_torch_dispatch_stack():
        _C._pop_torch_dispatch_stack(None)
    for key in INFRA:
        _C._unset_dispatch_mode(key)
    if torch.is_inference_mode_enabled():
        _no_inference.append(torch.inference_mode(False))
        _no_inference[-1].__enter__()
    _leave_autograd()


def _leave_autograd() -> None:
    autograd = _C._autograd
    while autograd._top_saved_tensors_default_hooks(True) is not None:
        autograd._pop_saved_tensors_default_hooks()
    if not autograd._saved_tensors_hooks_is_enabled():
        autograd._saved_tensors_hooks_enable()
    while forward_ad._current_level >= 0:
        forward_ad.exit_dual_level()  # type: ignore[no-untyped-call]
    if autograd._profiler_enabled():
        with suppress(RuntimeError):  # another kind of profiler
            autograd._disable_profiler()


@contextmanager
def lenient() -> Iterator[None]:
    """In the block, no warning is an error, NumPy does not raise, and the recursion limit is not lowered.

    The learner may want other settings in their own kernel, so these are restored afterwards.
    """
    recursion, errors = sys.getrecursionlimit(), [each for each in warnings.filters if each[0] == "error"]
    if recursion >= RECURSION and not errors and np.geterr() == FLOATS:  # nearly always
        yield
        return
    sys.setrecursionlimit(max(recursion, RECURSION))
    try:
        with warnings.catch_warnings(), np.errstate(**FLOATS):
            kept = [each for each in warnings.filters if each not in errors]
            warnings.resetwarnings()
            warnings.filters[:] = kept  # type: ignore[index]  # it is a list
            yield
    finally:
        sys.setrecursionlimit(recursion)
