"""Temporary folders, and what killed processes have left.

A process that uses a temporary folder holds a lock on it, which ends with the process, however that
ends. On Windows, and on file systems without such locks (``flock``), what was left stays.
"""

import contextlib
import hashlib
import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lbuild_frontend.disk import flock

FOLDER = re.compile(r"lbuild-(cache|env|hook|result)-[a-z0-9_]{8}")
"""The names of folders."""


@contextlib.contextmanager
def folder(purpose: str, used_for: Path | None = None, *, alone: bool = False) -> Iterator[Path]:
    """Make a folder, which is removed after the context.

    Args:
        purpose: one of those in ``FOLDER``.
        used_for: a folder by which the new one is named, so that it has the same name each time:
            compilers write the names of their folders into what they make. None for a random name.
        alone: whether no other process uses a folder for the same, also none that a killed one has
            left running. Then one that was left is removed.

    Raises:
        OSError: if it cannot be made.
    """
    for number in itertools.count():
        path = None
        if used_for is not None and number < _ATTEMPTS:
            path = _made(_path(purpose, used_for, number), alone=alone)
            if path is None:
                continue
        if path is None:
            path = Path(tempfile.mkdtemp(prefix=f"lbuild-{purpose}-"))
        with _locked(path, wait=True) as lock:
            # Before it was locked another process may have taken it for one that was left.
            if lock.is_at(path):
                try:
                    yield path
                finally:
                    _remove(path)
                return


_ATTEMPTS = 100
"""How many names are tried. They may belong to another user, who can guess them."""


def _path(purpose: str, used_for: Path, number: int) -> Path:
    digest = hashlib.sha256(os.fsencode(used_for) + b"\0%d" % number).hexdigest()
    return Path(tempfile.gettempdir(), f"lbuild-{purpose}-{digest[:8]}")


def _made(path: Path, *, alone: bool) -> Path | None:
    """Make a folder, for this user only; None if there is something that cannot be removed.

    Nothing that exists is used: another user may have put it there.
    """
    if alone:
        with contextlib.suppress(OSError):
            _remove_if_abandoned(path)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return None
    return path


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if folder.is_dir():  # nothing can be removed from a read-only folder
        for top, names, _ in os.walk(folder):
            for path in (Path(top, name) for name in names):
                if not path.is_symlink():
                    path.chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(place: Path, names: re.Pattern[str]) -> tuple[int, int]:
    """Remove files and folders that killed processes of this user have left.

    Args:
        place: the folder in which to look.
        names: of what to remove.

    Returns:
        How many were removed, and their bytes.
    """
    count = size = 0
    for path in place.iterdir() if os.name != "nt" else ():
        with contextlib.suppress(OSError):
            held = _remove_if_abandoned(path) if names.fullmatch(path.name) else None
            if held is not None:
                count, size = count + 1, size + held
    return count, size


def _remove_if_abandoned(path: Path) -> int | None:
    """Remove what a killed process of this user has left.

    Returns:
        How many bytes it had; None if it is still there.

    Raises:
        OSError: if it is not there, or cannot be removed.
    """
    if os.name == "nt" or path.lstat().st_uid != os.geteuid():
        return None
    with _locked(path, wait=False) as lock:
        if not lock.is_held or not lock.is_at(path):
            return None
        held = sum(each.lstat().st_size for each in (path, *path.rglob("*")))
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return held


@dataclass(frozen=True, slots=True)
class _Lock:
    """An open file or folder; no descriptor if it could not be opened."""

    descriptor: int | None
    is_held: bool

    def is_at(self, path: Path) -> bool:
        """Whether it is still what is at a path; if it could not be opened, whether anything is."""
        try:
            there = path.lstat()
        except OSError:
            return False
        return self.descriptor is None or os.path.samestat(os.fstat(self.descriptor), there)


@contextlib.contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[_Lock]:
    """Hold the lock on a file or folder, if possible."""
    with contextlib.ExitStack() as stack:
        try:
            descriptor = os.open(path, _LOOK)
        except OSError:
            yield _Lock(None, is_held=False)
        else:
            stack.callback(os.close, descriptor)
            yield _Lock(descriptor, flock.lock(descriptor, wait=wait))


# Not through a link; and opening a pipe would wait for its other end.
_LOOK: int = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
