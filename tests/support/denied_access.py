"""Denies a test what permissions deny, also where root runs it (Linux), or as Windows does."""

import contextlib
import ctypes
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

_CAPABILITIES_VERSION = 0x20080522
_DAC = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what lets root pass over permissions."""

_GET_SECUREBITS, _SET_SECUREBITS = 27, 28
_NO_SETUID_FIXUP = 1 << 2
"""Lets access(2) look at the capabilities in effect, rather than at all that root may have."""


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """Let permissions count as for anybody: root puts two of its capabilities aside meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    # Effective, permitted, inheritable: the lower 32 of each, then the upper.
    before, without = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    for data in (before, without):
        _check(libc.capget(header, data))
    without[0] &= ~_DAC
    bits = libc.prctl(_GET_SECUREBITS, 0, 0, 0, 0)
    _check(libc.prctl(_SET_SECUREBITS, bits | _NO_SETUID_FIXUP, 0, 0, 0))
    try:
        _check(libc.capset(header, without))
        yield
    finally:
        _check(libc.capset(header, before))
        _check(libc.prctl(_SET_SECUREBITS, bits, 0, 0, 0))


def folders_as_on_windows(patch: pytest.MonkeyPatch) -> None:
    """Let who reads a folder as a file be told that it is not permitted, as Windows does."""
    read_bytes = Path.read_bytes

    def read(path: Path) -> bytes:
        if path.is_dir():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return read_bytes(path)

    patch.setattr(Path, "read_bytes", read)


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
