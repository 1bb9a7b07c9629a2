"""Runs in the hook process: lets the supervisor follow it, and all programs that it starts.

The supervisor (``lbuild_frontend.process_tracing``) runs above the hook process. This installs its
filter in this process, and gives it the listener. From then on the supervisor sees what this
process does, and what it starts. That cannot be undone, so it is done only when a first program is
about to run, or a native library to be loaded: what Python does before costs nothing.

One file of standard library code for CPython 3.8 and later; it shares no code with its caller.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from typing import Any

SUPERVISOR = "_LBUILD_SUPERVISOR"
"""A variable with the number of the socket by which the hook process asks for the filter."""

BEGINNING = "/.lbuild/follows/from-here"
END = "/.lbuild/follows/to-here"
"""Paths that the hook process looks at when the filter is installed, and just before it ends."""

_HANDOVER = 0x800 | 0x8000
_NO_NEW_PRIVILEGES = 38
_SET_MODE_FILTER = 1
_TSYNC, _SPEC_ALLOW, _NEW_LISTENER, _TSYNC_ESRCH, _WAIT_KILLABLE = 1, 4, 8, 16, 32
_EINVAL = 22
_NUMBERS = {"x86_64": 317, "aarch64": 277}
"""The number of seccomp(2), by machine."""


def start(descriptor: int) -> str:
    """Install the filter of the supervisor; return why that is not possible, or nothing.

    Args:
        descriptor: of the socket that leads to the supervisor; it is closed.
    """
    try:
        import _socket
        import ctypes
    except ImportError as error:
        return f"this Python has no module {error.name}"
    supervisor = _socket.socket(fileno=descriptor)
    try:
        supervisor.send(b"?")
        size = int.from_bytes(_receive(supervisor, 4), "little")
        code = _receive(supervisor, size)
        number = _NUMBERS.get(os.uname().machine)
        if not code or number is None:
            return "lbuild does not know the system calls of this machine"
        listener = _install(ctypes, number, code)
        ancillary = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, listener.to_bytes(4, sys.byteorder))]
        try:
            supervisor.sendmsg([b"="], ancillary, _HANDOVER)
        except OSError:
            supervisor.send(b"!")  # nobody can answer for this process any more, so it is ended
        os.close(listener)
        _receive(supervisor, 1)
    except OSError as error:
        return error.strerror or str(error)
    finally:
        supervisor.close()
    return ""


def _install(ctypes: "Any", number: int, code: bytes) -> int:
    """Install a filter in this process, for all of its threads; return the listener."""
    buffer = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: the number of instructions, and where they are
    program = (ctypes.c_void_p * 2)(len(code) // 8, ctypes.addressof(buffer))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl: " + os.strerror(ctypes.get_errno()))
    flags = _NEW_LISTENER | _SPEC_ALLOW
    if len(os.listdir("/proc/self/task")) > 1:
        flags |= _TSYNC | _TSYNC_ESRCH
    listener: int = -1
    for wait in (_WAIT_KILLABLE, 0):  # since Linux 5.19
        listener = library.syscall(number, _SET_MODE_FILTER, flags | wait, ctypes.byref(program))
        if listener >= 0 or ctypes.get_errno() != _EINVAL:
            break
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp: " + os.strerror(ctypes.get_errno()))
    return listener


def _receive(supervisor: "socket", size: int) -> bytes:
    content = b""
    while len(content) < size:
        part = supervisor.recv(size - len(content))
        if not part:
            raise OSError("the supervisor has ended")
        content += part
    return content
