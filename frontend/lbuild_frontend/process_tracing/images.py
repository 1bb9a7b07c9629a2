"""Which program a thread belongs to.

A program begins with an exec, and has a number. What a process forks belongs to the same program
until it runs another one. Number 0 is the hook process.
"""

import contextlib
import os
from collections import defaultdict
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

from lbuild_frontend.linux.memory import Gone
from lbuild_frontend.linux.proc import Identity, Status, identity_of, leader_of, status_of
from lbuild_frontend.process_tracing.journal import Journal

_TRUSTED_FOR = 0.1
"""Seconds for which a number is that of the same thread: it is given to another one only when all
others have been used since."""

_MANY = 256
"""Threads to know before those that have ended are forgotten."""


_OPEN = 32
"""Processes whose memory is kept open."""

_CLOSED, _UNREADABLE = -1, -2
"""Instead of the descriptor of the memory: it is not open, or cannot be opened."""


class Image:
    """A program that runs, in one or more processes.

    Attributes:
        number: its number in the log.
        seen: the paths that have been recorded of it, by what it did, so that each is once.
        done: those that need not be recorded again, since links have changed.
        links: how often these had changed then.
    """

    __slots__ = ("done", "links", "number", "seen")

    def __init__(self, number: int) -> None:
        self.number = number
        self.seen: defaultdict[str, set[str]] = defaultdict(set)
        self.done = self.seen
        self.links = 0


class _Exec(NamedTuple):
    """A process is about to run another program; that may fail.

    Attributes:
        by: the thread that begins it.
        before: what the process shows to run until then.
        after: what it shows afterwards, unless the program is a script.
        image: what it runs until then.
        files: what may run: the program, or one of its interpreters.
    """

    by: int
    before: Identity
    after: Identity
    image: Image
    files: tuple[str, ...]


class Process:
    """A process.

    Attributes:
        image: what it runs.
        begun: the program that it is about to run; until the next call shows whether it does.
        past: what it ran before, for what it has forked then.
        memory: a descriptor of its memory; reading from it fails if it is not open.
    """

    __slots__ = ("begun", "image", "memory", "past")

    def __init__(self, image: Image) -> None:
        self.image = image
        self.begun: _Exec | None = None
        self.past: list[tuple[Identity, Image]] = []
        self.memory = _CLOSED

    def close_memory(self) -> None:
        """Close the descriptor: after an exec it is not the memory of this process any more."""
        memory, self.memory = self.memory, _CLOSED
        if memory >= 0:
            os.close(memory)

    __del__ = close_memory


