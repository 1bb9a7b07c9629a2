"""A lock on an open file, which ends with the process that holds it (flock(2))."""


def lock(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file for as long as it is open.

    Args:
        wait: whether to wait until no other process holds the lock.

    Returns:
        Whether the file is locked now. False if another process holds the lock, on Windows, and on
        file systems without such locks.
    """
    try:
        import fcntl  # not on Windows

        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True
