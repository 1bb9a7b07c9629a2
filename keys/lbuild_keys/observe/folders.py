"""What is in folders, at one moment: each folder is looked at once, and listed only if it changed.

The names in a folder are remembered by its stat signature, which changes when a name comes, goes
or gets another type. Signatures are trusted as those of files are (``observe.files``).
"""

import os
import stat
import sys
import time
from collections.abc import Mapping

from lbuild_keys.observe.files import Digests, signature_of

LINK = "link"
"""What is in the place of a type: where it leads has to be looked at."""


class Folders:
    """The names in folders, at one moment.

    Attributes:
        names_in: the names in a folder, given by its absolute path, with their types as in a
            listing, or ``LINK``; None if it is no folder, a link, or cannot be listed.
    """

    def __init__(self, digests: Digests) -> None:
        """Begin to look; ``digests`` are known names, and get those that are found."""
        self._digests = digests
        self._began = time.time_ns()
        self._found: dict[str, Mapping[str, str] | None] = {}

    def names_in(self, folder: str) -> Mapping[str, str] | None:
        if folder not in self._found:
            self._found[folder] = self._look(folder)
        return self._found[folder]

    def seen(self, folder: str) -> Mapping[str, str] | None:
        """Return the names in a folder, if it was looked at already; else None."""
        return self._found.get(folder)

    def _look(self, folder: str) -> Mapping[str, str] | None:
        try:
            # First, so that a name that comes later changes this signature.
            status = os.lstat(folder)
            if not stat.S_ISDIR(status.st_mode):
                return None
            signature = signature_of(status)
            known = self._digests.names_of(folder, signature)
            if known is not None:
                # To lbuild's own recorder this is a listing: its names are relied on.
                sys.audit("os.scandir", folder)
                return known
            with os.scandir(folder) as entries:
                names = {entry.name: _type_of(entry) for entry in entries}
        except (OSError, ValueError):
            return None
        self._digests.learn_names(folder, signature, names, self._began)
        return names


def _type_of(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return LINK
    if entry.is_dir():
        return "directory"
    return "file" if entry.is_file() else "special file"


def is_surely_absent(name: str, names: Mapping[str, str]) -> bool:
    """Whether nothing in a folder with these names has another spelling of a name.

    Some file systems ignore case, or write a letter in another way (Unicode), or give short names.
    """
    if os.name != "posix" or name in names or not name.isascii():
        return False
    together = "/".join(names)
    return together.isascii() and name.lower() not in together.lower()
