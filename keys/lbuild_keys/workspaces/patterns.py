"""Patterns of ``tool.uv.workspace`` and ``tool.lbuild.workspace``, and the folders they select.

The rules are those that uv was observed to follow, which differ from those of ``cache-keys``:

* ``*``, ``?``, ``[ab]`` and ``[!ab]`` stand for characters of a name. Hidden names match, and there
  are no braces. A path is normalised first: ``./a/`` is ``a``.
* ``**`` as a whole part stands for any number of folders, none included; at the end for at least
  one.
* In ``exclude`` the wildcards also match ``/``: ``packages/*`` excludes ``packages/a/b``, but
  ``packages/a`` excludes nothing below it.

lbuild differs in two things: ``**`` does not look into the folders of git and Mercurial, and it
does not follow a link to a folder that it is in.
"""

import fnmatch
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lbuild_keys.errors import PatternError

_NOT_ENTERED = frozenset({".git", ".hg"})


class MemberPattern(NamedTuple):
    """A pattern of folders, parsed.

    Attributes:
        text: the pattern as declared.
        path: the same, normalised, relative to the workspace.
        where: its key path.
    """

    text: str
    path: str
    where: str

    @property
    def is_literal(self) -> bool:
        """Whether it names one folder."""
        return not _is_wild(self.path)

    def expand(self, root: Path) -> list[str]:
        """Return the folders that it selects, relative to ``root``, sorted.

        The folder of a literal pattern is always there, even if there is none.

        Raises:
            OSError: if a folder cannot be listed.
        """
        if self.is_literal:
            return [self.path]
        found = [""]
        parts = self.path.split("/")
        for index, part in enumerate(parts):
            if part == "**":
                is_last = index == len(parts) - 1
                found = [each for one in found for each in _below(root, one, itself=not is_last)]
            elif _is_wild(part):
                found = [
                    one + name
                    for one in found
                    for name in _folders(root / one)
                    if fnmatch.fnmatchcase(name, part)
                ]
            else:
                found = [one + part for one in found if (root / one / part).is_dir()]
            found = [f"{one}/" if one and not one.endswith("/") else one for one in found]
        return sorted({one.rstrip("/") or "." for one in found})


def parse(text: str, where: str) -> MemberPattern:
    """Parse a pattern.

    Raises:
        PatternError: it has stars that mean nothing, an unclosed ``[``, or NUL.
    """
    if "\0" in text:
        message = "it contains a NUL character, which is not possible in a path"
        raise PatternError(message)
    path = posixpath.normpath(text)
    for part in path.split("/"):
        if "***" in part:
            message = "wildcards are * and **"
            raise PatternError(message)
        if "**" in part and part != "**":
            message = "** has to be a whole part of the path"
            raise PatternError(message)
        if "[" in re.sub(r"\[!?+.[^\]]*\]", "", part):
            message = "a [ is not closed"
            raise PatternError(message)
    return MemberPattern(text, path, where)


def is_excluded(path: str, patterns: Iterable[MemberPattern]) -> bool:
    """Whether one of the patterns of ``exclude`` matches a folder."""
    return any(re.fullmatch(_expression(pattern.path), path) for pattern in patterns)


def _expression(path: str) -> str:
    parts = path.split("/")
    last = len(parts) - 1
    found = []
    for index, part in enumerate(parts):
        if part == "**":
            found.append(".+" if index == last else "(?:.*/)?")
        else:
            found.append(_of_names(part) + ("" if index == last else "/"))
    return "(?s:" + "".join(found) + ")"


def _of_names(part: str) -> str:
    """Return the regular expression of a part, without the end that ``fnmatch`` adds."""
    return fnmatch.translate(part)[:-2]


def _is_wild(path: str) -> bool:
    return any(wildcard in path for wildcard in "*?[")


def _below(root: Path, top: str, *, itself: bool) -> Iterator[str]:
    """Yield the folders at any depth, each with a slash at its end."""
    if itself:
        yield top
    pending = [(top, frozenset({os.path.realpath(root / top)}))]
    while pending:
        folder, above = pending.pop()
        for name in _folders(root / folder):
            path = f"{folder}{name}/"
            real = os.path.realpath(root / path)
            if name not in _NOT_ENTERED and real not in above:
                yield path
                pending.append((path, above | {real}))


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            found = {entry.name: entry.is_symlink() or entry.is_dir() for entry in entries}
    except (FileNotFoundError, NotADirectoryError):
        return []
    # What a link leads to is looked at by itself: it may change without the folder.
    return [name for name, may_be in found.items() if may_be and _is_folder(folder / name)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # nobody may look there
        return False
