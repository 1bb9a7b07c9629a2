"""Paths that a hook may have had in full, instead of from the place that they are in.

A hook that reads ``/home/ada/shared/x`` may have meant ``~/shared/x``, or that very path. The
latter has to be written somewhere: in a file that it read, or in a variable.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping

_END = rb"""[^\s"'`,;:|<>(){}\[\]=\\\0]*"""
_LARGEST = 1 << 20
"""Bytes. In a larger file any path may be."""


class SpelledOut:
    """What files and variables have in them.

    Args:
        files: what the hook read, without what does not count.
        values: of the variables that it read.
    """

    def __init__(self, files: Callable[[], Iterable[str]], values: Iterable[str]) -> None:
        self._files = files
        self._values = tuple(values)
        self._paths: dict[str, frozenset[str]] = {}
        self._words: dict[str, bool] = {}

    def has(self, path: str, folder: str) -> bool:
        """Whether a path in a folder, or a folder on the way to it, is spelled out somewhere."""
        if folder not in self._paths:
            self._paths[folder] = frozenset(self._paths_in(folder))
        return any(path == one or path.startswith(f"{one}/") for one in self._paths[folder])

    def has_word(self, name: str) -> bool:
        """Whether the name of a folder is written somewhere."""
        if name not in self._words:
            word = re.compile(rb"(?<![\w.-])" + re.escape(os.fsencode(name)) + rb"(?![\w-])")
            self._words[name] = any(text is None or word.search(text) for text in self._texts())
        return self._words[name]

    def _texts(self) -> Iterator[bytes | None]:
        yield from map(os.fsencode, self._values)
        yield from map(_content, self._files())

    def _paths_in(self, folder: str) -> Iterator[str]:
        start = os.fsencode(folder)
        pattern = re.compile(re.escape(start) + _END)
        for text in self._texts():
            if text is None:
                yield folder
            elif start in text:
                yield from (os.fsdecode(one).rstrip("/.") for one in pattern.findall(text))


def _content(path: str) -> bytes | None:
    """Return the content of a file; None if it is too large, or cannot be read."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return b""  # to open a pipe would wait for its other end
        if status.st_size > _LARGEST:
            return None
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError:
        return None


def values_of(variables: Iterable[str], environ: Mapping[str, str], *, every: bool) -> list[str]:
    """Return the values of variables that may hold a path, apart from that of the home folder.

    Args:
        variables: names of those that a hook read.
        environ: all of them.
        every: whether the hook read all.
    """
    names = set(environ) if every else set(variables)
    return [environ[name] for name in sorted(names - HOME) if name in environ]


HOME = frozenset({"HOME", "USERPROFILE"})
"""The variables that name the home folder."""
