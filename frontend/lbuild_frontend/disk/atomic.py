"""Files are written whole or not at all, and removed whole or not at all.

What is being written, and what is being removed, has a temporary name beside its place. A process
that is killed leaves at most something with such a name.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from lbuild_frontend.disk import flock
from lbuild_keys.content import Content


def temporary_names(prefix: str) -> re.Pattern[str]:
    """The names of files that are being written, and of what is being removed."""
    return re.compile(rf"{re.escape(prefix)}[0-9a-f]{{16}}\.tmp")


TEMPORARY = temporary_names(".")


def write(
    path: Path,
    content: bytes | Content,
    make_folder: Callable[[], object],
    *,
    prefix: str = ".",
    mode: int = 0o600,
    locked: bool = False,
) -> None:
    """Write a file so that it is there whole or not at all.

    Args:
        make_folder: called before each attempt: another process may remove the folder while it is
            empty, or the temporary file as one that was left.
        prefix: of the temporary name.
        mode: permissions of the file, less those that the user masks (umask).
        locked: whether to hold a lock on the temporary file. With it ``remove_abandoned`` can tell
            the file from one that a killed process has left.

    Raises:
        OSError: if it cannot be written.
    """
    left = _ATTEMPTS
    while True:
        try:
            make_folder()
            with _temporary_file(path, prefix, mode, locked) as (temporary, file, is_locked):
                for piece in [content] if isinstance(content, bytes) else content.pieces():
                    file.write(piece)
                file.flush()
                if not is_locked:
                    file.close()  # Windows does not rename what is open
                temporary.replace(path)
        except FileNotFoundError:
            left -= 1
            if not left:
                raise
        else:
            return


_ATTEMPTS = 3


@contextlib.contextmanager
def _temporary_file(
    path: Path, prefix: str, mode: int, locked: bool
) -> Iterator[tuple[Path, BinaryIO, bool]]:
    """Make a temporary file beside a path; remove it if the context fails.

    The context is its path, the open file, and whether that is locked.
    """
    while True:
        temporary = _temporary_beside(path, prefix)
        try:
            with os.fdopen(os.open(temporary, _CREATE, mode), "wb") as file:
                is_locked = locked and flock.lock(file.fileno(), wait=True)
                # Before it was locked another process may have taken it for one that was left.
                if not is_locked or os.path.lexists(temporary):
                    yield temporary, file, is_locked
                    return
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise


_CREATE: int = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def remove(path: Path) -> bool:
    """Remove a file, or a folder with all that is in it; return whether all of it is gone.

    A folder is renamed first, so that no process finds it half removed. Of a link, the link is
    removed, and not what it leads to.
    """
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
            return True
        aside = set_aside(path)
    except OSError:
        return not os.path.lexists(path)
    shutil.rmtree(aside, ignore_errors=True)
    if aside.is_dir():  # nothing can be removed from a read-only folder
        _make_writable(aside)
        shutil.rmtree(aside, ignore_errors=True)
    return not os.path.lexists(aside)


def set_aside(folder: Path) -> Path:
    """Give a folder a temporary name, by which it can be removed later; return that path.

    Raises:
        OSError: if it cannot be renamed.
    """
    if TEMPORARY.fullmatch(folder.name):
        return folder
    return folder.rename(_temporary_beside(folder, "."))


def _make_writable(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                _make_writable(path)


def _temporary_beside(path: Path, prefix: str) -> Path:
    return path.with_name(f"{prefix}{os.urandom(8).hex()}.tmp")
