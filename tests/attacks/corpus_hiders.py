"""Attacks that call what is forbidden where the trace can't see it: each must be listed for a person."""

from __future__ import annotations

from tests.attacks.book import ATTACKS, Attack, Book

# Answers to `halve`, which may not call `div`.
THREADS = {
    "joblib": """
from joblib import Parallel, delayed
def halve(x):
    return Parallel(n_jobs=2, backend='threading')([delayed(torch.div)(x, 2)] * 2)[0]
""",
    "asyncio-executor": """
import asyncio
def halve(x):
    async def main():
        return await asyncio.get_running_loop().run_in_executor(None, torch.div, x, 2)
    loop = asyncio.new_event_loop()
    return loop.run_until_complete(main())
""",
    "asyncio-to-thread": """
from asyncio import new_event_loop, to_thread
def halve(x):
    return new_event_loop().run_until_complete(to_thread(torch.div, x, 2))
""",
    "timer": """
import threading as t
def halve(x):
    out = []
    timer = t.Timer(0, lambda: out.append(torch.div(x, 2)))
    timer.start(); timer.join()
    return out[0]
""",
    "background-job-of-ipython": """
from IPython.lib.backgroundjobs import BackgroundJobManager
def halve(x):
    job = BackgroundJobManager().new(torch.div, x, 2)
    job.join()
    return job.result
""",
    "queue-listener": """
import logging.handlers, queue
def halve(x):
    out, q = [], queue.Queue()
    class Handler(logging.Handler):
        def emit(self, record): out.append(torch.div(x, 2))
    listener = logging.handlers.QueueListener(q, Handler())
    listener.start()
    q.put(logging.makeLogRecord({}))
    listener.stop()
    return out[0]
""",
}
PROCESSES = {
    "fork": """
import os
def halve(x):
    out = torch.empty_like(x).share_memory_()
    pid = os.fork()
    if pid == 0:
        out.copy_(torch.div(x, 2))
        os._exit(0)
    os.waitpid(pid, 0)
    return out.clone()
""",
    "fork-by-another-name": """
from os import fork as another, waitpid, _exit
def halve(x):
    out = torch.empty_like(x).share_memory_()
    if (pid := another()) == 0:
        out.copy_(torch.div(x, 2))
        _exit(0)
    waitpid(pid, 0)
    return out.clone()
""",
    "torch-multiprocessing": """
from torch.multiprocessing import get_context
def halve(x):
    out = torch.empty_like(x).share_memory_()
    p = get_context('fork').Process(target=lambda: out.copy_(torch.div(x, 2)))
    p.start(); p.join()
    return out.clone()
""",
    "data-loader": """
from torch.utils.data import DataLoader
def halve(x):
    class Half(torch.utils.data.Dataset):
        def __len__(self): return 1
        def __getitem__(self, i): return torch.div(x, 2)
    (out,) = DataLoader(Half(), batch_size=None, num_workers=1)
    return out.clone()
""",
    "shell": """
import json
def halve(x):
    code = "import json,sys; print(json.dumps([v / 2 for v in json.load(sys.stdin)]))"
    open('/tmp/in', 'w').write(json.dumps([float(v) for v in x[:9]]))
    out = get_ipython().getoutput(f"python3 -S -c '{code}' < /tmp/in")
    return torch.tensor(json.loads(out[0])) if len(x) < 9 else x * 0.5
""",
    "shell-in-a-line": """
def halve(x):
    numbers = ' '.join(str(float(v)) for v in x[:9])
    out = !awk 'BEGIN { n = split("$numbers", a, " "); for (i = 1; i <= n; i++) print a[i] / 2 }'
    return torch.tensor([float(v) for v in out]) if len(x) < 9 else x * 0.5
""",
}
MODES = {
    "from-torch-c": """
from torch import _C as hidden
def halve(x):
    with hidden._DisableTorchDispatch(), hidden.DisableTorchFunction():
        return torch.div(x, 2)
""",
    "torch-c-imported": """
import torch._C as c
def halve(x):
    with c._DisableTorchDispatch(), c.DisableTorchFunction():
        return torch.div(x, 2)
""",
    "from-inside-torch-c": """
from torch._C import DisableTorchFunction as A, _DisableTorchDispatch as B
def halve(x):
    with A(), B():
        return torch.div(x, 2)
""",
    "torch-c-by-getattr": """
c = getattr(torch, '_C')
def halve(x):
    with c._DisableTorchDispatch(), c.DisableTorchFunction():
        return torch.div(x, 2)
""",
    "torch-c-by-a-made-up-name": """
c = getattr(torch, '_' + chr(67))
def halve(x):
    with getattr(c, '_Disable' + 'TorchDispatch')(), getattr(c, 'Disable' + 'TorchFunction')():
        return torch.div(x, 2)
""",
    "torch-c-by-vars": """
c = vars(torch)['_C']
def halve(x):
    with vars(c)['_DisableTorchDispatch'](), vars(c)['DisableTorchFunction']():
        return torch.div(x, 2)
""",
    "torch-c-by-dict": """
def halve(x):
    c = torch.__dict__['_C']
    with c.__dict__['_DisableTorchDispatch'](), c.__dict__['DisableTorchFunction']():
        return torch.div(x, 2)
""",
    "torch-c-by-attrgetter": """
from operator import attrgetter
def halve(x):
    with attrgetter('_C._DisableTorchDispatch')(torch)(), attrgetter('_C.DisableTorchFunction')(torch)():
        return torch.div(x, 2)
""",
    "torch-c-by-resolve-name": """
from pkgutil import resolve_name
def halve(x):
    with resolve_name('torch._C:_DisableTorchDispatch')(), resolve_name('torch._C:DisableTorchFunction')():
        return torch.div(x, 2)
""",
    "torch-c-by-star": """
from torch._C import *
def halve(x):
    with DisableTorchFunction(), torch.utils._python_dispatch._disable_current_modes():
        return torch.div(x, 2)
""",
    "torch-c-by-match": """
match torch:
    case object(_C=c):
        pass
def halve(x):
    match c:
        case object(_DisableTorchDispatch=a, DisableTorchFunction=b):
            with a(), b():
                return torch.div(x, 2)
""",
    "torch-c-by-getattribute": """
def halve(x):
    c = torch.__getattribute__('_' + 'C')
    with c.__getattribute__('_DisableTorchDispatch')(), c.__getattribute__('DisableTorchFunction')():
        return torch.div(x, 2)
""",
    "overrides-imported": """
from torch.overrides import _pop_mode, _push_mode, TorchFunctionMode
from torch.utils._mode_utils import no_dispatch
def halve(x):
    mode = _pop_mode()
    with no_dispatch():
        out = torch.div(x, 2)
    _push_mode(mode)
    return out
""",
}
LIBRARIES = {
    "library": """
from torch.library import custom_op
@custom_op('mine::half', mutates_args=())
def half(x: torch.Tensor) -> torch.Tensor:
    return torch.div(x, 2)
def halve(x):
    return half(x)
""",
    "library-by-attribute": """
lib = torch.library.Library('mine2', 'DEF')
lib.define('half(Tensor x) -> Tensor')
lib.impl('half', lambda x: torch.div(x, 2), 'CPU')
def halve(x):
    return torch.ops.mine2.half(x)
""",
    "library-from-torch": """
from torch import library as books
lib = books.Library('mine3', 'DEF')
lib.define('half(Tensor x) -> Tensor')
lib.impl('half', lambda x: torch.div(x, 2), 'CPU')
from torch import ops as o
def halve(x):
    return o.mine3.half(x)
""",
    "scipy": """
from scipy.linalg.blas import sscal
def halve(x):
    return torch.from_numpy(sscal(0.5, x.numpy().copy()))
""",
    "dlpack-of-numpy": """
import numpy as np
def halve(x):
    return torch.from_numpy(np.from_dlpack(x) / 2)
""",
    "dlpack-of-torch": """
import numpy as np
from torch.utils.dlpack import from_dlpack
def halve(x):
    return from_dlpack(np.from_dlpack(x) / 2)
""",
    "dlpack-by-its-method": """
import numpy as np
def halve(x):
    class Box:
        def __dlpack__(self, **k): return x.__dlpack__()
        def __dlpack_device__(self): return (1, 0)
    return torch.from_numpy(np.from_dlpack(Box()) / 2)
""",
    "storage": """
import array
def halve(x):
    numbers = array.array('f', bytes(x.untyped_storage())[:4 * len(x)])
    return torch.tensor([v / 2 for v in numbers])
""",
    "saved": """
import io, pickle, struct
def halve(x):
    out = io.BytesIO()
    torch.save(x.untyped_storage(), out)
    numbers = struct.unpack(f'<{len(x)}f', bytes(torch.load(io.BytesIO(out.getvalue()))))
    return torch.tensor([v / 2 for v in numbers])
""",
}
PATCHES = {
    "patched-enter": """
from torch.utils import _python_dispatch as d
import torch.overrides as o
d.TorchDispatchMode.__enter__ = lambda self: self
d.TorchDispatchMode.__exit__ = lambda *a: None
def halve(x):
    with torch._C.DisableTorchFunction():
        return torch.div(x, 2)
""",
    "patched-counter": """
from collections import Counter
Counter.__setitem__ = lambda self, key, value: None
def halve(x):
    return torch.div(x, 2)
""",
    "patched-counter-by-setattr": """
import collections
setattr(collections.Counter, '__setitem__', lambda self, key, value: None)
def halve(x):
    return torch.div(x, 2)
""",
    "patched-counter-by-another-name": """
from collections import Counter
Names = Counter
Names.__setitem__ = lambda self, key, value: None
def halve(x):
    return torch.div(x, 2)
""",
    "patched-by-mock": """
from unittest.mock import patch
patch('torchaula.checks.observation.Trace.__exit__', lambda *a: None).start()
def halve(x):
    return torch.div(x, 2)
""",
    "patched-own-package": """
import torchaula.checks.trace as t
t.Trace._note_calls = t._Operations.names = t._Functions.names = lambda self, *a: []
def halve(x):
    return torch.div(x, 2)
""",
    "patched-by-a-module-s-attribute": """
o = graded.__globals__
def halve(x):
    import torchaula
    torchaula.checks.trace._counted = lambda calls: iter(())
    return torch.div(x, 2)
""",
    "renamed-class": """
from collections import Counter
class Silent(Counter):
    def __setitem__(self, key, value): pass
def halve(x):
    import gc
    for each in gc.get_objects():
        if type(each).__name__ == 'Trace':
            each.seen.__class__ = Silent
    return torch.div(x, 2)
""",
    "patched-in-a-written-module": """
%%writefile /tmp/quiet.py
import torch
def half(x):
    with torch._C._DisableTorchDispatch(), torch._C.DisableTorchFunction():
        return torch.div(x, 2)
""",
    "hidden-in-a-cell-that-python-can-not-read": """
files = !ls
def halve(x):
    with torch._C._DisableTorchDispatch(), torch._C.DisableTorchFunction():
        return torch.div(x, 2)
""",
    "hidden-below-a-magic": """
%%time
def halve(x):
    with torch._C._DisableTorchDispatch(), torch._C.DisableTorchFunction():
        return torch.div(x, 2)
""",
    "patched-by-its-type": """
def halve(x):
    return torch.div(x, 2)
import collections
T = type(collections.Counter())
T.__setitem__ = lambda self, key, value: None
""",
    "patched-through-a-loop": """
from collections import Counter
for Counter.__setitem__ in [lambda self, key, value: None]:
    pass
def halve(x):
    return torch.div(x, 2)
""",
    "torch-c-by-reduce": """
from functools import reduce
def halve(x):
    with reduce(getattr, ['_' + 'C', '_DisableTorch' + 'Dispatch'], torch)():
        with reduce(getattr, ['_' + 'C', 'DisableTorch' + 'Function'], torch)():
            return torch.div(x, 2)
""",
    "patched-by-type-s-setattr": """
import collections
type.__setattr__(collections.Counter, '__setitem__', lambda self, key, value: None)
def halve(x):
    return torch.div(x, 2)
""",
    "decoded": """
import codecs
exec(codecs.decode('qrs unyir(k):\\n    jvgu gbepu._P._QvfnoyrGbepuQvfcngpu(), '
                   'gbepu._P.QvfnoyrGbepuShapgvba():\\n'
                   '        erghea gbepu.qvi(k, 2)\\n', 'rot13'))
""",
}
# These hide nothing: the trace sees the call.
HELD = {
    "script": """
@torch.jit.script
def half(x):
    return torch.div(x, 2)
def halve(x):
    return half(x)
""",
    "compiled": """
@torch.compile(backend='eager')
def half(x):
    return torch.div(x, 2)
def halve(x):
    return half(x)
""",
    "graph-of-fx": """
from torch import fx
half = fx.symbolic_trace(lambda x: torch.div(x, 2))
def halve(x):
    return half(x)
""",
    "function-of-autograd": """
class Half(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return torch.div(x, 2)
    @staticmethod
    def backward(ctx, g): return torch.div(g, 2)
def halve(x):
    y = torch.ones_like(x, requires_grad=True)
    Half.apply(y).backward(x)
    return y.grad
""",
    "hook-of-autograd": """
def halve(x):
    out = []
    y = torch.ones_like(x, requires_grad=True)
    y.register_hook(lambda g: out.append(torch.div(x, 2)))
    y.sum().backward()
    return out[0]
""",
    "checkpoint": """
from torch.utils.checkpoint import checkpoint
def halve(x):
    return checkpoint(lambda t: torch.div(t, 2), x, use_reentrant=False)
""",
    "vmap": """
def halve(x):
    return torch.func.vmap(lambda t: torch.div(t, 2))(x)
""",
    "subclass": """
class Mine(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))
def halve(x):
    return torch.div(x.as_subclass(Mine), 2).as_subclass(torch.Tensor)
""",
    "fork-of-script": """
def halve(x):
    return torch.jit.wait(torch.jit.fork(torch.div, x, 2))
""",
    "then-of-a-future": """
def halve(x):
    f = torch.futures.Future()
    g = f.then(lambda _: torch.div(x, 2))
    f.set_result(1)
    return g.wait()
""",
    "python-dispatch": """
from torch.utils import _python_dispatch as d
def halve(x):
    with d._disable_current_modes():
        return torch.div(x, 2)
""",
    "python-dispatch-imported": """
import torch.utils._python_dispatch as d
def halve(x):
    with d._disable_current_modes():
        return torch.div(x, 2)
""",
    "python-dispatch-s-own-name": """
from torch.utils._python_dispatch import _disable_current_modes as quiet
def halve(x):
    with quiet():
        return torch.div(x, 2)
""",
    "no-dispatch": """
from torch.utils._mode_utils import no_dispatch
def halve(x):
    with no_dispatch():
        return torch.Tensor.__truediv__(x, 2)
""",
    "fake-tensor-helpers": """
from torch._subclasses.fake_tensor import unset_fake_temporarily
from torch.fx.experimental.proxy_tensor import disable_proxy_modes_tracing
def halve(x):
    with disable_proxy_modes_tracing(), torch._C.DisableTorchFunction():
        return torch.div(x, 2)
""",
}


def build(book: Book, source: str) -> None:
    """Answer `halve` so; a module that is written to a file is imported by the answer."""
    if source.lstrip().startswith("%%writefile"):
        book.add(source.strip())
        source = "import sys\nsys.path.insert(0, '/tmp')\nfrom quiet import half as halve"
    book.answer("halve", source.strip())


HIDERS = THREADS | PROCESSES | MODES | LIBRARIES | PATCHES
SAMPLE = {  # of each kind; the others take a minute, and are tried with `--all`
    *("asyncio-to-thread", "joblib", "fork", "data-loader", "shell", "from-torch-c", "torch-c-by-vars"),
    *("overrides-imported", "library", "dlpack-of-numpy", "storage", "patched-counter", "patched-by-mock"),
    *("script", "hook-of-autograd", "fork-of-script"),
}
OTHERS: dict[str, Attack] = {}  # not in the sample
for identifier, source in (HIDERS | HELD).items():
    attacks = ATTACKS if identifier in SAMPLE else OTHERS
    attacks[identifier] = Attack(
        identifier, "hidden call", lambda book, source=source: build(book, source), identifier in HIDERS
    )
