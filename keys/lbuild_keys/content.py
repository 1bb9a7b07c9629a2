"""The content of a file that may be too large to hold in memory, such as a wheel."""

import errno
import hashlib
import io
import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 20


class Content:
    """The content of a file: what it was when this object was made, or an error.

    The file is open as long as this object is there, so nobody can take it away: what was found to
    be sound can be delivered. Who reads all of it gets an error if it is not as it was.

    Attributes:
        sha256: of the content, hexadecimal.
        size: bytes.
    """

    def __init__(self, file: BinaryIO, sha256: str) -> None:
        """Take a file, which is closed when this object is gone."""
        weakref.finalize(self, file.close)
        self._file = file
        self.sha256 = sha256
        self.size = file.seek(0, os.SEEK_END)

    @classmethod
    def at(cls, path: Path) -> "Content":
        """Open the file at a path.

        Raises:
            OSError: if it cannot be read.
        """
        if os.name == "nt":  # where a folder with an open file in it cannot be removed
            return cls.of(path.read_bytes())
        file = path.open("rb")
        try:
            return cls(file, hashlib.file_digest(file, "sha256").hexdigest())
        except OSError:
            file.close()
            raise

    @classmethod
    def of(cls, content: bytes) -> "Content":
        """Make it of bytes."""
        return cls(io.BytesIO(content), hashlib.sha256(content).hexdigest())

    def opened(self) -> BinaryIO:
        """Return the file, at its beginning, to read parts of it; it stays open."""
        self._file.seek(0)
        return self._file

    def pieces(self) -> Iterator[bytes]:
        """Yield all of it.

        Raises:
            OSError: at the end, if it is not what it was; or if it cannot be read.
        """
        digest = hashlib.sha256()
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            digest.update(piece)
            yield piece
        if digest.hexdigest() != self.sha256:
            raise OSError(errno.EIO, "it was changed while it was copied")

    def read(self) -> bytes:
        """Return all of it: for what is small.

        Raises:
            OSError: see ``pieces``.
        """
        return b"".join(self.pieces())
