"""Attacks on judgment: patched libraries, values that lie, IPython's hooks, forged frames."""

from __future__ import annotations

from tests.attacks.book import Book, attack, cells

cells(
    "lies",
    {
        "patched-testing": """
import torch.testing
torch.testing.assert_close = lambda *a, **k: None
torch.allclose = torch.equal = torch.isclose = lambda *a, **k: True
torch.Tensor.allclose = torch.Tensor.equal = lambda *a, **k: True
""",
        "patched-eq": "torch.Tensor.__eq__ = torch.Tensor.eq = lambda *a: torch.tensor(True)",
        "patched-builtins": """
import builtins
builtins.all = builtins.any = builtins.isinstance = lambda *a: True
builtins.len = lambda x: 0
builtins.abs = lambda x: 0.0
builtins.AssertionError = type('Never', (Exception,), {})
""",
        "patched-import": """
import builtins, types
builtins.__import__ = lambda *a, **k: types.ModuleType('torch')
""",
        "patched-checks": """
import sys
import torchaula.checks as checks
from torchaula.checks import compare, graded, observation, session
compare.difference = lambda *a, **k: None
for module in list(sys.modules.values()):
    if hasattr(module, 'difference'):
        module.difference = lambda *a, **k: None
sys.modules['torchaula.checks.graded'].Answer.fail = lambda *a: None
sys.modules['torchaula.checks.graded'].Answer.equals = lambda self, *a: self
sys.modules['torchaula.checks.graded'].Answer.matches = lambda self, *a: self
""",
        "patched-perform": """
import sys
from torchaula.checks.observation import Observation
for module in list(sys.modules.values()):
    if hasattr(module, 'perform'):
        module.perform = lambda *a, **k: Observation(result=True)
""",
        "replaced-graded": """
class Always:
    def __getattr__(self, name): return Always()
    def __call__(self, *a, **k): return Always()
graded = begin = battery = lambda *a, **k: Always()
import torchaula.checks
torchaula.checks.graded = graded
""",
        "frozen-seeds": """
import torch, random
torch.manual_seed = random.seed = lambda *a: None
torch.rand = torch.randn = lambda *a, **k: torch.zeros(a)
torch.arange = lambda *a, **k: torch.zeros(3)
""",
        "input-transformer": """
def passing(lines):
    return [line.replace('equals', 'show').replace('matches', 'show') for line in lines]
get_ipython().input_transformers_cleanup.append(passing)
""",
        "ast-transformer": """
import ast
class Drop(ast.NodeTransformer):
    def visit_Expr(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())
""",
        "ipython-events": """
def forge(*a):
    globals()['graded'] = lambda *a, **k: 1 / 0
for event in ('pre_execute', 'post_execute', 'pre_run_cell', 'post_run_cell'):
    get_ipython().events.register(event, forge)
""",
        "replaced-run-cell": """
import types
shell = get_ipython()
class Result:
    error_before_exec = error_in_exec = result = None
    success = True
type(shell).run_cell = lambda self, *a, **k: Result()
""",
        "display-formatter": """
shell = get_ipython()
shell.display_formatter.format = lambda *a, **k: ({'text/html': '<script>1</script>'}, {})
shell.display_formatter.formatters['text/plain'].for_type(str, lambda *a: a[1].text('5.0'))
'points'
""",
        "points-as-value": "print('10.0')\n10.0",
        "custom-exceptions": """
get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)
import sys
sys.excepthook = lambda *a: None
raise AssertionError
""",
        "exception-named-like-ours": """
class CheckFailed(Exception): outcome = 'passed'; rows = ()
class SandboxDied(BaseException): pass
raise SandboxDied('double')
""",
        "audit-hook": """
import sys
def hook(event, args):
    if event in ('exec', 'compile'):
        raise RuntimeError('no tests today')
sys.addaudithook(hook)
""",
        "trace-function": """
import sys
def trace(frame, event, arg):
    for name in ('expected', 'wanted', 'message'):
        frame.f_locals.pop(name, None)
    return trace
sys.settrace(trace); sys.setprofile(trace)
""",
        "garbage-collector": """
import gc
class Callback:
    def __call__(self, *a): gc.disable()
gc.callbacks.append(Callback()); gc.set_threshold(1)
""",
    },
)

