"""What honest learners do to a notebook without meaning to: each of it must cost nothing.

Left out is what fails in the learner's own kernel as well, run from top to bottom: `%reset`, a helper that
is defined after the tests that need it, a solution under `%%timeit` or after a line that raises.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.workshop import SOLUTIONS, Book
from torchaula.course.markers import USUAL

FIRST, MIDDLE = "preparacion", "softmax-publico"


@dataclass(frozen=True)
class Accident:
    """Something done to a book. `raises` are the kinds of exceptions that its own cells end with."""

    build: Callable[[Book], None]
    raises: frozenset[str] = frozenset()


ACCIDENTS: dict[str, Accident] = {}


def accident(name: str, *raises: str) -> Callable[[Callable[[Book], None]], Callable[[Book], None]]:
    """Register the decorated function as an accident."""

    def register(build: Callable[[Book], None]) -> Callable[[Book], None]:
        assert name not in ACCIDENTS, name
        ACCIDENTS[name] = Accident(build, frozenset(raises))
        return build

    return register


def scratch(name: str, code: str, *raises: str, where: tuple[str, ...] = (FIRST, MIDDLE)) -> None:
    """Register a scratch cell that stands before all exercises, and once more in the middle of one."""

    def build(book: Book) -> None:
        for place in where:
            book.add(code, place)

    accident(name, *raises)(build)


# Names

for shadowed in ("list", "sum", "len", "float", "range", "input", "torch", "F", "np", "nn", "x", "student"):
    scratch(f"shadows {shadowed}", f"{shadowed} = [1, 2]\n{shadowed}")
scratch(
    "shadows built-ins in a loop", "for max in range(3):\n    for sum, id in [(1, 2)]:\n        print(max)"
)
scratch("shadows a module by a number", "F = 96485.33\nnn = 3\nF * nn")
scratch("deletes a module", "del torch, F")
scratch("deletes its own scratch", "value = torch.ones(3)\ndel value")
scratch("imports with a star", "from math import *\nfrom torch.nn.functional import *")
scratch(
    "imports everything again",
    "import numpy as np, torch\nfrom torch import nn\nimport torch.nn.functional as F",
)
scratch("uses globals", "count = 0\ndef step():\n    global count\n    count += 1\nstep()")
scratch("names with accents", "año, niños, λ = 2024, [1, 2], 0.1\nprint(f'{año}: {niños} {λ}')")

# Warnings and states of libraries

scratch("warns", "import warnings\nwarnings.warn('mind the gap')")
scratch("writes to stderr", "import sys\nprint('¡cuidado!', file=sys.stderr)")
scratch("makes warnings errors", "import warnings\nwarnings.simplefilter('error')")
scratch("ignores warnings", "import warnings\nwarnings.filterwarnings('ignore')")
scratch("reseeds", "import random\nrandom.seed(1)\nnp.random.seed(2)\ntorch.manual_seed(3)")
scratch("sets the default dtype", "torch.set_default_dtype(torch.float64)")
scratch("sets the default device", "torch.set_default_device('cpu')")
scratch("sets a default device without data", "torch.set_default_device('meta')")
scratch("sets threads", "torch.set_num_threads(4)\n(torch.ones(300, 300) @ torch.ones(300, 300)).sum()")
scratch("leaves grad mode off", "torch.set_grad_enabled(False)")
scratch("enters no_grad for good", "torch.no_grad().__enter__()")
scratch(
    "enters inference mode for good", "mode = torch.inference_mode()\nmode.__enter__()\ntorch.ones(2) + 1"
)
scratch("leaves anomaly detection on", "torch.autograd.set_detect_anomaly(True)")
scratch("wants deterministic algorithms", "torch.use_deterministic_algorithms(True)")
scratch("trades precision for speed", "torch.set_float32_matmul_precision('medium')")
scratch("lets NumPy raise", "np.seterr(all='raise')")
scratch("prints little", "torch.set_printoptions(precision=1)\nnp.set_printoptions(precision=1)")
scratch("lowers the recursion limit", "import sys\nsys.setrecursionlimit(150)")
scratch("raises the recursion limit", "import sys\nsys.setrecursionlimit(10**6)")
scratch("stops collecting garbage", "import gc\ngc.disable()")
scratch("configures logging", "import logging\nlogging.basicConfig(level='DEBUG')\nlogging.info('hola')")
scratch("sends stdout to a file", "import sys\nsys.stdout = open('out.txt', 'w')\nprint('hola')")
scratch("closes stdout", "import sys\nsys.stdout.close()")
scratch("leaves an alarm set", "import signal\nsignal.alarm(1)")
scratch("handles signals", "import signal\nsignal.signal(signal.SIGALRM, lambda *_: print('tarde'))")
scratch("clears the environment", "import os\nos.environ.get('HOME', '')\nos.environ.clear()")

# Figures, magics, tools of a notebook

PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\n"
scratch("plots", f"{PLOT}plt.show()")
scratch("plots inline", f"%matplotlib inline\n{PLOT}plt.show()")
scratch("leaves figures open", f"{PLOT}plt.figure()\nplt.figure()")
scratch("plots in a window", "import matplotlib\nmatplotlib.use('TkAgg', force=False)", where=(MIDDLE,))
scratch("changes the style of figures", f"{PLOT}plt.style.use('ggplot')\nplt.rcParams['figure.dpi'] = 300")
scratch("configures the inline back end", "%config InlineBackend.figure_format = 'retina'")
scratch("times a line", "%time total_of = torch.ones(9).sum()")
scratch("times a cell", "%%time\ntotal_of = torch.ones(9).sum()\ntotal_of")
scratch("measures a line", "%timeit -n 1 -r 1 torch.ones(9).sum()")
scratch("measures a cell", "%%timeit -n 1 -r 1\ntorch.ones(9).sum()")
scratch("reloads modules", "%load_ext autoreload\n%autoreload 2")
scratch("runs a command", "!ls\nfiles = !ls\nlen(files)")
scratch("asks for pip", "%pip --version", where=(MIDDLE,))
scratch("lists its names", "%who\n%whos\n%xmode Minimal")
scratch("hides the output of a cell", "%%capture said\nprint('hola')\ntorch.ones(3)")
scratch("writes a cell in another language", "%%html\n<b>hola</b>")
scratch("asks for help", "torch.ones?\nhelp(len)")
scratch("asks questions", "name = input('¿Cómo te llamas? ')\nprint(name)")
scratch("shows progress", "import sys\nfor i in range(999):\n    print(f'\\r{i}', end='', file=sys.stderr)")
scratch("shows progress with tqdm", "from tqdm.auto import tqdm\nfor _ in tqdm(range(9)): pass", "?")
scratch("wants widgets", "import ipywidgets\nipywidgets.IntSlider()", "?")
scratch("imports what is missing", "import no_such_module", "ModuleNotFoundError")
scratch(
    "displays rich objects",
    "class Table:\n    def _repr_html_(self):\n        return '<table/>'\ndisplay(Table())\nTable()",
)
scratch(
    "clears its output",
    "from IPython.display import clear_output\nfor i in range(3):\n    clear_output(wait=True)\n    print(i)",
)
scratch(
    "shows a picture",
    "from IPython.display import HTML, Markdown, Math\ndisplay(HTML('<i>x</i>'), Markdown('*x*'), Math('x'))",
)
scratch("awaits", "import asyncio\nawait asyncio.sleep(0.01)\n'listo'")
scratch("debugs afterwards", "1 / 0", "ZeroDivisionError")

# Long, loud, broken

scratch("prints a lot", "for i in range(50_000):\n    print('línea', i)")
scratch("prints one long line", "print('x' * 3_000_000)")
scratch("shows a large result", "list(range(100_000))")
scratch("raises", "raise ValueError('¿por qué?')", "ValueError")
scratch(
    "raises something odd",
    "class Odd(Exception):\n    def __str__(self):\n        raise self\nraise Odd",
    "Odd",
)
scratch("is broken", "def (:\n  nothing", "SyntaxError")
scratch("is badly indented", "  x = 1\n y = 2", "IndentationError")
scratch("asserts wrongly", "assert 1 + 1 == 3", "AssertionError")
scratch("exits", "import sys\nsys.exit()", "SystemExit")
scratch("exits with a code", "raise SystemExit(3)", "SystemExit")
scratch("calls exit", "exit()")
scratch("calls quit", "quit")
scratch("recurses without end", "def f(): return f()\nf()", "RecursionError")
scratch("asks for too much memory", "torch.empty(10**13)", "RuntimeError")
scratch("never ends", "while True: pass", where=(FIRST,))
scratch("asks without end", "while input('¿otra vez?') != 'no': pass", "EOFError")
scratch("restarts its kernel", "import os\nos.kill(os.getpid(), 9)", where=(FIRST,))
scratch("stops by hand", "raise KeyboardInterrupt", "KeyboardInterrupt")
scratch("stops in the debugger", "breakpoint()", "?")

# Files, processes, data

scratch(
    "writes a file and reads it", "open('x.txt', 'w').write('hola')\nassert open('x.txt').read() == 'hola'"
)
scratch("changes its folder", "import os, tempfile\nos.getcwd()\nos.chdir(tempfile.mkdtemp())")
scratch(
    "saves and loads a model",
    "class Net(nn.Module): pass\n"
    "torch.save(Net().state_dict(), 'a.pt')\n"
    "torch.load('a.pt')\n"
    "torch.save(Net(), 'b.pt')\n"
    "torch.load('b.pt', weights_only=False)",
)
scratch("saves arrays", "np.savez('a.npz', x=np.ones(3))\nnp.load('a.npz')['x']")
scratch("loads digits", "from sklearn.datasets import load_digits\nload_digits().data.shape")
scratch(
    "loads data with workers",
    "from torch.utils.data import DataLoader\n"
    "for batch in DataLoader(torch.ones(8, 2), batch_size=4, num_workers=2):\n"
    "    print(batch.shape)",
    where=(MIDDLE,),
)
scratch(
    "leaves a thread running",
    "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
)
scratch(
    "leaves a busy thread",
    "import threading, warnings\n"
    "warnings.simplefilter('error')\n"
    "def spin():\n"
    "    while True: pass\n"
    "threading.Thread(target=spin, daemon=True).start()",
    where=(MIDDLE,),
)
scratch(
    "leaves threads of a pool",
    "from concurrent.futures import ThreadPoolExecutor\n"
    "pool = ThreadPoolExecutor(4)\n"
    "list(pool.map(abs, range(9)))",
)
scratch(
    "maps with processes",
    "import multiprocessing\nwith multiprocessing.Pool(2) as pool:\n    print(pool.map(abs, [1, -2]))",
    where=(MIDDLE,),
)
scratch(
    "starts a program",
    "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(1)'], check=True)",
    where=(MIDDLE,),
)
scratch(
    "trains a little",
    "w = torch.zeros(1, requires_grad=True)\n"
    "for _ in range(9):\n"
    "    (w - 1).square().sum().backward()\n"
    "w.grad",
)
scratch("leaves hooks of modules", "nn.modules.module.register_module_forward_hook(lambda *_: print('hola'))")
scratch("defines a class twice", "class Line: pass\nclass Line(nn.Module): pass")


@accident("writes a module and imports it")
def _write_module(book: Book) -> None:
    book.add("%%writefile helpers.py\ndef smallest(x):\n    return x.max(dim=-1, keepdim=True).values", FIRST)
    book.cell("softmax").source = "from helpers import smallest\n" + book.cell("softmax").source.replace(
        "x.max(dim=-1, keepdim=True).values", "smallest(x)"
    )


# The learner's own answers


@accident("adds helper cells")
def _add_helpers(book: Book) -> None:
    book.add("import torch\nx = torch.ones(3)", "")
    for name in ("softmax", "decay", "line", "total"):
        book.add(f"helper_of_{name} = 1", f"{name}-enunciado")
        book.add(f"helper_of_{name} += 1", name)
        book.add(f"print(helper_of_{name})", f"{name}-valores")


@accident("adds notes")
def _add_notes(book: Book) -> None:
    book.add("# Mis apuntes\n\n<script>alert(1)</script> $x^2$", "", markdown=True)
    book.add("```python\nprint(1)\n```", "softmax", markdown=True)


@accident("uses a helper of an own cell")
def _use_helper(book: Book) -> None:
    book.add("def shifted(x):\n    return x - x.max(dim=-1, keepdim=True).values", FIRST)
    book.cell(
        "softmax"
    ).source = "def softmax(x):\n    e = shifted(x).exp()\n    return e / e.sum(-1, keepdim=True)"


@accident("uses a helper of an earlier exercise")
def _use_earlier(book: Book) -> None:
    book.cell("softmax").source += "\n\ndef add(a, b):\n    return a + b"
    book.cell(
        "total"
    ).source = "def total(values):\n    return add(values[0], total(values[1:])) if values else 0"


@accident("uses an earlier answer")
def _use_answer(book: Book) -> None:
    book.cell("total").source = "def total(values):\n    decay([1.0])\n    return sum(values)"


@accident("splits a solution over two cells")
def _split(book: Book) -> None:
    text = book.cell("line").source
    book.cell("line").source = text[: text.index("    def forward")]
    half = text[text.index("    def forward") :]
    book.add(f"class Line(Line):\n{half}", "line")


@accident("goes on with a solution after the public check")
def _split_later(book: Book) -> None:
    text = book.cell("softmax").source
    book.cell("softmax").source = "def softmax(x):\n    return x"
    book.add(text, "softmax-publico")


@accident("writes the solution into a cell of its own")
def _elsewhere(book: Book) -> None:
    book.add(book.cell("decay").source, "decay")
    book.empty("decay")


@accident("leaves out docstrings")
def _without_docstring(book: Book) -> None:
    book.cell("total").source = "total = lambda values: sum(values)"


@accident("annotates")
def _annotate(book: Book) -> None:
    book.cell("total").source = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n\n@dataclass\nclass Sum:\n"
        "    value: Missing | None = None\n\ndef total(values: list[Unknown]) -> int:\n"
        "    return Sum(sum(values)).value"
    )


@accident("defines an answer twice")
def _define_twice(book: Book) -> None:
    book.cell("line").source = "class Line(nn.Module):\n    pass\n\n" + book.cell("line").source


@accident("decorates an answer")
def _decorate(book: Book) -> None:
    book.cell(
        "total"
    ).source = "from functools import cache, wraps\n@wraps(sum)\ndef total(values):\n    return sum(values)"


@accident("prints in an answer")
def _print(book: Book) -> None:
    for name, arguments in (("softmax", "x"), ("total", "values")):
        first, rest = book.cell(name).source.split("\n", 1)
        book.cell(name).source = f"{first}\n    print('llamada', {arguments})\n{rest}"


@accident("warns in an answer")
def _warn(book: Book) -> None:
    book.add("import warnings\nwarnings.simplefilter('error')", FIRST)
    book.cell(
        "total"
    ).source = "import warnings\ndef total(values):\n    warnings.warn('lento')\n    return sum(values)"


@accident("reseeds in an answer")
def _reseed(book: Book) -> None:
    text = book.cell("softmax").source
    book.cell("softmax").source = text.replace("    powers", "    torch.manual_seed(0)\n    powers", 1)


@accident("asks a question in an answer")
def _ask(book: Book) -> None:
    book.cell("total").source = "def total(values):\n    input('¿seguro? ')\n    return sum(values)"


@accident("keeps trying an answer out", "ZeroDivisionError")
def _try_out(book: Book) -> None:
    for name in ("softmax", "decay", "line", "total"):
        book.cell(name).source += "\n\nprint('pruebo')\nfor i in range(3):\n    i / 0"


@accident("asserts after an answer", "AssertionError")
def _assert(book: Book) -> None:
    book.cell("softmax").source += "\n\nassert softmax(torch.ones(3)).sum() == 3"


@accident("exits after an answer", "SystemExit")
def _exit(book: Book) -> None:
    book.cell("decay").source += "\n\nimport sys\nsys.exit()"


@accident("loops after an answer")
def _loop(book: Book) -> None:
    book.cell("decay").source += "\n\nwhile True: pass"


@accident("times an answer")
def _time(book: Book) -> None:
    book.cell("softmax").source = "%%time\n" + book.cell("softmax").source
    book.cell("total").source += "\n%timeit -n 1 -r 1 total([1, 2])\n!ls"


@accident("plots after an answer")
def _plot(book: Book) -> None:
    book.cell("softmax").source += f"\n\n%matplotlib inline\n{PLOT}plt.show()"


@accident("shadows a built-in after an answer")
def _shadow(book: Book) -> None:
    book.cell("softmax").source += "\n\nsum = softmax(torch.ones(3)).sum()\nlist = [sum]\nsum"
    book.cell("line").source += "\n\nsum, len, F = 3, 4, Line()(torch.ones(1))"


@accident("line ends of Windows")
def _carriage_returns(book: Book) -> None:
    for cell in book.node.cells:
        cell.source = cell.source.replace("\n", "\r\n")


@accident("tabs")
def _tabs(book: Book) -> None:
    for name in ("softmax", "decay", "line", "total"):
        book.cell(name).source = book.cell(name).source.replace("    ", "\t")


@accident("blanks at the ends")
def _blanks(book: Book) -> None:
    for name in ("softmax", "decay", "line", "total"):
        book.cell(name).source = "\n\n" + book.cell(name).source.replace("\n", "   \n") + "\n\n\n"


@accident("comments in Spanish")
def _comments(book: Book) -> None:
    for name in ("softmax", "decay", "line", "total"):
        book.cell(name).source += "\n# ¡Ya está! — año 2024, λ → ∞ 🎉"


@accident("identifiers with accents")
def _identifiers(book: Book) -> None:
    book.cell("total").source = "def total(años):\n    tamaño = sum(años)\n    return tamaño"


# The file, as other tools write it


@accident("saved with a byte-order mark")
def _byte_order_mark(book: Book) -> None:
    book.content = b"\xef\xbb\xbf" + book.file


@accident("saved in one line, everything escaped")
def _one_line(book: Book) -> None:
    book.content = json.dumps(book.as_json(), ensure_ascii=True, separators=(",", ":")).encode()


@accident("saved by format 4.2, without ids")
def _format_2(book: Book) -> None:
    raw = book.as_json()
    raw["nbformat_minor"] = 2
    for cell in raw["cells"]:
        del cell["id"]
        cell["source"] = cell["source"].splitlines(keepends=True)
    book.content = json.dumps(raw).encode()


@accident("saved by format 4.4 with ids")
def _format_4(book: Book) -> None:
    book.node.nbformat_minor = 4


@accident("saved without nbgrader's metadata")
def _strip(book: Book) -> None:
    for cell in book.node.cells:
        cell.metadata = NotebookNode()


@accident("saved by Colab")
def _colab(book: Book) -> None:
    raw = book.as_json()
    raw["metadata"] = {"colab": {"provenance": [], "gpuType": "T4"}, "accelerator": "GPU"}
    raw["metadata"]["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    raw["nbformat_minor"] = 0
    for number, cell in enumerate(raw["cells"]):
        del cell["id"]
        cell["metadata"] |= {"id": f"Zx{number}", "colab": {"base_uri": "https://colab.research.google.com/"}}
    book.content = json.dumps(raw).encode()


@accident("saved by VS Code")
def _vs_code(book: Book) -> None:
    book.node.metadata = {
        "kernelspec": {"name": "base", "display_name": "base"},
        "vscode": {"interpreter": {}},
    }
    for cell in book.node.cells:
        cell.metadata["vscode"] = {"languageId": "python"}


@accident("saved with another kernel")
def _kernel(book: Book) -> None:
    book.node.metadata["kernelspec"] = {"name": "conda-env-dl", "display_name": "dl", "language": "python"}


@accident("saved without outputs")
def _without_outputs(book: Book) -> None:
    raw = book.as_json()
    for cell in raw["cells"]:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
    book.content = json.dumps(raw).encode()


@accident("run out of order")
def _out_of_order(book: Book) -> None:
    for number, cell in enumerate(c for c in book.node.cells if c.cell_type == "code"):
        cell.execution_count = 97 - 7 * number
        error = {"output_type": "error", "ename": "NameError", "evalue": "old", "traceback": ["old"]}
        cell.outputs = [error, {"output_type": "stream", "name": "stderr", "text": "old"}]


@accident("saved with large outputs")
def _large_outputs(book: Book) -> None:
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0K" * 2**18}}
    for name in ("softmax", "decay", "softmax-publico", "line", "total"):
        book.cell(name).outputs = [picture]


@accident("saved with progress bars that are gone")
def _widgets(book: Book) -> None:
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "abc", "version_major": 2}}
    book.cell("line").outputs = [{"output_type": "display_data", "metadata": {}, "data": view}]
    book.node.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}


@accident("copies a cell that is empty still")
def _copy_stub(book: Book) -> None:
    twin = deepcopy(book.cell("softmax"))
    solved = book.cell("softmax").source
    book.empty("softmax")
    twin.source, twin.id = solved, "other"
    book.node.cells.insert(book.node.cells.index(book.cell("softmax")), twin)


@accident("keeps an earlier attempt above")
def _earlier_attempt(book: Book) -> None:
    twin = deepcopy(book.cell("decay"))
    twin.source, twin.id = "def decay(values):\n    return 0.0", "decay-old"
    book.node.cells.insert(book.node.cells.index(book.cell("decay")), twin)


@accident("writes a helper above the set-up")
def _above(book: Book) -> None:
    book.add("class Base(nn.Module):\n    half = torch.tensor(0.5)", "")
    book.cell("line").source = book.cell("line").source.replace("nn.Module", "Base")


@accident("asks for a graphics card above the set-up", "?")
def _card(book: Book) -> None:
    book.add("import torch\ntorch.set_default_device('cuda')", "")


@accident("copies the whole notebook below")
def _copy_all(book: Book) -> None:
    book.node.cells += deepcopy(book.node.cells)


@accident("moves its answers to the end")
def _move(book: Book) -> None:
    for name in ("softmax", "decay", "line", "total"):
        cell = book.cell(name)
        book.node.cells.remove(cell)
        book.node.cells.append(cell)


@accident("deletes the tests and the set-up")
def _delete(book: Book) -> None:
    book.node.cells = [book.cell(name) for name in ("softmax", "decay", "line", "total")]


@accident("imports in the set-up")
def _edit_setup(book: Book) -> None:
    book.cell(FIRST).source = f"import math\n{book.cell(FIRST).source}"
    book.cell("decay").source = f"factor = math.sqrt(1)\n{book.cell('decay').source}"


@accident("edits the tests", "SyntaxError")
def _edit_tests(book: Book) -> None:
    book.cell("softmax-publico").source = "print('no va')"
    book.cell("decay-valores").source = ""
    book.add("((", "decay-publico")


@accident("turns an answer into text")
def _retype(book: Book) -> None:
    cell = book.cell("total")
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]


@accident("leaves empty cells")
def _empty_cells(book: Book) -> None:
    for name in ("softmax", "softmax-publico", "total-valores"):
        book.add("", name)
        book.add("   \n", name)


# Modes that are entered and never left, and what else a process is set to

ZEROS = (
    "        result = func(*args, **(kwargs or {}))\n"
    "        return result * 0 if torch.is_tensor(result) else result\n"
)
for name, code in {
    "autocast": "torch.autocast('cpu', dtype=torch.bfloat16).__enter__()",
    "a device": "torch.device('meta').__enter__()",
    "two devices": "torch.set_default_device('meta')\ntorch.device('meta').__enter__()",
    "a function mode": "from torch.overrides import TorchFunctionMode\nclass M(TorchFunctionMode):\n"
    "    def __torch_function__(self, func, types, args=(), kwargs=None):\n" + ZEROS + "M().__enter__()",
    "a dispatch mode": "from torch.utils._python_dispatch import TorchDispatchMode\n"
    "class D(TorchDispatchMode):\n    def __torch_dispatch__(self, func, types, args=(), kwargs=None):\n"
    "        raise OSError('left on')\nD().__enter__()",
    "fake tensors": "from torch._subclasses.fake_tensor import FakeTensorMode\nFakeTensorMode().__enter__()",
    "a counter of operations": "from torch.utils.flop_counter import FlopCounterMode\n"
    "counter = FlopCounterMode(display=False)\ncounter.__enter__()\nnn.Linear(2, 2)(torch.ones(1, 2))",
    "hooks of saved tensors": "from torch.autograd import graph\n"
    "graph.saved_tensors_hooks(lambda x: x * 0, lambda x: x).__enter__()",
    "saving on the CPU": "torch.autograd.graph.save_on_cpu().__enter__()",
    "no hooks of saved tensors": "no = "
    "torch.autograd.graph.disable_saved_tensors_hooks('no')\nno.__enter__()",
    "a dual level": "import torch.autograd.forward_ad as fw\nlevel = fw.dual_level()\nlevel.__enter__()",
    "anomaly detection": "torch.autograd.detect_anomaly(check_nan=False).__enter__()",
    "a profiler": "profile = torch.autograd.profiler.profile()\nprofile.__enter__()\ntorch.ones(2).sum()",
    "flags of a back end": "flags = torch.backends.mkldnn.flags(enabled=False)\nflags.__enter__()",
    "one thread of autograd": "torch.autograd.set_multithreading_enabled(False).__enter__()",
    "a fork of the generator": "fork = torch.random.fork_rng()\nfork.__enter__()",
    "NumPy's errors": "np.errstate(all='raise').__enter__()",
    "recorded warnings": "import warnings\nwarnings.catch_warnings(record=True).__enter__()\n"
    "warnings.simplefilter('error')",
    "a decimal context": "import decimal\ndecimal.localcontext(decimal.Context(prec=1)).__enter__()",
}.items():
    scratch(f"enters {name} for good", code)
for name, code in {
    "flushes small numbers": "torch.set_flush_denormal(True)",
    "fills what is uninitialised": "torch.utils.deterministic.fill_uninitialized_memory = True\n"
    "torch.use_deterministic_algorithms(True, warn_only=True)",
    "warns always": "torch.set_warn_always(True)\nimport warnings\nwarnings.simplefilter('error')",
    "sets its autocast": "import torch\n"
    "torch.set_autocast_enabled('cpu', True)\ntorch.set_autocast_dtype('cpu', torch.float16)",
    "sets its language": "import locale\nlocale.setlocale(locale.LC_ALL, 'C.UTF-8')",
    "leaves its folder, which goes": "import os, tempfile\n"
    "with tempfile.TemporaryDirectory() as folder:\n    os.chdir(folder)",
    "traces": "import sys\ndef tracer(*a):\n    raise ValueError\nsys.settrace(lambda *a: None)",
    "profiles": "import cProfile\nprofiler = cProfile.Profile()\nprofiler.enable()",
    "breaks every module": "nn.modules.module.register_module_forward_hook(lambda m, i, o: o * 0)\n"
    "nn.modules.module.register_module_forward_pre_hook(lambda m, i: (i[0] * 0,))",
    "makes every module double": "nn.modules.module.register_module_parameter_registration_hook("
    "lambda m, n, p: nn.Parameter(p.double()))",
    "shows a traceback of crashes": "import faulthandler\nfaulthandler.enable()",
}.items():
    scratch(name, code)


# Streams, as those of a kernel

for name, code in {
    "asks what stdout is": "import sys\nfor s in (sys.stdout, sys.stderr):\n"
    "    assert s.encoding.lower() == 'utf-8' and not s.isatty() and s.fileno() > 0 and s.writable()\n"
    "    assert s.errors and s.name and not s.closed and not s.readable() and not s.seekable()",
    "writes bytes to stdout": "import sys\n"
    "sys.stdout.buffer.write('¡hola!\\n'.encode())\nsys.stdout.buffer.flush()",
    "writes to the first stdout": "import sys\nprint('hola', file=sys.__stdout__, flush=True)\n"
    "print('mal', file=sys.__stderr__)\nsys.__stdout__.buffer.write(b'hola')",
    "writes to descriptors": "import os, sys\nos.write(1, b'hola')\nos.write(sys.stderr.fileno(), b'hola')",
    "configures stdout": "import sys\nsys.stdout.reconfigure(encoding='utf-8', line_buffering=True)",
    "redirects stdout": "import contextlib, io, sys\nwith contextlib.redirect_stdout(io.StringIO()) as f:\n"
    "    print('hola')\nassert f.getvalue() == 'hola\\n'\nwith contextlib.redirect_stdout(sys.stderr):\n"
    "    print('hola', flush=True)",
    "logs to a stream": "import logging, sys\nlog = logging.getLogger('mine')\n"
    "log.addHandler(logging.StreamHandler(sys.stdout))\nlog.addHandler(logging.StreamHandler())\n"
    "log.warning('hola')",
    "reads a line": "import sys\nassert sys.stdin.readline() == '' and sys.stdin.read() == ''\n"
    "assert not sys.stdin.isatty()",
    "asks for a password": "import getpass\ngetpass.getpass('Clave: ')",
    "wraps stdout": "import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8')\n"
    "print('hola', flush=True)",
}.items():
    scratch(name, code)
scratch(
    "lets a program print",
    "import subprocess, sys\nsubprocess.run(['echo', 'hola'], stdout=sys.stdout, stderr=sys.stderr)",
)


# Modules that only other machines have


for name, code in {
    "mounts its drive": "from google.colab import drive\n"
    "drive.mount('/content/drive')\nbase = '/content/drive'",
    "uploads files": "from google.colab import files\n"
    "for name, content in files.upload().items():\n    print(name)",
    "uses Colab's secrets": "import os\nfrom google.colab import userdata\n"
    "os.environ['TOKEN'] = userdata.get('TOKEN')",
    "shows tables as Colab does": "import google.colab.data_table\n%load_ext google.colab.data_table\n"
    "google.colab.output.clear()",
    "uses Kaggle's secrets": "from kaggle_secrets import UserSecretsClient\n"
    "key = UserSecretsClient().get_secret('key')",
    "asks where it runs": "import sys\nif 'google.colab' in sys.modules:\n    raise SystemExit('not here')\n"
    "try:\n    import google.colab\nexcept ImportError:\n    pass",
}.items():
    scratch(name, code)


@accident("answers below what only Colab has")
def _below_colab(book: Book) -> None:
    first = "from google.colab import drive, files\ndrive.mount('/content/drive', force_remount=True)\n"
    book.cell("softmax").source = first + book.cell("softmax").source
    book.add(f"{first}def shifted(x):\n    return x - x.max(dim=-1, keepdim=True).values", FIRST)
    book.cell("softmax").source = book.cell("softmax").source.replace(
        "x - x.max(dim=-1, keepdim=True).values", "shifted(x)"
    )


# Jupyter lost a cell's name, or gave it to another cell

EXERCISES = ("softmax", "decay", "line", "total")


def own(source: str) -> NotebookNode:
    """A cell that Jupyter made, and nbgrader knows nothing of."""
    made: NotebookNode = new_code_cell(source)
    return made


def put(book: Book, cell: NotebookNode, beside: str, offset: int = 1) -> None:
    """Put a cell after the one with this `grade_id`; before it with an offset of 0."""
    book.node.cells.insert(book.node.cells.index(book.cell(beside)) + offset, cell)


def merge(book: Book, first: str, second: str, kept: str) -> None:
    """Merge two cells as Jupyter does, into the one called `kept`."""
    one, other = book.cell(first), book.cell(second)
    text = f"{one.source}\n\n{other.source}"
    for cell, name in ((one, first), (other, second)):
        if name == kept:
            cell.source = text
        else:
            book.node.cells.remove(cell)


@accident("merges answers into the statements above")
def _merge_statement(book: Book) -> None:
    for name in EXERCISES:
        merge(book, f"{name}-enunciado", name, f"{name}-enunciado")


@accident("merges the statements into the answers below")
def _merge_statement_down(book: Book) -> None:
    for name in EXERCISES:
        merge(book, f"{name}-enunciado", name, name)


@accident("merges answers into the checks below")
def _merge_check(book: Book) -> None:
    for name in EXERCISES:
        merge(book, name, f"{name}-publico", f"{name}-publico")


@accident("merges the checks into the answers above")
def _merge_check_up(book: Book) -> None:
    for name in EXERCISES:
        merge(book, name, f"{name}-publico", name)


@accident("merges an exercise into one cell")
def _merge_exercise(book: Book) -> None:
    for part in ("publico", "valores"):
        merge(book, "softmax", f"softmax-{part}", "softmax")
    merge(book, "softmax", "decay-enunciado", "softmax")
    merge(book, "softmax", "decay", "softmax")


@accident("merges answers into the hidden tests above")
def _merge_hidden(book: Book) -> None:
    for above, name in (("softmax", "decay"), ("decay", "line"), ("line", "total")):
        book.node.cells.remove(book.cell(f"{name}-enunciado"))
        merge(book, f"{above}-valores", name, f"{above}-valores")


@accident("merges an answer into the set-up")
def _merge_setup(book: Book) -> None:
    book.node.cells.remove(book.cell("softmax-enunciado"))
    merge(book, FIRST, "softmax", FIRST)


@accident("merges a helper into a check")
def _merge_helper(book: Book) -> None:
    book.cell("softmax-publico").source += "\n\ndef add(a, b):\n    return a + b"
    book.cell(
        "total"
    ).source = "def total(values):\n    return add(values[0], total(values[1:])) if values else 0"


@accident("writes an answer where a demonstration was")
def _in_demo(book: Book) -> None:
    book.cell("decay-publico").source = book.cell("decay").source
    book.empty("decay")


def split(book: Book, name: str, at: str, *, kept: str) -> None:
    """Split a cell before the text `at`; its name goes to the `first` half, the `second`, or to `both`."""
    cell = book.cell(name)
    first, second = cell.source.split(at, 1)
    twin = deepcopy(cell) if kept == "both" else own("")
    cell.source, twin.source = first.rstrip("\n"), at + second
    twin.id = "twin"
    if kept == "second":
        cell.source, twin.source = twin.source, cell.source
    put(book, twin, name, 0 if kept == "second" else 1)


for half in ("first", "second", "both"):

    def _split_answers(book: Book, half: str = half) -> None:
        split(book, "line", "    def forward", kept=half)
        split(book, "softmax", "    return", kept=half)
        split(book, "decay", "    return", kept=half)
        split(book, "total", "):", kept=half)

    accident(f"splits answers in two, the name goes to {half}")(_split_answers)


@accident("splits an answer in three")
def _split_in_three(book: Book) -> None:
    split(book, "line", "    def forward", kept="both")
    split(book, "line", "    def __init__", kept="first")


@accident("splits an answer, with a note between")
def _split_with_note(book: Book) -> None:
    split(book, "line", "    def forward", kept="first")
    book.add("Y ahora, la recta", "line", markdown=True)


@accident("writes two halves of an exercise beside a stub")
def _halves_beside_stub(book: Book) -> None:
    text = book.cell("line").source
    book.empty("line")
    first, second = text.split("    def forward", 1)
    put(book, own(first), "line", 0)
    put(book, own("    def forward" + second), "line", 0)


for leaves in ("stub", "nothing", "comment", "pass", "gone"):
    for place in ("above", "below"):

        def _pasted(book: Book, leaves: str = leaves, place: str = place) -> None:
            for name in EXERCISES:
                cell = book.cell(name)
                put(book, own(cell.source), name, 0 if place == "above" else 1)
                book.empty(name)
                if leaves == "pass":
                    cell.source = cell.source.replace("# ESCRIBE AQUÍ TU CÓDIGO", "pass")
                elif leaves == "gone":
                    book.node.cells.remove(cell)
                elif leaves != "stub":
                    cell.source = "" if leaves == "nothing" else "# abajo, o arriba"

        accident(f"pastes answers into cells {place}, leaves {leaves}")(_pasted)


@accident("pastes an answer below the hidden tests")
def _pasted_at_end(book: Book) -> None:
    for name in ("decay", "total"):
        put(book, own(book.cell(name).source), f"{name}-valores")
        book.empty(name)


@accident("pastes an answer between its try-outs")
def _between(book: Book) -> None:
    put(book, own("print('antes')"), "total", 0)
    put(book, own(book.cell("total").source), "total", 0)
    put(book, own("print(total([1, 2]))"), "total", 0)
    book.empty("total")


@accident("answers in the region of another exercise")
def _other_region(book: Book) -> None:
    put(book, own(book.cell("total").source), "decay")
    book.node.cells.remove(book.cell("total"))
    put(book, own(book.cell("line").source), "softmax-publico")
    book.empty("line")


@accident("answers in the cell of another exercise")
def _other_cell(book: Book) -> None:
    book.cell("softmax").source += "\n\n" + book.cell("total").source
    book.empty("total")


@accident("answers everything in one cell above")
def _all_above(book: Book) -> None:
    put(book, own("\n\n".join(book.cell(name).source for name in EXERCISES)), FIRST)
    for name in EXERCISES:
        book.empty(name)


@accident("answers everything in one cell below")
def _all_below(book: Book) -> None:
    text = "\n\n".join(book.cell(name).source for name in EXERCISES)
    for name in EXERCISES:
        book.empty(name)
    put(book, own(text), "total-valores")


@accident("defines an answer under a condition")
def _conditional(book: Book) -> None:
    text = book.cell("total").source.replace("\n", "\n    ")
    put(book, own(f"if True:\n    {text}"), "total", 0)
    book.empty("total")


@accident("names an answer otherwise first")
def _alias(book: Book) -> None:
    text = book.cell("softmax").source.replace("softmax", "mine")
    put(book, own(f"{text}\nsoftmax = mine"), "softmax", 0)
    book.empty("softmax")


@accident("times an answer in a cell of its own")
def _timed(book: Book) -> None:
    put(book, own("%%time\n" + book.cell("softmax").source), "softmax", 0)
    book.empty("softmax")


@accident("keeps an old version above an answer")
def _old_version(book: Book) -> None:
    put(book, own("def softmax(x):\n    return x"), "softmax", 0)
    put(book, own("class Line(nn.Module):\n    def forward(self, x):\n        return x"), "line", 0)
    put(book, own("def total(values):\n    return 0\n\nprint(total([1]))"), FIRST)


@accident("keeps an old version in a string", "SyntaxError")
def _old_in_string(book: Book) -> None:
    put(book, own("'''\ndef softmax(x):\n    return x\n'''"), "softmax", 0)
    put(book, own("def softmax(x:\n    return x"), "softmax-enunciado", 0)


@accident("copies a stub that loses its name")
def _copied_stub(book: Book) -> None:
    for name in EXERCISES:
        put(book, own(USUAL.stub(SOLUTIONS[name])), name)
        put(book, own(USUAL.stub(SOLUTIONS[name])), name, 0)


@accident("finishes a copy of what it began")
def _finished_copy(book: Book) -> None:
    put(book, own(book.cell("line").source), "line", 0)
    text, begun = USUAL.stub(SOLUTIONS["line"]), "self.w, self.b = 1, 2"
    book.cell("line").source = text.replace("# ESCRIBE AQUÍ TU CÓDIGO", begun, 1)


@accident("deletes a broken cell's name", "SyntaxError")
def _broken_beside(book: Book) -> None:
    put(book, own("def (:\n   total softmax"), "softmax", 0)
    put(book, own(book.cell("softmax").source), "softmax", 0)
    book.node.cells.remove(book.cell("softmax"))


# Work that stands in a cell of the course's

ADD = "def add(a, b):\n    return a + b"
ADDED = "def total(values):\n    return add(values[0], total(values[1:])) if values else 0"


def edit_check(book: Book, name: str, below: str) -> None:
    """Comment a check's last line out, print something, and write more below."""
    first, last = book.cell(name).source.rsplit("\n", 1)
    book.cell(name).source = f"{first}\n# {last}\nprint('a ver')\n\n{below}"


