"""Locks between lbuild processes: on files of the cache, and on the folder of a project."""

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.disk import atomic
from lbuild_frontend.errors import Busy, LbuildError

if TYPE_CHECKING:
    import filelock

_PATIENCE = 1.0
"""Seconds to wait for a lock before the user is told."""

_AGAIN = 30.0
"""Seconds after which the user is told again."""

_TIMEOUT_VARIABLE = "LBUILD_LOCK_TIMEOUT"
_TIMEOUT = 300.0
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")

_PAUSE = 0.05
"""Seconds between two attempts to lock a folder."""


class Held(NamedTuple):
    """A lock that this process holds.

    Attributes:
        descriptor: where the system has one. A process that inherits it keeps the lock if this one
            is killed; otherwise the lock is free after the context (flock(2)).
        has_waited: whether another process held the lock until now.
    """

    descriptor: int | None
    has_waited: bool


@contextlib.contextmanager
def lock(path: Path, what: str, tell: Callable[[str], None]) -> Iterator[Held]:
    """Hold a lock as long as the context lasts. It ends with the process in any case.

    Args:
        path: of the lock file, in a folder of the cache's.
        what: the other process that may hold it, for messages.
        tell: called with a message after waiting for a second, and from time to time after that.

    Raises:
        LbuildError: if the lock file cannot be made, or was held for too long.
    """
    import filelock  # a hit does not need it

    wait = _Wait(path, what, what, tell)
    descriptors: list[int] = []
    held = filelock.FileLock(path, mode=0o600, on_acquired=descriptors.append)
    with cache_files.explained_errors(path):
        cache_files.make_folder(path.parent)
        if path.is_dir():  # damage
            atomic.remove(path)
        has_waited = False
        while True:
            try:
                held.acquire(timeout=wait.next_pause(), blocking=has_waited)
                break
            except filelock.Timeout:
                if has_waited:
                    wait.report()
                has_waited = True
    try:
        yield Held(descriptors[-1] if descriptors else None, has_waited)
    finally:
        _release(held, path, descriptors)


@contextlib.contextmanager
def lock_folder(folder: Path, what: str, tell: Callable[[str], None]) -> Iterator[Held]:
    """Hold a lock on a folder itself, whatever its path and the cache that is used with it.

    There is no descriptor where folders cannot be locked: on Windows, and on file systems without
    flock(2).

    Args:
        what: see ``lock``, and so with ``tell``.

    Raises:
        LbuildError: if it was held for too long.
    """
    import filelock

    wait = _Wait(folder, what, f"{what}, or a hook that it left running", tell)
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        yield Held(None, has_waited=False)
        return
    has_waited = False
    try:
        while not filelock.lock_descriptor(descriptor, blocking=False):
            has_waited = True
            if wait.next_pause() <= 0:
                wait.report()
            time.sleep(_PAUSE)
    except OSError:
        os.close(descriptor)
        yield Held(None, has_waited)
        return
    except BaseException:
        os.close(descriptor)
        raise
    try:
        yield Held(descriptor, has_waited)
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a process holds a lock; a lock file that no process holds is removed."""
    import filelock

    descriptors: list[int] = []
    held = filelock.FileLock(path, mode=0o600, on_acquired=descriptors.append)
    try:
        held.acquire(blocking=False)
    except filelock.Timeout:
        return True
    except OSError:
        return os.path.lexists(path)
    _release(held, path, descriptors)
    return False


def _release(held: "filelock.BaseFileLock", path: Path, descriptors: Sequence[int]) -> None:
    if os.name != "nt":  # there the library removes it, after closing it
        # While it is held: a process that waits for it sees that it is gone, and makes a new file.
        with contextlib.suppress(OSError):
            # Not the file of another process, made after this one was removed.
            if any(os.path.samestat(os.fstat(each), path.stat()) for each in descriptors):
                path.unlink()
    held.release()


class _Wait:
    """Waiting for a lock: when the user is told what for, and when it was too long."""

    def __init__(self, place: Path, what: str, otherwise: str, tell: Callable[[str], None]) -> None:
        """Begin to wait.

        Args:
            place: what is locked.
            what: see ``lock``, and so with ``tell``.
            otherwise: what to call the holder if nothing is known of its process.
        """
        self._place, self._what, self._otherwise, self._tell = place, what, otherwise, tell
        self._timeout = _timeout(os.environ)
        self._started = time.monotonic()
        self._next = min(_PATIENCE, self._timeout)
        self._has_told = False

    def next_pause(self) -> float:
        """Return the seconds until ``report`` has something to do."""
        return max(self._next - (time.monotonic() - self._started), 0)

    def report(self) -> None:
        """Tell the user what is waited for, and from the second time on how long that was.

        Not if that is a project of this command: it has a line of its own.

        Raises:
            LbuildError: if it was too long.
        """
        from lbuild_frontend.cache import lock_holder  # few wait

        waited = time.monotonic() - self._started
        holder, is_own = lock_holder.describe(self._place, self._what, self._otherwise)
        is_over = self._next >= self._timeout
        if not self._has_told and not is_own:
            self._has_told = True
            self._tell(f"waiting for {holder}")
        elif not is_over and not is_own:
            self._tell(f"waiting for {waited:.0f} s already, for {holder}")
        if is_over:
            raise Busy(
                f"gave up after waiting {self._timeout:g} s for {holder}. Try again when it has "
                f"ended, stop it if it hangs, or set {_TIMEOUT_VARIABLE} to more seconds."
            )
        self._next = min(waited + _AGAIN, self._timeout)


def _timeout(environ: Mapping[str, str]) -> float:
    """Return the seconds to wait for a lock.

    Raises:
        LbuildError: if the variable has another value.
    """
    text = environ.get(_TIMEOUT_VARIABLE) or f"{_TIMEOUT}"
    if not _NUMBER.fullmatch(text):
        message = (
            f"{_TIMEOUT_VARIABLE}: {text!r} is not a number of seconds. Write for example 600."
        )
        raise LbuildError(message)
    return float(text)
