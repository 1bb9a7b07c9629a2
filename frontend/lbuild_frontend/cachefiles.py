"""The files of the cache: written whole or not at all, locked, and what goes wrong with them."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from lbuild_frontend.errors import LbuildError

_PATIENCE = 1.0
"""Seconds that a lock is waited for before the user is told."""


def write(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.urandom(8).hex()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        if path.is_dir():  # damage: a folder in the place of a file
            shutil.rmtree(path)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


_BINARY: int = getattr(os, "O_BINARY", 0)


def write_once(path: Path, content: bytes) -> bytes:
    """Write a file unless it is there; return what it holds, whoever was first."""
    first = path.with_name(f".{os.urandom(8).hex()}.tmp")
    if not path.exists():
        write(first, content)
        try:
            os.link(first, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links: the last one wins
            write(path, content)
        finally:
            first.unlink()
    return path.read_bytes()


def listing(folder: Path) -> list[str]:
    """The names in a folder, sorted; none if it is missing."""
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []


@contextlib.contextmanager
def errors(place: Path) -> Iterator[None]:
    """Turn an error of the operating system into a message that says what to do."""
    try:
        yield
    except OSError as error:
        message = (
            f"{place}: the cache cannot be used ({error.strerror or error}). Make the folder "
            "yours, name another with --cache-dir or LBUILD_CACHE_DIR, or do without: --no-cache."
        )
        raise LbuildError(message) from error


@contextlib.contextmanager
def lock(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock as long as the context lasts. That of a process that died holds nobody up.

    Args:
        path: of the lock file, in a folder of the cache's.
        waiting: called once if another process holds the lock for longer than a second.

    Raises:
        LbuildError: if the lock file cannot be made.
    """
    import filelock  # which a hit does not need

    held = filelock.FileLock(path)
    with errors(path):
        path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            held.acquire(timeout=_PATIENCE)
        except filelock.Timeout:
            waiting()
            held.acquire()
    try:
        yield
    finally:
        if os.name != "nt":  # there the library removes it, for it must be closed first
            # While it is held: who waits for it sees that it is gone, and makes a new one.
            with contextlib.suppress(OSError):
                path.unlink()
        held.release()
