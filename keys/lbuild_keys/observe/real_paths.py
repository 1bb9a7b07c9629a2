"""Absolute paths -> the same without links, where each folder on the way is looked at once."""

import os
from collections.abc import Callable
from functools import cache


def resolver() -> Callable[[str], str]:
    """Return a function that answers as ``os.path.realpath`` does, and remembers each folder.

    To be made anew for each moment: a folder may become a link.
    """

    @cache
    def resolve(path: str) -> str:
        folder, name = os.path.split(path)
        if name in ("", ".", "..") or folder in ("", path):
            return os.path.realpath(path)
        place = os.path.join(resolve(folder), name)
        return os.path.realpath(place) if os.path.islink(place) else place

    return resolve if os.name == "posix" else cache(os.path.realpath)


def resolved_folder(path: str, resolve: Callable[[str], str]) -> str:
    """Return a path with the links on the way to it resolved; a link itself stays."""
    folder, name = os.path.split(path)
    return os.path.join(resolve(folder), name)
