"""The calls that the kernel has parked: taking one, and letting it go on (seccomp_unotify(2))."""

import contextlib
import fcntl
import struct
from typing import NamedTuple

_RECEIVE, _SEND, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104
"""SECCOMP_IOCTL_NOTIF_RECV, _SEND and _SET_FLAGS (linux/seccomp.h)."""
_SYNC_WAKE_UP = 1
_CONTINUE = 1

_NOTIFICATION = struct.Struct("<QIIiIQ6Q")
_ANSWER = struct.Struct("<QqiI")
_NOTHING = bytes(_NOTIFICATION.size)


class Notification(NamedTuple):
    """A parked call.

    Attributes:
        identity: by which it is answered.
        thread: the number of the thread that makes it.
        number: of the call.
        audit: the architecture whose numbers these are.
        arguments: of the call.
    """

    identity: int
    thread: int
    number: int
    audit: int
    arguments: tuple[int, ...]


class Notifications:
    """Takes calls from listeners."""

    def __init__(self) -> None:
        self._buffer = bytearray(_NOTIFICATION.size)

    def take(self, listener: int) -> Notification | None:
        """Take a call; None if there is none, because its thread was killed meanwhile."""
        buffer = self._buffer
        buffer[:] = _NOTHING
        try:
            fcntl.ioctl(listener, _RECEIVE, buffer, True)
        except OSError:
            return None  # it is parked still, and taken the next time, or its thread was killed
        identity, thread, _flags, number, audit, _at, *arguments = _NOTIFICATION.unpack(buffer)
        return Notification(identity, thread, number, audit, tuple(arguments))

    @staticmethod
    def let_go_on(listener: int, one: Notification) -> None:
        """Let the kernel do a call."""
        with contextlib.suppress(OSError):  # its thread was killed
            fcntl.ioctl(listener, _SEND, _ANSWER.pack(one.identity, 0, 0, _CONTINUE))

    def let_next_go_on(self, listener: int) -> None:
        """Take a call, and let the kernel do it."""
        one = self.take(listener)
        if one is not None:
            self.let_go_on(listener, one)


def prepare(listener: int) -> None:
    """Make a listener one that is answered soon."""
    with contextlib.suppress(OSError):  # since Linux 6.6
        fcntl.ioctl(listener, _SET_FLAGS, _SYNC_WAKE_UP)
