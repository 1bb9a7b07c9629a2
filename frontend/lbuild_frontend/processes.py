"""The processes of this machine, as Linux shows them in /proc; elsewhere nothing is known of them.

A process may end, and its number be given to another one, at any moment. So what is found here is
good for messages, and for stopping what this process has started.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")


class Process(NamedTuple):
    """A process that was running a moment ago.

    Attributes:
        number: its process ID.
        command: its command line.
        seconds: how long it has been running.
    """

    number: int
    command: tuple[str, ...]
    seconds: float


class _Status(NamedTuple):
    """What /proc/PID/stat says (proc_pid_stat(5))."""

    has_ended: bool
    parent: int
    session: int
    started: int


def holding_lock_on(place: os.stat_result) -> list[Process]:
    """Find the processes that hold a lock on a file or folder (flock(2)), the oldest first.

    A process that inherited the descriptor holds it too. Processes of other users are not found.
    """
    found = [number for number in _numbers() if _holds_lock(number, place)]
    processes = [process for process in map(_look_at, found) if process is not None]
    return sorted(processes, key=lambda process: -process.seconds)


def in_session(session: int) -> list[int]:
    """List the processes of a session that have not ended."""
    statuses = ((number, _status(number)) for number in _numbers())
    return [
        number
        for number, status in statuses
        if status is not None and status.session == session and not status.has_ended
    ]


def now() -> float:
    """Return the time by which ``descendants`` tells processes apart, in seconds."""
    return time.clock_gettime(_CLOCK) if _CLOCK is not None else time.monotonic()


_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def descendants(number: int, since: float) -> list[int]:
    """List the processes that a process has started since a time, and all that they have started.

    A process whose parent has ended is not found.
    """
    children = _children(since)
    return _all_below(children.get(number, []), children)


def started_by(threads: Iterable[int], since: float) -> list[int]:
    """List the processes that threads of this process have started, and all that they have started.

    What other threads have started is not found, unless the kernel does not show which of them did
    (CONFIG_PROC_CHILDREN).

    Args:
        threads: their IDs of the kernel.
        since: a time before the first of them.
    """
    children = _children(since)
    own = set(children.get(os.getpid(), []))
    first: set[int] = set()
    for thread in threads:
        try:
            first |= own & set(map(int, _read(_PROC / f"self/task/{thread}/children").split()))
        except FileNotFoundError:
            if not Path(_PROC, f"self/task/{threading.get_native_id()}/children").exists():
                first = own
        except (OSError, ValueError):  # the thread has ended meanwhile
            continue
    return _all_below(sorted(first), children)


def _children(since: float) -> dict[int, list[int]]:
    first = int(since * os.sysconf("SC_CLK_TCK"))
    children: dict[int, list[int]] = {}
    for each in _numbers():
        status = _status(each)
        if status is not None and status.started >= first:
            children.setdefault(status.parent, []).append(each)
    return children


def _all_below(first: Iterable[int], children: Mapping[int, list[int]]) -> list[int]:
    found: dict[int, None] = {}
    left = [*first]
    while left:
        number = left.pop()
        if number not in found:
            found[number] = None
            left += children.get(number, [])
    return [*found]


def _numbers() -> Iterator[int]:
    try:
        names = [path.name for path in _PROC.iterdir()]
    except OSError:
        return
    yield from (int(name) for name in names if name.isdecimal())


def _holds_lock(number: int, place: os.stat_result) -> bool:
    folder = _PROC / str(number)
    inode = f":{place.st_ino} "
    with contextlib.suppress(OSError):  # it has ended, or belongs to another user
        for described in (folder / "fdinfo").iterdir():
            facts = _read(described).splitlines()
            # lock: 1: FLOCK  ADVISORY  WRITE 359 fe:00:2146438 0 EOF
            locks = (line for line in facts if line.startswith("lock:") and "FLOCK" in line)
            # The device is another one than that of stat on some file systems. Looked at last,
            # because a file server may not answer.
            if any(inode in line for line in locks) and os.path.samestat(
                place, (folder / "fd" / described.name).stat()
            ):
                return True
    return False


def _look_at(number: int) -> Process | None:
    status = _status(number)
    if status is None or status.has_ended:
        return None
    try:
        words = _read(_PROC / str(number) / "cmdline").rstrip("\0").split("\0")
    except OSError:
        return None
    seconds = now() - status.started / os.sysconf("SC_CLK_TCK")
    return Process(number, tuple(words), max(seconds, 0.0))


def _status(number: int) -> _Status | None:
    try:
        # The name of the program, in parentheses, may itself contain parentheses and spaces.
        fields = _read(_PROC / str(number) / "stat").rpartition(")")[2].split()
        return _Status(
            has_ended=fields[0] in ("Z", "X"),
            parent=int(fields[1]),
            session=int(fields[3]),
            started=int(fields[19]),
        )
    except (OSError, ValueError, IndexError):
        return None


def _read(path: Path) -> str:
    return path.read_text("utf-8", "surrogateescape")
