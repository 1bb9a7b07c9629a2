"""With which other processes the programs talk: what is recorded of that.

Those that are followed are no matter. One that is not may read files for the program.
"""

import struct
from collections.abc import Callable, Sequence

from lbuild_frontend.linux import peers
from lbuild_frontend.linux.calls import Call, How
from lbuild_frontend.linux.memory import Memory
from lbuild_frontend.linux.paths import AT_FDCWD, absolute
from lbuild_frontend.process_tracing.images import Images
from lbuild_frontend.process_tracing.journal import Journal
from lbuild_frontend.process_tracing.ledger import Ledger

Handler = Callable[[int, Sequence[int], Call], None]
"""Records what a thread is about to do with a call: the thread, the arguments, the call."""

_MESSAGE, _MOST_MESSAGES = 64, 1024
"""The size of a struct mmsghdr, and UIO_MAXIOV: sendmmsg(2) takes no more."""


class Talks:
    """Records with whom programs talk.

    Attributes:
        handlers: of the calls by which they do.

    Args:
        journal: where problems are recorded.
        images: the programs of the process tree.
        ledger: where accesses are recorded.
        memory: of the process tree.
    """

    def __init__(self, journal: Journal, images: Images, ledger: Ledger, memory: Memory) -> None:
        self._journal = journal
        self._images = images
        self._ledger = ledger
        self._memory = memory
        self._bound: set[str] = set()
        self.handlers: dict[How, Handler] = {
            "connect": self._send_to,
            "send-to": self._send_to,
            "send-message": self._send_message,
            "send-messages": self._send_messages,
            "bind": self._bind,
        }

    def _bind(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        peer = self._peer(thread, arguments[call.path], arguments[call.more or 0])
        if peer is None or peers.is_taken(peer, thread):
            return  # the call fails
        self._bound.add(peer)
        path = peers.path_of(peer)
        if path is not None:
            self._ledger.note(self._images.of(thread), "w", path)

    def _send_to(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        self._ask(self._peer(thread, arguments[call.path], arguments[call.more or 0]))

    def _send_message(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        self._ask_by(thread, arguments[call.path])

    def _send_messages(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        for number in range(min(arguments[call.more or 0] & 0xFFFFFFFF, _MOST_MESSAGES)):
            self._ask_by(thread, arguments[call.path] + number * _MESSAGE)

    def _ask_by(self, thread: int, message: int) -> None:
        header = self._memory.read(thread, message, 12)
        if len(header) == 12:
            address, length = struct.unpack("<QI", header)
            if address:
                self._ask(self._peer(thread, address, length))

    def _peer(self, thread: int, address: int, length: int) -> str | None:
        raw = self._memory.read(thread, address, min(length & 0xFFFFFFFF, 128))
        return peers.peer_of(raw, lambda path: absolute(thread, path, AT_FDCWD))

    def _ask(self, peer: str | None) -> None:
        if peer is not None and peer not in self._bound and peers.may_read_files(peer):
            self._journal.problem(f"a program asked a process that is not followed ({peer})")