@accident("writes a helper below a check that it edits")
def _helper_in_edited_check(book: Book) -> None:
    edit_check(book, "softmax-publico", ADD)
    book.cell("total").source = ADDED


@accident("writes a helper above a check that it edits")
def _helper_above_edited_check(book: Book) -> None:
    cell = book.cell("softmax-publico")
    cell.source = f"# suma\n{ADD}\n\n" + cell.source.replace("[0.0, 1.0, 2.0]", "[0.0, 5.0]")
    book.cell("total").source = ADDED


@accident("writes a class and a decorated helper into a check that it edits")
def _class_in_edited_check(book: Book) -> None:
    helper = (
        f"import functools; TIMES = 1\n@functools.cache\n{ADD}\n\nclass Base(nn.Module):\n    rate = TIMES"
    )
    edit_check(book, "softmax-publico", helper)
    book.cell("total").source = ADDED
    book.cell("line").source = book.cell("line").source.replace("nn.Module", "Base")


for number, (code, use) in enumerate(
    {
        "EPS = 1e-9": "int(sum(values) + EPS)",
        "EPS: float = 1e-9": "int(sum(values) + EPS)",
        "A, *B = 0, 0": "sum(values) + A + B[0]",
        "import math": "int(math.fsum(values))",
        "from math import fsum as add": "int(add(values))",
        "add = lambda *v: sum(v)": "add(*values)",
        "N = 1\nN += 1": "sum(values) + N - 2",
    }.items()
):
    for kind in ("keeps", "edits"):

        def _constant(book: Book, kind: str = kind, code: str = code, use: str = use) -> None:
            if kind == "edits":
                edit_check(book, "softmax-publico", code)
            else:
                book.cell("softmax-publico").source += f"\n\n{code}"
            book.cell("total").source = f"def total(values):\n    return {use}"

        accident(f"writes line {number} below a check that it {kind}")(_constant)


