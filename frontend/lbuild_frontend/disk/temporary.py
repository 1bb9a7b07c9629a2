"""Temporary folders, and what killed processes have left.

A process that uses a temporary folder holds a lock on it, which ends with the process, however that
ends. On Windows, and on file systems without such locks (``flock``), what was left stays.
"""

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lbuild_frontend.disk import flock

FOLDER = re.compile(r"lbuild-(cache|env|hook|result)-[a-z0-9_]{8}")
"""The names of folders."""


@contextlib.contextmanager
def folder(purpose: str) -> Iterator[Path]:
    """Make a folder, which is removed after the context.

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
            # Before it was locked another process may have taken it for one that was left.
            if os.path.lexists(path):
                yield Path(path)
                return


def find_abandoned(place: Path, names: re.Pattern[str]) -> list[tuple[Path, int]]:
    """Find what ``remove_abandoned`` would remove; return the paths, and their bytes."""
    return [(path, _size(path)) for path in _locked_and_abandoned(place, names)]


def remove_abandoned(place: Path, names: re.Pattern[str]) -> tuple[int, int]:
    """Remove files and folders that killed processes of this user have left.

    Args:
        place: the folder in which to look.
        names: of what to remove.

    Returns:
        How many were removed, and their bytes.
    """
    count = size = 0
    for path in _locked_and_abandoned(place, names):
        with contextlib.suppress(OSError):
            held = _size(path)
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            count, size = count + 1, size + held
    return count, size


def _locked_and_abandoned(place: Path, names: re.Pattern[str]) -> Iterator[Path]:
    """Yield what killed processes of this user have left; it is locked until the next step."""
    for path in place.iterdir() if os.name != "nt" else ():
        with contextlib.suppress(OSError):
            if not names.fullmatch(path.name) or path.lstat().st_uid != os.geteuid():
                continue
            with _locked(path, wait=False) as is_abandoned:
                if is_abandoned:
                    yield path


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder, as the inventory of a cache does."""
    size = 0
    for each in (path, *path.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            status = each.lstat()
            size += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return size


@contextlib.contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock on a file or folder, if possible; the context is whether it is held."""
    with contextlib.ExitStack() as stack:
        try:
            descriptor = os.open(path, _LOOK)
        except OSError:
            yield False
        else:
            stack.callback(os.close, descriptor)
            yield flock.lock(descriptor, wait=wait)


# Not through a link; and opening a pipe would wait for its other end.
_LOOK: int = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
