"""The link between the guardian and the supervisor: two ends of a socket."""

import contextlib
import os
import socket
from typing import Final

_NUMBERS: Final = {"hook": b"h", "code": b"c"}
_KINDS: Final = {letter: kind for kind, letter in _NUMBERS.items()}


class Link:
    """One end.

    Attributes:
        socket: to wait for.
    """

    def __init__(self, end: socket.socket) -> None:
        self.socket = end

    @staticmethod
    def pair() -> "tuple[Link, Link]":
        """Make both ends."""
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return Link(one), Link(other)

    def say(self, kind: str, value: int) -> None:
        """Tell the other end something: ``hook`` and its number, ``code`` and it.

        Raises:
            OSError: if the other end is not there any more.
        """
        self.socket.sendall(_NUMBERS[kind] + value.to_bytes(4, "little", signed=True))

    def hear(self) -> tuple[str, int]:
        """Return what the other end has said; an empty text if it is not there any more."""
        try:
            message = self.socket.recv(5)
        except ConnectionResetError:  # it was killed before it took something
            message = b""
        if not message:
            return "", 0
        return _KINDS[message[:1]], int.from_bytes(message[1:], "little", signed=True)

    def give(self, descriptor: int, with_it: bytes) -> None:
        """Give the other end a descriptor, if it is still there."""
        with contextlib.suppress(OSError):
            socket.send_fds(self.socket, [with_it], [descriptor])

    def take(self) -> tuple[int, bytes] | None:
        """Return what the other end has given; None if it is not there any more."""
        with_it, descriptors, _flags, _address = socket.recv_fds(self.socket, 1024, 1)
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
            return descriptor, with_it
        return None
