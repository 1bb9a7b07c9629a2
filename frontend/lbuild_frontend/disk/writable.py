"""Whether something could be written into a folder, found out without making anything."""

import errno
import os
from pathlib import Path


def check(folder: Path) -> None:
    """Look at a folder, or where it is missing at the nearest one above it that is there.

    Raises:
        OSError: if that is no folder, or may not be written.
    """
    above = (place for place in (folder, *folder.parents) if os.path.lexists(place))
    existing = next(above, None)
    if existing is None:  # no such drive (Windows)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
    if not existing.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(existing))
    if not os.access(existing, os.R_OK | os.W_OK | os.X_OK):
        code = errno.EROFS if _is_mounted_read_only(existing) else errno.EACCES
        raise OSError(code, os.strerror(code), str(existing))


def _is_mounted_read_only(folder: Path) -> bool:
    if not hasattr(os, "statvfs"):  # Windows
        return False
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
