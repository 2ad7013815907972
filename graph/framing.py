"""Messages between the service and its workers: two length-prefixed parts, a JSON header and a body of bytes."""

from __future__ import annotations

import socket
import struct

PREFIX = struct.Struct("!IQ")
"""Network order: header length (4 bytes), body length (8 bytes)."""
_CHUNK = 1 << 20
_SMALL = 1 << 16


def frame(header: bytes, body: bytes = b"") -> bytes:
    """Return the bytes of one message.

    >>> Incoming().feed(frame(b"{}", b"answer"))
    (b'{}', b'answer')
    """
    return PREFIX.pack(len(header), len(body)) + header + body


class Incoming:
    """One message whose bytes arrive in pieces; nothing may follow it before it has been taken."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, piece: bytes) -> tuple[bytes, bytes] | None:
        """Take the next bytes; return header and body when the message is whole, and begin anew."""
        self._data += piece
        if len(self._data) < PREFIX.size:
            return None
        header_size, body_size = PREFIX.unpack_from(self._data)
        start = PREFIX.size + header_size
        if len(self._data) < start + body_size:
            return None
        data, self._data = bytes(self._data), bytearray()
        return data[PREFIX.size : start], data[start:]


def send_message(channel: socket.socket, header: bytes, body: bytes = b"") -> None:
    """Send one message over a blocking stream socket."""
    if len(body) <= _SMALL:
        channel.sendall(frame(header, body))
    else:
        channel.sendall(PREFIX.pack(len(header), len(body)) + header)
        channel.sendall(body)


def recv_message(channel: socket.socket) -> tuple[bytes, bytes] | None:
    """Receive one message from a blocking stream socket; ``None`` when the other end is gone."""
    incoming = Incoming()
    while piece := channel.recv(_CHUNK):
        if message := incoming.feed(piece):
            return message
    return None
