"""The files of the cache: written whole or not at all, removed; what can go wrong then."""

import contextlib
import errno
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from lbuild_frontend.cache import buckets
from lbuild_frontend.errors import LbuildError

TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.tmp")
"""The names of files that are being written, and of what is being removed."""


def write(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    Raises:
        OSError: if that cannot be.
    """
    for last in (False, False, True):
        temporary = _temporary_beside(path)
        try:
            make_folder(path.parent)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            if path.is_dir():  # damage: a folder in the place of a file
                remove(path)
            temporary.replace(path)
        except FileNotFoundError:  # another process cleans up, and took it for a leftover
            if last:
                raise
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        else:
            return


_BINARY: int = getattr(os, "O_BINARY", 0)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, all of them private to the user.

    Raises:
        OSError: if that cannot be.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        if not _is_in_cache(folder):
            raise
        folder.unlink()  # damage: a file in the place of a folder
        folder.mkdir(mode=0o700, exist_ok=True)


def _is_in_cache(path: Path) -> bool:
    places = [place for place in (path, *path.parents) if buckets.parse_name(place.name)]
    return any((bucket.parent / buckets.TAG).is_file() for bucket in places)


def remove(path: Path) -> bool:
    """Remove a file, or a folder with all that is in it; return whether all of it is gone.

    A folder gets another name first: from then on nobody finds the half of it. Of a link, that is
    what is removed.
    """
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
            return True
        aside = set_aside(path)
    except OSError:
        return not os.path.lexists(path)
    shutil.rmtree(aside, ignore_errors=True)
    if aside.is_dir():  # from a read-only folder nothing can be removed
        _make_writable(aside)
        shutil.rmtree(aside, ignore_errors=True)
    return not os.path.lexists(aside)


def set_aside(folder: Path) -> Path:
    """Give a folder a temporary name, by which it can be removed later; return that.

    Raises:
        OSError: if that cannot be.
    """
    if TEMPORARY.fullmatch(folder.name):
        return folder
    return folder.rename(_temporary_beside(folder))


def _make_writable(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                _make_writable(path)


def _temporary_beside(path: Path) -> Path:
    return path.with_name(f".{os.urandom(8).hex()}.tmp")


def listing(folder: Path) -> list[str]:
    """The names in a folder, sorted; none if it is missing, or no folder."""
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def used_at(status: os.stat_result) -> int:
    """When something was last used, in nanoseconds since the epoch; never, if in the future.

    A clock that was ahead once would keep it longer than what was used since.
    """
    return status.st_mtime_ns if status.st_mtime < time.time() + _DAY else 0


_DAY = 86_400
"""Seconds that the clock of a file server may be ahead."""


@contextlib.contextmanager
def errors(place: Path) -> Iterator[None]:
    """Turn an error of the operating system into a message that says what to do."""
    try:
        yield
    except OSError as error:
        first = _FIRST.get(error.errno or 0, "Name")
        message = (
            f"{place}: the cache cannot be used ({error.strerror or error}). {first} another with "
            "--cache-dir or LBUILD_CACHE_DIR, or build without one: --no-cache."
        )
        raise LbuildError(message) from error


_ROOM = "Make room there (lbuild cache prune or clean), name"
_OWN = "Make the folder yours, name"
_FIRST = {errno.ENOSPC: _ROOM, errno.EDQUOT: _ROOM, errno.EACCES: _OWN, errno.EPERM: _OWN}
"""What to do first, where that would help."""
