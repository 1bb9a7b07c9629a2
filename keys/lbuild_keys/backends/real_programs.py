"""Which known program a file really is: its name alone does not show that.

A script by the name of ``gcc`` or ``ninja`` obeys any variable, and may compare time stamps, before
it runs the compiler; a link may lead from ``cc`` to anything.
"""

import os
import re
from functools import cache
from pathlib import Path

from lbuild_keys.observe import files
from lbuild_keys.observe.files import Signature

_ELF = b"\x7fELF"

_SCRIPT = rb"(?m)^\s*(from|import) (mesonbuild|cmake|ninja)\b"
"""In the short scripts by which Meson starts, and packages of CMake and Ninja."""

_LONGEST = 4096
"""Bytes of such a script."""


def known_as(path: str) -> str:
    """Return the path by which a program may be known (``backends.programs``); or an empty one.

    It is the one that links lead to. A file that is not there any more was made by the build.

    Args:
        path: the file that ran.
    """
    real = os.path.realpath(path)
    signature = files.last_change(real)
    return "" if signature is None else _known_as(path, real, signature)


@cache
def _known_as(path: str, real: str, _signature: Signature) -> str:
    try:
        with Path(real).open("rb") as file:
            head = file.read(_LONGEST)
    except OSError:
        return ""
    if head.startswith(_ELF):
        return real
    if real in _SYSTEM_SCRIPTS:
        return real
    return path if head.startswith(b"#!") and re.search(_SCRIPT, head) else ""


_SYSTEM_SCRIPTS = frozenset({"/usr/bin/dpkg-architecture"})
"""Scripts of the system that are known by their paths: of Debian, which Meson asks."""