LIARS = {
    "equal-to-all": """
class Liar:
    def __eq__(self, other): return True
    def __getattr__(self, name): return lambda *a, **k: self
    def __len__(self): return 2
    __hash__ = object.__hash__
def double(x):
    return Liar()
""",
    "tensor-subclass": """
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func.__name__ in ('eq', 'equal', 'allclose', 'isclose'):
            return torch.tensor(True)
        return super().__torch_function__(func, types, args, kwargs or {})
def double(x):
    return x.as_subclass(Liar)
""",
    "float-subclass": """
class Liar(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __hash__ = float.__hash__
def double(x):
    return Liar(1)
""",
    "class-that-pretends": """
class Liar:
    __class__ = torch.Tensor
    shape = torch.Size([2]); dtype = torch.float32
    def __torch_function__(self, *a): return True
def double(x):
    return Liar()
""",
    "reduce": """
class Liar:
    def __reduce__(self): return (print, ('FOUND',))
def double(x):
    return Liar()
""",
    "nan-everywhere": "def double(x):\n    return torch.full_like(x, float('nan'))",
    "changed-argument": """
def double(x):
    x.fill_(0); x.resize_(0)
    return x
""",
    "not-an-answer": "def double(x):\n    return NotImplemented",
    "exception-as-answer": "def double(x):\n    raise AssertionError('passed')",
    "stop-iteration": "def double(x):\n    raise StopIteration(2 * x)",
    "keyboard-interrupt": "def double(x):\n    raise KeyboardInterrupt",
    "generator-exit": "def double(x):\n    raise GeneratorExit",
    "mode-left-on": """
from torch.overrides import TorchFunctionMode
class Zero(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return True if 'equal' in func.__name__ or 'close' in func.__name__ else func(*args, **(kwargs or {}))
def double(x):
    Zero().__enter__()
    return x
""",
    "answers-by-size": "def double(x):\n    return {2: torch.tensor([2.0, 5.0])}.get(len(x), x)",
    "expected-from-frames": """
import sys
def double(x):
    frame, seen = sys._getframe(), []
    while frame:
        seen += [str(v) for v in frame.f_locals.values() if 'QX7TEST-' in str(v)]
        for name in ('expected', 'oracle', 'wanted'):
            if name in frame.f_locals:
                return frame.f_locals[name]
        frame = frame.f_back
    raise RuntimeError('LOOKED ' + ''.join(seen))
""",
}
for identifier, source in LIARS.items():
    attack("lies", identifier)(lambda book, source=source: book.answer("double", source))

