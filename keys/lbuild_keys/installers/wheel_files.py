"""The file of a wheel -> what it requires, as far as the file can be read."""

import lzma
import re
import struct
import zipfile
import zlib

UNREADABLE = (
    *(EOFError, NotImplementedError, OSError, RuntimeError, ValueError),
    *(lzma.LZMAError, struct.error, zipfile.BadZipFile, zlib.error),
)
"""What zipfile and the decompressors raise for files that are no archives, or damaged ones."""


def required_by(path: str) -> tuple[str, ...]:
    """Return what a wheel requires, for whichever extra or platform.

    Nothing for a file that cannot be read as a wheel: no installer can choose it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            member = next(found, None)
            text = "" if member is None else archive.read(member).decode("utf-8", "replace")
    except UNREADABLE:
        return ()
    head = text.replace("\r\n", "\n").partition("\n\n")[0]
    return tuple(_REQUIRES.findall(head))


_REQUIRES = re.compile(r"^Requires-Dist:(.*)", re.MULTILINE | re.IGNORECASE)
