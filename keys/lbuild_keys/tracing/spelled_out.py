"""Paths that a hook may have had in full, instead of from the place that they are in.

A hook that reads ``/home/ada/shared/x`` may have meant ``~/shared/x``, or that very path. The
latter has to be written somewhere: in a file that it read, or in a variable.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping

from lbuild_keys.observe.env_policy import NOISE
from lbuild_keys.tracing.read_files import ReadFiles, content

_END = rb"""[^\s"'`,;:|<>(){}\[\]=\\\0]*"""


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
