"""The mark of an install that has begun, and what it may have left behind.

An installer that is killed leaves a part of the old distribution, a part of the new one, or files
that no RECORD lists. So before it starts, the names of all these files are written into a file of
lbuild's beside the packages. It is removed once the install is known to be right. The next install
that finds it repairs the distribution, whatever is there.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from lbuild_frontend.disk import atomic
from lbuild_keys.pep508 import normalize_name


def path_of(folder: Path, name: str) -> Path:
    """Return where the mark for a distribution is.

    Args:
        folder: that packages are installed into.
        name: of the distribution.
    """
    return folder / f".lbuild-installing-{normalize_name(name)}.json"


def read(folder: Path, name: str) -> tuple[str, ...] | None:
    """Return the absolute paths that an unfinished install may have left; None if there is none."""
    try:
        names = json.loads(path_of(folder, name).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return ()
    if not isinstance(names, list):
        return ()
    found = (os.path.normpath(folder / one) for one in names if isinstance(one, str))
    return tuple(sorted(set(found)))


def write(folder: Path, name: str, paths: Iterable[str]) -> None:
    """Write the mark, with absolute paths.

    Raises:
        OSError: if it cannot be written.
    """
    names = sorted({os.path.relpath(path, folder) for path in paths})
    content = json.dumps(names).encode("ascii")
    atomic.write(path_of(folder, name), content, lambda: None, prefix=".lbuild-", mode=0o666)


def remove(folder: Path, name: str) -> None:
    """Remove the mark."""
    path_of(folder, name).unlink(missing_ok=True)