@accident("tries out below a check, and writes a helper after that")
def _helper_after_tries(book: Book) -> None:
    tries = "y = student.softmax(torch.ones(3))\nz = y.result + 1\nz.sum()\nother = graded('softmax-publico')"
    book.cell("softmax-publico").source += f"\n\n{tries}\n\n{ADD}"
    edit_check(book, "line-publico", f"trained = train(torch.ones(2), torch.ones(2))\n{tries}\nHALF = 0.5")
    book.cell("total").source = ADDED.replace(" else 0", " else int(0.5 - HALF)")


@accident("plays with the checks")
def _play_with_checks(book: Book) -> None:
    for name in EXERCISES:
        edit_check(book, f"{name}-publico", f"student = graded('{name}-publico', names='{name}')\ngraded = 3")
    book.cell("line-publico").source = (
        book.cell("line-publico").source.replace("range(2)", "range(5)").replace("lr=0.1", "lr=9")
        + "\nstudent = None\ntorch = F = nn = np = begin = probe = 3\nLine = 3\nLine = student.Line"
    )


@accident("copies a stub into a check that it edits")
def _stub_in_edited_check(book: Book) -> None:
    for name in EXERCISES:
        edit_check(book, f"{name}-publico", USUAL.stub(SOLUTIONS[name]) + "\n\nTRIED = True")


