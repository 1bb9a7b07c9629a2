"""What is spelled out in the files that a hook read: words, and paths that it may have had in full.

A hook may have read thousands of files. So each of them is read once more, and searched for all the
words that anybody asks for; few files have any of them.

A hook that reads ``/home/ada/shared/x`` may have meant ``~/shared/x``, or that very path. Then the
path has to be written somewhere: in a file that it read, or in a variable.
"""

import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from lbuild_keys.observe.env_policy import NOISE

_END = rb"""[^\s"'`,;:|<>(){}\[\]=\\\0]*"""
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


class SpelledOut:
    """What files and variables have in them.

    Args:
        files: what the hook read, without what does not count.
        values: of the variables that it read.
    """

    def __init__(self, files: ReadFiles, values: Iterable[str]) -> None:
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
        """Return the paths in a folder that are spelled out, and whether its name is written."""
        if folder not in self._found:
            start, name = os.fsencode(folder), word_of(folder)
            path = re.compile(re.escape(start) + _END)
            word = re.compile(rb"(?<![\w.-])" + re.escape(name) + rb"(?![\w-])")
            paths, named = set(), False
            for text in self._texts(name):
                if text is None:
                    paths.add(folder)
                    named = True
                elif name in text:
                    named = named or word.search(text) is not None
                    paths |= {os.fsdecode(one).rstrip("/.") for one in path.findall(text)}
            self._found[folder] = (frozenset(paths), named)
        return self._found[folder]

    def _texts(self, name: bytes) -> Iterator[bytes | None]:
        yield from map(os.fsencode, self._values)
        yield from map(content, self._files.with_word(name))
        yield from (None for _ in self._files.not_searched())


def word_of(folder: str) -> bytes:
    """Return the word that is in each file in which a folder is spelled out."""
    return os.fsencode(os.path.basename(folder))


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
