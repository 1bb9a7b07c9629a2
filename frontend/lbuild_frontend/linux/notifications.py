"""The calls that the kernel has parked: taking one, and letting it go on (seccomp_unotify(2))."""

import contextlib
import mmap
import struct
from fcntl import ioctl

_RECEIVE, _SEND, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104
"""SECCOMP_IOCTL_NOTIF_RECV, _SEND and _SET_FLAGS (linux/seccomp.h)."""
_SYNC_WAKE_UP = 1
_CONTINUE = 1

_NOTIFICATION = struct.Struct("<QIIiIQ6Q")
_ANSWER = struct.Struct("<QqiI")
_unpack, _pack = _NOTIFICATION.unpack, _ANSWER.pack
_NOTHING = bytes(_NOTIFICATION.size)


Notification = tuple[int, ...]
"""A parked call: the identity by which it is answered, its thread, flags, the number of the call,
the architecture of these numbers, where it is made, and six arguments."""


class Notifications:
    """Takes calls from listeners. There are tens of thousands in a build.

    Args:
        last: memory that processes share, for the identity of the call that was taken last.
    """

    def __init__(self, last: "memoryview[int]") -> None:
        self._buffer = bytearray(_NOTIFICATION.size)
        self._last = last

    def take(self, listener: int) -> Notification | None:
        """Take a call; None if there is none, because its thread was killed meanwhile."""
        buffer = self._buffer
        buffer[:] = _NOTHING
        try:
            ioctl(listener, _RECEIVE, buffer, True)
        except OSError:
            return None  # it is parked still, and taken the next time, or its thread was killed
        one = _unpack(buffer)
        self._last[0] = one[0]
        return one

    @staticmethod
    def let_go_on(listener: int, identity: int) -> None:
        """Let the kernel do a call."""
        try:
            ioctl(listener, _SEND, _pack(identity, 0, 0, _CONTINUE))
        except OSError:
            return  # its thread was killed

    def let_next_go_on(self, listener: int) -> None:
        """Take a call, and let the kernel do it."""
        one = self.take(listener)
        if one is not None:
            self.let_go_on(listener, one[0])

    def let_last_go_on(self, listener: int) -> None:
        """Let the kernel do the call that was taken last, by a process that was killed.

        The kernel counts them, so it was the next one, if there was no time to note it.
        """
        for identity in (self._last[0], (self._last[0] + 1) % 2**64):
            self.let_go_on(listener, identity)


def shared_memory() -> "memoryview[int]":
    """Return a number that this process shares with those that it forks."""
    return memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")


def packed(one: Notification) -> bytes:
    """Return a parked call as bytes."""
    return _NOTIFICATION.pack(*one)


def unpacked(content: bytes) -> Notification:
    """Return the parked call that was packed."""
    return _unpack(content)


def prepare(listener: int) -> None:
    """Make a listener one that is answered soon."""
    with contextlib.suppress(OSError):  # since Linux 6.6
        ioctl(listener, _SET_FLAGS, _SYNC_WAKE_UP)
