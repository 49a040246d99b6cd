"""Send frames between processes: an 8-byte length, a 4-byte header length, a msgpack header, raw bytes.

The header is a message of a declared type; the raw bytes are those of its tensors, in order. The values in a
header are counted before any of them becomes an object, since a value of one byte becomes thirty or more.
"""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from typing import Any

import msgspec

from torchaula.grading.wire.limits import MIB, Limits

MAX_HEADER = 8 * MIB
MAX_BODY = 64 * MIB
MAX_VALUES = 1_600_000  # msgpack values in a header: 16 for each value of data, paths included
LENGTHS = struct.Struct("!QI")


@dataclass(frozen=True)
class Bounds:
    """The limits of one frame: bytes of its header and of its body, and values in its header."""

    header: int = MAX_HEADER
    body: int = MAX_BODY
    values: int = MAX_VALUES


BOUNDS = Bounds()


def life(limits: Limits) -> Bounds:
    """The bounds of a student process's messages about its cells: at most the outputs of one cell."""
    return Bounds(limits.image + 8 * limits.text + MIB, 0, 5000)


class WireError(Exception):
    """A frame is malformed or too large, or the peer is gone."""


class TooLarge(WireError):
    """A message does not fit in a frame; nothing was sent."""


class Channel:
    """One end of the wire; `messages` is the type, or union of types, that the other side may send."""

    def __init__(self, end: socket.socket, messages: Any, bounds: Bounds = BOUNDS) -> None:
        self._socket, self._bounds = end, bounds
        self._decoder = msgspec.msgpack.Decoder(messages)

    def send(
        self, message: msgspec.Struct, buffers: list[bytes] | None = None, seconds: float | None = None
    ) -> None:
        """Send one frame.

        Raises `TooLarge`, `WireError` if the peer is gone, `TimeoutError` if it doesn't read in time.
        """
        header = encoded(message)
        body = b"".join(buffers or [])
        if len(header) > MAX_HEADER or len(body) > MAX_BODY:
            raise TooLarge(f"> {MAX_BODY // MIB} MB")
        if len(header) > MAX_VALUES and not holds_at_most(header, MAX_VALUES):
            raise TooLarge(f"> {MAX_VALUES} values")
        self._socket.settimeout(seconds)
        try:
            self._socket.sendall(LENGTHS.pack(len(header) + len(body), len(header)) + header + body)
        except TimeoutError:
            raise
        except OSError as error:
            raise WireError("the other side is gone") from error

    def receive(self, seconds: float | None = None) -> tuple[Any, memoryview]:
        """The next message and its tensor bytes.

        Raises `TimeoutError` after `seconds`, `WireError` for a malformed frame or a peer that is gone.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        total, header = LENGTHS.unpack(self._read(LENGTHS.size, deadline))
        if header > self._bounds.header or not header <= total <= header + self._bounds.body:
            raise WireError("a frame that is too large")
        try:
            frame = memoryview(self._read(total, deadline))
            if not holds_at_most(frame[:header], self._bounds.values):
                raise WireError("a frame that holds too many values")
            return self._decoder.decode(frame[:header]), frame[header:]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, MemoryError) as error:
            raise WireError("a malformed frame") from error

    def _read(self, length: int, deadline: float | None) -> bytearray:
        content = bytearray()
        while len(content) < length:
            if deadline is not None:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                self._socket.settimeout(left)
            try:
                chunk = self._socket.recv(min(length - len(content), 2**20))
            except TimeoutError:
                raise
            except OSError as error:
                raise WireError("the other side is gone") from error
            if not chunk:
                raise WireError("the other side is gone")
            content += chunk
        return content

    def close(self) -> None:
        """Close this end."""
        self._socket.close()


def encoded(message: msgspec.Struct) -> bytes:
    """A message as a header. Lone surrogates, which can't be encoded, become question marks."""
    try:
        return msgspec.msgpack.encode(message)
    except UnicodeEncodeError:
        return msgspec.msgpack.encode(_whole(msgspec.to_builtins(message, builtin_types=(bytes,))))


def _whole(value: Any) -> Any:
    """Plain data with a question mark for each lone surrogate in its texts."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list | tuple) else value


def _fixed() -> tuple[list[int], list[int]]:
    """Two tables by the first byte of a msgpack value: its length, and how many values it holds.

    The length is 0 where the next bytes tell it, or where no value starts with this byte.
    """
    widths, held = [1] * 256, [0] * 256
    for length in range(16):
        held[0x80 + length], held[0x90 + length] = 2 * length, length  # a map, an array
    for length in range(32):
        widths[0xA0 + length] = 1 + length  # a text
    for kind, width in zip((0xCA, *range(0xCB, 0xD4)), (5, 9, 2, 3, 5, 9, 2, 3, 5, 9), strict=True):
        widths[kind] = width  # numbers
    for kind in (0xC1, *range(0xC4, 0xCA), *range(0xD4, 0xE0)):
        widths[kind] = 0
    return widths, held


WIDTHS, HELD = _fixed()
# By the first byte: the size of the number that follows; the values, and the bytes, for each unit of it.
COUNTED = {
    **{0xC4: (1, 0, 1), 0xC5: (2, 0, 1), 0xC6: (4, 0, 1), 0xD9: (1, 0, 1), 0xDA: (2, 0, 1), 0xDB: (4, 0, 1)},
    **{0xDC: (2, 1, 0), 0xDD: (4, 1, 0), 0xDE: (2, 2, 0), 0xDF: (4, 2, 0)},
}


def holds_at_most(header: bytes | memoryview, most: int) -> bool:
    """Whether a header is exactly one msgpack value that holds, and claims to hold, at most `most` values."""
    at, left, end = 0, 1, len(header)
    content, widths, held = bytes(header), WIDTHS, HELD
    try:
        for _ in range(most):
            kind = content[at]
            if width := widths[kind]:
                at += width
                left += held[kind] - 1
            else:
                size, values, length = COUNTED[kind]
                number = int.from_bytes(content[at + 1 : at + 1 + size])
                at += 1 + size + number * length
                left += number * values - 1
                if left > most:
                    return False
            if not left:
                return at == end
    except (IndexError, KeyError):
        return False
    return False