@accident("answers in the checks that it edits")
def _answer_in_edited_check(book: Book) -> None:
    for name in EXERCISES:
        edit_check(book, f"{name}-publico", f"{book.cell(name).source}\n\nDONE = True")
        book.empty(name)


@accident("writes a helper into a hidden test's cell that it edits")
def _helper_in_hidden(book: Book) -> None:
    book.cell("softmax-valores").source = f"# Mis pruebas\nprint('hola')\n{ADD}"
    book.cell("total").source = ADDED


# An exercise's cell says something, and doesn't answer

EXTRAS = {
    "an import": "import math",
    "an import above": "import math\n",
    "a constant": "RATE = 0.5",
    "a helper": "def helper(x):\n    return x",
    "a print": "print('lo hago arriba')",
}
WHERE = ("first", "above", "elsewhere", "cell", "last")


def answer_elsewhere(book: Book, name: str, where: str) -> None:
    """Move an answer to a cell of its own in another place, or to the cell of another exercise."""
    text = book.cell(name).source
    book.empty(name)
    if where == "cell":
        book.cell("softmax").source += f"\n\n{text}"
    else:
        places = {"first": FIRST, "above": "softmax-valores", "elsewhere": f"{name}-valores"}
        put(book, own(text), places.get(where, "total-valores"))


