"""Temporary folders and files, and those that processes which were killed have left.

Who has one holds a lock on it (flock(2)): that goes with the process, whatever ends it. On Windows,
and on file systems without such locks, what was left stays.
"""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

FOLDER = re.compile(r"lbuild-(cache|env|hook|result)-[a-z0-9_]{8}")
"""The names of folders."""


@contextlib.contextmanager
def folder(purpose: str) -> Iterator[Path]:
    """Have a folder of one's own as long as the context lasts.

    Args:
        purpose: one of those in ``FOLDER``.

    Raises:
        OSError: if it cannot be made.
    """
    name = f"lbuild-{purpose}-"
    while True:
        with (
            tempfile.TemporaryDirectory(prefix=name, ignore_cleanup_errors=True) as path,
            _locked(Path(path), wait=True),
        ):
            # Before it was locked somebody may have taken it for one that was left.
            if os.path.lexists(path):
                yield Path(path)
                return


@contextlib.contextmanager
def file(path: Path) -> Iterator[None]:
    """Make a file, which is gone after the context, unless it was renamed.

    Raises:
        OSError: if it cannot be made, or there is one.
    """
    while True:
        path.touch(exist_ok=False)
        try:
            with _locked(path, wait=True):
                if os.path.lexists(path):  # likewise
                    yield
                    return
        finally:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def remove_abandoned(place: Path, names: re.Pattern[str]) -> tuple[int, int]:
    """Remove what this user's processes have left that are no more; return how many, and bytes."""
    count = size = 0
    for path in place.iterdir() if os.name != "nt" else ():
        with contextlib.suppress(OSError):
            if not names.fullmatch(path.name) or path.lstat().st_uid != os.geteuid():
                continue
            with _locked(path, wait=False) as is_abandoned:
                if is_abandoned:
                    held = sum(each.lstat().st_size for each in (path, *path.rglob("*")))
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                    count, size = count + 1, size + held
    return count, size


@contextlib.contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock on something, if that is possible; whether it is."""
    with contextlib.ExitStack() as stack:
        try:
            import fcntl

            # A pipe would keep who opens it waiting.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (ImportError, OSError):
            yield False
        else:
            yield True
