"""Paths that a hook may have had in full, instead of from the place that they are in.

A hook that reads ``/home/ada/shared/x`` may have meant ``~/shared/x``, or that very path. The
latter has to be written somewhere: in a file that it read, or in a variable.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping

from lbuild_keys.observe.env_policy import NOISE

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
        self._found: dict[str, tuple[frozenset[str], bool]] = {}

    def has(self, path: str, folder: str) -> bool:
        """Whether a path in a folder, or a folder on the way to it, is spelled out somewhere."""
        paths, _ = self._search(folder)
        return any(path == one or path.startswith(f"{one}/") for one in paths)

    def has_name_of(self, folder: str) -> bool:
        """Whether the last part of a folder's path is a word somewhere."""
        return self._search(folder)[1]

    def _search(self, folder: str) -> tuple[frozenset[str], bool]:
        """Return the paths in a folder that are spelled out, and whether its name is written.

        Both at once, because a hook may have read thousands of files.
        """
        if folder not in self._found:
            start, name = os.fsencode(folder), os.fsencode(os.path.basename(folder))
            path = re.compile(re.escape(start) + _END)
            word = re.compile(rb"(?<![\w.-])" + re.escape(name) + rb"(?![\w-])")
            paths, named = set(), False
            for text in self._texts():
                if text is None:
                    paths.add(folder)
                    named = True
                elif name in text:
                    named = named or word.search(text) is not None
                    paths |= {os.fsdecode(one).rstrip("/.") for one in path.findall(text)}
            self._found[folder] = (frozenset(paths), named)
        return self._found[folder]

    def _texts(self) -> Iterator[bytes | None]:
        yield from map(os.fsencode, self._values)
        yield from map(_content, self._files())


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


def values_of(
    variables: Iterable[str], patterns: Iterable[str], environ: Mapping[str, str]
) -> list[str]:
    """Return the values of variables that may hold a path, apart from that of the home folder.

    Args:
        variables: names of those that a hook read.
        patterns: how the names of others begin, with ``*``, that it read together. Those that every
            shell sets are left out of these.
        environ: all of them.
    """
    beginnings = tuple(pattern.removesuffix("*") for pattern in patterns)
    together = {name for name in environ if beginnings and name.startswith(beginnings)} - NOISE
    names = (together | set(variables)) - HOME
    return [environ[name] for name in sorted(names) if name in environ]


HOME = frozenset({"HOME", "USERPROFILE"})
"""The variables that name the home folder."""
