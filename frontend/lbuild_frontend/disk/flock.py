"""Locks on open files, which end with the process that holds them (flock(2)).

On Windows there are none. filelock would do for other systems what this does, with three times the
imports of all that a rebuild locks for.
"""

import errno
import os
from pathlib import Path


def lock(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file for as long as it is open.

    Args:
        wait: whether to wait until no other process holds the lock.

    Returns:
        Whether the file is locked now. False if another process holds the lock, on Windows, and on
        file systems without such locks.
    """
    try:
        return _lock(descriptor, wait=wait)
    except OSError:
        return False


def try_lock(descriptor: int) -> bool:
    """Lock an open file, unless another process holds the lock; return whether it is locked now.

    Raises:
        OSError: on Windows, and on file systems without such locks.
    """
    try:
        return _lock(descriptor, wait=False)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return False
        raise


def try_lock_file(path: Path) -> int | None:
    """Make and lock a file that processes remove while they hold the lock.

    Returns:
        A descriptor; the lock is held as long as it is open, here or in a process that inherited
        it. None if another process holds the lock.

    Raises:
        OSError: if the file cannot be made or locked.
    """
    while True:
        # Not to wait if it is a pipe, nor to follow a link: both are damage.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW, 0o600)
        try:
            if not try_lock(descriptor):
                os.close(descriptor)
                return None
            if is_at(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        # The process that held it has removed it since it was opened here.
        os.close(descriptor)


def is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is the one that has a path now."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _lock(descriptor: int, *, wait: bool) -> bool:
    try:
        import fcntl  # not on Windows
    except ImportError:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None
    fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True
