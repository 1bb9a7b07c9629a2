"""Which program a thread belongs to.

A program begins with an exec, and has a number. What a process forks belongs to the same program
until it runs another one. Number 0 is the hook process.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from lbuild_frontend.process_tracing.journal import Journal
from lbuild_frontend.process_tracing.memory import Gone

_TRUSTED_FOR = 0.5
"""Seconds for which a number is that of the same process: it is given to another one only when all
others have been used since."""


@dataclass(slots=True, eq=False)
class Image:
    """A program that runs, in one or more processes.

    Attributes:
        number: its number in the log.
        seen: what has been recorded of it, so that it is recorded once.
    """

    number: int
    seen: set[object] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class _Process:
    image: Image


@dataclass(slots=True, eq=False)
class _Thread:
    process: _Process
    began: bytes
    checked: float


class Images:
    """The programs of a process tree.

    Args:
        journal: where programs are recorded.
        hook: the number of the hook process.
    """

    def __init__(self, journal: Journal, hook: int) -> None:
        self._journal = journal
        self._count = 1
        self._threads: dict[int, _Thread] = {}
        began, _parent = _status(hook)
        self._threads[hook] = _Thread(_Process(Image(0)), began, time.monotonic())

    def of(self, thread: int) -> Image:
        """Return the program of a thread.

        Raises:
            Gone: if the thread has ended.
            OSError: if it cannot be found out.
        """
        known = self._threads.get(thread)
        if known is not None and time.monotonic() - known.checked < _TRUSTED_FOR:
            return known.process.image
        return self._process_of(thread).image

    def begin(self, thread: int, path: str, arguments: Sequence[str], folder: str | None) -> Image:
        """Note that a thread is about to run another program in its process; return that."""
        process = self._process_of(thread)
        image = self._new(process.image.number, path, arguments, folder)
        process.image = image
        return image

    def _process_of(self, thread: int) -> _Process:
        began, parent = _status(thread)
        known = self._threads.get(thread)
        if known is None or known.began != began:
            known = _Thread(self._find_process(thread, parent), began, 0.0)
            self._threads[thread] = known
        known.checked = time.monotonic()
        return known.process

    def _find_process(self, thread: int, parent: int) -> _Process:
        leader = _leader(thread)
        if leader != thread:
            return self._process_of(leader)
        above = self._threads.get(parent)
        if above is not None and above.began == _status(parent)[0]:
            return _Process(above.process.image)
        # The process that forked it has ended, or has used no file yet.
        if parent > 1 and parent != os.getpid() and above is None:
            return _Process(self._process_of(parent).image)
        return _Process(self._unknown(thread))

    def _unknown(self, thread: int) -> Image:
        try:
            path = os.readlink(f"/proc/{thread}/exe")
            with open(f"/proc/{thread}/cmdline", "rb") as file:
                words = file.read().split(b"\0")[:-1]
        except (FileNotFoundError, ProcessLookupError):
            raise Gone from None
        return self._new(None, path, [os.fsdecode(word) for word in words], None)

    def _new(
        self, parent: int | None, path: str, arguments: Sequence[str], folder: str | None
    ) -> Image:
        image = Image(self._count)
        self._count += 1
        self._journal.program(image.number, parent, path, arguments, folder)
        return image


def _status(thread: int) -> tuple[bytes, int]:
    """Return when a thread began, in ticks since the system did, and its parent (proc(5))."""
    try:
        with open(f"/proc/{thread}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        raise Gone from None
    return fields[19], int(fields[1])


def _leader(thread: int) -> int:
    try:
        with open(f"/proc/{thread}/status", "rb") as file:
            for line in file:
                if line.startswith(b"Tgid:"):
                    return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        raise Gone from None
    raise Gone
