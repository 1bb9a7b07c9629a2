"""Lets a test be denied what a file's permissions deny, whoever runs it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_NOBODY = 65_534


@contextlib.contextmanager
def without_privileges() -> Iterator[Path]:
    """Run as somebody whom permissions bind: root puts its privileges aside meanwhile.

    Folders above the working directory may be closed to others, and its own path with them. What is
    yielded is an absolute path that leads to it all the same.
    """
    if os.geteuid() != 0:
        yield Path.cwd()
        return
    os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield Path("/proc/self/cwd")
    finally:
        os.setresuid(0, 0, 0)
