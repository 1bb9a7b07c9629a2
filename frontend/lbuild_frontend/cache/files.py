"""The files and folders of the cache: made where damage is in their place; their errors.

An error of the operating system becomes a message that tells the user what to do.
"""

import contextlib
import errno
import os
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

from lbuild_frontend.cache import buckets
from lbuild_frontend.disk import atomic
from lbuild_frontend.errors import CacheError
from lbuild_keys.content import Content


def write(path: Path, content: bytes | Content) -> None:
    """Write a file so that it is there whole or not at all.

    Raises:
        OSError: if it cannot be written.
    """

    def make_place() -> None:
        make_folder(path.parent)
        if path.is_dir():  # damage: a folder in the place of a file
            atomic.remove(path)

    atomic.write(path, content, make_place)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, all of them private to the user.

    Raises:
        OSError: if it cannot be made.
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


def listing(folder: Path) -> list[str]:
    """List the names in a folder, sorted; none if it is missing, or not a folder."""
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def used_at(status: os.stat_result) -> int:
    """Return when something was last used, in nanoseconds since the epoch.

    A time in the future counts as 0: otherwise a clock that was wrong once would keep something
    longer than what was used after it.
    """
    return status.st_mtime_ns if status.st_mtime < time.time() + _DAY else 0


_DAY = 86_400
"""Seconds that the clock of a file server may be ahead."""


@contextlib.contextmanager
def explained_errors(place: Path) -> Iterator[None]:
    """Turn an error of the operating system into a message that tells the user what to do.

    Raises:
        LbuildError: for any OSError in the context.
    """
    try:
        yield
    except OSError as error:
        first = _first_remedy(place, error)
        message = (
            f"{place}: the cache cannot be used ({error.strerror or error}). {first} another with "
            "--cache-dir or LBUILD_CACHE_DIR, or build without one: --no-cache."
        )
        raise CacheError(message) from error


def _first_remedy(place: Path, error: OSError) -> str:
    """Return what would help before anything else, as the beginning of a sentence."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free space there (lbuild cache prune or clean), choose"
    is_denied = error.errno in (errno.EACCES, errno.EPERM) and os.name != "nt"
    # What is above the cache is not only the cache's: its owner and mode are left alone.
    if is_denied and os.path.exists(place):  # noqa: PTH110  what may not be looked at does not exist
        command = "chmod -R u+rwX"
        if place.stat().st_uid != os.geteuid():
            command = f"sudo chown -R {os.geteuid()}"
        return f"Run `{command} {shlex.quote(str(place))}`, choose"
    return "Choose"