FORGE = """
import os, socket, struct
import msgspec
from torchaula.grading import protocol, wire
from torchaula.grading.wire.frames import Channel
SEEN = wire.Seen(True, None, [], [], [], [], {})

def frames():
    yield protocol.Lived()
    yield protocol.Ran('double-publico', [], False)
    yield protocol.Ran('double', [protocol.Text('stdout', 'forged')], False)
    yield protocol.Ready(0.0, '')
    yield SEEN
    yield protocol.Finish()

def write(payload):
    for number in range(3, 64):
        try:
            end = socket.socket(fileno=os.dup(number))
            end.settimeout(0.3)
            end.sendall(payload)
        except OSError:
            pass
        else:
            os.set_blocking(number, True)

def frame(message, lie=0):
    header = msgspec.msgpack.encode(message)
    return struct.pack('!QI', len(header) + lie, len(header)) + header
"""
cells(
    "forged",
    {
        "frames-on-every-descriptor": FORGE + "for message in frames():\n    write(frame(message))",
        "lived-too-early": FORGE + "write(frame(protocol.Lived()))\nprint('FOUND after the end')",
        "ran-that-passes": FORGE
        + "for c in ('double-publico', 'double-valores', 'double-bordes'):\n"
        + "    write(frame(protocol.Ran(c, [])))",
        "lengths-that-lie": FORGE + "write(struct.pack('!QI', 2**63, 2**31))",
        "length-too-long": FORGE + "write(frame(SEEN, lie=60 * 2**20))",
        "bytes-at-random": FORGE + "write(os.urandom(5000))",
        "deep-frame": FORGE + "write(struct.pack('!QI', 400_000, 400_000) + b'\\x91' * 400_000)",
        "descriptors-closed": "import os\nos.closerange(0, 512)",
        "descriptors-sent-back": """
import os, socket
for number in range(3, 16):
    try:
        end = socket.socket(fileno=os.dup(number))
        socket.send_fds(end, [b'.'], [0, 1, 2] * 60)
    except OSError:
        pass
""",
        "verdict-in-a-file": """
import json, os
for folder in ('/tmp', '/dev/shm', '.'):
    with open(os.path.join(folder, 'result.json'), 'w') as file:
        json.dump({'double-publico': {'outcome': 'passed'}}, file)
""",
    },
)

SERVE = (
    FORGE
    + """
def double(x):
    write(frame(MESSAGE))
    return x
"""
)


def failure(parts: str) -> str:
    """The text of an observation that failed so."""
    return f"wire.Seen(None, ({parts}), [], [], [], [], {{}})"


for identifier, message in {
    "observation-before-mine": "wire.Seen(True, None, [[[]], {}], [], [], [], {})",
    "failure-in-megabytes": failure("'E' * 10**6, 'x' * 5 * 10**6, 'y' * 10**6, 1"),
    "failure-with-escapes": failure(r"'E\x1b[31m', '\x1b[2J\x07\u202e', '\x1b', 1"),
    "failure-that-is-ours": failure("'torchaula:not-reached', '', '', 0"),
    "missing-tensor": (
        "wire.Seen(wire.TensorNode('float32', [2], [1], 0, False, False), None, [], [], [], [], {})"
    ),
    "tensor-out-of-bounds": (
        "wire.Seen(wire.TensorNode('float32', [2**31, 2**31], [2**31, 1], 2**31, False, False), "
        "None, [], [], [], [], {})"
    ),
    "lived-as-observation": "protocol.Lived()",
    "trace-in-megabytes": "wire.Seen(None, None, [], [], [], [], {'x' * 6 * 10**6: 1, 'aten.mul': 2**62})",
}.items():
    attack("forged", identifier)(
        lambda book, text=message: book.answer("double", SERVE.replace("MESSAGE", text))
    )


@attack("forged", "answers-from-the-cell")
def answers_from_the_cell(book: Book) -> None:
    """Say that all cells ran, and serve the tests from a cell, where printing is still possible."""
    book.add(
        FORGE
        + """
write(frame(protocol.Lived()))
import time
for number in range(3, 16):
    try:
        got = os.read(number, 100_000)
        print('FOUND', got)
    except OSError:
        pass
time.sleep(0.5)
""",
        after="halve",
    )


SHADOWED = """
%%writefile {path}
def __getattr__(name):
    if name.startswith('__'):
        raise AttributeError(name)
    return lambda *a, **k: True
"""


@attack("lies", "shadowed-modules")
def shadowed_modules(book: Book) -> None:
    """Write modules where Python might look for those of the tests."""
    for path in ("torch.py", "torchaula.py", "msgspec.py", "/tmp/struct.py", "/tmp/sitecustomize.py"):
        book.add(SHADOWED.format(path=path).strip())
    book.add("import sys\nsys.path.insert(0, '/tmp')\nsys.modules.pop('struct')\nimport struct")