class _Thread:
    __slots__ = ("began", "process", "trusted_until")

    def __init__(self, process: Process, began: bytes) -> None:
        self.process = process
        self.began = began
        self.trusted_until = monotonic() + _TRUSTED_FOR


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
        self._most = _MANY
        self._open: list[Process] = []
        self._know(hook, Process(Image(0)), status_of(hook).began)

    def of(self, thread: int) -> Image:
        """Return the program of a thread.

        Raises:
            Gone: if the thread has ended.
            OSError: if it cannot be found out.
        """
        process = self.settled(thread)
        return self._settled(thread).image if process is None else process.image

    def settled(self, thread: int) -> Process | None:
        """Return the process of a thread, with its memory open.

        None if that is not known without a closer look: a new thread, or an exec that may fail.
        """
        known = self._threads.get(thread)
        if known is None or monotonic() > known.trusted_until:
            return None
        process = known.process
        if process.begun is not None:
            return None
        if process.memory == _CLOSED:
            self._open_memory(process, thread)
        return process

    def _open_memory(self, process: Process, thread: int) -> None:
        try:
            process.memory = os.open(f"/proc/{thread}/mem", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            process.memory = _UNREADABLE
        self._open.append(process)
        if len(self._open) > _OPEN:
            self._open.pop(0).close_memory()

    def forget_memory(self, thread: int) -> None:
        """Note that a process may have another memory from now on.

        Raises:
            Gone: if the thread has ended.
            OSError: if it cannot be found out which process it belongs to.
        """
        self._process_of(thread).close_memory()

    def begin(
        self,
        thread: int,
        files: tuple[str, ...],
        words: Sequence[bytes],
        folder: str | None,
    ) -> Image:
        """Note that a thread is about to run another program in its process; return that.

        Args:
            thread: the thread.
            files: the program, and the interpreters by which the kernel may run it.
            words: its command line.
            folder: its current folder.
        """
        process = self._settled(thread)
        before = identity_of(thread)
        after = Identity(os.path.realpath(files[0]), b"".join(word + b"\0" for word in words))
        arguments = [os.fsdecode(word) for word in words]
        image = self._new(process.image.number, files[0], arguments, folder)
        process.begun = _Exec(thread, before, after, process.image, files)
        process.past.append((before, process.image))
        process.image = image
        return image

    def _settled(self, thread: int) -> Process:
        process = self._process_of(thread)
        if process.begun is not None:
            self._settle(process, thread)
        return process

    def _settle(self, process: Process, thread: int, *, itself: bool = True) -> None:
        """Find out whether a process runs the program that it was about to run.

        Args:
            process: the process.
            thread: one of its threads.
            itself: whether that is parked in a call.
        """
        begun = process.begun
        now = identity_of(thread)
        if begun is None or (now == begun.before and not (itself and thread == begun.by)):
            return  # another thread is about to run it, and goes on meanwhile
        process.begun = None
        if now == begun.before != begun.after:
            process.image = begun.image  # it failed
            process.past.pop()
        elif now.file not in map(os.path.realpath, begun.files) and not _is_one_of(
            thread, begun.files
        ):
            self._journal.problem(f"{begun.files[0]} ran by {now.file}, which is not known")

    # Which process a thread belongs to

    def _process_of(self, thread: int) -> Process:
        known = self._threads.get(thread)
        status = status_of(thread)
        if known is not None and known.began == status.began:
            known.trusted_until = monotonic() + _TRUSTED_FOR
            return known.process
        leader = leader_of(thread)
        if leader == thread:
            return self._forked(thread, status)
        process = self._process_of(leader)
        self._know(thread, process, status.began)
        return process

    def _forked(self, thread: int, status: Status) -> Process:
        """Return a process that is seen for the first time."""
        # Nearest first: what forked it may have used no file yet.
        line = [(thread, status)]
        above = None
        while (parent := _parent(*line[-1])) is not None:
            known = self._threads.get(parent[0])
            if known is not None and known.began == parent[1].began:
                above = known.process
                break
            line.append(parent)
        if above is None:
            number, each = line.pop()
            above = Process(self._unknown(number, None))
            self._know(number, above, each.began)
        for number, each in reversed(line):
            above = Process(self._image_when_forked(above, each.parent, number))
            self._know(number, above, each.began)
        return above

    def _image_when_forked(self, process: Process, parent: int, child: int) -> Image:
        """Return what a process ran when it forked another one."""
        if process.begun is None and not process.past:
            return process.image
        ran = [*process.past]
        with contextlib.suppress(Gone):
            if process.begun is not None:
                self._settle(process, parent, itself=False)
            if process.begun is None:
                ran.append((identity_of(parent), process.image))
        now = identity_of(child)
        for identity, image in reversed(ran):
            if identity == now:
                return image
        for identity, image in reversed(ran):
            if identity.file == now.file:
                return image  # it gave itself another title
        return self._unknown(child, process.image.number)

    def _unknown(self, thread: int, parent: int | None) -> Image:
        file, words = identity_of(thread)
        return self._new(
            parent, file, [os.fsdecode(word) for word in words.split(b"\0")[:-1]], None
        )

    def _new(
        self, parent: int | None, path: str, arguments: Sequence[str], folder: str | None
    ) -> Image:
        image = Image(self._count)
        self._count += 1
        self._journal.program(image.number, parent, path, arguments, folder)
        return image

    def _know(self, thread: int, process: Process, began: bytes) -> None:
        self._threads[thread] = _Thread(process, began)
        if len(self._threads) > self._most:
            for number in [
                number for number, one in self._threads.items() if _has_ended(number, one)
            ]:
                del self._threads[number]
            self._most = max(_MANY, 2 * len(self._threads))


def _parent(thread: int, status: Status) -> tuple[int, Status] | None:
    """Return the process that forked a process; None if that has ended."""
    number = status.parent
    if number <= 1 or number == os.getpid():
        return None
    try:
        found = status_of(number)
    except Gone:
        return None
    # If it has another parent by now, that number may belong to another process.
    return (number, found) if status_of(thread).parent == number else None


def _is_one_of(thread: int, files: Sequence[str]) -> bool:
    """Whether a process runs one of some files, by whatever name."""
    for file in files:
        with contextlib.suppress(OSError):
            if os.path.samefile(f"/proc/{thread}/exe", file):
                return True
    return False


def _has_ended(number: int, known: _Thread) -> bool:
    try:
        return status_of(number).began != known.began
    except Gone:
        return True
