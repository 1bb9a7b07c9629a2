"""Folders at one moment: what is in them, and where they are. Each is looked at once.

A folder is listed only if it has changed.

The names in a folder are remembered by its stat signature, which changes when a name comes, goes
or gets another type. Signatures are trusted as those of files are (``observe.files``).
"""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from lbuild_keys.observe.files import Digests, signature_of

LINK = "link"
"""What is in the place of a type: where it leads has to be looked at."""

REMEMBERED = "lbuild.folder"
"""The audit event for the use of the names in a folder: with its path, and the links in it."""


_ALL_MAY_SEARCH = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


class Folders:
    """The names in folders, at one moment.

    Attributes:
        names_in: the names in a folder, given by its absolute path, with their types as in a
            listing, or ``LINK``; None if it is no folder, a link, or cannot be listed or searched.
    """

    def __init__(self, digests: Digests) -> None:
        """Begin to look; ``digests`` are known names, and get those that are found."""
        self._digests = digests
        self._began = time.time_ns()
        self._user = os.geteuid() if hasattr(os, "geteuid") else None
        self._found: dict[str, Mapping[str, str] | None] = {}
        self._together: dict[str, str | None] = {}

    def names_in(self, folder: str) -> Mapping[str, str] | None:
        if folder not in self._found:
            self._found[folder] = self._look(folder)
        return self._found[folder]

    def seen(self, folder: str) -> Mapping[str, str] | None:
        """Return the names in a folder, if it was looked at already; else None."""
        return self._found.get(folder)

    def lacks(self, folder: str, name: str) -> bool:
        """Whether a folder that was looked at surely has no such name."""
        names = self._found.get(folder)
        if names is None:
            return False
        if folder not in self._together:
            self._together[folder] = together(names)
        return is_surely_absent(name, self._together[folder])

    def _look(self, folder: str) -> Mapping[str, str] | None:
        try:
            # First, so that a name that comes later changes this signature.
            status = os.lstat(folder)
            if not stat.S_ISDIR(status.st_mode) or not self._may_search(folder, status):
                return None
            signature = signature_of(status)
            known = self._digests.names_of(folder, signature)
            if known is not None:
                self._tell(folder, known)
                return known
            with os.scandir(folder) as entries:
                names = {entry.name: _type_of(entry) for entry in entries}
        except (OSError, ValueError):
            return None
        self._digests.learn_names(folder, signature, names, self._began)
        self._tell(folder, names)
        return names

    def _may_search(self, folder: str, status: os.stat_result) -> bool:
        """Whether the names in a folder can be looked up: those in a listing may be out of reach.

        Its owner is told by its mode. Others may be named in an access control list, but not root.
        """
        mode = status.st_mode
        if (status.st_uid == self._user and mode & stat.S_IXUSR) or (
            self._user == 0 and mode & _ALL_MAY_SEARCH == _ALL_MAY_SEARCH
        ):
            return True
        return os.access(folder, os.X_OK)

    def _tell(self, folder: str, names: Mapping[str, str]) -> None:
        """Tell lbuild's own recorder what this relies on: it is told of listings only."""
        sys.audit(REMEMBERED, folder, [name for name, kind in names.items() if kind == LINK])


def _type_of(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return LINK
    if entry.is_dir():
        return "directory"
    return "file" if entry.is_file() else "special file"


def together(names: Iterable[str]) -> str | None:
    """Return the names in a folder in a form to search for other spellings of a name.

    None if there may be spellings that are not found: some file systems write a letter in another
    way (Unicode), or give short names.
    """
    text = "/".join(names)
    return text.lower() if os.name == "posix" and text.isascii() else None


def is_surely_absent(name: str, names: str | None) -> bool:
    """Whether nothing in a folder is found by a name, not even where case is ignored.

    Args:
        name: the name.
        names: those in the folder, ``together``.
    """
    return names is not None and name.isascii() and name.lower() not in names


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
