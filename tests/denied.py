"""Lets a test be denied what a file's permissions deny, whoever runs it."""

import contextlib
import os
from collections.abc import Iterator

_NOBODY = 65_534


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """Run as somebody whom permissions bind: root puts its privileges aside meanwhile.

    Folders above the one that a test works in may be closed to others, so that relative paths,
    and a working directory that is open to everybody, are what can be used.
    """
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
