"""Removes what setuptools leaves in a project, where it cannot be told to leave it elsewhere.

setuptools before 66 does not know ``DIST_EXTRA_CONFIG``. Its next build would copy deleted modules
from ``build/lib`` into the wheel, and take dropped data files from egg-info's ``SOURCES.txt``.
"""

import contextlib
import shutil
from collections.abc import Iterable
from pathlib import Path


def clear(root: Path, written: Iterable[str]) -> None:
    """Remove ``build`` and ``*.egg-info`` folders that a hook created; older ones are the user's.

    Args:
        root: the project.
        written: paths below it that the hook created or wrote.
    """
    for path in written:
        folder = root / path
        if (path == "build" or path.endswith(".egg-info")) and folder.is_dir():
            # What cannot be removed counts as an input from now on, like anything in the tree.
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
