"""Find names in a cell that could hide a call from its trace: threads, processes, internals of torch or ours.

Experiments show which do (`tests/attacks/corpus_hiders.py`): `torch.jit`, `torch.compile`, autograd's
functions, checkpoints and `vmap` do not. A hook of autograd does where a test passes objects of its own,
since gradients may then be those of the test.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from torchaula.course.rebuilding.definitions import parsed
from torchaula.source_text import PARSED_CHARACTERS

MODULES = {  # matched by their first name
    *("asyncio", "bdb", "builtins", "cProfile", "cffi", "code", "codeop", "concurrent", "copyreg", "ctypes"),
    *("cython", "dill", "gc", "importlib", "inspect", "joblib", "marshal", "multiprocessing", "numba", "pdb"),
    *("pickle", "pkgutil", "posix", "profile", "pty", "runpy", "scipy", "signal", "socket", "socketserver"),
    *("subprocess", "sys", "threading", "torchaula", "trace", "types", "unittest", "wsgiref", "xmlrpc"),
}
INNER = {  # matched anywhere in a module's name, and as an imported name or an attribute
    *("backgroundjobs", "cpp_extension", "distributed", "dlpack", "from_dlpack", "to_dlpack", "handlers"),
    *("library", "multiprocessing", "ops", "overrides", "parallel", "run_in_executor", "to_thread"),
}
NAMES = {
    *("__import__", "attrgetter", "compile", "eval", "exec", "globals", "locals", "methodcaller"),
    *("resolve_name", "vars"),
}
ATTRIBUTES = {
    *("_getframe", "attrgetter", "data_ptr", "forkpty", "fork", "getoutput", "methodcaller"),
    *("register_full_backward_hook", "register_hook", "register_post_accumulate_grad_hook"),
    *("popen", "posix_spawn", "posix_spawnp", "resolve_name", "run_cell", "run_cell_magic", "storage"),
    *("system", "untyped_storage", "QueueListener"),
    *("__builtins__", "__code__", "__dict__", "__dlpack__", "__getattribute__", "__globals__"),
    *("__setattr__", "__subclasses__", "__torch_dispatch__", "__torch_function__"),
}
WORKERS = {"n_jobs", "num_workers"}  # arguments that start processes or threads
EVERY = (MODULES | INNER | NAMES | ATTRIBUTES) - {"parallel", "code", "trace", "storage", "system", "library"}
EVERY |= {"_C", "_python_dispatch", "_ops"}
CHAIN, LONG_NAME = 3, 40  # how many names of a chain are shown, and characters of each
WORD = re.compile(r"\w+")
# Magics and commands. Those that install, list files or measure time run no code elsewhere.
MAGIC = re.compile(r"^[ \t]*+(?:[\w, ]++=[ \t]*+)?+(!!?|%%?)[ \t]*+([\w./~-]++)(?: ++(\S++))?", re.M)
RUNS = {
    *("bash", "cython", "load", "load_ext", "macro", "perl", "px", "pypy", "python", "python2", "python3"),
    *("rerun", "ruby", "run", "script", "sh", "sx", "system", "writefile"),
}
HARMLESS = {
    *("apt", "apt-get", "cat", "conda", "cp", "curl", "df", "echo", "free", "git", "head", "ls", "lscpu"),
    *("mkdir", "mv", "nvidia-smi", "pip", "pip3", "pwd", "rm", "tail", "unzip", "wc", "wget", "which"),
}
IPYTHON = re.compile(r"^[ \t]*+[/,;]|[!%?]", re.M)  # text that may be IPython's syntax instead of Python
# A line in IPython's syntax. IPython's transformer is too slow on some texts, and raises on others.
OWN_LINE = re.compile(r"^([ \t]*+)(?:(?:[\w, ]++=[ \t]*+)?+[!%?/,;].*|.*\?[ \t]*+)$", re.M)
EXTENSIONS = ("autoreload", "google.colab", "tensorboard")  # these run no code of a cell elsewhere
SETTINGS = {"backends", "deterministic", "rcParams"}  # library settings that learners may change
# Private names, but not those that recipes commonly use and that hide nothing.
PRIVATE = re.compile(r"_(?!foreach_|calculate_|exit$)[^_].*|__\w*[^_]_?")
LIBRARIES = {"torch", "nn", "F", "np", "numpy", "graded", "begin", "probe", "battery"}  # from set-up cells


def in_text(source: str, names: Names | None = None) -> Iterator[str]:
    """The suspicious names in a cell; if it can't be parsed, the suspicious words.

    `names` knows the imports of earlier cells.
    """
    found = parsed(source)
    if found is None or found.text != source:  # not plain Python
        yield from _commands(source)
    if found is None and IPYTHON.search(source):
        found = parsed(OWN_LINE.sub(r"\1pass", source[:PARSED_CHARACTERS]))
        if found is None or len(source) > PARSED_CHARACTERS:
            yield from (word for word in WORD.findall(source) if word in EVERY)
    elif len(source) > PARSED_CHARACTERS:
        yield from (word for word in WORD.findall(source) if word in EVERY)
    if found is not None:
        yield from (names or Names()).of(node for statement in found.body for node in ast.walk(statement))


def _commands(source: str) -> Iterator[str]:
    for match in MAGIC.finditer(source):
        mark, word, argument = match.groups()
        is_extension = word == "load_ext" and (argument or "").startswith(EXTENSIONS)
        if word not in HARMLESS if mark.startswith("!") else word in RUNS and not is_extension:
            yield f"{mark}{word}"


class Names:
    """Track which names of a notebook refer to libraries, as far as plain imports and assignments show it."""

    def __init__(self) -> None:
        self._libraries = set(LIBRARIES)

    def of(self, nodes: Iterable[ast.AST]) -> Iterator[str]:
        everything = list(nodes)
        for node in everything:
            self._note(node)
        for node in everything:
            yield from self._of_node(node)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._libraries |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign) and self._is_of_library(node.value):
            self._libraries |= {each.id for each in node.targets if isinstance(each, ast.Name)}

    def _is_of_library(self, node: ast.AST) -> bool:
        while isinstance(node, ast.Attribute):
            if node.attr in SETTINGS:
                return False
            node = node.value
        return isinstance(node, ast.Name) and node.id in self._libraries

    def _of_node(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_telling_path(alias.name))
        elif isinstance(node, ast.ImportFrom):
            yield from _of_import(node)
        elif isinstance(node, ast.Name) and node.id in NAMES:
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield from self._of_attribute(node)
        elif isinstance(node, ast.MatchClass):
            yield from (name for name in node.kwd_attrs if _is_telling(name) or PRIVATE.fullmatch(name))
        elif isinstance(node, ast.keyword) and node.arg in WORKERS:
            yield from () if isinstance(node.value, ast.Constant) and not node.value.value else (node.arg,)
        elif isinstance(node, ast.Call):
            yield from self._of_call(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from ("/proc/self",) if node.value.startswith("/proc/self") else ()

    def _of_attribute(self, node: ast.Attribute) -> Iterator[str]:
        is_changed = not isinstance(node.ctx, ast.Load)
        is_of_type = node.attr.startswith("__") and node.attr.endswith("__")
        if is_changed and (is_of_type or self._is_of_library(node)):
            yield f"{_end_of_chain(node)} ="
        elif _is_telling(node.attr) or (PRIVATE.fullmatch(node.attr) and self._is_of_library(node.value)):
            yield node.attr

    def _of_call(self, node: ast.Call) -> Iterator[str]:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ("setattr", "delattr") and node.args and self._is_of_library(node.args[0]):
            yield name
        elif name == "getattr" and len(node.args) > 1:
            what = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
            if not isinstance(what, str) and self._is_of_library(node.args[0]):
                yield name
            elif isinstance(what, str) and (_is_telling(what) or what in NAMES or PRIVATE.fullmatch(what)):
                yield what
        for argument in node.args:  # `functools.reduce(getattr, …)`
            if isinstance(argument, ast.Name) and argument.id in ("getattr", "setattr"):
                yield argument.id


def _end_of_chain(node: ast.Attribute) -> str:
    """The last names of an attribute chain. A loop, because the chain may exceed Python's recursion limit."""
    names: list[str] = []
    part: ast.expr = node
    while isinstance(part, ast.Attribute) and len(names) < CHAIN:
        names.append(part.attr[:LONG_NAME])
        part = part.value
    names.append(part.id[:LONG_NAME] if isinstance(part, ast.Name) else "…")
    return ".".join(reversed(names))


def _is_telling(name: str) -> bool:
    return name in ATTRIBUTES or name in INNER


def _is_telling_path(path: str) -> bool:
    """Whether a module or one of its parents is suspicious or private."""
    first, *inner = parts = path.split(".")
    if first == "IPython":
        return bool(inner) and inner[0] != "display"
    is_private = any(PRIVATE.fullmatch(part) for part in parts)
    return first in MODULES or is_private or any(part in INNER for part in inner)


def _of_import(node: ast.ImportFrom) -> Iterator[str]:
    module = node.module or ""
    if _is_telling_path(module):
        yield module
        return
    for alias in node.names:
        name, path = alias.name, f"{module}.{alias.name}"
        if _is_telling_path(path) or _is_telling(name) or name in NAMES or (module, name) == ("os", "system"):
            yield path
