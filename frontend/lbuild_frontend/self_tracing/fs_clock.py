"""What the clock of a file system says: what is changed later there gets no earlier time stamp.

The clock of a file system goes in steps, of 4 ms for example. Two edits in one step have the same
time stamp, so a stat signature taken between them does not prove that the second one did not
happen. But if the clock says more than the time stamps in a signature before a file is looked at,
each later edit gets another one. From Linux 6.13 on, most file systems use a finer clock for a file
whose time stamp was asked for. How fine it is need not be known: a file is written there.
"""

import os
import time
from typing import NamedTuple

from lbuild_frontend import replay
from lbuild_keys.observe.files import GRANULARITY

_LOCAL = frozenset(
    {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"}
)
"""File systems whose time stamps come from the clock of this kernel, and are looked up there.

Others can have the clock of a server, or answer with what they knew a moment ago.
"""


class Reading(NamedTuple):
    """What the clock of a file system said.

    Attributes:
        device: the file system, as ``st_dev`` of what is on it.
        now: in nanoseconds since the epoch.
    """

    device: int
    now: int


class Began(NamedTuple):
    """When something began that looked at files.

    Attributes:
        at: in nanoseconds since the epoch.
        clock: what the clock of a file system said before that; None if it is not known.
    """

    at: int
    clock: Reading | None

    def is_after(self, status: os.stat_result) -> bool:
        """Whether each later change of a file gives it a later time stamp than it has."""
        changed = max(status.st_mtime_ns, status.st_ctime_ns)
        if changed + GRANULARITY < self.at:
            return True
        clock = self.clock
        return clock is not None and status.st_dev == clock.device and changed < clock.now


def begin(cache: str | None, patience: float = 0.0) -> Began:
    """Return when something begins that looks at files: now.

    Args:
        cache: the folder of a cache, if there is one; the clock of its file system is read.
        patience: how many seconds to wait until that clock has gone on.
    """
    clock = None if cache is None else _read(cache, patience)
    return Began(time.time_ns(), clock)


def _read(cache: str, patience: float) -> Reading | None:
    """Read the clock of the file system that a cache is on; None if that cannot be relied on."""
    try:
        if _type_at(os.path.realpath(cache)) not in _LOCAL:
            return None
        descriptor = _open_nameless(f"{cache}/{replay.BUCKET}")
        try:
            return _written(descriptor, time.monotonic() + patience)
        finally:
            os.close(descriptor)
    except (OSError, ValueError, IndexError):
        return None


def _open_nameless(folder: str) -> int:
    """Open a new file that has no name, or that has lost it; return its descriptor."""
    try:
        return os.open(folder, os.O_WRONLY | _NAMELESS, 0o600)
    except OSError:  # a file system, or a kernel, without such files
        # The name is one of files that are being written, in case this process is killed.
        path = f"{folder}/.{os.urandom(8).hex()}.tmp"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.unlink(path)
        return descriptor


_NAMELESS: int = getattr(os, "O_TMPFILE", 0)


def _written(descriptor: int, until: float) -> Reading:
    """Write to a file until its time stamp is a later one."""
    first = os.fstat(descriptor)
    while True:
        os.write(descriptor, b".")
        now = os.fstat(descriptor).st_ctime_ns
        if now > first.st_ctime_ns or time.monotonic() >= until:
            return Reading(first.st_dev, now)
        time.sleep(_STEP)


_STEP = 0.0005


def _type_at(path: str) -> str | None:
    """Return the type of the file system that a path is on (proc_pid_mountinfo(5))."""
    longest, found = 0, None
    inside = os.fsencode(path) + b"/"
    with open("/proc/self/mountinfo", "rb") as mounts:
        for line in mounts:
            place = line.split(b" ", 5)[4]
            if b"\\" in place:
                place = place.decode("unicode_escape").encode("latin-1")
            if len(place) >= longest and (place == b"/" or inside.startswith(place + b"/")):
                fields = line.split(b" ")
                longest, found = len(place), os.fsdecode(fields[fields.index(b"-", 6) + 1])
    return found
