"""Run a learner's cells in an IPython shell, and collect their outputs within limits.

The nursery makes one shell and forks it: a new shell costs half a second, a fork nearly nothing.
"""

from __future__ import annotations

import base64
import builtins
import codecs
import fcntl
import getpass
import io
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type

from torchaula.grading.sandboxed.elsewhere import Elsewhere
from torchaula.grading.wire import words
from torchaula.grading.wire.limits import Limits
from torchaula.grading.wire.orders import PLACES, Output, Raised, Shown, Text

FRAMES = 20  # kept at each end of a traceback: IPython takes 15 ms a frame, and recursion makes many
ANSWERS = 100  # empty answers to the `input()` calls of one cell, before one raises `EOFError`


class Outputs:
    """The outputs of one cell, in order; text and pictures beyond the limits are left out."""

    def __init__(self, limits: Limits) -> None:
        self.items: list[Output] = []
        self._text, self._image, self._errors = limits.text, limits.image, 2 * limits.text

    def write(self, name: str, text: str) -> None:
        text = self._bounded(text)
        last = self.items[-1] if self.items else None
        if text and isinstance(last, Text) and last.name == name:
            self.items[-1] = Text(name, last.text + text)
        elif text:
            self._add(Text(name, text))

    def show(self, text: str, png: bytes = b"") -> None:
        if len(png) > self._image:
            png, text = b"", text + words.PICTURE_TOO_LARGE
        self._image -= len(png)
        self._add(Shown(self._bounded(text), png))

    def fail(self, kind: str, message: str, traceback: str) -> None:
        """Add an exception; where there are too many outputs, it replaces the last one."""
        traceback = traceback[-min(4000, self._errors) :] if self._errors else ""
        message = message[: min(2000, self._errors)]
        self._errors = max(0, self._errors - len(message) - len(traceback))
        self.items[PLACES - 1 :] = []
        self.items.append(Raised(kind[:200], message, traceback))

    def _add(self, item: Output) -> None:
        """Add an output that is no exception; the last place stays free for one."""
        if len(self.items) < PLACES - 2:
            self.items.append(item)
        elif len(self.items) == PLACES - 2:
            self.items.append(Text("stdout", words.LEFT_OUT))

    def _bounded(self, text: str) -> str:
        kept, self._text = text[: self._text], max(0, self._text - len(text))
        return kept + (f"\n{words.LEFT_OUT}" if text and kept != text and kept else "")


class _Stream(io.TextIOBase):
    """Stands for `sys.stdout` or `sys.stderr`, with the interface that a kernel's streams have."""

    encoding, errors, newlines, mode, line_buffering = "UTF-8", "strict", None, "w", True

    def __init__(self, shell: Shell, name: str, descriptor: int) -> None:
        self._shell, self.name, self._descriptor = shell, name, descriptor

    def write(self, text: str) -> int:
        self._shell.outputs.write(self.name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        """The descriptor that programs and C code print to; that text is shown after the cell's end."""
        return self._descriptor

    @property
    def buffer(self) -> _Bytes:
        return _Bytes(self)

    def reconfigure(self, **_options: object) -> None:
        """Do nothing: no option applies here."""


class _Bytes(io.BufferedIOBase):
    """The same for bytes, which are decoded as UTF-8."""

    def __init__(self, stream: _Stream) -> None:
        self._stream, self.name = stream, stream.name
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, content: Any) -> int:
        length = memoryview(content).nbytes
        self._stream.write(self._decoder.decode(bytes(content)))
        return length

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()


class _Hook(DisplayHook):
    """Turns the value of a cell into an output."""

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        _show(Shell.instance(), format_dict)

    def finish_displayhook(self) -> None:
        pass


class _Publisher(DisplayPublisher):
    """Turns `display(…)` and figures into outputs."""

    def publish(self, data: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        _show(Shell.instance(), data)

    def clear_output(self, wait: bool = False) -> None:
        Shell.instance().outputs.items.clear()


def _show(shell: Shell, data: dict[str, Any]) -> None:
    png = data.get("image/png", b"")
    if isinstance(png, str):
        png = base64.b64decode(png)
    shell.outputs.show(str(data.get("text/plain", "")), png)


class Shell(InteractiveShell):
    """An IPython shell without terminal, history or files, whose outputs are collected."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def __init__(self, **options: Any) -> None:
        HistoryManager.enabled = False  # type: ignore[assignment]  # its thread doesn't survive a fork
        self.outputs = Outputs(Limits())
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self.colors = "nocolor"
        self._limits, self._asked = Limits(), 0

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing: nobody would see a window, and `%matplotlib inline` needs none."""

    def ask_exit(self) -> None:
        """Do nothing: `exit()` must not end this process."""

    def _get_exc_info(self, exc_tuple: Any = None) -> Any:
        kind, value, trace = super()._get_exc_info(exc_tuple)  # type: ignore[no-untyped-call]
        shorten(trace)
        return kind, value, trace

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            message = str(evalue)
        except Exception:  # `__str__` of a learner's class may raise
            message = ""
        self.outputs.fail(getattr(etype, "__name__", str(etype)), message, "\n".join(stb))

    def connect(self, limits: Limits) -> None:
        """Redirect what this process prints to the outputs, and give it an empty standard input."""
        self._limits = limits
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        with tempfile.TemporaryFile() as spill:  # for what bypasses Python's streams: `os.system`, C code
            fcntl.fcntl(spill, fcntl.F_SETFL, os.O_APPEND)
            os.dup2(spill.fileno(), 1)
            os.dup2(spill.fileno(), 2)
        sys.stdin = Path(os.devnull).open()  # noqa: SIM115
        sys.stdout, sys.stderr = _Stream(self, "stdout", 1), _Stream(self, "stderr", 2)
        builtins.input = getpass.getpass = self._no_input
        sys.meta_path.append(Elsewhere(self._tell_of))

    def _tell_of(self, module: str) -> None:
        self.outputs.write("stderr", words.not_here(module))

    def _no_input(self, prompt: object = "", stream: object = None) -> str:
        """Answer `input()` with an empty text: a cell must not fail for asking, nor ask for ever."""
        self._asked += 1
        if self._asked > ANSWERS:
            raise EOFError
        self.outputs.write("stdout", f"{prompt}\n")
        return ""

    def rehearse(self, source: str, cell: str | None = None) -> BaseException | None:
        """Run a cell for its effects on this process; return the exception that ended it early, if any."""
        result = self.run_cell(source, store_history=False, cell_id=cell)  # type: ignore[no-untyped-call]
        error: BaseException | None = result.error_before_exec or result.error_in_exec
        return error

    def run(self, source: str, cell: str) -> tuple[list[Output], BaseException | None]:
        """Run a cell; return its outputs, and the exception that ended it early, if any."""
        self.outputs, self._asked = Outputs(self._limits), 0
        error = self.rehearse(source, cell)
        self._read_spill()
        return self.outputs.items, error

    def _read_spill(self) -> None:
        for stream in (sys.__stdout__, sys.__stderr__):
            with suppress(Exception):  # a learner's code may have replaced or closed it
                stream.flush()  # type: ignore[union-attr]
        content = os.pread(1, self._limits.text, 0)
        os.ftruncate(1, 0)
        self.outputs.write("stdout", content.decode("utf-8", "replace"))


def shorten(trace: TracebackType | None) -> None:
    """Remove the middle of a long traceback."""
    frames = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    if len(frames) > 2 * FRAMES:
        frames[FRAMES - 1].tb_next = frames[-FRAMES]
