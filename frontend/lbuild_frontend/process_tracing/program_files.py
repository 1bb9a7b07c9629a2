"""What runs besides a program's own file, and which programs cannot be followed."""

import os
import stat

from lbuild_frontend.linux import elf
from lbuild_frontend.process_tracing.journal import Journal

_CACHES = frozenset({"ccache", "sccache", "distcc", "icecc", "buildcache", "gomacc", "recc"})
"""Programs that answer from what they did before, for which they read less."""

WITHOUT_RIGHTS = "ran, which may not get its rights"
"""The end of the problem with a program that sets the user id, or has rights of its own."""

_SET_ID = stat.S_ISUID | stat.S_ISGID


class ProgramFiles:
    """Looks into the files of programs, once into each.

    Args:
        journal: where it is recorded why a program cannot be followed.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._known: dict[str, tuple[object, tuple[str, ...]]] = {}

    def opened_by_kernel(self, path: str) -> tuple[str, ...]:
        """Return the interpreters and loaders that the kernel opens to run a program.

        Raises:
            OSError: if one of them cannot be read.
            ValueError: likewise, if its header is damaged.
        """
        status = os.stat(path)
        same = status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
        known = self._known.get(path)
        if known is not None and known[0] == same:
            return known[1]
        name = os.path.basename(os.path.realpath(path))
        if name in _CACHES:
            self._journal.problem(f"{name} ran, which keeps results of earlier builds")
        if status.st_mode & _SET_ID or _has_capabilities(path):
            self._journal.problem(f"{name} {WITHOUT_RIGHTS}")
        found: list[str] = []
        following = elf.opened_by_kernel(path)
        while following is not None and following not in found:
            found.append(following)
            following = elf.opened_by_kernel(following) if following[0] == "/" else None
        self._known[path] = (same, tuple(found))
        return tuple(found)


def _has_capabilities(path: str) -> bool:
    try:
        return bool(os.getxattr(path, "security.capability"))
    except OSError:
        return False
