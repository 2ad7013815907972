"""Taking away from a worker what it must not have: memory without end, other files, the network, other programs."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from pathlib import Path

CHANNEL = 3
"""The descriptor of a worker's channel to the service; it has no other above it when it starts."""

# What Linux calls, by machine, the architecture and the system calls that are refused: socket, execve and execveat, and
# io_uring_setup, which would be a way around them (include/uapi/linux/audit.h, asm/unistd.h).
_REFUSED = {
    "x86_64": (0xC000003E, (41, 59, 322, 425)),
    "aarch64": (0xC00000B7, (198, 221, 281, 425)),
}
_LOAD, _EQUAL, _GREATER, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF: load a word, jump if equal or greater, return
_ALLOW, _EACCES = 0x7FFF0000, 0x0005000D
_FIRST_X32 = 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def can_refuse_sockets() -> bool:
    """Return whether ``refuse_sockets`` knows this system (Linux on x86-64 and on 64-bit ARM)."""
    return sys.platform == "linux" and platform.machine() in _REFUSED


def refuse_sockets() -> None:
    """Make every attempt of this process to open a socket or to start a program fail (seccomp, mode filter).

    Raises ``OSError`` where the system does not do that.
    """
    if not can_refuse_sockets():
        raise OSError("this system cannot take the network away from a process")
    architecture, calls = _REFUSED[platform.machine()]
    instructions = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _EACCES),
        (_LOAD, 0, 0, 0),
        (_GREATER, len(calls) + 1, 0, _FIRST_X32),
        *((_EQUAL, len(calls) - i, 0, call) for i, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _EACCES),
    ]
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(instructions), code)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), "the system refuses a filter of system calls")


def die_with_parent() -> None:
    """Have this process killed when its parent ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def keep_only(channel: int) -> None:
    """Keep one descriptor, as ``CHANNEL``, beside standard input and output; what is said on standard error is lost."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # an allocation that fails writes a backtrace there
    os.dup2(channel, CHANNEL)
    os.closerange(CHANNEL + 1, 65536)


def bound(memory_mb: int, files: int) -> None:
    """Bound what this process may still take: ``memory_mb`` mebibytes more, ``files`` open files in all, and no core.

    Without ``files`` it can open nothing: no file and no socket. With them it can open files but write none, and
    sockets are taken away in another way. Raises ``OSError`` where that cannot be done.
    """
    status = Path("/proc/self/statm")
    if status.exists():
        most = int(status.read_text().split()[0]) * resource.getpagesize() + memory_mb * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = CHANNEL + 1 + files
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if files:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        refuse_sockets()
