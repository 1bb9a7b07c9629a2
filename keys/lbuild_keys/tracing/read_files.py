"""The files that a hook read, and which of them have some words in them.

A hook may have read thousands. So each of them is read once more, and searched for all the words
that anybody asks for; few files have any of them.
"""

import os
import stat
from collections.abc import Callable, Collection, Iterable

_LARGEST = 1 << 20
"""Bytes. A larger file may have any word."""


class ReadFiles:
    """Files that are read again when somebody asks for the first word.

    Args:
        paths: returns the files, without what does not count.
        words: all that is likely to be asked for. Another one takes another reading of all files.
    """

    def __init__(
        self, paths: Callable[[], Iterable[str]] = tuple, words: Iterable[bytes] = ()
    ) -> None:
        self._paths = paths
        self._words = frozenset(words)
        self._found: dict[bytes, list[str]] = {}
        self._not_searched: list[str] | None = None

    def with_word(self, word: bytes) -> Collection[str]:
        """Return the files that have a word in them, also as a part of another one."""
        if word not in self._found:
            self._search({word} if self._found else {word, *self._words})
        return self._found[word]

    def not_searched(self) -> Collection[str]:
        """Return the files that are too large to be searched, or cannot be read."""
        if self._not_searched is None:
            return self._search(self._words)
        return self._not_searched

    def _search(self, words: Iterable[bytes]) -> Collection[str]:
        found: dict[bytes, list[str]] = {one: [] for one in words}
        self._not_searched = []
        for path in dict.fromkeys(self._paths()):
            text = content(path)
            if text is None:
                self._not_searched.append(path)
                continue
            for one, paths in found.items():
                if one in text:
                    paths.append(path)
        self._found |= found
        return self._not_searched


def content(path: str) -> bytes | None:
    """Return the content of a file; None if it is too large, or cannot be read.

    What is gone, or is no regular file, has none.
    """
    try:
        descriptor = os.open(path, _READING)
    except FileNotFoundError:
        return b""
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return b""
        if status.st_size > _LARGEST:
            return None
        # To ask for more than it has shows that this is all.
        text = os.read(descriptor, status.st_size + 1)
        return text if len(text) == status.st_size else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


_READING: int = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Not blocking, because to open a pipe would wait for its other end."""
