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
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.disk import flock

FOLDER = re.compile(r"lbuild-(cache|env|hook|install|members|result|sdist|wheels)-[a-z0-9_]{8}")
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
            with _choosing:
                path = Path(tempfile.mkdtemp(prefix=f"lbuild-{purpose}-"))
        with _locked(path, wait=True) as lock:
            # Before it was locked another process may have taken it for one that was left.
            if lock.is_at(path):
                try:
                    yield path
                finally:
                    _remove(path, lock)
                return


def is_for(purpose: str, path: Path) -> bool:
    """Whether a path is one that ``folder`` gives a folder for a purpose."""
    found = FOLDER.fullmatch(path.name)
    return found is not None and found[1] == purpose


_ATTEMPTS = 100
"""How many names are tried. They may belong to another user, who can guess them."""


def _path(purpose: str, used_for: Path, number: int) -> Path:
    digest = hashlib.sha256(os.fsencode(used_for) + b"\0%d" % number).hexdigest()
    return Path(_place(used_for), f"lbuild-{purpose}-{digest[:8]}")


def _place(used_for: Path) -> Path:
    """Return where to make a folder: outside of what it is used for, whose content may be listed.

    ``TMPDIR`` may be in a project.
    """
    with _choosing:
        usual = Path(tempfile.gettempdir())
    if not _is_in(used_for, usual):
        return usual
    others = (Path(place) for place in _OTHER_PLACES)
    return next((one for one in others if _is_usable(one, used_for)), usual)


_OTHER_PLACES = ("/tmp", "/var/tmp", "/usr/tmp")  # noqa: S108  where tempfile looks as well


def _is_usable(place: Path, used_for: Path) -> bool:
    there = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    return there and not _is_in(used_for, place)


def _is_in(project: Path, place: Path) -> bool:
    return place.resolve().is_relative_to(project)


@contextlib.contextmanager
def nothing_in(project: Path) -> Iterator[None]:
    """Let other code make its temporary files elsewhere, if it would make them in a project.

    That is so for the whole process, so other threads wait with theirs: let it be short.
    """
    with _choosing:
        usual = tempfile.gettempdir()
        tempfile.tempdir = os.fspath(_place(project))
        try:
            yield
        finally:
            tempfile.tempdir = usual


_choosing = threading.RLock()
"""Held while code depends on where ``tempfile`` makes what is temporary."""


def _made(path: Path, *, alone: bool) -> Path | None:
    """Make a folder, for this user only; None if there is something that cannot be removed.

    Nothing that exists is used: another user may have put it there.
    """
    if alone:
        with _locked_if_abandoned(path) as lock:
            if lock is not None:
                _remove(path, lock)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return None
    return path


def _remove(folder: Path, lock: "_Lock") -> None:
    shutil.rmtree(folder, ignore_errors=True)
    # Nothing can be removed from a read-only folder. What is there may also be another one: as soon
    # as this one is gone, another process may make its own with that name.
    if lock.is_at(folder):
        for top, names, _ in os.walk(folder):
            for path in (Path(top, name) for name in names):
                if not path.is_symlink():
                    with contextlib.suppress(OSError):
                        path.chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)


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
    for path in place.iterdir():
        if names.fullmatch(path.name):
            with _locked_if_abandoned(path) as lock:
                if lock is not None:
                    yield path


@contextlib.contextmanager
def _locked_if_abandoned(path: Path) -> Iterator["_Lock | None"]:
    """Hold the lock on what a killed process of this user has left; None if it is not.

    On Windows, and where there are no locks, it never is.
    """
    with _locked(path, wait=False) as lock:
        own = lock.is_held and os.fstat(lock.descriptor or 0).st_uid == os.geteuid()
        yield lock if own and lock.is_at(path) else None


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder, as the inventory of a cache does."""
    size = 0
    for each in (path, *path.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            status = each.lstat()
            size += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return size


class _Lock(NamedTuple):
    """An open file or folder; no descriptor if it could not be opened."""

    descriptor: int | None
    is_held: bool
    was_missing: bool = False

    def is_at(self, path: Path) -> bool:
        """Whether it is still what is at a path; if it could not be opened, whether anything is.

        What was missing is at no path: what is there now was made by another process.
        """
        try:
            there = path.lstat()
        except OSError:
            return False
        if self.descriptor is None:
            return not self.was_missing
        return os.path.samestat(os.fstat(self.descriptor), there)


@contextlib.contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[_Lock]:
    """Hold the lock on a file or folder, if possible."""
    with contextlib.ExitStack() as stack:
        try:
            descriptor = os.open(path, _LOOK)
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            yield _Lock(None, is_held=False, was_missing=missing)
        else:
            stack.callback(os.close, descriptor)
            yield _Lock(descriptor, flock.lock(descriptor, wait=wait))


# Not through a link; and opening a pipe would wait for its other end.
_LOOK: int = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
