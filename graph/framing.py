"""Messages between the service and its workers: two length-prefixed parts, a JSON header and a body of bytes."""

from __future__ import annotations

import socket
import struct

PREFIX = struct.Struct("!IQ")
"""Network order: header length (4 bytes), body length (8 bytes)."""


def send_message(channel: socket.socket, header: bytes, body: bytes = b"") -> None:
    """Send one message over a blocking stream socket."""
    channel.sendall(PREFIX.pack(len(header), len(body)) + header)
    if body:
        channel.sendall(body)


def recv_message(channel: socket.socket) -> tuple[bytes, bytes] | None:
    """Receive one message from a blocking stream socket; ``None`` when the other end is gone."""
    prefix = _exactly(channel, PREFIX.size)
    if prefix is None:
        return None
    header_size, body_size = PREFIX.unpack(prefix)
    header, body = _exactly(channel, header_size), _exactly(channel, body_size)
    return None if header is None or body is None else (header, body)


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        chunk = channel.recv(min(size - len(data), 1 << 20))
        if not chunk:
            return None
        data += chunk
    return bytes(data)
