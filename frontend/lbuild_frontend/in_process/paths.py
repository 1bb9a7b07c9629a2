"""Paths that the hook uses, looked at by the recorder itself: no event, and no record of that."""

import os
import stat
from os import lstat as _lstat
from os import readlink as _readlink
from os import stat as _stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SEPARATOR = os.sep
UP = f"{os.sep}.."
"""In each path that may lead out of the folder it begins with."""

OWN_VIEW = ("/proc/self/", "/proc/thread-self/", "/dev/fd/")
"""Where Linux shows each process its own current folder and open files."""


def text_of(path: "Any") -> "str | None":
    """Return a path as text; None if it is not a path, for example a descriptor."""
    if isinstance(path, str):
        return path
    if isinstance(path, int):
        return None
    if isinstance(path, (bytearray, memoryview)):
        path = bytes(path)
    try:
        return os.fsdecode(path)
    except (TypeError, UnicodeError):
        return None  # the function that was called with it will fail


def stays_below(path: "Any") -> bool:
    """Whether a path leads to something in the folder that it is relative to."""
    return type(path) is str and path[:1] not in ("", os.sep) and ".." not in path


def folders_above(project: str) -> "frozenset[str]":
    """Return the folders above a project; each also with a separator at its end."""
    above: set[str] = set()
    folder = project.rstrip(os.sep)
    while folder and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
        above |= {folder, os.path.join(folder, "")}
    return frozenset(above)


def files_below(folder: str) -> "Iterator[str]":
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if stat.S_ISDIR(_lstat(path).st_mode):
            yield from files_below(path)
        else:
            yield path


def resolved(path: str) -> str:
    """Resolve the links in a path, as ``os.path.realpath``, which would be recorded itself."""
    done, parts, links = os.sep, path.split(os.sep), 0
    while parts:
        part = parts.pop(0)
        if part == "..":
            done = os.path.dirname(done)
        elif part not in ("", "."):
            step = os.path.join(done, part)
            try:
                target = _readlink(step)
            except (OSError, ValueError):
                done = step
                continue
            links += 1
            if links > 40:  # they lead in a circle
                return path
            parts = target.split(os.sep) + parts
            done = os.sep if target[0] == os.sep else done
    return done


def exists(path: str) -> bool:
    try:
        _lstat(path)
    except OSError:
        return False
    return True


def is_link(path: str) -> bool:
    try:
        return stat.S_ISLNK(_lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(_stat(path).st_mode)
    except OSError:
        return False
