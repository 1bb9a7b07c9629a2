"""What the kernel opens by itself when it runs a program: its loader, or its interpreter.

The loader is named in the header of an ELF file (elf(5)), the interpreter after ``#!`` (execve(2)).
"""

import os
import stat
import struct

_PT_INTERP = 3
_HEAD = 256
"""Bytes: BINPRM_BUF_SIZE, as much as the kernel reads of a script."""


def opened_by_kernel(path: str) -> str | None:
    """Return the loader or the interpreter of a program, as it is named there; None if none is.

    Raises:
        OSError: if the program cannot be read. Then nobody knows what it needs.
        ValueError: likewise, if its header is damaged.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        return None  # to open a pipe would wait, and everything with it
    with open(path, "rb") as file:
        head = file.read(_HEAD)
        if head[:2] == b"#!":
            words = head[2:].split(b"\n", 1)[0].split()
            return os.fsdecode(words[0]) if words else None
        if head[:5] != b"\x7fELF\2":
            return None
        try:
            (offset,) = struct.unpack_from("<Q", head, 32)
            size, count = struct.unpack_from("<HH", head, 54)
            file.seek(offset)
            table = file.read(size * count)
            for start in range(0, size * count, size):
                if struct.unpack_from("<I", table, start)[0] == _PT_INTERP:
                    (position,) = struct.unpack_from("<Q", table, start + 8)
                    (length,) = struct.unpack_from("<Q", table, start + 32)
                    file.seek(position)
                    return os.fsdecode(file.read(length).rstrip(b"\0"))
        except struct.error as error:
            raise ValueError(str(error)) from error
    return None
