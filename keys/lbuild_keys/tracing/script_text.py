"""What is in the files that programs read as scripts, to be searched for names."""

import os
from pathlib import Path

_LARGEST = 2**22
"""Bytes: what is larger is not searched."""


def text_of(path: str) -> str | None:
    """Return what is in a file; None if it is not there any more, or too large."""
    try:
        if os.path.isdir(path) or not os.path.isfile(path):
            return "" if os.path.exists(path) else None
        if os.path.getsize(path) > _LARGEST:
            return None
        content = Path(path).read_bytes()
    except OSError:
        return None
    # A shell opens its own libraries as well; no program or library is a script.
    return "" if content.startswith(b"\x7fELF") else content.decode("utf-8", "surrogateescape")