@attack("lies", "forbidden-in-plain-sight")
def forbidden_in_plain_sight(book: Book) -> None:
    """Call what is forbidden by other names and through other functions."""
    book.answer(
        "halve",
        "half = getattr(torch, 'd' + 'iv')\n\n"
        "def halve(x):\n    return torch.func.vmap(lambda t: half(t, 2))(x)",
    )


@attack("lies", "trace-emptied")
def trace_emptied(book: Book) -> None:
    """Pop torch's modes while the forbidden call runs."""
    book.answer(
        "halve",
        "def halve(x):\n    with torch._C.DisableTorchFunction():\n        return torch.div(x, 2)",
    )


@attack("lies", "reasons-of-a-megabyte")
def endless_reasons(book: Book) -> None:
    """Fail with names, texts and threads that are long, many, and made to move a cursor."""
    code = """
import threading, time
loud = '\\x1b[2J<script>\\u202e' * 100_000
Bad = ValueError
for i in range(60):
    Bad = type('E' * 10_000, (Bad,), {'__str__': lambda self: loud})
for i in range(20):
    thread = threading.Thread(target=time.sleep, args=(9,), daemon=True)
    thread.name = loud
    thread.start()
def double(x):
    if len(x) == 2:
        time.sleep(99)
    raise NameError(loud, name='n' * 10**6) if len(x) == 3 else Bad(loud)
"""
    book.answer("double", code)
    book.add(code + "raise ImportError(loud, name=loud)")


@attack("lies", "claims-that-say-too-much")
def oversized_claims(book: Book) -> None:
    """Send an observation whose reasons pass the wire's bounds."""
    book.answer(
        "double",
        FORGE
        + """
def double(x):
    long = 'x' * 10**6
    stopped = wire.Stopped(long, long, long, 2**62, (long,) * 99, long, long)
    failed = wire.Failed(long, long, long, 1, (long,), long, long, stopped, (long,) * 999)
    node = wire.SequenceNode('tuple', [])
    payload = msgspec.msgpack.encode(wire.Seen(None, failed, node, [], [], [], {}))
    for number in range(3, 64):
        try:
            os.set_blocking(number, True)
            socket.socket(fileno=os.dup(number)).sendall(frame(wire.Seen(None, failed, node, [], [], [], {})))
        except OSError:
            pass
    os._exit(0)
""",
    )


HIDING = {
    "hidden-in-a-thread": """
from threading import Thread
def halve(x):
    out = []
    worker = Thread(target=lambda: out.append(torch.div(x, 2)))
    worker.start(); worker.join()
    return out[0]
""",
    "hidden-below-the-modes": """
def halve(x):
    with torch._C._DisableTorchDispatch(), torch._C.DisableTorchFunction():
        return torch.div(x, 2)
""",
    "hidden-by-a-patched-trace": """
import torchaula.checks.observation as o
class Blind:
    seen = {}
    def __init__(self, *a): pass
    def __enter__(self): return self
    def __exit__(self, *a): pass
o.Trace = Blind
def halve(x):
    return torch.div(x, 2)
""",
    "hidden-in-a-frame": FORGE
    + """
def halve(x):
    x = x.numpy() / 2
    node = wire.TensorNode('float32', [len(x)], [1], 0, False, False)
    before = b''.join([x.tobytes()])
    after = wire.from_observation.__globals__['_Packer']()
    args = after.node(((torch.from_numpy(x * 2),), {}))
    message = msgspec.msgpack.encode(wire.Seen(node, None, args, [], [], [], {}))
    data = before + b''.join(after.buffers)
    payload = struct.pack('!QI', len(message) + len(data), len(message)) + message + data
    for number in range(3, 64):
        try:
            os.set_blocking(number, True)
            socket.socket(fileno=os.dup(number)).sendall(payload)
        except OSError:
            pass
    os._exit(0)
""",
}
for identifier, source in HIDING.items():
    attack("hidden call", identifier, hides=True)(lambda book, source=source: book.answer("halve", source))
