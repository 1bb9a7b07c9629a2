"""What /proc says about a thread (proc(5))."""

import os
from typing import NamedTuple

from lbuild_frontend.linux.memory import Gone

DELETED = " (deleted)"


class Status(NamedTuple):
    """Which process a number belongs to.

    Attributes:
        began: when it began, in ticks since the system did: later than one that had the number.
        parent: the number of the process that forked it, or that took it over.
    """

    began: bytes
    parent: int


class Identity(NamedTuple):
    """What a process shows of the program that it runs.

    Attributes:
        file: the file that runs, absolute.
        words: its command line; each word ends with a null byte.
    """

    file: str
    words: bytes


def status_of(thread: int) -> Status:
    """Read which process a number belongs to.

    Raises:
        Gone: if no thread has it.
        OSError: if that cannot be read.
    """
    # The name of the program, in parentheses, may contain parentheses and spaces.
    fields = _content(f"/proc/{thread}/stat", 1024).rpartition(b")")[2].split()
    return Status(fields[19], int(fields[1]))


def leader_of(thread: int) -> int:
    """Read the number of the process that a thread belongs to.

    Raises:
        Gone: if the thread has ended.
        OSError: if that cannot be read.
    """
    for line in _content(f"/proc/{thread}/status", 4096).splitlines():
        if line.startswith(b"Tgid:"):
            return int(line.split()[1])
    raise Gone


def identity_of(thread: int) -> Identity:
    """Read which program a process runs.

    Raises:
        Gone: if it has ended.
        OSError: if that cannot be read.
    """
    try:
        file = os.readlink(f"/proc/{thread}/exe")
    except (FileNotFoundError, ProcessLookupError):
        raise Gone from None
    return Identity(file.removesuffix(DELETED), _content(f"/proc/{thread}/cmdline", 1 << 22))


def _content(path: str, size: int) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError):
        raise Gone from None
    try:
        content = os.read(file, size)
    except ProcessLookupError:
        raise Gone from None
    finally:
        os.close(file)
    if not content and size < 4096:
        raise Gone
    return content
