"""Locks between lbuild processes: on files of the cache, and on the folder of a project."""

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.disk import atomic, flock
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

PAUSE = 0.05
"""Seconds between two attempts."""


@contextlib.contextmanager
def lock(path: Path, what: str, tell: Callable[[str], None]) -> Iterator[int | None]:
    """Hold a lock as long as the context lasts. It ends with the process in any case.

    The context is a descriptor, where the system has one. A process that inherits it keeps the lock
    if this one is killed; otherwise the lock is free after the context (flock(2)).

    Args:
        path: of the lock file, in a folder of the cache's.
        what: the other process that may hold it, for messages.
        tell: called with a message after waiting for a second, and from time to time after that.

    Raises:
        LbuildError: if the lock file cannot be made, or was held for too long.
    """
    wait = _Wait(path, what, what, tell)
    with cache_files.explained_errors(path):
        cache_files.make_folder(path.parent)
        if path.is_dir():  # damage
            atomic.remove(path)
        while (held := _try(path)) is None:
            if (pause := wait.next_pause()) <= 0:
                wait.report()
            time.sleep(min(pause, PAUSE))
    try:
        yield held.descriptor
    finally:
        held.release()


@contextlib.contextmanager
def lock_folder(folder: Path, what: str, tell: Callable[[str], None]) -> Iterator[int | None]:
    """Hold a lock on a folder itself, whatever its path and the cache that is used with it.

    The context is a descriptor, as of ``lock``; None where folders cannot be locked: on Windows,
    and on file systems without flock(2).

    Args:
        what: see ``lock``, and so with ``tell``.

    Raises:
        LbuildError: if it was held for too long.
    """
    wait = _Wait(folder, what, f"{what}, or a hook that it left running", tell)
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        yield None
        return
    try:
        while not flock.try_lock(descriptor):
            if wait.next_pause() <= 0:
                wait.report()
            time.sleep(PAUSE)
    except OSError:
        os.close(descriptor)
        yield None
        return
    except BaseException:
        os.close(descriptor)
        raise
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a process holds a lock; a lock file that no process holds is removed."""
    try:
        held = _try(path)
    except OSError:
        return os.path.lexists(path)
    if held is None:
        return True
    held.release()
    return False


class _Held:
    """A lock file that this process has locked."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path, self.descriptor = path, descriptor

    def release(self) -> None:
        # While it is held: a process that waits for it sees that it is gone, and makes a new file.
        # Not the file of another process, made after this one was removed.
        with contextlib.suppress(OSError):
            if flock.is_at(self.descriptor, self._path):
                self._path.unlink()
        os.close(self.descriptor)


class _HeldOnWindows:
    """The same on Windows, where the library removes the file, after closing it."""

    descriptor = None

    def __init__(self, held: "filelock.BaseFileLock") -> None:
        self._held = held

    def release(self) -> None:
        self._held.release()


def _try(path: Path) -> _Held | _HeldOnWindows | None:
    """Lock a lock file; return None if another process holds the lock.

    Raises:
        OSError: if it cannot be made or locked.
    """
    if os.name != "nt":
        descriptor = flock.try_lock_file(path)
        return None if descriptor is None else _Held(path, descriptor)
    import filelock

    held = filelock.FileLock(path, mode=0o600)
    try:
        held.acquire(blocking=False)
    except filelock.Timeout:
        return None
    return _HeldOnWindows(held)


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

        Raises:
            LbuildError: if it was too long.
        """
        waited = time.monotonic() - self._started
        holder = self._holder()
        is_over = self._next >= self._timeout
        if not self._has_told:
            self._has_told = True
            self._tell(f"waiting for {holder}")
        elif not is_over:
            self._tell(f"waiting for {waited:.0f} s already, for {holder}")
        if is_over:
            raise Busy(
                f"gave up after waiting {self._timeout:g} s for {holder}. Try again when it has "
                f"ended, stop it if it hangs, or set {_TIMEOUT_VARIABLE} to more seconds."
            )
        self._next = min(waited + _AGAIN, self._timeout)

    def _holder(self) -> str:
        from lbuild_frontend.cache import lock_holder  # few wait

        try:
            place = self._place.stat()
        except OSError:
            return self._otherwise
        return lock_holder.describe(place, self._what, self._otherwise)


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
