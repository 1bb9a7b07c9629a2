"""The filter: a classic BPF program that parks the calls of the table (seccomp(2), bpf(4))."""

import errno
import struct

from lbuild_frontend.linux.calls import CALLS
from lbuild_frontend.linux.numbers import Architecture

HANDOVER = 0x800 | 0x8000
"""MSG_CONFIRM and MSG_MORE: the flags of the one message that is not parked.

The process that installs the filter hands over its listener with it, and nobody could answer yet.
Other programs do not send so; what has these flags and an address is not seen.
"""

_ALLOW = 0x7FFF0000
_NOTIFY = 0x7FC00000
_ERRNO = 0x00050000

_LOAD, _EQUAL, _GREATER, _RETURN = 0x20, 0x15, 0x25, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets in ``struct seccomp_data``."""


def program(architecture: Architecture) -> bytes:
    """Return the filter, instructions of eight bytes each.

    It parks the calls of the table, those of another architecture and those that are newer than
    the table. All others run at full speed.
    """
    code = [
        _statement(_LOAD, _ARCHITECTURE),
        _jump(_EQUAL, architecture.audit, 1, 0),
        _statement(_RETURN, _NOTIFY),
        _statement(_LOAD, _NUMBER),
        _jump(_GREATER, architecture.newest, 0, 1),  # the x32 ABI begins at 0x40000000
        _statement(_RETURN, _NOTIFY),
    ]
    for name, number in architecture.numbers.items():
        code += _case(name, number)
    code.append(_statement(_RETURN, _ALLOW))
    return b"".join(code)


def _case(name: str, number: int) -> list[bytes]:
    how = CALLS[name].how
    if how == "deny":
        return [
            _jump(_EQUAL, number, 0, 1),
            _statement(_RETURN, _ERRNO | errno.ENOSYS),
        ]
    if how == "send-to":  # only with an address: the low or the high half of the pointer is set
        address = _ARGUMENTS + 8 * CALLS[name].path
        return [
            _jump(_EQUAL, number, 0, 6),
            _statement(_LOAD, address),
            _jump(_EQUAL, 0, 0, 3),
            _statement(_LOAD, address + 4),
            _jump(_EQUAL, 0, 0, 1),
            _statement(_RETURN, _ALLOW),
            _statement(_RETURN, _NOTIFY),
        ]
    if name == "sendmsg":
        return [
            _jump(_EQUAL, number, 0, 4),
            _statement(_LOAD, _ARGUMENTS + 8 * 2),
            _jump(_EQUAL, HANDOVER, 0, 1),
            _statement(_RETURN, _ALLOW),
            _statement(_RETURN, _NOTIFY),
        ]
    return [_jump(_EQUAL, number, 0, 1), _statement(_RETURN, _NOTIFY)]


def _statement(code: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, value)


def _jump(code: int, value: int, yes: int, no: int) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)
