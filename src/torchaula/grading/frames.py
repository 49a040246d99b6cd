"""Frames between processes: an 8-byte length, a 4-byte header length, a msgpack header, raw bytes.

The header is a message of a declared type; the raw bytes are those of its tensors, in order.
"""

from __future__ import annotations

import socket
import struct
import time
from typing import Any

import msgspec

MAX_HEADER = 8 * 2**20
MAX_BODY = 64 * 2**20
LENGTHS = struct.Struct("!QI")


class WireError(Exception):
    """A frame that breaks the rules of the wire, or a peer that is gone."""


class TooLarge(WireError):
    """What was to be sent does not fit in a frame; nothing was sent."""


class Channel:
    """One end of the wire; `messages` is the type, or union of types, that the other side may send."""

    def __init__(self, end: socket.socket, messages: Any) -> None:
        self._socket = end
        self._decoder = msgspec.msgpack.Decoder(messages)

    def send(
        self, message: msgspec.Struct, buffers: list[bytes] | None = None, seconds: float | None = None
    ) -> None:
        """Send one frame.

        Raises `TooLarge`, `WireError` where the peer is gone, `TimeoutError` where it doesn't listen.
        """
        header = msgspec.msgpack.encode(message)
        body = b"".join(buffers or [])
        if len(header) > MAX_HEADER or len(body) > MAX_BODY:
            raise TooLarge(f"> {MAX_BODY // 2**20} MB")
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
        if header > MAX_HEADER or not header <= total <= MAX_HEADER + MAX_BODY:
            raise WireError("a frame that is too large")
        frame = memoryview(self._read(total, deadline))
        try:
            return self._decoder.decode(frame[:header]), frame[header:]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
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