for what, extra in EXTRAS.items():
    for where in WHERE:

        def _stub_and_more(book: Book, extra: str = extra, where: str = where) -> None:
            for name in ("decay", "line", "total"):
                answer_elsewhere(book, name, where)
                stub = book.cell(name).source
                is_above = extra.endswith("\n")
                book.cell(name).source = f"{extra}\n{stub}" if is_above else f"{stub}\n\n{extra}"

        accident(f"answers in the place {where}, and leaves a stub with {what}")(_stub_and_more)


@accident("leaves what its answer above needs beside the stub")
def _needed_beside_stub(book: Book) -> None:
    put(book, own(ADDED), FIRST)
    book.empty("total")
    book.cell("total").source = f"{ADD}\n\n{book.cell('total').source}\n\nprint('ya')"


@accident("adds a method to the stub of a class that it answers above")
def _method_beside_stub(book: Book) -> None:
    put(book, own(book.cell("line").source), FIRST)
    book.empty("line")
    book.cell("line").source += "\n\n    def extra_repr(self):\n        return 'recta'"


# Another tool lost all names


def forget(book: Book) -> None:
    """Lose all metadata and ids."""
    for number, cell in enumerate(book.node.cells):
        cell.metadata, cell.id = NotebookNode(), f"x{number}"


