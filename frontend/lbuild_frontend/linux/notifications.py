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
_NOTHING = bytes(_NOTIFICATION.size)

unpacked = _NOTIFICATION.unpack
"""A parked call -> the identity by which it is answered, its thread, flags, the number of the call,
the architecture of these numbers, where it is made, and six arguments."""

plain_part = struct.Struct("<8xI4xiI8x3Q24x").unpack
"""A parked call -> its thread, the number of the call, the architecture, and three arguments."""


class Notifications:
    """Takes calls from listeners, one after another. There are tens of thousands in a build.

    Attributes:
        parked: the call that was taken last, as the kernel tells it.
        is_waiting: whether it waits for a call. Then, and only then, a handler of a signal may
            raise InterruptedError, which ends that (since Python 3.14 nothing else does).

    Args:
        last: memory that processes share, for the identity of the call that was taken last.
    """

    def __init__(self, last: "memoryview[int]") -> None:
        # Buffers that fcntl can write to: it is slower with others, even to read from.
        self.parked = bytearray(_NOTIFICATION.size)
        self._identity = memoryview(self.parked).cast("Q")
        self._answer = bytearray(_ANSWER.pack(0, 0, 0, _CONTINUE))
        self._answered = memoryview(self._answer).cast("Q")
        self._last = last
        self.is_waiting = False

    def take(self, listener: int) -> bool:
        """Wait for a call, and take it.

        Return False if there is none: its thread was killed meanwhile, a signal came, or nobody has
        the filter any more. Before Linux 6.11 only a signal ends the wait for that.
        """
        self.parked[:] = _NOTHING
        self.is_waiting = True
        try:
            ioctl(listener, _RECEIVE, self.parked, True)
        except OSError:
            # It is parked still, and taken the next time; or the signal came just after it.
            self.is_waiting = False
            if not self._identity[0]:
                return False
        self.is_waiting = False
        self._last[0] = self._answered[0] = self._identity[0]
        return True

    def let_go_on(self, listener: int) -> None:
        """Let the kernel do the call that was taken last."""
        while True:
            try:
                ioctl(listener, _SEND, self._answer, True)
            except InterruptedError:
                continue  # by a signal, while the kernel was busy with another call
            except OSError:
                pass  # its thread was killed
            return

    def let_next_go_on(self, listener: int) -> None:
        """Take a call, and let the kernel do it."""
        if self.take(listener):
            self.let_go_on(listener)

    def let_last_go_on(self, listener: int) -> None:
        """Let the kernel do the call that was taken last, by a process that was killed.

        The kernel counts them, so it was the next one, if there was no time to note it.
        """
        for identity in (self._last[0], (self._last[0] + 1) % 2**64):
            self._answered[0] = identity
            self.let_go_on(listener)

    def take_over(self, parked: bytes) -> None:
        """Take a call that another process has taken, as the kernel told it."""
        self.parked[:] = parked
        self._answered[0] = self._identity[0]


def shared_memory() -> "memoryview[int]":
    """Return a number that this process shares with those that it forks."""
    return memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")


def prepare(listener: int) -> None:
    """Make a listener one that is answered soon."""
    with contextlib.suppress(OSError):  # since Linux 6.6
        ioctl(listener, _SET_FLAGS, _SYNC_WAKE_UP)
