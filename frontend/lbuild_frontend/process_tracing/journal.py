"""The log of the supervisor, which ``lbuild_keys.tracing.process_trace`` reads.

Each record is a letter and a payload, and ends with a null byte:

=   JSON object, the first record: format
p   JSON list of a program that began to run: number, number of the program that started it (or
    null), path, arguments, current folder (or null)
r   NUMBER:PATH, what a program did, by the letters of ``in_process.log``: opened to be read;
    ``R`` if there was nothing. Likewise ``w`` (written), ``a`` (added to), ``m`` (made, a folder),
    ``l`` (listed), ``s`` and ``S`` (looked at)
u   why the trace is not complete, a clause in English
.   JSON object, the last record: calls. Without it the trace is not complete

Number 0 is the hook process, with what it forks. Paths are absolute, and not normalised. What one
program does again is left out.
"""

import json
import os
from collections.abc import Sequence

FORMAT = 1
_BLOCK = 65536
"""Bytes to keep before they are written."""


class Journal:
    """Writes records to a file. If that fails, nothing more is written, so the end is missing."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._parts: list[bytes] = []
        self._size = 0
        self._problems: set[str] = set()
        self._failed = False
        self._add(b"=" + json.dumps({"format": FORMAT}).encode("ascii"))

    def program(
        self,
        number: int,
        parent: int | None,
        path: str,
        arguments: Sequence[str],
        folder: str | None,
    ) -> None:
        """Record that a program began to run."""
        record = json.dumps([number, parent, path, list(arguments), folder])
        self._add(b"p" + record.encode("ascii"))

    def access(self, letter: str, number: int, path: str) -> None:
        """Record what a program did."""
        self._add(os.fsencode(f"{letter}{number}:{path}"))

    def problem(self, clause: str) -> None:
        """Record why the trace is not complete, once."""
        if clause not in self._problems:
            self._problems.add(clause)
            self._add(b"u" + os.fsencode(clause))

    def end(self, calls: int) -> None:
        """Write the last record, and everything before it."""
        self._add(b"." + json.dumps({"calls": calls}).encode("ascii"))
        self._flush()
        os.close(self._file)

    def _add(self, record: bytes) -> None:
        self._parts.append(record)
        self._size += len(record)
        if self._size > _BLOCK:
            self._flush()

    def _flush(self) -> None:
        content = b"".join(part + b"\0" for part in self._parts)
        self._parts.clear()
        self._size = 0
        try:
            while content and not self._failed:
                content = content[os.write(self._file, content) :]
        except OSError:
            self._failed = True  # a full disk: without its end the log is not used