@accident("saved without any name")
def _nameless(book: Book) -> None:
    forget(book)


@accident("saved without any name, with other blanks")
def _nameless_blanks(book: Book) -> None:
    forget(book)
    for cell in book.node.cells:
        cell.source = "\n" + cell.source.replace("\n", "  \r\n") + "\n\n"


@accident("saved without any name, in another order")
def _nameless_order(book: Book) -> None:
    forget(book)
    first, *others = book.node.cells
    book.node.cells = [first, *reversed(others)]


@accident("saved without any name, and own cells between")
def _nameless_own(book: Book) -> None:
    for name in EXERCISES:
        put(book, own(f"print('pruebo {name}')"), name)
        put(book, own("def helper():\n    return 1"), name, 0)
    forget(book)


@accident("saved without any name, some cells edited or lost", "?")
def _nameless_edited(book: Book) -> None:
    book.cell("line-publico").source += "\nprint('hola')"
    for name in ("softmax-enunciado", "decay-publico", "line-valores", "total-valores"):
        book.node.cells.remove(book.cell(name))
    forget(book)


@accident("saved without any name, in worksheets")
def _nameless_worksheets(book: Book) -> None:
    forget(book)
    cells = book.as_json()["cells"]
    for cell in cells:
        cell.pop("id")
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    raw = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    book.content = json.dumps(raw).encode()


@accident("saved with names of another tool")
def _renamed(book: Book) -> None:
    for number, cell in enumerate(book.node.cells):
        cell.metadata = NotebookNode(nbgrader=NotebookNode(grade_id=f"cell-{number:016x}"))
        cell.id = f"{number:08x}"
