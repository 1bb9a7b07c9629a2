"""The shortest way for what most calls are: a program looks at an absolute path, or reads a file.

A compiler makes thousands of them, most of them again and again: gcc asks for each folder on the
way to each header whether it is a link. What a program has done already is not recorded again, so
of such a call nothing is needed but who makes it, and the path. All others are for the decoder.
"""

import os
from collections import defaultdict
from os import pread

from lbuild_frontend.linux.calls import CALLS, Call
from lbuild_frontend.linux.notifications import plain_part
from lbuild_frontend.linux.numbers import Architecture
from lbuild_frontend.linux.paths import AT_FDCWD, absolute, is_for_all
from lbuild_frontend.process_tracing.images import Images
from lbuild_frontend.process_tracing.ledger import Ledger

_SECOND, _OPENS, _OF_DESCRIPTOR = 1, 2, 4
"""Of a call: its path is the second argument, it opens, an empty path means the descriptor."""

_MOST = 160
"""Bytes to read: hardly a path is longer."""

_O_PATH = getattr(os, "O_PATH", 0x200000)
_NOT_PLAIN = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC | os.O_DIRECTORY | _O_PATH
"""The flags without which a file is opened to be read and for nothing else."""


class PlainCalls:
    """Records plain calls.

    Args:
        architecture: the numbers of calls.
        images: the programs of the process tree.
        ledger: where accesses are recorded.
    """

    def __init__(self, architecture: Architecture, images: Images, ledger: Ledger) -> None:
        self._audit = architecture.audit
        self._images = images
        self._ledger = ledger
        self._paths: dict[bytes, str] = {}
        self._kinds = {
            number: kind
            for name, number in architecture.numbers.items()
            for kind in [_kind(CALLS[name])]
            if kind is not None
        }

    def record(self, parked: bytearray) -> bool:
        """Record what a thread is about to do; return False if that is for the decoder.

        Args:
            parked: the call, as the kernel tells it.
        """
        thread, number, audit, first, second, third = plain_part(parked)
        kind = self._kinds.get(number)
        if kind is None or audit != self._audit:
            return False
        process = self._images.settled(thread)
        if process is None:
            return False
        try:
            raw = pread(process.memory, _MOST, second if kind & _SECOND else first)
        except (OSError, OverflowError):
            return False
        end = raw.find(0)
        if end < 1:  # an empty path: most are fstat
            return not end and not kind & _OF_DESCRIPTOR
        raw = raw[:end]
        image = process.image
        if image.links != self._ledger.links:
            image.links, image.done = self._ledger.links, defaultdict(set)
        if not kind & _OPENS:
            letter = "s"
        elif not (third if kind & _SECOND else second) & _NOT_PLAIN:
            letter = "r"
        else:
            return False
        path = self._paths.get(raw) or self._absolute(thread, raw)
        if path is None:
            return False
        done = image.done[letter]
        if path not in done:
            self._ledger.note(image, letter, path)
            done.add(path)
        return True

    def _absolute(self, thread: int, raw: bytes) -> str | None:
        """Return an absolute path as text; None if it is none, or not the same for all."""
        path = os.fsdecode(raw)
        if path[0] != "/" or absolute(thread, raw, AT_FDCWD) != path:
            return None
        if is_for_all(path):
            self._paths[raw] = path  # compilers use the same ones again and again
        return path


def _kind(call: Call) -> int | None:
    """Return which kind of plain call one may be; None if it is none."""
    if call.how not in ("look", "readlink", "open") or call.path > 1:
        return None
    return (
        (_SECOND if call.path else 0)
        | (_OPENS if call.how == "open" else 0)
        | (_OF_DESCRIPTOR if call.how == "readlink" and call.folder is not None else 0)
    )
