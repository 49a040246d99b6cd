"""The learner's cells as IPython runs them, and what they give out, bounded.

Made once, in the nursery: an IPython shell costs half a second, a fork of it nothing.
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

FRAMES = 20  # of either end of a traceback: of an endless recursion IPython takes 15 ms for each frame
ANSWERS = 100  # that nobody gives to the questions of one cell, before it is told so


class Outputs:
    """What one cell gives out, in order; text and pictures beyond the limits are left out."""

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
        """An exception; where there are more than may be, the last one counts."""
        traceback = traceback[-min(4000, self._errors) :] if self._errors else ""
        message = message[: min(2000, self._errors)]
        self._errors = max(0, self._errors - len(message) - len(traceback))
        self.items[PLACES - 1 :] = []
        self.items.append(Raised(kind[:200], message, traceback))

    def _add(self, item: Output) -> None:
        """Add what is no exception, for which the last place stays free."""
        if len(self.items) < PLACES - 2:
            self.items.append(item)
        elif len(self.items) == PLACES - 2:
            self.items.append(Text("stdout", words.LEFT_OUT))

    def _bounded(self, text: str) -> str:
        kept, self._text = text[: self._text], max(0, self._text - len(text))
        return kept + (f"\n{words.LEFT_OUT}" if text and kept != text and kept else "")


class _Stream(io.TextIOBase):
    """What a kernel's `sys.stdout` and `sys.stderr` are to a learner's code."""

    encoding, errors, newlines, mode, line_buffering = "UTF-8", "strict", None, "w", True

    def __init__(self, shell: Shell, name: str, descriptor: int) -> None:
        self._shell, self.name, self._descriptor = shell, name, descriptor

    def write(self, text: str) -> int:
        self._shell.outputs.write(self.name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        """Where programs and C code print to instead: what stands there is shown after the cell."""
        return self._descriptor

    @property
    def buffer(self) -> _Bytes:
        return _Bytes(self)

    def reconfigure(self, **_options: object) -> None:
        """Nothing to change: all of it is shown."""


class _Bytes(io.BufferedIOBase):
    """The same for bytes, which are text in UTF-8."""

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
    """What the value of a cell becomes."""

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        _show(Shell.instance(), format_dict)

    def finish_displayhook(self) -> None:
        pass


class _Publisher(DisplayPublisher):
    """What `display(…)` and figures become."""

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
        """Nobody looks at windows; `%matplotlib inline` asks for none."""

    def ask_exit(self) -> None:
        """`exit()` ends no more than a kernel does that is started again."""

    def _get_exc_info(self, exc_tuple: Any = None) -> Any:
        kind, value, trace = super()._get_exc_info(exc_tuple)  # type: ignore[no-untyped-call]
        shorten(trace)
        return kind, value, trace

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            message = str(evalue)
        except Exception:  # a learner's class may fail at that too
            message = ""
        self.outputs.fail(getattr(etype, "__name__", str(etype)), message, "\n".join(stb))

    def connect(self, limits: Limits) -> None:
        """Let this process print into the outputs, and read nothing."""
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
        """Nobody is there to answer; a notebook that asks must not end for that, nor ask for ever."""
        self._asked += 1
        if self._asked > ANSWERS:
            raise EOFError
        self.outputs.write("stdout", f"{prompt}\n")
        return ""

    def rehearse(self, source: str, cell: str | None = None) -> BaseException | None:
        """Run a cell for what it leaves in this process, whatever it gives out; what ended it early."""
        result = self.run_cell(source, store_history=False, cell_id=cell)  # type: ignore[no-untyped-call]
        error: BaseException | None = result.error_before_exec or result.error_in_exec
        return error

    def run(self, source: str, cell: str) -> tuple[list[Output], BaseException | None]:
        """Run a cell; what it gave out, and what ended it early."""
        self.outputs, self._asked = Outputs(self._limits), 0
        error = self.rehearse(source, cell)
        self._read_spill()
        return self.outputs.items, error

    def _read_spill(self) -> None:
        for stream in (sys.__stdout__, sys.__stderr__):
            with suppress(Exception):  # whatever a learner's code has made of it
                stream.flush()  # type: ignore[union-attr]
        content = os.pread(1, self._limits.text, 0)
        os.ftruncate(1, 0)
        self.outputs.write("stdout", content.decode("utf-8", "replace"))


def shorten(trace: TracebackType | None) -> None:
    """Leave the middle of a long traceback out."""
    frames = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    if len(frames) > 2 * FRAMES:
        frames[FRAMES - 1].tb_next = frames[-FRAMES]
